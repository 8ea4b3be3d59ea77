"""Tables: heads with units, exact numbers, every format and back."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import redoxsim
from redoxsim.errors import DesignError, ReadError
from redoxsim.report import tables
from redoxsim.report.files import OutputExists
from redoxsim.report.toml import to_toml

AWKWARD = [
    0.1,
    1.0 / 3.0,
    5e-324,
    1.7976931348623157e308,
    -0.0,
    0.30000000000000004,
    float("nan"),
    float("inf"),
    -float("inf"),
]


def same(a: object, b: object) -> bool:
    return np.asarray(a, dtype=float).tobytes() == np.asarray(b, dtype=float).tobytes()


def test_dataset_becomes_rows_with_units_and_hours(course) -> None:
    text = tables.to_csv(course(1, 1).isel(time=[0, 1]))
    head, first, second = text.splitlines()
    assert head == "time [h],H2O2_c [uM],H2O2_m [uM],Trx1_red,GSH_c [uM],viability"
    assert first.startswith("0.0,")
    assert second.split(",")[0] == "0.5"


def test_grid_is_tidy_in_the_order_of_its_axes(surface_data) -> None:
    found = tables.table(surface_data(doses=2))
    assert found.heads == ["auranofin [uM]", "bso [uM]", "viability"]
    assert len(found) == 9
    assert list(found["bso"][:3]) == [0.0, 1.0, 1000.0]
    assert same(found["viability"], np.asarray(surface_data(doses=2)["viability"]).ravel())


def test_scalar_results_are_one_row() -> None:
    found = tables.table(
        xr.Dataset({"viability": ((), 0.5, {"units": "1"})}, coords={"time": ((), 7200.0, {"units": "s"})})
    )
    assert dict(zip(found.heads, next(iter(found.rows())), strict=True)) == {"time [h]": 2.0, "viability": 0.5}


@pytest.mark.parametrize("ending", ["csv", "json", "nc"])
def test_numbers_come_back_to_the_last_bit(tmp_path: Path, ending: str) -> None:
    made = tables.Table(
        {"x": np.array(AWKWARD), "n": [*range(8), 2**53], "word": [*"abcdefgh", 'i, "j"\nk']}, {"x": "uM"}
    )
    path = tables.write(made, tmp_path / f"a.{ending}")
    back = tables.read(path)
    assert same(back["x"], AWKWARD)
    assert list(np.asarray(back["n"])) == [*range(8), 2**53]
    assert [str(w) for w in np.asarray(back["word"])] == [*"abcdefgh", 'i, "j"\nk']
    units = back.units if isinstance(back, tables.Table) else {n: back[n].attrs.get("units", "") for n in back}
    assert units["x"] == "uM"


@settings(derandomize=True, deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_any_float_survives_csv_and_json(values: list[float]) -> None:
    made = tables.Table({"x": values})
    assert same(tables.from_csv(tables.to_csv(made))["x"], values)
    assert same(tables.from_json(tables.to_json(made))["x"], values)


def test_json_says_what_it_is_and_is_strict_json(course) -> None:
    data = course(1, 1).isel(time=[0, 1])
    data["GSH_c"][0] = np.nan
    data.attrs["provenance"] = {"seed": np.int64(1)}
    content = json.loads(tables.to_json(data), parse_constant=pytest.fail)
    assert (content["schema"], content["redoxsim"]) == ("redoxsim/table/2", redoxsim.__version__)
    assert next(iter(content["units"])) == "time"
    assert content["units"]["GSH_c"] == "uM"
    assert [row["GSH_c"] for row in content["rows"]] == [None, float(data["GSH_c"][1])]
    assert content["about"] == {"provenance": {"seed": 1}}


def test_attributes_kept_as_text_for_netcdf_are_whole_in_json(course) -> None:
    data = course(1, 1).isel(time=[0])
    data.attrs["axes"] = '["time"]'
    data.attrs["title"] = "[not JSON"
    content = json.loads(tables.to_json(data))
    assert content["about"] == {"axes": ["time"], "title": "[not JSON"}
    assert tables.from_json(tables.to_json(data)).attrs == content["about"]


def test_a_table_without_rows_keeps_its_columns() -> None:
    back = tables.from_json(tables.to_json(tables.Table({"a": [], "b": []}, {"b": "uM"})))
    assert (list(back.columns), back.units, len(back)) == (["a", "b"], {"a": "", "b": "uM"}, 0)


def test_netcdf_keeps_the_dataset_and_does_not_touch_it(tmp_path: Path, surface_data) -> None:
    data = surface_data(doses=2)
    data["status"] = (data["viability"].dims, np.full((3, 3), "OK", dtype=object))
    data.attrs.update(provenance={"a": [1, 2]}, done=True, nothing=None)
    before = {name: dict(data[name].attrs) for name in data.variables}, dict(data.attrs)
    path = tables.write(data, tmp_path / "a.nc")
    assert ({name: dict(data[name].attrs) for name in data.variables}, dict(data.attrs)) == before
    back = tables.read(path)
    xr.testing.assert_equal(back["viability"], data["viability"])
    assert back["auranofin"].attrs["units"] == "uM"
    assert str(back["status"].values[0, 0]) == "OK"
    assert json.loads(back.attrs["provenance"]) == {"a": [1, 2]}


@pytest.mark.parametrize("ending", ["csv", "json", "nc", "txt"])
def test_same_table_twice_gives_same_bytes(tmp_path: Path, surface_data, ending: str) -> None:
    made = [tables.write(surface_data(doses=3), tmp_path / f"{i}.{ending}").read_bytes() for i in range(2)]
    assert made[0] == made[1]


def test_text_table_is_aligned() -> None:
    made = tables.Table({"agent": ["auranofin", "bso"], "ec50": [1.0925, 42.0]}, {"ec50": "uM"})
    assert tables.render(made, "table").splitlines() == [
        "agent      ec50 [uM]",
        "---------  ---------",
        "auranofin     1.0925",
        "bso               42",
    ]


def test_dataframe_and_rows_as_input() -> None:
    frame = pd.DataFrame({"time [h]": [0.0, 1.0], "GSH_c [uM]": [5.0, 4.0]})
    found = tables.table(frame)
    assert (list(found.columns), found.units["GSH_c"]) == (["time", "GSH_c"], "uM")
    assert list(found.frame().columns) == ["time [h]", "GSH_c [uM]"]
    rows = tables.table([{"row": 0, "ok": True}, {"row": 1, "ok": False, "why": "singular"}])
    assert tables.to_csv(rows) == "row,ok,why\n0,true,\n1,false,singular\n"
    assert list(tables.from_csv(tables.to_csv(rows))["ok"]) == [True, False]


def test_refusals(tmp_path: Path, surface_data) -> None:
    data = surface_data(doses=2)
    tables.write(data, tmp_path / "a.csv")
    with pytest.raises(OutputExists):
        tables.write(data, tmp_path / "a.csv")
    with pytest.raises(DesignError, match=r"no output format 'cvs'.*csv"):
        tables.write(data, tmp_path / "a.cvs")
    with pytest.raises(DesignError, match="needs an ending"):
        tables.write(data, tmp_path / "a")
    with pytest.raises(DesignError, match="netCDF cannot be shown"):
        tables.render(data, "nc")
    with pytest.raises(DesignError, match="cannot make a table"):
        tables.table(3.0)
    with pytest.raises(DesignError, match=r"no column 'viabilty'.*viability"):
        tables.table(data)["viabilty"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "a,b\n1\n"), ("a.csv", ""), ("a.csv", "a,a [uM]\n1,2\n"),
     ("a.json", "{}"), ("a.json", "{"), ("a.nc", "no")],
)  # fmt: skip
def test_broken_files_are_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ReadError, match=r"a\.(csv|json|nc).*not a table"):
        tables.read(tmp_path / name)
    with pytest.raises(ReadError, match="no such file"):
        tables.read(tmp_path / "missing.csv")


WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
SIMPLE = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), WORDS)
SETTINGS = st.recursive(
    st.dictionaries(WORDS, SIMPLE | st.lists(SIMPLE, max_size=3), max_size=4),
    lambda inner: st.dictionaries(WORDS, SIMPLE | inner | st.lists(inner, max_size=3), max_size=4),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(SETTINGS)
def test_settings_read_back_as_they_were(content: dict[str, object]) -> None:
    assert tomllib.loads(to_toml(content)) == content


def test_settings_leave_out_nothing_but_none_and_refuse_the_rest() -> None:
    written = to_toml({"a": None, "b": np.float64(0.1), "c": (1, 2), "d": Path("x")})
    assert tomllib.loads(written) == {"b": 0.1, "c": [1, 2], "d": "x"}
    with pytest.raises(DesignError, match=r"'run\.solver'.*object"):
        to_toml({"run": {"solver": object()}})


def test_what_holds_a_dataset_counts_as_one(tmp_path: Path, surface_data) -> None:
    class Results:
        dataset = surface_data(doses=2)

    assert tables.to_csv(Results()) == tables.to_csv(Results.dataset)
    xr.testing.assert_equal(tables.read(tables.write(Results(), tmp_path / "a.nc")), Results.dataset)
