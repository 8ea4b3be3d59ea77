"""Places for the nodes of a directed graph in columns, left to right, with few crossings and straight lines.

The steps are those of Sugiyama, Tagawa and Toda (1981 IEEE Trans Syst Man Cybern 11:109): turn edges so that there is
no cycle (Eades, Lin and Smyth 1993 Inf Process Lett 47:319), columns by longest paths, order in the columns by
barycentres, then heights by isotonic regression. All of it is deterministic.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

GAP_X, GAP_Y = 34.0, 12.0
SWEEPS = 24
ALIGN = 40
BEND = 4.0  # how much straighter a line through several columns is kept than one between neighbours

Name = Hashable


@dataclass(frozen=True, slots=True)
class Size:
    """Width, and how far a node reaches above and below the line that its edges meet. ``band``: nodes of a higher
    band stand right of all of a lower one."""

    width: float
    up: float
    down: float
    band: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Centre line of each node (x, y), routes by (tail, head) as points from left to right, columns as (left, right)
    by band, and the size of the whole."""

    at: Mapping[str, tuple[float, float]]
    routes: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    bands: Mapping[float, tuple[float, float]]
    width: float
    height: float


def acyclic_order(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """Names in an order against which few edges point."""
    out: dict[str, list[str]] = {name: [] for name in names}
    into: dict[str, list[str]] = {name: [] for name in names}
    for tail, head in edges:
        if tail != head:
            out[tail].append(head)
            into[head].append(tail)
    left, right, rest = [], [], list(names)
    while rest:
        alive = set(rest)
        sinks = [name for name in rest if not any(one in alive for one in out[name])]
        sources = [name for name in rest if not any(one in alive for one in into[name])]
        if sinks:
            right.append(sinks[-1])
            rest.remove(sinks[-1])
        elif sources:
            left.append(sources[0])
            rest.remove(sources[0])
        else:
            # Of equals the last: what is left of a total, such as the reduced form, is declared after the rest.
            best = max(
                reversed(rest),
                key=lambda name: sum(one in alive for one in out[name]) - sum(one in alive for one in into[name]),
            )
            left.append(best)
            rest.remove(best)
    return left + right[::-1]


def place(sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]]) -> Placed:
    """Places for nodes; ``edges`` must have no cycle and never point to a lower band."""
    layers = _layers(sizes, edges)
    columns, links = _with_dummies(sizes, edges, layers)
    columns = _ordered(columns, links)
    heights = _heights(columns, links, sizes)
    return _drawn(sizes, edges, layers, columns, heights)


def _layers(sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    before: dict[str, list[str]] = {name: [] for name in sizes}
    after: dict[str, list[str]] = {name: [] for name in sizes}
    for tail, head in edges:
        before[head].append(tail)
        after[tail].append(head)
    found: dict[str, int] = {}
    base = 0
    for band in sorted({size.band for size in sizes.values()}):
        members = [name for name, size in sizes.items() if size.band == band]
        waiting = list(members)
        while waiting:
            ready = [name for name in waiting if all(one in found for one in before[name])]
            for name in ready or waiting[:1]:
                found[name] = max([base, *(found[one] + 1 for one in before[name] if one in found)])
                waiting.remove(name)
        for name in reversed(members):  # what begins or stands between two far columns comes to where it is needed
            if after[name]:
                late = min(found.get(one, 10**6) for one in after[name]) - 1
                if late >= 10**5:
                    continue
                if not before[name]:
                    found[name] = max(found[name], late)
                elif len(before[name]) == len(after[name]) == 1 and late > found[name]:
                    found[name] = (found[name] + late) // 2
        base = max(found[name] for name in members) + 1
    used = {layer: place for place, layer in enumerate(sorted(set(found.values())))}
    return {name: used[layer] for name, layer in found.items()}


Cell = tuple[str, ...]
"""A node (its name) or a place where an edge passes a column (tail, head, column)."""


def _with_dummies(
    sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]], layers: Mapping[str, int]
) -> tuple[list[list[Cell]], list[tuple[Cell, Cell]]]:
    columns: list[list[Cell]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for name in sizes:
        columns[layers[name]].append((name,))
    links: list[tuple[Cell, Cell]] = []
    for tail, head in edges:
        last: Cell = (tail,)
        for column in range(layers[tail] + 1, layers[head]):
            cell = (tail, head, str(column))
            columns[column].append(cell)
            links.append((last, cell))
            last = cell
        links.append((last, (head,)))
    return columns, links


def _ordered(columns: list[list[Cell]], links: Sequence[tuple[Cell, Cell]]) -> list[list[Cell]]:
    left: dict[Cell, list[Cell]] = {}
    right: dict[Cell, list[Cell]] = {}
    for tail, head in links:
        right.setdefault(tail, []).append(head)
        left.setdefault(head, []).append(tail)
    best, fewest = [list(column) for column in columns], crossings(columns, links)
    now = [list(column) for column in columns]
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        numbers = range(1, len(now)) if forward else range(len(now) - 2, -1, -1)
        near = left if forward else right
        for number in numbers:
            beside = {cell: place for place, cell in enumerate(now[number - 1 if forward else number + 1])}
            own = {cell: place for place, cell in enumerate(now[number])}

            keys = {cell: (_middle(cell, near, beside, own), own[cell]) for cell in now[number]}
            now[number] = sorted(now[number], key=keys.__getitem__)
        _swapped(now, left, right)
        count = crossings(now, links)
        if count < fewest:
            best, fewest = [list(column) for column in now], count
    return best


def _middle(
    cell: Cell, near: Mapping[Cell, Sequence[Cell]], beside: Mapping[Cell, int], own: Mapping[Cell, int]
) -> float:
    """The mean place of a cell's neighbours in the next column; its own where it has none there."""
    places = [beside[one] for one in near.get(cell, ()) if one in beside]
    return sum(places) / len(places) if places else float(own[cell])


def _swapped(
    columns: list[list[Cell]], left: Mapping[Cell, Sequence[Cell]], right: Mapping[Cell, Sequence[Cell]]
) -> None:
    """Neighbours change places where that saves crossings."""
    for number, column in enumerate(columns):
        sides = []
        for near, other in ((left, number - 1), (right, number + 1)):
            if 0 <= other < len(columns):
                sides.append((near, {cell: place for place, cell in enumerate(columns[other])}))
        better = True
        while better:
            better = False
            for place in range(len(column) - 1):
                one, other_cell = column[place], column[place + 1]
                saved = 0
                for near, where in sides:
                    ones = [where[cell] for cell in near.get(one, ()) if cell in where]
                    others = [where[cell] for cell in near.get(other_cell, ()) if cell in where]
                    saved += sum(a > b for a in ones for b in others) - sum(a < b for a in ones for b in others)
                if saved > 0:
                    column[place], column[place + 1] = other_cell, one
                    better = True


def crossings(columns: Sequence[Sequence[Cell]], links: Iterable[tuple[Cell, Cell]]) -> int:
    """How many pairs of links cross."""
    where = {cell: (number, place) for number, column in enumerate(columns) for place, cell in enumerate(column)}
    between: dict[int, list[tuple[int, int]]] = {}
    for tail, head in links:
        between.setdefault(where[tail][0], []).append((where[tail][1], where[head][1]))
    count = 0
    for pairs in between.values():
        pairs.sort()
        count += sum(one[1] > other[1] for i, one in enumerate(pairs) for other in pairs[i + 1 :] if one[0] < other[0])
    return count


def _extent(cell: Cell, sizes: Mapping[str, Size]) -> tuple[float, float]:
    if len(cell) > 1:
        return 3.0, 3.0
    return sizes[cell[0]].up, sizes[cell[0]].down


def _heights(
    columns: Sequence[Sequence[Cell]], links: Sequence[tuple[Cell, Cell]], sizes: Mapping[str, Size]
) -> dict[Cell, float]:
    near: dict[Cell, list[tuple[Cell, float]]] = {}
    for tail, head in links:
        weight = BEND if len(tail) > 1 or len(head) > 1 else 1.0
        near.setdefault(tail, []).append((head, weight))
        near.setdefault(head, []).append((tail, weight))
    found: dict[Cell, float] = {}
    for column in columns:
        y = 0.0
        for cell in column:
            up, down = _extent(cell, sizes)
            found[cell] = y + up
            y += up + down + GAP_Y
        for cell in column:
            found[cell] -= y / 2
    for turn in range(ALIGN):
        for column in columns if turn % 2 == 0 else list(columns)[::-1]:
            wanted, weights, offsets = [], [], []
            at = 0.0
            for place, cell in enumerate(column):
                up, down = _extent(cell, sizes)
                if place:
                    at += _extent(column[place - 1], sizes)[1] + GAP_Y + up
                offsets.append(at)
                around = near.get(cell, [])
                whole = sum(weight for _, weight in around)
                target = sum(found[one] * weight for one, weight in around) / whole if whole else found[cell]
                wanted.append(target - at)
                weights.append(whole or 0.1)
            for cell, base, offset in zip(column, isotonic(wanted, weights), offsets, strict=True):
                found[cell] = base + offset
    return found


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-decreasing values nearest to these in weighted least squares (pool adjacent violators).

    >>> isotonic([3.0, 1.0, 5.0], [1.0, 1.0, 1.0])
    [2.0, 2.0, 5.0]
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, wa, na), (b, wb, nb) = blocks[-2:]
            blocks[-2:] = [((a * wa + b * wb) / (wa + wb), wa + wb, na + nb)]
    return [value for value, _, count in blocks for _ in range(count)]


def _drawn(
    sizes: Mapping[str, Size],
    edges: Sequence[tuple[str, str]],
    layers: Mapping[str, int],
    columns: Sequence[Sequence[Cell]],
    heights: Mapping[Cell, float],
) -> Placed:
    top = min((heights[cell] - _extent(cell, sizes)[0] for column in columns for cell in column), default=0.0)
    bottom = max((heights[cell] + _extent(cell, sizes)[1] for column in columns for cell in column), default=0.0)
    lefts, rights, x = [], [], 0.0
    for column in columns:
        wide = max((sizes[cell[0]].width for cell in column if len(cell) == 1), default=0.0)
        lefts.append(x)
        rights.append(x + wide)
        x += wide + GAP_X
    at = {name: ((lefts[layers[name]] + rights[layers[name]]) / 2, round(heights[(name,)] - top, 2)) for name in sizes}
    routes = {}
    for tail, head in edges:
        points = [(at[tail][0], at[tail][1]), (rights[layers[tail]], at[tail][1])]
        for number in range(layers[tail] + 1, layers[head]):
            y = heights[(tail, head, str(number))] - top
            points += [(lefts[number], y), (rights[number], y)]
        points += [(lefts[layers[head]], at[head][1]), at[head]]
        routes[tail, head] = tuple((round(px, 2), round(py, 2)) for px, py in points)
    bands: dict[float, tuple[float, float]] = {}
    for name, size in sizes.items():
        low, high = bands.get(size.band, (float("inf"), 0.0))
        bands[size.band] = (min(low, lefts[layers[name]]), max(high, rights[layers[name]]))
    return Placed(at=at, routes=routes, bands=bands, width=max(x - GAP_X, 0.0), height=bottom - top)
