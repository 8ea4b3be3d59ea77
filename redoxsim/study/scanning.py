"""Scans: any values of a model against any others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

from numpy.typing import ArrayLike

from redoxsim.errors import DesignError, nearest
from redoxsim.pharmacology import Agent, Schedule
from redoxsim.study.courses import Doses
from redoxsim.study.design import Design, Values
from redoxsim.study.options import Keywords, Options
from redoxsim.study.plan import Runs, Study
from redoxsim.study.rows import make_rows
from redoxsim.study.setup import Model
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
    agents: Sequence[str | Path | Agent] = (),
    **settings: Unpack[Keywords],
) -> Study:
    """Readouts over the axes, in their order, then time (dropped for one time).

    Parameters
    ----------
    axes : values by id of parameter, compartment or species (every combination), or a Design. ``until``
        without ``every`` takes the end only.
    doses : given alike at every point.
    settings : see :class:`redoxsim.study.options.Options`.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved.
    """
    options = Options(**settings)
    schedule = Schedule.of(doses)
    setup = options.prepare(net, agents=agents, dosed=schedule.targets())
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
        cells=options.cells,
        settings=options.settings,
    )
    told = {
        "axes": [one.name for one in design.axes],
        "joined": design.joined,
        "doses": [str(row) for row in schedule.doses],
    }
    zipped = design.joined == "zip"
    return Study(rows=rows, kind="scan", axes=design.axes, design=told, zipped=zipped, **options.told)
