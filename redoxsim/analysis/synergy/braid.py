"""BRAID: one number, kappa, for the interaction of two agents of whatever strength."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.estimates import Estimate, judged
from redoxsim.analysis.synergy.braid_math import surface
from redoxsim.analysis.synergy.surface_fit import CONTROL, PLATEAU, REACH, SLOPE, Points, SurfaceFit, poor
from redoxsim.analysis.synergy.surface_score import SurfaceScore
from redoxsim.analysis.synergy.table import SynergyTable

SIGN = (
    "BRAID excess = fitted fraction affected minus that of the same agents with kappa = 0; "
    "positive = synergy, negative = antagonism. kappa > 0 = synergy"
)
KAPPA: tuple[float, float] = (-1.999, 1e3)
_LEAST_STRENGTH = 0.01
_PARAMETERS = 8


def braid(grid: EffectArray, *, free_plateau: bool = False, draws: int = 200, seed: int = 1) -> SynergyTable:
    """BRAID surface of two agents: the map of its excess, and its parameters with intervals.

    Parameters
    ----------
    free_plateau : let both agents together go further than the stronger alone (Ef free); by default Ef is the larger
        of the plateaus of the two, and the weaker takes its own.
    draws : refits to resampled residuals for the intervals; 0 for none.

    Returns
    -------
    SynergyTable : ``parameters`` kappa, then E0, E1, E2, Ef (fraction affected), C1, C2 (in the unit of the doses), h1,
        h2. Undefined in every cell, with the reason, where the design carries no surface, the surface does not
        describe the effects, or an agent's half-way dose was not bracketed.

    Raises
    ------
    DesignError : not two agents.
    """
    return Braid(free_plateau=free_plateau).score(grid, draws=draws, seed=seed)


class Braid(SurfaceScore):
    """The BRAID surface, its plateau that of the stronger agent or free."""

    metric, name, sign = "braid", "BRAID", SIGN
    half, plateau = 4, 2

    def __init__(self, *, free_plateau: bool = False) -> None:
        self.free_plateau = free_plateau
        self.parameters, self.interaction = _PARAMETERS + free_plateau, 1 + free_plateau

    def surface(self, theta: Floats, x1: Floats, x2: Floats) -> tuple[Floats, Floats]:
        """See :func:`redoxsim.analysis.synergy.braid_math.surface`."""
        return surface(theta, x1, x2)

    def without_interaction(self, theta: Floats) -> Floats:
        """(9,) the same with kappa = 0."""
        additive = theta.copy()
        additive[8] = np.log(2.0)
        return additive

    def boxes(self, points: Points) -> list[tuple[Floats, Floats]]:
        """Bounds (9,) of each variant: which agent has the plateau of the surface (none has it alone if it is free).

        The larger of two plateaus has a kink where they are equal; two smooth variants have not.
        """
        low, high = (
            np.array(
                [
                    CONTROL[side],
                    PLATEAU[side],
                    *[strength] * 2,
                    *(points.limits[:, side] + sign * REACH),
                    *[np.log(SLOPE[side])] * 2,
                    np.log(KAPPA[side] + 2.0),
                ]
            )
            for side, sign, strength in ((0, -1.0, _LEAST_STRENGTH), (1, 1.0, 1.0))
        )
        if self.free_plateau:
            return [(low, high)]
        floors = [low.copy(), low.copy()]
        for floor, strong in zip(floors, (2, 3), strict=True):
            floor[strong] = 1.0
        return [(floor, high) for floor in floors]

    def starts(self, points: Points, alone: Floats, *, few: bool) -> Floats:
        """(m, 9) curves of the agents alone with kappa from strong antagonism to strong synergy."""
        first, second = alone
        gains = np.array([first[1] - first[0], second[1] - second[0]])
        most = float(max(np.max(gains), np.max(points.y) if self.free_plateau else 0.0, 1e-3))
        shares = np.clip(gains / most, _LEAST_STRENGTH, 1.0)
        return np.array(
            [
                [first[0], first[0] + most, *shares, first[2] + s1, second[2] + s2, first[3], second[3], np.log(kappa)]
                for kappa in ((1.0, 6.0) if few else (0.2, 1.0, 2.0, 6.0, 30.0))
                for s1, s2 in (((0.0, 0.0),) if few else ((0.0, 0.0), (0.7, -0.7), (-0.7, 0.7)))
            ]
        )

    def estimates(self, grid: EffectArray, points: Points, fit: SurfaceFit, unseen: Sequence[str]) -> list[Estimate]:
        """Kappa first; the plateaus as effects."""
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
            own = unseen[int(name[1]) - 1] if name[1] in "12" and name[0] in "EC" else ""
            if name == "kappa":  # a kappa fitted along a curve that was not seen is not known either
                own = unseen[0] or unseen[1]
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
        return found


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
