"""A model of cells that two agents kill in ways of their own."""

from __future__ import annotations

import pytest

from redoxsim import network
from redoxsim.pharmacology import Agent

# Cells die at rates that two agents raise independently: hazards add, so survival multiplies (Bliss).
KILL = """
model kill()
  unit substance = 1e-18 mole; unit extent = 1e-18 mole; unit volume = 1e-12 litre; unit time_unit = second;
  unit uM = 1e-18 mole / 1e-12 litre; unit per_s = 1 / second;
  compartment medium = 10000; medium has volume;
  compartment population = 1; population has dimensionless;
  TOUGH = 1; TOUGH has dimensionless; tick = 1; tick has per_s;
  species dummy in medium = 1; dummy -> ; 1e-9*medium*dummy;
  substanceOnly species live in population = 1; substanceOnly species live_ref in population = 1;
  hazard_a = 0; hazard_b = 0; growth = 1e-5;
  live' = (growth - (hazard_a + hazard_b)/TOUGH)*live;
  live_ref' = growth*live_ref;
  viability := live/live_ref;
end
"""


def hill_agent(name: str, hazard: str, *, top: float, ec50: float, slope: float, species: str | None = None) -> Agent:
    """An agent that stays in the medium and sets a hazard by a Hill curve of its dose."""
    agent = name.replace("-", "_")
    dosed = species or f"{agent}_x"
    return Agent.model_validate(
        {
            "id": name,
            "name": name.upper(),
            "forms": ["flux"],
            "dose_species": dosed,
            "default_doses": f"{ec50 / 30}uM..{ec50 * 30}uM:log:8",
            "parameters": [
                {"id": f"{agent}_top", "value": top, "unit": "1/s", "grade": "C", "source": "made up"},
                {"id": f"{agent}_ec50", "value": ec50, "unit": "uM", "grade": "B", "source": "made up"},
            ],
            "species": [{"id": dosed, "compartment": "medium"}] if species is None else [],
            "rules": [
                {
                    "target": hazard,
                    "expr": f"{agent}_top*{dosed}^{slope}/({agent}_ec50^{slope} + {dosed}^{slope})",
                    "unit": "1/s",
                }
            ],
        }
    )


def kill_network() -> network.Network:
    """The killing model, its two hazards left for agents to set."""
    from dataclasses import replace

    net = network.read_antimony(KILL)
    parameters = tuple(
        replace(one, constant=False) if one.id in ("hazard_a", "hazard_b") else one for one in net.parameters
    )
    return replace(net, parameters=parameters)


@pytest.fixture(scope="session")
def kill() -> network.Network:
    return kill_network()


@pytest.fixture(scope="session")
def agent_a() -> Agent:
    return hill_agent("agent-a", "hazard_a", top=3e-5, ec50=1.0, slope=1.5)


@pytest.fixture(scope="session")
def agent_b() -> Agent:
    return hill_agent("agent-b", "hazard_b", top=2e-5, ec50=20.0, slope=2.5)
