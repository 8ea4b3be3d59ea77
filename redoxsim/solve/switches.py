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
    steps, relations = compiled.time_switches
    if (not steps and not relations) or not end > start:
        return ()

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
