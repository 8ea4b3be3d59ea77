"""``redoxsim steady`` where there is no rest."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
TIMED = "model td()\n species A = 1; J: A -> ; k*A; I: -> A; 1 + sin(time); k = 0.5\nend\n"


@pytest.fixture
def timed(tmp_path: Path) -> Path:
    path = tmp_path / "td.ant"
    path.write_text(TIMED, encoding="utf-8")
    return path


@pytest.mark.parametrize("more", [(), ("--axis", "k=0.1,1")], ids=["single", "sweep"])
def test_a_model_that_depends_on_time_says_why_it_has_no_rest(
    command: Command, timed: Path, more: tuple[str, ...]
) -> None:
    ran = command("steady", timed, *more)
    assert ran.code == 5
    assert "the rates depend on time (of A)" in ran.err
    assert "redoxsim simulate" in ran.err
    assert "agree" not in ran.err
    found = list(csv.DictReader(io.StringIO(ran.out)))
    assert {row["stable"] for row in found} == {""}
    assert {row["status"] for row in found} == {"NO_STEADY_STATE"}


def test_there_is_no_figure_of_nothing(command: Command, timed: Path, tmp_path: Path) -> None:
    ran = command("steady", timed, "--axis", "k=0.1,1", "--plot", tmp_path / "x.svg")
    assert ran.code == 5
    assert "No figure" in ran.err
    assert not (tmp_path / "x.svg").exists()


def test_formats_hold_what_is_unknown(command: Command, timed: Path, tmp_path: Path) -> None:
    for ending in ("json", "nc", "txt"):
        assert command("steady", timed, "-o", tmp_path / f"a.{ending}").code == 5
    from redoxsim.report import tables

    assert list(tables.read(tmp_path / "a.json")["stable"]) == [None]


@pytest.mark.parametrize(
    ("model", "words"),
    [("gsh", " per s\n"), ("plain", "changes at -0.5 per unit of time of the model, which names none\n")],
)
def test_how_fast_a_disturbance_fades_is_told_in_the_unit_of_the_model(
    command: Command, tmp_path: Path, model: str, words: str
) -> None:
    plain = tmp_path / "plain.ant"
    plain.write_text("model plain()\n species A = 1; J: A -> ; k*A; I: -> A; 1; k = 0.5\nend\n", encoding="utf-8")
    ran = command("steady", plain if model == "plain" else model)
    assert ran.code == 0, ran.err
    assert words in ran.err
