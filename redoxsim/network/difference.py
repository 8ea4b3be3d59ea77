"""What differs between two networks, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from redoxsim.network.expr import Expr
from redoxsim.network.formula_print import to_infix
from redoxsim.network.parts import Network, Participant, Reaction


@dataclass(frozen=True, slots=True)
class Difference:
    """``kind`` of part, its ``id``, what differs ("" where the part is in one only), and both sides as text.

    A side is None where the part, or what is said of it, is not there.
    """

    kind: str
    id: str
    what: str
    first: str | None
    second: str | None


def difference(first: Network, second: Network) -> list[Difference]:
    """All differences of two networks that mathematics or units can see, in the order of the files.

    Names, notes and the order of parts do not count. Numbers are compared exactly.
    """
    found: list[Difference] = []
    for kind, sides in (
        ("compartment", (first.compartments, second.compartments)),
        ("species", (first.species, second.species)),
        ("parameter", (first.parameters, second.parameters)),
        ("reaction", (first.reactions, second.reactions)),
        ("event", (first.events, second.events)),
    ):
        found += _parts(kind, *({part.id: _said(part) for part in side} for side in sides))
    found += _parts("rule", *({one.target: _rules(one) for one in net.rules} for net in (first, second)))
    found += _parts(
        "initial assignment",
        *({one.target: {"": to_infix(one.expr)} for one in net.initial_assignments} for net in (first, second)),
    )
    for what in ("time_unit", "substance_unit", "extent_unit", "volume_unit"):
        one, other = (getattr(net, what) for net in (first, second))
        if one != other:
            found.append(Difference("model", what, "", one, other))
    return found


Said = Mapping[str, str | None]


def _parts(kind: str, first: Mapping[str, Said], second: Mapping[str, Said]) -> list[Difference]:
    found = []
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name), second.get(name)
        if one is None or other is None:
            sides = [None if side is None else _line(side) for side in (one, other)]
            found.append(Difference(kind, name, "", sides[0], sides[1]))
            continue
        for what in dict.fromkeys((*one, *other)):
            if one.get(what) != other.get(what):
                found.append(Difference(kind, name, what, one.get(what), other.get(what)))
    return found


def _line(said: Said) -> str:
    """A part that only one side has, in a line."""
    return ", ".join(f"{what} {text}".strip() for what, text in said.items() if text is not None)


def _said(part: Any) -> Said:
    if isinstance(part, Reaction):
        sides = " -> ".join(_side(side) for side in (part.reactants, part.products))
        return {"equation": sides, "rate": None if part.rate is None else to_infix(part.rate)}
    shown: dict[str, Callable[[Any], str | None]] = {
        "compartment": _text, "size": _text, "dimensions": _text, "initial_amount": _text,
        "initial_concentration": _text, "value": _text, "unit": _text, "constant": _flag, "boundary": _flag,
        "only_substance": _flag, "time": _text, "inclusive": _flag,
    }  # fmt: skip
    found = {what.replace("_", " "): word(getattr(part, what)) for what, word in shown.items() if hasattr(part, what)}
    if hasattr(part, "assignments"):
        found["assignments"] = "; ".join(f"{name} = {to_infix(expr)}" for name, expr in part.assignments)
    return found


def _rules(rule: Any) -> Said:
    return {rule.kind: to_infix(rule.expr)}


def _side(parts: Iterable[Participant]) -> str:
    return " + ".join((f"{one.stoichiometry:g} " if one.stoichiometry != 1.0 else "") + one.species for one in parts)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Expr):
        return to_infix(value)
    return repr(value) if isinstance(value, float) else str(value)


def _flag(value: Any) -> str:
    return "yes" if value else "no"
