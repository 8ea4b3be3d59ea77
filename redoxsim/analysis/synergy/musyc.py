"""MuSyC: what kind of synergy: in potency (alpha), in efficacy (beta), in cooperativity (gamma)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.estimates import Estimate, judged
from redoxsim.analysis.synergy.musyc_math import NAMES, efficacy_synergy, surface, together, without_interaction
from redoxsim.analysis.synergy.surface_fit import CONTROL, PLATEAU, REACH, SLOPE, Points, SurfaceFit, poor
from redoxsim.analysis.synergy.surface_score import SurfaceScore
from redoxsim.analysis.synergy.table import SynergyTable

SIGN = (
    "MuSyC excess = fitted fraction affected minus that of the same agents with alpha = gamma = 1 and beta = 0; "
    "positive = synergy, negative = antagonism. alpha > 1, beta > 0, gamma > 1 = synergy"
)
ALPHA: tuple[float, float] = (1e-4, 1e4)
GAMMA: tuple[float, float] = (0.1, 10.0)
# Beta from plateaus that may each lie in PLATEAU has no bounds of its own; this is what is believed of it.
_BETA = (-2.0, 20.0)
_SMALLEST_GAIN = 0.05
_LEAST_TOGETHER = 0.1


def musyc(grid: EffectArray, *, gamma: bool = False, draws: int = 200, seed: int = 1) -> SynergyTable:
    """MuSyC surface of two agents: the map of its excess, and its parameters with intervals.

    The twelve parameters (ten without ``gamma``) are fitted to all cells at once on the fraction affected, doses,
    slopes and alphas as logarithms within bounds, from some forty starts. A parameter that rests on a bound, or whose
    interval leaves nothing out, is reported as undetermined, and so is what needs it.

    Parameters
    ----------
    gamma : fit the two cooperativities too; they are 1 otherwise.
    draws : refits to resampled residuals for the intervals; 0 for none.

    Returns
    -------
    SynergyTable : ``parameters`` alpha12, alpha21, beta (and gamma12, gamma21), then E0 to E3 (fraction affected), C1,
        C2 (in the unit of the doses), h1, h2. Undefined in every cell, with the reason, where the design carries no
        surface, the surface does not describe the effects, or an agent's half-way dose was not bracketed.

    Raises
    ------
    DesignError : not two agents.
    """
    return Musyc(gamma=gamma).score(grid, draws=draws, seed=seed)


class Musyc(SurfaceScore):
    """The MuSyC surface, with or without its two cooperativities."""

    metric, name, sign = "musyc", "MuSyC", SIGN
    half, plateau = 4, 1

    def __init__(self, *, gamma: bool = False) -> None:
        self.gamma = gamma
        self.parameters, self.interaction = (12, 5) if gamma else (10, 3)

    def surface(self, theta: Floats, x1: Floats, x2: Floats) -> tuple[Floats, Floats]:
        """See :func:`redoxsim.analysis.synergy.musyc_math.surface`."""
        return surface(theta, x1, x2)

    def without_interaction(self, theta: Floats) -> Floats:
        """(12,) both alphas and gammas 1, together as effective as the stronger alone."""
        return without_interaction(theta)

    def boxes(self, points: Points) -> list[tuple[Floats, Floats]]:
        """(12,) lower and upper bounds, relative doses."""
        sides = []
        for side, sign in ((0, -1.0), (1, 1.0)):
            ends = points.limits[:, side] + sign * REACH
            sides.append(
                [
                    CONTROL[side],
                    *[PLATEAU[side]] * 3,
                    *ends,
                    *[np.log(SLOPE[side])] * 2,
                    *[np.log(ALPHA[side])] * 2,
                    *[np.log(GAMMA[side]) if self.gamma else 0.0] * 2,
                ]
            )
        return [(np.array(sides[0]), np.array(sides[1]))]

    def starts(self, points: Points, alone: Floats, *, few: bool) -> Floats:
        """(m, 12) curves of the agents alone with alphas over five decades; the plateau as observed."""
        first, second = alone
        strongest = float(np.max(points.y))
        alphas = (0.3, 10.0) if few else (0.05, 1.0, 20.0)
        shifts = ((0.0, 0.0),) if few else ((0.0, 0.0), (0.7, -0.7), (-0.7, 0.7), (0.7, 0.7))
        return np.array(
            [
                [
                    first[0], first[1], second[1], strongest,
                    first[2] + s1, second[2] + s2, first[3], second[3], p12, p21, 0.0, 0.0,
                ]
                for (p12, p21), (s1, s2) in product(product(np.log(alphas), repeat=2), shifts)
            ]
        )  # fmt: skip

    def estimates(self, grid: EffectArray, points: Points, fit: SurfaceFit, unseen: Sequence[str]) -> list[Estimate]:
        """The parameters of interaction first; beta comes from three plateaus."""
        a, b = grid.agents
        words = {
            "alpha12": f"how many times more potent {a} makes {b}; above 1 = synergy",
            "alpha21": f"how many times more potent {b} makes {a}; above 1 = synergy",
            "gamma12": f"how many times steeper {a} makes {b}; above 1 = synergy",
            "gamma21": f"how many times steeper {b} makes {a}; above 1 = synergy",
            "E0": "fraction affected without agents",
            "E1": f"largest fraction affected by {a} alone",
            "E2": f"largest fraction affected by {b} alone",
            "E3": "largest fraction affected by both",
            "C1": f"dose of {a} alone with half of its effect",
            "C2": f"dose of {b} alone with half of its effect",
            "h1": f"Hill slope of {a} alone",
            "h2": f"Hill slope of {b} alone",
        }
        cover = poor(fit, "MuSyC")
        found: dict[str, Estimate] = {}
        for k, name in enumerate(NAMES):
            if fit.low[k] == fit.high[k]:
                continue
            log = k >= 4
            scale = float(points.references[k - 4]) if k in (4, 5) else 1.0
            agent = {"1": 0, "2": 1}.get(name[1]) if name[0] in "EC" else None
            wide = unseen[agent] if agent is not None else ""
            if name == "E3":
                wide = _unseen(points, fit)
            if name[0] in "ag":  # how one agent shifts the other's dose is as open as that dose
                wide = unseen[0] or unseen[1]
            one = Estimate(
                name,
                words[name],
                float(_plain(fit.theta[k], scale, log)),
                neutral=1.0 if name[0] in "ag" else None,
                problem=cover or wide,
                unit=grid.dose_units[k - 4] if k in (4, 5) else "",
                bounds=(float(_plain(fit.low[k], scale, log)), float(_plain(fit.high[k], scale, log))),
                log=log,
            )
            error = 0.0 if np.isnan(fit.errors[k]) else float(fit.errors[k])
            found[name] = judged(one, _plain(fit.samples[:, k], scale, log), error=error)
        beta = _beta(fit, found, cover or unseen[0] or unseen[1])
        order = ["alpha12", "alpha21", *(["gamma12", "gamma21"] if self.gamma else [])]
        return [*(found[name] for name in order), beta, *(found[name] for name in NAMES[:8])]


def _plain(theta: Floats, scale: float, log: bool) -> Floats:
    """Fitted parameters as they are reported."""
    return np.asarray(scale * np.exp(theta) if log else theta, dtype=float)


def _unseen(points: Points, fit: SurfaceFit) -> str:
    """Why the plateau of both agents was not seen; "" if it was."""
    share = together(fit.theta, points.x1, points.x2)
    return "" if share >= _LEAST_TOGETHER else f"at most {share:.1%} of the cells have both agents bound at any dose"


def _beta(fit: SurfaceFit, found: dict[str, Estimate], cover: str) -> Estimate:
    value = float(efficacy_synergy(fit.theta))
    gain = max(fit.theta[1], fit.theta[2]) - fit.theta[0]
    problem = cover
    if not problem and not gain > _SMALLEST_GAIN:
        problem = f"neither agent alone affects more than {max(gain, 0.0):.2g} over the control"
    # The plateau of the weaker agent does not enter.
    needed = ("E3", "E1" if fit.theta[1] >= fit.theta[2] else "E2")
    for name in needed:
        problem = problem or (f"{name} is undetermined: {found[name].problem}" if found[name].problem else "")
    one = Estimate(
        "beta",
        "how much further both go than the stronger alone, as a share of its effect; above 0 = synergy",
        value if np.isfinite(value) else np.nan,
        neutral=0.0,
        problem=problem,
        bounds=_BETA,
    )
    return judged(one, efficacy_synergy(fit.samples)) if np.isfinite(value) else one
