"""``redoxsim plate``: doses that would tell synergy from independent action."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.exits import wrong_use
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.scores import effect_options
from redoxsim.cli.talk import Talk

if TYPE_CHECKING:
    from redoxsim.study.lab_plate import PlannedPlate


@click.command(
    "plate",
    cls=Verb,
    examples=(
        "redoxsim plate curves.csv -o plate.csv",
        "redoxsim plate auranofin.csv bso.csv --doses 8 --replicates 4 --fold 1.5 -o plate.csv --plot plate.png",
        "redoxsim score plate.csv --effect response   # once the column `response` is filled in",
    ),
    help="Doses of a plate that would tell synergy from independent action.\n\nCURVES.csv holds the agents alone: two "
    "dose columns with units in the heads (the other agent at 0), or a file with one dose column for each agent; a row "
    "per well, untreated wells among them. Of all dilution series within the tested doses, those are taken with which "
    "the most combinations would show a gain in potency of --fold by their Bliss excess alone. The plate is written in "
    "SynergyFinder's long form, `response` empty, `expected` under independent action.",
)
@click.argument("curves", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CURVES.csv...")
@effect_options
@click.option("--doses", "number", type=click.IntRange(3), default=6, show_default=True, metavar="N",
              help="Non-zero doses of each agent.")  # fmt: skip
@click.option("--replicates", type=click.IntRange(1), default=3, show_default=True, metavar="N",
              help="Wells of every dose pair.")  # fmt: skip
@click.option("--fold", type=float, default=2.0, show_default=True,
              help="The synergy to be told: each dose acts as so many times as much when both are there.")  # fmt: skip
@click.option("--noise", type=float, metavar="SD",
              help="Standard deviation of a well, as fraction affected  [default: scatter about the curves, 0.05 at "
              "least].")  # fmt: skip
@output_options(formats=("csv", "json", "table"), plot=True)
def command(
    curves: tuple[Path, ...],
    effect: str | None,
    orientation: str | None,
    scale: str | None,
    number: int,
    replicates: int,
    fold: float,
    noise: float | None,
    output: Output,
    talk: Talk,
) -> None:
    from redoxsim.cli.result import save_figure, write_table
    from redoxsim.study.lab_plate import plate

    output.ready(terminal=sys.stdout.isatty())
    with wrong_use():
        found = plate(
            list(curves), effect=effect, orientation=orientation, scale=scale, number=number, replicates=replicates,
            noise=noise, fold=fold,
        )  # fmt: skip
    write_table(found.to_dataframe(), output)
    talk.note(plate_text(found))
    if output.plot is not None:
        from redoxsim.report.figures.plate import plate as draw

        save_figure(draw(found.plate), output, talk)
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")


def plate_text(found: PlannedPlate) -> str:
    """The plate in words: its series, what it would show and what was assumed."""
    made = found.plate
    lines = [found.reading]
    for agent, axis in zip(made.agents, made.doses, strict=True):
        step = (axis[-1] / axis[1]) ** (1.0 / (axis.size - 2))
        effects = agent.affected(axis)
        lines.append(
            f"{agent.name}: {', '.join(f'{dose:g}' for dose in axis[1:])} {agent.unit} ({step:.3g}-fold steps; "
            f"{effects[1]:.2f} to {effects[-1]:.2f} affected alone)"
        )
    pairs = (made.doses[0].size - 1) * (made.doses[1].size - 1)
    lines.append(
        f"{made.wells} wells; of {pairs} combinations {made.telling} would each show a {made.fold:g}-fold gain in "
        f"potency with 80% power by their Bliss excess, the mean over all with {made.overall:.0%} (two-sided 5%, noise "
        f"of a well {made.noise:.2g}, {made.replicates} replicate{'s' if made.replicates != 1 else ''})"
    )
    if made.telling == 0:
        lines.append(
            "no combination tells alone: more replicates, or less noise, are needed for a synergy of that size"
        )
    return "\n".join([*lines, *made.remarks])
