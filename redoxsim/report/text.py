"""Tables for a terminal. Everything is returned, nothing is printed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

_SHADES = " ░▒▓█"


def width(text: str) -> int:
    """How many terminal columns a text takes.

    >>> width("H₂O₂"), width("µM"), width("日本")
    (4, 2, 4)
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)


def text_table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, indent: int = 0) -> str:
    """Aligned columns under their heads; columns of numbers to the right, texts to the left.

    >>> print(text_table(["agent", "EC50"], [["auranofin", "1.09"], ["bso", "n/a"]]))
    agent      EC50
    ---------  ----
    auranofin  1.09
    bso         n/a
    """
    body = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max([width(head), *(width(row[i]) for row in body)]) for i, head in enumerate(heads)]
    right = [
        bool(body) and all(_numeric(row[i]) for row in body) and any(row[i] for row in body) for i in range(len(heads))
    ]
    lines = [_line(heads, widths, right), "  ".join("-" * w for w in widths)]
    lines += [_line(row, widths, right) for row in body]
    return "\n".join(" " * indent + line.rstrip() for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, wide, to_right in zip(cells, widths, right, strict=True):
        space = " " * (wide - width(cell))
        padded.append(space + cell if to_right else cell + space)
    return "  ".join(padded)


def _numeric(text: str) -> bool:
    if text in {"", "n/a", "nan", "inf", "-inf", "–"}:
        return True
    try:
        float(text.replace("−", "-").rstrip("%"))
    except ValueError:
        return False
    return True


def matrix_text(
    values: ArrayLike, rows: Sequence[str], columns: Sequence[str], *, corner: str = "", digits: int = 2
) -> str:
    """A matrix of shape (len(rows), len(columns)) with a shade after each number; ``–`` where undefined."""
    matrix = np.asarray(values, dtype=float)
    known = matrix[np.isfinite(matrix)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    span = high - low or 1.0

    def cell(value: float) -> str:
        if not np.isfinite(value):
            return "–"
        return f"{value:.{digits}f} {_SHADES[min(int((value - low) / span * 5), 4)]}"

    body = [[name, *(cell(v) for v in line)] for name, line in zip(rows, matrix, strict=True)]
    return text_table([corner, *columns], body)
