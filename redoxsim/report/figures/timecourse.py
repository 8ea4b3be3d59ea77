"""The time course: one panel per observable, conditions as colours, doses as bars along the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import by_name, has_bands, hours, variable
from redoxsim.report.figures.panels import (
    bar_lines,
    condition_handles,
    draw_bars,
    draw_course,
    measured_handle,
    plan_panels,
    time_axis,
)
from redoxsim.report.figures.spread import banded
from redoxsim.report.figures.style import around, condition_colours, finish, new_figure, styled
from redoxsim.report.marks import DoseBar, Points
from redoxsim.report.paper import HALF, WIDEST

# What a redox time course shows when nobody says otherwise, as far as the results hold it.
USUAL = ("H2O2_c", "H2O2_m", "Trx1_red", "Trx2_red", "GSH_c", "NRF2", "NADPH_c", "Prx3_ox", "LOOH", "viability")
MOST_PANELS = 24


@styled
def timecourse(
    conditions: Mapping[str, xr.Dataset] | xr.Dataset,
    *,
    observe: Sequence[str | Sequence[str]] | None = None,
    doses: Sequence[DoseBar] = (),
    data: Sequence[Points] = (),
    bands: Mapping[str, xr.Dataset] | xr.Dataset | None = None,
    log: bool | None = None,
    narrow: bool = False,
    title: str | None = None,
    caption: str | None = None,
    note: str | None = None,
) -> Figure:
    """A figure of panels over time in hours.

    Parameters
    ----------
    conditions : results by name ("untreated" is drawn in grey), or one result. Variables have the dimension ``time``
        (seconds) and may have ``quantile`` or ``draw``, which become a band.
    observe : one entry per panel; an entry of several observables overlays them. By default the usual redox
        observables that are there, else all.
    doses : bars along the top, in hours.
    data : measured points, x in hours.
    bands : the same with draws, by the same names, drawn behind lines of the constants as they are.
    log : force log or linear axes for concentrations; by default log where the span needs it.
    narrow : a single panel half as wide as a page, so that two figures stand side by side.
    caption, note : small print along the bottom: what was done, and the grades of what it rests on.

    Raises
    ------
    DesignError : an unknown observable, units that do not fit, or an axis that must be picked first.
    """
    named = by_name(conditions)
    groups = _groups(named, observe)
    colours = condition_colours(named)
    behind = {} if bands is None else by_name(bands)
    panels = plan_panels(named, groups, data, log=log, bands=behind)
    start = min(float(hours(one).min()) for one in named.values())
    end = max(float(hours(one).max()) for one in named.values())
    if end <= start:
        raise DesignError("a time course needs at least two output times")

    columns = len(panels) if len(panels) <= 3 else 2 if len(panels) == 4 else 3
    rows = -(-len(panels) // columns)
    width = (HALF if narrow else 6.4) if columns == 1 else WIDEST
    inside = width / columns - 0.7  # of a panel, without its labels
    lines = bar_lines(doses, start=start, end=end, width=inside)
    legend = len(named) > 1 or bool(data) or bool(behind)
    keys = -(-(len(named) + 2) // (4 if width > HALF else 2)) if legend else 0  # lines of the legend, about
    strip = 0.22 * len(lines) + 0.06 if lines else 0.0
    tall = 2.9 if width == 6.4 else 2.1 if columns == 1 else 1.85 if columns == 2 else 1.5
    edges = around(width, title, [caption, note])
    figure = new_figure(width, 0.1 + edges + strip + tall * rows + 0.1 * legend + 0.22 * keys)
    grid = figure.add_gridspec(
        rows + bool(lines), columns, height_ratios=([strip] if lines else []) + [tall - 0.05] * rows
    )
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        axes = figure.add_subplot(grid[row + bool(lines), column])
        draw_course(axes, named, panel, colours=colours, points=data, inches=inside, bands=behind)
        lowest = number + columns >= len(panels)
        time_axis(axes, start, end, label=lowest)
        axes.tick_params(labelbottom=lowest)
    for column in range(columns if lines else 0):
        draw_bars(figure.add_subplot(grid[0, column]), lines, start=start, end=end, width=inside)
    handles: list[Artist] = []
    if legend:
        shown = [name for group in groups for name in group]
        spread = has_bands(named, shown) or (bool(behind) and has_bands(behind, shown))
        alone = all(len(panel.observables) == 1 for panel in panels)
        several = colours if len(named) > 1 else {"": next(iter(colours.values()))} if behind else {}
        handles += condition_handles(
            several, bands=spread, medians=bool(behind), dashes=alone,
            of=max(banded(named, behind, names=panel.observables) for panel in panels),
        )  # fmt: skip
        if data:
            handles.append(measured_handle(data[0].label))
    return finish(figure, title, [caption, note], handles)


def _groups(named: Mapping[str, xr.Dataset], observe: Sequence[str | Sequence[str]] | None) -> list[tuple[str, ...]]:
    there = dict.fromkeys(str(name) for one in named.values() for name in one.data_vars if _is_course(one[name]))
    if observe is None:
        usual = [name for name in USUAL if name in there]
        groups: list[tuple[str, ...]] = [(name,) for name in usual or there]
    else:
        groups = [(entry,) if isinstance(entry, str) else tuple(entry) for entry in observe]
        merged = xr.Dataset(dict.fromkeys(there, 0.0))
        for name in (name for group in groups for name in group):
            variable(merged, name)
    if not groups:
        raise DesignError("these results hold no observable over time")
    if len(groups) > MOST_PANELS:
        raise DesignError(f"{len(groups)} panels do not fit one figure", hint=f"name at most {MOST_PANELS} observables")
    return groups


def _is_course(array: xr.DataArray) -> bool:
    return "time" in array.dims and bool(np.issubdtype(array.dtype, np.number))
