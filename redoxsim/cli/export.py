"""``redoxsim export``: a model in a form that other tools read."""

from __future__ import annotations

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_text
from redoxsim.cli.options import Output, talk_options
from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError

ENDINGS = {".xml": "sbml", ".sbml": "sbml", ".ant": "antimony", ".txt": "antimony"}


@click.command(
    "export",
    cls=Verb,
    examples=(
        "redoxsim export redox -o redox.xml",
        "redoxsim export my-model.xml --format antimony",
        "redoxsim export redox --agent auranofin --cell gsr-low -o with-auranofin.xml",
    ),
    help="A model as SBML or Antimony.\n\nSBML is Level 3 Version 2, with units and annotations.",
)
@click.argument("model")
@click.option(
    "--format", "chosen", type=click.Choice(["sbml", "antimony"]), help="Default: from the ending of -o; else sbml."
)
@click.option(
    "--agent", "agents", multiple=True, metavar="AGENT", help="Add this agent's species and reactions. Repeatable."
)
@click.option("--cell", metavar="NAME", help="Set the values of this cell profile.")
@click.option("-o", "--output", metavar="FILE", help="Write here; '-' is stdout, the default.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@talk_options
def command(
    model: str,
    chosen: str | None,
    agents: tuple[str, ...],
    cell: str | None,
    output: str | None,
    force: bool,
    talk: Talk,
) -> None:
    from pathlib import Path

    from redoxsim import network, pharmacology
    from redoxsim.report.files import check_free

    place = Output(path=output, force=force)
    if not place.to_stdout:
        check_free(str(output), force=force)
        ending = Path(str(output)).suffix.lower()
        if chosen is None and ending and ending not in ENDINGS:
            raise DesignError(f"no model format '{ending}'", hint=f"use {', '.join(ENDINGS)}, or say --format")
        chosen = chosen or ENDINGS.get(ending)
    found = network.read(model)
    if cell is not None:
        found = pharmacology.apply_cell(found, pharmacology.load_cell(cell))
    for name in agents:
        found = pharmacology.apply_agent(found, pharmacology.load_agent(name))
    emit_text(network.write(found, format=chosen or "sbml"), place)
    if not place.to_stdout:
        talk.note(f"{model} written to {output}")
