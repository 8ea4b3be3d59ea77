"""Doses as a table: when, what, how. Knows no drug; targets are symbol ids."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One row. Times are in model time units, amounts in the unit of the target's state.

    ``action`` is "add" (state += amount at ``time``), "set" (symbol := amount), "infuse"
    (d state/dt += amount from ``time`` to ``until``) or "wash" (every species of the medium
    goes back to its initial value; ``target`` is then a compartment id).
    """

    time: float
    target: str
    action: str
    amount: float = 0.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rows sorted by time; rows at the same time: wash, then set, then add."""

    doses: tuple[Dose, ...] = ()

    def __post_init__(self) -> None:
        rank = {"wash": 0, "set": 1, "add": 2, "infuse": 3}
        ordered = tuple(sorted(self.doses, key=lambda dose: (dose.time, rank[dose.action], dose.target)))
        object.__setattr__(self, "doses", ordered)

    def start(self) -> float:
        """When the simulation must begin: 0, or the first dose if that is earlier."""
        return min([0.0, *(dose.time for dose in self.doses)])
