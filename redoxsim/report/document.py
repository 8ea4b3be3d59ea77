"""JSON, one layout for everything that is written: what it is, facts about the whole, units, rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

import redoxsim


def document(
    schema: str,
    *,
    rows: Iterable[Sequence[Any]] = (),
    columns: Mapping[str, str] | None = None,
    about: Mapping[str, Any] | None = None,
) -> str:
    """A JSON document.

    ``schema`` (``redoxsim/`` and the name and version of what the rows mean), ``redoxsim`` (the version that wrote
    it), ``about`` (facts about the whole), ``units`` (of every column, in order; "" for none) and ``rows`` (an
    object each, by column). Not-a-number is null, an infinity the text "Infinity" or "-Infinity".

    Parameters
    ----------
    schema : such as ``models/1``.
    rows : values in the order of the columns.
    columns : unit by name.
    """
    units = {name: str(unit or "") for name, unit in (columns or {}).items()}
    head = {
        "schema": f"redoxsim/{schema}",
        "redoxsim": redoxsim.__version__,
        "about": json_ready(about or {}),
        "units": units,
    }
    # A row stands on a line of its own, so that a large table can be read and compared by lines.
    lines = [_text(dict(zip(units, map(json_ready, row), strict=True))) for row in rows]
    body = "[\n  " + ",\n  ".join(lines) + "\n ]" if lines else "[]"
    return f'{_text(head, indent=1).removesuffix("}").rstrip()},\n "rows": {body}\n}}\n'


def _text(content: Any, *, indent: int | None = None) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent)


def json_ready(value: Any) -> Any:
    """The same in plain JSON values: not-a-number becomes null, an infinity a text, anything unknown its text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        number = float(value)
        if number - number == 0.0:
            return number
        return None if number != number else "Infinity" if number > 0 else "-Infinity"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return json_ready(value.tolist())
    return str(value)
