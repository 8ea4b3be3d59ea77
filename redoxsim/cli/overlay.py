"""What is laid over figures: exposures and measured points of ``--data``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redoxsim.report.marks import Exposure, Points
    from redoxsim.study import ResultSet


def exposures(results: ResultSet) -> tuple[Exposure, ...]:
    """What patients reach, as the agent's file says, in the unit of the dose axis."""
    from redoxsim import units
    from redoxsim.errors import UnitError
    from redoxsim.pharmacology import load_agent
    from redoxsim.report.marks import Exposure

    axis = results.axes[0]
    file = results.provenance["agents"][axis]["file"]
    clinical = load_agent(Path(file) if file else axis).clinical
    if clinical is None:
        return ()
    unit = str(results.dataset[axis].attrs["units"])
    try:
        low, high = (units.to(value, clinical.unit, unit) for value in (clinical.low, clinical.high))
    except UnitError:
        return ()
    return (Exposure(low, high, clinical.what, kind="free" if "free" in clinical.what else "total"),)


def points(path: Path | None, results: ResultSet, *, x: str) -> tuple[Points, ...]:
    """Measured points for the readouts of a result; none where no file is given.

    Parameters
    ----------
    x : "time", or the dose axis.
    """
    if path is None:
        return ()
    from redoxsim.report.measured import read_points

    unit = "h" if x == "time" else str(results.dataset[x].attrs["units"])
    wanted = {name: str(results.dataset[name].attrs.get("units", "")) for name in results.observables}
    return read_points(path, x=x, unit=unit, observables=wanted)
