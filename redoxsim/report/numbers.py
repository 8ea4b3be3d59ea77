"""Tables of numbers on the page of experiments: fits of curves and scores of combinations."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from redoxsim.report.names import show_id, show_unit
from redoxsim.report.sheet import table, typeset, whole

LONGEST = 24
"""Rows of a table of numbers that the page shows; the rest is in the run folder."""
NOTHING = 5e-5
"""A score smaller than this is shown as 0."""
LEFT_OUT = ("method", "message", "sign", "orientation")
"""Columns of tables of numbers that repeat one sentence on every line."""
HEADS = {
    "e0": "E0", "einf": "Emax", "ec50": "EC50", "h": "Hill slope", "ic50": "IC50",
    "auc": "mean over doses (AUC)", "mid_mean": "mid-dose mean", "min": "lowest", "max": "highest",
    "defined": "defined in", "combinations": "of",
}  # fmt: skip
"""Heads of tables of numbers, in words."""
SCORES = {
    "bliss": "Bliss excess", "hsa": "HSA excess", "loewe": "Loewe index", "ci": "Chou-Talalay CI", "zip": "ZIP delta",
}  # fmt: skip
OVER_DRAWS = "5% to 95% of draws of the constants, each fitted by itself"
MEANS = ("mean", "mid_mean", "min", "max")
"""Summaries of a score, in the order in which they stand."""


def rows_of(file: Path) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of a table of numbers, without the columns that repeat one sentence; empty where there is none."""
    if not file.is_file():
        return [], []
    with file.open(encoding="utf-8", newline="") as stream:
        heads, *rows = [*csv.reader(stream)] or [[]]
    return heads, rows


def _numbers(heads: Sequence[str], rows: Sequence[Sequence[str]], file: Path, title: str) -> str:
    told = [place for place, head in enumerate(heads) if head not in LEFT_OUT]
    shown = [[typeset(_short(row[place])) for place in told] for row in rows[:LONGEST]]
    named = [HEADS.get(heads[place], heads[place]) for place in told]
    return table(named, shown, about=title) + _more(len(rows), file) if rows else ""


def fits(file: Path, words: Mapping[str, str] | None = None) -> str:
    """Fits, a row per curve: each parameter with its interval.

    Parameters
    ----------
    words : runs in words, by id.
    """
    heads, rows = rows_of(file)
    if not {"run", "readout", "parameter", "value", "interval"} <= set(heads):
        return _numbers(heads, rows, file, "Fits")
    place = {name: heads.index(name) for name in heads}
    curves: dict[tuple[str, str], dict[str, str]] = {}
    levels: dict[str, None] = {}
    for row in rows:
        interval, _, level = row[place["interval"]].partition(" (")
        interval = "" if interval == "inf to inf" else interval  # as the value says: beyond the tested doses
        if interval:
            levels[OVER_DRAWS if level else "95% intervals"] = None
        value = _short(row[place["value"]])
        if "unit" in place and value.lstrip("-")[:1].isdigit():
            value = f"{value} {show_unit(row[place['unit']])}".rstrip()
        text = f"{value} ({interval})" if interval else "–" if value == "not reported" else value
        curves.setdefault((row[place["run"]], row[place["readout"]]), {})[row[place["parameter"]]] = text
    names = list(dict.fromkeys(name for one in curves.values() for name in one))
    shown = [
        [
            typeset((words or {}).get(key[0], key[0])),
            typeset(show_id(key[1])),
            *("<br>".join(map(whole, _split(one.get(name, "")))) for name in names),
        ]
        for key, one in curves.items()
    ]
    named = ("run", "readout", *(HEADS.get(name, name) for name in names))
    return table(
        named, shown, about="Fits of the curves" + (f", with {' or '.join(levels)}" if levels else ""), kind="fine"
    )


def _split(text: str) -> list[str]:
    """A value and its interval, a line each."""
    value, sign, rest = text.partition(" (")
    return [value, f"({rest}"] if sign else [text]


def scores(file: Path, words: Mapping[str, str] | None = None) -> str:
    """Scores with what draws say of their means; how to read each is said at the top of the page.

    Parameters
    ----------
    words : runs in words, by id.
    """
    heads, rows = rows_of(file)
    if not rows or "score" not in heads:
        return _numbers(heads, rows, file, "Scores over the combinations") if rows else ""
    shown = []
    for row in rows:
        one = dict(zip(heads, row, strict=True))
        run = one.get("run", "")
        cells = {"run": (words or {}).get(run, run), "score": SCORES.get(one["score"], one["score"])}
        cells |= {HEADS.get(name, name): _score(one[name]) for name in MEANS if name in one}
        if "mean_low" in one:
            ends = [_score(one["mean_low"]), _score(one["mean_high"])]
            cells["5% to 95% of draws"] = (
                "–" if "nan" in ends or "" in ends else " to ".join(f"{float(end):.3g}" for end in ends)
            )
            cells["draws that have one"] = _of_draws(one)
        if "defined" in one:
            cells["combinations with a score"] = f"{one['defined']} of {one.get('combinations', '')}"
        shown.append(cells)
    columns = list(dict.fromkeys(name for one in shown for name in one))
    body = [
        [(whole if name == "score" else typeset)(_short(one.get(name, ""))) for name in columns]
        for one in shown[:LONGEST]
    ]
    return table(columns, body, about="Scores over the combinations", kind="fine") + _more(len(rows), file)


def _of_draws(one: Mapping[str, str]) -> str:
    """In how many draws a mean is defined."""
    try:
        drawn, share = float(one["draws"]), float(one["draws_defined"])
    except (KeyError, ValueError):
        return "–"
    return f"{drawn * share:.0f} of {drawn:.0f}" if drawn == drawn and share == share else "–"


def _more(count: int, file: Path) -> str:
    return f"<p class='small'>and {count - LONGEST} more in {file.name}</p>" if count > LONGEST else ""


def _score(cell: str) -> str:
    """A score that is nothing but the rounding of a solver as 0, any other text as it is."""
    try:
        return "0" if abs(float(cell)) < NOTHING else cell
    except ValueError:
        return cell


def _short(cell: str) -> str:
    """A number in four digits, a dash for none, any other text as it is."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    if value != value:
        return "–"
    return f"{value:.4g}" if "." in cell or "e" in cell.lower() else cell
