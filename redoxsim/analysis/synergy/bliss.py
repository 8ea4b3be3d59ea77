"""Bliss independence: cells survive each agent with a chance of its own."""

from __future__ import annotations

import numpy as np

from redoxsim.analysis.effect import EffectArray
from redoxsim.analysis.synergy.table import SynergyTable, control_note, excess_table

SIGN = (
    "Bliss excess = fraction affected minus the one expected of independent agents; "
    "positive = synergy (more effect than expected), negative = antagonism, 0 = independent"
)


def bliss(grid: EffectArray) -> SynergyTable:
    """Excess of the fraction affected over 1 - product of the single-agent survivals; any number of agents.

    Effects are taken as they are: an untreated cell that is not at 0 affected is reported, not corrected.
    """
    spared = np.ones(grid.shape)
    for i, dosed in enumerate(grid.dosed):
        spared = spared * np.where(dosed, 1.0 - grid.alone(i), 1.0)
    return excess_table(
        grid, 1.0 - spared, metric="bliss", title="Bliss excess (independence)", sign=SIGN, note=control_note(grid)
    )
