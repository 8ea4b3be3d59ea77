"""Elementary effects along walks through a cube, after Morris (Technometrics 33:161, 1991) and Campolongo (2007)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from redoxsim.errors import DesignError

FloatArray = NDArray[np.float64]
RESAMPLES = 200
FEWEST = 2
"""Effects of a factor that it takes to say how large and how uneven they are."""


class Effects(NamedTuple):
    """Of each factor (D,): mean size of its effects, half its interval, their mean, their spread, their number."""

    mu_star: FloatArray
    half: FloatArray
    mu: FloatArray
    sigma: FloatArray
    left: NDArray[np.int64]


def effects(points: ArrayLike, values: ArrayLike) -> FloatArray:
    """The effect of each factor in each walk (W, D): change of the value over change of the factor.

    Parameters
    ----------
    points : of the unit cube, (W * (D + 1), D): walks one after the other, each step along one factor.
    values : at these points, (W * (D + 1),); where one is not a number, the two steps that touch it have no effect.

    Raises
    ------
    DesignError : the points are no such walks.

    >>> effects([[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]], [1.0, 2.0, 5.0])
    array([[2., 6.]])
    """
    where = np.asarray(points, dtype=float)
    factors = where.shape[1]
    if len(where) % (factors + 1):
        raise DesignError(f"{len(where)} points are no walks of {factors + 1} points each")
    steps = np.diff(where.reshape(-1, factors + 1, factors), axis=1)
    moved = steps != 0.0
    if not (moved.sum(axis=2) == 1).all() or not (moved.sum(axis=1) == 1).all():
        raise DesignError("a walk goes along each factor once, along one at a time")
    along = moved.argmax(axis=2)
    size = np.take_along_axis(steps, along[..., None], axis=2)[..., 0]
    changes = np.diff(np.asarray(values, dtype=float).reshape(-1, factors + 1), axis=1) / size
    found = np.empty_like(changes)
    np.put_along_axis(found, along, changes, axis=1)
    return np.asarray(found)


def morris(found: ArrayLike, *, level: float, seed: int) -> Effects:
    """What the effects (W, D) of each factor say; those that are not a number are left out, NaN where too few stay.

    Parameters
    ----------
    level : of the interval of the mean size, from resampled walks, such as 0.95.
    """
    from statistics import NormalDist

    each = np.asarray(found, dtype=float)
    width = NormalDist().inv_cdf(0.5 + level / 2.0)
    draw = np.random.default_rng(seed)
    numbers = np.full((4, each.shape[1]), np.nan)
    count = np.isfinite(each).sum(axis=0)
    for factor in np.flatnonzero(count >= FEWEST):
        known = each[np.isfinite(each[:, factor]), factor]
        again = np.abs(known)[draw.integers(len(known), size=(RESAMPLES, len(known)))].mean(axis=1)
        numbers[:, factor] = np.abs(known).mean(), width * again.std(ddof=1), known.mean(), known.std(ddof=1)
    size, half, mean, spread = numbers
    return Effects(size, half, mean, spread, count)


__all__ = ["Effects", "effects", "morris"]
