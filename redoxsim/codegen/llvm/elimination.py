"""The order in which a sparse matrix is eliminated, fixed once for a pattern of non-zeros."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Elimination:
    """Elimination without a search for pivots at run time.

    Attributes
    ----------
    order : state eliminated at each position.
    lower, upper : per position, the positions of the non-zeros left and right of the diagonal,
        increasing, fill included.
    level : per position, how many eliminations must come before it, in the longest chain.
    """

    order: tuple[int, ...]
    lower: tuple[tuple[int, ...], ...]
    upper: tuple[tuple[int, ...], ...]
    level: tuple[int, ...]

    @property
    def nonzeros(self) -> int:
        return len(self.order) + sum(map(len, self.lower)) + sum(map(len, self.upper))

    @property
    def operations(self) -> int:
        """Multiply-adds of one factorisation."""
        return sum(1 + len(self.upper[k]) for row in self.lower for k in row)


def plan(size: int, pattern: Iterable[tuple[int, int]]) -> Elimination:
    """Markowitz order over the diagonal: fewest products first, then the shortest chain of eliminations.

    Independent eliminations are put side by side, so that a processor can overlap them.
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for row, column in pattern:
        rows[row].add(column)
        columns[column].add(row)
    original = [set(row) for row in rows]
    depth = [0] * size
    chosen: list[int] = []

    def cost(i: int) -> tuple[int, int, int]:
        return (len(rows[i]) - 1) * (len(columns[i]) - 1), depth[i], i

    # every change of a cost pushes it anew; what comes out with an old cost is passed over
    now = {i: cost(i) for i in range(size)}
    queue = sorted(now.values())
    while now:
        entry = heapq.heappop(queue)
        pivot = entry[2]
        if now.get(pivot) != entry:
            continue
        del now[pivot]
        chosen.append(pivot)
        above = columns[pivot] - {pivot}
        right = rows[pivot] - {pivot}
        for i in above:
            rows[i].discard(pivot)
            rows[i] |= right
        for j in right:
            columns[j].discard(pivot)
            columns[j] |= above
        for i in above | right:
            depth[i] = max(depth[i], depth[pivot] + 1)
            now[i] = cost(i)
            heapq.heappush(queue, now[i])
    place = {state: position for position, state in enumerate(chosen)}
    ranked = sorted(chosen, key=lambda i: (depth[i], place[i]))
    return _symbolic(ranked, original, [depth[i] for i in ranked])


def _symbolic(order: list[int], original: list[set[int]], level: list[int]) -> Elimination:
    """Row patterns, fill included, for an order."""
    position = {state: place for place, state in enumerate(order)}
    lower: list[tuple[int, ...]] = []
    upper: list[tuple[int, ...]] = []
    for place, state in enumerate(order):
        row = {position[j] for j in original[state]} | {place}
        waiting = sorted(k for k in row if k < place)
        done: list[int] = []
        while waiting:
            k = heapq.heappop(waiting)
            done.append(k)
            for j in upper[k]:
                if j not in row:
                    row.add(j)
                    if j < place:
                        heapq.heappush(waiting, j)
        lower.append(tuple(done))
        upper.append(tuple(sorted(j for j in row if j > place)))
    return Elimination(order=tuple(order), lower=tuple(lower), upper=tuple(upper), level=tuple(level))
