"""The scoreboard in words and as a figure, from verdicts made without a model."""

import math

import pytest

from redoxsim.report.figures.save import save
from redoxsim.report.figures.scoreboard import scoreboard
from redoxsim.report.scoreboard import HEADS, counts_text, got, scoreboard_rows, scoreboard_text
from redoxsim.study.observations import Observation
from redoxsim.study.validation import Row, Validation, judge

RUN = {"id": "r", "kind": "simulate", "until": "1 h", "every": "1 h", "observe": ["x"]}
LET = {"a": {"run": "r", "observe": "x", "take": "last"}}


def row(name, value, *, use="scored", known="read", **expected):
    parts = {"text": "level", "let": LET, **expected}
    one = Observation(
        id=name, topic="t", text=f"Observation {name}", known=known, source="s", use=use, why="because", run=[RUN],
        expect=[parts],
    )  # fmt: skip
    return Row(observation=one, judged=tuple(judge(each, value) for each in one.expect))


@pytest.fixture
def found():
    number = {"kind": "number", "published": 2.0, "within": (1.0, 4.0), "unit": "uM"}
    empty = Observation(id="E", topic="t", text="x", known="read", source="s", use="not-representable", why="none")
    rows = (
        row("A", 2.5, **number),
        row("B", 12.0, known="recalled", **number),
        row("C", math.inf, **number),
        row("D", math.nan, **number),
        row("F", -1.0, kind="sign", at_least=0.0, neutral=0.0),
        row("G", 3.0, use="input", **number),
        Row(observation=empty, judged=()),
    )
    return Validation(rows=rows, files=())


def test_rows_hold_numbers_or_nothing(found):
    rows = {one["id"]: one for one in scoreboard_rows(found)}
    assert (rows["B"]["state"], rows["B"]["off by"], rows["B"]["value"]) == ("off", 3.0, 12.0)
    assert rows["C"]["value"] is None
    assert (rows["D"]["state"], rows["F"]["state"]) == ("failed", "wrong sign")
    assert (rows["E"]["state"], rows["E"]["why"]) == ("not-representable", "none")
    assert all(set(one) <= set(HEADS) for one in rows.values())


def test_text_lists_what_does_not_agree(found):
    text = scoreboard_text(found)
    assert "off by 3x" in text
    assert "never" in text
    assert "\n✓" not in text
    assert "\n✓" in scoreboard_text(found, all_rows=True)


def test_a_near_miss_is_a_share_and_a_far_one_a_factor() -> None:
    parts = [row("A", value, kind="number", published=3.0, within=(2.0, 4.0)).judged[0] for value in (4.001, 4.2, 12.0)]
    assert [got(one) for one in parts] == ["4 (off by less than 1%)", "4.2 (off by 5%)", "12 (off by 3x)"]


def test_directions_that_miss_are_called_by_how_in_table_counts_and_figure() -> None:
    less = {"kind": "sign", "at_most": 0.9, "neutral": 1.0}
    seen = {"A": 0.95, "B": 1.0, "C": 1.5}
    found = Validation(rows=tuple(row(name, value, **less) for name, value in seen.items()), files=())
    text = scoreboard_text(found)
    for said in ("0.95 (too small, off by 6%)", "1 (no effect)", "1.5 (wrong sign)", "\n~", "\n○", "\n✗"):
        assert said in text
    assert "directions that miss: 1 wrong sign, 1 no effect, 1 too small" in counts_text(found)
    figure = scoreboard(found)
    drawn = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert [words.rsplit(", ", 1)[1] for words in drawn] == ["too small", "no effect", "wrong sign"]
    marks = [line.get_marker() for axes in figure.axes for line in axes.lines if line.get_marker() != "None"]
    assert marks == ["^", "s", "X"]


def test_counts_keep_read_and_recalled_apart(found):
    text = counts_text(found)
    assert "1 of 3 (33%" in text
    assert "0 of 1 (0%" in text
    assert "1 input, 1 not-representable" in text


def test_figure_shows_each_row_that_counts_once(found, tmp_path):
    figure = scoreboard(found)
    labels = [text.get_text() for axes in figure.axes for text in axes.get_yticklabels()]
    assert [label.split()[-1] for label in labels] == ["A", "B", "C", "D", "F"]
    assert save(figure, tmp_path / "a.png").read_bytes() == save(scoreboard(found), tmp_path / "b.png").read_bytes()


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="no observation that counts"):
        scoreboard(Validation(rows=(), files=()))
