"""The tables that an experiment leaves behind: all results, how solves ended, fits and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from redoxsim.report.names import unit_of
from redoxsim.report.scored import SUMMARY, scored_of, scores_of
from redoxsim.report.tables import Table
from redoxsim.study.experiment import CombineRun, DoseResponseRun
from redoxsim.study.experiment_runs import Finished
from redoxsim.study.results import ORIENTATIONS

if TYPE_CHECKING:
    from redoxsim.analysis import HillFit
    from redoxsim.study.results import ResultSet


def score_table(finished: Sequence[Finished], bands: Mapping[str, ResultSet] | None = None) -> Table | None:
    """Summary of every score of every combination, with sign and orientation; None where nothing is scored.

    The columns ``mean_low``, ``mean_high`` are the 5% and 95% ends over the draws in ``bands``, ``draws`` how many
    these are and ``draws_defined`` the share of them that define the score; empty where a run has no band.
    """
    rows = []
    for one in finished:
        if isinstance(one.run, CombineRun) and any(name in ORIENTATIONS for name in one.results.observables):
            for metric, table in scores_of(one).items():
                row: dict[str, Any] = {"run": one.run.id, "score": metric}
                row |= {key: float(getattr(table.summary, key)) for key in SUMMARY}
                row |= _mean_over(one, metric, bands or {})
                row |= {"defined": table.summary.defined, "combinations": table.summary.cells}
                rows.append({**row, "sign": table.sign, "orientation": table.orientation})
    return _columns(rows) if rows else None


def _mean_over(one: Finished, metric: str, bands: Mapping[str, ResultSet]) -> dict[str, float]:
    """The mean of a score over the draws of a run, as :func:`score_bands` words it."""
    from redoxsim.study.spread import DEFINED

    found = {"mean_low": np.nan, "mean_high": np.nan, "draws": 0.0, "draws_defined": np.nan}
    band = bands.get(one.run.id)
    if band is None or band.draws is None:
        return found
    low, _, high, share = band.intervals[scored_of(band)]["scores"][metric]["mean"]
    found |= {"draws": float(band.draws["usable"]), "draws_defined": share}
    return found | ({"mean_low": low, "mean_high": high} if share >= DEFINED else {})


def fit_table(finished: Sequence[Finished], bands: Mapping[str, ResultSet] | None = None) -> Table | None:
    """The Hill fit of every dose-response, with intervals over draws where it has a band; None where there is none."""
    rows = []
    for one in finished:
        if isinstance(one.run, DoseResponseRun) and one.results.ok:
            dose = unit_of(one.results.dataset[one.run.agent].attrs) or "uM"
            for name in one.results.observables:
                fit = fit_of(one, name, (bands or {}).get(one.run.id))
                effect = unit_of(one.results.dataset[name].attrs)
                units = {"e0": effect, "einf": effect, "auc": effect, "ec50": dose, "ic50": dose}
                for parameter, value, interval, method in fit.rows():
                    rows.append(
                        {
                            "run": one.run.id, "readout": name, "parameter": parameter, "value": value,
                            "interval": interval, "unit": units.get(parameter, ""), "method": method,
                            "message": fit.message,
                        }
                    )  # fmt: skip
    return _columns(rows) if rows else None


def fit_of(one: Finished, name: str, band: ResultSet | None) -> HillFit:
    """The Hill fit of a dose-response, with intervals over the draws where it has a band."""
    from redoxsim.study.spread import over_draws

    fit = one.results.fit(name)
    if band is None or band.draws is None:
        return fit
    _, seconds = one.results.at(name)
    found = band.intervals.get(name, {}).get("fit", {}).get(str(seconds))
    return fit if found is None else over_draws(fit, found, band.draws["usable"])


def long_table(finished: Sequence[Finished]) -> Table:
    """All results in one table: run, readout, point of the design, time and value."""
    columns: dict[str, list[Any]] = {name: [] for name in ("run", "readout", "unit", "point", "time", "value")}
    for one in finished:
        data = one.results.dataset
        times = np.atleast_1d(np.asarray(data["time"], dtype=float)) / 3600.0
        for name in one.results.observables:
            values = np.asarray(data[name], dtype=float).reshape(-1, len(times))
            for point, line in enumerate(values):
                columns["run"] += [one.run.id] * len(times)
                columns["readout"] += [name] * len(times)
                columns["unit"] += [unit_of(data[name].attrs)] * len(times)
                columns["point"] += [point] * len(times)
                columns["time"] += times.tolist()
                columns["value"] += line.tolist()
    return Table(columns, {"time": "h"})


def status_rows(finished: Sequence[Finished]) -> list[dict[str, Any]]:
    """One row per point of every run: its doses, how its solves ended, how many cells solved."""
    rows = []
    for one in finished:
        data = one.results.dataset
        status = np.asarray(data["status"]).ravel()
        solved = np.asarray(data["solved"]).ravel()
        shape = data["status"].shape
        for point, state in enumerate(status):
            index = np.unravel_index(point, shape) if shape else ()
            where = ", ".join(
                f"{axis} {float(data[axis][i]):g} {unit_of(data[axis].attrs)}".rstrip()
                for axis, i in zip(one.results.axes, index, strict=True)
            )
            cells = int(one.results.provenance["population"]["cells"])
            rows.append(
                {
                    "run": one.run.id,
                    "point": point,
                    "at": where,
                    "status": str(state),
                    "solved": int(solved[point]),
                    "cells": cells,
                }
            )
    return rows


def _columns(rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table({name: [row[name] for row in rows] for name in rows[0]}, {})
