"""redoxsim: what a dose does to the redox state and the fate of a cell, why, and how sure we are.

>>> import redoxsim as rx
>>> rx.log("1 nM", "10 uM", 5).to("uM")
array([1.e-03, 1.e-02, 1.e-01, 1.e+00, 1.e+01])

Names are loaded when first used; importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

TYPE_CHECKING = False  # the module of that name takes 20 ms to load, before a command can catch Ctrl-C
if TYPE_CHECKING:
    from typing import Any

    from redoxsim import analysis, catalog, errors, network, pharmacology, solve, study, units
    from redoxsim.errors import (
        BuildError,
        DesignError,
        FitError,
        ModelError,
        ReadError,
        RedoxsimError,
        SolveError,
        UnitError,
        Unsupported,
    )
    from redoxsim.network import check, read
    from redoxsim.pharmacology import Schedule, load_agent, load_cell
    from redoxsim.study import (
        Design,
        ResultSet,
        combine,
        dose_response,
        fit,
        load_points,
        open_results,
        scan,
        schedule_map,
        score,
        sensitivity,
        simulate,
        steady,
    )
    from redoxsim.units import lin, log

LATE = {
    **dict.fromkeys(("read", "check"), "redoxsim.network"),
    **dict.fromkeys(
        (
            "Design",
            "ResultSet",
            "combine",
            "dose_response",
            "fit",
            "fit",
            "load_points",
            "open_results",
            "scan",
            "schedule_map",
            "score",
            "sensitivity",
            "simulate",
            "steady",
        ),
        "redoxsim.study",
    ),
    **dict.fromkeys(("Schedule", "load_agent", "load_cell"), "redoxsim.pharmacology"),
    **dict.fromkeys(("lin", "log"), "redoxsim.units"),
    **dict.fromkeys(
        (
            "BuildError",
            "DesignError",
            "FitError",
            "ModelError",
            "ReadError",
            "RedoxsimError",
            "SolveError",
            "UnitError",
            "Unsupported",
        ),
        "redoxsim.errors",
    ),
}
MODULES = frozenset({"analysis", "catalog", "errors", "network", "pharmacology", "solve", "study", "units"})


def __getattr__(name: str) -> Any:
    if name in LATE:
        return getattr(importlib.import_module(LATE[name]), name)
    if name in MODULES:
        return importlib.import_module(f"redoxsim.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *LATE, *MODULES})


__all__ = [
    "BuildError",
    "Design",
    "DesignError",
    "FitError",
    "ModelError",
    "ReadError",
    "RedoxsimError",
    "ResultSet",
    "Schedule",
    "SolveError",
    "UnitError",
    "Unsupported",
    "analysis",
    "catalog",
    "check",
    "combine",
    "dose_response",
    "errors",
    "fit",
    "lin",
    "load_agent",
    "load_cell",
    "load_points",
    "log",
    "network",
    "open_results",
    "pharmacology",
    "read",
    "scan",
    "schedule_map",
    "score",
    "sensitivity",
    "simulate",
    "solve",
    "steady",
    "study",
    "units",
]
