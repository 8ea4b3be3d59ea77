"""Designs, output times and populations: what the rows of a study are made from."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim import network, units
from redoxsim.errors import DesignError, UnitError
from redoxsim.study import population
from redoxsim.study.design import Axis, Design
from redoxsim.study.times import output_times


def test_product_and_zip(toy: network.Network) -> None:
    product = Design.product({"E1": [1.0, 2.0], "k_use": [3.0, 4.0, 5.0]})
    assert product.shape == (2, 3)
    assert product.dims == ("E1", "k_use")
    columns = product.columns(toy)
    assert columns["E1"].tolist() == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    assert columns["k_use"].tolist() == [3.0, 4.0, 5.0, 3.0, 4.0, 5.0]
    zipped = Design.zip({"E1": [1.0, 2.0], "k_use": [3.0, 4.0]})
    assert zipped.dims == ("point",)
    assert zipped.columns(toy)["k_use"].tolist() == [3.0, 4.0]


def test_axis_units_become_the_models(toy: network.Network) -> None:
    design = Design.product({"S": "1nM..1uM:log:4", "v_in": units.lin("1 nM/s", "3 nM/s", 2)})
    columns = design.columns(toy)
    assert columns["S"][::2].tolist() == [0.001, 0.01, 0.1, 1.0]
    assert columns["v_in"][:2].tolist() == [0.001, 0.003]


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        ({"S": "1h..3h:lin:3"}, UnitError, "axis 'S'.*concentration"),
        ({"S": []}, DesignError, "no values"),
        ({"S": [1.0, float("nan")]}, DesignError, "finite"),
        ({}, DesignError, "at least one axis"),
        ({"time": [1.0]}, DesignError, "name of a dimension"),
        ([Axis.of("S", [1.0]), Axis.of("S", [2.0])], DesignError, "twice"),
    ],
)
def test_bad_axes(toy: network.Network, axes: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Design.product(axes).columns(toy)  # type: ignore[arg-type]


def test_zip_needs_equal_lengths() -> None:
    with pytest.raises(DesignError, match="A 2, B 3"):
        Design.zip({"A": [1, 2], "B": [1, 2, 3]})


def test_output_times() -> None:
    assert output_times(until="2 h", every="30min").seconds.tolist() == [0.0, 1800.0, 3600.0, 5400.0, 7200.0]
    assert output_times(until="50min", every="20min").seconds.tolist() == [0.0, 1200.0, 2400.0, 3000.0]
    assert output_times(until="1h", every="30min", from_="-1h").seconds[0] == -3600.0
    assert output_times(until="0.3 h", every="0.1 h").seconds.tolist() == pytest.approx([0.0, 360.0, 720.0, 1080.0])
    assert output_times(at="48h,24h").seconds.tolist() == [86400.0, 172800.0]
    assert output_times(at="48h").single
    assert not output_times(at=["24h", "48h"]).single
    assert output_times(until="48h", only_end=True).single
    assert not output_times(times=[5.0]).single


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, DesignError),
        ({"until": "48h", "at": "48h"}, DesignError),
        ({"at": "48h", "every": "1h"}, DesignError),
        ({"until": "0h"}, DesignError),
        ({"until": "1h", "every": "0s"}, DesignError),
        ({"until": "1h", "every": "-1s"}, DesignError),
        ({"until": "1000d", "every": "1us"}, DesignError),
        ({"until": "48"}, UnitError),
        ({"until": 48.0}, UnitError),
        ({"times": "48h"}, UnitError),
        ({"at": []}, DesignError),
    ],
)
def test_bad_times(given: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        output_times(**given)  # type: ignore[arg-type]


def test_population_is_log_normal_with_median_one() -> None:
    found = population.cells(4096, {"A": 0.3, "B": 0.0}, seed=3)["A"]
    assert np.median(found) == pytest.approx(1.0, abs=2e-3)
    assert found.std() / found.mean() == pytest.approx(0.3, rel=0.02)
    assert np.all(population.cells(8, {"B": 0.0})["B"] == 1.0)


def test_sixteen_cells_spread_evenly() -> None:
    found = population.cells(16, {"A": 0.3, "B": 0.4, "C": 0.25})
    for gene, factors in found.items():
        assert np.sum(factors < 1.0) == 8, gene


def test_population_is_repeatable_and_nested() -> None:
    one, again = population.cells(16, {"A": 0.3}, seed=5), population.cells(16, {"A": 0.3}, seed=5)
    assert one["A"].tolist() == again["A"].tolist()
    assert population.cells(8, {"A": 0.3}, seed=5)["A"].tolist() == one["A"][:8].tolist()
    assert population.cells(16, {"A": 0.3}, seed=6)["A"].tolist() != one["A"].tolist()
    assert population.cells(1, {"A": 0.3})["A"].tolist() == [1.0]


def test_levels_do_not_depend_on_the_order_of_genes() -> None:
    one, other = population.cells(4, {"A": 0.3, "B": 0.4}), population.cells(4, {"B": 0.4, "A": 0.3})
    assert one["A"].tolist() == other["A"].tolist()


def test_draws_keep_to_their_ranges_with_the_value_as_median() -> None:
    ranges = {"k": (2.0, 0.1, 5.0), "e": (-150.0, -180.0, -120.0), "fixed": (1.0, 1.0, 1.0)}
    found = population.draws(256, ranges, seed=2)
    assert set(found) == {"k", "e"}
    for name, values in found.items():
        value, low, high = ranges[name]
        assert low <= values.min()
        assert values.max() <= high
        assert np.sum(values < value) == 128
    assert np.median(found["k"][found["k"] < 2.0]) == pytest.approx(np.sqrt(2.0 * 0.1), rel=0.02)
    assert population.draws(256, ranges, seed=2)["k"].tolist() == found["k"].tolist()
    assert population.draws(0, ranges) == {}
    with pytest.raises(DesignError, match="outside its range"):
        population.draws(2, {"k": (9.0, 1.0, 2.0)})


@pytest.mark.parametrize(("n", "cv"), [(0, {}), (-1, {}), (10**6, {}), (4, {"A": -0.1})])
def test_bad_populations(n: int, cv: dict[str, float]) -> None:
    with pytest.raises(DesignError):
        population.cells(n, cv)
