"""Fits in a box: known answers, intervals that cover, and what the data leave open."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis.model_fit import fit_box
from redoxsim.errors import FitError

TIMES = np.linspace(0.0, 5.0, 12)


def decay(places: np.ndarray) -> np.ndarray:
    """Amplitude 0 to 10, rate 0 to 2."""
    return 10.0 * places[:, :1] * np.exp(-2.0 * places[:, 1:2] * TIMES)


def test_parameters_come_back_and_all_starts_meet() -> None:
    truth = np.array([[0.4, 0.3]])
    fit = fit_box(decay, decay(truth)[0], np.full(12, 0.1), 2, known=True)
    np.testing.assert_allclose(fit.place, truth[0], atol=1e-6)
    assert fit.met == fit.ends.size == 5
    assert all(one.closed == (True, True) for one in fit.profiles)
    assert all(one.low < at < one.high for one, at in zip(fit.profiles, truth[0], strict=True))


def test_intervals_are_those_of_a_straight_line() -> None:
    x = np.linspace(-1.0, 1.0, 11)

    def line(places: np.ndarray) -> np.ndarray:
        return places[:, :1] + places[:, 1:2] * x

    y = 0.5 + 0.4 * x + 0.01 * np.cos(9 * x)
    design = np.column_stack([np.ones(11), x])
    for known in (True, False):
        fit = fit_box(line, y, np.full(11, 0.05), 2, known=known)
        middle = np.linalg.lstsq(design, y, rcond=None)[0]
        np.testing.assert_allclose(fit.place, middle, atol=1e-6)
        from scipy.stats import norm, t

        residual = y - design @ middle
        sd, times = (0.05, norm.ppf(0.975)) if known else (np.sqrt(residual @ residual / 9), t.ppf(0.975, 9))
        half = times * sd * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
        for one, at, width in zip(fit.profiles, middle, half, strict=True):
            assert (one.low, one.high) == pytest.approx((at - width, at + width), rel=1e-3)
        assert fit.correlation[0, 1] == pytest.approx(0.0, abs=1e-6)


def test_intervals_cover_the_truth() -> None:
    truth = np.array([[0.4, 0.3]])
    held = []
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(0.0, 0.1, 12)
        fit = fit_box(decay, decay(truth)[0] + noise, np.full(12, 0.1), 2, known=True, starts=1, tried=16)
        held += [one.low <= at <= one.high for one, at in zip(fit.profiles, truth[0], strict=True)]
    assert 0.87 < np.mean(held) <= 1.0


def test_what_only_a_product_determines_stays_open() -> None:
    def product(places: np.ndarray) -> np.ndarray:
        return (0.2 + places[:, :1]) * (0.2 + places[:, 1:2]) * np.exp(-TIMES)

    fit = fit_box(product, 0.36 * np.exp(-TIMES), np.full(12, 0.001), 2, known=True)
    assert fit.rss < 1e-6
    # one range is 0.2 to 1.2: the product 0.36 can be had from 0.3 to 1.2 of either
    for one in fit.profiles:
        assert one.low == pytest.approx(0.1, abs=0.02)
        assert one.closed == (True, False)
    assert fit.correlation[0, 1] == pytest.approx(-1.0, abs=0.02)


def test_a_range_that_leaves_the_best_outside_is_an_open_end() -> None:
    fit = fit_box(decay, 12.0 * np.exp(-0.6 * TIMES), np.full(12, 0.1), 2, known=True)
    assert fit.place[0] == pytest.approx(1.0, abs=1e-5)
    assert fit.profiles[0].closed[1] is False


def test_solves_that_fail_are_kept_away_from() -> None:
    def fragile(places: np.ndarray) -> np.ndarray:
        return np.where(places[:, 1:2] > 0.6, np.nan, decay(places))

    fit = fit_box(fragile, decay(np.array([[0.4, 0.3]]))[0], np.full(12, 0.1), 2, known=True)
    np.testing.assert_allclose(fit.place, [0.4, 0.3], atol=1e-5)
    with pytest.raises(FitError, match="could be solved"):
        fit_box(lambda places: np.full((places.shape[0], 12), np.nan), np.ones(12), np.ones(12), 2, known=True)


@pytest.mark.parametrize(
    ("parameters", "data", "message"), [(0, 12, "1 to 10"), (11, 12, "1 to 10"), (3, 2, "2 data cannot determine 3")]
)
def test_designs_that_cannot_be(parameters: int, data: int, message: str) -> None:
    with pytest.raises(FitError, match=message):
        fit_box(decay, np.ones(data), np.ones(data), parameters, known=True)
