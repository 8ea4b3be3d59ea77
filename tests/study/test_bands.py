"""Bands and intervals: seeds agree within them, equal seeds agree to the byte, commands take them where they pay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.pharmacology import Agent
from redoxsim.study import gr, prepare
from redoxsim.study.plan import MOST_BANDED, USUAL

DOSES = rx.log("100 nM", "30 uM", 7)


def ranged(agent: Agent, *places: int) -> Agent:
    """The agent with some parameters known to a factor of three."""
    data = agent.model_dump(by_alias=True)
    data["parameters"] = [
        {**one, "low": one["value"] / 3, "high": one["value"] * 3} if place in places else one
        for place, one in enumerate(data["parameters"])
    ]
    return Agent.model_validate(data)


def test_seeds_agree_within_their_intervals(kill: network.Network, agent_a: Agent) -> None:
    """Intervals from 5% to 95% of one seed hold about nine of ten draws of the others, medians lie close together."""
    agent = ranged(agent_a, 0, 1)
    settings = {"agent": agent, "doses": DOSES, "draws": 32}
    runs = [rx.dose_response(kill, **settings, keep="draws", seed=seed)["viability"].values for seed in range(1, 13)]
    held, medians = [], []
    for place, one in enumerate(runs):
        low, _, high = np.quantile(one[1:], [0.05, 0.5, 0.95], axis=-1)
        others = np.concatenate([other[1:] for at, other in enumerate(runs) if at != place], axis=-1)
        held.append(np.mean((others >= low[:, None]) & (others <= high[:, None])))
        # the 95% interval of a median from order statistics: ranks 10 and 23 of 32
        ranked = np.sort(one[1:], axis=-1)
        whole = np.median(np.concatenate([other[1:] for other in runs], axis=-1), axis=-1)
        medians.append(np.mean((ranked[:, 9] <= whole) & (whole <= ranked[:, 22])))
    assert 0.83 < np.mean(held) < 0.95
    assert np.mean(medians) > 0.9
    assert not np.array_equal(runs[0], runs[1])


def test_intervals_of_potency_agree_between_seeds(kill: network.Network, agent_a: Agent) -> None:
    agent = ranged(agent_a, 1)
    found = [
        rx.dose_response(kill, agent=agent, doses=DOSES, draws=64, seed=seed).intervals["viability"]["fit"]["172800.0"]
        for seed in (1, 2, 3)
    ]
    for one in found:
        low, _, high, share = one["ec50"]
        assert share == 1.0
        for other in found:
            assert low < other["ec50"][1] < high
            assert other["ec50"][0] == pytest.approx(low, rel=0.1)
            assert other["ec50"][2] == pytest.approx(high, rel=0.1)
    # the range of the agent's EC50 is a factor of three either way, half of the draws below it: 5% to 95% in the log
    assert np.log(found[0]["ec50"][2] / found[0]["ec50"][0]) == pytest.approx(2 * 0.9 * np.log(3.0), rel=0.1)


def test_equal_seeds_give_equal_bytes(kill: network.Network, agent_a: Agent, tmp_path: Path) -> None:
    for name, jobs in (("a", 1), ("b", 2)):
        curve = rx.dose_response(
            kill, agent=ranged(agent_a, 0), doses=DOSES, draws=16, responses=["gr"], seed=5, jobs=jobs
        )
        curve.to_csv(tmp_path / f"{name}.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_gr_of_draws_has_a_band_and_intervals(kill: network.Network, agent_a: Agent) -> None:
    agent = ranged(agent_a, 0)
    settings = {"agent": agent, "doses": DOSES, "at": "24h,48h", "draws": 32, "responses": ["gr", "affected"]}
    band = rx.dose_response(kill, **settings)
    assert band.responses == ("gr", "affected")
    assert band["gr"].dims == ("agent-a", "time", "quantile")
    live = rx.dose_response(kill, **{**settings, "responses": ()}, observe="live", keep="draws")["live"]
    by_hand = np.exp2(np.log2(live) / np.log2(live[0])) - 1.0
    np.testing.assert_allclose(
        band["gr"], np.quantile(by_hand, [0.05, 0.5, 0.95], axis=-1).transpose(1, 2, 0), atol=1e-6
    )
    np.testing.assert_allclose(band["affected"], 1.0 - band["viability"][..., ::-1].values, atol=1e-12)
    fit = gr(band, at="48 h")
    low, _, high, share = band.intervals["gr"]["fit"]["172800.0"]["graoc"]
    assert share == 1.0
    assert (fit.intervals["graoc"].low, fit.intervals["graoc"].high) == (low, high)
    assert low < fit.graoc < high
    assert fit.intervals["graoc"].level == pytest.approx(0.9)
    assert band.fit("affected", at="48 h").readout == "inhibition"
    assert "affected" in band.intervals


def test_gr_that_cannot_be_is_said_and_loses_nothing(kill: network.Network, agent_a: Agent) -> None:
    still = rx.dose_response(kill, agent=agent_a, doses=DOSES, values={"growth": 0.0}, responses=["gr"])
    assert np.isnan(still["gr"]).all()
    assert "divisions" in still["gr"].attrs["note"]
    assert np.isfinite(still["viability"]).all()


def test_bands_where_they_pay(kill: network.Network, agent_a: Agent) -> None:
    plan = rx.dose_response.plan
    banded = plan(kill, agent=ranged(agent_a, 0), doses=DOSES).with_bands()
    assert banded.rows.settings.draws == USUAL
    assert banded.estimate().solves == USUAL * 8
    for settings in ({"solver": "scipy"}, {"keep": "cells"}, {"values": {"agent_a_top": 1e-5}}, {"draws": 3}):
        study = plan(kill, agent=ranged(agent_a, 0), doses=DOSES, **settings)
        assert study.with_bands() is study, settings
    study = plan(kill, agent=ranged(agent_a, 0), doses=DOSES)
    assert study.with_bands(MOST_BANDED) is study, "too many points"
    assert study.with_bands(0) is study


def test_draws_given_are_the_draws_of_bands(kill: network.Network, agent_a: Agent) -> None:
    plan = rx.dose_response.plan(kill, agent=ranged(agent_a, 0), doses="1uM,3uM")
    usual = plan.with_bands(16).run()
    given = rx.dose_response(kill, agent=ranged(agent_a, 0), doses="1uM,3uM", draws=16)
    np.testing.assert_array_equal(usual["viability"], given["viability"])
    assert prepare(replace(kill, id="other")).ranges == {}


def test_scores_of_few_draws_have_no_interval(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    from redoxsim.report.scored import score_bands

    # half of the draws of the second agent are too weak to kill: there an index of equal effects has nothing to go by
    weak = agent_b.model_dump(by_alias=True)
    top = weak["parameters"][0]
    weak["parameters"] = [{**top, "low": top["value"] * 1e-6, "high": top["value"] * 3}, *weak["parameters"][1:]]
    surface = rx.combine(kill, agents=[ranged(agent_a, 0), Agent.model_validate(weak)], grid=(4, 4), draws=24)
    tables = surface.scores(["bliss", "ci"], observe="viability", failed="drop")
    share = surface.intervals["viability"]["scores"]["ci"]["mean"][3]
    assert 0.0 < share < 0.9
    first, second = score_bands(surface, "viability", tables)
    assert first.startswith("Bliss excess (independence), mean: ")
    assert "over 5% to 95% of 24 draws" in first
    assert second == f"Chou-Talalay combination index: no interval, {share:.0%} of 24 draws define it"


def test_one_dose_is_no_curve_and_has_no_intervals(kill: network.Network, agent_a: Agent) -> None:
    fit = rx.dose_response(kill, agent=ranged(agent_a, 0), doses="1uM", draws=16).fit("viability")
    assert not fit.converged
    assert fit.message.endswith("three of them above zero")
    assert not fit.intervals


def test_parameters_of_surfaces_have_the_intervals_of_the_draws(
    kill: network.Network, agent_a: Agent, agent_b: Agent
) -> None:
    agents = [ranged(agent_a, 0, 1), ranged(agent_b, 0, 1)]
    given = {"agents": agents, "grid": (6, 6), "draws": 16, "sample": 0, "scores": ["braid"]}
    surface = rx.combine(kill, **given)
    found = surface.intervals["viability"]["scores"]["braid"]
    (table,) = surface.scores(["braid"]).values()
    assert table.note.endswith("intervals are 5% to 95% of 16 draws")
    told = 0
    for one in table.parameters:
        low, _, high, share = found[one.name]
        if share >= 0.9:
            assert (one.low, one.high) == (low, high)
            told += not one.problem
        else:
            assert one.problem
            assert np.isnan(one.low)
    assert told > 4
    kept = rx.combine(kill, keep="draws", **given)
    grids = kept.with_scores(["braid"])
    assert "parameters" not in grids["braid_excess"].attrs


def test_scores_of_seeds_agree_within_their_intervals(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    """Intervals from 5% to 95% of a score hold about nine of ten draws of other seeds, and their medians."""
    agents = [ranged(agent_a, 0, 1), ranged(agent_b, 0, 1)]
    each = []
    for seed in range(1, 7):
        kept = rx.combine(kill, agents=agents, grid=(3, 3), draws=32, keep="draws", seed=seed, sample=0)
        each.append(kept.with_scores(["hsa"])["hsa_excess"].values.reshape(-1, 32).max(axis=0))
    held, medians = [], []
    for place, one in enumerate(each):
        low, high = np.quantile(one, [0.05, 0.95])
        others = np.concatenate([other for at, other in enumerate(each) if at != place])
        held.append(np.mean((others >= low) & (others <= high)))
        medians.append(low < np.median(others) < high)
    assert 0.8 < np.mean(held) < 0.97
    assert all(medians)
    assert not np.array_equal(each[0], each[1])


def test_equal_seeds_give_equal_bytes_of_combinations(
    kill: network.Network, agent_a: Agent, agent_b: Agent, tmp_path: Path
) -> None:
    for name, jobs in (("a", 1), ("b", 2)):
        surface = rx.combine(kill, agents=[ranged(agent_a, 0), agent_b], grid=(3, 3), draws=16, seed=5, jobs=jobs)
        surface.to_csv(tmp_path / f"{name}.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_time_course_has_a_band(kill: network.Network, agent_a: Agent) -> None:
    """The band of a course is that of a dose-response curve at its dose; without draws it is a single Solution."""
    agent = ranged(agent_a, 0)
    settings = {"agents": [agent], "until": "48 h", "every": "24 h"}
    band = rx.simulate(kill, doses={"agent-a": "1uM"}, observe="viability", draws=24, **settings)
    assert isinstance(band, rx.ResultSet)
    assert band["viability"].dims == ("time", "quantile")
    curve = rx.dose_response(kill, agent=agent, doses="1uM,3uM", at="24h,48h", draws=24)
    np.testing.assert_allclose(band["viability"].values[1:], curve["viability"].values[1], rtol=1e-5)
    assert band.draws is not None
    assert band.draws["usable"] == 24
    assert isinstance(rx.simulate(kill, doses={"agent-a": "1uM"}, **settings), rx.solve.Solution)
