"""Results of studies: named axes, units, a status per cell, and what made them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError, SolveError, nearest
from redoxsim.study.provenance import draws_text, sentence
from redoxsim.study.setup import ORIENTATIONS, orientation_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from redoxsim.analysis import HillFit, Settings, SynergyTable

FloatArray = NDArray[np.float64]
SCORE_NAMES: Mapping[str, str] = {
    "bliss": "bliss_excess",
    "hsa": "hsa_excess",
    "loewe": "loewe_index",
    "loewe_excess": "loewe_excess",
    "ci": "ci",
    "zip": "zip_delta",
    "musyc": "musyc_excess",
    "braid": "braid_excess",
    "bliss3": "bliss3_excess",
    "hsa3": "hsa3_excess",
}
"""Variables that scores are stored under."""
SCORED = ("bliss", "hsa", "loewe", "ci")
SUMMARISED = ("mean", "mid_mean", "min", "max")


class ResultSet:
    """Results of a design.

    Attributes
    ----------
    dataset : an xarray Dataset; a variable per observable with ``units`` and ``long_name``, dimensions in
        the order of the axes, then ``cell`` where cells are kept, then ``time`` (seconds); ``status``
        (names of :class:`redoxsim.solve.Status`) and ``solved`` (cells that came to the end) per point.
    kind : "time course", "scan", "dose-response", "combination".
    axes : names of the dimensions of the design.
    messages : what failed rows say, by row.
    seconds : how long it took; not part of the dataset, so that equal commands give equal files.
    interrupted : whether it was stopped before the end.
    """

    def __init__(
        self,
        dataset: xr.Dataset,
        *,
        messages: Mapping[int, str] | None = None,
        seconds: float = float("nan"),
        interrupted: bool = False,
    ) -> None:
        self.dataset = dataset
        self.messages = dict(messages or {})
        self.seconds = seconds
        self.interrupted = interrupted

    @property
    def kind(self) -> str:
        return str(self.dataset.attrs["kind"])

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(json.loads(self.dataset.attrs["axes"]))

    @property
    def provenance(self) -> dict[str, Any]:
        """Model, agents, cell, design, solver, versions and seed."""
        found: dict[str, Any] = json.loads(self.dataset.attrs["provenance"])
        return found

    @property
    def observables(self) -> tuple[str, ...]:
        """Ids of what was observed."""
        return tuple(json.loads(self.dataset.attrs["observables"]))

    @property
    def responses(self) -> tuple[str, ...]:
        """Ids of what was made of the readouts for the laboratory (:mod:`redoxsim.study.responses`)."""
        return tuple(json.loads(self.dataset.attrs.get("responses", "[]")))

    @property
    def ok(self) -> bool:
        """Whether every row solved; with draws, whether enough of them did and none was left out by an interrupt."""
        if self.draws is not None and not self.interrupted:
            return bool(self.draws["usable"])
        return set(self.counts) <= {"OK"}

    @property
    def draws(self) -> dict[str, Any] | None:
        """What became of the draws: ``asked``, ``tried``, ``number`` accepted, ``usable`` of these; None without.

        ``unsettled`` have no undosed steady state, ``outside`` leave the band of a target, by its id; both were
        rejected. Accepted ones that are not usable failed under dose, or in the cell at hand.
        """
        found: dict[str, Any] | None = self.provenance["draws"]
        return found

    @property
    def complete(self) -> bool:
        """Whether any point was finished; False only after an interrupt."""
        return not bool((self.dataset["status"] == "INTERRUPTED").all())

    @property
    def intervals(self) -> dict[str, Any]:
        """5%, 50% and 95% over the draws of what is made of whole curves and surfaces.

        ``{readout: {"fit": {seconds: {"ec50": [low, middle, high, share], ...}}, "scores": {"bliss": {"mean": ...}}}}``
        where ``share`` is that of the draws in which it is defined. Infinite doses lie above the tested ones, zero
        below. Empty without draws.
        """
        found: dict[str, Any] = json.loads(self.dataset.attrs.get("intervals", "{}"))
        return found

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status name."""
        found: dict[str, int] = self.provenance["solves"]
        return found

    @property
    def summary(self) -> str:
        """Such as ``1296 solves: 1290 ok, 6 step budget``, and how the reference solver's check went."""
        return "; ".join((sentence(self.counts), *self.remarks))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a command says last, after the number of solves: the check, the draws, what fell below zero."""
        found: list[str] = []
        check = self.provenance["check"]
        if check is not None and check["text"]:
            found.append(check["text"])
        if self.draws is not None:
            found.append(draws_text(self.draws))
        below = int(self.dataset.attrs.get("below_zero", 0))
        if below:
            names = self.dataset.attrs["below_zero_species"]
            found.append(f"{below} solve{'s' if below > 1 else ''} went below zero beyond tolerance ({names})")
        return tuple(found)

    def __getitem__(self, name: str) -> xr.DataArray:
        if name not in self.dataset:
            hint = nearest(name, map(str, self.dataset.variables)) or f"there are {', '.join(self.observables)}"
            raise DesignError(f"'{name}' was not observed", hint=hint)
        return self.dataset[name]

    @property
    def failures(self) -> pd.DataFrame:
        """Points with failed cells: their place on the axes, status and how many cells solved."""
        status = self.dataset["status"]
        bad = status.where(status != "OK", drop=False).to_dataframe().dropna(subset=["status"])
        return bad.reset_index()

    def _mask(self, data: xr.DataArray, failed: str) -> NDArray[np.bool_]:
        """Where there is no value, for statistics over ``data``; refused unless told to drop."""
        missing: NDArray[np.bool_] = np.isnan(np.asarray(data, dtype=float))
        if missing.any() and failed != "drop":
            raise SolveError(
                f"{int(missing.sum())} of {missing.size} points have failed cells ({self.summary}), "
                "so no statistics are taken over them",
                hint="see .failures; failed='drop' leaves them out",
            )
        return missing

    def series(self, observe: str | None = None, at: str | None = None) -> xr.DataArray:
        """A readout at one time, the median where there are draws; viability and the only time where none is named.

        Raises
        ------
        DesignError : no such time, or several and none named.
        """
        data = self[self._readout(observe)]
        if "quantile" in data.dims:
            data = data.sel(quantile=0.5)
        elif "draw" in data.dims:
            data = data.isel(draw=np.flatnonzero(np.asarray(self.dataset["usable"]))).median("draw", skipna=False)
        if "time" in data.dims:
            if at is None:
                if data.sizes["time"] != 1:
                    hours = ", ".join(f"{float(t) / 3600:g} h" for t in data["time"])
                    raise DesignError(f"say at which time: {hours}", hint="at='48 h'")
                return data.isel(time=0)
            wanted = units.seconds(at)
            place = int(np.argmin(np.abs(np.asarray(data["time"]) - wanted)))
            if abs(float(data["time"][place]) - wanted) > 1e-6 * max(1.0, abs(wanted)):
                raise DesignError(f"there is no result at {at}")
            return data.isel(time=place)
        return data

    def _readout(self, observe: str | None) -> str:
        if observe is not None:
            return observe
        scored = [name for name in self.observables if name in ORIENTATIONS]
        return scored[0] if scored else self.observables[0]

    def fit(self, observe: str | None = None, *, at: str | None = None, failed: str = "stop") -> HillFit:
        """The Hill curve of a dose-response; doses in the unit of the axis.

        Parameters
        ----------
        observe : which readout; viability where there is one.
        at : which time, where there are several.
        failed : "stop" refuses a curve with failed points, "drop" fits the others.

        Raises
        ------
        DesignError : not a dose-response, or no such readout or time.
        SolveError : failed points.
        """
        from redoxsim.analysis import fit_hill

        if self.kind != "dose-response":
            raise DesignError(f"a {self.kind} has no dose-response curve to fit")
        name = self._readout(observe)
        data = self.series(name, at)
        if data.ndim != 1:
            raise DesignError(f"'{name}' has the axes {', '.join(map(str, data.dims))}; a curve has one")
        missing = self._mask(data, failed)
        if name == "gr":
            raise DesignError("a GR curve is not a Hill curve on a fraction", hint="redoxsim.study.gr(result) fits it")
        doses = np.asarray(self.dataset[self.axes[0]], dtype=float)
        effect = np.asarray(data, dtype=float)
        fit = fit_hill(doses, effect, orientation=orientation_of(self[name]), failed=missing, noiseless=True)
        over = self.intervals.get(name, {}).get("fit", {}).get(str(float(data["time"])))
        if over is None or self.draws is None:
            return fit
        from redoxsim.study.spread import over_draws

        return over_draws(fit, over, self.draws["usable"])

    def scores(
        self,
        metrics: Sequence[str] = SCORED,
        *,
        observe: str | None = None,
        at: str | None = None,
        failed: str = "stop",
        settings: Settings | None = None,
    ) -> dict[str, SynergyTable]:
        """Synergy scores of a combination, each with its sign convention in words.

        Parameters
        ----------
        metrics : names of :data:`redoxsim.analysis.METRICS`.
        observe : which readout; only those with a declared direction (viability, survival) can be scored.
        failed : "stop" refuses a grid with failed points, "drop" leaves them undefined.

        Raises
        ------
        DesignError : not a combination, or a readout without a direction.
        SolveError : failed points.
        """
        if self.kind != "combination":
            raise DesignError(f"a {self.kind} has no synergy to score")
        name = self._readout(observe)
        if name not in ORIENTATIONS:
            raise DesignError(
                f"'{name}' has no declared direction, so no synergy is scored on it",
                hint=f"these have: {', '.join(ORIENTATIONS)}",
            )
        data = self.series(name, at)
        return self._scored(name, data, metrics, self._mask(data, failed), settings)

    def with_scores(self, metrics: Sequence[str] = SCORED, *, observe: str | None = None) -> ResultSet:
        """The same results with a variable per score (see :data:`SCORE_NAMES`), for every time and draw.

        Failed points are undefined.
        """
        name = self._readout(observe)
        data = self[name]
        more = tuple(str(dim) for dim in data.dims if str(dim) not in self.axes)
        shape = tuple(data.sizes[dim] for dim in more)
        dataset = self.dataset.copy()
        found: list[dict[str, SynergyTable]] = []
        for place in np.ndindex(*shape):
            one = data.isel(dict(zip(more, place, strict=True)))
            near = found[0] if found else None
            found.append(self._scored(name, one, metrics, np.isnan(np.asarray(one, dtype=float)), None, near))
        for metric in metrics:
            stacked = np.stack([tables[metric].values for tables in found], axis=-1)
            variable = SCORE_NAMES.get(metric, metric)
            values = stacked.reshape(*stacked.shape[:-1], *shape)
            dataset[variable] = ((*self.axes, *more), values, score_attrs(found[0][metric], name))
        if more == ("draw",):
            from redoxsim.study.spread import interval

            usable = np.asarray(self.dataset["usable"])
            summaries = {
                metric: {
                    key: interval(np.array([getattr(one[metric].summary, key) for one in found])[usable])
                    for key in SUMMARISED
                }
                | {
                    part.name: interval(np.array([one[metric].parameter(part.name) for one in found])[usable])
                    for part in found[0][metric].parameters
                }
                for metric in metrics
            }
            dataset.attrs["intervals"] = json.dumps({name: {"scores": summaries}}, sort_keys=True)
        return self.with_dataset(dataset)

    def _scored(
        self,
        name: str,
        data: xr.DataArray,
        metrics: Sequence[str],
        missing: NDArray[np.bool_],
        settings: Settings | None,
        near: Mapping[str, SynergyTable] | None = None,
    ) -> dict[str, SynergyTable]:
        from redoxsim.analysis import EffectArray, score
        from redoxsim.analysis.effect import MARGIN

        grid = EffectArray(
            [np.asarray(self.dataset[axis], dtype=float) for axis in self.axes],
            np.asarray(data, dtype=float),
            orientation=ORIENTATIONS[name],  # type: ignore[arg-type]
            scale="fraction",
            agents=self.axes,
            dose_units=[str(self.dataset[axis].attrs["units"]) for axis in self.axes],
            failed=missing,
            margin=MARGIN if "draw" not in self.dataset.dims else np.inf,
        )
        return score(grid, metrics, settings=settings, near=near)

    def with_dataset(self, dataset: xr.Dataset) -> ResultSet:
        """The same run with another dataset."""
        return ResultSet(dataset, messages=self.messages, seconds=self.seconds, interrupted=self.interrupted)

    def to_dataframe(self) -> pd.DataFrame:
        """A tidy table: a row per point (and cell, and time in hours), units in the heads."""
        import pandas as pd

        data = self.dataset
        dims = [str(dim) for dim in data.dims]
        order = [*(axis for axis in self.axes if axis in dims), *(dim for dim in dims if dim not in self.axes)]
        shape = tuple(data.sizes[dim] for dim in order)
        columns: dict[str, Any] = {}
        for dim in order:
            place = [1] * len(order)
            place[order.index(dim)] = -1
            values = np.asarray(data[dim]) if dim in data.coords else np.arange(data.sizes[dim])
            unit = str(data[dim].attrs.get("units", "")) if dim in data.coords else ""
            if dim == "time":
                values, unit = values / 3600.0, "h"
            columns[_head(dim, unit)] = np.broadcast_to(values.reshape(place), shape).ravel()
        extra = [str(name) for name in data.coords if str(name) not in dims]
        for name in (*extra, *map(str, data.data_vars)):
            array = data[name]
            missing = {dim: data.sizes[dim] for dim in order if dim not in array.dims}
            values = np.asarray((array.expand_dims(missing) if missing else array).transpose(*order))
            if name == "time":
                columns[_head("time", "h")] = values.ravel() / 3600.0
            else:
                columns[_head(name, str(array.attrs.get("units", "")))] = values.ravel()
        return pd.DataFrame(columns)

    def to_csv(self, path: str | Path) -> None:
        """Write the tidy table; numbers read back to the same bits."""
        self.to_dataframe().to_csv(path, index=False, lineterminator="\n")

    def to_netcdf(self, path: str | Path) -> None:
        """Write the dataset with its provenance."""
        self.dataset.to_netcdf(path, engine="h5netcdf")

    def _repr_html_(self) -> str:
        dims = ", ".join(f"{escape(str(name))} {size}" for name, size in self.dataset.sizes.items())
        lines = [
            f"<b>{escape(self.kind)}</b> of {escape(self.provenance['model']['id'])}: "
            + escape(", ".join(self.observables)),
            dims,
            escape(self.summary),
        ]
        return "<div>" + "<br>".join(line for line in lines if line) + "</div>" + str(self.dataset._repr_html_())

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {size}" for name, size in self.dataset.sizes.items())
        return f"<ResultSet {self.kind}: {', '.join(self.observables)} ({sizes}); {self.summary}>"


def score_attrs(table: SynergyTable, of: str) -> dict[str, Any]:
    """What a score variable says of itself: its sign convention and orientation in words, notes, what it scores."""
    parameters = {one.name: one.row()[1:] for one in table.parameters}
    said = {"parameters": json.dumps(parameters, ensure_ascii=False)} if parameters else {}
    return said | {
        "units": "1",
        "long_name": table.title,
        "metric": table.metric,
        "sign": table.sign,
        "neutral": table.neutral,
        "orientation": table.orientation,
        "of": of,
        "note": "; ".join(text for text in (table.note, table.summary.message) if text),
    }


def _head(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit not in ("", "1", "dimensionless") else name


def open_results(path: str | Path) -> ResultSet:
    """Results read back from netCDF.

    Raises
    ------
    DesignError : the file holds no results of a study.
    """
    import xarray as xr

    with xr.open_dataset(path, engine="h5netcdf") as stored:
        dataset = stored.load()
    if "provenance" not in dataset.attrs or "kind" not in dataset.attrs:
        raise DesignError(f"{path} holds no results of a study")
    return ResultSet(dataset)


__all__ = ["ORIENTATIONS", "SCORED", "SCORE_NAMES", "ResultSet", "open_results"]
