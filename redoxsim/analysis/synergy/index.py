"""The sum of dose fractions, sum of d_i / D_i(E): what Loewe and Chou-Talalay share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from redoxsim.analysis.agent_curves import AgentCurve, why_undefined
from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.synergy.table import Texts, empty_reasons


def equivalent_doses(grid: EffectArray, curves: Sequence[AgentCurve]) -> Floats:
    """(agents, n1, n2, ...) dose of each agent that alone has the effect of the cell; NaN where there is none."""
    return np.stack([curve.inverse(grid.affected.ravel()).reshape(grid.shape) for curve in curves])


def dose_fractions(grid: EffectArray, curves: Sequence[AgentCurve]) -> tuple[Floats, Texts]:
    """Interaction index of every cell, and why it is undefined where it is. Agents at dose zero add nothing."""
    reasons = empty_reasons(grid)
    alone = equivalent_doses(grid, curves)
    total = np.zeros(grid.shape)
    for i, (curve, dosed) in enumerate(zip(curves, grid.dosed, strict=True)):
        with np.errstate(divide="ignore"):  # an effect next to none needs next to no dose
            total = total + grid.amounts[i] / np.where(dosed, alone[i], 1.0)
        for cell in np.argwhere(grid.combined & dosed & ~np.isfinite(alone[i])):
            place = tuple(int(k) for k in cell)
            if reasons[place] == "":
                reasons[place] = why_undefined(curve, float(grid.affected[place]))
    reasons[grid.combined & np.isinf(total) & (reasons == "")] = "the dose alone is too small to be a number"
    return total, reasons


def remarks(curves: Sequence[AgentCurve]) -> str:
    """What a reader should know about the single-agent curves."""
    return "; ".join(curve.remark for curve in curves if curve.remark)
