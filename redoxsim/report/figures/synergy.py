"""The synergy figure: effects, Bliss excess, isobologram, marginal curves, scores and the mechanism behind them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from numpy.typing import NDArray

from redoxsim.analysis.effect import EffectGrid, Orientation, Scale
from redoxsim.analysis.isoboles import isobole
from redoxsim.analysis.resampling import ScoreInterval
from redoxsim.analysis.synergy import SynergyTable, score
from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import SPREAD, band, hours, variable
from redoxsim.report.figures.doseaxis import apply, dose_axis, dose_text
from redoxsim.report.figures.heatmap import bar_name, draw_matrix
from redoxsim.report.figures.isobologram import draw_isoboles, draw_isobologram
from redoxsim.report.figures.panels import (
    Lines,
    bar_lines,
    condition_handles,
    draw_bars,
    draw_course,
    plan_panels,
    time_axis,
)
from redoxsim.report.figures.spread import banded
from redoxsim.report.figures.style import (
    BASE,
    INK,
    SMALL,
    SOFT,
    TINY,
    around,
    condition_colours,
    dress,
    finish,
    new_figure,
    ramp,
    styled,
    wrapped,
)
from redoxsim.report.marks import DoseBar
from redoxsim.report.names import named_unit, show_id, title_of, unit_of
from redoxsim.report.paper import HALF, WIDEST

FloatArray = NDArray[np.float64]
MOST_MECHANISM = 4
SHORT = {
    "bliss": "Bliss excess",
    "hsa": "HSA excess",
    "loewe": "Loewe index",
    "loewe_excess": "Loewe excess",
    "ci": "Chou-Talalay CI",
    "dri_1": "DRI, first agent",
    "dri_2": "DRI, second agent",
    "zip": "ZIP delta",
    "musyc": "MuSyC excess",
    "braid": "BRAID excess",
}


@dataclass(frozen=True)
class Surface:
    """An effect over two dose axes: doses (n1,), (n2,) and the effect (n1, n2), with ids, names and units."""

    agents: tuple[str, str]
    names: tuple[str, str]
    units: tuple[str, str]
    doses: tuple[FloatArray, FloatArray]
    effect: FloatArray
    title: str
    unit: str

    def grid(self, *, orientation: Orientation, scale: Scale) -> EffectGrid:
        """The same for the synergy metrics."""
        return EffectGrid(
            *self.doses, self.effect, orientation=orientation, scale=scale, agents=self.agents,
            dose_units=self.units, failed=np.isnan(self.effect), margin=np.inf,
        )  # fmt: skip


def surface(data: xr.Dataset, observable: str) -> Surface:
    """The surface of one observable of a combination result.

    Raises
    ------
    DesignError : no such observable, or not exactly two dose axes.
    """
    array = variable(data, observable)
    axes = [str(dim) for dim in array.dims if dim not in SPREAD]
    if "time" in axes or len(axes) != 2:
        extra = "time" if "time" in axes else axes[-1] if axes else "none"
        raise DesignError(
            f"a synergy figure needs two dose axes; {observable} has {', '.join(axes) or 'none'}",
            hint=f"pick one value first, such as .sel({extra}=...)" if len(axes) > 2 else None,
        )
    first, second = axes
    return Surface(
        agents=(first, second),
        names=tuple(str(data[one].attrs.get("long_name") or one) for one in axes),  # type: ignore[arg-type]
        units=(unit_of(data[first].attrs), unit_of(data[second].attrs)),
        doses=(np.asarray(data[first], dtype=float), np.asarray(data[second], dtype=float)),
        effect=band(array, axes).middle,
        title=title_of(observable, array.attrs),
        unit=unit_of(array.attrs),
    )


@styled
def synergy(
    data: xr.Dataset,
    *,
    orientation: Orientation,
    observable: str = "viability",
    scale: Scale = "fraction",
    scores: Mapping[str, SynergyTable] | Sequence[SynergyTable] | None = None,
    mapped: str = "bliss",
    levels: Sequence[float] = (0.5,),
    mechanism: Mapping[str, xr.Dataset] | None = None,
    bands: Mapping[str, xr.Dataset] | None = None,
    observe: Sequence[str] = ("H2O2_m", "H2O2_c", "Trx1_red", "GSH_c"),
    doses: Sequence[DoseBar] = (),
    listed: bool = True,
    intervals: Mapping[str, ScoreInterval] | None = None,
    title: str | None = None,
    caption: str | None = None,
    note: str | None = None,
) -> Figure:
    """A figure of one combination of two agents.

    Parameters
    ----------
    data : result with two dose axes (zero dose first) and the variable ``observable``; a variable ``bliss_excess`` is
        taken as it is for the map of Bliss, else the excess is computed.
    orientation, scale : what the effect is, as in `redoxsim.analysis.effect.EffectGrid`; no default direction.
    scores : tables for the panel of scores; by default HSA, Bliss, Loewe and CI of this surface.
    mapped : the score of the map, any of `redoxsim.analysis.METRICS` for two agents. An index around 1 is drawn as its
        logarithm, the other way up where below 1 means synergy, so that one colour always means synergy.
    levels : fractions affected of the isoboles; several share one panel, on dose axes of their own.
    mechanism : time courses by name (such as each agent alone and both), for a last row of up to four ``observe``.
    bands : draws of the time courses, by the same names, drawn behind them.
    doses : dose bars of the mechanism row, in hours.
    listed : whether the scores stand in a table below the panels.
    intervals : of the scores by metric, from resampled replicates; they stand in the table.

    Raises
    ------
    DesignError : not two dose axes, no zero dose, or values that cannot be meant.
    """
    found = surface(data, observable)
    grid = found.grid(orientation=orientation, scale=scale)
    tables = tuple(
        (scores.values() if isinstance(scores, Mapping) else scores) if scores is not None else score(grid).values()
    )
    shown = [name for name in observe if mechanism and any(name in one for one in mechanism.values())][:MOST_MECHANISM]
    bars = _bars(mechanism, doses, len(shown)) if shown and mechanism else []
    strip = 0.24 * len(bars)
    remarks = _small_print(tables, intervals) if listed else []
    heights = [2.65, 2.65]
    heights += [0.45 + 0.26 * (len(tables) + 1) + 0.16 * len(remarks)] if listed else []
    heights += [1.9 + strip] if shown else []
    turn = "1 − " if orientation == "viability" else ""
    words = f"Scores are computed on the fraction affected ({turn}{found.title}); grey: undefined, never extrapolated."
    figure = new_figure(WIDEST, 0.1 + around(WIDEST, title, [words, caption, note]) + sum(heights) + 0.3 * bool(shown))
    rows = figure.add_gridspec(len(heights), 1, height_ratios=heights)

    top = rows[0].subgridspec(1, 2)
    name = bar_name(found.title, found.unit)
    draw_matrix(
        figure.add_subplot(top[0]), found.effect, found.doses, agents=found.names, units=found.units,
        title=f"a   {name}", bar_label=name,
    )  # fmt: skip
    values, label = _map(data, tables, grid, mapped)
    draw_matrix(
        figure.add_subplot(top[1]), values, found.doses, agents=found.names, units=found.units,
        title=f"b   {label}", bar_label=label, diverging=True,
    )  # fmt: skip

    middle = rows[1].subgridspec(1, 2, width_ratios=[1.0, 1.25])
    iso = figure.add_subplot(middle[0])
    lines = [isobole(grid, affected=level) for level in levels]
    if len(lines) == 1:
        draw_isobologram(iso, lines[0], agents=found.names, units=found.units)
    else:
        draw_isoboles(iso, lines, doses=found.doses, agents=found.names, units=found.units)
    iso.set_title(f"c   {iso.get_title(loc='left') or iso.get_title()}")
    curves = figure.add_subplot(middle[1])
    draw_marginals(curves, found)
    curves.set_title(wrapped(f"d   {show_id(found.names[0])} at each dose of {show_id(found.names[1])}", HALF))
    if listed:
        draw_scores(figure.add_subplot(rows[2]), tables, intervals=intervals, title="e   Scores over the combinations")

    handles: list[Artist] = []
    if shown and mechanism:
        letter = "f" if listed else "e"
        handles = list(
            _draw_mechanism(figure, rows[len(heights) - 1], mechanism, shown, bars, strip, letter, bands or {})
        )
    return finish(figure, title, [words, caption, note], handles)


def _map(data: xr.Dataset, tables: Sequence[SynergyTable], grid: EffectGrid, metric: str) -> tuple[FloatArray, str]:
    """The map of a score with its label: above 0 is synergy whatever the score."""
    name = SHORT.get(metric, metric)
    if metric == "bliss" and "bliss_excess" in data:
        return band(data["bliss_excess"], grid.agents).middle, f"{name}: above 0 synergy, below antagonism"
    table = next((one for one in tables if one.metric == metric), None) or score(grid, (metric,))[metric]
    values = np.asarray(table.values, dtype=float)
    if table.neutral == 0.0:
        return values, f"{name}: above 0 synergy, below antagonism"
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log2(np.where(values > 0.0, values, np.nan)) * (1.0 if table.better == "above" else -1.0)
    sign = "" if table.better == "above" else "−"
    reads = "may be reduced, below may not" if metric.startswith("dri") else "synergy, below antagonism"
    return values, f"{sign}log2 {name}: above 0 {reads}"


@styled
def draw_marginals(axes: Axes, found: Surface) -> None:
    """Draws the effect against the first agent's dose, one line per dose of the second (colour bar)."""
    first, second = found.doses
    axis = dose_axis(first)
    palette = ramp(second.size)
    for column, colour in enumerate(palette):
        line = found.effect[:, column]
        tested = first > 0.0
        axes.plot(first[tested], line[tested], color=colour, linewidth=1.6, zorder=3)
        axes.plot(
            axis.place(first), line, linestyle="none", marker="o", markersize=3.8, color=colour, zorder=4, clip_on=False
        )
    apply(axes, axis)
    known = found.effect[np.isfinite(found.effect)]
    if known.size and known.min() >= -0.05 and 0.3 < known.max() <= 1.1:
        axes.set_ylim(-0.03, max(1.03, float(known.max()) + 0.03))
    axes.set_xlabel(named_unit(found.names[0], found.units[0]))
    axes.set_ylabel(named_unit(found.title, found.unit))
    dress(axes)
    count = second.size
    mappable = ScalarMappable(BoundaryNorm(np.arange(count + 1) - 0.5, count), ListedColormap(palette))
    figure = axes.get_figure()
    assert figure is not None
    bar = figure.colorbar(
        mappable, ax=axes, fraction=0.05, pad=0.02, aspect=24, ticks=list(range(0, count, -(-count // 12)))
    )
    bar.ax.set_yticklabels([dose_text(float(second[i])) for i in range(0, count, -(-count // 12))], fontsize=TINY)
    bar.ax.tick_params(which="both", length=0)
    bar.outline.set_visible(False)
    bar.set_label(named_unit(found.names[1], found.units[1]), fontsize=SMALL)


def score_rows(tables: Sequence[SynergyTable]) -> list[tuple[str, str, str, str, str, str]]:
    """Rows for a table of scores: metric, mean, strongest, mid-dose mean, cells with a value, how to read it.

    The strongest is the largest excess, but the smallest index, because an index below 1 means synergy.
    """
    rows = []
    for table in tables:
        summary = table.summary
        is_index = table.neutral == 1.0
        strongest = summary.min if table.better == "below" else summary.max
        rows.append(
            (
                SHORT.get(table.metric, table.title),
                _score(summary.mean, is_index),
                _score(strongest, is_index),
                _score(summary.mid_mean, is_index),
                f"{summary.defined}/{summary.cells}",
                f"{table.better} {table.neutral:g}: {'less of it' if table.metric.startswith('dri') else 'synergy'}",
            )
        )
    return rows


def _score(value: float, is_index: bool) -> str:
    if not np.isfinite(value):
        return "n/a"
    return f"{value:.2f}" if is_index else f"{value:+.3f}".replace("-", "−") if abs(value) >= 5e-4 else "0.000"


def interval_cells(tables: Sequence[SynergyTable], intervals: Mapping[str, ScoreInterval]) -> list[tuple[str, str]]:
    """For each table the interval of its mean, and how many of the cells with a value are told from no interaction."""
    rows = []
    for table in tables:
        one = intervals.get(table.metric)
        if one is None:
            rows.append(("n/a", "n/a"))
            continue
        low, high = (_score(end, table.neutral == 1.0) for end in one.summary["mean"])
        told = int((one.significant & table.defined).sum())
        rows.append(("n/a" if "n/a" in (low, high) else f"{low} to {high}", f"{told}/{table.summary.defined}"))
    return rows


@styled
def draw_scores(
    axes: Axes,
    tables: Sequence[SynergyTable],
    *,
    intervals: Mapping[str, ScoreInterval] | None = None,
    title: str = "Scores",
) -> None:
    """Draws the table of scores with the direction of each in words, and with intervals where there are any."""
    axes.set_title(title)
    axes.axis("off")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    heads: tuple[str, ...] = ("", "mean", "strongest", "mid-dose", "cells", "reads")
    places: tuple[float, ...] = (0.02, 0.37, 0.51, 0.65, 0.77, 0.80)
    rows: list[tuple[str, ...]] = [*score_rows(tables)]
    if intervals:
        heads = ("", "mean", "95% of the mean", "strongest", "mid-dose", "cells", "told", "reads")
        places = (0.02, 0.28, 0.48, 0.58, 0.68, 0.76, 0.83, 0.85)
        beside = interval_cells(tables, intervals)
        rows = [(*row[:2], cell[0], *row[2:5], cell[1], row[5]) for row, cell in zip(rows, beside, strict=True)]
    remarks = _small_print(tables, intervals)
    step = 0.26 / (0.26 * (len(rows) + 1) + 0.16 * len(remarks) + 0.1)
    last = len(heads) - 1
    for level, row in enumerate([heads, *rows]):
        y = 1.0 - (level + 0.5) * step
        for column, (text, x) in enumerate(zip(row, places, strict=True)):
            side, weight = ("left" if column in {0, last} else "right"), ("bold" if column == 0 else "normal")
            colour, size = (SOFT if level == 0 or column == last else INK), (SMALL if level == 0 else BASE)
            axes.text(x, y, text, fontsize=size, va="center", color=colour, ha=side, fontweight=weight)
        axes.plot([0.02, 0.99], [y - step / 2, y - step / 2], color=INK if level == 0 else "#d8d8d8", linewidth=0.8)
    below = 1.0 - (len(rows) + 1.2) * step
    axes.text(0.02, below, "\n".join(remarks), fontsize=TINY, color=SOFT, va="top", linespacing=1.4)


def _small_print(tables: Sequence[SynergyTable], intervals: Mapping[str, ScoreInterval] | None = None) -> list[str]:
    """What stands below the table of scores, in lines."""
    lines = ["mid-dose: each agent alone has 10–90% of its own largest effect", *_parameters(tables), *_remarks(tables)]
    if intervals:
        lines.insert(1, "told: cells whose 95% interval leaves out what no interaction would give")
        lines += _resampled([intervals[table.metric] for table in tables if table.metric in intervals])
    return [part for line in lines for part in textwrap.wrap(line, 128, subsequent_indent="   ")]


def _resampled(found: Sequence[ScoreInterval]) -> list[str]:
    """How intervals were made, and what each says of itself; a line for those that say the same."""
    about: dict[str, list[str]] = {}
    for one in found:
        about.setdefault(f"95% from {one.draws} resamples of the replicates", []).append(one.table.metric)
        if one.note:
            about.setdefault(one.note, []).append(one.table.metric)
    return [
        text if len(metrics) == len(found) else f"{', '.join(SHORT.get(name, name) for name in metrics)}: {text}"
        for text, metrics in about.items()
    ]


def _parameters(tables: Sequence[SynergyTable]) -> list[str]:
    """A line per fitted surface: its parameters of interaction with their intervals."""
    lines = []
    for table in tables:
        told = [one for one in table.parameters if one.neutral is not None]
        words = [
            f"{one.name} undetermined"
            if one.problem
            else f"{one.name} {_short(one.best)} ({_short(one.low)} to {_short(one.high)})"
            for one in told
        ]
        if words:
            lines.append(f"{SHORT.get(table.metric, table.metric).split()[0]}: {', '.join(words)}")
    return lines


def _short(value: float) -> str:
    return (f"{value:.0f}" if abs(value) >= 100 and np.isfinite(value) else f"{value:.2g}").replace("-", "−")


def _remarks(tables: Sequence[SynergyTable]) -> list[str]:
    """What the summaries remark, each remark once with the metrics that it is about (none named: all of them)."""
    about: dict[str, list[str]] = {}
    for table in tables:
        for remark in filter(None, table.summary.message.split("; ")):
            about.setdefault(remark, []).append(SHORT.get(table.metric, table.metric))
    return [text if len(names) == len(tables) else f"{', '.join(names)}: {text}" for text, names in about.items()]


def _window(mechanism: Mapping[str, xr.Dataset]) -> tuple[float, float]:
    """The hours that the mechanism row shows."""
    each = [hours(one) for one in mechanism.values()]
    return min(float(one.min()) for one in each), max(float(one.max()) for one in each)


def _bars(mechanism: Mapping[str, xr.Dataset], doses: Sequence[DoseBar], panels: int) -> Lines:
    start, end = _window(mechanism)
    return bar_lines(doses, start=start, end=end, width=_wide(panels))


def _wide(panels: int) -> float:
    """Inches of a panel of the mechanism row, about."""
    return WIDEST / panels - 0.7


def _draw_mechanism(
    figure: Figure,
    where: SubplotSpec,
    mechanism: Mapping[str, xr.Dataset],
    shown: Sequence[str],
    bars: Lines,
    strip: float,
    letter: str,
    bands: Mapping[str, xr.Dataset],
) -> Sequence[Artist]:
    colours = condition_colours(mechanism)
    panels = plan_panels(mechanism, [(name,) for name in shown], bands=bands)
    start, end = _window(mechanism)
    heights = [strip, 1.9] if strip else [1.9]
    place = where.subgridspec(len(heights), len(panels), height_ratios=heights)
    for column, panel in enumerate(panels):
        axes = figure.add_subplot(place[len(heights) - 1, column])
        draw_course(axes, mechanism, panel, colours=colours, inches=_wide(len(panels)) - 0.2, bands=bands)
        axes.set_title(f"{f'{letter}   ' if column == 0 else ''}{axes.get_title(loc='left')}")
        time_axis(axes, start, end, label=True, most=5)
        if strip:
            draw_bars(figure.add_subplot(place[0, column]), bars, start=start, end=end, width=_wide(len(panels)))
    return condition_handles(
        colours, bands=bool(bands), medians=bool(bands), of=banded(mechanism, bands or {}, names=panels[0].observables)
    )
