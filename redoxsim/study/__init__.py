"""Many solves: designs, populations of cells, dose-response, combinations, and their results.

Names are loaded when first used, so that a worker process or a help text costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redoxsim.study.balance import fluxes
    from redoxsim.study.combinations import combine
    from redoxsim.study.courses import simulate
    from redoxsim.study.design import Axis, Design
    from redoxsim.study.dose_curves import dose_response
    from redoxsim.study.fitting import fit
    from redoxsim.study.fitting_result import ModelFit
    from redoxsim.study.lab import LabScores, score
    from redoxsim.study.metadata import Metadata, constants_of, load_constants, load_metadata, metadata_of
    from redoxsim.study.plan import Estimate, Study, estimate
    from redoxsim.study.points import LabPoints, load_points
    from redoxsim.study.responses import gr, potencies, response
    from redoxsim.study.results import ResultSet, open_results
    from redoxsim.study.scanning import scan
    from redoxsim.study.schedules import schedule_map
    from redoxsim.study.sensitivities import SensitivityTable, sensitivity
    from redoxsim.study.setup import Setup, prepare
    from redoxsim.study.steady_states import SteadyTable, steady

LATE = {
    "Axis": "design",
    "Design": "design",
    "Estimate": "plan",
    "LabPoints": "points",
    "LabScores": "lab",
    "Metadata": "metadata",
    "ModelFit": "fitting_result",
    "ResultSet": "results",
    "SensitivityTable": "sensitivities",
    "Setup": "setup",
    "Study": "plan",
    "SteadyTable": "steady_states",
    "combine": "combinations",
    "constants_of": "metadata",
    "dose_response": "dose_curves",
    "estimate": "plan",
    "fit": "fitting",
    "fluxes": "balance",
    "load_constants": "metadata",
    "load_metadata": "metadata",
    "load_points": "points",
    "metadata_of": "metadata",
    "gr": "responses",
    "open_results": "results",
    "potencies": "responses",
    "prepare": "setup",
    "response": "responses",
    "scan": "scanning",
    "schedule_map": "schedules",
    "score": "lab",
    "sensitivity": "sensitivities",
    "simulate": "courses",
    "steady": "steady_states",
}


def __getattr__(name: str) -> Any:
    if name in LATE:
        value = getattr(importlib.import_module(f"redoxsim.study.{LATE[name]}"), name)
        # A function and its module share a name: importing the module put the module here.
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Axis",
    "Design",
    "Estimate",
    "LabPoints",
    "LabScores",
    "Metadata",
    "ModelFit",
    "ResultSet",
    "SensitivityTable",
    "Setup",
    "SteadyTable",
    "Study",
    "combine",
    "constants_of",
    "dose_response",
    "estimate",
    "fit",
    "fluxes",
    "gr",
    "load_constants",
    "load_metadata",
    "load_points",
    "metadata_of",
    "open_results",
    "potencies",
    "prepare",
    "response",
    "scan",
    "schedule_map",
    "score",
    "sensitivity",
    "simulate",
    "steady",
]
