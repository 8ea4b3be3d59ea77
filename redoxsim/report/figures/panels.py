"""Panels that several figures share: a time course of one or more observables, dose bars above it, measured points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from redoxsim.report.figures.arrays import Band, band, best_unit, hours, unit_factor, variable
from redoxsim.report.figures.doseaxis import dose_text
from redoxsim.report.figures.style import INK, LINES, SOFT, TINY, dress, hour_ticks, spans_decades
from redoxsim.report.marks import DoseBar, Points
from redoxsim.report.names import show_id, show_unit, title_of, unit_of

BAR_COLOUR = "#c9d3de"
INFUSION_COLOUR = "#e3d3ba"


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
) -> list[Panel]:
    """Units and ranges of every panel; the same quantity in two compartments has the same range, so they compare.

    Parameters
    ----------
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
        bands = families.setdefault(key, [])
        for data in conditions.values():
            for name in group:
                if name in data:
                    array = variable(data, name)
                    bands.append(band(array, ("time",)).times(unit_factor(unit_of(array.attrs), unit)))
        for one in points:
            if one.observable in group:
                bands.append(Band(np.asarray(one.y, dtype=float) * unit_factor(one.unit, unit)))
    return [_plan(group, families[key], key[1], log) for group, key in zip(groups, keys, strict=True)]


def _plan(group: tuple[str, ...], bands: list[Band], unit: str, log: bool | None) -> Panel:
    values = np.concatenate([one.all_values() for one in bands]) if bands else np.array([])
    if not values.size:
        return Panel(group, unit, 1.0, 0.0, 1.0, False)
    shown, factor = best_unit([values], unit)
    values = values * factor
    lowest, highest = float(values.min()), float(values.max())
    if unit == "" and lowest >= -1e-9 and 0.3 < highest <= 1.15 and not log:
        return Panel(group, shown, factor, -0.03, max(1.06, highest + 0.03), False)
    wants_log = (unit != "" and spans_decades(values)) if log is None else log and lowest > 0.0
    if wants_log and lowest > 0.0:
        room = (highest / lowest) ** 0.06
        return Panel(group, shown, factor, lowest / room, highest * room, True)
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
) -> None:
    """Draws one panel: a line per condition (colour) and observable (dashes), a band where there are draws."""
    # Earlier lines are wider, so that a line which runs exactly over another one does not hide it.
    widths = np.linspace(3.0, 1.6, len(conditions)) if len(conditions) > 1 else (1.8,)
    for (name, data), thick in zip(conditions.items(), widths, strict=False):
        for number, observable in enumerate(panel.observables):
            if observable not in data:
                continue
            array = data[observable]
            unit = unit_factor(unit_of(array.attrs), panel.unit)
            line = band(array, ("time",)).times(unit)
            time = hours(data)
            if line.low is not None and line.high is not None:
                axes.fill_between(time, line.low, line.high, color=colours[name], alpha=0.18, linewidth=0)
            axes.plot(
                time,
                line.middle,
                color=colours[name],
                linestyle=LINES[number % len(LINES)],
                linewidth=thick,
                label=name,
            )
    for one in points:
        if one.observable in panel.observables:
            colour = colours.get(one.condition, INK) if one.condition is not None else INK
            draw_points(
                axes, one, x=np.asarray(one.x, dtype=float), factor=unit_factor(one.unit, panel.unit), colour=colour
            )
    _finish(axes, conditions, panel)


def _finish(axes: Axes, conditions: Mapping[str, xr.Dataset], panel: Panel) -> None:
    attrs = next((data[n].attrs for data in conditions.values() for n in panel.observables if n in data), {})
    first = panel.observables[0]
    if len(panel.observables) == 1:
        axes.set_title(title_of(first, attrs))
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
    axes.set_ylabel(show_unit(panel.unit) or ("fraction" if panel.high <= 1.2 and panel.low >= -0.1 else "relative"))
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


def draw_bars(axes: Axes, bars: Sequence[DoseBar], *, start: float, end: float, width: float = 4.2) -> int:
    """Draws doses as bars over the time from ``start`` to ``end`` (hours), one line per row; says how many lines.

    ``width`` is about how wide the panel is, in inches: it decides whether a label fits into its bar.
    """
    rows: dict[str, list[DoseBar]] = {}
    for bar in bars:
        rows.setdefault(bar.row if bar.row is not None else bar.label, []).append(bar)
    for level, group in enumerate(rows.values()):
        same = len({bar.label for bar in group}) == 1
        for number, bar in enumerate(group):
            following = min((other.start for other in group if other.start > bar.start), default=np.inf)
            left, right = max(bar.start, start), min(end if bar.end is None else bar.end, end, following)
            if right <= left:
                continue
            colour = INFUSION_COLOUR if bar.continuous else BAR_COLOUR
            axes.barh(level, right - left, left=left, height=0.78, color=colour, edgecolor="none", zorder=2)
            if not bar.continuous and bar.start >= start:  # a bolus has a moment; an infusion has none
                ends = [level - 0.39, level + 0.39]
                axes.plot([left, left], ends, color=INK, linewidth=1.8, zorder=3, solid_capstyle="butt")
            if number == 0 or not same:
                text = f"{bar.label} × {len(group)}" if same and len(group) > 1 else bar.label
                text = f"{text}, from {minus(bar.start)} h" if bar.start < start else text
                room = right if not same or len(group) == 1 else max(end if b.end is None else b.end for b in group)
                _bar_label(axes, text, (left, room), level, (start, end), width)
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_xlim(start, end)
    axes.axis("off")
    return len(rows)


def _bar_label(
    axes: Axes, text: str, bar: tuple[float, float], level: int, window: tuple[float, float], width: float
) -> None:
    """The label stands in its bar if it fits, else behind it, else before it."""
    per_inch = (window[1] - window[0]) / width
    pad, long = 0.05 * per_inch, (len(text) * 0.58 * TINY / 72.0) * per_inch
    if bar[1] - bar[0] >= long + pad:
        at, side = bar[0] + pad, "left"
    elif bar[1] + long + 2 * pad <= window[1]:
        at, side = bar[1] + pad, "left"
    else:
        at, side = bar[0] - pad, "right"
    axes.text(at, level, text, fontsize=TINY, va="center", ha=side, zorder=4)


def minus(value: float) -> str:
    """A number with a proper minus sign."""
    return f"{value:g}".replace("-", "−")


def time_axis(axes: Axes, start: float, end: float, *, label: bool) -> None:
    """Limits, ticks and name of a time axis in hours."""
    axes.set_xlim(start, end)
    hour_ticks(axes, start, end)
    if start < 0.0 < end:
        axes.axvline(0.0, color=SOFT, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0)
    if label:
        axes.set_xlabel("time (h)")


def condition_handles(colours: Mapping[str, str], *, bands: bool = False) -> list[Line2D | Patch]:
    """Legend entries: one per condition, and one that says what the bands are."""
    handles: list[Line2D | Patch] = [Line2D([], [], color=colour, label=name) for name, colour in colours.items()]
    if bands:
        handles.append(Patch(color=SOFT, alpha=0.25, label="5–95% of draws"))
    return handles
