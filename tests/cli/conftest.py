"""What tests of the command line share."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import click
import pytest


@pytest.fixture
def parses() -> Callable[[str], None]:
    """Fails if a line is not a command with options that it takes; nothing is run."""
    from redoxsim.cli.main import cli

    def check(line: str) -> None:
        program, *words = shlex.split(line, comments=True)
        assert program == "redoxsim"
        command: click.Command = cli
        parent = click.Context(cli, info_name=program)
        while isinstance(command, click.Group) and words:
            found = command.get_command(parent, words[0])
            assert found is not None or command is not cli, line
            if found is None:
                break
            command, words = found, words[1:]
        if not isinstance(command, click.Group):
            with command.make_context("x", list(words), parent=parent):
                pass

    return check
