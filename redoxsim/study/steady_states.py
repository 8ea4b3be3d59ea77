"""Undosed steady states over an axis; up and down, so that hysteresis shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen import compile_system
from redoxsim.errors import DesignError, nearest
from redoxsim.pharmacology import Agent, Cell
from redoxsim.solve import Problem, SteadyState
from redoxsim.solve import steady as solve_steady
from redoxsim.study.design import Axis, Values, in_model
from redoxsim.study.provenance import describe
from redoxsim.study.setup import Model, Override, Setup, prepare
from redoxsim.study.signs import refuse_negative

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FloatArray = NDArray[np.float64]
SWEEPS = ("up", "down")


@dataclass(frozen=True, kw_only=True, eq=False)
class SteadyTable:
    """Steady states over an axis, or one without an axis.

    Attributes
    ----------
    axis : what was varied; None for a single state.
    states : solver results by sweep: "up" alone, or "up" and "down", each in the order of the axis.
    observe : ids of the readouts; ``values[sweep]`` are theirs, shape (N, K).
    """

    setup: Setup
    axis: Axis | None
    states: Mapping[str, tuple[SteadyState, ...]]
    observe: tuple[str, ...]
    values: Mapping[str, FloatArray]

    def __repr__(self) -> str:
        found = [one.status.ok for states in self.states.values() for one in states]
        over = f" over {self.axis.name}" if self.axis else ""
        return f"<SteadyTable {self.setup.network.id}{over}: {sum(found)} of {len(found)} states found>"

    @property
    def ok(self) -> bool:
        """Whether every state was found."""
        return all(one.status.ok for found in self.states.values() for one in found)

    def hysteresis(self, *, tolerance: float = 1e-3) -> FloatArray:
        """Values of the axis at which the two sweeps end in different states.

        ``tolerance`` is the relative difference of any readout from which they count as different. Where a sweep found
        no state there is nothing to compare, and the value is not among them.
        """
        if self.axis is None or "down" not in self.values:
            return np.empty(0)
        up, down = self.values["up"], self.values["down"]
        size = np.maximum(np.abs(up), np.abs(down))
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = np.where(size > 0, np.abs(up - down) / size, 0.0).max(axis=1)
        return np.asarray(self.axis.values[apart > tolerance], dtype=float)

    def dataset(self) -> xr.Dataset:
        """Readouts with dimensions (sweep, axis), and ``status``, ``stable``, ``slowest`` (rate per model time).

        A state that was not found has no readouts (not-a-number), and whether it is stable is unknown (None).
        """
        import xarray as xr

        dims: tuple[str, ...] = ("sweep",)
        coords: dict[str, Any] = {"sweep": list(self.states)}
        if self.axis is not None:
            dims = ("sweep", self.axis.name)
            unit = self.axis.unit or self.setup.label(self.axis.name)
            coords[self.axis.name] = (
                self.axis.name,
                self.axis.values,
                {"units": unit, "long_name": self.setup.title(self.axis.name)},
            )

        def laid(values: list[list[Any]]) -> Any:
            array = np.array(values)  # of objects where there is a None
            return array if self.axis is not None else array[:, 0]

        data: dict[str, Any] = {}
        for place, name in enumerate(self.observe):
            column = [found[:, place].tolist() for found in self.values.values()]
            attrs = {"units": self.setup.label(name), "long_name": self.setup.title(name)}
            data[name] = (dims, laid(column), attrs)
        readers: dict[str, Callable[[SteadyState], Any]] = {
            "status": lambda one: one.status.name,
            "method": lambda one: one.method,
            "stable": lambda one: one.stable if one.status.ok else None,
            "slowest": lambda one: float(one.eigenvalues[0].real) if one.eigenvalues.size else np.nan,
        }
        for name, read in readers.items():
            table = laid([[read(one) for one in found] for found in self.states.values()])
            data[name] = (dims, table.astype(object) if table.dtype.kind == "U" else table)
        attrs = {
            "kind": "steady states",
            "axes": json.dumps([self.axis.name] if self.axis else []),
            "observables": json.dumps(list(self.observe)),
            "provenance": json.dumps(describe(self.setup), sort_keys=True),
        }
        return xr.Dataset(data, coords=coords, attrs=attrs)

    def to_dataframe(self) -> pd.DataFrame:
        """A tidy table, units in the heads."""
        dataset = self.dataset()
        table = dataset.to_dataframe().reset_index()
        heads = {}
        for name in table.columns:
            unit = str(dataset[name].attrs.get("units", ""))
            heads[name] = f"{name} [{unit}]" if unit not in ("", "1", "dimensionless") else name
        return table.rename(columns=heads)

    def _repr_html_(self) -> str:
        return str(self.to_dataframe().to_html(index=False))


def steady(
    net: Model,
    *,
    values: Mapping[str, Override] | None = None,
    cell: str | Path | Cell | None = None,
    axis: Mapping[str, Values] | Axis | None = None,
    both_ways: bool = True,
    observe: str | Sequence[str] | None = None,
    agents: Sequence[str | Path | Agent] = (),
) -> SteadyTable:
    """The undosed steady state, or a sweep of it along an axis.

    Every state of a sweep is sought from the one before, up the axis and then down again: where the two
    differ, the model has more than one steady state. A state that is not found leaves not-a-number and a
    status; the next is sought from the last that was found.

    Parameters
    ----------
    axis : one id with its values.
    both_ways : whether to go down again.
    observe : readouts; the model's own where none is named.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    """
    setup = prepare(net, agents=agents, cell=cell, values=values)
    kept = setup.observed(observe)
    if axis is None:
        state = _find(setup, dict(setup.values))
        return _table(setup, None, {"up": [state]}, kept)
    one = _axis(setup, axis)
    numbers = in_model(setup.network, one)
    refuse_negative(setup.network, setup.constants, {one.name: numbers})
    order = np.argsort(numbers, kind="stable")
    found: dict[str, list[SteadyState]] = {}
    last: Mapping[str, float] = {}
    for sweep in SWEEPS if both_ways else SWEEPS[:1]:
        states: dict[int, SteadyState] = {}
        for place in order if sweep == "up" else order[::-1]:
            overrides = {**setup.values, one.name: float(numbers[place])}
            states[int(place)] = _find(setup, overrides, near=last)
            if states[int(place)].status.ok:
                last = states[int(place)].values
        found[sweep] = [states[place] for place in range(len(numbers))]
    return _table(setup, one, found, kept)


def _axis(setup: Setup, axis: Mapping[str, Values] | Axis) -> Axis:
    if not isinstance(axis, Axis):
        if len(axis) != 1:
            raise DesignError(f"a sweep has one axis, not {len(axis)}")
        name, numbers = next(iter(axis.items()))
        axis = Axis.of(name, numbers)
    known = [part.id for part in (*setup.network.parameters, *setup.network.compartments, *setup.network.species)]
    if axis.name not in known:
        raise DesignError(f"the model has nothing called '{axis.name}' to sweep", hint=nearest(axis.name, known))
    return axis


def _find(setup: Setup, overrides: dict[str, float], *, near: Mapping[str, float] | None = None) -> SteadyState:
    """The steady state of some values, sought from another state first and from the model's own start next."""
    times = np.array([0.0])
    if near:
        # States given as initial values are where the search begins; what conserved totals they carry stays.
        beginning = {name: value for name, value in near.items() if name not in overrides}
        found = solve_steady(
            Problem(system=setup.system, times=times, values={**beginning, **overrides}, start="steady")
        )
        if found.status.ok:
            return found
    return solve_steady(Problem(system=setup.system, times=times, values=overrides, start="steady"))


def _table(
    setup: Setup,
    axis: Axis | None,
    found: Mapping[str, Sequence[SteadyState]],
    kept: tuple[str, ...],
) -> SteadyTable:
    compiled = compile_system(setup.system)
    values = {}
    for sweep, states in found.items():
        rows = np.full((len(states), len(kept)), np.nan)
        for place, state in enumerate(states):
            if state.status.ok:
                rows[place] = compiled.outputs(kept, np.array([0.0]), state.y[:, None], state.p)[:, 0]
        values[sweep] = rows
    return SteadyTable(
        setup=setup,
        axis=axis,
        states={sweep: tuple(states) for sweep, states in found.items()},
        observe=kept,
        values=values,
    )
