"""``redoxsim schedule``: effect against the order and delay of two agents."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from redoxsim.cli.combine import read_agents
from redoxsim.cli.command import Verb
from redoxsim.cli.options import (
    Cell,
    Output,
    Solving,
    agents_option,
    cell_options,
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
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.study import ResultSet


@click.command(
    "schedule",
    cls=Verb,
    examples=(
        "redoxsim schedule --agent auranofin=1uM --agent bso=100uM",
        "redoxsim schedule redox --agent auranofin=0.5uM,1uM,2uM --agent bso=30uM,100uM \\",
        "         --delays -24h,-12h,0h,12h,24h --at 72h -o map.csv --plot map.png",
        "redoxsim schedule --agent auranofin=1uM --agent bso=100uM --draws 0 --plot map.png   # at once, no intervals",
    ),
    help="Effect against the order and delay of two agents.\n\nMODEL is `redox` unless another is named. The agent "
    "that comes first is given at 0 h, the other one |delay| later; a negative delay means that the second agent comes "
    "first. All is read at one time after the first dose. The Bliss excess is over the two agents alone, each given at "
    "its own time, so that a shorter exposure alone makes no excess.",
)
@model_argument
@agents_option(metavar="AGENT=DOSES", text="Twice; DOSES is one amount, a comma list or LO..HI:log|lin:N, with units.")
@click.option(
    "--delays", metavar="TIMES",
    help="Delays of the second agent after the first, a comma list or LO..HI:lin:N  "
    "[default: -48h,-24h,-12h,-6h,0h,6h,12h,24h,48h].",
)  # fmt: skip
@click.option("--at", metavar="TIME", help="When to read, after the first dose  [default: 96h].")
@with_option
@draws_option()
@observe_option
@cell_options(usual=16)
@output_options(plot=True, methods=True)
@solving_options
def command(
    model: str,
    agents: tuple[str, ...],
    delays: str | None,
    at: str | None,
    background: tuple[str, ...],
    draws: int | None,
    observe: tuple[str, ...],
    cell: Cell,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.study.schedules import AT, DELAYS

    names, doses, times = read_agents(agents)
    if times:
        name, when = next(iter(times.items()))
        raise DesignError(f"'{name}' is given at {when}", hint="a schedule map sets the times itself: see --delays")
    prepare = partial(
        study.schedule_map.plan, model, agents=names, doses=doses, delays=delays or DELAYS, at=at or AT,
        with_=background, observe=observe or "viability", cell=cell.profile, values=cell.values, start=cell.start,
        cells=cell.cells, draws=draws or 0, **solving.keywords(),
    )  # fmt: skip
    return run_study(
        lambda progress: with_usual_draws(prepare(progress=progress), draws, cell),
        solving=solving, output=output, talk=talk, figure=lambda study: _draw, say=schedule_text,
    )  # fmt: skip


def schedule_text(results: ResultSet) -> str:
    """The best and the worst delay of every pair of doses, by the readout and by its Bliss excess, a line each."""
    import numpy as np

    from redoxsim.report.names import unit_of
    from redoxsim.study.results import ORIENTATIONS

    data = results.dataset.sel(quantile=0.5) if "quantile" in results.dataset.dims else results.dataset
    first, second, _ = results.axes
    name = next((one for one in results.observables if one in ORIENTATIONS), None)
    if name is None or data[name].ndim != 3:
        return ""
    delays = np.asarray(data["delay"], dtype=float)
    lines = []
    for i, j in np.ndindex(data.sizes[first], data.sizes[second]):
        doses = [float(data[first][i]), float(data[second][j])]
        effect = np.asarray(data[name][i, j], dtype=float)
        excess = np.asarray(data["bliss_excess"][i, j], dtype=float)
        if min(doses) <= 0.0 or not np.isfinite(effect).all():
            continue
        least, most = int(np.argmin(effect)), int(np.argmax(effect))
        top = int(np.argmax(excess))
        words = ", ".join(
            f"{axis} {dose:.3g} {unit_of(data[axis].attrs)}" for axis, dose in zip((first, second), doses, strict=True)
        )
        lines.append(
            f"{words}: {name} {effect[least]:.3f} at a delay of {delays[least]:+g} h to {effect[most]:.3f} at "
            f"{delays[most]:+g} h; Bliss excess at most {excess[top]:+.3f}, at {delays[top]:+g} h"
        )
    lines.append(f"delay: {second} after {first}; a negative one means that {second} comes first")
    lines.append(str(data["bliss_excess"].attrs["sign"]))
    return "\n".join(lines)


def _draw(results: ResultSet) -> Figure:
    from redoxsim.report.conditions import target_name
    from redoxsim.report.figures.schedule import schedule
    from redoxsim.report.small_print import caption, grades_note
    from redoxsim.study.results import ORIENTATIONS

    first, second, _ = results.axes
    name = next((one for one in results.observables if one in ORIENTATIONS), results.observables[0])
    hours = float(results.dataset["time"]) / 3600.0
    return schedule(
        results.dataset,
        observable=name,
        title=f"{target_name(first)} and {target_name(second)}: {name} at {hours:g} h against order and delay",
        caption=caption(results),
        note=grades_note(results, [name]),
    )
