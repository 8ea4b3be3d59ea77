"""Measured points as a fit asks for them: in the model's units, with the times or doses to solve."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.catalog import agents
from redoxsim.errors import DesignError, FitError, UnitError, Where
from redoxsim.pharmacology import Agent
from redoxsim.study.design import Axis
from redoxsim.study.points import LabPoints, medians, points_of, seconds_of, time_head
from redoxsim.study.setup import Setup
from redoxsim.study.tables import is_kind, read_csv, split_head
from redoxsim.study.times import Times

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


def measured_points(
    data: str | Path | pd.DataFrame, at: str | None
) -> tuple[tuple[LabPoints, ...], str | None, str | None]:
    """What was measured, when a dose-response was read (None where nothing says so), and the file.

    A table with a column of times is a time course, unless another column holds the doses of a known agent, as in what
    ``redoxsim dose-response`` writes: then it is a dose-response, of which the rows of one time are taken.

    Raises
    ------
    DesignError : a dose-response at several times and none named, or not at the one that is.
    """
    frame, file = read_csv(data)
    timed, dosed = time_head(frame), _dose_head(frame)
    if timed is None or dosed is None:
        return points_of(frame, file), at, file
    if at is None:
        found = np.unique(seconds_of(medians(frame, file), timed, file))
        if len(found) > 1:
            hours = [f"{one / 3600:g}h" for one in found]
            raise DesignError(
                f"the table has the dose-response at {len(found)} times", where=Where(file=file),
                hint=f"--at {' or '.join(hours)} says which is fitted",
            )  # fmt: skip
        at = f"{float(found[0])!r} s"
    return points_of(frame, file, axis=dosed, at=units.seconds(at)), at, file


def _dose_head(frame: pd.DataFrame) -> str | None:
    """The head of the column with doses of a known agent; None where there is none, or several."""
    known = agents()
    heads = [str(one) for one in frame.columns]
    found = [one for one in heads if split_head(one)[0] in known and is_kind(split_head(one)[1], "concentration")]
    return found[0] if len(found) == 1 else None


def to_model_unit(setup: Setup, one: LabPoints) -> float:
    """The factor that turns measured numbers into the model's unit.

    Raises
    ------
    UnitError : the table's unit is no unit of what was measured.
    """
    label = setup.label(one.observable)
    if one.unit in ("", "1") or one.unit == label:
        return 1.0
    if not label or label == "1":
        raise UnitError(f"'{one.observable}' is measured in {one.unit}, and is a plain number in the model")
    try:
        return units.to(1.0, one.unit, label)
    except UnitError as error:
        raise UnitError(f"'{one.observable}' is measured in {one.unit}: {error.message}", hint=error.hint) from error


def measured_times(points: Sequence[LabPoints], file: str | None = None) -> Times:
    """Output times of a time course (T,): all at which something was measured.

    Raises
    ------
    DesignError : a time before 0 h, or none after it.
    """
    times = Times(np.unique(np.concatenate([one.x for one in points])))
    if times.seconds[0] < 0.0:
        raise DesignError("the table has times before 0 h", where=Where(file=file))
    if times.seconds[-1] <= 0.0:
        raise DesignError("the table has no time after 0 h", where=Where(file=file))
    return times


def dose_axis(agent: Agent, points: Sequence[LabPoints]) -> Axis:
    """All doses of a table in the unit of the agent, each once, increasing."""
    bare = Axis(agent.id, np.zeros(0), agent.dose_unit)
    return Axis(bare.name, np.unique(np.concatenate([doses_of(one, bare) for one in points])), agent.dose_unit)


def doses_of(one: LabPoints, axis: Axis) -> FloatArray:
    """Doses of a table (N,) in the unit of the axis."""
    return np.array([units.to(float(dose), one.axis_unit, axis.unit) for dose in one.x])


def spreads(one: LabPoints) -> FloatArray | None:
    """Standard deviations (N,), half of the error bars; None where a point has none."""
    if one.low is None or one.high is None:
        return None
    half = 0.5 * (one.high - one.low)
    return half if np.all(np.isfinite(half)) and np.all(half > 0.0) else None


def size_of(one: LabPoints) -> float:
    """The largest measured value, which its readout is weighed by where the table has no errors.

    Raises
    ------
    FitError : it is zero.
    """
    size = float(np.max(np.abs(one.y)))
    if size == 0.0:
        raise FitError(f"all measured values of '{one.observable}' are zero")
    return size
