"""``redoxsim experiments``: the questions that can be run."""

from __future__ import annotations

import click

from redoxsim.cli.command import Family
from redoxsim.cli.emit import emit_document, emit_rows
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.talk import Talk

HEADS = ("experiment", "claims", "runs", "expectations", "question")


@click.group(
    "experiments",
    cls=Family,
    examples=("redoxsim experiments", "redoxsim experiments show auranofin-bso"),
    help="Shipped experiments: list and show.",
)
def command() -> None:
    pass


@command.command("list", help="All experiments, one line each.", examples=("redoxsim experiments list --format csv",))
@output_options(formats=("csv", "json", "table"))
def list_experiments(output: Output, talk: Talk) -> None:
    from redoxsim import catalog
    from redoxsim.study import experiment

    rows = []
    for name, folder in catalog.experiments().items():
        one = experiment.load(folder)
        rows.append(
            {
                "experiment": name,
                "claims": ", ".join(one.claims),
                "runs": len(one.run),
                "expectations": len(one.expect),
                "question": one.question,
            }
        )
    emit_rows(rows, output, schema="experiments/1", columns=HEADS)


@command.command(
    "show",
    help="One experiment: question, runs and what is expected.",
    examples=("redoxsim experiments show auranofin-bso", "redoxsim run auranofin-bso   # runs it"),
)
@click.argument("name")
@output_options(formats=("csv", "json", "table"))
def show(name: str, output: Output, talk: Talk) -> None:
    from redoxsim import catalog
    from redoxsim.study import experiment

    folder = catalog.experiment_folder(name)
    one = experiment.load(folder)
    facts = {
        "experiment": one.id,
        "title": one.title,
        "claims": one.claims,
        "question": one.question,
        "the source says": one.says,
        "expected": one.expected,
        "model": one.model,
        "cell": f"{one.cell}, {one.cells} cells",
        "note": one.note,
        "as the document says": tuple(f"{each.claim}: {each.document}" for each in one.corrected) or None,
        "as the chemistry does": tuple(f"{each.claim}: {each.chemistry}" for each in one.corrected) or None,
        "not representable": tuple(f"{each.claim}, “{each.says}”: {each.reason}" for each in one.beyond) or None,
        "runs": tuple(_words(run) for run in one.run),
        "folder": str(folder),
    }
    rows = [{"id": each.id, "claim": each.claim, "wanted": each.wanted(), "text": each.text} for each in one.expect]
    emit_document(
        facts, rows, output, schema="experiment/1", columns=("id", "claim", "wanted", "text"), title="expectations"
    )


def _words(run: object) -> str:
    given = run.model_dump(exclude_defaults=True, exclude={"id", "kind"})  # type: ignore[attr-defined]
    said = [
        f"{key} {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for key, value in given.items()
    ]
    return f"{run.id} ({run.kind}): {'; '.join(said)}"  # type: ignore[attr-defined]
