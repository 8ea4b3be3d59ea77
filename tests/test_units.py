"""Quantities: conversion is exact, wrong units are refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redoxsim import units
from redoxsim.errors import DesignError, UnitError


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("2 uM", "uM", 2.0),
        ("2uM", "nM", 2000.0),
        ("10 nM", "uM", 0.01),
        ("1e3 pM", "uM", 0.001),
        ("48 h", "s", 172800.0),
        ("-24h", "s", -86400.0),
        ("1 d", "h", 24.0),
        ("15min", "h", 0.25),
        ("0.1uM/h", "uM/s", 0.1 / 3600),
        ("2 g/L", "mg/mL", 2.0),
        ("3 µM", "uM", 3.0),
        ("1.4 pL", "L", 1.4e-12),
        ("5 amol", "mol", 5e-18),
        ("50 %", "1", 0.5),
        (".5 Gy", "Gy", 0.5),
        ("1 1/uM/s", "1/M/s", 1e6),
    ],
)
def test_conversion(text: str, unit: str, value: float) -> None:
    assert units.quantity(text).to(unit) == value


MOLAR = st.sampled_from(["M", "mM", "uM", "nM", "pM"])


@given(st.floats(1e-6, 1e6), MOLAR, MOLAR)
def test_there_and_back(value: float, one: str, other: str) -> None:
    assert units.to(units.to(value, one, other), other, one) == pytest.approx(value, rel=4e-16)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("2", "concentration", "no unit"),
        ("2 h", "concentration", "is a time"),
        ("2 uM", "time", "is a concentration"),
        ("2 nm", "concentration", "nM"),
        ("3 hours", "time", "did you mean h"),
        ("uM", None, "does not start with a number"),
        ("2 uM//s", None, "is not a unit"),
        ("2 frogs", None, "frogs"),
        ("1e999 uM", None, "too large"),
        ("", None, "number"),
        ("nan uM", None, "number"),
        ("2 g/L", "concentration", "mass concentration"),
    ],
)
def test_refused(text: str, kind: str | None, message: str) -> None:
    with pytest.raises(UnitError, match=message):
        units.quantity(text, kind=kind)


def test_number_that_is_not_text_is_refused() -> None:
    with pytest.raises(UnitError, match="has no unit"):
        units.quantity(48, kind="time")  # type: ignore[arg-type]


def test_zero_needs_no_unit() -> None:
    assert units.quantity("0", kind="concentration").to("uM") == 0.0


def test_log_range_has_whole_decades() -> None:
    found = units.range("1nM..10uM:log:5")
    assert found.unit == "nM"
    assert found.values.tolist() == [1.0, 10.0, 100.0, 1000.0, 10000.0]
    assert found.to("uM").tolist() == [0.001, 0.01, 0.1, 1.0, 10.0]


def test_same_range_in_other_units_is_the_same() -> None:
    one, other = units.values("0,30nM..3uM:log:3"), units.values("0,0.03uM..3uM:log:3")
    np.testing.assert_array_equal(one.to("uM"), other.to("uM"))


BAD = ["1..10:cubic:3", "1..10", "1nM..10:log:3", "0..1:log:3", "1..2:lin:0", "1..2:lin:x", "", "1,,2", "1uM,2h"]


@pytest.mark.parametrize("text", BAD)
def test_bad_ranges(text: str) -> None:
    with pytest.raises((UnitError, DesignError)):
        units.values(text)


def test_lists() -> None:
    assert units.values("1, 2, 5").values.tolist() == [1.0, 2.0, 5.0]
    assert units.values(["1 uM", "20 nM"]).to("uM").tolist() == [1.0, 0.02]
    assert units.lin("0 uM", "1 uM", 3).values.tolist() == [0.0, 0.5, 1.0]
