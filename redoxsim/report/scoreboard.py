"""A validation in words and rows: what was seen, what the model gives, and the counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from redoxsim.report.text import text_table
from redoxsim.study.validation import Judged, Row, Validation

HEADS = (
    "id", "topic", "what", "kind", "state", "value", "low", "high", "unit", "published", "off by", "known",
    "confidence", "use", "calibrated", "why", "source",
)  # fmt: skip
MARKS = {
    "in band": "✓", "off": "✗", "wrong sign": "✗", "no effect": "○", "too small": "~", "failed": "!", "not run": "–",
}  # fmt: skip
SAID = ("wrong sign", "no effect", "too small")
"""Misses that are named beside the value."""


def scoreboard_rows(found: Validation) -> list[dict[str, Any]]:
    """One row per expected thing; an observation that expects nothing has one row of its own."""
    rows: list[dict[str, Any]] = []
    for row in found.rows:
        one = row.observation
        common = {
            "id": one.id, "topic": one.topic, "known": one.known, "confidence": one.confidence, "use": one.use,
            "calibrated": one.calibrated, "why": row.trouble or one.why, "source": one.source,
        }  # fmt: skip
        if not row.judged:
            rows.append({**common, "what": one.text, "state": one.use})
        for part in row.judged:
            rows.append({**common, **_judged(one.text, part)})
    return rows


def _judged(text: str, part: Judged) -> dict[str, Any]:
    expected = part.expected
    finite = {"low": expected.low, "high": expected.high, "value": part.value, "off by": part.off}
    return {
        "what": f"{text}: {expected.text}",
        "kind": expected.kind,
        "state": part.state,
        "unit": expected.unit,
        "published": expected.published,
        **{name: value if np.isfinite(value) else None for name, value in finite.items()},
    }


def scoreboard_text(found: Validation, *, all_rows: bool = False) -> str:
    """The rows that were run, a line per expected thing, for a terminal.

    Parameters
    ----------
    all_rows : also those that agree.
    """
    lines = [
        [MARKS[part.state], row.observation.id + _star(row), part.expected.text, part.expected.wanted(), got(part)]
        for row in found.rows
        for part in row.judged
        if all_rows or part.state != "in band"
    ]
    return text_table(["", "id", "what", "seen", "model"], lines) if lines else "every row that was run is in band"


def _star(row: Row) -> str:
    return ("*" if row.observation.calibrated else "") + ("" if row.counts else " (" + row.observation.use + ")")


def got(part: Judged) -> str:
    """The model's value in words, with how it misses and by what factor."""
    if np.isnan(part.value):
        return "failed" if part.state == "failed" else "not run"
    unit = f" {part.expected.unit}" if part.expected.unit else ""
    value = "never" if np.isinf(part.value) else f"{part.value:.3g}{unit}"
    notes: list[str] = [part.state] if part.state in SAID else []
    if np.isfinite(part.off) and part.off != 1.0 and part.state not in ("no effect", "wrong sign"):
        notes.append(f"off by {_factor(part.off)}")
    return f"{value} ({', '.join(notes)})" if notes else value


def _factor(off: float) -> str:
    """How far outside, for people: a share of the bound where it is near, else a factor."""
    if off >= 1.5:
        return f"{off:.2g}x"
    return f"{off - 1.0:.0%}" if off >= 1.01 else "less than 1%"


def counts_text(found: Validation) -> str:
    """How many agree, read and recalled observations apart, with Wilson's 95% interval."""
    lines = [
        ["numbers and bounds in band", str(found.numbers("read")), str(found.numbers("recalled", "source-only"))],
        ["directions right", str(found.signs("read")), str(found.signs("recalled", "source-only"))],
    ]
    uses = found.uses()
    rest = ", ".join(f"{uses[name]} {name}" for name in ("input", "conflict", "not-representable") if name in uses)
    calibrated = sum(row.observation.calibrated and row.counts for row in found.rows)
    text = text_table(["", "read in the source", "recalled or source only"], lines)
    notes = f"{len(found.rows)} observation{'' if len(found.rows) == 1 else 's'}, {uses.get('scored', 0)} scored"
    notes += f"; not counted: {rest}" if rest else ""
    missed = ", ".join(f"{number} {state}" for state, number in found.missed().items())
    if calibrated:
        notes += f"; {calibrated} scored ones served to choose constants (*)"
    return f"{text}\n{notes}" + (f"\ndirections that miss: {missed}" if missed else "")
