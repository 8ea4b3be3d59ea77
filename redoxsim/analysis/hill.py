"""Fit of the four-parameter Hill curve E = Einf + (E0 - Einf) / (1 + (c / EC50)^h) to one agent's effects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc, stdtrit

from redoxsim.analysis.effect import (
    MARGIN,
    SMALLEST_EFFECT,
    Floats,
    Scale,
    check_failed,
    check_nan,
    check_scale,
    choice,
    numbers,
)
from redoxsim.analysis.hill_intervals import half_effect, intervals
from redoxsim.analysis.hill_math import Minimum, Points, area, curve, minimise
from redoxsim.analysis.hill_result import (
    LACK_OF_FIT,
    LEVEL,
    HillBounds,
    HillFit,
    Interval,
    Limit,
    Readout,
    Scaler,
)
from redoxsim.errors import FitError

VIABILITY_BOUNDS: Final = HillBounds()
SIGNAL_BOUNDS: Final = HillBounds(control=(-1.0, 2.0), maximal=(-1.0, 2.0))
_NAMES: Final = ("e0", "einf", "ec50", "h")
# A change of all doses together that no plate reader would tell from none; the F-test alone would call the smooth
# curve of a model significant however little it moves.
LEAST: Final = 0.02


@dataclass(frozen=True, slots=True)
class _Data:
    """Checked input: one entry per measurement, doses in their own unit, effects as fraction affected."""

    doses: Floats
    y: Floats
    weights: Floats
    scaler: Scaler


def _checked(
    doses: ArrayLike,
    effect: ArrayLike,
    orientation: Readout,
    scale: Scale,
    weights: ArrayLike | None,
    failed: ArrayLike | None,
    margin: float,
) -> _Data:
    choice(orientation, get_args(Readout), "orientation", FitError)
    choice(scale, get_args(Scale), "scale", FitError)
    c = numbers(doses, "doses", FitError)
    e = numbers(effect, "effects", FitError)
    if c.ndim != 1 or e.ndim not in (1, 2) or e.shape[0] != c.size:
        raise FitError(f"doses need shape (n,) and effects (n,) or (n, replicates), not {c.shape} and {e.shape}")
    mask = check_failed(e, failed, error=FitError)
    w = np.ones(e.shape) if weights is None else numbers(weights, "weights", FitError)
    if w.ndim == 1 and e.ndim == 2 and w.shape[0] == e.shape[0]:
        w = np.repeat(w[:, None], e.shape[1], axis=1)
    if w.shape != e.shape:
        raise FitError(f"weights have shape {w.shape}, effects {e.shape}")
    c = np.repeat(c, e.size // c.size) if c.size else c
    e, w, mask = e.ravel(), w.ravel(), mask.ravel()
    bad = np.flatnonzero(~np.isfinite(c) | (c < 0.0))
    if bad.size:
        raise FitError(f"doses must be finite and not negative: {c[bad[0]]:g} at position {bad[0]}")
    if not np.all(np.isfinite(w)) or np.any(w < 0.0):
        raise FitError("weights must be finite and not negative")
    e[mask] = np.nan
    check_nan(e, mask, lambda i: f"dose {c[i]:g}", error=FitError)
    kept = ~mask & (w > 0.0)
    used, e, w = c[kept], e[kept], w[kept]
    if orientation == "signal":
        if not np.all(np.isfinite(e)):
            raise FitError("effects must be finite")
        span = float(np.ptp(e)) if e.size else 0.0
        scaler = Scaler(orientation, scale, float(np.min(e)) if e.size else 0.0, span if span > 0.0 else 1.0)
    else:
        check_scale(e, lambda i: f"dose {used[i]:g}", scale=scale, margin=margin, error=FitError)
        scaler = Scaler(orientation, scale)
        control = scaler.into(e[used == 0.0])
        if np.isfinite(margin) and control.size and float(np.mean(control)) > 0.5:
            raise FitError(
                f"the untreated control has {orientation} {float(scaler.back(np.mean(control))):g} on scale '{scale}': "
                "that is more than half affected",
                hint=f"is the effect {'inhibition' if orientation == 'viability' else 'viability'}?",
            )
    return _Data(used, scaler.into(e), w / np.mean(w) if w.size else w, scaler)


def fit_hill(
    doses: ArrayLike,
    effect: ArrayLike,
    *,
    orientation: Readout,
    scale: Scale = "fraction",
    weights: ArrayLike | None = None,
    failed: ArrayLike | None = None,
    bounds: HillBounds | None = None,
    profile: bool = True,
    margin: float = MARGIN,
    least: float = LEAST,
    noiseless: bool = False,
) -> HillFit:
    """Four-parameter Hill curve through one agent's effects, with 95% intervals.

    Weighted least squares in log dose relative to the data, from several starts, inside ``bounds``; the result does
    not depend on the unit of the doses. Intervals of e0, einf and h are t-based from the covariance (h on its
    logarithm), that of ic50 by the delta method on log dose; that of ec50 is the profile likelihood (an end the data
    do not close is 0 or inf), or t-based on log dose where ``profile`` is off or the residuals vanish.

    Parameters
    ----------
    doses : (n,) not negative, any unit; zero doses are untreated controls; repeats are replicates.
    effect : (n,) or (n, replicates).
    orientation : 'viability', 'inhibition', or 'signal' for any other readout (no scale check, no IC50).
    weights : shape of ``effect`` or (n,); proportional to 1/variance.
    failed : mask, shape of ``effect``, of measurements to leave out; other NaN are an error.
    least : smallest span of the mean effects that counts as a response, as a fraction of the scale (of the largest
        value for a signal). A curve that moves less is flat, whatever the F-test says; 0 leaves it to the F-test.
    noiseless : the effects are those of a model: residuals are how far its curve is from a Hill curve, no noise, and
        so are the intervals, which then say so.

    Returns
    -------
    HillFit : ``converged`` False with a message if the design carries no fit (too few doses).

    Raises
    ------
    FitError : for input that cannot be meant: shapes, negative doses, undeclared NaN, effects outside the scale, an
        untreated control that is more than half affected.

    >>> c = [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    >>> fit = fit_hill(c, [1 / (1 + x / 0.5) for x in c], orientation="viability")
    >>> round(float(fit.ec50), 6), round(fit.h, 6)
    (0.5, 1.0)
    """
    data = _checked(doses, effect, orientation, scale, weights, failed, margin)
    levels = np.unique(data.doses)
    tested = levels[levels > 0.0]
    if tested.size == 0:
        why = "no dose above zero" if data.doses.size else "no measurement is left"
        return HillFit(orientation, scale, False, f"{why}: nothing to fit")
    limits = (float(tested[0]), float(tested[-1]))
    means = np.array([np.average(data.y[data.doses == c], weights=data.weights[data.doses == c]) for c in levels])
    auc_data = float(data.scaler.back(_trapezoid(tested, means[levels > 0.0])))
    if tested.size < 3 or levels.size < 4:
        return HillFit(
            orientation, scale, False, _too_few(levels.size, tested.size), auc_data=auc_data, dose_range=limits
        )
    reference = float(np.sqrt(limits[0]) * np.sqrt(limits[1]))
    points, box = _in_log_dose(data, limits, reference, bounds)
    best = minimise(points, box)
    level = float(np.average(data.y, weights=data.weights))
    rss_flat = float(np.sum(data.weights * (data.y - level) ** 2))
    dof = data.y.size - 4
    flat_p = _flat_test(rss_flat, best.rss, dof)
    flat = _why_flat(data, means, flat_p, least)
    if flat is not None:
        return _flat_fit(data, level, rss_flat, limits, auc_data, *flat)
    if not best.converged:
        return HillFit(orientation, scale, False, "the fit did not converge", auc_data=auc_data, dose_range=limits)
    fit = _report(data, points, box, best, dof, flat_p, reference, limits, auc_data, profile)
    return lack_of_fit(fit) if noiseless else fit


def _too_few(levels: int, tested: int) -> str:
    """Why so many dose levels, of which so many are above zero, carry no curve."""
    return (
        f"{tested} dose{'s' if tested > 1 else ''} above zero{' and an untreated control' if levels > tested else ''}: "
        "a Hill curve has four parameters and needs at least four levels, three of them above zero"
    )


def _in_log_dose(
    data: _Data, limits: tuple[float, float], reference: float, bounds: HillBounds | None
) -> tuple[Points, Floats]:
    """The points over log dose relative to ``reference``, and the bounds (2, 4) of e0, einf, log EC50 and log h."""
    x = np.full(data.doses.shape, -np.inf)
    dosed = data.doses > 0.0
    x[dosed] = np.log(data.doses[dosed] / reference)
    used = bounds or (SIGNAL_BOUNDS if data.scaler.readout == "signal" else VIABILITY_BOUNDS)
    reach = used.decades * np.log(10.0)
    first, last = np.log(np.array(limits) / reference)
    low, high = (
        [used.control[end], used.maximal[end], middle, np.log(used.slope[end])]
        for end, middle in ((0, first - reach), (1, last + reach))
    )
    return Points(x, data.y, np.sqrt(data.weights)), np.array([low, high])


def _why_flat(data: _Data, means: Floats, flat_p: float, least: float) -> tuple[float, str] | None:
    """p and the reason why the points are not told from a flat line; None where they are."""
    signal = data.scaler.readout == "signal"
    size = _size(data) if signal else 1.0
    span = float(np.ptp(means))
    if np.ptp(data.y) <= SMALLEST_EFFECT * size:
        return 1.0, "the same effect at every dose"
    if flat_p >= 1.0 - LEVEL:
        return flat_p, f"F-test p = {flat_p:.2g}"
    if span < least * size:
        what = "of the largest value" if signal else "of the scale"
        return flat_p, f"the effects span {span / size:.2%} {what}, under the {least:.0%} that count as a response"
    return None


def lack_of_fit(fit: HillFit) -> HillFit:
    """The same fit, its intervals marked as what they are for points without noise."""
    if not fit.intervals:
        return fit
    between = {name: Interval(one.low, one.high, f"{one.method}; {LACK_OF_FIT}") for name, one in fit.intervals.items()}
    text = "intervals show lack of fit only: these points carry no noise"
    return replace(fit, intervals=between, message=f"{fit.message}; {text}")


def _size(data: _Data) -> float:
    """Largest absolute signal in units of its span: solver noise is judged against it."""
    return float(np.max(np.abs(data.scaler.back(data.y))) / data.scaler.span)


def _trapezoid(doses: Floats, means: Floats) -> float:
    if doses.size < 2:
        return np.nan
    x = np.log(doses)
    return float(np.trapezoid(means, x) / (x[-1] - x[0]))


def _flat_test(rss_flat: float, rss: float, dof: int) -> float:
    """p of the F-test of the curve (three parameters more) against a flat line; NaN without degrees of freedom."""
    if dof < 1:
        return np.nan
    if rss <= 0.0:
        return 0.0 if rss_flat > 0.0 else 1.0
    return float(fdtrc(3, dof, max(rss_flat - rss, 0.0) / 3.0 / (rss / dof)))


def _flat_fit(
    data: _Data, level: float, rss: float, limits: tuple[float, float], auc_data: float, flat_p: float, why: str
) -> HillFit:
    n = data.y.size
    value = float(data.scaler.back(level))
    half = float(stdtrit(n - 1, 0.5 + LEVEL / 2) * np.sqrt(rss / (n - 1) / n))
    ends = sorted(float(v) for v in data.scaler.back(np.array([level - half, level + half])))
    ic50 = Limit.NONE
    if data.scaler.readout != "signal":
        ic50 = Limit.BELOW if level > 0.5 else Limit.ABOVE
    return HillFit(
        data.scaler.readout,
        data.scaler.scale,
        True,
        f"not told from a flat line ({why}): no EC50 is reported",
        e0=value,
        einf=value,
        ic50=ic50,
        intervals={"e0": Interval(ends[0], ends[1], "t")},
        rss=rss,
        dof=n - 1,
        flat=True,
        flat_p=flat_p,
        auc=value,
        auc_data=auc_data,
        dose_range=limits,
    )


def _report(
    data: _Data,
    points: Points,
    box: Floats,
    best: Minimum,
    dof: int,
    flat_p: float,
    reference: float,
    limits: tuple[float, float],
    auc_data: float,
    profile: bool,
) -> HillFit:
    theta = best.theta
    on_bound = (theta <= box[0]) | (theta >= box[1])
    ends = np.log(np.array(limits) / reference)
    remarks = []
    ec50: float | Limit = reference * float(np.exp(theta[2]))
    if theta[2] > ends[1]:
        ec50 = Limit.ABOVE
        remarks.append("the half-way dose lies above the tested doses: Einf and EC50 are not determined")
    elif theta[2] < ends[0]:
        ec50 = Limit.BELOW
        remarks.append("the half-way dose lies below the tested doses: the rise is not seen")
    elif (reached := float(curve(np.array([0.0, 1.0, theta[2], theta[3]]), ends[1:])[0])) < 0.9:
        remarks.append(f"no plateau: at the largest dose the curve has {reached:.0%} of its fitted effect")
    if on_bound[3]:
        edge = "upper" if theta[3] >= box[1, 3] else "lower"
        remarks.append(f"the slope rests on its {edge} bound {np.exp(theta[3]):.3g}")
    if dof < 1:
        remarks.append("as many parameters as measurements: no intervals, no test")
    absolute = data.scaler.readout != "signal"
    ic50 = _absolute(theta, ends, reference) if absolute else Limit.NONE
    found = intervals(points, box, best, dof, profile=profile)
    between: dict[str, Interval] = {}
    for name, (low, high, method) in found.items():
        if name in ("e0", "einf"):
            low, high = sorted(float(v) for v in data.scaler.back(np.array([low, high])))
        elif name in ("ec50", "ic50"):
            if isinstance(ec50 if name == "ec50" else ic50, Limit):
                continue
            low, high = low * reference, high * reference
        between[name] = Interval(low, high, method)
    return HillFit(
        data.scaler.readout,
        data.scaler.scale,
        True,
        "; ".join(remarks) if remarks else "converged",
        e0=float(data.scaler.back(theta[0])),
        einf=float(data.scaler.back(theta[1])),
        ec50=ec50,
        h=float(np.exp(theta[3])),
        ic50=ic50,
        intervals=between,
        rss=best.rss,
        dof=dof,
        flat_p=flat_p,
        auc=float(data.scaler.back(area(theta, float(ends[0]), float(ends[1])))),
        auc_data=auc_data,
        at_bound=tuple(name for name, on in zip(_NAMES, on_bound, strict=True) if on),
        dose_range=limits,
        midpoint=reference * float(np.exp(theta[2])),
    )


def _absolute(theta: Floats, ends: Floats, reference: float) -> float | Limit:
    """Dose at which half is affected; a limit where the curve does not cross one half between the tested doses."""
    x = half_effect(theta)[0]
    if np.isnan(x):
        return Limit.BELOW if curve(theta, ends[:1])[0] > 0.5 else Limit.ABOVE
    if x > ends[1]:
        return Limit.ABOVE
    return Limit.BELOW if x < ends[0] else reference * float(np.exp(x))
