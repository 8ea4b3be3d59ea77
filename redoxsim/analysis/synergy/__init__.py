"""Synergy metrics: observed effects of combinations against what each reference model expects."""

from redoxsim.analysis.synergy.bliss import bliss
from redoxsim.analysis.synergy.braid import braid
from redoxsim.analysis.synergy.chou_talalay import MedianEffect, combination_index, dose_reduction
from redoxsim.analysis.synergy.hsa import hsa
from redoxsim.analysis.synergy.loewe import loewe, loewe_excess
from redoxsim.analysis.synergy.musyc import musyc
from redoxsim.analysis.synergy.registry import METRICS, Metric, Settings, metric, score, score_near
from redoxsim.analysis.synergy.table import Summary, SynergyTable
from redoxsim.analysis.synergy.third_order import bliss_third_order, hsa_third_order
from redoxsim.analysis.synergy.zip_delta import zip_delta

__all__ = [
    "METRICS",
    "MedianEffect",
    "Metric",
    "Settings",
    "Summary",
    "SynergyTable",
    "bliss",
    "bliss_third_order",
    "braid",
    "combination_index",
    "dose_reduction",
    "hsa",
    "hsa_third_order",
    "loewe",
    "loewe_excess",
    "metric",
    "musyc",
    "score",
    "score_near",
    "zip_delta",
]
