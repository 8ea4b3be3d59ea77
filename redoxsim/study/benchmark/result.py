"""What a benchmark found: a row per solver and tolerance, speeds at equal error, scaling with threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.study.benchmark.accuracy import At, at_error, ratio
from redoxsim.study.benchmark.measuring import Measured, Point

FloatArray = NDArray[np.float64]
TARGETS = (1e-3, 1e-4, 1e-5)
"""Errors at which speeds are compared."""
UNITS = {
    "ms": "time [ms]",
    "ms_low": "time_low [ms]",
    "ms_high": "time_high [ms]",
    "ms_middle": "time_of_median_row [ms]",
    "us_per_step": "time_per_step [us]",
    "first_result": "first_result [s]",
}
"""Heads of columns that have a unit."""
COLUMNS = (
    "case", "solver", "rtol", "rows", "failed", "ms", "ms_low", "ms_high", "ms_middle", "error_rms", "error_max",
    "times_faster", "faster_low", "faster_high", "bound", "steps", "us_per_step", "first_result", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal:
    """Times faster than another solver at an error: median and range over repeats; ``bound`` "" where both solvers
    were measured on either side of it, else "at least", "at most" or "about"."""

    case: str
    group: str
    solver: str
    against: str
    error: float
    times: float
    low: float
    high: float
    bound: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Times faster with more threads than with the first number of them: median and range over repeats."""

    case: str
    rows: int
    rtol: float
    threads: int
    ms: float
    times: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Benchmark:
    """All that was measured. ``skipped`` says by case why there is nothing of it."""

    cases: tuple[Measured, ...]
    against: str
    machine: Mapping[str, Any]
    settings: Mapping[str, Any]
    scaling: tuple[Scaling, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def failed(self) -> int:
        """Solves that failed, over all solvers and tolerances."""
        return sum(point.failed for case in self.cases for point in case.points)

    @property
    def solves(self) -> int:
        """Rows over all solvers and tolerances, repeats not counted."""
        return sum(point.rows for case in self.cases for point in case.points)

    def rows(self) -> list[dict[str, Any]]:
        """The table: a row per case, solver and tolerance (:data:`COLUMNS`); times in ms per solve."""
        found = []
        for case in self.cases:
            for point in case.points:
                found.append(_row(case, point, self.against))
            for solver, why in case.absent.items():
                found.append({"case": case.case.name, "solver": solver, "note": why})
        found += [{"case": name, "note": why} for name, why in self.skipped.items()]
        return found

    def equal(self, targets: Sequence[float] = TARGETS) -> list[Equal]:
        """Every solver against the one of ``against``, case by case."""
        found = []
        for case in self.cases:
            solvers = dict.fromkeys(point.solver for point in case.points)
            for solver in solvers:
                if solver != self.against and self.against in solvers:
                    found += [equal(case, solver, self.against, error) for error in targets]
        return found

    def overall(self, solver: str = "rosenbrock", *, group: str = "published") -> list[tuple[float, float, int]]:
        """(error, median of times faster over the cases of a group, how many cases); cases without it do not count."""
        found = []
        for error in TARGETS:
            times = [
                one.times
                for one in self.equal((error,))
                if one.solver == solver and one.group == group and np.isfinite(one.times)
            ]
            if times:
                found.append((error, float(np.median(times)), len(times)))
        return found


def equal(case: Measured, solver: str, against: str, error: float) -> Equal:
    """How many times faster ``solver`` is than ``against`` at an error, both on the rows that both solved."""
    ours, theirs = case.of(solver), case.of(against)
    pairs = [ratio(of, to) for of, to in zip(_times(theirs, ours, error), _times(ours, theirs, error), strict=False)]
    times = np.array([pair.seconds for pair in pairs if np.isfinite(pair.seconds)])
    bounds = {pair.bound for pair in pairs}
    middle, low, high = _spread(times)
    return Equal(
        case=case.case.name, group=case.case.group, solver=solver, against=against, error=error,
        times=middle, low=low, high=high, bound=bounds.pop() if len(bounds) == 1 else "about" if bounds else "",
    )  # fmt: skip


def _times(points: Sequence[Point], others: Sequence[Point], error: float) -> list[At]:
    """Seconds at an error in every repeat, over the rows that the other solver did too."""
    common = _common(points, others)
    known = [(point.errors.rms(slice(0, common)), point.per_solve(common)) for point in points]
    repeats = min((len(seconds) for _, seconds in known), default=0)
    return [at_error([(e, float(seconds[k])) for e, seconds in known], error) for k in range(repeats)]


def _common(points: Sequence[Point], others: Sequence[Point]) -> int:
    return min((point.rows for point in (*points, *others)), default=0)


def _spread(values: FloatArray) -> tuple[float, float, float]:
    """(median, least, largest); not-a-number of nothing."""
    if not values.size:
        return (float("nan"),) * 3
    return float(np.median(values)), float(values.min()), float(values.max())


def _row(case: Measured, point: Point, against: str) -> dict[str, Any]:
    seconds = point.per_solve() * 1e3
    middle, low, high = _spread(seconds[np.isfinite(seconds)])
    solved = np.isfinite(point.seconds).any(axis=1)
    median = float(np.median(np.nanmedian(point.seconds[solved], axis=1))) * 1e3 if solved.any() else float("nan")
    row: dict[str, Any] = {
        "case": case.case.name, "solver": point.solver, "rtol": point.rtol, "rows": point.rows, "failed": point.failed,
        "ms": middle, "ms_low": low, "ms_high": high, "ms_middle": median,
        "error_rms": point.errors.rms(), "error_max": point.errors.max(),
    }  # fmt: skip
    if point.steps:
        row |= {"steps": point.steps, "us_per_step": middle * 1e3 / point.steps}
    row["first_result"] = point.first
    return row | _faster(case, point, against)


def _faster(case: Measured, point: Point, against: str) -> dict[str, Any]:
    """How this very point compares with the other solver at its error."""
    theirs = case.of(against)
    if point.solver == against or not theirs:
        return {}
    common = _common([point], theirs)
    error, own = point.errors.rms(slice(0, common)), point.per_solve(common)
    others = _times(theirs, [point], error)
    found = [ratio(other, At(float(seconds))) for other, seconds in zip(others, own, strict=False)]
    times, low, high = _spread(np.array([one.seconds for one in found if np.isfinite(one.seconds)]))
    return {
        "times_faster": times, "faster_low": low, "faster_high": high,
        "bound": next((one.bound for one in found if one.bound), ""),
    }  # fmt: skip


__all__ = ["COLUMNS", "TARGETS", "UNITS", "Benchmark", "Equal", "Scaling", "equal"]
