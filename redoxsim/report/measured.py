"""Measured points of a table, in the units of the figure they are laid over."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError, UnitError, Where, nearest
from redoxsim.report.marks import Points
from redoxsim.report.names import NO_UNIT
from redoxsim.study.points import LabPoints, points_of, time_head, unused
from redoxsim.study.tables import read_csv, split_head

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


def read_points(path: str | Path, *, x: str, unit: str, observables: Mapping[str, str]) -> tuple[Points, ...]:
    """The points of a table (see `redoxsim.study.points.load_points`) that belong to a figure.

    Parameters
    ----------
    x : "time" or the dose axis; ``unit`` the unit in which the figure shows it.
    observables : what the figure shows, with its unit; columns of other observables are left alone.

    Raises
    ------
    ReadError : the file is not a table.
    DesignError, UnitError : another axis, other units, or no column that the figure shows.

    Columns that are not used are warned of.
    """
    where = Where(file=str(path))
    frame, file = read_csv(path)
    head = None if x == "time" else _head(frame, x)
    if x != "time" and head is None:
        heads = ", ".join(f"'{one}'" for one in frame.columns)
        shown = f"{x} [{unit}]" if unit not in NO_UNIT else x
        raise DesignError(f"the table has no column '{x}'; it has {heads}", where=where, hint=f"such as '{shown}'")
    found = points_of(frame, file, axis=head)
    if found[0].axis != x:
        raise DesignError(f"the table is over '{found[0].axis}', the figure over '{x}'", where=where)
    chosen = [one for one in found if one.observable in observables]
    if not chosen:
        measured = dict.fromkeys(one.observable for one in found)
        hint = nearest(next(iter(measured)), observables) or f"the figure shows {', '.join(observables)}"
        raise DesignError(f"the table measures {', '.join(measured)}, none of which is drawn", where=where, hint=hint)
    axis = head or time_head(frame)
    left = unused(frame, axis or "", tuple(dict.fromkeys(one.observable for one in chosen)))
    if left:
        text = f"{path}: not used: {', '.join(left)} (the figure shows {', '.join(observables)} over {x})"
        warnings.warn(text, UserWarning, stacklevel=2)
    return tuple(_points(one, unit, observables[one.observable], where) for one in chosen)


def _head(frame: pd.DataFrame, x: str) -> str | None:
    """The head of the column of the axis; a table may hold several agents."""
    heads = [str(head) for head in frame.columns if split_head(str(head))[0] == x]
    return heads[0] if len(heads) == 1 else None


def _points(one: LabPoints, x_unit: str, y_unit: str, where: Where) -> Points:
    place = f"{one.observable} [{one.unit}]"
    y = _convert(one.y, one.unit, y_unit, where, place)
    ends = [None if end is None else _convert(end, one.unit, y_unit, where, place) for end in (one.low, one.high)]
    return Points(
        observable=one.observable,
        x=_convert(one.x, one.axis_unit, x_unit, where, one.axis),
        y=y,
        unit="" if y_unit in NO_UNIT else y_unit,
        condition=one.condition,
        low=ends[0],
        high=ends[1],
    )


def _convert(values: FloatArray, unit: str, target: str, where: Where, element: str) -> FloatArray:
    if unit == target or (unit in NO_UNIT and target in NO_UNIT):
        return values
    try:
        return np.array([units.to(float(value), unit, target) for value in values])
    except UnitError as error:
        place = Where(file=where.file, element=element)
        raise UnitError(
            f"cannot be laid over values in '{target or 'no unit'}'", where=place, hint=error.hint
        ) from error
