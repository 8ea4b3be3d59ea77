"""Bands of `simulate` and `scan`: in figures as a matter of course, in tables where they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from redoxsim.cli import result
from redoxsim.cli.exits import Exit
from redoxsim.errors import SolveError
from redoxsim.study import Study, draws, prepare

Command = Callable[..., Any]
MODEL = """
model pool()
  compartment cell = 1; species A in cell = 1;
  k_in = 1; k_out = 0.001; LEVEL = 1;
  -> A; LEVEL*k_in*k_out*cell; A -> ; k_out*A*cell;
end
"""
TABLE = "id,value,unit,low,high,grade,source,note\nk_in,1,,0.25,4,C,made up,\n"
METADATA = 'title = "pool"\nstart = "steady"\nobservables = [ { id = "A", name = "A", unit = "uM" } ]\n'
COURSE = ("simulate", "model.ant", "--until", "24h", "--every", "1h", "-o", "out.csv", "--plot", "out.png", "--force")
SCAN = ("scan", "model.ant", "--axis", "LEVEL=1,2,4", "--until", "1h", "-o", "out.csv", "--plot", "out.png")


@pytest.fixture(name="drawn")
def _drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """A folder with a model of one constant that is not known, and the figures that commands draw there."""
    for name, text in (("model.ant", MODEL), ("parameters.csv", TABLE), ("model.toml", METADATA)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    figures: list[Figure] = []
    monkeypatch.setattr(result, "save_figure", lambda figure, *_: figures.append(figure))
    return figures


def band(figure: Figure) -> np.ndarray | None:
    """Lowest and highest place of the band in the first panel."""
    found = [one for one in figure.axes[0].collections if isinstance(one, PolyCollection)]
    heights = [one.get_paths()[0].vertices[:, 1] for one in found]
    return np.array([heights[0].min(), heights[0].max()]) if heights else None


def test_a_time_course_has_its_band_in_the_figure_and_not_in_the_table(command: Command, drawn: list[Figure]) -> None:
    ran = command(*COURSE, "--methods", "how.md")
    assert ran.code == Exit.GOOD, ran.err
    table = pd.read_csv("out.csv")
    assert "quantile" not in table
    assert len(table) == 25
    assert np.asarray(table["A [uM]"] if "A [uM]" in table else table["A"]) == pytest.approx(1.0)
    # A stays at k_in of each draw
    expected = np.quantile(draws.draw(prepare("model.ant"), 200).values["k_in"], (0.05, 0.95))
    found = band(drawn[0])
    assert found is not None
    assert found / found[0] == pytest.approx(expected / expected[0], rel=1e-3)
    assert "Band of the figure: " in ran.err
    assert "200 draws" in ran.err
    assert "--draws 200 puts it into the table" in ran.err
    assert "The band of the figure: 200 draws" in Path("how.md").read_text(encoding="utf-8")
    words = " ".join(text.get_text() for text in drawn[0].findobj(lambda one: hasattr(one, "get_text")))
    assert "bands: 200 draws of them" in words.replace("\n", " ")
    assert "median of draws" in words


def test_a_scan_of_one_axis_has_a_band_and_a_map_has_none(command: Command, drawn: list[Figure]) -> None:
    ran = command(*SCAN)
    assert ran.code == Exit.GOOD, ran.err
    assert band(drawn[0]) is not None
    assert len(pd.read_csv("out.csv")) == 3
    ran = command(*SCAN, "--axis", "k_out=0.001,0.002", "--force")
    assert ran.code == Exit.GOOD, ran.err
    assert "Band of the figure" not in ran.err


@pytest.mark.parametrize("asked", [("--draws", "0"), ("--cells", "1")])
def test_one_option_leaves_it_out(command: Command, drawn: list[Figure], asked: tuple[str, ...]) -> None:
    ran = command(*COURSE, *asked)
    assert ran.code == Exit.GOOD, ran.err
    assert "Band" not in ran.err
    assert band(drawn[0]) is None


def test_draws_that_are_asked_for_are_in_the_table(command: Command, drawn: list[Figure]) -> None:
    ran = command(*COURSE, "--draws", "16")
    assert ran.code == Exit.GOOD, ran.err
    assert sorted(set(pd.read_csv("out.csv")["quantile"])) == [0.05, 0.5, 0.95]
    assert "Band of the figure" not in ran.err
    assert band(drawn[0]) is not None


def test_without_a_figure_or_ranges_nothing_is_drawn_at_random(command: Command, drawn: list[Figure]) -> None:
    ran = command("simulate", "model.ant", "--until", "24h", "--every", "1h")
    assert "1 solve: 1 ok" in ran.err
    Path("parameters.csv").write_text(TABLE.splitlines()[0] + "\n", encoding="utf-8")
    ran = command(*COURSE)
    assert ran.code == Exit.GOOD, ran.err
    assert "Band" not in ran.err
    assert band(drawn[0]) is None


def test_a_dry_run_counts_the_band(command: Command, drawn: list[Figure]) -> None:
    ran = command(*COURSE, "-n")
    assert "201 solves" in ran.out + ran.err
    assert not drawn


@pytest.mark.parametrize(
    ("broken", "said"), [(SolveError("too stiff"), "No band: too stiff"), (KeyboardInterrupt(), "No band: interrupted")]
)
def test_a_band_that_fails_takes_nothing_away(
    command: Command, drawn: list[Figure], monkeypatch: pytest.MonkeyPatch, broken: BaseException, said: str
) -> None:
    def fails(self: Study) -> None:
        raise broken

    monkeypatch.setattr(Study, "run", fails)
    ran = command(*COURSE)
    assert ran.code == Exit.GOOD, ran.err
    assert said in ran.err
    assert len(pd.read_csv("out.csv")) == 25
    assert band(drawn[0]) is None
