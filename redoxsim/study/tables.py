"""Laboratory tables: CSV with units in the column heads, every error naming file, column and row."""

from __future__ import annotations

import io
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


def read_csv(source: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str | None]:
    """The table and its file; every cell is text until a column is asked for.

    Raises
    ------
    ReadError : no such file, or not a table.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return source, None
    path = Path(source)
    try:
        # Comment lines and both commas and semicolons are usual in tables from instruments.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ReadError(f"cannot read the table: {error.strerror}", where=Where(file=str(path))) from error
    except UnicodeDecodeError as error:
        raise ReadError(
            "is not text", where=Where(file=str(path)), hint="save the table as CSV, not as xlsx"
        ) from error
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = max(",;\t", key=first.count)
    try:
        table = pd.read_csv(io.StringIO(text), sep=separator, comment="#", dtype=str, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ReadError(f"is not a table: {error}".strip(), where=Where(file=str(path))) from error
    if table.empty:
        raise ReadError("has no rows", where=Where(file=str(path)))
    table.columns = [str(name).strip() for name in table.columns]
    return table, str(path)


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
                f"column '{head}', row {place + 1}: '{text}' is not a number",
                where=Where(file=file, line=place + 2 if file else None),
            )
    return found


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


def converted(values: FloatArray, given: Sequence[str], target: str, *, file: str | None) -> FloatArray:
    """Values (N,) with a unit each, in one unit.

    Raises
    ------
    UnitError : a unit that is unknown or of another kind; the row is named.
    """
    out = np.empty(len(values))
    for place, (value, unit) in enumerate(zip(values, given, strict=True)):
        try:
            out[place] = units.to(float(value), unit, target)
        except RedoxsimError as error:
            raise UnitError(f"row {place + 1}: {error.message}", where=Where(file=file), hint=error.hint) from error
    return out
