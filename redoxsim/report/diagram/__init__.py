"""Diagrams of a network, drawn from the network itself: species and reactions by compartment, or modules and links."""

from redoxsim.report.diagram.draw import diagram
from redoxsim.report.diagram.shipped import diagram_of

__all__ = ["diagram", "diagram_of"]
