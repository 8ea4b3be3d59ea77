"""Numbers taken from finished runs: a formula over named quantities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from redoxsim import units
from redoxsim.errors import DesignError, RedoxsimError
from redoxsim.network import evaluate, parse
from redoxsim.network.expr import symbols
from redoxsim.study.expectations import HOUR, Outcome, reduce_series

FloatArray = NDArray[np.float64]
CROSSING = re.compile(r"(above|below) (\S+)(?: after (.+))?")
SUMMARIES = ("initial", "last", "min", "max", "mean", "half-time", "time-of-max")
TAKES = f"one of {', '.join(SUMMARIES)}, 'at 24 h', 'above 0.5', 'below 0.5 after 24 h'"


class Taken(BaseModel):
    """A number taken from a run.

    Exactly one of ``take`` (how a time course becomes a number: initial, last, min, max, mean, ``at 24 h``,
    half-time, time-of-max, ``above 0.5 after 24 h``; times are in hours), ``fit`` (a dose-response parameter:
    ec50, ic50, e0, einf, h, auc; doses in uM) or ``score`` with ``take`` mean, mean-mid, max or min over the grid.
    ``relative`` divides the course by its first value before it is taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    observe: str
    take: str | None = None
    fit: Literal["ec50", "ic50", "e0", "einf", "h", "auc"] | None = None
    score: str | None = None
    relative: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Taken:
        if (self.fit is None) == (self.take is None):
            raise ValueError("give either 'take' or 'fit'")
        if self.take is not None and self.score is None:
            check_take(self.take)
        return self


class Measure(BaseModel):
    """A number: ``formula`` over what ``let`` names; without a formula the one quantity that is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    let: dict[str, Taken] = Field(min_length=1)
    formula: str | None = None

    @model_validator(mode="after")
    def _known(self) -> Measure:
        if self.formula is None:
            if len(self.let) != 1:
                raise ValueError(f"a formula must say how {', '.join(self.let)} make one number")
            return self
        try:
            used = symbols(parse(self.formula))
        except RedoxsimError as error:
            raise ValueError(f"'{self.formula}' is not a formula: {error.message}") from error
        for name in sorted(used - set(self.let)):
            raise ValueError(f"the formula uses '{name}', which 'let' does not name")
        for name in sorted(set(self.let) - used):
            raise ValueError(f"'{name}' is not used in the formula")
        return self

    def of(self, outcomes: Mapping[str, Outcome]) -> float:
        """The number; not-a-number where a run failed or the quantity is not defined."""
        values = {name: taken(one, outcomes[one.run]) for name, one in self.let.items()}
        if self.formula is None:
            return next(iter(values.values()))
        return evaluate(parse(self.formula), values)


def taken(one: Taken, outcome: Outcome) -> float:
    """The number that a quantity stands for."""
    if one.fit is not None:
        return outcome.fitted(one.observe, one.fit)
    assert one.take is not None
    if one.score is not None:
        return outcome.scored(one.observe, one.score, one.take)
    times, values = outcome.series(one.observe)
    if one.relative:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = values / values[0]
    return take(times, values, one.take)


def check_take(how: str) -> None:
    """Refuse a way to take a number that there is none of.

    Raises
    ------
    ValueError : an unknown word, a level that is no number, a time without a unit.
    """
    crossing = CROSSING.fullmatch(how)
    try:
        if crossing is not None:
            float(crossing[2])
            if crossing[3]:
                units.quantity(crossing[3]).to("s")
        elif how.startswith("at "):
            units.quantity(how.removeprefix("at ")).to("s")
        elif how not in SUMMARIES:
            raise ValueError(f"no way '{how}' to take a number from a course ({TAKES})")
    except RedoxsimError as error:
        raise ValueError(f"'{how}': {error.message}") from error
    except ValueError as error:
        raise ValueError(str(error) if "no way" in str(error) else f"'{how}': the level is no number") from error


def take(times: FloatArray, values: FloatArray, how: str) -> float:
    """One number out of a time course; not-a-number if any value is.

    Parameters
    ----------
    times : seconds, increasing, shape (T,).
    values : shape (T,).
    how : as :class:`Taken` says. ``above X`` and ``below X`` are hours until the level is first reached,
        counted from ``after`` (or from the start); infinite if never.
    """
    if np.isnan(values).any():
        return float("nan")
    if how == "time-of-max":
        return float((times[int(np.argmax(values))] - times[0]) / HOUR)
    crossing = CROSSING.fullmatch(how)
    if crossing is None:
        return reduce_series(times, values, how)
    level = float(crossing[2])
    begin = times[0] if crossing[3] is None else units.quantity(crossing[3]).to("s")
    if not times[0] <= begin < times[-1]:
        raise DesignError(f"'{how}' begins outside the course", hint=f"it ends at {times[-1] / HOUR:g} h")
    later = times > begin
    t = np.concatenate(([begin], times[later]))
    v = np.concatenate(([np.interp(begin, times, values)], values[later])) - level
    if crossing[1] == "below":
        v = -v
    reached = np.flatnonzero(v >= 0.0)
    if reached.size == 0:
        return float("inf")
    first = int(reached[0])
    if first == 0:
        return 0.0
    share = -v[first - 1] / (v[first] - v[first - 1])
    return float((t[first - 1] + share * (t[first] - t[first - 1]) - begin) / HOUR)
