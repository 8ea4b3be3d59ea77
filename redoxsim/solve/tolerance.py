"""Absolute tolerances from typical sizes: H2O2 in nM lives beside GSH in mM.

The absolute tolerance of a state is ``rtol * 1e-3 * size``: relative accuracy is kept until the
state has fallen to a thousandth of its typical size. The size of a state is

1. the larger of its value at the start and the doses it gets (an infusion counts with its total);
2. for a state that is zero at the start and not dosed, the smaller of
   its quasi-steady value at the start, production rate over turnover rate, where both are known, and
   the smallest size among the substrates of a reaction that makes it (the largest over such reactions);
3. failing both, the geometric mean of the known sizes of its kind, or 1 where there is none.

No size is taken below 1e-12 of the largest of its kind (concentrations, amounts, others), so that
values such as 1e-291 in a file do not turn into tolerances that nothing can meet.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import Bound
from redoxsim.equations.system import OdeSystem
from redoxsim.solve.schedule import Schedule

FloatArray = NDArray[np.float64]
FRACTION = 1e-3
SMALLEST = 1e-12


def absolute_tolerances(atol: float | FloatArray | None, rtol: float, sizes: FloatArray) -> FloatArray:
    """Absolute tolerance of every state, shape (n,), in the unit of the state."""
    if atol is not None:
        return np.broadcast_to(np.asarray(atol, dtype=np.float64), sizes.shape).copy()
    return rtol * FRACTION * sizes


def typical_sizes(system: OdeSystem, bound: Bound, y0: FloatArray, time: float, schedule: Schedule) -> FloatArray:
    """Typical size of every state, shape (n,); positive. See the module's text for the rule."""
    sizes = np.abs(y0)
    sizes[~np.isfinite(sizes)] = 0.0
    for name, amount in doses_by_target(schedule).items():
        if name in system.states:
            index = system.states.index(name)
            sizes[index] = max(sizes[index], amount)
    kinds = kinds_of_states(system)
    if not np.all(sizes > 0.0):
        sizes = _fill(system, sizes, _quasi_steady(bound, y0, time), kinds)
    for kind in np.unique(kinds):
        members = kinds == kind
        sizes[members] = np.maximum(sizes[members], SMALLEST * sizes[members].max())
    return sizes


def doses_by_target(schedule: Schedule) -> Mapping[str, float]:
    """Largest dose of every target; an infusion counts with its total."""
    largest: dict[str, float] = {}
    for dose in schedule.doses:
        amount = abs(dose.amount) * ((dose.until or dose.time) - dose.time if dose.action == "infuse" else 1.0)
        if dose.action != "wash":
            largest[dose.target] = max(largest.get(dose.target, 0.0), amount)
    return largest


def kinds_of_states(system: OdeSystem) -> NDArray[np.intp]:
    """0 for concentrations, 1 for amounts of species, 2 for the rest; shape (n,)."""
    species = {part.id for part in system.network.species}
    return np.array(
        [0 if size else 1 if name in species else 2 for name, size in zip(system.states, system.sizes, strict=True)],
        dtype=np.intp,
    )


def _quasi_steady(bound: Bound, y0: FloatArray, time: float) -> FloatArray:
    """Production over turnover at the start, 0 where unknown; shape (n,)."""
    y = y0.tolist()
    slopes = np.array(bound.rhs(time, y), dtype=np.float64)
    turnover = np.abs(np.diagonal(bound.jacobian(time, y)))
    with np.errstate(all="ignore"):
        value = np.abs(slopes) / turnover
    return np.where(np.isfinite(value), value, 0.0)


def _fill(system: OdeSystem, sizes: FloatArray, quasi: FloatArray, kinds: NDArray[np.intp]) -> FloatArray:
    position = system.state_index()
    species = {part.id for part in system.network.species}
    sizes = sizes.copy()
    zero = sizes == 0.0
    # Sizes spread along reactions from substrates to products until nothing changes.
    for _ in range(len(sizes)):
        changed = False
        for reaction in system.network.reactions:
            known = [
                sizes[position[p.species]] for p in reaction.reactants if p.species in position and p.species in species
            ]
            smallest = min(known, default=0.0)
            for part in reaction.products:
                index = position.get(part.species)
                if index is not None and zero[index] and smallest > sizes[index]:
                    sizes[index] = smallest
                    changed = True
        if not changed:
            break
    limited = zero & (quasi > 0.0)
    sizes[limited] = np.where(sizes[limited] > 0.0, np.minimum(sizes[limited], quasi[limited]), quasi[limited])
    for kind in np.unique(kinds):
        members = kinds == kind
        known_sizes = sizes[members & (sizes > 0.0)]
        usual = float(np.exp(np.mean(np.log(known_sizes)))) if known_sizes.size else 1.0
        sizes[members & (sizes == 0.0)] = usual
    return sizes
