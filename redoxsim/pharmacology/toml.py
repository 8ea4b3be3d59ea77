"""Reading the TOML files that people share: every error names the file, the key and the nearest right key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar

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
    """``data`` as a ``kind``; the first error is raised with its key, the others are counted."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise first_error(error, kind, file) from error


def first_error(error: ValidationError, kind: type[BaseModel], file: str) -> ReadError:
    """What is wrong with a file, from pydantic's list."""
    # A misspelt key shows up twice, as unknown and as missing; the first says more.
    found = sorted(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    first = found[0]
    key = ".".join(str(part) for part in first["loc"])
    message, hint = first["msg"].removeprefix("Value error, "), None
    if first["type"] == "extra_forbidden":
        message = f"unknown key '{first['loc'][-1]}'"
        known = keys(kind, first["loc"][:-1])
        hint = nearest(str(first["loc"][-1]), known) or f"known keys: {', '.join(known)}"
    elif first["type"] == "missing":
        message = f"the key '{first['loc'][-1]}' is missing"
    if len(found) > 1:
        message += f" (and {len(found) - 1} more)"
    return ReadError(message, where=Where(file=file, element=key or None), hint=hint)


def keys(kind: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """Keys allowed at a place of the file, such as ("parameters", 0)."""
    table: type[BaseModel] | None = kind
    for part in place:
        if isinstance(part, int) or table is None:
            continue
        field = table.model_fields.get(part)
        inner = _table_of(field.annotation) if field else None
        table = inner or table
    return [field.alias or name for name, field in table.model_fields.items() if not field.exclude] if table else []


def _table_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _table_of(inner)
        if found:
            return found
    return None
