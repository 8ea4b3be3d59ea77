"""The legend of dose-response curves: each with its potency and slope, then what the marks mean."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from redoxsim.analysis.hill_result import AT_LIMIT
from redoxsim.report.figures.dosecurve import DoseCurve, Fit, curve_colours, drawn_in, points_colour, potency
from redoxsim.report.figures.panels import measured_handle
from redoxsim.report.figures.spread import spread_handles
from redoxsim.report.figures.style import MARKERS, SMALL, SOFT, TINY
from redoxsim.report.marks import Points
from redoxsim.report.names import number, printed, show_unit

START = (-0.13, 0.46)
"""Where the two columns of a legend below a panel begin, in widths of the panel."""
FLAT = 0.05
"""p of the F-test against a flat line from which on a curve is flat; below it one that is called flat moves little."""
Key = tuple[list[Line2D | Patch], list[str]]


def columns(curves: Sequence[DoseCurve], unit: str, data: Sequence[Points], *, narrow: bool) -> list[Key]:
    """The legend in columns: one beside a panel, two below it; what belongs to a curve stays together."""
    handles, labels = legend_entries(curves, unit, data)
    if not narrow:
        return [(handles, labels)]
    labels = [label.rstrip("\n") for label in labels]
    own = [1 + bool(one.fit is not None) for one in curves]  # entries of each curve
    half = sum(own[: -(-len(own) // 2)])
    return [(handles[:half], labels[:half]), (handles[half:], labels[half:])]


def draw_legend(axes: Axes, keys: Sequence[Key]) -> None:
    """Draws columns of :func:`columns` side by side into axes of their own."""
    axes.axis("off")
    for (handles, labels), begins in zip(keys, START if len(keys) > 1 else (0.0,), strict=True):
        made = Legend(
            axes, handles, labels, loc="upper left", bbox_to_anchor=(begins, 1.02), borderaxespad=0.0,
            labelspacing=0.5, handlelength=1.6 if len(keys) == 1 else 1.2,
            fontsize=SMALL if len(keys) == 1 else TINY,
        )  # fmt: skip
        axes.add_artist(made)
        made.set_in_layout(len(keys) == 1)  # two share the width of their panel


def legend_inches(key: Key) -> float:
    """How tall a column of a legend is."""
    lines = sum(1.4 + label.count("\n") for label in key[1])
    return 0.1 + lines * SMALL * 1.25 / 72.0


def fit_text(fit: Fit | None, unit: str, *, effect: tuple[str, float] = ("", 1.0)) -> list[str]:
    """Lines for a legend: EC50 with its 95% interval, slope, IC50; or why there is none.

    Parameters
    ----------
    unit : of the doses.
    effect : unit in which effects are shown, and the factor to it.
    """
    if fit is None:
        return []
    if not fit.converged:
        return ["no fit: it did not converge"]
    if fit.flat:
        if fit.flat_p < FLAT:
            return ["flat: moves by too little to matter"]
        return [f"flat: no dose effect (p = {number(fit.flat_p, 2)})"]
    shown = show_unit(unit)
    lines = [_with_interval("EC50", fit.ec50, fit.intervals.get("ec50"), shown)]
    limited = "h" in fit.at_bound
    lines.append(
        f"Hill slope {AT_LIMIT}" if limited else _with_interval("Hill slope", fit.h, fit.intervals.get("h"), "")
    )
    if str(getattr(fit.ic50, "value", "")) != "not reported":  # a signal has no absolute half
        lines.append(_with_interval("IC50", fit.ic50, fit.intervals.get("ic50"), shown))
    levels = f"E0 {number(fit.e0 * effect[1], 2)}, Emax {number(fit.einf * effect[1], 2)}"
    lines.append(f"{levels} {show_unit(effect[0])}".rstrip())
    return lines


def _with_interval(name: str, value: Any, interval: Any, unit: str) -> str:
    middle = potency(value)
    if middle is None:
        return f"{name} {getattr(value, 'value', value)}" if isinstance(value, str) else f"{name} n/a"
    text = f"{name} {number(middle)} {unit}".rstrip()
    if interval is None:
        return text
    high = number(interval.high) if np.isfinite(interval.high) else "∞"  # above all tested doses
    return f"{text} ({number(interval.low)}–{high})"


def legend_entries(curves: Sequence[DoseCurve], unit: str, data: Sequence[Points] = ()) -> Key:
    """Handles and texts of the legend: each curve with its potency and slope, then what the marks mean."""
    handles: list[Line2D | Patch] = []
    labels: list[str] = []
    for one, colour, mark in zip(curves, curve_colours(curves), cycle(MARKERS)):
        handles.append(Line2D([], [], color=colour, marker=mark, markersize=4.8))
        labels.append(printed(one.label) if one.label else "simulated")
        if details := fit_text(one.fit, unit, effect=drawn_in(curves)):
            handles.append(Line2D([], [], linestyle="none"))
            labels.append(printed("\n".join(details)) + "\n")
    for colour, label in dict.fromkeys((points_colour(points, curves), points.label) for points in data):
        handles.append(measured_handle(label, colour=colour))
        labels.append(label)
    if any(potency(one.fit.ec50) is not None for one in curves if one.fit is not None and one.fit.converged):
        handles.append(Line2D([], [], color=SOFT, marker="D", markerfacecolor="white", markersize=5.2, linewidth=1.1))
        seen = [one.fit.intervals.get("ec50") for one in curves if one.fit is not None and one.fit.converged]
        levels = sorted({getattr(one, "level", 0.95) for one in seen if one is not None})
        labels.append("EC50" + (f" and {' or '.join(f'{level:.0%}' for level in levels)} interval" if levels else ""))
    of, medians = sum(one.low is not None for one in curves), any(one.median is not None for one in curves)
    for handle in spread_handles(of, bands=of > 0, medians=medians):
        handles.append(handle)
        labels.append(str(handle.get_label()))
    return handles, labels
