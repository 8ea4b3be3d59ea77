"""Responses by their names, GR values, and potency over time."""

from __future__ import annotations

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.errors import DesignError, FitError
from redoxsim.pharmacology import Agent
from redoxsim.study import gr, potencies, response
from redoxsim.study.responses import AXES

GROWTH, HAZARD = 1e-5, 3e-5
DOSES = rx.log("10 nM", "100 uM", 13)


def hazard(dose: np.ndarray) -> np.ndarray:
    return HAZARD * dose**1.5 / (1.0 + dose**1.5)


@pytest.fixture(scope="module")
def curve(kill: network.Network, agent_a: Agent) -> rx.ResultSet:
    return rx.dose_response(kill, agent=agent_a, doses=DOSES, at="0h,24h,48h,72h", observe="viability,live", rtol=1e-8)


def test_each_response_says_what_it_is(curve: rx.ResultSet) -> None:
    doses = curve.dataset["agent-a"].values
    viability, affected, growth = (response(curve, name) for name in ("viability", "affected", "gr"))
    assert [one.attrs["long_name"] for one in (viability, affected, growth)] == [
        AXES["viability"], AXES["affected"], AXES["gr"],
    ]  # fmt: skip
    assert affected.attrs["orientation"] == "inhibition"
    np.testing.assert_allclose(affected, 1.0 - viability, rtol=0, atol=0)
    # exponential growth: GR = 2^(growth rate over untreated growth rate) - 1, whatever the time
    by_hand = np.exp2((GROWTH - hazard(doses)) / GROWTH) - 1.0
    assert growth.sizes["time"] == 3
    np.testing.assert_allclose(growth, np.repeat(by_hand[:, None], 3, axis=1), atol=1e-4)
    assert float(viability[-1, 1]) > float(viability[-1, 3]), "viability does change with time"


def test_gr_metrics(curve: rx.ResultSet) -> None:
    for at in ("24 h", "72 h"):
        fit = gr(curve, at=at)
        assert fit.converged
        # GR 0.5: a growth rate of log2(1.5) of the untreated
        kill = GROWTH * (1.0 - np.log2(1.5))
        assert float(fit.gr50) == pytest.approx((kill / (HAZARD - kill)) ** (1 / 1.5), rel=0.05)
        assert fit.grmax == pytest.approx(np.exp2(1 - HAZARD / GROWTH) - 1, abs=2e-3)


def test_potency_changes_with_time(curve: rx.ResultSet) -> None:
    table = potencies(curve)
    assert table["time [h]"].tolist() == [24.0, 48.0, 72.0]
    half = np.log(2.0) / (table["time [h]"].to_numpy() * 3600.0)
    np.testing.assert_allclose(table["ic50 [uM]"], (half / (HAZARD - half)) ** (1 / 1.5), rtol=0.1)
    assert table["ic50 [uM]"].is_monotonic_decreasing


def test_a_dose_before_the_start_needs_the_cells_at_the_start(kill: network.Network, agent_a: Agent) -> None:
    early = rx.dose_response(kill, agent=agent_a, doses=DOSES, given="-24h", at="48h", observe="live")
    with pytest.raises(DesignError, match="there is a dose before that"):
        gr(early)
    counted = rx.dose_response(kill, agent=agent_a, doses=DOSES, given="-24h", at="0h,48h", observe="live")
    assert gr(counted, at="48 h").converged


@pytest.mark.parametrize(
    ("name", "message"),
    [("viabilty", "did you mean 'viability'"), ("survival", "needs the readout 'survival'")],
)
def test_bad_responses(curve: rx.ResultSet, name: str, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        response(curve, name)


def test_affected_turns_its_band(kill: network.Network, agent_a: Agent) -> None:
    data = agent_a.model_dump(by_alias=True)
    top, *others = data["parameters"]
    wide = Agent.model_validate({**data, "parameters": [{**top, "low": 1e-5, "high": 9e-5}, *others]})
    band = rx.dose_response(kill, agent=wide, doses="1uM,3uM", draws=16)
    viability, affected = band["viability"].values, response(band, "affected").values
    assert (affected[1] == 1.0 - viability[1, ::-1]).all()
    assert affected[1, 0] < affected[1, 2]


def test_draws_without_gr_are_named_and_end_no_command(curve: rx.ResultSet) -> None:
    """All points solved, and yet no GR: draws of cells that do not grow untreated."""
    from redoxsim.cli.dose_response import fit_lines

    data = curve.dataset.sel(time=[48 * 3600.0])
    data["gr"] = data["viability"] * np.nan
    data.attrs |= {"responses": '["gr"]'}
    lost = rx.ResultSet(data)
    with pytest.raises(FitError, match="untreated cells do not grow"):
        gr(lost)
    assert fit_lines(lost, "gr") == [
        "gr at 48 h: no curve: some draws have no GR: their untreated cells do not grow"
    ]  # fmt: skip
