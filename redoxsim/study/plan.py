"""Studies that are made ready first and run after: a dry run takes the same path up to the first solve."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import SolveError, nearest
from redoxsim.solve import Batch, Status, choose
from redoxsim.solve.rest import at_rest
from redoxsim.solve.rosenbrock import RosenbrockSolver
from redoxsim.study.collecting import collect
from redoxsim.study.design import Axis
from redoxsim.study.engine import Cancel, Progress, Run, chunked, part, run, seconds_per_row
from redoxsim.study.results import ResultSet
from redoxsim.study.rows import Rows

FLOAT = 8
USUAL = 200
"""Draws that a command takes where nothing is said."""
MOST_BANDED = 40_000
"""Draws times points beyond which nobody waits for bands who has not asked for them."""
KERNEL = "rosenbrock"
RETURNS = {
    "Study": "ResultSet",
    "Course": "Solution | ResultSet",
    "SensitivityPlan": "SensitivityTable",
    "FitPlan": "ModelFit",
}


LOADED = 250_000_000
"""Bytes of a process with its libraries, a model of a hundred states and the rows under way (at most 64 MiB)."""
COPIES = 5.5
"""Times that results lie in memory at once while they are gathered, named and written; measured 4.3 to 4.9."""
ROW = 200
"""Bytes of a row for what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Solves, bytes of results, bytes of memory at most, seconds (None where nothing was timed), the solver and why."""

    solves: int
    bytes: int
    memory: int
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
    memory = int(LOADED + COPIES * size) + (ROW + 2 * FLOAT * len(batch.columns)) * batch.rows
    return Estimate(
        solves=batch.rows, bytes=size, memory=memory, seconds=seconds, solver=chosen.name, why=why, jobs=jobs
    )


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

    def with_bands(self, number: int = USUAL) -> Study:
        """The same with joint samples of constants and cell in place of the population, where that pays.

        It does where constants have ranges, the batch kernel takes the model and there are not too many points; the
        study itself is given back where it does not, or where it has draws already.
        """
        rows = self.rows
        ranges = {name for name, ends in rows.setup.ranges.items() if name not in rows.columns and ends[1] < ends[2]}
        settings = rows.settings
        if settings.draws or settings.keep is not None or not ranges or not 0 < number * rows.points <= MOST_BANDED:
            return self
        if choose(self.batch, settings.solver)[0].name != KERNEL:
            return self
        return replace(self, rows=rows.remade(cells=None, settings=replace(settings, draws=number)))

    def build_ahead(self) -> None:
        """Have other processes build what the solver will need, where there are to be several and that is safe."""
        settings = self.rows.settings
        if settings.jobs == 1:
            return
        solver = choose(self.batch, settings.solver)[0]
        if isinstance(solver, RosenbrockSolver):
            solver.build_ahead(self.batch)

    def run(self) -> ResultSet:
        """The results."""
        self.build_ahead()
        rows = self.rows.with_draws()
        done = solved(rows, self.batch if rows is self.rows else rows.batch(), self.progress, self.cancel)
        result = collect(rows, done, kind=self.kind, axes=self.axes, design=self.design, zipped=self.zipped)
        if self.finish is not None:
            result = self.finish(result)
        if rows.drawn is None:
            return result
        from redoxsim.study import spread

        result = spread.with_intervals(result, processes=rows.settings.jobs)
        return result if rows.settings.keep == "draws" else spread.quantiles(result)


def solved(
    rows: Rows, batch: Batch, progress: Progress | None, cancel: Cancel | None, *, screened: bool = False
) -> Run:
    """The solved batch of some rows.

    With draws (or where it is ``screened``) a row whose own cell has no undosed steady state fails at once: there are
    always some, and each would be sought for longer than a hundred others take.
    """
    settings = rows.settings
    kept = np.arange(batch.rows)
    screened = screened or rows.drawn is not None
    if screened and batch.start == "steady":
        kept = np.flatnonzero(at_rest(replace(batch, observe=()), threads=settings.jobs).found)
    if not len(kept):
        raise SolveError(
            "not one of the rows has an undosed steady state in this cell",
            hint="without draws (--draws 0) the constants stay as they are",
        )
    done = run(
        batch if len(kept) == batch.rows else part(batch, kept.tolist()),
        solver=settings.solver,
        jobs=settings.jobs,
        seed=settings.seed,
        sample=settings.sample,
        progress=progress,
        cancel=cancel,
        together=1 if screened else rows.cells,
    )
    return done if len(kept) == batch.rows else _laid_out(done, kept, batch.rows)


def _laid_out(done: Run, kept: NDArray[np.intp], rows: int) -> Run:
    """The results of some rows among all; the others have no steady state."""
    values = np.full((rows, *done.values.shape[1:]), np.nan)
    values[kept] = done.values
    status = [Status.NO_STEADY_STATE] * rows
    for place, row in enumerate(kept.tolist()):
        status[row] = done.status[place]
    check = done.check
    if check is not None:
        at = {name: tuple(int(kept[row]) for row in getattr(check, name)) for name in ("rows", "unsolved")}
        check = replace(check, rows=at["rows"], unsolved=at["unsolved"])
    messages = {int(kept[row]): text for row, text in done.messages.items()}
    return replace(done, values=values, status=tuple(status), messages=messages, check=check)


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
        self.__signature__ = _spread_out(inspect.signature(planner)).replace(return_annotation=shown)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.plan(*args, **kwargs).run()

    def plan(self, *args: P.args, **kwargs: P.kwargs) -> Plannable[R]:
        """The study made ready: ``.estimate()`` says what it will cost, ``.run()`` runs it.

        Raises
        ------
        TypeError : a setting that there is not; the nearest is named.
        """
        for name in kwargs:
            if name not in self.__signature__.parameters:
                hint = nearest(name, self.__signature__.parameters)
                text = f"{self._planner.__name__}() has no setting '{name}'"
                raise TypeError(f"{text}; {hint}" if hint else text)
        return self._planner(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<study function {self._planner.__name__}>"


def _spread_out(signature: inspect.Signature) -> inspect.Signature:
    """The signature with the common settings one by one, as help and editors show it."""
    from redoxsim.study.options import Options

    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    if len(own) == len(signature.parameters):
        return signature
    common = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=one.type)
        for one in fields(Options)
    ]
    return signature.replace(parameters=[*own, *common])
