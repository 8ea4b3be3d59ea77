"""The dose-response figure: the place of dose 0, the fit within the tested doses, potency, exposure, points."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from figure_looks import overlaps, texts, too_small

import redoxsim as rx
from redoxsim.analysis.hill import fit_hill
from redoxsim.errors import DesignError
from redoxsim.report.figures.doseaxis import apply, dose_axis
from redoxsim.report.figures.dosecurve import DoseCurve, curve
from redoxsim.report.figures.doseresponse import dose_response
from redoxsim.report.figures.style import INK, PALETTE, UNTREATED, new_figure
from redoxsim.report.marks import Exposure, Points
from redoxsim.report.paper import HALF

DOSES = np.concatenate([[0.0], np.geomspace(0.01, 10.0, 13)])


def effect(ec50: float, least: float = 0.05, doses: np.ndarray = DOSES) -> np.ndarray:
    wobble = 0.01 * np.sin(np.arange(doses.size) * 2.3)
    return 1.0 + (least - 1.0) * doses**1.8 / (doses**1.8 + ec50**1.8) + wobble


def fitted(label: str, ec50: float, doses: np.ndarray = DOSES, **more: object) -> DoseCurve:
    values = effect(ec50, doses=doses)
    fit = fit_hill(doses, values, orientation="viability", scale="fraction")
    return DoseCurve(label=label, doses=doses, effect=values, fit=fit, **more)


def test_one_curve_says_everything() -> None:
    one = fitted("48 h", 1.1)
    figure = dose_response(
        [one], agent="auranofin", exposures=[Exposure(2.5, 3.6, "serum gold"), Exposure(0.02, 0.08, "unbound", "free")],
        title="Auranofin", caption="48 h exposure, default cell, model redox", note="14 of 61 are C",
    )  # fmt: skip
    axes = next(axes for axes in figure.axes if axes.get_xlabel())
    assert axes.get_xlabel() == "auranofin (µM)"
    assert axes.get_ylabel() == "viability, 0\u00a0to\u00a01"
    words = "\n".join(texts(figure))
    assert one.fit is not None
    assert f"EC50 {one.fit.ec50:.3g} µM ({one.fit.intervals['ec50'].low:.3g}–" in words
    assert f"Hill slope {one.fit.h:.3g}" in words
    assert "$E_0$" in words
    assert "$E_{max}$" in words
    assert "serum gold: 2.5–3.6 µM (total)" in words
    assert "unbound: 0.02–0.08 µM (free)" in words
    assert "48 h exposure, default cell, model redox\n14 of 61 are C" in words
    spans = sorted(tuple(np.round([p.get_x(), p.get_x() + p.get_width()], 6)) for p in axes.patches)
    assert spans == [(0.02, 0.08), (2.5, 3.6)]
    assert overlaps(figure) == []
    assert too_small(figure) == []


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_narrow_figure_has_its_legend_below_the_panel(count: int) -> None:
    curves = [fitted(f"{hours} h", 1.1 * hours / 24) for hours in (24, 48, 72, 96)[:count]]
    figure = dose_response(
        curves, agent="auranofin", effect="live cells over untreated live cells", narrow=True, title="Auranofin",
        note="14 of 61 are C",
    )  # fmt: skip
    assert figure.get_size_inches()[0] == HALF
    words = "\n".join(texts(figure))
    assert words.count("Hill slope") == count
    assert overlaps(figure) == []
    assert too_small(figure) == []
    axes = next(axes for axes in figure.axes if axes.get_xlabel())
    marks = {line.get_marker() for line in axes.lines if len(line.get_xdata()) == len(DOSES)}
    assert len(marks - {"None"}) == count, "curves are told apart without colours too"


def test_the_untreated_control_has_its_place_left_of_a_break() -> None:
    axis = dose_axis(DOSES)
    assert axis.zero is not None
    assert axis.limits[0] < axis.zero < 0.01 / 1.5
    np.testing.assert_allclose(axis.place([0.0, 1.0]), [axis.zero, 1.0])
    axes = new_figure(4, 3).add_subplot()
    apply(axes, axis)
    labels = [axis.label(tick) for tick in axis.ticks()]
    assert labels == ["0", "0.01", "0.1", "1", "10"]
    assert len(axes.lines) == 3, "a cut in the axis line and a stroke on each side"
    assert dose_axis(DOSES[1:]).zero is None


def test_points_and_the_fit_only_over_tested_doses_dashed_beyond() -> None:
    short = fitted("short", 0.4, doses=DOSES[:10])
    figure = dose_response([short, fitted("long", 1.1)], agent="auranofin")
    axes = figure.axes[0]
    colour = PALETTE[0]
    own = [line for line in axes.lines if line.get_color() == colour and line.get_xdata().size >= 60]
    solid = next(line for line in own if line.get_linestyle() == "-")
    dashed = next(line for line in own if line.get_linestyle() == "--")
    assert solid.get_xdata().min() == pytest.approx(DOSES[1])
    assert solid.get_xdata().max() == pytest.approx(DOSES[9])
    assert (dashed.get_xdata().min(), dashed.get_xdata().max()) == pytest.approx((DOSES[9], 10.0))
    dots = next(line for line in axes.lines if line.get_marker() == "o" and line.get_color() == colour)
    np.testing.assert_array_equal(dots.get_ydata(), short.effect)
    assert overlaps(figure) == []


def test_a_flat_curve_has_no_potency_and_an_unreached_half_says_so() -> None:
    doses = DOSES * 100
    flat = 0.99 + 0.002 * np.sin(np.arange(doses.size) * 2.3)
    partial = effect(30.0, least=0.6, doses=doses)
    curves = []
    for label, values in (("alone", flat), ("partial", partial)):
        fit = fit_hill(doses, values, orientation="viability", scale="fraction")
        curves.append(DoseCurve(label=label, doses=doses, effect=values, fit=fit))
    words = "\n".join(texts(dose_response(curves, agent="bso")))
    assert "flat: no dose effect" in words
    assert words.count("EC50") == 2, "one for the partial curve, one for the mark in the legend"
    assert "IC50 > max dose" in words


def test_a_fit_that_did_not_converge_draws_the_data() -> None:
    none = fit_hill(DOSES[:3], effect(1.0)[:3], orientation="viability", scale="fraction")
    assert not none.converged
    figure = dose_response(
        [DoseCurve(label="few", doses=DOSES[:3], effect=effect(1.0)[:3], fit=none)], agent="auranofin"
    )
    assert any("no fit" in text for text in texts(figure))


def test_measured_points_lie_at_their_doses_with_bars() -> None:
    points = Points(
        observable="viability", x=np.array([0.0, 1.0]), y=np.array([1.0, 0.62]), low=np.array([0.9, 0.5]),
        high=np.array([1.1, 0.7]), condition="48 h", label="You 2015",
    )  # fmt: skip
    figure = dose_response([fitted("24 h", 2.2), fitted("48 h", 1.1)], agent="auranofin", data=[points])
    axes = figure.axes[0]
    drawn = next(line for line in axes.lines if line.get_label() == "You 2015")
    assert drawn.get_markeredgecolor() == PALETTE[1]
    assert drawn.get_xdata()[0] == pytest.approx(dose_axis(DOSES).zero)
    assert axes.get_ylim()[1] > 1.1
    assert "You 2015" in texts(figure)
    lone = dose_response([fitted("", 1.1)], agent="auranofin", data=[points])
    assert next(li for li in lone.axes[0].lines if li.get_label() == "You 2015").get_markeredgecolor() == INK


def test_other_units_get_a_panel_of_their_own() -> None:
    rising = 0.004 + 0.2 * DOSES / (DOSES + 1.0)
    other = DoseCurve(label="H2O2_m", observable="H2O2_m", unit="uM", doses=DOSES, effect=rising)
    points = Points(observable="H2O2_m", x=np.array([1.0]), y=np.array([90.0]), unit="nM", label="probe")
    figure = dose_response([fitted("viability", 1.1, observable="viability"), other], agent="auranofin", data=[points])
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_xlabel()]
    assert labels == ["viability, 0\u00a0to\u00a01", "H2O2_m (nM)"]
    (axes,) = (axes for axes in figure.axes if axes.get_ylabel() == labels[1])
    assert axes.yaxis.get_major_formatter()(0.05) == "50"
    drawn = [line for axes in figure.axes for line in axes.lines if line.get_label() == "probe"]
    assert len(drawn) == 1
    assert drawn[0].get_ydata()[0] == pytest.approx(0.09)
    assert overlaps(figure) == []


def test_a_curve_out_of_a_dataset_with_draws() -> None:
    data = xr.Dataset(
        {"viability": (("auranofin", "quantile"), effect(1.1)[:, None] * np.array([0.9, 1.0, 1.05]), {"units": "1"})},
        coords={"auranofin": DOSES, "quantile": [0.05, 0.5, 0.95]},
    )
    one = curve(data, "viability", agent="auranofin", label="untreated")
    np.testing.assert_allclose(one.effect, effect(1.1))
    assert one.low is not None
    np.testing.assert_allclose(one.low, 0.9 * effect(1.1))
    figure = dose_response([one], agent="auranofin")
    assert "5–95% of draws" in texts(figure)
    assert any(line.get_color() == UNTREATED for line in figure.axes[0].lines)
    with pytest.raises(DesignError, match="no axis 'bso'"):
        curve(data, "viability", agent="bso")


def test_an_exposure_is_said_once_and_with_the_signs_of_print() -> None:
    seen = [Exposure(2.5, 3.6, "serum gold, total"), Exposure(1.0, 2.0, "plasma at 0.75 g/m2/h")]
    words = texts(dose_response([fitted("x", 1.1)], agent="auranofin", exposures=seen))
    assert "serum gold, total: 2.5–3.6 µM" in words
    assert "plasma at 0.75 g/m²/h: 1–2 µM (total)" in words


def test_the_figure_of_the_command_names_readouts_in_words() -> None:
    from redoxsim.cli.dose_response import _draw

    done = rx.dose_response("redox", agent="bso", doses="1uM,10uM,100uM", at="24 h", observe="GSH_c", cells=1)
    figure = _draw(done, data=(), shown=("GSH_c",))
    words = texts(figure)
    assert "BSO: GSH in cytosol at 24 h" in words
    assert not any("GSH_c" in text for text in words)


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(DesignError, match="no curve"):
        dose_response([], agent="auranofin")
    nothing = DoseCurve(label="", doses=DOSES, effect=np.full(DOSES.size, np.nan))
    with pytest.raises(DesignError, match="none of the curves holds a number"):
        dose_response([nothing], agent="auranofin")
