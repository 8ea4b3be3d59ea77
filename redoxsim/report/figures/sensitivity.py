"""Sensitivities as ranked bars, a panel per readout, coloured by how well each constant is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import best_unit
from redoxsim.report.figures.style import INK, SOFT, TINY, dress, finish, new_figure, styled
from redoxsim.report.names import named_unit, number, show_id
from redoxsim.report.paper import WIDEST

MOST = 15
GRADES: Mapping[str, tuple[str, str]] = {
    "A": ("#0072b2", "A, read in a source"),
    "B": ("#56b4e9", "B, recalled"),
    "C": ("#e69f00", "C, assumed"),
}
AXES: Mapping[str, tuple[str, str]] = {
    "gain": ("gain", "log gain: relative change of the readout per relative change of the constant"),
    "mu_star": ("mu_star", "mean size of the change over the constant’s range (Morris µ*)"),
    "ST": ("ST", "share of the variance that involves the constant (Sobol total index)"),
}


@styled
def sensitivity(
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    by: str,
    most: int = MOST,
    units: Mapping[str, str] | None = None,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """A figure of the largest sensitivities of each readout.

    Parameters
    ----------
    tables : by readout, rows with ``constant``, ``grade``, the column ``by`` and its ``_low`` and ``_high`` ends,
        largest first.
    by : "gain", "mu_star" or "ST".
    most : bars in a panel; the others are counted.
    units : of the readouts, in which "mu_star" is.

    Raises
    ------
    DesignError : nothing to draw.
    """
    if not tables or not any(np.isfinite(row[by]) for rows in tables.values() for row in rows):
        raise DesignError("there is no sensitivity to draw", hint="the readout does not move with any constant")
    columns = min(len(tables), 2)
    lines = -(-len(tables) // columns)
    longest = max(min(len(rows), most) for rows in tables.values())
    figure = new_figure(6.6 if columns == 1 else WIDEST, 1.3 + lines * (0.9 + 0.24 * longest))
    grid = figure.add_gridspec(lines, columns)
    grades: set[str] = set()
    for place, (readout, rows) in enumerate(tables.items()):
        axes = figure.add_subplot(grid[divmod(place, columns)])
        grades |= draw_bars(axes, rows, by=by, most=most)
        axes.set_title(show_id(readout))
        if by == "mu_star":
            seen = [float(row[by]) for row in rows if np.isfinite(row[by])]
            unit, factor = best_unit([[max(seen, default=0.0)]], (units or {}).get(readout, ""))
            axes.set_xlabel(named_unit("µ*", unit))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _, times=factor: number(value * times)))
    handles = [Patch(color=colour, label=text) for grade, (colour, text) in GRADES.items() if grade in grades]
    return finish(figure, title, [AXES[by][1][0].upper() + AXES[by][1][1:] + ".", caption], handles)


@styled
def draw_bars(axes: Axes, rows: Sequence[Mapping[str, Any]], *, by: str, most: int = MOST) -> set[str]:
    """Draws the largest rows into ``axes``, largest on top, with their ends; gives the grades that occur."""
    known = [row for row in rows if np.isfinite(row[by])]
    shown = known[:most]
    places = np.arange(len(shown))[::-1]
    values = np.array([float(row[by]) for row in shown])
    low, high = (np.array([float(row[f"{by}_{end}"]) for row in shown]) for end in ("low", "high"))
    colours = [GRADES.get(str(row["grade"]), GRADES["C"])[0] for row in shown]
    axes.barh(places, values, color=colours, height=0.68, zorder=2)
    axes.hlines(places, low, high, color=INK, linewidth=1.1, zorder=3)
    axes.axvline(0.0, color=SOFT, linewidth=0.8, zorder=1)
    axes.set_yticks(places, [str(row["constant"]) for row in shown])
    axes.set_xlabel({"gain": "log gain", "mu_star": "µ*", "ST": "total index"}[by])
    axes.set_ylim(-0.7 if len(known) == len(shown) else -1.4, len(shown) - 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if len(known) > len(shown):
        axes.annotate(
            f"and {len(known) - len(shown)} smaller ones", (1.0, 0.0), xycoords="axes fraction", fontsize=TINY,
            color=SOFT, ha="right", va="bottom", xytext=(-4, 3), textcoords="offset points",
        )  # fmt: skip
    dress(axes, grid="x")
    return {str(row["grade"]) for row in shown}
