"""What a solver that takes part must do, and our own."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import Unsupported
from redoxsim.solve import get
from redoxsim.solve.rosenbrock import RosenbrockSolver
from redoxsim.study.benchmark.cases import Case

FloatArray = NDArray[np.float64]
Rows = NDArray[np.intp]
Clock = Callable[[], float]


class NotInstalled(Unsupported):
    """The tool is not here; its column says so."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What a solver did with some rows.

    ``values`` (R, K, T), not-a-number where it failed; ``seconds`` (R,) of processor time each (the mean where rows
    are solved together), not-a-number where it failed; ``steps`` (R,) accepted, 0 where it is not known.
    """

    values: FloatArray
    seconds: FloatArray
    steps: FloatArray

    @property
    def failed(self) -> int:
        """How many rows it did not solve itself."""
        return int(np.isnan(self.seconds).sum())


class Contender(Protocol):
    """One solver on one case.

    ``together`` says that it solves rows best many at once; ``largest`` is the number of states above which it is not
    tried, because its linear algebra is dense.
    """

    name: str
    together: bool
    largest: int | None

    def load(self, case: Case) -> float:
        """Take the case; the seconds that its own preparation took.

        Raises
        ------
        NotInstalled : the tool is not here.
        Unsupported : it cannot do the case.
        """

    def run(self, rows: Rows, rtol: float) -> Outcome:
        """Solve these rows; what fails is not an exception."""


class Ours:
    """A solver of this package that shares rows among lanes, called as users call it."""

    name = "rosenbrock"
    together = True
    largest: int | None = None

    def __init__(self, *, threads: int = 1, timer: Clock = clock.process_time) -> None:
        self.solver = RosenbrockSolver(threads=threads, again=False)
        self.timer = timer

    def load(self, case: Case) -> float:
        reason = self.solver.available() or self.solver.refuses(case.batch(np.zeros(1, dtype=np.intp)))
        if reason is not None:
            raise Unsupported(f"rosenbrock: {reason}")
        self.case = case
        return case.built

    def run(self, rows: Rows, rtol: float) -> Outcome:
        batch = self.case.batch(rows, rtol)
        began = self.timer()
        solved = self.solver.solve_batch(batch)
        seconds = (self.timer() - began) / len(rows)
        return Outcome(
            values=solved.values,
            seconds=np.where(solved.ok, seconds, np.nan),
            steps=np.array([one.steps - one.rejected for one in solved.stats], dtype=np.float64),
        )


class RowByRow:
    """A solver of this package that knows one row at a time."""

    together = False
    largest: int | None = 400

    def __init__(self, name: str = "scipy", *, timer: Clock = clock.process_time) -> None:
        self.name, self.timer = name, timer

    def load(self, case: Case) -> float:
        self.solver = get(self.name)
        self.case = case
        return case.built

    def run(self, rows: Rows, rtol: float) -> Outcome:
        stamps = [self.timer()]
        solved = self.solver.solve_batch(self.case.batch(rows, rtol), progress=lambda done: stamps.append(self.timer()))
        return Outcome(
            values=solved.values,
            seconds=np.where(solved.ok, np.diff(stamps), np.nan),
            steps=np.array([one.steps for one in solved.stats], dtype=np.float64),
        )


def present(module: str, package: str) -> None:
    """Nothing, if a tool can be imported.

    Raises
    ------
    NotInstalled : it cannot.
    """
    from importlib import import_module

    try:
        import_module(module)
    except (ImportError, OSError) as error:
        raise NotInstalled("not installed", hint=f"pip install {package}") from error


__all__ = ["Contender", "NotInstalled", "Ours", "Outcome", "RowByRow", "Rows", "present"]
