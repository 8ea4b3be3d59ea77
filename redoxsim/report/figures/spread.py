"""How the spread of draws is drawn: filled bands where they are few, bars at some places where fills would be mud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from redoxsim.report.figures.style import SOFT
from redoxsim.report.paper import MOST_FILLED

FloatArray = NDArray[np.float64]
MOST_BARS = 24
"""Bars of a panel, about: with many lines each has bars at few places."""
STEP = 0.013
"""How far bars stand apart, as a share of the axis; nearer where so many lines would not fit it."""
WORDS = "5–95% of draws"
MEDIAN: Mapping[str, Any] = {"linewidth": 0.9, "linestyle": "-", "alpha": 0.8}
"""How the median of draws is drawn where the line is of the constants as they are."""


@dataclass(frozen=True)
class Spread:
    """The band of one line among the ``of`` of its panel, of which it is number ``place`` (from 0)."""

    place: int
    of: int

    @property
    def filled(self) -> bool:
        """Whether the bands of this panel are filled."""
        return self.of <= MOST_FILLED

    def draw(
        self,
        axes: Axes,
        x: FloatArray,
        low: FloatArray,
        high: FloatArray,
        *,
        median: FloatArray | None = None,
        colour: str,
        ends: Sequence[float],
        alpha: float = 0.18,
    ) -> None:
        """Draws the band, and the median where there is one; shapes (N,).

        Parameters
        ----------
        ends : both ends of the x axis, whose scale must stand by now.
        """
        if self.filled:
            axes.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0, zorder=1)
            if median is not None:
                axes.plot(x, median, color=colour, zorder=2, **MEDIAN)
            return
        if not x.size:
            return
        count = int(np.clip(MOST_BARS // self.of, 1, x.size))
        at = np.unique(np.linspace(x.size - 1, 0, count + 1).round().astype(int)[:count])
        beside = self._beside(x[at], ends, log=axes.get_xscale() == "log")
        axes.vlines(beside, low[at], high[at], color=colour, alpha=0.75, linewidth=1.7, zorder=2, clip_on=False)
        if median is not None:
            axes.plot(
                beside, median[at], linestyle="none", marker="_", markersize=5.0, markeredgewidth=1.6, color=colour,
                zorder=2, clip_on=False, label="_median",
            )  # fmt: skip

    def _beside(self, x: FloatArray, ends: Sequence[float], *, log: bool) -> FloatArray:
        """Places next to one another around ``x``, none of them beyond the ends of the axis."""
        low, high = np.log(ends) if log else np.asarray(ends, dtype=float)
        step = min(STEP, 1.0 / self.of) * (high - low)
        middle = np.clip(np.log(x) if log else x, low + 0.5 * (self.of - 1) * step, high - 0.5 * (self.of - 1) * step)
        moved = middle + (self.place - 0.5 * (self.of - 1)) * step
        return np.asarray(np.exp(moved) if log else moved, dtype=float)


def spread_handles(of: int, *, colour: str = SOFT, bands: bool = True, medians: bool = False) -> list[Line2D | Patch]:
    """Legend entries of the bands of panels with ``of`` lines that have one, and of medians."""
    filled = of <= MOST_FILLED
    handles: list[Line2D | Patch] = []
    if bands:
        bar = Line2D(
            [], [], color=colour, linestyle="none", marker="|", markersize=11, markeredgewidth=1.7, label=WORDS
        )
        handles.append(Patch(color=colour, alpha=0.25, label=WORDS) if filled else bar)
    if medians:
        tick = Line2D([], [], color=colour, linestyle="none", marker="_", markersize=6, markeredgewidth=1.6)
        handles.append(Line2D([], [], color=colour, **MEDIAN) if filled else tick)
        handles[-1].set_label("median of draws")
    return handles


def banded(*groups: Mapping[str, Any], names: Sequence[str]) -> int:
    """How many lines of a panel have a band: results with draws, of any of these groups, that hold one of ``names``.

    Parameters
    ----------
    groups : results by name, as datasets.
    names : observables of the panel.
    """
    found = {
        (key, name)
        for group in groups
        for key, one in group.items()
        for name in names
        if name in one and {"quantile", "draw"} & set(one[name].dims)
    }
    return len(found)
