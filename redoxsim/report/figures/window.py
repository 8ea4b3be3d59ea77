"""The therapeutic window: what is killed in two kinds of cells, where the gap lies, and what patients reach."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from redoxsim.analysis.window import Killed, Window
from redoxsim.errors import DesignError
from redoxsim.report.conditions import cell_words
from redoxsim.report.figures.doseaxis import apply, dose_axis, dose_text
from redoxsim.report.figures.heatmap import draw_matrix
from redoxsim.report.figures.style import (
    EXPOSED,
    EXPOSED_INK,
    INK,
    PALETTE,
    TINY,
    around,
    dress,
    finish,
    new_figure,
    styled,
    wrapped,
)
from redoxsim.report.names import named_unit, show_unit
from redoxsim.report.paper import WIDEST
from redoxsim.report.window import exposure_line
from redoxsim.study.window import TwoCells

FloatArray = NDArray[np.float64]
FIRST, SECOND = PALETTE[0], PALETTE[1]
INSIDE = "#009E73"
MOST_SLICES = 6
MOST_BESIDE = 4


@styled
def window(found: TwoCells, *, title: str | None = None, caption: str | None = None, note: str | None = None) -> Figure:
    """A figure of a window: curves for one agent, maps and the agents alone for two, a map per dose of the third.

    Violet marks what patients reach of an agent, a green frame the doses inside the window.

    Raises
    ------
    DesignError : more than three agents.
    """
    made = found.window
    inside = "Inside the window (framed in green)" if made.open.any() else "No dose lies inside the window"
    medians = " Numbers and lines are medians over draws." if made.first.low is not None else ""
    words = (
        f"Killed: 1 − {found.observable} at {found.hours:g} h.{medians} {inside}: at least {made.most:.0%} of "
        f"the {_cells(found)[0]} and at most {made.few:.0%} of the {_cells(found)[1]} killed. Doses are nominal, in "
        "medium; exposures are of plasma, mostly bound to protein: they compare orders of magnitude."
    )
    edges = 0.4 + around(WIDEST, title, [words, exposure_line(found), caption, note])
    if len(made.doses) == 1:
        figure = new_figure(WIDEST, edges + 3.2)
        _curves(figure.add_subplot(), found, agent=0)
    elif len(made.doses) == 2:
        figure = _pair(found, edges)
    elif len(made.doses) == 3:
        figure = _triple(found, edges)
    else:
        raise DesignError(f"a window is drawn of three agents at most, not of {len(made.doses)}")
    return finish(figure, title, [words, exposure_line(found), caption, note], _legend(found), columns=6)


def _pair(found: TwoCells, edges: float) -> Figure:
    """Both maps and the gap; below, each agent alone, and the first with what patients reach of the second."""
    made = found.window
    figure = new_figure(WIDEST, edges + 5.0)
    rows = figure.add_gridspec(2, 1, height_ratios=[2.6, 2.4])
    top = rows[0].subgridspec(1, 3)
    whole = Normalize(0.0, 1.0)
    for place, (killed, cell) in enumerate(zip((made.first, made.second), _cells(found), strict=True)):
        axes = figure.add_subplot(top[place])
        _map(axes, found, killed.middle, title=f"{'ab'[place]}   % killed: {cell}", label="fraction killed", norm=whole)
    gap = figure.add_subplot(top[2])
    _map(
        gap, found, made.gap, title=f"c   gap in %: {_cells(found)[0]} − {_cells(found)[1]}",
        label="above 0: more of the first is killed", diverging=True,
    )  # fmt: skip
    below = rows[1].subgridspec(1, 3)
    for place in range(2):
        axes = figure.add_subplot(below[place])
        _curves(axes, found, agent=place)
        axes.set_title(wrapped(f"{'de'[place]}   {found.names[place]} alone", WIDEST / 3 - 0.6))
    axes = figure.add_subplot(below[2])
    other = _highest_reached(made.doses[1], made.reached[1]) if made.reached else None
    where = made.doses[1].size - 1 if other is None else other
    _curves(axes, found, agent=0, at=where)
    dose = f"{dose_text(float(made.doses[1][where]))}\u00a0{show_unit(found.units[1])}".rstrip("\u00a0")
    why = "the largest not above exposure" if other is not None else "the largest tested"
    axes.set_title(wrapped(f"f   {found.names[0]} with {found.names[1]} {dose}, {why}", WIDEST / 3 - 0.6))
    return figure


def _triple(found: TwoCells, edges: float) -> Figure:
    """The gap over the first two agents, a map for each dose of the third; and what is killed of the first cell."""
    made = found.window
    third = made.doses[2]
    shown = np.unique(np.linspace(0, third.size - 1, min(third.size, MOST_SLICES)).round().astype(int))
    columns = len(shown) if len(shown) <= MOST_BESIDE else -(-len(shown) // 2)
    lines = -(-len(shown) // columns)
    wide = WIDEST / columns
    figure = new_figure(WIDEST, edges + 2 * lines * (0.7 + 0.7 * min(wide, 3.0)))
    grid = figure.add_gridspec(2 * lines, columns)
    for number, place in enumerate(int(one) for one in shown):
        line, column = divmod(number, columns)
        dose = f"{found.names[2]} {dose_text(float(third[place]))} {show_unit(found.units[2])}".rstrip()
        _map(
            figure.add_subplot(grid[2 * line, column]), found, made.first.middle[:, :, place],
            title=f"{dose}\n% killed: {_cells(found)[0]}", label=f"killed: {_cells(found)[0]}",
            norm=Normalize(0.0, 1.0), third=place, inches=wide,
        )  # fmt: skip
        reach = max(float(np.nanmax(np.abs(made.gap))), 0.05) if np.isfinite(made.gap).any() else 1.0
        _map(
            figure.add_subplot(grid[2 * line + 1, column]), found, made.gap[:, :, place],
            title=f"gap in %: {_cells(found)[0]}\n− {_cells(found)[1]}", label="above 0: more of the first",
            diverging=True, norm=Normalize(-reach, reach), third=place, inches=wide,
        )  # fmt: skip
    return figure


def _cells(found: TwoCells) -> tuple[str, str]:
    """Both cells in words."""
    return cell_words(found.cells[0]), cell_words(found.cells[1])


def _highest_reached(doses: FloatArray, top: float) -> int | None:
    """The place of the largest tested dose above 0 that patients reach."""
    inside = np.flatnonzero((doses > 0.0) & (doses <= top * (1.0 + 1e-9)))
    return int(inside[-1]) if inside.size else None


def _map(
    axes: Axes,
    found: TwoCells,
    values: FloatArray,
    *,
    title: str,
    label: str,
    diverging: bool = False,
    norm: Normalize | None = None,
    third: int | None = None,
    inches: float = WIDEST / 3,
) -> None:
    """One map over the first two agents with the exposure along its edges and the window framed."""
    made = found.window
    draw_matrix(
        axes, values, (made.doses[0], made.doses[1]), agents=(found.names[0], found.names[1]),
        units=(found.units[0], found.units[1]), title=title, bar_label=label, diverging=diverging, norm=norm,
        percent=True, inches=inches,
    )  # fmt: skip
    lines = "\n".join(wrapped(line, inches - 0.5) for line in title.split("\n"))
    axes.set_title(lines, pad=13.0 if found.exposures[0] is not None else None)
    axes.set_xlabel(wrapped(axes.get_xlabel(), inches - 0.5))
    inside = made.open if third is None else made.open[:, :, third]
    for i, j in np.argwhere(inside):
        axes.add_patch(
            Rectangle((i - 0.46, j - 0.46), 0.92, 0.92, fill=False, edgecolor=INSIDE, linewidth=2.2, zorder=4)
        )
    for place, which in ((0, "x"), (1, "y")):
        one = found.exposures[place]
        if one is not None:
            _edge_bar(axes, made.doses[place], one.low, one.high, which=which)


def _edge_bar(axes: Axes, doses: FloatArray, low: float, high: float, *, which: str) -> None:
    """A bar outside the edge of a map over a span of doses, and a line after the last dose that it reaches."""
    size = doses.size
    ends = [float(np.clip(one, -0.5, size - 0.5)) for one in (_cell(doses, low), _cell(doses, high))]
    transform = axes.get_xaxis_transform() if which == "x" else axes.get_yaxis_transform()
    if ends[1] > ends[0]:
        along, across = (ends[0], 1.005), (ends[1] - ends[0], 0.018)
        corner = along if which == "x" else along[::-1]
        wide, tall = across if which == "x" else across[::-1]
        axes.add_patch(
            Rectangle(corner, wide, tall, transform=transform, color=EXPOSED_INK, linewidth=0, clip_on=False, zorder=5)
        )
    edge = int(np.searchsorted(doses, high * (1.0 + 1e-9), side="right")) - 0.5  # between cells: over no number
    if edge < size - 0.5:
        line = axes.axvline if which == "x" else axes.axhline
        line(edge, color="white", linewidth=2.4, zorder=3)
        line(edge, color=INK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=3)


def _cell(doses: FloatArray, dose: float) -> float:
    """Where a dose lies on an axis of equal cells: between two cells in the logarithm of the dose."""
    tested = np.flatnonzero(doses > 0.0)
    logs = np.log(doses[tested])
    if logs.size == 1:
        return float(tested[0]) + float(np.sign(np.log(dose) - logs[0])) * (0.5 if dose != doses[tested[0]] else 0.0)
    at = float(np.interp(np.log(dose), logs, tested.astype(float)))
    if dose > doses[tested[-1]]:
        return float(tested[-1]) + min(0.5, float((np.log(dose) - logs[-1]) / (logs[-1] - logs[-2])))
    if dose < doses[tested[0]]:
        return float(tested[0]) - min(0.5, float((logs[0] - np.log(dose)) / (logs[1] - logs[0])))
    return at


def _curves(axes: Axes, found: TwoCells, *, agent: int, at: int = 0) -> None:
    """What is killed of both cells over one agent's doses, at a dose of the other; exposure and window shaded."""
    made: Window = found.window
    doses = made.doses[agent]
    axis = dose_axis(doses)
    one = found.exposures[agent]
    if one is not None:
        left, right = np.clip([one.low, one.high], *axis.limits)
        if right > left:
            axes.axvspan(left, right, color=EXPOSED, alpha=0.55, linewidth=0, zorder=0)
        elif one.low >= axis.limits[1] or one.high <= axis.limits[0]:
            above = one.low >= axis.limits[1]
            side = "right" if above else "left"
            axes.text(
                0.98 if above else 0.02, 0.5, f"exposure off\nthe axis, {'higher' if above else 'lower'}",
                transform=axes.transAxes, ha=side, va="center", fontsize=TINY, color=INK,
            )  # fmt: skip
    pick = tuple(
        slice(None) if place == agent else (at if place == 1 - agent else 0) for place in range(len(made.doses))
    )
    inside = made.open[pick]
    for place in np.flatnonzero(inside):
        axes.axvline(float(axis.place(doses[place])), color=INSIDE, linewidth=5.0, alpha=0.3, zorder=1)
    for killed, colour, style in ((made.first, FIRST, "-"), (made.second, SECOND, (0, (5, 2)))):
        _one_curve(axes, killed, pick, doses, axis.place(doses), colour, style)
    apply(axes, axis)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(wrapped(named_unit(found.names[agent], found.units[agent]), WIDEST / 3 - 0.5))
    axes.set_ylabel("fraction killed")
    dress(axes)


def _one_curve(
    axes: Axes, killed: Killed, pick: tuple[object, ...], doses: FloatArray, x: FloatArray, colour: str, style: object
) -> None:
    tested = doses > 0.0
    middle = killed.middle[pick]  # type: ignore[index]
    axes.plot(x[tested], middle[tested], color=colour, linestyle=style, linewidth=1.8, zorder=3)
    axes.plot(x, middle, linestyle="none", marker="o", color=colour, markersize=4.4, zorder=4, clip_on=False)
    if killed.low is not None and killed.high is not None:
        low, high = killed.low[pick], killed.high[pick]  # type: ignore[index]
        axes.fill_between(x[tested], low[tested], high[tested], color=colour, alpha=0.12, linewidth=0, zorder=2)
        for edge in (low, high):  # bands that cover one another still show by their edges
            axes.plot(x[tested], edge[tested], color=colour, linestyle=style, linewidth=0.8, alpha=0.7, zorder=2)


def _legend(found: TwoCells) -> list[Line2D | Patch]:
    """What the marks mean."""
    handles: list[Line2D | Patch] = []
    if len(found.agents) < 3:
        handles += [
            Line2D([], [], color=FIRST, marker="o", markersize=4.4, label=_cells(found)[0]),
            Line2D([], [], color=SECOND, linestyle=(0, (5, 2)), marker="o", markersize=4.4, label=_cells(found)[1]),
        ]
    if found.window.first.low is not None and len(found.agents) < 3:
        handles.append(Patch(color="#8a8a8a", alpha=0.3, linewidth=0, label="5–95% of draws"))
    ends = [
        (one.low < doses.max(), one.high < doses.max(), one.high > doses[doses > 0.0].min())
        for one, doses in zip(found.exposures[:2], found.window.doses, strict=False)
        if one is not None
    ]
    if any(low and high for low, _, high in ends):  # else it lies off the axes, as the small print says
        handles.append(Patch(color=EXPOSED, alpha=0.8, linewidth=0, label="clinical exposure"))
    if len(found.agents) > 1 and any(within for _, within, _ in ends):
        handles.append(
            Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, (4, 2)), label="above it: beyond exposure")
        )
    if found.window.open.any():
        handles.append(Patch(facecolor="white", edgecolor=INSIDE, linewidth=2.0, label="inside the window"))
    return handles
