"""What dose-response and combination share: dose axes with their control, and one schedule per point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError, UnitError, nearest
from redoxsim.pharmacology import Agent, Schedule, load_agent
from redoxsim.pharmacology.dosing import dose_rows
from redoxsim.solve import Schedule as SolveSchedule
from redoxsim.study.design import MOST_SCHEDULES, Axis, refuse_huge
from redoxsim.study.setup import Setup
from redoxsim.study.times import Times
from redoxsim.units import Quantities, Quantity

FloatArray = NDArray[np.float64]
AgentLike = str | Path | Agent
DoseValues = Quantities | str | Sequence[str | Quantity]


def loaded(agent: AgentLike) -> Agent:
    """The agent itself, or the one of an id or file."""
    return agent if isinstance(agent, Agent) else load_agent(agent)


def dose_axis(agent: Agent, doses: DoseValues | None, *, count: int | None = None) -> Axis:
    """Doses of an agent in its own unit, increasing, the untreated control first.

    Parameters
    ----------
    doses : a range text, quantities or a list of texts; None takes the agent's default range.
    count : how many doses to take over that range, evenly in their logarithm.

    Raises
    ------
    DesignError : a negative dose, or the same one twice. UnitError : no unit or one of the wrong kind.
    """
    if doses is not None and not isinstance(doses, Quantities | str) and not _quantities(doses):
        raise UnitError(
            f"the doses of '{agent.id}' have no unit",
            hint=f"redoxsim.log('1 nM', '10 uM', 24), or texts such as '1 {agent.dose_unit}'",
        )
    given = agent.doses if doses is None else units.values(doses)
    if units.kind(given.unit) != units.kind(agent.dose_unit):  # g/L of an agent that counts in mM
        moles = [agent.in_moles(one) for one in given]
        given = Quantities(np.array([one.value for one in moles]), moles[0].unit)
    found = given.to(agent.dose_unit)
    if doses is None and count is not None:
        if count < 1:
            raise DesignError(f"a grid needs at least one dose of '{agent.id}', not {count}")
        low, high = Quantity(float(found.min()), agent.dose_unit), Quantity(float(found.max()), agent.dose_unit)
        found = units.log(low, high, count).to(agent.dose_unit)
    if np.any(found < 0):
        raise DesignError(f"negative dose {found[found < 0][0]:g} {agent.dose_unit} of '{agent.id}'")
    ordered = np.unique(found)
    if len(ordered) < len(found):
        raise DesignError(f"a dose of '{agent.id}' is given twice")
    if not np.any(ordered > 0):
        raise DesignError(f"there is no dose of '{agent.id}' above zero")
    return Axis(agent.id, ordered if ordered[0] == 0.0 else np.concatenate([[0.0], ordered]), agent.dose_unit)


def _quantities(doses: Sequence[str | Quantity]) -> bool:
    return all(isinstance(one, str | Quantity) for one in doses)


def point_schedules(
    setup: Setup, axes: Sequence[Axis], times: Mapping[str, str], background: Schedule
) -> tuple[tuple[SolveSchedule, ...], NDArray[np.intp]]:
    """One schedule per point of the grid of dose axes, the last axis fastest.

    A dose of zero keeps its place in the schedule (an exchange of medium that goes with it takes place),
    so that the control differs in the dose alone.

    Raises
    ------
    DesignError : too many points.
    """
    shape = tuple(len(axis) for axis in axes)
    refuse_huge(shape, most=MOST_SCHEDULES)
    schedules = []
    for index in np.ndindex(*shape):
        doses = background
        for axis, place in zip(axes, index, strict=True):
            amount = Quantity(float(axis.values[place]), axis.unit)
            doses = doses + Schedule(dose_rows(axis.name, amount, times.get(axis.name)))
        schedules.append(setup.schedule(doses))
    return tuple(schedules), np.arange(len(schedules), dtype=np.intp)


def check_times(times: Mapping[str, str] | None, agents: Sequence[str]) -> dict[str, str]:
    """Dosing times by agent id; only of agents that are there."""
    found = dict(times or {})
    for name in found:
        if name not in agents:
            raise DesignError(f"times are given for '{name}', which is not combined", hint=nearest(name, agents))
    return found


def refuse_unread(axes: Sequence[Axis], when: Mapping[str, str], times: Times) -> None:
    """Every agent is given before the last reading; else its axis would show nothing of it.

    Raises
    ------
    DesignError : one is not.
    """
    end = float(times.seconds[-1])
    for axis in axes:
        first = min(row.time for row in dose_rows(axis.name, Quantity(0.0, axis.unit), when.get(axis.name)))
        if first >= end:
            raise DesignError(
                f"'{axis.name}' is given at {first / 3600:g} h, and nothing is read after that (the last at "
                f"{end / 3600:g} h)",
                hint=f"read later, such as at {first / 3600 + 48:g}h",
            )


__all__ = ["AgentLike", "DoseValues", "check_times", "dose_axis", "loaded", "point_schedules", "refuse_unread"]
