"""What can be laid over a curve: doses, exposures, measured points. Plain data, no drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from redoxsim.report.names import show_unit

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DoseBar:
    """A dose along the time axis.

    ``start`` and ``end`` are hours; ``end`` None means that it stays to the end of the figure. Bars with
    the same ``row`` (by default the same ``label``) share a line. ``continuous`` says that it was infused.
    """

    start: float
    end: float | None
    label: str
    row: str | None = None
    continuous: bool = False


@dataclass(frozen=True, slots=True)
class Exposure:
    """A range of concentrations that patients reach, in the unit of the dose axis; ``kind`` is "total" or "free"."""

    low: float
    high: float
    label: str
    kind: str = "total"


@dataclass(frozen=True, kw_only=True)
class Points:
    """Measured values of one observable: x in hours (time course) or in the unit of the dose axis.

    ``unit`` is the unit of ``y``; ``condition`` the curve they belong to (None: all of them); ``low`` and ``high``
    the ends of error bars. All arrays have shape (N,).
    """

    observable: str
    x: FloatArray
    y: FloatArray
    unit: str = ""
    condition: str | None = None
    label: str = "measured"
    low: FloatArray | None = None
    high: FloatArray | None = None


class DoseRow(Protocol):
    """A row of a schedule; times in seconds."""

    @property
    def time(self) -> float: ...
    @property
    def target(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def amount(self) -> float: ...
    @property
    def until(self) -> float | None: ...


def dose_bars(
    rows: Iterable[DoseRow], *, names: Mapping[str, str] | None = None, units: Mapping[str, str] | None = None
) -> tuple[DoseBar, ...]:
    """Bars of a schedule, in order of the first dose of each target.

    A bolus lasts until the next wash or, if the same target is set, until then; an infusion lasts as long as it runs.

    Parameters
    ----------
    names : what to call a target (the agent of a dosed species); the id if it is not there.
    units : unit of each target's amount, ``uM`` if it is not there; an infusion is that per hour.
    """
    ordered = sorted(rows, key=lambda row: row.time)
    washes = [row.time for row in ordered if row.action == "wash"]
    bars = []
    for row in ordered:
        if row.action == "wash":
            continue
        name = (names or {}).get(row.target, row.target)
        unit = show_unit((units or {}).get(row.target, "uM"))
        if row.action == "infuse":
            end, rate = row.until, row.amount * 3600.0
            text = f"{name} {rate:g} {unit}/h".replace("  ", " ")
        else:
            later = [time for time in washes if time > row.time]
            later += [o.time for o in ordered if o.action == "set" and o.target == row.target and o.time > row.time]
            end = min(later) if later else None
            text = f"{name} {row.amount:g} {unit}".rstrip()
        hours = None if end is None else end / 3600.0
        bars.append(DoseBar(row.time / 3600.0, hours, text, row=row.target, continuous=row.action == "infuse"))
    return tuple(bars)


def merge_bars(*groups: Iterable[DoseBar]) -> tuple[DoseBar, ...]:
    """The bars of several conditions, each bar once."""
    seen: dict[DoseBar, None] = {}
    for group in groups:
        seen.update(dict.fromkeys(group))
    return tuple(seen)
