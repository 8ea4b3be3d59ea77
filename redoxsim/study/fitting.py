"""A few constants fitted to a measured time course or dose-response, with what the data leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError, SolveError, Where
from redoxsim.pharmacology import Schedule
from redoxsim.solve import Schedule as SolveSchedule
from redoxsim.study.courses import Doses
from redoxsim.study.design import Axis
from redoxsim.study.dosed import loaded, point_schedules
from redoxsim.study.fitting_result import FittedConstant, ModelFit
from redoxsim.study.fitting_table import (
    dose_axis,
    doses_of,
    measured_points,
    measured_times,
    size_of,
    spreads,
    to_model_unit,
)
from redoxsim.study.options import Keywords, Options
from redoxsim.study.plan import Estimate, Runs, Study, solved
from redoxsim.study.points import LabPoints
from redoxsim.study.provenance import checksum, describe
from redoxsim.study.responses import NEEDS
from redoxsim.study.rows import Rows, make_rows, read_out
from redoxsim.study.setup import Model, Setup
from redoxsim.study.times import Times, output_times

if TYPE_CHECKING:
    import pandas as pd

    from redoxsim.analysis.model_fit import BoxFit, Profile

FloatArray = NDArray[np.float64]
Ends = tuple[float, float]
MOST = 10
STARTS = 5
TRIED = 64
RTOL = 1e-7
TOGETHER = 0.95
"""Correlation from which two constants are said to go together."""
AT = "48 h"


@dataclass(frozen=True, kw_only=True, eq=False)
class FitPlan:
    """A fit made ready: nothing solved. ``study`` is one look at all data with the constants as they are."""

    study: Study
    axis: Axis | None
    data: tuple[LabPoints, ...]
    ends: Mapping[str, Ends]
    starts: int
    seed: int
    file: str | None

    def estimate(self, *, timed: bool = False) -> Estimate:
        """What one look at all data costs; a fit takes hundreds to thousands of them."""
        return self.study.estimate(timed=timed)

    def run(self) -> ModelFit:
        """The fit.

        Raises
        ------
        FitError : nothing can be fitted. SolveError : an interrupt.
        """
        from redoxsim.analysis.model_fit import fit_box

        setup = self.study.rows.setup
        names = list(self.ends)
        factors = [to_model_unit(setup, one) for one in self.data]
        y = np.concatenate([one.y * factor for one, factor in zip(self.data, factors, strict=True)])
        errors = [spreads(one) for one in self.data]
        known = all(one is not None for one in errors)
        scale = np.concatenate([
            error * factor if error is not None and known else np.full(one.y.size, size_of(one) * factor)
            for one, error, factor in zip(self.data, errors, factors, strict=True)
        ])  # fmt: skip
        looked = 0

        def predict(places: FloatArray) -> FloatArray:
            nonlocal looked
            looked += len(places)
            return np.concatenate(self._read(self._values(places)), axis=1)

        before = np.array([setup.usual(name) for name in names])
        found = fit_box(
            predict, y, scale, len(names), known=known, first=self._place(before), starts=self.starts, tried=TRIED,
            seed=self.seed,
        )  # fmt: skip
        values = self._values(found.place[None])[0]
        checked = self._solve(values[None], self.study.rows.times, self.axis, sample=3)
        parts = np.split(found.predicted, np.cumsum([one.y.size for one in self.data])[:-1])
        return ModelFit(
            constants=tuple(self._constant(found, at, float(values[at])) for at in range(len(names))),
            data=self.data,
            predicted=tuple(part / factor for part, factor in zip(parts, factors, strict=True)),
            curves=self._curves(values, factors),
            rss=found.rss,
            count=int(y.size),
            known=known,
            starts=found.ends,
            met=found.met,
            together=_together(names, found),
            correlations=_correlations(names, found),
            summary=f"{looked} sets of constants tried; {checked[1]}" if checked[1] else f"{looked} sets tried",
            provenance=describe(setup)
            | {"data": self.file, "sha256": checksum(self.file), "seed": self.seed, "free": dict(self.ends)},
        )

    def _values(self, places: FloatArray) -> FloatArray:
        """(k, p) values at places from 0 to 1 in the ranges: evenly in the logarithm where these are above zero."""
        columns = [
            low * (high / low) ** share if low > 0.0 else low + (high - low) * share
            for (low, high), share in zip(self.ends.values(), places.T, strict=True)
        ]
        return np.column_stack(columns)

    def _place(self, values: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = [
                np.log(value / low) / np.log(high / low) if low > 0.0 and value > 0.0 else (value - low) / (high - low)
                for (low, high), value in zip(self.ends.values(), values, strict=True)
            ]
        return np.asarray(np.clip(np.array(found, dtype=float), 0.0, 1.0))

    def _solve(self, values: FloatArray, times: Times, axis: Axis | None, *, sample: int = 0) -> tuple[FloatArray, str]:
        """Readouts (K, k, points, T) for sets of constants (k, p), and how the check went."""
        rows = self.study.rows
        settings = replace(rows.settings, sample=sample)
        schedules, index = rows.schedules, rows.schedule_index
        if axis is not None and axis is not self.axis:
            design = self.study.design
            schedules, index = point_schedules(rows.setup, [axis], design["given"], Schedule.of(design["with"]))
        each, sets = len(index), len(values)
        made = make_rows(
            rows.setup,
            times=times,
            observe=rows.observe,
            points=sets * each,
            columns={name: np.repeat(values[:, at], each) for at, name in enumerate(self.ends)},
            schedules=schedules,
            schedule_index=np.tile(index, sets),
            cells=rows.cells,
            settings=settings,
        )
        try:
            done = solved(made, made.batch(), None, self.study.cancel, screened=True)
        except SolveError:
            return np.full((len(rows.observe), sets, each, len(times.seconds)), np.nan), ""
        if done.interrupted:
            raise SolveError("interrupted: nothing was fitted to the end")
        found = read_out(made, done).values
        found[:, ~done.ok.reshape(made.cells, -1).all(axis=0)] = np.nan
        return found.reshape(len(rows.observe), sets, each, -1), str(done.check) if done.check else ""

    def _read(self, values: FloatArray) -> list[FloatArray]:
        """Predictions (k, N) for each measured readout."""
        rows = self.study.rows
        found, _ = self._solve(values, rows.times, self.axis)
        out = []
        for one in self.data:
            part = found[rows.observe.index(one.observable)]
            if self.axis is None:
                out.append(part[:, 0, np.searchsorted(rows.times.seconds, one.x)])
            else:
                out.append(part[:, np.searchsorted(self.axis.values, doses_of(one, self.axis)), 0])
        return out

    def _curves(self, values: FloatArray, factors: Sequence[float]) -> tuple[tuple[FloatArray, FloatArray], ...]:
        rows = self.study.rows
        if self.axis is None:
            x = np.unique(np.concatenate([np.linspace(0.0, float(rows.times.seconds[-1]), 121), rows.times.seconds]))
            found, _ = self._solve(values[None], Times(x), None)
            lines = [found[rows.observe.index(one.observable), 0, 0] for one in self.data]
        else:
            doses = self.axis.values[self.axis.values > 0.0]
            x = np.concatenate([[0.0], np.geomspace(doses[0], doses[-1], 40)])
            found, _ = self._solve(values[None], rows.times, Axis(self.axis.name, x, self.axis.unit))
            lines = [found[rows.observe.index(one.observable), 0, :, 0] for one in self.data]
        return tuple((x, line / factor) for line, factor in zip(lines, factors, strict=True))

    def _constant(self, found: BoxFit, at: int, value: float) -> FittedConstant:
        name, (low, high) = list(self.ends.items())[at]
        setup = self.study.rows.setup
        profile: Profile | None = found.profiles[at] if found.profiles else None
        grid = np.tile(found.place, (0 if profile is None else profile.place.size, 1))
        from_ = to = float("nan")
        if profile is not None:
            grid[:, at] = profile.place
            ends = np.tile(found.place, (2, 1))
            ends[:, at] = profile.low, profile.high
            from_, to = (float(one) for one in self._values(ends)[:, at])
        return FittedConstant(
            id=name,
            unit=setup.label(name),
            grade=setup.grade(name),
            before=setup.usual(name),
            value=value,
            low=low,
            high=high,
            from_=from_,
            to=to,
            closed=(False, False) if profile is None else profile.closed,
            profile=self._values(grid)[:, at] if len(grid) else np.empty(0),
            rise=np.empty(0) if profile is None else profile.rise / found.threshold,
        )


@Runs
def fit(
    net: Model,
    data: str | Path | pd.DataFrame,
    *,
    free: Sequence[str] | Mapping[str, Ends | None],
    doses: Doses = None,
    at: str | None = None,
    given: str | None = None,
    starts: int = STARTS,
    **settings: Unpack[Keywords],
) -> FitPlan:
    """Constants fitted within their ranges to a table of measured points, from several starts.

    Least squares, weighted by the error bars of the table; where it has none, each readout by the size of its largest
    value, and the noise is judged from the residuals. Intervals are profile likelihoods (95%).

    Parameters
    ----------
    data : a time course (``time [h]``) or a dose-response (``auranofin [uM]``), see
        :func:`redoxsim.study.points.load_points`; one with times and doses of a known agent is a dose-response.
    free : constants to fit, at most ten; with ends (low, high) where the model gives no range, or another is wanted.
    doses : for a time course what was dosed, for a dose-response doses of other agents, the same at every point.
    at, given : for a dose-response, when it was read (which of the times of the table, else 48 h after the start) and
        when the agent was given (0 h).
    starts : how many descents, from the best of 64 places spread over the ranges, and from the values as they are.
    settings : see :class:`redoxsim.study.options.Options`; a time course is that of one cell unless ``cells`` says
        otherwise.

    Raises
    ------
    DesignError, UnitError, ReadError, ModelError : see the hint.
    FitError : fewer data than constants, or no set of constants could be solved.
    """
    options = Options(**({"rtol": RTOL} | dict(settings)))  # type: ignore[arg-type]
    if options.draws or options.keep is not None:
        raise DesignError("a fit moves constants itself", hint="leave out draws and keep")
    if starts < 1:
        raise DesignError(f"a fit needs at least one start, not {starts}")
    points, at, file = measured_points(data, at)
    if len({one.condition for one in points}) > 1:
        raise DesignError(
            "the table has several conditions",
            where=Where(file=file),
            hint="fit one of them; --dose says what was dosed in it",
        )
    background = Schedule.of(doses)
    timed = points[0].axis == "time"
    if timed and (at is not None or given is not None):
        raise DesignError("the table is a time course", hint="doses say what was given and when")
    agents = [] if timed else [loaded(points[0].axis)]
    if agents and agents[0].id in background.targets():
        raise DesignError(f"'{agents[0].id}' is dosed twice: by the table and in the background")
    setup = options.prepare(net, agents=agents, dosed=background.targets())
    points = _read_off(points, setup, file)
    observe = setup.observed([one.observable for one in points])
    ends = _ends(setup, free)
    for one in points:
        to_model_unit(setup, one)
    when = {agents[0].id: given} if agents and given else {}
    axis: Axis | None = None
    if timed:
        times = measured_times(points, file)
        schedules: tuple[SolveSchedule, ...] = (setup.schedule(background),)
        index = np.zeros(1, dtype=np.intp)
    else:
        times = output_times(at=at or AT)
        if not times.single:
            raise DesignError("a dose-response is read at one time", hint="at='48 h'")
        axis = dose_axis(agents[0], points)
        schedules, index = point_schedules(setup, [axis], when, background)
    rows: Rows = make_rows(
        setup,
        times=times,
        observe=observe,
        points=len(index),
        schedules=schedules,
        schedule_index=index,
        cells=options.cells if options.cells is not None or not timed else 1,
        settings=options.settings,
    )
    design = {"free": list(ends), "given": when, "with": [str(one) for one in background.doses]}
    study = Study(rows=rows, kind="fit", axes=(axis,) if axis else (), design=design, **options.told)
    return FitPlan(
        study=study,
        axis=axis,
        data=points,
        ends=ends,
        starts=starts,
        seed=options.seed,
        file=file,
    )


def _read_off(points: tuple[LabPoints, ...], setup: Setup, file: str | None) -> tuple[LabPoints, ...]:
    """Without what a command computed from the others and wrote beside them: the same data would count twice."""
    kept = tuple(one for one in points if one.observable not in NEEDS or one.observable in setup.symbols)
    if not kept:
        name = points[0].observable
        raise DesignError(f"the table has only '{name}'", where=Where(file=file), hint=f"a fit needs '{NEEDS[name]}'")
    return kept


def _ends(setup: Setup, free: Sequence[str] | Mapping[str, Ends | None]) -> dict[str, Ends]:
    """Ranges of the constants to fit, checked."""
    wanted: Mapping[str, Ends | None] = free if isinstance(free, Mapping) else dict.fromkeys(free)
    if not 1 <= len(wanted) <= MOST:
        raise DesignError(f"1 to {MOST} constants can be fitted, not {len(wanted)}")
    found: dict[str, Ends] = {}
    for name, ends in wanted.items():
        setup.refuse_not_free(name, verb="fit")
        if ends is None:
            if name not in setup.ranges or not setup.ranges[name][1] < setup.ranges[name][2]:
                raise DesignError(f"'{name}' has no range to fit it in", hint=f"give one: {name}=LOW..HIGH")
            ends = setup.ranges[name][1:]
        if not (np.isfinite(ends).all() and ends[0] < ends[1]):
            raise DesignError(f"the range of '{name}' must go from a smaller to a larger number, not {ends}")
        found[name] = (float(ends[0]), float(ends[1]))
    return found


def _correlations(names: Sequence[str], found: BoxFit) -> dict[tuple[str, str], float]:
    """Of every pair that has one."""
    pairs = [(i, j) for i in range(len(names)) for j in range(i)]
    return {
        (names[j], names[i]): float(found.correlation[i, j]) for i, j in pairs if np.isfinite(found.correlation[i, j])
    }


def _together(names: Sequence[str], found: BoxFit) -> tuple[tuple[str, str, float], ...]:
    return tuple((*pair, r) for pair, r in _correlations(names, found).items() if abs(r) >= TOGETHER)
