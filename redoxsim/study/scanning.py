"""Scans: any values of a model against any others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from redoxsim.errors import DesignError, nearest
from redoxsim.pharmacology import Agent, Cell, Schedule
from redoxsim.study.courses import Doses
from redoxsim.study.design import Design, Values
from redoxsim.study.engine import Cancel, Progress
from redoxsim.study.plan import Runs, Study
from redoxsim.study.rows import RTOL, Settings, make_rows
from redoxsim.study.setup import Model, Override, Setup, prepare
from redoxsim.study.signs import refuse_negative
from redoxsim.study.times import output_times


@Runs
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
) -> Study:
    """Readouts over the axes, in their order, then time (dropped for one time).

    Parameters
    ----------
    axes : values by id of parameter, compartment or species (every combination), or a Design. ``until``
        without ``every`` takes the end only.
    doses : given alike at every point.
    draws : sets of constants drawn within their ranges (see :func:`redoxsim.study.population.draws`); results then
        have a last dimension ``quantile`` (5%, 50%, 95%), or ``draw`` with ``keep="draws"``. Each draw costs all
        solves again.
    keep : "cells" or "draws" keeps them apart.
    failed : "stop" leaves a point with a failed cell or draw without a number, "drop" goes on with the others.
    cells : how many; None takes 16 where the model says how its cells differ, else 1.
    others : as for :func:`redoxsim.simulate`.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved.
    """
    schedule = Schedule.of(doses)
    setup = prepare(net, agents=agents, dosed=schedule.targets(), cell=cell, values=values, start=start)
    design = axes if isinstance(axes, Design) else Design.product(axes)
    network = setup.network
    known = [part.id for part in (*network.parameters, *network.compartments, *network.species)]
    for one in design.axes:
        if one.name not in known:
            raise DesignError(f"the model has nothing called '{one.name}' to scan", hint=nearest(one.name, known))
    columns = design.columns(network)
    refuse_negative(network, setup.constants, columns)
    rows = make_rows(
        setup,
        times=output_times(until=until, every=every, at=at, times=times, from_=from_, only_end=True),
        observe=setup.observed(observe),
        points=design.points,
        columns=columns,
        schedules=[setup.schedule(schedule)],
        cells=usual_cells(setup, cells),
        settings=Settings(
            solver=solver, rtol=rtol, atol=atol, jobs=jobs, seed=seed, failed=failed, keep=keep, draws=draws
        ),
    )
    told = {
        "axes": [one.name for one in design.axes],
        "joined": design.joined,
        "doses": [str(row) for row in schedule.doses],
    }
    zipped = design.joined == "zip"
    return Study(rows=rows, kind="scan", axes=design.axes, design=told, zipped=zipped, progress=progress, cancel=cancel)


def usual_cells(setup: Setup, cells: int | None) -> int:
    """The number of cells asked for, else 16 where the model says how its cells differ."""
    if cells is not None:
        return cells
    return 16 if setup.cv else 1
