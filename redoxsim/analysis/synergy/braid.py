"""BRAID: one number, kappa, for the interaction of two agents of whatever strength."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.estimates import Estimate, judged
from redoxsim.analysis.synergy.braid_math import surface
from redoxsim.analysis.synergy.checks import surface_problem, two_agents
from redoxsim.analysis.synergy.surface_fit import (
    CONTROL,
    PLATEAU,
    REACH,
    SLOPE,
    Points,
    SurfaceFit,
    beyond,
    disputed,
    fit_note,
    fit_surface,
    open_end,
    poor,
    single_agents,
    surface_map,
    surface_model,
)
from redoxsim.analysis.synergy.table import SynergyTable, empty_reasons, tabulate

SIGN = (
    "BRAID excess = fitted fraction affected minus that of the same agents with kappa = 0; "
    "positive = synergy, negative = antagonism. kappa > 0 = synergy"
)
KAPPA: tuple[float, float] = (-1.999, 1e3)
_LEAST_STRENGTH = 0.01
_PARAMETERS = 8

_table = partial(tabulate, metric="braid", title="BRAID excess (fitted surface)", sign=SIGN, neutral=0.0)
"""A table of this score."""


def braid(
    grid: EffectArray, *, free_plateau: bool = False, draws: int = 200, seed: int = 1, near: SynergyTable | None = None
) -> SynergyTable:
    """BRAID surface of two agents: the map of its excess, and its parameters with intervals.

    Parameters
    ----------
    free_plateau : let both agents together go further than the stronger alone (Ef free); by default Ef is the larger
        of the plateaus of the two, and the weaker takes its own.
    draws : refits to resampled residuals for the intervals; 0 for none.
    near : the table of a nearby grid: start there first (used for resamples; fewer starts).

    Returns
    -------
    SynergyTable : ``parameters`` kappa, then E0, E1, E2, Ef (fraction affected), C1, C2 (in the unit of the doses), h1,
        h2. Undefined in every cell, with the reason, where the design carries no surface, the surface does not
        describe the effects, or an agent's half-way dose was not bracketed.

    Raises
    ------
    DesignError : not two agents.
    """
    two_agents(grid, "BRAID")
    reasons = empty_reasons(grid)
    problem = surface_problem(grid, parameters=_PARAMETERS + free_plateau, interaction=1 + free_plateau)
    if problem:
        reasons[grid.combined & (reasons == "")] = problem
        return _table(grid, np.full(grid.shape, np.nan), reasons)
    points = Points.of(grid)
    model = surface_model(surface, points)
    fit = fit_surface(model, points, _boxes(grid, points, free_plateau, near), draws, seed, near is None)
    outside = [beyond(float(fit.theta[4 + i]), points.limits[i], grid.agents[i]) for i in (0, 1)]
    unseen = list(outside)
    rivals: list[tuple[str, Floats]] = []
    if draws and not poor(fit, "BRAID"):
        for i, name in enumerate(grid.agents):
            if not outside[i]:
                unseen[i], rival = open_end(model, points, fit, i, name, half=4 + i, plateau=2 + i, most=1.0)
                if rival is not None:
                    rivals.append((unseen[i], np.subtract(*_maps(grid, points, rival))))
    estimates = _estimates(grid, points, fit, unseen)
    if unusable := poor(fit, "BRAID") or outside[0] or outside[1]:
        reasons[grid.combined & (reasons == "")] = unusable
    fitted, reference = _maps(grid, points, fit.theta)
    for text, other in rivals:
        reasons[grid.combined & (reasons == "") & disputed(fitted - reference, other, fit.noise)] = text
    note = fit_note(points, fit, draws)
    return _table(
        grid, fitted - reference, reasons, reference=reference, note=note, parameters=estimates, state=fit.theta
    )


def _maps(grid: EffectArray, points: Points, theta: Floats) -> tuple[Floats, Floats]:
    """(n1, n2) a surface, and the same with kappa = 0."""
    additive = theta.copy()
    additive[8] = np.log(2.0)
    return surface_map(surface, grid, points, theta), surface_map(surface, grid, points, additive)


def _boxes(
    grid: EffectArray, points: Points, free_plateau: bool, near: SynergyTable | None
) -> list[tuple[Floats, Floats, Floats]]:
    """Starts and bounds of each variant: which agent has the plateau of the surface (none has it alone if it is free).

    The larger of two plateaus has a kink where they are equal; two smooth variants have not.
    """
    low = np.array(
        [CONTROL[0], PLATEAU[0], _LEAST_STRENGTH, _LEAST_STRENGTH, *(points.limits[:, 0] - REACH)]
        + [np.log(SLOPE[0])] * 2
        + [np.log(KAPPA[0] + 2.0)]
    )
    high = np.array(
        [CONTROL[1], PLATEAU[1], 1.0, 1.0, *(points.limits[:, 1] + REACH)]
        + [np.log(SLOPE[1])] * 2
        + [np.log(KAPPA[1] + 2.0)]
    )
    first, second = single_agents(grid, points)
    gains = np.array([first[1] - first[0], second[1] - second[0]])
    most = float(max(np.max(gains), np.max(points.y) if free_plateau else 0.0, 1e-3))
    shares = np.clip(gains / most, _LEAST_STRENGTH, 1.0)
    starts = [
        np.array([first[0], first[0] + most, *shares, first[2] + s1, second[2] + s2, first[3], second[3], np.log(k)])
        for k in ((0.2, 1.0, 2.0, 6.0, 30.0) if near is None else (1.0, 6.0))
        for s1, s2 in (((0.0, 0.0), (0.7, -0.7), (-0.7, 0.7)) if near is None else ((0.0, 0.0),))
    ]
    if near is not None and near.state is not None:
        starts.insert(0, near.state)
    if free_plateau:
        return [(np.clip(np.stack(starts), low, high), low, high)]
    boxes = []
    for strong in (2, 3):
        floor = low.copy()
        floor[strong] = 1.0
        boxes.append((np.clip(np.stack(starts), floor, high), floor, high))
    return boxes


def _estimates(grid: EffectArray, points: Points, fit: SurfaceFit, alone: list[str]) -> tuple[Estimate, ...]:
    a, b = grid.agents
    cover = poor(fit, "BRAID")
    errors = np.where(np.isnan(fit.errors), 0.0, fit.errors)

    def plain(theta: Floats) -> dict[str, Floats]:
        """Parameters as they are reported, of (..., 9)."""
        e0, ef = theta[..., 0], theta[..., 1]
        found = {"kappa": np.exp(theta[..., 8]) - 2.0, "E0": e0}
        found |= {f"E{i + 1}": e0 + theta[..., 2 + i] * (ef - e0) for i in (0, 1)}
        found |= {"Ef": ef}
        found |= {f"C{i + 1}": points.references[i] * np.exp(theta[..., 4 + i]) for i in (0, 1)}
        return found | {f"h{i + 1}": np.exp(theta[..., 6 + i]) for i in (0, 1)}

    best, low, high, drawn = (plain(one) for one in (fit.theta, fit.low, fit.high, fit.samples))
    words = {
        "kappa": "interaction; above 0 = synergy, below 0 = antagonism",
        "E0": "fraction affected without agents",
        "E1": f"largest fraction affected by {a} alone",
        "E2": f"largest fraction affected by {b} alone",
        "Ef": "largest fraction affected by both",
        "C1": f"dose of {a} alone with half of its effect",
        "C2": f"dose of {b} alone with half of its effect",
        "h1": f"Hill slope of {a} alone",
        "h2": f"Hill slope of {b} alone",
    }
    found = []
    for name, meaning in words.items():
        own = alone[int(name[1]) - 1] if name[1] in "12" and name[0] in "EC" else ""
        if name == "kappa":  # a kappa fitted along a curve that was not seen is not known either
            own = alone[0] or alone[1]
        log = name[0] in "Ch"
        place = {"C1": 4, "C2": 5, "h1": 6, "h2": 7, "kappa": 8}.get(name)
        error = float(errors[place]) * (1.0 if log else float(best[name]) + 2.0) if place is not None else 0.0
        between = (
            (float(low[name]), float(high[name])) if name in ("kappa", "C1", "C2", "h1", "h2") else
            CONTROL if name == "E0" else PLATEAU
        )  # fmt: skip
        one = Estimate(
            name,
            meaning,
            float(best[name]),
            neutral=0.0 if name == "kappa" else None,
            problem=cover or own,
            unit=grid.dose_units[int(name[1]) - 1] if name[0] == "C" else "",
            bounds=between,
            log=log,
        )
        found.append(_kappa(one, drawn[name], error) if name == "kappa" else judged(one, drawn[name], error=error))
    return tuple(found)


def _kappa(one: Estimate, samples: Floats, error: float) -> Estimate:
    """Kappa, judged on the scale of kappa + 2, a ratio to the additive 2; intervals on its own scale."""
    shifted = replace(
        one, best=one.best + 2.0, bounds=(one.bounds[0] + 2.0, one.bounds[1] + 2.0), log=True, neutral=2.0
    )
    found = judged(shifted, samples + 2.0, error=error / max(one.best + 2.0, 1e-9))
    return replace(one, low=found.low - 2.0, high=found.high - 2.0, problem=_reworded(found.problem, one, found))


def _reworded(problem: str, one: Estimate, found: Estimate) -> str:
    if problem.startswith("its interval"):
        return f"its interval, {found.low - 2.0:.2g} to {found.high - 2.0:.2g}, leaves nothing out"
    if problem.startswith("the fit rests"):
        lower = one.best < 0.0
        limit = f"below {found.high - 2.0:.3g}" if lower else f"above {found.low - 2.0:.3g}"
        return f"the fit rests on its {'lower' if lower else 'upper'} bound ({limit})"
    return problem
