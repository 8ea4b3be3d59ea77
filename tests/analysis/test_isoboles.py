"""Isoboles: dose pairs of one effect, never beyond the tested doses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from redoxsim.analysis import EffectGrid, isobole
from redoxsim.errors import DesignError

DENSE = np.r_[0.0, np.geomspace(0.05, 20.0, 25)]


def grid_of(affected: np.ndarray, failed: np.ndarray | None = None) -> EffectGrid:
    return EffectGrid(
        DENSE, DENSE, affected, orientation="inhibition", scale="fraction", agents=("af", "bso"), failed=failed
    )


@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_an_agent_with_itself_lies_on_the_line(level: float, hill: Callable[..., np.ndarray]) -> None:
    line = isobole(grid_of(hill(DENSE[:, None] + DENSE[None, :], 1.0, 1.6)), affected=level)
    assert line.complete
    assert line.alone == (pytest.approx((level / (1 - level)) ** (1 / 1.6), rel=1e-3),) * 2
    np.testing.assert_allclose(line.normalised().sum(axis=1), 1.0, atol=2e-3)
    assert len(line.points) > 15
    assert np.all(np.diff(line.points[:, 0]) <= 1e-9)


def test_points_have_the_effect_asked_for(hill: Callable[..., np.ndarray]) -> None:
    a, b = hill(DENSE, 1.0, 1.5, 0.9), hill(DENSE, 4.0, 1.1, 0.8)
    line = isobole(grid_of(1 - np.outer(1 - a, 1 - b)), affected=0.6)
    x, y = line.points.T
    effect = 1 - (1 - hill(x, 1.0, 1.5, 0.9)) * (1 - hill(y, 4.0, 1.1, 0.8))
    np.testing.assert_allclose(effect, 0.6, atol=2e-3)
    assert x.min() > 0
    assert y.min() > 0
    assert max(x.max(), y.max()) <= 20.0


def test_what_is_not_reached_is_said(hill: Callable[..., np.ndarray]) -> None:
    a, b = hill(DENSE, 1.0, 1.5, 0.9), hill(DENSE, 4.0, 1.1, 0.3)
    line = isobole(grid_of(1 - np.outer(1 - a, 1 - b)), affected=0.5)
    assert np.isnan(line.alone[1])
    assert not line.complete
    assert "bso alone: reaches 0.256 at most, not 0.5" in line.note
    assert np.isnan(line.normalised()[:, 1]).all()
    none = isobole(grid_of(0.1 * np.outer(a, b)), affected=0.5)
    assert none.points.shape == (0, 2)
    assert "no combination crosses 0.5" in none.note
    with pytest.raises(DesignError, match="strictly between 0 and 1"):
        isobole(grid_of(np.outer(a, b)), affected=50.0)


def test_lines_with_failed_cells_are_left_out(hill: Callable[..., np.ndarray]) -> None:
    affected = hill(DENSE[:, None] + DENSE[None, :])
    failed = np.zeros(affected.shape, dtype=bool)
    failed[5, 7] = True
    whole, holed = isobole(grid_of(affected)), isobole(grid_of(affected, failed))
    assert holed.note == "2 lines with failed cells left out"
    assert len(holed.points) == len(whole.points) - 2
