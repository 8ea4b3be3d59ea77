"""Many Hill and GR curves at once are the curves that are fitted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis import HillFit, Limit, fit_gr, fit_hill
from redoxsim.analysis.gr import GrFit
from redoxsim.analysis.hill_rows import PARAMETERS, gr_rows, hill_rows
from redoxsim.errors import FitError

DOSES = np.concatenate([[0.0], np.geomspace(0.01, 10.0, 9)])


def curves(count: int = 40) -> np.ndarray:
    """Viability of curves that rise, hardly rise, are flat, or lie beyond the doses; half of them with noise."""
    rng = np.random.default_rng(4)
    ec50, slope = 10 ** rng.uniform(-2.5, 1.2, count), rng.uniform(0.5, 5.0, count)
    top = rng.uniform(0.2, 1.0, count) * (np.arange(count) % 10 > 0)
    with np.errstate(divide="ignore"):
        effects = 1.0 - top[:, None] / (1.0 + (ec50[:, None] / DOSES) ** slope[:, None])
    return effects + rng.normal(0.0, 0.01, effects.shape) * (np.arange(count) % 2)[:, None]


def number(fit: HillFit | GrFit, key: str) -> float:
    value = getattr(fit, key)
    return {Limit.ABOVE: np.inf, Limit.BELOW: 0.0}.get(value, np.nan) if isinstance(value, Limit) else float(value)


@pytest.mark.parametrize("orientation", ["viability", "inhibition", "signal"])
def test_rows_are_the_single_fits(orientation: str) -> None:
    effects = {"viability": curves(), "inhibition": 1.0 - curves(), "signal": 40.0 * curves() + 3.0}[orientation]
    found = hill_rows(DOSES, effects, orientation=orientation)  # type: ignore[arg-type]
    each = [
        fit_hill(DOSES, one, orientation=orientation, profile=False, margin=np.inf)  # type: ignore[arg-type]
        for one in effects
    ]
    settled = np.array([one.converged for one in each])
    assert settled.sum() > 35
    for key in PARAMETERS:
        expected = np.array([number(one, key) for one in each])
        np.testing.assert_allclose(found[key][settled], expected[settled], rtol=1e-5, atol=1e-8, err_msg=key)
    assert np.isnan(found["ec50"]).any(), "some are flat"


def test_gr_rows_are_the_single_fits() -> None:
    values = 2.0 * curves()[:, 1:] - 1.0
    values = np.maximum(values, -1.0)
    found = gr_rows(DOSES[1:], values)
    each = [fit_gr(DOSES[1:], 1.0 + one, start=1.0, control=2.0, draws=0) for one in values]
    for key in ("gr50", "gec50", "grinf", "h", "grmax", "graoc"):
        expected = [number(one, key) for one in each]
        np.testing.assert_allclose(found[key], expected, rtol=1e-5, atol=1e-8, err_msg=key)


def test_too_few_doses_carry_no_curve() -> None:
    assert np.isnan(hill_rows([0, 1, 2], np.ones((3, 3)), orientation="viability")["ec50"]).all()
    found = gr_rows([1.0, 2.0], [[1.0, 0.0]])
    assert np.isnan(found["gr50"][0])
    assert found["graoc"][0] == pytest.approx(0.5)


def test_input_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(FitError, match="different from one another"):
        hill_rows([0, 1, 1, 2], np.ones((2, 4)), orientation="viability")
    with pytest.raises(FitError, match="shape"):
        hill_rows([0, 1, 2, 3], np.ones(4), orientation="viability")
    with pytest.raises(FitError, match="finite"):
        hill_rows([0, 1, 2, 3], np.full((1, 4), np.nan), orientation="viability")
    with pytest.raises(FitError, match="increasing"):
        gr_rows([0.0, 1.0], [[1.0, 0.5]])
