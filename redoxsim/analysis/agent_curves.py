"""Single-agent curves that can be asked which dose alone has a given effect, and that say when none does."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import isotonic_regression

from redoxsim.analysis.effect import SMALLEST_EFFECT, EffectArray, Floats
from redoxsim.analysis.hill import fit_hill
from redoxsim.analysis.monotone import nearly_inert, not_monotone

CurveKind = Literal["interpolate", "hill"]
# A reached effect may differ from the top of a curve by rounding only.
_SLACK = 1e-12
_FEWEST = 3


class AgentCurve(Protocol):
    """What a metric asks of one agent's curve.

    Attributes
    ----------
    name : the agent.
    problem : why the curve cannot be used; empty if it can.
    remark : what a reader should know about it; may be empty.
    base, top : fraction affected without the agent, and the largest it reaches at a tested dose.
    """

    name: str
    problem: str
    remark: str
    base: float
    top: float

    def inverse(self, affected: Floats) -> Floats:
        """(m,) doses that alone affect the given fractions; NaN where no dose up to the largest tested does."""
        ...


def why_undefined(curve: AgentCurve, affected: float) -> str:
    """The reason, in words, why ``curve`` has no dose for an effect."""
    if curve.problem:
        return curve.problem
    if affected <= curve.base:
        return f"the combination affects {affected:.3g}, no more than untreated ({curve.base:.3g})"
    return f"the combination affects {affected:.3g}; {curve.name} alone reaches {curve.top:.3g} at most"


class InterpolatedCurve:
    """Monotone interpolation of measured effects: shape-preserving cubics in log dose.

    Effects that fall with dose are first pooled (isotonic regression), which ``remark`` reports. Between the untreated
    control and the smallest dose the curve is a straight line in dose. On a plateau the smallest dose counts.
    """

    def __init__(self, name: str, doses: Floats, affected: Floats) -> None:
        self.name = name
        self.problem = ""
        self.remark = ""
        self.base = float(affected[0])
        self.top = np.nan
        known = np.isfinite(affected)
        dosed = int(np.count_nonzero(known[1:]))
        if not known[0] or dosed < _FEWEST:
            what = "its untreated control" if not known[0] else f"{dosed} of the {_FEWEST} doses it needs"
            self.problem = f"{name} alone has {'no value for ' if not known[0] else 'only '}{what}"
            return
        if not known.all():
            self.remark = f"{np.count_nonzero(~known)} failed doses of {name} alone are bridged by interpolation"
        if text := not_monotone(name, doses, affected):
            self.problem = text
            return
        c, y = doses[known], affected[known]
        pooled = np.asarray(isotonic_regression(y).x, dtype=float)
        shift = float(np.max(np.abs(pooled - y)))
        if shift > SMALLEST_EFFECT:
            text = f"{name} alone is not monotone; pooling moved its effects by up to {shift:.2g}"
            self.remark = f"{self.remark}; {text}" if self.remark else text
        self.base, self.top = float(pooled[0]), float(pooled[-1])
        if self.top - self.base <= SMALLEST_EFFECT:
            self.problem = f"{name} alone has no effect in this direction"
            return
        self._first = float(c[1])
        self._y = pooled
        self._x = np.log(c[1:] / c[1])
        self._cubics = PchipInterpolator(self._x, pooled[1:]).c

    def inverse(self, affected: Floats) -> Floats:
        """(m,) doses that alone affect the given fractions; NaN where no dose up to the largest tested does."""
        wanted = np.asarray(affected, dtype=float)
        dose = np.full(wanted.shape, np.nan)
        if self.problem:
            return dose
        with np.errstate(invalid="ignore"):
            inside = (wanted > self.base) & (wanted <= self.top + _SLACK)
        e = np.minimum(wanted[inside], self.top)
        low = e <= self._y[1]
        found = np.empty(e.shape)
        found[low] = self._first * (e[low] - self.base) / max(self._y[1] - self.base, np.finfo(float).tiny)
        rest = e[~low]
        piece = np.clip(np.searchsorted(self._y[1:], rest, side="left") - 1, 0, self._x.size - 2)
        a, b, c, d = self._cubics[:, piece]
        left, right = np.zeros(rest.shape), np.diff(self._x)[piece]
        t = 0.5 * (left + right)
        for _ in range(64):  # Newton steps kept inside a shrinking bracket
            value = ((a * t + b) * t + c) * t + d - rest
            left, right = np.where(value < 0.0, t, left), np.where(value < 0.0, right, t)
            slope = (3.0 * a * t + 2.0 * b) * t + c
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                newton = t - value / slope
            following = np.where((newton >= left) & (newton <= right), newton, 0.5 * (left + right))
            done = np.max(np.abs(following - t), initial=0.0) < 1e-13
            t = following
            if done:
                break
        found[~low] = self._first * np.exp(self._x[piece] + t)
        dose[inside] = found
        return dose


class FittedCurve:
    """A Hill fit of one agent's effects; doses above the largest tested one are never used."""

    def __init__(self, name: str, doses: Floats, affected: Floats) -> None:
        self.name = name
        self.remark = ""
        self.base, self.top = np.nan, np.nan
        self._fit = fit_hill(
            doses,
            affected,
            orientation="inhibition",
            failed=~np.isfinite(affected),
            profile=False,
            margin=np.inf,
        )
        fit = self._fit
        self.problem = not_monotone(name, doses, affected)
        if self.problem:
            return
        if not fit.converged or fit.flat:
            self.problem = f"{name} alone carries no Hill curve: {fit.message}"
        elif fit.einf <= fit.e0:
            self.problem = f"{name} alone does not act in the direction of the effect"
        else:
            self.base, self.top = fit.e0, float(fit.predict(fit.dose_range[1]))
            self.remark = "" if fit.message == "converged" else f"{name}: {fit.message}"

    def inverse(self, affected: Floats) -> Floats:
        """(m,) doses that alone affect the given fractions; NaN where no dose up to the largest tested does."""
        wanted = np.asarray(affected, dtype=float)
        if self.problem:
            return np.full(wanted.shape, np.nan)
        dose, _ = self._fit.extrapolate(wanted)
        with np.errstate(invalid="ignore"):
            return np.where((wanted > self.base) & (wanted <= self.top + _SLACK), dose, np.nan)


def agent_curves(grid: EffectArray, kind: CurveKind) -> list[AgentCurve]:
    """One curve per agent from the single-agent edges of the grid; that of an agent that hardly acts has a problem."""
    make = InterpolatedCurve if kind == "interpolate" else FittedCurve
    curves: list[AgentCurve] = []
    for i, name in enumerate(grid.agents):
        curve = make(name, grid.doses[i], grid.edge(i))
        curve.problem = curve.problem or nearly_inert(name, grid.doses[i], grid.edge(i))
        curves.append(curve)
    return curves
