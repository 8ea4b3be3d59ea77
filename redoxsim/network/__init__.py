"""What the biology says: parts, expression trees, SBML and Antimony in and out, checks, edits.

Names that need libSBML are loaded when first used, so that importing expression trees stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from redoxsim.network.edit import add_modifier, extend, remove, scale_rate, set_values
from redoxsim.network.evaluate import evaluate
from redoxsim.network.formula_parse import parse
from redoxsim.network.formula_print import to_infix
from redoxsim.network.issue import CODES, Issue
from redoxsim.network.parts import Network
from redoxsim.network.show import summary

if TYPE_CHECKING:
    from redoxsim.network.antimony_read import read_antimony
    from redoxsim.network.checking import check, require
    from redoxsim.network.export import write
    from redoxsim.network.sbml_read import read_sbml
    from redoxsim.network.source import read

LATE = {
    "check": "redoxsim.network.checking",
    "require": "redoxsim.network.checking",
    "read": "redoxsim.network.source",
    "read_antimony": "redoxsim.network.antimony_read",
    "read_sbml": "redoxsim.network.sbml_read",
    "write": "redoxsim.network.export",
}


def __getattr__(name: str) -> Any:
    if name in LATE:
        return getattr(importlib.import_module(LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CODES",
    "Issue",
    "Network",
    "add_modifier",
    "check",
    "evaluate",
    "extend",
    "parse",
    "read",
    "read_antimony",
    "read_sbml",
    "remove",
    "require",
    "scale_rate",
    "set_values",
    "summary",
    "to_infix",
    "write",
]
