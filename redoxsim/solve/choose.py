"""The solvers there are, what each can do, and which one a problem gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from redoxsim.codegen.compiled import compile_system
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, SolveError, Unsupported, nearest
from redoxsim.solve.batch import loop_rows
from redoxsim.solve.driver import Integrator, run
from redoxsim.solve.fallback import warn_without_compiler
from redoxsim.solve.problem import Batch, Problem
from redoxsim.solve.rosenbrock import RosenbrockSolver
from redoxsim.solve.solution import BatchSolution, Solution
from redoxsim.solve.steady import SteadyCache
from redoxsim.solve.with_cvode import CvodeIntegrator, why_not_cvode
from redoxsim.solve.with_scipy import ScipyIntegrator

Progress = Callable[[int], None]
Cancel = Callable[[], bool]

FEATURES: Mapping[str, str] = {
    "events": "events at given times",
    "infusion": "infusions",
    "switches": "rates that jump with time",
    "dilution": "compartments that change size by themselves",
    "restart": "going on from another solution",
}
"""What a problem may need beyond smooth reaction kinetics."""


class Solver(Protocol):
    """The one interface to extend: one problem, or many of one system."""

    name: str
    supports: frozenset[str]

    def available(self) -> str | None:
        """None where it works on this machine, else why not."""

    def solve(self, problem: Problem) -> Solution:
        """One simulation; failures are in the solution's status."""

    def solve_batch(
        self, batch: Batch, *, progress: Progress | None = None, cancel: Cancel | None = None
    ) -> BatchSolution:
        """All rows of a batch; each row has its own status."""


class PieceSolver:
    """A solver made of an integrator of smooth pieces."""

    def __init__(
        self,
        name: str,
        supports: frozenset[str],
        make: Callable[[OdeSystem], Integrator],
        broken: Callable[[], str | None],
    ) -> None:
        self.name = name
        self.supports = supports
        self._make = make
        self._broken = broken

    def available(self) -> str | None:
        """None where it works on this machine, else why not."""
        return self._broken()

    def solve(self, problem: Problem) -> Solution:
        """One simulation; failures are in the solution's status."""
        _require(self, problem)
        return run(problem, self._make(problem.system))

    def solve_batch(
        self, batch: Batch, *, progress: Progress | None = None, cancel: Cancel | None = None
    ) -> BatchSolution:
        """Row by row; steady states and generated code are shared."""
        _require(self, batch)
        integrator, cache = self._make(batch.system), SteadyCache()
        return loop_rows(batch, lambda problem: run(problem, integrator, cache), progress=progress, cancel=cancel)


def _scipy(method: str, name: str, target: str = "llvm") -> Callable[[OdeSystem], Integrator]:
    return lambda system: ScipyIntegrator(system, method, name, target=target)


SOLVERS: Mapping[str, Solver] = {
    "rosenbrock": RosenbrockSolver(),
    "scipy": PieceSolver("scipy", frozenset(FEATURES), _scipy("lsoda", "scipy"), lambda: None),
    "scipy:python": PieceSolver(
        "scipy:python", frozenset(FEATURES), _scipy("lsoda", "scipy:python", "python"), lambda: None
    ),
    "scipy:bdf": PieceSolver("scipy:bdf", frozenset(FEATURES), _scipy("bdf", "scipy:bdf"), lambda: None),
    "scipy:radau": PieceSolver("scipy:radau", frozenset(FEATURES), _scipy("radau", "scipy:radau"), lambda: None),
    "cvode": PieceSolver("cvode", frozenset(FEATURES), CvodeIntegrator, why_not_cvode),
}
COMPILED = ("rosenbrock", "scipy", "scipy:bdf", "scipy:radau")
"""Solvers that llvmlite makes faster, or possible."""
PREFERENCE = ("rosenbrock", "scipy", "cvode")


def needs(problem: Problem | Batch) -> frozenset[str]:
    """The features of :data:`FEATURES` that a problem or batch asks for."""
    system = problem.system
    schedules = problem.schedules if isinstance(problem, Batch) else (problem.schedule,)
    found = set()
    if system.network.events:
        found.add("events")
    if any(dose.action == "infuse" for schedule in schedules for dose in schedule.doses):
        found.add("infusion")
    if any(compile_system(system).time_switches):
        found.add("switches")
    if {size for size in system.sizes if size} - set(system.constants):
        found.add("dilution")
    if isinstance(problem, Problem) and problem.restart is not None:
        found.add("restart")
    return frozenset(found)


def _require(solver: Solver, problem: Problem | Batch) -> None:
    lacking = needs(problem) - solver.supports
    if lacking:
        able = [
            name for name, other in SOLVERS.items() if needs(problem) <= other.supports and other.available() is None
        ]
        what = ", ".join(FEATURES[name] for name in sorted(lacking))
        raise Unsupported(f"solver '{solver.name}' does not do {what}", hint=f"these can: {', '.join(able) or 'none'}")


def get(name: str) -> Solver:
    """The solver of that name.

    Raises
    ------
    DesignError : there is none.
    Unsupported : it does not work on this machine; the message says why.
    """
    if name not in SOLVERS:
        raise DesignError(
            f"there is no solver '{name}'", hint=nearest(name, SOLVERS) or f"one of auto, {', '.join(SOLVERS)}"
        )
    solver = SOLVERS[name]
    reason = solver.available()
    if reason is not None:
        raise Unsupported(f"solver '{name}' does not work here: {reason}", hint="use --solver scipy")
    return solver


def available() -> dict[str, str | None]:
    """Every solver with None where it works, else the reason why it does not."""
    return {name: solver.available() for name, solver in SOLVERS.items()}


def choose(problem: Problem | Batch, solver: str = "auto") -> tuple[Solver, str]:
    """The solver to take, and why.

    Where nothing can be compiled a :class:`PerformanceWarning` says so, once per process.
    """
    if solver == "auto" or solver in COMPILED:
        warn_without_compiler(SOLVERS[COMPILED[0]].available())
    if solver != "auto":
        return get(solver), "asked for"
    passed: list[str] = []
    for name in PREFERENCE:
        if name not in SOLVERS:
            continue
        candidate = SOLVERS[name]
        reason = candidate.available() or _refusal(candidate, problem)
        lacking = needs(problem) - candidate.supports if reason is None else frozenset()
        if reason is None and not lacking:
            return candidate, "; ".join([*passed, "the first in order of preference that does all the problem needs"])
        passed.append(f"{name}: {reason or 'does not do ' + ', '.join(FEATURES[f] for f in sorted(lacking))}")
    raise Unsupported("no solver can do this problem: " + "; ".join(passed))


def _refusal(solver: Solver, problem: Problem | Batch) -> str | None:
    """What a solver that can say so finds impossible about this very problem."""
    return solver.refuses(problem) if isinstance(solver, RosenbrockSolver) else None


def solve(problem: Problem, solver: str = "auto", *, throw: bool = True) -> Solution:
    """Solve one problem.

    Parameters
    ----------
    solver : a name of :data:`SOLVERS`, or "auto".
    throw : raise where the solve fails; else look at ``solution.status``.

    Raises
    ------
    SolveError : it failed; carries the solution and the report.
    Unsupported : the solver cannot do the problem; nothing was computed.
    """
    chosen, _ = choose(problem, solver)
    solution = chosen.solve(problem)
    if throw and not solution.status.ok:
        text = str(solution.report) if solution.report is not None else solution.status.value
        raise SolveError(text, solution=solution, report=solution.report)
    return solution


def solve_batch(
    batch: Batch, solver: str = "auto", *, progress: Progress | None = None, cancel: Cancel | None = None
) -> BatchSolution:
    """Solve all rows of a batch; failures are per row, in ``status`` and ``messages``.

    ``progress`` is called with the number of rows done; where ``cancel`` returns True the rows that
    are left are given up and say so.
    """
    chosen, _ = choose(batch, solver)
    return chosen.solve_batch(batch, progress=progress, cancel=cancel)


__all__ = ["FEATURES", "SOLVERS", "Solver", "available", "choose", "get", "needs", "solve", "solve_batch"]
