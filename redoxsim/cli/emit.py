"""Rows and texts to stdout or a file, the same way on every verb."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from redoxsim import __version__
from redoxsim.cli.options import Output

Row = Mapping[str, Any]


def emit_rows(rows: Sequence[Row], output: Output, *, schema: str, columns: Sequence[str] | None = None) -> None:
    """Rows of equal keys as csv, json or an aligned table.

    Parameters
    ----------
    schema : name and version of what the rows mean, such as ``models/1``; JSON carries it.
    columns : heads, where there may be no row to take them from.
    """
    heads = list(columns if columns is not None else rows[0] if rows else ())
    chosen = output.chosen(terminal=sys.stdout.isatty())
    if chosen == "json":
        text = as_json({"rows": [{head: _plain(row.get(head)) for head in heads} for row in rows]}, schema=schema)
    elif chosen == "table":
        width = shutil.get_terminal_size((110, 24)).columns if output.to_stdout else 160
        text = as_table(rows, heads, width=width)
    else:
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows([["" if row.get(head) is None else row.get(head) for head in heads] for row in rows])
        text = stream.getvalue()
    emit_text(text, output)


def emit_text(text: str, output: Output) -> None:
    """Text as it is, to stdout or to the file of ``-o``."""
    if output.to_stdout:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
        return
    from redoxsim.report.files import write_text

    write_text(str(output.path), text if text.endswith("\n") else text + "\n", force=output.force)


def as_json(content: Mapping[str, Any], *, schema: str) -> str:
    """A JSON document that says what it is and which version wrote it."""
    return json.dumps({"schema": f"redoxsim/{schema}", "redoxsim": __version__, **content}, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    # JSON has no infinity and no not-a-number; both travel as text.
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def cell_text(value: Any) -> str:
    """One value for people: six significant digits, a dash for nothing."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def as_table(rows: Sequence[Row], heads: Sequence[str], *, width: int = 110) -> str:
    """Aligned columns; the last column wraps at ``width``, numbers stand to the right."""
    if not heads:
        return "\n"
    texts = [[cell_text(row.get(head)) for head in heads] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row.get(head), int | float) and not isinstance(row.get(head), bool) for row in rows)
        for head in heads
    ]
    widths = [max(len(line[i]) for line in [list(heads), *texts]) for i in range(len(heads))]
    room = max(width - sum(widths[:-1]) - 2 * (len(heads) - 1), 24)
    lines = []
    for line in [list(heads), *texts]:
        fixed = [part.rjust(wide) if right else part.ljust(wide) for part, wide, right in zip(line, widths, numeric, strict=True)]
        last = line[-1] if not numeric[-1] else fixed[-1]
        wrapped = textwrap.wrap(last, room, break_long_words=False, break_on_hyphens=False) or [""]
        start = "  ".join([*fixed[:-1], ""]) if len(heads) > 1 else ""
        lines.append((start + wrapped[0]).rstrip())
        lines += [" " * len(start) + more for more in wrapped[1:]]
    return "\n".join(lines) + "\n"
