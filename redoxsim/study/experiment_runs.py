"""Runs the runs of an experiment and answers what its expectations ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim import catalog
from redoxsim.errors import DesignError, SolveError
from redoxsim.pharmacology import Agent, Schedule
from redoxsim.study.combinations import combine
from redoxsim.study.dose_curves import dose_response
from redoxsim.study.engine import Cancel, Progress
from redoxsim.study.experiment import CombineRun, DoseResponseRun, Experiment, Run, SimulateRun
from redoxsim.study.plan import Study
from redoxsim.study.results import ORIENTATIONS, ResultSet
from redoxsim.study.tables import is_kind
from redoxsim.study.timecourse import TimeCourse, time_course, with_jobs

FloatArray = NDArray[np.float64]
SUMMARIES = {"mean": "mean", "mean-mid": "mid_mean", "max": "max", "min": "min"}
MODEL_FILES = ("model.xml", "model.toml", "parameters.csv")
RESCUED = 0.5
"""Readouts of 0 to 1 that begin lower, under what is given besides, can only be a rescue: no curve of killing."""
FITTED = ("e0", "einf", "h", "auc")


@dataclass(frozen=True)
class Finished:
    """A run of an experiment with its results; answers the questions of :class:`~.expectations.Outcome`."""

    run: Run
    results: ResultSet

    def series(self, observe: str) -> tuple[FloatArray, FloatArray]:
        """Times in seconds and values, both (T,); not-a-number where cells failed."""
        return np.asarray(self.results.dataset["time"], dtype=float), self._values(observe)

    def _values(self, observe: str) -> FloatArray:
        """A readout over all but its draws, of which there is one at most."""
        data = self.results[observe]
        return np.asarray(data.isel(draw=0) if "draw" in data.dims else data, dtype=float)

    def fitted(self, observe: str, parameter: str) -> float:
        """A parameter of the Hill fit. Infinite: above the largest dose; 0: below the smallest.

        Doses are in uM, those that are no concentration (Gy, g/L) in the unit they are given in.

        For a readout without a direction ``ic50`` is the dose that leaves half of the untreated value.
        """
        from redoxsim.analysis.hill_result import Limit

        try:
            fit = self._fit(observe, relative=parameter == "ic50")
        except SolveError:
            return float("nan")
        value = getattr(fit, parameter)
        if isinstance(value, Limit):
            return {Limit.ABOVE: float("inf"), Limit.BELOW: 0.0}.get(value, float("nan"))
        if parameter in FITTED:
            return float(value)
        from redoxsim import units

        given = str(self.results.dataset[self.results.axes[0]].attrs["units"])
        return units.to(float(value), given, "uM") if is_kind(given, "concentration") else float(value)

    def scored(self, observe: str, metric: str, reduce: str) -> float:
        """A summary of a synergy score over the combinations; not-a-number where cells failed."""
        if reduce not in SUMMARIES:
            raise DesignError(f"no summary '{reduce}' of a score", hint=f"one of {', '.join(SUMMARIES)}")
        try:
            table = self.results.scores([metric], observe=observe)[metric]
        except SolveError:
            return float("nan")
        return float(getattr(table.summary, SUMMARIES[reduce]))

    def _fit(self, observe: str, *, relative: bool) -> Any:
        from redoxsim.analysis import fit_hill

        doses = np.asarray(self.results.dataset[self.results.axes[0]], dtype=float)
        effect = self._values(observe)
        if observe in ORIENTATIONS and not relative and effect[0] < RESCUED and not np.isnan(effect).any():
            return fit_hill(doses, effect, orientation="signal", noiseless=True)
        if observe in ORIENTATIONS or not relative:
            return self.results.fit(observe)
        if np.isnan(effect).any():
            raise SolveError(f"points of '{self.run.id}' failed")
        return fit_hill(doses, effect / effect[0], orientation="viability", margin=np.inf, noiseless=True)


@dataclass(frozen=True, kw_only=True)
class HowTo:
    """How to solve, alike for all runs.

    ``sample`` : rows of each run that the reference solver checks, None for the usual number.
    ``further`` : agents that every run has in its model, dosed or not, so that all share one compiled model.
    """

    solver: str = "auto"
    rtol: float | None = None
    atol: float | None = None
    jobs: int = 1
    sample: int | None = None
    further: tuple[Agent, ...] = ()

    @property
    def keywords(self) -> dict[str, Any]:
        """Keywords for the study functions, only those given."""
        given = {
            "solver": self.solver, "rtol": self.rtol, "atol": self.atol, "jobs": self.jobs, "sample": self.sample
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A run made ready: read, checked and built, nothing solved."""

    run: Run
    plan: Study | TimeCourse

    @property
    def study(self) -> Study:
        """Its rows and settings."""
        return self.plan if isinstance(self.plan, Study) else self.plan.study

    def with_jobs(self, jobs: int) -> Ready:
        """The same for another number of processes."""
        return Ready(run=self.run, plan=with_jobs(self.plan, jobs))

    def finish(self) -> Finished:
        """The run with its results."""
        return Finished(self.run, self.plan.run())


def prepare_runs(
    experiment: Experiment, *, how: HowTo | None = None, progress: Progress | None = None, cancel: Cancel | None = None
) -> tuple[Ready, ...]:
    """Every run of the experiment in order, made ready.

    Parameters
    ----------
    progress : called with rows done, rows failed and rows in all of the run under way.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    """
    chosen = how or HowTo()
    return tuple(
        Ready(run=run, plan=_plan(experiment, run, how=chosen, progress=progress, cancel=cancel))
        for run in experiment.run
    )


def _plan(
    experiment: Experiment, run: Run, *, how: HowTo, progress: Progress | None, cancel: Cancel | None
) -> Study | TimeCourse:
    common: dict[str, Any] = {
        "cell": run.cell or experiment.cell,
        "cells": run.cells or experiment.cells,
        "values": run.values,
        "seed": experiment.seed,
        "progress": progress,
        "cancel": cancel,
        **how.keywords,
    }
    if run.observe:  # dose studies have a readout of their own where none is named
        common["observe"] = run.observe
    model = run.model or experiment.model
    if isinstance(run, SimulateRun):
        return time_course(model, doses=run.doses, until=run.until, every=run.every, agents=how.further, **common)
    if isinstance(run, DoseResponseRun):
        plan = dose_response.plan(
            model,
            agent=run.agent,
            doses=run.dose_values,
            at=run.at,
            with_=run.background,
            further=how.further,
            **common,
        )
    else:
        assert isinstance(run, CombineRun)
        plan = combine.plan(
            model,
            agents=run.agents,
            doses=dict(zip(run.agents, run.dose_values, strict=True)),
            at=run.at,
            times=run.times,
            scores=run.scores,
            further=how.further,
            **common,
        )
    assert isinstance(plan, Study)
    return plan


def dosed(run: Run) -> set[str]:
    """Ids of the agents that a run doses.

    Raises
    ------
    DesignError : doses that cannot be read.
    """
    if isinstance(run, SimulateRun):
        found = set(Schedule.of(run.doses).targets())
    elif isinstance(run, DoseResponseRun):
        found = {run.agent, *Schedule.of(run.background).targets()}
    else:
        found = set(run.agents)
    return found & set(catalog.agents())


def inputs(experiment: Experiment, folder: Path) -> dict[str, Path]:
    """Files that the experiment is made from, by the name they have in a run folder."""
    models = {experiment.model, *(run.model for run in experiment.run if run.model)}
    cells = {experiment.cell, *(run.cell for run in experiment.run if run.cell)}
    agents = {name for run in experiment.run for name in dosed(run)}
    found = {"experiment.toml": folder / "experiment.toml" if folder.is_dir() else folder}
    for name in sorted(models):
        if name not in catalog.models():
            found[f"model-{Path(name).name}"] = Path(name)
            continue
        for file in MODEL_FILES:
            if (path := catalog.models()[name] / file).is_file():
                found[f"network-{name}-{file}"] = path
    for name in sorted(cells):
        path = Path(name) if name.endswith(".toml") else catalog.cell_file(name)
        found[f"cell-{path.name}"] = path
    for name in sorted(agents):
        found[f"agent-{name}.toml"] = catalog.agent_file(name)
    return found


def lay_out(copies: Mapping[str, Path], root: Path) -> None:
    """Copies of inputs under ``root`` as a folder of REDOXSIM_PATH has them, the inverse of :func:`inputs`."""
    for name, path in copies.items():
        kind, _, rest = name.partition("-")
        if kind == "network":
            network, _, file = rest.rpartition("-")
            place = root / "networks" / network / file
        elif kind in ("agent", "cell"):
            place = root / f"{kind}s" / rest
        else:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
