"""The Hill curve in log dose relative to the data, its derivatives, and its bounded least-squares fit.

Parameters are always (bottom, top, x50, lnh): fraction affected without agent, at infinite dose, natural log of the
EC50 relative to a reference dose, natural log of the slope. A zero dose is x = -inf. Since only dose ratios enter,
a change of dose unit cannot change a fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from redoxsim.analysis.effect import Floats

# Search grid for the starts: EC50 positions over the bounds, slopes over theirs.
_GRID = (41, 9)
_STARTS = 4
# Slopes of a profile: the first grid, the later ones, and how many of those before a parabola takes over.
_COARSE, _FINE, _ROUNDS = 33, 17, 3


def rise(x: Floats, x50: Floats | float, h: Floats | float) -> Floats:
    """Share of the way from bottom to top at log dose x: 0 at x = -inf."""
    return np.asarray(expit(h * (x - x50)), dtype=float)


def curve(theta: Floats, x: Floats) -> Floats:
    """(n,) fraction affected at log doses x."""
    bottom, top, x50, lnh = theta
    return np.asarray(bottom + (top - bottom) * rise(x, x50, np.exp(lnh)), dtype=float)


def jacobian(theta: Floats, x: Floats) -> Floats:
    """(n, 4) derivative of `curve` by (bottom, top, x50, lnh)."""
    bottom, top, x50, lnh = theta
    h = float(np.exp(lnh))
    share = rise(x, x50, h)
    slope = (top - bottom) * share * (1.0 - share) * h
    reach = np.where(np.isfinite(x), x - x50, 0.0)  # a zero dose does not feel EC50 or slope
    return np.column_stack([1.0 - share, share, -slope, slope * reach])


@dataclass(frozen=True, slots=True)
class Points:
    """What is fitted: (n,) log doses (-inf for zero), fractions affected, and square roots of the weights."""

    x: Floats
    y: Floats
    root: Floats


@dataclass(frozen=True, slots=True)
class Minimum:
    """One local minimum: parameters, weighted residual sum of squares, and whether the gradient vanished there."""

    theta: Floats
    rss: float
    converged: bool


def project(points: Points, x50: Floats, h: Floats, box: Floats) -> tuple[Floats, Floats, Floats]:
    """Best bottom and top inside their bounds for given EC50 and slope, with the residual sum of squares.

    The curve is linear in bottom and top, so this is a two-variable quadratic in a box: solved exactly.

    Parameters
    ----------
    x50, h : any common shape S.
    box : (2, 4) lower and upper bounds.

    Returns
    -------
    bottom, top, rss : shape S.
    """
    share = rise(points.x, np.asarray(x50, dtype=float)[..., None], np.asarray(h, dtype=float)[..., None])
    u = (1.0 - share) * points.root
    v = share * points.root
    y = points.y * points.root
    uu, vv, uv = (u * u).sum(-1), (v * v).sum(-1), (u * v).sum(-1)
    uy, vy, yy = (u * y).sum(-1), (v * y).sum(-1), float((y * y).sum())
    tiny = np.finfo(float).tiny
    det = uu * vv - uv * uv
    safe = np.where(det > 1e-14 * (uu * vv + tiny), det, np.nan)

    def line(fixed: Floats | float, cross: Floats, own: Floats, target: Floats, low: float, high: float) -> Floats:
        return np.clip((target - cross * fixed) / np.maximum(own, tiny), low, high)

    (b_low, b_high), (t_low, t_high) = box[:, 0], box[:, 1]
    with np.errstate(invalid="ignore"):
        bottom = (uy * vv - vy * uv) / safe
        top = (vy * uu - uy * uv) / safe
        inside = (bottom >= b_low) & (bottom <= b_high) & (top >= t_low) & (top <= t_high)
    ones = np.ones_like(uu)
    options = [
        (np.where(inside, bottom, b_low), np.where(inside, top, line(b_low * ones, uv, vv, vy, t_low, t_high))),
        (b_low * ones, line(b_low * ones, uv, vv, vy, t_low, t_high)),
        (b_high * ones, line(b_high * ones, uv, vv, vy, t_low, t_high)),
        (line(t_low * ones, uv, uu, uy, b_low, b_high), t_low * ones),
        (line(t_high * ones, uv, uu, uy, b_low, b_high), t_high * ones),
    ]
    bottoms = np.stack([option[0] for option in options])
    tops = np.stack([option[1] for option in options])
    sums = yy - 2.0 * (bottoms * uy + tops * vy) + bottoms**2 * uu + 2.0 * bottoms * tops * uv + tops**2 * vv
    best = np.argmin(sums, axis=0)[None]
    bottom = np.take_along_axis(bottoms, best, 0)[0]
    top = np.take_along_axis(tops, best, 0)[0]
    # The expanded sum loses digits near a perfect fit; the residuals themselves do not.
    residual = bottom[..., None] * u + top[..., None] * v - y
    return bottom, top, (residual * residual).sum(-1)


def starts(points: Points, box: Floats) -> list[Floats]:
    """Up to four starting points: the lowest local minima over a grid of EC50 and slope."""
    x50 = np.linspace(box[0, 2], box[1, 2], _GRID[0])
    lnh = np.linspace(box[0, 3], box[1, 3], _GRID[1])
    grid50, grid_h = np.meshgrid(x50, lnh, indexing="ij")
    bottom, top, rss = project(points, grid50, np.exp(grid_h), box)
    wall = np.pad(rss, 1, constant_values=np.inf)
    rows, columns = _GRID
    near = [(i, j) for i in range(3) for j in range(3)]
    around = np.stack([wall[i : i + rows, j : j + columns] for i, j in near])
    low = np.argwhere(rss <= around.min(axis=0))
    order = sorted(low.tolist(), key=lambda ij: (rss[ij[0], ij[1]], ij))[:_STARTS]
    return [np.array([bottom[i, j], top[i, j], x50[i], lnh[j]]) for i, j in order]


def descend(points: Points, theta: Floats, box: Floats, *, most: int = 300) -> Minimum:
    """Levenberg-Marquardt inside a box: a parameter on its bound rests there while the gradient pushes outwards."""
    low, high = box
    theta = np.clip(theta, low, high)
    damping = 1e-3

    def residuals(at: Floats) -> Floats:
        return np.asarray((curve(at, points.x) - points.y) * points.root, dtype=float)

    r = residuals(theta)
    cost = float(r @ r)
    for _ in range(most):
        jac = jacobian(theta, points.x) * points.root[:, None]
        gradient = jac.T @ r
        free = ~(((theta <= low) & (gradient > 0.0)) | ((theta >= high) & (gradient < 0.0)))
        if not free.any():
            return Minimum(theta, cost, True)
        normal = jac[:, free].T @ jac[:, free]
        diagonal = np.diag(normal) + 1e-14 * max(float(np.max(np.diag(normal))), 1e-300)
        moved = False
        while damping < 1e15:
            step = np.linalg.lstsq(normal + damping * np.diag(diagonal), -gradient[free], rcond=None)[0]
            trial = theta.copy()
            trial[free] += step
            trial = np.clip(trial, low, high)
            r_trial = residuals(trial)
            cost_trial = float(r_trial @ r_trial)
            if cost_trial < cost:
                moved = True
                break
            damping *= 6.0
        if not moved:
            return Minimum(theta, cost, _stationary(jac[:, free], r))
        # A step that gains less than the linear model promised was too long: steps would swing across the valley.
        moved_by = (trial - theta)[free]
        promised = -2.0 * float(gradient[free] @ moved_by) - float(moved_by @ normal @ moved_by)
        gain = (cost - cost_trial) / promised if promised > 0.0 else 0.0
        damping = damping * 4.0 if gain < 0.5 else max(damping / 10.0, 1e-15) if gain > 0.8 else damping
        small = bool(np.max(np.abs(trial - theta)) < 1e-13)
        theta, r, cost = trial, r_trial, cost_trial
        if small:
            break
    jac = jacobian(theta, points.x) * points.root[:, None]
    gradient = jac.T @ r
    free = ~(((theta <= low) & (gradient > 0.0)) | ((theta >= high) & (gradient < 0.0)))
    return Minimum(theta, cost, _stationary(jac[:, free], r))


def _stationary(jac: Floats, r: Floats) -> bool:
    """Whether the residuals are orthogonal to every direction that is free, or are rounding only."""
    size = float(np.linalg.norm(r))
    if size < 1e-12 * np.sqrt(r.size) or jac.shape[1] == 0:
        return True
    norms = np.linalg.norm(jac, axis=0)
    strong = norms > 1e-10
    cosines = np.abs(jac[:, strong].T @ r) / (norms[strong] * size)
    return bool(np.all(cosines < 1e-4))


def minimise(points: Points, box: Floats) -> Minimum:
    """The lowest of the local minima reached from every start."""
    found = [descend(points, theta, box) for theta in starts(points, box)]
    best = min(found, key=lambda minimum: (not minimum.converged, minimum.rss))
    return polish(points, best, box) if best.converged else best


def polish(points: Points, minimum: Minimum, box: Floats) -> Minimum:
    """The minimum to rounding: full Gauss-Newton steps, which see the gradient after the cost has run out of digits."""
    theta, last = minimum.theta.copy(), 1e-6
    free = (theta > box[0]) & (theta < box[1])
    for _ in range(8):
        jac = jacobian(theta, points.x)[:, free] * points.root[:, None]
        r = (curve(theta, points.x) - points.y) * points.root
        if not free.any() or np.linalg.matrix_rank(jac) < jac.shape[1]:
            break
        step = -np.linalg.lstsq(jac, r, rcond=None)[0]
        size = float(np.max(np.abs(step)))
        trial = theta.copy()
        trial[free] += step
        if size >= last or np.any(trial < box[0]) or np.any(trial > box[1]):
            break
        theta, last = trial, size
    rest = (curve(theta, points.x) - points.y) * points.root
    return Minimum(theta, float(rest @ rest), True)


def profile_rss(points: Points, x50: Floats, box: Floats) -> Floats:
    """(k,) smallest weighted residual sums of squares with the EC50 held at each of ``x50`` (k,)."""
    at = np.asarray(x50, dtype=float)[:, None]
    rows = np.arange(at.shape[0])
    low, high = box[0, 3], box[1, 3]
    lnh = np.tile(np.linspace(low, high, _COARSE), (at.shape[0], 1))
    gap = (high - low) / (_COARSE - 1)
    spots = np.linspace(-1.0, 1.0, _FINE)
    for _ in range(_ROUNDS):  # a shrinking grid of slopes: one gap to either side of the best holds the minimum
        best = np.argmin(project(points, at, np.exp(lnh), box)[2], axis=1)
        lnh = np.clip(lnh[rows, best][:, None] + gap * spots, low, high)
        gap = gap * (spots[1] - spots[0])
    rss = project(points, at, np.exp(lnh), box)[2]
    best = np.clip(np.argmin(rss, axis=1), 1, _FINE - 2)
    before, here, after = (rss[rows, best + k] for k in (-1, 0, 1))
    bend = before - 2.0 * here + after
    # What is left is a parabola: its vertex has the digits that the grid has not.
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(bend > 0.0, np.clip(0.5 * (before - after) / bend, -1.0, 1.0), 0.0)
    vertex = np.clip(lnh[rows, best][:, None] + gap * shift[:, None], low, high)
    return np.asarray(np.minimum(rss.min(axis=1), project(points, at, np.exp(vertex), box)[2][:, 0]), dtype=float)


def area(theta: Floats, low: float, high: float) -> float:
    """Mean of the curve between two finite log doses: the normalised area, in closed form."""
    bottom, top, x50, lnh = theta
    h = float(np.exp(lnh))
    soft = (np.logaddexp(0.0, h * (high - x50)) - np.logaddexp(0.0, h * (low - x50))) / h
    return float(bottom + (top - bottom) * soft / (high - low))
