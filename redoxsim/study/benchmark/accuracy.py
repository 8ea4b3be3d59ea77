"""Errors against a tight reference, and times at equal error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
FLOOR = 1e-6
"""Part of an output's largest value that is added below the fraction bar, so that values near zero stay bounded."""

SLACK = 0.02
"""A point this near an error (in natural logarithms) counts as measured there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Errors:
    """Relative errors of some rows: mean square (R,) and largest (R,) of each row over outputs and times."""

    square: FloatArray
    largest: FloatArray

    def rms(self, rows: NDArray[np.intp] | slice = slice(None)) -> float:
        """Root mean square over rows that have an error; not-a-number where none has."""
        chosen = self.square[rows]
        return float(np.sqrt(np.nanmean(chosen))) if np.isfinite(chosen).any() else float("nan")

    def max(self, rows: NDArray[np.intp] | slice = slice(None)) -> float:
        """Largest over rows that have an error; not-a-number where none has."""
        chosen = self.largest[rows]
        return float(np.nanmax(chosen)) if np.isfinite(chosen).any() else float("nan")


def errors(values: FloatArray, reference: FloatArray, *, floor: float = FLOOR) -> Errors:
    """Errors of ``values`` against ``reference``, both (R, K, T): |difference| / (|reference| + floor x its largest).

    The largest is taken over all rows and times of an output. Rows that hold not-a-number have no error.
    """
    with np.errstate(all="ignore"):
        top = np.abs(np.where(np.isfinite(reference), reference, 0.0)).max(axis=(0, 2), initial=0.0)
        below = np.abs(reference) + floor * top[None, :, None]
        difference = np.abs(values - reference)
        relative = np.where(difference == 0.0, 0.0, difference / below)
    return Errors(square=np.mean(relative**2, axis=(1, 2)), largest=np.max(relative, axis=(1, 2), initial=0.0))


@dataclass(frozen=True, slots=True)
class At:
    """Seconds at some error; ``bound`` is "" between measured points, "at least" or "at most" beyond them."""

    seconds: float
    bound: str = ""


def at_error(points: Sequence[tuple[float, float]], error: float) -> At:
    """The time that a solver needs for an error, from its own (error, seconds) points.

    Points that are beaten in both error and time are left out; between the others the logarithm of the time is
    linear in the logarithm of the error. Beyond the smallest error that was reached the time is at least that of the
    slowest point, beyond the largest at most that of the quickest.

    >>> round(at_error([(1e-2, 1.0), (1e-4, 4.0)], 1e-3).seconds, 12)
    2.0
    >>> at_error([(1e-2, 1.0), (1e-4, 4.0)], 1e-6)
    At(seconds=4.0, bound='at least')
    """
    best = frontier(points)
    if not best or not error > 0.0:
        return At(float("nan"))
    x = np.log([point[0] for point in best])
    y = np.log([point[1] for point in best])
    where = float(np.log(error))
    if where <= x[0] + SLACK:
        return At(best[0][1], "at least" if where < x[0] - SLACK else "")
    if where >= x[-1] - SLACK:
        return At(best[-1][1], "at most" if where > x[-1] + SLACK else "")
    return At(float(np.exp(np.interp(where, x, y))))


def frontier(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that no other beats in both error and time, smallest error first."""
    kept: list[tuple[float, float]] = []
    usable = [(e, s) for e, s in points if np.isfinite(e) and np.isfinite(s) and e > 0.0 and s > 0.0]
    for error, seconds in sorted(usable):
        # later points have larger errors: they stay only where they are quicker than all before
        if not kept or seconds < kept[-1][1]:
            kept.append((error, seconds))
    return kept


def ratio(of: At, to: At) -> At:
    """How many times quicker ``to`` is than ``of``, with what is known of its bound.

    >>> ratio(At(4.0), At(2.0)), ratio(At(4.0, "at least"), At(2.0)), ratio(At(4.0), At(2.0, "at least"))
    (At(seconds=2.0, bound=''), At(seconds=2.0, bound='at least'), At(seconds=2.0, bound='at most'))
    """
    turned = {"": "", "at least": "at most", "at most": "at least"}[to.bound]
    bounds = {of.bound, turned} - {""}
    value = of.seconds / to.seconds if to.seconds else float("nan")
    return At(value, "" if not bounds else bounds.pop() if len(bounds) == 1 else "about")


__all__ = ["At", "Errors", "at_error", "errors", "frontier", "ratio"]
