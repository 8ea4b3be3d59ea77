"""Reading the TOML files that people share: every error names the file, the key and the nearest right key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from redoxsim.errors import ReadError, Where, nearest

Grade = Literal["A", "B", "C"]
"""How well a number is known: A read in the source, B recalled from the literature, C assumed."""


class Strict(BaseModel):
    """A table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Table = TypeVar("Table", bound=BaseModel)


def read_table(path: Path, kind: type[Table], what: str) -> Table:
    """The checked content of a TOML file.

    Raises
    ------
    ReadError : no such file, broken TOML, an unknown key, a missing key or a value of the wrong kind.
    """
    return checked(read_toml(path, what), kind, str(path))


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The tables of a TOML file, unchecked.

    Raises
    ------
    ReadError : no such file or broken TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReadError(f"cannot read the {what}: {error.strerror}", where=Where(file=str(path))) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"not a TOML file: {error}", where=Where(file=str(path))) from error


def checked(data: dict[str, Any], kind: type[Table], file: str) -> Table:
    """``data`` as a ``kind``; every problem is told, the first as the error and the rest as its ``others``."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise first_error(error, kind, file) from error


def first_error(error: ValidationError, kind: type[BaseModel], file: str) -> ReadError:
    """What is wrong with a file, from pydantic's list: the first problem, with the others."""
    found = error.errors(include_url=False)
    unknown = {(one["loc"][:-1], str(one["loc"][-1])) for one in found if one["type"] == "extra_forbidden"}
    told = []
    # A misspelt key shows up twice, as unknown and as missing; the first says more.
    for one in sorted(found, key=lambda one: one["type"] != "extra_forbidden"):
        place, key = one["loc"][:-1], str(one["loc"][-1]) if one["loc"] else ""
        meant = [name for where, name in unknown if where == place and nearest(name, [key])]
        if one["type"] != "missing" or not meant:
            told += _told(one, kind, file)
    told[0].others = tuple(told[1:])
    return told[0]


def _told(one: Any, kind: type[BaseModel], file: str) -> list[ReadError]:
    """The problems of one of pydantic's entries; a check of ours may have found several."""
    place = ".".join(str(part) for part in one["loc"])
    where = Where(file=file, element=place or None)
    if one["type"] == "extra_forbidden":
        known = keys(kind, one["loc"][:-1])
        hint = nearest(str(one["loc"][-1]), known) or f"known keys: {', '.join(known)}"
        return [ReadError(f"unknown key '{one['loc'][-1]}'", where=where, hint=hint)]
    if one["type"] == "missing":
        return [ReadError(f"the key '{one['loc'][-1]}' is missing", where=where)]
    cause = one.get("ctx", {}).get("error")
    texts = cause.problems if isinstance(cause, Problems) else [one["msg"].removeprefix("Value error, ")]
    return [ReadError(text, where=where) for text in texts]


class Problems(ValueError):
    """Several things that are wrong with one table."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def keys(kind: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """Keys allowed at a place of the file, such as ("parameters", 0) or ("run", 2, "simulate")."""
    tables = [kind]
    for part in place:
        if isinstance(part, int):
            continue
        fields = [one.model_fields[part] for one in tables if part in one.model_fields]
        inner = [table for field in fields for table in _tables_of(field.annotation)]
        # Where a table may be of several kinds, pydantic puts the kind that it took the table for into the place.
        tables = inner or [one for one in tables if _is_kind(one, part)] or tables
    found = [field.alias or name for one in tables for name, field in one.model_fields.items() if not field.exclude]
    return list(dict.fromkeys(found))


def _is_kind(table: type[BaseModel], name: str) -> bool:
    """Whether a table has a key that can only be ``name``."""
    return any(get_args(field.annotation) == (name,) for field in table.model_fields.values())


def _tables_of(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for inner in getattr(annotation, "__args__", ()) for table in _tables_of(inner)]
