"""``redoxsim explain``: what a code or a status means, offline."""

from __future__ import annotations

from pathlib import Path

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_rows, emit_text
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError, nearest

GUIDE = "howto/a-run-fails.md"


def guide_file() -> Path:
    """The page that explains statuses: beside the package's data, or in ``docs`` of a checkout."""
    import redoxsim

    package = Path(redoxsim.__file__).resolve().parent
    places = (package / "data" / "docs" / GUIDE, package.parent / "docs" / GUIDE)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise DesignError(f"the page '{GUIDE}' was not installed", hint="install redoxsim again")
    return found


def sections(text: str) -> dict[str, str]:
    """Sections of a page by the first word of their heading (``## STEP_BUDGET: the step budget ran out``)."""
    found = {}
    for part in text.split("\n## ")[1:]:
        head, _, body = part.partition("\n")
        found[head.split(":")[0].strip()] = f"{head}\n\n{body.strip()}\n"
    return found


@click.command(
    "explain",
    cls=Verb,
    examples=("redoxsim explain RX021", "redoxsim explain STEP_BUDGET", "redoxsim explain"),
    help="What a code or a status means and what to do.\n\nWithout a name: all of them, one line each.",
)
@click.argument("name", required=False, metavar="[CODE|STATUS]")
@output_options(formats=("csv", "json", "table"))
def command(name: str | None, output: Output, talk: Talk) -> None:
    from redoxsim.network.issue import CODES

    known = sections(guide_file().read_text(encoding="utf-8")) | {
        code: f"{code}\n\n{text}\n" for code, text in CODES.items()
    }
    if name is None:
        rows = [{"name": key, "meaning": _first_sentence(text)} for key, text in known.items()]
        emit_rows(rows, output, schema="explain/1", columns=("name", "meaning"))
        return
    folded = {key.lower(): key for key in known}
    key = folded.get(name.lower().replace(" ", "_").replace("-", "_"))
    if key is None:
        raise DesignError(
            f"there is no code or status '{name}'", hint=nearest(name, known) or "`redoxsim explain` lists all"
        )
    emit_text(known[key], output)


def _first_sentence(text: str) -> str:
    head, _, body = text.partition("\n\n")
    if ":" in head:
        return head.partition(":")[2].strip()
    return body.partition(". ")[0].strip().rstrip(".")
