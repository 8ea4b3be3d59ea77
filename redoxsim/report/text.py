"""Words and small pictures for a terminal. Everything is returned, nothing is printed."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from redoxsim.report.names import LADDER, number, show_unit, unit_of

if TYPE_CHECKING:
    import xarray as xr

_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
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


def sparkline(values: ArrayLike, *, columns: int = 32, low: float | None = None, high: float | None = None) -> str:
    """A line of up to ``columns`` bars, one per stretch of values; a blank where values are missing.

    >>> sparkline([0, 1, 2, 3, 4, 5, 6, 7])
    '▁▂▃▄▅▆▇█'
    """
    array = np.asarray(values, dtype=float).ravel()
    if array.size > columns:
        edges = np.linspace(0, array.size, columns + 1).round().astype(int)
        array = np.array([_mean(array[a:b]) for a, b in itertools.pairwise(edges)])
    known = array[np.isfinite(array)]
    if not known.size:
        return " " * array.size
    bottom, top = float(known.min()) if low is None else low, float(known.max()) if high is None else high
    span = top - bottom
    if span <= 1e-9 * max(abs(top), abs(bottom)):
        return "".join("▄" if np.isfinite(v) else " " for v in array)
    places = np.clip((array - bottom) / span, 0.0, 1.0)
    return "".join(" " if not np.isfinite(p) else _LEVELS[min(int(p * 8), 7)] for p in places)


def _mean(part: np.ndarray) -> float:
    known = part[np.isfinite(part)]
    return float(known.mean()) if known.size else np.nan


def bar(value: float, *, high: float = 1.0, columns: int = 20) -> str:
    """A horizontal bar of ``columns`` places for a value between 0 and ``high``, padded with blanks.

    >>> bar(0.5, columns=4) + "|"
    '██  |'
    """
    if not np.isfinite(value) or high <= 0.0:
        return " " * columns
    eighths = round(float(np.clip(value / high, 0.0, 1.0)) * columns * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(columns)


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


def course_summary(conditions: Mapping[str, xr.Dataset], observe: Sequence[str], *, columns: int = 32) -> str:
    """A text table of a time course: first, last and extreme value with its time, and a sparkline, per condition."""
    rows = []
    for name in observe:
        shown = {key: one[name] for key, one in conditions.items() if name in one}
        values = {key: _middle(array) for key, array in shown.items()}
        finite = [v[np.isfinite(v)] for v in values.values()]
        everything = np.concatenate(finite) if finite else np.array([])
        low, high = (float(everything.min()), float(everything.max())) if everything.size else (None, None)
        for number_, (key, array) in enumerate(shown.items()):
            y = values[key]
            hours = np.asarray(array["time"], dtype=float) / 3600.0
            first, last = (y[0], y[-1]) if y.size else (np.nan, np.nan)
            far = int(np.nanargmax(np.abs(y - first))) if np.isfinite(y - first).any() else 0
            factor, unit = _nice_unit(y, unit_of(array.attrs))
            rows.append([
                name if number_ == 0 else "", key, number(first * factor), number(last * factor),
                f"{number(y[far] * factor)} at {hours[far]:.3g} h" if y.size else "n/a", unit,
                sparkline(y, columns=columns, low=low, high=high),
            ])  # fmt: skip
    return text_table(["", "condition", "first", "last", "farthest", "unit", "course (common scale)"], rows)


def _middle(array: xr.DataArray) -> np.ndarray:
    if "quantile" in array.dims:
        array = array.sel(quantile=0.5, method="nearest")
    elif "draw" in array.dims:
        array = array.median("draw")
    return np.asarray(array, dtype=float)


def _nice_unit(values: np.ndarray, unit: str) -> tuple[float, str]:
    """Factor and unit in which the largest value lies between 1 and 1000, for concentrations."""
    known = np.abs(values[np.isfinite(values)])
    if unit not in LADDER or not known.size or known.max() == 0.0:
        return 1.0, show_unit(unit)
    here = LADDER.index(unit)
    steps = int(np.clip(np.floor(np.log10(known.max()) / 3.0 + 1e-9), -here, len(LADDER) - 1 - here))
    return 10.0 ** (-3 * steps), show_unit(LADDER[here + steps])


def bar_list(values: Mapping[str, float], *, high: float | None = None, columns: int = 24) -> str:
    """One line per name: a bar and its number; the longest bar is ``high``, by default the largest value."""
    wide = max(map(width, values), default=0)
    known = [value for value in values.values() if np.isfinite(value)]
    top = high if high is not None else max(known, default=1.0)
    return "\n".join(
        f"{name}{' ' * (wide - width(name))}  {bar(value, high=top, columns=columns)}  {number(value)}"
        for name, value in values.items()
    )
