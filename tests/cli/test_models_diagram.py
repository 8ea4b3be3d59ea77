"""``models diagram``: to a file, to stdout, with agents, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from redoxsim import network
from redoxsim.report.diagram import diagram_of

Command = Callable[..., Any]


def test_a_file_and_stdout_are_the_same(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "nadph.svg"
    ran = command("models", "diagram", "nadph", "-o", str(path))
    assert ran.code == 0
    assert str(path) in ran.err
    text = path.read_text(encoding="utf-8")
    assert text == command("models", "diagram", "nadph").out == diagram_of(network.read("nadph"), name="nadph")
    assert command("models", "diagram", "nadph", "-o", str(path)).code != 0  # there already
    assert command("models", "diagram", "nadph", "-o", str(path), "--force").code == 0


def test_a_file_of_the_user(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.ant"
    path.write_text("model mine()\n compartment c = 1; species A in c = 1; A -> ; c*A;\nend\n", encoding="utf-8")
    ran = command("models", "diagram", str(path))
    assert ran.out.startswith("<svg")
    assert ">A</text>" in ran.out


def test_agents_are_applied(command: Command) -> None:
    assert "rsl3_hits_GPX4" in command("models", "diagram", "redox", "--agent", "rsl3").out


def test_what_cannot_be_drawn_is_said(command: Command, tmp_path: Path) -> None:
    png = command("models", "diagram", "trx", "-o", str(tmp_path / "trx.png"))
    assert png.code == 2
    assert ".svg" in png.err
    assert "did you mean 'trx'" in command("models", "diagram", "trxx").err
    agent = command("models", "diagram", "trx", "--agent", "auranofin")
    assert agent.code != 0
    assert "redox" in agent.err
