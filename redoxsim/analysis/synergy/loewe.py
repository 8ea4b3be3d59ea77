"""Loewe additivity: an agent combined with itself neither gains nor loses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from redoxsim.analysis.agent_curves import AgentCurve, CurveKind, agent_curves
from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.synergy.index import dose_fractions, remarks
from redoxsim.analysis.synergy.table import SynergyTable, Texts, empty_reasons, tabulate

SIGN = (
    "Loewe interaction index = sum of dose / dose alone for the same effect; "
    "below 1 = synergy (less is needed), 1 = additive, above 1 = antagonism"
)
EXCESS_SIGN = (
    "Loewe excess = fraction affected minus that of the dose-additive surface; "
    "positive = synergy (more effect than additive), negative = antagonism, 0 = additive"
)


def _note(curves: Sequence[AgentCurve], kind: CurveKind) -> str:
    how = "monotone interpolation" if kind == "interpolate" else "Hill fits"
    return "; ".join(text for text in (f"single-agent curves by {how}", remarks(curves)) if text)


def loewe(grid: EffectArray, *, curve: CurveKind = "interpolate") -> SynergyTable:
    """Interaction index; undefined above the largest effect that every agent present reaches alone when tested.

    ``curve`` says how single-agent effects become curves: 'interpolate' (monotone, no model) or 'hill' (fitted).
    """
    curves = agent_curves(grid, curve)
    total, reasons = dose_fractions(grid, curves)
    return tabulate(
        grid,
        total,
        reasons,
        metric="loewe",
        title="Loewe interaction index",
        sign=SIGN,
        neutral=1.0,
        note=_note(curves, curve),
    )


def loewe_excess(grid: EffectArray, *, curve: CurveKind = "interpolate") -> SynergyTable:
    """Excess of the fraction affected over the dose-additive surface; undefined where that surface is."""
    curves = agent_curves(grid, curve)
    reasons = empty_reasons(grid)
    reference = np.full(grid.shape, np.nan)
    present = np.stack(grid.dosed)
    for pattern in np.unique(present.reshape(len(curves), -1).T, axis=0):
        if np.count_nonzero(pattern) < 2:
            continue
        cells = np.all(present == pattern.reshape((-1,) + (1,) * len(grid.shape)), axis=0)
        used = [i for i in range(len(curves)) if pattern[i]]
        amounts = np.stack([grid.amounts[i][cells] for i in used])
        reference[cells], texts = _additive([curves[i] for i in used], amounts)
        old = reasons[cells]
        reasons[cells] = np.where(old == "", texts, old)
    return tabulate(
        grid,
        grid.affected - reference,
        reasons,
        metric="loewe_excess",
        title="Loewe excess (dose additivity)",
        sign=EXCESS_SIGN,
        neutral=0.0,
        note=_note(curves, curve),
        reference=reference,
    )


def _additive(curves: Sequence[AgentCurve], amounts: Floats) -> tuple[Floats, Texts]:
    """Effect E with sum of d_i / D_i(E) = 1 for (agents, m) doses, and (m,) reasons where there is none."""
    size = amounts.shape[1]
    texts = np.full(size, "", dtype=object)
    unusable = [curve.problem for curve in curves if curve.problem]
    if unusable:
        texts[:] = unusable[0]
        return np.full(size, np.nan), texts
    weakest = min(curves, key=lambda curve: curve.top)
    low = np.full(size, max(curve.base for curve in curves))
    high = np.full(size, weakest.top)

    def total(effect: Floats) -> Floats:
        with np.errstate(divide="ignore"):  # an effect next to none needs next to no dose
            parts = [amount / curve.inverse(effect) for curve, amount in zip(curves, amounts, strict=True)]
        return np.asarray(np.sum(parts, axis=0), dtype=float)

    if low[0] >= high[0]:
        texts[:] = f"{weakest.name} alone reaches {weakest.top:.3g}, no more than untreated"
        return np.full(size, np.nan), texts
    above = total(high) > 1.0 + 1e-9
    texts[above] = f"the additive effect lies above {weakest.top:.3g}, the most {weakest.name} reaches alone"
    for _ in range(60):
        middle = 0.5 * (low + high)
        more = total(middle) > 1.0
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.where(above, np.nan, high), texts
