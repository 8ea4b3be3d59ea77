"""One agent over a range of doses, the untreated control always among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from redoxsim.errors import DesignError
from redoxsim.pharmacology import Cell, Schedule
from redoxsim.study.courses import Doses
from redoxsim.study.dosed import AgentLike, DoseValues, check_times, dose_axis, loaded, point_schedules
from redoxsim.study.engine import Cancel, Progress
from redoxsim.study.plan import Runs, Study
from redoxsim.study.rows import RTOL, Settings, make_rows
from redoxsim.study.scanning import usual_cells
from redoxsim.study.setup import Model, Override, prepare
from redoxsim.study.times import output_times

MODEL = "redox"
AT = "48 h"


@Runs
def dose_response(
    net: Model = MODEL,
    *,
    agent: AgentLike,
    doses: DoseValues | None = None,
    at: str | Sequence[str] | None = None,
    until: str | None = None,
    every: str | None = None,
    times: ArrayLike | None = None,
    given: str | None = None,
    observe: str | Sequence[str] = "viability",
    with_: Doses = None,
    cell: str | Path | Cell | None = None,
    values: Mapping[str, Override] | None = None,
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
    """Readouts over the doses of one agent; ``.fit()`` of the result is its Hill curve.

    Parameters
    ----------
    agent : id, file or loaded.
    doses : ``redoxsim.log("1 nM", "10 uM", 24)``, a range text or a list of texts; None takes the agent's own.
    at, until, every, times : when to read; 48 h after the start where nothing is said.
    given : when the agent is given, in the dose grammar (``0h``, ``0h..6h``, ``0h,24h``); 0 h by default.
    with_ : doses of other agents, the same at every point (``["bso=100uM@-24h"]``).
    cells : how many; None takes 16 where the model says how its cells differ, else 1.
    others : as for :func:`redoxsim.scan`.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved.
    """
    one = loaded(agent)
    axis = dose_axis(one, doses)
    background = Schedule.of(with_)
    if one.id in background.targets():
        raise DesignError(f"'{one.id}' is dosed twice: over its axis and in the background")
    setup = prepare(net, agents=[one], dosed=background.targets(), cell=cell, values=values, start=start)
    when = check_times({one.id: given} if given else None, [one.id])
    schedules, index = point_schedules(setup, [axis], when, background)
    if at is None and until is None and times is None:
        at = AT
    rows = make_rows(
        setup,
        times=output_times(until=until, every=every, at=at, times=times, only_end=True),
        observe=setup.observed(observe),
        points=len(axis),
        schedules=schedules,
        schedule_index=index,
        cells=usual_cells(setup, cells),
        settings=Settings(
            solver=solver, rtol=rtol, atol=atol, jobs=jobs, seed=seed, failed=failed, keep=keep, draws=draws
        ),
    )
    design = {"agent": one.id, "given": when, "with": [str(row) for row in background.doses]}
    return Study(rows=rows, kind="dose-response", axes=(axis,), design=design, progress=progress, cancel=cancel)
