"""``redoxsim export``: a model in a form that other tools read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_text
from redoxsim.cli.options import Output, settings_option, talk_options
from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError, SolveError

if TYPE_CHECKING:
    from redoxsim.network import Network

ENDINGS = {".xml": "sbml", ".sbml": "sbml", ".ant": "antimony", ".txt": "antimony"}


@click.command(
    "export",
    cls=Verb,
    examples=(
        "redoxsim export redox -o redox.xml",
        "redoxsim export my-model.xml --format antimony",
        "redoxsim export redox --agent auranofin --cell gsr-low -o with-auranofin.xml",
        "redoxsim export redox --set TXNRD1=0.4 --start given -o less-txnrd1.xml",
    ),
    help="A model as SBML or Antimony.\n\nSBML is Level 3 Version 2, with units and annotations. With --cell or --set "
    "a shipped model is written at the undosed steady state of those values, so that other tools start where "
    "`redoxsim simulate` does.",
)
@click.argument("model")
@click.option(
    "--format", "chosen", type=click.Choice(["sbml", "antimony"]), help="Default: from the ending of -o; else sbml."
)
@click.option(
    "--agent", "agents", multiple=True, metavar="AGENT", help="Add this agent's species and reactions. Repeatable."
)
@click.option("--cell", metavar="NAME", help="Set the values of this cell profile.")
@settings_option
@click.option(
    "--start", type=click.Choice(["steady", "given"]),
    help="Write the undosed steady state or the initial state as given  [default: steady for a shipped model with "
    "--cell or --set, else given]",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="Write here; '-' is stdout, the default.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@talk_options
def command(
    model: str,
    chosen: str | None,
    agents: tuple[str, ...],
    cell: str | None,
    values: dict[str, float | str],
    start: str | None,
    output: str | None,
    force: bool,
    talk: Talk,
) -> None:
    from pathlib import Path

    from redoxsim import network
    from redoxsim.report.files import check_free

    place = Output(path=output, force=force)
    if not place.to_stdout:
        check_free(str(output), force=force)
        ending = Path(str(output)).suffix.lower()
        if chosen is None and ending and ending not in ENDINGS:
            raise DesignError(f"no model format '{ending}'", hint=f"use {', '.join(ENDINGS)}, or say --format")
        chosen = chosen or ENDINGS.get(ending)
    found = changed(network.read(model), agents=agents, cell=cell, values=values, start=start)
    emit_text(network.write(found, format=chosen or "sbml"), place)
    if not place.to_stdout:
        talk.note(f"{model} written to {output}")


def changed(
    model: Network, *, agents: Sequence[str], cell: str | None, values: Mapping[str, float | str], start: str | None
) -> Network:
    """The model with a cell's and the user's values and with agents, at rest where that is wanted.

    Raises
    ------
    SolveError : the steady state was asked for and there is none.
    """
    from redoxsim import pharmacology
    from redoxsim.network import edit
    from redoxsim.network.compose import with_plain_numbers
    from redoxsim.study import prepare, steady

    found = model
    setup = prepare(model, cell=cell, values=values)
    if cell is not None or values:
        found = edit.set_values(found, setup.values)
    if start == "steady" or (start is None and setup.start == "steady" and found is not model):
        (state,) = steady(model, cell=cell, values=values, observe=()).states["up"]
        if not state.status.ok:
            raise SolveError(f"there is no steady state to write: {state.message or state.status.value}",
                             hint="--start given writes the initial state as it is in the file")  # fmt: skip
        found = edit.set_values(found, state.values)
    for name in agents:
        found = pharmacology.apply_agent(found, pharmacology.load_agent(name))
    # Numbers in an agent's formulas are pure numbers, as in our models; SBML must be told so to check its units.
    return with_plain_numbers(found) if agents and setup.metadata is not None else found
