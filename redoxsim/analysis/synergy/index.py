"""The sum of dose fractions, sum of d_i / D_i(E): what Loewe and Chou-Talalay share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from redoxsim.analysis.agent_curves import AgentCurve, why_undefined
from redoxsim.analysis.effect import EffectArray, Floats, Mask
from redoxsim.analysis.synergy.table import Texts, empty_reasons


def lone_doses(grid: EffectArray, curve: AgentCurve, dosed: Mask) -> tuple[Floats, Texts]:
    """(n1, n2, ...) dose of an agent that alone has the effect of a cell, and why there is none, where it is dosed."""
    alone = curve.inverse(grid.affected.ravel()).reshape(grid.shape)
    reasons = empty_reasons(grid)
    for cell in np.argwhere(grid.combined & dosed & ~np.isfinite(alone) & (reasons == "")):
        place = tuple(int(k) for k in cell)
        reasons[place] = why_undefined(curve, float(grid.affected[place]))
    return alone, reasons


def dose_fractions(grid: EffectArray, curves: Sequence[AgentCurve]) -> tuple[Floats, Texts]:
    """Interaction index of every cell, and why it is undefined where it is. Agents at dose zero add nothing."""
    reasons = empty_reasons(grid)
    total = np.zeros(grid.shape)
    for curve, dosed, amount in zip(curves, grid.dosed, grid.amounts, strict=True):
        alone, texts = lone_doses(grid, curve, dosed)
        with np.errstate(divide="ignore"):  # an effect next to none needs next to no dose
            total = total + amount / np.where(dosed, alone, 1.0)
        reasons = np.where(reasons == "", texts, reasons)
    reasons[grid.combined & np.isinf(total) & (reasons == "")] = "the dose alone is too small to be a number"
    return total, reasons


def remarks(curves: Sequence[AgentCurve]) -> str:
    """What a reader should know about the single-agent curves."""
    return "; ".join(curve.remark for curve in curves if curve.remark)
