"""Arrays with named dimensions say what an xarray Dataset of the same content says."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from redoxsim.errors import DesignError
from redoxsim.study.arrays import Array, Arrays
from redoxsim.study.results import ResultSet


@pytest.fixture
def arrays() -> Arrays:
    values = np.arange(24.0).reshape(2, 3, 4)
    return Arrays(
        {
            "viability": Array(("dose", "time", "draw"), values, {"units": "1", "long_name": "viability"}),
            "status": Array(("dose",), np.array(["OK", "OK"], dtype=object)),
        },
        {
            "dose": Array(("dose",), np.array([0.0, 2.0]), {"units": "uM"}),
            "time": Array(("time",), np.array([0.0, 3600.0, 7200.0]), {"units": "s"}),
            "usable": Array(("draw",), np.array([True, False, True, True])),
            "level": Array((), np.asarray(0.5)),
        },
        {"kind": "dose-response", "axes": '["dose"]', "observables": '["viability"]'},
    )


def test_there_and_back(arrays: Arrays) -> None:
    again = Arrays.of(arrays.dataset())
    for group in ("data", "coords"):
        before, after = getattr(arrays, group), getattr(again, group)
        assert list(before) == list(after)
        for name, one in before.items():
            assert after[name].dims == one.dims
            np.testing.assert_array_equal(after[name].values, one.values)
            assert dict(after[name].attrs) == dict(one.attrs)
    assert dict(again.attrs) == dict(arrays.attrs)


def test_a_long_table_is_that_of_xarray(arrays: Arrays) -> None:
    found = arrays.columns()
    expected = arrays.dataset().to_dataframe(dim_order=["dose", "time", "draw"]).reset_index()
    assert list(found)[:3] == ["dose", "time", "draw"], "a dimension without places is counted"
    assert set(found) == set(expected.columns)
    for name, one in found.items():
        np.testing.assert_array_equal(one.values, expected[name].to_numpy())
    assert found["dose"].units == "uM"


@given(order=st.permutations(["dose", "time", "draw"]))
def test_rows_in_any_order_of_dimensions(order: list[str]) -> None:
    values = np.arange(24.0).reshape(2, 3, 4)
    data = Arrays({"y": Array(("dose", "time", "draw"), values), "z": Array(("time",), np.arange(3.0))}, {}, {})
    expected = data.dataset().to_dataframe(dim_order=order).reset_index()
    for name, one in data.columns(order).items():
        np.testing.assert_array_equal(one.values, expected[name].to_numpy())


def test_parts_and_reductions(arrays: Arrays) -> None:
    one, same = arrays["viability"], arrays.dataset()["viability"]
    np.testing.assert_array_equal(one.at({"time": 1, "nowhere": 3}).values, same.isel(time=1).values)
    np.testing.assert_array_equal(one.along("draw", "extra", "dose", "time")[:, 0], same.transpose("draw", ...).values)
    kept = np.array([0, 2, 3])
    middle = one.reduced("draw", np.median, kept)
    np.testing.assert_array_equal(middle.values, same.isel(draw=kept).median("draw").values)
    assert middle.dims == ("dose", "time")


def test_results_tell_the_same_from_either(arrays: Arrays) -> None:
    light, heavy = ResultSet(arrays), ResultSet(arrays.dataset())
    for at in ("0h", "2h"):
        xr.testing.assert_identical(light.series("viability", at), heavy.series("viability", at))
    with pytest.raises(DesignError, match="at which time"):
        light.series("viability")
    with pytest.raises(DesignError, match="'viabilty' was not observed"):
        light.array("viabilty")
    assert light.to_dataframe().equals(heavy.to_dataframe())


def test_what_is_changed_in_the_dataset_counts(arrays: Arrays) -> None:
    result = ResultSet(arrays)
    result.dataset["viability"] = result.dataset["viability"] * 2.0
    np.testing.assert_array_equal(result.array("viability").values, 2.0 * arrays["viability"].values)
