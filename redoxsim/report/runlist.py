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
from redoxsim.report.names import number
from redoxsim.report.runs import LOG, ROOT, sha256
from redoxsim.report.text import text_table

# Differences are taken relative to the larger value, but not below this share of the variable's largest value: a
# number that should be zero differs from another such number by its rounding, and that is no difference.
FLOOR = 1e-9
_NAME = re.compile(r"(?P<when>\d{4}-\d{2}-\d{2}T\d{4})-(?P<slug>.+)-(?P<hash>[0-9a-f]{6})(\.\d+)?$")


@dataclass(frozen=True)
class Run:
    """A finished (or broken-off) run. ``when`` is UTC to the minute, "" for a folder that the user named."""

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

    def text(self) -> str:
        """The comparison for a terminal."""
        lines = [f"{self.first.name}  against  {self.second.name}"]
        if self.settings:
            rows = [[key, "–" if a is None else a, "–" if b is None else b] for key, a, b in self.settings]
            lines += ["", text_table(["setting", "first", "second"], rows)]
        if self.identical:
            return "\n".join([*lines, "", "the results are identical, byte for byte"])
        rows = [
            [one.variable, one.note or number(one.largest), one.place, _show(one.first), _show(one.second)]
            for one in self.differences
        ]
        lines += ["", text_table(["variable", "largest relative difference", "at", "first", "second"], rows)]
        return "\n".join(lines)


def list_runs(root: str | Path = ROOT) -> tuple[Run, ...]:
    """Every run folder in ``root``, newest first; none if there is no such folder."""
    folder = Path(root)
    if not folder.is_dir():
        return ()
    runs = [load(path) for path in sorted(folder.iterdir()) if (path / "command.txt").is_file()]
    return tuple(sorted(runs, key=lambda run: (run.when, run.name), reverse=True))


def find(name: str | Path, *, root: str | Path = ROOT) -> Run:
    """The run that a path, a name, the unique beginning or part of a name, or "last" stands for.

    Raises
    ------
    DesignError : none or several match.
    """
    direct = Path(name)
    if (direct / "command.txt").is_file():
        return load(direct)
    runs = list_runs(root)
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
        f"there are {len(runs)} in {root}" if runs else f"there are none in {root}"
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
        when=parts["when"] if parts else "",
        command=command.read_text(encoding="utf-8").strip(),
        state=str(summary.get("state", "broken off")),
        summary=summary,
    )


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


def listing(runs: tuple[Run, ...]) -> str:
    """The runs as a text table."""
    rows = [[run.name, run.state, run.command if len(run.command) <= 70 else run.command[:69] + "…"] for run in runs]
    return text_table(["run", "state", "command"], rows)


def show(run: Run) -> str:
    """One run in words: state, command, settings, summary, files, and what was changed since."""
    lines = [run.name, f"state    {run.state}", f"command  {run.command}"]
    for key, value in run.summary.items():
        if key not in {"schema", "state", "command", "files"}:
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            lines.append(f"{key}  {shown}")
    lines += ["", "settings", *(f"  {key} = {value}" for key, value in flat(settings(run)).items())]
    altered = set(changed(run))
    lines += ["", "files"]
    for file in sorted(p for p in run.path.rglob("*") if p.is_file()):
        name = file.relative_to(run.path).as_posix()
        lines.append(f"  {name}  {file.stat().st_size} bytes{'  CHANGED SINCE' if name in altered else ''}")
    lines += [f"  {name}  MISSING" for name in sorted(altered) if not (run.path / name).is_file()]
    return "\n".join(lines)


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


def same_files(first: Path, second: Path) -> tuple[str, ...]:
    """Names of files that are not the same in two run folders, the log aside; empty if the runs are identical."""
    names = {p.relative_to(base).as_posix() for base in (first, second) for p in base.rglob("*") if p.is_file()}
    return tuple(sorted(n for n in names - {LOG} if not _equal(first / n, second / n)))


def _equal(a: Path, b: Path) -> bool:
    return a.is_file() and b.is_file() and sha256(a) == sha256(b)


def _same_bytes(first: Path, second: Path) -> bool:
    found = sorted(path.name for path in first.glob("results.*"))
    return bool(found) and all(_equal(first / name, second / name) for name in found)


def difference(first: Any, second: Any) -> tuple[Difference, ...]:
    """Per variable the largest relative difference of two results, largest first.

    Relative to the larger of both values, but at least to 1e-9 of the variable's largest value. Not-a-number in
    one only, other shapes and missing variables count as infinite.
    """
    left, right = _arrays(first), _arrays(second)
    found = []
    for name in dict.fromkeys([*left, *right]):
        if name not in left or name not in right:
            found.append(
                Difference(name, np.inf, "", None, None, f"only in the {'first' if name in left else 'second'}")
            )
        else:
            found.append(_differ(name, left[name], right[name]))
    return tuple(sorted(found, key=lambda one: (-one.largest, one.variable)))


def _differ(name: str, one: tuple[NDArray[Any], list[str]], other: tuple[NDArray[Any], list[str]]) -> Difference:
    a, b = one[0].ravel(), other[0].ravel()
    if one[0].shape != other[0].shape:
        return Difference(name, np.inf, "", None, None, f"shapes {one[0].shape} and {other[0].shape}")
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
    place = "" if relative[worst] == 0.0 else _place(one[0].shape, one[1], worst)
    return Difference(name, float(relative[worst]), place, a[worst], b[worst])


def _arrays(data: Any) -> dict[str, tuple[NDArray[Any], list[str]]]:
    if isinstance(data, tables.Table):
        return {name: (np.asarray(column), ["row"]) for name, column in data.columns.items()}
    return {str(name): (np.asarray(data[name]), [str(dim) for dim in data[name].dims]) for name in data.variables}


def _place(shape: tuple[int, ...], dims: list[str], flat_index: int) -> str:
    return ", ".join(f"{dim} {index}" for dim, index in zip(dims, np.unravel_index(flat_index, shape), strict=True))


def _show(value: Any) -> str:
    if value is None:
        return "–"
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)


def flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings with dotted keys.

    >>> flat({"a": {"b": 1}, "c": 2})
    {'a.b': 1, 'c': 2}
    """
    found: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found
