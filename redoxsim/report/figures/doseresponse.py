"""The dose-response curve: points per dose with the untreated control, fit, potency, clinical exposure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import unit_factor
from redoxsim.report.figures.doseaxis import DoseAxis, apply, dose_axis, dose_text
from redoxsim.report.figures.dosecurve import DoseCurve, Fit, curve_colours, drawn_in, points_colour, potency
from redoxsim.report.figures.doselegend import columns, draw_legend, legend_inches
from redoxsim.report.figures.panels import MOST_DECADES, draw_points
from redoxsim.report.figures.spread import Spread
from redoxsim.report.figures.style import (
    BASE,
    EXPOSED,
    INK,
    MARKERS,
    SOFT,
    TINY,
    around,
    dress,
    finish,
    named_scale,
    new_figure,
    styled,
    wants_log_axis,
    wrapped,
)
from redoxsim.report.marks import Exposure, Points
from redoxsim.report.names import named_unit, number, printed, show_unit
from redoxsim.report.paper import HALF, WIDEST

FloatArray = NDArray[np.float64]
EXPOSURE = {"total": EXPOSED, "free": "#e8b86b"}
DECADES = 2.0
"""Powers of ten that effects span from which on their axis is logarithmic; below, a fitted curve looks as usual."""
APART = 0.06
"""Share of what a panel spans that the ends of a fit must lie apart for their names to stand beside them."""


@styled
def dose_response(
    curves: Sequence[DoseCurve],
    *,
    agent: str,
    unit: str = "uM",
    effect: str = "viability",
    effect_range: tuple[float, float] | None = None,
    exposures: Sequence[Exposure] = (),
    data: Sequence[Points] = (),
    narrow: bool = False,
    title: str | None = None,
    caption: str | None = None,
    note: str | None = None,
) -> Figure:
    """A figure of one or more dose-response curves on a log dose axis with a marked place for dose 0.

    Parameters
    ----------
    curves : made by `curve`; several (times, backgrounds) share a panel, other units get a panel of their own.
    agent, unit : name of the dose axis and the unit of doses, exposures and ``data``.
    effect : name of the y axis; ``effect_range`` its ends, by default 0 to 1 for what lies there.
    exposures : what patients reach, drawn as vertical bands.
    data : measured points; x are doses.
    narrow : half as wide as a page with the legend below, so that two figures stand side by side; for curves of one
        unit, else it is wide all the same.
    caption, note : small print: exposure time, cell profile, model, serum; grades.

    Raises
    ------
    DesignError : no curve, or a curve without a number.
    """
    if not curves:
        raise DesignError("there is no curve to draw")
    panels = [[one for one in curves if one.unit == shown] for shown in dict.fromkeys(one.unit for one in curves)]
    narrow &= len(panels) == 1
    strip = 0.2 * len(exposures) + 0.02
    keys = [columns(panel, unit, [one for one in data if _belongs(one, panel)], narrow=narrow) for panel in panels]
    legends = [max(map(legend_inches, key)) for key in keys]
    heights = [strip] if exposures else []
    heights += [2.4, legends[0]] if narrow else [max(3.6, tall) for tall in legends]
    wide = HALF if narrow else WIDEST
    edges = around(wide, title, [caption, note])
    figure = new_figure(wide, 0.3 + edges + sum(heights) + 0.35 * (len(panels) - 1))
    shape = (len(heights), 1 if narrow else 2)
    grid = figure.add_gridspec(*shape, height_ratios=heights, width_ratios=[1.0] if narrow else [2.0, 1.0])
    for row, (panel, key) in enumerate(zip(panels, keys, strict=True), start=bool(exposures)):
        axes = figure.add_subplot(grid[row, 0])
        several = len(panels) > 1
        name = " and ".join(dict.fromkeys(one.title or one.observable or one.label for one in panel))
        name = name if several else effect
        points = [one for one in data if _belongs(one, panel)]
        axis = draw_dose_response(
            axes, panel, agent=agent, unit=unit, effect=name, effect_range=None if several else effect_range,
            exposures=exposures, data=points, inches=2.1 if narrow else 3.2,
        )  # fmt: skip
        if exposures and row == 1:
            _draw_exposures(figure.add_subplot(grid[0, 0]), exposures, axis, unit)
        draw_legend(figure.add_subplot(grid[row + 1, 0] if narrow else grid[row, 1]), key)
    return finish(figure, title, [caption, note])


def _belongs(points: Points, curves: Sequence[DoseCurve]) -> bool:
    return any(one.observable in {None, points.observable} for one in curves)


@styled
def draw_dose_response(
    axes: Axes,
    curves: Sequence[DoseCurve],
    *,
    agent: str,
    unit: str = "uM",
    effect: str = "viability",
    effect_range: tuple[float, float] | None = None,
    exposures: Sequence[Exposure] = (),
    data: Sequence[Points] = (),
    inches: float = 3.2,
) -> DoseAxis:
    """Draws curves of one unit into ``axes`` and gives the dose axis that was used.

    ``inches`` is about how tall the panel is: the name of its y axis keeps to it.
    """
    shown_unit = curves[0].unit
    doses = np.concatenate([np.asarray(one.doses, dtype=float) for one in curves])
    axis = dose_axis(np.concatenate([doses, *(np.asarray(p.x, dtype=float) for p in data)]))
    shown = [np.asarray(v, dtype=float) for c in curves for v in (c.effect, c.low, c.high) if v is not None]
    factors = [unit_factor(points.unit, shown_unit) for points in data]
    measured = [np.asarray(p.y, dtype=float) * factor for p, factor in zip(data, factors, strict=True)]
    values = np.concatenate([v.ravel() for v in shown] + measured)
    values = values[np.isfinite(values)]
    if not values.size:
        raise DesignError(
            "none of the curves holds a number",
            hint="solves failed (failed.csv), or what is drawn is not defined for these cells",
        )
    low, high = effect_range or _range(values)
    for exposure in exposures:
        left, right = np.clip([exposure.low, exposure.high], *axis.limits)
        if right > left:
            colour = EXPOSURE.get(exposure.kind, EXPOSURE["total"])
            axes.axvspan(left, right, color=colour, alpha=0.4, linewidth=0, zorder=0)
    unit_drawn, factor = drawn_in(curves)
    apply(axes, axis)
    with_band, drawn = sum(one.low is not None for one in curves), 0
    for one, colour, mark in zip(curves, curve_colours(curves), cycle(MARKERS)):
        how = Spread(drawn, with_band)
        _draw_curve(axes, one, axis, colour, mark, alone=len(curves) == 1, factor=factor, spread=how)
        drawn += one.low is not None
    for points, times in zip(data, factors, strict=True):
        draw_points(axes, points, x=axis.place(points.x), factor=times, colour=points_colour(points, curves))
    bars = [
        np.asarray(end, dtype=float).ravel() * times
        for p, times in zip(data, factors, strict=True)
        for end in (p.low, p.high)
        if end is not None
    ]
    levels = [
        np.array([one.fit.e0, one.fit.einf])
        for one in curves
        if one.fit is not None and one.fit.converged and potency(one.fit.ec50) is not None
    ]
    outer = np.concatenate([values, *bars, *levels]) if effect_range is None else np.array([low, high])
    log = effect_range is None and wants_log_axis(np.concatenate([values, *bars]), shown_unit, decades=DECADES)
    if log:
        _log_effect(axes, np.concatenate([values, *bars, *(one[one > 0.0] for one in levels)]), factor)
    else:
        pad = 0.03 * (high - low)
        axes.set_ylim(min(low, float(np.nanmin(outer))) - pad, max(high, float(np.nanmax(outer))) + pad)
    axes.set_xlabel(named_unit(agent, unit))
    ends = "" if unit_drawn else printed(f", {number(low)}\u00a0to\u00a0{number(high)}")
    axes.set_ylabel(wrapped(named_scale(named_unit(effect, unit_drawn) + ends, log=log), inches, size=BASE))
    if factor != 1.0 and not log:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value * factor)))
    dress(axes)
    return axis


def _log_effect(axes: Axes, values: FloatArray, factor: float) -> None:
    """A log axis over these values, with ticks in the unit that is shown; what has gone does not stretch it."""
    highest = float(np.nanmax(values))
    lowest = max(float(np.nanmin(values)), highest / MOST_DECADES)
    room = (highest / lowest) ** 0.05
    axes.set_yscale("log")
    axes.set_ylim(lowest / room, highest * room)
    ticks = LogLocator(10.0, numticks=7).tick_values(lowest / room * factor, highest * room * factor)
    axes.yaxis.set_major_locator(FixedLocator([float(one) / factor for one in ticks]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: dose_text(value * factor)))
    axes.yaxis.set_minor_locator(NullLocator())


def _range(values: FloatArray) -> tuple[float, float]:
    lowest, highest = float(values.min()), float(values.max())
    if lowest >= -0.05 and 0.3 < highest <= 1.25:
        return 0.0, 1.0 if highest <= 1.06 else float(np.ceil(highest * 10.0) / 10.0)
    low = 0.0 if lowest >= 0.0 and lowest < 0.5 * highest else lowest
    return low, highest if highest > low else low + 1.0


def _draw_curve(
    axes: Axes, one: DoseCurve, axis: DoseAxis, colour: str, mark: str, *, alone: bool, factor: float, spread: Spread
) -> None:
    doses, effect = np.asarray(one.doses, dtype=float), np.asarray(one.effect, dtype=float)
    x, tested = axis.place(doses), doses > 0.0
    if one.low is not None and one.high is not None:
        low, high = np.asarray(one.low, dtype=float), np.asarray(one.high, dtype=float)
        spread.draw(
            axes, doses[tested], low[tested], high[tested], colour=colour, ends=axis.limits, alpha=0.16,
            median=None if one.median is None else np.asarray(one.median, dtype=float)[tested],
        )  # fmt: skip
        if spread.filled:
            axes.vlines(x[~tested], low[~tested], high[~tested], color=colour, alpha=0.35, linewidth=4.0, zorder=1)
    if one.replicates is not None:
        repeated = np.broadcast_to(x[:, None], np.shape(one.replicates))
        axes.plot(repeated.ravel(), np.ravel(one.replicates), ".", color=colour, alpha=0.4, markersize=4, zorder=2)
    fit = one.fit if one.fit is not None and one.fit.converged else None
    if fit is None or fit.flat:
        axes.plot(doses[tested], effect[tested], color=colour, linewidth=1.0, alpha=0.6, zorder=3)
    if fit is not None and tested.any():
        _draw_fit(axes, fit, axis, doses[tested], colour, alone=alone, factor=factor)
    axes.plot(x, effect, linestyle="none", marker=mark, color=colour, markersize=4.8, zorder=4, clip_on=False)


def _draw_fit(
    axes: Axes, fit: Fit, axis: DoseAxis, doses: FloatArray, colour: str, *, alone: bool, factor: float
) -> None:
    """The fit over the tested doses, dashed beyond; E0, Emax and the EC50 with its interval."""
    tested = np.geomspace(doses.min(), doses.max(), 200)
    if not fit.flat:
        axes.plot(tested, fit.predict(tested), color=colour, zorder=3)
    if axis.high > doses.max() * 1.001 and not fit.flat:
        beyond = np.geomspace(doses.max(), axis.high, 60)
        axes.plot(beyond, fit.predict(beyond), color=colour, linestyle=(0, (3, 2)), linewidth=1.2, alpha=0.7, zorder=3)
    left, right = axis.limits
    spans = (("$E_0$", fit.e0), ("$E_{max}$", fit.einf)) if not fit.flat else (("mean", fit.e0),)
    close = abs(fit.e0 - fit.einf) < APART * abs(
        axes.dataLim.height
    )  # names of lines that close would cover one another
    for name, level in spans:
        if not np.isfinite(level):
            continue
        if alone and not close:
            axes.axhline(level, color=colour, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
            if not fit.flat:
                above = level < 0.5 * (fit.e0 + fit.einf)
                text = f"{name} {number(level * factor, 2)}"
                axes.annotate(
                    text, (right if name == "$E_0$" else left, level), fontsize=TINY,
                    xytext=(-4 if name == "$E_0$" else 4, 3 if above else -3),
                    textcoords="offset points", color=SOFT, ha="right" if name == "$E_0$" else "left",
                    va="bottom" if above else "top",
                )  # fmt: skip
        else:
            reach = (right / left) ** 0.035
            ends = (left, left * reach) if name == "$E_0$" else (right / reach, right)
            axes.plot(ends, [level, level], color=colour, linewidth=2.4, solid_capstyle="butt", zorder=2)
    middle = potency(fit.ec50)
    if middle is not None:
        level = float(fit.predict(np.array([middle]))[0])
        interval = fit.intervals.get("ec50")
        if interval is not None:
            ends = np.clip([interval.low, interval.high], left, right)
            axes.plot(ends, [level, level], color=colour, linewidth=1.1, marker="|", markersize=7, zorder=5)
        axes.plot(middle, level, marker="D", color="white", markeredgecolor=colour, markersize=5.6, zorder=6)


def _draw_exposures(axes: Axes, exposures: Sequence[Exposure], axis: DoseAxis, unit: str) -> None:
    """One line per exposure above the panel: a bar over its range and its name on the side with more room."""
    axes.set_xscale("log")
    left, right = axis.limits
    for level, one in enumerate(exposures):
        low, high = np.clip([one.low, one.high], left, right)
        shown = f"{number(one.low)}–{number(one.high)}" if one.low != one.high else number(one.low)
        kind = "" if re.search(rf"\b{re.escape(one.kind)}\b", one.label) else f" ({one.kind})"
        text = printed(f"{one.label}: {shown} {show_unit(unit)}{kind}")
        if high > low:
            axes.barh(
                level, high - low, left=low, height=0.72, color=EXPOSURE.get(one.kind, EXPOSURE["total"]), zorder=2
            )
        elif one.low >= right or one.high <= left:
            text = f"{text}, off the axis"
        before = np.log10(low / left) > np.log10(right / high)
        at = low / (right / left) ** 0.01 if before else high * (right / left) ** 0.01
        axes.text(at, level, text, fontsize=TINY, va="center", ha="right" if before else "left", color=INK)
    axes.set_ylim(len(exposures) - 0.5, -0.5)
    axes.set_xlim(left, right)
    axes.axis("off")
