"""Measured points of ``--data``: over every curve, with their error bars; what is not used is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redoxsim.errors import DesignError
from redoxsim.report.measured import read_points
from redoxsim.study.points import load_points

Command = Callable[..., Any]


@pytest.mark.parametrize(
    "verb",
    [
        ("scan", "gsh", "--axis", "GSR=0.5,1,2", "--until", "1h", "--observe", "GSH_c", "--cells", "1"),
        ("steady", "gsh", "--axis", "GSR=0.5,1,2", "--observe", "GSH_c"),
    ],
    ids=lambda words: words[0],
)
def test_points_lie_over_scans_and_sweeps(command: Command, tmp_path: Path, verb: tuple[str, ...]) -> None:
    data = tmp_path / "measured.csv"
    data.write_text("GSR,GSH_c [mM],sd,operator\n0.5,4.1,0.2,Ann\n2,4.6,0.3,Ann\n", encoding="utf-8")
    ran = command(*verb, "--plot", tmp_path / "with.svg", "--data", data)
    assert ran.code == 0, ran.err
    assert "Warning: " in ran.err
    assert "not used: operator" in ran.err
    assert command(*verb, "--plot", tmp_path / "without.svg").code == 0
    # measured points are open: white within
    found = [
        (tmp_path / f"{name}.svg").read_text(encoding="utf-8").count("fill: #ffffff") for name in ("with", "without")
    ]
    assert found[0] >= found[1] + 2


def test_the_points_of_a_scan_stand_where_they_were_measured(tmp_path: Path) -> None:
    import xarray as xr

    from redoxsim.report.figures.scan import scan
    from redoxsim.report.marks import Points

    data = xr.Dataset(
        {"GSH_c": ("GSR", [4000.0, 5000.0], {"units": "uM"})}, coords={"GSR": ("GSR", [0.5, 1.0], {"units": "1"})}
    )
    measured = Points(observable="GSH_c", x=np.array([0.8]), y=np.array([9.0]), unit="mM")
    figure = scan(data, points=[measured])
    (axes,) = figure.axes
    dots = [line for line in axes.lines if line.get_label() == "measured"]
    assert [(float(x), float(y)) for x, y in zip(*dots[0].get_data(), strict=True)] == [(0.8, 9.0)]
    assert axes.get_ylabel() == "mM"
    assert axes.get_ylim()[1] > 9.0


@pytest.mark.parametrize("head", ["sd", "SD", "sem", "GSH_c_sd", "GSH_c_sem", "GSH_c_se"])
def test_spreads_become_error_bars(tmp_path: Path, head: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"time [h],GSH_c [uM],{head}\n0,10,1\n1,8,2\n", encoding="utf-8")
    (found,) = load_points(path)
    assert found.observable == "GSH_c"
    assert found.low is not None
    assert found.high is not None
    np.testing.assert_array_equal(found.low, [9.0, 6.0])
    np.testing.assert_array_equal(found.high, [11.0, 10.0])


def test_a_spread_of_several_readouts_must_say_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time [h],GSH_c [uM],ATP [uM],sd\n0,10,5,1\n", encoding="utf-8")
    with pytest.raises(DesignError, match=r"'sd' could belong to GSH_c or ATP.*GSH_c_sd"):
        load_points(path)


def test_a_table_that_a_command_wrote_is_read(tmp_path: Path) -> None:
    path = tmp_path / "course.csv"
    path.write_text("time [h],GSH_c [uM],status,solved\n0.0,7028.2,OK,1\n2.0,6900.1,OK,1\n", encoding="utf-8")
    (one,) = load_points(path)
    assert one.observable == "GSH_c"
    assert one.y.tolist() == [7028.2, 6900.1]


def test_what_is_not_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time [h],GSH_c [uM],ATP [uM],well,replicate\n0,10,5,A1,1\n", encoding="utf-8")
    with pytest.warns(UserWarning, match=r"not used: ATP \[uM\], well \(the figure shows GSH_c"):
        read_points(path, x="time", unit="h", observables={"GSH_c": "uM"})


def test_the_axis_of_times_is_the_column_with_a_unit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,time [h],GSH_c [uM]\n1,0,10\n2,1,8\n", encoding="utf-8")
    with pytest.warns(UserWarning, match=r"not used: t \(the figure"):
        (found,) = read_points(path, x="time", unit="h", observables={"GSH_c": "uM"})
    assert found.x.tolist() == [0.0, 1.0]


def test_an_axis_that_is_not_there_names_what_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("level,GSH_c [uM]\n1,10\n", encoding="utf-8")
    with pytest.raises(DesignError, match=r"no column 'GSR'.*'level'"):
        read_points(path, x="GSR", unit="1", observables={"GSH_c": "uM"})
