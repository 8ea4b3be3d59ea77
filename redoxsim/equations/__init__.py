"""The mathematics of a network: right-hand side, Jacobian, conserved totals."""

from redoxsim.equations.build import build
from redoxsim.equations.diff import diff
from redoxsim.equations.system import Missing, Moiety, OdeSystem

__all__ = ["Missing", "Moiety", "OdeSystem", "build", "diff"]
