"""A model against published observations: every row run, judged and counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from redoxsim.errors import RedoxsimError
from redoxsim.pharmacology import Agent, apply_agent, load_agent
from redoxsim.solve import Status
from redoxsim.study.engine import Cancel
from redoxsim.study.expectations import Outcome
from redoxsim.study.experiment import Experiment, Run
from redoxsim.study.experiment_runs import Finished, HowTo, dosed, prepare_runs
from redoxsim.study.observations import Expected, Observation, Scoreboard, load_observations
from redoxsim.study.setup import read_model
from redoxsim.study.timecourse import TimeCourse

State = Literal["in band", "off", "wrong sign", "no effect", "too small", "failed", "not run"]
WORST: tuple[State, ...] = ("failed", "wrong sign", "off", "no effect", "too small", "not run")
"""What a row is called by, worst first, where its parts differ."""
FELT = 0.01
"""A direction nearer to its neutral value than this (1% of a ratio, 0.01 of a difference) is no effect."""
Told = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One expected thing: the model's value and how it compares.

    ``state`` of a direction that misses is ``too small`` (on the side that was seen, short of the threshold),
    ``no effect`` (within :data:`FELT` of what it is where nothing happens) or ``wrong sign`` (on the other side).
    ``off`` is any other miss: of a number or bound, of a direction without a neutral value, of one that asks that
    little happens, or of one that goes beyond the far end of its band.

    ``off`` is the factor by which the value misses the band (above 1, or infinite), 1 where it is in band and
    not-a-number where a factor makes no sense (a band that reaches zero or below).
    """

    expected: Expected
    value: float
    state: State
    off: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One observation with its verdicts. ``trouble`` says why it could not be run, where that is so."""

    observation: Observation
    judged: tuple[Judged, ...]
    trouble: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is one of those that the score is made of."""
        return self.observation.use == "scored"

    @property
    def good(self) -> bool:
        """Whether all that was seen is there."""
        return bool(self.judged) and all(one.state == "in band" for one in self.judged)

    @property
    def state(self) -> str:
        """In one word: that of the worst of its verdicts, or what it is used for."""
        if self.observation.use == "not-representable" or (self.observation.use != "scored" and not self.judged):
            return self.observation.use
        if self.trouble:
            return "failed"
        for state in WORST:
            if any(one.state == state for one in self.judged):
                return state
        return "in band"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of how many."""

    good: int
    total: int

    @property
    def share(self) -> float:
        """Good over total; not-a-number without any."""
        return self.good / self.total if self.total else float("nan")

    def interval(self, level: float = 1.959964) -> tuple[float, float]:
        """Wilson's interval of the share (Wilson 1927 J Am Stat Assoc 22:209), 95% by default."""
        if not self.total:
            return float("nan"), float("nan")
        n, p, z2 = self.total, self.share, level**2
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = level * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(middle - half, 0.0), min(middle + half, 1.0)

    def __str__(self) -> str:
        if not self.total:
            return "none"
        low, high = self.interval()
        return f"{self.good} of {self.total} ({self.share:.0%}, {low:.0%} to {high:.0%})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Every row, and the counts by how well the observation is known."""

    rows: tuple[Row, ...]
    files: tuple[Path, ...]
    interrupted: bool = False

    def numbers(self, *known: str) -> Count:
        """Rows with a number or bound that are in band, among those known in one of these ways (all if none named)."""
        rows = [one for one in self._scored(known) if any(part.expected.kind != "sign" for part in one.judged)]
        good = sum(all(part.state == "in band" for part in one.judged if part.expected.kind != "sign") for one in rows)
        return Count(good=good, total=len(rows))

    def signs(self, *known: str) -> Count:
        """Directions that come out right, each counted for itself."""
        parts = [part for one in self._scored(known) for part in one.judged if part.expected.kind == "sign"]
        return Count(good=sum(part.state == "in band" for part in parts), total=len(parts))

    def missed(self) -> dict[State, int]:
        """Directions that do not come out right, by how they miss; those that count, however they are known."""
        states = [part.state for one in self._scored(()) for part in one.judged if part.expected.kind == "sign"]
        return {state: states.count(state) for state in WORST if state in states}

    def uses(self) -> dict[str, int]:
        """How many rows there are of each use."""
        found: dict[str, int] = {}
        for one in self.rows:
            found[one.observation.use] = found.get(one.observation.use, 0) + 1
        return found

    def _scored(self, known: Sequence[str]) -> list[Row]:
        return [one for one in self.rows if one.counts and (not known or one.observation.known in known)]


def validate(
    source: str | Path | Scoreboard | None = None,
    *,
    only: Sequence[str] = (),
    model: str | None = None,
    how: HowTo | None = None,
    told: Told | None = None,
    cancel: Cancel | None = None,
) -> Validation:
    """Runs observations and judges them.

    Parameters
    ----------
    source : a file or folder of observations, or observations already loaded; the shipped ones if none is given.
    only : ids to take; all if empty.
    model : a model in place of the one that each observation names.
    told : called with observations done, in all, and the id of the next.
    cancel : asked before each observation; true ends the run, and what is left is ``not run``.

    Raises
    ------
    ReadError, DesignError : see the hint. What goes wrong inside one observation is its ``trouble``.
    """
    board = source if isinstance(source, Scoreboard) else load_observations(source)
    if only:
        board = board.only(only)
    shared = _Shared(board.whole or board.observations, model=model, how=how or HowTo(), cancel=cancel)
    rows: list[Row] = []
    stopped = False
    for number, one in enumerate(board.observations):
        stopped = stopped or (cancel is not None and cancel())
        if told is not None:
            told(number, len(board.observations), one.id)
        rows.append(_unrun(one) if stopped else _row(one, shared))
    if told is not None:
        told(len(board.observations), len(board.observations), "")
    return Validation(rows=tuple(rows), files=board.files, interrupted=stopped)


def judge(expected: Expected, value: float) -> Judged:
    """How a value compares with what was seen."""
    if math.isnan(value):
        return Judged(expected=expected, value=value, state="failed", off=float("nan"))
    if expected.low <= value <= expected.high:
        return Judged(expected=expected, value=value, state="in band", off=1.0)
    edge = expected.low if value < expected.low else expected.high
    if edge > 0.0 and value >= 0.0:
        small, large = sorted((edge, value))
        off = large / small if small > 0.0 else float("inf")
    else:
        off = float("nan")
    return Judged(expected=expected, value=value, state=_miss(expected, value), off=off)


def _miss(expected: Expected, value: float) -> State:
    """What a miss is called."""
    nothing = expected.at_rest
    if expected.kind != "sign" or nothing is None:
        return "off"
    if expected.low >= nothing and value < expected.low:
        shift = value - nothing
    elif expected.high <= nothing and value > expected.high:
        shift = nothing - value
    else:
        return "off"
    margin = FELT * (abs(nothing) or 1.0)
    if abs(shift) < margin:
        return "no effect"
    return "too small" if shift > 0.0 else "wrong sign"


def _unrun(one: Observation) -> Row:
    nothing = float("nan")
    return Row(
        observation=one,
        judged=tuple(Judged(expected=each, value=nothing, state="not run", off=nothing) for each in one.expect),
    )


def _row(one: Observation, shared: _Shared) -> Row:
    if not one.expect:
        return Row(observation=one, judged=())
    try:
        outcomes = shared.outcomes(one)
        judged = tuple(judge(each, each.of(outcomes)) for each in one.expect)
    except RedoxsimError as error:
        nothing = float("nan")
        failed = tuple(Judged(expected=each, value=nothing, state="failed", off=nothing) for each in one.expect)
        return Row(observation=one, judged=failed, trouble=_reason(error))
    return Row(observation=one, judged=judged)


def _reason(error: RedoxsimError) -> str:
    return error.message.splitlines()[0]


class _Shared:
    """What the observations of a file share, so that little is compiled and no run is made twice.

    All agents of the file stand in one model for all runs, and all runs observe the same, so that they need one
    compiled model and one reader. An agent or symbol that the model does not have is left to its own run, which then
    says so. Agents that are not dosed change nothing but the last digits, and which they are does not depend on the
    observations chosen: a row alone gives the same numbers as among the others.
    """

    def __init__(
        self, observations: Iterable[Observation], *, model: str | None, how: HowTo, cancel: Cancel | None
    ) -> None:
        self.model, self.how, self.cancel = model, how, cancel
        self.observations = tuple(observations)
        self.finished: dict[str, Finished] = {}
        self.common: dict[str, tuple[HowTo, tuple[str, ...]]] = {}

    def outcomes(self, one: Observation) -> dict[str, Outcome]:
        """Runs of an observation by id."""
        found: dict[str, Outcome] = {}
        for run in one.run:
            key = f"{self._model(one, run)} {one.cell} {one.cells} {one.seed} {run.model_dump_json(exclude={'id'})}"
            if key not in self.finished:
                self.finished[key] = self._finish(one, run)
            found[run.id] = self.finished[key]
        return found

    def _model(self, one: Observation, run: Run) -> str:
        return run.model or self.model or one.model

    def _finish(self, one: Observation, run: Run) -> Finished:
        name = self._model(one, run)
        if name not in self.common:
            self.common[name] = self._in_common(name)
        how, observe = self.common[name]
        seen = tuple(dict.fromkeys((*run.observe, *observe))) if set(run.observe) - set(observe) else observe
        experiment = Experiment(
            id=one.id,
            title=one.text,
            question="",
            says="",
            expected="",
            model=name,
            cell=one.cell,
            cells=one.cells,
            seed=one.seed,
            run=(run.model_copy(update={"observe": seen}),) if run.observe else (run,),
        )
        (ready,) = prepare_runs(experiment, how=how, cancel=self.cancel)
        if isinstance(ready.plan, TimeCourse) and ready.study.rows.cells == 1:
            # One row as a batch: a solve on its own looks into the stability of its steady start too, which takes
            # longer than the solve. Where the row fails that solve is made, to say why.
            results = ready.study.run()
            if bool((results.dataset["status"] == Status.OK.name).all()):
                return Finished(run, results)
        return ready.finish()

    def _in_common(self, name: str) -> tuple[HowTo, tuple[str, ...]]:
        """How to run with all agents that the model takes together, and what to observe, of all runs of a model."""
        runs = [run for one in self.observations for run in one.run if self._model(one, run) == name]
        network = read_model(name)
        wanted: dict[str, None] = {}
        for run in runs:
            with suppress(RedoxsimError):
                wanted |= dict.fromkeys(sorted(dosed(run)))
        together: list[Agent] = []
        for target in wanted:
            try:
                agent = load_agent(target)
                network = apply_agent(network, agent)
            except RedoxsimError:
                continue
            together.append(agent)
        known = network.index()
        observe = dict.fromkeys(symbol for run in runs for symbol in run.observe if symbol in known)
        how = replace(self.how, sample=self.how.sample or 0, further=tuple(together))
        return how, tuple(observe)
