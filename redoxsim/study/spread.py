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
    from redoxsim.analysis import HillFit, SynergyTable
    from redoxsim.study.results import ResultSet

FloatArray = NDArray[np.float64]
DEFINED = 0.9
"""Share of the usable draws that must define a score, or a parameter of a fit, for it to have an interval."""
LEVEL = QUANTILES[-1] - QUANTILES[0]
LEAST = 8
"""Draws that make a band."""
RESAMPLES = 50
THINNED = 32
"""Points that widths are taken at; more change a mean little."""
FRACTION = 1.5  # what stays below it counts as a share, though cells may outgrow their controls a little


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


def enough(result: ResultSet) -> bool:
    """Whether enough draws came to the end to make a band."""
    return result.draws is not None and result.draws["usable"] >= LEAST


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
    """A fit of the median curve with intervals over draws in place of its own; where there is no curve, as it is."""
    from redoxsim.analysis import Interval

    if not fit.converged:
        return fit
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


def surface_over_draws(table: SynergyTable, found: Mapping[str, list[float]], draws: int) -> SynergyTable:
    """A score of the median surface, its fitted parameters with intervals over draws in place of their own.

    Those of its own tell how far the surface is from what was computed; only draws tell how sure that is. A parameter
    that fewer than nine of ten draws determine is undetermined.
    """
    if not table.parameters:
        return table
    parts = []
    for one in table.parameters:
        low, _, high, share = found.get(one.name, [np.nan, np.nan, np.nan, 0.0])
        if share >= DEFINED:
            parts.append(replace(one, low=low, high=high))
        else:
            told = f"{share:.0%} of the draws determine it"
            parts.append(replace(one, low=np.nan, high=np.nan, problem=one.problem or told))
    between = f"intervals are {QUANTILES[0]:.0%} to {QUANTILES[-1]:.0%} of {draws} draws"
    note = f"{table.note.split('; intervals from')[0]}; {between}"
    return replace(table, parameters=tuple(parts), note=note)


def band_share(rows: Rows, readout: Readout, place: int) -> tuple[float, float, float] | None:
    """How wide the band of a readout is when only constants of grade C vary, over its width when all do.

    The mean standard deviation over the points and times (:data:`THINNED` of them where there are more) with only those
    constants drawn, under the same targets and measurements, over the mean with all drawn; and the 5% and 95% ends of
    that ratio over resampled draws. It stands for the width: of few draws the outer quantiles hang on one or two. What
    is positive throughout and no fraction is compared in its logarithm, else the largest of draws that span decades
    would be all that counts. None without draws. Two samples can give more than one.
    """
    if rows.drawn is None or readout.usable is None:
        return None
    grades = {rows.setup.grade(name) == "C" for name in rows.drawn.values}
    if len(grades) == 1:
        return (1.0, 1.0, 1.0) if grades.pop() else (0.0, 0.0, 0.0)
    if readout.assumed is None:
        return None
    part = _numbers(readout.assumed[place])
    whole = _numbers(readout.values[place][..., readout.usable])
    if min(part.shape[1], whole.shape[1]) < LEAST:
        return None
    fraction = rows.setup.label(rows.observe[place]) in ("", "1") and max(part.max(), whole.max()) <= FRACTION
    if min(part.min(), whole.min()) > 0.0 and not fraction:
        part, whole = np.log(part), np.log(whole)
    if _width(whole) <= 0.0:
        return None
    rng = np.random.default_rng(rows.settings.seed)
    ratios = []
    for _ in range(RESAMPLES):
        widths = [_width(one[:, rng.integers(one.shape[1], size=one.shape[1])]) for one in (part, whole)]
        if widths[1] > 0.0:
            ratios.append(widths[0] / widths[1])
    low, high = np.quantile(ratios, (QUANTILES[0], QUANTILES[-1])) if ratios else (np.nan, np.nan)
    return _width(part) / _width(whole), float(low), float(high)


def _numbers(values: FloatArray) -> FloatArray:
    """Of values (..., D), the draws that are numbers everywhere, at some of the points, (N, D')."""
    flat = values.reshape(int(np.prod(values.shape[:-1])), values.shape[-1])
    few = np.linspace(0, len(flat) - 1, min(len(flat), THINNED)).astype(int)
    return np.asarray(flat[:, np.isfinite(flat).all(axis=0)][few])


def _width(values: FloatArray) -> float:
    """Mean standard deviation of values (N, D) over the draws."""
    return float(np.mean(np.std(values, axis=-1, ddof=1)))
