"""Typical sizes of states for many rows at once: the rule of :mod:`redoxsim.solve.tolerance`, row by row the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.solve.schedule import Schedule
from redoxsim.solve.tolerance import SMALLEST, doses_by_target, kinds_of_states

FloatArray = NDArray[np.float64]


def typical_sizes_rows(
    compiled: CompiledSystem,
    y: FloatArray,
    p: FloatArray,
    times: FloatArray,
    schedules: Sequence[Schedule],
    which: NDArray[np.intp],
) -> FloatArray:
    """Sizes (R, n); positive.

    Parameters
    ----------
    y, p, times : first states (R, n), constants (R, m) and the time (R,) of each row.
    schedules, which : schedules, and each row's index among them (R,).
    """
    # One state after another, (n, R): what is asked of a state is asked of all rows at once.
    kinds = kinds_of_states(compiled.system)
    sizes = np.abs(y.T, order="C")
    sizes[~np.isfinite(sizes)] = 0.0
    dosed = _dosed(compiled, schedules)
    for state in np.flatnonzero(dosed.any(axis=1)):
        np.maximum(sizes[state], dosed[state, which], out=sizes[state])
    missing = tuple(np.flatnonzero(~np.all(sizes > 0.0, axis=1)).tolist())
    if missing:
        _fill(compiled, sizes, missing, _quasi_steady(compiled, missing, y, p, times), kinds)
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        smallest = SMALLEST * sizes[members].max(axis=0)
        sizes[members] = np.maximum(sizes[members], smallest)
    return np.ascontiguousarray(sizes.T)


def _dosed(compiled: CompiledSystem, schedules: Sequence[Schedule]) -> FloatArray:
    """Largest dose of every state in every schedule (n, S)."""
    out = np.zeros((len(compiled.system.states), len(schedules)))
    position = compiled.system.state_index()
    for column, schedule in enumerate(schedules):
        for name, amount in doses_by_target(schedule).items():
            if name in position:
                out[position[name], column] = amount
    return out


def _quasi_steady(
    compiled: CompiledSystem, states: tuple[int, ...], y: FloatArray, p: FloatArray, times: FloatArray
) -> FloatArray:
    """Production over turnover of some states, (len(states), R), 0 where it is not known."""
    slopes, diagonal = compiled.slopes_and_diagonal(times, y.T, p.T, states)
    with np.errstate(all="ignore"):
        value = np.abs(slopes) / np.abs(diagonal)
    return np.where(np.isfinite(value), value, 0.0)


@lru_cache(maxsize=8)
def _links(compiled: CompiledSystem) -> list[tuple[list[int], list[int]]]:
    """Substrates and products of every reaction that has both, as places of states."""
    system = compiled.system
    position = system.state_index()
    species = {part.id for part in system.network.species}
    found = [
        (
            [position[p.species] for p in reaction.reactants if p.species in position and p.species in species],
            [position[p.species] for p in reaction.products if p.species in position],
        )
        for reaction in system.network.reactions
    ]
    return [(left, right) for left, right in found if left and right]


def _fill(
    compiled: CompiledSystem, sizes: FloatArray, missing: tuple[int, ...], quasi: FloatArray, kinds: NDArray[np.intp]
) -> None:
    """Sizes (n, R) of the states that are 0 in some row, in place; ``quasi`` (len(missing), R)."""
    zero = {state: sizes[state] == 0.0 for state in missing}
    into = [(left, [state for state in right if state in zero]) for left, right in _links(compiled)]
    links = [(left, right) for left, right in into if right]
    for _ in range(len(sizes)):
        changed = False
        for left, right in links:
            smallest = sizes[left].min(axis=0)
            for state in right:
                better = zero[state] & (smallest > sizes[state])
                if better.any():
                    sizes[state, better] = smallest[better]
                    changed = True
        if not changed:
            break
    for state, steady in zip(missing, quasi, strict=True):
        own = sizes[state]
        limited = zero[state] & (steady > 0.0)
        sizes[state] = np.where(limited, np.where(own > 0.0, np.minimum(own, steady), steady), own)
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        rows = np.flatnonzero(~np.all(sizes[members] > 0.0, axis=0))
        if not rows.size:
            continue
        part = sizes[np.ix_(members, rows)]
        known = part > 0.0
        total = np.zeros(len(rows))
        for logs in np.log(np.where(known, part, 1.0)):  # one after the other: the same sum however many rows
            total = total + logs
        count = known.sum(axis=0)
        usual = np.where(count > 0, np.exp(total / np.maximum(count, 1)), 1.0)
        sizes[np.ix_(members, rows)] = np.where(known, part, usual)
