"""Hill fits: known curves, known intervals, and clear answers to bad designs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit, least_squares
from scipy.stats import f, t

from redoxsim.analysis import HillBounds, HillFit, Limit, fit_hill, number
from redoxsim.analysis.hill_math import Points, area, curve, jacobian, minimise, profile_rss, project
from redoxsim.errors import FitError

DOSES = np.r_[0.0, np.geomspace(0.01, 10.0, 10)]
CASES = settings(max_examples=40, deadline=None)


def alive(c: np.ndarray, e0: float = 1.0, einf: float = 0.1, ec50: float = 0.4, h: float = 1.7) -> np.ndarray:
    return einf + (e0 - einf) / (1.0 + (np.asarray(c) / ec50) ** h)


def noisy(seed: int, size: int = 3, sd: float = 0.04) -> np.ndarray:
    return alive(DOSES)[:, None] + np.random.default_rng(seed).normal(0.0, sd, (DOSES.size, size))


@CASES
@given(
    e0=st.floats(0.85, 1.15),
    einf=st.floats(0.01, 0.6),
    log_ec50=st.floats(-1.3, 0.3),
    h=st.floats(0.6, 6.0),
)
def test_clean_curves_give_back_their_parameters(e0: float, einf: float, log_ec50: float, h: float) -> None:
    fit = fit_hill(DOSES, alive(DOSES, e0, einf, 10**log_ec50, h), orientation="viability", profile=False)
    assert fit.converged
    assert not fit.flat
    np.testing.assert_allclose(
        [fit.e0, fit.einf, number(fit.ec50), fit.h], [e0, einf, 10**log_ec50, h], rtol=1e-6, atol=1e-8
    )


@CASES
@given(seed=st.integers(0, 10_000), power=st.integers(-9, 9))
def test_the_unit_of_the_doses_changes_nothing_but_the_doses(seed: int, power: int) -> None:
    y = noisy(seed)
    unit = 10.0**power
    one, other = (fit_hill(DOSES * k, y, orientation="viability", profile=False) for k in (1.0, unit))
    np.testing.assert_allclose(
        [other.e0, other.einf, number(other.ec50) / unit, other.h, number(other.ic50) / unit, other.rss, other.auc],
        [one.e0, one.einf, number(one.ec50), one.h, number(one.ic50), one.rss, one.auc],
        rtol=1e-9,
    )
    assert other.flat_p == pytest.approx(one.flat_p, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_direction_and_scale_change_nothing_but_the_effects(seed: int) -> None:
    y = noisy(seed)
    fits = [
        fit_hill(DOSES, y, orientation="viability"),
        fit_hill(DOSES, 100 * y, orientation="viability", scale="percent"),
        fit_hill(DOSES, 1 - y, orientation="inhibition"),
    ]
    for fit in fits[1:]:
        assert number(fit.ec50) == pytest.approx(number(fits[0].ec50), rel=1e-9)
        assert fit.intervals["ec50"].low == pytest.approx(fits[0].intervals["ec50"].low, rel=1e-6)
        assert fit.flat_p == pytest.approx(fits[0].flat_p, rel=1e-6)
    assert fits[1].e0 == pytest.approx(100 * fits[0].e0)
    assert fits[2].einf == pytest.approx(1 - fits[0].einf)
    assert fits[2].intervals["einf"].low == pytest.approx(1 - fits[0].intervals["einf"].high)


@pytest.mark.parametrize("seed", range(12))
def test_no_other_bounded_fit_is_better(seed: int) -> None:
    """scipy's trust region from the truth does not find a smaller sum of squares inside the same bounds."""
    y = noisy(seed, sd=0.08).ravel()
    c = np.repeat(DOSES, 3)
    ours = fit_hill(c, y, orientation="viability", profile=False)
    bounds = HillBounds()
    low = [1 - bounds.control[1], 1 - bounds.maximal[1], np.log(DOSES[1]) - 4.7, np.log(bounds.slope[0])]
    high = [1 - bounds.control[0], 1 - bounds.maximal[0], np.log(DOSES[-1]) + 4.7, np.log(bounds.slope[1])]

    def residuals(p: np.ndarray) -> np.ndarray:
        return alive(c, p[0], p[1], np.exp(p[2]), np.exp(p[3])) - y

    theirs = least_squares(residuals, [1.0, 0.1, np.log(0.4), np.log(1.7)], bounds=(low, high), xtol=1e-14, ftol=1e-14)
    assert ours.rss <= 2 * theirs.cost * (1 + 1e-9)


def test_jacobian_is_the_derivative() -> None:
    theta = np.array([0.03, 0.85, 0.4, np.log(2.3)])
    x = np.r_[-np.inf, np.linspace(-4, 4, 9)]
    step = 1e-6
    numeric = np.column_stack([(curve(theta + d, x) - curve(theta - d, x)) / (2 * step) for d in np.eye(4) * step])
    np.testing.assert_allclose(jacobian(theta, x), numeric, atol=1e-9)


def test_projection_is_the_best_pair_inside_the_box() -> None:
    """Against a fine search over the box, for boxes that do and do not bind."""
    rng = np.random.default_rng(3)
    points = Points(np.linspace(-2, 2, 9), rng.normal(0.4, 0.5, 9), np.sqrt(rng.uniform(0.5, 2.0, 9)))
    for box in (np.array([[-2.0, -2.0, 0, 0], [2.0, 2.0, 0, 0]]), np.array([[0.5, -0.3, 0, 0], [0.6, 0.1, 0, 0]])):
        bottom, top, rss = project(points, np.array(0.1), np.array(1.4), box)
        b, t = np.meshgrid(np.linspace(*box[:, 0], 801), np.linspace(*box[:, 1], 801), indexing="ij")
        share = 1 / (1 + np.exp(-1.4 * (points.x - 0.1)))
        sums = sum(((b * (1 - s) + t * s - y) * w) ** 2 for s, y, w in zip(share, points.y, points.root, strict=True))
        assert rss <= sums.min() + 1e-12
        assert rss == pytest.approx(sums.min(), abs=1e-3)
        assert box[0, 0] <= bottom <= box[1, 0]
        assert box[0, 1] <= top <= box[1, 1]


def test_profile_is_smallest_at_the_optimum() -> None:
    y = noisy(1).ravel()
    x = np.repeat(np.r_[-np.inf, np.log(DOSES[1:])], 3)
    points = Points(x, 1 - y, np.ones(y.size))
    box = np.array([[-0.25, -0.25, -9.0, np.log(0.3)], [0.25, 1.0, 7.0, np.log(8.0)]])
    best = minimise(points, box)
    assert profile_rss(points, best.theta[2:3], box)[0] == pytest.approx(best.rss, rel=1e-9)
    assert profile_rss(points, best.theta[2:3] + 0.2, box)[0] > best.rss


def test_intervals_cover_the_truth() -> None:
    """Of 60 noisy data sets about 57 intervals hold the true value; fewer than 51 has a chance below 1%."""
    held = {"e0": 0, "einf": 0, "ec50": 0, "h": 0, "ic50": 0}
    half = 0.4 * (0.5 / 0.4) ** (1 / 1.7)
    truth = {"e0": 1.0, "einf": 0.1, "ec50": 0.4, "h": 1.7, "ic50": half}
    profiled = 0
    for seed in range(60):
        fit = fit_hill(DOSES, noisy(seed), orientation="viability", profile=seed < 20)
        for name, value in truth.items():
            held[name] += fit.intervals[name].low <= value <= fit.intervals[name].high
        profiled += seed < 20 and fit.intervals["ec50"].low <= 0.4 <= fit.intervals["ec50"].high
    assert all(count >= 51 for count in held.values()), held
    assert profiled >= 16


def test_t_intervals_are_those_of_scipy() -> None:
    """Standard errors from `curve_fit` at the same optimum, where no bound is active."""
    y = noisy(3)
    fit = fit_hill(DOSES, y, orientation="viability", profile=False)
    c = np.repeat(DOSES, 3)

    def model(x: np.ndarray, e0: float, einf: float, ln50: float, lnh: float) -> np.ndarray:
        return alive(x, e0, einf, np.exp(ln50), np.exp(lnh))

    best, covariance = curve_fit(model, c, y.ravel(), p0=[1.0, 0.1, np.log(0.4), np.log(1.7)])
    width = t.ppf(0.975, c.size - 4) * np.sqrt(np.diag(covariance))
    for k, name in enumerate(("e0", "einf", "ec50", "h")):
        ends = np.array([best[k] - width[k], best[k] + width[k]])
        expected = ends if k < 2 else np.exp(ends)
        interval = fit.intervals[name]
        np.testing.assert_allclose([interval.low, interval.high], expected, rtol=1e-4)


def test_interval_methods_are_named() -> None:
    fit = fit_hill(DOSES, noisy(2), orientation="viability")
    methods = {name: interval.method for name, interval in fit.intervals.items()}
    assert methods == {
        "e0": "t",
        "einf": "t",
        "ec50": "profile likelihood",
        "h": "t on log",
        "ic50": "delta on log",
    }
    quick = fit_hill(DOSES, noisy(2), orientation="viability", profile=False)
    assert quick.intervals["ec50"].method == "t on log"
    assert quick.intervals["ec50"].low == pytest.approx(fit.intervals["ec50"].low, rel=0.1)


def test_relative_and_absolute_potency_differ_when_the_effect_is_partial() -> None:
    fit = fit_hill(DOSES, alive(DOSES, 1.0, 0.3, 0.5, 2.0), orientation="viability")
    assert number(fit.ec50) == pytest.approx(0.5)
    # 0.5 = 0.3 + 0.7 / (1 + u) gives u = 2.5, so the dose is 0.5 * sqrt(2.5).
    assert number(fit.ic50) == pytest.approx(0.5 * 2.5**0.5)
    weak = fit_hill(DOSES, alive(DOSES, 1.0, 0.7, 0.5, 2.0), orientation="viability")
    assert number(weak.ec50) == pytest.approx(0.5)
    assert weak.ic50 is Limit.ABOVE
    assert weak.ic50 == "> max dose"


def test_ic50_outside_the_doses_is_said_not_extrapolated() -> None:
    high = fit_hill(DOSES, alive(DOSES, 1.0, 0.0, 30.0, 1.5), orientation="viability")
    assert high.ic50 is Limit.ABOVE
    assert "ic50" not in high.intervals
    low = fit_hill(DOSES[1:], alive(DOSES[1:], 1.0, 0.0, 0.005, 1.0), orientation="viability")
    assert low.ic50 is Limit.BELOW
    assert low.ic50 == "< min dose"


def test_no_plateau_is_said_and_an_ec50_beyond_the_doses_is_a_limit() -> None:
    rising = fit_hill(DOSES, alive(DOSES, 1.0, 0.0, 4.0, 1.2), orientation="viability")
    assert rising.message.startswith("no plateau: at the largest dose the curve has 75%")
    beyond = fit_hill(DOSES, alive(DOSES, 1.0, 0.0, 40.0, 1.2), orientation="viability")
    assert beyond.ec50 is Limit.ABOVE
    assert "ec50" not in beyond.intervals
    assert "not determined" in beyond.message
    noise = np.random.default_rng(5).normal(0, 0.03, (DOSES.size, 3))
    open_end = fit_hill(DOSES, alive(DOSES, 1.0, 0.3, 8.0, 1.2)[:, None] + noise, orientation="viability")
    assert open_end.intervals["ec50"].high > 10.0


def test_flat_data_have_no_ec50() -> None:
    rng = np.random.default_rng(0)
    fit = fit_hill(DOSES, 1.0 + rng.normal(0, 0.05, (DOSES.size, 3)), orientation="viability")
    assert fit.converged
    assert fit.flat
    assert fit.flat_p > 0.05
    assert fit.ec50 is Limit.NONE
    assert fit.ic50 is Limit.ABOVE
    assert np.isnan(fit.h)
    assert "flat line" in fit.message
    assert "F-test" in fit.message
    assert fit.e0 == fit.einf == pytest.approx(1.0, abs=0.03)
    np.testing.assert_array_equal(fit.predict([0, 1, 5]), fit.e0)
    assert np.isnan(fit.inverse(0.5))
    exact = fit_hill(DOSES, np.ones(DOSES.size), orientation="viability")
    assert exact.flat
    assert exact.flat_p == 1.0
    dead = fit_hill(DOSES[1:], np.zeros(DOSES.size - 1), orientation="viability")
    assert dead.flat
    assert "same effect at every dose" in dead.message
    assert dead.ic50 is Limit.BELOW


def test_a_smooth_curve_that_hardly_moves_is_flat() -> None:
    small = alive(DOSES, e0=1.0, einf=0.995)
    fit = fit_hill(DOSES, small, orientation="viability")
    assert fit.flat
    assert fit.flat_p < 1e-6, "the F-test alone would give it an EC50"
    assert fit.ec50 is Limit.NONE
    assert "the effects span 0.50% of the scale, under the 2% that count as a response" in fit.message
    assert number(fit_hill(DOSES, small, orientation="viability", least=0.0).ec50) == pytest.approx(0.4, rel=1e-4)
    assert not fit_hill(DOSES, alive(DOSES, einf=0.97), orientation="viability").flat


def test_the_floor_of_a_signal_is_of_its_size() -> None:
    rise = 4000.0 + 5000.0 * (1.0 - alive(DOSES, einf=0.0))
    assert not fit_hill(DOSES, rise, orientation="signal").flat
    assert fit_hill(DOSES, 4000.0 + 0.01 * (rise - 4000.0), orientation="signal").flat


def test_intervals_of_points_without_noise_say_what_they_are() -> None:
    bent = alive(DOSES) + 0.02 * np.sin(np.arange(DOSES.size))
    plain = fit_hill(DOSES, bent, orientation="viability")
    model = fit_hill(DOSES, bent, orientation="viability", noiseless=True)
    assert model.intervals.keys() == plain.intervals.keys()
    for name, one in model.intervals.items():
        assert (one.low, one.high) == (plain.intervals[name].low, plain.intervals[name].high)
        assert one.method == plain.intervals[name].method + "; lack of fit only"
    assert model.message == "converged; intervals show lack of fit only: these points carry no noise"


def test_the_flat_test_keeps_its_level() -> None:
    """About 5% of truly flat data sets are told from a line: of 30, more than 6 has a chance below 1%."""
    rng = np.random.default_rng(1)
    told = sum(
        not fit_hill(DOSES, 0.9 + rng.normal(0, 0.05, (DOSES.size, 3)), orientation="viability", profile=False).flat
        for _ in range(30)
    )
    assert told <= 6


def test_f_test_by_hand() -> None:
    y = noisy(4)
    fit = fit_hill(DOSES, y, orientation="viability")
    rss_flat = np.sum((y - y.mean()) ** 2)
    expected = f.sf((rss_flat - fit.rss) / 3 / (fit.rss / (y.size - 4)), 3, y.size - 4)
    assert fit.flat_p == pytest.approx(expected)
    assert fit.dof == y.size - 4


@pytest.mark.parametrize(
    ("doses", "message"),
    [
        ([1.0, 1.0, 1.0], "1 dose above zero"),
        ([0.0, 1.0, 1.0], "1 dose above zero and an untreated control"),
        ([0.0, 0.0, 0.0], "no dose above zero"),
        ([], "no measurement is left"),
        ([0.0, 1.0, 2.0], "at least four levels"),
    ],
)
def test_too_few_doses_is_a_failed_fit(doses: list[float], message: str) -> None:
    fit = fit_hill(doses, [1.0, 0.6, 0.4][: len(doses)], orientation="viability")
    assert not fit.converged
    assert message in fit.message
    assert fit.ec50 is Limit.NONE
    assert np.all(np.isnan(fit.predict([1.0, 2.0])))
    assert np.isnan(fit.e0)


def test_four_levels_fit_without_intervals() -> None:
    c = [0.0, 0.1, 1.0, 10.0]
    fit = fit_hill(c, alive(np.array(c), 1.0, 0.0, 0.7, 1.3), orientation="viability")
    assert fit.converged
    assert fit.dof == 0
    assert fit.intervals == {}
    assert "no intervals" in fit.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effect": np.full(11, np.nan)}, "11 of 11 effects are NaN"),
        ({"effect": np.linspace(100, 10, 11)}, "scale='percent'"),
        ({"effect": np.linspace(1, 0.1, 11), "scale": "percent"}, "scale='fraction'"),
        ({"effect": np.ones(4)}, "shape"),
        ({"doses": -DOSES}, "not negative"),
        ({"doses": np.where(DOSES == 0, np.nan, DOSES)}, "finite"),
        ({"orientation": "viable"}, "orientation must be one of"),
        ({"weights": np.ones(3)}, "weights have shape"),
        ({"weights": -np.ones(11)}, "weights must be"),
        ({"failed": [True]}, "failed has shape"),
        ({"doses": ["low", "high"], "effect": [1.0, 0.5]}, "doses must be numbers"),
        ({"effect": 1 - alive(DOSES)}, "is the effect inhibition"),
        ({"effect": np.zeros(11)}, "untreated control has viability 0"),
    ],
)
def test_input_that_cannot_be_meant_is_refused(change: dict[str, object], message: str) -> None:
    values: dict[str, object] = {"doses": DOSES, "effect": alive(DOSES), "orientation": "viability", **change}
    with pytest.raises(FitError, match=message):
        fit_hill(values.pop("doses"), values.pop("effect"), **values)  # type: ignore[arg-type]


def test_declared_failures_are_left_out() -> None:
    y = noisy(7)
    holed = y.copy()
    holed[3, 1] = np.nan
    kept = np.ones(y.shape, dtype=bool)
    kept[3, 1] = False
    fit = fit_hill(DOSES, holed, orientation="viability", failed=np.isnan(holed))
    rows = fit_hill(np.repeat(DOSES, 3)[kept.ravel()], y[kept], orientation="viability")
    assert number(fit.ec50) == pytest.approx(number(rows.ec50), rel=1e-9)


def test_weights_are_replicates() -> None:
    y = noisy(8, 1)[:, 0]
    weights = np.where(np.arange(y.size) % 2 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(y.size), weights.astype(int))
    one = fit_hill(DOSES, y, orientation="viability", weights=weights, profile=False)
    other = fit_hill(DOSES[twice], y[twice], orientation="viability", profile=False)
    assert number(one.ec50) == pytest.approx(number(other.ec50), rel=1e-8)
    assert one.h == pytest.approx(other.h, rel=1e-8)
    scaled = fit_hill(DOSES, y, orientation="viability", weights=1e6 * weights, profile=False)
    assert scaled.intervals["e0"].low == pytest.approx(one.intervals["e0"].low)


def test_predict_and_inverse_undo_each_other_and_never_extrapolate() -> None:
    fit = fit_hill(DOSES, alive(DOSES), orientation="viability")
    inner = np.geomspace(0.01, 10.0, 23)
    np.testing.assert_allclose(fit.predict(inner), alive(inner), rtol=1e-9)
    np.testing.assert_allclose(fit.inverse(fit.predict(inner)), inner, rtol=1e-6)
    assert fit.predict(0.0) == pytest.approx(1.0)
    at_100 = float(fit.predict(100.0))
    assert np.isnan(fit.inverse(at_100))
    dose, beyond = fit.extrapolate([at_100, 0.5, 0.05, 1.2])
    assert dose[0] == pytest.approx(100.0, rel=1e-4)
    assert beyond.tolist() == [True, False, False, False]
    assert np.isnan(dose[2:]).all()
    with pytest.raises(FitError, match="negative dose"):
        fit.predict(-1.0)


def test_area_is_the_mean_over_log_dose() -> None:
    theta = np.array([0.02, 0.9, 0.3, np.log(2.2)])
    x = np.linspace(-3.0, 4.0, 200_001)
    assert area(theta, -3.0, 4.0) == pytest.approx(np.trapezoid(curve(theta, x), x) / 7.0, rel=1e-9)
    fit = fit_hill(DOSES, alive(DOSES), orientation="viability")
    assert fit.auc == pytest.approx(fit.auc_data, abs=2e-3)
    percent = fit_hill(DOSES, 100 * alive(DOSES), orientation="viability", scale="percent")
    assert percent.auc == pytest.approx(100 * fit.auc)


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 2.0, 7.0])
def test_a_threshold_is_found_between_its_doses_wherever_it_lies(place: float) -> None:
    first = int(np.searchsorted(DOSES, place))
    fit = fit_hill(DOSES, (np.arange(DOSES.size) < first).astype(float), orientation="viability")
    assert fit.converged
    assert DOSES[first - 1] < number(fit.ec50) < DOSES[first]


def test_an_interval_of_the_slope_ends_where_no_steeper_one_is_tried() -> None:
    """Three wells a dose, noise of 0.03: by the t-distribution the slope goes up to a thousand, which says nothing."""
    doses = np.repeat(np.geomspace(0.01, 100.0, 9), 3)
    effect = 1.0 / (1.0 + doses**6) + np.random.default_rng(1).normal(0.0, 0.03, doses.size)
    fit = fit_hill(doses, effect, orientation="viability")
    assert fit.intervals["h"].high > HillBounds().slope[1]
    (between,) = (row[2] for row in fit.rows() if row[0] == "h")
    assert between == f"{fit.intervals['h'].low:.4g} to >= 8"
    shallow = fit_hill(doses, 1.0 / (1.0 + doses), orientation="viability")
    assert ">=" not in "".join(row[2] for row in shallow.rows())


def test_a_threshold_rests_on_the_bound_of_the_slope_and_says_so() -> None:
    fit = fit_hill(DOSES, np.where(DOSES < 0.5, 1.0, 0.0), orientation="viability")
    assert fit.converged
    assert "h" in fit.at_bound
    assert "h" not in fit.intervals
    assert "upper bound 8" in fit.message
    assert 0.2 < number(fit.ec50) < 1.0
    wide = fit_hill(
        DOSES, alive(DOSES, 1.0, 0.0, 0.4, 12.0), orientation="viability", bounds=HillBounds(slope=(0.3, 30.0))
    )
    assert wide.h == pytest.approx(12.0, rel=1e-4)
    assert ">=" not in "".join(row[2] for row in wide.rows())


def test_a_signal_needs_no_scale() -> None:
    """Any readout that rises and levels off: EC50 the same, no IC50, and no check against 0 to 1."""
    y = 500.0 + 4000.0 * (1 - alive(DOSES, 1.0, 0.0))
    fit = fit_hill(DOSES, y, orientation="signal")
    assert number(fit.ec50) == pytest.approx(0.4)
    assert (fit.e0, fit.einf) == (pytest.approx(500.0), pytest.approx(4500.0))
    assert fit.ic50 is Limit.NONE
    assert fit_hill(DOSES, np.full(11, 3.0e5) + 1e-3 * np.sin(DOSES), orientation="signal").flat


def test_tables_hold_limits_as_words() -> None:
    fit = fit_hill(DOSES, alive(DOSES, 1.0, 0.7), orientation="viability")
    rows = {row[0]: row for row in fit.rows()}
    assert rows["ic50"][1] == "> max dose"
    assert "&gt; max dose" in fit._repr_html_()
    assert isinstance(fit, HillFit)


def test_fits_do_not_depend_on_the_order_of_the_rows() -> None:
    y = noisy(9, 1)[:, 0]
    order = np.random.default_rng(0).permutation(y.size)
    one, other = fit_hill(DOSES, y, orientation="viability"), fit_hill(DOSES[order], y[order], orientation="viability")
    assert number(one.ec50) == pytest.approx(number(other.ec50), rel=1e-9)


def test_any_data_give_an_answer() -> None:
    """Pure noise, with and without replicates: a fit or a failed fit, never a warning or a crash."""
    rng = np.random.default_rng(0)
    for k in range(30):
        y = rng.uniform(-0.2, 1.2, (DOSES.size, 1 + k % 3))
        y[0] = 0.8
        fit = fit_hill(DOSES, y, orientation="viability", profile=k < 6)
        assert fit.converged
        assert fit.flat == (fit.flat_p >= 0.05)
        assert np.all(np.isfinite(fit.predict(DOSES)))
        for name, interval in fit.intervals.items():
            assert interval.low <= number(getattr(fit, name)) <= interval.high
