"""Pure array functions: Hill fits, synergy scores, isoboles, resampling. No model, no solver, no table library.

A name is imported when it is used: a Hill fit does not wait for the splines of synergy scores.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

LATE = {
    "EffectArray": "effect",
    "EffectGrid": "effect",
    "Estimate": "estimates",
    "GrFit": "gr",
    "HillBounds": "hill_result",
    "HillFit": "hill_result",
    "Interval": "hill_result",
    "Isobole": "isoboles",
    "Limit": "hill_result",
    "METRICS": "synergy",
    "Orientation": "effect",
    "Replicates": "resampling",
    "Scale": "effect",
    "ScoreInterval": "resampling",
    "Settings": "synergy",
    "SynergyTable": "synergy",
    "bliss": "synergy",
    "bliss_third_order": "synergy",
    "bootstrap": "resampling",
    "braid": "synergy",
    "combination_index": "synergy",
    "dose_reduction": "synergy",
    "fit_gr": "gr",
    "fit_hill": "hill",
    "gr_values": "gr",
    "hsa": "synergy",
    "hsa_third_order": "synergy",
    "isobole": "isoboles",
    "loewe": "synergy",
    "loewe_excess": "synergy",
    "musyc": "synergy",
    "number": "hill_result",
    "replicates": "resampling",
    "score": "synergy",
    "zip_delta": "synergy",
}


def __getattr__(name: str) -> Any:
    if name in LATE:
        value = getattr(importlib.import_module(f"redoxsim.analysis.{LATE[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
