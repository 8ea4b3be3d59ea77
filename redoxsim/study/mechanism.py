"""Time courses behind one cell of a combination: each agent alone, and both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from redoxsim.errors import DesignError, SolveError
from redoxsim.study.experiment import SimulateRun
from redoxsim.study.results import ResultSet
from redoxsim.study.setup import Model, read_model
from redoxsim.study.timecourse import time_course

SHOWN = ("H2O2_m", "H2O2_c", "Trx1_red", "GSH_c")
STEPS = 96


def strongest(results: ResultSet, observe: str) -> dict[str, float]:
    """The dose of each agent where the Bliss excess of a combination is farthest from zero."""
    excess = np.abs(results.scores(["bliss"], observe=observe)["bliss"].values)
    place = np.unravel_index(int(np.nanargmax(excess)), excess.shape)
    return {name: float(results.dataset[name][at]) for name, at in zip(results.axes, place, strict=True)}


def courses(
    net: Model,
    results: ResultSet,
    *,
    observe: str,
    times: Mapping[str, str] | None = None,
    background: Sequence[str] = (),
    shown: Sequence[str] = SHOWN,
    **settings: Any,
) -> list[tuple[SimulateRun, ResultSet]]:
    """Single-cell courses of each agent alone and of both, at the doses of :func:`strongest`.

    Empty where the model has none of ``shown`` or a course cannot be solved.

    Parameters
    ----------
    results : a combination of two agents, read at one time.
    observe : the readout whose Bliss excess picks the doses.
    times : when an agent is given, if not at 0 h.
    settings : cell, values, start and how to solve (solver, rtol, atol), as for :func:`redoxsim.simulate`.
    """
    units = {name: str(results.dataset[name].attrs["units"]) for name in results.axes}
    doses = {
        name: f"{name}={dose:.3g}{units[name]}@{(times or {}).get(name, '0h')}"
        for name, dose in strongest(results, observe).items()
    }
    until = float(results.dataset["time"])
    network = read_model(net)  # once for all courses
    found = []
    for given in ((one,) for one in doses.values()), (tuple(doses.values()),):
        for texts in given:
            run = SimulateRun(
                id="-".join(texts), kind="simulate", doses=(*texts, *background), until=f"{until} s",
                every=f"{until / STEPS} s", observe=tuple(shown), cells=1,
            )  # fmt: skip
            try:
                plan = time_course(
                    network, doses=run.doses, until=run.until, every=run.every, observe=run.observe, cells=1, **settings
                )
                found.append((run, plan.run()))
            except (DesignError, SolveError):
                return []
    return found
