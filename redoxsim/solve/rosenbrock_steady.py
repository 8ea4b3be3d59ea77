"""Undosed steady states of many rows at once: integration in the kernel until nothing moves.

Every row runs from its own initial state, time frozen by the absence of time in the rates and
counters held, to a time so late that the steps have become Newton steps. It is at rest if a tenth
of that time gives the same state. Rows that are not go to the search for single states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.codegen.llvm.kernel import Kernel
from redoxsim.codegen.llvm.run import Job, Segments, execute
from redoxsim.solve.steady import held_states

FloatArray = NDArray[np.float64]
LATE = 1e10
RTOL = 1e-4
SAME = 1e-7
ROUNDS = 8
MOST_STEPS = 20_000


def can_rest(compiled: CompiledSystem) -> bool:
    """Whether the rates of what must rest are free of time."""
    held = set(held_states(compiled.system))
    return not any(compiled.time_switches) and all(row in held for row, _ in compiled.system.dfdt)


def distinct_rows(columns: Mapping[str, FloatArray], rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places (D,) of the first of all equal rows of values (R,) by name, and for each row (R,) which of these it is.

    By their bytes: sorting thousands of rows of hundreds of values, as NumPy does, takes longer than solving many.
    """
    table = np.column_stack(list(columns.values())) if columns else np.zeros((rows, 0))
    seen: dict[bytes, int] = {}
    which = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in table], dtype=np.intp)
    return np.unique(which, return_index=True)[1], which


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rest:
    """States (R, n) and constants (R, m) at rest, and which rows (R,) got there."""

    y: FloatArray
    p: FloatArray
    found: NDArray[np.bool_]


def rest_rows(
    kernel: Kernel,
    compiled: CompiledSystem,
    columns: Mapping[str, FloatArray],
    rows: int,
    time: float,
    sizes: FloatArray,
    threads: int,
    most_steps: int = MOST_STEPS,
) -> Rest:
    """Steady states of rows; each a pure function of its own values.

    Parameters
    ----------
    kernel : compiled with :func:`held_states` held.
    columns : values by id, (R,) each.
    sizes : typical size of every state, (R, n).
    most_steps : steps after which a row counts as not at rest.
    """
    system = compiled.system
    held = np.array(kernel.recipe.shape.held, dtype=np.intp)
    free = np.array([i for i in range(len(system.states)) if i not in set(held.tolist())], dtype=np.intp)
    y, p = compiled.initial_rows(columns, rows, time)
    found = np.zeros(rows, dtype=bool)
    waiting = np.arange(rows)
    # initial assignments are taken at rest; where that moves a constant, rest is sought again
    for _ in range(ROUNDS):
        if not waiting.size:
            break
        after, ok = _relax(kernel, y[waiting], p[waiting], time, sizes[waiting], threads, most_steps)
        y[np.ix_(waiting, free)] = after[:, free]
        waiting = waiting[ok]
        overrides = {name: np.asarray(column)[waiting] for name, column in columns.items()}
        overrides |= {system.states[i]: y[waiting, i] for i in free.tolist()}
        y_again, p_again = compiled.initial_rows(overrides, len(waiting), time)
        y[np.ix_(waiting, held)] = y_again[:, held]
        settled = np.all(np.isclose(p_again, p[waiting], rtol=1e-12, atol=0.0, equal_nan=True), axis=1)
        p[waiting] = p_again
        found[waiting[settled]] = True
        waiting = waiting[~settled]
    return Rest(y=y, p=p, found=found)


def _relax(
    kernel: Kernel, y: FloatArray, p: FloatArray, time: float, sizes: FloatArray, threads: int, most_steps: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """States late (R, n), and whether they have come to rest there (R,)."""
    rows = len(y)
    times = time + np.array([0.1 * LATE, LATE])
    none = np.zeros(2, dtype=np.int64)
    segments = Segments(
        first=np.zeros(rows, dtype=np.int64), end=np.full(rows, 2, dtype=np.int64),
        stop=np.array([times[1], times[1]]), upto=np.array([1, 2], dtype=np.int64), from_op=none, to_op=none,
        op=none[:0], op_slot=none[:0], op_value=np.zeros(0),
    )  # fmt: skip
    job = Job(
        start=np.hstack([y, p]), atol=1e-5 * sizes, begin=np.full(rows, time), times=times, segments=segments,
        rtol=RTOL, max_steps=most_steps,
    )  # fmt: skip
    outcome = execute(kernel, kernel.observer(kernel.system.states), job, threads=threads)
    before, late = outcome.values[:, :, 0], outcome.values[:, :, 1]
    with np.errstate(invalid="ignore"):
        still = np.abs(late - before) <= SAME * np.maximum(np.abs(late), 1e-3 * sizes)
        species = {part.id for part in kernel.system.network.species}
        positive = late >= -1e-9 * sizes
    positive[:, [name not in species for name in kernel.system.states]] = True
    return late, (outcome.status == 0) & np.all(still & positive, axis=1)
