"""What a diagram shows of a network: which species stand in boxes, what turns into what, what acts on it and how.

Every reaction is drawn once, between the species that it is about; the others (NADPH of a reductase) stand beside it as
names, as in a textbook. So no line crosses the page, and a species may be named in many places but has one box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import isfinite

from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import Expr, symbols
from redoxsim.network.parts import Network, Participant, Reaction, Rule

CATALYSIS, STIMULATION, INHIBITION, MODULATION = "catalysis", "stimulation", "inhibition", "modulation"
GENE = "hgnc.symbol"
FAMILIES = (frozenset({"ATP", "ADP", "AMP"}), frozenset({"NADPH", "NADP"}), frozenset({"NADH", "NAD"}),
            frozenset({"GSH", "GSSG"}))  # fmt: skip
ENERGY = frozenset({"ATP", "ADP", "AMP", "NADPH", "NADP", "NADH", "NAD"})
SMALL = frozenset({"NH4", "CO2", "H2O", "O2", "Pi", "PPi", "H"})
PLACES = ("_c", "_m", "_x", "_n", "_act")
MANY = 4  # a pair of forms in more reactions than this is what reactions run on, not what they are about
STEP = 1e-3
PROPORTIONAL = 0.02  # how far from one an elasticity may be where something works as an enzyme does
SPREAD = 0.618  # by which one species is moved more than the last where amounts are varied
ON = 1.0  # what a switch at zero is set to where the sign of an edge behind it is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """What acts on a reaction or a rule, and how: one of the four words above."""

    id: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A species with a box of its own. ``held``: no reaction of the network may change it."""

    id: str
    title: str
    compartment: str
    protein: bool
    held: bool
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A reaction: from boxes to boxes, with names that enter and leave beside them. ``off``: an edge switched off."""

    id: str
    title: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    actors: tuple[Actor, ...]
    reversible: bool
    off: bool
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Quantities that rules compute from the same things: ``actors`` among signals and among the rest."""

    ids: tuple[str, ...]
    actors: tuple[Actor, ...]
    integrates: bool
    new: bool

    @property
    def id(self) -> str:
        """The first of them."""
        return self.ids[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """All that is drawn. ``readouts`` are quantities that nothing in the network takes up."""

    boxes: Mapping[str, Box]
    steps: tuple[Step, ...]
    signals: tuple[Signal, ...]
    readouts: tuple[str, ...]
    compartments: Mapping[str, str] = field(default_factory=dict)


def scheme(
    network: Network, *, own: Iterable[str] | None = None, varying: Iterable[str] = (), old: Iterable[str] | None = None
) -> Scheme:
    """What there is to draw.

    Parameters
    ----------
    own : ids that the network itself defines, where others stand in for the networks around it; None: all are its own.
        Reactions that are not its own are not drawn.
    varying : parameters that are constants here and follow from something in a larger network.
    old : ids of the network before it was edited (an agent applied): what is not among them is marked; None marks none.
    """
    return _Maker(network, own, varying, old).made()


def values_at_start(network: Network) -> dict[str, float]:
    """Every value and rate at the start; a species is its concentration. What the file leaves open is 1."""
    values = {one.id: one.size if one.size is not None else 1.0 for one in network.compartments}
    values |= {one.id: one.value for one in network.parameters if one.value is not None}
    for one in network.species:
        size = values.get(one.compartment) or 1.0
        if one.initial_concentration is not None:
            values[one.id] = one.initial_concentration
        elif one.initial_amount is not None:
            values[one.id] = one.initial_amount if one.only_substance else one.initial_amount / size
    first = [(one.target, one.expr) for one in network.initial_assignments]
    found = settled(network, values, first=first)
    return dict.fromkeys((part.id for part in (*network.species, *network.parameters)), ON) | found


def settled(
    network: Network, values: Mapping[str, float], *, first: Sequence[tuple[str, Expr]] = ()
) -> dict[str, float]:
    """The same values with what rules (and ``first``) and rates make of them; 1 where that needs what has no value."""
    waiting = [*first, *((one.target, one.expr) for one in network.rules if one.kind == "assignment")]
    waiting += [(one.id, one.rate) for one in network.reactions if one.rate is not None]
    targets = {target for target, _ in waiting}
    found = {name: value for name, value in values.items() if name not in targets}
    while waiting:
        later = []
        for target, expr in waiting:
            if symbols(expr) <= found.keys():
                found[target] = evaluate(expr, found)
            else:
                later.append((target, expr))
        if len(later) == len(waiting):
            return found | {target: found.get(target, ON) for target, _ in later}
        waiting = later
    return found


class _Maker:
    def __init__(
        self, network: Network, own: Iterable[str] | None, varying: Iterable[str], old: Iterable[str] | None
    ) -> None:
        self.network = network
        self.own = None if own is None else frozenset(own)
        self.old = None if old is None else frozenset(old)
        self.species = {one.id: one for one in network.species}
        self.rules = {one.target: one for one in network.rules}
        self.events = {target for event in network.events for target, _ in event.assignments}
        self.values = values_at_start(network)
        self.live = {name: value or ON for name, value in self.values.items()}
        self.genes = {one.id for one in network.parameters if any(GENE in uri for _, uri in one.annotations)}
        self.acting = set(self.species) | set(self.rules) | self.genes | set(varying)
        self.reactions = [one for one in network.reactions if self.is_own(one.id)]
        self.degree = Counter(name for one in self.reactions for name in _names(one))
        self.forms = {
            name
            for one in self.reactions
            for pair in product(_ids(one.reactants), _ids(one.products))
            if pair[0] != pair[1] and kin(*pair)
            for name in pair
        }
        self.pairs = {one.id: self.main(one) for one in self.reactions}
        self.promote()

    def is_own(self, name: str) -> bool:
        return self.own is None or name in self.own

    def is_new(self, name: str) -> bool:
        return self.old is not None and name not in self.old

    def held(self, name: str) -> bool:
        one = self.species[name]
        return not self.is_own(name) or ((one.boundary or one.constant) and name not in self.rules)

    # ---- what a reaction is about

    def main(self, one: Reaction) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The reactant and the product that a reaction is about; none on a side where only energy comes or goes."""
        left, right = _ids(one.reactants), _ids(one.products)
        changed = [name for name in left if name not in right] or left
        made = [name for name in right if name not in left] or right
        if changed and made:
            source, target = min(product(changed, made), key=lambda pair: self.cost(*pair))
            if kin(source, target) or (_stem(source) in ENERGY) == (_stem(target) in ENERGY):
                return (source,), (target,)
            return ((source,), ()) if _stem(target) in ENERGY else ((), (target,))
        if changed:
            return (min(changed, key=self.side),), ()
        return (), ((min(made, key=self.side),) if made else ())

    def side(self, name: str) -> int:
        """How likely a species is something that a reaction needs beside what it is about."""
        stem = _stem(name)
        carrier = self.degree[name] > MANY and name in self.forms
        cost = 3 if stem in ENERGY else 2 if stem in SMALL else 1 if carrier else 0
        cost += 2 if not self.is_own(name) else 0
        one = self.species[name]
        return cost + (1 if one.constant or (one.boundary and name not in self.rules) else 0)

    def cost(self, source: str, target: str) -> int:
        return max(self.side(source) + self.side(target) - (3 if kin(source, target) else 0), 0)

    def promote(self) -> None:
        """A box for every species of the network that changes and would have none."""
        shown = {name for pair in self.pairs.values() for side in pair for name in side}
        for one in self.reactions:
            left, right = self.pairs[one.id]
            for name in _ids(one.reactants):
                if name not in shown and not self.held(name) and name not in self.rules:
                    left, shown = (*left, name), shown | {name}
            for name in _ids(one.products):
                if name not in shown and not self.held(name) and name not in self.rules:
                    right, shown = (*right, name), shown | {name}
            self.pairs[one.id] = (left, right)

    # ---- what acts on it

    def actors(self, expr: Expr, *, without: Iterable[str] = ()) -> tuple[Actor, ...]:
        """Everything in a formula that can vary, with the sign of its effect."""
        leave = set(without)
        used = [name for name in _in_order(expr) if name in self.acting and name not in leave]
        return tuple(Actor(id=name, how=self.effect(expr, name)) for name in used)

    def drives(self, rule: Rule) -> tuple[Actor, ...]:
        """What a rule depends on. Of a rate the sign alone counts: towards more of the quantity (away from zero), or
        less; near rest the rate itself is the difference of large parts."""
        if rule.kind != "rate":
            return self.actors(rule.expr, without=(rule.target,))
        used = [name for name in _in_order(rule.expr) if name in self.acting and name != rule.target]
        way = -1.0 if self.values.get(rule.target, 0.0) < 0.0 else 1.0
        found = []
        for name in used:
            slope = next(
                (one for one in (self.slope(rule.expr, name, values) for values in (self.values, self.live)) if one),
                0.0,
            )
            rising = slope * way * (-1.0 if self.values.get(name, 0.0) < 0.0 else 1.0)
            found.append(Actor(id=name, how=STIMULATION if rising > 0 else INHIBITION if rising < 0 else MODULATION))
        return tuple(found)

    def slope(self, expr: Expr, name: str, values: Mapping[str, float]) -> float:
        """How a formula changes with a quantity; 0 where it does not or cannot be said."""
        at = values.get(name, 0.0)
        step = abs(at) * STEP or STEP
        up, down = (evaluate(expr, {**values, name: at + sign * step}) for sign in (1, -1))
        slope = (up - down) / (2 * step)
        return slope if isfinite(slope) else 0.0

    def effect(self, expr: Expr, name: str) -> str:
        """How the size of a quantity acts on the size of a formula, from its slope at the start."""
        for values in (self.values, self.live):
            here, at, slope = evaluate(expr, values), values.get(name, 0.0), self.slope(expr, name, values)
            if not slope:
                continue
            if here and at and isfinite(here):
                elasticity = slope * at / here
                if (name in self.species or name in self.genes) and abs(elasticity - 1) < PROPORTIONAL:
                    return CATALYSIS
                return STIMULATION if elasticity > 0 else INHIBITION
            return STIMULATION if slope > 0 else INHIBITION
        return MODULATION

    def rate_actors(self, one: Reaction) -> tuple[Actor, ...]:
        return () if one.rate is None else self.actors(one.rate, without=_names(one))

    def reversible(self, one: Reaction) -> bool:
        """Whether the rate can turn round: with nothing to start from it is negative."""
        if one.rate is None or not one.reactants or not one.products:
            return False
        nothing = dict.fromkeys(_ids(one.reactants), 0.0)
        value = evaluate(one.rate, {**self.live, **nothing})
        return isfinite(value) and value < 0.0

    def off(self, one: Reaction) -> bool:
        """Whether a constant at zero switches the reaction off, whatever the amounts."""
        if one.rate is None or evaluate(one.rate, self.values) != 0.0:
            return False
        return all(evaluate(one.rate, values) == 0.0 for values in self.others)

    @cached_property
    def others(self) -> list[dict[str, float]]:
        """Other amounts than at the start: every species a little differently, and none of any."""
        found = []
        for shift in (0.1, 1.0):
            moved = {
                name: (self.values.get(name, 0.0) + ON) * (shift + i * SPREAD % 1)
                for i, name in enumerate(self.species)
            }
            found.append(settled(self.network, {**self.values, **moved}))
        found.append(settled(self.network, {**self.values, **dict.fromkeys(self.species, 0.0)}))
        return found

    # ---- rules

    def signals(self) -> tuple[list[Signal], list[str]]:
        """Quantities that rules compute and something takes up, and those that nothing does."""
        targets = [one.target for one in self.network.rules if self.is_own(one.target)]
        plain = [name for name in targets if not self.is_moiety(name)]
        states = {name for name in plain if self.rules[name].kind == "rate"}
        feeds: dict[str, set[str]] = {name: set() for name in plain}
        wanted: set[str] = set(states)
        for one in self.reactions:
            if one.rate is not None:
                wanted |= symbols(one.rate) & set(plain)
        for name in plain:
            for used in symbols(self.rules[name].expr) & set(plain):
                feeds[used].add(name)
        grown = True
        while grown:
            more = {name for name in plain if name not in wanted and feeds[name] & wanted}
            grown = bool(more)
            wanted |= more
        reach = set(states)
        grown = True
        while grown:
            more = {name for name in plain if name not in reach and symbols(self.rules[name].expr) & reach}
            grown = bool(more)
            reach |= more
        shown = wanted | reach
        groups: dict[tuple[object, ...], list[str]] = {}
        found: dict[str, tuple[Actor, ...]] = {}
        for name in plain:
            if name in shown:
                found[name] = self.drives(self.rules[name])
                ends = not feeds[name] & shown
                key = (frozenset(found[name]), ends) if ends and len(found[name]) == 1 else (name,)
                groups.setdefault(key, []).append(name)
        made = [
            Signal(
                ids=tuple(names),
                actors=found[names[0]],
                integrates=self.rules[names[0]].kind == "rate",
                new=self.is_new(names[0]),
            )
            for names in groups.values()
        ]
        return made, [name for name in plain if name not in shown]

    def is_moiety(self, name: str) -> bool:
        """Whether a rule gives a species that reactions make or use: the rest of a conserved total."""
        return name in self.species and bool(self.degree[name])

    def made(self) -> Scheme:
        signals, readouts = self.signals()
        steps = []
        for one in self.reactions:
            left, right = self.pairs[one.id]
            steps.append(
                Step(
                    id=one.id,
                    title=one.name,
                    sources=left,
                    targets=right,
                    enters=_beside(one.reactants, left),
                    leaves=_beside(one.products, right),
                    actors=self.rate_actors(one),
                    reversible=self.reversible(one),
                    off=self.off(one),
                    new=self.is_new(one.id),
                )
            )
        shown = dict.fromkeys(name for one in steps for name in (*one.sources, *one.targets))
        boxes = {name: self.box(name) for name in self.species if name in shown}
        return Scheme(
            boxes=boxes,
            steps=tuple(steps),
            signals=tuple(signals),
            readouts=tuple(readouts),
            compartments={one.id: one.name or one.id for one in self.network.compartments},
        )

    def box(self, name: str) -> Box:
        one = self.species[name]
        return Box(
            id=name,
            title=one.name,
            compartment=one.compartment,
            protein=one.sbo == "SBO:0000252" or any("uniprot" in uri for _, uri in one.annotations),
            held=self.held(name),
            new=self.is_new(name),
        )


def kin(one: str, other: str) -> bool:
    """Whether two species are forms of one thing, as their ids have it.

    >>> kin("NADPH_c", "NADP_c"), kin("Prx1_SH", "Prx1_SOH"), kin("TO", "TOH"), kin("ATP", "G6P")
    (True, True, True, False)
    """
    first, second = _stem(one), _stem(other)
    if any(first in family and second in family for family in FAMILIES):
        return True
    heads = first.split("_")[0], second.split("_")[0]
    low, other_low = first.lower(), second.lower()
    return heads[0] == heads[1] or low.startswith(other_low) or other_low.startswith(low)


def _stem(name: str) -> str:
    for ending in PLACES:
        if name.endswith(ending):
            return name[: -len(ending)]
    return name


def _ids(parts: Sequence[Participant]) -> list[str]:
    return list(dict.fromkeys(part.species for part in parts))


def _names(one: Reaction) -> list[str]:
    return list(dict.fromkeys([*_ids(one.reactants), *_ids(one.products)]))


def _beside(parts: Sequence[Participant], main: Sequence[str]) -> tuple[str, ...]:
    """Names of the others, each with its number where that is not one."""
    return tuple(
        part.species if part.stoichiometry == 1 else f"{part.stoichiometry:g} {part.species}"
        for part in parts
        if part.species not in main
    )


def _in_order(expr: Expr) -> list[str]:
    """Ids in a formula, sorted, so that nothing depends on the order of a set."""
    return sorted(symbols(expr))
