"""Instants at which the equations themselves jump: piecewise, floor and rem of time.

A step that passes over a pulse never sees it, so such instants are found beforehand and cut the
run. Only conditions on time and constants are looked at; those on states are the solver's business.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem

FloatArray = NDArray[np.float64]
MOST = 20_000
"""More switches than this in one run are left to the solver's error control."""
SAMPLES = 257


def switch_times(compiled: CompiledSystem, p: FloatArray, start: float, end: float) -> tuple[float, ...]:
    """Times in (start, end) at which something that depends on time alone jumps, in order."""
    return switch_times_rows(compiled, p[None], start, end)[0]


def switch_times_rows(compiled: CompiledSystem, p: FloatArray, start: float, end: float) -> list[tuple[float, ...]]:
    """The same for every row of constants p (R, m)."""
    steps, relations = compiled.time_switches
    if (not steps and not relations) or not end > start:
        return [()] * len(p)
    if not compiled.switches_affine:
        own = p[:, list(compiled.switch_constants)]
        _, first, same = np.unique(own, axis=0, return_index=True, return_inverse=True)
        distinct = [_searched(compiled, p[row], start, end) for row in first.tolist()]
        return [distinct[place] for place in same.ravel().tolist()]
    found: list[set[float]] = [set() for _ in p]
    for row, root in zip(*_crossings(compiled, relations, p, start, end), strict=True):
        if start < root < end:
            found[row].add(root)
    return [tuple(sorted(times)) if len(times) <= MOST else () for times in found]


def _crossings(
    compiled: CompiledSystem, nodes: tuple[int, ...], p: FloatArray, start: float, end: float
) -> tuple[list[int], list[float]]:
    """Rows and roots of quantities that are straight lines in time: two values tell where each is zero."""
    columns = p.T[:, None, :]

    def values(t: FloatArray) -> FloatArray:
        return compiled.node_values(nodes, t, columns)[:, 0]

    first, last = compiled.node_values(nodes, np.array([[start], [end]]), columns).transpose(1, 0, 2)
    with np.errstate(all="ignore"):
        slope = (last - first) / (end - start)
        crossing = np.isfinite(slope) & (slope != 0.0) & (np.sign(first) * np.sign(last) <= 0.0)
        guess = np.where(crossing, start - first / slope, start)
    best = guess.copy()
    for node in range(len(nodes)):  # each node at its own times
        own = values(guess[node][None])[node]
        with np.errstate(all="ignore"):
            refined = np.where(crossing[node], guess[node] - own / slope[node], start)
        rounded = np.array([float(f"{t:.14g}") for t in guess[node]])  # a literal threshold is hit exactly
        for candidate in (refined, rounded):
            hit = values(candidate[None])[node] == 0.0
            best[node] = np.where(hit, candidate, best[node])
    chosen, rows = np.nonzero(crossing)
    return rows.tolist(), best[chosen, rows].tolist()


def _searched(compiled: CompiledSystem, p: FloatArray, start: float, end: float) -> tuple[float, ...]:
    """Where quantities of any form jump: sampled, and narrowed down."""
    steps, relations = compiled.time_switches

    def values(nodes: tuple[int, ...]) -> Callable[[FloatArray], FloatArray]:
        return lambda t: compiled.node_values(nodes, t, p)

    found: set[float] = set()
    if steps:
        quotients = values(steps)
        for row in range(len(steps)):
            found |= _integer_crossings(lambda t, row=row: quotients(t)[row], start, end)  # type: ignore[misc]
    if relations:
        differences = values(relations)
        borders = np.array([start, *sorted(found), end])
        if len(borders) > MOST:
            return ()
        per_piece = max(3, SAMPLES // (len(borders) - 1))
        for row in range(len(relations)):
            found |= _sign_changes(lambda t, row=row: differences(t)[row], borders, per_piece)  # type: ignore[misc]
    inside = sorted(t for t in found if start < t < end)
    return tuple(inside) if len(inside) <= MOST else ()


def _integer_crossings(value: Callable[[FloatArray], FloatArray], start: float, end: float) -> set[float]:
    """Times at which a quantity linear in time passes a whole number; nothing for other quantities."""
    a, middle, b = value(np.array([start, 0.5 * (start + end), end]))
    if not np.all(np.isfinite([a, middle, b])) or a == b or abs(middle - 0.5 * (a + b)) > 1e-9 * max(abs(a), abs(b)):
        return set()
    low, high = sorted((a, b))
    if high - low > MOST:
        return set()
    whole = np.arange(np.floor(low) + 1.0, np.ceil(high))
    return {float(start + (k - a) / (b - a) * (end - start)) for k in whole}


def _sign_changes(value: Callable[[FloatArray], FloatArray], borders: FloatArray, per_piece: int) -> set[float]:
    """Roots between borders; sampled, then narrowed down by bisection with the secant tried first."""
    inner = np.linspace(0.0, 1.0, per_piece)
    # stay off the borders, where the quantity itself may jump
    inner = np.concatenate([[1e-12], inner[1:-1], [1.0 - 1e-12]])
    grid = borders[:-1, None] + np.diff(borders)[:, None] * inner[None, :]
    values = value(grid.ravel()).reshape(grid.shape)
    roots: set[float] = set()
    for piece, column in zip(*np.nonzero(np.sign(values[:, :-1]) * np.sign(values[:, 1:]) <= 0), strict=True):
        low, high = float(grid[piece, column]), float(grid[piece, column + 1])
        at_low, at_high = float(values[piece, column]), float(values[piece, column + 1])
        if np.isfinite(at_low) and np.isfinite(at_high) and at_low != at_high:
            roots.add(_root(value, low, high, at_low, at_high))
    return roots


def _root(value: Callable[[FloatArray], FloatArray], low: float, high: float, at_low: float, at_high: float) -> float:
    guess = low - at_low * (high - low) / (at_high - at_low)
    span = 4e-16 * max(abs(low), abs(high), abs(guess))
    nearby = value(np.array([guess - span, guess, guess + span]))
    if nearby[1] == 0.0 or nearby[0] * nearby[2] <= 0.0:
        rounded = float(f"{guess:.14g}")  # a literal threshold is hit exactly
        return rounded if value(np.array([rounded]))[0] == 0.0 else float(guess)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if at_low * float(value(np.array([middle]))[0]) <= 0.0:
            high = middle
        else:
            low = middle
    return high
