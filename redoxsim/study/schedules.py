"""Order and delay of two agents: the effect of giving one after the other, and what of it is more than independent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError, UnitError, nearest
from redoxsim.pharmacology import Schedule
from redoxsim.pharmacology.dosing import dose_rows
from redoxsim.solve import Schedule as SolveSchedule
from redoxsim.study.courses import Doses
from redoxsim.study.design import MOST_SCHEDULES, Axis, refuse_huge
from redoxsim.study.dose_curves import MODEL
from redoxsim.study.dosed import AgentLike, DoseValues, dose_axis, loaded
from redoxsim.study.options import Keywords, Options
from redoxsim.study.plan import Runs, Study
from redoxsim.study.results import SCORE_NAMES, ResultSet, score_attrs
from redoxsim.study.rows import make_rows
from redoxsim.study.setup import ORIENTATIONS, Model, Setup
from redoxsim.study.times import output_times
from redoxsim.units import Quantities, Quantity

if TYPE_CHECKING:
    from redoxsim.analysis import SynergyTable

DELAYS = "-48h,-24h,-12h,-6h,0h,6h,12h,24h,48h"
AT = "96 h"
DELAY = "delay"


@Runs
def schedule_map(
    net: Model = MODEL,
    *,
    agents: Sequence[AgentLike],
    doses: Mapping[str, DoseValues],
    delays: str | Quantities | Sequence[str] = DELAYS,
    at: str = AT,
    observe: str | Sequence[str] = "viability",
    with_: Doses = None,
    **settings: Unpack[Keywords],
) -> Study:
    """Readouts over the doses of two agents and the delay of the second after the first.

    The agent that comes first is always given at 0 h, the other ``|delay|`` later, and all is read at one time after
    the first, so that every point has grown equally long; the later agent acts for ``at - |delay|``. Zero doses are
    always among the doses: a readout with a direction comes with ``bliss_excess``, its excess over independent action
    of the two agents given alone at those same times, so that a shorter exposure alone makes no excess.

    Parameters
    ----------
    agents : two; ids, files or loaded.
    doses : of both, by id: one amount, a range text, or several.
    delays : of the second agent after the first, with units; negative: the second comes first.
    at : time of reading after the first dose; later than every delay.
    with_ : doses of further agents, the same at every point.
    settings : see :class:`redoxsim.study.options.Options`.

    Returns
    -------
    ResultSet : dimensions are the first agent, the second agent, ``delay`` (h).

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved.
    """
    options = Options(**settings)
    chosen = [loaded(agent) for agent in agents]
    names = [one.id for one in chosen]
    if len(names) != 2 or names[0] == names[1]:
        raise DesignError(f"a schedule map takes two different agents, not {', '.join(names) or 'none'}")
    for name in doses:
        if name not in names:
            raise DesignError(f"doses are given for '{name}', which is not scheduled", hint=nearest(name, names))
    missing = [name for name in names if name not in doses]
    if missing:
        raise DesignError(
            f"no dose of '{missing[0]}' is given", hint=f"one amount is enough, such as 100 uM of '{missing[0]}'"
        )
    background = Schedule.of(with_)
    both = sorted(set(names) & set(background.targets()))
    if both:
        raise DesignError(f"'{both[0]}' is dosed twice: over its axis and in the background")
    axes = (*(dose_axis(one, doses[one.id]) for one in chosen), delay_axis(delays, at))
    setup = options.prepare(net, agents=chosen, dosed=background.targets())
    schedules = _schedules(setup, axes, background)
    rows = make_rows(
        setup,
        times=output_times(at=at),
        observe=setup.observed(observe),
        points=len(schedules),
        schedules=schedules,
        schedule_index=np.arange(len(schedules), dtype=np.intp),
        cells=options.cells,
        settings=options.settings,
    )
    return Study(
        rows=rows,
        kind="schedule",
        axes=axes,
        design={"agents": names, "delay_of": names[1], "with": [str(row) for row in background.doses]},
        finish=None if options.keep == "cells" else _with_excess,
        **options.told,
    )


def delay_axis(delays: str | Quantities | Sequence[str], at: str) -> Axis:
    """Delays in hours, increasing.

    Raises
    ------
    UnitError : no unit of time. DesignError : the same delay twice, or one not before the reading.
    """
    if isinstance(delays, str | Quantities) or all(isinstance(one, str | Quantity) for one in delays):
        found = units.values(delays)
    else:
        raise UnitError("delays have no unit", hint="'-24h..24h:lin:5', or texts such as '6 h'")
    hours: NDArray[np.float64] = np.sort(found.to("h"))
    if np.any(np.diff(hours) == 0.0):
        raise DesignError("a delay is given twice")
    end = units.seconds(at) / 3600.0
    if not hours.size or np.abs(hours).max() >= end:
        raise DesignError(f"the second dose of a delay of {np.abs(hours).max():g} h is not before the reading at {at}")
    return Axis(DELAY, hours, "h")


def _schedules(setup: Setup, axes: Sequence[Axis], background: Schedule) -> tuple[SolveSchedule, ...]:
    first, second, delay = axes
    refuse_huge([len(axis) for axis in axes], most=MOST_SCHEDULES)
    found = []
    for i, j, k in np.ndindex(len(first), len(second), len(delay)):
        later = float(delay.values[k])
        doses = background
        for axis, place, hours in ((first, i, max(0.0, -later)), (second, j, max(0.0, later))):
            amount = Quantity(float(axis.values[place]), axis.unit)
            doses = doses + Schedule(dose_rows(axis.name, amount, f"{hours * 3600.0!r} s"))
        found.append(setup.schedule(doses))
    return tuple(found)


def _with_excess(result: ResultSet) -> ResultSet:
    """The same with the Bliss excess of the first readout that has a direction, at every delay."""
    dataset = result.dataset.copy()
    first, second, _ = result.axes
    words = {"units": "h", "long_name": f"delay of {second} after {first}"}
    dataset = dataset.assign_coords({DELAY: (DELAY, dataset[DELAY].values, words)})
    scored = [name for name in result.observables if name in ORIENTATIONS]
    if scored:
        name = scored[0]
        values = np.asarray(dataset[name], dtype=float)
        excess = np.full(values.shape, np.nan)
        attrs: dict[str, Any] = {}
        doses = [np.asarray(dataset[axis], dtype=float) for axis in (first, second)]
        for place in np.ndindex(*values.shape[2:]):
            table = _bliss(doses, values[(slice(None), slice(None), *place)], ORIENTATIONS[name], (first, second))
            excess[(slice(None), slice(None), *place)] = table.values
            attrs = score_attrs(table, name)
        dataset[SCORE_NAMES["bliss"]] = (dataset[name].dims, excess, attrs)
    return result.with_data(dataset)


def _bliss(doses: Sequence[Any], effect: Any, orientation: str, agents: tuple[str, str]) -> SynergyTable:
    from redoxsim.analysis import EffectArray, bliss

    grid = EffectArray(
        doses,
        effect,
        orientation=orientation,  # type: ignore[arg-type]
        scale="fraction",
        agents=agents,
        failed=np.isnan(effect),
        margin=np.inf,
    )
    return bliss(grid)
