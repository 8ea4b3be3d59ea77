"""``redoxsim validate``: the model against published observations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit, wrong_use
from redoxsim.cli.options import Output, Solving, comma_list, output_options, solving_options
from redoxsim.cli.talk import Progress, Talk, plural

if TYPE_CHECKING:
    from redoxsim.study import Setup
    from redoxsim.study.observations import Scoreboard


@click.command(
    "validate",
    cls=Verb,
    examples=(
        "redoxsim validate",
        "redoxsim validate --only A01,C09 --all",
        "redoxsim validate mine.toml -o scores.csv --plot scores.png",
    ),
    help="The model against published observations: a scoreboard.\n\nFILE holds observations (a .toml, or a folder of "
    "them); without one the shipped observations are taken. Observations read in their source and those recalled are "
    "counted apart; those whose value is an input of the model are not counted. Exit code 1 if an observation could "
    "not be run.",
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--model", metavar="MODEL", help="A model in place of the one that each observation names.")
@click.option("--only", multiple=True, metavar="ID[,ID]", callback=comma_list, help="Only these observations.")
@click.option("--all", "everything", is_flag=True, help="List what agrees too, not only what does not.")
@output_options(formats=("csv", "json", "table"), plot=True, methods=True)
@solving_options
def command(
    file: Path | None,
    model: str | None,
    only: tuple[str, ...],
    everything: bool,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim.cli.result import put_methods, save_figure, undisturbed
    from redoxsim.report.methods_many import methods_of_validation
    from redoxsim.report.scoreboard import HEADS, counts_text, scoreboard_rows, scoreboard_text
    from redoxsim.study.engine import interruptible
    from redoxsim.study.experiment_runs import HowTo
    from redoxsim.study.observations import load_observations
    from redoxsim.study.validation import validate

    output.ready(terminal=sys.stdout.isatty())
    with wrong_use():
        board = load_observations(file)
        if only:
            board = board.only(only)
    runs = sum(len(one.run) for one in board.observations if one.expect)
    if solving.dry_run:
        talk.note(f"{plural(len(board.observations), 'observation')}, {plural(runs, 'run')}: nothing was solved")
        return Exit.GOOD
    how = HowTo(solver=solving.solver, rtol=solving.rtol, atol=solving.atol)
    progress = Progress()
    with talk.progress("observations", progress), interruptible() as stop:
        found = validate(
            board, model=model, how=how, cancel=stop,
            told=lambda done, total, name: _told(progress, done, total, name),
        )  # fmt: skip
    with undisturbed():
        if output.path is not None or output.format is not None or not sys.stdout.isatty():
            emit_rows(scoreboard_rows(found), output, schema="validation/1", columns=HEADS)
    talk.note(scoreboard_text(found, all_rows=everything))
    talk.note(f"\n{counts_text(found)}")
    for row in found.rows:
        if row.trouble:
            talk.note(f"{row.observation.id}: {row.trouble}")
    if output.plot is not None and not found.interrupted:
        from redoxsim.report.figures.scoreboard import scoreboard

        if any(row.counts and row.judged for row in found.rows):
            save_figure(scoreboard(found), output, talk)
        else:
            talk.note("No figure: no observation that counts was run.")
    put_methods(lambda typed: methods_of_validation(found, used_setups(board, model), typed), output, talk)
    if found.interrupted:
        talk.note("Interrupted; what was not run says so.")
        return Exit.INTERRUPTED
    return Exit.PARTIAL if any(row.trouble for row in found.rows) else Exit.GOOD


def used_setups(board: Scoreboard, model: str | None) -> dict[str, Setup]:
    """Each model of the observations with every agent that they dose in it."""
    from redoxsim.study.experiment_runs import dosed
    from redoxsim.study.setup import prepare

    agents: dict[str, set[str]] = {}
    for one in board.observations:
        for run in one.run if one.expect else ():
            agents.setdefault(model or run.model or one.model, set()).update(dosed(run))
    return {name: prepare(name, agents=sorted(given)) for name, given in agents.items()}


def _told(progress: Progress, done: int, total: int, name: str) -> None:
    progress(done, 0, total)
    if name:
        progress.rename(f"observation {name}")
