"""``redoxsim sensitivity``: which constants carry an answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import (
    Cell,
    Output,
    Solving,
    cell_options,
    comma_list,
    dose_option,
    observe_option,
    output_options,
    solving_options,
)
from redoxsim.cli.talk import Progress, Talk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.study import SensitivityTable

TOLD = 3
"""Constants that the last lines name for each readout."""


@click.command(
    "sensitivity",
    cls=Verb,
    examples=(
        "redoxsim sensitivity --dose auranofin=1uM --observe viability,GSH_c --plot gains.png",
        "redoxsim sensitivity redox --method morris --dose auranofin=1uM -o morris.csv",
        "redoxsim sensitivity gsh --method sobol --observe GSH_c --vary VGCL,KmGCL_Glu,kGSHexp --at 24h",
    ),
    help="Which constants carry an answer.\n\nMODEL is `redox` unless another is named. `local` gives the log gain of "
    "every readout to every constant (2 is: one percent more of the constant, two percent more of the readout), "
    "`morris` and `sobol` look over the whole ranges. The last lines say which measurement would narrow each readout "
    "most. morris and sobol need the library SALib.",
)
@click.argument("model", default="redox")
@click.option(
    "--method", type=click.Choice(["local", "morris", "sobol"]), default="local", show_default=True,
    help="local: around the values as they are; morris: screening over the ranges; sobol: shares of variance.",
)  # fmt: skip
@click.option(
    "--vary", multiple=True, metavar="ID[,ID]", callback=comma_list,
    help="Constants to vary  [default: all; morris: those with a range; sobol: the twelve of these that spread most].",
)  # fmt: skip
@click.option(
    "--samples", type=click.IntRange(2), metavar="N",
    help="Trajectories of morris  [default: 16], base samples of sobol, a power of two  [default: 256].",
)  # fmt: skip
@click.option("--at", default="48h", show_default=True, metavar="TIME", help="When to read.")
@dose_option
@observe_option
@cell_options(usual=1)
@output_options(formats=("csv", "json", "table"), plot=True, methods=True)
@solving_options
def command(
    model: str,
    method: Literal["local", "morris", "sobol"],
    vary: tuple[str, ...],
    samples: int | None,
    at: str,
    doses: tuple[str, ...],
    observe: tuple[str, ...],
    cell: Cell,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.cli.cost import dry_run
    from redoxsim.cli.result import note_setups, processes, save_figure, undisturbed, write_methods
    from redoxsim.study.plan import Study
    from redoxsim.study.sensitivities import COLUMNS, SensitivityPlan

    output.ready(terminal=sys.stdout.isatty())
    progress = Progress()

    def prepare(jobs: int) -> SensitivityPlan:
        made: Any = study.sensitivity.plan(
            model, observe=observe or "viability", at=at, doses=doses, method=method, parameters=vary or None,
            samples=samples, cell=cell.profile, values=cell.values, start=cell.start, cells=cell.cells, jobs=jobs,
            progress=progress, **solving.keywords(),
        )  # fmt: skip
        assert isinstance(made, SensitivityPlan)
        return made

    plan = prepare(processes(solving, 1 << 30))
    assert isinstance(plan.study, Study)
    talk.detail("model read and checked, equations built")
    note_setups([plan.study.rows.setup], talk)
    if solving.dry_run:
        dry_run([plan.study], output=output, talk=talk)
        return Exit.GOOD
    with talk.progress("solving", progress):
        table = plan.run()
    heads = ("readout", "constant", *COLUMNS[method], "value", "unit", "low", "high", "grade", "name")
    with undisturbed():
        emit_rows(_short(table.rows, output), output, schema="sensitivity/1", columns=heads)
    talk.note(said(table))
    if output.plot is not None:
        save_figure(_draw(table, doses), output, talk)
    kind = {
        "local": f"Sensitivities are log gains by central differences (steps of {plan.step:g} in the logarithm).",
        "morris": f"Sensitivities are Morris indices ({plan.samples} trajectories, SALib).",
        "sobol": f"Sensitivities are Sobol indices ({plan.samples} base samples, SALib).",
    }[method]
    write_methods(plan.study.rows.setup, output, talk, more=[kind, f"{table.summary}."])
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")
    talk.note(table.summary)
    return Exit.GOOD


def _short(rows: Any, output: Output) -> list[Any]:
    """On a terminal the twenty largest of each readout; in files all."""
    if not (output.to_stdout and output.chosen(terminal=sys.stdout.isatty()) == "table"):
        return list(rows)
    counts: dict[str, int] = {}
    found = []
    for row in rows:
        counts[row["readout"]] = counts.get(row["readout"], 0) + 1
        if counts[row["readout"]] <= 20:
            found.append(row)
    return found


def said(table: SensitivityTable) -> str:
    """What would narrow each readout most, a line each."""
    lines = []
    for readout in table.observe:
        rows = {str(row["constant"]): row for row in table.of(readout)}
        best = table.narrows(readout)[:TOLD]
        if not best:
            largest = ", ".join(list(rows)[:TOLD])
            lines.append(
                f"{readout}: moved most by {largest}" if table.method == "morris" else f"{readout}: nothing varies"
            )
            continue
        words = [f"{name} ({share:.0%}, grade {rows[name]['grade']})" for name, share in best]
        lines.append(
            f"{readout}: measuring {words[0]} would narrow it most"
            + f", then {', '.join(words[1:])}" * (len(words) > 1)
        )
    return "\n".join(lines)


def _draw(table: SensitivityTable, doses: tuple[str, ...]) -> Figure:
    from redoxsim.report.conditions import dose_words
    from redoxsim.report.figures.sensitivity import sensitivity
    from redoxsim.study.sensitivities import RANKED

    made = table.provenance
    dosed = f", {', '.join(map(dose_words, doses))}" if doses else ""
    low = {"local": "ends: the gains up and down alone", "morris": "ends: 95%", "sobol": "ends: 95%"}[table.method]
    return sensitivity(
        {readout: table.of(readout) for readout in table.observe},
        by=RANKED[table.method],
        units=table.units,
        title=f"{made['model']['id']}: sensitivity at {table.seconds / 3600:g} h{dosed}",
        caption=f"Model {made['model']['id']}; {low}; {table.summary}.",
    )
