"""Constants of an agent that agree with what was measured of it.

Drawn independently over their whole ranges, the constants of most agents make anything from a drug without effect to a
poison at any dose. What was measured of the agent (``[[measured]]`` in its file) tells these apart: for each draw of a
model's constants, sets of the agent's constants are drawn in turn, and the first one that meets every band under its
dose is taken. The measurements choose among the agent's constants, not among cells: each draw of the model counts once,
however many sets of the agent suit it, for they were made in cell lines that are not the cell of the model. A draw of
the model that no set suits is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.pharmacology import Agent, Schedule
from redoxsim.pharmacology.agent import Measured
from redoxsim.solve import Batch, choose
from redoxsim.solve.rest import at_rest
from redoxsim.solve.rosenbrock import RosenbrockSolver
from redoxsim.study import kept_draws
from redoxsim.study.population import within
from redoxsim.study.setup import Setup, prepare

FloatArray = NDArray[np.float64]
TRIES = 64
"""Sets of an agent's constants that are tried for one draw of a model."""
BLOCK = 8  # sets of a draw that are solved together
RTOL = 1e-4
KEPT = 16
KERNEL = "rosenbrock"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sets:
    """Constants of an agent for draws of a model.

    ``tries`` (P,) which set was the first to agree, counted from one; 0: none did. ``failed`` (P, M + 1) how many sets
    were given up on each measurement, the last one for those that could not be solved. ``values`` each (P,).
    """

    agent: str
    ranges: Mapping[str, tuple[float, float, float]]
    measured: tuple[str, ...]
    tries: NDArray[np.int64]
    failed: NDArray[np.int64]
    values: Mapping[str, FloatArray]

    @property
    def found(self) -> NDArray[np.bool_]:
        """(P,) whether a set was found."""
        return np.asarray(self.tries > 0)

    def told(self, number: int) -> dict[str, Any]:
        """What became of the first ``number`` draws of the model, for the provenance."""
        tries = self.tries[:number]
        failed = self.failed[:number].sum(axis=0).tolist()
        return {
            "cells": number,
            "without": int((tries == 0).sum()),
            "sets": int(np.where(tries > 0, tries, TRIES).sum()),
            "outside": dict(zip((*self.measured, "not solved"), failed, strict=True)),
        }

    def first(self, number: int) -> Sets:
        """The same for fewer draws."""
        return Sets(
            agent=self.agent, ranges=self.ranges, measured=self.measured, tries=self.tries[:number],
            failed=self.failed[:number], values={name: one[:number] for name, one in self.values.items()},
        )  # fmt: skip


_KNOWN: dict[str, Sets] = {}


def agent_sets(
    reference: Setup,
    agent: Agent,
    cells: Mapping[str, FloatArray],
    number: int,
    *,
    grade: str | None = None,
    name: str,
    seed: int = 1,
    jobs: int = 1,
) -> Sets | None:
    """For each of the first ``number`` draws of a model, a set of the agent's constants that agrees with measurements.

    None where nothing can be judged: nothing was measured, the model has none of the readouts or lacks what the
    agent needs to be compared (a start at rest, the batch kernel), or no constant of the agent has a range.

    Parameters
    ----------
    reference : the model by itself. cells : values by id of its draws, each (P,), at least ``number``.
    grade : only constants of this grade vary; where none does, the agent as it is agrees with a draw or not.
    name : tells the draws of the model from all others.
    """
    if not agent.measured or reference.start != "steady":
        return None
    setup = prepare(reference.original, agents=[agent])
    known = set(setup.symbols)
    judged = tuple(one for one in agent.measured if one.observe in known)
    ids = {one.id for one in agent.parameters}
    every = {key: ends for key, ends in sorted(setup.ranges.items()) if key in ids and ends[1] < ends[2]}
    if not judged or not every or not _by_kernel(setup, agent, judged):
        return None
    ranges = {key: ends for key, ends in every.items() if grade is None or setup.grade(key) == grade}
    told = [(one.dose, one.at, one.observe, one.low, one.high, one.relative) for one in judged]
    name = kept_draws.name_of(name, setup.system.key, agent.id, sorted(ranges.items()), told, seed)
    found = _KNOWN.pop(name, None) or _from_disk(name, agent, ranges, judged)
    there = len(found.tries)
    if there < number:
        further = {key: one[there:number] for key, one in cells.items()}
        places = np.arange(there, number)
        found = _joined(found, _sought(setup, agent, ranges, judged, further, places, seed, jobs))
        arrays = {f"value {key}": one for key, one in found.values.items()}
        kept_draws.save(name, {"tries": found.tries, "failed": found.failed, **arrays})
    while len(_KNOWN) >= KEPT:
        _KNOWN.pop(next(iter(_KNOWN)))
    _KNOWN[name] = found
    return found.first(number)


def _from_disk(
    name: str, agent: Agent, ranges: Mapping[str, tuple[float, float, float]], judged: Sequence[Measured]
) -> Sets:
    arrays = kept_draws.load(name) or {
        "tries": np.zeros(0, dtype=np.int64),
        "failed": np.zeros((0, len(judged) + 1), dtype=np.int64),
        **{f"value {key}": np.zeros(0) for key in ranges},
    }
    return Sets(
        agent=agent.id, ranges=ranges, measured=tuple(map(str, judged)), tries=arrays["tries"],
        failed=arrays["failed"], values={key: arrays[f"value {key}"] for key in ranges},
    )  # fmt: skip


def _joined(one: Sets, other: Sets) -> Sets:
    return Sets(
        agent=one.agent, ranges=one.ranges, measured=one.measured,
        tries=np.concatenate([one.tries, other.tries]), failed=np.concatenate([one.failed, other.failed]),
        values={key: np.concatenate([column, other.values[key]]) for key, column in one.values.items()},
    )  # fmt: skip


def _by_kernel(setup: Setup, agent: Agent, judged: Sequence[Measured]) -> bool:
    """Whether the batch kernel takes all of it; other solvers would take hours."""
    columns = {key: np.full(1, value) for key, value in setup.values.items()}
    batch = _batch(setup, agent, judged, columns, 1)
    return choose(batch)[0].name == KERNEL


def _sought(
    setup: Setup,
    agent: Agent,
    ranges: Mapping[str, tuple[float, float, float]],
    judged: Sequence[Measured],
    cells: Mapping[str, FloatArray],
    places: NDArray[np.int64],
    seed: int,
    jobs: int,
) -> Sets:
    """Sets for draws at ``places`` of the model's sequence; each place has a random sequence of its own."""
    number = len(places)
    own = np.stack([_shares(seed, agent.id, int(place), len(ranges)) for place in places])
    drawn = {key: within(ends, own[:, :, column]) for column, (key, ends) in enumerate(ranges.items())}
    # Without a dose an agent does nothing, so that a draw of the model has one undosed state whatever the set.
    fixed = {key: np.full(number, value) for key, value in setup.values.items()} | dict(cells)
    undosed = replace(_batch(setup, agent, judged, fixed, number), observe=setup.system.states)
    rest = at_rest(undosed, threads=jobs)
    fixed |= dict(zip(setup.system.states, rest.values.T, strict=True))
    tries = np.zeros(number, dtype=np.int64)
    failed = np.zeros((number, len(judged) + 1), dtype=np.int64)
    failed[~rest.found, -1] = TRIES
    block, most = (BLOCK, TRIES) if ranges else (1, 1)
    for begin in range(0, most, block):
        left = np.flatnonzero((tries == 0) & rest.found)
        if not len(left):
            break
        columns = {key: np.repeat(one[left], block) for key, one in fixed.items()}
        columns |= {key: one[left, begin : begin + block].ravel() for key, one in drawn.items()}
        why = _judge(setup, agent, judged, columns, len(left) * block, jobs).reshape(len(left), block)
        good = why < 0
        first = np.where(good.any(axis=1), good.argmax(axis=1), block)
        counted = np.arange(block) < first[:, None]
        for which in range(len(judged) + 1):
            failed[left, which] += ((why == which) & counted).sum(axis=1)
        tries[left] = np.where(first < block, begin + first + 1, 0)
    at = np.maximum(tries - 1, 0)
    values = {key: np.where(tries > 0, one[np.arange(number), at], np.nan) for key, one in drawn.items()}
    return Sets(
        agent=agent.id, ranges=ranges, measured=tuple(map(str, judged)), tries=tries, failed=failed, values=values
    )


def _shares(seed: int, agent: str, place: int, dimensions: int) -> FloatArray:
    """Even random numbers (TRIES, dimensions) of one agent and one draw of a model."""
    return np.random.default_rng([seed, 5, crc32(agent.encode()), place]).random((TRIES, dimensions))


def _judge(
    setup: Setup, agent: Agent, judged: Sequence[Measured], columns: Mapping[str, FloatArray], rows: int, jobs: int
) -> NDArray[np.int64]:
    """(R,) the measurement that each row does not meet, the number of them where it failed, -1 where it meets all.

    Doses are solved in the order of the file, each only for rows that met all before.
    """
    why = np.full(rows, -1, dtype=np.int64)
    solver = RosenbrockSolver(threads=jobs, again=False)  # SciPy would take a second for a set out of thousands
    for dose in dict.fromkeys(one.dose for one in judged):
        left = np.flatnonzero(why < 0)
        if not len(left):
            break
        group = [(place, one) for place, one in enumerate(judged) if one.dose == dose]
        batch = _batch(setup, agent, [one for _, one in group], {key: one[left] for key, one in columns.items()}, 0)
        done = solver.solve_batch(batch)
        ok = np.array([one.ok for one in done.status])
        met = np.where(ok, -1, len(judged))
        for place, one in reversed(group):
            course = done.values[:, batch.observe.index(one.observe)]
            value = course[:, int(np.searchsorted(batch.times, setup.times(np.array([one.seconds]))[0]))]
            with np.errstate(invalid="ignore", divide="ignore"):
                value = value / course[:, 0] if one.relative else value
                met = np.where(ok & ~_inside(one, value), place, met)
        why[left] = met
    return why


def _inside(one: Measured, values: FloatArray) -> NDArray[np.bool_]:
    """(R,) which values lie in the band; not-a-number never does."""
    low = -np.inf if one.low is None else one.low
    high = np.inf if one.high is None else one.high
    return np.asarray((values >= low) & (values <= high))


def _batch(
    setup: Setup, agent: Agent, group: Sequence[Measured], columns: Mapping[str, FloatArray], rows: int
) -> Batch:
    """Rows under the first dose of a group of measurements (all have it, or it is just to see what is needed)."""
    doses = tuple(
        setup.schedule(Schedule.parse(f"{agent.id}={dose}")) for dose in dict.fromkeys(one.dose for one in group)
    )
    rows = rows or len(next(iter(columns.values())))
    seconds = np.unique([0.0, *(units.seconds(one.at) for one in group)])
    return Batch(
        system=setup.system,
        times=setup.times(seconds),
        rows=rows,
        columns=dict(columns),
        schedules=doses,
        schedule_index=np.zeros(rows, dtype=np.intp),
        observe=tuple(dict.fromkeys(one.observe for one in group)),
        start="given",
        rtol=RTOL,
    )


__all__ = ["Sets", "agent_sets"]
