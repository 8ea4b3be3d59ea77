"""The batch kernel as a solver: rows in, rows out, many at once; what fails goes to SciPy."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import compile_system
from redoxsim.codegen.llvm.host import host
from redoxsim.codegen.llvm.kernel import Kernel, Recipe, Shape, build_ahead, check_size, kernel
from redoxsim.codegen.llvm.run import Job, Outcome, execute
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import BuildError, Unsupported
from redoxsim.solve.driver import below_zero, warnings_of
from redoxsim.solve.driver import run as run_pieces
from redoxsim.solve.problem import Batch, Problem, Restart
from redoxsim.solve.reductions import check_symbols, machines_of, pick, reduce_problem, symbols_of
from redoxsim.solve.rosenbrock_program import Programs, why_not
from redoxsim.solve.rosenbrock_starts import Starts, start_rows
from redoxsim.solve.rosenbrock_steady import can_rest
from redoxsim.solve.solution import BatchSolution, RowStats, Solution, Span, Stats, Status
from redoxsim.solve.steady import SteadyCache, SteadyState, held_states
from redoxsim.solve.with_scipy import ScipyIntegrator
from redoxsim.threads import processors

FloatArray = NDArray[np.float64]
STATUSES = (Status.OK, Status.STEP_BUDGET, Status.STEP_TOO_SMALL, Status.NOT_A_NUMBER, Status.SINGULAR)
"""What the kernel's numbers for how a row ended mean; -1 is a row that it did not come to."""
NO_REST = len(STATUSES)
"""A row that has no steady state to begin from: a number that the kernel does not give."""
BLOCK_BYTES = 64 * 2**20
"""Memory for the rows under way, results apart."""
SMALLEST_PART = 256
"""Rows below which no batch is parted, whatever its size in memory."""
BLOCK_MARKED = 256
"""Rows that are looked at for negative values at once."""
NAME = "rosenbrock"
TO_REST = "rodas5p"
"""The method that finds rest: over steps of days it takes two thirds of the steps of "rodas5", and the rows that end in
a cycle of its making are fewer (docs/explain/kernel.md)."""
LOOSE = 3e-4
"""Relative tolerance above which the method of order 4 is taken."""


def method_for(system: OdeSystem, rtol: float) -> str:
    """The method that needs least time for the error that a tolerance gives (docs/explain/kernel.md).

    Rodas5 loses its order where rates depend on time and is not safe at loose tolerances.
    """
    if system.dfdt:
        return "rodas5p"
    return "rodas4p2" if rtol > LOOSE else "rodas5"


class RosenbrockSolver:
    """Solves with the compiled batch kernel.

    Parameters
    ----------
    method : a name of :data:`redoxsim.codegen.llvm.methods.METHODS`; "auto" takes what :func:`method_for` says.
    threads : workers of one batch; None takes one per processor this process may use.
    width : lanes; None takes what the processor has.
    again : whether rows of a batch that fail are solved again with SciPy; a benchmark wants to see them fail.
    """

    supports = frozenset({"events", "infusion", "switches", "dilution", "restart"})

    def __init__(
        self,
        name: str = NAME,
        *,
        method: str = "auto",
        threads: int | None = None,
        width: int | None = None,
        again: bool = True,
    ) -> None:
        self.name, self.method, self.threads, self.width, self.again = name, method, threads, width, again

    def available(self) -> str | None:
        """None where it works on this machine, else why not."""
        try:
            host()
        except BuildError as error:
            return str(error)
        return None

    def refuses(self, problem: Problem | Batch) -> str | None:
        """Why this problem is not for the kernel, or None."""
        schedules = problem.schedules if isinstance(problem, Batch) else (problem.schedule,)
        if not problem.system.states:
            return "a model without differential equations"
        try:
            check_size(problem.system)
        except Unsupported as error:
            return error.message
        return why_not(compile_system(problem.system), schedules)

    def solve(self, problem: Problem) -> Solution:
        """One simulation, by the same code and to the last bit as a row of a batch.

        Raises
        ------
        Unsupported : the kernel cannot do it.
        """
        return _Single(self, problem).solution()

    def solve_batch(
        self,
        batch: Batch,
        *,
        progress: Callable[[int], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> BatchSolution:
        """All rows; one that fails is solved again with SciPy, and its message says so.

        Raises
        ------
        Unsupported : the kernel cannot do it.
        """
        self._require(batch)
        return _Many(self, batch, progress, cancel).solution()

    def _require(self, problem: Problem | Batch) -> None:
        reason = self.refuses(problem)
        if reason is not None:
            raise Unsupported(f"solver '{self.name}' does not do this: {reason}", hint="use --solver scipy")

    def kernel(self, problem: Problem | Batch, infused: tuple[int, ...], held: tuple[int, ...] = ()) -> Kernel:
        """The compiled code for a problem's system, with states that are infused or held still."""
        return kernel(problem.system, self._recipe(problem, infused, held))

    def kernel_to_rest(self, problem: Problem | Batch) -> Kernel:
        """The compiled code that takes a problem's system to rest."""
        return kernel(problem.system, self._recipe_to_rest(problem))

    def build_ahead(self, batch: Batch) -> None:
        """Have other processes build the kernels of a batch that there are not yet, where that is safe.

        Raises
        ------
        Unsupported : the kernel cannot do it.
        """
        self._require(batch)
        compiled = compile_system(batch.system)
        if batch.start == "steady" and can_rest(compiled):
            build_ahead(batch.system, self._recipe_to_rest(batch))
        infused = Programs(compiled, batch.schedules, batch.times).infused
        build_ahead(batch.system, self._recipe(batch, infused))

    def _recipe(self, problem: Problem | Batch, infused: tuple[int, ...], held: tuple[int, ...] = ()) -> Recipe:
        everything = frozenset(range(len(problem.system.constants)))
        width = self.width or host().target().width
        method = method_for(problem.system, problem.rtol) if self.method == "auto" else self.method
        shape = Shape(varying=everything, infused=infused, held=held)
        return Recipe(shape=shape, method=method, width=width)

    def _recipe_to_rest(self, problem: Problem | Batch) -> Recipe:
        recipe = self._recipe(problem, (), held_states(problem.system))
        return replace(recipe, method=TO_REST) if self.method == "auto" else recipe

    def workers(self) -> int:
        """Threads of one batch."""
        if self.threads is not None:
            return max(1, self.threads)
        return processors()


class _Many:
    def __init__(
        self,
        solver: RosenbrockSolver,
        batch: Batch,
        progress: Callable[[int], None] | None,
        cancel: Callable[[], bool] | None,
    ) -> None:
        self.solver, self.batch, self.progress, self.cancel = solver, batch, progress, cancel
        self.compiled = compile_system(batch.system)
        self.programs = Programs(self.compiled, batch.schedules, batch.times)
        self.cache = SteadyCache()
        index = batch.schedule_index
        self.which = np.zeros(batch.rows, dtype=np.intp) if index is None else np.asarray(index, dtype=np.intp)

    def solution(self) -> BatchSolution:
        batch, solver = self.batch, self.solver
        built = solver.kernel(batch, self.programs.infused)
        machines = machines_of(batch.reductions)
        check_symbols(batch.reductions, symbols_of(batch.system))
        observer = built.observer(batch.observe, machines)
        reduced = np.full((batch.rows, len(batch.reductions)), np.nan)
        values = np.full((batch.rows, len(batch.observe), len(batch.times)), np.nan)
        ended = np.full(batch.rows, -1, dtype=np.int64)  # places in STATUSES, NO_REST, or -1
        steps, rejected = np.zeros(batch.rows, dtype=np.int64), np.zeros(batch.rows, dtype=np.int64)
        seconds = np.zeros(batch.rows)
        messages: dict[int, str] = {}
        for part in self._parts(built):
            if self.cancel is not None and self.cancel():
                break
            began = clock.perf_counter()
            starts = self.starts(part)
            outcome = execute(
                built, observer, self.job(part, starts), threads=solver.workers(), cancel=self.cancel,
                progress=self._told(part), values=values[part],
            )  # fmt: skip
            good = np.flatnonzero(outcome.status == 0)
            reduced[part][good] = pick(batch.reductions, outcome.reduced[good])
            ended[part], steps[part], rejected[part] = outcome.status, outcome.steps, outcome.rejected
            seconds[part] = (clock.perf_counter() - began) / len(outcome.status)
            for offset, state in starts.failed.items():
                row = part.start + offset
                values[row] = reduced[row] = np.nan
                ended[row], messages[row] = NO_REST, state.message
            for offset, found in self._negatives(built, part, starts, outcome):
                messages[part.start + offset] = "; ".join(found)
        table = np.array([*STATUSES, Status.NO_STEADY_STATE, Status.INTERRUPTED], dtype=object)  # -1 is the last
        status = table[ended].tolist()
        not_run = np.flatnonzero((ended < 0) | (ended == NO_REST))
        costs: dict[int, Stats] = {row: Stats() for row in not_run.tolist()}
        self._again(values, reduced, status, costs, messages, np.flatnonzero((ended > 0) & (ended < NO_REST)))
        if self.progress is not None and Status.INTERRUPTED not in status:
            self.progress(batch.rows)
        return BatchSolution(
            observe=batch.observe,
            times=batch.times,
            values=values,
            status=tuple(status),
            stats=RowStats(solver=solver.name, steps=steps, rejected=rejected, seconds=seconds, others=costs),
            messages=messages,
            reduced=reduced,
        )

    def _parts(self, built: Kernel) -> Iterator[slice]:
        """Rows in parts few enough for memory.

        Smaller ones, each made ready while threads work on the last, were tried: with two threads on two cores they
        cost a tenth more processor time, and the rows took longer.
        """
        per_row = 8 * (2 * (built.states + built.constants) + 3 * built.states + 16)
        size = max(SMALLEST_PART, BLOCK_BYTES // per_row)
        for begin in range(0, self.batch.rows, size):
            yield slice(begin, min(begin + size, self.batch.rows))

    def _told(self, part: slice) -> Callable[[int], None] | None:
        progress = self.progress
        return None if progress is None else lambda done: progress(part.start + done)

    def starts(self, rows: slice | NDArray[np.intp]) -> Starts:
        """Start values of some rows: a pure function of each row's own values."""
        return start_rows(
            partial(self.solver.kernel_to_rest, self.batch), self.solver.workers(), self.compiled, self.batch,
            rows, self.which[rows], self.programs.starts(), self.cache,
        )  # fmt: skip

    def job(self, rows: slice | NDArray[np.intp], starts: Starts) -> Job:
        which = self.which[rows]
        return Job(
            start=starts.values, atol=starts.atol, begin=self.programs.starts()[which],
            times=np.asarray(self.batch.times), segments=self.programs.segments(which, starts.y, starts.p),
            rtol=self.batch.rtol, max_steps=self.batch.max_steps,
        )  # fmt: skip

    def _negatives(
        self, built: Kernel, part: slice, starts: Starts, outcome: Outcome
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        """(offset, what to say) of rows in which a species went below zero beyond tolerance.

        The kernel marks rows with any sign of it; only those are run again, to the same bits, with all
        states kept, so that the rule is that of every other solver.
        """
        batch = self.batch
        marked = np.flatnonzero((outcome.status == 0) & (outcome.below < 0.0))
        for begin in range(0, len(marked), BLOCK_MARKED):
            some = marked[begin : begin + BLOCK_MARKED]
            again = Starts(values=starts.values[some], states=starts.states, atol=starts.atol[some], failed={})
            job = self.job(part.start + some, again)
            seen = execute(built, built.observer(batch.system.states), job, threads=self.solver.workers())
            for place, offset in enumerate(some.tolist()):
                if offset not in starts.failed:
                    y, atol = seen.values[place], again.atol[place]
                    found = below_zero(batch.system, batch.times, y, atol, batch.rtol)
                    if found:
                        yield offset, found

    def _again(
        self,
        values: FloatArray,
        reduced: FloatArray,
        status: list[Status],
        stats: dict[int, Stats],
        messages: dict[int, str],
        failed: NDArray[np.intp],
    ) -> None:
        """Rows that failed, with SciPy.

        Not under a budget of steps below the usual one: whoever sets it wants to wait no longer for a row, and SciPy
        needs more steps, each a hundred times as dear.
        """
        patient = self.solver.again and self.batch.max_steps >= Batch.max_steps
        if not patient:
            messages |= {row: f"{self.solver.name}: {status[row].value}" for row in failed.tolist()}
            return
        for row in failed.tolist():
            if self.cancel is not None and self.cancel():
                return
            before = status[row]
            problem = self.batch.row(row)
            integrator = ScipyIntegrator(problem.system, "lsoda", "scipy")
            solution = run_pieces(problem, integrator, self.cache)
            values[row] = solution.values(self.batch.observe)
            if self.batch.reductions and solution.status.ok:
                run = partial(run_pieces, integrator=integrator, cache=self.cache)
                reduced[row] = reduce_problem(problem, run, self.batch.reductions)
            status[row], stats[row] = solution.status, solution.stats
            text = f"{self.solver.name}: {before.value}; solved again with scipy"
            if solution.report is not None:
                text += f", which failed too: {solution.report}"
            messages[row] = text


def _stats(name: str, outcome: Outcome, row: int, seconds: float) -> Stats:
    steps = int(outcome.steps[row])
    return Stats(solver=name, steps=steps, rejected=int(outcome.rejected[row]), jacobians=steps, seconds=seconds)


class _Single:
    """One problem as a batch of one row that keeps all states."""

    def __init__(self, solver: RosenbrockSolver, problem: Problem) -> None:
        solver._require(problem)
        self.solver, self.problem = solver, problem
        self.compiled = compile_system(problem.system)

    def solution(self) -> Solution:
        began = clock.perf_counter()
        problem, system = self.problem, self.problem.system
        batch = Batch(
            system=system, times=problem.times, rows=1, columns={k: np.array([v]) for k, v in problem.values.items()},
            schedules=(problem.schedule,), observe=(*system.states, *system.constants), start=problem.start,
            rtol=problem.rtol, atol=problem.atol, max_steps=problem.max_steps,
        )  # fmt: skip
        many = _Many(self.solver, batch, None, None)
        rows = np.zeros(1, dtype=np.intp)
        starts = many.starts(rows) if problem.restart is None else _resumed(problem.restart)
        if starts.failed:
            return run_pieces(problem, ScipyIntegrator(system, "lsoda", "scipy"), many.cache)
        job = many.job(rows, starts)
        if problem.restart is not None:
            r = problem.restart
            job = replace(job, begin=np.array([r.time]), segments=many.programs.resumed(r.time, r.y, r.p))
        built = self.solver.kernel(batch, many.programs.infused)
        outcome = execute(built, built.observer(batch.observe), job)
        status = STATUSES[int(outcome.status[0])]
        if not status.ok:
            return run_pieces(problem, ScipyIntegrator(system, "lsoda", "scipy"), many.cache)
        n = len(system.states)
        y, constants = outcome.values[0, :n], outcome.values[0, n:]
        end = Restart(
            time=float(problem.times[-1]), y=outcome.last[0], p=constants[:, -1].copy(),
            origin_y=starts.y[0], origin_p=starts.p[0], atol=starts.atol[0],
        )  # fmt: skip
        solution = Solution(
            system=system, problem=problem, status=status, times=problem.times, y=y, p=starts.p[0],
            spans=_spans(constants), stats=_stats(self.solver.name, outcome, 0, clock.perf_counter() - began),
            atol=starts.atol[0], end=end, steady=self._steady(many.cache),
        )  # fmt: skip
        return replace(solution, warnings=warnings_of(solution))

    def _steady(self, cache: SteadyCache) -> SteadyState | None:
        """What is known of the steady state it started from: stability, totals."""
        if self.problem.start != "steady" or self.problem.restart is not None:
            return None
        start = min(self.problem.schedule.start(), float(self.problem.times[0]))
        return cache.find(self.problem, self.compiled, start)


def _resumed(restart: Restart) -> Starts:
    values = np.concatenate([restart.origin_y, restart.origin_p])[None]
    return Starts(values=values, states=len(restart.origin_y), atol=restart.atol[None], failed={})


def _spans(constants: FloatArray) -> tuple[Span, ...]:
    """Stretches of output times (m, T) over which no constant changes."""
    changes = np.flatnonzero(np.any(constants[:, 1:] != constants[:, :-1], axis=0)) + 1
    borders = [0, *changes.tolist(), constants.shape[1]]
    return tuple(Span(first=a, last=b, p=constants[:, a].copy()) for a, b in pairwise(borders))


__all__ = ["NAME", "RosenbrockSolver"]
