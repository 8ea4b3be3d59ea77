"""A dose-response in the terms of the laboratory: viability, fraction affected, GR values, potency over time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from redoxsim.errors import DesignError, SolveError, nearest
from redoxsim.study.results import ResultSet

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from redoxsim.analysis import GrFit

LIVE = "live"
AXES: Mapping[str, str] = {
    "viability": "viability (live cells over untreated live cells)",
    "survival": "survival (cells not killed)",
    "affected": "fraction affected (1 - viability)",
    "gr": "GR value (growth rate over untreated growth rate, from live cells)",
}
"""Responses and the words for their axis; growth and death are kept apart, so none stands for another."""


def response(result: ResultSet, name: str) -> xr.DataArray:
    """A response over the doses (and times, and quantiles), its ``long_name`` the words for its axis.

    Parameters
    ----------
    name : viability, survival, affected or gr; viability and survival must have been observed, affected needs
        viability, gr needs ``live`` and growth of untreated cells between 0 h and each time.

    Raises
    ------
    DesignError : no such response, or what it is made of was not observed.
    FitError : untreated cells that do not grow: GR is not defined.
    """
    if name not in AXES:
        raise DesignError(f"there is no response '{name}'", hint=nearest(name, AXES) or ", ".join(AXES))
    needed = {"affected": "viability", "gr": LIVE}.get(name, name)
    if needed not in result.observables:
        raise DesignError(f"'{name}' needs the readout '{needed}', which was not observed", hint=f"observe='{needed}'")
    data = result[needed]
    attrs = {"units": "1", "long_name": AXES[name], "orientation": "inhibition" if name == "affected" else "viability"}
    if name == "affected":
        turned = 1.0 - data
        if "quantile" in data.dims:  # the low end of one is the high end of the other
            turned = turned.isel(quantile=slice(None, None, -1)).assign_coords(quantile=data["quantile"])
        return turned.assign_attrs(attrs)
    return (_gr(result, data) if name == "gr" else data.copy()).assign_attrs(attrs)


def _gr(result: ResultSet, live: xr.DataArray) -> xr.DataArray:
    """GR at every dose and time after 0 h; over draws a GR of quantiles would be no quantile of GR."""
    from redoxsim.analysis import gr_values

    if "quantile" in live.dims:
        raise DesignError("GR of draws needs the draws themselves", hint='keep="draws"')
    axis = result.axes[0]
    if "time" in live.dims:
        live = live.where(live["time"] > 0.0, drop=True)
    start = _start(result)
    out = live.copy(data=np.full(live.shape, np.nan))
    others = [dim for dim in live.dims if dim != axis]
    for place in np.ndindex(*(live.sizes[dim] for dim in others)):
        at = dict(zip(others, place, strict=True))
        values = np.asarray(live.isel(at), dtype=float)
        known = np.isfinite(values)
        if known[0]:
            found = np.full(values.shape, np.nan)
            found[known] = gr_values(values[known], start=start, control=values[0])
            out[at] = found
    return out


def _start(result: ResultSet) -> float:
    """Live cells at 0 h; ``live`` counts from the start of the simulation, which is 0 h unless a dose comes before.

    Raises
    ------
    DesignError : a dose before 0 h and no output at 0 h.
    """
    live = result[LIVE]
    if "time" in live.dims and float(live["time"][0]) == 0.0:
        control = live.isel({"time": 0, result.axes[0]: 0})
        return float(np.nanmedian(np.asarray(control, dtype=float)))
    design: dict[str, Any] = result.provenance["design"]
    times = [*design.get("given", {}).values(), *(text.partition("@")[2] for text in design.get("with", []))]
    if any(re.search(r"(^|,)\s*-", text) for text in times):
        raise DesignError("GR counts from 0 h, and there is a dose before that", hint="at='0h,48h' counts cells at 0 h")
    return 1.0


def gr(result: ResultSet, *, at: str | None = None) -> GrFit:
    """GR metrics (GR50, GRmax, GRAOC) of a dose-response that observed ``live``.

    Parameters
    ----------
    at : which time, where there are several after 0 h.

    Raises
    ------
    DesignError : not a dose-response, ``live`` not observed, no such time.
    FitError : untreated cells that do not grow. SolveError : failed points.
    """
    from redoxsim.analysis import fit_gr

    _curve(result)
    if LIVE not in result.observables:
        raise DesignError(f"GR needs the readout '{LIVE}', which was not observed", hint=f"observe='viability,{LIVE}'")
    live = np.asarray(result.series(LIVE, at), dtype=float)
    if np.isnan(live).any():
        raise SolveError("points have failed cells, so no GR is taken over them", hint="see .failures")
    doses = np.asarray(result.dataset[result.axes[0]], dtype=float)
    return fit_gr(doses[1:], live[1:], start=_start(result), control=live[0])


def potencies(result: ResultSet, observe: str | None = None) -> pd.DataFrame:
    """EC50 and IC50 at each time, a row each: covalent agents get stronger with time, so one number is not enough.

    Columns: ``time [h]``, then ``ec50``, ``ic50`` in the unit of the doses (infinite above the tested doses, 0 below,
    not-a-number where the curve is flat), each with ``_low`` and ``_high`` (over draws where there are any, else lack
    of fit), ``einf``, ``message``.

    Raises
    ------
    DesignError : not a dose-response. SolveError : failed points.
    """
    import pandas as pd

    from redoxsim.analysis.hill_result import Limit

    _curve(result)
    unit = str(result.dataset[result.axes[0]].attrs.get("units", ""))
    limits = {Limit.ABOVE: np.inf, Limit.BELOW: 0.0, Limit.NONE: np.nan}
    rows = []
    for time in np.atleast_1d(np.asarray(result.dataset["time"], dtype=float)):
        if time <= 0.0:
            continue
        fit = result.fit(observe, at=f"{float(time)!r} s")
        row: dict[str, Any] = {"time [h]": time / 3600.0}
        for name in ("ec50", "ic50"):
            value, interval = getattr(fit, name), fit.intervals.get(name)
            row[f"{name} [{unit}]"] = limits[value] if isinstance(value, Limit) else float(value)
            row[f"{name}_low [{unit}]"] = np.nan if interval is None else interval.low
            row[f"{name}_high [{unit}]"] = np.nan if interval is None else interval.high
        rows.append({**row, "einf": fit.einf, "message": fit.message})
    return pd.DataFrame(rows)


def _curve(result: ResultSet) -> None:
    if result.kind != "dose-response":
        raise DesignError(f"a {result.kind} has no dose-response curve")
