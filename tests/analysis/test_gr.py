"""GR values and metrics: values by hand, recovered curves, and designs that carry none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redoxsim.analysis import Limit, fit_gr, gr_values
from redoxsim.analysis.gr import _ends
from redoxsim.errors import FitError

DOSES = np.geomspace(0.01, 10.0, 9)


def counts(grinf: float, gec50: float, h: float, *, start: float = 100.0, control: float = 800.0) -> np.ndarray:
    """Live cells at the end that have exactly this GR curve."""
    gr = grinf + (1.0 - grinf) / (1.0 + (DOSES / gec50) ** h)
    return np.asarray(start * np.exp2(np.log2(1.0 + gr) * np.log2(control / start)))


def test_values_by_hand() -> None:
    # Three divisions untreated (100 to 800). Grown once, 200: 2^(1/3) - 1. Halved: 2^(-1/3) - 1. None left: -1.
    found = gr_values([800, 200, 100, 50, 0], start=[90, 110], control=800)
    np.testing.assert_allclose(found, [1.0, 2 ** (1 / 3) - 1, 0.0, 2 ** (-1 / 3) - 1, -1.0], atol=1e-15)


def test_gr_does_not_depend_on_the_number_of_divisions() -> None:
    """An agent that halves the growth rate has GR 2^0.5 - 1 whether cells divide once or four times."""
    for divisions in (1.0, 2.0, 4.0):
        live = 100.0 * 2 ** (0.5 * divisions)
        assert gr_values(live, start=100.0, control=100.0 * 2**divisions) == pytest.approx(2**0.5 - 1)


@settings(max_examples=10, deadline=None)
@given(
    grinf=st.floats(-0.9, 0.3), place=st.floats(0.1, 0.8), h=st.floats(0.6, 4.0), unit=st.sampled_from([1.0, 1e3, 1e-9])
)
def test_a_clean_curve_is_recovered_in_any_unit(grinf: float, place: float, h: float, unit: float) -> None:
    gec50 = float(DOSES[0] * (DOSES[-1] / DOSES[0]) ** place)
    fit = fit_gr(DOSES * unit, counts(grinf, gec50, h) * 7.0, start=700.0, control=5600.0)
    assert fit.converged
    assert not fit.flat
    np.testing.assert_allclose([fit.grinf, fit.h, fit.gec50 / unit], [grinf, h, gec50], rtol=1e-6, atol=1e-6)  # type: ignore[operator]
    gr50 = gec50 * (0.5 / (0.5 - grinf)) ** (1 / h)
    if gr50 > DOSES[-1]:
        assert fit.gr50 is Limit.ABOVE
    elif gr50 < DOSES[0]:
        assert fit.gr50 is Limit.BELOW
    else:
        assert fit.gr50 == pytest.approx(gr50 * unit, rel=1e-6)
    assert fit.grmax == pytest.approx(float(fit.predict(DOSES[-1] * unit)), abs=1e-9)
    x = np.log(DOSES)
    assert fit.graoc == pytest.approx(float(np.trapezoid(1 - fit.values, x) / np.ptp(x)))


def test_the_ends_of_an_interval_are_values_that_occurred() -> None:
    """Of 0 to 998 the middle 95% are 24 to 974; one of them that is infinite does not reach the end."""
    samples = np.arange(999.0)[:, None] * [1.0, 2.0]
    samples[998] = np.inf
    low, high = _ends(samples)
    assert (low.tolist(), high.tolist()) == ([24.0, 48.0], [974.0, 1948.0])


def test_intervals_of_replicates_hold_the_truth() -> None:
    truth = {"grinf": -0.3, "gec50": 0.4, "h": 1.5}
    clean = counts(**truth)
    exact = fit_gr(DOSES, clean, start=100.0, control=800.0)
    inside: dict[str, int] = {"grinf": 0, "gec50": 0, "h": 0, "gr50": 0, "grmax": 0, "graoc": 0}
    rounds = 24
    for seed in range(rounds):
        rng = np.random.default_rng(seed)
        live = clean[:, None] * np.exp(rng.normal(0, 0.08, (DOSES.size, 4)))
        fit = fit_gr(
            DOSES,
            live,
            start=100 * np.exp(rng.normal(0, 0.08, 6)),
            control=800 * np.exp(rng.normal(0, 0.08, 6)),
            draws=100,
        )
        assert set(fit.intervals) == set(inside)
        for name in inside:
            low, high = fit.intervals[name].low, fit.intervals[name].high
            inside[name] += low <= float(getattr(exact, name)) <= high
        assert np.all((fit.low <= fit.values) & (fit.values <= fit.high))
    # 95% asked; four wells resample to somewhat narrow intervals. Fewer than 18 of 24 has a chance of 1e-4 at 95%.
    assert all(18 <= n <= rounds for n in inside.values()), inside


def test_an_inert_agent_is_flat_and_a_weak_one_has_no_gr50() -> None:
    rng = np.random.default_rng(0)
    flat = fit_gr(DOSES, 800 * np.exp(rng.normal(0, 0.02, DOSES.size)), start=100.0, control=800.0)
    assert flat.flat
    assert (flat.gr50, flat.gec50) == (Limit.ABOVE, Limit.NONE)
    weak = fit_gr(DOSES, counts(0.7, 0.1, 1.0), start=100.0, control=800.0)
    assert weak.gr50 is Limit.ABOVE
    assert weak.gec50 == pytest.approx(0.1, rel=1e-5)
    late = fit_gr(DOSES, counts(-0.5, 40.0, 1.0), start=100.0, control=800.0)
    assert late.gec50 is Limit.ABOVE
    assert "above the tested doses" in late.message


def test_designs_that_carry_no_gr() -> None:
    with pytest.raises(FitError, match="needs untreated cells that grow"):
        gr_values([50.0], start=100.0, control=100.0)
    with pytest.raises(FitError) as caught:
        gr_values([50.0], start=800.0, control=100.0)
    assert caught.value.hint is not None
    assert "exchanged" in caught.value.hint
    with pytest.raises(FitError, match="can't be negative"):
        gr_values([-1.0], start=1.0, control=2.0)
    with pytest.raises(FitError, match="positive"):
        gr_values([1.0], start=0.0, control=2.0)
    one = fit_gr([0.0, 1.0], [800.0, 300.0], start=100.0, control=800.0)
    assert not one.converged
    assert one.message.startswith("1 dose above zero: a GR curve needs 4")
    told = dict(row[:2] for row in one.rows())
    assert told["GRAOC"] == told["GR50"] == "not reported"
    wells = fit_gr([1.0], [[300.0, 320.0]], start=100.0, control=[800.0, 790.0])
    assert set(wells.intervals) == {"grmax"}
    assert one.grmax == pytest.approx(float(gr_values(300.0, start=100.0, control=800.0)))
    with pytest.raises(FitError, match="not declared as failed"):
        fit_gr(DOSES, np.where(DOSES > 1, np.nan, 100.0), start=100.0, control=800.0)
    live = counts(-0.3, 0.4, 1.5)
    failed = DOSES[3] == DOSES
    holed = fit_gr(DOSES, np.where(failed, np.nan, live), start=100.0, control=800.0, failed=failed)
    assert holed.gec50 == pytest.approx(0.4, rel=1e-6)
    assert holed.doses.size == DOSES.size - 1
