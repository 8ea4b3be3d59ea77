"""The dose-response curve: points per dose with the untreated control, fit, potency, clinical exposure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Protocol

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import band, best_unit, unit_factor, variable, with_draws
from redoxsim.report.figures.doseaxis import DoseAxis, apply, dose_axis
from redoxsim.report.figures.panels import MEDIAN, draw_points, measured_handle
from redoxsim.report.figures.style import (
    BASE,
    INK,
    MARKERS,
    PALETTE,
    SMALL,
    SOFT,
    TINY,
    UNTREATED,
    around,
    dress,
    finish,
    is_untreated,
    new_figure,
    styled,
    wrapped,
)
from redoxsim.report.marks import Exposure, Points
from redoxsim.report.names import named_unit, number, printed, show_unit, title_of, unit_of
from redoxsim.report.paper import HALF, WIDEST

FloatArray = NDArray[np.float64]
EXPOSURE = {"total": "#b9b9b9", "free": "#e8b86b"}
START = (-0.13, 0.46)
"""Where the two columns of a legend below a panel begin, in widths of the panel."""
FLAT = 0.05
"""p of the F-test against a flat line from which on a curve is flat; below it one that is called flat moves little."""
APART = 0.06
"""Share of what a panel spans that the ends of a fit must lie apart for their names to stand beside them."""


class Fit(Protocol):
    """What a fitted curve must tell; `redoxsim.analysis.hill_result.HillFit` does.

    ``ec50`` and ``ic50`` are numbers or texts such as "> max dose"; ``intervals`` maps a parameter to an object with
    ``low`` and ``high`` (95%).
    """

    @property
    def converged(self) -> bool: ...
    @property
    def flat(self) -> bool: ...
    @property
    def flat_p(self) -> float: ...
    @property
    def e0(self) -> float: ...
    @property
    def einf(self) -> float: ...
    @property
    def ec50(self) -> Any: ...
    @property
    def ic50(self) -> Any: ...
    @property
    def h(self) -> float: ...
    @property
    def intervals(self) -> Mapping[str, Any]: ...
    def predict(self, doses: FloatArray) -> FloatArray: ...


@dataclass(frozen=True, kw_only=True)
class DoseCurve:
    """One curve. ``doses`` and ``effect`` have shape (N,); ``low`` and ``high`` bound the effect over the draws.

    Dose 0 is the untreated control. ``unit`` is the unit of the effect; ``observable`` says which measured points
    belong here. ``median`` is that of the draws where ``effect`` is of the constants as they are. ``replicates`` of
    shape (N, R) are drawn as small dots; ``title`` is the observable in words.
    """

    label: str
    doses: FloatArray
    effect: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    median: FloatArray | None = None
    replicates: FloatArray | None = None
    fit: Fit | None = None
    unit: str = ""
    observable: str | None = None
    title: str = ""


def curve(
    data: xr.Dataset,
    observable: str,
    *,
    agent: str,
    label: str = "",
    fit: Fit | None = None,
    drawn: xr.Dataset | None = None,
) -> DoseCurve:
    """The curve of one observable over the dose axis ``agent`` of a result.

    Parameters
    ----------
    drawn : the same with draws, whose band and median are drawn beside a line of the constants as they are.

    Raises
    ------
    DesignError : no such observable or axis, or an axis (such as time) that must be picked first.
    """
    array = variable(data, observable)
    line = with_draws(band(array, (agent,)), drawn, observable, (agent,))
    doses = np.asarray(data[agent], dtype=float)
    return DoseCurve(
        label=label, doses=doses, effect=line.middle, low=line.low, high=line.high, median=line.median, fit=fit,
        unit=unit_of(array.attrs), observable=observable, title=title_of(observable, array.attrs),
    )  # fmt: skip


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
    keys = [_columns(panel, unit, [one for one in data if _belongs(one, panel)], narrow=narrow) for panel in panels]
    legends = [max(map(_legend_inches, key)) for key in keys]
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
        _draw_legend(figure.add_subplot(grid[row + 1, 0] if narrow else grid[row, 1]), key)
    return finish(figure, title, [caption, note])


Key = tuple[list[Line2D], list[str]]


def _columns(curves: Sequence[DoseCurve], unit: str, data: Sequence[Points], *, narrow: bool) -> list[Key]:
    """The legend in columns: one beside a panel, two below it; what belongs to a curve stays together."""
    handles, labels = legend_entries(curves, unit, data)
    if not narrow:
        return [(handles, labels)]
    labels = [label.rstrip("\n") for label in labels]
    own = [1 + bool(one.fit is not None) for one in curves]  # entries of each curve
    half = sum(own[: -(-len(own) // 2)])
    return [(handles[:half], labels[:half]), (handles[half:], labels[half:])]


def _draw_legend(axes: Axes, keys: Sequence[Key]) -> None:
    axes.axis("off")
    for (handles, labels), begins in zip(keys, START if len(keys) > 1 else (0.0,), strict=True):
        made = Legend(
            axes, handles, labels, loc="upper left", bbox_to_anchor=(begins, 1.02), borderaxespad=0.0,
            labelspacing=0.5, handlelength=1.6 if len(keys) == 1 else 1.2,
            fontsize=SMALL if len(keys) == 1 else TINY,
        )  # fmt: skip
        axes.add_artist(made)
        made.set_in_layout(len(keys) == 1)  # two share the width of their panel


def _legend_inches(key: Key) -> float:
    """How tall a column of a legend is."""
    lines = sum(1.4 + label.count("\n") for label in key[1])
    return 0.1 + lines * SMALL * 1.25 / 72.0


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
            axes.axvspan(left, right, color=colour, alpha=0.25, linewidth=0, zorder=0)
    unit_drawn, factor = _drawn_in(curves)
    for one, colour, mark in zip(curves, curve_colours(curves), cycle(MARKERS)):
        _draw_curve(axes, one, axis, colour, mark, alone=len(curves) == 1, factor=factor)
    for points, times in zip(data, factors, strict=True):
        draw_points(axes, points, x=axis.place(points.x), factor=times, colour=_points_colour(points, curves))
    apply(axes, axis)
    pad = 0.03 * (high - low)
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
    axes.set_ylim(min(low, float(np.nanmin(outer))) - pad, max(high, float(np.nanmax(outer))) + pad)
    axes.set_xlabel(named_unit(agent, unit))
    ends = "" if unit_drawn else printed(f", {number(low)}\u00a0to\u00a0{number(high)}")
    axes.set_ylabel(wrapped(named_unit(effect, unit_drawn) + ends, inches, size=BASE))
    if factor != 1.0:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value * factor)))
    dress(axes)
    return axis


def _drawn_in(curves: Sequence[DoseCurve]) -> tuple[str, float]:
    """The unit in which the effects of curves of one unit read best, and the factor to it."""
    seen = np.abs(np.concatenate([np.ravel(one.effect) for one in curves]))
    seen = seen[np.isfinite(seen)]
    return best_unit([seen.max(keepdims=True)], curves[0].unit) if seen.size else (curves[0].unit, 1.0)


def _points_colour(points: Points, curves: Sequence[DoseCurve]) -> str:
    """The colour of the one curve that the points belong to, else black."""
    colours = curve_colours(curves)
    wanted = points.condition if points.condition is not None else points.observable
    named = [colour for one, colour in zip(curves, colours, strict=True) if wanted in {one.label, one.observable}]
    return named[0] if len(named) == 1 and len(curves) > 1 else INK


def curve_colours(curves: Sequence[DoseCurve]) -> list[str]:
    """A colour per curve, in order; an untreated background is grey."""
    colours, left = [], 0
    for one in curves:
        colours.append(UNTREATED if is_untreated(one.label) else PALETTE[left % len(PALETTE)])
        left += not is_untreated(one.label)
    return colours


def _range(values: FloatArray) -> tuple[float, float]:
    lowest, highest = float(values.min()), float(values.max())
    if lowest >= -0.05 and 0.3 < highest <= 1.25:
        return 0.0, 1.0 if highest <= 1.06 else float(np.ceil(highest * 10.0) / 10.0)
    low = 0.0 if lowest >= 0.0 and lowest < 0.5 * highest else lowest
    return low, highest if highest > low else low + 1.0


def _draw_curve(
    axes: Axes, one: DoseCurve, axis: DoseAxis, colour: str, mark: str, *, alone: bool, factor: float
) -> None:
    doses, effect = np.asarray(one.doses, dtype=float), np.asarray(one.effect, dtype=float)
    x, tested = axis.place(doses), doses > 0.0
    if one.low is not None and one.high is not None:
        low, high = np.asarray(one.low, dtype=float), np.asarray(one.high, dtype=float)
        axes.fill_between(doses[tested], low[tested], high[tested], color=colour, alpha=0.16, linewidth=0, zorder=1)
        if (~tested).any():
            axes.vlines(x[~tested], low[~tested], high[~tested], color=colour, alpha=0.35, linewidth=4.0, zorder=1)
    if one.median is not None:
        axes.plot(doses[tested], np.asarray(one.median, dtype=float)[tested], color=colour, zorder=2, **MEDIAN)
    if one.replicates is not None:
        spread = np.broadcast_to(x[:, None], np.shape(one.replicates))
        axes.plot(spread.ravel(), np.ravel(one.replicates), ".", color=colour, alpha=0.4, markersize=4, zorder=2)
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


def potency(value: Any) -> float | None:
    """The dose if it is a number, None if it is a limit in words or missing."""
    if isinstance(value, str) or value is None or not np.isfinite(value):
        return None
    return float(value)


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
    lines.append(_with_interval("Hill slope", fit.h, fit.intervals.get("h"), ""))
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


def legend_entries(
    curves: Sequence[DoseCurve], unit: str, data: Sequence[Points] = ()
) -> tuple[list[Line2D], list[str]]:
    """Handles and texts of the legend: each curve with its potency and slope, then what the marks mean."""
    handles, labels = [], []
    for one, colour, mark in zip(curves, curve_colours(curves), cycle(MARKERS)):
        handles.append(Line2D([], [], color=colour, marker=mark, markersize=4.8))
        labels.append(printed(one.label) if one.label else "simulated")
        if details := fit_text(one.fit, unit, effect=_drawn_in(curves)):
            handles.append(Line2D([], [], linestyle="none"))
            labels.append(printed("\n".join(details)) + "\n")
    for colour, label in dict.fromkeys((_points_colour(points, curves), points.label) for points in data):
        handles.append(measured_handle(label, colour=colour))
        labels.append(label)
    if any(potency(one.fit.ec50) is not None for one in curves if one.fit is not None and one.fit.converged):
        handles.append(Line2D([], [], color=SOFT, marker="D", markerfacecolor="white", markersize=5.2, linewidth=1.1))
        seen = [one.fit.intervals.get("ec50") for one in curves if one.fit is not None and one.fit.converged]
        levels = sorted({getattr(one, "level", 0.95) for one in seen if one is not None})
        labels.append("EC50" + (f" and {' or '.join(f'{level:.0%}' for level in levels)} interval" if levels else ""))
    if any(one.low is not None for one in curves):
        handles.append(Line2D([], [], color=SOFT, alpha=0.3, linewidth=7))
        labels.append("5–95% of draws")
    if any(one.median is not None for one in curves):
        handles.append(Line2D([], [], color=SOFT, **MEDIAN))
        labels.append("median of draws")
    return handles, labels


def _draw_exposures(axes: Axes, exposures: Sequence[Exposure], axis: DoseAxis, unit: str) -> None:
    """One line per exposure above the panel: a bar over its range and its name on the side with more room."""
    axes.set_xscale("log")
    left, right = axis.limits
    for level, one in enumerate(exposures):
        low, high = np.clip([one.low, one.high], left, right)
        shown = f"{number(one.low)}–{number(one.high)}" if one.low != one.high else number(one.low)
        text = f"{one.label} {shown} {show_unit(unit)} ({one.kind})"
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
