"""Tables with units in their heads: from results to csv, json, netCDF or aligned text, and back.

Numbers are written with all the digits they need, so what is read back is what was written.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import redoxsim
from redoxsim.errors import DesignError, ReadError, Where, nearest
from redoxsim.report.document import document, json_ready
from redoxsim.report.files import write_bytes, write_text
from redoxsim.report.names import head, split_head, unit_of
from redoxsim.report.text import text_table
from redoxsim.study.arrays import Arrays
from redoxsim.study.results import ResultSet

if TYPE_CHECKING:  # pandas and xarray take a third of a second to import
    import pandas as pd
    import xarray as xr

SCHEMA = "table/2"
FORMATS = {"csv": "csv", "json": "json", "nc": "netcdf", "netcdf": "netcdf", "txt": "table", "table": "table"}
_HOURS = {"s": 3600.0}


@dataclass(frozen=True)
class Table:
    """Columns of equal length with their units ("" for a plain number or a text) and free attributes."""

    columns: Mapping[str, Sequence[Any]]
    units: Mapping[str, str] = field(default_factory=dict)
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise DesignError("the columns of a table differ in length")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    @property
    def heads(self) -> list[str]:
        """Column heads with units, ``H2O2_c [uM]``."""
        return [head(name, self.units.get(name, "")) for name in self.columns]

    def rows(self) -> Iterable[tuple[Any, ...]]:
        """The rows, as plain Python values."""
        return zip(*(_plain(column) for column in self.columns.values()), strict=True)

    def __getitem__(self, name: str) -> Sequence[Any]:
        if name not in self.columns:
            raise DesignError(f"no column '{name}' in this table", hint=nearest(name, self.columns))
        return self.columns[name]

    def frame(self) -> pd.DataFrame:
        """The same as a DataFrame whose columns are the heads."""
        import pandas as pd

        return pd.DataFrame(dict(zip(self.heads, self.columns.values(), strict=True)))


def table(data: Any, *, hours: bool = True) -> Table:
    """The table of a result.

    Parameters
    ----------
    data : a Dataset or ResultSet (one row per cell, dimensions first), a DataFrame (heads may hold units), a list of
        mappings or a `Table`, which is taken as it is.
    hours : write a time axis that is in seconds in hours.

    Raises
    ------
    DesignError : ``data`` is none of these.
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, ResultSet):
        return _from_arrays(data.arrays, hours)
    if (dataset := dataset_of(data)) is not None:
        return _from_arrays(Arrays.of(dataset), hours)
    if isinstance(data, Sequence) and all(isinstance(row, Mapping) for row in data):
        names = dict.fromkeys(name for row in data for name in row)
        return Table({name: [row.get(name) for row in data] for name in names})
    if "DataFrame" in {base.__name__ for base in type(data).__mro__}:
        parts = {str(column): split_head(str(column)) for column in data.columns}
        units = dict(parts.values())
        return Table({parts[str(c)][0]: data[c].to_numpy() for c in data.columns}, units)
    raise DesignError(f"cannot make a table of {type(data).__name__}")


def dataset_of(data: Any) -> xr.Dataset | None:
    """The Dataset that ``data`` is or holds (as results do), None if it is something else."""
    found = getattr(data, "dataset", data)
    return found if "Dataset" in {base.__name__ for base in type(found).__mro__} else None


def _from_arrays(data: Arrays, hours: bool) -> Table:
    found = data.columns()
    columns: dict[str, Any] = {name: one.values for name, one in found.items()}
    units = {name: unit_of(one.attrs) for name, one in found.items()}
    if hours and "time" in columns and units["time"] in _HOURS:
        columns["time"] = np.asarray(columns["time"], dtype=float) / _HOURS[units["time"]]
        units["time"] = "h"
    return Table(columns, units, {str(key): value for key, value in data.attrs.items()})


def to_csv(data: Any) -> str:
    """The table as comma-separated text: heads with units, ``nan`` and ``inf`` spelled out, nothing for None."""
    found = table(data)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(found.heads)
    writer.writerows([_spell(value) for value in row] for row in found.rows())
    return stream.getvalue()


def to_json(data: Any) -> str:
    """The table as JSON in the one layout of `redoxsim.report.document`; null for not-a-number."""
    found = table(data)
    columns = {name: found.units.get(name, "") for name in found.columns}
    return document(SCHEMA, rows=found.rows(), columns=columns, about={k: _unpacked(v) for k, v in found.attrs.items()})


def _unpacked(value: Any) -> Any:
    """An attribute as it was meant: netCDF holds no nested attributes, so datasets carry them as JSON text."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def to_text(data: Any, *, digits: int = 5) -> str:
    """The table as aligned text for reading, ``digits`` significant figures."""
    found = table(data)
    rows = [[f"{v:.{digits}g}" if isinstance(v, float) else _spell(v) for v in row] for row in found.rows()]
    return text_table(found.heads, rows)


def render(data: Any, format: str = "csv") -> str:
    """The table as text in one of the formats csv, json, table.

    Raises
    ------
    DesignError : the format is unknown, or netCDF, which is no text.
    """
    chosen = _format(format)
    if chosen == "netcdf":
        raise DesignError("netCDF cannot be shown as text", hint="write it to a file ending in .nc")
    return {"csv": to_csv, "json": to_json, "table": to_text}[chosen](data)


def write(data: Any, path: str | Path, *, format: str | None = None, force: bool = False) -> Path:
    """The path, once the table stands there; the format from the ending unless given.

    Raises
    ------
    DesignError : an unknown format, or (`OutputExists`) a file is there and ``force`` is not set.
    OutputError : it cannot be written: no such folder, no permission, disk full.
    """
    chosen = file_format(path, format)
    if chosen == "netcdf":
        # Made in memory first: where a disk is full HDF5 breaks the whole process, not the one file.
        return write_bytes(path, bytes(_for_netcdf(data).to_netcdf(None, engine="h5netcdf")), force=force)
    return write_text(path, render(data, chosen), force=force)


def file_format(path: str | Path, format: str | None = None) -> str:
    """The format for a file: "csv", "json", "netcdf" or "table"; csv for a device such as a terminal."""
    target = Path(path)
    if format is None and not target.suffix and target.exists() and not target.is_file():
        return "csv"
    if format is None and not target.suffix:
        raise DesignError(
            "an output file needs an ending", where=Where(file=str(path)), hint=".csv, .json, .nc or .txt"
        )
    return _format(format or target.suffix.removeprefix("."))


def _format(name: str) -> str:
    if name.lower() not in FORMATS:
        raise DesignError(f"no output format '{name}'", hint=nearest(name, FORMATS) or "one of csv, json, nc, txt")
    return FORMATS[name.lower()]


def read(path: str | Path) -> Any:
    """What `write` wrote: a `Table` from csv or json, a Dataset from netCDF.

    Raises
    ------
    ReadError : no such file, or not such a table.
    """
    source = Path(path)
    where = Where(file=str(source))
    if not source.is_file():
        raise ReadError("no such file", where=where)
    chosen = _format(source.suffix.removeprefix(".")) if source.suffix else "csv"
    try:
        if chosen == "netcdf":
            import xarray as xr

            return xr.load_dataset(source, engine="h5netcdf")
        text = source.read_text(encoding="utf-8-sig")
        return from_json(text) if chosen == "json" else from_csv(text)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise ReadError(f"not a table of the kind its ending says: {error}", where=where) from error


def from_csv(text: str) -> Table:
    """The table of comma-separated text; columns of numbers become float or int arrays."""
    lines = [row for row in csv.reader(io.StringIO(text)) if row]
    if not lines:
        raise ValueError("there is no head line")
    heads, body = lines[0], lines[1:]
    for number, row in enumerate(body, start=2):
        if len(row) != len(heads):
            raise ValueError(f"line {number} has {len(row)} cells, the head has {len(heads)}")
    names = [split_head(text) for text in heads]
    if len({name for name, _ in names}) != len(names):
        raise ValueError("a column head is there twice")
    columns = {name: _guess([row[i] for row in body]) for i, (name, _) in enumerate(names)}
    return Table(columns, dict(names))


def from_json(text: str) -> Table:
    """The table of any JSON document that redoxsim wrote."""
    content = json.loads(text)
    if not isinstance(content, dict) or not str(content.get("schema", "")).startswith("redoxsim/"):
        raise ValueError("it has no schema of redoxsim")
    units, rows = content["units"], content["rows"]
    columns = {name: _json_column([row[name] for row in rows]) for name in units}
    return Table(columns, units, content.get("about", {}))


def _plain(column: Sequence[Any]) -> list[Any]:
    values = column.tolist() if isinstance(column, np.ndarray) else list(column)
    return [
        value.name if isinstance(value, Enum) else value.item() if isinstance(value, np.generic) else value
        for value in values
    ]


def _spell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _guess(cells: list[str]) -> Any:
    """The values of a csv column: bool, int, float (an empty cell is not-a-number) or text."""
    if cells and all(cell in {"true", "false"} for cell in cells):
        return np.array([cell == "true" for cell in cells])
    try:
        return np.array([int(cell) for cell in cells], dtype=np.int64) if cells else np.array([], dtype=float)
    except (ValueError, OverflowError):
        pass
    try:
        if any(cell.strip() for cell in cells):
            return np.array([float(cell) if cell.strip() else np.nan for cell in cells])
    except ValueError:
        pass
    return np.array(cells, dtype=object)


def _json_column(values: list[Any]) -> Any:
    """The values of a column; a float array if it holds a number that is no whole one, or a gap among numbers."""
    spelled = {None: np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    others = [v for v in values if not isinstance(v, int | float) or isinstance(v, bool)]
    if all(v is None or v in spelled for v in others) and (numbers or any(v is not None for v in others)):
        if others or any(isinstance(v, float) for v in numbers):
            return np.array([spelled[v] if v is None or isinstance(v, str) else v for v in values], dtype=float)
        return np.array(values, dtype=np.int64)
    return values


def _for_netcdf(data: Any) -> xr.Dataset:
    """A Dataset whose every value netCDF can hold: texts for enumerations, JSON for nested attributes."""
    import xarray as xr

    given = dataset_of(data)
    if given is None:
        found = table(data, hours=False)
        given = xr.Dataset(
            {name: ("row", np.asarray(_plain(column))) for name, column in found.columns.items()},
            attrs=dict(found.attrs),
        )
        for column, unit in found.units.items():
            given[column].attrs["units"] = unit or "1"
    ready = given.copy()
    for name in ready.variables:
        variable = ready[name]
        if variable.dtype == object:
            texts = ["" if value is None else _spell(value) for value in variable.values.ravel().tolist()]
            replaced = variable.copy(data=np.array(texts, dtype=object).reshape(variable.shape))
            ready = ready.assign_coords({name: replaced}) if name in ready.coords else ready.assign({name: replaced})
    for attrs in (ready.attrs, *(ready[name].attrs for name in ready.variables)):
        for key, value in list(attrs.items()):
            attrs[key] = _netcdf_attr(value)
    ready.attrs["redoxsim"] = redoxsim.__version__
    ready.attrs["schema"] = "redoxsim/dataset/1"
    return ready


def _netcdf_attr(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str | int | float | np.generic):
        return value
    simple = isinstance(value, list | tuple | np.ndarray) and len(value) > 0 and np.asarray(value).dtype.kind in "if"
    return np.asarray(value) if simple else json.dumps(json_ready(value), sort_keys=True, ensure_ascii=False)
