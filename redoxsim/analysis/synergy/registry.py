"""Every synergy metric by name: adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from redoxsim.analysis.agent_curves import CurveKind
from redoxsim.analysis.effect import EffectArray
from redoxsim.analysis.synergy.bliss import SIGN as BLISS_SIGN
from redoxsim.analysis.synergy.bliss import bliss
from redoxsim.analysis.synergy.braid import SIGN as BRAID_SIGN
from redoxsim.analysis.synergy.braid import Braid, braid
from redoxsim.analysis.synergy.checks import check_direction
from redoxsim.analysis.synergy.chou_talalay import DRI_SIGN, combination_index, dose_reduction
from redoxsim.analysis.synergy.chou_talalay import SIGN as CI_SIGN
from redoxsim.analysis.synergy.hsa import SIGN as HSA_SIGN
from redoxsim.analysis.synergy.hsa import hsa
from redoxsim.analysis.synergy.loewe import EXCESS_SIGN, loewe, loewe_excess
from redoxsim.analysis.synergy.loewe import SIGN as LOEWE_SIGN
from redoxsim.analysis.synergy.musyc import SIGN as MUSYC_SIGN
from redoxsim.analysis.synergy.musyc import Musyc, musyc
from redoxsim.analysis.synergy.table import Side, SynergyTable
from redoxsim.analysis.synergy.third_order import BLISS_SIGN as BLISS3_SIGN
from redoxsim.analysis.synergy.third_order import HSA_SIGN as HSA3_SIGN
from redoxsim.analysis.synergy.third_order import bliss_third_order, hsa_third_order
from redoxsim.analysis.synergy.zip_delta import SIGN as ZIP_SIGN
from redoxsim.analysis.synergy.zip_delta import zip_delta, zip_deltas
from redoxsim.errors import DesignError, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Choices that some metrics leave to the user.

    ``curve`` : single-agent curves of Loewe: 'interpolate' or 'hill'.
    ``extrapolate`` : let the Chou-Talalay lines run beyond the tested doses, as the original method does.
    ``gamma`` : let MuSyC fit the two cooperativities as well.
    ``free_plateau`` : let BRAID's pair go further than the stronger agent alone.
    ``draws``, ``seed`` : refits to resampled residuals for the intervals of fitted surfaces; 0 for none.
    """

    curve: CurveKind = "interpolate"
    extrapolate: bool = False
    gamma: bool = False
    free_plateau: bool = False
    draws: int = 200
    seed: int = 1


Compute = Callable[[EffectArray, Settings], SynergyTable]
Near = Callable[[Sequence[EffectArray], Settings, SynergyTable], list[SynergyTable]]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name, sign : its short name and its sign convention in words.
    neutral : the score of no interaction. better : the side of it that means synergy.
    compute : the table of a grid.
    agents : fewest and most agents it is defined for; None for any number from two.
    near : of a score that fits curves or a surface to the whole grid: the tables of many grids of the same doses near
        one whose table is there, side by side from its answer and without intervals of their own.
    """

    name: str
    sign: str
    neutral: float
    compute: Compute
    better: Side = "above"
    agents: tuple[int, int] | None = None
    near: Near | None = None

    def tables(self, grids: Sequence[EffectArray], settings: Settings, near: SynergyTable) -> list[SynergyTable]:
        """The tables of resamples or draws of a grid whose table is ``near``."""
        if self.near is not None:
            return self.near(grids, settings, near)
        return [self.compute(grid, settings) for grid in grids]

    def check_agents(self, count: int) -> None:
        """Refuse a number of agents that the metric is not defined for.

        Raises
        ------
        DesignError : too few or too many agents.
        """
        if self.agents is not None and not self.agents[0] <= count <= self.agents[1]:
            low, high = self.agents
            words = {1: "one", 2: "two", 3: "three"}
            needed = f"{words[low]} agents" if low == high else f"{words[low]} or more agents"
            raise DesignError(f"the score '{self.name}' is defined for {needed}, not for {count}")


def _dri(place: int) -> Compute:
    return lambda grid, use: dose_reduction(grid, extrapolate=use.extrapolate)[place]


_ALL = (
    Metric("hsa", HSA_SIGN, 0.0, lambda grid, use: hsa(grid)),
    Metric("bliss", BLISS_SIGN, 0.0, lambda grid, use: bliss(grid)),
    Metric("loewe", LOEWE_SIGN, 1.0, lambda grid, use: loewe(grid, curve=use.curve), "below"),
    Metric("loewe_excess", EXCESS_SIGN, 0.0, lambda grid, use: loewe_excess(grid, curve=use.curve)),
    Metric("ci", CI_SIGN, 1.0, lambda grid, use: combination_index(grid, extrapolate=use.extrapolate), "below"),
    Metric("dri_1", DRI_SIGN, 1.0, _dri(0)),
    Metric("dri_2", DRI_SIGN, 1.0, _dri(1)),
    Metric("dri_3", DRI_SIGN, 1.0, _dri(2), agents=(3, 99)),
    Metric(
        "zip",
        ZIP_SIGN,
        0.0,
        lambda grid, use: zip_delta(grid),
        agents=(2, 2),
        near=lambda grids, use, near: zip_deltas(grids, near),
    ),
    Metric(
        "musyc",
        MUSYC_SIGN,
        0.0,
        lambda grid, use: musyc(grid, gamma=use.gamma, draws=use.draws, seed=use.seed),
        agents=(2, 2),
        near=lambda grids, use, near: Musyc(gamma=use.gamma).score_near(grids, near),
    ),
    Metric(
        "braid",
        BRAID_SIGN,
        0.0,
        lambda grid, use: braid(grid, free_plateau=use.free_plateau, draws=use.draws, seed=use.seed),
        agents=(2, 2),
        near=lambda grids, use, near: Braid(free_plateau=use.free_plateau).score_near(grids, near),
    ),
    Metric("bliss3", BLISS3_SIGN, 0.0, lambda grid, use: bliss_third_order(grid), agents=(3, 3)),
    Metric("hsa3", HSA3_SIGN, 0.0, lambda grid, use: hsa_third_order(grid), agents=(3, 3)),
)
METRICS: Mapping[str, Metric] = MappingProxyType({one.name: one for one in _ALL})
DEFAULT = ("hsa", "bliss", "loewe", "ci")


def metric(name: str) -> Metric:
    """The metric of that name; `DesignError` with the known names otherwise."""
    found = METRICS.get(name)
    if found is None:
        raise DesignError(f"no synergy metric '{name}'; there are {', '.join(METRICS)}", hint=nearest(name, METRICS))
    return found


def score(
    grid: EffectArray, metrics: Sequence[str] = DEFAULT, *, settings: Settings | None = None
) -> dict[str, SynergyTable]:
    """The table of every metric asked for, in the order asked.

    Raises
    ------
    DesignError : an unknown metric, one for another number of agents, viability and inhibition mixed in one grid.
    """
    chosen = [metric(name) for name in metrics]
    for one in chosen:
        one.check_agents(len(grid.agents))
    use = settings or Settings()
    check_direction(grid)
    return {one.name: one.compute(grid, use) for one in chosen}


def score_near(
    grids: Sequence[EffectArray], near: Mapping[str, SynergyTable], *, settings: Settings | None = None
) -> list[dict[str, SynergyTable]]:
    """The tables of many grids of the same doses, such as draws, by the metrics of ``near``, the tables of one of them.

    Curves and surfaces are fitted side by side from there, without intervals of their own.

    Raises
    ------
    DesignError : viability and inhibition mixed in one grid.
    """
    for grid in grids:
        check_direction(grid)
    use = settings or Settings()
    found = {name: metric(name).tables(grids, use, table) for name, table in near.items()}
    return [{name: tables[place] for name, tables in found.items()} for place in range(len(grids))]
