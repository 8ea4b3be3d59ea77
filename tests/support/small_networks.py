"""Small networks written as text, for every test that needs one and no file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from redoxsim.network import Network, parse
from redoxsim.network.parts import (
    Compartment,
    Event,
    InitialAssignment,
    Parameter,
    Participant,
    Reaction,
    Rule,
    Species,
)


def _side(text: str) -> tuple[Participant, ...]:
    found = []
    for term in filter(None, (part.strip() for part in text.split("+"))):
        match = re.fullmatch(r"(?:([\d.]+)\s+)?(\w+)", term)
        assert match, term
        found.append(Participant(species=match[2], stoichiometry=float(match[1] or 1)))
    return tuple(found)


def _rule(text: str) -> Rule:
    kind, sign = ("assignment", ":=") if ":=" in text else ("rate", "' =")
    target, expr = text.split(sign)
    return Rule(kind=kind, target=target.strip(), expr=parse(expr))


def _event(number: int, text: str) -> Event:
    at, body = text.split(":", 1)
    pairs = [item.split("=", 1) for item in body.split(";")]
    return Event(
        id=f"e{number}",
        time=parse(at.removesuffix("+")),
        inclusive=not at.endswith("+"),
        assignments=tuple((target.strip(), parse(expr)) for target, expr in pairs),
    )


def network_of(
    reactions: Sequence[str] = (),
    *,
    species: Mapping[str, float | None] | None = None,
    parameters: Mapping[str, float | None] | None = None,
    compartments: Mapping[str, float | None] | None = None,
    where: Mapping[str, str] | None = None,
    boundary: Sequence[str] = (),
    constant: Sequence[str] = (),
    amounts: Sequence[str] = (),
    rules: Sequence[str] = (),
    initial: Mapping[str, str] | None = None,
    events: Sequence[str] = (),
) -> Network:
    """``"r1: A + 2 B -> C; k*A*B"``, rules ``"x := 2*A"`` and ``"z' = -z"``, events ``"5: A = 2; k = 3"``.

    Species not named in ``species`` start at 0, those not in ``where`` live in the first compartment;
    ``amounts`` have only substance units and start with an amount. An event at ``5+`` fires after 5.
    """
    sizes = dict(compartments or {"c": 1.0})
    values: dict[str, float | None] = dict(species or {})
    made = []
    for number, text in enumerate(reactions):
        head, rate = text.split(";")
        name, equation = head.split(":") if ":" in head else (f"r{number}", head)
        left, right = (_side(half) for half in equation.split("->"))
        for part in (*left, *right):
            values.setdefault(part.species, 0.0)
        made.append(Reaction(id=name.strip(), reactants=left, products=right, rate=parse(rate)))
    parts = [
        Species(
            id=name,
            compartment=(where or {}).get(name, next(iter(sizes))),
            boundary=name in boundary,
            constant=name in constant,
            only_substance=name in amounts,
            initial_amount=value if name in amounts else None,
            initial_concentration=None if name in amounts else value,
        )
        for name, value in values.items()
    ]
    written = tuple(_rule(text) for text in rules)
    fired = tuple(_event(number, text) for number, text in enumerate(events))
    changed = {rule.target for rule in written} | {target for event in fired for target, _ in event.assignments}
    return Network(
        id="small",
        compartments=tuple(Compartment(id=n, size=v, constant=n not in changed) for n, v in sizes.items()),
        species=tuple(parts),
        parameters=tuple(Parameter(id=n, value=v, constant=n not in changed) for n, v in (parameters or {}).items()),
        reactions=tuple(made),
        rules=written,
        initial_assignments=tuple(InitialAssignment(target=n, expr=parse(e)) for n, e in (initial or {}).items()),
        events=fired,
    )
