"""Local sensitivities from central differences in the logarithm, and what they say of a variance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from redoxsim.analysis.effect import Floats, numbers
from redoxsim.errors import FitError


def log_gains(down: ArrayLike, middle: ArrayLike, up: ArrayLike, *, step: float) -> tuple[Floats, Floats, Floats]:
    """Relative change of a readout per relative change of a constant: d ln|Y| / d ln p.

    Parameters
    ----------
    down, middle, up : readouts of any one shape with the constant times exp(-step), 1, exp(step).

    Returns
    -------
    gain : central difference; not-a-number where the readout is zero or missing.
    low, high : the smaller and the larger of the two one-sided differences: how far the gain holds over the step.

    Raises
    ------
    FitError : a step that is not above zero.

    >>> gain, low, high = log_gains(0.99**2, 1.0, 1.01**2, step=0.01)
    >>> round(float(gain), 3)
    2.0
    """
    if not step > 0.0:
        raise FitError(f"a step must be above zero, not {step:g}")
    y0, y1, y2 = (numbers(one, "readouts", FitError) for one in (down, middle, up))
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = (y0 * y1 > 0.0) & (y2 * y1 > 0.0)
        back = np.where(alike, -np.log(np.where(alike, y0 / y1, 1.0)), (y1 - y0) / np.abs(y1)) / step
        ahead = np.where(alike, np.log(np.where(alike, y2 / y1, 1.0)), (y2 - y1) / np.abs(y1)) / step
    bad = ~(np.isfinite(back) & np.isfinite(ahead))
    back, ahead = np.where(bad, np.nan, back), np.where(bad, np.nan, ahead)
    return 0.5 * (back + ahead), np.minimum(back, ahead), np.maximum(back, ahead)


def log_spread(value: ArrayLike, low: ArrayLike, high: ArrayLike) -> Floats:
    """Standard deviation of the logarithm of a constant that is drawn within its range.

    Half of the draws lie evenly in the logarithm between ``low`` and ``value``, half between ``value`` and ``high``;
    ranges that are not all above zero give the relative deviation of the number itself.

    >>> round(float(log_spread(1.0, 0.1, 10.0)), 3)
    1.329
    """
    v, a, b = (numbers(one, "ranges", FitError) for one in (value, low, high))
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = (a > 0.0) & (v > 0.0)
        left = np.where(positive, np.log(np.where(positive, v / a, 1.0)), (v - a) / np.abs(v))
        right = np.where(positive, np.log(np.where(positive, b / v, 1.0)), (b - v) / np.abs(v))
    return np.asarray(np.sqrt((left**2 + right**2) / 6.0 - ((right - left) / 4.0) ** 2))


def narrowing(gains: ArrayLike, spreads: ArrayLike) -> Floats:
    """Share of the variance of ln Y that knowing each constant would take away, (n,), to first order; sums to one.

    Constants without a spread, or without a gain, have none.
    """
    g, s = numbers(gains, "gains", FitError), numbers(spreads, "spreads", FitError)
    parts = np.where(np.isfinite(g) & np.isfinite(s), g * s, 0.0) ** 2
    whole = float(parts.sum())
    return np.asarray(parts / whole if whole > 0.0 else parts)
