"""Doses of a combination plate that would tell synergy from independent action, from the curves of the agents alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from redoxsim.analysis.effect import Floats, Orientation, to_affected
from redoxsim.analysis.hill_result import HillFit
from redoxsim.analysis.plate_tests import (
    POWER,
    TESTS,
    AdditiveMap,
    Inverse,
    PlateTest,
    Series,
    bliss_test,
    loewe_test,
)
from redoxsim.errors import DesignError, nearest

# Ends of the series are looked for among so many doses, evenly in log dose over the tested range.
_CANDIDATES: Final = 15
# Neighbouring doses differ at least by this factor: less and a dilution series is no series.
LEAST_STEP: Final = 1.4
MOST_REPLICATES: Final = 1000
NAMES: Final = {"bliss": "Bliss", "loewe": "Loewe"}


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
    tests : how it tells a synergy, by reference (``bliss``, ``loewe``), the first asked for first.
    noise, replicates, fold : what was assumed; noise is the standard deviation of a well (fraction affected).
    remarks : what a reader must know.
    """

    agents: tuple[PlateAgent, PlateAgent]
    doses: tuple[Floats, Floats]
    tests: Mapping[str, PlateTest]
    noise: float
    replicates: int
    fold: float
    remarks: tuple[str, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The references by which it tells."""
        return tuple(self.tests)

    @property
    def first(self) -> PlateTest:
        """The test by the first reference."""
        return next(iter(self.tests.values()))

    @property
    def expected(self) -> Floats:
        """(n1 + 1, n2 + 1) fraction affected without interaction, by the first reference."""
        return self.first.expected

    @property
    def gain(self) -> Floats:
        """What more is affected if each agent makes the other ``fold`` times as potent, by the first reference."""
        return self.first.gain

    @property
    def power(self) -> Floats:
        """Chance that a combination alone shows that gain, by the reference that tells it least; NaN where none can."""
        found = np.stack([np.where(np.isnan(one.power), 0.0, one.power) for one in self.tests.values()])
        least = np.asarray(found.min(axis=0), dtype=float)
        least[0, :] = least[:, 0] = np.nan
        return least

    @property
    def overall(self) -> float:
        """The power of the mean excess over all combinations, by the reference that tells it least."""
        return float(min(one.overall if np.isfinite(one.overall) else 0.0 for one in self.tests.values()))

    @property
    def telling(self) -> int:
        """Combinations that alone would show the gain with 80% power, by every reference."""
        with np.errstate(invalid="ignore"):
            return int(np.count_nonzero(self.power >= POWER))

    @property
    def wells(self) -> int:
        """Wells with all replicates."""
        return self.doses[0].size * self.doses[1].size * self.replicates

    def by_words(self) -> str:
        """Such as "by Bliss excess and by Loewe excess"."""
        return " and ".join(f"by {NAMES[name]} excess" for name in self.tests)

    def rounded(self, digits: int) -> Plate:
        """The same with doses of so many significant digits, its tests as they are then."""
        doses = tuple(np.array([float(f"{dose:.{digits}g}") for dose in axis]) for axis in self.doses)
        made = _tests(self.agents, (doses[0], doses[1]), self.metrics, self.fold, self.replicates, self.noise)
        return replace(self, doses=(doses[0], doses[1]), tests=made)


def plan_plate(
    agents: Sequence[PlateAgent],
    *,
    number: int = 6,
    replicates: int = 3,
    noise: float = 0.05,
    fold: float = 2.0,
    metrics: Sequence[str] = TESTS,
) -> Plate:
    """The dilution series of two agents from which the most combinations would show a synergy of that size.

    Synergy is taken as a gain in potency: together each dose acts as ``fold`` times as much (the agents being
    independent otherwise for Bliss, additive in dose for Loewe). A combination is judged by its excess, which needs the
    wells of the agents alone too, so the noise of a well counts more than once. Cells near none or all affected show
    nothing, so the series keep to the doses between; but each still reaches from little effect to most of what the
    agent does alone, so that a curve can be fitted.

    Parameters
    ----------
    number : non-zero doses of each agent. replicates : wells of every dose pair, the agents alone and the control.
    noise : standard deviation of a well, as fraction affected.
    metrics : references by which a combination has to tell, ``bliss``, ``loewe`` or both.

    Raises
    ------
    DesignError : not two agents, less than three doses or one replicate, too many replicates, no noise, a fold of 1
        or less, an unknown reference, neither agent has an effect, or a range too narrow for so many doses.
    """
    if len(agents) != 2:
        raise DesignError(f"a plate combines two agents, not {len(agents)}")
    if number < 3 or replicates < 1:
        raise DesignError("a plate needs three doses of each agent and one replicate at least")
    if replicates > MOST_REPLICATES:
        raise DesignError(f"a plate has {MOST_REPLICATES} replicates at most, not {replicates}")
    if not 0.0 < noise < 0.5:
        raise DesignError(f"the noise of a well must lie between 0 and 0.5 of the effect, not at {noise:g}")
    if not fold > 1.0:
        raise DesignError(f"a synergy of fold {fold:g} is none", hint="fold 2: each dose acts as twice as much")
    for name in metrics:
        if name not in TESTS:
            raise DesignError(f"no plate is planned by '{name}'", hint=nearest(name, TESTS) or " or ".join(TESTS))
    first, second = agents
    inverse = (Inverse.of(first), Inverse.of(second))
    if not any(one.usable for one in inverse):
        raise DesignError("neither agent alone has an effect: there is nothing to plan a plate by")
    remarks = []
    for one in agents:
        reach = _span(one)
        if float(np.ptp(reach)) <= 0.05:
            remarks.append(f"{one.name} alone has next to no effect: its doses span what was tested")
        elif reach[-1] < 0.5:
            remarks.append(f"{one.name} alone affects {reach[-1]:.2g} at most: Loewe and CI end there")
    chosen = tuple(dict.fromkeys(metrics)) or TESTS
    if "loewe" in chosen and not all(one.usable for one in inverse):
        if chosen == ("loewe",):
            raise DesignError("Loewe additivity needs an effect of both agents alone", hint="plan by bliss")
        chosen = tuple(name for name in chosen if name != "loewe")
        remarks.append("planned by Bliss only: Loewe additivity needs an effect of both agents alone")
    ranges = [[Series.of(one, doses, fold) for doses in _series(one, number)] for one in agents]
    quick = AdditiveMap.of(inverse, [one.low for one in agents], [fold * one.high for one in agents])
    best: tuple[tuple[float, float], Series, Series] | None = None
    for a in ranges[0]:
        for b in ranges[1]:
            found = _judge(a, b, chosen, inverse, fold, replicates, noise, quick)
            power = np.stack([np.where(np.isnan(one.power), 0.0, one.power)[1:, 1:] for one in found.values()])
            least = power.min(axis=0)
            # Cells that tell come first; of plates with as many, the one with the larger power over all cells.
            worth = (float(np.count_nonzero(least >= POWER)), float(np.mean(least)))
            if best is None or worth > best[0]:
                best = (worth, a, b)
    assert best is not None
    doses = tuple(np.concatenate([[0.0], series.doses]) for series in best[1:])
    return Plate(
        agents=(first, second), doses=(doses[0], doses[1]),
        tests=_judge(best[1], best[2], chosen, inverse, fold, replicates, noise), noise=noise, replicates=replicates,
        fold=fold, remarks=tuple(remarks),
    )  # fmt: skip


def _tests(
    agents: tuple[PlateAgent, PlateAgent],
    doses: tuple[Floats, Floats],
    metrics: Sequence[str],
    fold: float,
    replicates: int,
    noise: float,
) -> dict[str, PlateTest]:
    """The tests of a plate with these doses, zero first."""
    a, b = (Series.of(one, axis[1:], fold) for one, axis in zip(agents, doses, strict=True))
    return _judge(a, b, metrics, (Inverse.of(agents[0]), Inverse.of(agents[1])), fold, replicates, noise)


def _judge(
    a: Series,
    b: Series,
    metrics: Sequence[str],
    inverse: tuple[Inverse, Inverse],
    fold: float,
    replicates: int,
    noise: float,
    quick: AdditiveMap | None = None,
) -> dict[str, PlateTest]:
    return {
        name: bliss_test(a, b, replicates, noise)
        if name == "bliss"
        else loewe_test(a, b, inverse, fold, replicates, noise, solve=quick)
        for name in metrics
    }


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


__all__ = ["LEAST_STEP", "NAMES", "POWER", "Plate", "PlateAgent", "plan_plate"]
