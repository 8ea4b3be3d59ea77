"""The same command twice gives the same bytes; a run can be listed, shown, compared and repeated."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from run_folders import same_files

from redoxsim.study import experiment

Command = Callable[..., Any]
FAST = ("-S", "trxr1-low.until='6 h'", "-S", "trxr1-low-bso.until='6 h'")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One experiment run twice with the same words, in two places."""
    from redoxsim.cli.main import main

    found = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("first", "second"):
            place = tmp_path_factory.mktemp(name)
            patch.chdir(place)
            patch.setattr("sys.argv", ["redoxsim", "run", "trx-backup", "-o", "out", *FAST])
            assert main(["run", "trx-backup", "-o", "out", *FAST]) in (0, 1)
            found.append(place / "out")
    return found[0], found[1]


def test_two_runs_are_the_same_but_for_the_log(twice: tuple[Path, Path]) -> None:
    assert same_files(*twice) == ()
    assert {path.suffix for path in twice[0].rglob("*") if path.is_file()} >= {".png", ".csv", ".toml", ".json", ".md"}
    assert (twice[0] / "log.txt").is_file()


LAB = "auranofin [uM],bso [uM],viability\n0,0,1\n1,0,0.6\n0,10,0.9\n1,10,0.3\n"
WRITES = [
    ("simulate gsh --dose bso=10uM@1h --until 4h --every 1h --observe GSH_c,Cys", "json", None),
    ("scan gsh --axis GSR=0.5,1 --axis GCLC=0.5,1,2 --until 2h --observe GSH_c --cells 2", "nc", "png"),
    ("steady gsh --axis GSR=0.5..1:lin:3 --observe GSSG_c", "csv", "pdf"),
    ("dose-response trx --agent h2o2 --doses 1uM..100uM:log:4 --observe Trx1_red --at 1h --cells 2", "nc", "svg"),
    ("combine --agent auranofin=0,1uM,3uM --agent bso=0,100uM --cells 1 --at 12h --score bliss", "csv", "svg"),
    ("score lab.csv --effect viability --orientation viability --scale fraction", "csv", None),
    ("validate --only C09 --all", "csv", None),
    ("export gsh --format sbml", "xml", None),
    ("export gsh --format antimony", "ant", None),
    ("models show gsh --fluxes", "json", None),
    ("check gsh", "csv", None),
]


@pytest.mark.parametrize(("line", "ending", "figure"), WRITES, ids=lambda one: str(one).partition(" --")[0])
def test_a_verb_twice_gives_the_same_bytes(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, ending: str, figure: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.csv").write_text(LAB, encoding="utf-8")
    for name in ("a", "b"):
        drawn = ("--plot", f"{name}.{figure}") if figure else ()
        ran = command(*line.split(), "-o", f"{name}.{ending}", *drawn)
        assert ran.code == 0, ran.err
    for end in filter(None, (ending, figure)):
        assert (tmp_path / f"a.{end}").read_bytes() == (tmp_path / f"b.{end}").read_bytes()


def test_a_process_of_its_own_gives_the_same_bytes(command: Command, shell: Command, tmp_path: Path) -> None:
    """Nothing that a process has done before, and no order of its hashes, is in what it writes."""
    line = WRITES[0][0].split()
    for name, run in (("a", command), ("b", shell)):
        ran = run(*line, "-o", tmp_path / f"{name}.json", "--plot", tmp_path / f"{name}.svg")
        assert ran.code == 0, ran.err
    for end in ("json", "svg"):
        assert (tmp_path / f"a.{end}").read_bytes() == (tmp_path / f"b.{end}").read_bytes()


def test_one_run_split_into_many_gives_the_same_curve(command: Command, tmp_path: Path) -> None:
    """Output times do not steer the solver: a course to 12 h is the beginning of one to 48 h."""
    courses = []
    for until in ("12h", "48h"):
        path = tmp_path / f"{until}.csv"
        ran = command(
            "simulate", "redox", "--dose", "auranofin=1uM", "--dose", "bso=50uM@-6h", "--until", until, "--every", "1h",
            "--observe", "H2O2_m,GSH_c,viability", "-o", path,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        courses.append(np.array([[float(cell) for cell in row[:4]] for row in rows[1:]]))
    short, long = courses
    np.testing.assert_allclose(short, long[: len(short)], rtol=2e-5)


def test_jobs_do_not_change_a_number(command: Command, tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        ran = command(
            "scan", "gsh", "--axis", "GCLC=0.3..3:log:4", "--axis", "GSR=0.5,1", "--until", "4h", "--cells", "2",
            "--observe", "GSH_c", "--jobs", jobs, "-o", tmp_path / f"{jobs}.csv",
        )  # fmt: skip
        assert ran.code == 0, ran.err
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_a_run_can_be_looked_at(command: Command, twice: tuple[Path, Path]) -> None:
    root = twice[0].parent
    listed = command("runs", "--root", root)
    assert "out" in listed.out
    assert "trx-backup" in command("runs", "show", twice[0]).out
    shown = json.loads(command("runs", "show", twice[0], "--format", "json").out)["rows"]
    assert {"what": "setting", "name": "experiment.run.trxr1-low.until", "value": "6 h"} in shown
    assert {row["what"] for row in shown} == {"run", "claim", "expectation", "setting", "file"}
    same = command("runs", "compare", *twice)
    assert same.code == 0
    assert "identical" in same.err
    assert same.out == "what,name,difference,at,first,second\n"


def test_a_run_repeats_from_its_copies(command: Command, twice: tuple[Path, Path]) -> None:
    ran = command("runs", "repeat", twice[0])
    assert ran.code == 0, ran.err
    assert "largest relative difference 0" in ran.err


def test_the_settings_of_a_run_are_resolved(twice: tuple[Path, Path]) -> None:
    import tomllib

    settings = tomllib.loads((twice[0] / "settings.toml").read_text(encoding="utf-8"))
    until = {run["id"]: run["until"] for run in settings["experiment"]["run"]}
    assert (until["trxr1-low"], until["trxr1-low-bso"]) == ("6 h", "6 h")
    summary = json.loads((twice[0] / "summary.json").read_text(encoding="utf-8"))
    stated = experiment.load(experiment.find("trx-backup")).expect
    assert set(summary["expectations"]) == {one.id for one in stated}
    assert summary["solves"] == {"OK": len(settings["experiment"]["run"])}
