"""What makes and what uses each pool at the undosed steady state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redoxsim import equations, solve
from redoxsim.codegen import compile_system
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, SolveError
from redoxsim.network.parts import Network

HEADS = ("pool", "reaction", "makes [amol/s]", "uses [amol/s]", "share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flux:
    """One reaction's part in a pool: amount made (above zero) or used (below) per time, and its
    share of all that is made or of all that is used."""

    pool: str
    species: str
    reaction: str
    rate: float
    share: float

    @property
    def name(self) -> str:
        """The pool with its species, where the two are not called the same."""
        return self.pool if self.pool == self.species else f"{self.pool} ({self.species})"

    def as_row(self) -> dict[str, Any]:
        """The flux as a line of the table."""
        made, used = (self.rate, None) if self.rate > 0 else (None, abs(self.rate))
        return dict(zip(HEADS, (self.name, self.reaction, made, used, self.share), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """All that is made and used of one pool, amount per time."""

    pool: str
    made: float
    used: float

    @property
    def difference(self) -> float:
        """Made less used, relative to the larger of the two."""
        largest = max(self.made, self.used)
        return (self.made - self.used) / largest if largest else 0.0

    def __str__(self) -> str:
        off = "below 0.01%" if abs(self.difference) < 1e-4 else f"{self.difference:+.2%}"
        return f"{self.pool}: {self.made:.4g} amol/s made, {self.used:.4g} used, difference {off}"


def fluxes(network: Network, groups: Mapping[str, Sequence[str]] | None = None) -> list[Flux]:
    """Every reaction that changes a pool, largest first, at the undosed steady state.

    Parameters
    ----------
    groups : reactions by pool. The pool's species is the one that most of them change. None takes every species
        that reactions change as a pool of its own.

    Raises
    ------
    DesignError : a pool whose reactions are not there or change nothing.
    SolveError : no steady state was found.
    """
    import numpy as np

    system = equations.build(network)
    steady = solve.steady(solve.Problem(system=system, times=np.array([0.0])))
    if not steady.status.ok:
        raise SolveError(f"no undosed steady state of '{network.id}': {steady.message or steady.status.value}")
    values = compile_system(system).bind(steady.p).rates(0.0, steady.y.tolist())
    rates = dict(zip([name for name, _ in system.rates], values, strict=True))
    found = []
    if groups is None:
        pools = {name: name for name in system.states if _changes(system, name)}
    else:
        pools = {pool: _species_of(system, pool, reactions) for pool, reactions in groups.items()}
    for pool, species in pools.items():
        parts = {name: coefficient * rates[name] for name, coefficient in _changes(system, species).items()}
        made = sum(rate for rate in parts.values() if rate > 0)
        used = -sum(rate for rate in parts.values() if rate < 0)
        for name, rate in sorted(parts.items(), key=lambda pair: -abs(pair[1])):
            whole = made if rate > 0 else used
            found.append(
                Flux(pool=pool, species=species, reaction=name, rate=rate, share=abs(rate) / whole if whole else 0.0)
            )
    return found


def totals(rows: Sequence[Flux]) -> list[Balance]:
    """Made and used by pool, in the order of the rows."""
    pools = dict.fromkeys(row.pool for row in rows)
    return [
        Balance(
            pool=pool,
            made=sum(row.rate for row in rows if row.pool == pool and row.rate > 0),
            used=-sum(row.rate for row in rows if row.pool == pool and row.rate < 0),
        )
        for pool in pools
    ]


def _changes(system: OdeSystem, species: str) -> dict[str, float]:
    """Net coefficient of a species in every reaction that changes it."""
    index = system.states.index(species)
    return {
        system.rates[rate][0]: coefficient
        for state, rate, coefficient in system.stoichiometry
        if state == index and coefficient
    }


def _species_of(system: OdeSystem, pool: str, reactions: Sequence[str]) -> str:
    known = {name for name, _ in system.rates}
    missing = [name for name in reactions if name not in known]
    if missing:
        raise DesignError(f"pool '{pool}' names reactions that the model does not have: {', '.join(missing)}")
    overlap = {name: len(set(reactions) & set(_changes(system, name))) for name in system.states}
    most = max(overlap.values(), default=0)
    if most == 0:
        raise DesignError(
            f"no species is changed by the reactions of pool '{pool}'", hint=f"they are {', '.join(reactions)}"
        )
    shared = [name for name, count in overlap.items() if count == most]
    return next((name for name in shared if name.startswith(pool)), shared[0])
