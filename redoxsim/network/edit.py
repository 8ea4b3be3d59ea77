"""Edits: each gives a new Network and clears ``source``, since it no longer equals its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from redoxsim.errors import DesignError, ModelError, Where, nearest
from redoxsim.network.expr import Apply, Expr
from redoxsim.network.parts import (
    Compartment,
    Element,
    Event,
    InitialAssignment,
    Network,
    Parameter,
    Reaction,
    Rule,
    Species,
    UnitDefinition,
)


def extend(
    network: Network,
    *,
    compartments: Iterable[Compartment] = (),
    species: Iterable[Species] = (),
    parameters: Iterable[Parameter] = (),
    reactions: Iterable[Reaction] = (),
    rules: Iterable[Rule] = (),
    initial_assignments: Iterable[InitialAssignment] = (),
    events: Iterable[Event] = (),
    units: Iterable[UnitDefinition] = (),
) -> Network:
    """The network with parts added. A unit that is already there with the same meaning is not added again.

    Raises
    ------
    ModelError : an id is taken, or a target already has a rule or an initial assignment.
    """
    groups: dict[str, tuple[Element, ...]] = {
        "compartments": tuple(compartments),
        "species": tuple(species),
        "parameters": tuple(parameters),
        "reactions": tuple(reactions),
        "events": tuple(events),
    }
    taken: set[str] = {part.id for part in network}
    for parts in groups.values():
        for part in parts:
            if part.id in taken:
                raise clash(f"the id '{part.id}' is already taken in '{network.id}'", part)
            taken.add(part.id)
    changes: dict[str, Any] = {kind: (*getattr(network, kind), *parts) for kind, parts in groups.items() if parts}
    changes["units"] = with_units(network, units)
    changes["rules"] = with_targets(network.rules, tuple(rules), "rule")
    changes["initial_assignments"] = with_targets(
        network.initial_assignments, tuple(initial_assignments), "initial assignment"
    )
    return replace(network, source=None, **changes)


def clash(message: str, part: Element | None = None) -> ModelError:
    return ModelError(message, where=Where(line=part.line, element=part.id) if part else None)


def with_units(network: Network, units: Iterable[UnitDefinition]) -> tuple[UnitDefinition, ...]:
    known = {unit.id: unit for unit in network.units}
    for unit in units:
        if unit.id in known and known[unit.id].units != unit.units:
            raise clash(f"the unit '{unit.id}' means something else in '{network.id}'", unit)
        known.setdefault(unit.id, unit)
    return tuple(known.values())


def with_targets(old: tuple[Any, ...], new: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    taken = {item.target for item in old}
    for item in new:
        if item.target in taken:
            raise clash(f"'{item.target}' already has a{'n' if what[0] == 'i' else ''} {what}")
        taken.add(item.target)
    return (*old, *new)


def find(parts: Iterable[Any], id_: str, what: str) -> Any:
    """The part with an id.

    Raises
    ------
    DesignError : there is none; the hint has the nearest.
    """
    known = {part.id: part for part in parts}
    if id_ not in known:
        raise DesignError(f"no {what} '{id_}' in the model", hint=nearest(id_, known))
    return known[id_]


def scale_rate(network: Network, reaction_id: str, factor: Expr) -> Network:
    """The network with one reaction's rate multiplied by ``factor``.

    Raises
    ------
    DesignError : no such reaction. ModelError : it has no rate.
    """
    reaction = find(network.reactions, reaction_id, "reaction")
    if reaction.rate is None:
        raise clash(f"reaction '{reaction_id}' has no rate to scale", reaction)
    return replace_part(network, "reactions", replace(reaction, rate=Apply("mul", (factor, reaction.rate))))


def scale_rule(network: Network, target: str, factor: Expr) -> Network:
    """The network with what an assignment or rate rule computes multiplied by ``factor``.

    Raises
    ------
    DesignError : no rule of that target.
    """
    return _with_rule(network, target, lambda old: Apply("mul", (factor, old)))


def add_to_rule(network: Network, target: str, term: Expr) -> Network:
    """The network with ``term`` added to what an assignment or rate rule computes.

    Raises
    ------
    DesignError : no rule of that target.
    """
    return _with_rule(network, target, lambda old: Apply("add", (old, term)))


def _with_rule(network: Network, target: str, change: Callable[[Expr], Expr]) -> Network:
    known = {rule.target: rule for rule in network.rules}
    if target not in known:
        raise DesignError(f"no rule computes '{target}' in the model", hint=nearest(target, known))
    old = known[target]
    rules = tuple(replace(rule, expr=change(rule.expr)) if rule is old else rule for rule in network.rules)
    return replace(network, rules=rules, source=None)


def add_modifier(network: Network, reaction_id: str, species_id: str) -> Network:
    """The network with a species named as a modifier of a reaction (no change of mathematics).

    Raises
    ------
    DesignError : no such reaction or species.
    """
    reaction = find(network.reactions, reaction_id, "reaction")
    find(network.species, species_id, "species")
    used = {part.species for part in (*reaction.reactants, *reaction.products)} | {*reaction.modifiers}
    if species_id in used:
        return network
    return replace_part(network, "reactions", replace(reaction, modifiers=(*reaction.modifiers, species_id)))


def replace_part(network: Network, kind: str, part: Element) -> Network:
    changes: dict[str, Any] = {kind: tuple(part if old.id == part.id else old for old in getattr(network, kind))}
    return replace(network, source=None, **changes)


def set_values(network: Network, values: Mapping[str, float]) -> Network:
    """The network with new values of parameters, compartment sizes or initial species values.

    A species' value is its concentration, or its amount where it has only substance units. An initial
    assignment of the same id is removed.

    Raises
    ------
    DesignError : no such id, or one whose value an assignment rule gives.
    """
    for id_, value in values.items():
        ruled = next((rule for rule in network.rules if rule.target == id_ and rule.kind == "assignment"), None)
        if ruled is not None:
            where = Where(line=ruled.line, element=id_)
            raise DesignError(f"'{id_}' is given by a rule, so it cannot be set", where=where)
        settable = (*network.parameters, *network.compartments, *network.species)
        part = find(settable, id_, "parameter, compartment or species")
        if isinstance(part, Parameter):
            network = replace_part(network, "parameters", replace(part, value=float(value)))
        elif isinstance(part, Compartment):
            network = replace_part(network, "compartments", replace(part, size=float(value)))
        else:
            kind, other = "initial_concentration", "initial_amount"
            if part.only_substance:
                kind, other = other, kind
            changed = replace(part, **{kind: float(value), other: None})
            network = replace_part(network, "species", changed)
    kept = tuple(item for item in network.initial_assignments if item.target not in values)
    return replace(network, initial_assignments=kept, source=None)


def remove(network: Network, *ids: str) -> Network:
    """The network without some parts, and without the rules and initial assignments that target them.

    What still uses them is left as it is; :func:`redoxsim.network.check` finds it.

    Raises
    ------
    DesignError : no such id.
    """
    for id_ in ids:
        find(network, id_, "part")
    gone = set(ids)
    changes: dict[str, Any] = {
        kind: tuple(part for part in getattr(network, kind) if part.id not in gone)
        for kind in ("compartments", "species", "parameters", "reactions", "events")
    }
    changes |= {
        kind: tuple(item for item in getattr(network, kind) if item.target not in gone)
        for kind in ("rules", "initial_assignments")
    }
    return replace(network, source=None, **changes)
