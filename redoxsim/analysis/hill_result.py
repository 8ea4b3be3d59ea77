"""The result of a Hill fit: parameters with intervals, prediction and its inverse, limits in words."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from redoxsim.analysis.effect import Floats, Mask, Scale, from_affected, to_affected
from redoxsim.analysis.hill_math import curve
from redoxsim.errors import FitError

Readout = Literal["viability", "inhibition", "signal"]
LEVEL: Final = 0.95  # of every interval
AT_LIMIT: Final = "at the limit of the fit"
LACK_OF_FIT: Final = "lack of fit only"


class Limit(StrEnum):
    """Why a dose is not given as a number."""

    ABOVE = "> max dose"
    BELOW = "< min dose"
    NONE = "not reported"


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval, how it was found and how much it covers; an end that the data leave open is 0 or inf.

    Where ``method`` ends in "lack of fit only" the points carry no noise: the interval says how far the curve is from
    a Hill curve, and nothing of what a second experiment would give.
    """

    low: float
    high: float
    method: str
    level: float = LEVEL


@dataclass(frozen=True, slots=True)
class HillBounds:
    """Bounds of the fit, on the fraction affected (0 untreated, 1 all affected), the slope and the EC50.

    ``decades`` is how far beyond the tested doses the EC50 may move during the fit; an EC50 beyond them is reported
    as a limit, not as a number. For a readout of kind 'signal' 0 and 1 are the lowest and highest value measured.
    """

    control: tuple[float, float] = (-0.25, 0.25)
    maximal: tuple[float, float] = (-0.25, 1.0)
    slope: tuple[float, float] = (0.3, 8.0)
    decades: float = 2.0


STEEPEST: Final = HillBounds().slope[1]
"""The steepest slope that is tried where nobody gives bounds; where an interval ends beyond it is not known."""


@dataclass(frozen=True, slots=True)
class Scaler:
    """Effects as given to fraction affected (for a signal: its place in the measured range) and back."""

    readout: Readout
    scale: Scale
    offset: float = 0.0
    span: float = 1.0

    def into(self, effect: ArrayLike) -> Floats:
        if self.readout == "signal":
            return np.asarray((np.asarray(effect, dtype=float) - self.offset) / self.span, dtype=float)
        return to_affected(effect, orientation=self.readout, scale=self.scale)

    def back(self, affected: ArrayLike) -> Floats:
        if self.readout == "signal":
            return np.asarray(self.offset + self.span * np.asarray(affected, dtype=float), dtype=float)
        return from_affected(affected, orientation=self.readout, scale=self.scale)


@dataclass(frozen=True)
class HillFit:
    """A fitted dose-response curve; a fit that failed is one with ``converged`` False and a ``message``.

    Attributes
    ----------
    e0, einf : effect without agent and at infinite dose, as the effects were given (direction and scale).
    ec50 : dose of the half-way effect (relative), in the unit of the doses, or a `Limit`.
    ic50 : dose at which half the cells are affected (absolute), or a `Limit`; never extrapolated.
    h : slope; NaN for a flat curve.
    intervals : 95% intervals of e0, einf, ec50, h, ic50 where the data allow them, each with its method.
    rss, dof : weighted residual sum of squares on the fraction affected, and degrees of freedom.
    flat : the data do not tell the curve from a flat line (F-test, ``flat_p`` >= 0.05), or it moves by less than
        counts as a response; no EC50 is reported.
    auc : mean effect of the curve over log dose between the smallest and largest dose, in the effect's own unit.
    auc_data : the same by the trapezoid rule over the mean effects, without any curve.
    at_bound : parameters that rest on a bound; they have no interval.
    dose_range : smallest and largest non-zero dose.
    """

    readout: Readout
    scale: Scale
    converged: bool
    message: str
    e0: float = np.nan
    einf: float = np.nan
    ec50: float | Limit = Limit.NONE
    h: float = np.nan
    ic50: float | Limit = Limit.NONE
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    rss: float = np.nan
    dof: int = 0
    flat: bool = False
    flat_p: float = np.nan
    auc: float = np.nan
    auc_data: float = np.nan
    at_bound: tuple[str, ...] = ()
    dose_range: tuple[float, float] = (np.nan, np.nan)
    midpoint: float = np.nan

    def predict(self, doses: ArrayLike) -> Floats:
        """Effect of the curve at doses of any shape, as the effects were given; NaN if the fit failed."""
        c = np.asarray(doses, dtype=float)
        if np.any(c < 0.0):
            raise FitError(f"negative dose {np.min(c):g}")
        if not self.converged or self.flat:
            return np.full(c.shape, self.e0 if self.converged else np.nan)
        with np.errstate(divide="ignore"):
            x = np.log(c / self.midpoint)
        share = curve(np.array([0.0, 1.0, 0.0, np.log(self.h)]), x)
        return np.asarray(self.e0 + (self.einf - self.e0) * share, dtype=float)

    def extrapolate(self, effect: ArrayLike) -> tuple[Floats, Mask]:
        """Doses for effects of any shape, also beyond the tested doses, with a mask that says which are beyond.

        NaN where the curve never has that effect.
        """
        e = np.asarray(effect, dtype=float)
        if not self.converged or self.flat:
            return np.full(e.shape, np.nan), np.zeros(e.shape, dtype=bool)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (e - self.e0) / (self.einf - self.e0)
            dose = self.midpoint * np.exp(np.log(share / (1.0 - share)) / self.h)
            dose = np.where((share >= 0.0) & (share < 1.0), dose, np.nan)
            low, high = self.dose_range
            slack = 1e-12  # a tested dose must find itself again
            beyond = (dose < low * (1.0 - slack)) | (dose > high * (1.0 + slack))
        return np.asarray(dose, dtype=float), beyond

    def inverse(self, effect: ArrayLike) -> Floats:
        """Doses for effects of any shape; NaN where the effect is not reached between the tested doses."""
        dose, beyond = self.extrapolate(effect)
        return np.where(beyond, np.nan, dose)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Table rows: name, value, 95% interval, method of the interval."""
        table = []
        values: dict[str, float | Limit] = {"e0": self.e0, "einf": self.einf, "ec50": self.ec50}
        values |= {"h": self.h, "ic50": self.ic50, "auc": self.auc}
        for name, value in values.items():
            if name == "h" and "h" in self.at_bound:  # as steep or as flat as is tried: no number of the data
                table.append((name, AT_LIMIT, "", ""))
                continue
            interval = self.intervals.get(name)
            text = value.value if isinstance(value, Limit) else f"{value:.4g}"
            between = f"{interval.low:.4g} to {interval.high:.4g}" if interval else ""
            if name == "h" and interval and self.h <= STEEPEST * (1.0 - 1e-6) <= interval.high:
                between = f"{interval.low:.4g} to >= {STEEPEST:g}"
            if interval and interval.level != LEVEL:
                between += f" ({interval.level:.0%})"
            table.append((name, text, between, interval.method if interval else ""))
        return table

    def _repr_html_(self) -> str:
        head = "<tr><th></th><th>value</th><th>95% interval</th><th>method</th></tr>"
        body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in self.rows())
        return f"<table>{head}{body}</table><p>{html.escape(self.message)}</p>"


def number(potency: float | Limit) -> float:
    """The dose as a number; NaN for a `Limit`."""
    return np.nan if isinstance(potency, Limit) else float(potency)
