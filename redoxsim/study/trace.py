"""Why a readout moves: what each reaction adds to its rate of change, over a time course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redoxsim.equations.jacobian import Chain
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, nearest
from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import Expr, symbols
from redoxsim.solve import Solution

FloatArray = NDArray[np.float64]
RULE = "rule of "
TIME = "time itself"


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """The rate of change of a readout by what changes it.

    Attributes
    ----------
    readout, unit : what is followed; ``unit`` as the model says, "" for a plain number.
    times : (T,) in seconds. values : (T,) of the readout.
    parts : by reaction id (or "rule of X", for a state that a rate rule moves) what it adds to the rate of change, each
        (T,) in the readout's unit per second. They add up to it.
    names : reactions in words.
    """

    readout: str
    unit: str
    times: FloatArray
    values: FloatArray
    parts: Mapping[str, FloatArray]
    names: Mapping[str, str]

    @property
    def total(self) -> FloatArray:
        """The rate of change, (T,)."""
        return np.asarray(sum(self.parts.values(), start=np.zeros_like(self.times)), dtype=float)

    def moved(self, part: str) -> FloatArray:
        """What a part adds beyond what it added at the start, (T,): at rest all parts cancel, so this is what moves."""
        values = self.parts[part]
        return np.asarray(values - values[0], dtype=float)

    def ranked(self) -> list[str]:
        """Parts, those first that depart most from what they were at the start."""
        worth = {name: float(np.trapezoid(np.abs(self.moved(name)), self.times)) for name in self.parts}
        return sorted(worth, key=lambda name: (-worth[name], name))


def trace(solution: Solution, readout: str) -> Trace:
    """What moves a readout in a solved time course of one cell.

    A state is moved by its reactions; a computed quantity by the reactions of every state that it is made of, each
    weighed by how the quantity depends on that state.

    Raises
    ------
    DesignError : the model has no such symbol, it cannot move, or the course failed.
    """
    system = solution.system
    definitions = system.definitions()
    if readout not in system.states and readout not in definitions:
        known = [*system.states, *definitions]
        raise DesignError(f"'{readout}' does not move in this model", hint=nearest(readout, known))
    if not solution.status.ok:
        raise DesignError(f"a course that failed ({solution.status.value}) is not traced")
    weights = _weights(system, readout)
    if not weights:
        raise DesignError(f"'{readout}' depends on nothing that moves")
    parts: dict[str, FloatArray] = {}

    def add(name: str, values: FloatArray) -> None:
        parts[name] = parts[name] + values if name in parts else values

    for state, weight in weights.items():
        factor = _over_time(solution, weight)
        if state is None:
            add(TIME, factor)
            continue
        for name, values in _changes(solution, state).items():
            add(name, factor * values)
    parts = {name: values for name, values in parts.items() if np.any(values != 0.0)}
    network = system.network
    names = {one.id: one.name or one.id for one in network.reactions}
    return Trace(
        readout=readout, unit=_unit(system, readout), times=np.asarray(solution.times, dtype=float),
        values=solution[readout], parts=parts, names={name: names.get(name, name) for name in parts},
    )  # fmt: skip


def _weights(system: OdeSystem, readout: str) -> dict[str | None, Expr | None]:
    """How the readout depends on each state (None as a weight: it is that state) and on time (None as a key)."""
    if readout in system.states:
        return {readout: None}
    definitions = system.definitions()
    wanted = {readout}
    for name in reversed(system.order):
        if name in wanted:
            wanted |= symbols(definitions[name]) & set(definitions)
    chain = Chain(system.states, definitions, [name for name in system.order if name in wanted])
    return dict(chain.gradients[readout])


def _changes(solution: Solution, state: str) -> dict[str, FloatArray]:
    """What each reaction adds to a state per second; its rate rule where it has one."""
    system = solution.system
    at = system.states.index(state)
    found = {system.rates[rate][0]: coefficient for index, rate, coefficient in system.stoichiometry if index == at}
    if not found:
        return {f"{RULE}{state}": _over_time(solution, system.rhs[at])}
    size = system.sizes[at]
    names = [*found, *([size] if size is not None else [])]
    values = solution.values(names)
    over = values[-1] if size is not None else 1.0
    return {name: coefficient * values[i] / over for i, (name, coefficient) in enumerate(found.items())}


def _over_time(solution: Solution, expr: Expr | None) -> FloatArray:
    """An expression at every output time, (T,); None is 1."""
    times = np.asarray(solution.times, dtype=float)
    if expr is None:
        return np.ones_like(times)
    names = sorted(symbols(expr))
    values = solution.values(names) if names else np.empty((0, times.size))
    found = [
        evaluate(expr, dict(zip(names, values[:, i].tolist(), strict=True)), float(time))
        for i, time in enumerate(times)
    ]
    return np.array(found, dtype=float)


def _unit(system: OdeSystem, readout: str) -> str:
    from redoxsim.equations.labels import unit_label

    return unit_label(system.network, readout) or ""


__all__ = ["RULE", "TIME", "Trace", "trace"]
