"""Runs a problem segment by segment; a solver only has to integrate one smooth piece."""

from __future__ import annotations

import time as clock
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem, compile_system
from redoxsim.equations.system import OdeSystem
from redoxsim.solve.diagnose import Report, explain
from redoxsim.solve.problem import Problem, Restart
from redoxsim.solve.segments import Jumps, check_schedule, find_cuts, infusion
from redoxsim.solve.solution import Solution, Span, Stats, Status
from redoxsim.solve.steady import SteadyCache, SteadyState
from redoxsim.solve.tolerance import absolute_tolerances, typical_sizes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """A smooth stretch: states ``y`` (n,) at ``start``, constants ``p`` (m,), a constant source (n,)
    or None, and the times (k,) inside [start, end] at which output is wanted."""

    start: float
    end: float
    y: FloatArray
    p: FloatArray
    source: FloatArray | None
    times: FloatArray
    rtol: float
    atol: FloatArray
    steps_left: int
    switching: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PieceResult:
    """``y`` (n, k) at the times wanted (not-a-number from a failure on), the state ``last`` (n,) at
    ``reached``, and what it cost; ``step`` is the last step size where it is known, ``note`` what a
    reader must know of."""

    y: FloatArray
    last: FloatArray
    reached: float
    status: Status
    steps: int = 0
    rejected: int = 0
    rhs: int = 0
    jacobians: int = 0
    step: float | None = None
    note: str = ""


class Integrator(Protocol):
    """What a solver provides: one smooth piece at a time."""

    name: str

    def integrate(self, piece: Piece) -> PieceResult: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Begin:
    """Where a simulation starts: time, states (n,), constants (m,), tolerances (n,)."""

    time: float
    y: FloatArray
    p: FloatArray
    origin_y: FloatArray
    origin_p: FloatArray
    atol: FloatArray
    steady: SteadyState | None = None


def begin(problem: Problem, compiled: CompiledSystem, cache: SteadyCache | None = None) -> Begin:
    """The start of a problem; the same for every solver.

    A steady start that was not found is in ``steady.status``.
    """
    system = problem.system
    check_schedule(system, problem.schedule)
    if problem.restart is not None:
        r = problem.restart
        return Begin(time=r.time, y=r.y, p=r.p, origin_y=r.origin_y, origin_p=r.origin_p, atol=r.atol)
    start = min(problem.schedule.start(), float(problem.times[0]))
    steady = None
    if problem.start == "steady":
        steady = (cache or SteadyCache()).find(problem, compiled, start)
        y, p = steady.y, steady.p
    else:
        y, p = compiled.initial(problem.values, start)
    sizes = typical_sizes(system, compiled.bind(p), y, start, problem.schedule)
    atol = absolute_tolerances(problem.atol, problem.rtol, sizes)
    return Begin(time=start, y=y, p=p, origin_y=y, origin_p=p, atol=atol, steady=steady)


def run(problem: Problem, integrator: Integrator, cache: SteadyCache | None = None) -> Solution:
    """Solve a problem with an integrator; failures are in the solution's status and report."""
    began = clock.perf_counter()
    compiled = compile_system(problem.system)
    first = begin(problem, compiled, cache)
    return _Run(problem, integrator, compiled, first, began).solution()


class _Run:
    def __init__(
        self, problem: Problem, integrator: Integrator, compiled: CompiledSystem, first: Begin, began: float
    ) -> None:
        self.problem, self.integrator, self.compiled, self.first, self.began = (
            problem,
            integrator,
            compiled,
            first,
            began,
        )
        self.times = problem.times
        self.y = np.full((len(problem.system.states), len(self.times)), np.nan)
        self.spans: list[Span] = []
        self.steps = self.rejected = self.rhs = self.jacobians = 0
        self.status = Status.OK
        self.report: Report | None = None
        self.notes: list[str] = []
        self.end: Restart | None = None

    def solution(self) -> Solution:
        first, problem = self.first, self.problem
        if first.steady is not None and not first.steady.status.ok:
            self.status = first.steady.status
            self.report = explain(
                self.compiled, self.status, first.time, first.y, first.p, first.atol, message=first.steady.message
            )
            self.spans = [Span(first=0, last=len(self.times), p=first.p)]
        elif not np.all(np.isfinite(first.y)):
            self._fail(Status.NOT_A_NUMBER, first.time, first.y, first.p, None)
            self.spans = [Span(first=0, last=len(self.times), p=first.p)]
        else:
            self._run()
        stats = Stats(
            solver=self.integrator.name,
            steps=self.steps,
            rejected=self.rejected,
            rhs=self.rhs,
            jacobians=self.jacobians,
            seconds=clock.perf_counter() - self.began,
        )
        solution = Solution(
            system=problem.system, problem=problem, status=self.status, times=self.times, y=self.y, p=first.p,
            spans=tuple(self.spans), stats=stats, atol=first.atol, end=self.end, report=self.report,
            steady=first.steady,
        )  # fmt: skip
        return replace(solution, warnings=(*self.notes, *warnings_of(solution)))

    def _run(self) -> None:
        first, problem = self.first, self.problem
        end = float(self.times[-1])
        cuts = find_cuts(
            self.compiled, problem.schedule, first.y, first.p, first.time, end, going_on=problem.restart is not None
        )
        jumps = Jumps(self.compiled, first.origin_y, first.origin_p)
        switching = bool(any(self.compiled.time_switches))
        y, p, done = first.y, first.p, 0
        for number, cut in enumerate(cuts):
            y, p = jumps.apply(cut, y, p)
            last = number + 1 == len(cuts)
            stop = cut.time if last else cuts[number + 1].time
            upto = len(self.times) if last else int(np.searchsorted(self.times, stop, side="left"))
            wanted = self.times[done:upto]
            if last or not len(y) or stop - cut.time <= 16.0 * float(np.spacing(abs(stop))):
                # only an instant (the end, or two cuts no solver can tell apart), or nothing that moves
                self.y[:, done:upto] = y[:, None]
            else:
                piece = Piece(
                    start=cut.time, end=stop, y=y, p=p, source=infusion(problem.system, problem.schedule, cut.time),
                    times=wanted, rtol=problem.rtol, atol=first.atol,
                    steps_left=problem.max_steps - self.steps, switching=switching,
                )  # fmt: skip
                result = self.integrator.integrate(piece)
                self._count(result)
                self.y[:, done:upto] = result.y
                y = result.last
                if not result.status.ok:
                    self.spans.append(Span(first=done, last=len(self.times), p=p))
                    self._fail(result.status, result.reached, y, p, result.step)
                    return
            if upto > done:
                self.spans.append(Span(first=done, last=upto, p=p))
            done = upto
        self.end = Restart(time=end, y=y, p=p, origin_y=first.origin_y, origin_p=first.origin_p, atol=first.atol)

    def _count(self, result: PieceResult) -> None:
        self.steps += result.steps
        self.rejected += result.rejected
        self.rhs += result.rhs
        self.jacobians += result.jacobians
        if result.note:
            self.notes.append(result.note)

    def _fail(self, status: Status, time: float, y: FloatArray, p: FloatArray, step: float | None) -> None:
        self.status = status
        self.report = explain(self.compiled, status, time, y, p, self.first.atol, step=step)


def below_zero(system: OdeSystem, times: FloatArray, y: FloatArray, atol: FloatArray, rtol: float) -> tuple[str, ...]:
    """Species whose states ``y`` (n, T) went below zero by more than the tolerances ``atol`` (n,) and ``rtol`` explain.

    Species that are negative at the first time are meant to be and left out.
    """
    species = {part.id for part in system.network.species}
    found = []
    # most rows have nothing below zero at all, and a batch asks for every row
    for index in np.flatnonzero((y < 0.0).any(axis=1)).tolist():
        name = system.states[index]
        row = y[index][np.isfinite(y[index])]
        if name not in species or not row.size or row[0] < 0:
            continue
        allowed = 10.0 * atol[index] + rtol * float(np.abs(row).max())
        lowest = int(np.argmin(row))
        if row[lowest] < -allowed:
            found.append(
                f"{name} went below zero: {row[lowest]:.3g} at {times[lowest]:g}, "
                f"{-row[lowest] / atol[index]:.3g} times its absolute tolerance"
            )
    return tuple(found)


def warnings_of(solution: Solution) -> tuple[str, ...]:
    """Species that went below zero by more than the tolerances explain, and what else a reader must know."""
    found = list(below_zero(solution.system, solution.times, solution.y, solution.atol, solution.problem.rtol))
    if solution.steady is not None and solution.steady.ignored:
        found.append("the steady start replaced the initial values given for " + ", ".join(solution.steady.ignored))
    return tuple(found)
