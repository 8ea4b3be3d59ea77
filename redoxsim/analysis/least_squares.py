"""Bounded least squares for many small problems at once: starts, rows or resamples side by side in one array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redoxsim.analysis.effect import Floats, Mask

Indices = NDArray[np.intp]
# (k, p) parameters and (k,) which problems they belong to -> (k, n) values, (k, n, p) derivatives.
Model = Callable[[Floats, Indices], tuple[Floats, Floats]]
_MOST_DAMPING = 1e14


@dataclass(frozen=True, slots=True)
class Fitted:
    """Where the descents ended: (m, p) parameters, (m,) weighted residual sums of squares."""

    theta: Floats
    rss: Floats


def free_parameters(theta: Floats, gradient: Floats, low: Floats, high: Floats) -> Mask:
    """(m, p) parameters that may move: not fixed (low = high), and not on a bound that the gradient pushes against."""
    stuck = ((theta <= low) & (gradient >= 0.0)) | ((theta >= high) & (gradient <= 0.0))
    return np.asarray(~stuck & (low < high), dtype=bool)


def descend(
    model: Model,
    y: Floats,
    starts: Floats,
    low: Floats,
    high: Floats,
    *,
    weights: Floats,
    most: int = 200,
    tolerance: float = 1e-14,
) -> Fitted:
    """Levenberg-Marquardt inside a box, all problems in step but each with its own damping.

    Parameters
    ----------
    y, weights : (m, n) data; a weight of zero leaves an entry out (its value must still be finite).
    starts : (m, p). low, high : (m, p) or (p,) bounds; equal ones fix a parameter.
    most : steps at most. tolerance : relative gain of a step below which a problem is done.
    """
    theta = np.clip(np.asarray(starts, dtype=float), low, high)
    count, size = theta.shape
    low, high = np.broadcast_to(low, theta.shape), np.broadcast_to(high, theta.shape)
    root = np.sqrt(weights)
    value, slope = model(theta, np.arange(count))
    residual = (value - y) * root
    slope = slope * root[..., None]
    cost = np.einsum("mn,mn->m", residual, residual)
    damping = np.full(count, 1e-3)
    active = np.arange(count)
    eye = np.eye(size)
    for _ in range(most):
        gradient = np.einsum("mnp,mn->mp", slope[active], residual[active])
        free = free_parameters(theta[active], gradient, low[active], high[active])
        moving = free.any(axis=1)
        active, gradient, free = active[moving], gradient[moving], free[moving]
        if active.size == 0:
            break
        part = slope[active] * free[:, None, :]
        normal = np.matmul(part.transpose(0, 2, 1), part)
        gradient = gradient * free
        diagonal = np.einsum("mpp->mp", normal)
        floor = 1e-14 * np.maximum(diagonal.max(axis=1, keepdims=True), 1e-300)
        scaled = damping[active, None] * (diagonal + floor) + np.where(free, 0.0, 1.0)
        lifted = normal + scaled[..., None] * eye + floor[..., None] * 1e-3 * eye
        step = -np.linalg.solve(lifted, gradient[..., None])[..., 0] * free
        trial = np.clip(theta[active] + step, low[active], high[active])
        value, slope_trial = model(trial, active)
        r = (value - y[active]) * root[active]
        cost_trial = np.einsum("mn,mn->m", r, r)
        better = cost_trial < cost[active]
        moved = np.abs(trial - theta[active]).max(axis=1)
        gain = cost[active] - cost_trial
        won = active[better]
        theta[won], residual[won], cost_before = trial[better], r[better], cost[won]
        slope[won] = slope_trial[better] * root[won][..., None]
        cost[won] = cost_trial[better]
        damping[active] = np.where(better, np.maximum(damping[active] / 6.0, 1e-15), damping[active] * 5.0)
        ended = np.zeros(active.size, dtype=bool)
        ended[better] = (gain[better] <= tolerance * cost_before) & (moved[better] < np.sqrt(tolerance))
        ended |= (moved < 1e-13) | (damping[active] > _MOST_DAMPING)
        active = active[~ended]
        if active.size == 0:
            break
    return Fitted(theta, cost)


def polish(model: Model, y: Floats, theta: Floats, low: Floats, high: Floats, *, weights: Floats) -> Fitted:
    """Minima to rounding: full Gauss-Newton steps by SVD, which go on where the cost has run out of digits.

    Shapes as for `descend`. A problem stops where its steps no longer shrink, or would leave the box.
    """
    best = theta.copy()
    low, high = np.broadcast_to(low, theta.shape), np.broadcast_to(high, theta.shape)
    root = np.sqrt(weights)
    last = np.full(theta.shape[0], 1e-4)
    active = np.arange(theta.shape[0])
    for _ in range(12):
        if not active.size:
            break
        value, slope = model(best[active], active)
        residual = (value - y[active]) * root[active]
        now, floor, roof = best[active], low[active], high[active]
        free = (now > floor) & (now < roof)
        jac = slope * root[active][..., None] * free[:, None, :]
        norms = np.sqrt(np.einsum("mnp,mnp->mp", jac, jac))
        seen = free.any(axis=1) & ~np.any(free & (norms < 1e-12), axis=1)
        norms = np.where(free & seen[:, None], norms, 1.0)
        step = -_shortest(jac / norms[:, None, :], residual) / norms * free
        trial = now + step
        size = np.max(np.abs(step), axis=1)
        good = seen & (size < last[active]) & np.all((trial >= floor) & (trial <= roof), axis=1)
        active = active[good]
        best[active], last[active] = trial[good], size[good]
    value, _ = model(best, np.arange(theta.shape[0]))
    rest = (value - y) * root
    return Fitted(best, np.einsum("mn,mn->m", rest, rest))


def _shortest(matrix: Floats, right: Floats) -> Floats:
    """(m, p) shortest least-squares solutions for (m, n, p) and (m, n); columns of zeros get 0."""
    left, singular, rotation = np.linalg.svd(matrix, full_matrices=False)
    cut = singular > 1e-11 * singular.max(axis=1, keepdims=True, initial=0.0)
    with np.errstate(divide="ignore"):
        inverse = np.where(cut, 1.0 / singular, 0.0)
    return np.asarray(np.einsum("mkp,mk->mp", rotation, inverse * np.einsum("mnk,mn->mk", left, right)))


def standard_errors(model: Model, theta: Floats, low: Floats, high: Floats, *, weights: Floats, noise: float) -> Floats:
    """(p,) local standard errors for a noise of that size; inf along directions the data leave open, 0 if fixed.

    A parameter on its bound is left out (NaN): nothing local can be said of it.
    """
    _, slope = model(theta[None], np.zeros(1, dtype=np.intp))
    fixed = np.asarray(low == high) & np.ones(theta.shape, dtype=bool)
    free = (theta > low) & (theta < high)
    found = np.where(fixed, 0.0, np.nan)
    jac = slope[0][:, free] * np.sqrt(weights)[:, None]
    if not free.any():
        return found
    norms = np.linalg.norm(jac, axis=0)
    errors = np.full(norms.shape, np.inf)
    seen = norms > 1e-12
    if seen.any():
        _, singular, rotation = np.linalg.svd(jac[:, seen] / norms[seen], full_matrices=False)
        with np.errstate(divide="ignore", over="ignore"):
            spread = (rotation / np.maximum(singular, 1e-150)[:, None]) ** 2
        errors[seen] = noise * np.sqrt(spread.sum(axis=0)) / norms[seen]
    found[free] = errors
    return found
