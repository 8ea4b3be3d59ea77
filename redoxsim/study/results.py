"""Results of studies: named axes, units, a status per cell, and what made them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from redoxsim import units
from redoxsim.errors import DesignError, SolveError, nearest
from redoxsim.study.arrays import Array, Arrays
from redoxsim.study.provenance import draws_text, sentence
from redoxsim.study.setup import ORIENTATIONS, orientation_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from redoxsim.analysis import EffectArray, HillFit, Settings, SynergyTable

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
    dataset : an xarray Dataset, made when it is asked for; a variable per observable with ``units`` and
        ``long_name``, dimensions in the order of the axes, then ``cell`` where cells are kept, then ``time``
        (seconds); ``status`` (names of :class:`redoxsim.solve.Status`) and ``solved`` (cells that came to the
        end) per point.
    arrays : the same without xarray, which takes longer to import than a dose-response to solve.
    kind : "time course", "scan", "dose-response", "combination".
    axes : names of the dimensions of the design.
    messages : what failed rows say, by row.
    seconds : how long it took; not part of the dataset, so that equal commands give equal files.
    interrupted : whether it was stopped before the end.
    """

    def __init__(
        self,
        data: xr.Dataset | Arrays,
        *,
        messages: Mapping[int, str] | None = None,
        seconds: float = float("nan"),
        interrupted: bool = False,
    ) -> None:
        self._data = data
        self.messages = dict(messages or {})
        self.seconds = seconds
        self.interrupted = interrupted

    @property
    def dataset(self) -> xr.Dataset:
        if isinstance(self._data, Arrays):
            self._data = self._data.dataset()  # from here on what its holder changes in it counts
        return self._data

    @property
    def arrays(self) -> Arrays:
        return self._data if isinstance(self._data, Arrays) else Arrays.of(self._data)

    @property
    def attrs(self) -> Mapping[str, Any]:
        """Attributes of the whole."""
        return self._data.attrs

    @property
    def kind(self) -> str:
        return str(self.attrs["kind"])

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(json.loads(self.attrs["axes"]))

    @property
    def provenance(self) -> dict[str, Any]:
        """Model, agents, cell, design, solver, versions and seed."""
        found: dict[str, Any] = json.loads(self.attrs["provenance"])
        return found

    @property
    def observables(self) -> tuple[str, ...]:
        """Ids of what was observed."""
        return tuple(json.loads(self.attrs["observables"]))

    @property
    def responses(self) -> tuple[str, ...]:
        """Ids of what was made of the readouts for the laboratory (:mod:`redoxsim.study.responses`)."""
        return tuple(json.loads(self.attrs.get("responses", "[]")))

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
        return not bool((self.arrays["status"].values == "INTERRUPTED").all())

    @property
    def intervals(self) -> dict[str, Any]:
        """5%, 50% and 95% over the draws of what is made of whole curves and surfaces.

        ``{readout: {"fit": {seconds: {"ec50": [low, middle, high, share], ...}}, "scores": {"bliss": {"mean": ...}}}}``
        where ``share`` is that of the draws in which it is defined. Infinite doses lie above the tested ones, zero
        below. Empty without draws.
        """
        found: dict[str, Any] = json.loads(self.attrs.get("intervals", "{}"))
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
        below = int(self.attrs.get("below_zero", 0))
        if below:
            names = self.attrs["below_zero_species"]
            found.append(f"{below} solve{'s' if below > 1 else ''} went below zero beyond tolerance ({names})")
        return tuple(found)

    @property
    def whole(self) -> bool:
        """Whether every point solved."""
        return bool((self.arrays["status"].values == "OK").all())

    def __getitem__(self, name: str) -> xr.DataArray:
        self.array(name)
        return self.dataset[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a variable or coordinate of this name."""
        return isinstance(name, str) and name in self.arrays

    __iter__: ClassVar[None] = None
    """Readouts by name, no sequence of them."""

    def array(self, name: str) -> Array:
        """A variable or coordinate, as :meth:`__getitem__` gives it but without xarray.

        Raises
        ------
        DesignError : there is none of this name.
        """
        arrays = self.arrays
        if name not in arrays:
            known = (*arrays.coords, *arrays.data)
            hint = nearest(name, known) or f"there are {', '.join(self.observables)}"
            raise DesignError(f"'{name}' was not observed", hint=hint)
        return arrays[name]

    @property
    def failures(self) -> pd.DataFrame:
        """Points with failed cells: their place on the axes, status and how many cells solved."""
        status = self.dataset["status"]
        bad = status.where(status != "OK", drop=False).to_dataframe().dropna(subset=["status"])
        return bad.reset_index()

    def _mask(self, data: Array, failed: str) -> NDArray[np.bool_]:
        """Where there is no value, for statistics over ``data``; refused unless told to drop."""
        missing: NDArray[np.bool_] = np.isnan(data.numbers)
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
        name = self._readout(observe)
        data, seconds = self.at(name, at)
        arrays = self.arrays
        coords = {axis: one for axis, one in arrays.coords.items() if set(one.dims) <= set(data.dims)}
        coords["time"] = Array((), np.asarray(seconds), arrays["time"].attrs)
        return Arrays({name: data}, coords, {}).dataset()[name]

    def at(self, name: str, at: str | None = None) -> tuple[Array, float]:
        """What :meth:`series` gives of a readout, without xarray, and at how many seconds it is.

        Raises
        ------
        DesignError : no such readout or time, or several times and none named.
        """
        data, times = self.array(name), self.arrays["time"]
        if "quantile" in data.dims:
            middle = int(np.flatnonzero(self.arrays["quantile"].numbers == 0.5)[0])
            data = data.at({"quantile": middle})
        elif "draw" in data.dims:
            data = data.reduced("draw", np.median, np.flatnonzero(self.arrays["usable"].values))
        if "time" not in data.dims:
            return data, float(times.values)
        if at is None:
            if len(times.values) != 1:
                hours = ", ".join(f"{t / 3600:g} h" for t in times.numbers)
                raise DesignError(f"say at which time: {hours}", hint="at='48 h'")
            return data.at({"time": 0}), float(times.values[0])
        wanted = units.seconds(at)
        place = int(np.argmin(np.abs(times.numbers - wanted)))
        found = float(times.values[place])
        if abs(found - wanted) > 1e-6 * max(1.0, abs(wanted)):
            raise DesignError(f"there is no result at {at}")
        return data.at({"time": place}), found

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
        data, seconds = self.at(name, at)
        if len(data.dims) != 1:
            raise DesignError(f"'{name}' has the axes {', '.join(data.dims)}; a curve has one")
        missing = self._mask(data, failed)
        if name == "gr":
            raise DesignError("a GR curve is not a Hill curve on a fraction", hint="redoxsim.study.gr(result) fits it")
        doses = self.arrays[self.axes[0]].numbers
        fit = fit_hill(doses, data.numbers, orientation=orientation_of(name, data), failed=missing, noiseless=True)
        over = self.intervals.get(name, {}).get("fit", {}).get(str(seconds))
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

        Returns
        -------
        The tables by name, of the median surface where there are draws; parameters of fitted surfaces then have
        intervals over the draws (90%), else over resampled residuals (95%), as their notes say.

        Raises
        ------
        DesignError : not a combination, or a readout without a direction.
        SolveError : failed points.
        """
        from redoxsim.analysis import score

        if self.kind != "combination":
            raise DesignError(f"a {self.kind} has no synergy to score")
        name = self._readout(observe)
        if name not in ORIENTATIONS:
            raise DesignError(
                f"'{name}' has no declared direction, so no synergy is scored on it",
                hint=f"these have: {', '.join(ORIENTATIONS)}",
            )
        data, _ = self.at(name, at)
        tables = score(self._grid(name, data, self._mask(data, failed)), metrics, settings=settings)
        over = self.intervals.get(name, {}).get("scores", {})
        if not over or self.draws is None:
            return tables
        from redoxsim.study.spread import surface_over_draws

        usable = self.draws["usable"]
        return {key: surface_over_draws(table, over.get(key, {}), usable) for key, table in tables.items()}

    def with_scores(self, metrics: Sequence[str] = SCORED, *, observe: str | None = None) -> ResultSet:
        """The same results with a variable per score (see :data:`SCORE_NAMES`), for every time and draw.

        Failed points are undefined.
        """
        from redoxsim.analysis import score
        from redoxsim.analysis.synergy import score_near

        name = self._readout(observe)
        data, arrays = self.array(name), self.arrays
        more = tuple(dim for dim in data.dims if dim not in self.axes)
        shape = tuple(arrays.sizes[dim] for dim in more)
        scored: dict[str, Array] = {}
        parts = [data.at(dict(zip(more, place, strict=True))) for place in np.ndindex(*shape)]
        grids = [self._grid(name, one, np.isnan(one.numbers)) for one in parts]
        found = [score(grids[0], metrics)]
        found += score_near(grids[1:], found[0])
        for metric in metrics:
            stacked = np.stack([tables[metric].values for tables in found], axis=-1)
            variable = SCORE_NAMES.get(metric, metric)
            values = stacked.reshape(*stacked.shape[:-1], *shape)
            scored[variable] = Array((*self.axes, *more), values, score_attrs(found[0][metric], name, one=not more))
        told: dict[str, Any] = {}
        if more == ("draw",):
            from redoxsim.study.spread import interval

            usable = arrays["usable"].values
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
            told["intervals"] = json.dumps({name: {"scores": summaries}}, sort_keys=True)
        return self.with_data(arrays.more(scored, **told))

    def _grid(self, name: str, data: Array, missing: NDArray[np.bool_]) -> EffectArray:
        """A readout over the doses, ready to be scored."""
        from redoxsim.analysis import EffectArray
        from redoxsim.analysis.effect import MARGIN

        arrays = self.arrays
        return EffectArray(
            [arrays[axis].numbers for axis in self.axes],
            data.numbers,
            orientation=ORIENTATIONS[name],  # type: ignore[arg-type]
            scale="fraction",
            agents=self.axes,
            dose_units=[arrays[axis].units for axis in self.axes],
            failed=missing,
            margin=MARGIN if "draw" not in arrays.sizes else np.inf,
        )

    def with_data(self, data: xr.Dataset | Arrays) -> ResultSet:
        """The same run with other data."""
        return ResultSet(data, messages=self.messages, seconds=self.seconds, interrupted=self.interrupted)

    def to_dataframe(self) -> pd.DataFrame:
        """A tidy table: a row per point (and cell, and time in hours), units in the heads."""
        import pandas as pd

        arrays = self.arrays
        dims = arrays.sizes
        order = [*(axis for axis in self.axes if axis in dims), *(dim for dim in dims if dim not in self.axes)]
        columns: dict[str, Any] = {}
        for name, one in arrays.columns(order).items():
            hours = name == "time"
            columns[_head(name, "h" if hours else one.units)] = one.numbers / 3600.0 if hours else one.values
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


def score_attrs(table: SynergyTable, of: str, *, one: bool = True) -> dict[str, Any]:
    """What a score variable says of itself: its sign convention and orientation in words, notes, what it scores.

    ``one`` : it is the score of one surface, so that what was fitted to that, and remarks on it, belong to it.
    """
    parameters = {part.name: part.row()[1:] for part in table.parameters} if one else {}
    said = {"parameters": json.dumps(parameters, ensure_ascii=False)} if parameters else {}
    return said | {
        "units": "1",
        "long_name": table.title,
        "metric": table.metric,
        "sign": table.sign,
        "neutral": table.neutral,
        "orientation": table.orientation,
        "of": of,
        "note": "; ".join(text for text in (table.note, table.summary.message) if text and one),
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
