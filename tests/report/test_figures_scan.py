"""Scans and sweeps: lines, maps, failed cells, units, hysteresis."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from figure_looks import overlaps, panel, texts, too_small

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import best_unit
from redoxsim.report.figures.scan import cell_edges, scan
from redoxsim.report.figures.sweep import bistable, sweep

LEVELS = np.geomspace(0.1, 10.0, 9)


def grid() -> xr.Dataset:
    x, y = np.meshgrid(LEVELS, LEVELS[:5], indexing="ij")
    viability = 1.0 / (1.0 + (1.2 / (x * y**0.4)) ** 3)
    viability[3, 2] = np.nan
    return xr.Dataset(
        {
            "viability": (("TXNRD1", "GSR"), viability, {"units": "1"}),
            "H2O2_m": (("TXNRD1", "GSR"), 0.02 / (x * y), {"units": "uM"}),
            "status": (("TXNRD1", "GSR"), np.full(x.shape, "OK", dtype=object)),
        },
        coords={"TXNRD1": ("TXNRD1", LEVELS, {"units": "1"}), "GSR": ("GSR", LEVELS[:5], {"units": "1"})},
    )


def test_map_of_two_axes() -> None:
    figure = scan(grid(), title="Which reductase protects")
    assert overlaps(figure) == []
    assert too_small(figure) == []
    axes = panel(figure, "viability")
    assert "1 of 45 failed" in axes.get_title(loc="left")
    mesh = axes.collections[0]
    np.testing.assert_allclose(mesh.get_array().filled(np.nan), np.asarray(grid()["viability"]).T)
    assert mesh.get_clim() == (0.0, 1.0)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("TXNRD1", "GSR")
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert "H₂O₂, matrix (nM)" in texts(figure)


def test_lines_of_one_axis_for_two_results() -> None:
    one = grid().isel(GSR=2).drop_vars("GSR")
    figure = scan({"untreated": one, "auranofin": one.drop_vars("status") * 0.5}, observe=["H2O2_m"])
    lines = [line for line in figure.axes[0].lines if line.get_label() in {"untreated", "auranofin"}]
    assert len(lines) == 2
    np.testing.assert_allclose(lines[0].get_ydata(), 2.0 * lines[1].get_ydata())
    assert figure.axes[0].get_ylabel() == "nM, log"
    assert overlaps(figure) == []
    assert too_small(figure) == []


def test_no_line_runs_over_the_break_to_zero() -> None:
    x = np.concatenate([[0.0], LEVELS])
    data = xr.Dataset({"viability": ("TXNRD1", x / (x + 1.0), {"units": "1"})}, coords={"TXNRD1": x})
    axes = scan(data).axes[0]
    line = next(line for line in axes.lines if line.get_linestyle() == "-" and np.size(line.get_xdata()) == LEVELS.size)
    assert line.get_xdata().min() == LEVELS[0]
    dots = next(line for line in axes.lines if line.get_marker() == "o")
    assert dots.get_xdata().size == x.size


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(DesignError, match="one or two axes, not 3"):
        scan(grid().expand_dims(GPX4=[1.0, 2.0]).drop_vars("status"), observe=["viability"])
    with pytest.raises(DesignError, match="no observable"):
        scan(xr.Dataset({"viability": ("time", [1.0])}, coords={"time": [0.0]}))
    with pytest.raises(DesignError, match="do not overlay"):
        scan({"a": grid(), "b": grid()})


def test_edges_lie_between_points_in_log() -> None:
    edges = cell_edges(LEVELS, log=True)
    np.testing.assert_allclose(edges[1:-1], np.sqrt(LEVELS[1:] * LEVELS[:-1]))
    assert edges.size == LEVELS.size + 1
    assert cell_edges(np.array([2.0]), log=False).tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("values", "unit", "shown", "factor"),
    [([1e-3, 0.02], "uM", "nM", 1e3), ([3000.0, 8000.0], "uM", "mM", 1e-3), ([1.0], "uM/s", "uM/s", 1.0),
     ([0.0], "uM", "uM", 1.0)],
)  # fmt: skip
def test_units_that_suit_the_eye(values: list[float], unit: str, shown: str, factor: float) -> None:
    assert best_unit([values], unit) == (shown, pytest.approx(factor))


def branch(threshold: float) -> xr.Dataset:
    flux = np.linspace(0.1, 3.0, 30)
    level = np.where(flux < threshold, 0.02 + 0.02 * flux, 1.5 + 0.4 * flux)
    return xr.Dataset(
        {"H2O2_c": ("influx", level, {"units": "uM"}), "stable": ("influx", np.abs(flux - threshold) > 0.06)},
        coords={"influx": ("influx", flux, {"units": "uM/s", "long_name": "H₂O₂ influx"})},
    )


def test_sweep_shows_both_branches_and_the_gap() -> None:
    up, down = branch(2.0), branch(1.0).isel(influx=slice(None, None, -1))
    figure = sweep(up, down, axis="influx", observe=["H2O2_c"])
    axes = panel(figure, "cytosol")
    assert axes.get_xlabel() == "H₂O₂ influx (µM/s)"
    assert len(axes.collections) == 1, "the bistable stretch is shaded"
    left, right = axes.collections[0].get_paths()[0].get_extents().intervalx
    assert 0.9 < left <= 1.2
    assert 1.8 <= right < 2.1
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert sum(line.get_xdata().size for line in hollow) == 2
    assert {"upwards", "downwards", "unstable"} <= set(texts(figure))
    assert overlaps(figure) == []
    assert too_small(figure) == []


def test_a_single_branch_has_no_gap() -> None:
    figure = sweep(branch(2.0), axis="influx", observe=["H2O2_c"])
    assert not panel(figure, "cytosol").collections
    assert "downwards" not in texts(figure)
    np.testing.assert_array_equal(bistable(np.array([1.0, 1.0]), np.array([1.01, 1.5])), [False, True])
