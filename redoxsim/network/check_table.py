"""Check of parameters.csv, the table of sources that stands beside a shipped model."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from redoxsim.errors import ReadError, nearest
from redoxsim.network.issue import Issue
from redoxsim.network.screen import load
from redoxsim.network.subject import Subject

COLUMNS = ("id", "value", "unit", "low", "high", "grade", "source")
GRADES = ("A", "B", "C")


def parameter_table(subject: Subject) -> Iterator[Issue]:
    """RX040 to RX044: the table beside the model file, where there is one."""
    path = Path(subject.file).parent / "parameters.csv" if subject.file else None
    if path is None or not path.is_file():
        return
    try:
        reader = csv.DictReader(io.StringIO(load(path)))
        rows, heads = list(reader), reader.fieldnames or ()
    except (ReadError, csv.Error) as error:
        yield subject.issue("RX044", f"parameters.csv cannot be read: {error}", element=None)
        return
    missing = [name for name in COLUMNS if name not in heads]
    if missing:
        yield subject.issue("RX044", f"parameters.csv has no column {', '.join(missing)}", element=None, line=1)
        return
    yield from rows_against_model(subject, rows)


def rows_against_model(subject: Subject, rows: list[dict[str, str]]) -> Iterator[Issue]:
    network = subject.network
    parameters = {part.id: part for part in network.parameters}
    settable = subject.given
    known = network.index()
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        id_ = (row["id"] or "").strip()
        label = f"parameters.csv row {number}, '{id_}'"
        if id_ in seen:
            yield subject.issue("RX044", f"{label}: the id has two rows", element=id_)
        seen.add(id_)
        if id_ not in known:
            yield subject.issue("RX043", f"{label}: nothing in the model has this id", element=id_, level="warning",
                                hint=nearest(id_, known))  # fmt: skip
            continue
        yield from one_row(subject, row, id_, label, settable.get(id_))
        part = parameters.get(id_)
        unit = (row["unit"] or "").strip()
        if part is not None and unit and part.unit and unit != part.unit:
            message = f"{label}: the unit is {unit}, in the model {part.unit}"
            yield subject.issue("RX044", message, element=id_, line=part.line)
    computed = set(subject.assigned) | {item.target for item in network.initial_assignments}
    computed |= {rule.target for rule in network.rules}
    for part in network.parameters:
        if part.id not in seen and part.id not in computed:
            message = f"parameter '{part.id}' has no row in parameters.csv"
            yield subject.issue("RX040", message, element=part.id, line=part.line)


def one_row(subject: Subject, row: Mapping[str, str], id_: str, label: str, in_model: float | None) -> Iterator[Issue]:
    numbers: dict[str, float] = {}
    for column in ("value", "low", "high"):
        text = (row[column] or "").strip()
        if not text:
            continue
        try:
            numbers[column] = float(text)
        except ValueError:
            yield subject.issue("RX044", f"{label}: {column} is not a number: {text!r}", element=id_)
    grade = (row["grade"] or "").strip()
    if grade not in GRADES:
        yield subject.issue("RX044", f"{label}: the grade is {grade!r}, not A, B or C", element=id_)
    if not (row["source"] or "").strip():
        yield subject.issue("RX044", f"{label}: there is no source", element=id_)
    line = subject.line(id_)
    value = numbers.get("value")
    if value is not None and in_model is not None and not math.isclose(value, in_model, rel_tol=1e-9):
        message = f"'{id_}' is {value:.10g} in parameters.csv and {in_model:.10g} in the model"
        yield subject.issue("RX041", message, element=id_, line=line)
    looked_at = in_model if in_model is not None else value
    low, high = numbers.get("low", -math.inf), numbers.get("high", math.inf)
    if looked_at is not None and not low <= looked_at <= high:
        message = f"'{id_}' is {looked_at:.10g}, outside its range {low:g} to {high:g}"
        yield subject.issue("RX042", message, element=id_, line=line)


CHECKS = (parameter_table,)
