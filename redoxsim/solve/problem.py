"""What a solver is given: one system, values, a schedule and output times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from redoxsim.equations.system import OdeSystem
from redoxsim.solve.schedule import Schedule

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One simulation. The same problem gives the same answer, always.

    Parameters
    ----------
    system : the equations.
    values : overrides by id (parameter, compartment size, initial value of a species), in model units.
    schedule : doses; empty by default.
    times : output times in model time units, increasing, shape (T,).
    start : "given" (initial state as the model gives it) or "steady" (undosed steady state of these values).
    rtol, atol : tolerances; ``atol`` None takes one per state from its typical size.
    max_steps : step budget for the whole run.
    """

    system: OdeSystem
    times: FloatArray
    values: Mapping[str, float] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=Schedule)
    start: str = "given"
    rtol: float = 1e-6
    atol: float | FloatArray | None = None
    max_steps: int = 100_000


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Many simulations of one system.

    ``columns`` maps an id to one value per row, shape (N,); ``schedule_index`` picks each row's
    schedule out of ``schedules``. ``observe`` are the symbols to keep, in order.
    """

    system: OdeSystem
    times: FloatArray
    rows: int
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = (Schedule(),)
    schedule_index: NDArray[np.intp] | None = None
    observe: tuple[str, ...] = ()
    start: str = "given"
    rtol: float = 1e-6
    atol: float | FloatArray | None = None
    max_steps: int = 100_000

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
