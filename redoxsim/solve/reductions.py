"""Single numbers of a course: largest and smallest value and when, end value, area, time above a level.

The window is from the first to the last output time of the batch. The batch kernel reduces while it steps
(see :mod:`redoxsim.codegen.llvm.reduce`); for other solvers the course is sampled on panels that are halved
until a polynomial of degree four through five points predicts the points of both halves to ten times the
relative tolerance of the solve. Values before and after a jump both count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import compile_system
from redoxsim.codegen.llvm.reduce import NODES, POLYNOMIAL, WEIGHTS, Machine
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, nearest
from redoxsim.solve.driver import begin
from redoxsim.solve.problem import Problem, Reduction
from redoxsim.solve.segments import find_cuts
from redoxsim.solve.solution import Solution

FloatArray = NDArray[np.float64]
ROUNDS = 14
HALVINGS = 24
"""Panels at the start of a smooth stretch begin as its 2**-24th part."""
JUST = 1e-9
"""How far before a jump the last value is taken, as a part of the stretch."""
_TEXT = re.compile(r"\s*([A-Za-z_]+)\s*\(\s*([A-Za-z_]\w*)\s*(?:,\s*([^,()]+?)\s*)?\)\s*")


def read_reduction(text: str) -> Reduction | None:
    """The reduction that a text such as ``max(H2O2_m)`` or ``above(H2O2_m, 0.1)`` stands for; None for a plain id.

    Raises
    ------
    DesignError : it looks like one, but there is no such kind, or its level is missing or no number.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    kind, symbol, level = found.groups()
    if level is None:
        return Reduction(kind, symbol)
    try:
        return Reduction(kind, symbol, level=float(level))
    except ValueError as error:
        raise DesignError(f"'{text}': the level '{level}' is not a number in model units") from error


def machines_of(reductions: Sequence[Reduction]) -> tuple[Machine, ...]:
    """What a kernel must keep for reductions, each once."""
    return tuple(dict.fromkeys(_machine(one) for one in reductions))


def pick(reductions: Sequence[Reduction], slots: FloatArray) -> FloatArray:
    """Reductions (N, Q) from what a kernel kept (N, slots) for :func:`machines_of` them."""
    first: dict[Machine, int] = {}
    count = 0
    for machine in machines_of(reductions):
        first[machine] = count
        count += machine.slots
    columns = [first[_machine(one)] + one.kind.startswith("time_of") for one in reductions]
    out: FloatArray = slots[:, columns]
    return out


def _machine(one: Reduction) -> Machine:
    return Machine(one.kind.removeprefix("time_of_"), one.symbol, 0.0 if one.level is None else one.level)


def symbols_of(system: OdeSystem) -> tuple[str, ...]:
    """Everything of a system that has a value, in the order of its graph, without the cost of making that."""
    reactions = system.network.reactions
    references = [part.id for one in reactions for part in (*one.reactants, *one.products) if part.id is not None]
    return tuple(dict.fromkeys((*system.states, *system.constants, *system.order, *references)))


def check_symbols(reductions: Sequence[Reduction], known: Sequence[str]) -> None:
    """Refuse reductions of what the model does not have."""
    for one in reductions:
        if one.symbol not in known:
            raise DesignError(f"{one}: the model has no symbol '{one.symbol}'", hint=nearest(one.symbol, known))


@dataclass(frozen=True, slots=True, eq=False)
class Panels:
    """Smooth pieces of a course: ends (M,), (M,) and values (S, M, 5) at the Gauss-Lobatto points."""

    left: FloatArray
    right: FloatArray
    values: FloatArray


def reduce_problem(
    problem: Problem, solve: Callable[[Problem], Solution], reductions: Sequence[Reduction]
) -> FloatArray:
    """Reductions (Q,) of one problem by any solver; not-a-number where it fails.

    Parameters
    ----------
    solve : solves the problem at other output times.
    """
    symbols = tuple(dict.fromkeys(one.symbol for one in reductions))
    first, last = float(problem.times[0]), float(problem.times[-1])

    def course(times: FloatArray) -> FloatArray:
        wanted = np.unique(np.concatenate([[first], times, [last]]))
        solution = solve(replace(problem, times=wanted))
        values: FloatArray = solution.values(symbols)[:, np.searchsorted(wanted, times)]
        return values

    jumps = _jumps(problem)
    edges = [first, *(time for time in jumps if first < time < last), last]
    ends = course(np.unique(edges))
    panels = _sample(course, edges, jumps, 10.0 * problem.rtol) if last > first and np.isfinite(ends).all() else None
    out = np.full(len(reductions), np.nan)
    for place, one in enumerate(reductions):
        row = symbols.index(one.symbol)
        if np.isfinite(ends[row]).all() and (panels is None or np.isfinite(panels.values[row]).all()):
            out[place] = _reduced(one, panels, row, np.unique(edges), ends[row])
    return out


def _jumps(problem: Problem) -> list[float]:
    compiled = compile_system(problem.system)
    start = begin(problem, compiled)
    cuts = find_cuts(
        compiled, problem.schedule, start.y, start.p, start.time, float(problem.times[-1]),
        going_on=problem.restart is not None,
    )  # fmt: skip
    return [cut.time for cut in cuts]


def _points(left: FloatArray, right: FloatArray) -> FloatArray:
    points: FloatArray = left[:, None] + (right - left)[:, None] * np.array(NODES)
    return points


def _sample(
    course: Callable[[FloatArray], FloatArray], edges: Sequence[float], jumps: Sequence[float], tolerance: float
) -> Panels:
    """Panels fine enough that halving them changes nothing that matters."""
    parts = np.concatenate([[0.0], 0.5 ** np.arange(HALVINGS, -1, -1)])
    stretches = [a + (b - a) * (1.0 - JUST * (b in jumps)) * parts for a, b in pairwise(edges)]
    left, right = np.concatenate([s[:-1] for s in stretches]), np.concatenate([s[1:] for s in stretches])
    wide = right > left
    left, right = left[wide], right[wide]
    values = _look(course, left, right)
    largest = np.abs(values).max(axis=(1, 2))[:, None]
    kept: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for _ in range(ROUNDS):
        middle = 0.5 * (left + right)
        halves = np.stack([left, middle], axis=1).ravel(), np.stack([middle, right], axis=1).ravel()
        finer = _look(course, *halves)
        predicted = _predict(values)
        off = np.abs(finer - predicted).max(axis=2)
        size = np.maximum(np.abs(finer).max(axis=2), 1e-3 * largest)
        rough = np.any(~(off <= tolerance * size), axis=0).reshape(-1, 2).any(axis=1).repeat(2)
        kept.append((halves[0][~rough], halves[1][~rough], finer[:, ~rough]))
        left, right, values = halves[0][rough], halves[1][rough], finer[:, rough]
        if not left.size:
            break
    kept.append((left, right, values))
    order = np.argsort(np.concatenate([part[0] for part in kept]), kind="stable")
    a, b, v = (np.concatenate([part[k] for part in kept], axis=-1 if k < 2 else 1) for k in range(3))
    return Panels(a[order], b[order], v[:, order])


def _look(course: Callable[[FloatArray], FloatArray], left: FloatArray, right: FloatArray) -> FloatArray:
    points = _points(left, right)
    times, back = np.unique(points, return_inverse=True)
    values: FloatArray = course(times)[:, back.ravel()].reshape(-1, *points.shape)
    return values


def _predict(values: FloatArray) -> FloatArray:
    """Values of the polynomials through (S, M, 5) at the nodes of both halves, (S, 2M, 5)."""
    nodes = np.array(NODES)
    powers = np.vander(np.concatenate([0.5 * nodes, 0.5 + 0.5 * nodes]), 5, increasing=True) @ np.array(POLYNOMIAL)
    found: FloatArray = (values @ powers.T).reshape(values.shape[0], -1, 5)
    return found


def _reduced(one: Reduction, panels: Panels | None, row: int, instants: FloatArray, ends: FloatArray) -> float:
    if one.kind == "last":
        return float(ends[-1])
    if panels is None:
        times, values = instants, ends
        length = np.zeros(0)
    else:
        v, length = panels.values[row], panels.right - panels.left
        if one.kind == "area":
            return math.fsum((v @ np.array(WEIGHTS)) * length)
        if one.kind == "above":
            assert one.level is not None
            return math.fsum(_share_above(v - one.level) * length)
        theta, best = _extremes(v if one.kind.endswith("max") else -v)
        times = np.concatenate([instants, panels.left + theta * length])
        values = np.concatenate([ends, best if one.kind.endswith("max") else -best])
    if one.kind in ("area", "above"):
        return 0.0
    chosen = int(np.argmax(values) if one.kind.endswith("max") else np.argmin(values))
    return float(times[chosen] if one.kind.startswith("time_of") else values[chosen])


def _extremes(v: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest value of the polynomials through v (M, 5), and where."""
    nodes, c = np.array(NODES), np.array(POLYNOMIAL) @ v.T
    k = np.argmax(v, axis=1)
    low, high = nodes[np.maximum(k - 1, 0)], nodes[np.minimum(k + 1, 4)]
    theta = nodes[k]
    with np.errstate(all="ignore"):
        for _ in range(6):
            slope = c[1] + theta * (2 * c[2] + theta * (3 * c[3] + theta * 4 * c[4]))
            bend = 2 * c[2] + theta * (6 * c[3] + theta * 12 * c[4])
            theta = np.where(bend < 0, np.clip(theta - slope / bend, low, high), theta)
    value = c[0] + theta * (c[1] + theta * (c[2] + theta * (c[3] + theta * c[4])))
    best = v[np.arange(len(v)), k]
    return np.where(value > best, theta, nodes[k]), np.fmax(value, best)


def _share_above(over: FloatArray) -> FloatArray:
    """Part of every panel (M,) in which the polynomials through (M, 5) are above zero."""
    c, nodes, total = np.array(POLYNOMIAL) @ over.T, NODES, np.zeros(len(over))

    def value(x: FloatArray) -> FloatArray:
        found: FloatArray = c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * c[4])))
        return found

    for k in range(4):
        a, b = np.full(len(over), nodes[k]), np.full(len(over), nodes[k + 1])
        left, right = over[:, k] > 0, over[:, k + 1] > 0
        low, high = a.copy(), b.copy()
        for _ in range(50):
            middle = 0.5 * (low + high)
            same = (value(middle) > 0) == left
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        crossed = np.where(left, low - a, b - low)
        total += np.where(left ^ right, crossed, np.where(left, b - a, 0.0))
    return total


__all__ = ["Reduction", "check_symbols", "machines_of", "pick", "read_reduction", "reduce_problem"]
