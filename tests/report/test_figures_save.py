"""Files of figures: every format, the same bytes twice, never over another file, no global state."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pytest
from figure_looks import overlaps

from redoxsim.errors import DesignError
from redoxsim.report.figures import save, synergy, timecourse
from redoxsim.report.figures.style import new_figure
from redoxsim.report.files import OutputError, OutputExists


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_figure_twice_gives_same_bytes(tmp_path: Path, conditions, bars, ending: str) -> None:
    some = {name: conditions[name] for name in ("untreated", "both")}
    made = [
        save(timecourse(some, observe=["H2O2_m"], doses=bars), tmp_path / f"{i}.{ending}").read_bytes()
        for i in range(2)
    ]
    assert made[0] == made[1]
    assert made[0][:4] == {"png": b"\x89PNG", "svg": b"<?xm", "pdf": b"%PDF"}[ending]
    assert not re.search(rb"20\d\d-\d\d-\d\dT|CreationDate|ModDate", made[0])


def test_saving_one_figure_twice_does_not_move_it(tmp_path: Path, surface_data) -> None:
    figure = synergy(surface_data(doses=3), orientation="viability")
    assert save(figure, tmp_path / "a.svg").read_bytes() == save(figure, tmp_path / "b.svg").read_bytes()


def test_other_data_gives_another_file(tmp_path: Path, course) -> None:
    a = save(timecourse(course(1, 0), observe=["viability"]), tmp_path / "a.png").read_bytes()
    assert a != save(timecourse(course(1, 0.5), observe=["viability"]), tmp_path / "b.png").read_bytes()


def test_never_overwrites_without_force(tmp_path: Path, course) -> None:
    figure = timecourse(course(1, 0), observe=["viability"])
    target = tmp_path / "a.png"
    target.write_text("mine")
    with pytest.raises(OutputExists, match="exists already"):
        save(figure, target)
    assert target.read_text() == "mine"
    save(figure, target, force=True)
    assert target.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_unknown_ending_and_missing_folder(tmp_path: Path, course) -> None:
    figure = timecourse(course(1, 0), observe=["viability"])
    with pytest.raises(DesignError, match=r"no figure format 'jpg'.*\.png, \.svg or \.pdf"):
        save(figure, tmp_path / "a.jpg")
    with pytest.raises(OutputError, match="no folder"):
        save(figure, tmp_path / "missing" / "a.png")


def test_matplotlib_settings_stay_as_they_were(tmp_path: Path, course) -> None:
    before = dict(mpl.rcParams)
    save(timecourse(course(1, 0), observe=["viability"]), tmp_path / "a.pdf")
    assert dict(mpl.rcParams) == before


def test_style_does_not_depend_on_the_users_settings(tmp_path: Path, course) -> None:
    plain = save(timecourse(course(1, 0), observe=["viability"]), tmp_path / "a.png").read_bytes()
    with mpl.rc_context({"font.size": 20.0, "axes.grid": False, "lines.linewidth": 9.0}):
        assert save(timecourse(course(1, 0), observe=["viability"]), tmp_path / "b.png").read_bytes() == plain


def test_overlapping_texts_would_be_noticed() -> None:
    figure = new_figure(3, 2)
    figure.text(0.3, 0.5, "one label")
    figure.text(0.35, 0.5, "another label")
    figure.text(0.95, 0.1, "cut off at the edge")
    assert overlaps(figure) == [("cut off at the edge", "the page's edge"), ("one label", "another label")]
