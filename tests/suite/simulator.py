"""The SBML Test Suite through redoxsim: ``simulate(path, settings)`` gives the frame that a case compares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from redoxsim import equations, network
from redoxsim.solve import Problem, solve


def simulate(path: str, settings: dict[str, Any], solver: str = "scipy") -> pd.DataFrame:
    """One case: a column per variable, species as amount or concentration as the settings ask."""
    model = network.read(path)
    system = equations.build(model)
    times = settings["start"] + np.linspace(0.0, settings["duration"], settings["steps"] + 1)
    rtol = max(1e-11, min(1e-8, 1e-4 * settings["relative"]))
    problem = Problem(system=system, times=times, rtol=rtol, max_steps=200_000)
    # an absolute tolerance below what the case compares, and below what the typical sizes say
    usual = solve(Problem(system=system, times=times[:1], rtol=rtol), "scipy", throw=False).atol
    atol = np.minimum(usual, max(1e-16, 1e-4 * settings["absolute"]))
    problem = Problem(system=system, times=times, rtol=rtol, atol=atol if len(atol) else None, max_steps=200_000)
    solution = solve(problem, solver)
    species = {part.id for part in model.species}
    frame = {}
    for name in settings["variables"]:
        if name in species and name in settings["amount"]:
            frame[name] = solution.amount(name)
        elif name in species and name in settings["concentration"]:
            frame[name] = solution.concentration(name)
        else:
            frame[name] = solution[name]
    return pd.DataFrame(frame)
