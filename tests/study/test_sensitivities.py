"""Sensitivities: against what can be found by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import study
from redoxsim.errors import DesignError, Unsupported
from redoxsim.study import sensitivities
from redoxsim.study.plan import Study

POOL = """
model pool()
  compartment cell = 1; species A in cell = 1;
  k_in = 2; k_out = 1; k_free = 3; still = 0; half = 1; half = k_in/2;
  -> A; k_in*cell; A -> ; k_out*A*cell;
  reading := A^2*k_free; below := -A; level := k_in + k_out;
end
"""
TABLE = """id,value,unit,low,high,grade,source,note
k_in,2,,1,4,C,made up,
k_out,1,,0.9,1.1,B,made up,
k_free,3,,1,9,A,made up,
"""
METADATA = 'title = "pool"\nstart = "steady"\nobservables = [ { id = "A", name = "A", unit = "uM" } ]\n'


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    (folder / "model.ant").write_text(POOL)
    (folder / "model.toml").write_text(METADATA)
    (folder / "parameters.csv").write_text(TABLE)
    return folder / "model.ant"


def test_local_gains_are_the_exponents(pool: Path) -> None:
    table = rx.sensitivity(pool, observe="A,reading,below", at="1 h")
    gains = {(row["readout"], row["constant"]): row["gain"] for row in table.rows}
    # at rest A = k_in / k_out
    expected = {"A": (1, -1, 0), "reading": (2, -2, 1), "below": (1, -1, 0)}
    for readout, powers in expected.items():
        for constant, power in zip(("k_in", "k_out", "k_free"), powers, strict=True):
            assert gains[readout, constant] == pytest.approx(power, abs=1e-3), (readout, constant)
    assert ("A", "still") not in gains, "zero has no logarithm"
    assert ("A", "half") not in gains, "it follows from k_in"
    assert [row["constant"] for row in table.of("reading")][2] == "k_free", "the largest first"
    assert table.of("A")[0]["gain_low"] <= table.of("A")[0]["gain"] <= table.of("A")[0]["gain_high"]


def test_what_narrows_an_answer(pool: Path) -> None:
    table = rx.sensitivity(pool, observe="reading", at="1 h")
    found = table.narrows("reading")
    assert [name for name, _ in found] == ["k_in", "k_free", "k_out"]
    # variance of an even spread in the logarithm: width squared over twelve, times the gain squared
    parts = np.array([4 * np.log(4) ** 2, np.log(9) ** 2, 4 * np.log(1.1 / 0.9) ** 2])
    np.testing.assert_allclose([share for _, share in found], parts / parts.sum(), rtol=1e-2)


def test_sobol_indices_of_a_sum(pool: Path) -> None:
    pytest.importorskip("SALib")
    table = rx.sensitivity(pool, observe="level,A", at="1 h", method="sobol", samples=256)
    rows = {row["constant"]: row for row in table.of("level")}
    # k_in is even in the logarithm from 1 to 4, k_out nearly so from 0.9 to 1.1
    variance_in = 15 / (2 * np.log(4)) - (3 / np.log(4)) ** 2
    variance_out = 0.2**2 / 12
    for name, part in (("k_in", variance_in), ("k_out", variance_out), ("k_free", 0.0)):
        share = part / (variance_in + variance_out)
        assert rows[name]["S1"] == pytest.approx(share, abs=0.03)
        assert rows[name]["ST"] == pytest.approx(share, abs=0.03)
        assert rows[name]["S1_low"] - 1e-12 <= rows[name]["S1"] <= rows[name]["S1_high"] + 1e-12
    assert table.narrows("level")[0][0] == "k_in"
    assert rows["k_free"]["S1_low"] <= 0.0 <= rows["k_free"]["S1_high"]
    none = sum(row["S1_low"] <= 0.0 <= row["S1_high"] for row in rows.values())
    assert f"level: {none} of 3 first-order indices have an interval that includes 0" in table.summary
    again = rx.sensitivity(pool, observe="level,A", at="1 h", method="sobol", samples=256)
    assert again.to_dataframe().to_csv() == table.to_dataframe().to_csv(), "the same seed gives the same bytes"


def test_morris_ranks_and_says_no_share(pool: Path) -> None:
    pytest.importorskip("SALib")
    table = rx.sensitivity(pool, observe="level", at="1 h", method="morris", samples=16)
    rows = table.of("level")
    assert [row["constant"] for row in rows] == ["k_in", "k_out", "k_free"]
    assert rows[2]["mu_star"] == pytest.approx(0.0, abs=1e-9)
    # steps of two thirds of the range: along k_in from 1 to 4 evenly in the logarithm
    steps = (4.0 ** (2 / 3) - 1.0, 4.0 - 4.0 ** (1 / 3))
    assert steps[0] / (2 / 3) < rows[0]["mu_star"] < steps[1] / (2 / 3)
    assert table.narrows("level") == []


def test_morris_keeps_the_steps_that_were_solved(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("SALib")
    plan = study.sensitivity.plan(pool, observe="level", at="1 h", method="morris", samples=16)
    whole = plan.run()
    read_out = sensitivities.read_out

    def broken(rows: object, done: object) -> object:
        found = read_out(rows, done)  # type: ignore[arg-type]
        found.values[:, ::4] = np.nan  # one point of every walk over three constants
        return found

    monkeypatch.setattr(sensitivities, "read_out", broken)
    table = plan.run()
    assert [row["constant"] for row in table.rows] == [row["constant"] for row in whole.rows]  # type: ignore[attr-defined]
    assert "16 of 48 steps left out" in table.summary


def test_sobol_of_many_looks_locally_first(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("SALib")
    monkeypatch.setattr(sensitivities, "SCREENED", 2)
    plan = study.sensitivity.plan(pool, observe="reading", at="1 h", method="sobol", samples=8)
    assert plan.estimate().solves == 8 * (2 + 2)
    table = plan.run()
    assert {row["constant"] for row in table.rows} == {"k_in", "k_free"}  # type: ignore[attr-defined]
    assert "2 of 3 constants" in table.summary


def test_without_salib_it_says_what_to_install(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib", None)
    monkeypatch.setitem(sys.modules, "SALib.sample.morris", None)
    with pytest.raises(Unsupported, match="SALib") as caught:
        rx.sensitivity(pool, observe="A", at="1 h", method="morris")
    assert "redoxsim[sensitivity]" in str(caught.value.hint)
    assert rx.sensitivity(pool, observe="A", at="1 h").rows


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "loacl"}, "no method 'loacl'"),
        ({"parameters": ["k_inn"]}, "'k_inn' is no constant"),
        ({"parameters": ["still"]}, "'still' is zero"),
        ({"parameters": ["half"]}, "'half' follows from other constants"),
        ({"step": 0.0}, "a step of the logarithm"),
        ({"at": "1h,2h"}, "at one time"),
        ({"draws": 3}, "vary constants themselves"),
        ({"method": "sobol", "samples": 100}, "power of two"),
        ({"method": "morris", "parameters": ["still"]}, "'still' has no range"),
    ],
)
def test_bad_sensitivities(pool: Path, given: dict[str, object], message: str) -> None:
    if given.get("method") in ("sobol", "morris"):
        pytest.importorskip("SALib")
    with pytest.raises(DesignError, match=message):
        rx.sensitivity(pool, **{"observe": "A", "at": "1 h", **given})  # type: ignore[arg-type]


def test_the_plan_is_a_study_that_a_dry_run_can_count(pool: Path) -> None:
    plan = study.sensitivity.plan(pool, observe="A", at="1 h")
    assert isinstance(plan.study, Study)  # type: ignore[attr-defined]
    assert plan.estimate().solves == 1 + 2 * 3
