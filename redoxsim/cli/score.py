"""``redoxsim score``: synergy scores of laboratory data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.exits import wrong_use
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.scores import chosen_scores, effect_options, isobole_option, isoboles_text, mapped_score, score_option
from redoxsim.cli.talk import Talk, plural
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from redoxsim.study import LabScores
    from redoxsim.study.lab import Block


@click.command(
    "score",
    cls=Verb,
    examples=(
        "redoxsim score plate.csv --effect viability",
        "redoxsim score plate.csv --effect response --orientation inhibition --scale fraction -o scores.csv",
    ),
    help="Synergy scores of laboratory data; no model.\n\nDATA.csv has a dose column per agent with its unit in the "
    "head (`auranofin [uM]`) and the effect in a column, a row per well; or SynergyFinder's long form, old or new. "
    "Which way up the effect is, is read from the untreated wells where nobody says, and refused where they do not "
    "tell: a wrong guess turns synergy into antagonism.",
)
@click.argument("data", type=click.Path(path_type=Path))
@effect_options
@click.option("--agents", metavar="COLUMN,COLUMN", help="The dose columns, where their heads carry no unit.")
@click.option("--block", metavar="ID", help="Of a long form, this combination alone; a figure shows one.")
@score_option
@isobole_option
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, metavar="N", help="Seed of the intervals."
)
@output_options(plot=True, methods=True)
def command(
    data: Path,
    effect: str | None,
    orientation: str | None,
    scale: str | None,
    agents: str | None,
    block: str | None,
    score: tuple[str, ...],
    isoboles: tuple[float, ...],
    seed: int,
    output: Output,
    talk: Talk,
) -> None:
    from redoxsim import study
    from redoxsim.cli.result import put_methods, write_table
    from redoxsim.report.methods_many import methods_of_scores
    from redoxsim.report.scored import scores_text

    output.ready(terminal=sys.stdout.isatty())
    with wrong_use():
        found = study.score(
            data, effect=effect, orientation=orientation, scale=scale, metrics=chosen_scores(score), seed=seed,
            agents=[name.strip() for name in agents.split(",")] if agents else None, block=block,
        )  # fmt: skip
    if output.plot is not None:
        _drawable(found)
    write_table(_frame(found), output)
    talk.note(found.reading)
    for one in found.blocks:
        title = " x ".join(one.agents) + (f" (block {one.id})" if one.id else "")
        talk.note(f"{title}\n{scores_text(map(one.resampled, one.tables))}")
        if one.intervals:
            talk.note("\n".join(interval_lines(one)))
        if one.note:
            talk.note(one.note)
        for text in one.remarks:
            talk.note(f"Warning: {text}")
        if isoboles:
            _say_isoboles(one, isoboles, talk)
    if output.plot is not None:
        _draw(found, isoboles or (0.5,), output, talk)
    put_methods(lambda typed: methods_of_scores(found, typed, seed=seed), output, talk)
    talk.note(f"{plural(len(found), 'combination')} scored")


def _frame(found: LabScores) -> object:
    import pandas as pd

    frames = [block.to_dataframe().assign(**({"block_id": block.id} if block.id else {})) for block in found.blocks]
    return pd.concat(frames, ignore_index=True)


def interval_lines(block: Block) -> list[str]:
    """The mean of every score with its interval from resampled replicates, and how many cells are told from none."""
    lines = []
    for one in block.intervals.values():
        low, high = one.summary["mean"]
        table = one.table
        if not table.summary.defined:
            continue
        told = int((one.significant & table.defined).sum())
        between = f"95% {low:.3f} to {high:.3f}" if low == low and high == high else "no interval"
        lines.append(
            f"{table.title}, mean: {table.summary.mean:.3f} ({between}); {told} of "
            f"{table.summary.defined} cells told from {table.neutral:g}, {one.draws} resamples of the replicates"
            + (f"; {one.note}" if one.note else "")
        )
    return lines


def _say_isoboles(block: Block, levels: tuple[float, ...], talk: Talk) -> None:
    from redoxsim.analysis import EffectGrid

    mean = block.data.mean()
    if len(mean.doses) != 2:
        raise DesignError("an isobole is a line of dose pairs: it needs two agents", hint="leave out --isobole")
    grid = EffectGrid(
        *mean.doses, mean.effect, orientation=mean.orientation, scale=mean.scale, agents=mean.agents,
        dose_units=mean.dose_units, failed=mean.failed, margin=mean.margin,
    )  # fmt: skip
    talk.note(isoboles_text(grid, levels))


def _drawable(found: LabScores) -> None:
    """Refuse a figure that cannot be drawn before anything is written."""
    if len(found) != 1:
        ids = ", ".join(block.id for block in found.blocks)
        raise DesignError(f"the table holds {len(found)} combinations; a figure shows one", hint=f"--block, of {ids}")
    if len(found[0].agents) != 2:
        raise DesignError("a synergy figure needs two agents", hint="leave out --plot: the table tells of three")


def _draw(found: LabScores, levels: tuple[float, ...], output: Output, talk: Talk) -> None:
    from redoxsim.cli.result import save_figure
    from redoxsim.report.figures.synergy import synergy

    block = found[0]
    figure = synergy(
        block.dataset(),
        orientation=block.data.orientation,
        scale=block.data.scale,
        observable=block.effect,
        scores={name: block.resampled(name) for name in block.tables},
        mapped=mapped_score(tuple(block.tables)),
        levels=levels,
        title=f"{' and '.join(block.agents)}: {block.effect}",
        caption=f"Measured: {Path(str(block.source)).name}." if block.source else None,
        intervals=block.intervals,
        note=None if block.intervals else block.note or None,
    )
    save_figure(figure, output, talk)
