"""Looking at finished run folders: which there are, what is in one, how two differ, what to repeat."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError, ReadError, Where, nearest
from redoxsim.report import tables
from redoxsim.report.runs import LOG, ROOT, sha256

# Differences are taken relative to the larger value, but not below this share of the variable's largest value: a
# number that should be zero differs from another such number by its rounding, and that is no difference.
FLOOR = 1e-9
CONTENTS = ("what", "name", "value")
COMPARED = ("what", "name", "difference", "at", "first", "second")
LONG = {"run", "readout", "point", "time", "value"}
_BEGAN = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}):(\d{2})")
_NAME = re.compile(r"(?P<when>\d{4}-\d{2}-\d{2}T\d{4})-(?P<slug>.+)-(?P<hash>[0-9a-f]{6})(\.\d+)?$")


@dataclass(frozen=True)
class Run:
    """A finished (or broken-off) run. ``when`` it began is UTC to the minute, "" where not even a log says it."""

    path: Path
    name: str
    when: str
    command: str
    state: str
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """How one variable of two runs differs: the largest relative difference, where, and both values there."""

    variable: str
    largest: float
    place: str
    first: Any
    second: Any
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two runs compared: differences by variable (largest first) and the settings that differ."""

    first: Path
    second: Path
    differences: tuple[Difference, ...]
    settings: tuple[tuple[str, Any, Any], ...]
    identical: bool

    @property
    def largest(self) -> float:
        """The largest relative difference of all variables; inf where the tables do not match."""
        return max((one.largest for one in self.differences), default=0.0)

    def rows(self) -> list[dict[str, Any]]:
        """Settings that differ, then the results by variable; a row each, by :data:`COMPARED`."""
        found: list[dict[str, Any]] = [
            {"what": "setting", "name": key, "first": _word(a), "second": _word(b)} for key, a, b in self.settings
        ]
        if not self.identical:
            found += [
                {
                    "what": "result", "name": one.variable, "difference": one.largest, "at": one.note or one.place,
                    "first": _number(one.first), "second": _number(one.second),
                }
                for one in self.differences
            ]  # fmt: skip
        return [{head: row.get(head) for head in COMPARED} for row in found]


def list_runs(root: str | Path = ROOT, *, beside: str | Path | None = None) -> tuple[Run, ...]:
    """Every run folder in ``root``, newest first; none if there is no such folder.

    Parameters
    ----------
    beside : a folder whose own run folders are listed too (those that ``-o`` named), by their path.
    """
    places = [Path(root), *([Path(beside)] if beside is not None else [])]
    found: dict[Path, Path] = {}
    for place in places:
        if place.is_dir():
            for path in sorted(place.iterdir()):
                if (path / "command.txt").is_file() and (path / "settings.toml").is_file():
                    found.setdefault(path.resolve(), path)
    runs = [load(path) for path in found.values()]
    return tuple(sorted(runs, key=lambda run: (run.when, run.name), reverse=True))


def find(name: str | Path, *, root: str | Path = ROOT, beside: str | Path | None = None) -> Run:
    """The run that a path, a name, the unique beginning or part of a name, or "last" stands for.

    Parameters
    ----------
    root, beside : where to look, as in :func:`list_runs`.

    Raises
    ------
    DesignError : none or several match.
    """
    direct = Path(name)
    if (direct / "command.txt").is_file():
        return load(direct)
    runs = list_runs(root, beside=beside)
    if str(name) == "last" and runs:
        return runs[0]
    for test in (lambda r: r.name == str(name), lambda r: r.name.startswith(str(name)), lambda r: str(name) in r.name):
        found = [run for run in runs if test(run)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(run.name for run in found[:3])
            raise DesignError(f"'{name}' stands for {len(found)} runs", hint=f"such as {names}")
    hint = nearest(str(name), [run.name for run in runs]) or (
        f"`redoxsim runs` lists the {len(runs)} that there are" if runs else f"there are none in {root}"
    )
    raise DesignError(f"no run '{name}'", hint=hint)


def load(path: str | Path) -> Run:
    """The run in a folder.

    Raises
    ------
    ReadError : the folder holds no run.
    """
    folder = Path(path)
    command = folder / "command.txt"
    if not command.is_file():
        raise ReadError("this folder holds no run", where=Where(file=str(folder)))
    parts = _NAME.match(folder.name)
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        summary = {}
    except (OSError, ValueError) as error:
        raise ReadError(
            f"its summary cannot be read: {error}", where=Where(file=str(folder / "summary.json"))
        ) from error
    return Run(
        path=folder,
        name=folder.name,
        when=parts["when"] if parts else _began(folder),
        command=command.read_text(encoding="utf-8").strip(),
        state=str(summary.get("state", "broken off")),
        summary=summary,
    )


def _began(folder: Path) -> str:
    try:
        with (folder / LOG).open(encoding="utf-8") as file:
            began = _BEGAN.match(file.readline())
    except (OSError, UnicodeDecodeError):
        return ""
    return f"{began[1]}{began[2]}" if began else ""


def settings(run: Run) -> dict[str, Any]:
    """The resolved settings of a run, for repeating it."""
    file = run.path / "settings.toml"
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"its settings cannot be read: {error}", where=Where(file=str(file))) from error


def inputs(run: Run) -> dict[str, Path]:
    """The copies of a run's inputs by name, checked against their checksums.

    Raises
    ------
    ReadError : a copy is missing or was changed since.
    """
    sums = run.path / "inputs" / "sha256.txt"
    if not sums.is_file():
        return {}
    found = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        wanted, _, file = line.partition("  ")
        path = sums.parent / file
        if not path.is_file():
            raise ReadError("the copy of an input is missing", where=Where(file=str(path)))
        if sha256(path) != wanted:
            raise ReadError("the copy of an input was changed after the run", where=Where(file=str(path)))
        found[file] = path
    return found


def results(run: Run) -> Any:
    """The results of a run: a Dataset or a `tables.Table`.

    Raises
    ------
    ReadError : there are none.
    """
    for ending in ("nc", "csv", "json"):
        if (run.path / f"results.{ending}").is_file():
            return tables.read(run.path / f"results.{ending}")
    raise ReadError("this run holds no results", where=Where(file=str(run.path)))


def changed(run: Run) -> tuple[str, ...]:
    """Files of a run that are missing or were changed after it finished."""
    files = run.summary.get("files", {})
    return tuple(n for n, wanted in files.items() if not (run.path / n).is_file() or sha256(run.path / n) != wanted)


def called(run: Run, root: str | Path = ROOT) -> str:
    """What to call a run: its name where it lies in ``root``, else its path."""
    return run.name if run.path.parent == Path(root) else run.path.as_posix()


def contents(run: Run) -> list[dict[str, Any]]:
    """What is in one run, a row each by :data:`CONTENTS`: how it ended, its verdicts, its settings, its files."""
    rows = [("run", "run", run.path.as_posix()), ("run", "state", run.state), ("run", "command", run.command)]
    for key, value in run.summary.items():
        if key == "expectations":
            rows += [
                ("expectation", name, f"{one['verdict']}: expected {one['expected']}, got {one['got']}")
                for name, one in value.items()
            ]
        elif key == "claims":
            rows += [("claim", name, answer) for name, answer in value.items()]
        elif key not in {"schema", "state", "command", "files"} and value is not None:
            rows += [("run", name, one) for name, one in flat({key: value}).items()]
    rows += [("setting", key, value) for key, value in flat(settings(run)).items()]
    altered = set(changed(run))
    for file in sorted(path for path in run.path.rglob("*") if path.is_file()):
        name = file.relative_to(run.path).as_posix()
        rows.append(("file", name, f"{file.stat().st_size} bytes{', changed since' if name in altered else ''}"))
    rows += [("file", name, "missing") for name in sorted(altered) if not (run.path / name).is_file()]
    return [dict(zip(CONTENTS, (what, name, _word(value)), strict=True)) for what, name, value in rows]


def compare(first: Run, second: Run) -> Comparison:
    """How the settings and the results of two runs differ."""
    a, b = flat(settings(first)), flat(settings(second))
    keys = [key for key in dict.fromkeys([*a, *b]) if repr(a.get(key)) != repr(b.get(key))]
    left, right = results(first), results(second)
    return Comparison(
        first=first.path,
        second=second.path,
        differences=difference(left, right),
        settings=tuple((key, a.get(key), b.get(key)) for key in keys),
        identical=_same_bytes(first.path, second.path),
    )


def _equal(a: Path, b: Path) -> bool:
    return a.is_file() and b.is_file() and sha256(a) == sha256(b)


def _same_bytes(first: Path, second: Path) -> bool:
    found = sorted(path.name for path in first.glob("results.*"))
    return bool(found) and all(_equal(first / name, second / name) for name in found)


def difference(first: Any, second: Any) -> tuple[Difference, ...]:
    """Per variable the largest relative difference of two results, largest first.

    Relative to the larger of both values, but at least to 1e-9 of the variable's largest value. Not-a-number in
    one only, other shapes and missing variables count as infinite. Of the results of experiments every readout of
    every run is a variable of its own; where one goes on for longer, the part that both have is compared.
    """
    left, right = _arrays(first), _arrays(second)
    found = []
    for name in dict.fromkeys([*left, *right]):
        if name not in left or name not in right:
            found.append(
                Difference(name, np.inf, "", None, None, f"only in the {'first' if name in left else 'second'}")
            )
        else:
            found.append(_differ(name, *_shared(left[name], right[name])))
    return tuple(sorted(found, key=lambda one: (-one.largest, one.variable)))


@dataclass(frozen=True)
class _Array:
    """Values of one variable with what says where each stands: names of its axes, or a text per value."""

    values: NDArray[Any]
    dims: tuple[str, ...] = ("row",)
    keys: tuple[str, ...] | None = None

    def place(self, index: int) -> str:
        if self.keys is not None:
            return self.keys[index]
        at = np.unravel_index(index, self.values.shape)
        return ", ".join(f"{dim} {one}" for dim, one in zip(self.dims, at, strict=True))


def _shared(one: _Array, other: _Array) -> tuple[_Array, _Array]:
    """The values that stand at places of both; both as they are where one has no places or nothing is shared."""
    if one.keys is None or other.keys is None or one.keys == other.keys:
        return one, other
    mine, theirs = ({key: number for number, key in enumerate(a.keys or ())} for a in (one, other))
    both = tuple(key for key in one.keys if key in theirs)
    if not both:
        return one, other
    return tuple(  # type: ignore[return-value]
        _Array(a.values[[where[key] for key in both]], keys=both) for a, where in ((one, mine), (other, theirs))
    )


def _differ(name: str, one: _Array, other: _Array) -> Difference:
    a, b = one.values.ravel(), other.values.ravel()
    if one.values.shape != other.values.shape:
        return Difference(name, np.inf, "", None, None, f"shapes {one.values.shape} and {other.values.shape}")
    if not a.size:
        return Difference(name, 0.0, "", None, None)
    if a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        unlike = np.array([str(x) != str(y) for x, y in zip(a, b, strict=True)])
        relative = np.where(unlike, np.inf, 0.0)
    else:
        x, y = a.astype(float), b.astype(float)
        size = np.maximum(np.abs(x), np.abs(y))
        known = size[np.isfinite(size)]
        floor = FLOOR * float(known.max()) if known.size else 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.abs(x - y) / np.maximum(size, floor)
        relative = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, relative)
        relative = np.where(np.isnan(relative), np.inf, relative)
    worst = int(np.argmax(relative))
    place = "" if relative[worst] == 0.0 else one.place(worst)
    return Difference(name, float(relative[worst]), place, a[worst], b[worst])


def _arrays(data: Any) -> dict[str, _Array]:
    if isinstance(data, tables.Table):
        if set(data.columns) >= LONG:
            return _readouts(data)
        return {name: _Array(np.asarray(column)) for name, column in data.columns.items()}
    return {
        str(name): _Array(np.asarray(data[name]), tuple(str(dim) for dim in data[name].dims)) for name in data.variables
    }


def _readouts(data: tables.Table) -> dict[str, _Array]:
    """The long table of an experiment by run and readout."""
    columns = [data.columns[name] for name in ("run", "readout", "point", "time", "value")]
    unit = data.units.get("time", "")
    found: dict[str, dict[str, Any]] = {}
    for run, readout, point, time, value in zip(*columns, strict=True):
        found.setdefault(f"{run}: {readout}", {})[f"point {point}, time {time:g} {unit}".rstrip()] = value
    return {name: _Array(np.array([*one.values()]), keys=tuple(one)) for name, one in found.items()}


def _word(value: Any) -> Any:
    """A setting for people: names in a list, nothing as nothing."""
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else value


def _number(value: Any) -> Any:
    """A value of a result as a plain number or text."""
    if value is None or isinstance(value, str):
        return value
    return value.item() if hasattr(value, "item") else value


def flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings with dotted keys; a list of tables by the id of each, else by its number.

    >>> flat({"a": {"b": 1}, "run": [{"id": "course", "until": "48 h"}]})
    {'a.b': 1, 'run.course.until': '48 h'}
    """
    found: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value, start=1):
                inner = {name: item for name, item in one.items() if name != "id"}
                found |= flat(inner, f"{prefix}{key}.{one.get('id', number)}.")
        else:
            found[f"{prefix}{key}"] = value
    return found
