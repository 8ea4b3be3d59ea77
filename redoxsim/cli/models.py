"""``redoxsim models``: the models that are shipped."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redoxsim.cli.catalogs import CONSTANTS, grade_text, limits_of
from redoxsim.cli.command import Family
from redoxsim.cli.emit import emit_document, emit_rows, emit_text
from redoxsim.cli.model_page import model_page
from redoxsim.cli.options import Output, output_options, talk_options
from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from redoxsim.network import Network
    from redoxsim.study.metadata import Metadata
    from redoxsim.study.portrait import Portrait

HEADS = ("model", "species", "reactions", "parameters", "grades", "title")


@click.group(
    "models",
    cls=Family,
    examples=(
        "redoxsim models",
        "redoxsim models show redox",
        "redoxsim models show redox --fluxes",
        "redoxsim models diagram trx -o trx.svg",
        "redoxsim models diff redox redox-core",
    ),
    help="Shipped models: list, show, diagram, diff.",
)
def command() -> None:
    pass


@command.command("list", help="All models, one line each.", examples=("redoxsim models list",))
@output_options(formats=("csv", "json", "table"))
def list_models(output: Output, talk: Talk) -> None:
    from redoxsim import catalog, network
    from redoxsim.study import metadata

    rows = []
    for name, folder in catalog.models().items():
        sizes = network.summary(network.read(name))
        rows.append(
            {
                "model": name,
                "species": sizes["species"],
                "reactions": sizes["reactions"],
                "parameters": sizes["parameters"],
                "grades": grade_text(row.grade for row in metadata.load_constants(folder).values()),
                "title": metadata.load_metadata(folder).title if (folder / "model.toml").is_file() else "",
            }
        )
    emit_rows(rows, output, schema="models/1", columns=HEADS)


@command.command(
    "show",
    help="One model: sizes, time scales, conserved totals, rest beside targets, constants with grades.",
    examples=(
        "redoxsim models show redox",
        "redoxsim models show redox --constants   # every constant with its range, grade and source",
        "redoxsim models show redox --fluxes   # what makes and uses each pool at the undosed steady state",
        "redoxsim models show my-model.xml",
    ),
)
@click.argument("name")
@click.option("--fluxes", is_flag=True, help="Production and use of each pool at the undosed steady state.")
@click.option("--constants", is_flag=True, help="List the constants in the table too; csv and json always have them.")
@output_options(formats=("csv", "json", "table"))
def show(name: str, fluxes: bool, constants: bool, output: Output, talk: Talk) -> None:
    from redoxsim import network
    from redoxsim.study import metadata

    found = network.read(name)
    about = metadata.metadata_of(found)
    if fluxes:
        _fluxes(found, about, output, talk)
        return
    table: list[dict[str, Any]] = [asdict(row) for row in metadata.constants_of(found).values()]
    if not table:
        table = [{"id": one.id, "value": one.value, "unit": one.unit, "note": one.name} for one in found.parameters]
    facts: dict[str, Any] = {"model": name, "title": about.title if about else found.name or found.id}
    if about is not None:
        facts |= {"description": about.description, "start": about.start}
    facts |= network.summary(found)
    seen: Portrait | None = None
    chosen = output.chosen(terminal=sys.stdout.isatty())
    if about is not None and chosen != "csv":  # csv holds the constants alone
        at_rest, seen = _at_rest(found, about)
        facts |= {
            "observables": ", ".join(one.id for one in about.observables),
            "cells differ in": ", ".join(f"{gene} {cv:g}" for gene, cv in about.population.cv.items()),
            "grades": grade_text(row.get("grade") for row in table),
            **at_rest,
            "limits": limits_of(Path(str(found.source)).parent / "README.md"),
            "references": about.references,
        }
    facts["file"] = found.source
    if chosen == "table":
        width = shutil.get_terminal_size((110, 24)).columns if output.to_stdout else 160
        emit_text(model_page(facts, seen, table, listed=constants or about is None, width=width), output)
        return
    emit_document(facts, table, output, schema="model/1", columns=CONSTANTS)


def _at_rest(found: Network, about: Metadata) -> tuple[dict[str, Any], Portrait | None]:
    """Shares of grades, time scales, conserved totals and the undosed steady state beside its targets."""
    from redoxsim.errors import SolveError
    from redoxsim.study import metadata, portrait

    facts: dict[str, Any] = {"share by grade": portrait.shares(metadata.constants_of(found).values())}
    try:
        seen = portrait.portrait(found, about.targets)
    except SolveError as error:
        return facts | {"at rest": f"{error}"}, None
    return facts | {
        "states": seen.states,
        "time scales": seen.time_scales,
        "conserved totals": list(seen.totals),
        "at rest": [str(one) for one in seen.targets],
    }, seen


def _fluxes(found: Network, about: Metadata | None, output: Output, talk: Talk) -> None:
    from redoxsim.study import balance

    if about is None:
        raise DesignError(
            f"the fluxes of '{found.id}' have no known unit",
            hint="--fluxes is for the shipped models and those with a model.toml beside them",
        )
    if not about.fluxes:
        talk.note("Every species: the model.toml of this model names no pools under [fluxes].")
    rows = balance.fluxes(found, about.fluxes or None)
    emit_rows([row.as_row() for row in rows], output, schema="fluxes/1", columns=balance.HEADS)
    for pool in balance.totals(rows):
        talk.note(str(pool))


@command.command(
    "diagram",
    help="A drawing of a model as SVG: species and reactions by compartment, what acts on them and how.\n\nIt is made "
    "from the model, so it is never out of date. A composed model (redox) is drawn as its modules and what they share; "
    "with --agent what the agent adds to it is drawn instead.",
    examples=(
        "redoxsim models diagram trx -o trx.svg",
        "redoxsim models diagram redox -o redox.svg   # its modules and what they share",
        "redoxsim models diagram redox --whole -o poster.svg   # every reaction of all its modules",
        "redoxsim models diagram gsh --agent bso -o gsh-bso.svg   # what the agent adds, in another colour",
    ),
)
@click.argument("name")
@click.option(
    "--agent", "agents", multiple=True, metavar="AGENT", help="Apply this agent and mark what it adds. Repeatable."
)
@click.option("--whole", is_flag=True, help="Every reaction, also of a composed model and of stand-ins: a poster.")
@click.option("-o", "--output", "path", metavar="FILE.svg", help="Write here; '-' is stdout, the default.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@talk_options
def diagram(name: str, agents: tuple[str, ...], whole: bool, path: str | None, force: bool, talk: Talk) -> None:
    from redoxsim import catalog, network
    from redoxsim.report.diagram import diagram_of
    from redoxsim.report.files import check_free

    place = Output(path=path, force=force)
    if not place.to_stdout:
        check_free(str(path), force=force)
        if Path(str(path)).suffix.lower() != ".svg":
            raise DesignError(f"a diagram is written as SVG, not as '{Path(str(path)).suffix}'", hint="end it in .svg")
    found = network.read(name)
    edited = None
    if agents:
        from redoxsim.pharmacology import apply_agent, load_agent

        edited = found
        for one in agents:
            edited = apply_agent(edited, load_agent(one))
    known = name if name in catalog.models() else found.id
    emit_text(
        diagram_of(found, name=" with ".join([known, ", ".join(agents)] if agents else [known]), edited=edited), place
    )
    if not place.to_stdout:
        talk.note(f"{name} drawn in {path}")


@command.command(
    "diff",
    help="What differs between two models: parts, values, units, rates, and grades and ranges of constants.",
    examples=("redoxsim models diff redox redox-core", "redoxsim models diff redox my-redox.ant --format json"),
)
@click.argument("first")
@click.argument("second")
@output_options(formats=("csv", "json", "table"))
def diff(first: str, second: str, output: Output, talk: Talk) -> None:
    from redoxsim import network
    from redoxsim.network.difference import difference
    from redoxsim.study import metadata

    one, other = network.read(first), network.read(second)
    rows: list[dict[str, Any]] = [asdict(row) for row in difference(one, other)]
    tables = [metadata.constants_of(net) for net in (one, other)]
    for name in sorted(set(tables[0]) & set(tables[1])):
        for what in ("low", "high", "grade", "source"):
            sides = [getattr(table[name], what) for table in tables]
            if sides[0] != sides[1]:
                rows.append({"kind": "constant", "id": name, "what": what, "first": sides[0], "second": sides[1]})
    emit_rows(rows, output, schema="difference/1", columns=("kind", "id", "what", "first", "second"))
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in dict.fromkeys(row["kind"] for row in rows)}
    said = ", ".join(f"{count} of {kind}" for kind, count in counts.items())
    talk.note(f"{len(rows)} differences: {said}" if rows else "no differences")
