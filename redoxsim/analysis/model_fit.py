"""Fits of a few parameters of any model inside a box: several starts, profile likelihoods, what stays open.

The model is a function that takes many parameter sets at once; parameters are places from 0 to 1 in their ranges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtri, fdtri

from redoxsim.analysis.effect import Floats
from redoxsim.analysis.least_squares import Indices, descend
from redoxsim.errors import FitError

Predict = Callable[[Floats], Floats]
"""(k, p) places in the unit cube -> (k, n) predictions; not-a-number where there is none."""
LEVEL = 0.95
STEP = 5e-3
AWAY = 1e6
"""Standard deviations that a prediction which could not be made lies off its datum."""
MOST = 10
ALIKE = 0.01
"""Relative difference of residual sums of squares below which two starts count as having met."""
ROUNDS, NEAR = 4, 0.05
"""How often the ends of intervals are looked for more closely, and the width of a bracket that is near enough."""
_INSIDE = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """The residual sum of squares with one parameter held: ``place`` (g,) increasing, ``rise`` (g,) above the minimum.

    ``low``, ``high`` are the ends of its 95% interval as places; ``closed`` whether the data set each of them, and not
    the range.
    """

    place: Floats
    rise: Floats
    low: float
    high: float
    closed: tuple[bool, bool]


@dataclass(frozen=True, kw_only=True, eq=False)
class BoxFit:
    """The best fit inside the unit cube.

    Attributes
    ----------
    place : (p,) best places. rss : weighted residual sum of squares there.
    ends : (s,) residual sums of squares of all starts, increasing; ``met`` how many ended at the best.
    threshold : rise of the residual sum of squares at the ends of an interval.
    profiles : one per parameter; empty where there are no more data than parameters and their noise is not known.
    correlation : (p, p) between the parameters near the best fit; not-a-number where the data say nothing.
    predicted : (n,) at the best fit.
    """

    place: Floats
    rss: float
    ends: Floats
    met: int
    threshold: float
    profiles: tuple[Profile, ...]
    correlation: Floats
    predicted: Floats


@dataclass(frozen=True)
class _Problem:
    """Weighted residuals and their derivatives at many places at once."""

    predict: Predict
    y: Floats
    scale: Floats
    parameters: int

    def residuals(self, places: Floats) -> Floats:
        """(k, n) of places (k, p)."""
        found = (self.predict(places) - self.y) / self.scale
        return np.where(np.isfinite(found), np.clip(found, -AWAY, AWAY), AWAY)

    def slopes(self, places: Floats) -> tuple[Floats, Floats]:
        """(k, n) residuals and (k, n, p) derivatives by central differences, all in one go."""
        k, p = places.shape[0], self.parameters
        shift = STEP * np.eye(p)
        up = np.clip(places[:, None, :] + shift, 0.0, 1.0)
        down = np.clip(places[:, None, :] - shift, 0.0, 1.0)
        found = self.residuals(np.concatenate([places, up.reshape(-1, p), down.reshape(-1, p)]))
        high, low = (part.reshape(k, p, -1) for part in np.split(found[k:], 2))
        width = np.einsum("kpp->kp", up - down)
        return found[:k], np.swapaxes((high - low) / width[..., None], 1, 2)

    def held_slopes(self, places: Floats, held: Indices) -> tuple[Floats, Floats]:
        """The same by one-sided differences, without the one parameter of each that is ``held``: many are needed."""
        k, p = places.shape[0], self.parameters
        which = np.array([[j for j in range(p) if j != one] for one in held], dtype=np.intp).reshape(k, p - 1)
        beside = np.repeat(places[:, None, :], p - 1, axis=1)
        rows, columns = np.arange(k)[:, None], np.arange(p - 1)[None]
        step = np.where(places[rows, which] > 0.5, -STEP, STEP)
        beside[rows, columns, which] += step
        found = self.residuals(np.concatenate([places, beside.reshape(-1, p)]))
        out = np.zeros((k, self.y.size, p))
        out[rows, :, which] = (found[k:].reshape(k, p - 1, self.y.size) - found[:k, None]) / step[..., None]
        return found[:k], out

    def down(self, start: Floats, *, tolerance: float) -> Any:
        """Least squares from one place."""
        from scipy.optimize import least_squares

        return least_squares(
            lambda u: self.residuals(u[None])[0], np.clip(start, _INSIDE, 1.0 - _INSIDE),
            jac=lambda u: self.slopes(u[None])[1][0], bounds=(0.0, 1.0), xtol=tolerance, ftol=tolerance**1.5,
            gtol=tolerance**1.5, max_nfev=60,
        )  # fmt: skip


def _scattered(count: int, parameters: int, seed: int) -> Floats:
    """(count, p) places of a Latin hypercube."""
    rng = np.random.default_rng(seed)
    order = np.array([rng.permutation(count) for _ in range(parameters)]).T
    return (order + rng.random((count, parameters))) / count


def fit_box(
    predict: Predict,
    y: Floats,
    scale: Floats,
    parameters: int,
    *,
    known: bool,
    first: Floats | None = None,
    starts: int = 5,
    tried: int = 64,
    seed: int = 1,
) -> BoxFit:
    """Weighted least squares inside the unit cube with profile likelihoods.

    ``tried`` places, evenly scattered, are looked at in one go; descents go from the best ``starts`` of them.

    Parameters
    ----------
    y, scale : (n,) data and their standard deviations, or sizes in proportion to them.
    known : whether ``scale`` are standard deviations; else noise is judged from the residuals.
    first : (p,) a place to begin from besides.

    Raises
    ------
    FitError : no parameter or more than ten, fewer data than parameters, or no place with predictions.
    """
    if not 1 <= parameters <= MOST:
        raise FitError(f"1 to {MOST} parameters can be fitted, not {parameters}")
    if y.size < parameters:
        raise FitError(f"{y.size} data cannot determine {parameters} parameters", hint="free fewer of them")
    if not (np.all(np.isfinite(y)) and np.all(np.isfinite(scale)) and np.all(scale > 0.0)):
        raise FitError("data must be finite and their standard deviations above zero")
    problem = _Problem(predict, y, scale, parameters)
    begin = _scattered(tried, parameters, seed)
    if first is not None:
        begin = np.concatenate([first[None], begin])
    costs = np.sum(problem.residuals(begin) ** 2, axis=1)
    if np.all(costs >= y.size * AWAY**2):
        raise FitError("no set of parameters in these ranges could be solved", hint="other ranges, or other parameters")
    order = list(np.argsort(costs, kind="stable")[:starts])
    if first is not None and 0 not in order:
        order.append(0)
    found = [problem.down(begin[at], tolerance=1e-4) for at in order]
    best = min(found, key=lambda one: float(one.cost))
    best = min((best, problem.down(best.x, tolerance=1e-8)), key=lambda one: float(one.cost))
    ends = np.sort([2.0 * one.cost for one in found])
    place, rss = np.asarray(best.x), float(2.0 * best.cost)
    dof = y.size - parameters
    jacobian = problem.slopes(place[None])[1][0]
    variance = 1.0 if known else rss / dof if dof else np.nan
    threshold = float(chdtri(1, 1.0 - LEVEL)) if known else float(fdtri(1, dof, LEVEL)) * variance if dof else np.nan
    profiles: tuple[Profile, ...] = ()
    if np.isfinite(threshold):
        threshold = max(threshold, 1e-12 * y.size)
        place, rss, profiles = _profiles(problem.held_slopes, y.size, place, rss, jacobian, variance, threshold)
    floor = rss * (1.0 + ALIKE) + (1e-4 * threshold if np.isfinite(threshold) else 0.0) + 1e-6 * y.size
    return BoxFit(
        place=place,
        rss=rss,
        ends=ends,
        met=int(np.sum(ends <= floor)),
        threshold=threshold,
        profiles=profiles,
        correlation=_correlation(jacobian),
        predicted=predict(place[None])[0],
    )


def _profiles(
    slopes: Callable[[Floats, Indices], tuple[Floats, Floats]],
    count: int,
    place: Floats,
    rss: float,
    jacobian: Floats,
    variance: float,
    threshold: float,
) -> tuple[Floats, float, tuple[Profile, ...]]:
    """Profiles of all parameters side by side, and the best fit, should one of them pass a better one."""
    p = place.size
    spread = np.sqrt(np.maximum(np.diag(np.linalg.pinv(jacobian.T @ jacobian)), 0.0) * max(variance, 1e-30))
    owner, held = _held_places(place, spread)
    m = held.size

    def fitted(starts: Floats, of: Indices) -> tuple[Floats, Floats]:
        return hold(starts, owner[of], held[of])

    def hold(starts: Floats, which: Indices, at: Floats) -> tuple[Floats, Floats]:
        """All other parameters fitted, each problem with parameter ``which`` held ``at`` a place."""
        low, high = np.zeros((which.size, p)), np.ones((which.size, p))
        rows = np.arange(which.size)
        low[rows, which] = high[rows, which] = at
        done = descend(
            lambda theta, of: slopes(theta, which[of]), np.zeros((which.size, count)), starts, low, high,
            weights=np.ones((which.size, count)), most=6, tolerance=1e-3,
        )  # fmt: skip
        return done.theta, done.rss

    theta, found = fitted(_straight(place, jacobian, owner, held), np.arange(m))
    if p > 1:  # again from where the neighbour nearer to the best ended: a bent valley is followed
        inwards = np.clip(np.arange(m) - np.sign(held - place[owner]).astype(int), 0, m - 1)
        of = np.flatnonzero((owner[inwards] == owner) & (inwards != np.arange(m)))
        again, lower = fitted(theta[inwards[of]], of)
        won = lower < found[of]
        theta[of[won]], found[of[won]] = again[won], lower[won]
    for _ in range(ROUNDS):  # where an interval ends between two places, one more between them
        ends = [
            (j, *bracket)
            for j in range(p)
            for side in (-1, 1)
            if (bracket := _bracket(held, found - rss, np.flatnonzero(owner == j), float(place[j]), threshold, side))
        ]
        if not ends:
            break
        which = np.array([j for j, *_ in ends], dtype=np.intp)
        at = np.array([middle for *_, middle in ends])
        more, lower = hold(theta[[inside for _, inside, _ in ends]], which, at)
        owner, held = np.concatenate([owner, which]), np.concatenate([held, at])
        theta, found = np.concatenate([theta, more]), np.concatenate([found, lower])
    order = np.lexsort((held, owner))
    owner, held, theta, found = owner[order], held[order], theta[order], found[order]
    least = int(np.argmin(found))
    if found[least] < rss:
        place, rss = theta[least].copy(), float(found[least])
    return (
        place,
        rss,
        tuple(_profile(held[owner == j], found[owner == j] - rss, float(place[j]), threshold) for j in range(p)),
    )


def _held_places(place: Floats, spread: Floats) -> tuple[Indices, Floats]:
    """Which parameter is held where: places around the best fit, by its standard error, and over the whole range."""
    grids = []
    for best, error in zip(place, spread, strict=True):
        near = best + error * np.array([-2.5, -1.5, 0.0, 1.5, 2.5])
        grids.append(np.unique(np.clip(np.concatenate([near, np.linspace(0.0, 1.0, 7)]), 0.0, 1.0)))
    return np.concatenate([np.full(len(grid), j) for j, grid in enumerate(grids)]), np.concatenate(grids)


def _straight(place: Floats, jacobian: Floats, owner: Indices, held: Floats) -> Floats:
    """(m, p) where a model straight in its parameters would have the others, one of them held away from the best."""
    begin = np.tile(place, (held.size, 1))
    for j in range(place.size):
        others = np.arange(place.size) != j
        along = np.linalg.lstsq(jacobian[:, others], -jacobian[:, j], rcond=None)[0]
        mine = owner == j
        begin[np.ix_(mine, others)] += np.outer(held[mine] - place[j], along)
    return np.clip(begin, 0.0, 1.0)


def _bracket(
    held: Floats, rise: Floats, mine: Indices, best: float, threshold: float, side: int
) -> tuple[int, float] | None:
    """The last place inside an interval, and one between it and the first outside; None where that is near enough."""
    out = mine[(held[mine] - best) * side >= 0.0]
    out = out[np.argsort(held[out] * side, kind="stable")]
    over = np.flatnonzero(rise[out] > threshold)
    if not over.size or over[0] == 0:
        return None
    inside, outside = int(out[over[0] - 1]), int(out[over[0]])
    width = held[outside] - held[inside]
    if abs(width) < NEAR * max(abs(held[outside] - best), NEAR):
        return None
    return inside, float(held[inside] + np.clip(_crossing(rise[inside], rise[outside], threshold), 0.1, 0.9) * width)


def _crossing(inside: float, outside: float, threshold: float) -> float:
    """How far between two places the rise passes the threshold: its root is straight near the minimum."""
    before = float(np.sqrt(max(inside, 0.0)))
    return float((np.sqrt(threshold) - before) / (np.sqrt(outside) - before))


def _profile(place: Floats, rise: Floats, best: float, threshold: float) -> Profile:
    """The interval where the rise stays below the threshold, found between grid points by straight lines."""
    ends, closed = [], []
    for side in (-1, 1):
        out = place[place <= best][::-1] if side < 0 else place[place >= best]
        up = rise[place <= best][::-1] if side < 0 else rise[place >= best]
        over = np.flatnonzero(up > threshold)
        if not over.size:
            ends.append(0.0 if side < 0 else 1.0)
            closed.append(False)
            continue
        at = int(over[0])
        before_place, before = (out[at - 1], up[at - 1]) if at else (best, 0.0)
        part = _crossing(before, up[at], threshold)
        ends.append(float(before_place + part * (out[at] - before_place)))
        closed.append(True)
    return Profile(place=place, rise=np.maximum(rise, 0.0), low=ends[0], high=ends[1], closed=(closed[0], closed[1]))


def _correlation(jacobian: Floats) -> Floats:
    normal = jacobian.T @ jacobian
    # a direction that the data say nothing of is one of very large variance, not of none
    covariance = np.linalg.inv(normal + 1e-8 * max(float(np.trace(normal)), 1e-300) * np.eye(len(normal)))
    size = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.clip(covariance / np.outer(size, size), -1.0, 1.0))
