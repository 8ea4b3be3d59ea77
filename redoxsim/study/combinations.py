"""Two or three agents on a grid of doses, with their single-agent edges and the control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from numpy.typing import ArrayLike

from redoxsim.errors import DesignError, nearest
from redoxsim.pharmacology import Agent, Schedule
from redoxsim.study.courses import Doses
from redoxsim.study.design import Axis
from redoxsim.study.dose_curves import AT, MODEL
from redoxsim.study.dosed import AgentLike, DoseValues, check_times, dose_axis, loaded, point_schedules, refuse_unread
from redoxsim.study.options import Keywords, Options
from redoxsim.study.plan import Runs, Study
from redoxsim.study.results import SCORED
from redoxsim.study.rows import make_rows
from redoxsim.study.setup import ORIENTATIONS, Model
from redoxsim.study.times import output_times


@Runs
def combine(
    net: Model = MODEL,
    *,
    agents: Sequence[AgentLike],
    grid: Sequence[int] | None = None,
    doses: Mapping[str, DoseValues] | None = None,
    at: str | Sequence[str] | None = None,
    until: str | None = None,
    every: str | None = None,
    times: Mapping[str, str] | None = None,
    seconds: ArrayLike | None = None,
    observe: str | Sequence[str] = "viability",
    scores: Sequence[str] = SCORED,
    with_: Doses = None,
    **settings: Unpack[Keywords],
) -> Study:
    """Readouts over the grid, zero doses first on every axis, with a variable per score.

    Parameters
    ----------
    agents : two or three; ids, files or loaded. Their order is that of the axes.
    grid : non-zero doses per agent, evenly in log dose over its default range.
    doses : doses by agent id in place of that; agents that are not named take ``grid`` or their own default.
    at, until, every, seconds : when to read; 48 h after the start where nothing is said.
    times : when each agent is given, in the dose grammar (``{"bso": "-24 h"}``); 0 h where nothing is said.
    scores : metrics to store beside the readout (such as ``bliss_excess``, ``zip_delta``);
        on viability, or survival where that is observed instead.
    with_ : doses of further agents, the same at every point.
    settings : see :class:`redoxsim.study.options.Options`.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved.
    """
    options = Options(**settings)
    check_scores(scores, len(agents))
    chosen = [loaded(agent) for agent in agents]
    names = [one.id for one in chosen]
    axes = dose_axes(chosen, grid, doses)
    background = Schedule.of(with_)
    both = sorted(set(names) & set(background.targets()))
    if both:
        raise DesignError(f"'{both[0]}' is dosed twice: over its axis and in the background")
    setup = options.prepare(net, agents=chosen, dosed=background.targets())
    when = check_times(times, names)
    schedules, index = point_schedules(setup, axes, when, background)
    if at is None and until is None and seconds is None:
        at = AT
    read = output_times(until=until, every=every, at=at, times=seconds, only_end=True)
    refuse_unread(axes, when, read)
    rows = make_rows(
        setup,
        times=read,
        observe=setup.observed(observe),
        points=len(schedules),
        schedules=schedules,
        schedule_index=index,
        cells=options.cells,
        settings=options.settings,
    )
    scored = bool(scores) and options.keep != "cells" and any(name in ORIENTATIONS for name in rows.observe)
    return Study(
        rows=rows,
        kind="combination",
        axes=tuple(axes),
        design={"agents": names, "given": when, "with": [str(row) for row in background.doses]},
        **options.told,
        finish=(lambda result: result if result.interrupted else result.with_scores(scores)) if scored else None,
    )


def check_scores(scores: Sequence[str], agents: int) -> None:
    """Refuse an unknown metric, or one for another number of agents, before anything is solved."""
    from redoxsim.analysis import METRICS

    for name in scores:
        if name not in METRICS:
            raise DesignError(f"there is no score '{name}'", hint=nearest(name, METRICS) or ", ".join(METRICS))
        if agents >= 2:
            METRICS[name].check_agents(agents)


def dose_axes(
    agents: Sequence[Agent], grid: Sequence[int] | None, doses: Mapping[str, DoseValues] | None
) -> list[Axis]:
    """One dose axis per agent.

    Raises
    ------
    DesignError : not two or three different agents, a grid of another length, doses of another agent.
    """
    names = [one.id for one in agents]
    if not 2 <= len(names) <= 3 or len(set(names)) < len(names):
        raise DesignError(f"a combination takes two or three different agents, not {', '.join(names) or 'none'}")
    given = dict(doses or {})
    for name in given:
        if name not in names:
            raise DesignError(f"doses are given for '{name}', which is not combined", hint=nearest(name, names))
    if grid is not None and len(grid) != len(names):
        raise DesignError(f"grid gives {len(grid)} numbers of doses for {len(names)} agents")
    counts = list(grid) if grid is not None else [None] * len(names)
    return [dose_axis(one, given.get(one.id), count=count) for one, count in zip(agents, counts, strict=True)]
