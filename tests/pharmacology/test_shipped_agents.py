"""Every shipped agent applies to the integrated model, leaves the undosed cell as it was and acts when dosed."""

import math
from pathlib import Path

import numpy as np
import pytest

from redoxsim import catalog, network
from redoxsim.errors import UnitError, Unsupported
from redoxsim.network import check
from redoxsim.pharmacology import apply_agent, load_agent
from redoxsim.study import simulate
from redoxsim.study.experiment import load
from redoxsim.study.experiment_runs import dosed
from redoxsim.units import Quantity

AGENTS = sorted(catalog.agents())
RUNS = [name for name in AGENTS if not load_agent(name).unsupported]
# Nothing happens until a user sets the constant that the source does not give.
SWITCHED_OFF = {"thalidomide"}


@pytest.fixture(scope="module")
def redox():
    return network.read("redox")


def test_all_agents_of_the_source_table_are_there():
    with (Path(__file__).parent / "source_agents.txt").open(encoding="utf-8") as handle:
        wanted = {line.strip() for line in handle if line.strip()}
    assert wanted - set(AGENTS) == set()


@pytest.fixture(scope="module")
def every(redox):
    """All agents, for one model that is compiled once. What is not dosed changes nothing, as a test here says."""
    return [load_agent(name) for name in RUNS]


@pytest.mark.parametrize("name", RUNS)
def test_agent_needs_no_other(redox, name):
    applied = apply_agent(redox, load_agent(name))
    assert set(load_agent(name).own_ids) <= set(applied.index())


def test_applied_agents_leave_a_clean_model(redox, every):
    changed = redox
    for agent in every:
        changed = apply_agent(changed, agent)
    found = [one for one in check(changed) if one.level in ("error", "warning")]
    assert [f"{one.code} {one.element}" for one in found] == []


@pytest.mark.parametrize("name", RUNS)
def test_agent_at_its_highest_dose(redox, every, name):
    agent = load_agent(name)
    top = f"{float(agent.doses.values[-1])!r} {agent.doses.unit}"
    observe = ["viability", "GSH_c", "NRF2", "LOOH", "NADPH_c", "H2O2_c", "H2O2_m", "Gln", "TrxR1_activity"]
    course = simulate(redox, agents=every, doses={name: top}, until="24 h", every="6 h", observe=observe, cells=1)
    assert course.status.ok
    moved = [float(np.max(np.abs(np.asarray(course[one]) / np.asarray(course[one])[0] - 1.0))) for one in observe]
    assert all(math.isfinite(one) for one in moved)
    if name in SWITCHED_OFF:
        assert max(moved) < 1e-5
    else:
        assert max(moved) > 1e-3


def test_agents_that_are_not_dosed_change_nothing(redox, every):
    """All at once: were one of them to act, no other would undo it to four digits in every readout."""
    observe = ["H2O2_m", "H2O2_c", "GSH_c", "LOOH", "NADPH_c", "NRF2", "Gln", "TrxR1_activity"]
    course = simulate(redox, agents=every, until="24 h", every="12 h", observe=observe, cells=1)
    alone = simulate(redox, until="24 h", every="12 h", observe=observe, cells=1)
    for one in observe:
        assert np.allclose(np.asarray(course[one]), np.asarray(alone[one])[0], rtol=1e-4)


def test_unsupported_agent_says_why(redox):
    with pytest.raises(Unsupported, match="T cells"):
        apply_agent(redox, load_agent("anti-pd-l1"))


def test_hypotheses_are_marked():
    """In their names too: those stand in every table, figure and page."""
    marked = {name for name in AGENTS if load_agent(name).hypothesis}
    assert marked == {"matrine", "thalidomide", "brucea-oil"}
    assert {name for name in AGENTS if load_agent(name).name.endswith("(hypothesis)")} == marked


def test_mass_per_volume_by_the_molar_mass():
    matrine = load_agent("matrine")
    moles = matrine.in_moles(Quantity(0.24837, "g/L"))
    assert (moles.to("mM"), moles.unit) == (pytest.approx(1.0, rel=1e-12), "M")
    assert matrine.in_moles(Quantity(2.0, "mM")) == Quantity(2.0, "mM")
    assert load_agent("bso").in_moles(Quantity(1.0, "g/L")) == Quantity(1.0, "g/L")


def test_amount_of_mass_is_no_concentration(redox):
    with pytest.raises(UnitError):
        simulate(redox, doses={"matrine": "1 g"}, until="1 h")


def test_only_what_names_gray_takes_gray(redox):
    with pytest.raises(UnitError):
        simulate(redox, doses={"auranofin": "2 Gy"}, until="1 h")


def test_draws_agree_with_measurements_or_the_file_says_why_not():
    """Of agents that an experiment doses and that have constants to draw."""
    used = {one for folder in catalog.experiments().values() for run in load(folder).run for one in dosed(run)}
    for agent in map(load_agent, sorted(used)):
        why = [text for text in agent.caveats if text.startswith("Not conditioned on measurements: ")]
        if any(one.low != one.high for one in agent.parameters):
            assert bool(agent.measured) != bool(why), agent.id
