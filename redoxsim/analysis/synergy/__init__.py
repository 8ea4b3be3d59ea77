"""Synergy metrics: observed effects of combinations against what each reference model expects."""

from redoxsim.analysis.synergy.bliss import bliss
from redoxsim.analysis.synergy.chou_talalay import MedianEffect, combination_index, dose_reduction
from redoxsim.analysis.synergy.hsa import hsa
from redoxsim.analysis.synergy.loewe import loewe, loewe_excess
from redoxsim.analysis.synergy.registry import METRICS, Metric, Settings, metric, score
from redoxsim.analysis.synergy.table import Summary, SynergyTable

__all__ = [
    "METRICS",
    "MedianEffect",
    "Metric",
    "Settings",
    "Summary",
    "SynergyTable",
    "bliss",
    "combination_index",
    "dose_reduction",
    "hsa",
    "loewe",
    "loewe_excess",
    "metric",
    "score",
]
