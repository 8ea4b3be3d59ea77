"""Bands of draws: filled where they are few, bars where many would be mud, by one rule in every figure; log axes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from figure_looks import overlaps, panel, texts, too_small
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import rgb_to_hsv, to_rgb
from matplotlib.figure import Figure

from redoxsim.analysis.hill import fit_hill
from redoxsim.report.figures.dosecurve import DoseCurve, curve
from redoxsim.report.figures.doseresponse import dose_response
from redoxsim.report.figures.scan import scan
from redoxsim.report.figures.spread import Spread
from redoxsim.report.figures.style import EXPOSED, PALETTE, new_figure, wants_log_axis
from redoxsim.report.figures.timecourse import timecourse
from redoxsim.report.paper import MOST_FILLED

DOSES = np.concatenate([[0.0], np.geomspace(0.01, 10.0, 13)])
MANY = 8


def drawn(line: xr.Dataset) -> xr.Dataset:
    return xr.concat([line * 0.8, line * 0.95, line * 1.1], dim=xr.Variable("quantile", [0.05, 0.5, 0.95]))


def courses(course, count: int) -> Figure:
    lines = {f"c{k}": course(0.1 * k, 0.0)[["viability"]] for k in range(count)}
    behind = {name: drawn(one) for name, one in lines.items()}
    return timecourse(lines, observe=["viability"], bands=behind)


def curves(course, count: int) -> Figure:
    values = 1.0 / (1.0 + DOSES[:, None] / np.arange(1.0, count + 1.0))
    data = [
        xr.Dataset({"viability": ("auranofin", one)}, coords={"auranofin": DOSES}) for one in values.T
    ]  # fmt: skip
    return dose_response(
        [curve(one, "viability", agent="auranofin", label=f"c{k}", drawn=drawn(one)) for k, one in enumerate(data)],
        agent="auranofin",
    )


def scans(course, count: int) -> Figure:
    lines = {f"c{k}": xr.Dataset({"viability": ("GSR", np.linspace(0.2, 0.9, 7) / (k + 1))},
                                 coords={"GSR": np.linspace(1.0, 7.0, 7)}) for k in range(count)}  # fmt: skip
    return scan(lines, bands={name: drawn(one) for name, one in lines.items()})


def fills(axes: Axes) -> list[PolyCollection]:
    return [one for one in axes.collections if isinstance(one, PolyCollection)]


def bars(axes: Axes) -> list[np.ndarray]:
    """Segments (N, 2, 2) of each line's bars."""
    found = [np.array(one.get_segments()) for one in axes.collections if isinstance(one, LineCollection)]
    return [one for one in found if one.size]


@pytest.mark.parametrize("draw", [courses, curves, scans])
def test_few_bands_are_filled_and_many_are_bars(course, draw) -> None:
    few, many = draw(course, MOST_FILLED), draw(course, MANY)
    axes = few.axes[0]
    assert len(fills(axes)) == MOST_FILLED
    axes = many.axes[0]
    assert fills(axes) == [], "eight bands over one another are mud"
    each = bars(axes)
    assert len(each) == MANY
    every = np.concatenate([one[:, 0, 0] for one in each])
    assert len(set(every.round(9))) == len(every), "no bar stands on another"
    low, high = axes.get_xlim()
    assert (every >= low).all()
    assert (every <= high).all()
    assert {"5–95% of draws", "median of draws"} <= set(texts(many))
    assert overlaps(many) == []
    assert too_small(many) == []


def test_curves_of_one_name_have_a_band_each() -> None:
    """What tells curves apart is their place: of equal names the arrays were compared."""
    alive = 1.0 / (1.0 + DOSES)
    same = [DoseCurve(label="x", doses=DOSES, effect=k * alive, low=0.9 * k * alive, high=alive) for k in (0.8, 0.9)]
    assert len(fills(dose_response(same, agent="auranofin").axes[0])) == 2


def test_a_line_without_a_band_takes_no_place_among_the_bars() -> None:
    lines = {f"c{k}": xr.Dataset({"viability": ("GSR", np.linspace(0.2, 0.9, 7) / (k + 1))},
                                 coords={"GSR": np.linspace(1.0, 7.0, 7)}) for k in range(2 * MANY)}  # fmt: skip
    behind = {name: drawn(one) for name, one in list(lines.items())[MANY:]}
    axes = scan(lines, bands=behind).axes[0]
    middles = np.mean([one[:, 0, 0].mean() for one in bars(axes)])
    whole = scan(dict(list(lines.items())[MANY:]), bands=behind).axes[0]
    assert middles == pytest.approx(np.mean([one[:, 0, 0].mean() for one in bars(whole)]))


def test_bars_of_very_many_lines_stay_within_the_axis() -> None:
    axes = new_figure(4.0, 3.0).add_subplot()
    x = np.linspace(0.0, 10.0, 5)
    for place in range(100):
        Spread(place, 100).draw(axes, x, x, x + 1.0, colour="k", ends=(0.0, 10.0))
    every = np.concatenate([one[:, 0, 0] for one in bars(axes)])
    assert every.min() >= 0.0
    assert every.max() <= 10.0
    assert len(set(every.round(9))) == 100


def test_bars_are_as_long_as_the_band_there(course) -> None:
    axes = courses(course, MANY).axes[0]
    first = bars(axes)[0]
    np.testing.assert_allclose(first[:, 0, 1], 0.8)
    np.testing.assert_allclose(first[:, 1, 1], 1.1)
    ticks = [line for line in axes.lines if line.get_marker() == "_"]
    assert len(ticks) == MANY
    np.testing.assert_allclose(ticks[0].get_ydata(), 0.95)
    latest = max(float(one[:, 0, 0].max()) for one in bars(axes))
    assert latest == pytest.approx(48.0), "the last ones stand at the end"


def test_an_effect_that_spans_decades_has_a_log_axis_and_says_so() -> None:
    wide = 4000.0 / (1.0 + DOSES / 0.05)
    one = DoseCurve(label="", doses=DOSES, effect=wide, low=wide / 3.0, high=wide * 1.5, unit="uM")
    figure = dose_response([one], agent="BSO", effect="GSH")
    axes = next(axes for axes in figure.axes if axes.get_xlabel())
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel().replace("\n", " ") == "GSH (mM), log"
    low, high = axes.get_ylim()
    assert low < one.low.min()
    assert high > one.high.max()
    figure.draw_without_rendering()
    shown = [tick.get_text() for tick in axes.get_yticklabels() if low <= tick.get_position()[1] <= high]
    assert "1" in shown
    assert "0.1" in shown
    assert overlaps(figure) == []
    narrow = DoseCurve(label="", doses=DOSES, effect=4000.0 / (1.0 + DOSES), unit="uM")
    axes = next(axes for axes in dose_response([narrow], agent="BSO", effect="GSH").axes if axes.get_xlabel())
    assert (axes.get_yscale(), axes.get_ylabel()) == ("linear", "GSH (mM)")


@pytest.mark.parametrize(
    ("values", "unit", "log"),
    [
        ([0.001, 1.0], "uM", True), ([0.0, 1.0], "uM", False), ([0.5, 1.0], "uM", False),
        ([0.001, 1.0], "", False), ([1e-7, 5.0], "", False), ([], "uM", False),
    ],
)  # fmt: skip
def test_which_axes_are_logarithmic(values: list[float], unit: str, log: bool) -> None:
    assert wants_log_axis(np.array(values), unit) is log


def test_a_slope_at_the_limit_of_the_fit_is_no_number() -> None:
    doses = np.geomspace(0.01, 10.0, 7)
    step = np.where(doses < 0.5, 1.0, 0.0)
    fit = fit_hill(doses, step, orientation="viability", scale="fraction")
    assert fit.at_bound[-1] == "h"
    assert [row[1:] for row in fit.rows() if row[0] == "h"] == [("at the limit of the fit", "", "")]
    words = "\n".join(texts(dose_response([DoseCurve(label="x", doses=doses, effect=step, fit=fit)], agent="a")))
    assert "Hill slope at the limit of the fit" in words
    assert "Hill slope 8" not in words


def test_what_patients_reach_has_a_colour_of_its_own() -> None:
    hue, saturation, _ = rgb_to_hsv(to_rgb(EXPOSED))
    assert saturation > 0.15, "bands that lie over one another are grey"
    others = [rgb_to_hsv(to_rgb(one))[0] for one in PALETTE[:3]]
    assert all(min(abs(hue - one), 1.0 - abs(hue - one)) > 0.1 for one in others)


def test_a_log_axis_of_a_time_course_says_so(conditions) -> None:
    figure = timecourse(conditions)
    axes = panel(figure, "H₂O₂, cytosol")
    assert (axes.get_yscale(), axes.get_ylabel()) == ("log", "nM, log")
