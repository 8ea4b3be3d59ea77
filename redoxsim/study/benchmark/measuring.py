"""Measures solvers side by side: one case, all solvers, in turn and again, errors against a tight reference."""

from __future__ import annotations

import os
import tempfile
import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import BuildError, DesignError, Unsupported, nearest
from redoxsim.study.benchmark.accuracy import FLOOR, Errors, errors
from redoxsim.study.benchmark.cases import Case
from redoxsim.study.benchmark.contender import Contender, Ours, RowByRow
from redoxsim.study.benchmark.with_amici import Amici
from redoxsim.study.benchmark.with_copasi import Copasi
from redoxsim.study.benchmark.with_roadrunner import RoadRunner

FloatArray = NDArray[np.float64]
Told = Callable[[int, int, int], None]
CONTENDERS: Mapping[str, Callable[[], Contender]] = {
    "rosenbrock": Ours,
    "cvode": RoadRunner,
    "scipy": RowByRow,
    "copasi": Copasi,
    "amici": Amici,
}
TIGHT = 1e-11
"""Relative tolerance of the reference."""
APART = 1e-3
"""Rows in which two references differ by more, relative, have no reference: they are counted, not measured."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How much to measure.

    ``rows`` conditions for solvers that take many at once; ``sample`` of them for errors and for solvers that take one
    at a time, fewer where ``budget`` seconds per solver and case would not do; every solver at every one of ``rtols``,
    ``repeats`` times.
    """

    rows: int
    sample: int
    repeats: int
    budget: float
    rtols: tuple[float, ...] = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
    seed: int = 1
    floor: float = FLOOR
    end: float = 100.0

    def __post_init__(self) -> None:
        if min(self.rows, self.sample, self.repeats) < 1:
            raise DesignError("a benchmark needs at least one row, one row of the sample and one repeat")
        if not self.rtols or not all(0.0 < rtol < 1.0 for rtol in self.rtols):
            raise DesignError("relative tolerances must lie between 0 and 1")


QUICK = Settings(rows=1024, sample=16, repeats=3, budget=12.0)
FULL = Settings(rows=4096, sample=32, repeats=5, budget=120.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """One solver at one tolerance.

    ``seconds`` (repeats, rows) of processor time per solve, not-a-number where it failed; ``errors`` of the rows that
    are in the sample; ``steps`` accepted per solve, 0 where unknown; ``first`` seconds from the model to the first
    result, by the clock.
    """

    solver: str
    rtol: float
    rows: int
    failed: int
    seconds: FloatArray
    errors: Errors
    steps: float
    first: float

    def per_solve(self, rows: int | None = None) -> FloatArray:
        """Mean seconds of a solve in every repeat (repeats,), over the first ``rows`` rows or all."""
        part = self.seconds[:, :rows]
        good = np.isfinite(part)
        with np.errstate(all="ignore"):
            mean: FloatArray = np.where(good, part, 0.0).sum(axis=1) / good.sum(axis=1)
        return mean


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """One case: the points of every solver, why others have none, and what the errors were measured against.

    ``agreement`` is the largest relative difference of the reference to ``second``; ``left_out`` of ``sample`` rows
    have no reference.
    """

    case: Case
    points: tuple[Point, ...]
    absent: Mapping[str, str]
    reference: str
    second: str | None
    agreement: float
    sample: int
    left_out: int

    def of(self, solver: str) -> list[Point]:
        """The points of one solver."""
        return [point for point in self.points if point.solver == solver]


@dataclass
class Progress:
    """Counts what is done and tells it."""

    total: int
    told: Told | None = None
    done: int = 0
    failed: int = 0

    def step(self, number: int = 1) -> None:
        self.done += number
        if self.told is not None:
            self.told(self.done, self.failed, self.total)


def contenders(names: Sequence[str]) -> dict[str, Contender]:
    """Solvers by name.

    Raises
    ------
    DesignError : there is none of that name.
    """
    for name in names:
        if name not in CONTENDERS:
            raise DesignError(
                f"no solver '{name}' takes part", hint=nearest(name, CONTENDERS) or f"one of {', '.join(CONTENDERS)}"
            )
    return {name: CONTENDERS[name]() for name in names}


@dataclass
class _Runner:
    """A solver at work: rows it takes, seconds to its first result, and what came of it."""

    contender: Contender
    rows: int
    first: float
    times: dict[float, list[FloatArray]] = field(default_factory=dict)
    failed: dict[float, int] = field(default_factory=dict)
    errors: dict[float, Errors] = field(default_factory=dict)
    steps: dict[float, float] = field(default_factory=dict)


def measure(case: Case, names: Sequence[str], settings: Settings, *, progress: Progress) -> Measured:
    """All solvers on one case, interleaved: every repeat runs every solver at every tolerance, in a new order.

    An interrupt (KeyboardInterrupt) between two runs ends it: what was measured is in the exception's ``measured``.

    Raises
    ------
    DesignError : an unknown solver. Unsupported : no solver can make a reference.
    """
    sample = min(settings.sample, case.rows)
    taking_part = contenders(names)
    work = len(names) * len(settings.rtols) * settings.repeats
    before = progress.done
    # varied rows may leave the domain of a rate: that is counted, not said
    with _nothing_kept(), np.errstate(all="ignore"):
        reference, by, second, agreement = make_reference(case, sample)
        runners: dict[str, _Runner] = {}
        absent: dict[str, str] = {}
        for name, contender in taking_part.items():
            try:
                runners[name] = _prepare(contender, case, settings, sample)
            except (Unsupported, BuildError) as error:
                absent[name] = error.message.splitlines()[0]
        pairs = [(runner, rtol) for runner in runners.values() for rtol in settings.rtols]
        rng = np.random.default_rng(settings.seed)
        stopped: KeyboardInterrupt | None = None
        try:
            for _ in range(settings.repeats):
                for index in rng.permutation(len(pairs)):
                    runner, rtol = pairs[int(index)]
                    _run(runner, rtol, reference, settings)
                    progress.step()
        except KeyboardInterrupt as error:
            stopped = error
    done = Measured(
        case=case, points=_points(runners, settings), absent=absent, reference=by, second=second, agreement=agreement,
        sample=sample, left_out=int(np.isnan(reference).any(axis=(1, 2)).sum()),
    )  # fmt: skip
    if stopped is not None:
        stopped.measured = done  # type: ignore[attr-defined]
        raise stopped
    progress.step(before + work - progress.done)
    return done


def _prepare(contender: Contender, case: Case, settings: Settings, sample: int) -> _Runner:
    """The solver with the case loaded, run once at every tolerance, and how many rows it has time for."""
    states = len(case.system.states)
    if contender.largest is not None and states > contender.largest:
        raise Unsupported(f"not tried: {states} states with dense matrices")
    own = contender.load(case)
    loaded = clock.perf_counter()
    one = np.zeros(1, dtype=np.intp)
    contender.run(one, max(settings.rtols))
    first = own + clock.perf_counter() - loaded
    # enough rows that what a call costs once does not count for much
    some = np.arange(min(case.rows, 8 * sample)) if contender.together else one
    took = 0.0
    for rtol in settings.rtols:
        start = clock.process_time()
        contender.run(some, rtol)
        took += (clock.process_time() - start) / len(some)
    most = case.rows if contender.together else sample
    least = sample if contender.together else min(2, sample)
    enough = int((4.0 if contender.together else 1.0) * settings.budget / (settings.repeats * took))
    return _Runner(contender=contender, rows=min(most, max(least, enough)), first=first)


def _run(runner: _Runner, rtol: float, reference: FloatArray, settings: Settings) -> None:
    outcome = runner.contender.run(np.arange(runner.rows), rtol)
    runner.times.setdefault(rtol, []).append(outcome.seconds)
    if rtol not in runner.errors:
        known = min(len(reference), runner.rows)
        runner.errors[rtol] = errors(outcome.values[:known], reference[:known], floor=settings.floor)
        runner.failed[rtol] = outcome.failed
        runner.steps[rtol] = float(outcome.steps.mean())


def _points(runners: Mapping[str, _Runner], settings: Settings) -> tuple[Point, ...]:
    return tuple(
        Point(
            solver=name, rtol=rtol, rows=runner.rows, failed=runner.failed[rtol], seconds=np.array(runner.times[rtol]),
            errors=runner.errors[rtol], steps=runner.steps[rtol], first=runner.first,
        )
        for name, runner in runners.items()
        for rtol in settings.rtols
        if rtol in runner.errors
    )  # fmt: skip


def make_reference(case: Case, sample: int) -> tuple[FloatArray, str, str | None, float]:
    """(values (sample, K, T), whose they are, who else solved it, their largest relative difference).

    The first of rosenbrock, cvode and scipy that solves most rows at rtol 1e-11 is the reference; the next one checks
    it. Rows without a reference, or on which the two do not agree, hold not-a-number.

    Raises
    ------
    Unsupported : none of them solves any row.
    """
    rows = np.arange(sample)
    found: list[tuple[str, FloatArray]] = []
    for name in ("rosenbrock", "cvode", "scipy"):
        if len(found) == 2:
            break
        contender = CONTENDERS[name]()
        if contender.largest is not None and len(case.system.states) > contender.largest:
            continue
        try:
            contender.load(case)
            values = contender.run(rows, TIGHT).values
        except (Unsupported, BuildError):
            continue
        if _solved(values).any():
            found.append((name, values))
    if not found:
        raise Unsupported(f"no solver gives a reference for '{case.name}'")
    found.sort(key=lambda one: -int(_solved(one[1]).sum()))
    by, values = found[0]
    values = np.where(_solved(values)[:, None, None], values, np.nan)
    if len(found) == 1:
        return values, by, None, float("nan")
    second, other = found[1]
    apart = errors(other, values).largest
    far = np.greater(apart, APART)
    values = np.where(far.reshape(-1, 1, 1), np.nan, values)
    near: FloatArray = apart[np.less_equal(apart, APART)]
    return values, by, second, float(near.max()) if near.size else float("nan")


def _solved(values: FloatArray) -> NDArray[np.bool_]:
    """Per row (R,) of values (R, K, T): nothing is missing."""
    return np.asarray(np.isfinite(values).all(axis=(1, 2)), dtype=np.bool_)


@contextmanager
def _nothing_kept() -> Iterator[None]:
    """Kernels are built, not taken from disk: the time before the first result is that of a new model."""
    before = os.environ.get("REDOXSIM_CACHE")
    with tempfile.TemporaryDirectory(prefix="redoxsim-bench-", ignore_cleanup_errors=True) as folder:
        os.environ["REDOXSIM_CACHE"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["REDOXSIM_CACHE"]
            else:
                os.environ["REDOXSIM_CACHE"] = before


__all__ = [
    "CONTENDERS",
    "FULL",
    "QUICK",
    "Measured",
    "Point",
    "Progress",
    "Settings",
    "contenders",
    "make_reference",
    "measure",
]
