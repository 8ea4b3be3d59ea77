"""``redoxsim dose-response``: one agent over a range of doses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.options import (
    Cell,
    Output,
    Solving,
    cell_options,
    data_option,
    draws_option,
    observe_option,
    output_options,
    solving_options,
)
from redoxsim.cli.result import run_study
from redoxsim.cli.talk import Talk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.report.marks import Points
    from redoxsim.study import ResultSet, Study


@click.command(
    "dose-response",
    cls=Verb,
    examples=(
        "redoxsim dose-response --agent auranofin",
        "redoxsim dose-response redox --agent auranofin --doses 1nM..10uM:log:24 --at 48h -o out.csv",
        "redoxsim dose-response --agent auranofin --with 'bso=100uM@-24h' --plot curve.svg --data measured.csv",
    ),
    help="One agent over a range of doses, with a Hill fit.\n\nMODEL is `redox` unless another is named. The untreated "
    "control is always among the doses. The fit gives EC50 (half of the curve's own span) and IC50 (half of the cells "
    "affected) with 95% intervals, and says where the data carry none.",
)
@click.argument("model", default="redox")
@click.option("--agent", required=True, metavar="AGENT", help="A name that `redoxsim agents` lists, or a file.")
@click.option("--doses", metavar="RANGE", help="LO..HI:log|lin:N or a comma list  [default: the agent's own].")
@click.option("--at", metavar="TIME", help="When to read  [default: 48h].")
@click.option("--given", metavar="TIMES", help="When the agent is given: 0h, -24h, 0h..6h, 0h,24h  [default: 0h].")
@click.option(
    "--with", "background", multiple=True, metavar="DOSE", help="A dose of another agent at every point. Repeatable."
)
@draws_option
@observe_option
@cell_options(usual=16)
@data_option
@output_options(plot=True)
@solving_options
def command(
    model: str,
    agent: str,
    doses: str | None,
    at: str | None,
    given: str | None,
    background: tuple[str, ...],
    draws: int,
    observe: tuple[str, ...],
    cell: Cell,
    data: Path | None,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.cli.overlay import need_figure

    need_figure(data, output)
    prepare = partial(
        study.dose_response.plan, model, agent=agent, doses=doses, at=at, given=given, with_=background,
        observe=observe or ("viability",), cell=cell.profile, values=cell.values, start=cell.start, cells=cell.cells,
        draws=draws, **solving.keywords(),
    )  # fmt: skip
    return run_study(
        lambda progress: prepare(progress=progress), solving=solving, output=output, talk=talk,
        figure=partial(_figure, data=data), say=fits_text,
    )  # fmt: skip


def fits_text(results: ResultSet) -> str:
    """The Hill fit of every readout, a line each."""
    return "\n".join(fit_text(results, name) for name in results.observables)


def fit_text(results: ResultSet, observe: str) -> str:
    """The Hill fit of a readout in one line."""
    from redoxsim.analysis.hill_result import Limit

    if bool((results.dataset["status"] != "OK").any()):
        return f"{observe}: no fit, some points failed"
    fit = results.fit(observe)
    unit = str(results.dataset[results.axes[0]].attrs.get("units", ""))
    if not fit.converged or fit.flat:
        return f"{observe}: no curve: {fit.message}"
    parts = []
    for name, title in (("ec50", "EC50"), ("ic50", "IC50")):
        value = getattr(fit, name)
        if name == "ic50" and value is Limit.NONE:
            continue
        text = str(value.value) if isinstance(value, Limit) else f"{value:.4g} {unit}"
        interval = fit.intervals.get(name)
        between = f" ({interval.level:.0%} {interval.low:.4g} to {interval.high:.4g})" if interval else ""
        parts.append(f"{title} {text}{between}")
    parts += [f"slope {fit.h:.3g}", f"from {fit.e0:.4g} to {fit.einf:.4g}"]
    return f"{observe}: {', '.join(parts)}" + (f"; {fit.message}" if fit.message not in ("", "converged") else "")


def _figure(study: Study, *, data: Path | None) -> Callable[[ResultSet], Figure]:
    from redoxsim.cli.overlay import points

    axis = study.axes[0]
    return partial(_draw, data=points(data, study.rows.setup, study.rows.observe, x=axis.name, unit=axis.unit))


def _draw(results: ResultSet, *, data: tuple[Points, ...]) -> Figure:
    from redoxsim.cli.overlay import exposures
    from redoxsim.report.experiments import caption, grades_note
    from redoxsim.report.figures.doseresponse import curve, dose_response

    agent = results.axes[0]
    axis = results.dataset[agent]
    curves = [
        curve(results.dataset, name, agent=agent, label=name, fit=results.fit(name, failed="drop"))
        for name in results.observables
    ]
    first = results.observables[0]
    return dose_response(
        curves,
        agent=str(axis.attrs.get("long_name") or agent),
        unit=str(axis.attrs.get("units", "uM")),
        effect=first if len(curves) == 1 else "readout",
        exposures=exposures(results),
        data=data,
        title=f"{axis.attrs.get('long_name') or agent}: {first} at {float(results.dataset['time']) / 3600:g} h",
        caption=caption(results),
        note=grades_note(results),
    )
