"""Chains of coupled cells: copies of one network in a row that exchange a species, for cost against size."""

from __future__ import annotations

from dataclasses import replace

from redoxsim.errors import DesignError, nearest
from redoxsim.network.expr import Apply, Expr, Number, Symbol, substitute
from redoxsim.network.parts import Event, InitialAssignment, Network, Participant, Reaction, Rule, Species

EXCHANGE = 1e-3


def chain(network: Network, copies: int, *, exchanged: str = "H2O2_x", rate: float = EXCHANGE) -> Network:
    """``copies`` of a network in a row; neighbours exchange one species by diffusion.

    Species, rules, events and reactions are copied: id ``x`` of copy 3 is ``c3_x``. Parameters and compartments that
    no rule, event or initial assignment gives are shared by all copies.

    Parameters
    ----------
    exchanged : id of the species that neighbours exchange.
    rate : exchange between two neighbours, per unit of the model's time.

    Raises
    ------
    DesignError : fewer than one copy, or no such species.
    """
    if copies < 1:
        raise DesignError(f"a chain has at least one copy, not {copies}")
    species = {part.id: part for part in network.species}
    if exchanged not in species:
        raise DesignError(f"the model has no species '{exchanged}'", hint=nearest(exchanged, species))
    own = _own(network)
    parts = [_copy(network, own, f"c{number}_") for number in range(1, copies + 1)]
    reactions = [reaction for part in parts for reaction in part.reactions]
    reactions += [_exchange(species[exchanged], number, own, rate) for number in range(1, copies)]
    return replace(
        network,
        id=f"{network.id}_chain_{copies}",
        name=f"{network.name or network.id}, {copies} coupled copies",
        source=None,
        compartments=(
            *(c for c in network.compartments if c.id not in own), *(c for part in parts for c in part.compartments)
        ),
        species=tuple(one for part in parts for one in part.species),
        parameters=(
            *(p for p in network.parameters if p.id not in own), *(p for part in parts for p in part.parameters)
        ),
        reactions=tuple(reactions),
        rules=tuple(rule for part in parts for rule in part.rules),
        initial_assignments=tuple(one for part in parts for one in part.initial_assignments),
        events=tuple(event for part in parts for event in part.events),
    )  # fmt: skip


def _own(network: Network) -> frozenset[str]:
    """Ids that every copy has for itself."""
    own = {part.id for part in (*network.species, *network.reactions, *network.events)}
    own |= {rule.target for rule in network.rules} | {one.target for one in network.initial_assignments}
    own |= {target for event in network.events for target, _ in event.assignments}
    own |= {part.id for r in network.reactions for part in (*r.reactants, *r.products) if part.id}
    return frozenset(own)


def _copy(network: Network, own: frozenset[str], prefix: str) -> Network:
    """What the copies do not share, renamed."""
    new: dict[str, Expr] = {name: Symbol(prefix + name) for name in own}

    def name(old: str) -> str:
        return prefix + old if old in own else old

    def moved(expr: Expr) -> Expr:
        return substitute(expr, new)

    def participant(part: Participant) -> Participant:
        return Participant(
            species=name(part.species), stoichiometry=part.stoichiometry, id=name(part.id) if part.id else None
        )

    def reaction(one: Reaction) -> Reaction:
        return replace(
            one, id=name(one.id), reactants=tuple(map(participant, one.reactants)),
            products=tuple(map(participant, one.products)), modifiers=tuple(map(name, one.modifiers)),
            rate=None if one.rate is None else moved(one.rate),
        )  # fmt: skip

    def event(one: Event) -> Event:
        changed = tuple((name(target), moved(expr)) for target, expr in one.assignments)
        return replace(one, id=name(one.id), time=moved(one.time), assignments=changed)

    return replace(
        network,
        compartments=tuple(replace(c, id=name(c.id)) for c in network.compartments if c.id in own),
        species=tuple(replace(s, id=name(s.id), compartment=name(s.compartment)) for s in network.species),
        parameters=tuple(replace(p, id=name(p.id)) for p in network.parameters if p.id in own),
        reactions=tuple(map(reaction, network.reactions)),
        rules=tuple(Rule(kind=r.kind, target=name(r.target), expr=moved(r.expr)) for r in network.rules),
        initial_assignments=tuple(
            InitialAssignment(target=name(a.target), expr=moved(a.expr)) for a in network.initial_assignments
        ),
        events=tuple(map(event, network.events)),
    )


def _exchange(species: Species, number: int, own: frozenset[str], rate: float) -> Reaction:
    """Diffusion between copies ``number`` and ``number + 1``; the extent is an amount per time."""
    here, there = f"c{number}_{species.id}", f"c{number + 1}_{species.id}"
    flow: Expr = Apply("mul", (Number(rate), Apply("sub", (Symbol(here), Symbol(there)))))
    if not species.only_substance:
        size = species.compartment
        flow = Apply("mul", (Symbol(f"c{number}_{size}" if size in own else size), flow))
    return Reaction(
        id=f"exchange_{number}_{species.id}", reactants=(Participant(species=here),),
        products=(Participant(species=there),), rate=flow,
    )  # fmt: skip
