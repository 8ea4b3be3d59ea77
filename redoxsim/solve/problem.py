"""What a solver is given: one system, values, a schedule and output times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, nearest
from redoxsim.solve.schedule import Schedule

if TYPE_CHECKING:
    from redoxsim.solve.solution import Solution

FloatArray = NDArray[np.float64]
STARTS = ("given", "steady")
REDUCTIONS = ("last", "max", "min", "time_of_max", "time_of_min", "area", "above")


@dataclass(frozen=True, kw_only=True, eq=False)
class Restart:
    """Where a simulation stopped, all that is needed to go on.

    ``time`` in model units, states ``y`` (n,) and constants ``p`` (m,) there, after everything
    scheduled up to and at that time; ``origin_y`` and ``origin_p`` as the simulation began (a wash
    goes back to them); ``atol`` (n,) as it was used.
    """

    time: float
    y: FloatArray
    p: FloatArray
    origin_y: FloatArray
    origin_p: FloatArray
    atol: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """One simulation. The same problem gives the same answer, always.

    Parameters
    ----------
    system : the equations.
    values : overrides by id (parameter, compartment size, initial value of a species), in model units.
    schedule : doses; empty by default.
    times : output times in model time units, increasing, shape (T,).
    start : "given" (initial state as the model gives it) or "steady" (undosed steady state of these values).
    rtol, atol : tolerances; ``atol`` None takes one per state from its typical size, a number holds
        for all states, an array (n,) gives one each, in the unit of the state.
    max_steps : step budget for the whole run.
    restart : go on from where another solution stopped instead of starting; ``values`` and ``start``
        are then not looked at.

    Raises
    ------
    DesignError : times that are empty, not finite or not increasing; tolerances that are not positive.
    """

    system: OdeSystem
    times: FloatArray
    values: Mapping[str, float] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=Schedule)
    start: str = "given"
    rtol: float = 1e-6
    atol: float | FloatArray | None = None
    max_steps: int = 100_000
    restart: Restart | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", checked_times(self.times))
        check_settings(self.system, self.start, self.rtol, self.atol, self.max_steps)
        if self.restart is not None and self.times[0] < self.restart.time:
            raise DesignError(f"output at {self.times[0]:g} lies before the restart at {self.restart.time:g}")

    def restart_from(self, solution: Solution, *, times: ArrayLike) -> Problem:
        """The problem that goes on where ``solution`` stopped, with new output times (T,).

        Doses of the schedule up to that time count as given; infusions under way go on.
        """
        if solution.end is None:
            raise DesignError(f"there is nothing to go on from: {solution.status.value}")
        return replace(self, times=np.asarray(times, dtype=np.float64), restart=solution.end)


def checked_times(times: ArrayLike) -> FloatArray:
    """Output times as a read-only array (T,)."""
    array = np.array(times, dtype=np.float64, ndmin=1)
    if array.ndim != 1 or array.size == 0:
        raise DesignError("output times must be a list of numbers, at least one")
    if not np.all(np.isfinite(array)):
        raise DesignError("output times must be finite numbers")
    if np.any(np.diff(array) <= 0):
        raise DesignError("output times must increase")
    array.flags.writeable = False
    return array


def check_settings(system: OdeSystem, start: str, rtol: float, atol: float | FloatArray | None, max_steps: int) -> None:
    """Refuse settings that make no sense."""
    if start not in STARTS:
        raise DesignError(f"start '{start}' is not one of {', '.join(STARTS)}")
    if not 1e-15 < rtol < 1:
        raise DesignError(f"rtol must lie between 1e-15 and 1, not {rtol:g}")
    if atol is not None:
        array = np.asarray(atol, dtype=np.float64)
        if array.shape not in ((), (len(system.states),)):
            raise DesignError(f"atol must be one number or one per state ({len(system.states)}), not {array.shape}")
        if not np.all(array > 0):
            raise DesignError("atol must be positive")
    if max_steps < 1:
        raise DesignError(f"max_steps must be at least 1, not {max_steps}")


@dataclass(frozen=True)
class Reduction:
    """A number instead of a course, over the window of the output times.

    Parameters
    ----------
    kind : "last", "max", "min", "time_of_max", "time_of_min", "area" (integral over time) or "above" (time
        spent above ``level``); values and times in model units.
    symbol : id of what is reduced.
    level : for "above" only.

    Raises
    ------
    DesignError : an unknown kind, a level that is missing, not finite or of no use.
    """

    kind: str
    symbol: str
    level: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in REDUCTIONS:
            raise DesignError(
                f"there is no reduction '{self.kind}' of '{self.symbol}'",
                hint=nearest(self.kind, REDUCTIONS) or f"one of {', '.join(REDUCTIONS)}",
            )
        if self.kind == "above" and (self.level is None or not math.isfinite(self.level)):
            raise DesignError(f"above({self.symbol}): the level must be given as a finite number")
        if self.kind != "above" and self.level is not None:
            raise DesignError(f"{self.kind}({self.symbol}) takes no level")

    def __str__(self) -> str:
        level = "" if self.level is None else f", {self.level:g}"
        return f"{self.kind}({self.symbol}{level})"


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Many simulations of one system.

    ``columns`` maps an id to one value per row, shape (N,); ``schedule_index`` picks each row's
    schedule out of ``schedules``. ``observe`` are the symbols to keep, in order; ``reductions`` what is
    kept as one number per row (with ``observe`` empty no course is held in memory).
    """

    system: OdeSystem
    times: FloatArray
    rows: int
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = (Schedule(),)
    schedule_index: NDArray[np.intp] | None = None
    observe: tuple[str, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    start: str = "given"
    rtol: float = 1e-6
    atol: float | FloatArray | None = None
    max_steps: int = 100_000

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", checked_times(self.times))
        check_settings(self.system, self.start, self.rtol, self.atol, self.max_steps)
        for name, column in self.columns.items():
            if np.shape(column) != (self.rows,):
                raise DesignError(f"column '{name}' has shape {np.shape(column)}, not ({self.rows},)")
        index = self.schedule_index
        if index is not None and (
            np.shape(index) != (self.rows,) or np.any((index < 0) | (index >= len(self.schedules)))
        ):
            raise DesignError(f"schedule_index must hold one index into {len(self.schedules)} schedules per row")

    def row(self, index: int) -> Problem:
        """The single problem that row ``index`` stands for."""
        schedule = self.schedules[0 if self.schedule_index is None else int(self.schedule_index[index])]
        return Problem(
            system=self.system,
            times=self.times,
            values={name: float(column[index]) for name, column in self.columns.items()},
            schedule=schedule,
            start=self.start,
            rtol=self.rtol,
            atol=self.atol,
            max_steps=self.max_steps,
        )
