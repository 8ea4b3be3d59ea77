"""Mutated model texts: a Network or one of our errors comes out, nothing else, and never a crash.

The seed is fixed, so a failure can be repeated; libSBML would take the whole process down.
"""

from __future__ import annotations

import random

import pytest
import sbml_text as t

from redoxsim import network
from redoxsim.errors import RedoxsimError
from redoxsim.network.antimony_read import available
from redoxsim.network.parts import Network

ROUNDS = 500
SEEDS = [
    t.document(t.rules(t.rule("rate", "q", t.apply("power", t.ci("A"), t.cn(0.5)))), t.reaction(),
               t.event(t.apply("geq", t.TIME, t.cn(5))),
               parameters=t.PARAMETERS.replace("</listOf", '<parameter id="q" constant="false"/></listOf'),
               before=t.functions(("f", "x y", t.apply("plus", t.ci("x"), t.ci("y"))))),
    t.document(t.reaction(reference="").replace('"2" constant="true"', '"2"'), level=2, version=4),
]  # fmt: skip
ANTIMONY = "model m\n compartment c = 1;\n species A in c = 1; $B in c;\n k = 2;\n J: A -> 2 B; c * k * A^2;\nend\n"
PIECES = [
    "<",
    ">",
    "/>",
    '"',
    "&",
    "<apply/>",
    "<apply>",
    "</apply>",
    "<ci/>",
    "<cn>1</cn>",
    "<cn/>",
    "<lambda/>",
    "0",
    "-1",
    "1e999",
    "nan",
    "\u00e9",
    "A",
    "k",
    "]]>",
    "<!--",
    "-->",
    "<piecewise/>",
    "<csymbol/>",
    "true",
    "\x01",
]


def mutated(text: str, chance: random.Random) -> str:
    """One to four small damages: a piece cut, doubled, moved, swapped or replaced."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text))
        end = min(len(text), start + chance.choice([1, 2, 5, 20, 80]))
        kind = chance.randrange(5)
        piece = text[start:end]
        if kind == 0:
            text = text[:start] + text[end:]
        elif kind == 1:
            text = text[:end] + piece * chance.randint(1, 3) + text[end:]
        elif kind == 2:
            text = text[:start] + chance.choice(PIECES) + text[end:]
        elif kind == 3:
            other = chance.randrange(len(text))
            text = text[:other] + piece + text[other:]
        else:
            text = text[:start] + chance.choice(PIECES) + text[start:]
        text = text or "x"
    return text


def tags_mutated(text: str, chance: random.Random) -> str:
    """The text with whole lines or tags removed, doubled or swapped, so that most of it is still well-formed."""
    pieces = text.replace("><", ">\n<").split("\n")
    for _ in range(chance.randint(1, 3)):
        one, two = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        kind = chance.randrange(3)
        if kind == 0:
            pieces[one], pieces[two] = pieces[two], pieces[one]
        elif kind == 1:
            pieces.insert(two, pieces[one])
        else:
            words = pieces[one].split(" ")
            del words[chance.randrange(len(words))]
            shorter = " ".join(words)
            cut = pieces[one].endswith(">") and not shorter.endswith(">")
            pieces[one] = shorter + ">" if cut else shorter
    return "\n".join(pieces)


@pytest.mark.parametrize("mutate", [mutated, tags_mutated])
@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_mutated_sbml(seed: int, mutate: object) -> None:
    chance = random.Random(20_000 + seed)
    outcomes = set()
    for _ in range(ROUNDS):
        text = mutate(SEEDS[seed], chance)  # type: ignore[operator]
        try:
            found = network.read_sbml(text)
        except RedoxsimError as error:
            outcomes.add(type(error).__name__)
            continue
        assert isinstance(found, Network)
        assert network.read_sbml(network.write(found)).id == found.id
        network.check(found)
        outcomes.add("read")
    assert {"read", "ReadError"} <= outcomes


@pytest.mark.skipif(not available(), reason="libAntimony does not work on this machine")
def test_mutated_antimony() -> None:
    chance = random.Random(7)
    outcomes = set()
    for _ in range(60):
        try:
            network.read_antimony(mutated(ANTIMONY, chance))
            outcomes.add("read")
        except RedoxsimError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_the_unmutated_texts_are_read() -> None:
    for text in SEEDS:
        assert network.read_sbml(text).id == "m"
