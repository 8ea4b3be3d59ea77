"""``redoxsim agents``: the drugs, oxidants and rescues there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from redoxsim.cli.catalogs import CONSTANTS, grade_text
from redoxsim.cli.command import Family
from redoxsim.cli.emit import emit_document, emit_rows
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.talk import Talk

if TYPE_CHECKING:
    from redoxsim.pharmacology.agent import Clinical

HEADS = ("agent", "name", "class", "targets", "forms", "doses", "grades")


@click.group(
    "agents",
    cls=Family,
    examples=("redoxsim agents", "redoxsim agents show auranofin"),
    help="Shipped agents: list and show.",
)
def command() -> None:
    pass


@command.command("list", help="All agents, one line each.", examples=("redoxsim agents list --format json",))
@output_options(formats=("csv", "json", "table"))
def list_agents(output: Output, talk: Talk) -> None:
    from redoxsim import catalog
    from redoxsim.pharmacology import load_agent

    rows = []
    for name in catalog.agents():
        agent = load_agent(name)
        rows.append(
            {
                "agent": agent.id,
                "name": agent.name,
                "class": agent.class_,
                "targets": ", ".join(agent.targets),
                "forms": ", ".join(agent.forms),
                "doses": agent.default_doses,
                "grades": grade_text(one.grade for one in agent.parameters),
            }
        )
    emit_rows(rows, output, schema="agents/1", columns=HEADS)


@command.command(
    "show",
    help="One agent: mechanism, constants with grades and sources, exposure, caveats.",
    examples=("redoxsim agents show auranofin", "redoxsim agents show my-drug.toml"),
)
@click.argument("name")
@output_options(formats=("csv", "json", "table"))
def show(name: str, output: Output, talk: Talk) -> None:
    from redoxsim.pharmacology import load_agent
    from redoxsim.pharmacology.agent import FORM_TEXT

    agent = load_agent(name)
    facts = {
        "agent": agent.id,
        "name": agent.title or agent.name,
        "class": agent.class_,
        "mechanism": "proposed, not shown" if agent.hypothesis else "shown",
        "cannot be simulated": agent.unsupported or None,
        "targets": agent.targets,
        "forms": tuple(f"{form}: {FORM_TEXT[form]}" for form in agent.forms),
        "a dose goes to": f"{agent.dose_species} in {agent.dose_unit}",
        "default doses": agent.default_doses,
        "in vitro": agent.in_vitro,
        "clinical": _exposure(agent.clinical),
        "reactions": tuple(f"{one.id}: {one.equation}, {one.form}, rate {one.rate}" for one in agent.reactions)
        + tuple(f"{'rate of ' if one.reaction else ''}{one.place} times {one.factor}" for one in agent.factors)
        + tuple(f"{one.rule} plus {one.term}" for one in agent.terms),
        "draws agree with": tuple(f"{one} ({one.grade}; {one.source})" for one in agent.measured) or None,
        "caveats": agent.caveats,
        "references": agent.references,
        "grades": grade_text(one.grade for one in agent.parameters),
        "file": agent.file,
    }
    rows = [{head: getattr(one, head) for head in CONSTANTS} for one in agent.parameters]
    emit_document(facts, rows, output, schema="agent/1", columns=CONSTANTS)


def _exposure(clinical: Clinical | None) -> str | None:
    if clinical is None:
        return None
    span = f"{clinical.low:g} to {clinical.high:g} {clinical.unit}"
    return f"{span}: {clinical.what} ({clinical.grade}; {clinical.source})"
