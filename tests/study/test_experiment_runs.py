"""Experiments run: what their expectations are told is what the results hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from redoxsim.errors import DesignError
from redoxsim.report import conditions, experiments, run_tables
from redoxsim.report.scored import surface_text
from redoxsim.study import experiment, experiment_runs
from redoxsim.study.expectations import judge, measure
from redoxsim.study.timecourse import time_course, with_jobs

TEXT = """
id = "small"
title = "Small"
question = "?"
says = "a"
expected = "b"
model = "redox"
cells = 1

[[run]]
id = "course"
kind = "simulate"
doses = ["bso=100uM"]
until = "4 h"
every = "1 h"
observe = ["GSH_c", "viability"]

[[run]]
id = "dose"
kind = "dose-response"
agent = "bso"
dose_values = "1uM..1mM:log:6"
at = "24 h"
observe = ["GSH_c"]

[[run]]
id = "surface"
kind = "combine"
agents = ["auranofin", "bso"]
dose_values = ["1uM, 2uM", "30uM, 300uM"]
at = "24 h"
observe = ["viability"]
scores = ["bliss"]

[[expect]]
id = "falls"
text = "GSH falls"
quantity = { run = "course", observe = "GSH_c", reduce = "last", relative = "initial" }
at_most = 0.9

[[expect]]
id = "half"
text = "half of GSH is gone at some dose"
quantity = { run = "dose", observe = "GSH_c", fit = "ic50" }
within = [0.1, 1000.0]
unit = "uM"

[[expect]]
id = "impossible"
text = "excess above one"
quantity = { run = "surface", observe = "viability", score = "bliss", reduce = "max" }
at_least = 1.5
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[experiment.Experiment, Path]:
    folder = tmp_path_factory.mktemp("small")
    (folder / "experiment.toml").write_text(TEXT, encoding="utf-8")
    return experiment.load(folder), folder


@pytest.fixture(scope="module")
def finished(loaded: tuple[experiment.Experiment, Path]) -> list[experiment_runs.Finished]:
    return [ready.finish() for ready in experiment_runs.prepare_runs(loaded[0])]


def test_every_run_is_made_ready_before_the_first_is_solved(loaded: tuple[experiment.Experiment, Path]) -> None:
    ready = experiment_runs.prepare_runs(loaded[0])
    assert [one.run.id for one in ready] == ["course", "dose", "surface"]
    assert [one.study.estimate().solves for one in ready] == [1, 7, 9]


def test_an_unknown_agent_is_found_before_the_first_solve(loaded: tuple[experiment.Experiment, Path]) -> None:
    broken = experiment.load(loaded[1], changes={"dose.agent": "bsa"})
    with pytest.raises(DesignError, match="bsa"):
        experiment_runs.prepare_runs(broken)


def test_verdicts_are_about_the_results(
    loaded: tuple[experiment.Experiment, Path], finished: list[experiment_runs.Finished]
) -> None:
    verdicts = {one.expectation.id: one for one in judge(loaded[0], {one.run.id: one for one in finished})}
    course = np.asarray(finished[0].results["GSH_c"])
    assert verdicts["falls"].value == pytest.approx(course[-1] / course[0])
    assert verdicts["falls"].holds
    assert verdicts["half"].holds
    assert not verdicts["impossible"].holds
    table = finished[2].results.scores(["bliss"])["bliss"]
    assert verdicts["impossible"].value == table.summary.max


def test_the_dose_that_leaves_half_does(finished: list[experiment_runs.Finished]) -> None:
    """Interpolated on the results themselves, without any curve: within the neighbouring doses."""
    doses = np.asarray(finished[1].results.dataset["bso"])
    share = np.asarray(finished[1].results["GSH_c"]) / float(finished[1].results["GSH_c"][0])
    below = int(np.flatnonzero(share <= 0.5)[0])
    assert doses[below - 1] <= finished[1].fitted("GSH_c", "ic50") <= doses[below]


def test_a_dose_that_is_no_concentration_keeps_its_unit() -> None:
    """Half of the cells live on after a dose of radiation in Gy, interpolated between its neighbours."""
    from redoxsim.study.dose_curves import dose_response

    curve = dose_response("redox", agent="radiation", doses="1Gy..12Gy:log:6", at="72 h", observe=["survival"], cells=1)
    run = experiment.DoseResponseRun(
        id="rays",
        kind="dose-response",
        agent="radiation",
        dose_values="1Gy..12Gy:log:6",
        at="72 h",
        observe=["survival"],
    )
    doses, share = np.asarray(curve.dataset["radiation"]), np.asarray(curve["survival"]).ravel()
    below = int(np.flatnonzero(share <= 0.5)[0])
    assert doses[below - 1] <= experiment_runs.Finished(run, curve).fitted("survival", "ic50") <= doses[below]


def test_an_unknown_summary_is_refused(finished: list[experiment_runs.Finished]) -> None:
    with pytest.raises(DesignError, match="median-ish"):
        finished[2].scored("viability", "bliss", "median-ish")


def test_inputs_lie_as_the_catalogue_finds_them(
    loaded: tuple[experiment.Experiment, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redoxsim import catalog

    copies = experiment_runs.inputs(*loaded)
    assert {"experiment.toml", "agent-bso.toml", "agent-auranofin.toml", "cell-default.toml"} <= set(copies)
    experiment_runs.lay_out(copies, tmp_path)
    monkeypatch.setenv("REDOXSIM_PATH", str(tmp_path))
    assert catalog.model_file("redox").is_relative_to(tmp_path)
    assert catalog.agent_file("bso").is_relative_to(tmp_path)
    assert catalog.cell_file("default").is_relative_to(tmp_path)
    measured = measure(loaded[0].expect[0].quantity, {"course": experiment_runs.prepare_runs(loaded[0])[0].finish()})
    monkeypatch.delenv("REDOXSIM_PATH")
    again = measure(loaded[0].expect[0].quantity, {"course": experiment_runs.prepare_runs(loaded[0])[0].finish()})
    assert measured == again


def test_the_report_has_every_number(finished: list[experiment_runs.Finished]) -> None:
    table = run_tables.long_table(finished)
    assert len(table) == 2 * 5 + 7 + 9
    assert {row["status"] for row in run_tables.status_rows(finished)} == {"OK"}
    assert len(run_tables.status_rows(finished)) == 1 + 7 + 9
    scores = run_tables.score_table(finished)
    assert scores is not None
    assert list(scores.columns["score"]) == ["bliss"]
    assert "synergy" in str(scores.columns["sign"][0])
    fits = run_tables.fit_table(finished)
    assert fits is not None
    assert set(fits.columns["readout"]) == {"GSH_c"}
    text = surface_text(finished[2].results, ["bliss"])
    assert "viability at 24 h" in text
    assert "positive = synergy" in text


def test_figures_are_drawn_for_every_kind_of_run(
    loaded: tuple[experiment.Experiment, Path], finished: list[experiment_runs.Finished]
) -> None:
    drawn = {one.name: one.seen for one in experiments.figures(loaded[0], finished)}
    assert list(drawn) == ["course-course", "dose-GSH_c", "surface"]
    assert all(drawn.values()), "each says what is seen"


def test_bars_are_left_out_where_schedules_differ() -> None:
    common = {"kind": "simulate", "until": "1 h", "every": "1 h"}
    first = experiment.SimulateRun(id="a", doses=("bso=1uM@-24h",), **common)
    second = experiment.SimulateRun(id="b", doses=("bso=1uM",), **common)
    assert len(conditions.common_bars([first])) == 1
    assert conditions.common_bars([first, second]) == ()


def test_one_cell_has_a_time_axis_and_more_processes_change_nothing() -> None:
    plan = time_course("gsh", until="2 h", every="1 h", observe=["GSH_c"], cells=2)
    one, two = (with_jobs(plan, jobs).run().dataset for jobs in (1, 2))
    assert one.identical(two)
    single = time_course("gsh", until="2 h", every="1 h", observe=["GSH_c"]).run()
    assert single.dataset["GSH_c"].dims == ("time",)
    assert single.counts == {"OK": 1}
