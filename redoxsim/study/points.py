"""Measured points to lay over curves: a time course, or effects over doses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError, Where
from redoxsim.study.tables import column, is_kind, numbers, read_csv, split_head

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
SPREADS = ("sd", "sem", "se")
MEDIAN = 0.5
ENDS = ("_low", "_high", *(f"_{name}" for name in SPREADS))
LABELS = ("condition", "replicate", "source", "note", "status", "solved", "quantile")


@dataclass(frozen=True, kw_only=True, eq=False)
class LabPoints:
    """Measured values of one observable over one axis.

    Attributes
    ----------
    observable : id of what was measured; ``unit`` of ``y``, "" for a plain number.
    axis : "time" (``x`` in seconds) or the agent (``x`` in ``axis_unit``).
    x, y : shape (N,). low, high : ends of error bars (N,), None where the table gives none.
    condition : which curve they belong to, None for all.
    """

    observable: str
    unit: str
    axis: str
    axis_unit: str
    x: FloatArray
    y: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    condition: str | None = None


def load_points(
    table: str | Path | pd.DataFrame, *, axis: str | None = None, at: float | None = None
) -> tuple[LabPoints, ...]:
    """The measured points of a table: one entry per observable (and condition).

    The axis is the column ``time [h]`` (any unit of time), else the one dose column with a unit
    (``auranofin [uM]``). Every other column is an observable, its unit in the head; ``X_sd`` or ``X_low``
    and ``X_high`` are the error bars of ``X``; ``condition`` says which curve; ``replicate`` and the like,
    and the ``status`` and ``solved`` of a table that a command wrote, are left alone; of its rows by ``quantile`` those
    of the median count. Rows with equal axis values are replicates and stay single points.

    Parameters
    ----------
    axis : the axis column, where there are several.
    at : seconds; of a table over doses that has a column of times too, the rows of this time.

    Raises
    ------
    ReadError : the file is not a table.
    DesignError : no axis, no observable, a cell that is not a number.
    """
    return points_of(*read_csv(table), axis=axis, at=at)


def points_of(
    frame: pd.DataFrame, file: str | None, *, axis: str | None = None, at: float | None = None
) -> tuple[LabPoints, ...]:
    """What :func:`load_points` gives, of a table that was read from ``file``."""
    frame = medians(frame, file)
    if at is not None:
        frame = _rows_at(frame, at, file)
    head = _axis(frame, axis, file)
    name, unit = split_head(head)
    x = numbers(frame, head, file=file)
    is_time = is_kind(unit, "time")
    timed = None if is_time else time_head(frame)
    if is_time:
        x, name, unit = np.array([units.to(value, unit, "s") for value in x]), "time", "s"
    heads = [str(one) for one in frame.columns if one not in (head, timed)]
    named = {split_head(one)[0]: one for one in heads}
    observables = [one for one in named if one not in LABELS and not _is_end(one, named) and _holds(frame, named[one])]
    if len(spread := [one for one in observables if one.lower() in (*SPREADS, "low", "high")]) < len(observables):
        observables = [one for one in observables if one not in spread]
        if len(observables) == 1:
            named |= {f"{observables[0]}_{one.lower()}": named[one] for one in spread}
        elif spread:
            raise DesignError(
                f"'{spread[0]}' could belong to {' or '.join(observables)}", where=Where(file=file),
                hint=f"call it '{observables[0]}_{spread[0].lower()}'",
            )  # fmt: skip
    if not observables:
        raise DesignError("the table has no measured column", where=Where(file=file), hint="such as 'viability'")
    groups: list[tuple[str | None, NDArray[np.intp]]] = [(None, np.arange(len(x)))]
    if "condition" in named:
        labels = frame[named["condition"]].astype(str).to_numpy()
        groups = [(str(one), np.flatnonzero(labels == one)) for one in dict.fromkeys(labels.tolist())]
    found = []
    for observable in observables:
        y = numbers(frame, named[observable], file=file, missing=True)
        ends = _ends(frame, observable, y, named, file)
        for label, place in groups:
            there = place[np.isfinite(y[place])]
            if there.size:
                low, high = (None if end is None else end[there] for end in ends)
                found.append(
                    LabPoints(
                        observable=observable,
                        unit=split_head(named[observable])[1],
                        axis=name,
                        axis_unit=unit,
                        x=x[there],
                        y=y[there],
                        low=low,
                        high=high,
                        condition=label,
                    )
                )
    return tuple(found)


def time_head(frame: pd.DataFrame) -> str | None:
    """The head of the column of times, None where there is none."""
    named = [(str(one), *split_head(str(one))) for one in frame.columns]
    return next((head for head, name, unit in named if is_kind(unit, "time") and name.lower() in ("time", "t")), None)


def seconds_of(frame: pd.DataFrame, head: str, file: str | None) -> FloatArray:
    """The column of times in seconds (N,)."""
    unit = split_head(head)[1]
    return np.array([units.to(value, unit, "s") for value in numbers(frame, head, file=file)])


def medians(frame: pd.DataFrame, file: str | None) -> pd.DataFrame:
    """The rows of the median of a table with quantiles, as commands write them with draws; all of any other."""
    if "quantile" not in frame.columns:
        return frame
    kept = frame[numbers(frame, "quantile", file=file) == MEDIAN]
    if not len(kept):
        raise DesignError(f"the table has quantiles and no row of the median, {MEDIAN:g}", where=Where(file=file))
    return kept


def _rows_at(frame: pd.DataFrame, at: float, file: str | None) -> pd.DataFrame:
    """The rows of one time; all where the table has no column of times.

    Raises
    ------
    DesignError : no row at that time.
    """
    head = time_head(frame)
    if head is None:
        return frame
    times = seconds_of(frame, head, file)
    there = np.isclose(times, at, rtol=1e-6, atol=1e-6)
    if not there.any():
        known = ", ".join(f"{one / 3600:g} h" for one in np.unique(times))
        raise DesignError(f"the table has no row at {at / 3600:g} h", where=Where(file=file), hint=f"it has {known}")
    return frame[there]


def _axis(frame: pd.DataFrame, axis: str | None, file: str | None) -> str:
    if axis is not None:
        return column(frame, axis, file=file)
    if (timed := time_head(frame)) is not None:
        return timed
    # Observables are concentrations too; the dose column is the first.
    dosed = [one for one in map(str, frame.columns) if is_kind(split_head(one)[1], "concentration")]
    if dosed:
        return dosed[0]
    raise DesignError(
        "the table has no axis", where=Where(file=file), hint="a column such as 'time [h]' or 'auranofin [uM]'"
    )


def _holds(frame: pd.DataFrame, head: str) -> bool:
    """Whether a column holds numbers; one of words only (a well, a name) measures nothing."""
    cells = [str(cell).strip() for cell in frame[head].dropna()]
    return not cells or any(cell[:1].isdigit() or cell[:1] in "+-." for cell in cells)


def unused(frame: pd.DataFrame, axis: str, used: tuple[str, ...]) -> list[str]:
    """Heads of columns that are not the axis, nor one of the observables ``used`` or its error bars, nor labels."""
    named = {split_head(str(head))[0]: str(head) for head in frame.columns}
    taken = {*used, *LABELS, split_head(axis)[0]}
    taken |= {f"{name}{end}" for name in used for end in ENDS}
    if len(used) == 1:
        taken |= {*SPREADS, *map(str.upper, SPREADS), "low", "high"}
    return [head for name, head in named.items() if name not in taken]


def _is_end(name: str, named: dict[str, str]) -> bool:
    return any(name.endswith(end) and name.removesuffix(end) in named for end in ENDS)


def _ends(
    frame: pd.DataFrame, name: str, y: FloatArray, named: dict[str, str], file: str | None
) -> tuple[FloatArray | None, FloatArray | None]:
    for spread in SPREADS:
        if f"{name}_{spread}" in named:
            half = numbers(frame, named[f"{name}_{spread}"], file=file, missing=True)
            return y - half, y + half
    if f"{name}_low" in named and f"{name}_high" in named:
        low, high = (numbers(frame, named[f"{name}{end}"], file=file, missing=True) for end in ("_low", "_high"))
        return low, high
    return None, None
