"""What the biology says: parts, expression trees, SBML and Antimony in and out, checks, edits."""

from __future__ import annotations

from redoxsim.network.evaluate import evaluate
from redoxsim.network.formula_parse import parse
from redoxsim.network.formula_print import to_infix
from redoxsim.network.parts import Network

__all__ = ["Network", "evaluate", "parse", "to_infix"]
