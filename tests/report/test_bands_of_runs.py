"""Bands of the draws of an experiment in its figures, fits and scores: what they are is known by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from toy_shelf import metadata, opening, poison, ranges, shelve

from redoxsim.report.experiments import figures
from redoxsim.report.figures.spread import MEDIAN
from redoxsim.report.run_tables import fit_table, score_table
from redoxsim.study import draws, experiment, prepare
from redoxsim.study.agreement import agreement
from redoxsim.study.experiment_runs import Finished, prepare_runs
from redoxsim.study.results import ResultSet

MODEL = """
model killed()
  compartment cell = 1; species A in cell = 1;
  k_out = 0.001; SENS = 1; k_off = 0.00005;
  -> A; k_out*cell; A -> ; k_out*A*cell;
  left_one := 1; left_two := 1;
  survival := left_one*left_two/(1 + SENS*(1 - left_one)*(1 - left_two));
end
"""
TABLE = ranges("SENS,1,,0.25,4,C", "k_off,5e-5,,1e-5,1e-4,B")
RUNS = """
[[run]]
id = "alone"
kind = "dose-response"
agent = "one"
dose_values = "100nM..100uM:log:13"
at = "1 h"
observe = ["survival"]
[[run]]
id = "course"
kind = "simulate"
doses = ["one=1uM"]
until = "24 h"
every = "1 h"
observe = ["survival"]
[[run]]
id = "both"
kind = "combine"
agents = ["one", "two"]
dose_values = ["0.3uM,1uM,3uM", "0.3uM,1uM,3uM"]
at = "1 h"
observe = ["A", "survival"]
scores = ["bliss"]
[[beyond]]
claim = "S9.1"
says = "it is so"
reason = "bands only"
"""


@pytest.fixture(name="done", scope="module")
def _done(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("bands")
    agents = {
        name: poison(name, rule=f"left_{name}", factor=f"1/(1 + {how}*{name}_x)")
        for name, how in (("one", "SENS"), ("two", "1"))
    }
    mine = shelve(
        folder, model=MODEL, table=TABLE, metadata=metadata("killed", survival="1", A="uM"), agents=agents,
        experiment=opening("bands", folder / "model.ant") + RUNS,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDOXSIM_PATH", str(mine))
        chosen = experiment.load(folder)
        finished = [one.finish() for one in prepare_runs(chosen)]
        bands = agreement(chosen, 32).bands
        drawn = draws.draw(prepare(folder / "model.ant"), 32, seed=chosen.seed).values["SENS"]
        yield chosen, finished, bands, drawn


Done = tuple[experiment.Experiment, list[Finished], Mapping[str, ResultSet], np.ndarray]


def test_a_fit_has_its_interval_over_the_draws(done: Done) -> None:
    _, finished, bands, drawn = done
    table = fit_table(finished, bands)
    assert table is not None
    row = next(i for i, name in enumerate(table.columns["parameter"]) if name == "ec50")
    # survival is 1/(1 + SENS x): half at 1/SENS
    assert float(table.columns["value"][row]) == pytest.approx(1.0, rel=0.02)
    low, high = np.quantile(1.0 / drawn, (0.05, 0.95))
    text = str(table.columns["interval"][row]).split(" (")[0].split(" to ")
    assert [float(one) for one in text] == pytest.approx([low, high], rel=0.02)
    assert table.columns["method"][row] == "5% to 95% of 32 draws"
    bare = fit_table(finished)
    assert bare is not None
    assert "draws" not in str(bare.columns["method"][row])


def test_a_score_has_its_interval_over_the_draws(done: Done) -> None:
    _, finished, bands, drawn = done
    table = score_table(finished, bands)
    assert table is not None

    def excess(sens: np.ndarray) -> np.ndarray:
        dose = np.array([0.3, 1.0, 3.0])
        one, two = np.meshgrid(dose, dose, indexing="ij")
        left_one, left_two = 1.0 / (1.0 + sens[:, None, None] * one), 1.0 / (1.0 + two)
        left = left_one * left_two / (1.0 + sens[:, None, None] * (1.0 - left_one) * (1.0 - left_two))
        return np.asarray((left_one * left_two - left).mean(axis=(1, 2)))

    low, high = np.quantile(excess(drawn), (0.05, 0.95))
    assert low < high
    expected = {"mean": float(excess(np.array([1.0]))[0]), "mean_low": low, "mean_high": high}
    for name, value in expected.items():
        assert float(table.columns[name][0]) == pytest.approx(value, abs=1e-5), name
    assert table.columns["draws"][0] == 32
    assert table.columns["draws_defined"][0] == 1.0
    bare = score_table(finished)
    assert bare is not None
    assert np.isnan(float(bare.columns["mean_low"][0]))
    assert bare.columns["draws"][0] == 0


def test_every_curve_has_band_and_median_and_says_so(done: Done) -> None:
    chosen, finished, bands, drawn = done
    found = {one.name: one.figure for one in figures(chosen, finished, bands=bands)}
    course = found["course-course"].axes[0]
    thin = [line for line in course.lines if line.get_linewidth() == MEDIAN["linewidth"]]
    assert len(thin) == 1
    assert np.asarray(thin[0].get_ydata())[-1] == pytest.approx(np.median(1.0 / (1.0 + drawn)), rel=1e-3)
    assert any(isinstance(one, PolyCollection) for one in course.collections)
    for name in ("course-course", "alone-survival"):
        words = " ".join(text.get_text() for text in found[name].findobj(lambda one: hasattr(one, "get_text")))
        for part in ("median of draws", "5–95% of draws", "bands: 32 draws of them", "only the assumed ones varying"):
            assert part in words.replace("\n", " "), (name, part)
    both = found["both"]
    words = " ".join(text.get_text() for text in both.findobj(lambda one: hasattr(one, "get_text"))).replace("\n", " ")
    assert "over 5% to 95% of 32 draws" in words


def test_every_figure_has_a_title_of_its_own(done: Done) -> None:
    chosen, finished, _, _ = done
    titles = [one.title for one in figures(chosen, finished)]
    assert titles == ["Survival with one 1 µM", "One: survival at 1 h", "One and two: survival at 1 h"]


def test_without_draws_nothing_is_said_of_bands(done: Done) -> None:
    chosen, finished, _, _ = done
    for one in figures(chosen, finished):
        words = " ".join(text.get_text() for text in one.figure.findobj(lambda each: hasattr(each, "get_text")))
        assert "median of draws" not in words
        assert "of them" not in words
