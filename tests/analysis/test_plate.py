"""Planned plates: the power they promise is what simulated plates show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from redoxsim.analysis import EffectGrid, bliss, fit_hill, loewe_excess
from redoxsim.analysis.plate import LEAST_STEP, Plate, PlateAgent, plan_plate
from redoxsim.analysis.plate_tests import AdditiveMap, Inverse, additive
from redoxsim.errors import DesignError

DOSES = np.r_[0.0, np.geomspace(0.01, 100.0, 13)]


def agent(name: str = "a", *, ec50: float = 1.0, h: float = 1.5, top: float = 0.95, unit: float = 1.0) -> PlateAgent:
    alive = 1.0 - top * DOSES**h / (ec50**h + DOSES**h)
    fit = fit_hill(DOSES * unit, alive, orientation="viability", profile=False)
    return PlateAgent(name=name, unit="uM", fit=fit, low=DOSES[1] * unit, high=DOSES[-1] * unit)


@pytest.fixture(scope="module")
def planned() -> Plate:
    """Six doses each by both references, of agents three-fold apart."""
    return plan_plate([agent(), agent("b", ec50=3.0)])


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
    made = plan_plate([agent(), agent("b", ec50=3.0)], number=4, replicates=3, noise=0.1, metrics=["bliss"])
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


def test_an_agent_with_itself_is_additive() -> None:
    one = agent(ec50=2.0, h=2.0)
    table = Inverse.of(one)
    doses = np.stack(np.meshgrid(np.geomspace(0.1, 8.0, 7), np.geomspace(0.1, 8.0, 7), indexing="ij"))
    effect, shares = additive((table, table), doses)
    quick, near = AdditiveMap.of((table, table), [0.01] * 2, [100.0] * 2)((table, table), doses)
    np.testing.assert_allclose(quick, effect, atol=0.01)
    np.testing.assert_allclose(near, shares, atol=0.02)
    np.testing.assert_allclose(effect, one.affected(doses.sum(axis=0)), atol=2e-3)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)
    np.testing.assert_allclose(shares[0], doses[0] / doses.sum(axis=0), rtol=1e-6)


def test_the_additive_effect_ends_at_what_the_weaker_agent_reaches() -> None:
    strong, weak = agent(), agent("b", top=0.4)
    tables = (Inverse.of(strong), Inverse.of(weak))
    effect, _ = additive(tables, np.array([[0.05, 50.0], [0.1, 50.0]]))
    assert effect[0] < 0.4
    assert np.isnan(effect[1])


def test_the_errors_of_the_curves_enter_by_their_shares() -> None:
    """The additive effect moves by the share of an agent as its curve is moved up."""
    one, other = agent(), agent("b", ec50=5.0, h=1.0)
    tables = (Inverse.of(one), Inverse.of(other))
    doses = np.array([[0.4, 1.0], [2.0, 3.0]])
    effect, shares = additive(tables, doses)
    step = 1e-4
    for place in range(2):
        up = [replace(table, effects=table.effects + step * (place == i)) for i, table in enumerate(tables)]
        moved, _ = additive(up, doses)
        np.testing.assert_allclose((moved - effect) / step, shares[place], rtol=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("synergy", [True, False])
def test_the_power_by_loewe_is_that_of_simulated_plates(synergy: bool) -> None:
    """Plates with a known additive or synergistic surface, scored with the Loewe excess that `score` gives."""
    made = plan_plate([agent(), agent("b", ec50=3.0, h=1.2)], number=6, replicates=3, noise=0.06, metrics=["loewe"])
    test = made.tests["loewe"]
    truth = np.where(np.isnan(test.expected), 0.99, test.expected) + (np.nan_to_num(test.gain) if synergy else 0.0)
    truth[1:, 0] = made.agents[0].affected(made.doses[0][1:])
    truth[0, 1:] = made.agents[1].affected(made.doses[1][1:])
    tables = (Inverse.of(made.agents[0]), Inverse.of(made.agents[1]))
    _, shares = additive(tables, np.stack(np.meshgrid(made.doses[0][1:], made.doses[1][1:], indexing="ij")))
    sd = 0.06 / np.sqrt(3)
    se = sd * np.sqrt(1.0 + (shares**2).sum(axis=0))
    rng = np.random.default_rng(0)
    rounds, passed, seen_in = 120, np.zeros(se.shape), np.zeros(se.shape)
    for _ in range(rounds):
        seen = truth + rng.normal(0.0, sd, truth.shape)
        excess = loewe_excess(
            EffectGrid(*made.doses, seen, orientation="inhibition", scale="fraction", margin=np.inf)
        ).values[1:, 1:]
        known = np.isfinite(excess)
        seen_in += known
        passed += known & (np.abs(np.nan_to_num(excess)) > 1.96 * se)
    often = (seen_in > 0.9 * rounds) & np.isfinite(test.power[1:, 1:])
    assert often.sum() > 8
    rate = (passed / np.maximum(seen_in, 1))[often]
    if synergy:
        np.testing.assert_allclose(rate, test.power[1:, 1:][often], atol=0.25)
        assert abs(float(np.mean(rate - test.power[1:, 1:][often]))) < 0.08
    else:
        assert float(rate.mean()) < 0.08, "an additive plate shows synergy no more often than it may"


def test_a_plate_for_both_references_tells_by_both(planned: Plate) -> None:
    pair = [agent(), agent("b", ec50=3.0)]
    both, one = planned, plan_plate(pair, metrics=["bliss"])
    assert both.metrics == ("bliss", "loewe")
    assert both.telling <= min(test.telling for test in both.tests.values())
    assert one.telling >= both.tests["bliss"].telling, "nothing tells more by Bliss than the plate made for it"
    assert both.by_words() == "by Bliss excess and by Loewe excess"
    loewe = plan_plate(pair, metrics=["loewe"])
    assert loewe.telling >= both.tests["loewe"].telling
    near = both.rounded(3)
    assert all(float(f"{dose:.3g}") == dose for axis in near.doses for dose in axis)
    np.testing.assert_allclose(near.power[1:, 1:], both.power[1:, 1:], atol=0.05)


def test_without_an_effect_alone_there_is_no_additivity() -> None:
    made = plan_plate([agent(), agent("b", top=0.0)])
    assert made.metrics == ("bliss",)
    assert any("planned by Bliss only" in text for text in made.remarks)
    with pytest.raises(DesignError, match="effect of both agents"):
        plan_plate([agent(), agent("b", top=0.0)], metrics=["loewe"])
    with pytest.raises(DesignError, match="no plate is planned by 'zip'"):
        plan_plate([agent(), agent("b")], metrics=["zip"])


def test_another_unit_gives_the_same_plate(planned: Plate) -> None:
    one = planned
    other = plan_plate([agent(unit=1e3), agent("b", ec50=3.0, unit=1e-6)])
    np.testing.assert_allclose(other.doses[0], one.doses[0] * 1e3, rtol=1e-9)
    np.testing.assert_allclose(other.doses[1], one.doses[1] * 1e-6, rtol=1e-9)
    np.testing.assert_allclose(other.power, one.power, atol=1e-9)


def test_more_wells_less_noise_or_a_larger_synergy_tell_more() -> None:
    def telling(metric: str = "bliss", **settings: float) -> int:
        return plan_plate([agent(), agent("b")], metrics=[metric], number=5, **{"noise": 0.08, **settings}).telling

    base = telling()
    assert telling(noise=0.04) > base
    assert telling(replicates=8) > base
    assert telling(fold=4.0) > base
    assert telling("loewe", fold=4.0) > telling("loewe")


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
