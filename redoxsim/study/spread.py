"""Bands over draws: quantiles of readouts, intervals of fits and scores, and how much of a band rests on grade C."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.beside import each
from redoxsim.study.arrays import Array, Arrays
from redoxsim.study.rows import QUANTILES, Readout, Rows
from redoxsim.study.setup import orientation_of

if TYPE_CHECKING:
    from redoxsim.analysis import HillFit
    from redoxsim.study.results import ResultSet

FloatArray = NDArray[np.float64]
DEFINED = 0.9
"""Share of the usable draws that must define a score, or a parameter of a fit, for it to have an interval."""
LEVEL = QUANTILES[-1] - QUANTILES[0]


def quantiles(result: ResultSet) -> ResultSet:
    """Draws as their 5%, 50% and 95% quantiles over the usable ones, along a last dimension ``quantile``.

    A score that is not defined in every draw is given where it is in nine of ten.
    """
    arrays = result.arrays
    usable = arrays["usable"].values.astype(bool)
    data = {}
    for name, one in arrays.data.items():
        if "draw" not in one.dims:
            data[name] = one
            continue
        dims = tuple(dim for dim in one.dims if dim != "draw")
        values = np.asarray(one.along(*dims, "draw"), dtype=float)[..., usable]
        out = np.full((*values.shape[:-1], len(QUANTILES)), np.nan)
        if usable.any():
            share = np.mean(np.isfinite(values), axis=-1)
            needed = 1.0 if name in result.observables else DEFINED
            for place in zip(*np.nonzero((share >= needed) & (share > 0.0)), strict=True):
                out[place] = np.quantile(values[place][np.isfinite(values[place])], QUANTILES)
        data[name] = Array((*dims, "quantile"), out, one.attrs)
    coords = {name: one for name, one in arrays.coords.items() if name not in ("draw", "usable")}
    coords["quantile"] = Array(("quantile",), np.array(QUANTILES))
    return result.with_data(Arrays(data, coords, arrays.attrs))


def interval(values: FloatArray) -> list[float]:
    """5%, 50% and 95% of the numbers among ``values`` (D,), and the share of them that are numbers.

    Infinite numbers count (a dose above all tested ones); where there are any, quantiles are values that occurred.
    """
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return [float("nan")] * len(QUANTILES) + [0.0]
    if np.isfinite(known).all():
        found = np.quantile(known, QUANTILES)
    else:
        found = known[np.ceil(np.array(QUANTILES) * known.size).astype(int) - 1]
    return [*map(float, found), known.size / values.size]


def with_intervals(result: ResultSet, *, processes: int = 1) -> ResultSet:
    """The same with the Hill fits of every usable draw summed up (see :attr:`ResultSet.intervals`)."""
    if result.kind != "dose-response":
        return result
    arrays, axis = result.arrays, result.axes[0]
    names = [
        name for name in (*result.observables, *result.responses) if not set(arrays[name].dims) - {axis, "time", "draw"}
    ]
    times = [str(float(time)) for time in np.atleast_1d(arrays["time"].numbers)]
    curves = [(name, place) for name in names for place in range(len(times))]
    found: dict[str, Any] = result.intervals
    for (name, place), fits in zip(curves, each(partial(_fits, result), curves, processes=processes), strict=True):
        if fits:
            found.setdefault(name, {}).setdefault("fit", {})[times[place]] = fits
    return result.with_data(arrays.more({}, intervals=json.dumps(found, sort_keys=True)))


def _fits(result: ResultSet, curve: tuple[str, int]) -> dict[str, list[float]]:
    """By parameter: the interval over the draws that have the curve at all, of a readout at one of the times."""
    from redoxsim.analysis.hill_rows import gr_rows, hill_rows

    name, place = curve
    arrays = result.arrays
    data = arrays[name]
    doses, usable = arrays[result.axes[0]].numbers, arrays["usable"].values.astype(bool)
    effects = np.asarray(data.at({"time": place}).along("draw", result.axes[0]), dtype=float)[usable]
    known = np.isfinite(effects).all(axis=1)
    if not known.any():
        return {}
    if name == "gr":
        fits = gr_rows(doses[1:], effects[known][:, 1:])
    else:
        fits = hill_rows(doses, effects[known], orientation=orientation_of(name, data))
    return {key: interval(_laid_out(one, known)) for key, one in fits.items()}


def _laid_out(values: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    out = np.full(known.shape, np.nan)
    out[known] = values
    return out


def over_draws(fit: HillFit, found: Mapping[str, list[float]], draws: int) -> HillFit:
    """A fit of the median curve with intervals over draws in place of its own."""
    from redoxsim.analysis import Interval

    method = f"{QUANTILES[0]:.0%} to {QUANTILES[-1]:.0%} of {draws} draws"
    between = {
        key: Interval(low, high, method, level=LEVEL)
        for key, (low, _, high, share) in found.items()
        if share >= DEFINED and key != "auc"
    }
    bare = fit.message.split("; intervals show")[0]
    undefined = [f"{key} in {share:.0%} of the draws only" for key, (*_, share) in found.items() if share < DEFINED]
    remark = f"; not defined: {', '.join(undefined)}" if undefined else ""
    return replace(fit, intervals=between, message=f"{bare}; intervals are {method}{remark}")


def band_share(rows: Rows, readout: Readout, place: int) -> float | None:
    """The share of the band of a readout that is left when only constants of grade C vary; None without draws.

    Mean width from 5% to 95% over all points and times with only those constants drawn, over the mean width with
    all drawn, both over the same draws. Constants act together, so that it need not lie below one.
    """
    if rows.drawn is None or readout.usable is None:
        return None
    grades = {rows.setup.grade(name) == "C" for name in rows.drawn.values}
    if len(grades) == 1:
        return float(grades.pop())
    if readout.assumed is None:
        return None
    again = readout.assumed[place]
    whole = readout.values[place][..., np.flatnonzero(readout.usable)[: again.shape[-1]]]
    kept = np.isfinite(again).reshape(-1, again.shape[-1]).all(axis=0)
    if kept.sum() < 2:
        return None
    low, high = QUANTILES[0], QUANTILES[-1]
    widths = [
        float(np.mean(np.quantile(values, high, axis=-1) - np.quantile(values, low, axis=-1)))
        for values in (again[..., kept], whole[..., kept])
    ]
    return widths[0] / widths[1] if widths[1] > 0.0 else None
