"""Pure array functions: Hill fits, synergy scores, isoboles, resampling. No model, no solver, no table library."""

from redoxsim.analysis.effect import EffectArray, EffectGrid, Orientation, Scale
from redoxsim.analysis.estimates import Estimate
from redoxsim.analysis.gr import GrFit, fit_gr, gr_values
from redoxsim.analysis.hill import fit_hill
from redoxsim.analysis.hill_result import HillBounds, HillFit, Interval, Limit, number
from redoxsim.analysis.isoboles import Isobole, isobole
from redoxsim.analysis.resampling import Replicates, ScoreInterval, bootstrap, replicates
from redoxsim.analysis.synergy import (
    METRICS,
    Settings,
    SynergyTable,
    bliss,
    bliss_third_order,
    braid,
    combination_index,
    dose_reduction,
    hsa,
    hsa_third_order,
    loewe,
    loewe_excess,
    musyc,
    score,
    zip_delta,
)

__all__ = [
    "METRICS",
    "EffectArray",
    "EffectGrid",
    "Estimate",
    "GrFit",
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
    "bliss_third_order",
    "bootstrap",
    "braid",
    "combination_index",
    "dose_reduction",
    "fit_gr",
    "fit_hill",
    "gr_values",
    "hsa",
    "hsa_third_order",
    "isobole",
    "loewe",
    "loewe_excess",
    "musyc",
    "number",
    "replicates",
    "score",
    "zip_delta",
]
