"""Growth-rate inhibition (GR) values and metrics from live-cell counts (Hafner et al. 2016, doi:10.1038/nmeth.3853).

GR(c) = 2^(log2(x(c)/x0) / log2(xctrl/x0)) - 1 with x0 live cells at the start and x(c), xctrl at the end, treated and
untreated: 1 grows as untreated, between 0 and 1 grows slower, 0 does not grow, below 0 dies. It does not change with
the number of divisions during the assay, as viability does.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc

from redoxsim.analysis.curve_rows import fit_rows, row_curve
from redoxsim.analysis.effect import Floats, check_failed, numbers
from redoxsim.analysis.hill_result import LEVEL, Interval, Limit
from redoxsim.errors import FitError

SLOPE: Final = (0.1, 5.0)
REACH: Final = 2.0 * np.log(10.0)
# Fewer divisions of the untreated cells than this make GR a ratio of noise.
LEAST_DIVISIONS: Final = 0.1
_FEWEST = 4
_METHOD = "bootstrap"


def gr_values(live: ArrayLike, *, start: ArrayLike, control: ArrayLike) -> Floats:
    """GR of live-cell counts of any shape; counts in any one unit (cells, or a signal in proportion to them).

    Parameters
    ----------
    live : treated counts at the end, not negative. No cell left gives -1.
    start : counts when the agent was given. control : untreated counts at the end. Means are taken of several.

    Raises
    ------
    FitError : counts that are negative or not numbers, or untreated cells that did not grow: GR is not defined.

    >>> gr_values([400.0, 200.0, 100.0, 50.0], start=100.0, control=400.0).round(3).tolist()
    [1.0, 0.414, 0.0, -0.293]
    """
    counts = numbers(live, "live cells", FitError)
    if np.any(counts < 0.0):
        raise FitError(f"live cells can't be negative: {counts[counts < 0.0][0]:g}")
    before, after = _wells(start, "cells at the start"), _wells(control, "untreated cells")
    return _gr(counts, float(before.mean()), _grown(float(before.mean()), float(after.mean())))


def _wells(values: ArrayLike, what: str) -> Floats:
    wells = np.atleast_1d(numbers(values, what, FitError)).ravel()
    if wells.size == 0 or not np.all(np.isfinite(wells)) or np.any(wells <= 0.0):
        raise FitError(f"{what} must be positive numbers")
    return wells


def _grown(before: float, after: float) -> float:
    """log2 of the growth of untreated cells.

    Raises
    ------
    FitError : they did not grow.
    """
    divisions = float(np.log2(after / before))
    if divisions < LEAST_DIVISIONS:
        raise FitError(
            f"untreated cells went from {before:g} to {after:g}, {divisions:.2g} divisions: "
            "GR compares growth rates and needs untreated cells that grow",
            hint="are the counts of the start and of the control exchanged?" if divisions < -0.5 else None,
        )
    return divisions


def _gr(counts: Floats, before: float | Floats, divisions: float | Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp2(np.log2(counts / before) / divisions) - 1.0, dtype=float)


@dataclass(frozen=True)
class GrFit:
    """GR metrics of one agent; a design that carries no curve is one with ``converged`` False and a ``message``.

    Attributes
    ----------
    doses : (n,) doses above zero. values : (n,) mean GR. low, high : (n,) 95% intervals; NaN without replicates.
    gr50 : dose with GR 0.5 on the curve, or a `Limit`; never extrapolated.
    gec50 : dose half-way to GRinf, or a `Limit`. h : slope. grinf : GR at infinite dose of the curve.
    grmax : mean GR at the largest dose tested. graoc : mean of 1 - GR over log dose (trapezoids), no curve involved;
        NaN for one dose.
    intervals : 95% intervals by name; an end that lies beyond the tested doses is 0 or inf.
    flat : the data do not tell the curve from a flat line (F-test, ``flat_p`` >= 0.05).
    divisions : of the untreated cells between start and end.
    """

    converged: bool
    message: str
    doses: Floats
    values: Floats
    low: Floats
    high: Floats
    grmax: float = np.nan
    graoc: float = np.nan
    gr50: float | Limit = Limit.NONE
    gec50: float | Limit = Limit.NONE
    grinf: float = np.nan
    h: float = np.nan
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    flat: bool = False
    flat_p: float = np.nan
    divisions: float = np.nan
    midpoint: float = np.nan

    def predict(self, doses: ArrayLike) -> Floats:
        """GR of the curve at doses of any shape; NaN if there is none."""
        c = np.asarray(doses, dtype=float)
        if not self.converged:
            return np.full(c.shape, np.nan)
        if self.flat:
            return np.full(c.shape, self.grinf)
        return np.asarray(self.grinf + (1.0 - self.grinf) / (1.0 + (c / self.midpoint) ** self.h), dtype=float)

    def rows(self) -> list[tuple[str, str, str]]:
        """Table rows: name, value, 95% interval."""
        table = []
        for label in ("GR50", "GRmax", "GRAOC", "GEC50", "GRinf", "h"):
            name = label.lower()
            value, between = getattr(self, name), self.intervals.get(name)
            text = value.value if isinstance(value, Limit) else f"{value:.4g}" if value == value else Limit.NONE.value
            table.append((label, text, f"{between.low:.4g} to {between.high:.4g}" if between else ""))
        return table

    def _repr_html_(self) -> str:
        body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in self.rows())
        return f"<table>{body}</table><p>{html.escape(self.message)}</p>"


def fit_gr(
    doses: ArrayLike,
    live: ArrayLike,
    *,
    start: ArrayLike,
    control: ArrayLike,
    failed: ArrayLike | None = None,
    draws: int = 500,
    seed: int = 1,
) -> GrFit:
    """GR metrics of one agent, with intervals from resampled wells.

    The curve GR(c) = GRinf + (1 - GRinf) / (1 + (c / GEC50)^h) starts at 1 by definition; GRinf lies in [-1, 1], h in
    [0.1, 5]. As in the paper it must beat a flat line in an F-test (p < 0.05), else GEC50 and GR50 are not reported as
    numbers. With replicates the wells of every dose, of the start and of the control are resampled (one fewer than
    there are, with replacement); without, residuals of the curve are.

    Parameters
    ----------
    doses : (n,) any unit; zero doses are further controls. live : (n,) or (n, replicates) counts at the end.
    start, control : counts of wells at the start, and untreated at the end; a number or several.
    failed : mask, shape of ``live``, of wells without a value; other NaN are an error.

    Raises
    ------
    FitError : counts or doses that cannot be meant, or untreated cells that did not grow.
    """
    c = numbers(doses, "doses", FitError)
    counts = numbers(live, "live cells", FitError)
    if c.ndim != 1 or counts.ndim not in (1, 2) or counts.shape[0] != c.size:
        raise FitError(
            f"doses need shape (n,) and live cells (n,) or (n, replicates), not {c.shape} and {counts.shape}"
        )
    if not np.all(np.isfinite(c)) or np.any(c < 0.0):
        raise FitError("doses must be finite and not negative")
    mask = check_failed(counts, failed, error=FitError)
    counts[mask] = np.nan
    counts = counts.reshape(c.size, -1)
    if np.any(np.isnan(counts) & ~mask.reshape(counts.shape)):
        raise FitError("live cells are NaN and not declared as failed", hint="pass failed=mask")
    if np.any(counts < 0.0):
        raise FitError(f"live cells can't be negative: {np.nanmin(counts):g}")
    before, after = _wells(start, "cells at the start"), _wells(control, "untreated cells")
    extra = counts[c == 0.0]
    after = np.concatenate([after, extra[np.isfinite(extra)]])
    tested, wells = _by_dose(c, counts)
    divisions = _grown(float(before.mean()), float(after.mean()))
    if tested.size == 0:
        empty = np.empty(0)
        return GrFit(False, "no dose above zero: nothing to fit", empty, empty, empty, empty, divisions=divisions)
    middle = _gr(np.array([np.mean(w) for w in wells]), float(before.mean()), divisions)
    drawn = _resampled(wells, before, after, draws, seed) if draws and min(map(len, wells)) > 1 else None
    low, high = _ends(drawn) if drawn is not None else (np.full(tested.size, np.nan),) * 2
    plain = {"grmax": middle[-1:], "graoc": np.array([_above(tested, middle)])}
    fit = GrFit(
        False, "", tested, middle, low, high, float(plain["grmax"][0]), float(plain["graoc"][0]), divisions=divisions
    )  # fmt: skip
    if drawn is not None:
        spread = {"grmax": drawn[:, -1]}
        if tested.size > 1:
            spread["graoc"] = np.array([_above(tested, one) for one in drawn])
        fit = _with(fit, intervals={name: _interval(values) for name, values in spread.items()})
    if tested.size < _FEWEST:
        return _with(
            fit, message=f"{tested.size} dose{'s' if tested.size > 1 else ''} above zero: a GR curve needs {_FEWEST}"
        )
    return _curve(fit, drawn, draws, seed)


def _with(fit: GrFit, **changes: object) -> GrFit:
    return replace(fit, **changes)  # type: ignore[arg-type]


def _by_dose(c: Floats, counts: Floats) -> tuple[Floats, list[Floats]]:
    """Doses above zero with their wells, those without any well left out."""
    tested, wells = [], []
    for dose in np.unique(c[c > 0.0]):
        found = counts[c == dose]
        found = found[np.isfinite(found)]
        if found.size:
            tested.append(float(dose))
            wells.append(found)
    return np.array(tested), wells


def _above(doses: Floats, values: Floats) -> float:
    """Mean of 1 - GR over log dose by trapezoids; NaN for one dose."""
    if doses.size < 2:
        return np.nan
    x = np.log(doses)
    return float(np.trapezoid(1.0 - values, x) / (x[-1] - x[0]))


def _resampled(wells: list[Floats], before: Floats, after: Floats, draws: int, seed: int) -> Floats:
    """(draws, n) mean GR of resampled wells; draws in which untreated cells do not grow are drawn again."""
    rng = np.random.default_rng(seed)

    def means(found: Floats) -> Floats:
        if found.size < 2:
            return np.full(draws, float(found[0]))
        return np.asarray(found[rng.integers(found.size, size=(draws, found.size - 1))].mean(axis=1), dtype=float)

    first, last = means(before), means(after)
    divisions = np.maximum(np.log2(last / first), LEAST_DIVISIONS)
    return np.stack([_gr(means(found), first, divisions) for found in wells], axis=1)


def _ends(samples: Floats) -> tuple[Floats, Floats]:
    """Percentile ends along the first axis; values that occurred, so that infinite ones are kept."""
    tail = 0.5 * (1.0 - LEVEL)
    low, high = np.quantile(samples, [tail, 1.0 - tail], axis=0, method="inverted_cdf")
    return low, high


def _interval(samples: Floats) -> Interval:
    low, high = _ends(samples)
    return Interval(float(low), float(high), _METHOD)


def _curve(fit: GrFit, drawn: Floats | None, draws: int, seed: int) -> GrFit:
    n = fit.doses.size
    reference = float(np.sqrt(fit.doses[0]) * np.sqrt(fit.doses[-1]))
    x = np.log(fit.doses / reference)
    low = np.array([0.0, 0.0, x[0] - REACH, np.log(SLOPE[0])])
    high = np.array([0.0, 2.0, x[-1] + REACH, np.log(SLOPE[1])])
    y = 1.0 - fit.values

    def fitted(targets: Floats, near: Floats | None) -> tuple[Floats, Floats]:
        m = targets.shape[0]
        box = (np.tile(low, (m, 1)), np.tile(high, (m, 1)))
        return fit_rows(
            np.tile(x, (m, 1)), targets, np.ones((m, n)), low=box[0], high=box[1],
            near=None if near is None else np.tile(near, (m, 1)), quick=near is not None,
        )  # fmt: skip

    theta, rss = fitted(y[None], None)
    best = theta[0]
    dof = n - 3
    flat_rss = float(np.sum((y - y.mean()) ** 2))
    perfect = float(rss[0]) <= 1e-24
    p = np.nan
    if dof > 0:
        p = 0.0 if perfect else float(fdtrc(2, dof, max(flat_rss - rss[0], 0.0) / 2.0 / (rss[0] / dof)))
    if np.ptp(y) <= 1e-9 or p >= 1.0 - LEVEL:
        level = 1.0 - float(y.mean())
        limit = Limit.BELOW if level < 0.5 else Limit.ABOVE
        return _with(
            fit, converged=True, flat=True, flat_p=p if np.isfinite(p) else 1.0, grinf=level, gr50=limit,
            message="not told from a flat line: no GEC50 is reported",
        )  # fmt: skip
    remarks = []
    if dof < 1:
        remarks.append("as many parameters as doses: no test")
    metrics = _metrics(theta, x, reference)
    between = dict(fit.intervals)
    targets = None
    if drawn is not None:
        targets = 1.0 - drawn
    elif draws and dof > 0:
        rng = np.random.default_rng(seed)
        curve = row_curve(theta, x[None])[0]
        residual = (y - curve) * np.sqrt(n / dof)
        targets = curve + residual[rng.integers(n, size=(draws, n))]
        remarks.append("intervals of the curve from its residuals: there are no replicates")
    if targets is not None:
        spread = _metrics(fitted(targets, best)[0], x, reference)
        between |= {name: _interval(values) for name, values in spread.items()}
    limits = {0.0: Limit.BELOW, np.inf: Limit.ABOVE}
    value = {name: float(values[0]) for name, values in metrics.items()}
    gr50: float | Limit = limits.get(value["gr50"], value["gr50"])
    gec50: float | Limit = limits.get(value["gec50"], value["gec50"])
    if isinstance(gec50, Limit):
        remarks.append(f"the half-way dose lies {'above' if gec50 is Limit.ABOVE else 'below'} the tested doses")
    return _with(
        fit, converged=True, message="; ".join(remarks) or "converged", gr50=gr50, gec50=gec50, grinf=value["grinf"],
        h=value["h"], intervals=between, flat_p=p, midpoint=reference * float(np.exp(best[2])),
    )  # fmt: skip


def _metrics(theta: Floats, x: Floats, reference: float) -> dict[str, Floats]:
    """GRinf, h, GEC50 and GR50 of (m, 4) curves; a dose beyond the tested ones is 0 or inf."""
    top, x50, h = theta[:, 1], theta[:, 2], np.exp(theta[:, 3])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.where(top > 0.5, x50 + np.log(0.5 / (top - 0.5)) / h, np.inf)

    def dose(place: Floats) -> Floats:
        inside = reference * np.exp(np.clip(place, x[0], x[-1]))
        return np.where(place > x[-1], np.inf, np.where(place < x[0], 0.0, inside))

    return {"grinf": 1.0 - top, "h": h, "gec50": dose(x50), "gr50": dose(at)}
