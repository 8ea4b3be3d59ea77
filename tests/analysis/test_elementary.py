"""Elementary effects: a linear function, what failed solves take, agreement with SALib."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis.elementary import effects, morris
from redoxsim.errors import DesignError

WALKS, FACTORS = 12, 5
SLOPES = np.array([3.0, -2.0, 0.0, 0.5, 7.0])


def walks(seed: int = 3) -> np.ndarray:
    draw = np.random.default_rng(seed)
    points = []
    for _ in range(WALKS):
        point = draw.uniform(0.0, 0.5, FACTORS)
        points.append(point.copy())
        for factor in draw.permutation(FACTORS):
            point[factor] += 0.5
            points.append(point.copy())
    return np.array(points)


def test_a_linear_function_gives_its_slopes() -> None:
    points = walks()
    found = morris(effects(points, points @ SLOPES + 1.0), level=0.95, seed=1)
    np.testing.assert_allclose(found.mu_star, np.abs(SLOPES), atol=1e-12)
    np.testing.assert_allclose(found.mu, SLOPES, atol=1e-12)
    np.testing.assert_allclose(found.sigma, 0.0, atol=1e-12)
    assert (found.left == WALKS).all()


def test_a_failed_value_takes_the_two_steps_that_touch_it() -> None:
    points = walks()
    values = points @ SLOPES
    values[2] = values[FACTORS + 1] = np.nan  # inside the first walk, and the start of the second
    each = effects(points, values)
    assert np.isnan(each[0]).sum() == 2
    assert np.isnan(each[1]).sum() == 1
    assert np.isfinite(each[2:]).all()
    np.testing.assert_allclose(morris(each, level=0.95, seed=1).mu, SLOPES, atol=1e-12)


def test_a_factor_with_one_effect_left_has_no_number() -> None:
    each = np.full((4, 2), np.nan)
    each[:, 0], each[0, 1] = (1.0, 2.0, 3.0, 4.0), 5.0
    found = morris(each, level=0.95, seed=1)
    assert found.mu_star[0] == 2.5
    assert np.isnan([found.mu_star[1], found.half[1], found.mu[1], found.sigma[1]]).all()
    assert list(found.left) == [4, 1]


def test_points_that_are_no_walk_are_refused() -> None:
    with pytest.raises(DesignError, match="no walks"):
        effects(np.zeros((4, 2)), np.zeros(4))
    with pytest.raises(DesignError, match="along each factor once"):
        effects([[0.0, 0.0], [0.5, 0.5], [0.5, 0.0]], np.zeros(3))


def test_it_agrees_with_salib() -> None:
    pytest.importorskip("SALib")
    from SALib.analyze.morris import analyze
    from SALib.sample.morris import sample

    problem = {"num_vars": FACTORS, "names": list("abcde"), "bounds": [[0.0, 1.0]] * FACTORS}
    points = sample(problem, 40, num_levels=4, seed=5)
    values = np.sin(3.0 * points @ SLOPES) + points[:, 0] * points[:, 1]
    theirs = analyze(problem, points, values, num_levels=4, conf_level=0.95, seed=1, scaled=False)
    mine = morris(effects(points, values), level=0.95, seed=1)
    for name in ("mu_star", "mu", "sigma"):
        np.testing.assert_allclose(getattr(mine, name), np.asarray(theirs[name], dtype=float), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(mine.half, np.asarray(theirs["mu_star_conf"], dtype=float), rtol=0.3, atol=0.02)
