"""redoxsim: what a dose does to the redox state and the fate of a cell, why, and how sure we are."""

__version__ = "0.1.0"
