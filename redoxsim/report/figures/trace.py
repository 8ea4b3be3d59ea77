"""Why a readout moves: the readout, what its reactions make and use, and which of them depart from rest."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from redoxsim.report.figures.arrays import best_unit
from redoxsim.report.figures.panels import bar_lines, draw_bars, time_axis
from redoxsim.report.figures.style import INK, PALETTE, SOFT, UNTREATED, dress, finish, new_figure, styled
from redoxsim.report.marks import DoseBar
from redoxsim.report.names import named_unit, printed, show_id
from redoxsim.report.paper import WIDEST
from redoxsim.report.trace import HOUR, per_hour
from redoxsim.study.trace import Trace

MOST = len(PALETTE)
REST = "the others together"
WIDE = 5.6
"""Inches of the panels."""


@styled
def trace(
    found: Trace,
    *,
    doses: Sequence[DoseBar] = (),
    title: str | None = None,
    caption: str | None = None,
    note: str | None = None,
) -> Figure:
    """A figure of a trace: the readout (a), what each reaction adds to its rate of change (b), beyond its start (c).

    The reactions that depart most from what they added at the start have a colour each; the others are one.
    """
    hours = found.times / HOUR
    ranked = found.ranked()
    shown, rest = ranked[:MOST], ranked[MOST:]
    series = {name: found.parts[name] * HOUR for name in shown}
    if rest:
        series[REST] = np.asarray(sum(found.parts[name] for name in rest)) * HOUR
    colours = [*PALETTE[: len(shown)], *([UNTREATED] if rest else [])]
    lines = bar_lines(doses, start=float(hours[0]), end=float(hours[-1]), width=WIDE)
    strip = 0.2 * len(lines) + 0.06 if lines else 0.0
    figure = new_figure(WIDEST, 7.6 + strip)
    grid = figure.add_gridspec(
        3 + bool(lines), 2, height_ratios=([strip] if lines else []) + [2.0, 2.6, 2.6], width_ratios=[WIDE, 3.4]
    )
    if lines:
        draw_bars(
            figure.add_subplot(grid[0, 0]), lines, start=float(hours[0]), end=float(hours[-1]), width=WIDE
        )  # fmt: skip
    top = figure.add_subplot(grid[bool(lines), 0])
    _readout(top, found, hours)
    made = figure.add_subplot(grid[bool(lines) + 1, 0])
    _stacked(made, hours, series, colours)
    made.set_title("b   What each reaction adds (above 0: raises it)")
    moved = figure.add_subplot(grid[bool(lines) + 2, 0])
    for (name, values), colour in zip(series.items(), colours, strict=True):
        moved.plot(hours, values - values[0], color=colour, linewidth=1.6, zorder=3, label=name)
    moved.set_title("c   The same beyond what it added at the start")
    for axes in (made, moved):
        axes.axhline(0.0, color=SOFT, linewidth=0.9, zorder=2)
        axes.set_ylabel(named_unit("rate of change", per_hour(found.unit)))
        dress(axes)
    for axes in (top, made, moved):
        time_axis(axes, float(hours[0]), float(hours[-1]), label=axes is moved)
        axes.tick_params(labelbottom=axes is moved)
    beside = figure.add_subplot(grid[bool(lines) + 1 :, 1])
    beside.axis("off")
    names = {**found.names, REST: f"{REST} ({len(rest)})"}
    beside.legend(
        handles=[
            Patch(color=colour, label="\n".join(textwrap.wrap(printed(names[name]), 40)))
            for name, colour in zip(series, colours, strict=True)
        ],
        loc="upper left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.0, labelspacing=0.9, handlelength=1.2,
    )  # fmt: skip
    words = (
        "At rest the reactions cancel: b shows which carry the readout, c which move it. Listed by how far each "
        "departs from what it added at the start."
    )
    return finish(figure, title or f"{show_id(found.readout)}: why it moves", [words, caption, note])


def _readout(axes: Axes, found: Trace, hours: np.ndarray) -> None:
    unit, factor = best_unit([found.values], found.unit) if found.unit else ("", 1.0)
    axes.plot(hours, found.values * factor, color=INK, zorder=3)
    low, high = float(np.nanmin(found.values)) * factor, float(np.nanmax(found.values)) * factor
    room = 0.06 * ((high - min(low, 0.0)) or 1.0)
    axes.set_ylim(min(low, 0.0) - (room if low < 0.0 else 0.0), high + room)
    axes.set_ylabel(named_unit(show_id(found.readout), unit))
    axes.set_title(f"a   {show_id(found.readout)}")
    dress(axes)


def _stacked(axes: Axes, hours: np.ndarray, series: dict[str, np.ndarray], colours: Sequence[str]) -> None:
    """What raises it stacked above zero, what lowers it below."""
    for sign in (1.0, -1.0):
        base = np.zeros_like(hours)
        for values, colour in zip(series.values(), colours, strict=True):
            part = np.where(values * sign > 0.0, values, 0.0)
            if np.any(part != 0.0):
                axes.fill_between(hours, base, base + part, color=colour, linewidth=0, zorder=1, alpha=0.85)
            base = base + part
