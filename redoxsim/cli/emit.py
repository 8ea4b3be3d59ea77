"""Rows and texts to stdout or a file, the same way on every verb."""

from __future__ import annotations

import csv
import io
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from redoxsim.cli.options import Output
from redoxsim.cli.streams import write

Row = Mapping[str, Any]
NARROWEST = 14


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
        text = as_json(rows, heads, schema=schema)
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
        write(text if text.endswith("\n") else text + "\n")
        return
    from redoxsim.report.files import write_text

    write_text(str(output.path), text if text.endswith("\n") else text + "\n", force=output.force)


def as_json(rows: Sequence[Row], heads: Sequence[str], *, schema: str, about: Mapping[str, Any] | None = None) -> str:
    """A JSON document of the rows, in the one layout of `redoxsim.report.document`; units leave the heads."""
    from redoxsim.report.document import document
    from redoxsim.report.names import split_head

    named = [split_head(head) for head in heads]
    return document(schema, rows=([row.get(head) for head in heads] for row in rows), columns=dict(named), about=about)


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
    """Aligned columns; long texts wrap so that lines keep to ``width``, numbers stand to the right."""
    if not heads:
        return "\n"
    texts = [list(heads), *[[cell_text(row.get(head)) for head in heads] for row in rows]]
    numeric = [
        bool(rows)
        and all(isinstance(row.get(head), int | float | None) and not isinstance(row.get(head), bool) for row in rows)
        for head in heads
    ]
    widths = [max(len(line[i]) for line in texts) for i in range(len(heads))]
    while sum(widths) + 2 * (len(heads) - 1) > width:
        # The widest text column gives way first; names and numbers are never cut.
        widest = max((i for i in range(len(heads)) if not numeric[i]), key=lambda i: widths[i], default=0)
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    lines = []
    for line in texts:
        parts = [
            textwrap.wrap(text, wide, break_on_hyphens=False) or [""] for text, wide in zip(line, widths, strict=True)
        ]
        for i in range(max(len(part) for part in parts)):
            pieces = [part[i] if i < len(part) else "" for part in parts]
            padded = [
                piece.rjust(wide) if right else piece.ljust(wide)
                for piece, wide, right in zip(pieces, widths, numeric, strict=True)
            ]
            lines.append("  ".join(padded).rstrip())
    return "\n".join(lines) + "\n"


def emit_document(
    facts: Mapping[str, Any],
    rows: Sequence[Row],
    output: Output,
    *,
    schema: str,
    columns: Sequence[str],
    title: str = "constants",
) -> None:
    """Facts about one thing and the rows that belong to it; csv holds the rows alone."""
    chosen = output.chosen(terminal=sys.stdout.isatty())
    if chosen == "json":
        emit_text(as_json(rows, columns, schema=schema, about=facts), output)
    elif chosen == "table":
        width = shutil.get_terminal_size((110, 24)).columns if output.to_stdout else 160
        wide = max(len(key) for key in facts) + 2
        lines = []
        for key, value in facts.items():
            parts = (
                value
                if isinstance(value, list | tuple) and any(len(str(part)) > 30 for part in value)
                else [cell_text(value)]
            )
            for i, part in enumerate(parts):
                body = textwrap.wrap(str(part), max(width - wide, 40)) or ["-"]
                lines.append(f"{key if i == 0 else '':<{wide}}{body[0]}")
                lines += [" " * wide + more for more in body[1:]]
        emit_text(
            "\n".join(lines) + (f"\n\n{title}\n" + as_table(rows, columns, width=width) if rows else "\n"), output
        )
    else:
        emit_rows(rows, output, schema=schema, columns=columns)
