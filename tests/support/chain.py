"""Chains of coupled cells: copies of a network side by side that exchange one species by diffusion."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from redoxsim.network import Network
from redoxsim.network.expr import Apply, Expr, Symbol, substitute
from redoxsim.network.parts import Element, Parameter, Participant, Reaction

Part = TypeVar("Part", bound=Element)


def chain(network: Network, copies: int, *, species: str = "H2O2_x", flow: float = 1.0) -> Network:
    """``copies`` of a network in a row; neighbours exchange ``species``.

    Constant parameters are shared, everything else is copied (ids get ``__0``, ``__1``, ...). One copy is
    the network itself under new ids.

    Parameters
    ----------
    flow : volume exchanged between neighbours per time, in the network's own units:
        amount per time = flow * difference of concentrations.
    """
    ruled = {rule.target for rule in network.rules} | {item.target for item in network.initial_assignments}
    ruled |= {target for event in network.events for target, _ in event.assignments}
    common = tuple(part for part in network.parameters if part.id not in ruled)
    kept = {part.id for part in common}
    made = [_copy(network, number, kept) for number in range(copies)]
    rate = Parameter(id="chain_flow", value=flow)
    links = tuple(
        Reaction(
            id=f"link__{k}",
            reactants=(Participant(species=f"{species}__{k}"),),
            products=(Participant(species=f"{species}__{k + 1}"),),
            rate=Apply(
                "mul", (Symbol(rate.id), Apply("sub", (Symbol(f"{species}__{k}"), Symbol(f"{species}__{k + 1}"))))
            ),
        )
        for k in range(copies - 1)
    )
    return replace(
        network,
        id=f"{network.id}_chain_{copies}",
        compartments=tuple(part for each in made for part in each.compartments),
        species=tuple(part for each in made for part in each.species),
        parameters=(*common, rate, *(part for each in made for part in each.parameters)),
        reactions=(*(part for each in made for part in each.reactions), *links),
        rules=tuple(part for each in made for part in each.rules),
        initial_assignments=tuple(part for each in made for part in each.initial_assignments),
        events=tuple(part for each in made for part in each.events),
        source=None,
    )


def _copy(network: Network, number: int, kept: set[str]) -> Network:
    """A network with every id but the kept ones given a number."""
    names = {part.id: f"{part.id}__{number}" for part in network if part.id not in kept}
    references = [p for r in network.reactions for p in (*r.reactants, *r.products)]
    names |= {str(p.id): f"{p.id}__{number}" for p in references if p.id}
    symbols: dict[str, Expr] = {old: Symbol(new) for old, new in names.items()}

    def name(old: str) -> str:
        return names.get(old, old)

    def own(expr: Expr) -> Expr:
        return substitute(expr, symbols)

    def renamed(part: Part) -> Part:
        return replace(part, id=name(part.id))

    def side(parts: tuple[Participant, ...]) -> tuple[Participant, ...]:
        return tuple(replace(p, species=name(p.species), id=name(p.id) if p.id else None) for p in parts)

    return replace(
        network,
        compartments=tuple(renamed(part) for part in network.compartments),
        species=tuple(replace(renamed(part), compartment=name(part.compartment)) for part in network.species),
        parameters=tuple(renamed(part) for part in network.parameters if part.id not in kept),
        reactions=tuple(
            replace(
                renamed(part),
                reactants=side(part.reactants),
                products=side(part.products),
                modifiers=tuple(map(name, part.modifiers)),
                rate=None if part.rate is None else own(part.rate),
            )
            for part in network.reactions
        ),
        rules=tuple(replace(rule, target=name(rule.target), expr=own(rule.expr)) for rule in network.rules),
        initial_assignments=tuple(
            replace(item, target=name(item.target), expr=own(item.expr)) for item in network.initial_assignments
        ),
        events=tuple(
            replace(
                renamed(event),
                time=own(event.time),
                assignments=tuple((name(target), own(expr)) for target, expr in event.assignments),
            )
            for event in network.events
        ),
    )
