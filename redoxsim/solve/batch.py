"""A batch row by row, for solvers that know one problem at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from redoxsim.solve.problem import Batch, Problem
from redoxsim.solve.reductions import check_symbols, reduce_problem, symbols_of
from redoxsim.solve.solution import BatchSolution, Solution, Stats, Status


def loop_rows(
    batch: Batch,
    solve: Callable[[Problem], Solution],
    *,
    progress: Callable[[int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> BatchSolution:
    """Solve every row; a row that fails touches no other."""
    values = np.full((batch.rows, len(batch.observe), len(batch.times)), np.nan)
    reduced = np.full((batch.rows, len(batch.reductions)), np.nan)
    check_symbols(batch.reductions, symbols_of(batch.system))
    status: list[Status] = []
    stats: list[Stats] = []
    messages: dict[int, str] = {}
    for index in range(batch.rows):
        if cancel is not None and cancel():
            break
        solution = solve(batch.row(index))
        values[index] = solution.values(batch.observe)
        if batch.reductions and solution.status.ok:
            reduced[index] = reduce_problem(batch.row(index), solve, batch.reductions)
        status.append(solution.status)
        stats.append(solution.stats)
        if solution.report is not None:
            messages[index] = str(solution.report)
        elif solution.warnings:
            messages[index] = "; ".join(solution.warnings)
        if progress is not None:
            progress(index + 1)
    left = batch.rows - len(status)
    return BatchSolution(
        observe=batch.observe,
        times=batch.times,
        values=values,
        status=(*status, *[Status.INTERRUPTED] * left),
        stats=(*stats, *[Stats()] * left),
        messages=messages,
        reduced=reduced,
    )


__all__ = ["loop_rows"]
