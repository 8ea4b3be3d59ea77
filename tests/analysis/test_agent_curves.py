"""Single-agent curves: the dose alone for an effect, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from redoxsim.analysis.agent_curves import FittedCurve, InterpolatedCurve, why_undefined

DOSES = np.r_[0.0, np.geomspace(0.05, 20.0, 25)]


@pytest.mark.parametrize("kind", [InterpolatedCurve, FittedCurve])
def test_tested_doses_find_themselves(kind: type, hill: Callable[..., np.ndarray]) -> None:
    effect = hill(DOSES, 1.0, 1.6, 0.9)
    curve = kind("af", DOSES, effect)
    np.testing.assert_allclose(curve.inverse(effect[1:]), DOSES[1:], rtol=1e-6)
    assert curve.top == pytest.approx(effect[-1])


@pytest.mark.parametrize("kind", [InterpolatedCurve, FittedCurve])
def test_between_doses_the_inverse_is_close_and_beyond_it_is_undefined(
    kind: type, hill: Callable[..., np.ndarray]
) -> None:
    curve = kind("af", DOSES, hill(DOSES, 1.0, 1.6, 0.9))
    inner = np.geomspace(0.06, 19.0, 101)
    np.testing.assert_allclose(curve.inverse(hill(inner, 1.0, 1.6, 0.9)), inner, rtol=2e-3)
    assert np.isnan(curve.inverse(np.array([0.0, -0.1, curve.top + 1e-6, 0.95, np.nan]))).all()
    assert "reaches 0.893 at most" in why_undefined(curve, 0.95)
    assert "no more than untreated" in why_undefined(curve, -0.1)


def test_interpolation_equals_scipys_monotone_cubic(hill: Callable[..., np.ndarray]) -> None:
    from scipy.interpolate import PchipInterpolator

    doses = DOSES[::4]
    effect = hill(doses, 1.0, 2.5, 0.9)
    curve = InterpolatedCurve("af", doses, effect)
    forward = PchipInterpolator(np.log(doses[1:]), effect[1:])
    wanted = np.linspace(effect[1], effect[-1], 57)
    np.testing.assert_allclose(forward(np.log(curve.inverse(wanted))), wanted, atol=1e-12)


def test_below_the_smallest_dose_the_curve_is_a_line_in_dose() -> None:
    curve = InterpolatedCurve("af", np.array([0.0, 2.0, 4.0, 8.0]), np.array([0.1, 0.3, 0.5, 0.6]))
    assert curve.inverse(np.array([0.2]))[0] == pytest.approx(1.0)
    assert curve.inverse(np.array([0.15]))[0] == pytest.approx(0.5)


def test_a_plateau_gives_its_smallest_dose() -> None:
    curve = InterpolatedCurve("af", np.array([0.0, 1.0, 2.0, 4.0, 8.0]), np.array([0.0, 0.2, 0.5, 0.5, 0.5]))
    assert curve.inverse(np.array([0.5]))[0] == pytest.approx(2.0)


def test_effects_that_fall_are_pooled_and_this_is_said() -> None:
    curve = InterpolatedCurve("af", np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 0.4, 0.2, 0.6]))
    assert curve.remark == "af alone is not monotone; pooling moved its effects by up to 0.1"
    assert curve.inverse(np.array([0.3]))[0] == pytest.approx(1.0)


def test_curves_that_cannot_be_used_say_why() -> None:
    three = np.array([0.0, 1.0, 2.0])
    assert "only 2 of the 3 doses" in InterpolatedCurve("af", three, np.array([0.0, 0.3, 0.5])).problem
    four = np.array([0.0, 1.0, 2.0, 4.0])
    assert (
        "no value for its untreated control" in InterpolatedCurve("af", four, np.array([np.nan, 0.3, 0.5, 0.6])).problem
    )
    assert "no effect in this direction" in InterpolatedCurve("af", four, np.array([0.0, -0.1, -0.2, -0.3])).problem
    assert "flat line" in FittedCurve("af", four, np.zeros(4)).problem
    assert "does not act in the direction" in FittedCurve("af", DOSES, -0.2 * DOSES / (1 + DOSES)).problem
    assert np.isnan(FittedCurve("af", four, np.zeros(4)).inverse(np.array([0.3]))).all()


def test_failed_doses_are_bridged_and_this_is_said(hill: Callable[..., np.ndarray]) -> None:
    effect = hill(DOSES)
    effect[10] = np.nan
    curve = InterpolatedCurve("af", DOSES, effect)
    assert "1 failed doses of af alone are bridged" in curve.remark
    assert curve.inverse(hill(DOSES[10:11]))[0] == pytest.approx(DOSES[10], rel=0.01)
