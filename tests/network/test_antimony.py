"""Antimony in and out, lines of the text, and a machine without the library."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from redoxsim import network
from redoxsim.errors import ReadError, Unsupported
from redoxsim.network.antimony_read import available, definition_lines
from redoxsim.network.parts import Compartment, Network

TEXT = """// k1 is only a word here
model loop
  unit substance = 1e-18 mole; unit extent = 1e-18 mole; unit volume = 1e-12 litre; unit time_unit = second;
  unit uM = 1e-18 mole / 1e-12 litre; unit per_s = 1 / second;
  compartment c = 1.4; c has volume;
  species A in c = 3, $B in c = 1;
  substanceOnly species D in c; D = 4;
  k = 3.5e-3; k has per_s;
  q := k * time + piecewise(1, time > 2, 3);
  z = 4; z' = -z * ln(3);
  J1: A => D; c * k * A;
  J2: 2 D -> ; k2 * D; k2 = k^2 / 1e-20;
  E: at (time >= 5), t0=false: z = 3;
  A is "substance A"; A.sboTerm = 247; A identity "http://identifiers.org/chebi/CHEBI:16240";
end
"""

needs_antimony = pytest.mark.skipif(not available(), reason="libAntimony does not work on this machine")


def loop() -> Network:
    return network.read_antimony(TEXT, file="loop.ant")


@needs_antimony
def test_parts_and_lines() -> None:
    found = loop()
    lines = {part.id: part.line for part in found}
    assert lines == {"c": 5, "A": 6, "B": 6, "D": 7, "k": 8, "q": 9, "z": 10, "k2": 12, "J1": 11, "J2": 12, "E": 13}
    assert [(rule.target, rule.line) for rule in found.rules] == [("q", 9), ("z", 10)]
    assert found.initial_assignments[0].target == "k2"
    assert found.species[0].annotations == (("is", "http://identifiers.org/chebi/CHEBI:16240"),)
    assert found.species[0].sbo == "SBO:0000247"
    assert found.species[2].only_substance
    assert (found.events[0].inclusive, found.time_unit) == (True, "second")


@needs_antimony
def test_write_and_read_again() -> None:
    first = loop()
    text = network.write(first, format="antimony")
    second = network.read_antimony(text)
    assert without_lines(second) == without_lines(first)


def without_lines(found: Network) -> Network:
    kinds = ("compartments", "species", "parameters", "reactions", "events", "units", "rules", "initial_assignments")
    kept = {kind: tuple(replace(part, line=None) for part in getattr(found, kind)) for kind in kinds}
    return replace(found, **{kind: tuple(sorted(parts, key=str)) for kind, parts in kept.items()})


@needs_antimony
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model m\n  A -> ; k*\nend", "m.ant:2: is not valid Antimony"),
        ("model m\n  x = 1\n  E: at (x > 3): x = 2\nend", "m.ant:3: event 'E' has a trigger"),
        ('import "other.ant"', "imports another file"),
        ("", "is empty"),
        ("x = " + "(" * 1000 + "1" + ")" * 1000, "m.ant:1: has brackets nested"),
        ("a := rateOf(b); b = 1; b' = 1", "assignment rule of 'a' uses rateOf()"),
    ],
)
def test_refusals_name_the_line_of_the_text(text: str, words: str) -> None:
    with pytest.raises((ReadError, Unsupported)) as caught:
        network.read_antimony(text, file="m.ant")
    assert words in str(caught.value)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "antimony", None)
    with pytest.raises(Unsupported, match=r"antimony library does not work here.*give the model as SBML"):
        network.read_antimony("x = 1")
    path = tmp_path / "m.ant"
    path.write_text("x = 1", encoding="utf-8")
    assert [issue.code for issue in network.check(path)] == ["RX003"]
    assert network.write(Network(id="m"), format="antimony").startswith("model m")
    assert network.read_sbml(network.write(Network(id="m"))).id == "m"


def test_what_antimony_cannot_say_is_refused() -> None:
    flat = Network(id="m", compartments=(Compartment(id="c", dimensions=2.0, size=1.0),))
    with pytest.raises(Unsupported, match="'c' has 2 dimensions"):
        network.write(flat, format="antimony")
    word = Network(id="m", compartments=(Compartment(id="species", size=1.0),))
    with pytest.raises(Unsupported, match="'species' is a word of Antimony"):
        network.write(word, format="antimony")


def test_lines_skip_comments_and_strings() -> None:
    lines = definition_lines('// k = 1\na is "k = 2"\n/* k = 3\n k = 4 */\nb = k\nk = 5\nJ: a -> b; k*a\nk := 2')
    assert lines["k"] == 6
    assert lines["k :="] == 8
    assert lines["J"] == 7
