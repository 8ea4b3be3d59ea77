"""``redoxsim cells``: the cell profiles there are."""

from __future__ import annotations

import click

from redoxsim.cli.catalogs import CONSTANTS, grade_text
from redoxsim.cli.command import Family
from redoxsim.cli.emit import emit_document, emit_rows
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.talk import Talk

HEADS = ("cell", "name", "values", "sizes", "grades", "description")


@click.group(
    "cells",
    cls=Family,
    examples=("redoxsim cells", "redoxsim cells show gsr-low"),
    help="Shipped cell profiles: list and show.",
)
def command() -> None:
    pass


@command.command("list", help="All cell profiles, one line each.", examples=("redoxsim cells list",))
@output_options(formats=("csv", "json", "table"))
def list_cells(output: Output, talk: Talk) -> None:
    from redoxsim import catalog
    from redoxsim.pharmacology import load_cell

    rows = []
    for name in catalog.cells():
        cell = load_cell(name)
        rows.append(
            {
                "cell": cell.id,
                "name": cell.name,
                "values": ", ".join(f"{key} {one.value:g}" for key, one in cell.values.items()),
                "sizes": "direction only" if cell.direction_only else "as given",
                "grades": grade_text(one.grade for one in cell.values.values()),
                "description": cell.description,
            }
        )
    emit_rows(rows, output, schema="cells/1", columns=HEADS)


@command.command(
    "show",
    help="One cell profile: its values with grades and sources.",
    examples=("redoxsim cells show gsr-low", "redoxsim cells show my-cell.toml"),
)
@click.argument("name")
@output_options(formats=("csv", "json", "table"))
def show(name: str, output: Output, talk: Talk) -> None:
    from redoxsim.pharmacology import load_cell

    cell = load_cell(name)
    facts = {
        "cell": cell.id,
        "name": cell.name,
        "description": cell.description,
        "sizes": "direction only: the sizes are guesses" if cell.direction_only else "as given",
        "normal": cell.normal,
        "variation": tuple(f"{gene} {cv:g}" for gene, cv in cell.population.cv.items()) or "as the model says",
        "references": cell.references,
        "file": cell.file,
    }
    columns = tuple(head for head in CONSTANTS if head != "unit")
    rows = [{"id": key, **one.model_dump()} for key, one in cell.values.items()]
    emit_document(facts, rows, output, schema="cell/1", columns=columns, title="values")
