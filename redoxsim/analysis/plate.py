"""Doses of a combination plate that would tell synergy from independent action, from the curves of the agents alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr

from redoxsim.analysis.effect import Floats, Orientation, to_affected
from redoxsim.analysis.hill_result import HillFit
from redoxsim.errors import DesignError

# Ends of the series are looked for among so many doses, evenly in log dose over the tested range.
_CANDIDATES: Final = 15
# Neighbouring doses differ at least by this factor: less and a dilution series is no series.
LEAST_STEP: Final = 1.4
_TWO_SIDED: Final = 1.959964
POWER: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateAgent:
    """One agent alone: its Hill fit, and the smallest and largest dose that may be used."""

    name: str
    unit: str
    fit: HillFit
    low: float
    high: float

    def affected(self, doses: Floats) -> Floats:
        """Fraction affected by the agent alone, within 0 to 1; above the tested doses the curve stays as it ends."""
        c = np.clip(np.asarray(doses, dtype=float), 0.0, self.fit.dose_range[1])
        found = to_affected(self.fit.predict(c), orientation=_orientation(self.fit), scale=self.fit.scale)
        return np.clip(found, 0.0, 1.0)


def _orientation(fit: HillFit) -> Orientation:
    return "inhibition" if fit.readout == "inhibition" else "viability"


@dataclass(frozen=True, kw_only=True, eq=False)
class Plate:
    """A plate.

    Attributes
    ----------
    agents : the two agents. doses : (n1 + 1,) and (n2 + 1,) zero first, each a dilution series.
    expected : (n1 + 1, n2 + 1) fraction affected by independent action (Bliss).
    gain : what more is affected if each agent makes the other ``fold`` times as potent.
    power : chance that a cell alone shows that gain (two-sided 5%); NaN where less than two agents are present.
    overall : the same for the mean excess over all combinations.
    noise, replicates, fold : what was assumed; noise is the standard deviation of a well (fraction affected).
    remarks : what a reader must know.
    """

    agents: tuple[PlateAgent, PlateAgent]
    doses: tuple[Floats, Floats]
    expected: Floats
    gain: Floats
    power: Floats
    overall: float
    noise: float
    replicates: int
    fold: float
    remarks: tuple[str, ...]

    @property
    def telling(self) -> int:
        """Combinations that alone would show the gain with 80% power."""
        return int(np.count_nonzero(self.power >= POWER))

    @property
    def wells(self) -> int:
        """Wells with all replicates."""
        return self.expected.size * self.replicates


def plan_plate(
    agents: Sequence[PlateAgent], *, number: int = 6, replicates: int = 3, noise: float = 0.05, fold: float = 2.0
) -> Plate:
    """The dilution series of two agents from which the most combinations would show a synergy of that size.

    Synergy is taken as a gain in potency: together each dose acts as ``fold`` times as much (Bliss independence of the
    two otherwise). A combination is judged by its Bliss excess, which needs the wells of the agents alone too, so the
    noise of a well counts three times. Cells near none or all affected show nothing, so the series keep to the doses
    between; but each still reaches from little effect to most of what the agent does alone, so that a curve can be
    fitted.

    Parameters
    ----------
    number : non-zero doses of each agent. replicates : wells of every dose pair, the agents alone and the control.
    noise : standard deviation of a well, as fraction affected.

    Raises
    ------
    DesignError : not two agents, less than three doses or one replicate, no noise, a fold of 1 or less, neither agent
        has an effect, or a range too narrow for so many doses.
    """
    if len(agents) != 2:
        raise DesignError(f"a plate combines two agents, not {len(agents)}")
    if number < 3 or replicates < 1:
        raise DesignError("a plate needs three doses of each agent and one replicate at least")
    if not 0.0 < noise < 0.5:
        raise DesignError(f"the noise of a well must lie between 0 and 0.5 of the effect, not at {noise:g}")
    if not fold > 1.0:
        raise DesignError(f"a synergy of fold {fold:g} is none", hint="fold 2: each dose acts as twice as much")
    first, second = agents
    if not any(float(np.ptp(_span(one))) > 0.05 for one in agents):
        raise DesignError("neither agent alone has an effect: there is nothing to plan a plate by")
    remarks = []
    for one in agents:
        reach = _span(one)
        if float(np.ptp(reach)) <= 0.05:
            remarks.append(f"{one.name} alone has next to no effect: its doses span what was tested")
        elif reach[-1] < 0.5:
            remarks.append(f"{one.name} alone affects {reach[-1]:.2g} at most: Loewe and CI end there")
    ranges = [[_Series.of(one, doses, fold) for doses in _series(one, number)] for one in agents]
    best: tuple[tuple[float, float], _Series, _Series] | None = None
    for a in ranges[0]:
        for b in ranges[1]:
            power = _power(a, b, replicates, noise)[1]
            # Cells that tell come first; of plates with as many, the one with the larger power over all cells.
            worth = (float(np.count_nonzero(power >= POWER)), float(np.mean(power)))
            if best is None or worth > best[0]:
                best = (worth, a, b)
    assert best is not None
    doses = tuple(np.concatenate([[0.0], series.doses]) for series in best[1:])
    gain, power, overall = _power(best[1], best[2], replicates, noise)
    whole = np.full((number + 1, number + 1), np.nan)
    whole[1:, 1:] = power
    alone = [one.affected(axis) for one, axis in zip(agents, doses, strict=True)]
    full = 1.0 - np.outer(1.0 - alone[0], 1.0 - alone[1])
    more = np.zeros_like(full)
    more[1:, 1:] = gain
    return Plate(
        agents=(first, second), doses=(doses[0], doses[1]), expected=full, gain=more, power=whole, overall=overall,
        noise=noise, replicates=replicates, fold=fold, remarks=tuple(remarks),
    )  # fmt: skip


def _span(agent: PlateAgent) -> Floats:
    """Effects alone at no dose and over the range."""
    return agent.affected(np.r_[0.0, np.geomspace(agent.low, agent.high, 40)])


def _series(agent: PlateAgent, number: int) -> list[Floats]:
    """Dilution series that a curve can be fitted to: from little effect to most of what the agent does alone."""
    grid = np.geomspace(agent.low, agent.high, _CANDIDATES)
    effect = agent.affected(grid)
    base, top = float(agent.affected(np.zeros(1))[0]), float(effect.max())
    flat = top - base <= 0.05
    found = []
    for i, low in enumerate(grid):
        for j in range(i + 1, grid.size):
            step = (grid[j] / low) ** (1.0 / (number - 1))
            if step < LEAST_STEP:
                continue
            share = (effect[[i, j]] - base) / max(top - base, 1e-12)
            if flat and (i, j) != (0, grid.size - 1):
                continue
            if flat or (share[0] <= 0.2 and share[1] >= 0.6):
                found.append(np.geomspace(low, grid[j], number))
    if not found:  # a steep curve, or a narrow range: take all of it, if it carries so many doses
        if (agent.high / agent.low) ** (1.0 / (number - 1)) < 1.05:
            raise DesignError(
                f"{agent.name}: {agent.low:g} to {agent.high:g} {agent.unit} is too narrow for {number} doses",
                hint="fewer doses, or curves over a wider range",
            )
        found.append(np.geomspace(agent.low, agent.high, number))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """Doses (n,) of an agent, what they affect alone, and what they would as ``fold`` times as much."""

    doses: Floats
    alone: Floats
    more: Floats

    @classmethod
    def of(cls, agent: PlateAgent, doses: Floats, fold: float) -> _Series:
        return cls(doses, agent.affected(doses), agent.affected(fold * doses))


def _power(a: _Series, b: _Series, replicates: int, noise: float) -> tuple[Floats, Floats, float]:
    """Gain and power (n1, n2) of the combinations, and the power of their mean excess."""
    one, other = a.alone, b.alone
    gain = np.outer(1.0 - one, 1.0 - other) - np.outer(1.0 - a.more, 1.0 - b.more)
    variance = noise**2 / replicates
    error = np.sqrt(variance * (1.0 + (1.0 - other)[None, :] ** 2 + (1.0 - one)[:, None] ** 2))
    power = ndtr(gain / error - _TWO_SIDED)
    # The wells of an agent alone enter a whole row of excesses together.
    shared = (1.0 - other).mean() ** 2 / one.size + (1.0 - one).mean() ** 2 / other.size
    whole = np.sqrt(variance * (1.0 / gain.size + shared))
    return gain, power, float(ndtr(gain.mean() / whole - _TWO_SIDED))


__all__ = ["LEAST_STEP", "POWER", "Plate", "PlateAgent", "plan_plate"]
