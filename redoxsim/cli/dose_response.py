"""``redoxsim dose-response``: one agent over a range of doses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.options import (
    Cell,
    Output,
    Solving,
    cell_options,
    data_option,
    draws_option,
    model_argument,
    observe_option,
    output_options,
    solving_options,
    with_option,
    with_usual_draws,
)
from redoxsim.cli.result import run_study
from redoxsim.cli.talk import Talk
from redoxsim.cli.window import asked, read_off, run_window, window_options
from redoxsim.errors import DesignError, FitError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.report.marks import Points
    from redoxsim.study import ResultSet, Study

RESPONSES = ("viability", "survival", "affected", "gr")
AT = "24h,48h,72h"
WINDOW_AT = "48h"


@click.command(
    "dose-response",
    cls=Verb,
    examples=(
        "redoxsim dose-response --agent auranofin",
        "redoxsim dose-response redox --agent auranofin --doses 1nM..10uM:log:24 --at 48h -o out.csv",
        "redoxsim dose-response --agent auranofin --with 'bso=100uM@-24h' --plot curve.svg --data measured.csv",
        "redoxsim dose-response --agent auranofin --response gr --draws 0   # growth rates; a first picture at once",
        "redoxsim dose-response --agent auranofin --window --against normal --at 48h --plot window.png",
    ),
    help="One agent over a range of doses, with a Hill fit.\n\nMODEL is `redox` unless another is named. The untreated "
    "control is always among the doses. The fit gives EC50 (half of the curve's own span) and IC50 (half of the cells "
    "affected) at each time, with intervals over the draws, and says where the data carry none. GR values (growth rate "
    "over untreated growth rate) stand beside viability where the model counts live cells.",
)
@model_argument
@click.option("--agent", required=True, metavar="AGENT", help="A name that `redoxsim agents` lists, or a file.")
@click.option("--doses", metavar="RANGE", help="LO..HI:log|lin:N or a comma list  [default: the agent's own].")
@click.option("--at", metavar="TIME", help=f"When to read, a time or a comma list  [default: {AT}].")
@click.option("--given", metavar="TIMES", help="When the agent is given: 0h, -24h, 0h..6h, 0h,24h  [default: 0h].")
@with_option
@click.option(
    "--response",
    type=click.Choice(RESPONSES),
    help="What is fitted and drawn: viability, survival, fraction affected (1 - viability), GR  [default: viability].",
)
@window_options
@draws_option()
@observe_option
@cell_options(usual=16)
@data_option
@output_options(plot=True, methods=True)
@solving_options
def command(
    model: str,
    agent: str,
    doses: str | None,
    at: str | None,
    given: str | None,
    background: tuple[str, ...],
    response: str | None,
    window: bool,
    against: str | None,
    draws: int | None,
    observe: tuple[str, ...],
    cell: Cell,
    data: Path | None,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.cli.overlay import need_figure
    from redoxsim.study.responses import needed

    need_figure(data, output)
    if response and observe:
        raise DesignError("--response and --observe both say what is read", hint="give one of them")
    if asked(window, against):
        if response or data is not None:
            raise DesignError("--window reads survival in two cells", hint="leave out --response and --data")
        return run_window(
            partial(
                study.dose_response.plan, model, agent=agent, doses=doses, at=at or WINDOW_AT, given=given,
                with_=background, observe=read_off(observe), values=cell.values, start=cell.start, cells=cell.cells,
                draws=draws or 0, **solving.keywords(),
            ),
            against=against, draws=draws, cell=cell, output=output, solving=solving, talk=talk,
        )  # fmt: skip
    read = observe or needed([response or "viability"])
    prepare = partial(
        study.dose_response.plan, model, agent=agent, doses=doses, at=at or AT, given=given, with_=background,
        observe=read, responses=None if response in (None, "viability", "survival") and not observe else
        [response] if response else (), cell=cell.profile, values=cell.values, start=cell.start, cells=cell.cells,
        draws=draws or 0, **solving.keywords(),
    )  # fmt: skip
    shown = (response,) if response else tuple(read)
    return run_study(
        lambda progress: with_usual_draws(prepare(progress=progress), draws, cell),
        solving=solving, output=output, talk=talk, figure=partial(_figure, data=data, shown=shown),
        say=partial(fits_text, shown=shown),
    )  # fmt: skip


def fits_text(results: ResultSet, shown: tuple[str, ...] | None = None) -> str:
    """The fit of every readout and response at every time, a line each."""
    names = dict.fromkeys((*(shown or results.observables), *results.responses))
    return "\n".join(line for name in names for line in fit_lines(results, name))


def fit_lines(results: ResultSet, name: str) -> list[str]:
    """The fit of a readout or response, a line for each time after 0 h."""
    import numpy as np

    if not results.whole:
        return [f"{name}: no fit, some points failed"]
    said = results.array(name).attrs.get("note")
    if said:
        return [f"{name}: no curve: {said}"]
    words = gr_text if name == "gr" else fit_text
    times = [float(one) for one in np.atleast_1d(results.array("time").numbers)]
    found = []
    for time in times:
        if time > 0.0:
            try:
                _, _, text = words(results, name, at=f"{time!r} s").partition(": ")
            except FitError as error:
                text = f"no curve: {error.message}"
            found.append(f"{name} at {time / 3600:g} h: {text}")
    return found


def gr_text(results: ResultSet, name: str, *, at: str | None = None) -> str:
    """GR metrics in one line."""
    from redoxsim.analysis.hill_result import Limit
    from redoxsim.study import gr

    fit = gr(results, at=at)
    unit = results.array(results.axes[0]).units
    parts = []
    for key, title in (("gr50", "GR50"), ("grmax", "GRmax"), ("graoc", "GRAOC")):
        value = getattr(fit, key)
        if value is Limit.NONE or value != value:
            continue  # one dose has no area over its curve
        text = str(value.value) if isinstance(value, Limit) else f"{value:.4g}" + f" {unit}" * (key == "gr50")
        between = fit.intervals.get(key)
        parts.append(text_of(title, text, between))
    return f"{name}: {', '.join(parts)}" + (f"; {fit.message}" if fit.message not in ("", "converged") else "")


def text_of(title: str, text: str, between: Any) -> str:
    """A number with its interval in words."""
    return f"{title} {text}" + (f" ({between.level:.0%} {between.low:.4g} to {between.high:.4g})" if between else "")


def fit_text(results: ResultSet, observe: str, *, at: str | None = None) -> str:
    """The Hill fit of a readout in one line."""
    from redoxsim.analysis.hill_result import AT_LIMIT, Limit

    fit = results.fit(observe, at=at)
    unit = results.array(results.axes[0]).units
    if not fit.converged or fit.flat:
        return f"{observe}: no curve: {fit.message}"
    parts = []
    for name, title in (("ec50", "EC50"), ("ic50", "IC50")):
        value = getattr(fit, name)
        if name == "ic50" and value is Limit.NONE:
            continue
        text = str(value.value) if isinstance(value, Limit) else f"{value:.4g} {unit}"
        parts.append(text_of(title, text, fit.intervals.get(name)))
    parts.append(text_of("slope", AT_LIMIT if "h" in fit.at_bound else f"{fit.h:.3g}", fit.intervals.get("h")))
    ends = (text_of("", f"{getattr(fit, name):.4g}", fit.intervals.get(name)).strip() for name in ("e0", "einf"))
    parts.append(f"from {' to '.join(ends)}")
    return f"{observe}: {', '.join(parts)}" + (f"; {fit.message}" if fit.message not in ("", "converged") else "")


def _figure(study: Study, *, data: Path | None, shown: tuple[str, ...]) -> Callable[[ResultSet], Figure]:
    from redoxsim.cli.overlay import points

    axis = study.axes[0]
    return partial(
        _draw, shown=shown, data=points(data, study.rows.setup, study.rows.observe, x=axis.name, unit=axis.unit)
    )


def _draw(results: ResultSet, *, data: tuple[Points, ...], shown: tuple[str, ...]) -> Figure:
    import numpy as np

    from redoxsim.cli.overlay import exposures
    from redoxsim.report.figures.dosecurve import curve
    from redoxsim.report.figures.doseresponse import dose_response
    from redoxsim.report.names import show_unit, title_of
    from redoxsim.report.small_print import caption, grades_note
    from redoxsim.study.responses import AXES, needed

    agent = results.axes[0]
    axis = results.dataset[agent]
    unit = str(axis.attrs.get("units", "uM"))
    times = [float(one) for one in np.atleast_1d(results.dataset["time"]) if float(one) > 0.0]
    banded = times[len(times) // 2]
    words = {
        name: AXES[name].partition(" (")[0] if name in AXES else title_of(name, results.dataset[name].attrs)
        for name in shown
    }
    curves = []
    for name in shown:
        for time in times:
            one = results.dataset.sel(time=time) if "time" in results.dataset.dims else results.dataset
            at = f"{time / 3600:g} h"
            label = words[name] if len(times) == 1 else at if len(shown) == 1 else f"{words[name]}, {at}"
            fit = None if name == "gr" else results.fit(name, at=f"{time!r} s", failed="drop")
            if name == "gr" and results.ok and bool(one[name].notnull().all()) and "note" not in one[name].attrs:
                told = gr_text(results, name, at=f"{time!r} s").removeprefix("gr: ").partition(";")[0]
                label += "\n" + told.replace(", ", "\n").replace(f" {unit}", f" {show_unit(unit)}") + "\n"
            drawn = curve(one, name, agent=agent, label=label, fit=fit)
            # bands of several times lie over one another: one is enough, the table has them all
            curves.append(drawn if time == banded else replace(drawn, low=None, high=None))
    first = shown[0]
    hours = ", ".join(f"{time / 3600:g}" for time in times)
    effect, meaning = words[first], AXES.get(first, "").partition(" (")[2]
    small = [caption(results)]
    if len(shown) == 1 and meaning:
        small.append(f"{effect}: {meaning.removesuffix(')')}.")
    if len(times) > 1 and curves[-1].low is None and any(one.low is not None for one in curves):
        small.append(f"Band at {banded / 3600:g} h.")
    return dose_response(
        curves,
        agent=str(axis.attrs.get("long_name") or agent),
        unit=unit,
        effect=effect if len(shown) == 1 else "readout",
        effect_range=(-1.0, 1.0) if shown == ("gr",) else None,
        exposures=exposures(results),
        data=data,
        title=f"{axis.attrs.get('long_name') or agent}: {', '.join(words.values())} at {hours} h",
        caption=" ".join(small),
        note=grades_note(results, [name for one in shown for name in (needed([one]) if one in AXES else [one])]),
    )
