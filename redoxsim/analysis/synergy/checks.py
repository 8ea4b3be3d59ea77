"""Designs that carry no score: said before anything is computed, in words, instead of a number that means nothing."""

from __future__ import annotations

from typing import Final

import numpy as np

from redoxsim.analysis.effect import EffectArray
from redoxsim.analysis.monotone import not_monotone
from redoxsim.analysis.synergy.table import NO_EFFECT
from redoxsim.errors import DesignError

FEWEST_DOSES: Final = 3  # above zero, for a curve with a half-way dose, a slope and a plateau


def two_agents(grid: EffectArray, what: str) -> None:
    """Refuse another number of agents.

    Raises
    ------
    DesignError : not two agents.
    """
    if len(grid.agents) != 2:
        raise DesignError(f"{what} is a model of two agents, not of {len(grid.agents)}: {', '.join(grid.agents)}")


def surface_problem(grid: EffectArray, *, parameters: int = 0, interaction: int = 0) -> str:
    """Why no surface can be fitted to a grid of two agents; "" if one can.

    ``parameters`` is the number of the surface: fewer measurements than one more leave nothing to judge it by.
    ``interaction`` is how many of them say what the agents do together: fewer than two combinations for each, as
    along a ray, leave the noise of single wells in them.
    """
    if grid.without_effect():
        return NO_EFFECT
    if np.isnan(grid.control):
        return "the untreated cell failed"
    for i, name in enumerate(grid.agents):
        edge = grid.edge(i)
        tested = int(np.count_nonzero(np.isfinite(edge[1:])))
        if tested < FEWEST_DOSES:
            plural = "" if tested == 1 else "s"
            return f"{name} alone has {tested} dose{plural} above zero; a curve needs {FEWEST_DOSES}"
        if text := not_monotone(name, grid.doses[i], edge):
            return text
    known = int(np.count_nonzero(~grid.failed))
    if parameters and known <= parameters:
        return f"{known} measurements for a surface of {parameters} parameters"
    pairs = int(np.count_nonzero(grid.combined & ~grid.failed))
    if pairs < 2 * interaction:
        return f"{pairs} combinations for {interaction} parameters of interaction; {2 * interaction} are needed"
    return ""


def check_direction(grid: EffectArray) -> None:
    """Refuse a grid in which viability and inhibition are mixed.

    Raises
    ------
    DesignError : an agent alone, or the combinations, would make sense the other way up and make none as given.
    """
    if not np.isfinite(grid.margin):
        return  # the caller vouches for the direction
    other = "inhibition" if grid.orientation == "viability" else "viability"
    hint = f"is part of the effects {grid.orientation} and part {other}?"
    for i, name in enumerate(grid.agents):
        edge = grid.edge(i)
        rest = edge[1:][np.isfinite(edge[1:])]
        if rest.size >= 2 and grid.control < 0.25 and rest[0] > 0.75 and rest[-1] < 0.25:
            raise DesignError(
                f"{name} alone affects {rest[0]:.3g} at its smallest dose and {rest[-1]:.3g} at its largest, "
                f"the untreated cell {grid.control:.3g}: that is the wrong way up",
                hint=hint,
            )
    spared = np.ones(grid.shape)
    for i in range(len(grid.agents)):
        spared = spared * (1.0 - grid.alone(i))
    both = grid.combined & np.isfinite(grid.affected) & np.isfinite(spared)
    if np.count_nonzero(both) < 4:
        return
    x, expected = grid.affected[both], 1.0 - spared[both]
    as_given, turned = float(np.mean(np.abs(x - expected))), float(np.mean(np.abs(1.0 - x - expected)))
    if as_given > 0.4 and turned < 0.15:
        raise DesignError(
            f"the combinations are {as_given:.2g} away from independence as given, {turned:.2g} the other way up",
            hint=hint,
        )
    for i, name in enumerate(grid.agents):
        _check_lines(grid, i, name, hint)


def _check_lines(grid: EffectArray, agent: int, name: str, hint: str) -> None:
    """Refuse a dose of an agent, with all doses of the others, that is far from the doses on both sides of it.

    The largest dose has one neighbour only, and may well do what the next smaller one does not.

    Raises
    ------
    DesignError : turned the other way up it would lie between them.
    """
    lines = np.moveaxis(grid.affected, agent, 0)
    for k in range(1, lines.shape[0] - 1):
        between = 0.5 * (lines[k - 1] + lines[k + 1])
        known = np.isfinite(lines[k]) & np.isfinite(between)
        if np.count_nonzero(known) < 3:
            continue
        x, middle = lines[k][known], between[known]
        as_given, turned = float(np.mean(np.abs(x - middle))), float(np.mean(np.abs(1.0 - x - middle)))
        if as_given > 0.5 and turned < 0.25:
            dose = grid.doses[agent][k]
            raise DesignError(
                f"effects with {name}={dose:g} are {as_given:.2g} away from those at the doses on both sides as given, "
                f"{turned:.2g} the other way up",
                hint=hint,
            )
