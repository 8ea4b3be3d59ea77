"""Sets of constants that a model allows: drawn within their ranges, kept where the undosed cell is a possible one.

A draw is about what is known of the constants, not about the cell at hand: it is judged on the model's own cell,
before cell profile, overrides and agents, so that every study of a model uses the same draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.solve import Batch
from redoxsim.solve.rest import at_rest
from redoxsim.study.metadata import Target, correlations_of
from redoxsim.study.population import MOST, Supply, power_of_two
from redoxsim.study.setup import Setup, prepare

FloatArray = NDArray[np.float64]
Ranges = Mapping[str, tuple[float, float, float]]
BLOCK = 512
TRIES = 200  # for each draw asked for
KEPT = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """Accepted draws.

    Attributes
    ----------
    values : values of every constant that varies, each (D,).
    asked : how many were asked for.
    tried : how many were drawn until there were enough.
    unsettled : of those, how many have no undosed steady state.
    outside : by target, how many settled ones leave its band; one draw may leave several.
    """

    values: Mapping[str, FloatArray]
    asked: int
    tried: int
    unsettled: int = 0
    outside: Mapping[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many were accepted."""
        return next((len(one) for one in self.values.values()), 0)

    @property
    def record(self) -> dict[str, Any]:
        """For the provenance."""
        return {
            "number": self.number,
            "asked": self.asked,
            "tried": self.tried,
            "unsettled": self.unsettled,
            "outside": dict(self.outside),
            "constants": sorted(self.values),
        }


def draw(setup: Setup, number: int, *, taken: frozenset[str] = frozenset(), seed: int = 1, jobs: int = 1) -> Drawn:
    """``number`` draws of every constant with a range that nothing else sets.

    Constants of the model are drawn from a quasi-random sequence in order; those whose undosed steady state leaves
    a target that conditions draws (see :class:`redoxsim.study.metadata.Target`), or that have none, are rejected.
    Constants of agents, and those that a cell profile gives a range of its own, are drawn independently.

    Parameters
    ----------
    taken : ids that an axis sets.

    Raises
    ------
    DesignError : nothing has a range, or not one draw in the allowed number of tries was accepted.
    """
    ranges = varied(setup, taken)
    if not 0 < number <= MOST:
        raise DesignError(f"there can be 0 to {MOST} draws, not {number}")
    reference = prepare(setup.original)
    own = reference.ranges
    found = _accepted(reference, own, number, seed, jobs)
    count = found.number if own else number
    extra = {name: ends for name, ends in ranges.items() if own.get(name) != ends}
    values = {name: one for name, one in found.values.items() if name in ranges and name not in extra}
    values |= _independent(extra, count, seed)
    return Drawn(
        values=dict(sorted(values.items())),
        asked=number,
        tried=found.tried if own else number,
        unsettled=found.unsettled,
        outside=found.outside,
    )


def varied(setup: Setup, taken: frozenset[str] = frozenset()) -> Ranges:
    """The ranges of what draws vary.

    Raises
    ------
    DesignError : nothing has a range.
    """
    ranges = {name: ends for name, ends in setup.ranges.items() if name not in taken and ends[1] < ends[2]}
    if not ranges:
        raise DesignError(
            f"draws need ranges, and no constant of model '{setup.network.id}' has one",
            hint="ranges come from parameters.csv beside the model, from agents and cells",
        )
    return ranges


def _independent(ranges: Ranges, count: int, seed: int) -> dict[str, FloatArray]:
    """Draws in random order: two quasi-random sequences side by side would go together."""
    if not ranges or not count:
        return {}
    taken = Supply(ranges, seed=[seed, 2]).take(power_of_two(count))
    order = np.random.default_rng([seed, 4]).permutation(count)
    return {name: values[:count][order] for name, values in taken.items()}


_KNOWN: dict[tuple[Any, ...], Drawn] = {}


def _accepted(reference: Setup, ranges: Ranges, number: int, seed: int, jobs: int) -> Drawn:
    """Draws of the model's own constants; those of the last few models are kept in memory."""
    if not ranges:
        return Drawn(values={}, asked=number, tried=0)
    correlations = correlations_of(reference.original)
    targets = _conditions(reference)
    key = (
        reference.system.key, tuple(sorted(ranges.items())), tuple(sorted(correlations.items())), number, seed,
        tuple((one.id, one.low, one.high) for one in targets), tuple(sorted(reference.values.items())),
    )  # fmt: skip
    if key not in _KNOWN:
        supply = Supply(ranges, seed=[seed, 1], correlations=correlations)
        while len(_KNOWN) >= KEPT:
            _KNOWN.pop(next(iter(_KNOWN)))
        _KNOWN[key] = _conditioned(reference, supply, targets, number, jobs)
    return _KNOWN[key]


def _conditions(reference: Setup) -> tuple[Target, ...]:
    """Targets that draws must keep to; none where the model does not start at rest."""
    if reference.metadata is None or reference.start != "steady":
        return ()
    return tuple(one for one in reference.metadata.targets if one.draws)


def _conditioned(reference: Setup, supply: Supply, targets: tuple[Target, ...], number: int, jobs: int) -> Drawn:
    if not targets:
        values = {name: one[:number] for name, one in supply.take(power_of_two(number)).items()}
        return Drawn(values=values, asked=number, tried=number)
    low, high = (np.array([getattr(one, end) for one in targets]) for end in ("low", "high"))
    parts: list[dict[str, FloatArray]] = []
    accepted = tried = unsettled = 0
    outside = np.zeros(len(targets), dtype=np.int64)
    while accepted < number and tried < max(TRIES * number, 8 * BLOCK):
        block = supply.take(BLOCK)
        rest = at_rest(_undosed(reference, block, tuple(one.id for one in targets)), threads=jobs)
        with np.errstate(invalid="ignore"):
            inside = (rest.values >= low) & (rest.values <= high)
        good = rest.found & inside.all(axis=1)
        last = BLOCK  # draws after the one that completes the number were not needed
        if accepted + int(good.sum()) >= number:
            last = int(np.flatnonzero(good)[number - accepted - 1]) + 1
        chosen = np.flatnonzero(good[:last])
        parts.append({name: one[chosen] for name, one in block.items()})
        accepted, tried = accepted + len(chosen), tried + last
        unsettled += int((~rest.found[:last]).sum())
        outside += (rest.found[:last, None] & ~inside[:last]).sum(axis=0)
    if not accepted:
        raise DesignError(
            f"not one of {tried} draws has an undosed state inside the bands of model '{reference.network.id}'",
            hint=f"{unsettled} have no steady state; narrower ranges in parameters.csv, or correlations.csv",
        )
    return Drawn(
        values={name: np.concatenate([part[name] for part in parts]) for name in supply.ranges},
        asked=number,
        tried=tried,
        unsettled=unsettled,
        outside={one.id: int(count) for one, count in zip(targets, outside, strict=True)},
    )


def _undosed(reference: Setup, values: Mapping[str, FloatArray], observe: tuple[str, ...]) -> Batch:
    columns = {name: np.full(BLOCK, value) for name, value in reference.values.items()} | dict(values)
    return Batch(
        system=reference.system, times=np.array([0.0]), rows=BLOCK, columns=columns, observe=observe, start="steady"
    )
