"""Typical sizes of states for many rows at once: the rule of :mod:`redoxsim.solve.tolerance`, row by row the same."""

from __future__ import annotations

from collections.abc import Sequence

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
    system = compiled.system
    sizes = np.abs(y)
    sizes[~np.isfinite(sizes)] = 0.0
    sizes = np.maximum(sizes, np.array([_dosed(compiled, schedule) for schedule in schedules])[which])
    kinds = kinds_of_states(system)
    if not np.all(sizes > 0.0):
        sizes = _fill(compiled, sizes, _quasi_steady(compiled, y, p, times), kinds)
    for kind in np.unique(kinds):
        members = kinds == kind
        largest = sizes[:, members].max(axis=1, keepdims=True)
        sizes[:, members] = np.maximum(sizes[:, members], SMALLEST * largest)
    return sizes


def _dosed(compiled: CompiledSystem, schedule: Schedule) -> FloatArray:
    out = np.zeros(len(compiled.system.states))
    position = compiled.system.state_index()
    for name, amount in doses_by_target(schedule).items():
        if name in position:
            out[position[name]] = amount
    return out


def _quasi_steady(compiled: CompiledSystem, y: FloatArray, p: FloatArray, times: FloatArray) -> FloatArray:
    slopes, diagonal = compiled.slopes_and_diagonal(times, y.T, p.T)
    with np.errstate(all="ignore"):
        value = np.abs(slopes) / np.abs(diagonal)
    return np.where(np.isfinite(value), value, 0.0).T


def _fill(compiled: CompiledSystem, sizes: FloatArray, quasi: FloatArray, kinds: NDArray[np.intp]) -> FloatArray:
    system = compiled.system
    position = system.state_index()
    species = {part.id for part in system.network.species}
    sizes = sizes.copy()
    zero = sizes == 0.0
    links = [
        (
            [position[p.species] for p in reaction.reactants if p.species in position and p.species in species],
            [position[p.species] for p in reaction.products if p.species in position],
        )
        for reaction in system.network.reactions
    ]
    for _ in range(sizes.shape[1]):
        changed = False
        for left, right in links:
            if not left:
                continue
            smallest = sizes[:, left].min(axis=1)
            for index in right:
                better = zero[:, index] & (smallest > sizes[:, index])
                if better.any():
                    sizes[better, index] = smallest[better]
                    changed = True
        if not changed:
            break
    limited = zero & (quasi > 0.0)
    sizes = np.where(limited, np.where(sizes > 0.0, np.minimum(sizes, quasi), quasi), sizes)
    for kind in np.unique(kinds):
        members = np.flatnonzero(kinds == kind)
        part = sizes[:, members]
        known = part > 0.0
        logs = np.log(np.where(known, part, 1.0))
        total = np.zeros(len(sizes))
        for column in logs.T:  # one after the other: the same sum however many rows there are
            total = total + column
        count = known.sum(axis=1)
        usual = np.where(count > 0, np.exp(total / np.maximum(count, 1)), 1.0)
        sizes[:, members] = np.where(known, part, usual[:, None])
    return sizes
