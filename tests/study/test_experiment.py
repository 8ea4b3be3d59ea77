"""Experiment files are typed, and expectations are judged by their numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from redoxsim.errors import DesignError, ReadError
from redoxsim.study import expectations, experiment
from redoxsim.study.window import pairs_of

ROOT = Path(__file__).resolve().parents[2]
TEXT = """
id = "x"
title = "X"
question = "?"
says = "a"
expected = "b"
[[run]]
id = "course"
kind = "simulate"
until = "1 h"
every = "1 min"
observe = ["A"]
[[expect]]
id = "doubles"
text = "A doubles"
quantity = { run = "course", observe = "A", reduce = "max" }
over = { run = "course", observe = "A", reduce = "initial" }
at_least = 2.0
"""


class Course:
    """A finished time course, as the runner hands it over."""

    def __init__(self, values: list[float]) -> None:
        self.values = np.array(values)

    def series(self, observe: str) -> tuple[np.ndarray, np.ndarray]:
        return np.linspace(0.0, 3600.0, self.values.size), self.values

    def fitted(self, observe: str, parameter: str) -> float:
        return {"ic50": float("inf")}[parameter]

    def scored(self, observe: str, metric: str, reduce: str) -> float:
        raise AssertionError("a course has no score")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "experiment.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("folder", sorted(path.name for path in (ROOT / "experiments").iterdir() if path.is_dir()))
def test_every_shipped_experiment_loads_and_expects_something(folder: str) -> None:
    loaded = experiment.load(ROOT / "experiments" / folder)
    assert loaded.id == folder
    assert loaded.claims
    assert loaded.expect or loaded.beyond


@pytest.mark.parametrize("folder", sorted(path.name for path in (ROOT / "experiments").iterdir() if path.is_dir()))
def test_every_combination_has_a_therapeutic_window(folder: str) -> None:
    loaded = experiment.load(ROOT / "experiments" / folder)
    paired = {name for pair in pairs_of(loaded) for name in pair}
    assert {run.id for run in loaded.run if run.kind == "combine"} <= paired


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("at_least = 2.0", "at_leest = 2.0"), "at_least"),
        (('observe = ["A"]', 'observe = ["B"]'), "does not observe 'A'"),
        (('run = "course", observe = "A", reduce = "max"', 'run = "corse", observe = "A", reduce = "max"'), "corse"),
        (("at_least = 2.0", "at_least = 2.0\nat_most = 3.0"), "exactly one"),
        (("at_least = 2.0", ""), "exactly one"),
        (('kind = "simulate"', 'kind = "simulat"'), "simulat"),
        (('reduce = "max"', 'fit = "ec50"'), "dose-response"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    assert change[0] in TEXT
    with pytest.raises(ReadError, match=says):
        experiment.load(written(tmp_path, TEXT.replace(change[0], change[1], 1)))


def test_a_missing_file_and_broken_toml_are_read_errors(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot read"):
        experiment.load(tmp_path / "nothing")
    with pytest.raises(ReadError, match="TOML"):
        experiment.load(written(tmp_path, "id = "))


def test_settings_can_be_changed_for_one_run(tmp_path: Path) -> None:
    loaded = experiment.load(written(tmp_path, TEXT), changes={"course.until": "2 h", "cells": "4"})
    assert loaded.cells == 4
    assert loaded.run[0].until == "2 h"  # type: ignore[union-attr]
    with pytest.raises(DesignError, match="did you mean 'course'"):
        experiment.load(written(tmp_path, TEXT), changes={"curse.until": "2 h"})
    with pytest.raises(DesignError, match="its runs are course"):
        experiment.load(written(tmp_path, TEXT), changes={"zzz.until": "2 h"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cells": "abc"}, r"^-S cells=abc: .*integer"),
        ({"course.sells": "3"}, r"^-S course\.sells=3: unknown key 'sells'"),
        ({"until": "3 h", "course.until": "soon"}, r"^-S until=3 h: unknown key 'until'"),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_not_the_file(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    with pytest.raises(ReadError, match=told):
        experiment.load(written(tmp_path, TEXT), changes=changes)
    with pytest.raises(ReadError, match=r"experiment\.toml"):
        experiment.load(written(tmp_path, TEXT + "\nnonsense = 1\n"), changes={"cells": "2"})


@pytest.mark.parametrize(("values", "holds", "value"), [([1.0, 2.5], True, 2.5), ([1.0, 1.5], False, 1.5)])
def test_an_expectation_is_judged_by_its_number(tmp_path: Path, values: list[float], holds: bool, value: float) -> None:
    loaded = experiment.load(written(tmp_path, TEXT))
    (verdict,) = expectations.judge(loaded, {"course": Course(values)})
    assert verdict.holds is holds
    assert verdict.value == pytest.approx(value)


def test_not_a_number_never_holds(tmp_path: Path) -> None:
    loaded = experiment.load(written(tmp_path, TEXT))
    (verdict,) = expectations.judge(loaded, {"course": Course([1.0, float("nan")])})
    assert not verdict.holds
    assert verdict.got() == "not defined"


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ([1.0, 1.5], expectations.Finding.CONFLICT),
        ([1.0, 2.5], expectations.Finding.SURPRISE),
        ([1.0, float("nan")], expectations.Finding.FAILS),  # nothing shows the conflict
    ],
)
def test_a_declared_conflict_is_judged_too(tmp_path: Path, values: list[float], finding: expectations.Finding) -> None:
    reason = 'at_least = 2.0\nconflict = "1.6 is the most that k = 0.4 allows"'
    loaded = experiment.load(written(tmp_path, TEXT.replace("at_least = 2.0", reason)))
    (verdict,) = expectations.judge(loaded, {"course": Course(values)})
    assert verdict.finding is finding
    assert verdict.finding.passes is (finding is not expectations.Finding.FAILS)


def test_a_conflict_needs_numbers(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="with the numbers"):
        experiment.load(written(tmp_path, TEXT.replace("at_least = 2.0", 'at_least = 2.0\nconflict = "hard"')))


def test_reductions_of_an_exponential_decay() -> None:
    times = np.linspace(0.0, 7200.0, 7201)
    values = np.exp(-np.log(2.0) * times / 1800.0)
    reduced = {how: expectations.reduce_series(times, values, how) for how in ("initial", "last", "min", "max")}
    assert reduced == pytest.approx({"initial": 1.0, "last": 1 / 16, "min": 1 / 16, "max": 1.0})
    assert expectations.reduce_series(times, values, "half-time") == pytest.approx(0.5, rel=1e-6)
    assert expectations.reduce_series(times, values, "at 1 h") == pytest.approx(0.25)
    assert expectations.reduce_series(times, values, "mean") == pytest.approx((1 - 1 / 16) / (4 * np.log(2)), rel=1e-6)
    assert expectations.reduce_series(times, values + 1.0, "half-time") == float("inf")
    with pytest.raises(DesignError, match="outside"):
        expectations.reduce_series(times, values, "at 3 h")
    with pytest.raises(DesignError, match="no reduction"):
        expectations.reduce_series(times, values, "median")
