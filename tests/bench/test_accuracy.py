"""Errors and times at equal error, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.study.benchmark.accuracy import At, at_error, errors, frontier, ratio


def test_errors_are_relative_with_a_floor() -> None:
    reference = np.array([[[1.0, 10.0], [0.0, 2.0]], [[4.0, 5.0], [1.0, 1.0]]])
    values = reference.copy()
    values[0, 0, 1] = 11.0
    values[0, 1, 0] = 0.2
    found = errors(values, reference, floor=0.1)
    first = 1.0 / (10.0 + 0.1 * 10.0)
    second = 0.2 / (0.0 + 0.1 * 2.0)
    np.testing.assert_allclose(found.square, [(first**2 + second**2) / 4, 0.0])
    np.testing.assert_allclose(found.largest, [second, 0.0])
    assert found.rms() == pytest.approx(np.sqrt((first**2 + second**2) / 8))
    assert found.rms(slice(0, 1)) == pytest.approx(np.sqrt((first**2 + second**2) / 4))


def test_rows_that_failed_have_no_error() -> None:
    values = np.array([[[1.0]], [[np.nan]]])
    found = errors(values, np.ones((2, 1, 1)))
    assert found.rms() == 0.0
    assert np.isnan(found.square[1])
    assert np.isnan(errors(values[1:], np.ones((1, 1, 1))).rms())


def test_an_output_that_is_always_zero_does_not_disturb() -> None:
    assert errors(np.zeros((1, 1, 3)), np.zeros((1, 1, 3))).max() == 0.0


def test_beaten_points_do_not_count() -> None:
    """A looser tolerance that is slower or an error that is worse at the same time is nobody's choice."""
    assert frontier([(1e-2, 1.0), (1e-3, 3.0), (1e-4, 2.0), (np.nan, 0.1), (1e-5, np.nan)]) == [
        (1e-4, 2.0),
        (1e-2, 1.0),
    ]


def test_interpolation_is_on_logarithmic_axes() -> None:
    points = [(1e-2, 1.0), (1e-4, 100.0)]
    assert at_error(points, 1e-3).seconds == pytest.approx(10.0)
    assert at_error(points, 1e-2) == At(1.0)
    assert at_error(points, 1.0) == At(1.0, "at most")
    assert at_error(points, 1e-9) == At(100.0, "at least")
    assert np.isnan(at_error([], 1e-3).seconds)


@pytest.mark.parametrize(
    ("of", "to", "bound"),
    [
        (At(6.0), At(2.0), ""),
        (At(6.0, "at most"), At(2.0), "at most"),
        (At(6.0, "at most"), At(2.0, "at most"), "about"),
        (At(6.0, "at least"), At(2.0, "at most"), "at least"),
    ],
)
def test_bounds_of_a_ratio(of: At, to: At, bound: str) -> None:
    assert ratio(of, to) == At(3.0, bound)
