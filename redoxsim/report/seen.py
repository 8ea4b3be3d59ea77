"""Captions: what is seen in a figure, in sentences with numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim.report.names import number, show_unit, title_of, unit_of

if TYPE_CHECKING:
    import xarray as xr

    from redoxsim.analysis import SynergyTable

Floats = NDArray[np.float64]
STILL = 0.05
"""Share of its largest value by which a readout may move and still count as one that stays."""
ROUNDING = 1e-9
"""Share of its largest value below which a readout is told as 0."""
TURN = 0.15
"""Share of the whole range by which a course must go beyond both its ends to have a peak or a dip."""
MANY = 4
"""Readouts of several conditions from which on only their last values are told, in the order of the legend."""
CLEAR = 0.1
"""Excess, of the whole effect, from which on a combination is counted."""


def courses_seen(conditions: Mapping[str, xr.Dataset], observe: Sequence[str]) -> str:
    """What time courses show: a sentence per readout that moves or differs, one for all that stay.

    Parameters
    ----------
    conditions : results by name, each with variables over ``time`` in seconds, of one unit each.
    observe : the readouts, in order; those that are no courses are left out.
    """
    moving: dict[str, tuple[Mapping[str, tuple[Floats, Floats]], str]] = {}
    still = []
    for name in observe:
        lines = {label: course for label, data in conditions.items() if (course := _course(data, name)) is not None}
        if not lines:
            continue
        attrs = next(data[name].attrs for data in conditions.values() if name in data)
        title, unit = title_of(name, attrs), unit_of(attrs)
        top = max(float(np.abs(values).max()) for _, values in lines.values())
        if all(_stays(values) for _, values in lines.values()):
            means = [float(values.mean()) for _, values in lines.values()]
            if max(means) - min(means) <= STILL * top:
                still.append(f"{title} ({_amount(means[0], unit)})")
                continue
        moving[title] = lines, unit
    if len(moving) > MANY and 1 < len(conditions) <= 3:
        ends = "; ".join(f"{title} {_last(lines, unit)}" for title, (lines, unit) in moving.items())
        hours = max(float(time[-1]) for lines, _ in moving.values() for time, _ in lines.values())
        told = [f"At {hours:g} h, in the order {'; '.join(conditions)}: {ends}."]
    else:
        told = [f"{begun(title)}: {_compared(lines, unit)}." for title, (lines, unit) in moving.items()]
    if still:
        told.append(f"{begun(', '.join(still))} hardly move{'s' if len(still) == 1 else ''}.")
    return " ".join(told)


def _course(data: xr.Dataset, name: str) -> tuple[Floats, Floats] | None:
    """Hours (T,) and values (T,) of a readout, the median where there are draws; None where it is no course."""
    if name not in data.data_vars or "time" not in data[name].dims:
        return None
    array = data[name]
    if "quantile" in array.dims:
        array = array.sel(quantile=0.5, method="nearest")
    values = np.asarray(array, dtype=float)
    values = np.where(np.abs(values) < ROUNDING * np.abs(values).max(initial=0.0), 0.0, values)
    return (np.asarray(data["time"], dtype=float) / 3600.0, values) if np.isfinite(values).all() else None


def _stays(values: Floats) -> bool:
    return bool(np.ptp(values) <= STILL * max(float(np.abs(values).max()), 1e-300))


def _amount(value: float, unit: str) -> str:
    """A value in the unit in which it reads best: 0.0031 uM is "3.1 nM"."""
    from redoxsim.report.figures.arrays import best_unit

    shown, factor = best_unit([np.array([value])], unit)
    value *= factor
    if not unit and abs(value) >= 1e6:  # a count
        return f"{number(value / 1e6, 2)} million"
    return f"{number(value, 2 if abs(value) < 100.0 else 3)} {show_unit(shown)}".rstrip().replace("-", "−")


def _when(hours: float) -> str:
    """A time in the unit in which it reads best: 0.017 h is "1 min"."""
    return f"{hours:.2g} h" if hours >= 1.0 or hours == 0.0 else f"{number(hours * 60.0, 2)} min"


def _compared(lines: Mapping[str, tuple[Floats, Floats]], unit: str) -> str:
    """Each condition's course in words; of more than three only the ends of the range at the end."""
    if len(lines) <= 3:
        told = {label: _moves(hours, values, unit) for label, (hours, values) in lines.items()}
        same = list(dict.fromkeys(told.values()))
        if len(same) == 1:
            return same[0] + (" in all" if len(told) > 1 else "")
        return "; ".join(f"{label} {text}" for label, text in told.items())
    last = {label: float(values[-1]) for label, (_, values) in lines.items()}
    least, most = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    end = max(float(hours[-1]) for hours, _ in lines.values())
    if last[most] - last[least] <= STILL * max(map(abs, last.values())):
        return f"{_amount(last[most], unit)} at {end:g} h in all"
    return f"at {end:g} h from {_amount(last[least], unit)} ({least}) to {_amount(last[most], unit)} ({most})"


def _last(lines: Mapping[str, tuple[Floats, Floats]], unit: str) -> str:
    """The last values, and the peak of one that has been far higher."""
    parts = []
    for hours, values in lines.values():
        top = int(values.argmax())
        higher = float(values[top]) > max(float(values[0]), float(values[-1])) + TURN * float(np.ptp(values))
        peak = f" (peak {_amount(float(values[top]), unit)} at {_when(float(hours[top]))})"
        parts.append(_amount(float(values[-1]), unit) + (peak if higher and not _stays(values) else ""))
    return ", ".join(parts)


def _moves(hours: Floats, values: Floats, unit: str) -> str:
    """One course in words: where it starts, its peak or dip if it has one, where it ends."""
    first, last = float(values[0]), float(values[-1])
    if _stays(values):
        return f"stays at {_amount(first, unit)}"
    room = TURN * float(np.ptp(values))
    top, bottom = int(values.argmax()), int(values.argmin())
    text = f"from {_amount(first, unit)}"
    if values[top] > max(first, last) + room:
        text += f" to a peak of {_amount(float(values[top]), unit)} at {_when(float(hours[top]))}, then"
    elif values[bottom] < min(first, last) - room:
        text += f" down to {_amount(float(values[bottom]), unit)} at {_when(float(hours[bottom]))}, then"
    else:
        half = int(np.argmax(np.abs(values - first) >= 0.5 * abs(last - first)))
        return f"{text} to {_amount(last, unit)}, half of the way by {_when(float(hours[half]))}"
    return f"{text} {_amount(last, unit)} at {hours[-1]:g} h"


def curves_seen(
    curves: Mapping[str, tuple[Floats, Floats]],
    *,
    title: str,
    unit: str,
    dose_unit: str,
    halves: Mapping[str, float] | None = None,
) -> str:
    """What dose-response curves show: the effect without and at the largest dose, and where it is half-way.

    Parameters
    ----------
    curves : doses (N,) and effects (N,) by name, zero dose first.
    unit, dose_unit : of effects and of doses.
    halves : the fitted half-way doses that there are, by name; else it is told between which doses that lies.
    """
    told = []
    for label, (doses, effect) in curves.items():
        first, last = float(effect[0]), float(effect[-1])
        lead = f"{label}: " if len(curves) > 1 else ""
        largest = f"{number(doses[-1])} {show_unit(dose_unit)}".rstrip()
        if _stays(effect):
            told.append(f"{lead}stays at {_amount(first, unit)} up to {largest}")
            continue
        text = f"{lead}from {_amount(first, unit)} to {_amount(last, unit)} at {largest}"
        past = np.abs(effect - first) >= 0.5 * abs(last - first)
        at = int(past.argmax())
        if label in (halves or {}):
            text += f", half of the way (EC50) at {number((halves or {})[label])} {show_unit(dose_unit)}".rstrip()
        elif at > 1 and past[at:].all():
            text += f", half of the way between {number(doses[at - 1])} and {number(doses[at])}"
        told.append(text)
    return f"{begun(title)}: {'; '.join(told)}."


def begun(title: str) -> str:
    """A title at the beginning of a sentence; ids such as mTORC1 stay as they are."""
    word = title.split(" ")[0].rstrip(":,").replace("-", "")
    return title[:1].upper() + title[1:] if word.isalpha() and title[:2].islower() else title


def surface_seen(table: SynergyTable, names: Sequence[str], units: Sequence[str]) -> str:
    """Where a score that is an excess is largest and smallest over a grid, and in how many combinations it counts."""
    values = np.where(_joint(table), table.values, np.nan)
    if table.neutral != 0.0 or not np.isfinite(values).any():
        return ""
    total = int(np.isfinite(values).sum())
    short = table.title.partition(" (")[0]
    if float(np.nanmax(np.abs(values))) < 0.005:
        return f"{short} is 0.00 in all {total} combinations."
    ends = []
    for word, place in (("highest", np.nanargmax(values)), ("lowest", np.nanargmin(values))):
        where = np.unravel_index(int(place), values.shape)
        doses = " with ".join(
            f"{name} {number(float(axis[i]))} {show_unit(unit)}".rstrip()
            for name, unit, axis, i in zip(names, units, table.doses, where, strict=True)
        )
        value = round(float(values[where]), 2)
        ends.append(f"{word} {f'{value:+.2f}' if value else '0.00'} ({doses})".replace("-", "−"))
    above, below = int((values > CLEAR).sum()), int((values < -CLEAR).sum())
    counted = f"above +{CLEAR:g} in {above} and below −{CLEAR:g} in {below} of {total} combinations"
    return f"{short} {', '.join(ends)}; {counted}."


def _joint(table: SynergyTable) -> NDArray[np.bool_]:
    """Cells with two agents or more."""
    given = np.zeros(table.values.shape, dtype=int)
    for place, axis in enumerate(table.doses):
        shape = [1] * table.values.ndim
        shape[place] = len(axis)
        given += (np.asarray(axis) > 0.0).reshape(shape)
    return given >= 2
