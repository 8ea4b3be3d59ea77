"""The therapeutic window in words, rows and a figure; which runs of an experiment make one."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from figure_looks import overlaps, panel, texts, too_small
from matplotlib.patches import Rectangle

from redoxsim.analysis.window import Killed, Window
from redoxsim.errors import DesignError
from redoxsim.report.figures.window import INSIDE, window
from redoxsim.report.window import window_lines, window_pairs, window_rows, windows
from redoxsim.study.experiment import CombineRun
from redoxsim.study.experiment_runs import Finished
from redoxsim.study.results import ResultSet
from redoxsim.study.window import Reached, TwoCells, two_cells

DOSES = (np.array([0.0, 0.1, 1.0, 10.0]), np.array([0.0, 1.0, 10.0]), np.array([0.0, 5.0]))
NAMES = ("auranofin", "BSO", "carboplatin")
GOLD = Reached(agent="auranofin", low=2.5, high=3.6, unit="uM", what="serum gold, total", grade="A", free=False)


def made(
    agents: int, *, draws: int = 0, shift: float = 3.0, exposures: tuple[Reached | None, ...] = (GOLD,)
) -> TwoCells:
    """Both kinds of cells die of the first agent; the second kind needs ``shift`` times the dose."""
    doses = DOSES[:agents]
    grid = np.meshgrid(*doses, indexing="ij")
    dose = grid[0] * (1.0 + sum((one / 10.0 for one in grid[1:]), start=np.zeros_like(grid[0])))

    def killed(middle: float) -> Killed:
        if not draws:
            return Killed(middle=dose**4 / (dose**4 + middle**4))
        each = middle * np.geomspace(0.5, 2.0, draws)
        return Killed.of_draws(dose[..., None] ** 4 / (dose[..., None] ** 4 + each**4))

    told = (*exposures, *(None,) * agents)[:agents]
    return TwoCells(
        window=Window(
            doses=doses, first=killed(0.6), second=killed(0.6 * shift),
            reached=tuple(np.nan if one is None else one.high for one in told),
        ),
        agents=("auranofin", "bso", "carboplatin")[:agents], names=NAMES[:agents], units=("uM",) * agents,
        cells=("default", "normal"), observable="survival", hours=48.0, exposures=told, direction_only=("normal",),
    )  # fmt: skip


@pytest.mark.parametrize(("agents", "draws"), [(1, 0), (1, 9), (2, 0), (2, 9), (3, 9)])
def test_the_figure_shows_both_cells_the_exposure_and_the_window(agents: int, draws: int) -> None:
    found = made(agents, draws=draws)
    figure = window(found, title="t", caption="c", note="n")
    assert overlaps(figure) == []
    assert too_small(figure) == []
    said = " ".join(texts(figure)).replace("\n", " ")
    assert "serum gold, total; grade A" in said
    if agents > 1:
        assert "BSO: no exposure known" in said
        frames = [
            patch
            for axes in figure.axes
            for patch in axes.patches
            if isinstance(patch, Rectangle) and not patch.get_fill() and patch.get_linewidth() > 2
        ]
        maps = 3 if agents == 2 else 2
        assert len(frames) == maps * int(found.window.open.sum()) > 0, "each dose inside is framed on each map"
    if agents == 2:
        alone = panel(figure, "d   auranofin alone")
        curves = [np.asarray(line.get_ydata()) for line in alone.lines]
        for killed in (found.window.first, found.window.second):
            assert any(one.shape == (4,) and np.allclose(one, killed.middle[:, 0]) for one in curves)
        assert any("the largest tested" in text for text in texts(figure)), "no exposure of BSO is known"
    if draws and agents < 3:
        assert "5–95% of draws" in said
    assert INSIDE.startswith("#")


def test_an_exposure_off_the_axis_is_said() -> None:
    far = replace(GOLD, low=40.0, high=90.0)
    assert "exposure off\nthe axis, higher" in texts(window(made(1, exposures=(far,))))
    low = replace(GOLD, low=1e-6, high=1e-5)
    assert "exposure off\nthe axis, lower" in texts(window(made(1, exposures=(low,))))


@pytest.mark.parametrize(("low", "shown"), [(2.5, True), (1e6, False)])
def test_the_legend_names_an_exposure_only_where_one_is_drawn(low: float, shown: bool) -> None:
    words = texts(window(made(2, exposures=(replace(GOLD, low=low, high=1.4 * low),))))
    assert ("clinical exposure" in words) is shown
    assert any("serum gold" in text for text in words), "the small print tells of it all the same"


def test_four_agents_are_refused() -> None:
    found = made(1)
    doses = (np.array([0.0, 1.0]),) * 4
    zeros = Killed(middle=np.zeros((2,) * 4))
    with pytest.raises(DesignError, match="three agents"):
        window(replace(found, window=Window(doses=doses, first=zeros, second=zeros)))


def test_the_sentences_count_the_window_and_what_patients_reach() -> None:
    found = made(2)
    lines = window_lines(found)
    inside = found.window.open & found.window.joint
    assert f"Combinations: {int(inside.sum())} of 6 lie inside, auranofin 1 µM with BSO" in lines[1]
    assert "not above clinical exposure, auranofin 1 µM" in lines[1]
    assert lines[2].startswith("Doses of auranofin alone: 1 of 3 lie inside, auranofin 1 µM")
    assert lines[3] == "Doses of BSO alone: none of 2 lies inside."
    assert "BSO: no exposure known" in " ".join(lines)
    assert "Of the normal cell only the direction" in lines[-1]
    drawn = window_lines(made(2, draws=9))
    assert " draws at least one does)" in drawn[1]
    assert "5% to 95% of the draws" in " ".join(drawn)
    turned = " ".join(window_lines(made(1, shift=0.2)))
    assert "none of 3 lies inside" in turned
    assert "At no dose more of the default cell is killed than of the normal cell." in turned
    assert "The other way round, the normal cell loses more at auranofin" in turned


def test_beyond_exposure_is_said() -> None:
    low = replace(GOLD, low=0.01, high=0.1)
    lines = window_lines(made(1, exposures=(low,)))
    assert "all of them are above clinical exposure" in lines[1]


def test_rows_carry_units_and_flags() -> None:
    rows = window_rows(made(2, draws=9))
    assert len(rows) == 12
    assert set(rows[0]) >= {"auranofin [uM]", "bso [uM]", "killed_first_low", "window_share", "reached"}
    beyond = [row for row in rows if row["auranofin [uM]"] == 10.0]
    assert beyond
    assert all(row["reached"] is False for row in beyond)
    assert not rows[0]["window"], "the control"


def results(cell: str, *, normal: bool, observe: str = "survival", worth: float = 0.5) -> ResultSet:
    shape = (4, 3)
    axes = {"auranofin": DOSES[0], "bso": DOSES[1]}
    data = xr.Dataset(
        {
            observe: (("auranofin", "bso"), np.full(shape, worth), {"units": "1"}),
            "status": (("auranofin", "bso"), np.full(shape, "OK")),
        },
        coords={name: (name, doses, {"units": "uM", "long_name": name}) for name, doses in axes.items()}
        | {"time": 172800.0},
        attrs={
            "kind": "combination", "axes": json.dumps(list(axes)), "observables": json.dumps([observe]),
            "provenance": json.dumps({
                "cell": {"id": cell, "normal": normal, "direction_only": normal}, "solves": {"OK": 12}, "draws": None,
                "agents": {name: {"file": None} for name in axes},
            }),
        },
    )  # fmt: skip
    return ResultSet(data)


def finished(name: str, cell: str, *, normal: bool, doses: str = "1uM", **more: object) -> Finished:
    run = CombineRun(
        id=name, kind="combine", agents=("auranofin", "bso"), dose_values=(doses, "1uM"), at="48 h", cell=cell
    )
    return Finished(run, results(cell, normal=normal, **more))  # type: ignore[arg-type]


def test_runs_that_differ_by_the_cell_make_a_window_where_one_is_to_be_spared() -> None:
    tumour, other = finished("a", "default", normal=False, worth=0.1), finished("b", "gsr-low", normal=False)
    spared = finished("c", "normal", normal=True, worth=0.9)
    assert window_pairs([tumour, other]) == [], "two tumour cells make none"
    assert window_pairs([tumour, finished("d", "normal", normal=True, doses="2uM")]) == [], "other doses"
    assert window_pairs([tumour, finished("d", "normal", normal=True, observe="GSH_c")]) == [], "nothing that lives"
    assert window_pairs([tumour, spared]) == [(tumour, spared)]
    found = windows([spared, tumour])["a"]
    assert found.cells == ("default", "normal")
    assert found.direction_only == ("normal",)
    assert found.exposures[0] is not None
    assert found.exposures[0].high == pytest.approx(3.6), "from the agent's file"
    assert int(found.window.open.sum()) == 11


def test_other_doses_or_readouts_are_refused() -> None:
    one = results("default", normal=False)
    with pytest.raises(DesignError, match="same doses"):
        two_cells(one, ResultSet(one.dataset.assign_coords(bso=[0.0, 2.0, 10.0])))
    with pytest.raises(DesignError, match="living cells"):
        two_cells(one, one, observe="GSH_c")
    later = ResultSet(one.dataset.assign_coords(time=3600.0))
    with pytest.raises(DesignError, match="one time"):
        two_cells(one, later)
