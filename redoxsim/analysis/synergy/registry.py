"""Every synergy metric by name: adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from redoxsim.analysis.agent_curves import CurveKind
from redoxsim.analysis.effect import EffectArray
from redoxsim.analysis.synergy.bliss import SIGN as BLISS_SIGN
from redoxsim.analysis.synergy.bliss import bliss
from redoxsim.analysis.synergy.chou_talalay import SIGN as CI_SIGN
from redoxsim.analysis.synergy.chou_talalay import combination_index
from redoxsim.analysis.synergy.hsa import SIGN as HSA_SIGN
from redoxsim.analysis.synergy.hsa import hsa
from redoxsim.analysis.synergy.loewe import EXCESS_SIGN, loewe, loewe_excess
from redoxsim.analysis.synergy.loewe import SIGN as LOEWE_SIGN
from redoxsim.analysis.synergy.table import SynergyTable
from redoxsim.errors import DesignError, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Choices that some metrics leave to the user.

    ``curve`` : single-agent curves of Loewe: 'interpolate' or 'hill'.
    ``extrapolate`` : let the Chou-Talalay lines run beyond the tested doses, as the original method does.
    """

    curve: CurveKind = "interpolate"
    extrapolate: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, its sign convention in words, the score of no interaction, and how it is computed."""

    name: str
    sign: str
    neutral: float
    compute: Callable[[EffectArray, Settings], SynergyTable]


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("hsa", HSA_SIGN, 0.0, lambda grid, _: hsa(grid)),
            Metric("bliss", BLISS_SIGN, 0.0, lambda grid, _: bliss(grid)),
            Metric("loewe", LOEWE_SIGN, 1.0, lambda grid, use: loewe(grid, curve=use.curve)),
            Metric("loewe_excess", EXCESS_SIGN, 0.0, lambda grid, use: loewe_excess(grid, curve=use.curve)),
            Metric("ci", CI_SIGN, 1.0, lambda grid, use: combination_index(grid, extrapolate=use.extrapolate)),
        )
    }
)
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
    """The table of every metric asked for, in the order asked."""
    chosen = [metric(name) for name in metrics]
    return {one.name: one.compute(grid, settings or Settings()) for one in chosen}
