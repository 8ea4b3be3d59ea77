"""Parameters of fitted surfaces with intervals, and the reason where the data do not determine them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from redoxsim.analysis.effect import Floats

LEVEL: Final = 0.95
# An interval of a ratio that spans more decades than this says nothing about it.
MOST_DECADES: Final = 3.0
# Share of the allowed range that an interval may span on a linear scale.
MOST_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Estimate:
    """One parameter of a surface.

    Attributes
    ----------
    name, meaning : its symbol, and in words what it is and how to read it.
    best : the value of the best fit, whether determined or not.
    low, high : ends of the 95% interval; 0, inf or the bound where the data leave an end open; NaN if none was asked.
    neutral : the value of no interaction; None for a parameter that is not about interaction.
    problem : why the data do not determine it; empty if they do.
    unit : of a dose; "" otherwise.
    bounds : what the fit allowed. log : whether the parameter is a ratio (fitted on its logarithm).
    """

    name: str
    meaning: str
    best: float
    low: float = np.nan
    high: float = np.nan
    neutral: float | None = None
    problem: str = ""
    unit: str = ""
    bounds: tuple[float, float] = (-np.inf, np.inf)
    log: bool = False

    @property
    def value(self) -> float:
        """The value, NaN where the data do not determine it."""
        return np.nan if self.problem else self.best

    @property
    def reading(self) -> str:
        """'synergy', 'antagonism', 'not told from none', 'undetermined', or "" for a parameter without such."""
        if self.problem:
            return "undetermined"
        if self.neutral is None:
            return ""
        if np.isnan(self.low) or np.isnan(self.high):
            return "no interval"
        if self.low > self.neutral:
            return "synergy"
        return "antagonism" if self.high < self.neutral else "not told from none"

    def row(self) -> tuple[str, str, str, str]:
        """Name, value, interval and reading as text."""
        value = "undetermined" if self.problem else f"{self.best:.4g}"
        between = "" if np.isnan(self.low) else f"{self.low:.4g} to {self.high:.4g}"
        text = f"undetermined: {self.problem}" if self.problem else self.reading
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.name}{unit}", value, between, text


def judged(estimate: Estimate, samples: Floats, *, error: float = 0.0, level: float = LEVEL) -> Estimate:
    """The estimate with its percentile interval from (m,) resampled values, and whether it is determined.

    ``error`` is a local standard error (of the logarithm for a ratio): resampling cannot see a direction along which
    a fit has no reason to move.
    """
    low_bound, high_bound = estimate.bounds
    span = high_bound - low_bound
    slack = 1e-9 * (span if np.isfinite(span) else 1.0)
    if estimate.log:
        at_low, at_high = estimate.best <= low_bound * (1 + 1e-9), estimate.best >= high_bound * (1 - 1e-9)
    else:
        at_low, at_high = estimate.best <= low_bound + slack, estimate.best >= high_bound - slack
    resting = f"the fit rests on its {'lower' if at_low else 'upper'} bound {low_bound if at_low else high_bound:.3g}"
    if samples.size == 0:
        return replace(estimate, problem=estimate.problem or (resting if at_low or at_high else ""))
    finite = samples[np.isfinite(samples)]
    if finite.size < 0.9 * samples.size:
        return replace(estimate, low=np.nan, high=np.nan, problem=estimate.problem or "its resamples often fail")
    tail = 50.0 * (1.0 - level)
    low, high = (float(end) for end in np.percentile(finite, [tail, 100.0 - tail]))
    if estimate.log:
        near_low, near_high = low <= low_bound * 1.001, high >= high_bound / 1.001
        low, high = (0.0 if near_low else low), (np.inf if near_high else high)
        wide = (near_low and near_high) or (low > 0.0 and high < np.inf and np.log10(high / low) > MOST_DECADES)
        loose = not error * 3.92 <= MOST_DECADES * np.log(10.0)
    else:
        wide = np.isfinite(span) and high - low > MOST_SHARE * span
        loose = not error * 3.92 <= (MOST_SHARE * span if np.isfinite(span) else np.inf)
    problem = estimate.problem
    if not problem:
        if at_low or at_high:
            problem = f"{resting} ({f'below {high:.3g}' if at_low else f'above {low:.3g}'})"
        elif loose:
            problem = "the data leave it open"
        elif wide:
            problem = f"its interval, {low:.2g} to {high:.2g}, leaves nothing out"
    return replace(estimate, low=low, high=high, problem=problem)


def within(
    refits: Sequence[Sequence[Estimate]], estimates: Sequence[Estimate], *, level: float = LEVEL
) -> tuple[Estimate, ...]:
    """Estimates with intervals from whole refits, the estimates of one refit each; unchanged if there are none."""
    if not refits or not estimates:
        return tuple(estimates)
    best = np.array([[one.best for one in fit] for fit in refits])
    return tuple(judged(one, best[:, k], level=level) for k, one in enumerate(estimates))
