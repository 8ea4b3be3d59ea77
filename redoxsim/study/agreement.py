"""In how many draws of the constants an experiment's expectations hold: how much a verdict rests on the values taken.

The verdict itself is decided by the constants as they are. Here every run that an expectation names is solved again for
the same draws, each a set of constants of the model and of all agents of the experiment, with cells of its own: what
one run has beside another is judged within a draw, so that the share is that of the sets in which the statement holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError, SolveError
from redoxsim.solve import choose
from redoxsim.study.collecting import collect
from redoxsim.study.draws import Drawn, draw, varied
from redoxsim.study.engine import Cancel, Progress
from redoxsim.study.expectations import measure
from redoxsim.study.experiment import Expectation, Experiment
from redoxsim.study.experiment_runs import Finished, HowTo, dosed, prepare_runs
from redoxsim.study.plan import KERNEL, Study, solved
from redoxsim.study.provenance import draws_text
from redoxsim.study.results import ResultSet
from redoxsim.study.rows import draw_assumed
from redoxsim.study.setup import Setup, prepare
from redoxsim.study.spread import enough, quantiles, with_intervals
from redoxsim.study.window import TwoCells, pairs_of, two_cells

USUAL = 32
"""Draws of an experiment where nothing is said."""
CELLS = 4
"""Most cells of a population that each draw has."""
ASSUMED = 16
"""Draws in which only grade C varies, for what is said below a band."""
RTOL = 1e-4
"""Relative tolerance of draws where nothing else is asked for: of each only what holds is wanted."""
LOST, FAILS, UNDEFINED, HOLDS = range(4)
"""What an expectation is in a draw, from the worst: it did not come to the end, it does not hold, nothing to judge."""


@dataclass(frozen=True, slots=True)
class Share:
    """In how many draws something holds, of those that came to the end in all runs it is about.

    ``undefined`` of these have no number to judge (no mid-doses, a cell that the agent alone does not kill).
    """

    held: int
    of: int
    undefined: int = 0

    def words(self) -> str:
        """Such as ``29 of 32 (91%)`` or ``4 of 30 (13%), not defined in 26``."""
        if not self.of:
            return "none came to the end"
        besides = f", not defined in {self.undefined}" if self.undefined else ""
        return f"{self.held} of {self.of} ({self.held / self.of:.0%}){besides}"

    @property
    def record(self) -> dict[str, int]:
        """For a summary."""
        return {"held": self.held, "of": self.of, "undefined": self.undefined}


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Shares by expectation and by claim (all that state it, without those under a condition and corrections).

    ``conditional`` shares by claim and condition: what states the claim, with what stands under the condition in place
    of what it replaces. ``why`` says why there is none, ``text`` how the draws were made; both may be empty.
    ``windows`` are the therapeutic windows of the same draws, by the run in the cell that should die, each with the
    results of that run. ``bands`` are the quantiles of every run over its draws, with intervals of fits and scores.
    """

    expectations: Mapping[str, Share] = field(default_factory=dict)
    claims: Mapping[str, Share] = field(default_factory=dict)
    conditional: Mapping[str, Mapping[str, Share]] = field(default_factory=dict)
    text: str = ""
    why: str = ""
    solves: int = 0
    interrupted: bool = False
    windows: Mapping[str, tuple[TwoCells, ResultSet]] = field(default_factory=dict)
    bands: Mapping[str, ResultSet] = field(default_factory=dict, compare=False)

    @property
    def record(self) -> dict[str, Any]:
        """For a summary."""
        return {
            "text": self.text,
            "claims": {name: one.words() for name, one in self.claims.items()},
            "conditional": {
                name: {when: one.words() for when, one in found.items()}
                for name, found in self.conditional.items()
                if found
            },
            "expectations": {name: one.record for name, one in self.expectations.items()},
        }


def agreement(
    experiment: Experiment,
    number: int = USUAL,
    *,
    how: HowTo | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Agreement:
    """In how many of ``number`` draws each expectation holds; the same draws give windows, and a band to every run.

    Parameters
    ----------
    number : 0 makes none.
    progress : called with rows done, rows failed and rows in all of the run under way.
    """
    used = {quantity.run for one in experiment.expect for quantity in (one.quantity, one.over) if quantity is not None}
    pairs = pairs_of(experiment)
    if not number:
        return Agreement()
    chosen = replace(how or HowTo(), sample=0)
    agents = sorted({name for run in experiment.run for name in dosed(run)})
    drawn: dict[tuple[str, str], tuple[Drawn, Drawn | None]] = {}
    outcomes: dict[str, _Draws] = {}
    solves = 0
    try:
        for ready in prepare_runs(experiment, how=chosen, progress=progress, cancel=cancel):
            study = ready.study
            if choose(study.batch, chosen.solver)[0].name != KERNEL:
                if ready.run.id not in used:
                    continue
                return Agreement(why=f"run '{ready.run.id}' is not one for the batch kernel")
            key = (ready.run.model or experiment.model, ready.run.cell or experiment.cell)
            try:
                if key not in drawn:
                    drawn[key] = _drawn(_with_all(study, agents), number, study)
                result = _solved(study, number, *drawn[key])
            except (DesignError, SolveError):
                if ready.run.id in used:
                    raise
                continue  # only a figure goes without bands
            if result.interrupted:
                return Agreement(why="interrupted", interrupted=True)
            solves += sum(result.counts.values())
            outcomes[ready.run.id] = _Draws(Finished(ready.run, result))
    except (DesignError, SolveError) as error:
        return Agreement(why=error.message)
    if not outcomes:
        return Agreement(why="no run could be solved with draws")
    held = {one.id: _held(one, outcomes) for one in experiment.expect}
    first, _ = next(iter(drawn.values()))
    judged = [one.usable for name, one in outcomes.items() if name in used] or [one.usable for one in outcomes.values()]
    usable = int(np.logical_and.reduce(judged).sum())
    return Agreement(
        expectations={name: _share(states) for name, states in held.items()},
        claims={claim: _share(_all_of(names, held)) for claim in experiment.claims
                if (names := _stating(experiment.expect, claim))},
        conditional={claim: {when: _share(_all_of(names, held)) for when, names in found.items()}
                     for claim in experiment.claims if (found := _under(experiment.expect, claim))},
        text=draws_text({**first.record, "usable": usable}),
        solves=solves,
        windows=_windows(pairs, outcomes),
        bands={name: band for name, one in outcomes.items() if (band := _band(one.finished.results)) is not None},
    )  # fmt: skip


def _windows(pairs: Iterable[tuple[str, str]], outcomes: Mapping[str, _Draws]) -> dict[str, tuple[TwoCells, ResultSet]]:
    """The window of each pair; none where no draw came to its end in both cells."""
    found = {}
    for first, second in pairs:
        with suppress(SolveError, KeyError):
            results = [outcomes[name].finished.results for name in (first, second)]
            found[first] = two_cells(results[0], results[1]), results[0]
    return found


def _band(results: ResultSet) -> ResultSet | None:
    """The quantiles of a run; None where too few draws came to the end."""
    return quantiles(with_intervals(results)) if enough(results) else None


def _with_all(study: Study, agents: list[str]) -> Setup:
    """The model in the cell of a study with every agent of the experiment, so that all runs share draws."""
    setup = study.rows.setup
    return prepare(setup.original, agents=agents, cell=setup.cell)


def _drawn(setup: Setup, number: int, study: Study) -> tuple[Drawn, Drawn | None]:
    """Draws for all runs in one cell, and at most so many of only the constants of grade C."""
    settings = study.rows.settings
    found = draw(setup, number, seed=settings.seed, jobs=settings.jobs)
    return found, draw_assumed(setup, found, settings=settings, most=ASSUMED)


def _solved(study: Study, number: int, found: Drawn, assumed: Drawn | None) -> ResultSet:
    """A run with the draws of its experiment, but for what it sets itself; draws are kept apart."""
    rows = study.rows
    settings = replace(rows.settings, draws=number, keep="draws", rtol=rows.settings.rtol or RTOL)
    made = rows.remade(cells=min(rows.cells, CELLS), settings=settings)
    names = frozenset(varied(rows.setup, frozenset(rows.columns)))
    made = made.with_drawn(found.only(names), assumed.only(names) if assumed else None)
    done = solved(made, made.batch(), study.progress, study.cancel)
    result = collect(made, done, kind=study.kind, axes=study.axes, design=study.design, zipped=study.zipped)
    return result if study.finish is None else study.finish(result)


class _Draws:
    """A finished run, draw by draw."""

    def __init__(self, finished: Finished) -> None:
        self.finished = finished
        self.usable: NDArray[np.bool_] = np.asarray(finished.results.dataset["usable"], dtype=bool)

    def one(self, place: int) -> Finished:
        results = self.finished.results
        return Finished(self.finished.run, results.with_data(results.dataset.isel(draw=[place])))


def _held(one: Expectation, outcomes: Mapping[str, _Draws]) -> NDArray[np.int64]:
    """(D,) :data:`HOLDS` and so on, for every draw."""
    mine = {name: outcomes[name] for name in {one.quantity.run, *([one.over.run] if one.over else [])}}
    usable = np.logical_and.reduce([each.usable for each in mine.values()])
    states = np.full(len(usable), LOST, dtype=np.int64)
    for place in np.flatnonzero(usable):
        found = {name: each.one(int(place)) for name, each in mine.items()}
        value = measure(one.quantity, found)
        if one.over is not None:
            divisor = measure(one.over, found)
            value = value / divisor if divisor != 0.0 else float("nan")
        states[place] = UNDEFINED if np.isnan(value) else HOLDS if one.holds(value) else FAILS
    return states


def _stating(expectations: Iterable[Expectation], claim: str) -> list[str]:
    """Ids of the expectations that decide a claim."""
    return [one.id for one in expectations if one.claim == claim and not one.correction and one.when is None]


def _under(expectations: Iterable[Expectation], claim: str) -> dict[str, list[str]]:
    """By condition, the ids of the expectations that decide a claim under it."""
    every = [one for one in expectations if one.claim == claim and not one.correction]
    found = {}
    for when in dict.fromkeys(one.when for one in every if one.when is not None):
        met = [one for one in every if one.when == when]
        replaced = {one.replaces for one in met}
        found[when] = [one.id for one in every if one in met or (one.when is None and one.id not in replaced)]
    return found


def _all_of(names: Iterable[str], held: Mapping[str, NDArray[np.int64]]) -> NDArray[np.int64]:
    """(D,) the worst state of several expectations in each draw."""
    return np.asarray(np.min([held[name] for name in names], axis=0))


def _share(states: NDArray[np.int64]) -> Share:
    return Share(
        held=int((states == HOLDS).sum()), of=int((states != LOST).sum()), undefined=int((states == UNDEFINED).sum())
    )


__all__ = ["USUAL", "Agreement", "Share", "agreement"]
