"""The time course: panels, units, conditions, doses, points, errors."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from figure_looks import overlaps, panel, texts, too_small

from redoxsim.errors import DesignError
from redoxsim.report.figures.style import UNTREATED
from redoxsim.report.figures.timecourse import timecourse
from redoxsim.report.marks import DoseBar, Points
from redoxsim.report.paper import HALF


def test_panels_lines_and_units(conditions, bars) -> None:
    figure = timecourse(conditions, doses=bars, title="Both", caption="48 h, default", note="3 of 9 are C")
    drawn = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in drawn] == [
        "H₂O₂, cytosol", "H₂O₂, matrix", "Trx1, reduced", "GSH, cytosol", "viability",
    ]  # fmt: skip
    assert [axes.get_ylabel() for axes in drawn] == ["nM, log", "nM, log", "fraction", "mM", "fraction"]
    for axes in drawn:
        named = [line for line in axes.lines if line.get_label() in conditions]
        assert [line.get_label() for line in named] == list(conditions)
        assert axes.get_xlim() == (0.0, 48.0)
    words = texts(figure)
    assert {"48 h, default\n3 of 9 are C", "Both", "untreated", "both"} <= set(words)
    assert sum(text == "auranofin 2 µM" for text in words) == 3, "one bar per column of panels"
    assert any("bso 100 µM, from −24 h" in text for text in words)
    assert overlaps(figure) == []
    assert too_small(figure) == []
    dashes = {str(line._unscaled_dash_pattern) for line in drawn[0].lines if line.get_label() in conditions}
    assert len(dashes) == len(conditions), "conditions are told apart without colours too"


def test_a_single_panel_can_stand_beside_another_figure(conditions, bars) -> None:
    figure = timecourse(conditions, observe=("viability",), doses=bars, narrow=True, title="Both", note="x " * 90)
    assert figure.get_size_inches()[0] == HALF
    assert overlaps(figure) == []
    assert too_small(figure) == []


def test_values_are_drawn_in_the_unit_of_the_axis_over_hours(conditions) -> None:
    axes = panel(timecourse(conditions), "GSH")
    line = next(line for line in axes.lines if line.get_label() == "bso")
    x, y = line.get_data()
    np.testing.assert_allclose(x, np.linspace(0, 48, 97))
    np.testing.assert_allclose(y, np.asarray(conditions["bso"]["GSH_c"]) / 1000.0)


def test_the_same_quantity_in_two_compartments_has_the_same_range(conditions) -> None:
    figure = timecourse(conditions)
    cytosol, matrix = panel(figure, "H₂O₂, cytosol"), panel(figure, "matrix")
    assert cytosol.get_ylim() == matrix.get_ylim()
    assert cytosol.get_yscale() == matrix.get_yscale() == "log"
    assert panel(figure, "viability").get_yscale() == "linear"


def test_log_axis_can_be_refused(conditions) -> None:
    assert panel(timecourse(conditions, log=False), "matrix").get_yscale() == "linear"


def test_untreated_is_grey_and_no_line_hides_another(conditions) -> None:
    lines = panel(timecourse(conditions), "viability").lines[:4]
    assert lines[0].get_color() == UNTREATED
    assert len({line.get_color() for line in lines}) == 4
    widths = [line.get_linewidth() for line in lines]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > widths[-1]


def test_dose_bars_end_at_the_wash_and_repeat_in_one_row(course) -> None:
    doses = (
        DoseBar(0, 24, "auranofin 1 µM"),
        DoseBar(24, None, "auranofin 1 µM"),
        DoseBar(6, 18, "bso 1 µM/h", kind="infuse"),
    )
    figure = timecourse(course(1, 0), observe=["viability"], doses=doses)
    strip = next(axes for axes in figure.axes if not axes.axison)
    spans = sorted(
        (bar.get_x(), bar.get_x() + bar.get_width(), round(bar.get_y() + bar.get_height() / 2)) for bar in strip.patches
    )
    assert spans == [(0, 24, 0), (6, 18, 1), (24, 48, 0)]
    assert [text.get_text() for text in strip.texts] == ["auranofin 1 µM × 2", "bso 1 µM/h"]
    assert len(strip.lines) == 2, "a bolus has a mark at its moment, an infusion has none"


def test_labels_of_doses_lie_neither_on_each_other_nor_on_other_bars(course) -> None:
    doses = (
        DoseBar(0, 6, "auranofin 2 µM", row="auranofin"),
        DoseBar(12, 24, "auranofin 1 µM", row="auranofin"),
        DoseBar(24, None, "auranofin 1 µM", row="auranofin"),
        DoseBar(6, None, "medium exchanged", row="medium", kind="wash"),
        DoseBar(30, None, "H2O2_x set to 50 µM", row="H2O2_x", kind="set"),
        DoseBar(60, None, "after the end", kind="set"),
    )
    figure = timecourse(course(1, 0), observe=["viability"], doses=doses)
    strip = next(axes for axes in figure.axes if not axes.axison)
    assert [text.get_text() for text in strip.texts] == [
        "auranofin 2 µM", "auranofin 1 µM × 2", "medium exchanged", "H2O2_x set to 50 µM",
    ]  # fmt: skip
    assert len({text.get_position()[1] for text in strip.texts}) == 4, "no two of these fit one line"
    marks = {line.get_marker(): line.get_xdata()[0] for line in strip.lines if line.get_linestyle() == "None"}
    assert marks == {"v": 6, "D": 30}, "what is set and each exchange is a moment, not a bar"
    assert len(strip.patches) == 3
    assert overlaps(figure) == []


def test_band_of_draws(course) -> None:
    one = course(1, 0)[["viability"]]
    spread = xr.concat([one * 0.8, one, one * 1.1], dim=xr.Variable("quantile", [0.05, 0.5, 0.95]))
    figure = timecourse({"auranofin": spread, "other": spread}, observe=["viability"])
    axes = panel(figure, "viability")
    assert len(axes.collections) == 2
    np.testing.assert_allclose(axes.lines[0].get_ydata(), one["viability"])
    assert "5–95% of draws" in texts(figure)


def test_measured_points_in_their_own_unit_and_colour(conditions) -> None:
    points = Points(
        observable="GSH_c", x=np.array([6.0, 24.0]), y=np.array([2200.0, 600.0]), unit="uM", condition="bso",
        low=np.array([2000.0, 500.0]), high=np.array([2400.0, 700.0]), label="Dunigan 2018",
    )  # fmt: skip
    figure = timecourse(conditions, data=[points])
    axes = panel(figure, "GSH")
    drawn = next(line for line in axes.lines if line.get_label() == "Dunigan 2018")
    np.testing.assert_allclose(drawn.get_ydata(), [2.2, 0.6])
    colour = next(line for line in axes.lines if line.get_label() == "bso").get_color()
    assert drawn.get_markeredgecolor() == colour
    assert "Dunigan 2018" in texts(figure)
    assert all(line.get_label() != "Dunigan 2018" for line in panel(figure, "viability").lines)


def test_overlaid_observables_have_their_own_dashes(course) -> None:
    figure = timecourse(course(1, 1), observe=[("Trx1_red", "viability")])
    lines = figure.axes[0].lines
    assert len(lines) == 2
    assert lines[0].get_linestyle() != lines[1].get_linestyle()
    assert {"Trx1, reduced", "viability"} <= set(texts(figure))


def test_units_that_do_not_fit_are_refused(course) -> None:
    with pytest.raises(DesignError, match="cannot lay values"):
        timecourse(course(1, 1), observe=[("GSH_c", "viability")])
    wrong = Points(observable="GSH_c", x=np.array([1.0]), y=np.array([1.0]), unit="Gy")
    with pytest.raises(DesignError, match="Gy"):
        timecourse(course(1, 1), data=[wrong])


def test_unknown_observable_names_the_nearest(course) -> None:
    with pytest.raises(DesignError, match=r"'H202_c'.*H2O2_c"):
        timecourse(course(1, 1), observe=["H202_c"])


def test_an_axis_that_must_be_picked_first(course) -> None:
    scan = xr.concat([course(0, 0), course(1, 0)], dim=xr.Variable("auranofin", [0.0, 1.0]))
    with pytest.raises(DesignError, match=r"further axis 'auranofin'.*\.sel\(auranofin"):
        timecourse(scan)


def test_nothing_to_draw() -> None:
    with pytest.raises(DesignError, match="no result"):
        timecourse({})
    with pytest.raises(DesignError, match="no observable over time"):
        timecourse(xr.Dataset({"viability": ((), 1.0)}))


def test_a_constant_and_a_failed_course_still_draw(course) -> None:
    flat = course(0, 0) * 0.0
    flat["H2O2_c"][:] = np.nan
    assert overlaps(timecourse({"untreated": course(0, 0), "failed": flat})) == []


def test_a_linear_axis_starts_at_zero_so_that_small_changes_look_small(course) -> None:
    data = course(0, 0)
    data["NADPH_c"] = ("time", np.linspace(56.4, 56.0, 97), {"units": "uM"})
    low, high = panel(timecourse(data, observe=["NADPH_c"]), "NADPH").get_ylim()
    assert low == 0.0
    assert 56.4 < high < 70.0


def test_what_has_gone_does_not_stretch_a_log_axis(course) -> None:
    data = course(1.0, 0.0)
    gone = np.asarray(data["GSH_c"]).copy()
    gone[gone.size // 2 :] = 1e-30
    axes = panel(timecourse(data.assign(GSH_c=("time", gone, data["GSH_c"].attrs)), log=True), "GSH")
    low, high = axes.get_ylim()
    assert axes.get_ylabel() == "µM, log"
    assert 1e6 < high / low < 1e9


def test_a_count_of_cells_is_told_in_millions(course) -> None:
    data = course(1.0, 0.0)
    cells = data["viability"].copy(data=3e6 + 1e6 * np.arange(data["viability"].size))
    axes = panel(
        timecourse(data.assign(cells=cells.assign_attrs(long_name="tumour cells")), observe=["cells"]), "cells"
    )
    assert axes.get_ylabel() == "millions"
    axes.figure.draw_without_rendering()
    assert not axes.yaxis.get_offset_text().get_text()
    assert axes.yaxis.get_major_formatter()(2e7) == "20"
