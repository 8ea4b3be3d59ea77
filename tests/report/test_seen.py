"""Captions: what is seen in a figure, in sentences."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from redoxsim.analysis import EffectGrid, score
from redoxsim.report.conditions import conditions
from redoxsim.report.seen import courses_seen, curves_seen, surface_seen
from redoxsim.report.sheet import typeset
from redoxsim.study.experiment import SimulateRun

HOURS = np.linspace(0.0, 48.0, 97)
FALLING = 4.0 * np.exp2(-HOURS / 4.0)
PEAK = 0.003 + 0.034 * HOURS * np.exp(1.0 - HOURS)


def course(**values: np.ndarray) -> xr.Dataset:
    units = {"GSH_c": "mM", "H2O2_m": "uM"}
    data = {name: ("time", line, {"units": units.get(name, "1"), "long_name": name}) for name, line in values.items()}
    return xr.Dataset(data, coords={"time": ("time", HOURS * 3600.0, {"units": "s"})})


def test_a_course_falls_peaks_or_stays() -> None:
    one = course(GSH_c=FALLING, H2O2_m=PEAK, flat=np.ones(97))
    told = courses_seen({"": one}, ["GSH_c", "H2O2_m", "flat"])
    assert "from 4 mM to 0.98 µM, half of the way by 4 h." in told
    assert "from 3 nM to a peak of 37 nM at 1 h, then 3 nM at 48 h." in told
    assert told.endswith("Flat (1) hardly moves.")


def test_conditions_are_told_apart_and_many_by_their_ends() -> None:
    two = {"low": course(flat=np.ones(97)), "high": course(flat=2.0 + HOURS)}
    assert courses_seen(two, ["flat"]) == "Flat: low stays at 1; high from 2 to 50, half of the way by 24 h."
    many = {str(k): course(flat=1.0 + k * HOURS / 48.0) for k in range(5)}
    assert courses_seen(many, ["flat"]) == "Flat: at 48 h from 1 (0) to 5 (4)."
    same = dict.fromkeys("abcde", course(flat=1.0 + HOURS))
    assert courses_seen(same, ["flat"]) == "Flat: 49 at 48 h in all."


def test_many_readouts_are_told_by_their_ends() -> None:
    falling, rising = (
        {f"r{k}": 1.0 + HOURS * k for k in range(1, 6)},
        {f"r{k}": 9.0 + PEAK * 1e3 * k for k in range(1, 6)},
    )
    told = courses_seen({"a": course(**falling), "b": course(**rising)}, list(falling))
    assert told.startswith("At 48 h, in the order a; b: r1 49, 12 (peak 46 at 1 h); r2 97, 15 (peak 83 at 1 h);")


def test_a_curve_says_where_it_is_half_way() -> None:
    doses = np.array([0.0, 0.1, 1.0, 10.0])
    curves = {"a": (doses, np.array([1.0, 1.0, 0.2, 0.0])), "b": (doses, np.ones(4))}
    assert curves_seen(curves, title="viability", unit="", dose_unit="uM") == (
        "Viability: a: from 1 to 0 at 10 µM, half of the way between 0.1 and 1; b: stays at 1 up to 10 µM."
    )
    told = curves_seen(curves, title="mTORC1 activity", unit="", dose_unit="uM", halves={"a": 0.53})
    assert told.startswith("mTORC1 activity: a: from 1 to 0 at 10 µM, half of the way (EC50) at 0.53 µM; b")


def test_a_surface_says_where_its_excess_is() -> None:
    doses = np.array([0.0, 1.0, 3.0])
    effect = 1.0 / (1.0 + doses[:, None]) / (1.0 + doses[None, :])
    effect[1, 2] -= 0.12
    grid = EffectGrid(doses, doses, effect, orientation="viability", scale="fraction", agents=("a", "b"))
    told = surface_seen(score(grid, ["bliss"])["bliss"], ["A", "B"], ["uM", "nM"])
    assert told.startswith("Bliss excess highest +0.12 (A 1 µM with B 3 nM), lowest 0.00 (")
    assert told.endswith("above +0.1 in 1 and below −0.1 in 0 of 4 combinations.")
    assert surface_seen(score(grid, ["loewe"])["loewe"], ["A", "B"], ["uM", "nM"]) == "", "an index is no excess"


@pytest.mark.parametrize(
    ("doses", "names", "said"),
    [
        ((("bso=1uM",), ("bso=2uM",)), ["BSO 1 µM", "BSO 2 µM"], ""),
        (
            (("auranofin=1uM", "bso=100uM"), ("auranofin=1uM", "bso=100uM@-24h"), ("auranofin=1uM",)),
            ["BSO 100 µM", "BSO 100 µM at −24 h", "nothing else"],
            "All with auranofin 1 µM.",
        ),
    ],
)
def test_runs_are_named_by_what_sets_them_apart(doses: tuple, names: list[str], said: str) -> None:
    runs = [
        SimulateRun(id=f"r{k}", kind="simulate", until="1 h", every="1 h", doses=one) for k, one in enumerate(doses)
    ]
    assert conditions(runs) == (names, said)


def test_texts_are_set_with_the_signs_of_print() -> None:
    assert typeset("<b> >= 2 uM, got -0.05") == "&lt;b&gt; ≥\u00a02\u00a0µM, got\u00a0−0.05"
    assert typeset("off-low 3ug/mL") == "off-low 3µg/mL"
    assert typeset("ferrostatin-1 1 uM, 2-oxoglutarate, 1.5-fold, PD-L1") == ", ".join(
        f"<span class='whole'>{name}</span>{rest}"
        for name, rest in (("ferrostatin-1", " 1\u00a0µM"), ("2-oxoglutarate", ""), ("1.5-fold", ""), ("PD-L1", ""))
    ), "no line ends within a name"
    assert (
        typeset("10-20, a-b, a-name-so-long-that-1-line-must-end") == "10-20, a-b, a-name-so-long-that-1-line-must-end"
    )
    assert typeset("differs by 4.4e-05; 2.2e−07; 1e+06") == (
        "differs by 4.4\u00a0×\u00a010⁻⁵; 2.2\u00a0×\u00a010⁻⁷; 1\u00a0×\u00a010⁶"
    )


def test_numbers_are_told_in_units_and_digits_that_read() -> None:
    brief = course(H2O2_m=np.where(HOURS == 0.5, 0.09, 0.003), potential=-145.7 + 9.2 * HOURS / 48.0)
    told = courses_seen({"": brief}, ["H2O2_m", "potential"])
    assert "to a peak of 90 nM at 30 min, then" in told, "a time under an hour in minutes"
    assert "from −146 to −136" in told or "from −146 to −137" in told, "two digits would not tell these apart"
    grown = courses_seen({"": course(**{"beta-cells": 3.5e6 + 9e7 * HOURS / 48.0})}, ["beta-cells"])
    assert grown.startswith("Beta-cells: from 3.5 million to 94 million")
