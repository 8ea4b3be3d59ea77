"""Values outside the range that their constant is known to lie in: results obtained there are not results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redoxsim import units
from redoxsim.errors import RedoxsimError, nearest
from redoxsim.pharmacology import Cell, to_model
from redoxsim.study.metadata import constants_of
from redoxsim.study.setup import Model, read_model

if TYPE_CHECKING:
    from redoxsim.study.experiment import Run
    from redoxsim.study.setup import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A value outside ``low`` to ``high``, in the unit of the model. ``grade`` is how well the range is known."""

    id: str
    value: float
    low: float
    high: float
    grade: str

    def __str__(self) -> str:
        return f"'{self.id}' = {self.value:g} lies outside its range {self.low:g} to {self.high:g} (grade {self.grade})"


def outside(graded: Iterable[Any], values: Mapping[str, float]) -> tuple[Outside, ...]:
    """Which values leave the range of their constant, in the order given.

    Parameters
    ----------
    graded : constants with ``id``, ``low``, ``high`` and ``grade``; those without a range keep nothing in.
    values : by id, in model units.
    """
    known = {one.id: one for one in graded if one.low is not None and one.high is not None}
    return tuple(
        Outside(id=name, value=value, low=known[name].low, high=known[name].high, grade=known[name].grade)
        for name, value in values.items()
        if name in known and not known[name].low <= value <= known[name].high
    )


def outside_of_setup(setup: Setup) -> tuple[Outside, ...]:
    """Of the values of a cell and of the user, those that leave the ranges of the model and its agents."""
    graded = [*setup.constants.values(), *(one for agent in setup.agents.values() for one in agent.parameters)]
    return outside(graded, setup.values)


def hypotheses_of_setup(setup: Setup) -> str:
    """In a sentence, which agents have a mechanism that is proposed and not shown; "" if none has."""
    found = [agent.name for agent in setup.agents.values() if agent.hypothesis]
    return f"{' and '.join(found)}: the mechanism is proposed, not shown" if found else ""


def problems_of_cell(cell: Cell, model: Model = "redox") -> list[tuple[str, str, str | None]]:
    """(id, what is wrong, hint) of values of a cell that leave the model's ranges or that the model does not have."""
    network = read_model(model)
    constants = constants_of(network)
    found: list[tuple[str, str, str | None]] = [
        (one.id, str(one), "correct the value; a range that is too narrow is mended in parameters.csv, with its source")
        for one in outside(constants.values(), cell.overrides)
    ]
    settable = {part.id for part in (*network.parameters, *network.compartments, *network.species)}
    for name in {**cell.overrides, **cell.population.cv}:
        if name not in settable:
            found.append((name, f"model '{network.id}' has nothing called '{name}' to set", nearest(name, settable)))
    return found


def problems_of_runs(runs: Iterable[tuple[str, Run]]) -> list[tuple[str, str, str | None]]:
    """(id, what is wrong, hint) of values that runs set, each with its model; the unreadable is left to the run."""
    found: list[tuple[str, str, str | None]] = []
    for model, run in runs:
        if not run.values:
            continue
        try:
            network = read_model(model)
            numbers = {name: _number(network, name, value) for name, value in run.values.items()}
        except RedoxsimError:
            continue
        for one in outside(constants_of(network).values(), numbers):
            found.append((one.id, f"run '{run.id}': {one}", "say in the file why the range is left"))
    return found


def _number(network: Any, name: str, value: float | str) -> float:
    if isinstance(value, str):
        amount = units.quantity(value)
        return to_model(network, name, amount) if amount.unit else amount.value
    return float(value)
