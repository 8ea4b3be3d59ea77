"""Doses as a table: when, what, how. Knows no drug; targets are symbol ids."""

from __future__ import annotations

import math
from dataclasses import dataclass

from redoxsim.errors import DesignError, nearest

RANK = {"wash": 0, "set": 1, "add": 2, "infuse": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One row. Times are in model time units, amounts in the unit of the target's state.

    ``action`` is "add" (state += amount at ``time``), "set" (symbol := amount), "infuse"
    (d state/dt += amount from ``time`` to ``until``) or "wash" (every species of the medium
    goes back to its initial value; ``target`` is then a compartment id).

    Raises
    ------
    DesignError : an unknown action, a time or amount that is not finite, an infusion without an end.
    """

    time: float
    target: str
    action: str
    amount: float = 0.0
    until: float | None = None

    def __post_init__(self) -> None:
        if self.action not in RANK:
            raise DesignError(f"dose action '{self.action}' is unknown", hint=nearest(self.action, RANK))
        if not (math.isfinite(self.time) and math.isfinite(self.amount)):
            raise DesignError(f"dose of '{self.target}': time and amount must be finite numbers")
        if self.action == "infuse":
            if self.until is None or not self.time < self.until < math.inf:
                raise DesignError(f"infusion of '{self.target}' needs an end after its start at {self.time:g}")
        elif self.until is not None:
            raise DesignError(f"dose of '{self.target}': only an infusion has an end")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rows sorted by time; rows at the same time: wash, then set, then add."""

    doses: tuple[Dose, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.doses, key=lambda dose: (dose.time, RANK[dose.action], dose.target)))
        object.__setattr__(self, "doses", ordered)

    def start(self) -> float:
        """When the simulation must begin: 0, or the first dose if that is earlier."""
        return min([0.0, *(dose.time for dose in self.doses)])
