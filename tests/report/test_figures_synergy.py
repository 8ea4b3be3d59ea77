"""The synergy figure: matrices, symmetric colours, isobologram, scores with their direction, mechanism."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from figure_looks import covered, overlaps, panel, texts, too_small

from redoxsim.analysis.effect import EffectGrid
from redoxsim.analysis.synergy import score
from redoxsim.errors import DesignError
from redoxsim.report.figures.heatmap import symmetric
from redoxsim.report.figures.synergy import score_rows, surface, synergy


def grid_of(data) -> EffectGrid:
    return surface(data, "viability").grid(orientation="viability", scale="fraction")


def test_whole_figure(surface_data, conditions, bars) -> None:
    data = surface_data()
    data["bso"].attrs["long_name"] = "BSO"
    figure = synergy(
        data,
        orientation="viability",
        mechanism=conditions,
        doses=bars,
        title="Auranofin × BSO",
        caption="48 h",
        note="x",
    )
    assert overlaps(figure) == []
    for title in (
        "viability",
        "Bliss excess",
        "Isobologram at 50% affected",
        "auranofin at each dose of BSO",
        "Scores",
        "matrix",
    ):
        panel(figure, title)
    words = texts(figure)
    assert words.count("BSO (µM)") == 4, "dose axes bear the names of agents, not their ids"
    assert any("1 − viability" in text for text in words), "the orientation is said"
    assert too_small(figure) == []
    assert covered(figure) == []
    assert any("Bliss excess: above 0 synergy, below antagonism" in text for text in words)
    assert words.count("above 0: synergy") == 2
    assert words.count("below 1: synergy") == 2


def test_matrices_show_each_number_where_it_belongs(surface_data) -> None:
    data = surface_data(doses=4)
    figure = synergy(data, orientation="viability")
    raw = panel(figure, "viability")
    bliss = panel(figure, "Bliss excess")
    effects = np.asarray(data["viability"])
    np.testing.assert_allclose(np.asarray(raw.images[0].get_array()), effects.T)
    excess = score(grid_of(data), ("bliss",))["bliss"].values
    np.testing.assert_allclose(np.asarray(bliss.images[0].get_array()), excess.T)
    cells = {tuple(map(int, t.get_position())): t.get_text() for t in bliss.texts}
    assert len(cells) == 25
    for (i, j), value in np.ndenumerate(excess):
        assert float(cells[i, j].replace("−", "-")) == pytest.approx(value, abs=0.0051)
    assert cells[int(np.argmax(excess.max(axis=1))), int(np.argmax(excess.max(axis=0)))].startswith("+")
    assert [t.get_text() for t in raw.get_xticklabels()][:2] == ["0", "0.03"]
    assert raw.get_xlabel() == "auranofin (µM)"
    assert raw.get_ylabel() == "bso (µM)"


def test_colours_of_an_excess_are_symmetric_about_zero(surface_data) -> None:
    for shift in (4.0, -0.6):
        norm = (
            panel(synergy(surface_data(shift=shift, doses=4), orientation="viability"), "Bliss excess").images[0].norm
        )
        assert norm.vmin == -norm.vmax
        assert norm.vmax >= 0.05
        assert norm(0.0) == pytest.approx(0.5)
    assert symmetric([0.1, -0.4, np.nan]).vmax == pytest.approx(0.4)
    assert symmetric([0.5, 1.2], centre=1.0).vmin == pytest.approx(0.5)
    assert symmetric([1e-9], least=0.05).vmax == 0.05


def test_an_excess_in_the_data_is_taken_as_it_is(surface_data) -> None:
    data = surface_data(doses=3)
    data["bliss_excess"] = data["viability"] * 0.0 - 0.125
    image = panel(synergy(data, orientation="viability"), "Bliss excess").images[0]
    np.testing.assert_array_equal(np.asarray(image.get_array()), np.full((4, 4), -0.125))


def test_isobologram_bows_below_the_line_of_additivity(surface_data) -> None:
    axes = panel(synergy(surface_data(), orientation="viability"), "Isobologram")
    line = next(one for one in axes.lines if one.get_label() == "Loewe additive")
    (a_alone, zero_a), (zero_b, b_alone) = line.get_data()
    assert (zero_a, zero_b) == (0.0, 0.0)
    points = next(one for one in axes.lines if one.get_marker() == "o")
    x, y = points.get_data()
    assert (x[0], y[0]) == (a_alone, 0.0)
    assert (x[-1], y[-1]) == (0.0, b_alone)
    assert np.all(x[1:-1] / a_alone + y[1:-1] / b_alone < 1.0)
    assert "below it synergy" in axes.get_legend().get_texts()[0].get_text()


def test_isobologram_says_when_an_agent_alone_never_gets_there(surface_data) -> None:
    axes = panel(synergy(surface_data(least=0.75), orientation="viability"), "Isobologram")
    assert axes.get_yscale() == "log"
    assert axes.get_xscale() == "linear"
    assert "bso alone does not" in axes.get_legend().get_texts()[-1].get_text()
    assert not any(one.get_label() == "Loewe additive" for one in axes.lines)


def test_isobologram_of_an_effect_that_nothing_reaches(surface_data) -> None:
    data = surface_data(doses=3)
    data["viability"] = 1.0 - 0.1 * (1.0 - data["viability"])
    figure = synergy(data, orientation="viability", levels=(0.5,))
    assert not panel(figure, "Isobologram").lines
    assert overlaps(figure) == []


def test_marginal_curves_one_per_dose_of_the_second_agent(surface_data) -> None:
    data = surface_data(doses=4)
    axes = panel(synergy(data, orientation="viability"), "at each dose")
    curves = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(curves) == 5
    for column, line in enumerate(curves):
        np.testing.assert_array_equal(line.get_ydata(), np.asarray(data["viability"])[:, column])
    assert len({line.get_color() for line in curves}) == 5


def test_scores_strongest_is_the_largest_excess_and_the_smallest_index(surface_data) -> None:
    tables = score(grid_of(surface_data()))
    rows = {row[0]: row for row in score_rows(list(tables.values()))}
    assert list(rows) == ["HSA excess", "Bliss excess", "Loewe index", "Chou-Talalay CI"]
    assert rows["Bliss excess"][2] == f"{tables['bliss'].summary.max:+.3f}"
    assert rows["Loewe index"][2] == f"{tables['loewe'].summary.min:.2f}"
    assert float(rows["Loewe index"][2]) < 1.0
    assert rows["Chou-Talalay CI"][4] == f"{tables['ci'].summary.defined}/36"


def test_failed_cells_are_grey_and_marked(surface_data) -> None:
    data = surface_data(doses=4)
    data["viability"][2, 2] = np.nan
    figure = synergy(data, orientation="viability")
    image = panel(figure, "viability").images[0]
    assert np.ma.getmaskarray(image.get_array())[2, 2]
    assert [t.get_text() for t in panel(figure, "viability").texts].count("–") == 1


def test_inhibition_in_percent(surface_data) -> None:
    plain = surface_data(doses=3)
    turned = plain.assign(
        inhibition=(plain["viability"].dims, 100.0 * (1.0 - np.asarray(plain["viability"])), {"units": "%"})
    )
    figure = synergy(turned, orientation="inhibition", scale="percent", observable="inhibition")
    expected = score(grid_of(plain), ("bliss",))["bliss"].values
    np.testing.assert_allclose(np.asarray(panel(figure, "Bliss excess").images[0].get_array()), expected.T, atol=1e-12)


def test_three_agents_or_a_time_axis_are_refused(surface_data) -> None:
    data = surface_data(doses=3)
    third = data.expand_dims(celecoxib=[0.0, 1.0])
    with pytest.raises(DesignError, match="two dose axes"):
        synergy(third, orientation="viability")
    with pytest.raises(DesignError, match=r"\.sel\(time"):
        synergy(data.expand_dims(time=[0.0, 1.0]), orientation="viability")
    with pytest.raises(DesignError, match="zero dose"):
        synergy(data.isel(bso=slice(1, None)), orientation="viability")


def test_a_remark_about_every_metric_is_made_once(surface_data) -> None:
    data = surface_data(doses=3)
    data["viability"] = np.where(np.asarray(data["viability"]) > 0.5, 1.0, 0.0) * xr.ones_like(data["viability"])
    words = "\n".join(texts(synergy(data, orientation="viability")))
    assert words.count("no mid-doses") == 1


def test_isoboles_of_several_effects_share_a_panel(surface_data) -> None:
    figure = synergy(surface_data(), orientation="viability", levels=(0.25, 0.5, 0.75))
    assert overlaps(figure) == []
    axes = panel(figure, "Isoboles")
    assert covered(figure) == []
    lines = {line.get_label(): line for line in axes.lines if "affected" in str(line.get_label())}
    assert len({line.get_marker() for line in lines.values()}) == 3, "told apart without colours too"
    assert list(lines) == ["25% affected", "50% affected", "75% affected"]
    # A stronger effect needs more of both: no line crosses another.
    ends = [max(line.get_xdata()) for line in lines.values()]
    assert ends == sorted(ends)
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert len(dashed) == 3, "each has its additive line"
    assert {one.get_color() for one in dashed} == {one.get_color() for one in lines.values()}


def test_isoboles_that_an_agent_alone_never_reaches_are_told(surface_data) -> None:
    axes = panel(synergy(surface_data(least=0.75), orientation="viability", levels=(0.1, 0.5)), "Isoboles")
    assert any("50% affected: bso alone: never" in text.get_text() for text in axes.get_legend().get_texts())


def test_an_isobole_dose_below_the_smallest_tested_lies_between_it_and_none(surface_data) -> None:
    from matplotlib.figure import Figure

    from redoxsim.analysis.isoboles import Isobole
    from redoxsim.report.figures.isobologram import draw_isoboles

    axes = Figure().add_subplot()
    line = Isobole(0.5, np.array([[1.0, 1.0], [0.05, 5.0]]), (2.0, 6.0), "")
    tested = np.array([0.0, 0.1, 1.0, 10.0])
    draw_isoboles(axes, [line, line], doses=(tested, tested), agents=("a", "b"), units=("uM", "uM"))
    places = next(one for one in axes.lines if one.get_marker() == "o").get_xdata()
    assert list(places) == sorted(places, reverse=True), "first the agent alone at 2, at last none of it"
    none = places[3]
    least = 2 * places[2] - none  # half of the smallest dose lies half-way
    assert none < places[2] < least < places[1]


def test_numbers_stand_in_the_cells_as_long_as_they_can_be_read(surface_data) -> None:
    """Nine doses a side take two decimals, twelve leave the zero before the point out, twenty have a colour bar."""
    for doses, zero in ((8, "0.00"), (11, "0"), (19, None)):
        figure = synergy(surface_data(doses=doses), orientation="viability")
        cells = [text.get_text() for text in panel(figure, "Bliss").texts]
        assert (zero in cells) if zero else not cells
        bars = [axes for axes in figure.axes if "antagonism" in axes.get_ylabel()]
        assert len(bars) == (zero is None), "a bar says what colours mean where no number does"
        assert overlaps(figure) == []
        assert too_small(figure) == []
