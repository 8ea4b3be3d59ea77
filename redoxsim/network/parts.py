"""What a model is made of. Frozen: an edit gives a new Network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from redoxsim.network.expr import Expr

Annotations = tuple[tuple[str, str], ...]
"""Pairs (qualifier, URI), e.g. ("is", "http://identifiers.org/hgnc.symbol/TXNRD1")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What every part has. ``line`` is the line in the file it was read from."""

    id: str
    name: str = ""
    sbo: str | None = None
    annotations: Annotations = ()
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One factor of a unit definition: (multiplier * 10**scale * kind)**exponent."""

    kind: str
    exponent: float = 1.0
    scale: int = 0
    multiplier: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDefinition(Element):
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment(Element):
    size: float | None = None
    unit: str | None = None
    dimensions: float = 3.0
    constant: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Species(Element):
    """At most one of the initial values is set. ``formula`` is a chemical formula such as C10H17N3O6S."""

    compartment: str
    initial_amount: float | None = None
    initial_concentration: float | None = None
    only_substance: bool = False
    boundary: bool = False
    constant: bool = False
    unit: str | None = None
    formula: str | None = None
    charge: int | None = None

    def is_amount(self, home: Compartment | None) -> bool:
        """Whether formulas mean its amount, not its concentration: it says so, or its compartment is a point."""
        return self.only_substance or (home is not None and home.dimensions == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Element):
    value: float | None = None
    unit: str | None = None
    constant: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A species in a reaction. ``id`` names the species reference where the file does."""

    species: str
    stoichiometry: float = 1.0
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction(Element):
    """``rate`` is in extent per time (amount per time), as in SBML. Local parameters were
    promoted to global ones named ``<reaction>__<local>`` when the file was read."""

    reactants: tuple[Participant, ...] = ()
    products: tuple[Participant, ...] = ()
    modifiers: tuple[str, ...] = ()
    rate: Expr | None = None
    reversible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``kind`` is "assignment" (target = expr, always) or "rate" (d target/dt = expr)."""

    kind: str
    target: str
    expr: Expr
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialAssignment:
    target: str
    expr: Expr
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Element):
    """Fires once, when time reaches ``time`` (an expression of constants); then every
    assignment is made at once with values from just before. ``inclusive``: the trigger is
    ``time >= T``, so a value reported at T itself is the one after; else ``time > T``."""

    time: Expr
    inclusive: bool = True
    assignments: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A kinetic model: symbols and trees, no numbers beyond what the file gives.

    ``source`` is the path it was read from when it still equals that file (an edit clears
    it), which lets an independent solver read the original.
    """

    id: str
    name: str = ""
    compartments: tuple[Compartment, ...] = ()
    species: tuple[Species, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    rules: tuple[Rule, ...] = ()
    initial_assignments: tuple[InitialAssignment, ...] = ()
    events: tuple[Event, ...] = ()
    units: tuple[UnitDefinition, ...] = ()
    time_unit: str | None = None
    substance_unit: str | None = None
    extent_unit: str | None = None
    volume_unit: str | None = None
    area_unit: str | None = None
    length_unit: str | None = None
    annotations: Annotations = ()
    source: str | None = field(default=None, compare=False)

    def __iter__(self) -> Iterator[Element]:
        """Every named part: compartments, species, parameters, reactions, events."""
        yield from self.compartments
        yield from self.species
        yield from self.parameters
        yield from self.reactions
        yield from self.events

    def __repr__(self) -> str:
        counts = f"{len(self.species)} species, {len(self.reactions)} reactions, {len(self.parameters)} parameters"
        return f"<Network {self.id}: {counts}>"

    def index(self) -> Mapping[str, Element]:
        """Parts by id."""
        return {part.id: part for part in self}

    def _repr_html_(self) -> str:
        from redoxsim.network.show import to_html  # above this module: it looks at networks

        return to_html(self)
