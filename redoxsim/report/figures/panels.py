"""Panels that several figures share: a time course of one or more observables, dose bars above it, measured points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from redoxsim.report.figures.arrays import Band, band, best_unit, hours, unit_factor, variable, with_draws
from redoxsim.report.figures.doseaxis import dose_text
from redoxsim.report.figures.spread import Spread, banded, spread_handles
from redoxsim.report.figures.style import (
    INK,
    LINES,
    SOFT,
    TINY,
    condition_lines,
    dress,
    hour_ticks,
    named_scale,
    wants_log_axis,
    wrapped,
)
from redoxsim.report.marks import DoseBar, Points
from redoxsim.report.names import show_id, show_unit, title_of, unit_of

BAR_COLOUR = "#c9d3de"
INFUSION_COLOUR = "#e3d3ba"
MOST_DECADES = 1e7
"""How far below its largest value a log axis reaches: what is less has gone, and its digits are the solver's."""


@dataclass(frozen=True)
class Panel:
    """One panel of a time course: its observables, the unit shown, the factor to it, its y range and scale."""

    observables: tuple[str, ...]
    unit: str
    factor: float
    low: float
    high: float
    log: bool


def plan_panels(
    conditions: Mapping[str, xr.Dataset],
    groups: Sequence[tuple[str, ...]],
    points: Sequence[Points] = (),
    *,
    log: bool | None = None,
    bands: Mapping[str, xr.Dataset] | None = None,
) -> list[Panel]:
    """Units and ranges of every panel; the same quantity in two compartments has the same range, so they compare.

    Parameters
    ----------
    bands : draws of the conditions, by the same names; what they span is in the range.
    log : force log (True) or linear (False) axes for concentrations; None takes log where the span needs it.
    """
    families: dict[tuple[str, str], list[Band]] = {}
    keys: list[tuple[str, str]] = []
    for group in groups:
        units = {unit_of(variable(data, name).attrs) for data in conditions.values() for name in group if name in data}
        unit = units.pop() if units else ""
        for other in units:
            unit_factor(other, unit)
        key = (group[0].rpartition("_")[0] if group[0][-2:] in {"_c", "_m", "_x"} else " ".join(group), unit)
        keys.append(key)
        family = families.setdefault(key, [])
        for condition, data in conditions.items():
            for name in group:
                if name in data:
                    array = variable(data, name)
                    line = with_draws(band(array, ("time",)), (bands or {}).get(condition), name, ("time",))
                    family.append(line.times(unit_factor(unit_of(array.attrs), unit)))
        for one in points:
            if one.observable in group:
                family.append(Band(np.asarray(one.y, dtype=float) * unit_factor(one.unit, unit)))
    return [_plan(group, families[key], key[1], log) for group, key in zip(groups, keys, strict=True)]


def _plan(group: tuple[str, ...], bands: list[Band], unit: str, log: bool | None) -> Panel:
    values = np.concatenate([one.all_values() for one in bands]) if bands else np.array([])
    if not values.size:
        return Panel(group, unit, 1.0, 0.0, 1.0, False)
    wants_log = wants_log_axis(values, unit) if log is None else log and float(values.min()) > 0.0
    if wants_log and values.min() > 0.0:
        values = np.maximum(values, values.max() / MOST_DECADES)
    shown, factor = best_unit([values if wants_log else np.abs(values).max(keepdims=True)], unit)
    values = values * factor
    lowest, highest = float(values.min()), float(values.max())
    if unit == "" and lowest >= -1e-9 and 0.3 < highest <= 1.15 and not log:
        return Panel(group, shown, factor, -0.03, max(1.06, highest + 0.03), False)
    if wants_log and lowest > 0.0:
        room = (highest / lowest) ** 0.06
        return Panel(group, shown, factor, lowest / room, highest * room, True)
    if highest < 0.0:  # a potential: zero is far off, and a small change must not look like a collapse either
        span = max(highest - lowest, 0.25 * abs(lowest))
        return Panel(group, shown, factor, lowest - 0.12 * span, lowest + 1.06 * span, False)
    low = min(lowest, 0.0)  # from zero: a change of one percent must not look like a collapse
    room = 0.06 * ((highest - low) or abs(highest) or 1.0)
    return Panel(group, shown, factor, low if low == 0.0 else low - room, max(highest, 0.0) + room, False)


def draw_course(
    axes: Axes,
    conditions: Mapping[str, xr.Dataset],
    panel: Panel,
    *,
    colours: Mapping[str, str],
    points: Sequence[Points] = (),
    inches: float = 4.4,
    bands: Mapping[str, xr.Dataset] | None = None,
) -> None:
    """Draws one panel: a line per condition (colour) and observable (dashes), a band where there are draws.

    Where there is one observable conditions have dashes of their own. ``inches`` is about how wide the panel is: its
    title keeps to it. ``bands`` are draws of the conditions, by the same names; their medians are thin.
    """
    dashes = condition_lines(conditions)
    with_band, bands_drawn = banded(conditions, bands or {}, names=panel.observables), 0
    every = np.concatenate([hours(data) for data in conditions.values()])
    # Earlier lines are wider, so that a line which runs exactly over another one does not hide it.
    widths = np.linspace(3.0, 1.6, len(conditions)) if len(conditions) > 1 else (1.8,)
    for (name, data), thick in zip(conditions.items(), widths, strict=False):
        for number, observable in enumerate(panel.observables):
            if observable not in data:
                continue
            array = data[observable]
            unit = unit_factor(unit_of(array.attrs), panel.unit)
            drawn = (bands or {}).get(name)
            line = with_draws(band(array, ("time",)), drawn, observable, ("time",)).times(unit)
            time = hours(data)
            if line.low is not None and line.high is not None:
                Spread(bands_drawn, with_band).draw(
                    axes, time, line.low, line.high, median=line.median, colour=colours[name],
                    ends=(every.min(), every.max()),
                )  # fmt: skip
                bands_drawn += 1
            axes.plot(
                time,
                line.middle,
                color=colours[name],
                linestyle=LINES[number % len(LINES)] if len(panel.observables) > 1 else dashes[name],
                linewidth=thick,
                label=name,
            )
    for one in points:
        if one.observable in panel.observables:
            colour = colours.get(one.condition, INK) if one.condition is not None else INK
            draw_points(
                axes, one, x=np.asarray(one.x, dtype=float), factor=unit_factor(one.unit, panel.unit), colour=colour
            )
    _finish(axes, conditions, panel, inches)


def _finish(axes: Axes, conditions: Mapping[str, xr.Dataset], panel: Panel, inches: float) -> None:
    attrs = next((data[n].attrs for data in conditions.values() for n in panel.observables if n in data), {})
    first = panel.observables[0]
    if len(panel.observables) == 1:
        axes.set_title(wrapped(title_of(first, attrs), inches))
    else:
        axes.set_title(" and ".join(show_id(name) for name in panel.observables))
        handles = [
            Line2D([], [], color=SOFT, linestyle=LINES[i % len(LINES)], label=show_id(name))
            for i, name in enumerate(panel.observables)
        ]
        axes.legend(handles=handles, loc="best", fontsize=TINY, handlelength=2.4)
    if panel.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(10.0, numticks=7))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: dose_text(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        if np.log10(panel.high / panel.low) < 2.4:
            axes.yaxis.set_major_locator(LogLocator(10.0, subs=(1.0, 3.0), numticks=9))
    axes.set_ylim(panel.low, panel.high)
    word = "fraction" if panel.high <= 1.2 and panel.low >= -0.1 else "relative"
    if not panel.unit and panel.high >= 1e6 and not panel.log:  # a count, such as cells of a tumour
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e6:g}"))
        word = "millions"
    axes.set_ylabel(named_scale(show_unit(panel.unit) or word, log=panel.log))
    dress(axes)


def draw_points(axes: Axes, points: Points, *, x: np.ndarray, factor: float, colour: str) -> None:
    """Measured points as open circles with error bars, over the curves."""
    y = np.asarray(points.y, dtype=float) * factor
    if points.low is not None and points.high is not None:
        below = np.clip(y - np.asarray(points.low, dtype=float) * factor, 0.0, None)
        above = np.clip(np.asarray(points.high, dtype=float) * factor - y, 0.0, None)
        axes.errorbar(
            x,
            y,
            yerr=np.vstack([below, above]),
            fmt="none",
            ecolor=colour,
            elinewidth=1.0,
            capsize=2.5,
            zorder=5,
            clip_on=False,
        )
    axes.plot(
        x, y, linestyle="none", marker="o", markersize=5.2, markerfacecolor="white", markeredgecolor=colour,
        markeredgewidth=1.3, zorder=6, label=points.label, clip_on=False,
    )  # fmt: skip


def measured_handle(label: str, *, colour: str = INK) -> Line2D:
    """The legend entry of measured points."""
    return Line2D(
        [], [], linestyle="none", marker="o", markerfacecolor="white", markeredgecolor=colour, markeredgewidth=1.3,
        label=label,
    )  # fmt: skip


Lines = list[list[DoseBar]]


def bar_lines(bars: Sequence[DoseBar], *, start: float, end: float, width: float = 4.2) -> Lines:
    """Bars by the line on which they are drawn: those of a row share one where their labels leave room for it.

    Parameters
    ----------
    start, end : the time shown, in hours; what lies outside of it has no line.
    width : about how wide the panel is, in inches: it decides whether a label fits.
    """
    rows: dict[str, list[DoseBar]] = {}
    for bar in bars:
        if _span(bar, (), start, end) is not None:
            rows.setdefault(bar.row if bar.row is not None else bar.label, []).append(bar)
    lines: Lines = []
    for group in rows.values():
        if _fits(group, start, end, width):
            lines.append(group)
        else:
            apart: dict[str, list[DoseBar]] = {}
            for bar in group:
                apart.setdefault(bar.label, []).append(bar)
            lines += apart.values()
    return lines


def draw_bars(axes: Axes, lines: Lines, *, start: float, end: float, width: float = 4.2) -> None:
    """Draws the lines of :func:`bar_lines` over the time from ``start`` to ``end``: bars, moments as marks."""
    for level, group in enumerate(lines):
        for bar in group:
            span = _span(bar, group, start, end)
            if span is None:
                continue
            if bar.moment:
                mark = "D" if bar.kind == "set" else "v"
                axes.plot([span[0]], [level], marker=mark, markersize=4.6, color=INK, linestyle="none", clip_on=False)
                continue
            colour = INFUSION_COLOUR if bar.kind == "infuse" else BAR_COLOUR
            axes.barh(level, span[1] - span[0], left=span[0], height=0.78, color=colour, edgecolor="none", zorder=2)
            if bar.kind == "add" and bar.start >= start:  # a bolus has a moment; an infusion has none
                ends = [level - 0.39, level + 0.39]
                axes.plot([span[0], span[0]], ends, color=INK, linewidth=1.8, zorder=3, solid_capstyle="butt")
        for label in _labels(group, start, end, width):
            axes.text(label.at, level, label.text, fontsize=TINY, va="center", ha=label.side, zorder=4)
    axes.set_ylim(max(len(lines), 1) - 0.5, -0.5)
    axes.set_xlim(start, end)
    axes.axis("off")


def _span(bar: DoseBar, group: Sequence[DoseBar], start: float, end: float) -> tuple[float, float] | None:
    """The part of a bar that is seen: to its end, or to the next one of its line."""
    if bar.moment:
        return (bar.start, bar.start) if start <= bar.start <= end else None
    following = min((other.start for other in group if other.start > bar.start), default=np.inf)
    left, right = max(bar.start, start), min(end if bar.end is None else bar.end, end, following)
    return (left, right) if right > left else None


@dataclass(frozen=True)
class _Label:
    """The label of the bars ``of`` one name: where it stands, on which side, and the time that it covers."""

    of: str
    text: str
    at: float
    side: str
    covers: tuple[float, float]


def _labels(group: Sequence[DoseBar], start: float, end: float, width: float) -> list[_Label]:
    """Labels of a line: in its bar if it fits, else behind, else before. Bars of one name have one label together."""
    per_inch = (end - start) / width
    seen = {bar: span for bar in group if (span := _span(bar, group, start, end)) is not None}
    found = []
    for name in dict.fromkeys(bar.label for bar in seen):
        bars = [bar for bar in seen if bar.label == name]
        text = f"{name} × {len(bars)}" if len(bars) > 1 else name
        if not bars[0].moment and bars[0].start < start:
            text = f"{text}, from {minus(bars[0].start)} h"
        long = len(text) * 0.58 * TINY / 72.0 * per_inch
        pad = (0.09 if bars[0].moment else 0.05) * per_inch
        room = next((seen[bar] for bar in bars if seen[bar][1] - seen[bar][0] >= long + pad and not bar.moment), None)
        left, right = seen[bars[0]][0], max(seen[bar][1] for bar in bars)
        if any(left < seen[bar][0] < right for bar in seen if bar.label != name):
            right = seen[bars[0]][1]  # others lie between them: the label belongs to the first
        behind, before = (right, right + 2 * pad + long), (left - 2 * pad - long, left)
        if room is not None:
            found.append(_Label(name, text, room[0] + pad, "left", room))
        elif behind[1] <= end or before[0] < start:
            found.append(_Label(name, text, right + pad, "left", behind))
        else:
            found.append(_Label(name, text, left - pad, "right", before))
    return found


def _fits(group: Sequence[DoseBar], start: float, end: float, width: float) -> bool:
    """Whether the labels of a line lie neither on each other nor on bars of another name."""
    labels = _labels(group, start, end, width)
    others = [(one.of, one.covers) for one in labels]
    others += [(bar.label, span) for bar in group if (span := _span(bar, group, start, end)) is not None]
    return not any(
        label.of != name and label.covers[0] < span[1] and span[0] < label.covers[1]
        for label in labels
        for name, span in others
    )


def minus(value: float) -> str:
    """A number with a proper minus sign."""
    return f"{value:g}".replace("-", "−")


def time_axis(axes: Axes, start: float, end: float, *, label: bool, most: int = 8) -> None:
    """Limits, ticks (at most about ``most``) and name of a time axis in hours."""
    axes.set_xlim(start, end)
    hour_ticks(axes, start, end, most=most)
    if start < 0.0 < end:
        axes.axvline(0.0, color=SOFT, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
    if label:
        axes.set_xlabel("time (h)")


def condition_handles(
    colours: Mapping[str, str], *, bands: bool = False, medians: bool = False, dashes: bool = True, of: int = 1
) -> list[Line2D | Patch]:
    """Legend entries: one per condition, and those that say what bands and medians are.

    Parameters
    ----------
    of : lines of a panel that have a band, which decides how it is drawn.
    """
    lines: dict[str, Any] = condition_lines(colours) if dashes else dict.fromkeys(colours, "-")
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=colour, linestyle=lines[name], label=name or "constants as they are")
        for name, colour in colours.items()
    ]
    shade = next(iter(colours.values())) if len(colours) == 1 else SOFT
    return [*handles, *spread_handles(of, colour=shade, bands=bands, medians=medians)]
