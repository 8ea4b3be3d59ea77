"""Sets of constants that a model allows: drawn within their ranges, kept where the undosed cell is a possible one.

A draw is about what is known of the constants, not about the cell at hand: it is judged on the model's own cell,
before cell profile, overrides and doses, so that every study of a model uses the same draws. Constants of an agent are
drawn for each of these until they agree with what was measured of the agent (:mod:`redoxsim.study.agent_draws`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.solve import Batch
from redoxsim.solve.rest import AtRest, at_rest
from redoxsim.study import kept_draws
from redoxsim.study.agent_draws import Sets, agent_sets
from redoxsim.study.metadata import Target, correlations_of
from redoxsim.study.population import MOST, Supply, power_of_two
from redoxsim.study.setup import Setup, prepare

FloatArray = NDArray[np.float64]
Ranges = Mapping[str, tuple[float, float, float]]
BLOCK = 256
"""Tries that are solved together; a power of two, for evenness."""
TRIES = 200  # for each draw asked for
LEAST = 4096  # tries, however few draws are asked for
KEPT = 8
MOST_CELLS = 4
"""Draws of a model that may be made for each one asked for, where agents leave some of them without constants."""


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
    places : (D,) which of the draws that the model alone allows these are; equal places are equal cells in any study.
    agents : by agent with measurements: ``cells`` that constants were sought for, ``without`` any that agree, ``sets``
        tried and, by measurement, how many sets were given up on it.
    """

    values: Mapping[str, FloatArray]
    asked: int
    tried: int
    unsettled: int = 0
    outside: Mapping[str, int] = field(default_factory=dict)
    places: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    agents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

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
            "agents": {name: dict(one) for name, one in self.agents.items()},
        }

    def only(self, names: Sequence[str] | frozenset[str]) -> Drawn:
        """The same draws of some of the constants."""
        return Drawn(
            values={name: one for name, one in self.values.items() if name in names},
            asked=self.asked, tried=self.tried, unsettled=self.unsettled, outside=self.outside, places=self.places,
            agents=self.agents,
        )  # fmt: skip


def draw(
    setup: Setup,
    number: int,
    *,
    taken: frozenset[str] = frozenset(),
    grade: str | None = None,
    agreeing: float = 1.0,
    seed: int = 1,
    jobs: int = 1,
) -> Drawn:
    """``number`` draws of every constant with a range that nothing else sets.

    Constants of the model are drawn from a quasi-random sequence in order; those whose undosed steady state leaves
    a target that conditions draws (see :class:`redoxsim.study.metadata.Target`), or that have none, are rejected.
    For each one kept, constants of an agent of which something was measured are drawn until they agree with it; a draw
    for which none do is left out. Other constants of agents, and those that a cell profile gives a range of its own,
    are drawn independently.

    Parameters
    ----------
    taken : ids that an axis sets.
    grade : draws only constants of this grade, held to the same targets and measurements; all others stay.
    agreeing : about what share of the draws of the model will have constants of agents, to make as many more at once;
        the draws do not depend on it.

    Raises
    ------
    DesignError : nothing has a range, or not one draw in the allowed number of tries was accepted.
    """
    ranges = varied(setup, taken, grade)
    if not 0 < number <= MOST:
        raise DesignError(f"there can be 0 to {MOST} draws, not {number}")
    reference = prepare(setup.original)
    own = reference.ranges_of(grade)
    wanted = _enough(number, agreeing) if setup.agents and agreeing < 1.0 else number
    while True:
        cells = _accepted(reference, own, wanted, seed, jobs)
        there = cells.number if own else wanted
        sets = [
            found
            for _, agent in sorted(setup.agents.items())
            if (
                found := agent_sets(
                    reference, agent, cells.values, there, grade=grade, name=cells.name, seed=seed, jobs=jobs
                )
            )
        ]
        good = np.logical_and.reduce([one.found for one in sets], initial=True) & np.ones(there, dtype=bool)
        if good.sum() >= number or there < wanted or wanted >= min(MOST_CELLS * number, MOST):
            break
        wanted = _enough(number, float(good.mean()))
    places = np.flatnonzero(good)[:number]
    if not len(places):
        names = " and ".join(one.agent for one in sets)
        raise DesignError(
            f"not one of {there} draws of model '{reference.network.id}' has constants of {names} that agree with what "
            "is measured",
            hint="--draws 0 leaves all constants at their values; `[[measured]]` of the agent's file says what is",
        )
    seen = int(places[-1]) + 1 if len(places) == number else there
    extra = {name: ends for name, ends in ranges.items() if own.get(name) != ends}
    values = {name: one[places] for name, one in cells.values.items() if name in ranges and name not in extra}
    for one in sets:
        for name, column in one.values.items():
            if extra.get(name) == one.ranges[name]:
                values[name] = column[places]
                del extra[name]
    values |= _independent(extra, len(places), seed)
    told = cells.first(seen) if own else None
    return Drawn(
        values=dict(sorted(values.items())),
        asked=number,
        tried=told.tried if told else seen,
        unsettled=told.unsettled if told else 0,
        outside=told.outside if told else {},
        places=places.astype(np.int64),
        agents={one.agent: one.told(seen) for one in sets},
    )


def _enough(number: int, share: float) -> int:
    """Draws of a model to make for ``number`` that have constants of agents, where this share has."""
    most = min(MOST_CELLS * number, MOST)
    return min(most, int(np.ceil(1.1 * number / max(share, 1.0 / (2 * MOST_CELLS)))) + 8)


def varied(setup: Setup, taken: frozenset[str] = frozenset(), grade: str | None = None) -> Ranges:
    """The ranges of what draws vary, of all grades or of one.

    Raises
    ------
    DesignError : nothing has a range.
    """
    ranges = {name: ends for name, ends in setup.ranges_of(grade).items() if name not in taken and ends[1] < ends[2]}
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Draws of a model's own constants, as far as they have been made.

    ``settled`` (N,) which of the sets tried come to rest, ``inside`` (N, T) whether each keeps to each target,
    ``values`` of the accepted ones; ``name`` tells them from all others. None of the first two without targets.
    """

    name: str
    targets: tuple[str, ...]
    settled: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    values: Mapping[str, FloatArray]

    @property
    def number(self) -> int:
        """How many were accepted."""
        return next((len(one) for one in self.values.values()), 0)

    def until(self, tries: int, number: int) -> Cells:
        """The first ``number`` accepted ones among so many tries; what was made besides makes no difference."""
        count = min(number, self.number)
        if self.targets:
            good = self.settled[:tries] & self.inside[:tries].all(axis=1)
            count = min(number, int(good.sum()))
        values = {name: one[:count] for name, one in self.values.items()}
        return Cells(
            name=self.name, targets=self.targets, settled=self.settled[:tries], inside=self.inside[:tries],
            values=values,
        )  # fmt: skip

    def first(self, number: int) -> Drawn:
        """What it took to have so many: all that was tried where there are fewer."""
        tried = number
        if self.targets:
            good = np.flatnonzero(self.settled & self.inside.all(axis=1))
            tried = int(good[number - 1]) + 1 if len(good) >= number else len(self.settled)
        settled, inside = self.settled[:tried], self.inside[:tried]
        outside = (settled[:, None] & ~inside).sum(axis=0)
        return Drawn(
            values={}, asked=number, tried=tried, unsettled=int((~settled).sum()),
            outside={one: int(count) for one, count in zip(self.targets, outside, strict=True)},
        )  # fmt: skip


_KNOWN: dict[str, Cells] = {}


def _accepted(reference: Setup, ranges: Ranges, number: int, seed: int, jobs: int) -> Cells:
    """Draws of the model's own constants; those of the last few models are kept in memory, all of them on disk."""
    correlations = correlations_of(reference.original)
    targets = _conditions(reference)
    name = kept_draws.name_of(
        reference.system.key, sorted(ranges.items()), sorted(correlations.items()), seed,
        [(one.id, one.low, one.high) for one in targets], sorted(reference.values.items()),
    )  # fmt: skip
    ids = tuple(one.id for one in targets)
    if not ranges or not targets:
        supply = Supply(ranges, seed=[seed, 1], correlations=correlations)
        values = {key: one[:number] for key, one in supply.take(power_of_two(number)).items()} if ranges else {}
        none = np.zeros(0, dtype=bool)
        return Cells(name=name, targets=(), settled=none, inside=none.reshape(0, 0), values=values)
    known = _KNOWN.pop(name, None) or _from_disk(name, ids, ranges)
    most = -(-max(TRIES * number, LEAST) // BLOCK) * BLOCK
    before = len(known.settled)
    if known.until(most, number).number < number and before < most:
        supply = Supply(ranges, seed=[seed, 1], correlations=correlations)
        supply.skip(before)
        blocks = -(-(most - before) // BLOCK)

        def enough() -> bool:
            return known.until(most, number).number >= number

        for block, rest in _tried(reference, supply, ids, blocks, jobs, enough=enough):
            known = _further(known, block, rest, targets)
        arrays = {f"value {key}": one for key, one in known.values.items()}
        kept_draws.save(name, {"settled": known.settled, "inside": known.inside, **arrays})
    while len(_KNOWN) >= KEPT:
        _KNOWN.pop(next(iter(_KNOWN)))
    _KNOWN[name] = known
    found = known.until(most, number)
    if not found.number:
        tried = len(found.settled)
        raise DesignError(
            f"not one of {tried} draws has an undosed state inside the bands of model '{reference.network.id}'",
            hint=f"{int((~found.settled).sum())} have no steady state; narrower ranges in parameters.csv, or "
            "correlations.csv",
        )
    return found


def _from_disk(name: str, targets: tuple[str, ...], ranges: Ranges) -> Cells:
    """What was kept, or nothing tried yet."""
    arrays = kept_draws.load(name) or {
        "settled": np.zeros(0, dtype=bool),
        "inside": np.zeros((0, len(targets)), dtype=bool),
        **{f"value {key}": np.zeros(0) for key in sorted(ranges) if ranges[key][1] < ranges[key][2]},
    }
    values = {key.removeprefix("value "): one for key, one in arrays.items() if key.startswith("value ")}
    return Cells(name=name, targets=targets, settled=arrays["settled"], inside=arrays["inside"], values=values)


def _conditions(reference: Setup) -> tuple[Target, ...]:
    """Targets that draws must keep to; none where the model does not start at rest."""
    if reference.metadata is None or reference.start != "steady":
        return ()
    return tuple(one for one in reference.metadata.targets if one.draws)


def _tried(
    reference: Setup,
    supply: Supply,
    observe: tuple[str, ...],
    most: int,
    jobs: int,
    *,
    enough: Callable[[], bool],
) -> Iterator[tuple[dict[str, FloatArray], AtRest]]:
    """Up to so many blocks of tries with their undosed states, in order, until there are ``enough``.

    As many blocks are under way as there are workers: one block in parts would wait for its slowest row. Those that
    are under way when there are enough are given too.
    """
    under_way: deque[tuple[dict[str, FloatArray], Future[AtRest]]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for _ in range(most):
                if enough():
                    break
                block = supply.take(BLOCK)
                under_way.append((block, pool.submit(at_rest, _undosed(reference, block, observe))))
                if len(under_way) > jobs:
                    yield _first(under_way)
            while under_way:
                yield _first(under_way)
        finally:
            for _, rest in under_way:
                rest.cancel()


def _first(under_way: deque[tuple[dict[str, FloatArray], Future[AtRest]]]) -> tuple[dict[str, FloatArray], AtRest]:
    block, rest = under_way.popleft()
    return block, rest.result()


def _further(known: Cells, block: Mapping[str, FloatArray], rest: AtRest, targets: tuple[Target, ...]) -> Cells:
    """With one more block of tries."""
    low, high = (np.array([getattr(one, end) for one in targets]) for end in ("low", "high"))
    with np.errstate(invalid="ignore"):
        inside = (rest.values >= low) & (rest.values <= high)
    chosen = np.flatnonzero(rest.found & inside.all(axis=1))
    return Cells(
        name=known.name,
        targets=known.targets,
        settled=np.concatenate([known.settled, rest.found]),
        inside=np.concatenate([known.inside, inside]),
        values={key: np.concatenate([known.values[key], one[chosen]]) for key, one in block.items()},
    )


def _undosed(reference: Setup, values: Mapping[str, FloatArray], observe: tuple[str, ...]) -> Batch:
    columns = {name: np.full(BLOCK, value) for name, value in reference.values.items()} | dict(values)
    return Batch(
        system=reference.system, times=np.array([0.0]), rows=BLOCK, columns=columns, observe=observe, start="steady"
    )


__all__ = ["Cells", "Drawn", "Sets", "draw", "varied"]
