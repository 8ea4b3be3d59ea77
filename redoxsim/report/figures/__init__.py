"""Figures as matplotlib Figures, made without touching matplotlib's global state; ``save`` writes them."""

from redoxsim.report.figures.dosecurve import DoseCurve, curve
from redoxsim.report.figures.doseresponse import dose_response, draw_dose_response
from redoxsim.report.figures.save import save
from redoxsim.report.figures.scan import scan
from redoxsim.report.figures.sweep import sweep
from redoxsim.report.figures.synergy import draw_scores, surface, synergy
from redoxsim.report.figures.timecourse import timecourse
from redoxsim.report.files import check_figure_path

__all__ = [
    "DoseCurve",
    "check_figure_path",
    "curve",
    "dose_response",
    "draw_dose_response",
    "draw_scores",
    "save",
    "scan",
    "surface",
    "sweep",
    "synergy",
    "timecourse",
]
