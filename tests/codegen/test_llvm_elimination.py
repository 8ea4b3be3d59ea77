"""Elimination orders: the rule as it is stated, whatever queue finds them; cost against size."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.codegen.llvm.elimination import plan


def by_the_rule(size: int, pattern: list[tuple[int, int]]) -> list[int]:
    """States in the order plan() promises, found by looking at every state every time."""
    full = np.eye(size, dtype=bool)
    for i, j in pattern:
        full[i, j] = True
    left, depth, chosen = list(range(size)), [0] * size, []
    while left:

        def cost(i: int) -> tuple[int, int, int]:
            others = [j for j in left if j != i]
            return int(full[i, others].sum()) * int(full[others, i].sum()), depth[i], i

        pivot = min(left, key=cost)
        left.remove(pivot)
        chosen.append(pivot)
        above = [i for i in left if full[i, pivot]]
        right = [j for j in left if full[pivot, j]]
        full[np.ix_(above, right)] = True
        for i in {*above, *right}:
            depth[i] = max(depth[i], depth[pivot] + 1)
    return sorted(chosen, key=lambda i: (depth[i], chosen.index(i)))


@pytest.mark.parametrize("seed", range(5))
def test_order_is_the_one_the_rule_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 40))
    pattern = [(int(i), int(j)) for i, j in rng.integers(0, size, (3 * size, 2))]
    assert list(plan(size, pattern).order) == by_the_rule(size, pattern)


def test_chain_has_no_more_fill_per_link() -> None:
    def nonzeros(size: int) -> int:
        pattern = [(i, j) for i in range(size) for j in (i - 1, i, i + 1) if 0 <= j < size]
        return plan(size, pattern).nonzeros

    assert nonzeros(2000) < 20.5 * nonzeros(100)
