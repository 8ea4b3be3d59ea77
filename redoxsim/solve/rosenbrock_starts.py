"""Where the rows of a batch begin: given values or rest, and the tolerances that go with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.codegen.llvm.kernel import Kernel
from redoxsim.solve.problem import Batch, Problem
from redoxsim.solve.rosenbrock_sizes import typical_sizes_rows
from redoxsim.solve.rosenbrock_steady import Rest, can_rest, distinct_rows, rest_rows
from redoxsim.solve.schedule import Schedule
from redoxsim.solve.steady import SteadyCache, SteadyState
from redoxsim.solve.tolerance import absolute_tolerances

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Starts:
    """Where rows begin: ``values`` (R, n + m) of states and constants, atol (R, n), and rests that were not found."""

    values: FloatArray
    states: int
    atol: FloatArray
    failed: dict[int, SteadyState]

    @property
    def y(self) -> FloatArray:
        """States (R, n)."""
        return self.values[:, : self.states]

    @property
    def p(self) -> FloatArray:
        """Constants (R, m)."""
        return self.values[:, self.states :]


def start_rows(
    to_rest: Callable[[], Kernel],
    threads: int,
    compiled: CompiledSystem,
    batch: Batch,
    rows: slice | NDArray[np.intp],
    which: NDArray[np.intp],
    begins: FloatArray,
    cache: SteadyCache,
) -> Starts:
    """Start values and tolerances of rows, each a pure function of the row's own values.

    Parameters
    ----------
    to_rest : gives the kernel that takes the system to rest, asked for only where one is needed.
    rows, which : places among the batch's rows, and each one's schedule (R,).
    begins : when each schedule begins (S,).
    """
    n = len(batch.system.states)
    failed: dict[int, SteadyState] = {}
    columns = {name: np.asarray(column, dtype=np.float64)[rows] for name, column in batch.columns.items()}
    times = begins[which]
    found: FloatArray | None = None
    for time in np.unique(times).tolist():
        members = np.flatnonzero(times == time)
        alike = len(members) == len(times)
        part = columns if alike else {name: column[members] for name, column in columns.items()}
        if batch.start == "given":
            values = compiled.initial_table(part, len(members), time)
        else:
            distinct, inverse = distinct_rows(part, len(members))
            few = {name: column[distinct] for name, column in part.items()}
            rest, missing = _steady(to_rest, threads, compiled, batch, few, len(distinct), time, cache)
            values = np.hstack([rest.y, rest.p])[inverse]
            failed |= {int(members[i]): missing[d] for i, d in enumerate(inverse.tolist()) if d in missing}
        if alike:
            found = values
        else:
            found = np.empty((len(times), values.shape[1])) if found is None else found
            found[members] = values
    table = np.empty((0, n + len(batch.system.constants))) if found is None else found
    return Starts(
        values=table, states=n, failed=failed,
        atol=_tolerances(compiled, batch, table[:, :n], table[:, n:], times, which),
    )  # fmt: skip


def _steady(
    to_rest: Callable[[], Kernel],
    threads: int,
    compiled: CompiledSystem,
    batch: Batch,
    columns: Mapping[str, FloatArray],
    rows: int,
    time: float,
    cache: SteadyCache,
) -> tuple[Rest, dict[int, SteadyState]]:
    """Steady states of distinct sets of values, and by row those that do not exist."""
    y, p = compiled.initial_rows(columns, rows, time)
    rest = Rest(y=y, p=p, found=np.zeros(rows, dtype=bool))
    if can_rest(compiled):
        undosed = np.zeros(rows, dtype=np.intp)
        sizes = typical_sizes_rows(compiled, y, p, np.full(rows, time), (Schedule(),), undosed)
        rest = rest_rows(to_rest(), compiled, columns, rows, time, sizes, threads)
    missing: dict[int, SteadyState] = {}
    for row in np.flatnonzero(~rest.found).tolist():
        values = {name: float(column[row]) for name, column in columns.items()}
        problem = Problem(system=batch.system, times=np.array([time + 1.0]), start="steady", values=values)
        state = cache.find(problem, compiled, time)
        rest.y[row], rest.p[row] = state.y, state.p
        if not state.status.ok:
            missing[row] = state
    return rest, missing


def _tolerances(
    compiled: CompiledSystem, batch: Batch, y: FloatArray, p: FloatArray, times: FloatArray, which: NDArray[np.intp]
) -> FloatArray:
    """Absolute tolerances (R, n) from each row's own start and doses."""
    if batch.atol is not None:
        return np.broadcast_to(np.asarray(batch.atol, dtype=np.float64), y.shape).copy()
    sizes = typical_sizes_rows(compiled, y, p, times, batch.schedules, which)
    return absolute_tolerances(None, batch.rtol, sizes)


__all__ = ["Starts", "start_rows"]
