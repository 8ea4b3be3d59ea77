"""Synthetic results of realistic size: Hill curves, an interacting surface, time courses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from redoxsim.report.marks import DoseBar

sys.path.insert(0, str(Path(__file__).parent))  # for figure_looks


def hill(dose: np.ndarray, ec50: float, slope: float, least: float) -> np.ndarray:
    return 1.0 + (least - 1.0) * dose**slope / (dose**slope + ec50**slope)


def make_course(auranofin: float, bso: float) -> xr.Dataset:
    time = np.linspace(0.0, 48.0, 97)
    rise = 1.0 - np.exp(-time / 4.0)
    both = auranofin * bso
    columns = {
        "H2O2_c": (0.0012 * (1.0 + 0.8 * auranofin * rise + 120.0 * both * rise), "uM"),
        "H2O2_m": (0.004 * (1.0 + 9.0 * auranofin * rise + 40.0 * both * rise), "uM"),
        "Trx1_red": (0.93 - 0.3 * auranofin * rise - 0.5 * both * rise, "1"),
        "GSH_c": (5000.0 * (1.0 - 0.93 * bso * rise), "uM"),
        "viability": (np.exp(-(0.004 * auranofin + 0.05 * both) * np.clip(time - 8.0, 0.0, None)), "1"),
    }
    return xr.Dataset(
        {name: ("time", values, {"units": unit}) for name, (values, unit) in columns.items()},
        coords={"time": ("time", time * 3600.0, {"units": "s"})},
    )


def make_surface(*, least: float = 0.02, shift: float = 4.0, doses: int = 6) -> xr.Dataset:
    a = np.concatenate([[0.0], np.geomspace(0.03, 10.0, doses)])
    b = np.concatenate([[0.0], np.geomspace(1.0, 1000.0, doses)])
    first, second = np.meshgrid(a, b, indexing="ij")
    effect = hill(first * (1.0 + shift * second / (second + 30.0)), 1.5, 1.8, 0.03) * hill(second, 300.0, 1.0, least)
    return xr.Dataset(
        {"viability": (("auranofin", "bso"), effect, {"units": "1"})},
        coords={"auranofin": ("auranofin", a, {"units": "uM"}), "bso": ("bso", b, {"units": "uM"})},
    )


@pytest.fixture
def course() -> Callable[[float, float], xr.Dataset]:
    return make_course


@pytest.fixture
def surface_data() -> Callable[..., xr.Dataset]:
    return make_surface


@pytest.fixture
def conditions() -> dict[str, xr.Dataset]:
    return {
        "untreated": make_course(0, 0),
        "auranofin": make_course(1, 0),
        "bso": make_course(0, 1),
        "both": make_course(1, 1),
    }


@pytest.fixture
def bars() -> tuple[DoseBar, ...]:
    return (DoseBar(0.0, 6.0, "auranofin 2 µM"), DoseBar(-24.0, None, "bso 100 µM"))
