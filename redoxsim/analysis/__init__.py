"""Pure array functions: Hill fits, synergy scores, isoboles, resampling. No model, no solver, no table library."""

from redoxsim.analysis.effect import EffectArray, EffectGrid, Orientation, Scale
from redoxsim.analysis.hill import fit_hill
from redoxsim.analysis.hill_result import HillBounds, HillFit, Interval, Limit, number
from redoxsim.analysis.isoboles import Isobole, isobole
from redoxsim.analysis.resampling import Replicates, ScoreInterval, bootstrap, replicates
from redoxsim.analysis.synergy import (
    METRICS,
    Settings,
    SynergyTable,
    bliss,
    combination_index,
    dose_reduction,
    hsa,
    loewe,
    loewe_excess,
    score,
)

__all__ = [
    "METRICS",
    "EffectArray",
    "EffectGrid",
    "HillBounds",
    "HillFit",
    "Interval",
    "Isobole",
    "Limit",
    "Orientation",
    "Replicates",
    "Scale",
    "ScoreInterval",
    "Settings",
    "SynergyTable",
    "bliss",
    "bootstrap",
    "combination_index",
    "dose_reduction",
    "fit_hill",
    "hsa",
    "isobole",
    "loewe",
    "loewe_excess",
    "number",
    "replicates",
    "score",
]
