"""A model made ready for a study: agents and cell applied, equations built, what varies known."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from redoxsim import equations, units
from redoxsim.equations.labels import unit_label
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, UnitError, Where, nearest
from redoxsim.network.parts import Network, Parameter
from redoxsim.pharmacology import (
    Agent,
    Cell,
    apply_agent,
    load_agent,
    load_cell,
    require_cell,
    rows,
    time_scale,
    to_model,
)
from redoxsim.pharmacology.agent import AgentParameter
from redoxsim.pharmacology.apply import load_agents
from redoxsim.pharmacology.dosing import Schedule
from redoxsim.solve import Dose
from redoxsim.solve import Schedule as SolveSchedule
from redoxsim.study.metadata import Constant, Metadata, constants_of, metadata_of
from redoxsim.study.signs import refuse_negative

if TYPE_CHECKING:
    from redoxsim.study.arrays import Array

FloatArray = NDArray[np.float64]
Model = Network | str | Path
Override = float | str | units.Quantity
# How counters of cells become readouts over a population: sums of the first over sums of the second.
SHARES: Mapping[str, tuple[str, str]] = {"viability": ("live", "live_ref")}
ORIENTATIONS: Mapping[str, str] = {"viability": "viability", "survival": "viability"}


def orientation_of(name: str, data: Array) -> Literal["viability", "inhibition", "signal"]:
    """Which way up a readout is; a readout that does not say is a signal."""
    said = str(data.attrs.get("orientation", ORIENTATIONS.get(name, "signal")))
    return "viability" if said == "viability" else "inhibition" if said == "inhibition" else "signal"


@dataclass(frozen=True, kw_only=True, eq=False)
class Setup:
    """What every study starts from.

    ``values`` are the overrides of the cell and of the user, in model units; ``cv`` the coefficients
    of variation by id; ``start`` "steady" or "given"; ``given`` the ids that the user sets.
    """

    network: Network
    system: OdeSystem
    metadata: Metadata | None
    constants: Mapping[str, Constant]
    agents: Mapping[str, Agent]
    cell: Cell | None
    values: Mapping[str, float]
    cv: Mapping[str, float]
    start: str
    source: str | None
    original: Network
    given: frozenset[str] = frozenset()

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Everything that can be observed."""
        system = self.system
        return (
            *system.states,
            *system.constants,
            *(name for name, _ in system.assigned),
            *(name for name, _ in system.rates),
        )

    def observed(self, names: str | Sequence[str] | None) -> tuple[str, ...]:
        """Checked ids of what to observe; the model's own readouts where none is named.

        Raises
        ------
        DesignError : an id the model does not have.
        """
        if names is None:
            if self.metadata is not None and self.metadata.observables:
                return tuple(one.id for one in self.metadata.observables)
            return (*self.system.states, *(name for name, _ in self.system.assigned))
        found = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
        known = set(self.symbols)
        for name in found:
            if name not in known:
                known_here = ", ".join(self.observed(None)[:4])
                raise DesignError(
                    f"the model has nothing called '{name}' to observe",
                    hint=nearest(name, self.symbols) or f"it has {known_here} and others",
                )
        return tuple(dict.fromkeys(found))

    def label(self, name: str) -> str:
        """The unit of a symbol in words; "1" for a plain number, "" where the model does not say."""
        found = unit_label(self.network, name)
        if found is None:
            one = self.metadata.observable(name) if self.metadata else None
            return one.unit if one else ""
        return found or "1"

    def title(self, name: str) -> str:
        """The name of a symbol in words."""
        one = self.metadata.observable(name) if self.metadata else None
        if one is not None:
            return one.name
        part = self.network.index().get(name)
        return part.name if part is not None and part.name else name

    def schedule(self, doses: Schedule) -> SolveSchedule:
        """A schedule in model units.

        Raises
        ------
        UnitError, DesignError : an amount or target that makes no sense for this model.
        """
        found = rows(self.network, doses, self.agents)
        return SolveSchedule(
            tuple(Dose(time=r.time, target=r.target, action=r.action, amount=r.amount, until=r.until) for r in found)
        )

    def times(self, seconds: FloatArray) -> FloatArray:
        """Times in model units."""
        factor = time_scale(self.network)
        return seconds if factor == 1 else seconds / float(factor)

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float, float]]:
        """(value, low, high) of every constant with a range that the user has not set.

        A cell's own values replace those of the model, with the cell's range or none.
        """
        known = set(self.system.constants)
        graded: list[Constant | AgentParameter] = list(self.constants.values())
        for agent in self.agents.values():
            graded += agent.parameters
        found = {
            one.id: (one.value, one.low, one.high)
            for one in graded
            if one.low is not None and one.high is not None and one.id in known
        }
        if self.cell is not None:
            for name, value in self.cell.values.items():
                found.pop(name, None)
                if value.low is not None and value.high is not None:
                    found[name] = (value.value, value.low, value.high)
        return {name: ends for name, ends in found.items() if name not in self.given}

    def ranges_of(self, grade: str | None) -> dict[str, tuple[float, float, float]]:
        """:attr:`ranges` of constants of one grade; of all where it is None."""
        return {name: ends for name, ends in self.ranges.items() if grade is None or self.grade(name) == grade}

    def grade(self, name: str) -> str:
        """How well a constant of the cell, the model or an agent is known, A to C; C where nothing is said."""
        if self.cell is not None and name in self.cell.values:
            return self.cell.values[name].grade
        if name in self.constants:
            return self.constants[name].grade
        return next((one.grade for agent in self.agents.values() for one in agent.parameters if one.id == name), "C")

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Constants that a study may vary: one that follows from others at the start would lose that link."""
        index = self.network.index()
        derived = {one.target for one in self.network.initial_assignments}
        mine = (name for name in self.system.constants if isinstance(index.get(name), Parameter))
        return tuple(name for name in mine if name not in derived)

    def refuse_not_free(self, name: str, *, verb: str) -> None:
        """An error where a constant that is to be varied, or whatever ``verb`` says, is none or not :attr:`free`.

        Raises
        ------
        DesignError : it is not.
        """
        if any(one.target == name for one in self.network.initial_assignments):
            raise DesignError(f"'{name}' follows from other constants at the start", hint=f"{verb} those")
        if name not in self.free:
            hint = nearest(name, self.free) or "`redoxsim models show MODEL --constants` lists them"
            raise DesignError(f"'{name}' is no constant of the model", hint=hint)

    def usual(self, name: str) -> float:
        """The value of a constant as this study has it."""
        return self.ranges[name][0] if name in self.ranges else self.without(name)

    def without(self, name: str) -> float:
        """The value of a constant when nothing else varies it."""
        from redoxsim.codegen import compile_system

        _, p = compile_system(self.system).initial(self.values)
        return float(p[self.system.constants.index(name)])


def read_model(model: Model) -> Network:
    """The network itself, or the one of a path or name."""
    if isinstance(model, Network):
        return model
    from redoxsim import network

    return network.read(model)


def prepare(
    model: Model,
    *,
    agents: Iterable[str | Path | Agent] = (),
    dosed: Iterable[str] = (),
    cell: str | Path | Cell | None = None,
    values: Mapping[str, Override] | None = None,
    start: str | None = None,
) -> Setup:
    """A model made ready.

    Parameters
    ----------
    agents : agents to apply whether or not they are dosed; ids, files or loaded.
    dosed : ids of schedules; each is an agent or a species of the model.
    cell : profile whose values and population to take.
    values : overrides by id, in model units or as text with a unit; they win over the cell's.
    start : "steady" or "given"; None takes what the model's metadata says, else "given".

    Raises
    ------
    DesignError, UnitError : an unknown id or a value of the wrong kind.
    Unsupported : an agent or cell needs what the model lacks.
    """
    original = read_model(model)
    metadata, constants = metadata_of(original), constants_of(original)
    given = {one.id: one for one in (agent if isinstance(agent, Agent) else load_agent(agent) for agent in agents)}
    found = given | load_agents(original, [name for name in dosed if name not in given], known=given)
    network, system = _with_agents(original, tuple(found.values()))
    profile = cell if isinstance(cell, Cell) or cell is None else load_cell(cell)
    if profile is not None:
        require_cell(network, profile)
    overrides = dict(profile.overrides) if profile else {}
    refuse_negative(network, constants, overrides, file=profile.file if profile else None)
    given_values = {name: override(network, name, value) for name, value in (values or {}).items()}
    refuse_negative(network, constants, given_values)
    overrides |= given_values
    cv = dict(metadata.population.cv) if metadata else {}
    unknown = [name for name in cv if name not in system.constants]
    if unknown and metadata is not None:
        raise DesignError(
            f"the population varies '{unknown[0]}', which is no constant of model '{network.id}'",
            where=Where(file=metadata.file, element="population.cv"),
            hint=nearest(unknown[0], system.constants),
        )
    cv |= profile.population.cv if profile else {}
    return Setup(
        network=network,
        system=system,
        metadata=metadata,
        constants=constants,
        agents=found,
        cell=profile,
        values=overrides,
        cv={name: width for name, width in cv.items() if width > 0.0},
        start=start or (metadata.start if metadata else "given"),
        source=original.source,
        original=original,
        given=frozenset(values or {}),
    )


_BUILT: deque[tuple[Network, tuple[Agent, ...], Network, OdeSystem]] = deque(maxlen=8)


def _with_agents(original: Network, agents: tuple[Agent, ...]) -> tuple[Network, OdeSystem]:
    """The model with the agents, and its equations; the last few are kept, as studies often come in series."""
    for model, applied, network, system in tuple(_BUILT):
        if model is original and applied == agents:
            return network, system
    network = original
    for agent in agents:
        network = apply_agent(network, agent)
    system = equations.build(network)
    _BUILT.append((original, agents, network, system))
    return network, system


def override(network: Network, name: str, value: Override) -> float:
    """The value of an override in model units.

    Raises
    ------
    DesignError : an unknown id.
    UnitError : a unit of the wrong kind.
    """
    settable = (*network.parameters, *network.compartments, *network.species)
    known = [part.id for part in settable]
    if name not in known:
        raise DesignError(f"the model has nothing called '{name}' to set", hint=nearest(name, known))
    if isinstance(value, str | units.Quantity):
        try:
            amount = units.quantity(value)
            if not amount.unit:
                return amount.value
            return to_model(network, name, amount)
        except UnitError as error:
            raise UnitError(f"value of '{name}': {error.message}", hint=error.hint) from error
    number = float(value)
    if not np.isfinite(number):
        raise DesignError(f"the value of '{name}' must be a finite number, not {value}")
    return number
