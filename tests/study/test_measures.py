"""Numbers taken from courses: values that can be worked out by hand."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from redoxsim.errors import DesignError
from redoxsim.study.measures import Measure, Taken, take

HOUR = 3600.0
TIMES = np.arange(0.0, 11.0) * HOUR


class Course:
    def __init__(self, **series):
        self.known = series

    def series(self, observe):
        return TIMES, self.known[observe]


def test_first_time_above_is_interpolated():
    assert take(TIMES, TIMES / HOUR, "above 2.5") == pytest.approx(2.5)


def test_first_time_below_counts_from_after():
    falling = 10.0 - TIMES / HOUR
    assert take(TIMES, falling, "below 4 after 2 h") == pytest.approx(4.0)


def test_level_reached_at_once_and_never():
    assert take(TIMES, np.full(11, 3.0), "above 3") == 0.0
    assert take(TIMES, np.full(11, 3.0), "above 3.1") == math.inf


def test_time_of_max_is_in_hours():
    values = np.zeros(11)
    values[4] = 1.0
    assert take(TIMES, values, "time-of-max") == 4.0


def test_nan_stays_nan():
    values = np.ones(11)
    values[3] = np.nan
    assert math.isnan(take(TIMES, values, "above 0.5"))


def test_after_the_end_is_refused():
    with pytest.raises(DesignError, match="begins outside"):
        take(TIMES, TIMES, "above 1 after 10 h")


@pytest.mark.parametrize("how", ["average", "above x", "at noon", "below 1 after 3", "at 5"])
def test_unknown_ways_are_refused_when_read(how):
    with pytest.raises(ValidationError):
        Taken(run="a", observe="x", take=how)


def test_formula_over_two_courses():
    one = Measure(
        let={"a": Taken(run="r", observe="x", take="last"), "b": Taken(run="r", observe="y", take="initial")},
        formula="ln(a/b)",
    )
    course = Course(x=np.linspace(1.0, 8.0, 11), y=np.full(11, 2.0))
    assert one.of({"r": course}) == pytest.approx(math.log(4.0))


def test_relative_divides_by_the_start():
    one = Measure(let={"a": Taken(run="r", observe="x", take="min", relative=True)})
    assert one.of({"r": Course(x=np.linspace(4.0, 1.0, 11))}) == pytest.approx(0.25)


def test_formula_must_use_what_let_names_and_no_more():
    quantity = Taken(run="r", observe="x", take="last")
    with pytest.raises(ValidationError, match="does not name"):
        Measure(let={"a": quantity}, formula="a + b")
    with pytest.raises(ValidationError, match="not used"):
        Measure(let={"a": quantity, "b": quantity}, formula="a")
    with pytest.raises(ValidationError, match="is not a formula"):
        Measure(let={"a": quantity}, formula="a +")
    with pytest.raises(ValidationError, match="make one number"):
        Measure(let={"a": quantity, "b": quantity})
