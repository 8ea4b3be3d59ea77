"""Planned plates: the power they promise is what simulated plates show."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis import EffectGrid, bliss, fit_hill
from redoxsim.analysis.plate import LEAST_STEP, PlateAgent, plan_plate
from redoxsim.errors import DesignError

DOSES = np.r_[0.0, np.geomspace(0.01, 100.0, 13)]


def agent(name: str = "a", *, ec50: float = 1.0, h: float = 1.5, top: float = 0.95, unit: float = 1.0) -> PlateAgent:
    alive = 1.0 - top * DOSES**h / (ec50**h + DOSES**h)
    fit = fit_hill(DOSES * unit, alive, orientation="viability", profile=False)
    return PlateAgent(name=name, unit="uM", fit=fit, low=DOSES[1] * unit, high=DOSES[-1] * unit)


def test_series_span_the_curves_and_stay_within_the_tested_doses() -> None:
    made = plan_plate([agent(), agent("b", ec50=10.0, h=1.0)], number=6)
    for one, axis in zip(made.agents, made.doses, strict=True):
        assert axis[0] == 0.0
        assert one.low <= axis[1] * (1 + 1e-9)
        assert axis[-1] <= one.high * (1 + 1e-9)
        steps = axis[2:] / axis[1:-1]
        assert np.ptp(steps) < 1e-9 * steps[0]
        assert steps[0] >= LEAST_STEP
        effect = one.affected(axis)
        assert effect[1] < 0.25
        assert effect[-1] > 0.5
    assert made.wells == 49 * 3
    assert made.telling > 10


def test_the_power_is_that_of_simulated_plates() -> None:
    """Plates with the gain and the noise that were planned for: the share of cells that pass the test, cell by cell."""
    made = plan_plate([agent(), agent("b", ec50=3.0)], number=4, replicates=3, noise=0.1)
    truth = made.expected + made.gain
    passed = np.zeros(truth.shape)
    rng = np.random.default_rng(0)
    rounds = 400
    alone = [one.affected(axis) for one, axis in zip(made.agents, made.doses, strict=True)]
    se = 0.1 / np.sqrt(3) * np.sqrt(1 + (1 - alone[0])[:, None] ** 2 + (1 - alone[1])[None, :] ** 2)
    means = []
    for _ in range(rounds):
        seen = truth + rng.normal(0.0, 0.1 / np.sqrt(3), truth.shape)
        excess = bliss(EffectGrid(*made.doses, seen, orientation="inhibition", scale="fraction", margin=np.inf)).values
        passed += np.abs(excess) > 1.96 * se
        means.append(excess[1:, 1:].mean())
    np.testing.assert_allclose(passed[1:, 1:] / rounds, made.power[1:, 1:], atol=0.1)
    centre, spread = np.mean(means), np.std(means)
    from scipy.special import ndtr

    assert float(ndtr(centre / spread - 1.96)) == pytest.approx(made.overall, abs=0.05)


def test_another_unit_gives_the_same_plate() -> None:
    one = plan_plate([agent(), agent("b", ec50=3.0)])
    other = plan_plate([agent(unit=1e3), agent("b", ec50=3.0, unit=1e-6)])
    np.testing.assert_allclose(other.doses[0], one.doses[0] * 1e3, rtol=1e-9)
    np.testing.assert_allclose(other.doses[1], one.doses[1] * 1e-6, rtol=1e-9)
    np.testing.assert_allclose(other.power, one.power, atol=1e-9)


def test_more_wells_less_noise_or_a_larger_synergy_tell_more() -> None:
    base = plan_plate([agent(), agent("b")], number=5, noise=0.08)
    assert plan_plate([agent(), agent("b")], number=5, noise=0.04).telling > base.telling
    assert plan_plate([agent(), agent("b")], number=5, noise=0.08, replicates=8).telling > base.telling
    assert plan_plate([agent(), agent("b")], number=5, noise=0.08, fold=4.0).telling > base.telling


def test_an_agent_without_effect_alone_gets_the_tested_range() -> None:
    made = plan_plate([agent(), agent("b", top=0.0)])
    assert made.doses[1][[1, -1]] == pytest.approx([0.01, 100.0])
    assert any("b alone has next to no effect" in text for text in made.remarks)
    with pytest.raises(DesignError, match="nothing to plan a plate by"):
        plan_plate([agent(top=0.0), agent("b", top=0.0)])


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"number": 2}, "three doses"), ({"noise": 0.0}, "noise"), ({"fold": 1.0}, "fold"), ({"replicates": 0}, "replic")],
)
def test_bad_plates(settings: dict[str, float], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        plan_plate([agent(), agent("b")], **settings)  # type: ignore[arg-type]
