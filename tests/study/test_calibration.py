"""The declared calibration: what was moved stays in its range, and its rows are those that the scoreboard stars."""

from __future__ import annotations

import math

import pytest
from calibration import Moved, moved, put_back

from redoxsim.study.observations import load_observations

CONSTANTS = moved()


@pytest.mark.parametrize("one", CONSTANTS, ids=lambda one: one.id)
def test_no_constant_leaves_its_range(one: Moved) -> None:
    assert not one.value < one.low  # an end that is not there is nan
    assert not one.value > one.high
    assert not abs(one.distance) > 1.0 + 1e-9


def test_what_was_moved_is_not_at_its_value_before() -> None:
    assert [one.id for one in CONSTANTS if one.value == one.book] == []


def test_the_rows_of_the_calibration_are_those_with_a_star() -> None:
    starred = {one.id for one in load_observations().observations if one.calibrated}
    assert {row for one in CONSTANTS for row in one.rows} == starred


def test_constants_are_put_back_where_they_act() -> None:
    board = put_back(load_observations(), CONSTANTS)
    rows = {one.id: one for one in board.observations}
    (dosed,) = rows["A01"].run
    assert (dosed.values["VTR1"], dosed.values["auranofin_K"]) == (20.0, 95.0)
    assert not any(math.isnan(value) for value in dosed.values.values())
    assert "erastin_Imax" not in dosed.values
    tumour, normal = rows["D18"].run
    assert tumour.values["vH_c"] == 1.2
    assert "vH_c" not in normal.values  # the profile has its own
