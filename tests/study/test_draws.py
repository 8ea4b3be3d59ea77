"""Draws of constants: which are kept, what becomes of those that fail, and what their bands are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

import redoxsim as rx
from redoxsim.errors import DesignError, ReadError, SolveError
from redoxsim.study import draws as study_draws
from redoxsim.study import population, prepare
from redoxsim.study.rows import ASSUMED
from redoxsim.study.spread import interval

POOL = """
model pool()
  compartment cell = 1; species A in cell = 1;
  k_in = 1; k_out = 1; k_free = 1; LEVEL = 1;
  -> A; LEVEL*k_in*cell; A -> ; k_out*A*cell;
  reading := k_free*A;
end
"""
TABLE = """id,value,unit,low,high,grade,source,note
k_in,1,,0.1,10,C,made up,
k_out,1,,0.1,10,B,made up,
k_free,1,,0.5,2,B,made up,
"""
METADATA = """title = "pool"
start = "steady"
observables = [ { id = "A", name = "A", unit = "uM" } ]
targets = [ { id = "A", low = 1, high = 2, source = "made up", draws = true } ]
[population]
cv = { LEVEL = 0.3 }
"""


def pool(folder: Path, *, text: str = POOL, table: str = TABLE, metadata: str = METADATA) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.ant").write_text(text)
    (folder / "model.toml").write_text(metadata)
    (folder / "parameters.csv").write_text(table)
    return folder / "model.ant"


def test_kept_draws_keep_to_the_bands_and_the_others_are_counted(tmp_path: Path) -> None:
    setup = prepare(pool(tmp_path / "m"))
    found = study_draws.draw(setup, 32, seed=3)
    ratio = found.values["k_in"] / found.values["k_out"]
    assert found.number == found.asked == 32
    assert ratio.min() >= 1.0 - 1e-6
    assert ratio.max() <= 2.0 + 1e-6
    # the same by hand: the draws in their order, A at rest is k_in / k_out
    block = population.Supply(setup.ranges, seed=[3, 1]).take(512)
    good = np.flatnonzero((block["k_in"] >= block["k_out"]) & (block["k_in"] <= 2.0 * block["k_out"]))[:32]
    np.testing.assert_array_equal(found.values["k_free"], block["k_free"][good])
    assert found.tried == good[-1] + 1
    assert found.unsettled == 0
    assert found.outside == {"A": found.tried - 32}


def test_fewer_draws_are_the_first_of_more(tmp_path: Path) -> None:
    setup = prepare(pool(tmp_path / "m"))
    few, many = (study_draws.draw(setup, number).values["k_in"] for number in (8, 40))
    np.testing.assert_array_equal(few, many[:8])
    assert not np.array_equal(study_draws.draw(setup, 8, seed=2).values["k_in"], few)


def test_what_is_set_stays_and_leaves_the_other_draws_alone(tmp_path: Path) -> None:
    path = pool(tmp_path / "m")
    plain = study_draws.draw(prepare(path), 16)
    given = study_draws.draw(prepare(path, values={"k_in": 3.0}), 16)
    axis = study_draws.draw(prepare(path), 16, taken=frozenset(["k_out"]))
    assert sorted(given.values) == ["k_free", "k_out"]
    assert sorted(axis.values) == ["k_free", "k_in"]
    np.testing.assert_array_equal(given.values["k_out"], plain.values["k_out"])
    np.testing.assert_array_equal(axis.values["k_in"], plain.values["k_in"])


def test_bands_that_no_draw_meets_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_draws, "TRIES", 2)
    setup = prepare(pool(tmp_path / "m", metadata=METADATA.replace("low = 1, high = 2", "low = 200, high = 300")))
    with pytest.raises(DesignError, match="not one of 4096 draws has an undosed state inside the bands"):
        study_draws.draw(setup, 4)


def test_the_cap_on_tries_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_draws, "TRIES", 1)
    path = pool(tmp_path / "m", metadata=METADATA.replace("low = 1, high = 2", "low = 1, high = 1.02"))
    grid = rx.scan(path, axes={"k_free": [1.0, 2.0]}, until="1 h", observe="reading", draws=64)
    assert grid.draws is not None
    assert 0 < grid.draws["number"] < 64
    assert "fewer than the 64 asked for" in grid.summary


def test_correlated_constants_go_together(tmp_path: Path) -> None:
    path = pool(tmp_path / "m", metadata=METADATA.replace(", draws = true", ""))
    plain = study_draws.draw(prepare(path), 512).values
    (tmp_path / "m" / "correlations.csv").write_text("id,with,correlation\nk_in,k_out,0.9\n")
    joined = study_draws.draw(prepare(path), 512).values
    assert abs(kendalltau(plain["k_in"], plain["k_out"]).statistic) < 0.05
    # Kendall's tau of a Gaussian copula is 2/pi asin(rho)
    assert kendalltau(joined["k_in"], joined["k_out"]).statistic == pytest.approx(2 / np.pi * np.arcsin(0.9), abs=0.03)
    assert joined["k_in"].min() >= 0.1
    assert joined["k_in"].max() <= 10.0
    assert np.median(joined["k_out"]) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(
    ("row", "message"),
    [("k_in,k_on,0.5", "no constant 'k_on'"), ("k_in,k_out,1.5", "cannot have"), ("k_in,k_out,a", "not a row")],
)
def test_bad_correlations(tmp_path: Path, row: str, message: str) -> None:
    path = pool(tmp_path / "m")
    (tmp_path / "m" / "correlations.csv").write_text(f"id,with,correlation\n{row}\n")
    with pytest.raises(ReadError, match=message):
        study_draws.draw(prepare(path), 8)


def test_correlations_that_contradict_one_another(tmp_path: Path) -> None:
    path = pool(tmp_path / "m")
    rows = "k_in,k_out,0.9\nk_out,k_free,0.9\nk_in,k_free,-0.9\n"
    (tmp_path / "m" / "correlations.csv").write_text(f"id,with,correlation\n{rows}")
    with pytest.raises(DesignError, match="contradict"):
        study_draws.draw(prepare(path), 8)


BREAKS = POOL.replace("LEVEL*k_in*cell", "sqrt(k_in - LIMIT)*cell").replace("k_in = 1;", "k_in = 1; LIMIT = -1;")
GIVEN = METADATA.replace('"steady"', '"given"').replace("cv = { LEVEL = 0.3 }", "cv = {}")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_draws_that_fail_are_left_out_and_counted(tmp_path: Path) -> None:
    path = pool(tmp_path / "m", text=BREAKS, metadata=GIVEN)
    settings = {"until": "1 s", "observe": "A", "draws": 64, "solver": "scipy"}
    grid = rx.scan(path, axes={"LIMIT": [0.0, 0.5]}, keep="draws", **settings)
    bad = grid.dataset["usable"].values == 0
    drawn = study_draws.draw(prepare(path), 64, taken=frozenset(["LIMIT"])).values["k_in"]
    np.testing.assert_array_equal(bad, drawn < 0.5)
    assert np.isnan(grid["A"].values[:, bad]).all(), "a draw that fails anywhere counts nowhere"
    band = rx.scan(path, axes={"LIMIT": [0.0, 0.5]}, **settings)
    assert band.draws is not None
    assert band.draws["usable"] == 64 - bad.sum()
    np.testing.assert_allclose(band["A"], np.quantile(grid["A"].values[:, ~bad], [0.05, 0.5, 0.95], axis=1).T)
    assert f"{bad.sum()} of them ({bad.mean():.0%}) failed and left out" in band.summary
    assert band.ok
    assert set(band.dataset["status"].values) == {"OK"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_band_where_most_draws_fail(tmp_path: Path) -> None:
    path = pool(tmp_path / "m", text=BREAKS, metadata=GIVEN)
    band = rx.scan(path, axes={"LIMIT": [0.0, 3.0]}, until="1 s", observe="A", draws=32, solver="scipy")
    assert np.isnan(band["A"]).all()
    assert not band.ok
    assert "too many of them failed for a band" in band.summary


def test_every_draw_has_a_cell_of_its_own(tmp_path: Path) -> None:
    path = pool(tmp_path / "m")
    settings = {"axes": {"k_free": [1.0]}, "until": "1 h", "observe": "A", "draws": 128, "keep": "draws"}
    joint, median, many = (rx.scan(path, **settings, **more) for more in ({}, {"cells": 1}, {"cells": 8}))
    at_median = median["A"].values[0]
    factors = joint["A"].values[0] / at_median
    # LEVEL is log-normal with a coefficient of variation of 0.3 and median 1
    assert np.std(np.log(factors)) == pytest.approx(np.sqrt(np.log1p(0.3**2)), rel=0.1)
    assert abs(kendalltau(factors, at_median).statistic) < 0.15, "cells go with no draw"
    assert np.std(np.log(many["A"].values[0] / at_median)) < 0.5 * np.std(np.log(factors))
    assert median.draws is not None
    assert median.provenance["population"]["cells"] == 1


def test_how_much_of_a_band_is_grade_c(tmp_path: Path) -> None:
    path = pool(tmp_path / "m", metadata=METADATA.replace(", draws = true", "").replace("LEVEL = 0.3", ""))
    band = rx.scan(path, axes={"LEVEL": [1.0]}, until="1 h", observe="A,k_in,k_out", draws=64)
    assert band["k_in"].attrs["grade_c_share"] == pytest.approx(1.0, abs=0.15)
    assert band["k_out"].attrs["grade_c_share"] == pytest.approx(0.0, abs=1e-12)
    assert 0.2 < band["A"].attrs["grade_c_share"] < 1.0
    every = study_draws.draw(prepare(path), 64).values
    assumed = study_draws.draw(prepare(path), ASSUMED, grade="C").values
    assert list(assumed) == ["k_in"]
    # A is positive and no fraction, so that its widths are those of its logarithm
    wide, narrow = (np.log(one).std(ddof=1) for one in (every["k_in"] / every["k_out"], assumed["k_in"]))
    share, low, high = (band["A"].attrs[f"grade_c_share{end}"] for end in ("", "_low", "_high"))
    assert share == pytest.approx(narrow / wide, rel=1e-4)
    assert low < share < high


def test_the_share_of_grade_c_is_over_draws_that_keep_to_the_bands(tmp_path: Path) -> None:
    path = pool(tmp_path / "m", metadata=METADATA.replace("LEVEL = 0.3", ""))
    assumed = study_draws.draw(prepare(path), 32, grade="C").values["k_in"]
    assert assumed.min() >= 1.0
    assert assumed.max() <= 2.0 + 1e-6
    assert assumed.max() > 1.9
    # k_in of accepted draws of all is anywhere in 0.1 to 10 (k_out goes with it): alone it would leave the band
    assert np.ptp(study_draws.draw(prepare(path), 32).values["k_in"]) > 4.0
    band = rx.scan(path, axes={"LEVEL": [1.0]}, until="1 h", observe="A", draws=64)
    # A is k_in / k_out, which the target holds to 1 to 2: both fill it
    assert band["A"].attrs["grade_c_share"] == pytest.approx(1.0, abs=0.15)
    assert band["A"].attrs["grade_c_share_low"] < 1.0 < band["A"].attrs["grade_c_share_high"]


def test_where_no_set_of_grade_c_fits_nothing_is_said_of_its_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # with k_out at 1 no k_in up to 2 brings A to 3
    monkeypatch.setattr(study_draws, "TRIES", 1)
    path = pool(
        tmp_path / "m",
        table=TABLE.replace("k_in,1,,0.1,10", "k_in,1,,0.1,2"),
        metadata=METADATA.replace("low = 1, high = 2", "low = 3, high = 9"),
    )
    band = rx.scan(path, axes={"LEVEL": [1.0]}, until="1 h", observe="A", draws=16, cells=1)
    assert "grade_c_share" not in band["A"].attrs
    assert band.draws is not None
    assert band.draws["assumed"] == 0
    assert band.counts == {"OK": 16}


def test_one_grade_needs_no_second_run(tmp_path: Path) -> None:
    path = pool(tmp_path / "m", table=TABLE.replace(",B,", ",C,"))
    band = rx.scan(path, axes={"LEVEL": [1.0]}, until="1 h", observe="A", draws=16, cells=1)
    assert band["A"].attrs["grade_c_share"] == 1.0
    assert band.counts == {"OK": 16}


def test_intervals_of_numbers_with_limits_among_them() -> None:
    assert interval(np.array([1.0, 2.0, 3.0])) == [pytest.approx(1.1), 2.0, pytest.approx(2.9), 1.0]
    assert interval(np.array([1.0, np.inf, np.nan, 2.0])) == [1.0, 2.0, np.inf, 0.75]
    assert np.isnan(interval(np.array([np.nan]))[:3]).all()


def test_the_estimate_solves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("solved")

    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(study_draws, "_KNOWN", {})
    monkeypatch.setattr(study_draws, "at_rest", never)
    plan = rx.scan.plan(pool(tmp_path / "m"), axes={"k_free": [1.0, 2.0]}, until="1 h", observe="A", draws=16)
    assert plan.estimate().solves == 32
    with pytest.raises(AssertionError, match="solved"):
        plan.run()


def test_a_cell_without_rest_fails_its_draw_alone(tmp_path: Path) -> None:
    # A grows without end where LEVEL k_in exceeds what the saturated loss can take
    text = POOL.replace("k_out*A*cell", "3*k_out*A/(1 + A)*cell")
    bounds = METADATA.replace("high = 2", "high = 100").replace("LEVEL = 0.3", "LEVEL = 1.0")
    band = rx.scan(pool(tmp_path / "m", text=text, metadata=bounds), axes={"k_free": [1.0]}, until="1 h", draws=64)
    assert band.draws is not None
    assert 32 < band.draws["usable"] < 64
    assert band.counts["NO_STEADY_STATE"] >= 64 - band.draws["usable"]
    assert np.isfinite(band["A"]).all()


def test_no_draw_with_rest_is_an_error(tmp_path: Path) -> None:
    text = POOL.replace("k_out*A*cell", "3*k_out*A/(1 + A)*cell")
    path = pool(tmp_path / "m", text=text, metadata=METADATA)
    with pytest.raises(SolveError, match="not one of the rows has an undosed steady state"):
        rx.scan(path, axes={"LEVEL": [1000.0]}, until="1 h", observe="A", draws=8)
