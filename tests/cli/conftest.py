"""What tests of the command line share."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import click
import pytest

from redoxsim.study import engine


@pytest.fixture(autouse=True)
def one_row_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every study one row is solved again with SciPy and not three: tests/study/test_engine.py tests the check."""
    whole = engine._checked

    def checked(batch: Any, solver: str, gather: Any, seed: int, sample: int, jobs: int) -> Any:
        return whole(batch, solver, gather, seed, min(sample, 1), jobs)

    monkeypatch.setattr(engine, "_checked", checked)


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
