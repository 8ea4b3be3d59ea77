"""Writing: what is read again is the same network, to the last bit."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import libsbml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redoxsim import network
from redoxsim.errors import DesignError
from redoxsim.network.expr import Number
from redoxsim.network.parts import (
    Compartment,
    Event,
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

FULL = Network(
    id="full",
    name='a "name" & <more>',
    compartments=(Compartment(id="c", size=1.4, unit="pL"), Compartment(id="m", dimensions=2.0, constant=False)),
    species=(
        Species(id="A", name="\u03b1 acid", compartment="c", initial_concentration=0.1 + 0.2, formula="C6H12O6",
                charge=-1, sbo="SBO:0000247",
                annotations=(("is", "http://a/1"), ("is", "http://a/2?x=1&y"), ("isPartOf", "b"))),
        Species(id="B", compartment="m", initial_amount=1e-300, only_substance=True, boundary=True, unit="amol"),
    ),
    parameters=(Parameter(id="k", value=1.1e-305, unit="per_s"), Parameter(id="q", constant=False),
                Parameter(id="n", value=math.nan), Parameter(id="i", value=-math.inf), Parameter(id="u")),
    reactions=(
        Reaction(id="J", reactants=(Participant(species="A", stoichiometry=0.1 + 0.2, id="s"),),
                 products=(Participant(species="B"),), modifiers=("A",), reversible=False,
                 rate=network.parse("c * k * A^2.5 + 3 per_s - log(2, A) / root(3, A)")),
        Reaction(id="K"),
    ),
    rules=(
        Rule(kind="assignment", target="q", expr=network.parse("piecewise(1, time > 2 && !(A < 1), J, 0.1 * inf)")),
        Rule(kind="rate", target="m", expr=network.parse("-1e-20 + max(A, 1, k) - rem(A, 2)")),
    ),
    initial_assignments=(InitialAssignment(target="u", expr=network.parse("1.2345678901234567e-25 * exp(k)")),),
    events=(Event(id="E", time=network.parse("2 * k"), inclusive=False, assignments=(("A", Number(0.3)),)),),
    units=(UnitDefinition(id="per_s", units=(Unit(kind="second", exponent=-1.0),)),
           UnitDefinition(id="amol", name="attomole", units=(Unit(kind="mole", scale=-18, multiplier=1.5),)),
           UnitDefinition(id="pL", units=(Unit(kind="litre", scale=-12, exponent=0.5),))),
    time_unit="second", substance_unit="amol", extent_unit="amol", volume_unit="pL", area_unit="pL",
    length_unit="metre",
    annotations=(("model:is", "http://m/1"), ("isVersionOf", "http://m/2")),
)  # fmt: skip


def bare(found: Network) -> Network:
    """Without lines, which do not travel."""
    kinds = ("compartments", "species", "parameters", "reactions", "events", "units", "rules", "initial_assignments")
    return replace(found, **{kind: tuple(replace(part, line=None) for part in getattr(found, kind)) for kind in kinds})


def test_everything_travels() -> None:
    text = network.write(FULL)
    again = network.read_sbml(text)
    # Texts, because Python 3.13 compares fields one by one, and not-a-number is unlike itself.
    assert repr(bare(again)) == repr(bare(FULL))
    assert network.write(again) == text


def test_libsbml_accepts_it() -> None:
    document = libsbml.readSBMLFromString(network.write(FULL))
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    assert document.getNumErrors(libsbml.LIBSBML_SEV_FATAL) == 0
    assert (document.getLevel(), document.getVersion()) == (3, 2)


# libSBML itself refuses subnormal numbers (below 2.2e-308).
@given(st.floats(allow_nan=False, allow_subnormal=False))
@settings(max_examples=150, deadline=None)
def test_numbers_travel_to_the_last_bit(value: float) -> None:
    model = Network(
        id="m",
        parameters=(Parameter(id="x", value=value), Parameter(id="y")),
        initial_assignments=(InitialAssignment(target="y", expr=Number(value)),),
    )
    again = network.read_sbml(network.write(model))
    assert again.parameters[0].value == value
    assert again.initial_assignments[0].expr == Number(value)


def test_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "m.xml"
    text = network.write(FULL, path)
    assert path.read_text(encoding="utf-8") == text
    assert network.read(path).source == str(path)


def test_unknown_format() -> None:
    with pytest.raises(DesignError, match=r"no model format 'smbl'.*'sbml'"):
        network.write(FULL, format="smbl")
