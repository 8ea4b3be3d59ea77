"""Scans: observables along one axis as lines, over two axes as a heat map."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import (
    SPREAD,
    band,
    best_unit,
    by_name,
    has_bands,
    unit_factor,
    variable,
    with_draws,
)
from redoxsim.report.figures.doseaxis import apply, dose_axis, dose_text
from redoxsim.report.figures.heatmap import add_bar
from redoxsim.report.figures.panels import condition_handles, draw_points, measured_handle
from redoxsim.report.figures.spread import Spread, banded
from redoxsim.report.figures.style import (
    INK,
    SEQUENTIAL,
    TINY,
    colours,
    condition_colours,
    condition_lines,
    dress,
    finish,
    named_scale,
    new_figure,
    spans_decades,
    styled,
    wants_log_axis,
)
from redoxsim.report.marks import Points
from redoxsim.report.names import named_unit, show_id, show_unit, title_of, unit_of
from redoxsim.report.paper import WIDEST

FloatArray = NDArray[np.float64]
LONGEST = 36  # letters that fit along the side of a map


@styled
def scan(
    data: xr.Dataset | Mapping[str, xr.Dataset],
    *,
    observe: Sequence[str] | None = None,
    points: Sequence[Points] = (),
    bands: Mapping[str, xr.Dataset] | xr.Dataset | None = None,
    title: str | None = None,
    caption: str | None = None,
    note: str | None = None,
) -> Figure:
    """A figure of a scan: one panel per observable, a line over one axis or a heat map over two.

    Parameters
    ----------
    data : a result with one or two axes (dimensions), or several one-axis results by name.
    observe : observables to show, by default all numeric ones.
    points : measured points over the lines, x in the unit of the axis.
    bands : the same with draws, by the same names, drawn behind lines of the constants as they are; one axis only.

    Raises
    ------
    DesignError : more than two axes, an axis such as time that must be picked first, or nothing to draw.
    """
    named = by_name(data)
    behind = {} if bands is None else by_name(bands)
    first = next(iter(named.values()))
    names = (
        list(observe) if observe is not None else [n for n in map(str, first.data_vars) if _is_axis_variable(first[n])]
    )
    if not names:
        raise DesignError("these results hold no observable over an axis")
    dims = [str(dim) for dim in variable(first, names[0]).dims if dim not in SPREAD]
    if len(dims) not in {1, 2}:
        raise DesignError(
            f"a figure of a scan has one or two axes, not {len(dims)} ({', '.join(dims) or 'none'})",
            hint=f"pick one value first, such as .sel({dims[-1]}=...)" if dims else None,
        )
    if len(dims) == 2 and len(named) > 1:
        raise DesignError("heat maps of several results do not overlay", hint="draw them one by one")
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)
    figure = new_figure((6.4 if columns == 1 else WIDEST), 0.8 + (3.6 if columns == 1 else 3.2) * rows)
    grid = figure.add_gridspec(rows, columns)
    colour = condition_colours(named)
    for number, name in enumerate(names):
        axes = figure.add_subplot(grid[divmod(number, columns)])
        if len(dims) == 1:
            draw_lines(axes, named, name, axis=dims[0], colour=colour, points=points, bands=behind)
        else:
            draw_map(axes, first, name, axes_names=(dims[0], dims[1]))
    spread = has_bands(named, names) or (bool(behind) and has_bands(behind, names))
    several = colour if len(named) > 1 else {"": next(iter(colour.values()))} if behind else {}
    handles: list[Artist] = list(
        condition_handles(
            several, bands=spread, medians=bool(behind), of=max(banded(named, behind, names=[name]) for name in names)
        )
    )
    handles += [measured_handle(points[0].label)] if points else []
    return finish(figure, title, [caption, note], handles)


def _is_axis_variable(array: xr.DataArray) -> bool:
    return array.ndim > 0 and bool(np.issubdtype(array.dtype, np.floating)) and "time" not in array.dims


@styled
def draw_lines(
    axes: Axes,
    named: Mapping[str, xr.Dataset],
    name: str,
    *,
    axis: str,
    colour: Mapping[str, str],
    points: Sequence[Points] = (),
    bands: Mapping[str, xr.Dataset] | None = None,
) -> None:
    """Draws one observable along one axis, a line per result and a band where it or ``bands`` has draws."""
    behind, dashes = bands or {}, condition_lines(named)
    lines = {key: with_draws(band(variable(one, name), (axis,)), behind.get(key), name, (axis,)) for key, one in
             named.items()}  # fmt: skip
    attrs = next(iter(named.values()))[name].attrs
    unit = unit_of(attrs)
    factors = {key: unit_factor(unit_of(one[name].attrs), unit) for key, one in named.items()}
    shown, factor = best_unit([line.all_values() * factors[key] for key, line in lines.items()], unit)
    here = [one for one in points if one.observable == name]
    xs = np.concatenate(
        [np.asarray(one[axis], dtype=float) for one in named.values()] + [np.asarray(p.x, dtype=float) for p in here]
    )
    place = log_or_linear(axes, xs, which="x")
    everything = overlay(axes, here, place, unit=unit, factor=factor)
    with_band, drawn = banded(named, behind, names=[name]), 0
    for key, line in lines.items():
        line = line.times(factors[key] * factor)
        raw = np.asarray(named[key][axis], dtype=float)
        x = place(raw)
        joined = raw > 0.0 if axes.get_xscale() == "log" else np.ones(raw.shape, dtype=bool)  # no line over the break
        everything.append(line.all_values())
        if line.low is not None and line.high is not None:
            low, high = line.low, line.high
            how, drawn = Spread(drawn, with_band), drawn + 1
            ends = (float(place(xs).min()), float(place(xs).max()))
            how.draw(
                axes, x[joined], low[joined], high[joined], colour=colour[key], ends=ends,
                median=None if line.median is None else line.median[joined],
            )  # fmt: skip
            if how.filled:
                axes.vlines(x[~joined], low[~joined], high[~joined], color=colour[key], alpha=0.3, linewidth=4.0)
        axes.plot(x[joined], line.middle[joined], color=colour[key], linestyle=dashes[key], label=key)
        if x.size <= 40:
            axes.plot(x, line.middle, linestyle="none", marker="o", markersize=3.6, color=colour[key], clip_on=False)
    log_or_fraction(axes, np.concatenate(everything), shown)
    axes.set_title(title_of(name, attrs))
    axes.set_xlabel(axis_title(next(iter(named.values())), axis))
    axes.set_ylabel(named_scale(show_unit(shown) or title_of(name, attrs), log=axes.get_yscale() == "log"))
    dress(axes)


def overlay(
    axes: Axes, points: Sequence[Points], place: Callable[[FloatArray], FloatArray], *, unit: str, factor: float
) -> list[FloatArray]:
    """Draws measured points over lines whose values in ``unit`` are shown times ``factor``; gives their heights."""
    heights = []
    for one in points:
        own = unit_factor(one.unit, unit) * factor
        draw_points(axes, one, x=place(np.asarray(one.x, dtype=float)), factor=own, colour=INK)
        ends = [end for end in (one.y, one.low, one.high) if end is not None]
        heights += [np.asarray(end, dtype=float)[np.isfinite(end)] * own for end in ends]
    return heights


@styled
def draw_map(axes: Axes, data: xr.Dataset, name: str, *, axes_names: tuple[str, str]) -> None:
    """Draws one observable over two axes as a heat map; failed cells are grey and counted below the title."""
    array = variable(data, name)
    unit = unit_of(array.attrs)
    values = band(array, axes_names).middle
    shown, factor = best_unit([values], unit)
    values = values * factor
    edges = []
    for which, dim in zip("xy", axes_names, strict=True):
        points = np.asarray(data[dim], dtype=float)
        log = spans_decades(points, decades=1.0) and bool(np.all(np.diff(points) > 0.0))
        edges.append(cell_edges(points, log=log))
        if log:
            (axes.set_xscale if which == "x" else axes.set_yscale)("log")
            line = axes.xaxis if which == "x" else axes.yaxis
            line.set_major_locator(LogLocator(10.0, numticks=8))
            line.set_major_formatter(FuncFormatter(lambda value, _: dose_text(value)))
            line.set_minor_formatter(NullFormatter())
    known = values[np.isfinite(values)]
    norm = LogNorm(float(known.min()), float(known.max())) if unit and spans_decades(known) else None
    mesh = axes.pcolormesh(
        edges[0], edges[1], np.ma.masked_invalid(values.T), cmap=colours(SEQUENTIAL), norm=norm, rasterized=True
    )
    if not unit and known.size and known.min() >= -0.05 and 0.3 < known.max() <= 1.1:
        mesh.set_clim(0.0, max(1.0, float(known.max())))
    axes.set_facecolor("#d9d9d9")
    axes.set_xlim(edges[0][0], edges[0][-1])
    axes.set_ylim(edges[1][0], edges[1][-1])
    failed = int(np.count_nonzero(~np.isfinite(values)))
    axes.set_title(title_of(name, array.attrs) + (f"   ({failed} of {values.size} failed, grey)" if failed else ""))
    axes.set_xlabel(axis_title(data, axes_names[0]))
    axes.set_ylabel(textwrap.fill(axis_title(data, axes_names[1]), LONGEST))
    dress(axes, grid=None)
    add_bar(axes, mesh, named_unit(title_of(name, array.attrs), shown))


def cell_edges(points: FloatArray, *, log: bool) -> FloatArray:
    """Edges of cells around their points, shape (N + 1,); half-way between neighbours, in log where asked.

    >>> cell_edges(np.array([1.0, 2.0, 3.0]), log=False).tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    x = np.log(points) if log else np.asarray(points, dtype=float)
    if x.size == 1:
        edges = np.array([x[0] - 0.5, x[0] + 0.5])
    else:
        middle = 0.5 * (x[1:] + x[:-1])
        edges = np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])
    return np.exp(edges) if log else edges


def axis_title(data: xr.Dataset, axis: str) -> str:
    """Name and unit of an axis; an expression level without a unit is relative to 1."""
    attrs = data[axis].attrs
    return named_unit(str(attrs.get("long_name", "") or show_id(axis)), unit_of(attrs))


def log_or_linear(axes: Axes, values: FloatArray, *, which: str) -> Callable[[FloatArray], FloatArray]:
    """Sets one axis to log where its values span a decade (with a place for zero); gives the function to positions."""
    positive = values[values > 0.0]
    if positive.size and np.all(values >= 0.0) and spans_decades(positive, decades=1.0):
        scale = dose_axis(values)
        apply(axes, scale, which=which)
        return scale.place
    return lambda points: points


def log_or_fraction(axes: Axes, values: FloatArray, unit: str) -> None:
    """Sets the y axis: log where a concentration spans the decades, 0 to 1 for a fraction."""
    if not values.size:
        axes.text(0.5, 0.5, "no solve succeeded", transform=axes.transAxes, ha="center", fontsize=TINY, color=INK)
        return
    if wants_log_axis(values, unit):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: dose_text(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    elif not unit and values.min() >= -0.05 and 0.3 < values.max() <= 1.1:
        axes.set_ylim(-0.03, max(1.03, float(values.max()) + 0.03))
    elif values.min() >= 0.0:
        axes.set_ylim(0.0, 1.06 * float(values.max()) or 1.0)
