"""The undosed steady state: Newton, else integration and Newton again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import Bound, CompiledSystem, compile_system
from redoxsim.equations.system import Moiety, OdeSystem
from redoxsim.network.expr import Number
from redoxsim.solve.problem import Problem
from redoxsim.solve.relax import relax
from redoxsim.solve.schedule import Schedule
from redoxsim.solve.solution import Status
from redoxsim.solve.tolerance import typical_sizes

FloatArray = NDArray[np.float64]
COUNTERS = "population"
"""Species of this compartment count cells; they are left as given."""
RESIDUAL = 1e-9
STEP = 1e-9
ITERATIONS = 60
ROUNDS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class SteadyState:
    """A state at rest, and how it was found.

    Attributes
    ----------
    values : every state by id, in its unit.
    status : OK or NO_STEADY_STATE.
    method : "newton" or "integration+newton".
    residual : largest |d state/dt| relative to the turnover of that state.
    eigenvalues : of the Jacobian on the space of constant totals, slowest first, per model time.
    totals : conserved totals (amounts) by their terms, such as "GSH_c + 2 GSSG_c".
    ignored : species whose given initial value the steady state replaced.
    message : why none was found.
    y, p : states (n,) and constants (m,), with initial assignments taken at the steady state.
    """

    values: Mapping[str, float]
    status: Status
    method: str
    residual: float
    eigenvalues: NDArray[np.complex128]
    totals: Mapping[str, float]
    y: FloatArray
    p: FloatArray
    ignored: tuple[str, ...] = ()
    message: str = ""

    @property
    def stable(self) -> bool:
        """Whether every small disturbance dies out."""
        return bool(self.status.ok and np.all(self.eigenvalues.real <= _noise(self.eigenvalues)))


class SteadyCache:
    """Remembers steady states by values, so a batch finds each once; holds the latest few thousand."""

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._found: OrderedDict[tuple[object, ...], SteadyState] = OrderedDict()

    def find(self, problem: Problem, compiled: CompiledSystem, start: float) -> SteadyState:
        """The steady state of the problem's values."""
        key = (problem.system.key, start, tuple(sorted(problem.values.items())))
        if key not in self._found:
            self._found[key] = find_steady(compiled, problem.values, start)
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return self._found[key]


def steady(problem: Problem) -> SteadyState:
    """The undosed steady state of a problem's values; ``status`` says whether there is one.

    Newton from the given initial state; where that fails, or ends somewhere unstable or negative,
    integration until little moves, then Newton. Conserved totals are those of the initial state.
    """
    return find_steady(compile_system(problem.system), problem.values, problem.schedule.start())


@np.errstate(over="ignore", invalid="ignore")  # a state that runs away is told by what is finite, not by a warning
def find_steady(compiled: CompiledSystem, values: Mapping[str, float], start: float) -> SteadyState:
    """See :func:`steady`."""
    y, p = compiled.initial(values, start)
    frame = _Frame(compiled.system, y, p)
    outcome = _Outcome(y=y, message=frame.obstacle(compiled))
    if not outcome.message:
        overrides = dict(values)
        for _ in range(ROUNDS):
            outcome = _find(frame, compiled.bind(p), outcome.y, start, outcome.method)
            if outcome.message:
                break
            # Initial assignments are taken at rest; where that moves a constant, rest is sought again.
            overrides |= {compiled.system.states[i]: float(outcome.y[i]) for i in frame.free}
            y_after, p_after = compiled.initial(overrides, start)
            outcome.y[frame.held] = y_after[frame.held]
            settled = np.allclose(p_after, p, rtol=1e-12, atol=0.0, equal_nan=True)
            p = p_after
            bound = compiled.bind(p)
            if settled or frame.residual(bound.rhs(start, outcome.y.tolist()), bound, outcome.y, start) < RESIDUAL:
                break
        else:
            outcome.message = "initial assignments and steady state chase each other"
    return _result(compiled, frame, outcome, values, p, start)


@dataclass
class _Outcome:
    y: FloatArray
    method: str = ""
    message: str = ""
    eigenvalues: NDArray[np.complex128] = field(default_factory=lambda: np.empty(0, dtype=np.complex128))


def held_states(system: OdeSystem) -> tuple[int, ...]:
    """Indices of states that are left as given, increasing: counters, and what never moves."""
    compartments = {part.id: part.compartment for part in system.network.species}
    return tuple(
        index
        for index, (name, rhs) in enumerate(zip(system.states, system.rhs, strict=True))
        if compartments.get(name) == COUNTERS or rhs == Number(0.0)
    )


class _Frame:
    """Which states must rest, and which totals bind them."""

    def __init__(self, system: OdeSystem, y: FloatArray, p: FloatArray) -> None:
        self.system = system
        position = system.state_index()
        species = {part.id for part in system.network.species}
        self.held = np.array(held_states(system), dtype=np.intp)
        self.free = np.setdiff1d(np.arange(len(system.states)), self.held)
        self.species = np.array([i for i in self.free if system.states[i] in species], dtype=np.intp)
        free = set(self.free.tolist())
        self.moieties = [m for m in system.moieties if all(position[name] in free for name, _ in m.terms)]
        sizes = dict(zip(system.constants, p.tolist(), strict=True)) | dict(zip(system.states, y.tolist(), strict=True))
        # a compartment that a rule computes keeps weight one: its species' totals are not constant anyway
        volume = [1.0 if size is None else sizes.get(size, 1.0) for size in system.sizes]
        self.weights = np.zeros((len(self.moieties), len(system.states)))
        for row, moiety in enumerate(self.moieties):
            for name, coefficient in moiety.terms:
                self.weights[row, position[name]] = coefficient * volume[position[name]]
        self.totals = self.weights @ y
        self.pivots = self._pivots(position)

    def _pivots(self, position: Mapping[str, int]) -> list[int]:
        """Per total a state that no other total holds; its equation gives way to the total."""
        shared = np.count_nonzero(self.weights, axis=0)
        return [next(position[name] for name, _ in m.terms if shared[position[name]] == 1) for m in self.moieties]

    def obstacle(self, compiled: CompiledSystem) -> str:
        """Why there can be no steady state, or nothing."""
        timed = [self.system.states[row] for row, _ in self.system.dfdt if row in set(self.free.tolist())]
        if timed or any(compiled.time_switches):
            return "the rates depend on time" + (f" (of {', '.join(timed[:3])})" if timed else "")
        return ""

    def residual(self, slopes: list[float], bound: Bound, y: FloatArray, time: float) -> float:
        """Largest |dy/dt| against turnover, over the states that must rest."""
        if not self.free.size:
            return 0.0
        f = np.abs(np.array(slopes))[self.free]
        sizes = np.abs(y)
        # a state that decays to nothing moves as fast as it turns over for ever: below this it is nothing
        sizes = np.maximum(sizes, 1e-12 * sizes[self.free].max())
        turnover = (np.abs(bound.jacobian(time, y.tolist())) @ sizes)[self.free] + f
        with np.errstate(all="ignore"):
            relative = np.where(f == 0.0, 0.0, f / turnover)
        return float(np.max(relative)) if np.all(np.isfinite(relative)) else np.inf


def _find(frame: _Frame, bound: Bound, y: FloatArray, time: float, method: str) -> _Outcome:
    first = _newton(frame, bound, y, time)
    values = None if first is None else _stable(frame, bound, first, time)
    if first is not None and values is not None:
        return _Outcome(y=first, method=method or "newton", eigenvalues=values)
    sizes = typical_sizes(frame.system, bound, y, time, Schedule())
    reached = y
    for horizon in (1e2, 1e4, 1e6, 1e8, 1e10):
        reached, message = relax(bound, reached, time, horizon, frame.held, 1e-9 * sizes)
        if message:
            return _Outcome(y=reached, message=f"integration towards it failed: {message}")
        found = _newton(frame, bound, reached, time)
        if found is None or not _near(found, reached, sizes):
            continue
        values = _stable(frame, bound, found, time)
        if values is not None:
            return _Outcome(y=found, method="integration+newton", eigenvalues=values)
    slopes = np.abs(np.array(bound.rhs(time, reached.tolist())))
    scale = np.maximum(np.abs(reached), sizes)
    restless = sorted(frame.free, key=lambda i: -slopes[i] / scale[i])[:3]
    names = ", ".join(frame.system.states[i] for i in restless)
    return _Outcome(y=reached, message=f"still moving after a long time: {names}")


def _newton(frame: _Frame, bound: Bound, y: FloatArray, time: float) -> FloatArray | None:
    """Damped Newton with totals in place of one equation each; None if it does not converge."""
    y = y.copy()
    free = frame.free
    if not free.size:
        return y
    usual = np.abs(y[free])
    floor = 1e-12 * (float(usual.max()) or 1.0)  # all zero: take one unit for a size
    for _ in range(ITERATIONS):
        f = np.array(bound.rhs(time, y.tolist()))
        matrix = bound.jacobian(time, y.tolist())
        matrix[frame.pivots] = frame.weights
        f[frame.pivots] = frame.weights @ y - frame.totals
        scale = np.maximum(np.abs(y[free]), floor)
        a = matrix[np.ix_(free, free)] * scale
        idle = ~a.any(axis=0)  # read by none, as the conjugate of a drug: its column is empty
        a[idle, idle] = 1.0
        rows = np.abs(a).max(axis=1)
        if not (np.all(np.isfinite(a)) and np.all(np.isfinite(f[free])) and np.all(rows > 0.0)):
            return None
        try:
            step = -np.linalg.solve(a / rows[:, None], f[free] / rows) * scale
        except np.linalg.LinAlgError:
            return None
        if not np.all(np.isfinite(step)):
            return None
        if (
            np.max(np.abs(step) / scale) < STEP
            and frame.residual(bound.rhs(time, y.tolist()), bound, y, time) < RESIDUAL
        ):
            y[free] += step
            return y
        # No positive state loses more than nine tenths in one step. Each is held by itself: were the whole step cut,
        # one that is next to nothing (an answer to a lack that is not there) would stop all others. Totals come
        # right again in the next step.
        y[free] = np.where(y[free] > 0.0, np.maximum(y[free] + step, 0.1 * y[free]), y[free] + step)
    return None


def _stable(frame: _Frame, bound: Bound, y: FloatArray, time: float) -> NDArray[np.complex128] | None:
    """Eigenvalues of a rest with no species below zero and none that grows; None of another."""
    if np.any(y[frame.species] < -1e-12 * np.abs(y[frame.species]).max(initial=0.0)):
        return None
    values = _eigenvalues(frame, bound, y, time)
    return values if np.all(values.real <= _noise(values)) else None


def _near(found: FloatArray, reached: FloatArray, sizes: FloatArray) -> bool:
    """Newton after integration may polish, not wander off."""
    return bool(np.all(np.abs(found - reached) <= 0.05 * np.maximum(np.abs(reached), np.abs(found)) + 1e-3 * sizes))


def _noise(values: NDArray[np.complex128]) -> float:
    return 1e-11 * float(np.abs(values).max(initial=0.0))


def _eigenvalues(frame: _Frame, bound: Bound, y: FloatArray, time: float) -> NDArray[np.complex128]:
    """Of the Jacobian with the pivot of every total expressed by the rest; slowest first."""
    matrix = bound.jacobian(time, y.tolist())
    pivots = frame.pivots
    rest = np.array([i for i in frame.free if i not in set(pivots)], dtype=np.intp)
    if not rest.size:
        return np.empty(0, dtype=np.complex128)
    reduced = matrix[np.ix_(rest, rest)]
    if pivots:
        share = -np.linalg.solve(frame.weights[:, pivots], frame.weights[:, rest])
        reduced = reduced + matrix[np.ix_(rest, np.array(pivots, dtype=np.intp))] @ share
    size = np.abs(y[rest])
    size = np.where(size > 1e-12 * size.max(initial=0.0), size, 1e-12 * size.max(initial=0.0) or 1.0)
    values = np.asarray(np.linalg.eigvals(reduced * size[None, :] / size[:, None]), dtype=np.complex128)
    return values[np.argsort(-values.real)]


def _result(
    compiled: CompiledSystem, frame: _Frame, outcome: _Outcome, values: Mapping[str, float], p: FloatArray, start: float
) -> SteadyState:
    system = compiled.system
    conserved = {name for moiety in frame.moieties for name, _ in moiety.terms}
    free = {system.states[i] for i in frame.free}
    bound = compiled.bind(p)
    species = {part.id for part in system.network.species}
    return SteadyState(
        values=dict(zip(system.states, outcome.y.tolist(), strict=True)),
        status=Status.NO_STEADY_STATE if outcome.message else Status.OK,
        method=outcome.method,
        residual=frame.residual(bound.rhs(start, outcome.y.tolist()), bound, outcome.y, start),
        eigenvalues=outcome.eigenvalues,
        totals={_spell(m): float(t) for m, t in zip(frame.moieties, frame.totals, strict=True)},
        y=outcome.y,
        p=p,
        ignored=tuple(sorted(name for name in values if name in free & species and name not in conserved)),
        message=outcome.message,
    )


def _spell(moiety: Moiety) -> str:
    text = ""
    for name, coefficient in moiety.terms:
        sign = " - " if coefficient < 0 else " + "
        factor = "" if abs(coefficient) == 1.0 else f"{abs(coefficient):g} "
        text += f"{sign}{factor}{name}"
    return text.removeprefix(" + ").strip()
