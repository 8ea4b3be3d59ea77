"""What is laid over figures: doses as bars, exposures, and measured points of ``--data``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redoxsim.report.marks import DoseBar, Exposure, Points
    from redoxsim.study import ResultSet


def bars(doses: tuple[str, ...]) -> tuple[DoseBar, ...]:
    """Bars of doses in the dose grammar; names and amounts as they were written."""
    from redoxsim.pharmacology import Schedule
    from redoxsim.report.marks import DoseBar
    from redoxsim.report.names import show_unit

    rows = Schedule.parse(doses).doses
    washes = sorted(row.time for row in rows if row.action == "wash")
    found = []
    for row in rows:
        if row.action == "wash" or row.amount is None:
            continue
        text = f"{row.target} {row.amount.value:g} {show_unit(row.amount.unit)}".rstrip()
        end = row.until if row.action == "infuse" else next((time for time in washes if time > row.time), None)
        hours = None if end is None else end / 3600.0
        found.append(DoseBar(row.time / 3600.0, hours, text, row=row.target, continuous=row.action == "infuse"))
    return tuple(found)


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
