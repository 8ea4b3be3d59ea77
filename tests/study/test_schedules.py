"""Schedule maps: order and delay of two agents."""

from __future__ import annotations

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.errors import DesignError, UnitError
from redoxsim.pharmacology import Agent

DOSES = {"agent-a": "1uM,3uM", "agent-b": "20uM"}


def rate_a(dose: np.ndarray) -> np.ndarray:
    return 3e-5 * dose**1.5 / (1.0 + dose**1.5)


def test_independent_agents_have_no_excess_at_any_delay(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    found = rx.schedule_map(kill, agents=[agent_a, agent_b], doses=DOSES, delays="-24h,0h,12h", at="48h", rtol=1e-8)
    assert found["viability"].dims == ("agent-a", "agent-b", "delay")
    assert found.dataset["delay"].values.tolist() == [-24.0, 0.0, 12.0]
    assert found.dataset["delay"].attrs == {"units": "h", "long_name": "delay of agent-b after agent-a"}
    # by hand: each agent kills from when it is given to the end
    doses, hours = found.dataset["agent-a"].values, np.array([24.0, 48.0, 48.0])
    alone = np.exp(-rate_a(doses)[:, None] * hours * 3600.0)
    np.testing.assert_allclose(found["viability"][:, 0], alone, atol=1e-5)
    late = np.exp(-1e-5 * np.array([48.0, 48.0, 36.0]) * 3600.0)
    np.testing.assert_allclose(found["viability"][0, 1], late, atol=1e-5)
    np.testing.assert_allclose(found["viability"][:, 1], alone * late, atol=1e-5)
    assert np.nanmax(np.abs(found["bliss_excess"])) < 1e-5
    assert found["bliss_excess"].attrs["of"] == "viability"
    assert np.abs(found["bliss_excess"].values[0]).max() < 1e-12, "one agent alone has no excess"


# The second agent kills only what the first has made weak: order matters.
PRIMED = """
model primed()
  unit substance = 1e-18 mole; unit extent = 1e-18 mole; unit volume = 1e-12 litre; unit time_unit = second;
  unit uM = 1e-18 mole / 1e-12 litre;
  compartment medium = 10000; medium has volume; compartment population = 1; population has dimensionless;
  species dummy in medium = 1; dummy -> ; 1e-9*medium*dummy;
  substanceOnly species live in population = 1; substanceOnly species live_ref in population = 1;
  weak = 0; hazard_a = 0; hazard_b = 0;
  weak' = hazard_a - 1e-4*weak; live' = -hazard_b*weak*live; live_ref' = 0;
  viability := live/live_ref;
end
"""


def test_order_matters_where_one_agent_prepares_for_the_other(agent_a: Agent, agent_b: Agent) -> None:
    from dataclasses import replace

    net = network.read_antimony(PRIMED)
    parts = tuple(replace(one, constant=False) if one.id.startswith("hazard") else one for one in net.parameters)
    net = replace(net, parameters=parts)
    settings = {"doses": {"agent-a": "30uM", "agent-b": "300uM"}, "delays": "-20h,20h", "at": "24h"}
    found = rx.schedule_map(net, agents=[agent_a, agent_b], **settings)
    turned = rx.schedule_map(net, agents=[agent_b, agent_a], **settings)
    both = found["viability"].values[1, 1]
    assert both[0] > both[1], "weakened late, there is little time to kill"
    np.testing.assert_allclose(turned["viability"].values[1, 1], both[::-1], rtol=1e-6)
    np.testing.assert_allclose(found["bliss_excess"].values[1, 1], 1.0 - both, atol=1e-9)


def test_schedule_maps_have_bands(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    data = agent_a.model_dump(by_alias=True)
    top, *others = data["parameters"]
    data["parameters"] = [{**top, "low": 1e-5, "high": 9e-5}, *others]
    agents = [Agent.model_validate(data), agent_b]
    found = rx.schedule_map(kill, agents=agents, doses=DOSES, delays="0h,12h", at="24h", draws=16)
    assert found["bliss_excess"].dims == ("agent-a", "agent-b", "delay", "quantile")
    band = found["viability"].values[1, 1, 0]
    assert band[0] < band[1] < band[2]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"agents": ["agent-a"]}, DesignError, "two different agents"),
        ({"doses": {"agent-a": "1uM"}}, DesignError, "no dose of 'agent-b'"),
        ({"doses": {**DOSES, "agent-c": "1uM"}}, DesignError, "'agent-c', which is not scheduled"),
        ({"delays": "0h,60h"}, DesignError, "60 h is not before the reading at 48h"),
        ({"delays": "0h,0h"}, DesignError, "twice"),
        ({"delays": [0.0, 1.0]}, UnitError, "delays have no unit"),
        ({"delays": "1uM"}, UnitError, "uM"),
        ({"with_": "agent-a=1uM"}, DesignError, "dosed twice"),
    ],
)
def test_bad_schedules(
    kill: network.Network,
    agent_a: Agent,
    agent_b: Agent,
    given: dict[str, object],
    error: type[Exception],
    message: str,
) -> None:
    known = {"agent-a": agent_a, "agent-b": agent_b}
    settings: dict[str, object] = {"agents": ["agent-a", "agent-b"], "doses": DOSES, "at": "48h", **given}
    settings["agents"] = [known[name] for name in settings["agents"]]  # type: ignore[attr-defined]
    with pytest.raises(error, match=message):
        rx.schedule_map(kill, **settings)  # type: ignore[arg-type]
