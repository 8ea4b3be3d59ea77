"""Closed pipes and closed streams end quietly; warnings of the library are said once, in words."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim.cli import main as entry

Command = Callable[..., Any]
ROOT = Path(entry.__file__).resolve().parents[2]
SHORT = ("simulate", "gsh", "--until", "1h", "--every", "30min", "--observe", "GSH_c")


def cut(*arguments: object, both: bool = False) -> subprocess.CompletedProcess[str]:
    """The command with a stdout (or both streams) whose reader has gone before the first byte."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [sys.executable, "-m", "redoxsim.cli.main", *map(str, arguments)], stdout=writer,
            stderr=writer if both else subprocess.PIPE, encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    finally:
        os.close(writer)


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("simulate", "--help"), ("models",), ("explain", "OK"), ("export", "gsh")],
    ids=lambda words: " ".join(words),
)
def test_a_cut_pipe_is_no_failure(arguments: tuple[str, ...]) -> None:
    done = cut(*arguments)
    assert done.returncode == 0
    assert done.stderr == ""


def test_both_streams_cut_are_no_failure() -> None:
    assert cut(*SHORT, both=True).returncode == 0


def test_a_cut_pipe_does_not_cost_the_figure_or_change_the_exit_code(tmp_path: Path) -> None:
    done = cut(*SHORT, "--draws", "0", "--plot", tmp_path / "a.svg")
    assert done.returncode == 0
    assert (tmp_path / "a.svg").is_file()
    assert done.stderr.splitlines() == [f"Drawn: {tmp_path / 'a.svg'}", "1 solve: 1 ok"]
    bad = tmp_path / "bad.ant"
    bad.write_text("model bad\n species A = 1;\n J: A -> ; k*A\nend\n", encoding="utf-8")
    assert cut("check", bad).returncode == 1


def test_streams_closed_by_the_shell_are_no_bug() -> None:
    text = f"{sys.executable} -m redoxsim.cli.main cells >&- 2>&-"
    done = subprocess.run(["bash", "-c", text], check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0


class Slow(UserWarning):
    """A warning of the library."""


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing models warns twice of one thing, and of a thing that is for developers."""
    from redoxsim import catalog

    def models() -> dict[str, Path]:
        warnings.simplefilter("always")
        warnings.warn("the slow way is taken", Slow, stacklevel=1)
        warnings.warn("the slow way is taken", Slow, stacklevel=2)
        warnings.warn("old style", DeprecationWarning, stacklevel=1)
        return {}

    monkeypatch.setattr(catalog, "models", models)


def test_a_warning_is_said_once_without_code(command: Command, warned: None) -> None:
    ran = command("models")
    assert ran.code == 0
    assert ran.err == "Warning: the slow way is taken\n"
    assert command("models").err == ran.err  # the next command says it again


def test_quiet_silences_warnings(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from redoxsim import catalog

    def models() -> dict[str, Path]:
        warnings.warn("the slow way is taken", Slow, stacklevel=1)
        return {}

    monkeypatch.setattr(catalog, "models", models)
    assert command("models").err != ""
    assert command("models", "-q").err == ""
