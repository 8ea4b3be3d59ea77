"""Fits of a model's constants to tables: constants come back, and what is open is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import redoxsim as rx
from redoxsim import network, study
from redoxsim.errors import DesignError, FitError, UnitError
from redoxsim.pharmacology import Agent
from redoxsim.study import fitting, fitting_table

POOL = """
model pool()
  unit volume = litre; unit substance = 1e-6 mole; unit uM = 1e-6 mole / litre; unit time_unit = second;
  compartment cell = 1; species A in cell = 1; species B in cell = 0;
  k_in = 2e-4; k_out = 1e-4; k_a = 1; k_b = 1; k_c = 1; half = 1; half := k_in/2;
  -> A; k_in*cell; A -> B; k_out*A*cell;
  reading := k_a*k_b*A;
end
"""
TABLE = """id,value,unit,low,high,grade,source,note
k_in,2e-4,,1e-5,1e-3,C,made up,
k_out,1e-4,,1e-5,1e-3,B,made up,
k_a,1,,0.1,10,A,made up,
k_b,1,,0.1,10,A,made up,
"""
METADATA = 'title = "pool"\nstart = "given"\nobservables = [ { id = "A", name = "A", unit = "uM" } ]\n'
HOURS = np.array([0.0, 1.0, 2.0, 4.0, 8.0, 16.0])
K_IN, K_OUT = 5e-4, 2e-4


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    (folder / "model.ant").write_text(POOL)
    (folder / "model.toml").write_text(METADATA)
    (folder / "parameters.csv").write_text(TABLE)
    return folder / "model.ant"


def course() -> np.ndarray:
    """A in uM by the formula."""
    rest = K_IN / K_OUT
    return rest + (1.0 - rest) * np.exp(-K_OUT * 3600.0 * HOURS)


def test_a_time_course_gives_its_constants_back(pool: Path) -> None:
    data = pd.DataFrame({"time [h]": HOURS, "A [nM]": 1000 * course(), "A_sd": np.full(6, 10.0)})
    found = rx.fit(pool, data, free=["k_in", "k_out"])
    assert repr(found).startswith("<ModelFit: k_in ")
    assert len(repr(found)) < 200
    assert found.best == {"k_in": pytest.approx(K_IN, rel=1e-4), "k_out": pytest.approx(K_OUT, rel=1e-4)}
    assert found.known
    assert found.met == len(found.starts)
    assert all(one.closed == (True, True) and one.from_ < one.value < one.to for one in found.constants)
    assert all(one.verdict == "determined" for one in found.constants)
    np.testing.assert_allclose(found.predicted[0], 1000 * course(), rtol=1e-5)
    x, y = found.curves[0]
    assert (x[0], x[-1]) == (0.0, 16 * 3600.0)
    assert y[-1] == pytest.approx(1000 * course()[-1], rel=1e-5)
    # the constants as found give the course back
    again = rx.simulate(pool, until="16 h", every="1 h", values=found.best)
    assert again["A"][-1] == pytest.approx(course()[-1], rel=1e-5)


def test_what_only_goes_together_is_said(pool: Path) -> None:
    data = pd.DataFrame({"time [h]": HOURS, "reading": course(), "reading_sd": np.full(6, 0.01)})
    found = rx.fit(pool, data, free={"k_a": None, "k_b": None, "k_out": None}, values={"k_in": K_IN})
    verdicts = {one.id: one.verdict for one in found.constants}
    assert verdicts["k_a"] == verdicts["k_b"] == "not determined: any value in its range fits"
    assert verdicts["k_out"] == "determined"
    assert found.best["k_a"] * found.best["k_b"] == pytest.approx(1.0, rel=1e-2)
    (one, two, r), *_ = found.together
    assert {one, two} == {"k_a", "k_b"}
    assert r < -0.95
    assert any("not determined" in line for line in found.remarks())


def test_noise_is_judged_from_residuals_where_no_error_is_given(pool: Path) -> None:
    noisy = course() * (1.0 + 0.03 * np.array([1, -1, 1, 1, -1, 1]))
    found = rx.fit(pool, pd.DataFrame({"time [h]": HOURS, "A [uM]": noisy}), free=["k_in", "k_out"])
    assert not found.known
    for one, truth in zip(found.constants, (K_IN, K_OUT), strict=True):
        assert one.from_ < truth < one.to
        assert one.to / one.from_ > 1.05


def test_a_dose_response_gives_an_agents_constants_back(kill: network.Network, agent_a: Agent, tmp_path: Path) -> None:
    text = agent_a.model_dump_json(by_alias=True)
    truth = Agent.model_validate_json(text)
    curve = rx.dose_response(kill, agent=truth, doses="100nM,300nM,1uM,3uM,10uM,30uM", at="24 h", rtol=1e-8)
    table = pd.DataFrame(
        {"agent-a [nM]": 1000 * curve.dataset["agent-a"].values, "viability": curve["viability"].values}
    )
    moved = Agent.model_validate_json(text.replace('"value":1.0,"unit":"uM"', '"value":3.0,"unit":"uM"'))
    assert moved != truth
    patched = pytest.MonkeyPatch()
    patched.setattr(fitting, "loaded", lambda name: moved)
    try:
        found = rx.fit(kill, table, free={"agent_a_ec50": (0.1, 10.0), "agent_a_top": (1e-6, 1e-4)}, at="24 h")
    finally:
        patched.undo()
    assert found.best["agent_a_ec50"] == pytest.approx(1.0, rel=1e-3)
    assert found.best["agent_a_top"] == pytest.approx(3e-5, rel=1e-3)
    assert found.constants[0].before == 3.0
    x, y = found.curves[0]
    assert x[0] == 0.0
    assert y[0] == pytest.approx(1.0)
    assert y[-1] == pytest.approx(float(curve["viability"][-1]), rel=1e-3)


def test_a_dose_response_that_was_written_is_fitted_at_one_of_its_times(
    kill: network.Network, agent_a: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curve = rx.dose_response(kill, agent=agent_a, doses="100nM,300nM,1uM,3uM,10uM", at="24 h,48 h", rtol=1e-8)
    path = tmp_path / "curve.csv"
    curve.to_csv(path)
    monkeypatch.setattr(fitting_table, "agents", lambda: {"agent-a": path})
    monkeypatch.setattr(fitting, "loaded", lambda name: agent_a)
    free = {"agent_a_ec50": (0.1, 10.0), "agent_a_top": (1e-6, 1e-4)}
    with pytest.raises(DesignError, match="at 2 times") as caught:
        rx.fit(kill, path, free=free)
    assert caught.value.hint == "--at 24h or 48h says which is fitted"
    with pytest.raises(DesignError, match="no row at 30 h") as caught:
        rx.fit(kill, path, free=free, at="30 h")
    assert caught.value.hint == "it has 24 h, 48 h"
    for at in ("24 h", "48h"):
        plan = study.fit.plan(kill, path, free=free, at=at)
        assert [one.observable for one in plan.data] == ["viability"]
        assert plan.data[0].axis == "agent-a"
        assert plan.data[0].y == pytest.approx(curve["viability"].sel(time=float(at.strip(" h")) * 3600.0).values)
        assert rx.fit(kill, path, free=free, at=at).best["agent_a_ec50"] == pytest.approx(1.0, rel=1e-3)
    # the only time of a table need not be said, and of quantiles the median is what was measured
    table = curve.to_dataframe()
    late = table[table["time [h]"] == 48.0]
    bands = pd.concat(
        [late.assign(quantile=q, affected=1.0, viability=late["viability"] * (0.5 + q)) for q in (0.05, 0.5, 0.95)]
    )
    plan = study.fit.plan(kill, bands, free=free)
    assert plan.study.rows.times.seconds.tolist() == [48.0 * 3600.0]
    assert plan.data[0].y == pytest.approx(curve["viability"].values[:, 1])
    assert [one.observable for one in plan.data] == ["viability"], "what is computed from it is no second measurement"
    with pytest.raises(DesignError, match="only 'affected'") as caught:
        study.fit.plan(kill, bands.drop(columns="viability"), free=free)
    assert caught.value.hint == "a fit needs 'viability'"
    with pytest.raises(DesignError, match="no row of the median"):
        study.fit.plan(kill, bands[bands["quantile"] != 0.5], free=free)


def test_a_time_course_of_something_called_like_no_agent_stays_one(pool: Path) -> None:
    data = pd.DataFrame({"time [h]": HOURS, "A [uM]": course(), "solved": 1})
    assert study.fit.plan(pool, data, free=["k_in"]).data[0].axis == "time"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"free": ["k_inn"]}, DesignError, "'k_inn' is no constant"),
        ({"free": ["k_c"]}, DesignError, "'k_c' has no range"),
        ({"free": []}, DesignError, "1 to 10 constants"),
        ({"free": {"k_c": (2.0, 1.0)}}, DesignError, "range of 'k_c'"),
        ({"free": ["k_in"], "at": "48 h"}, DesignError, "is a time course"),
        ({"free": ["k_in"], "draws": 3}, DesignError, "moves constants itself"),
        ({"free": ["k_in"], "starts": 0}, DesignError, "at least one start"),
    ],
)
def test_bad_fits(pool: Path, given: dict[str, object], error: type[Exception], message: str) -> None:
    data = pd.DataFrame({"time [h]": HOURS, "A [uM]": course()})
    with pytest.raises(error, match=message):
        rx.fit.plan(pool, data, **given)  # type: ignore[arg-type]


def test_tables_that_cannot_be_fitted(pool: Path) -> None:
    with pytest.raises(UnitError, match="'A' is measured in h"):
        study.fit.plan(pool, pd.DataFrame({"time [h]": HOURS, "A [h]": course()}), free=["k_in"])
    with pytest.raises(DesignError, match="nothing called 'AA'"):
        study.fit.plan(pool, pd.DataFrame({"time [h]": HOURS, "AA [uM]": course()}), free=["k_in"])
    with pytest.raises(FitError, match="1 data cannot determine 2"):
        rx.fit(pool, pd.DataFrame({"time [h]": [2.0], "A [uM]": [1.5]}), free=["k_in", "k_out"])
    two = pd.DataFrame({"time [h]": [1.0, 2.0], "A [uM]": [1.0, 1.2], "condition": ["a", "b"]})
    with pytest.raises(DesignError, match="several conditions"):
        rx.fit(pool, two, free=["k_in"])


def test_equal_seeds_give_equal_fits(pool: Path) -> None:
    data = pd.DataFrame({"time [h]": HOURS, "A [uM]": course() + 0.01})
    one, two = (rx.fit(pool, data, free=["k_in", "k_out"], seed=4, jobs=jobs).to_dataframe() for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
