"""Both sides of a corrected point stand beside one another, each with what was run for it."""

from __future__ import annotations

from redoxsim.report.both_ways import Shown, both_ways_markdown, both_ways_text, points

SHOWN = {
    "a": Shown(text="A falls", expected="<= 0.9", got="1.1", holds=False, share="3 of 32 (9%)", note="1.1: B | C"),
    "b": Shown(text="A rises", expected=">= 1", got="1.1", holds=True),
}
CORRECTED = [
    {"claim": "S9.1", "document": "A | falls", "chemistry": "A rises", "as_document": ["a"], "as_chemistry": ["b"]},
    {"claim": "S9.2", "document": "C", "chemistry": "D", "as_chemistry": ["b", "gone"], "why": "no C here"},
]


def test_text_names_both_sides_with_their_numbers() -> None:
    assert both_ways_text(points(CORRECTED, SHOWN)).splitlines()[1:] == [
        "S9.1 as the document says: A | falls",
        "    does not hold: A falls (expected <= 0.9, got 1.1; in draws 3 of 32 (9%))",
        "S9.1 as the chemistry does: A rises",
        "    holds: A rises (expected >= 1, got 1.1)",
        "S9.2 as the document says: C",
        "S9.2 as the chemistry does: D",
        "    holds: A rises (expected >= 1, got 1.1)",
        "    not run: no C here",
    ]


def test_markdown_has_a_row_per_point_and_a_column_per_side() -> None:
    rows = both_ways_markdown(points(CORRECTED, SHOWN)).splitlines()
    assert rows[2] == "| claim | as the document says | as the chemistry does |"
    assert rows[4].startswith("| S9.1 | A \\| falls<br>*does not hold*: A falls")
    assert rows[4].endswith("| A rises<br>*holds*: A rises (expected >= 1, got 1.1) |")
    assert "C<br>Not run: no C here" in rows[5]


def test_nothing_corrected_says_nothing() -> None:
    assert both_ways_text(()) == both_ways_markdown(()) == ""
