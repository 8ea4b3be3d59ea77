"""The command line reference as a page, from the commands themselves: ``python -m redoxsim.cli.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from redoxsim.cli.exits import Exit
from redoxsim.cli.main import cli

WIDTH = 110
INTRO = """# Command line

This page is written by `make docs` from the commands' own help.

Data goes to stdout or to the file of `-o`; messages and progress go to stderr, progress only on a terminal. `--format`
is guessed from the ending of `-o`; without `-o` it is a table on a terminal and csv in a pipe. Files that are there are
only replaced with `--force`. Ctrl-C keeps what is done. The last line of a verb that solves says how many solves ended
how, such as `1 296 solves: 1 296 ok`.

## Exit codes

| code | meaning |
|---|---|
"""
MEANINGS = {
    Exit.GOOD: "good",
    Exit.PARTIAL: "finished, but some solves failed, a check found errors, or an expectation does not hold",
    Exit.USAGE: "wrong use: an option, a name, a unit, a settings file, or an output that cannot be written",
    Exit.MODEL: "the model cannot be read, or asks for what is not supported",
    Exit.BUILD: "generated code could not be built",
    Exit.SOLVE: "a solve failed, and there is no result without it",
    Exit.BUG: "a fault of redoxsim itself; please report it",
    Exit.INTERRUPTED: "interrupted; what was done is kept",
}


def walk() -> Iterator[click.Context]:
    """A context for ``redoxsim``, every verb and every sub-verb, in the order of the help."""

    def below(context: click.Context) -> Iterator[click.Context]:
        yield context
        group = context.command
        if isinstance(group, click.Group):
            for name in group.list_commands(context):
                command = group.get_command(context, name)
                assert command is not None
                settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
                yield from below(click.Context(command, info_name=name, parent=context, **settings))

    settings = {**cli.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    yield from below(click.Context(cli, info_name="redoxsim", **settings))


def page() -> str:
    """The whole page."""
    parts = [INTRO + "".join(f"| {int(code)} | {text} |\n" for code, text in MEANINGS.items())]
    for context in walk():
        level = "##" if context.parent is None or context.parent.parent is None else "###"
        parts.append(f"\n{level} `{context.command_path}`\n\n```\n{context.get_help().rstrip()}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
