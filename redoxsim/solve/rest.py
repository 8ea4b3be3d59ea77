"""Undosed steady states of many rows at once, for screening: who does not come to rest is not sought for long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem, compile_system
from redoxsim.errors import BuildError, Unsupported
from redoxsim.solve.problem import Batch, Problem
from redoxsim.solve.rosenbrock import RosenbrockSolver
from redoxsim.solve.rosenbrock_sizes import typical_sizes_rows
from redoxsim.solve.rosenbrock_steady import can_rest, distinct_rows, rest_rows
from redoxsim.solve.schedule import Schedule
from redoxsim.solve.steady import SteadyCache

FloatArray = NDArray[np.float64]
MOST_STEPS = 2000
"""Steps after which a row counts as not at rest. Of `redox`, the median takes a hundred; one draw in a hundred never
rests, and a budget of ten times as much went to these alone: three fifths of all steps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtRest:
    """``found`` (R,) rows that came to rest; ``values`` (R, K) what the batch observes there, else not-a-number."""

    found: NDArray[np.bool_]
    values: FloatArray


def at_rest(batch: Batch, *, threads: int = 1) -> AtRest:
    """The undosed steady states of a batch's rows; its schedules and times are left alone.

    With the batch kernel a row counts as at rest only if plain integration gets it there: the search by Newton's
    method that single solves fall back on costs a thousand times as much, and is not made here. Without the kernel
    every row is sought that way. Each row's answer is a pure function of its own values.
    """
    compiled = compile_system(batch.system)
    given = {name: np.asarray(one, dtype=np.float64) for name, one in batch.columns.items()}
    distinct, inverse = distinct_rows(given, batch.rows)
    columns = {name: column[distinct] for name, column in given.items()}
    count = len(distinct)
    found, y, p = _kernel(batch, compiled, columns, count, threads) or _single(batch, compiled, columns, count)
    values = np.full((count, len(batch.observe)), np.nan)
    if found.any():
        now = np.zeros(int(found.sum()))
        values[found] = compiled.outputs(batch.observe, now, y[found].T, p[found].T).T
    return AtRest(found=found[inverse], values=values[inverse])


_Rows = tuple[NDArray[np.bool_], FloatArray, FloatArray]


def _kernel(
    batch: Batch, compiled: CompiledSystem, columns: dict[str, FloatArray], count: int, threads: int
) -> _Rows | None:
    """By the batch kernel; None where it cannot take the system."""
    solver = RosenbrockSolver(threads=threads)
    if solver.available() is not None or not can_rest(compiled):
        return None
    try:
        kernel = solver.kernel_to_rest(batch)
    except (BuildError, Unsupported):
        return None
    y, p = compiled.initial_rows(columns, count, 0.0)
    undosed = np.zeros(count, dtype=np.intp)
    sizes = typical_sizes_rows(compiled, y, p, np.zeros(count), (Schedule(),), undosed)
    rest = rest_rows(kernel, compiled, columns, count, 0.0, sizes, solver.workers(), MOST_STEPS)
    return rest.found, rest.y, rest.p


def _single(batch: Batch, compiled: CompiledSystem, columns: dict[str, FloatArray], count: int) -> _Rows:
    found = np.zeros(count, dtype=bool)
    y, p = np.zeros((count, len(batch.system.states))), np.zeros((count, len(batch.system.constants)))
    cache = SteadyCache()
    for row in range(count):
        values = {name: float(column[row]) for name, column in columns.items()}
        problem = Problem(system=batch.system, times=np.array([1.0]), start="steady", values=values)
        state = cache.find(problem, compiled, 0.0)
        found[row], y[row], p[row] = state.status.ok, state.y, state.p
    return found, y, p


__all__ = ["AtRest", "at_rest"]
