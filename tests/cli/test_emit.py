"""Rows as csv, json and tables: numbers survive, lines keep to the width."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from redoxsim.cli import emit
from redoxsim.cli.options import Output
from redoxsim.cli.talk import counted, grouped, plural
from redoxsim.errors import DesignError

ROWS = [{"name": "a", "value": 0.1 + 0.2, "text": "one, two"}, {"name": "b", "value": None, "text": "x" * 200}]


def written(tmp_path: Path, name: str) -> str:
    path = tmp_path / name
    emit.emit_rows(ROWS, Output(path=str(path)), schema="things/1")
    return path.read_text(encoding="utf-8")


def test_csv_round_trips(tmp_path: Path) -> None:
    back = list(csv.DictReader(io.StringIO(written(tmp_path, "a.csv"))))
    assert float(back[0]["value"]) == 0.1 + 0.2
    assert back[0]["text"] == "one, two"
    assert back[1]["value"] == ""


def test_json_round_trips_and_says_what_it_is(tmp_path: Path) -> None:
    back = json.loads(written(tmp_path, "a.json"))
    assert back["schema"] == "redoxsim/things/1"
    assert back["rows"][0]["value"] == 0.1 + 0.2
    assert back["rows"][1]["value"] is None


def test_table_wraps_at_the_width() -> None:
    text = emit.as_table([{"name": "a", "what": "word " * 60}], ("name", "what"), width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("word") == 60


def test_table_puts_numbers_to_the_right() -> None:
    lines = emit.as_table([{"n": 1.5}, {"n": 1000.0}], ("n",)).splitlines()
    assert lines[1:] == [" 1.5", "1000"]


def test_infinity_in_json_is_text() -> None:
    written = json.loads(emit.as_json([{"x": float("inf"), "y": float("nan")}], ("x", "y"), schema="x/1"))
    assert written["rows"] == [{"x": "Infinity", "y": None}]


def test_every_json_has_the_one_layout(tmp_path: Path) -> None:
    """Rows of a listing, facts of one thing and a result are the same kind of document."""
    from redoxsim.report import tables

    emit.emit_rows(ROWS, Output(path=str(tmp_path / "a.json")), schema="things/1")
    emit.emit_document(
        {"name": "a", "doses": (1.0, 2.0)}, [{"id": "k", "rate [1/s]": 0.5}], Output(path=str(tmp_path / "b.json")),
        schema="thing/1", columns=("id", "rate [1/s]"),
    )  # fmt: skip
    tables.write(tables.Table({"x": [1.0]}, {"x": "uM"}), tmp_path / "c.json")
    keys = [list(json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))) for name in "abc"]
    assert keys == [["schema", "redoxsim", "about", "units", "rows"]] * 3
    one = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert one["about"] == {"name": "a", "doses": [1.0, 2.0]}
    assert one["units"] == {"id": "", "rate": "1/s"}
    assert one["rows"] == [{"id": "k", "rate": 0.5}]
    assert tables.read(tmp_path / "b.json").heads == ["id", "rate [1/s]"]


@pytest.mark.parametrize(
    ("path", "format", "terminal", "wanted"),
    [
        (None, None, True, "table"),
        (None, None, False, "csv"),
        ("-", "json", True, "json"),
        ("a.json", None, True, "json"),
        ("a.nc", None, False, "netcdf"),
        ("a.json", "csv", False, "csv"),
        ("/dev/null", None, False, "csv"),
    ],
)
def test_the_format_is_guessed(path: str | None, format: str | None, terminal: bool, wanted: str) -> None:
    assert Output(path=path, format=format).chosen(terminal=terminal) == wanted


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(DesignError, match="does not say its format"):
        Output(path="out.xlsx").chosen(terminal=False)


def test_counts_are_worded() -> None:
    assert grouped(1234567) == "1 234 567"
    assert plural(1, "solve") == "1 solve"
    assert counted({"OK": 4084, "STEP_BUDGET": 12, "SINGULAR": 0}) == "4 096 solves: 4 084 ok, 12 step budget"
