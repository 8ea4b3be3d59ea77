"""The batch kernel on more threads: by the clock, in turn, the same rows."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence

import numpy as np

from redoxsim.errors import DesignError
from redoxsim.study.benchmark.cases import Case
from redoxsim.study.benchmark.contender import Ours
from redoxsim.study.benchmark.result import Scaling

RTOL = 1e-4


def scaling(case: Case, threads: Sequence[int], *, repeats: int, rtol: float = RTOL) -> list[Scaling]:
    """Times per row with each number of threads, and how many times faster than with the first.

    Raises
    ------
    DesignError : no threads, or fewer than one. Unsupported : the kernel does not do the case.
    """
    if not threads or min(threads) < 1:
        raise DesignError("threads must be 1 or more")
    rows = np.arange(case.rows)
    solvers = {number: Ours(threads=number, timer=clock.perf_counter) for number in dict.fromkeys(threads)}
    for solver in solvers.values():
        solver.load(case)
        solver.run(rows[: 64 * max(threads)], rtol)
    taken: dict[int, list[float]] = {number: [] for number in solvers}
    for repeat in range(repeats):
        order = list(solvers)
        for number in order[repeat % len(order) :] + order[: repeat % len(order)]:
            taken[number].append(float(np.nanmean(solvers[number].run(rows, rtol).seconds)))
    first = np.array(taken[threads[0]])
    found = []
    for number, seconds in taken.items():
        times = first / np.array(seconds)
        found.append(
            Scaling(
                case=case.name, rows=case.rows, rtol=rtol, threads=number, ms=float(np.median(seconds)) * 1e3,
                times=float(np.median(times)), low=float(times.min()), high=float(times.max()),
            )
        )  # fmt: skip
    return found


__all__ = ["RTOL", "scaling"]
