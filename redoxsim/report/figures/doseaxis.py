"""A log dose axis that still has a place for the untreated control: zero, left of a marked break."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
from numpy.typing import ArrayLike, NDArray

from redoxsim.report.figures.style import INK, SMALL

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class DoseAxis:
    """Where doses go on a log axis; ``zero`` is the place of dose 0, None if there is none."""

    low: float
    high: float
    zero: float | None

    def place(self, doses: ArrayLike) -> FloatArray:
        """Positions of doses, in the unit of the doses; dose 0 goes to its own place."""
        array = np.asarray(doses, dtype=float)
        return np.where(array > 0.0, array, self.zero if self.zero is not None else np.nan)

    @property
    def limits(self) -> tuple[float, float]:
        """Both ends of the axis, a little beyond the outermost points."""
        margin = (self.high / self.low) ** 0.03 * 1.06
        return (self.zero if self.zero is not None else self.low) / margin, self.high * margin

    def ticks(self) -> list[float]:
        """Positions of the labelled ticks: whole decades, or 1-2-5 where there are fewer than two of them."""
        first, last = np.log10(self.low), np.log10(self.high)
        decades = np.arange(np.ceil(first - 1e-9), np.floor(last + 1e-9) + 0.5)
        if decades.size >= 2:
            stride = int(np.ceil(decades.size / 8))
            found = [float(10.0**d) for d in decades[::stride]]
        else:
            every = [m * 10.0**d for d in np.arange(np.floor(first), np.ceil(last) + 1) for m in (1.0, 2.0, 5.0)]
            found = [float(t) for t in every if self.low * 0.999 <= t <= self.high * 1.001] or [self.low, self.high]
        return ([self.zero] if self.zero is not None else []) + found

    def label(self, position: float) -> str:
        """What a tick says."""
        if self.zero is not None and np.isclose(position, self.zero, rtol=1e-9):
            return "0"
        return dose_text(position)


def dose_axis(doses: ArrayLike, *, zero: bool | None = None) -> DoseAxis:
    """The axis for these doses; with a place for zero if one of them is zero or ``zero`` says so."""
    array = np.asarray(doses, dtype=float)
    positive = array[np.isfinite(array) & (array > 0.0)]
    low, high = (float(positive.min()), float(positive.max())) if positive.size else (1.0, 10.0)
    if low == high:
        low, high = low / 3.0, high * 3.0
    wants = bool(np.any(array == 0.0)) if zero is None else zero
    gap = float(np.clip(0.16 * np.log10(high / low), 0.28, 1.0))
    return DoseAxis(low, high, low / 10.0**gap if wants else None)


def apply(axes: Axes, axis: DoseAxis, *, which: str = "x") -> None:
    """Scale, limits, ticks and the mark of the break, on the x or the y axis of a panel."""
    line = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    low, high = axis.limits
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    line.set_major_locator(FixedLocator(axis.ticks()))
    line.set_major_formatter(FuncFormatter(lambda position, _: axis.label(position)))
    minor = [
        m * 10.0**d for d in np.arange(np.floor(np.log10(axis.low)), np.log10(axis.high) + 1) for m in range(2, 10)
    ]
    line.set_minor_locator(FixedLocator([t for t in minor if axis.low <= t <= axis.high]))
    line.set_minor_formatter(NullFormatter())
    if axis.zero is not None:
        _mark_break(axes, axis, which)


def _mark_break(axes: Axes, axis: DoseAxis, which: str) -> None:
    """Two strokes across the axis line between 0 and the smallest dose, with the line itself cut away."""
    assert axis.zero is not None
    low, high = np.log10(axis.limits[0]), np.log10(axis.limits[1])
    middle = ((np.log10(axis.zero) + np.log10(axis.low)) / 2.0 - low) / (high - low)
    half = min(0.009, 0.3 * (np.log10(axis.low) - np.log10(axis.zero)) / (high - low))
    common: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False, "zorder": 6, "solid_capstyle": "butt"}
    cut, zeros = [middle - half, middle + half], [0.0, 0.0]
    axes.plot(*((cut, zeros) if which == "x" else (zeros, cut)), color="white", linewidth=2.6, **common)
    for at in cut:
        along, across = [at - 0.006, at + 0.006], [-0.017, 0.017]
        axes.plot(*((along, across) if which == "x" else (across, along)), color=INK, linewidth=0.9, **common)


def dose_text(dose: float) -> str:
    """A dose as a tick or row label, two digits: plain between 0.001 and 99999, powers of ten beyond.

    >>> dose_text(0.01), dose_text(1000.0), dose_text(0.0), dose_text(0.134)
    ('0.01', '1000', '0', '0.13')
    """
    if dose == 0.0:
        return "0"
    if 0.000999 <= abs(dose) < 99999.0:
        return f"{float(f'{dose:.2g}'):g}" if abs(dose) < 99.5 else f"{dose:.0f}"
    exponent = int(np.floor(np.log10(abs(dose))))
    lead = dose / 10.0**exponent
    return f"$10^{{{exponent}}}$" if abs(lead - 1.0) < 1e-6 else f"${lead:.2g}\\times10^{{{exponent}}}$"


def label_cells(axes: Axes, doses: ArrayLike, *, which: str, inches: float = 4.0) -> None:
    """Ticks of a heat map with one row or column per dose; a map is so many inches wide."""
    array = np.asarray(doses, dtype=float)
    every = int(np.ceil(array.size / 12))
    shown = range(0, array.size, every)
    texts = [dose_text(float(array[i])) for i in shown]
    if which == "x":
        room = inches * 72.0 * every / max(array.size, 1)  # points from one tick to the next
        longest = max((len(a) + len(b)) / 2.0 for a, b in pairwise(texts)) if len(texts) > 1 else 0.0
        crowded = (longest + 0.8) * 0.62 * SMALL > room
        axes.set_xticks(
            list(shown),
            texts,
            fontsize=SMALL,
            rotation=45 if crowded else 0,
            ha="right" if crowded else "center",
            rotation_mode="anchor",
        )
    else:
        axes.set_yticks(list(shown), texts, fontsize=SMALL)
