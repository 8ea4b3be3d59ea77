"""Draws in dose-responses and combinations: bands, and intervals of fits and scores."""

from __future__ import annotations

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.errors import DesignError
from redoxsim.pharmacology import Agent


def survival_a(dose: np.ndarray, hours: float = 48.0) -> np.ndarray:
    """Viability under agent A by hand."""
    return np.exp(-3e-5 * dose**1.5 / (1.0 + dose**1.5) * hours * 3600.0)


def varied(cv: float) -> rx.pharmacology.Cell:
    return rx.pharmacology.Cell.model_validate({"id": "varied", "name": "varied", "population": {"cv": {"TOUGH": cv}}})


def ranged(agent: Agent) -> Agent:
    """The agent with a range on its largest hazard."""
    data = agent.model_dump(by_alias=True)
    top = data["parameters"][0]
    data["parameters"] = [{**top, "low": top["value"] / 2, "high": top["value"] * 2}, *data["parameters"][1:]]
    return Agent.model_validate(data)


def test_draws_give_bands(kill: network.Network, agent_a: Agent) -> None:
    curve = rx.dose_response(kill, agent=ranged(agent_a), doses="1uM,3uM", at="24h,48h", draws=64)
    assert curve["viability"].dims == ("agent-a", "time", "quantile")
    low, middle, high = (curve["viability"].values[1, 1, k] for k in range(3))
    assert low < middle < high
    # half of the draws have a hazard above the agent's own value, at most twice as large
    assert middle == pytest.approx(survival_a(np.array([1.0]))[0], rel=0.02)
    rate = -np.log(survival_a(np.array([1.0]))[0])
    assert np.exp(-2 * rate) < low < np.exp(-1.5 * rate)
    assert curve.provenance["draws"]["constants"] == ["agent_a_top"]
    assert curve.fit(at="48h").converged is not None
    kept = rx.dose_response(kill, agent=ranged(agent_a), doses="1uM,3uM", draws=64, keep="draws")
    assert kept["viability"].dims == ("agent-a", "draw")
    np.testing.assert_allclose(np.quantile(kept["viability"][1], [0.05, 0.5, 0.95]), [low, middle, high], rtol=1e-6)


def test_draws_give_scores_intervals(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    agents = [ranged(agent_a), ranged(agent_b)]
    surface = rx.combine(kill, agents=agents, grid=(3, 3), draws=8, cells=4, cell=varied(0.5))
    assert surface["bliss_excess"].dims == ("agent-a", "agent-b", "quantile")
    spread = surface["bliss_excess"].values
    assert np.all(spread[..., 0] <= spread[..., 2])
    assert np.any(spread[..., 0] < spread[..., 2])
    assert surface.summary.startswith(f"{16 * 8 * 4} solves: {16 * 8 * 4} ok; 3 solved again with scipy")


def test_fits_and_scores_have_intervals_over_draws(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    curve = rx.dose_response(kill, agent=ranged(agent_a), doses=rx.log("100 nM", "30 uM", 10), at="6h,48h", draws=32)
    kept = rx.dose_response(
        kill, agent=ranged(agent_a), doses=rx.log("100 nM", "30 uM", 10), at="6h,48h", draws=32, keep="draws"
    )
    fit = curve.fit(at="48h")
    each = [
        rx.analysis.fit_hill(
            kept.dataset["agent-a"].values, kept["viability"].values[:, 1, k], orientation="viability", profile=False
        )
        for k in range(32)
    ]
    low, high = np.quantile([one.einf for one in each], [0.05, 0.95])
    assert (fit.intervals["einf"].low, fit.intervals["einf"].high) == pytest.approx((low, high), rel=1e-9)
    assert fit.intervals["einf"].method == "5% to 95% of 32 draws"
    assert fit.intervals["einf"].level == pytest.approx(0.9)
    assert low < fit.einf < high
    # at 6 h few draws kill half of the cells: the dose lies above those tested in the others
    early = curve.intervals["viability"]["fit"]["21600.0"]["ic50"]
    assert early[0] < np.inf
    assert early[1:3] == [np.inf, np.inf]
    surface = rx.combine(kill, agents=[ranged(agent_a), ranged(agent_b)], grid=(4, 4), draws=8)
    summary = surface.intervals["viability"]["scores"]["bliss"]
    assert summary["mean"][0] <= summary["mean"][1] <= summary["mean"][2]
    assert summary["mean"][3] == 1.0
    assert abs(summary["max"][2]) < 0.01, "independent hazards have no excess in any draw"


def test_what_the_user_sets_is_not_drawn(kill: network.Network, agent_a: Agent) -> None:
    with pytest.raises(DesignError, match="draws need ranges"):
        rx.dose_response(kill, agent=ranged(agent_a), doses="1uM", draws=4, values={"agent_a_top": 1e-5})
    with pytest.raises(DesignError, match="no draws to keep"):
        rx.dose_response(kill, agent=ranged(agent_a), doses="1uM", keep="draws")
