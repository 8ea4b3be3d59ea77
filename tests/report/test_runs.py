"""Run folders: complete, the same twice, never replaced unasked; listing, comparing, repeating."""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from run_folders import same_files

from redoxsim.errors import DesignError, ReadError
from redoxsim.report import runlist, runs, tables
from redoxsim.report.figures import timecourse
from redoxsim.report.files import OutputError, OutputExists

NOW = datetime.datetime(2026, 11, 21, 6, 37, tzinfo=datetime.UTC)
SETTINGS = {"model": "redox", "until": "48 h", "rtol": 1e-6, "axis": {"TXNRD1": [0.1, 10.0]}}
STATUS = [
    {"row": 0, "auranofin": 0.0, "status": "OK", "steps": 210, "seconds": 0.013},
    {"row": 1, "auranofin": 1.0, "status": "STEP_BUDGET", "steps": 100000, "seconds": 2.5},
]


def make(root: Path, data, *, settings=SETTINGS, seconds: float = 0.0, **more: object) -> runs.RunFolder:
    agent = root.parent / "auranofin.toml"
    agent.write_text('id = "auranofin"\n')
    run = runs.create(
        command=["redoxsim", "scan", "redox", "--axis", "TXNRD1=0.1..10:log:31"], settings=settings,
        name="Auranofin × BSO", inputs=[agent], root=root, now=NOW, **more,
    )  # fmt: skip
    run.results(data)
    rows = [{**row, "seconds": row["seconds"] + seconds} for row in STATUS]
    run.status(rows)
    run.figure(timecourse(data, observe=["viability"]), "time course")
    run.finish({"largest_check": 1.2e-6, "nan": float("nan")}, state="partial")
    return run


def test_a_folder_holds_everything(tmp_path: Path, course) -> None:
    run = make(tmp_path / "runs", course(1, 1))
    assert run.path.parent == tmp_path / "runs"
    assert run.path.name.startswith("2026-11-21T0637-auranofin-bso-")
    files = sorted(p.relative_to(run.path).as_posix() for p in run.path.rglob("*") if p.is_file())
    assert files == [
        "command.txt", "failed.csv", "figures/time-course.png", "inputs/auranofin.toml", "inputs/sha256.txt", "log.txt",
        "results.nc", "settings.toml", "status.csv", "summary.json", "versions.json",
    ]  # fmt: skip
    assert (run.path / "command.txt").read_text() == "redoxsim scan redox --axis TXNRD1=0.1..10:log:31\n"
    digest = hashlib.sha256(b'id = "auranofin"\n').hexdigest()
    assert (run.path / "inputs/sha256.txt").read_text() == f"{digest}  auranofin.toml\n"
    assert (run.path / "status.csv").read_text().splitlines()[0] == "row,auranofin,status,steps"
    assert (run.path / "failed.csv").read_text().splitlines()[1:] == ["1,1.0,STEP_BUDGET,100000"]
    log = (run.path / "log.txt").read_text()
    assert "2 solves, 2.513 s in all, slowest 2.500 s" in log
    summary = json.loads((run.path / "summary.json").read_text())
    assert summary["state"] == "partial"
    assert summary["nan"] is None
    assert summary["files"]["results.nc"] == runs.sha256(run.path / "results.nc")
    assert json.loads((run.path / "versions.json").read_text())["numpy"] == np.__version__


def test_same_command_twice_differs_in_the_log_only(tmp_path: Path, course) -> None:
    first = make(tmp_path / "runs", course(1, 1))
    second = make(tmp_path / "runs", course(1, 1), seconds=0.5)
    assert first.path != second.path
    assert second.path.name == first.path.name + ".2"
    assert same_files(first.path, second.path) == ()
    assert (first.path / "log.txt").read_bytes() != (second.path / "log.txt").read_bytes()
    found = runlist.compare(runlist.load(first.path), runlist.load(second.path))
    assert found.identical
    assert found.largest == 0.0
    assert found.rows() == []


def test_the_hash_follows_settings_and_inputs(tmp_path: Path, course) -> None:
    first = make(tmp_path / "a", course(1, 1))
    second = make(tmp_path / "b", course(1, 1), settings={**SETTINGS, "rtol": 1e-8})
    assert first.path.name[-6:] != second.path.name[-6:]


def test_a_named_folder_is_never_filled_twice_unasked(tmp_path: Path, course) -> None:
    folder = tmp_path / "mine"
    make(tmp_path / "runs", course(1, 1), folder=folder)
    (folder / "notes.txt").write_text("my notes")
    with pytest.raises(OutputExists, match=r"not empty.*--force"):
        make(tmp_path / "runs", course(1, 1), folder=folder)
    again = make(tmp_path / "runs", course(1, 0), folder=folder, force=True)
    assert (folder / "notes.txt").read_text() == "my notes"
    assert runlist.changed(runlist.load(again.path)) == ()
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.txt").write_text("x")
    with pytest.raises(OutputExists, match="holds files but no run"):
        make(tmp_path / "runs", course(1, 1), folder=other, force=True)
    assert (other / "chapter1.txt").read_text() == "x"


def test_places_and_inputs_that_do_not_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        runs.create(command="x", settings={}, name="a", root=tmp_path / "file" / "runs")
    with pytest.raises(ReadError, match=r"missing\.csv"):
        runs.create(command="x", settings={}, name="a", root=tmp_path, inputs=[tmp_path / "missing.csv"])
    (tmp_path / "sub").mkdir()
    for folder in (tmp_path, tmp_path / "sub"):
        (folder / "data.csv").write_text(str(folder))
    with pytest.raises(DesignError, match="two inputs are called"):
        runs.create(
            command="x",
            settings={},
            name="a",
            root=tmp_path,
            inputs=[tmp_path / "data.csv", tmp_path / "sub" / "data.csv"],
        )
    with pytest.raises(DesignError, match="cannot be called"):
        runs.create(command="x", settings={}, name="a", root=tmp_path, inputs={"../evil": "text"})


def test_list_and_find(tmp_path: Path, course) -> None:
    root = tmp_path / "runs"
    assert runlist.list_runs(root) == ()
    first = make(root, course(1, 1))
    second = make(root, course(1, 1), settings={**SETTINGS, "rtol": 1e-8})
    (root / "not-a-run").mkdir()
    assert {run.name for run in runlist.list_runs(root)} == {first.path.name, second.path.name}
    assert runlist.find(first.path.name[-6:], root=root).path == first.path
    assert runlist.find(first.path).path == first.path
    assert runlist.find("last", root=root) == runlist.list_runs(root)[0]
    with pytest.raises(DesignError, match="stands for 2 runs"):
        runlist.find("auranofin", root=root)
    with pytest.raises(DesignError, match="no run 'celecoxib'"):
        runlist.find("celecoxib", root=root)
    assert {run.state for run in runlist.list_runs(root)} == {"partial"}
    named = make(root, course(1, 1), folder=tmp_path / "named")
    assert named.path not in [run.path for run in runlist.list_runs(root)]
    assert named.path in [run.path for run in runlist.list_runs(root, beside=tmp_path)]
    assert runlist.find("named", root=root, beside=tmp_path).when, "its log says when it began"
    assert len(runlist.list_runs(root, beside=root)) == 2, "no run is listed twice"


def test_load_for_repeating(tmp_path: Path, course) -> None:
    run = runlist.load(make(tmp_path / "runs", course(1, 1)).path)
    assert runlist.settings(run) == SETTINGS
    assert run.command.startswith("redoxsim scan redox")
    assert run.when == "2026-11-21T0637"
    assert runlist.inputs(run)["auranofin.toml"].read_text() == 'id = "auranofin"\n'
    np.testing.assert_array_equal(runlist.results(run)["GSH_c"], course(1, 1)["GSH_c"])
    (run.path / "inputs" / "auranofin.toml").write_text("changed")
    with pytest.raises(ReadError, match="changed after the run"):
        runlist.inputs(run)
    assert runlist.changed(run) == ("inputs/auranofin.toml",)
    shown = {(row["what"], row["name"]): row["value"] for row in runlist.contents(run)}
    assert shown["file", "inputs/auranofin.toml"] == "7 bytes, changed since"
    assert shown["setting", "axis.TXNRD1"] == "0.1, 10.0"
    (run.path / "inputs" / "auranofin.toml").unlink()
    assert {"what": "file", "name": "inputs/auranofin.toml", "value": "missing"} in runlist.contents(run)


def test_a_run_that_broke_off_is_listed_as_such(tmp_path: Path) -> None:
    run = runs.create(command="redoxsim scan", settings={}, name="x", root=tmp_path)
    assert runlist.load(run.path).state == "broken off"
    with pytest.raises(ReadError, match="holds no results"):
        runlist.results(runlist.load(run.path))


def test_largest_relative_difference_by_variable(course) -> None:
    a, b = course(1, 1), course(1, 1).copy(deep=True)
    b["H2O2_m"][5] *= 1.25
    b["GSH_c"][7] = np.nan
    b["viability"][3] += 1e-15
    found = {one.variable: one for one in runlist.difference(a, b)}
    assert found["H2O2_m"].largest == pytest.approx(0.2)
    assert found["H2O2_m"].place == "time 5"
    assert found["GSH_c"].largest == np.inf
    assert 0.0 < found["viability"].largest < 1e-14
    assert found["Trx1_red"].largest == 0.0
    assert runlist.difference(a, b)[0].variable == "GSH_c"


def test_rounding_around_zero_is_no_difference_and_shapes_are() -> None:
    def made(*values: float) -> tables.Table:
        return tables.Table({"x": np.array(values)})

    assert runlist.difference(made(1.0, 1e-17), made(1.0, -1e-17))[0].largest < 1e-7
    assert runlist.difference(made(1.0, np.nan), made(1.0, np.nan))[0].largest == 0.0
    assert "shapes" in runlist.difference(made(1.0), made(1.0, 2.0))[0].note
    missing = runlist.difference(made(1.0), tables.Table({"y": [1.0]}))
    assert {one.note for one in missing} == {"only in the first", "only in the second"}
    words = runlist.difference(tables.Table({"s": ["OK"]}), tables.Table({"s": ["SINGULAR"]}))
    assert words[0].largest == np.inf


def test_runs_of_an_experiment_are_compared_by_run_readout_and_place() -> None:
    def made(hours: int, last: float) -> tables.Table:
        times = [*range(hours + 1)]
        columns = {"run": "course", "readout": "GSH_c", "unit": "uM", "point": 0}
        values = [float(time) for time in times[:-1]] + [last]
        return tables.Table(
            {**{name: [one] * len(times) for name, one in columns.items()}, "time": times, "value": values},
            {"time": "h"},
        )

    (longer,) = runlist.difference(made(2, 2.0), made(4, 9.0))
    assert (longer.variable, longer.largest) == ("course: GSH_c", 0.0), "the part that both have"
    (other,) = runlist.difference(made(2, 2.0), made(2, 4.0))
    assert (other.largest, other.place) == (0.5, "point 0, time 2 h")
    assert (other.first, other.second) == (2.0, 4.0)


def test_settings_of_runs_have_keys_of_their_own() -> None:
    settings = {"run": [{"id": "a", "until": "6 h"}, {"until": "8 h"}], "observe": ["x"], "none": []}
    assert runlist.flat(settings) == {"run.a.until": "6 h", "run.2.until": "8 h", "observe": ["x"], "none": []}
