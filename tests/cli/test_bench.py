"""``redoxsim bench`` as a command: what it writes, refuses and says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim.cli.exits import Exit
from redoxsim.study.benchmark.cases import DATA

Command = Callable[..., Any]
TEXT = "model loop\n  species A = 3; species B = 0;\n  k = 5;\n  A -> B; k*A;\n  B -> A; 0.5*B;\nend\n"
FAST = ("--solver", "rosenbrock,scipy", "--against", "scipy", "--rtol", "1e-3,1e-5")
SMALL = ("--rows", 10, "--sample", 3, "--repeats", 2, "--until", 5)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "loop.ant"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_csv_json_and_figure(command: Command, model: Path, tmp_path: Path) -> None:
    picture = tmp_path / "speed.svg"
    ran = command("bench", "--case", model, *FAST, *SMALL, "--plot", picture)
    assert ran.code == Exit.GOOD, ran.err
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["solver"], row["rtol"]) for row in rows] == [
        ("rosenbrock", "0.001"), ("rosenbrock", "1e-05"), ("scipy", "0.001"), ("scipy", "1e-05"),
    ]  # fmt: skip
    assert float(rows[1]["error_rms"]) < float(rows[0]["error_rms"]) < 0.1
    assert all(float(row["time [ms]"]) > 0.0 for row in rows)
    assert picture.read_text(encoding="utf-8").startswith("<?xml")
    assert "rosenbrock is" in ran.err
    assert "reference rosenbrock at rtol 1e-11" in ran.err
    assert ran.err.strip().endswith("1 case, 26 solves: 0 failed")
    assert "numpy" in ran.err

    again = command("bench", "--case", model, *FAST, *SMALL, "-o", tmp_path / "speed.json", "--threads", "1,2")
    assert again.code == Exit.GOOD, again.err
    found = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    about = found["about"]
    assert found["units"]["time"] == "ms"
    assert about["settings"]["seed"] == 1
    assert about["machine"]["versions"]["python"]
    assert [one["threads"] for one in about["threads"]] == [1, 2]
    assert {one["error"] for one in about["equal_error"]} == {1e-3, 1e-4, 1e-5}
    assert about["cases"][0]["states"] == 2
    assert len(found["rows"]) == 4


def test_methods_say_how_it_was_measured(command: Command, model: Path, tmp_path: Path) -> None:
    page = tmp_path / "methods.md"
    ran = command("bench", "--case", model, *FAST, *SMALL, "--methods", page, "-o", tmp_path / "speed.csv")
    assert ran.code == Exit.GOOD, ran.err
    text = page.read_text(encoding="utf-8")
    assert "loop (2 states)" in text
    assert "repeats: 2." in text
    assert "| loop: rosenbrock over scipy at rms error 1e-05 |" in text
    assert "10.1007/s10543-023-00967-x" in text
    assert "redoxsim bench --case" in text


def test_nothing_is_overwritten(command: Command, model: Path, tmp_path: Path) -> None:
    there = tmp_path / "speed.csv"
    there.write_text("mine", encoding="utf-8")
    ran = command("bench", "--case", model, *FAST, *SMALL, "-o", there)
    assert (ran.code, there.read_text(encoding="utf-8")) == (Exit.USAGE, "mine")
    assert "--force" in ran.err


def test_a_dry_run_solves_nothing(
    command: Command, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redoxsim.study.benchmark.bench", lambda *given, **named: pytest.fail("solved"))
    ran = command("bench", "-n", "--case", model, "--case", "chain", "-o", tmp_path / "a.csv")
    assert ran.code == Exit.GOOD
    assert ran.out == ""
    assert "5 cases" in ran.err
    assert "nothing was solved" in ran.err
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--case", "redux"), "redox"),
        (("--solver", "cvod"), "cvode"),
        (("--against", "sci"), "scipy"),
        (("--rtol", "small"), "not a number"),
        (("--rtol", "2"), "between"),
        (("--threads", "two"), "threads"),
        (("--case", "chain:0"), "chain:COPIES"),
        (("-o", "a.xlsx"), "format"),
        (("--plot", "a.bmp"), ".png"),
        (("--case", "published"), DATA),
    ],
)
def test_wrong_use_is_said_before_anything_is_solved(
    command: Command, options: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATA, raising=False)
    monkeypatch.setattr("redoxsim.study.benchmark.bench", lambda *given, **named: pytest.fail("solved"))
    ran = command("bench", *options)
    assert ran.code == Exit.USAGE
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_failed_solves_make_it_partial(command: Command, tmp_path: Path) -> None:
    """A state that blows up at some time: no solver gets to the end of those rows."""
    path = tmp_path / "bang.ant"
    path.write_text("model bang\n  x = 1; k = 0.27; x' = k*x^2;\n  y = 1; y' = -y;\nend\n", encoding="utf-8")
    ran = command("bench", "--case", path, "--solver", "rosenbrock", "--rtol", "1e-3,1e-5", *SMALL[:-1], 3)
    assert ran.code == Exit.PARTIAL, ran.err
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert all(0 < int(row["failed"]) < 10 for row in rows)
    assert all(float(row["error_rms"]) < 0.1 for row in rows)
