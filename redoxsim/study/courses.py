"""Time courses: one cell, the mean over a population, or a band over draws of the constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import ArrayLike

from redoxsim.pharmacology import Agent, Cell, Schedule
from redoxsim.solve import Problem, Solution, solve
from redoxsim.study.engine import Cancel, Progress
from redoxsim.study.plan import Estimate, Runs, Study
from redoxsim.study.results import ResultSet
from redoxsim.study.rows import RTOL, Settings, make_rows
from redoxsim.study.setup import Model, Override, Setup, prepare
from redoxsim.study.times import Times, output_times
from redoxsim.units import Quantity

Doses = Mapping[str, str | Quantity] | Iterable[str] | str | Schedule | None


@Runs
def simulate(
    net: Model,
    *,
    doses: Doses = None,
    until: str | None = None,
    every: str | None = None,
    at: str | Sequence[str] | None = None,
    times: ArrayLike | None = None,
    from_: str | None = None,
    cell: str | Path | Cell | None = None,
    values: Mapping[str, Override] | None = None,
    observe: str | Sequence[str] | None = None,
    agents: Sequence[str | Path | Agent] = (),
    start: str | None = None,
    cells: int | None = None,
    draws: int = 0,
    solver: str = "auto",
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 1,
    jobs: int = 1,
    keep: str | None = None,
    sample: int = 3,
    failed: str = "stop",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    throw: bool = True,
) -> Course:
    """A time course: a Solution for one cell, a ResultSet with means for more, or with bands for draws.

    Parameters
    ----------
    doses : amounts at 0 h by agent or species id, texts in the dose grammar, or a Schedule.
    until, every, at, times, from_ : output times, see :func:`redoxsim.study.times.output_times`;
        output starts at 0 h unless asked otherwise, whenever the first dose is given.
    cell : cell profile, by id, path or loaded.
    values : overrides of parameters, compartment sizes and initial values, in model units or with a unit.
    observe : readouts of a population (the model's own where none is named); one cell keeps all.
    agents : agents that are files or loaded, or that are to be in the model though not dosed.
    start : "steady", "given", or None for what the model says.
    cells : how many cells; levels differ by ``seed``. None is one, or with draws one of its own for each draw.
    draws : sets of constants drawn within their ranges, see :class:`redoxsim.study.options.Options`.
    rtol : None is 1e-6, for draws 1e-5.
    sample : rows of a population that the reference solver checks; 0 checks none.
    throw : whether a failed single solve raises.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : the solve failed; carries the solution so far and the report.

    Examples
    --------
    >>> import redoxsim as rx
    >>> net = rx.network.read_antimony("model m()\\n species A = 1; A -> ; 0.1*A\\nend")
    >>> solution = rx.simulate(net, times=[0.0, 10.0])
    >>> round(float(solution["A"][-1]), 4)
    0.3679
    """
    schedule = Schedule.of(doses)
    setup = prepare(net, agents=agents, dosed=schedule.targets(), cell=cell, values=values, start=start)
    output = output_times(until=until, every=every, at=at, times=times, from_=from_)
    settings = Settings(
        solver=solver, rtol=rtol, atol=atol, jobs=jobs, seed=seed, draws=draws, failed=failed, keep=keep, sample=sample
    )
    rows = make_rows(
        setup,
        times=output,
        observe=setup.observed(observe),
        points=1,
        schedules=[setup.schedule(schedule)],
        cells=cells if cells is not None or draws else 1,
        settings=settings,
    )
    design = {"doses": [str(one) for one in schedule.doses]}
    study = Study(rows=rows, kind="time course", design=design, progress=progress, cancel=cancel)
    return Course(study=study, throw=throw)


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """A time course made ready. ``study`` has a row per cell and draw; one cell keeps its whole Solution."""

    study: Study
    throw: bool

    @property
    def single(self) -> bool:
        """Whether it is one cell with the constants as they are."""
        return self.study.rows.cells == 1 and not self.study.rows.settings.draws

    @property
    def problem(self) -> Problem:
        """The problem of the median cell."""
        return self.study.batch.row(0)

    def estimate(self, *, timed: bool = False) -> Estimate:
        """What it will cost."""
        return self.study.estimate(timed=timed)

    def run(self) -> Solution | ResultSet:
        """The Solution of one cell, or the means over more, or bands."""
        if not self.single:
            return self.study.run()
        return solve(self.problem, self.study.rows.settings.solver, throw=self.throw)


def problem(
    setup: Setup, schedule: Schedule, output: Times, *, rtol: float = RTOL, atol: float | None = None
) -> Problem:
    """The single problem of a setup with one median cell."""
    return Problem(
        system=setup.system,
        times=setup.times(output.seconds),
        values=setup.values,
        schedule=setup.schedule(schedule),
        start=setup.start,
        rtol=rtol,
        atol=atol,
    )
