"""95% intervals of a Hill fit, on log dose relative to the reference: covariance, delta method, profile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import stdtrit

from redoxsim.analysis.effect import Floats
from redoxsim.analysis.hill_math import Minimum, Points, jacobian, profile_rss
from redoxsim.analysis.hill_result import LEVEL

# A direction the data do not constrain: beyond this condition number the covariance says nothing.
_CONDITION = 1e8
# Relative to the residuals of data on the curve: below it they are rounding and a profile has no shape.
_PERFECT = 1e-20


def intervals(
    points: Points, box: Floats, best: Minimum, dof: int, *, profile: bool
) -> dict[str, tuple[float, float, str]]:
    """Low end, high end and method for e0, einf (fraction affected), ec50, ic50 (relative to the reference dose), h.

    A parameter on its bound, or one that the data do not constrain, has no entry; without degrees of freedom none has.
    """
    if dof < 1:
        return {}
    theta = best.theta
    free = np.flatnonzero((theta > box[0]) & (theta < box[1]))
    quantile = float(stdtrit(dof, 0.5 + LEVEL / 2))
    found: dict[str, tuple[float, float, str]] = {}
    covariance = _covariance(points, theta, best.rss, dof, free)
    if covariance is not None:
        spread = np.asarray(quantile * np.sqrt(np.maximum(np.diag(covariance), 0.0)), dtype=float)
        for k, index in enumerate(free):
            low, high = float(theta[index] - spread[k]), float(theta[index] + spread[k])
            name = ("e0", "einf", "ec50", "h")[index]
            found[name] = (low, high, "t") if index < 2 else (_exp(low), _exp(high), "t on log")
        x, gradient = half_effect(theta)
        if np.isfinite(x):
            part = gradient[free]
            width = quantile * max(float(part @ covariance @ part), 0.0) ** 0.5
            found["ic50"] = (_exp(x - width), _exp(x + width), "delta on log")
    if profile and 2 in free and best.rss > _PERFECT * points.y.size:
        found["ec50"] = _profile(points, box, best, dof, quantile)
    return found


def half_effect(theta: Floats) -> tuple[float, Floats]:
    """Log dose at which one half is affected (NaN if never) and its gradient by the four parameters."""
    bottom, top, x50, lnh = theta
    span = top - bottom
    share = (0.5 - bottom) / span if span != 0.0 else np.nan
    if not 0.0 < share < 1.0:
        return np.nan, np.zeros(4)
    h = float(np.exp(lnh))
    logit = float(np.log(share / (1.0 - share)))
    steep = 1.0 / (share * (1.0 - share) * h)
    by_bottom = steep * (0.5 - top) / span**2
    by_top = -steep * (0.5 - bottom) / span**2
    return x50 + logit / h, np.array([by_bottom, by_top, 1.0, -logit / h])


def _exp(value: float) -> float:
    return float(np.exp(value)) if value < 700.0 else np.inf


def _covariance(points: Points, theta: Floats, rss: float, dof: int, free: NDArray[np.intp]) -> Floats | None:
    """Covariance of the free parameters; None where the data leave a direction open."""
    jac = jacobian(theta, points.x)[:, free] * points.root[:, None]
    norms = np.linalg.norm(jac, axis=0)
    if free.size == 0 or np.any(norms < 1e-10):
        return None
    _, singular, rotation = np.linalg.svd(jac / norms, full_matrices=False)
    if singular[-1] * _CONDITION < singular[0]:
        return None
    inverse = (rotation.T / singular**2) @ rotation
    return np.asarray(inverse / np.outer(norms, norms) * (rss / dof), dtype=float)


def _profile(points: Points, box: Floats, best: Minimum, dof: int, quantile: float) -> tuple[float, float, str]:
    """Where the best fit with the EC50 held there is worse than the best fit by the F-limit of one parameter."""
    limit = best.rss * (1.0 + quantile**2 / dof)
    centre = float(best.theta[2])

    def excess(x50: Floats) -> Floats:
        return profile_rss(points, x50, box) - limit

    low = _crossing(excess, centre, float(box[0, 2]))
    high = _crossing(excess, centre, float(box[1, 2]))
    return (0.0 if low is None else _exp(low), np.inf if high is None else _exp(high), "profile likelihood")


def _crossing(excess: Callable[[Floats], Floats], centre: float, end: float) -> float | None:
    """First place between the optimum and a bound where the profile leaves the limit; None if it never does."""
    reach = abs(end - centre)
    steps = [0.05]
    while steps[-1] < reach:
        steps.append(steps[-1] * 1.7)
    places = centre + np.sign(end - centre) * np.minimum(steps, reach)
    outside = np.flatnonzero(excess(places) > 0.0)
    if outside.size == 0:
        return None
    first = int(outside[0])
    inner = float(places[first - 1]) if first else centre
    return float(
        brentq(lambda at: float(excess(np.array([at]))[0]), inner, float(places[first]), xtol=1e-9, rtol=1e-12)
    )
