"""Scans: any values of a model against any others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from redoxsim.errors import DesignError, nearest
from redoxsim.pharmacology import Agent, Cell, Schedule
from redoxsim.study.courses import Doses
from redoxsim.study.design import Design, Values
from redoxsim.study.engine import Cancel, Progress, run
from redoxsim.study.results import ResultSet, collect
from redoxsim.study.rows import RTOL, Rows, Settings, make_rows
from redoxsim.study.setup import Model, Override, Setup, prepare
from redoxsim.study.times import output_times


def scan(
    net: Model,
    *,
    axes: Mapping[str, Values] | Design,
    observe: str | Sequence[str] | None = None,
    until: str | None = None,
    every: str | None = None,
    at: str | Sequence[str] | None = None,
    times: ArrayLike | None = None,
    from_: str | None = None,
    doses: Doses = None,
    cell: str | Path | Cell | None = None,
    values: Mapping[str, Override] | None = None,
    agents: Sequence[str | Path | Agent] = (),
    start: str | None = None,
    cells: int | None = None,
    solver: str = "auto",
    rtol: float = RTOL,
    atol: float | None = None,
    seed: int = 1,
    jobs: int = 1,
    draws: int = 0,
    keep: str | None = None,
    failed: str = "stop",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> ResultSet:
    """Readouts over the axes, in their order, then time (dropped for one time).

    Parameters
    ----------
    axes : values by id of parameter, compartment or species (every combination), or a Design. ``until``
        without ``every`` takes the end only.
    doses : given alike at every point.
    cells : how many; None takes 16 where the model says how its cells differ, else 1.
    others : as for :func:`redoxsim.simulate`.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved.
    """
    no_draws(draws)
    schedule = Schedule.of(doses)
    setup = prepare(net, agents=agents, dosed=schedule.targets(), cell=cell, values=values, start=start)
    design = axes if isinstance(axes, Design) else Design.product(axes)
    settings = Settings(solver=solver, rtol=rtol, atol=atol, jobs=jobs, seed=seed, failed=failed, keep=keep)
    rows = scan_rows(
        setup,
        design,
        schedule=schedule,
        observe=observe,
        until=until,
        every=every,
        at=at,
        times=times,
        from_=from_,
        cells=cells,
        settings=settings,
    )
    done = run(rows.batch(), solver=solver, jobs=jobs, seed=seed, progress=progress, cancel=cancel)
    told = {
        "axes": [one.name for one in design.axes],
        "joined": design.joined,
        "doses": [str(s) for s in schedule.doses],
    }
    return collect(rows, done, kind="scan", axes=design.axes, design=told, zipped=design.joined == "zip")


def scan_rows(
    setup: Setup,
    design: Design,
    *,
    schedule: Schedule,
    observe: str | Sequence[str] | None,
    until: str | None,
    every: str | None,
    at: str | Sequence[str] | None,
    times: ArrayLike | None,
    from_: str | None,
    cells: int | None,
    settings: Settings,
) -> Rows:
    """The rows of a scan, nothing solved yet."""
    network = setup.network
    known = [part.id for part in (*network.parameters, *network.compartments, *network.species)]
    for one in design.axes:
        if one.name not in known:
            raise DesignError(f"the model has nothing called '{one.name}' to scan", hint=nearest(one.name, known))
    return make_rows(
        setup,
        times=output_times(until=until, every=every, at=at, times=times, from_=from_, only_end=True),
        observe=setup.observed(observe),
        points=design.points,
        columns=design.columns(network),
        schedules=[setup.schedule(schedule)],
        cells=usual_cells(setup, cells),
        settings=settings,
    )


def usual_cells(setup: Setup, cells: int | None) -> int:
    """The number of cells asked for, else 16 where the model says how its cells differ."""
    if cells is not None:
        return cells
    return 16 if setup.cv else 1


def no_draws(draws: int) -> None:
    """Refuse uncertainty draws, which are not there yet."""
    if draws:
        from redoxsim.errors import Unsupported

        raise Unsupported(
            "uncertainty draws are not done yet: each needs every solve again",
            hint="draws=0; they come with the batch solver",
        )
