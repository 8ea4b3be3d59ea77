"""Judging an experiment: from results to numbers to "holds", "does not hold" or a known conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError
from redoxsim.study.experiment import Expectation, Experiment, Quantity

FloatArray = NDArray[np.float64]
HOUR = 3600.0
ROUNDING = 1e-3
"""Share of its bound below which a number is told as 0: its digits are those of a solver."""


class Outcome(Protocol):
    """What a finished run must be able to tell, whatever its kind."""

    def series(self, observe: str) -> tuple[FloatArray, FloatArray]:
        """Times in seconds and values, both of shape (T,)."""
        ...

    def fitted(self, observe: str, parameter: str) -> float:
        """A parameter of the dose-response fit; doses in uM."""
        ...

    def scored(self, observe: str, metric: str, reduce: str) -> float:
        """A summary of a synergy score over the grid."""
        ...


class Finding(StrEnum):
    """How an expectation came out, in words.

    A declared conflict is one only where there is a number that shows it: what is not defined does not hold.
    """

    HOLDS = "holds"
    FAILS = "does not hold"
    CONFLICT = "conflict"
    SURPRISE = "holds, though a conflict was declared"

    @property
    def passes(self) -> bool:
        """Whether a run may end well with it."""
        return self is not Finding.FAILS

    @classmethod
    def of(cls, *, holds: bool, declared: bool, defined: bool) -> Finding:
        """What came out.

        Parameters
        ----------
        holds : whether the bound is met.
        declared : whether the expectation states a conflict.
        defined : whether there is a number at all.
        """
        if holds:
            return cls.SURPRISE if declared else cls.HOLDS
        return cls.CONFLICT if declared and defined else cls.FAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One expectation, judged. ``value`` is in the unit of the expectation."""

    expectation: Expectation
    value: float
    holds: bool

    @property
    def finding(self) -> Finding:
        """How it came out."""
        declared = self.expectation.conflict is not None
        return Finding.of(holds=self.holds, declared=declared, defined=not np.isnan(self.value))

    def got(self) -> str:
        """The number in words."""
        if np.isnan(self.value):
            return "not defined"
        if np.isinf(self.value):
            return "beyond the tested doses"
        unit = f" {self.expectation.unit}" if self.expectation.unit else ""
        asked = self.expectation
        bound = max(abs(one) for one in (asked.at_least, asked.at_most, *(asked.within or ())) if one is not None)
        return f"{0.0 if abs(self.value) < ROUNDING * bound else self.value:.4g}{unit}"


def judge(experiment: Experiment, outcomes: Mapping[str, Outcome]) -> tuple[Verdict, ...]:
    """Every expectation of the experiment, in order."""
    verdicts = []
    for one in experiment.expect:
        value = measure(one.quantity, outcomes)
        if one.over is not None:
            divisor = measure(one.over, outcomes)
            value = value / divisor if divisor != 0.0 else float("nan")
        verdicts.append(Verdict(expectation=one, value=value, holds=one.holds(value)))
    return tuple(verdicts)


def measure(quantity: Quantity, outcomes: Mapping[str, Outcome]) -> float:
    """The number a quantity stands for; half-times in hours, doses in uM."""
    outcome = outcomes[quantity.run]
    if quantity.fit is not None:
        return outcome.fitted(quantity.observe, quantity.fit)
    assert quantity.reduce is not None
    if quantity.score is not None:
        return outcome.scored(quantity.observe, quantity.score, quantity.reduce)
    times, values = outcome.series(quantity.observe)
    number = reduce_series(times, values, quantity.reduce)
    return number / float(values[0]) if quantity.relative == "initial" else number


def reduce_series(times: FloatArray, values: FloatArray, how: str) -> float:
    """One number out of a time course; not-a-number if any value is.

    Parameters
    ----------
    times : seconds, increasing, shape (T,).
    values : shape (T,).
    how : initial, last, min, max, mean (over time), ``at <time>`` (interpolated; inside the course
        only) or half-time (hours until the value first reaches half of its start; infinite if never).
    """
    if np.isnan(values).any():
        return float("nan")
    if how == "initial":
        return float(values[0])
    if how == "last":
        return float(values[-1])
    if how == "min":
        return float(values.min())
    if how == "max":
        return float(values.max())
    if how == "mean":
        return float(np.trapezoid(values, times) / (times[-1] - times[0]))
    if how == "half-time":
        return _half_time(times, values)
    if how.startswith("at "):
        when = units.quantity(how.removeprefix("at ")).to("s")
        if not times[0] <= when <= times[-1]:
            raise DesignError(f"'{how}' lies outside the course", hint=f"it ends at {times[-1] / HOUR:g} h")
        return float(np.interp(when, times, values))
    raise DesignError(f"no reduction '{how}'", hint="one of initial, last, min, max, mean, 'at <time>', half-time")


def _half_time(times: FloatArray, values: FloatArray) -> float:
    half = values[0] / 2.0
    below = np.flatnonzero(values <= half)
    if below.size == 0:
        return float("inf")
    first = int(below[0])
    if first == 0:
        return 0.0
    before, after = values[first - 1], values[first]
    share = (before - half) / (before - after)
    return float((times[first - 1] + share * (times[first] - times[first - 1]) - times[0]) / HOUR)
