"""Time courses: one cell, or the mean over a population."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from redoxsim.pharmacology import Agent, Cell, Schedule
from redoxsim.solve import Problem, Solution, solve
from redoxsim.study.engine import Cancel, Progress, run
from redoxsim.study.results import ResultSet, collect
from redoxsim.study.rows import RTOL, Settings, make_rows
from redoxsim.study.setup import Model, Override, Setup, prepare
from redoxsim.study.times import Times, output_times
from redoxsim.units import Quantity

Doses = Mapping[str, str | Quantity] | Iterable[str] | str | Schedule | None


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
    cells: int = 1,
    solver: str = "auto",
    rtol: float = RTOL,
    atol: float | None = None,
    seed: int = 1,
    jobs: int = 1,
    keep: str | None = None,
    failed: str = "stop",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    throw: bool = True,
) -> Solution | ResultSet:
    """A time course: a Solution for one cell, a ResultSet with the population's means for more.

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
    cells : how many cells; levels differ by ``seed``.
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
    if cells == 1:
        setup.observed(observe)
        return solve(problem(setup, schedule, output, rtol=rtol, atol=atol), solver, throw=throw)
    settings = Settings(solver=solver, rtol=rtol, atol=atol, jobs=jobs, seed=seed, failed=failed, keep=keep)
    rows = make_rows(
        setup,
        times=output,
        observe=setup.observed(observe),
        points=1,
        schedules=[setup.schedule(schedule)],
        cells=cells,
        settings=settings,
    )
    done = run(rows.batch(), solver=solver, jobs=jobs, seed=seed, progress=progress, cancel=cancel)
    return collect(rows, done, kind="time course", axes=(), design={"doses": [str(one) for one in schedule.doses]})


def problem(
    setup: Setup, schedule: Schedule, output: Times, *, rtol: float = RTOL, atol: float | None = None
) -> Problem:
    """The single problem of a setup with one median cell."""
    return Problem(
        system=setup.system,
        times=setup.times(np.asarray(output.seconds)),
        values=setup.values,
        schedule=setup.schedule(schedule),
        start=setup.start,
        rtol=rtol,
        atol=atol,
    )
