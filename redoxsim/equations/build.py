"""From a network to its differential equations."""

from __future__ import annotations

from collections.abc import Mapping

from redoxsim.equations.initial import first_use, initial_chain, place
from redoxsim.equations.jacobian import Chain, derivatives
from redoxsim.equations.moieties import find_moieties
from redoxsim.equations.ordering import in_order
from redoxsim.equations.simplify import add, div, mul, neg
from redoxsim.equations.system import Missing, OdeSystem
from redoxsim.errors import ModelError, Unsupported, Where, nearest
from redoxsim.network.expr import Expr, Number, Symbol, substitute, symbols
from redoxsim.network.parts import Compartment, Network, Species


def build(network: Network) -> OdeSystem:
    """The ODE system of a network: symbolic, deterministic, with analytic Jacobian.

    Raises
    ------
    ModelError : an unknown id in a formula, a reaction without a rate, definitions in a ring.
    Unsupported : a compartment whose size depends on what its own change dilutes.
    """
    return _Builder(network).system()


class _Builder:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.compartments = {part.id: part for part in network.compartments}
        self.species = {part.id: part for part in network.species}
        self.assignments = {rule.target: rule for rule in network.rules if rule.kind == "assignment"}
        self.rate_rules = {rule.target: rule for rule in network.rules if rule.kind == "rate"}
        self.references = self._references()
        self.amounts = frozenset(s.id for s in network.species if self._is_amount(s))
        self._check_names()
        self.moving = {c for c in self.compartments if c in self.assignments or c in self.rate_rules}
        self.assigned = {name: self._own(rule.expr) for name, rule in self.assignments.items()}
        self.rates = {r.id: self._rate(r.id, r.rate, r.line) for r in network.reactions}
        self.order = in_order(self.assigned | self.rates, what="assignment rules and rates", file=network.source)
        self.states, self.constants = self._classify()
        self.net = self._net_stoichiometry()

    # --- reading the network

    def _is_amount(self, species: Species) -> bool:
        compartment = self.compartments.get(species.compartment)
        if compartment is None:
            raise ModelError(
                f"species '{species.id}' is in compartment '{species.compartment}', which does not exist",
                where=place(self.network, species.id),
                hint=nearest(species.compartment, self.compartments),
            )
        return species.is_amount(compartment)

    def _references(self) -> dict[str, Expr]:
        """Species references that have an id stand for their stoichiometry."""
        parts = [p for r in self.network.reactions for p in (*r.reactants, *r.products) if p.id]
        return {str(part.id): Number(part.stoichiometry) for part in parts}

    def _own(self, expr: Expr) -> Expr:
        return substitute(expr, self.references) if self.references else expr

    def _rate(self, reaction: str, rate: Expr | None, line: int | None) -> Expr:
        if rate is None:
            raise ModelError(f"reaction '{reaction}' has no rate law", where=Where(self.network.source, line, reaction))
        return self._own(rate)

    def _uses(self) -> dict[str, Expr]:
        """Every formula of the network, labelled by what it is for."""
        network = self.network
        uses = {f"reaction {r.id}": r.rate for r in network.reactions if r.rate is not None}
        uses |= {f"the {rule.kind} rule of {rule.target}": rule.expr for rule in network.rules}
        uses |= {f"the initial assignment of {item.target}": item.expr for item in network.initial_assignments}
        for event in network.events:
            uses[f"the time of event {event.id}"] = event.time
            uses |= {f"event {event.id}, assignment of {target}": expr for target, expr in event.assignments}
        return uses

    def _check_names(self) -> None:
        known = self.network.index().keys() | self.references.keys()
        for label, expr in self._uses().items():
            for name in sorted(symbols(expr) - known):
                raise ModelError(
                    f"'{name}' is used in {label} but is not defined",
                    where=Where(self.network.source, element=name),
                    hint=nearest(name, known),
                )
        for target in (*self.assignments, *self.rate_rules):
            if target in self.references:
                raise Unsupported(
                    f"stoichiometry '{target}' that changes", where=Where(self.network.source, element=target)
                )
        for reaction in self.network.reactions:
            for part in (*reaction.reactants, *reaction.products):
                if part.species not in self.species:
                    raise ModelError(
                        f"reaction '{reaction.id}' refers to species '{part.species}', which does not exist",
                        where=place(self.network, reaction.id),
                        hint=nearest(part.species, self.species),
                    )

    # --- sorting symbols into kinds

    def _reactive(self, species: Species) -> bool:
        return not (
            species.boundary or species.constant or species.id in self.assigned or species.id in self.rate_rules
        )

    def _diluted(self, species: Species) -> bool:
        """A concentration whose compartment changes size by itself, so that it moves without any reaction."""
        return species.compartment in self.moving and species.id not in self.amounts

    def _classify(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        states: list[str] = []
        constants: list[str] = []
        for species in self.network.species:
            if species.id in self.rate_rules or self._reactive(species):
                states.append(species.id)
            elif species.id not in self.assigned:
                (states if self._diluted(species) else constants).append(species.id)
        for part in (*self.network.compartments, *self.network.parameters):
            if part.id in self.rate_rules:
                states.append(part.id)
            elif part.id not in self.assigned:
                constants.append(part.id)
        return tuple(states), tuple(constants)

    def _net_stoichiometry(self) -> dict[str, dict[str, float]]:
        """species -> reaction -> coefficient; what stands on both sides equally is left out."""
        net: dict[str, dict[str, float]] = {}
        for reaction in self.network.reactions:
            sides = [(p, -p.stoichiometry) for p in reaction.reactants] + [
                (p, p.stoichiometry) for p in reaction.products
            ]
            for part, coefficient in sides:
                if self._reactive(self.species[part.species]):
                    row = net.setdefault(part.species, {})
                    row[reaction.id] = row.get(reaction.id, 0.0) + coefficient
        return {name: {r: c for r, c in row.items() if c != 0.0} for name, row in net.items()}

    # --- the right-hand side

    def _right_hand_sides(self, chain: Chain) -> dict[str, Expr]:
        done: dict[str, Expr] = {}
        under_way: list[str] = []

        def growth(compartment: Compartment) -> Expr:
            """d size / dt of a compartment that changes by itself."""
            if compartment.id in self.rate_rules:
                return rhs(compartment.id)
            terms = []
            for key, value in chain.gradients[compartment.id].items():
                terms.append(value if key is None else mul((value, rhs(key))))
            return add(terms)

        def rhs(name: str) -> Expr:
            if name in under_way:
                raise Unsupported(
                    f"the size of a compartment depends on '{name}', which its change dilutes",
                    where=place(self.network, name),
                )
            if name not in done:
                under_way.append(name)
                done[name] = compute(name)
                under_way.pop()
            return done[name]

        def compute(name: str) -> Expr:
            if name in self.rate_rules:
                return self._own(self.rate_rules[name].expr)
            species = self.species[name]
            terms: list[Expr] = []
            for reaction, coefficient in self.net.get(name, {}).items():
                symbol = Symbol(reaction)
                terms.append(neg(symbol) if coefficient == -1.0 else mul((Number(coefficient), symbol)))
            total = add(terms)
            if name in self.amounts:
                return total
            compartment = self.compartments[species.compartment]
            total = div(total, Symbol(compartment.id))
            if compartment.id in self.moving:
                change = growth(compartment)
                total = add((total, neg(div(mul((Symbol(name), change)), Symbol(compartment.id)))))
            return total

        for name in self.states:
            rhs(name)
        return {name: done[name] for name in self.states}

    def system(self) -> OdeSystem:
        definitions = self.assigned | self.rates
        chain = Chain(self.states, definitions, self.order)
        rhs = self._right_hand_sides(chain)
        jacobian, dfdt = derivatives(self.states, tuple(rhs.values()), chain)
        used_rates = set().union(*(symbols(expr) for expr in self._uses().values())) & self.rates.keys()
        needed = self.assigned | {name: self.rates[name] for name in sorted(used_rates)}
        network = self.network
        own = tuple(item for item in network.initial_assignments if item.target not in self.references)
        if len(own) != len(network.initial_assignments):
            raise Unsupported("an initial assignment of a stoichiometry", where=Where(network.source))
        initial, empty = initial_chain(network, needed, self.amounts)
        initial = tuple((name, self._own(expr)) for name, expr in initial)
        position = {name: index for index, name in enumerate(self.states)}
        column = {name: index for index, name in enumerate(self.rates)}
        stoichiometry = tuple(
            (position[name], column[reaction], coefficient)
            for name in self.states
            for reaction, coefficient in self.net.get(name, {}).items()
        )
        reactive = [position[s.id] for s in network.species if self._reactive(s)]
        return OdeSystem(
            network=network,
            states=self.states,
            constants=self.constants,
            assigned=tuple((name, self.assigned[name]) for name in self.order if name in self.assigned),
            rates=tuple(self.rates.items()),
            rhs=tuple(rhs.values()),
            jacobian=jacobian,
            dfdt=dfdt,
            initial=initial,
            moieties=find_moieties(self.states, stoichiometry, reactive),
            order=self.order,
            stoichiometry=stoichiometry,
            sizes=tuple(self._size(name) for name in self.states),
            missing=self._missing(empty, rhs, initial),
        )

    def _size(self, name: str) -> str | None:
        species = self.species.get(name)
        return None if species is None or name in self.amounts else species.compartment

    def _missing(
        self, empty: tuple[str, ...], rhs: Mapping[str, Expr], initial: tuple[tuple[str, Expr], ...]
    ) -> tuple[Missing, ...]:
        uses = self._uses()
        uses |= {f"the differential equation of {name}": expr for name, expr in rhs.items()}
        uses |= {f"the initial value of {name}": expr for name, expr in initial}
        found = []
        for name in empty:
            used = first_use(name, uses) or (f"the differential equation of {name}" if name in rhs else None)
            if used is not None:
                found.append(Missing(id=name, line=place(self.network, name).line, used=used))
        return tuple(found)
