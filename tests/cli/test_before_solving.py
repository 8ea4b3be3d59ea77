"""What is found before solving: places that cannot be written, figures that cannot be drawn, what it costs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redoxsim.cli import cost
from redoxsim.cli.exits import Exit
from redoxsim.study.timecourse import time_course

Command = Callable[..., Any]
SHORT = ("simulate", "gsh", "--until", "1h", "--observe", "GSH_c")
SCAN = ("scan", "gsh", "--axis", "GSR=0.5,1,2", "--until", "1h", "--observe", "GSH_c", "--cells", "1")
SWEEP = ("steady", "gsh", "--axis", "GSR=0.5,1,2", "--observe", "GSH_c")


@pytest.fixture
def nothing_solves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solve is a failure of the test."""
    import importlib

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("something was solved")

    for module, name in (("choose", "run"), ("driver", "run"), ("steady", "find_steady")):
        monkeypatch.setattr(importlib.import_module(f"redoxsim.solve.{module}"), name, refuse)


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A folder that takes no files though its permissions may say otherwise."""
    if os.geteuid() == 0:
        return Path("/proc")
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    return folder


@pytest.mark.parametrize("verb", [SHORT, SCAN, SWEEP, ("dose-response", "--agent", "auranofin", "--cells", "1")])
@pytest.mark.parametrize("option", ["--plot", "-o"])
def test_a_place_that_takes_no_file_is_found_first(
    command: Command, nothing_solves: None, locked: Path, verb: tuple[str, ...], option: str
) -> None:
    name = "x.png" if option == "--plot" else "x.csv"
    ran = command(*verb, option, locked / name)
    assert ran.code == Exit.USAGE, ran.err
    assert str(locked / name) in ran.err


def test_the_same_place_for_table_and_figure_is_refused(command: Command, nothing_solves: None, tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    ran = command(*SHORT, "--format", "csv", "-o", target, "--plot", target)
    assert ran.code == Exit.USAGE
    assert "both" in ran.err


def test_a_dry_run_of_an_experiment_looks_at_its_folder(command: Command, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    assert command("run", "trx-backup", "-n", "-o", tmp_path / "full").code == Exit.USAGE
    assert command("run", "trx-backup", "-n", "-o", tmp_path / "new").code == Exit.GOOD
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--every", "30min"), "one time"),
        (("--axis", "GCLC=1,2,3", "--zip"), "--zip"),
        (("--axis", "GCLC=1,2", "--axis", "GSS=1,2"), "one or two axes"),
    ],
)
def test_a_scan_that_cannot_be_drawn_is_refused_first(
    command: Command, nothing_solves: None, tmp_path: Path, more: tuple[str, ...], says: str
) -> None:
    ran = command(*SCAN, *more, "--plot", tmp_path / "x.png")
    assert ran.code == Exit.USAGE
    assert says in ran.err


@pytest.mark.parametrize("verb", [SHORT, SCAN, SWEEP])
def test_measured_points_are_read_first(
    command: Command, nothing_solves: None, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    data = tmp_path / "measured.csv"
    data.write_text("hours,GSH_c [mM]\n1,5\n", encoding="utf-8")
    without = command(*verb, "--data", data)
    assert without.code == Exit.USAGE
    assert "--plot" in without.err
    ran = command(*verb, "--data", data, "--plot", tmp_path / "x.png")
    assert ran.code == Exit.USAGE, ran.err
    assert "measured.csv" in ran.err


def seconds(text: str) -> float:
    found = re.search(r"about ([\d.]+) s", text.splitlines()[-1])
    assert found is not None, text
    return float(found[1])


def test_the_estimate_counts_every_part(command: Command, tmp_path: Path) -> None:
    plain = command(*SHORT, "-n").err
    drawn = command(*SHORT, "-n", "--plot", tmp_path / "x.png").err
    for words in ("reading, checking and building", "1 steady start", "solving", "writing"):
        assert words in plain
    assert "drawing" in drawn
    assert "drawing" not in plain
    parts = [float(one) for one in re.findall(r"([\d.]+) [a-z1]", plain.splitlines()[-2].partition(":")[2])]
    assert seconds(plain) == pytest.approx(sum(parts), rel=0.1, abs=0.1)
    assert seconds(plain) > cost.RESULTS


def test_what_was_done_already_counts(monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    from redoxsim.cli.talk import Talk

    monkeypatch.setattr(Talk, "seconds", property(lambda self: 1234.0))
    assert seconds(command(*SHORT, "-n").err) >= 1200.0


def test_more_work_costs_more() -> None:
    def parts(cells: int, solver: str = "scipy") -> dict[str, float]:
        plan = time_course("gsh", doses=(), until="48 h", observe=("GSH_c",), cells=cells, solver=solver)
        return cost.guess(plan.study, plot=False)

    one, many = parts(1), parts(16)
    assert many["solving"] == pytest.approx(16 * one["solving"])
    assert "16 steady starts" in many
    assert "1 steady start" in one
    assert cost.together([one, one])["writing"] == one["writing"]
    assert cost.together([one, one])["solving"] == 2 * one["solving"]


def test_rows_that_differ_are_counted() -> None:
    values = {"a": np.array([1.0, 1.0, 2.0, 2.0]), "b": np.array([3.0, 3.0, 3.0, 4.0])}
    assert cost.distinct(values, 4) == 3
    assert cost.distinct({}, 4) == 1


def test_processes_are_as_many_as_processors_where_that_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    from redoxsim.cli import result
    from redoxsim.cli.options import Solving

    monkeypatch.setattr(result, "processors", lambda: 7)
    assert result.processes(Solving(), 100_000) == 7
    assert result.processes(Solving(), 1) == 1, "starting a process costs more than one solve"
    assert result.processes(Solving(jobs=3), 1) == 3, "what is asked for is done"
