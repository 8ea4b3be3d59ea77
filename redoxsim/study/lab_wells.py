"""What looks wrong with the wells of a laboratory table: rows that are there twice, curves that go up and down."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.analysis.effect import EffectArray

LEAST = 4
"""Wells that must differ before equal ones count as repeated: controls of 1.00 are alike by nature."""
BACK = 0.2
"""Fraction affected by which an agent alone must fall back at a higher dose to be remarked on."""


def repeated(doses: NDArray[np.float64], effect: NDArray[np.float64]) -> list[str]:
    """A sentence where every well is in the table equally often, more than once.

    Parameters
    ----------
    doses : (N, agents) and ``effect`` (N,) of the wells.
    """
    counts = Counter((*map(float, row), float(value)) for row, value in zip(doses, effect, strict=True))
    times = math.gcd(*counts.values()) if counts else 1
    if times < 2 or len({key[-1] for key in counts if key[-1] == key[-1]}) < LEAST:
        return []
    return [
        f"every well is in the table {times} times with the same value: was it pasted more than once? These count as "
        "replicates, so that intervals are too narrow"
    ]


def not_monotone(mean: EffectArray) -> list[str]:
    """A sentence for each agent that alone affects far fewer cells at a higher dose than at a lower one."""
    told = []
    affected: NDArray[Any] = mean.affected
    for place, (agent, axis) in enumerate(zip(mean.agents, mean.doses, strict=True)):
        index: list[Any] = [0] * affected.ndim
        index[place] = slice(None)
        alone = affected[tuple(index)]
        known = np.flatnonzero(np.isfinite(alone))
        if known.size < 2:
            continue
        falls = np.maximum.accumulate(alone[known]) - alone[known]
        worst = int(known[falls.argmax()])
        before = int(known[alone[known][: falls.argmax() + 1].argmax()])
        if falls.max() > BACK:
            unit = mean.dose_units[place] if mean.dose_units else ""
            told.append(
                f"{agent} alone affects {alone[before]:.2f} at {axis[before]:g} {unit} and {alone[worst]:.2f} at "
                f"{axis[worst]:g} {unit}: are wells swapped, or viability and inhibition mixed in one column?"
            )
    return told
