"""Help: examples first, quick, and the same on every verb."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from redoxsim.cli import reference
from redoxsim.cli.command import VERBS
from redoxsim.cli.main import cli
from redoxsim.threads import VARIABLES

CONTEXTS = list(reference.walk())
SOLVING = ("simulate", "dose-response", "combine", "scan", "steady", "run")


def flags(context: click.Context) -> set[str]:
    return {
        name for part in context.command.params for name in (*part.opts, *part.secondary_opts) if name.startswith("-")
    }


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda one: one.command_path)
def test_help_shows_examples_before_options(context: click.Context) -> None:
    text = context.get_help()
    examples = context.command.examples  # type: ignore[attr-defined]
    assert examples
    assert text.index("Examples:") < text.index(f"\n  {examples[0]}") < text.index("Options:")


def _lines(examples: tuple[str, ...]) -> list[str]:
    return "\n".join(examples).replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda one: one.command_path)
def test_examples_parse(context: click.Context, parses: Callable[[str], None]) -> None:
    """Every option and argument of an example is one that the command takes; nothing is run."""
    for line in _lines(context.command.examples):  # type: ignore[attr-defined]
        parses(line)


@pytest.mark.parametrize("verb", VERBS)
def test_first_line_in_the_list_is_that_of_the_command(verb: str) -> None:
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    assert (command.help or "").partition("\n\n")[0] == VERBS[verb]


@pytest.mark.parametrize(
    "context", [one for one in CONTEXTS if one.parent is not None], ids=lambda one: one.command_path
)
def test_every_verb_has_the_shared_options(context: click.Context) -> None:
    if isinstance(context.command, click.Group):
        return
    assert {"-v", "-q", "-o", "--output", "--force", "-h"} <= flags(context) | set(context.help_option_names)


@pytest.mark.parametrize("verb", SOLVING)
def test_every_verb_that_solves_has_the_options_of_solving(verb: str) -> None:
    context = next(one for one in CONTEXTS if one.command_path == f"redoxsim {verb}")
    assert {"-n", "--dry-run", "--seed", "--jobs", "--solver", "--rtol", "--atol"} <= flags(context)


def test_every_option_says_what_it_does() -> None:
    silent = [
        f"{context.command_path} {part.opts}"
        for context in CONTEXTS
        for part in context.command.params
        if isinstance(part, click.Option) and not part.help
    ]
    assert not silent


def test_the_reference_page_is_current() -> None:
    text = (_root() / "docs/reference/cli.md").read_text(encoding="utf-8")
    assert text == reference.page(), "docs/reference/cli.md is out of date: run `make docs`"


def test_every_option_has_an_entry_in_the_reference() -> None:
    text = (_root() / "docs/reference/cli.md").read_text(encoding="utf-8")
    sections = {part.partition("`")[0]: part for part in text.replace("### `", "## `").split("## `")[1:]}
    missing = [
        f"{context.command_path} {name}"
        for context in CONTEXTS
        for name in flags(context)
        if name not in sections.get(context.command_path, "")
    ]
    assert not missing


def _root() -> Path:
    return Path(__file__).resolve().parents[2]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from redoxsim.cli.main import main; main(['--help']); "
        "heavy = {'numpy', 'scipy', 'pydantic', 'xarray', 'libsbml', 'matplotlib', 'rich'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=_root(), check=True)
    assert done.stderr.strip() == "[]"


def test_help_and_import_load_little() -> None:
    """What the promises of 0.4 s for the help and 0.5 s for the import rest on, whatever the machine is busy with."""
    for code, most in (("import redoxsim", 150), ("from redoxsim.cli.main import main; main(['--help'])", 250)):
        counted = f"import sys; {code}; print(len(sys.modules), file=sys.stderr)"
        done = subprocess.run(
            [sys.executable, "-c", counted], capture_output=True, encoding="utf-8", cwd=_root(), check=True
        )
        assert int(done.stderr) < most, f"{code} loads {done.stderr.strip()} modules"


def test_a_dose_response_is_made_without_data_frames() -> None:
    """Importing xarray, and pandas with it, takes a fifth of the whole command."""
    code = (
        "import sys; from redoxsim.cli.main import main; "
        "done = main('dose-response redox-core --agent auranofin --doses 1uM,2uM,4uM --cells 1 --draws 0'.split()); "
        "print(done, sorted({'xarray', 'pandas', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=_root(), check=True)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_linear_algebra_has_one_thread_unless_told_otherwise() -> None:
    code = (
        "import os, sys; from redoxsim.cli.main import main; main(['--version']); "
        "print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'], file=sys.stderr)"
    )
    given = {name: value for name, value in os.environ.items() if name not in VARIABLES} | {"OMP_NUM_THREADS": "3"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=given, check=True)
    assert done.stderr.split() == ["1", "3"]
