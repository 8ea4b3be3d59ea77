"""Highest single agent: is the combination better than the best of its agents alone?"""

from __future__ import annotations

import numpy as np

from redoxsim.analysis.effect import EffectArray
from redoxsim.analysis.synergy.table import SynergyTable, control_note, excess_table

SIGN = (
    "HSA excess = fraction affected minus that of the best single agent; "
    "positive = synergy (more effect than the best alone), negative = antagonism, 0 = neither"
)


def hsa(grid: EffectArray) -> SynergyTable:
    """Excess of the fraction affected over the most effective agent alone at its dose; any number of agents."""
    alone = np.stack([np.where(dosed, grid.alone(i), -np.inf) for i, dosed in enumerate(grid.dosed)])
    best = np.max(alone, axis=0)  # NaN where one of the agents failed: its effect alone is not known
    reference = np.where(np.isneginf(best), grid.control, best)
    return excess_table(
        grid, reference, metric="hsa", title="HSA excess (highest single agent)", sign=SIGN, note=control_note(grid)
    )
