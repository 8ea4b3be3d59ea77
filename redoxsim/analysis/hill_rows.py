"""Hill curves through many sets of effects at the same doses, all at once: the draws of a simulated curve."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, fdtrc

from redoxsim.analysis.curve_rows import fit_rows
from redoxsim.analysis.effect import SMALLEST_EFFECT, Floats, choice, numbers
from redoxsim.analysis.gr import REACH, SLOPE
from redoxsim.analysis.hill import LEAST, SIGNAL_BOUNDS, VIABILITY_BOUNDS
from redoxsim.analysis.hill_result import LEVEL, Readout
from redoxsim.errors import FitError

PARAMETERS = ("e0", "einf", "ec50", "h", "ic50", "auc")
_FEWEST = 4


def hill_rows(doses: ArrayLike, effects: ArrayLike, *, orientation: Readout, least: float = LEAST) -> dict[str, Floats]:
    """The parameters that :func:`redoxsim.analysis.fit_hill` gives each set of effects, without intervals.

    The same curve, bounds and tests; a hundred curves take about as long as one alone.

    Parameters
    ----------
    doses : (n,) not negative, one zero or none, the others different from one another.
    effects : (m, n) fractions (orientation 'viability', 'inhibition') or any readout ('signal'), finite.

    Returns
    -------
    By name of :data:`PARAMETERS`, each (m,): ``ec50`` and ``ic50`` in the unit of the doses, infinite above the tested
    doses, 0 below, not-a-number where a flat curve has none. All are not-a-number for fewer than four levels.

    Raises
    ------
    FitError : shapes, or numbers that cannot be meant.

    >>> c = [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    >>> found = hill_rows(c, [[1 / (1 + x / k) for x in c] for k in (0.2, 0.5)], orientation="viability")
    >>> found["ec50"].round(6).tolist(), found["h"].round(6).tolist()
    ([0.2, 0.5], [1.0, 1.0])
    """
    choice(orientation, get_args(Readout), "orientation", FitError)
    c, e = numbers(doses, "doses", FitError), numbers(effects, "effects", FitError)
    if c.ndim != 1 or e.ndim != 2 or e.shape[1] != c.size:
        raise FitError(f"doses need shape (n,) and effects (m, n), not {c.shape} and {e.shape}")
    if not np.all(np.isfinite(c)) or np.any(c < 0.0) or np.unique(c).size < c.size:
        raise FitError("doses must be finite, not negative and different from one another")
    if not np.all(np.isfinite(e)):
        raise FitError("effects must be finite")
    order = np.argsort(c)
    c, e = c[order], e[:, order]
    tested = c[c > 0.0]
    m = e.shape[0]
    if tested.size < _FEWEST - 1 or c.size < _FEWEST or m == 0:
        return {name: np.full(m, np.nan) for name in PARAMETERS}
    offset, span = np.zeros(m), np.ones(m)
    if orientation == "signal":
        offset, span = e.min(axis=1), np.ptp(e, axis=1)
        span = np.where(span > 0.0, span, 1.0)
    sign = -1.0 if orientation == "viability" else 1.0
    if orientation == "viability":
        offset = np.ones(m)
    y = sign * (e - offset[:, None]) / span[:, None]
    bounds = SIGNAL_BOUNDS if orientation == "signal" else VIABILITY_BOUNDS
    box = np.array([bounds.control, bounds.maximal, np.log(bounds.slope)])
    found, rss = _fitted(c, y, box, bounds.decades * np.log(10.0), absolute=orientation != "signal")
    size = np.abs(e).max(axis=1) / span if orientation == "signal" else np.ones(m)
    flat = _flat(y, rss, size, least, free=4)
    level = y.mean(axis=1)
    for name in ("e0", "einf", "auc"):
        found[name] = offset + sign * span * np.where(flat, level, found[name])
    for name in ("ec50", "h"):
        found[name] = np.where(flat, np.nan, found[name])
    if orientation != "signal":
        found["ic50"] = np.where(flat, np.where(level > 0.5, 0.0, np.inf), found["ic50"])
    return found


def gr_rows(doses: ArrayLike, values: ArrayLike) -> dict[str, Floats]:
    """GR metrics of many sets of GR values, as :func:`redoxsim.analysis.fit_gr` gives them, without intervals.

    Parameters
    ----------
    doses : (n,) above zero, increasing. values : (m, n) GR, finite.

    Returns
    -------
    ``gr50``, ``gec50``, ``grinf``, ``h``, ``grmax``, ``graoc``, each (m,); doses are infinite above the tested ones, 0
    below, not-a-number where a flat curve has none. With fewer than four doses only the last two are numbers.

    Raises
    ------
    FitError : shapes, or numbers that cannot be meant.
    """
    c, e = numbers(doses, "doses", FitError), numbers(values, "GR values", FitError)
    if c.ndim != 1 or e.ndim != 2 or e.shape[1] != c.size or not c.size:
        raise FitError(f"doses need shape (n,) and GR values (m, n), not {c.shape} and {e.shape}")
    if not np.all(np.isfinite(c)) or c[0] <= 0.0 or np.any(np.diff(c) <= 0.0) or not np.all(np.isfinite(e)):
        raise FitError("doses must be above zero and increasing, GR values finite")
    m, y = e.shape[0], 1.0 - e
    x = np.log(c)
    plain = {
        "grmax": e[:, -1],
        "graoc": np.trapezoid(y, x, axis=1) / (x[-1] - x[0]) if c.size > 1 else np.full(m, np.nan),
    }
    if c.size < _FEWEST or m == 0:
        return {name: np.full(m, np.nan) for name in ("gr50", "gec50", "grinf", "h")} | plain
    found, rss = _fitted(c, y, np.array([(0.0, 0.0), (0.0, 2.0), np.log(SLOPE)]), REACH, absolute=True)
    flat = _flat(y, rss, np.full(m, 1e-3), 0.0, free=3)
    level = y.mean(axis=1)
    return {
        "gr50": np.where(flat, np.where(level > 0.5, 0.0, np.inf), found["ic50"]),
        "gec50": np.where(flat, np.nan, found["ec50"]),
        "grinf": 1.0 - np.where(flat, level, found["einf"]),
        "h": np.where(flat, np.nan, found["h"]),
    } | plain


def _fitted(c: Floats, y: Floats, box: Floats, reach: float, *, absolute: bool) -> tuple[dict[str, Floats], Floats]:
    """Curves through fractions affected (m, n): their parameters, and residual sums of squares (m,).

    ``box`` (3, 2) bounds of bottom, top and log slope; ``reach`` how far EC50 may leave the tested doses, in log dose.
    """
    m = y.shape[0]
    tested = c[c > 0.0]
    reference = float(np.sqrt(tested[0]) * np.sqrt(tested[-1]))
    with np.errstate(divide="ignore"):
        x = np.log(c / reference)
    ends = np.log(tested[[0, -1]] / reference)
    low = np.array([box[0, 0], box[1, 0], ends[0] - reach, box[2, 0]])
    high = np.array([box[0, 1], box[1, 1], ends[1] + reach, box[2, 1]])
    theta, rss = fit_rows(np.tile(x, (m, 1)), y, np.ones_like(y), low=np.tile(low, (m, 1)), high=np.tile(high, (m, 1)))
    return _parameters(theta, ends, reference, absolute=absolute), rss


def _flat(y: Floats, rss: Floats, size: Floats, least: float, *, free: int) -> Floats:
    """(m,) where a curve of so many free parameters is not told from a flat line, by the rules of the single fits."""
    n = y.shape[1]
    spread = np.ptp(y, axis=1)
    flat = (spread <= SMALLEST_EFFECT * size) | (spread < least * size)
    if n > free:
        rss_flat = np.sum((y - y.mean(axis=1, keepdims=True)) ** 2, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = fdtrc(free - 1, n - free, np.maximum(rss_flat - rss, 0.0) / (free - 1) / (rss / (n - free)))
        p = np.where(rss <= 0.0, np.where(rss_flat > 0.0, 0.0, 1.0), p)
        flat |= p >= 1.0 - LEVEL
    return np.asarray(flat)


def _parameters(theta: Floats, ends: Floats, reference: float, *, absolute: bool) -> dict[str, Floats]:
    """Parameters of (m, 4) curves on the fraction affected."""
    bottom, top, x50, h = theta[:, 0], theta[:, 1], theta[:, 2], np.exp(theta[:, 3])

    def dose(place: Floats) -> Floats:
        inside = reference * np.exp(np.clip(place, *ends))
        return np.where(place > ends[1], np.inf, np.where(place < ends[0], 0.0, inside))

    ic50 = np.full(len(theta), np.nan)
    if absolute:
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (0.5 - bottom) / (top - bottom)
            place = x50 + np.log(share / (1.0 - share)) / h
        first = bottom + (top - bottom) * expit(h * (ends[0] - x50))
        never = ~((share > 0.0) & (share < 1.0))
        ic50 = np.where(never, np.where(first > 0.5, 0.0, np.inf), dose(np.where(never, 0.0, place)))
    soft = (np.logaddexp(0.0, h * (ends[1] - x50)) - np.logaddexp(0.0, h * (ends[0] - x50))) / h
    auc = bottom + (top - bottom) * soft / (ends[1] - ends[0])
    return {"e0": bottom, "einf": top, "ec50": dose(x50), "h": h, "ic50": ic50, "auc": auc}
