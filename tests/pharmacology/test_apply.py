"""Agents and cells applied to a model, and schedules in its units."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redoxsim import network
from redoxsim.errors import DesignError, ModelError, UnitError, Unsupported
from redoxsim.network.expr import symbols
from redoxsim.pharmacology import Schedule, apply_agent, apply_cell, load_agent, load_agents, load_cell, rows
from redoxsim.pharmacology.model_units import definition, symbol_scale
from redoxsim.units import quantity, scale


@pytest.mark.usefixtures("shelf")
def test_agent_adds_its_parts(toy: network.Network) -> None:
    changed = apply_agent(toy, load_agent("toyin"))
    parts = changed.index()
    assert {"toyin_x", "toyin_c", "toyin_k", "toyin_E", "toyin_uptake", "toyin_bound"} <= set(parts)
    reactions = {one.id: one for one in changed.reactions}
    assert reactions["supply"].rate is not None
    assert {"toyin_c", "toyin_Ki", "v_in"} <= symbols(reactions["supply"].rate)
    assert "toyin_c" in reactions["supply"].modifiers
    assert "toyin_c" not in reactions["toyin_uptake"].modifiers
    assert changed.source is None
    assert "toyin_x" not in toy.index()
    text = network.write(changed)
    assert network.read_sbml(text).index().keys() == parts.keys()


@pytest.mark.usefixtures("shelf")
def test_units_of_the_agent_become_units_of_the_model(toy: network.Network) -> None:
    changed = apply_agent(toy, load_agent("toyin"))
    assert symbol_scale(changed, "toyin_k") == scale("1/uM/s")
    assert symbol_scale(changed, "toyin_x") == scale("uM")
    assert definition(toy, "uM/s") == ("uM_per_s", None)


@pytest.mark.usefixtures("shelf")
def test_agent_that_the_model_cannot_take(toy: network.Network) -> None:
    without = replace(toy, species=tuple(one for one in toy.species if one.id != "E"))
    with pytest.raises(Unsupported, match=r"agent 'toyin' needs 'E' .*model 'toy' does not have"):
        apply_agent(without, load_agent("toyin"))
    once = apply_agent(toy, load_agent("toyin"))
    with pytest.raises(ModelError, match="already taken"):
        apply_agent(once, load_agent("toyin"))


@pytest.mark.usefixtures("shelf")
def test_cell(toy: network.Network) -> None:
    cell = load_cell("low")
    changed = apply_cell(toy, cell)
    assert next(one.value for one in changed.parameters if one.id == "E1") == 0.4
    without = replace(toy, parameters=tuple(one for one in toy.parameters if one.id != "E1"))
    with pytest.raises(Unsupported, match="cell 'low' sets 'E1'"):
        apply_cell(without, cell)


@pytest.mark.usefixtures("shelf")
def test_rows_are_in_model_units(toy: network.Network) -> None:
    agents = load_agents(toy, ["toyin", "S"])
    changed = apply_agent(toy, agents["toyin"])
    schedule = Schedule.parse(["toyin=500nM@1h", "S:=2mM@2h", "toyin=3.6uM/h@0h..1h", "wash@3h"])
    found = {(one.target, one.action): one for one in rows(changed, schedule, agents)}
    assert found["toyin_x", "add"].amount == 0.5
    assert found["toyin_x", "add"].time == 3600.0
    assert found["S", "set"].amount == 2000.0
    assert found["toyin_x", "infuse"].amount == 0.001
    assert found["medium", "wash"].time == 10800.0


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("toyin=2", UnitError, "amount 2 of 'toyin' has no unit"),
        ("toyin=2h", UnitError, "needs a concentration such as uM, not 2 h"),
        ("toyin=2Gy", UnitError, "radiation dose"),
        ("toyin=2g/L", UnitError, "mass concentration.*molar_mass"),
        ("toyn=2uM", DesignError, "neither an agent nor a species.*'toyin'"),
    ],
)
def test_bad_rows(toy: network.Network, text: str, error: type[Exception], message: str) -> None:
    schedule = Schedule.parse(text)
    with pytest.raises(error, match=message):
        rows(apply_agent(toy, load_agent("toyin")), schedule, load_agents(toy, schedule.targets()))


def test_model_without_units() -> None:
    plain = network.read_antimony("model plain()\n compartment c = 1; species A in c = 1; A -> ; 0.1*A\nend\n")
    assert rows(plain, Schedule.parse("A=5@0h"), {})[0].amount == 5.0
    with pytest.raises(UnitError, match="gives no unit for 'A'"):
        rows(plain, Schedule.parse("A=5uM@0h"), {})
    with pytest.raises(DesignError, match="no compartment 'medium'"):
        rows(plain, Schedule.parse("wash@1h"), {})


def test_time_in_other_units() -> None:
    text = "model slow()\n unit time_unit = 3600 second; unit substance = 1e-6 mole; unit volume = litre\n"
    hourly = network.read_antimony(text + " compartment c = 1; species A in c = 1; A -> ; 0.1*A\nend\n")
    row = rows(hourly, Schedule.parse("A=5nM/s@1h..2h"), {})[0]
    assert (row.time, row.until) == (1.0, 2.0)
    assert row.amount == pytest.approx(18.0, rel=1e-15)


def test_species_in_molar() -> None:
    plain = network.read_antimony(
        "model m()\n unit substance = mole; unit volume = litre; compartment c = 1;\n"
        " species A in c = 1; A -> ; 0.1*A\nend\n"
    )
    assert rows(plain, Schedule.parse("A=5uM"), {})[0].amount == 5e-6
    assert quantity("5 uM").to("M") == 5e-6
