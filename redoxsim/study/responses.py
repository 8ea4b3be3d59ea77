"""A dose-response in the terms of the laboratory: viability, fraction affected, GR values, potency over time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError, FitError, SolveError, nearest
from redoxsim.study.arrays import Array
from redoxsim.study.results import ResultSet

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from redoxsim.analysis import GrFit, Interval

LIVE = "live"
RESAMPLES = 200
"""Resamples for intervals of GR values without draws: the points of a model carry no noise, they show lack of fit."""
AXES: Mapping[str, str] = {
    "viability": "viability (live cells over untreated live cells)",
    "survival": "survival (cells not killed)",
    "affected": "fraction affected (1 - viability)",
    "gr": "GR value (growth rate over untreated growth rate, from live cells)",
}
"""Responses and the words for their axis; growth and death are kept apart, so none stands for another."""
NEEDS: Mapping[str, str] = {"affected": "viability", "gr": LIVE}
TURNED: Mapping[str, str] = {"affected": "inhibition"}


def with_responses(result: ResultSet, names: Sequence[str]) -> ResultSet:
    """The same with a variable for each response that is not a readout itself.

    One that cannot be formed (untreated cells that do not grow, no cells counted at 0 h) is left without numbers, and
    its ``note`` says why: a run that was paid for is not lost over it.
    """
    added = [name for name in names if name not in result.observables]
    data = {}
    for name in added:
        try:
            data[name] = formed(result, name)
        except (DesignError, FitError) as error:
            source = result.array(NEEDS.get(name, name))
            said = f"{error.message} ({error.hint})" if error.hint else error.message
            data[name] = Array(source.dims, np.full(source.values.shape, np.nan), {**_attrs(name), "note": said})
    return result.with_data(result.arrays.more(data, responses=json.dumps(added)))


def needed(names: Sequence[str]) -> tuple[str, ...]:
    """The readouts that responses are made of.

    Raises
    ------
    DesignError : no such response.
    """
    for name in names:
        if name not in AXES:
            raise DesignError(f"there is no response '{name}'", hint=nearest(name, AXES) or ", ".join(AXES))
    return tuple(dict.fromkeys(NEEDS.get(name, name) for name in names))


def response(result: ResultSet, name: str) -> xr.DataArray:
    """A response over the doses (and times, and quantiles), its ``long_name`` the words for its axis.

    Parameters
    ----------
    name : viability, survival, affected or gr; viability and survival must have been observed, affected needs
        viability, gr needs ``live`` and growth of untreated cells between 0 h and each time. GR has no value at 0 h.

    Raises
    ------
    DesignError : no such response, or what it is made of was not observed.
    FitError : untreated cells that do not grow: GR is not defined.
    """
    found = result.with_data(result.arrays.more({name: formed(result, name)}))[name]
    return found.where(found["time"] > 0.0, drop=True) if name == "gr" and "time" in found.dims else found


def formed(result: ResultSet, name: str) -> Array:
    """What :func:`response` gives, without xarray; not-a-number for GR at 0 h."""
    source = needed([name])[0]
    if name in result.responses:
        return result.array(name)
    if source not in result.observables:
        raise DesignError(f"'{name}' needs the readout '{source}', which was not observed", hint=f"observe='{source}'")
    data = result.array(source)
    values = data.values
    if name == "affected":
        values = 1.0 - values
        if "quantile" in data.dims:  # the low end of one is the high end of the other
            values = np.flip(values, data.dims.index("quantile"))
    elif name == "gr":
        values = _gr(result, data)
    return Array(data.dims, values, {**data.attrs, **_attrs(name)})


def _attrs(name: str) -> dict[str, Any]:
    return {"units": "1", "long_name": AXES[name], "orientation": TURNED.get(name, "viability")}


def _gr(result: ResultSet, live: Array) -> NDArray[np.float64]:
    """GR at every dose and time after 0 h; over draws a GR of quantiles would be no quantile of GR.

    A draw whose untreated cells do not grow has no GR; that all do not is an error, as without draws.
    """
    from redoxsim.analysis import gr_values

    if "quantile" in live.dims:
        raise DesignError("GR of draws needs the draws themselves", hint="responses=['gr'] of dose_response")
    axis = result.axes[0]
    others = [dim for dim in live.dims if dim != axis]
    counts = np.array(live.along(*others, axis), dtype=float)
    if "time" in others:
        counts[(slice(None),) * others.index("time") + (result.arrays["time"].numbers <= 0.0,)] = np.nan
    start = _start(result)
    out = np.full(counts.shape, np.nan)
    refused: FitError | None = None
    for place in np.ndindex(*counts.shape[:-1]):
        known = np.isfinite(counts[place])
        if known[0]:
            try:
                out[place][known] = gr_values(counts[place][known], start=start, control=counts[place][0])
            except FitError as error:
                refused = error
    if refused is not None and not np.isfinite(out).any():
        raise refused
    return Array((*others, axis), out).along(*live.dims)


def _start(result: ResultSet) -> float:
    """Live cells at 0 h; ``live`` counts from the start of the simulation, which is 0 h unless a dose comes before.

    Raises
    ------
    DesignError : a dose before 0 h and no output at 0 h.
    """
    live, times = result.array(LIVE), result.arrays["time"].numbers
    if "time" in live.dims and float(times[0]) == 0.0:
        return float(np.nanmedian(live.at({"time": 0, result.axes[0]: 0}).numbers))
    design: dict[str, Any] = result.provenance["design"]
    given = [*design.get("given", {}).values(), *(text.partition("@")[2] for text in design.get("with", []))]
    if any(re.search(r"(^|,)\s*-", text) for text in given):
        raise DesignError("GR counts from 0 h, and there is a dose before that", hint="at='0h,48h' counts cells at 0 h")
    return 1.0


def gr(result: ResultSet, *, at: str | None = None) -> GrFit:
    """GR metrics (GR50, GRmax, GRAOC) of a dose-response that observed ``live``, or has the response ``gr``.

    With draws it is the fit of the median curve, its intervals those over the draws.

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
    doses = result.array(result.axes[0]).numbers
    if "gr" in result.responses:
        said = result.array("gr").attrs.get("note")
        if said:
            raise DesignError(f"there is no GR: {said}")
        series, seconds = result.at("gr", at)
        values = series.numbers
        if np.isnan(values).any():
            if result.whole:
                raise FitError("some draws have no GR: their untreated cells do not grow")
            raise SolveError("points have failed cells, so no GR is taken over them", hint="see .failures")
        over = result.intervals.get("gr", {}).get("fit", {}).get(str(seconds))
        # counts with these GR values after one division of the untreated cells
        live = 1.0 + values[1:]
        if over is None:
            fit = fit_gr(doses[1:], live, start=1.0, control=2.0, draws=RESAMPLES)
            return replace(fit, divisions=float("nan"))
        fit = fit_gr(doses[1:], live, start=1.0, control=2.0, draws=0)
        said = "; ".join(part for part in (fit.message, "intervals are 5% to 95% of the draws") if part)
        return replace(fit, divisions=float("nan"), intervals=_between(over), message=said)
    if LIVE not in result.observables:
        raise DesignError(f"GR needs the readout '{LIVE}', which was not observed", hint=f"observe='viability,{LIVE}'")
    live = result.at(LIVE, at)[0].numbers
    if np.isnan(live).any():
        raise SolveError("points have failed cells, so no GR is taken over them", hint="see .failures")
    return fit_gr(doses[1:], live[1:], start=_start(result), control=live[0], draws=RESAMPLES)


def _between(over: Mapping[str, Sequence[float]]) -> dict[str, Interval]:
    from redoxsim.analysis import Interval
    from redoxsim.study.spread import DEFINED, LEVEL

    return {
        name: Interval(low, high, "draws", level=LEVEL)
        for name, (low, _, high, share) in over.items()
        if share >= DEFINED
    }


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
    unit = result.array(result.axes[0]).units
    limits = {Limit.ABOVE: np.inf, Limit.BELOW: 0.0, Limit.NONE: np.nan}
    rows = []
    for time in np.atleast_1d(result.array("time").numbers):
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
