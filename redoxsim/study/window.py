"""A therapeutic window from two runs of the same doses in two kinds of cells, and what patients reach of each agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from redoxsim import units
from redoxsim.analysis.window import FEW, MOST, Killed, Window
from redoxsim.errors import DesignError, SolveError, UnitError
from redoxsim.study.experiment import CombineRun, DoseResponseRun, Experiment
from redoxsim.study.results import ORIENTATIONS, ResultSet

if TYPE_CHECKING:
    import xarray as xr

AGAINST = "normal-hepatocyte"
"""The cell that a tumour cell is compared with where nobody says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What patients reach of an agent, in ``unit``; ``total`` or ``free`` of protein, ``what`` in words."""

    agent: str
    low: float
    high: float
    unit: str
    what: str
    grade: str
    free: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoCells:
    """A window with what it was made from: cells by id, readout, hours, and each agent's exposure (None: unknown)."""

    window: Window
    agents: tuple[str, ...]
    names: tuple[str, ...]
    units: tuple[str, ...]
    cells: tuple[str, str]
    observable: str
    hours: float
    exposures: tuple[Reached | None, ...]
    direction_only: tuple[str, ...]


APART = {"id", "title", "cell", "observe", "scores"}
"""What may differ between two runs of the same doses."""


def pairs_of(experiment: Experiment) -> tuple[tuple[str, str], ...]:
    """Ids of runs of the same doses in a cell that treatment should kill and in one that it should spare."""
    from redoxsim.pharmacology import load_cell

    dosed = [run for run in experiment.run if isinstance(run, CombineRun | DoseResponseRun)]
    spared = {run.id for run in dosed if load_cell(run.cell or experiment.cell).normal}
    return tuple(
        (first.id, second.id)
        for second in dosed
        for first in dosed
        if second.id in spared
        and first.id not in spared
        and first.model_dump(exclude=APART) == second.model_dump(exclude=APART)
        and set(first.observe) & set(second.observe) & set(ORIENTATIONS)
    )


def reached(results: ResultSet, axis: str) -> Reached | None:
    """What patients reach of the agent of a dose axis, in the axis's unit; None where its file does not say."""
    from redoxsim.pharmacology import load_agent

    file = results.provenance["agents"][axis]["file"]
    clinical = load_agent(Path(file) if file else axis).clinical
    if clinical is None:
        return None
    unit = str(results.dataset[axis].attrs["units"])
    try:
        low, high = (units.to(value, clinical.unit, unit) for value in (clinical.low, clinical.high))
    except UnitError:
        return None
    free = "free" in clinical.what and "total" not in clinical.what
    return Reached(agent=axis, low=low, high=high, unit=unit, what=clinical.what, grade=str(clinical.grade), free=free)


def two_cells(
    first: ResultSet, second: ResultSet, *, observe: str | None = None, most: float = MOST, few: float = FEW
) -> TwoCells:
    """The window between two runs of the same doses, read at the same time.

    Parameters
    ----------
    first : the cell that is to die. second : the cell that is to live.
    observe : a readout of 1 to 0 as cells die; survival where both have it, else viability.
    most, few : see :class:`redoxsim.analysis.window.Window`.

    Raises
    ------
    DesignError : other doses, another time, or no readout that says how many cells live.
    SolveError : no draw came to its end in both cells.
    """
    if first.axes != second.axes or any(
        not np.array_equal(np.asarray(first.dataset[axis]), np.asarray(second.dataset[axis])) for axis in first.axes
    ):
        raise DesignError("both cells need the same doses")
    common = [name for name in ("survival", "viability") if name in first.observables and name in second.observables]
    name = observe or (common[0] if common else "")
    if name not in ORIENTATIONS or name not in first.observables or name not in second.observables:
        raise DesignError("a window is read off living cells", hint=f"observe {' or '.join(ORIENTATIONS)}")
    times = [float(np.atleast_1d(one.dataset["time"])[-1]) for one in (first, second)]
    if any(np.atleast_1d(one.dataset["time"]).size != 1 for one in (first, second)) or times[0] != times[1]:
        raise DesignError("a window is read at one time, the same in both cells")
    killed = _both(first, second, name)
    exposures = tuple(reached(first, axis) for axis in first.axes)
    told: tuple[dict[str, Any], ...] = tuple(one.provenance["cell"] or {} for one in (first, second))
    cells = tuple(str(one.get("id", "default")) for one in told)
    return TwoCells(
        window=Window(
            doses=tuple(np.asarray(first.dataset[axis], dtype=float) for axis in first.axes),
            first=killed[0], second=killed[1],
            reached=tuple(one.high if one is not None else float("nan") for one in exposures), most=most, few=few,
        ),
        agents=first.axes,
        names=tuple(str(first.dataset[axis].attrs.get("long_name") or axis) for axis in first.axes),
        units=tuple(str(first.dataset[axis].attrs.get("units", "")) for axis in first.axes),
        cells=(cells[0], cells[1]),
        observable=name,
        hours=times[0] / 3600.0,
        exposures=exposures,
        direction_only=tuple(one["id"] for one in told if one.get("direction_only")),
    )  # fmt: skip


def _both(first: ResultSet, second: ResultSet, name: str) -> tuple[Killed, Killed]:
    """What is killed of both cells: each draw where draws were kept, else the median with its band, or the one run."""
    parts = [one[name].isel(time=0) if "time" in one[name].dims else one[name] for one in (first, second)]
    if all("draw" in part.dims for part in parts):
        # The draws of a model are the same in every cell; one that failed in either is left out of both.
        usable = [np.asarray(one.dataset["usable"], dtype=bool) for one in (first, second)]
        kept = np.flatnonzero(usable[0] & usable[1])
        if not kept.size:
            raise SolveError("no draw came to its end in both cells")
        values = [np.asarray(one.transpose(*first.axes, "draw"), dtype=float)[..., kept] for one in parts]
        return Killed.of_draws(1.0 - values[0]), Killed.of_draws(1.0 - values[1])
    return _killed(parts[0], first.axes), _killed(parts[1], second.axes)


def _killed(data: xr.DataArray, axes: Sequence[str]) -> Killed:
    """1 minus a readout, with its band where it has quantiles."""
    if "quantile" not in data.dims:
        return Killed(middle=1.0 - np.asarray(data.transpose(*axes), dtype=float))
    ordered = data.transpose(*axes, "quantile")
    at = np.asarray(ordered["quantile"], dtype=float)
    values = 1.0 - np.asarray(ordered, dtype=float)
    low, middle, high = (values[..., int(np.argmin(np.abs(at - one)))] for one in (0.95, 0.5, 0.05))
    return Killed(middle=middle, low=low, high=high)


__all__ = ["AGAINST", "APART", "Reached", "TwoCells", "pairs_of", "reached", "two_cells"]
