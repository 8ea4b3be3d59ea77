"""Agents, cell profiles and schedules applied to a network; knows no solver."""

from redoxsim.pharmacology.agent import Agent, load_agent
from redoxsim.pharmacology.apply import Row, apply_agent, apply_cell, load_agents, require_cell, rows
from redoxsim.pharmacology.cell import Cell, load_cell
from redoxsim.pharmacology.dosing import Dosing, Schedule, parse_dose
from redoxsim.pharmacology.model_units import time_scale, to_model

__all__ = [
    "Agent",
    "Cell",
    "Dosing",
    "Row",
    "Schedule",
    "apply_agent",
    "apply_cell",
    "load_agent",
    "load_agents",
    "load_cell",
    "parse_dose",
    "require_cell",
    "rows",
    "time_scale",
    "to_model",
]
