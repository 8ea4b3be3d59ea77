"""Studies that are made ready first and run after: a dry run takes the same path up to the first solve."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from redoxsim.solve import Batch, choose
from redoxsim.study.design import Axis
from redoxsim.study.engine import Cancel, Progress, chunked, run, seconds_per_row
from redoxsim.study.results import ResultSet, collect
from redoxsim.study.rows import Rows

FLOAT = 8
RETURNS = {"Study": "ResultSet", "Course": "Solution | ResultSet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Solves, bytes of results in memory, seconds (None where nothing was timed), the solver and why."""

    solves: int
    bytes: int
    seconds: float | None
    solver: str
    why: str
    jobs: int

    def __str__(self) -> str:
        time = "" if self.seconds is None else f", about {_words(self.seconds)}"
        solves = f"{self.solves} solve{'s' if self.solves != 1 else ''}"
        return f"{solves} with {self.solver} ({self.why}), {self.bytes / 1e6:.3g} MB{time}"


def estimate(batch: Batch, *, solver: str = "auto", jobs: int = 1, timed: bool = False) -> Estimate:
    """What a batch will cost.

    Parameters
    ----------
    timed : solve one row to see how long it takes; False solves nothing and gives no seconds.
    """
    chosen, why = choose(batch, solver)
    seconds = None
    if timed:
        share = max(1, min(jobs, len(chunked(batch, jobs))))
        seconds = seconds_per_row(batch, chosen.name) * batch.rows / share
    size = FLOAT * batch.rows * len(batch.observe) * len(batch.times)
    return Estimate(solves=batch.rows, bytes=size, seconds=seconds, solver=chosen.name, why=why, jobs=jobs)


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A study made ready: read, checked and built, nothing solved.

    ``axes``, ``kind`` and ``design`` say what the rows are; ``finish`` makes the last changes to the results.
    """

    rows: Rows
    kind: str
    axes: tuple[Axis, ...] = ()
    design: Mapping[str, Any] = field(default_factory=dict)
    zipped: bool = False
    progress: Progress | None = None
    cancel: Cancel | None = None
    finish: Callable[[ResultSet], ResultSet] | None = None

    @cached_property
    def batch(self) -> Batch:
        """All rows."""
        return self.rows.batch()

    def estimate(self, *, timed: bool = False) -> Estimate:
        """What it will cost; see :func:`estimate`."""
        settings = self.rows.settings
        return estimate(self.batch, solver=settings.solver, jobs=settings.jobs, timed=timed)

    def run(self) -> ResultSet:
        """The results."""
        settings = self.rows.settings
        done = run(
            self.batch,
            solver=settings.solver,
            jobs=settings.jobs,
            seed=settings.seed,
            progress=self.progress,
            cancel=self.cancel,
        )
        result = collect(self.rows, done, kind=self.kind, axes=self.axes, design=self.design, zipped=self.zipped)
        if self.finish is not None:
            result = self.finish(result)
        return result.quantiles(failed=settings.failed) if settings.draws and settings.keep != "draws" else result


P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class Plannable(Protocol[R]):
    """What a planner gives back."""

    def run(self) -> R: ...
    def estimate(self, *, timed: bool = False) -> Estimate: ...


class Runs(Generic[P, R]):
    """A study function: calling it runs the study, ``.plan`` with the same arguments makes it ready only."""

    def __init__(self, planner: Callable[P, Plannable[R]]) -> None:
        self._planner = planner
        functools.update_wrapper(self, planner)
        shown = RETURNS[str(planner.__annotations__["return"])]
        self.__signature__ = inspect.signature(planner).replace(return_annotation=shown)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._planner(*args, **kwargs).run()

    def plan(self, *args: P.args, **kwargs: P.kwargs) -> Plannable[R]:
        """The study made ready: ``.estimate()`` says what it will cost, ``.run()`` runs it."""
        return self._planner(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<study function {self._planner.__name__}>"
