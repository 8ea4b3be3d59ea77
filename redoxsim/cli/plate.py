"""``redoxsim plate``: doses that would tell synergy from independent and from additive action."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.exits import wrong_use
from redoxsim.cli.options import Output, comma_list, output_options
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
    help="Doses of a plate that would tell synergy from no interaction.\n\nCURVES.csv holds the agents alone: two "
    "dose columns with units in the heads (the other agent at 0), or a file with one dose column for each agent; a row "
    "per well, untreated wells among them. Of all dilution series within the tested doses, those are taken with which "
    "the most combinations would show a gain in potency of --fold by their excess alone, over independence (Bliss) and "
    "over additive doses (Loewe). The plate is written in SynergyFinder's long form, `response` empty, with what is "
    "expected by either.",
)
@click.argument("curves", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CURVES.csv...")
@effect_options
@click.option("--doses", "number", type=click.IntRange(3), default=6, show_default=True, metavar="N",
              help="Non-zero doses of each agent.")  # fmt: skip
@click.option("--replicates", type=click.IntRange(1), default=3, show_default=True, metavar="N",
              help="Wells of every dose pair.")  # fmt: skip
@click.option("--fold", type=float, default=2.0, show_default=True,
              help="The synergy to be told: each dose acts as so many times as much when both are there.")  # fmt: skip
@click.option("--by", "metrics", multiple=True, metavar="NAME[,NAME]", callback=comma_list,
              help="References by which a combination has to tell: bliss, loewe  [default: both].")  # fmt: skip
@click.option("--noise", type=float, metavar="SD",
              help="Standard deviation of a well, as fraction affected  [default: scatter about the curves, 0.05 at "
              "least].")  # fmt: skip
@output_options(formats=("csv", "json", "table"), plot=True, methods=True)
def command(
    curves: tuple[Path, ...],
    effect: str | None,
    orientation: str | None,
    scale: str | None,
    number: int,
    replicates: int,
    fold: float,
    metrics: tuple[str, ...],
    noise: float | None,
    output: Output,
    talk: Talk,
) -> None:
    from redoxsim.analysis.plate_tests import TESTS
    from redoxsim.cli.result import put_methods, save_figure, write_table
    from redoxsim.report.methods_many import methods_of_plate
    from redoxsim.study.lab_plate import plate

    output.ready(terminal=sys.stdout.isatty())
    with wrong_use():
        found = plate(
            list(curves), effect=effect, orientation=orientation, scale=scale, number=number, replicates=replicates,
            noise=noise, fold=fold, metrics=metrics or TESTS,
        )  # fmt: skip
    write_table(found.to_dataframe(), output)
    talk.note(plate_text(found))
    if output.plot is not None:
        from redoxsim.report.figures.plate import plate as draw

        save_figure(draw(found.plate), output, talk)
    put_methods(lambda typed: methods_of_plate(found, typed), output, talk)
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")


def plate_text(found: PlannedPlate) -> str:
    """The plate in words: its series, what it would show and what was assumed."""
    import numpy as np

    from redoxsim.analysis.plate import NAMES

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
        f"potency with 80% power {made.by_words()} (two-sided 5%, noise of a well {made.noise:.2g}, {made.replicates} "
        f"replicate{'s' if made.replicates != 1 else ''})"
    )
    for name, one in made.tests.items():
        defined = int(np.isfinite(one.gain[1:, 1:]).sum())
        within = "" if defined == pairs else f" of the {defined} where it is defined"
        mean = f"{one.overall:.0%}" if defined else "none"
        lines.append(f"{NAMES[name]}: {one.telling} combinations{within} tell alone, their mean with {mean} power")
    if made.telling == 0:
        lines.append(
            "no combination tells alone: more replicates, or less noise, are needed for a synergy of that size"
        )
    return "\n".join([*lines, *made.remarks])
