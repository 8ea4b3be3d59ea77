"""From the rows of a run to results: axes put back, units and titles, what made them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from redoxsim.errors import SolveError
from redoxsim.study.arrays import Array, Arrays
from redoxsim.study.design import Axis
from redoxsim.study.engine import Run
from redoxsim.study.provenance import record, sentence, tally
from redoxsim.study.results import ResultSet
from redoxsim.study.rows import Readout, Rows, read_out
from redoxsim.study.setup import ORIENTATIONS
from redoxsim.study.spread import band_share

BELOW_ZERO = "went below zero"


def collect(
    rows: Rows, run: Run, *, kind: str, axes: Sequence[Axis], design: Mapping[str, Any], zipped: bool = False
) -> ResultSet:
    """The results of a run with its axes put back.

    Raises
    ------
    SolveError : not one row solved (and it was not interrupted).
    """
    if not run.ok.any() and not run.interrupted:
        first = next(iter(run.messages.values()), run.status[0].value)
        raise SolveError(f"{sentence(tally(run))}. The first says: {first}")
    readout = read_out(rows, run)
    dims: tuple[str, ...] = ("point",) if zipped else tuple(one.name for one in axes)
    shape = (rows.points,) if zipped else tuple(len(one) for one in axes)
    made = record(rows, run, design)
    if readout.usable is not None:
        made["draws"]["usable"] = int(readout.usable.sum())
        made["draws"]["assumed"] = 0 if readout.assumed is None else readout.assumed.shape[-1]
    about: dict[str, Any] = {
        "kind": kind,
        "axes": json.dumps(list(dims)),
        "observables": json.dumps(list(rows.observe)),
        "provenance": json.dumps(made, sort_keys=True),
    }
    return ResultSet(
        Arrays(_data(rows, readout, dims, shape), _coords(rows, readout, axes, zipped), about | _below_zero(run)),
        messages=run.messages,
        seconds=run.seconds,
        interrupted=run.interrupted,
    )


def _data(rows: Rows, readout: Readout, dims: tuple[str, ...], shape: tuple[int, ...]) -> dict[str, Array]:
    """Readouts over the axes, cells, times and draws that are kept, and how the solves of each point ended."""
    cell_dims = ("cell",) if rows.settings.keep == "cells" else ()
    cell_shape = (rows.cells,) if cell_dims else ()
    data: dict[str, Array] = {}
    for place, name in enumerate(rows.observe):
        values = readout.values[place].reshape(*shape, *cell_shape, -1)
        last: tuple[str, ...] = ("time",)
        if rows.settings.draws:
            values = readout.values[place].reshape(*shape, *readout.values.shape[2:])
            last = ("time", "draw")
        if rows.times.single:
            values, last = values.take(0, axis=len(shape) + len(cell_shape)), last[1:]
        attrs = _attrs(rows, name)
        share = band_share(rows, readout, place)
        if share is not None:
            attrs["grade_c_share"], attrs["grade_c_share_low"], attrs["grade_c_share_high"] = share
        data[name] = Array((*dims, *cell_dims, *last), values, attrs)
    status_text = {"long_name": "how the solves of this point ended"}
    statuses = readout.status.reshape((*shape, *cell_shape)).astype(object)
    data["status"] = Array((*dims, *cell_dims), statuses, status_text)
    if not cell_dims:
        what = "cells" if not rows.settings.draws else "cells and draws"
        text = {"long_name": f"{what} solved of {rows.cells * (rows.sets - rows.extra)}", "units": "1"}
        data["solved"] = Array(dims, readout.solved.reshape(shape), text)
    return data


def _coords(rows: Rows, readout: Readout, axes: Sequence[Axis], zipped: bool) -> dict[str, Array]:
    """What the axes, times, cells and draws are."""
    coords: dict[str, Array] = {}
    for one in axes:
        attrs = {"units": one.unit or rows.setup.label(one.name), "long_name": _axis_title(rows, one.name)}
        coords[one.name] = Array(("point" if zipped else one.name,), one.values, attrs)
    time_attrs = {"units": "s", "long_name": "time"}
    seconds = rows.times.seconds
    single = rows.times.single
    coords["time"] = Array(() if single else ("time",), np.asarray(seconds[0]) if single else seconds, time_attrs)
    if rows.settings.keep == "cells":
        coords["cell"] = Array(("cell",), np.arange(rows.cells))
        for name, factors in rows.levels.items():
            coords[f"level_{name}"] = Array(("cell",), factors, {"units": "1", "long_name": f"level of {name}"})
    if readout.usable is not None:
        places = np.arange(len(readout.usable)) if rows.drawn is None else rows.drawn.places
        coords["draw"] = Array(("draw",), places, {"long_name": "which of the draws that the model allows"})
        text = {"long_name": "whether the draw came to the end at every point"}
        coords["usable"] = Array(("draw",), readout.usable, text)
    return coords


def _below_zero(run: Run) -> dict[str, Any]:
    """In how many solves which species went below zero; empty where none did."""
    below = [text for text in run.messages.values() if BELOW_ZERO in text]
    if not below:
        return {}
    named = {part.split(f" {BELOW_ZERO}")[0] for text in below for part in text.split("; ") if BELOW_ZERO in part}
    return {"below_zero": len(below), "below_zero_species": ", ".join(sorted(named))}


def _attrs(rows: Rows, name: str) -> dict[str, Any]:
    attrs: dict[str, Any] = {"units": rows.setup.label(name), "long_name": rows.setup.title(name)}
    if name in ORIENTATIONS:
        attrs["orientation"] = ORIENTATIONS[name]
    return attrs


def _axis_title(rows: Rows, name: str) -> str:
    agent = rows.setup.agents.get(name)
    return agent.name if agent else rows.setup.title(name)
