"""One agent over a range of doses, the untreated control always among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from numpy.typing import ArrayLike

from redoxsim.errors import DesignError
from redoxsim.pharmacology import Schedule
from redoxsim.study.courses import Doses
from redoxsim.study.dosed import AgentLike, DoseValues, check_times, dose_axis, loaded, point_schedules, refuse_unread
from redoxsim.study.options import Keywords, Options
from redoxsim.study.plan import Runs, Study
from redoxsim.study.responses import LIVE, needed, with_responses
from redoxsim.study.rows import make_rows
from redoxsim.study.setup import Model
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
    responses: Sequence[str] | None = (),
    **settings: Unpack[Keywords],
) -> Study:
    """Readouts over the doses of one agent; ``.fit()`` of the result is its Hill curve.

    Parameters
    ----------
    agent : id, file or loaded.
    doses : ``redoxsim.log("1 nM", "10 uM", 24)``, a range text or a list of texts; None takes the agent's own.
    at, until, every, times : when to read; 48 h after the start where nothing is said.
    given : when the agent is given, in the dose grammar (``0h``, ``0h..6h``, ``0h,24h``); 0 h by default.
    with_ : doses of other agents, the same at every point (``["bso=100uM@-24h"]``).
    responses : variables to add beside the readouts, ``affected`` or ``gr`` (:data:`redoxsim.study.responses.AXES`);
        what they are made of is observed. None adds GR where the model counts live cells.
    settings : see :class:`redoxsim.study.options.Options`.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved.
    """
    options = Options(**settings)
    one = loaded(agent)
    axis = dose_axis(one, doses)
    background = Schedule.of(with_)
    if one.id in background.targets():
        raise DesignError(f"'{one.id}' is dosed twice: over its axis and in the background")
    setup = options.prepare(net, agents=[one], dosed=background.targets())
    when = check_times({one.id: given} if given else None, [one.id])
    schedules, index = point_schedules(setup, [axis], when, background)
    if at is None and until is None and times is None:
        at = AT
    if responses is None:
        responses = ("gr",) if LIVE in setup.symbols and options.keep != "cells" else ()
    elif responses and options.keep == "cells":
        raise DesignError("a response is one of the population", hint="leave out keep='cells'")
    seen = setup.observed(observe)
    read = output_times(until=until, every=every, at=at, times=times, only_end=True)
    refuse_unread([axis], when, read)
    rows = make_rows(
        setup,
        times=read,
        observe=setup.observed((*seen, *needed(responses))),
        points=len(axis),
        schedules=schedules,
        schedule_index=index,
        cells=options.cells,
        settings=options.settings,
    )
    design = {"agent": one.id, "given": when, "with": [str(row) for row in background.doses]}
    wanted = tuple(responses)
    return Study(
        rows=rows,
        kind="dose-response",
        axes=(axis,),
        design=design,
        **options.told,
        finish=(lambda result: with_responses(result, wanted)) if wanted else None,
    )
