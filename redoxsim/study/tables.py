"""Laboratory tables: CSV with units in the column heads, every error naming file, column and row."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError, ReadError, RedoxsimError, UnitError, Where, nearest

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
POINT = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")
THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+")


def read_csv(source: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """The table and its file; every cell is text until a column is asked for.

    Read is what spreadsheets and instruments write: commas, semicolons or tabs between cells, with or without a line
    ``sep=;`` above, UTF-8, UTF-16 or Windows text, lines that begin with ``#``, blank rows and columns. Commas inside
    cells are decimal marks where every such number has one and no number a point. The index of the table holds the
    line numbers of the file.

    Raises
    ------
    ReadError : no such file, or not a table.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return source, None
    path = Path(source)
    where = Where(file=str(path))
    rows = _rows(_text(path))
    if not rows:
        raise ReadError("is empty", where=where, hint="the first row names the columns")
    (at, heads), *body = rows
    if not body:
        raise ReadError("has no rows", where=where)
    twice = next((head for head in heads if head and heads.count(head) > 1), None)
    if twice is not None:
        raise ReadError(f"has two columns '{twice}' in line {at}", where=where, hint="give each a name of its own")
    wide = next((line for line, cells in body if any(cells[len(heads) :])), None)
    if wide is not None:
        raise ReadError(
            f"is not a table: more cells in line {wide} than names in line {at}", where=where,
            hint="a text that holds the mark between cells stands in quotes",
        )  # fmt: skip
    cells = [[*row, *[""] * len(heads)][: len(heads)] for _, row in body]
    kept = [place for place, head in enumerate(heads) if head or any(row[place] for row in cells)]
    table = pd.DataFrame(
        [[row[place] or None for place in kept] for row in cells],
        columns=[heads[place] or f"column {place + 1}" for place in kept],
        index=[line for line, _ in body], dtype=object,
    )  # fmt: skip
    return _with_points(table), str(path)


def _text(path: Path) -> str:
    """What stands in a file that a spreadsheet calls CSV or text."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ReadError(f"cannot read the table: {error.strerror}", where=Where(file=str(path))) from error
    utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        if utf16:
            return raw.decode("utf-16")
        if b"\0" in raw or raw.startswith(b"PK"):
            raise ValueError
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("cp1252")  # what a spreadsheet on Windows writes
    except ValueError as error:
        raise ReadError(
            "is not text", where=Where(file=str(path)), hint="save the table as CSV, not as xlsx"
        ) from error


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Line number and cells of every row that is neither blank nor a comment, the first with the names."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line.strip() and not line.startswith("#")]
    told = re.fullmatch(r'"?sep=(.)"?', lines[0][1].strip("\ufeff")) if lines else None
    lines = lines[1:] if told else lines
    if not lines:
        return []
    mark = told[1] if told else max(",;\t", key=lines[0][1].count)
    rows = []
    for number, line in lines:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark, skipinitialspace=True))]
        if any(cells):
            rows.append((number, cells))
    return rows


def _with_points(table: pd.DataFrame) -> pd.DataFrame:
    """The table with decimal points for decimal commas; as it is where marks are mixed or commas may mean thousands."""
    cells = [cell for cell in table.to_numpy().ravel() if cell]
    commas = [cell for cell in cells if COMMA.fullmatch(cell) or THOUSANDS.fullmatch(cell)]
    if not commas or any(POINT.fullmatch(cell) for cell in cells):
        return table
    if all(THOUSANDS.fullmatch(cell) for cell in commas):
        return table
    return table.map(lambda cell: cell.replace(",", ".") if cell and COMMA.fullmatch(cell) else cell)


def split_head(head: str) -> tuple[str, str]:
    """Name and unit of a column head.

    >>> split_head("auranofin [uM]"), split_head("viability")
    (('auranofin', 'uM'), ('viability', ''))
    """
    text = head.strip()
    if text.endswith("]") and "[" in text:
        name, _, unit = text[:-1].rpartition("[")
        return name.strip(), unit.strip()
    return text, ""


def column(table: pd.DataFrame, name: str, *, file: str | None) -> str:
    """The head of a column given by its head or by its name without the unit.

    Raises
    ------
    DesignError : no such column; the nearest is named.
    """
    heads = [str(head) for head in table.columns]
    if name in heads:
        return name
    named = [head for head in heads if split_head(head)[0] == name]
    if len(named) == 1:
        return named[0]
    hint = nearest(name, [*heads, *(split_head(head)[0] for head in heads)]) or f"columns: {', '.join(heads)}"
    raise DesignError(f"the table has no column '{name}'", where=Where(file=file), hint=hint)


def numbers(table: pd.DataFrame, head: str, *, file: str | None, missing: bool = False) -> FloatArray:
    """The numbers of a column (N,); empty cells are not-a-number where ``missing`` is allowed.

    Raises
    ------
    DesignError : a cell that is not a number; row and text are named.
    """
    found = np.empty(len(table))
    for place, cell in enumerate(table[head].tolist()):
        text = "" if cell is None or cell != cell else str(cell).strip()
        if missing and text.lower() in ("", "na", "nan"):
            found[place] = np.nan
            continue
        try:
            found[place] = float(text)
        except ValueError:
            found[place] = np.nan
        if not np.isfinite(found[place]):
            raise DesignError(
                f"column '{head}'{'' if file else f', row {place + 1}'}: "
                + (f"'{text}' is not a number" if text else "no number"),
                where=Where(file=file, line=int(table.index[place]) if file else None),
                hint=_why(text),
            )
    return found


def _why(text: str) -> str | None:
    """What a text that is no number may be meant to be."""
    if text.endswith("%"):
        return "write the number without %, and say that the scale is percent"
    if COMMA.fullmatch(text) or THOUSANDS.fullmatch(text):
        return "write decimal points, or decimal commas throughout"
    if text[:1] in "<>":
        return "a limit is no measured value: leave the cell empty"
    return "leave the cell of a well that failed empty" if text else None


def is_kind(unit: str, kind: str) -> bool:
    """Whether a unit text is known and measures that."""
    try:
        return bool(unit) and units.kind(unit) == kind
    except UnitError:
        return False


def dose_heads(table: pd.DataFrame, agents: Sequence[str] | None, *, file: str | None) -> list[str]:
    """Heads of the dose columns: those named, else all that carry a unit of concentration.

    Raises
    ------
    DesignError : fewer than two.
    """
    if agents is not None:
        heads = [column(table, name, file=file) for name in agents]
    else:
        heads = [str(head) for head in table.columns if is_kind(split_head(str(head))[1], "concentration")]
    if len(heads) < 2:
        raise DesignError(
            "the table has no two dose columns",
            where=Where(file=file),
            hint="write the unit in the head, such as 'auranofin [uM]', or name the columns of the agents",
        )
    return heads


def converted(
    values: FloatArray, given: Sequence[str], target: str, *, file: str | None, lines: Sequence[int]
) -> FloatArray:
    """Values (N,) with a unit each, in one unit; ``lines`` (N,) are those of the file.

    Raises
    ------
    UnitError : a unit that is unknown or of another kind; the line is named, or the row where there is no file.
    """
    out = np.empty(len(values))
    for place, (value, unit) in enumerate(zip(values, given, strict=True)):
        try:
            out[place] = units.to(float(value), unit, target)
        except RedoxsimError as error:
            where = Where(file=file, line=int(lines[place]) if file else None)
            row = "" if file else f"row {place + 1}: "
            raise UnitError(f"{row}{error.message}", where=where, hint=error.hint) from error
    return out
