"""Cutting edges: two agents that interact through exactly one edge, and what happens to their synergy without it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from redoxsim import network, study
from redoxsim.errors import DesignError, ReadError
from redoxsim.network.parts import Network
from redoxsim.pharmacology import Agent, apply_agent, load_agent
from redoxsim.study import engine
from redoxsim.study.edges import explain, missing
from redoxsim.study.metadata import Edge, load_metadata, metadata_of

# Agent A kills, and wears a shield off that keeps agent B from killing more: hazards add but for the shield.
SHIELD = """
model shielded()
  unit substance = 1e-18 mole; unit extent = 1e-18 mole; unit volume = 1e-12 litre; unit time_unit = second;
  unit uM = 1e-18 mole / 1e-12 litre;
  compartment medium = 10000; medium has volume; compartment population = 1; population has dimensionless;
  species dummy in medium = 1; idle: dummy -> ; 1e-9*medium*dummy;
  substanceOnly species live in population = 1; substanceOnly species live_ref in population = 1;
  shield = 1; hazard_a = 0; hazard_b = 0; wear = 5; mend = 1e-4; leak = 0;
  shield' = mend*(1 - shield) - wear*hazard_a*shield;
  live' = -(hazard_a + hazard_b*(2 - shield))*live; live_ref' = -leak*live_ref;
  viability := live/live_ref;
end
"""
IT = Edge.model_validate({"id": "the-one", "name": "shield", "hold": "shield", "in": ["live"]})
WEAR = Edge.model_validate({"id": "wear", "name": "A wears the shield off", "set": {"wear": 0.0}})
IDLE = Edge.model_validate({"id": "idle", "name": "nothing", "without": ["idle"]})
LEAK = Edge.model_validate({"id": "leak", "name": "nothing too", "set": {"leak": 0.0}})
DOSES = {"agent-a": "0.5uM,2uM", "agent-b": "10uM,40uM"}


@pytest.fixture(scope="module")
def shielded() -> Network:
    net = network.read_antimony(SHIELD)
    return replace(
        net, parameters=tuple(replace(one, constant=False) if "hazard" in one.id else one for one in net.parameters)
    )


def plan(net: Network, *agents: Agent, **settings: object) -> study.Study:
    found = study.combine.plan(net, agents=agents, doses=DOSES, at="24h", rtol=1e-9, **settings)  # type: ignore[arg-type]
    assert isinstance(found, study.Study)
    return found


def test_the_edge_that_carries_the_synergy_takes_it_along(shielded: Network, agent_a: Agent, agent_b: Agent) -> None:
    ready = plan(shielded, agent_a, agent_b)
    found = explain(ready, edges=[IDLE, IT, LEAK, WEAR])
    table = ready.run().scores(["bliss"])["bliss"]
    assert found.excess == pytest.approx(table.summary.mean, abs=1e-6)
    assert found.strongest == pytest.approx(table.summary.max, abs=1e-6)
    assert float(found.excess[0]) > 0.02
    shares = {cut.edge.id: cut.share[1] for cut in found.cuts}
    assert shares["the-one"] == pytest.approx(1.0, abs=1e-4)
    assert shares["wear"] == pytest.approx(1.0, abs=1e-4)
    assert shares["idle"] == pytest.approx(0.0, abs=1e-4)
    assert shares["leak"] == pytest.approx(0.0, abs=1e-4)
    assert {cut.edge.id for cut in found.cuts[:2]} == {"the-one", "wear"}, "the largest share first"
    for cut in found.cuts:
        assert max(abs(float(values[0])) for values in cut.alone.values()) < 1e-5, "no agent alone needs any of them"
    assert found.solves == 9 * 5
    assert found.draws == 0


def test_no_row_of_a_cut_is_solved_a_second_time(
    shielded: Network, agent_a: Agent, agent_b: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The study itself is checked; a check of every cut, which nobody is told of, cost ten times the cuts."""

    def again(*_: object) -> None:
        raise AssertionError("solved again")

    monkeypatch.setattr(engine, "solve_batch", again)
    ready = plan(shielded, agent_a, agent_b)
    assert len(explain(ready, edges=[IT, WEAR]).cuts) == 2
    with pytest.raises(AssertionError, match="solved again"):
        ready.run()


def test_the_share_of_an_agent_is_told_apart_from_its_own_effect(
    shielded: Network, agent_a: Agent, agent_b: Agent
) -> None:
    """Without its top rate agent B does nothing: all synergy goes, and so does its effect alone."""
    off = Edge(id="b-off", name="B is not there", set={"agent_b_top": 0.0})
    (cut,) = explain(plan(shielded, agent_a, agent_b), edges=[off]).cuts
    assert cut.share[1] == pytest.approx(1.0, abs=1e-4)
    by_hand = -(1.0 - np.exp(-2e-5 * 40**2.5 / (20**2.5 + 40**2.5) * 86400.0))
    assert float(cut.alone["agent-b"][0]) == pytest.approx(by_hand, abs=1e-5)
    assert float(cut.alone["agent-a"][0]) == pytest.approx(0.0, abs=1e-5)


def test_what_a_combination_does_not_have_is_left_out_and_told(
    shielded: Network, agent_a: Agent, agent_b: Agent
) -> None:
    ready = plan(shielded, agent_a, agent_b)
    gone = Edge(id="gone", name="of another agent", without=("other_hits",))
    found = explain(ready, edges=[gone, IT])
    assert dict(found.absent) == {"gone": "reaction 'other_hits'"}
    with pytest.raises(DesignError, match="none of the edges"):
        explain(ready, edges=[gone])
    with pytest.raises(DesignError, match="declares no edges"):
        explain(ready)
    nowhere = Edge.model_validate({"id": "x", "name": "x", "hold": "dummy", "in": ["live"]})
    with pytest.raises(DesignError, match="'live', which does not depend on it"):
        explain(ready, edges=[nowhere])


def test_without_synergy_there_is_nothing_to_explain(kill: Network, agent_a: Agent, agent_b: Agent) -> None:
    with pytest.raises(DesignError, match="no synergy to explain"):
        explain(plan(kill, agent_a, agent_b, cells=1), edges=[Edge(id="t", name="t", set={"tick": 0.0})])


def test_draws_give_shares_with_bands(shielded: Network, agent_a: Agent, agent_b: Agent) -> None:
    data = agent_a.model_dump(by_alias=True)
    top, *others = data["parameters"]
    data["parameters"] = [{**top, "low": 1e-5, "high": 9e-5}, *others]
    half = Edge(id="half", name="half the wear", set={"wear": 2.5})
    found = explain(plan(shielded, Agent.model_validate(data), agent_b, draws=16), edges=[half, IT, IDLE])
    assert found.draws == 16
    by_id = {cut.edge.id: cut for cut in found.cuts}
    np.testing.assert_allclose(by_id["the-one"].share, 1.0, atol=1e-3)
    np.testing.assert_allclose(by_id["idle"].share, 0.0, atol=1e-3)
    low, middle, high = by_id["half"].share
    assert 0.1 < low < middle < high < 0.6
    assert by_id["half"].excess.shape == found.excess.shape == (16,)
    assert middle == pytest.approx(1 - by_id["half"].excess.mean() / found.excess.mean())
    assert np.ptp(found.excess) > 0.01


def test_the_edges_of_shipped_models_are_there() -> None:
    for name in ("redox",):
        net = network.read(name)
        declared = metadata_of(net)
        assert declared is not None
        assert len({one.id for one in declared.edges}) == len(declared.edges) >= 8
        for agent in ("auranofin", "bso"):
            net = apply_agent(net, load_agent(agent))
        for edge in declared.edges:
            assert missing(net, edge) == "", edge.id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"', "cuts nothing"),
        ('name = "x"\nhold = "A"', "come together"),
        ('name = "x"\nwithot = ["A"]', "unknown key 'withot'"),
    ],
)
def test_an_edge_that_makes_no_sense_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "model.toml").write_text(f'title = "t"\n[[edges]]\nid = "e"\n{text}\n', encoding="utf-8")
    with pytest.raises(ReadError, match=message):
        load_metadata(tmp_path)
