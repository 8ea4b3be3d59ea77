"""Many Hill curves at once, in log dose: the rows and columns of a grid side by side."""

from __future__ import annotations

import numpy as np

from redoxsim.analysis.effect import Floats
from redoxsim.analysis.hill_math import rise
from redoxsim.analysis.least_squares import Fitted, Indices, descend, polish

_SLOPES = (0.6, 1.2, 2.5, 5.0)
_PLACES = 7
_FEW = 6  # steps of a first look
_AHEAD = 6  # starts that go on after it; 2 for quick fits
_LAST, _QUICK = 1e-14, 1e-10  # relative gain of a step below which a descent ends


def fit_rows(
    x: Floats,
    y: Floats,
    weights: Floats,
    *,
    low: Floats,
    high: Floats,
    near: Floats | None = None,
    quick: bool = False,
) -> tuple[Floats, Floats]:
    """Least-squares Hill curves (bottom, top, x50, log slope), one per row.

    Parameters
    ----------
    x, y, weights : (r, n) log doses (-inf for none), effects, weights (0 where there is no value).
    low, high : (r, 4) bounds; equal ones fix a parameter, as the bottom of a row whose start is known.
    near : (r, 4) parameters of a nearby fit, as a further start. quick : few other starts, and not to the last
        digits: for resamples, whose noise is larger.

    Returns
    -------
    theta : (r, 4). rss : (r,) weighted residual sums of squares.
    """
    rows = x.shape[0]
    spots = np.linspace(0.0, 1.0, 3 if quick else _PLACES)
    starts = []
    last = np.sum(np.where(weights > 0.0, y, 0.0) * _tail(weights), axis=1)
    for spot in spots:
        for slope in _SLOPES[1:3] if quick else _SLOPES:
            theta = 0.5 * (low + high)
            theta[:, 2] = low[:, 2] + (0.15 + 0.7 * spot) * (high[:, 2] - low[:, 2])
            theta[:, 3] = np.log(slope)
            theta[:, 0] = np.where(low[:, 0] < high[:, 0], y[:, 0] * (weights[:, 0] > 0.0), low[:, 0])
            theta[:, 1] = last
            starts.append(theta)
    if near is not None:
        starts.append(near)
    order = np.stack(starts)  # (s, r, 4)
    count = order.shape[0]
    owner = np.tile(np.arange(rows), count)

    def model(theta: Floats, which: Indices) -> tuple[Floats, Floats]:
        return curves(theta, owner[which])

    def curves(theta: Floats, which: Indices) -> tuple[Floats, Floats]:
        at = x[which]
        bottom, top, x50, lnh = (theta[:, k, None] for k in range(4))
        h = np.exp(lnh)
        share = rise(at, x50, h)
        slope = (top - bottom) * share * (1.0 - share) * h
        reach = np.where(np.isfinite(at), at - x50, 0.0)
        return bottom + (top - bottom) * share, np.stack([1.0 - share, share, -slope, slope * reach], axis=-1)

    def settled(most: int, tolerance: float) -> Fitted:
        return descend(
            model, y[owner], order.reshape(-1, 4), low[owner], high[owner], weights=weights[owner], most=most,
            tolerance=tolerance,
        )  # fmt: skip

    # only the starts that are ahead after a few steps go on
    few = settled(_FEW, _QUICK)
    ahead = np.argsort(few.rss.reshape(count, rows), axis=0, kind="stable")[: 2 if quick else _AHEAD]
    order = few.theta.reshape(count, rows, 4)[ahead, np.arange(rows)]
    count, owner = len(ahead), np.tile(np.arange(rows), len(ahead))
    found = settled(150, _QUICK if quick else _LAST)
    rss = found.rss.reshape(count, rows)
    best = np.argmin(rss, axis=0)
    theta = found.theta.reshape(count, rows, 4)[best, np.arange(rows)]
    if quick:
        return theta, rss[best, np.arange(rows)]
    last = polish(curves, y, theta, low, high, weights=weights)
    won = last.rss <= rss[best, np.arange(rows)] * (1.0 + 1e-9) + 1e-28
    return np.where(won[:, None], last.theta, theta), np.where(won, last.rss, rss[best, np.arange(rows)])


def _tail(weights: Floats) -> Floats:
    """(r, n) one at the last entry with a weight, zero elsewhere."""
    n = weights.shape[1]
    place = n - 1 - np.argmax(weights[:, ::-1] > 0.0, axis=1)
    return np.asarray(np.arange(n)[None, :] == place[:, None], dtype=float)


def row_curve(theta: Floats, x: Floats) -> Floats:
    """(r, n) curves of (r, 4) parameters at (r, n) log doses."""
    bottom, top, x50, lnh = (theta[:, k, None] for k in range(4))
    return np.asarray(bottom + (top - bottom) * rise(x, x50, np.exp(lnh)), dtype=float)
