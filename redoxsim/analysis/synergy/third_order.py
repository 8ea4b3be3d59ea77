"""Three agents: what the triple does that its pairs do not foretell."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.synergy.table import SynergyTable, control_note, excess_table
from redoxsim.errors import DesignError

BLISS_SIGN = (
    "third-order Bliss excess = fraction affected by the triple minus what its agents alone and its pairs foretell; "
    "positive = synergy that only the three together have, negative = antagonism, 0 = the pairs explain it"
)
HSA_SIGN = (
    "third-order HSA excess = fraction affected by the triple minus that of the best of its pairs; "
    "positive = synergy (better than every pair), negative = antagonism, 0 = neither"
)


def bliss_third_order(grid: EffectArray) -> SynergyTable:
    """Pure third-order term of Bliss independence (Beppler et al. 2016, doi:10.1098/rsif.2016.0332: emergent E3).

    With w the surviving fractions, it is w_a w_bc + w_b w_ac + w_c w_ab - 2 w_a w_b w_c - w_abc: zero where the
    triple is independent, and where one agent is independent of a pair however the pair interacts.

    Raises
    ------
    DesignError : not three agents.
    """
    _three(grid)
    alone = [1.0 - grid.alone(i) for i in range(3)]
    pairs = {(i, j): 1.0 - _pair(grid, i, j) for i, j in combinations(range(3), 2)}
    expected = -2.0 * alone[0] * alone[1] * alone[2]
    for (i, j), pair in pairs.items():
        expected = expected + alone[3 - i - j] * pair
    return _table(
        grid, 1.0 - expected, "bliss3", "third-order Bliss excess (beyond the pairs)", BLISS_SIGN, control_note(grid)
    )


def hsa_third_order(grid: EffectArray) -> SynergyTable:
    """Excess of the triple over the best of its three pairs, each at the doses of the cell.

    Raises
    ------
    DesignError : not three agents.
    """
    _three(grid)
    best = np.max(np.stack([_pair(grid, i, j) for i, j in combinations(range(3), 2)]), axis=0)
    return _table(grid, best, "hsa3", "third-order HSA excess (over the best pair)", HSA_SIGN, control_note(grid))


def _three(grid: EffectArray) -> None:
    if len(grid.agents) != 3:
        raise DesignError(f"a third-order term needs three agents, not {len(grid.agents)}: {', '.join(grid.agents)}")


def _pair(grid: EffectArray, first: int, second: int) -> Floats:
    """(n1, n2, n3) fraction affected by two of the agents without the third."""
    index: list[int | slice] = [slice(None)] * 3
    third = 3 - first - second
    index[third] = slice(0, 1)
    return np.broadcast_to(grid.affected[tuple(index)], grid.shape)


def _table(grid: EffectArray, reference: Floats, metric: str, title: str, sign: str, note: str) -> SynergyTable:
    return excess_table(
        grid,
        reference,
        metric=metric,
        title=title,
        sign=sign,
        note="; ".join(text for text in ("over the cells with all three agents", note) if text),
        about=np.all(np.stack(grid.dosed), axis=0),
        needs="a single-agent or pair effect",
    )
