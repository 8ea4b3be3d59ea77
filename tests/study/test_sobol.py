"""Our own Sobol points against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from redoxsim.study import sobol


@pytest.mark.parametrize("dimensions", [1, 2, 3, 7, 15, 31, sobol.DIMENSIONS, sobol.DIMENSIONS + 1])
@pytest.mark.parametrize(("n", "seed"), [(1, 0), (2, 1), (16, 1), (1024, 5)])
def test_bits_are_those_of_scipy(dimensions: int, n: int, seed: int) -> None:
    expected = qmc.Sobol(d=dimensions, scramble=True, rng=np.random.default_rng(seed)).random(n)
    got = sobol.points(n, dimensions, np.random.default_rng(seed))
    assert got.dtype == expected.dtype
    assert np.array_equal(got, expected)


def test_the_generator_is_left_where_scipy_leaves_it() -> None:
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    qmc.Sobol(d=5, scramble=True, rng=one).random(8)
    sobol.points(8, 5, other)
    assert one.spawn(1)[0].random() == other.spawn(1)[0].random()
    assert one.random() == other.random()
