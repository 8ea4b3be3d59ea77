"""The mathematics of a model: symbols only, deterministic, no numbers solved here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from redoxsim.network.expr import Expr
from redoxsim.network.parts import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Moiety:
    """A conserved total: sum of ``coefficient * amount`` over states is constant.

    ``terms`` pairs a state id with its coefficient; amounts, not concentrations.
    """

    terms: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A symbol that is used but that the model gives no value; an error unless it is overridden.

    ``line`` is where it is declared, ``used`` says where it is needed.
    """

    id: str
    line: int | None
    used: str


@dataclass(frozen=True, kw_only=True)
class OdeSystem:
    """The ODE system of a network.

    Attributes
    ----------
    network : where the equations come from.
    states : ids that obey a differential equation, in order; length n. A species is its
        concentration in its compartment, or its amount where it has only substance units.
    constants : ids that do not change between events (parameters, compartment sizes,
        boundary and constant species), in order; length m.
    assigned : (id, expression), ordered so that each uses only what stands before it;
        assignment rules.
    rates : (reaction id, expression), extent per time.
    rhs : n expressions of d state / dt, over states, constants, assigned ids, rate ids, time.
    jacobian : (row, column, expression) of the non-zero d rhs[row] / d state[column],
        in row-major order, with assigned ids and rates differentiated through.
    dfdt : (row, expression) where rhs depends on time directly.
    initial : (id, expression), ordered; how every state and constant gets its value when the
        simulation starts, from the values the model gives and the overrides.
    moieties : conserved totals.
    order : ids of ``assigned`` and ``rates`` together, each after what it uses.
    stoichiometry : (state index, rate index, net coefficient) of every state that reactions change.
    sizes : per state, the id of the compartment its concentration refers to; None for an amount
        and for anything that is not a species; length n.
    missing : symbols in use without a value.
    """

    network: Network
    states: tuple[str, ...]
    constants: tuple[str, ...]
    assigned: tuple[tuple[str, Expr], ...]
    rates: tuple[tuple[str, Expr], ...]
    rhs: tuple[Expr, ...]
    jacobian: tuple[tuple[int, int, Expr], ...]
    dfdt: tuple[tuple[int, Expr], ...]
    initial: tuple[tuple[str, Expr], ...]
    moieties: tuple[Moiety, ...]
    order: tuple[str, ...] = ()
    stoichiometry: tuple[tuple[int, int, float], ...] = ()
    sizes: tuple[str | None, ...] = ()
    missing: tuple[Missing, ...] = ()

    def state_index(self) -> Mapping[str, int]:
        """Position of every state."""
        return {name: position for position, name in enumerate(self.states)}

    def definitions(self) -> Mapping[str, Expr]:
        """Expressions of assigned ids and reaction rates by id."""
        return dict(self.assigned) | dict(self.rates)

    def __repr__(self) -> str:
        counts = f"{len(self.states)} states, {len(self.rates)} rates, {len(self.constants)} constants"
        return f"<OdeSystem {self.network.id}: {counts}>"

    @cached_property
    def key(self) -> str:
        """Checksum of the equations, the initial chain and the events; equal for equal mathematics."""
        parts = (
            self.states,
            self.constants,
            self.assigned,
            self.rates,
            self.rhs,
            self.initial,
            self.sizes,
            self.network.events,
        )
        return sha256(repr(parts).encode()).hexdigest()
