"""Edits give new networks and leave the old one alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redoxsim import network
from redoxsim.errors import DesignError, ModelError
from redoxsim.network.edit import add_to_rule, scale_rule
from redoxsim.network.parts import (
    Compartment,
    InitialAssignment,
    Network,
    Parameter,
    Participant,
    Reaction,
    Rule,
    Species,
    Unit,
    UnitDefinition,
)

BASE = Network(
    id="base",
    compartments=(Compartment(id="c", size=2.0),),
    species=(Species(id="A", compartment="c", initial_amount=1.0),
             Species(id="D", compartment="c", initial_amount=1.0, only_substance=True)),
    parameters=(Parameter(id="k", value=1.0), Parameter(id="q", constant=False)),
    reactions=(Reaction(id="J", reactants=(Participant(species="A"),), rate=network.parse("c * k * A")),
               Reaction(id="N")),
    rules=(Rule(kind="assignment", target="q", expr=network.parse("2 * A")),),
    initial_assignments=(InitialAssignment(target="k", expr=network.parse("3")),),
    units=(UnitDefinition(id="u", units=(Unit(kind="mole"),)),),
    source="base.xml",
)  # fmt: skip


def test_extend() -> None:
    unit = UnitDefinition(id="u", units=(Unit(kind="mole"),))
    new = network.extend(BASE, species=[Species(id="B", compartment="c")], parameters=[Parameter(id="p")], units=[unit])
    assert [part.id for part in new.species] == ["A", "D", "B"]
    assert len(new.units) == 1
    assert new.source is None
    assert BASE.source == "base.xml"
    assert len(BASE.species) == 2


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"parameters": [Parameter(id="A")]}, "'A' is already taken"),
        ({"parameters": [Parameter(id="x"), Parameter(id="x")]}, "'x' is already taken"),
        ({"units": [UnitDefinition(id="u", units=(Unit(kind="litre"),))]}, "'u' means something else"),
        ({"rules": [Rule(kind="rate", target="q", expr=network.parse("1"))]}, "'q' already has a rule"),
        (
            {"initial_assignments": [InitialAssignment(target="k", expr=network.parse("1"))]},
            "'k' already has an initial assignment",
        ),
    ],
)
def test_clashes(parts: dict[str, list[object]], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        network.extend(BASE, **parts)  # type: ignore[arg-type]


def test_scale_rate() -> None:
    new = network.scale_rate(BASE, "J", network.parse("1 / (1 + A)"))
    assert network.to_infix(new.reactions[0].rate) == "1 / (1 + A) * (c * k * A)"
    with pytest.raises(DesignError, match=r"no reaction 'j'.*'J'"):
        network.scale_rate(BASE, "j", network.parse("2"))
    with pytest.raises(ModelError, match="'N' has no rate"):
        network.scale_rate(BASE, "N", network.parse("2"))


def test_set_values() -> None:
    new = network.set_values(BASE, {"k": 5, "c": 3.0, "A": 7.0, "D": 8.0})
    assert new.parameters[0].value == 5.0
    assert new.compartments[0].size == 3.0
    assert (new.species[0].initial_concentration, new.species[0].initial_amount) == (7.0, None)
    assert (new.species[1].initial_concentration, new.species[1].initial_amount) == (None, 8.0)
    assert new.initial_assignments == ()
    with pytest.raises(DesignError, match="'q' is given by a rule"):
        network.set_values(BASE, {"q": 1.0})
    with pytest.raises(DesignError, match="no parameter, compartment or species 'kk'"):
        network.set_values(BASE, {"kk": 1.0})


def test_remove_and_modifiers() -> None:
    new = network.remove(BASE, "q", "N")
    assert [part.id for part in new] == ["c", "A", "D", "k", "J"]
    assert new.rules == ()
    assert network.add_modifier(BASE, "J", "D").reactions[0].modifiers == ("D",)
    assert network.add_modifier(BASE, "J", "A") == BASE
    with pytest.raises(DesignError):
        network.remove(BASE, "nothing")


def test_source_takes_no_part_in_equality() -> None:
    assert replace(BASE, source=None) == BASE


def test_scale_rule_and_add_to_rule() -> None:
    base = network.extend(
        BASE,
        parameters=[Parameter(id="R", constant=False)],
        rules=[Rule(kind="assignment", target="R", expr=network.parse("A + 1"))],
    )
    scaled = scale_rule(base, "R", network.parse("f"))
    assert network.to_infix(scaled.rules[-1].expr) == "f * (A + 1)"
    added = add_to_rule(scaled, "R", network.parse("t"))
    assert network.to_infix(added.rules[-1].expr) == "f * (A + 1) + t"
    assert added.source is None
    with pytest.raises(DesignError, match="no rule computes 'Q'"):
        scale_rule(base, "Q", network.parse("2"))


def test_the_same_text_is_read_once_and_a_changed_file_again(tmp_path) -> None:
    path = tmp_path / "m.ant"
    path.write_text("model m()\n  k = 1\n  J: -> A; k\n  A = 0\nend\n")
    first = network.read(path)
    assert network.read(path) is first
    path.write_text(path.read_text().replace("k = 1", "k = 2"))
    assert next(one.value for one in network.read(path).parameters if one.id == "k") == 2.0
