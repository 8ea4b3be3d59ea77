"""Runs the rows of a batch: in this process or in several, with progress, and what is done is kept.

Rows that share all values stand together, so that their steady start is found once; the numbers do
not depend on how rows are cut into chunks or on how many processes there are.
"""

from __future__ import annotations

import contextlib
import copy
import os
import pickle
import signal
import threading
import time as clock
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.beside import each
from redoxsim.codegen import compile_system
from redoxsim.errors import DesignError, SolveError
from redoxsim.solve import Batch, BatchSolution, Solver, Status, choose, solve_batch
from redoxsim.solve.solution import RowStats
from redoxsim.study import worker
from redoxsim.threads import VARIABLES

FloatArray = NDArray[np.float64]
Rows = NDArray[np.intp]
Progress = Callable[[int, int, int], None]
"""Called with rows done, rows failed and rows in all."""
Cancel = Callable[[], bool]
CHUNK = 128
BLOCK = 16_384  # rows handed at once to a solver that shares them among threads itself
BESIDE = 16  # results that are solved at the same time: neighbouring doses of a cell keep each other company
GRACE = 15.0  # seconds for a worker to end the row it is at
FAR = 0.1  # relative difference between two solvers that no tolerance in use explains
LABORIOUS = 10
"""Times the median steps of a design beyond which a row is not checked: SciPy takes seconds for one that oscillates."""
CHECKER = "scipy:python"  # the compiled equations of "scipy" are written by the same code as the kernel


@dataclass(frozen=True, kw_only=True, eq=False)
class Check:
    """Rows solved again with the reference solver: their indices and the largest relative difference.

    ``unsolved`` are the rows of the sample that the reference solver could not solve; they are not compared.
    ``laborious`` is how many rows the sample was not drawn from, for the steps that they took.
    """

    rows: tuple[int, ...]
    largest: float
    unsolved: tuple[int, ...] = ()
    laborious: int = 0

    def __str__(self) -> str:
        parts = []
        if self.rows:
            far = " - too much for one answer: the cell may have two states of rest" if self.largest > FAR else ""
            parts.append(f"{len(self.rows)} solved again with scipy differ by {self.largest:.1e} at most{far}")
        if self.unsolved:
            parts.append(f"{len(self.unsolved)} of the sample could not be solved by scipy and went unchecked")
        if self.laborious:
            parts.append(f"{self.laborious} that took over {LABORIOUS} times the usual steps were no candidates")
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """What a batch gave.

    ``values`` (N, K, T), ``status`` and ``messages`` per row; ``solver`` and ``why`` it was taken;
    ``seconds`` by the clock; ``check`` None where the solver is the reference itself.
    """

    values: FloatArray
    status: tuple[Status, ...]
    messages: dict[int, str]
    solver: str
    why: str
    seconds: float
    interrupted: bool
    check: Check | None = None

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Per row: solved to the end; shape (N,)."""
        return np.array([one.ok for one in self.status], dtype=bool)


def run(
    batch: Batch,
    *,
    solver: str = "auto",
    jobs: int = 1,
    seed: int = 1,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    together: int = 1,
    sample: int = 3,
) -> Run:
    """Solve every row. Ctrl-C or ``cancel`` keeps what is done; the rest has status INTERRUPTED.

    Parameters
    ----------
    jobs : processes, 1 stays in this one; threads for a solver that shares a batch among threads.
    seed : picks the rows that the reference solver checks.
    sample : how many rows the reference solver checks.
    together : how many rows make one result, standing a fixed distance apart (``rows / together``), as the cells of a
        population do: they are solved near one another in time, so that a run that is stopped has whole results.

    Raises
    ------
    DesignError : less than one process.
    Unsupported : the solver cannot do the batch; nothing was computed.
    """
    if jobs < 1:
        raise DesignError(f"jobs must be at least 1, not {jobs}")
    chosen, why = choose(batch, solver)
    begun = clock.perf_counter()
    gather = _Gather(batch, progress)
    with interruptible() as interrupted:

        def stop() -> bool:
            return interrupted() or (cancel is not None and cancel())

        threaded = with_threads(chosen, jobs)
        chunks = _queued(batch, together) if threaded else _in_turn(batch, jobs, together)
        if threaded or jobs == 1 or len(chunks) == 1:
            for rows in chunks:
                if stop():
                    break
                done = (threaded or chosen).solve_batch(part(batch, rows), progress=gather.within, cancel=stop)
                gather.take(rows, done)
        else:
            _in_processes(batch, chosen.name, chunks, jobs, gather, stop)
        check = None if stop() else _checked(batch, chosen.name, gather, seed, sample, jobs)
        # also where every row had been solved by then: who runs many designs must stop at this one
        ended = interrupted() or any(one is Status.INTERRUPTED for one in gather.status)
    return Run(
        values=gather.values,
        status=tuple(gather.status),
        messages=dict(sorted(gather.messages.items())),
        solver=chosen.name,
        why=why,
        seconds=clock.perf_counter() - begun,
        interrupted=ended,
        check=check,
    )


def with_threads(solver: Solver, jobs: int) -> Solver | None:
    """The solver set to so many threads, where it shares a batch among threads itself; else None."""
    if not hasattr(solver, "threads"):
        return None
    own = copy.copy(solver)
    own.threads = jobs
    return own


class _Gather:
    """Results row by row, whichever order they come in."""

    def __init__(self, batch: Batch, progress: Progress | None) -> None:
        self.values = np.full((batch.rows, len(batch.observe), len(batch.times)), np.nan)
        self.status = [Status.INTERRUPTED] * batch.rows
        self.messages: dict[int, str] = {}
        self.steps = np.zeros(batch.rows, dtype=np.int64)
        self._total, self._done, self._failed, self._progress = batch.rows, 0, 0, progress

    def take(self, rows: Rows, solution: BatchSolution) -> None:
        self.values[rows] = solution.values
        for row, status in zip(rows.tolist(), solution.status, strict=True):
            self.status[row] = status
        for place, text in solution.messages.items():
            self.messages[int(rows[place])] = text
        stats = solution.stats
        self.steps[rows] = stats.steps if isinstance(stats, RowStats) else [one.steps for one in stats]
        done = len(rows) - sum(status is Status.INTERRUPTED for status in solution.status)
        self._done += done
        self._failed += done - sum(status is Status.OK for status in solution.status)
        if self._progress is not None:
            self._progress(self._done, self._failed, self._total)

    def within(self, done: int) -> None:
        """Progress inside the chunk that is being solved in this process."""
        if self._progress is not None:
            self._progress(self._done + done, self._failed, self._total)


def chunked(batch: Batch, jobs: int, *, most: int | None = None) -> list[Rows]:
    """Rows in chunks of up to ``most``: rows with equal values in one chunk where there are enough such groups."""
    order, sizes = _groups(batch)
    most = most or (CHUNK if jobs == 1 else max(1, min(CHUNK, -(-batch.rows // (4 * jobs)))))
    if jobs > 1 and len(sizes) < jobs:
        sizes = [min(most, size - start) for size in sizes for start in range(0, size, most)]
    borders, length = [0], 0
    for size in sizes:
        if length and length + size > most:
            borders.append(borders[-1] + length)
            length = 0
        length += size
    return np.split(order, borders[1:]) if batch.rows else []


def _groups(batch: Batch) -> tuple[Rows, list[int]]:
    """Rows with equal values one after another, in the order in which values come up; the sizes of these groups."""
    if not batch.columns or not batch.rows:
        return np.arange(batch.rows), [batch.rows]
    columns = [np.asarray(batch.columns[name], dtype=np.float64).view(np.int64) for name in sorted(batch.columns)]
    order = np.lexsort(columns)  # stable: equal rows stay in order
    new = np.zeros(batch.rows, dtype=bool)
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    group = np.cumsum(new)
    heads = order[np.flatnonzero(np.concatenate([[True], new[1:]]))]
    order = order[np.argsort(heads[group], kind="stable")]
    sizes = np.bincount(group)[np.argsort(heads, kind="stable")]
    return order, sizes.tolist()


def _in_turn(batch: Batch, jobs: int, together: int) -> list[Rows]:
    """Chunks of a few results each, for solvers that take row after row."""
    apart = batch.rows // together
    if together == 1:
        return chunked(batch, jobs)
    few = max(1, CHUNK // together)
    chunks = []
    for first in range(0, apart, few):
        places = np.arange(first, min(first + few, apart))
        block = (np.arange(together)[:, None] * apart + places).ravel()
        chunks += [block[rows] for rows in chunked(part(batch, block), jobs)]
    return chunks


def _queued(batch: Batch, together: int) -> list[Rows]:
    """Blocks for a solver that takes rows in turn by itself: a few results after another, cell by cell within them."""
    if together == 1:
        return chunked(batch, 1, most=BLOCK)
    grid = np.arange(batch.rows).reshape(together, -1)
    order = np.concatenate([grid[:, first : first + BESIDE].ravel() for first in range(0, grid.shape[1], BESIDE)])
    return np.split(order, range(BLOCK, batch.rows, BLOCK))


def part(batch: Batch, rows: Rows | Sequence[int]) -> Batch:
    """The batch of some rows, with only the schedules that they use."""
    index = np.zeros(batch.rows, dtype=np.intp) if batch.schedule_index is None else batch.schedule_index
    used, inverse = np.unique(index[rows], return_inverse=True)
    return replace(
        batch,
        rows=len(rows),
        columns={name: np.asarray(column)[rows] for name, column in batch.columns.items()},
        schedules=tuple(batch.schedules[i] for i in used),
        schedule_index=inverse.astype(np.intp),
    )


def _in_processes(batch: Batch, solver: str, chunks: list[Rows], jobs: int, gather: _Gather, stop: Cancel) -> None:
    payload = pickle.dumps((batch, solver))
    count = min(jobs, len(chunks))
    spawn = get_context("spawn")
    ending = spawn.Event()
    with _single_threads():
        pool = ProcessPoolExecutor(count, mp_context=spawn, initializer=worker.begin, initargs=(payload, ending))
        try:
            waiting: dict[Future[Any], Rows] = {pool.submit(worker.work, rows): rows for rows in chunks}
            while waiting and not stop():
                finished, _ = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in finished:
                    gather.take(waiting.pop(future), future.result())
            if waiting:  # stopped: what the workers have done of their chunks by now is kept
                ending.set()
                under_way = [future for future in waiting if not future.cancel()]
                for future in wait(under_way, timeout=GRACE).done:
                    gather.take(waiting.pop(future), future.result())
        except BrokenExecutor as error:
            raise SolveError(
                "a worker process ended unexpectedly",
                hint='use jobs=1, or put the call of a script under if __name__ == "__main__":',
            ) from error
        finally:
            # A row under way may take minutes; it is given up, not waited for.
            processes = list(getattr(pool, "_processes", {}).values()) if stop() else []
            pool.shutdown(wait=not processes, cancel_futures=True)
            for process in processes:
                process.terminate()


@contextlib.contextmanager
def _single_threads() -> Iterator[None]:
    """Workers are many already; their linear algebra gets one thread each."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def interruptible() -> Iterator[Cancel]:
    """Turns the first Ctrl-C into a flag; a second one is raised as usual."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    if before is not signal.default_int_handler:  # somebody else handles it
        yield pressed.is_set
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _checked(batch: Batch, solver: str, gather: _Gather, seed: int, sample: int, jobs: int) -> Check | None:
    """A few rows solved again with the reference solver, on equations that the kernel had no part in."""
    if solver.split(":")[0] == "scipy" or not sample:
        return None
    good = [row for row, status in enumerate(gather.status) if status.ok]
    if not good:
        return None
    steps = gather.steps[good]
    light = np.array(good)[steps <= LABORIOUS * np.median(steps)]
    picked = np.random.default_rng(seed).choice(light, size=min(sample, len(light)), replace=False)
    rows = sorted(int(row) for row in picked)
    shares = [share.tolist() for share in np.array_split(rows, min(jobs, len(rows)))]
    again = {row: one for share in each(partial(_again, batch), shares, processes=jobs) for row, one in share.items()}
    solved = [row for row in rows if row in again]
    found = np.array([again[row] for row in solved]).reshape(len(solved), *gather.values.shape[1:])
    return Check(
        rows=tuple(solved),
        largest=difference(gather.values[solved], found, np.fmax(_largest(gather.values), _given(batch, rows[0]))),
        unsolved=tuple(row for row in rows if row not in solved),
        laborious=len(good) - len(light),
    )


def _again(batch: Batch, rows: Sequence[int]) -> dict[int, FloatArray]:
    """Values (K, T) of some rows by the reference solver, without those that it could not solve."""
    solution = solve_batch(part(batch, rows), CHECKER)
    return {row: solution.values[place] for place, row in enumerate(rows) if solution.status[place].ok}


def _given(batch: Batch, row: int) -> FloatArray:
    """Sizes of what is observed at the start as given (K,): what has decayed to nothing is compared with that."""
    problem = batch.row(row)
    compiled = compile_system(batch.system)
    start = problem.schedule.start()
    y, p = compiled.initial(problem.values, start)
    with np.errstate(all="ignore"):
        found = np.abs(compiled.outputs(batch.observe, np.array([start]), y[:, None], p)[:, 0])
    return np.where(np.isfinite(found), found, 0.0)


def _largest(values: FloatArray) -> FloatArray:
    """Largest known value of each symbol, shape (K,), of (N, K, T)."""
    ends = [np.abs(reduce(values, axis=(0, 2))) for reduce in (np.fmax.reduce, np.fmin.reduce)]  # without a copy
    return np.asarray(np.nan_to_num(np.fmax(*ends)))


def difference(one: FloatArray, other: FloatArray, largest: FloatArray | float = 0.0) -> float:
    """Largest relative difference of two (N, K, T).

    Parameters
    ----------
    largest : largest value of each symbol over a whole design, shape (K,). What lies below 1e-4 of it, or below
        1e-6 of the largest value of its own row, is compared with that instead of with itself.
    """
    size = np.maximum(np.abs(one), np.abs(other))
    floor = 1e-6 * size.max(axis=-1, keepdims=True, initial=0.0)
    floor = np.maximum(floor, 1e-4 * np.broadcast_to(largest, one.shape[1])[None, :, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(one - other) / np.maximum(size, np.broadcast_to(floor, size.shape))
    relative = np.where(one == other, 0.0, relative)
    return float(np.max(relative, initial=0.0)) if not np.isnan(relative).any() else float("nan")


def seconds_per_row(batch: Batch, solver: str) -> float:
    """Seconds that one row takes. The middle row stands for the rest: the first is often the control, the cheapest."""
    row = part(batch, [batch.rows // 2])
    solve_batch(row, solver)  # code is generated once
    begun = clock.perf_counter()
    solve_batch(row, solver)
    return clock.perf_counter() - begun
