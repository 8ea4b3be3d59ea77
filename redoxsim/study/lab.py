"""Synergy scores of laboratory tables: the same scores as for simulations, with intervals from replicates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from redoxsim.analysis import Replicates, ScoreInterval, SynergyTable, bootstrap, replicates
from redoxsim.analysis import score as score_grid
from redoxsim.errors import DesignError, RedoxsimError, Where, nearest
from redoxsim.study.lab_forms import LONG, direction, effect_column, long_form
from redoxsim.study.lab_wells import not_monotone, repeated
from redoxsim.study.provenance import checksum, versions
from redoxsim.study.results import SCORE_NAMES, SCORED, score_attrs
from redoxsim.study.tables import column, converted, dose_heads, numbers, read_csv, split_head

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


OF_RESIDUALS = "; intervals from resampled residuals"
"""Where the note of a fitted surface begins to tell of its own intervals, which replicates take the place of."""
OF_REPLICATES = "; intervals from resampled replicates (95%)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """One combination of a table.

    Attributes
    ----------
    id : its block_id, or "" where the table has one combination only.
    data : replicates on the full grid.
    tables : scores of the mean effects by metric.
    intervals : 95% intervals from resampled replicates by metric; empty where there are none.
    note : why there are no intervals; may be empty.
    remarks : what looks wrong with the wells, a sentence each.
    """

    id: str
    data: Replicates
    tables: dict[str, SynergyTable]
    intervals: dict[str, ScoreInterval]
    note: str
    effect: str
    source: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def agents(self) -> tuple[str, ...]:
        return self.data.agents

    def resampled(self, metric: str) -> SynergyTable:
        """The table of a score, the intervals of its parameters from resampled replicates where there are any."""
        table = self.tables[metric]
        found = self.intervals.get(metric)
        if not found or not found.parameters:
            return table
        return replace(
            table, parameters=found.parameters, note=f"{table.note.partition(OF_RESIDUALS)[0]}{OF_REPLICATES}"
        )

    def dataset(self) -> xr.Dataset:
        """Effects and scores laid out as a simulated combination is, with ``_low`` and ``_high`` ends."""
        import xarray as xr

        mean = self.data.mean()
        dims = self.agents
        turn = {"units": "1" if self.data.scale == "fraction" else "%", "orientation": self.data.orientation}
        data: dict[str, Any] = {
            self.effect: (dims, mean.effect, {**turn, "long_name": self.effect}),
            f"{self.effect}_sd": (dims, self.data.standard_deviation(), {"units": turn["units"]}),
            "replicates": (dims, self.data.counts, {"units": "1", "long_name": "replicates"}),
        }
        for metric, table in self.tables.items():
            name = SCORE_NAMES.get(metric, metric)
            data[name] = (dims, table.values, score_attrs(self.resampled(metric), self.effect))
            if metric in self.intervals:
                for end in ("low", "high"):
                    data[f"{name}_{end}"] = (dims, getattr(self.intervals[metric], end), {"units": "1"})
        coords = {
            agent: (agent, axis, {"units": unit, "long_name": agent})
            for agent, axis, unit in zip(dims, self.data.doses, self.data.dose_units, strict=True)
        }
        provenance = {"versions": versions(), "data": {"file": self.source, "sha256": checksum(self.source)}}
        attrs = {
            "kind": "combination",
            "axes": json.dumps(list(dims)),
            "observables": json.dumps([self.effect]),
            "provenance": json.dumps(provenance, sort_keys=True),
        }
        return xr.Dataset(data, coords=coords, attrs=attrs)

    def to_dataframe(self) -> pd.DataFrame:
        """A tidy table of effects and scores, units in the heads."""
        dataset = self.dataset()
        table = dataset.to_dataframe().reset_index()
        heads = {
            agent: f"{agent} [{unit}]" for agent, unit in zip(self.agents, self.data.dose_units, strict=True) if unit
        }
        return table.rename(columns=heads)

    def _repr_html_(self) -> str:
        title = " x ".join(self.agents) + (f" (block {self.id})" if self.id else "")
        return f"<h4>{title}</h4>" + "".join(table._repr_html_() for table in self.tables.values())


@dataclass(frozen=True, kw_only=True, eq=False)
class LabScores:
    """Scores of every combination of a table, in order; ``reading`` says how the effect was understood."""

    blocks: tuple[Block, ...]
    reading: str = ""

    def __getitem__(self, place: int) -> Block:
        return self.blocks[place]

    def __len__(self) -> int:
        return len(self.blocks)

    def __repr__(self) -> str:
        return f"<LabScores: {len(self.blocks)} combination{'' if len(self.blocks) == 1 else 's'}>"

    def _repr_html_(self) -> str:
        return "".join(block._repr_html_() for block in self.blocks)


def score(
    table: str | Path | pd.DataFrame,
    *,
    effect: str | None = None,
    orientation: str | None = None,
    scale: str | None = None,
    metrics: Sequence[str] = SCORED,
    agents: Sequence[str] | None = None,
    block: str | None = None,
    seed: int = 1,
    draws: int = 500,
    resampling: str = "wells",
) -> LabScores:
    """Scores of measured combinations.

    Two forms are read. Tidy: a dose column per agent with its unit in the head (``auranofin [uM]``), the effect
    in a column, a row per well. SynergyFinder's long form: ``block_id, drug1, drug2, conc1, conc2, conc_unit`` and
    the effect, or the names of its older versions (``PairIndex, Drug1, ..., ConcUnit``); every block is a combination
    of its own. Rows with equal doses are replicates. No score depends on the units, so a long form without
    ``conc_unit`` is taken: each agent in one unit throughout, which ``reading`` tells of and nothing is labelled with.

    Parameters
    ----------
    effect : the column of the effect; None takes the one column that can be it.
    orientation : "viability" (untreated is full) or "inhibition" (untreated is none); None reads it from the
        untreated wells, and refuses where they are neither.
    scale : "fraction" (0 to 1) or "percent" (0 to 100); None takes percent where a value is above 2.
    agents : dose columns of a tidy table, where heads carry no unit.
    block : of a long form, the combination of this ``block_id`` alone.
    seed, draws, resampling : of the intervals, see :func:`redoxsim.analysis.bootstrap`.

    Raises
    ------
    ReadError : the file is not a table.
    DesignError : what is not said cannot be told, a column that is not there, a cell that is not a number, values
        outside the scale, a missing control or single-agent dose.
    """
    frame, file = read_csv(table)
    given = column(frame, effect, file=file) if effect is not None else None
    long = long_form(frame) if agents is None else None
    parts = _long(long, file) if long is not None else [_tidy(frame, agents, file)]
    if block is not None:
        parts = _only(parts, block, file)
    doses = [] if long is not None else dose_heads(frame, agents, file=file)
    head = given or effect_column(frame if long is None else long, doses, file=file)
    wells = np.concatenate([numbers(part.frame, head, file=file, missing=True) for part in parts])
    untreated = np.concatenate([(part.doses == 0.0).all(axis=1) for part in parts])
    orientation, scale, reading = direction(
        wells, untreated, head=head, orientation=orientation, scale=scale, file=file
    )
    settings = {"seed": seed, "draws": draws, "resampling": resampling}
    blocks = []
    for part in parts:
        try:
            data = replicates(
                part.doses,
                numbers(part.frame, head, file=file, missing=True),
                orientation=orientation,  # type: ignore[arg-type]
                scale=scale,  # type: ignore[arg-type]
                agents=part.agents,
                dose_units=part.units,
            )
            made = _scored(data, metrics, settings)
        except RedoxsimError as error:
            where = error.where or Where(file=file, element=f"block {part.id}" if part.id else None)
            raise type(error)(error.message, where=where, hint=error.hint) from error
        values = numbers(part.frame, head, file=file, missing=True)
        remarks = (*repeated(part.doses, values), *not_monotone(data.mean()))
        blocks.append(replace(made, id=part.id, effect=split_head(head)[0], source=file, remarks=remarks))
    return LabScores(blocks=tuple(blocks), reading=f"{reading}{_without_unit(blocks)}")


def _without_unit(blocks: Sequence[Block]) -> str:
    """What is to be known of doses that came without a unit; empty where all have one."""
    bare = dict.fromkeys(
        agent for one in blocks for agent, unit in zip(one.agents, one.data.dose_units, strict=True) if not unit
    )
    if not bare:
        return ""
    return f"; no unit of {' and '.join(bare)} is said: taken as one and the same in all rows; no score depends on it"


def _only(parts: Sequence[_Part], block: str, file: str | None) -> list[_Part]:
    """The part of one block.

    Raises
    ------
    DesignError : there is none; those that are there are named.
    """
    found = [part for part in parts if part.id == block]
    if not found:
        ids = [part.id for part in parts if part.id]
        hint = nearest(block, ids) or (f"blocks: {', '.join(ids)}" if ids else "it is one combination: leave it out")
        raise DesignError(f"the table has no block '{block}'", where=Where(file=file), hint=hint)
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    id: str
    frame: pd.DataFrame
    doses: np.ndarray[Any, Any]
    agents: tuple[str, ...]
    units: tuple[str, ...]


def _scored(data: Replicates, metrics: Sequence[str], settings: dict[str, Any]) -> Block:
    tables = score_grid(data.mean(), metrics)
    intervals: dict[str, ScoreInterval] = {}
    note = ""
    if data.enough:
        intervals = bootstrap(data, metrics, **settings)
    else:
        note = f"no intervals: {data.lone} of {int((data.counts > 0).sum())} cells have one replicate only"
    return Block(id="", data=data, tables=tables, intervals=intervals, note=note, effect="")


def _tidy(frame: pd.DataFrame, agents: Sequence[str] | None, file: str | None) -> _Part:
    heads = dose_heads(frame, agents, file=file)
    doses = np.column_stack([numbers(frame, head, file=file) for head in heads])
    named = [split_head(head) for head in heads]
    return _Part(
        id="", frame=frame, doses=doses, agents=tuple(name for name, _ in named), units=tuple(unit for _, unit in named)
    )


def _long(frame: pd.DataFrame, file: str | None) -> list[_Part]:
    block, first, second, dose1, dose2 = LONG
    found = []
    for label, rows in frame.groupby(block, sort=False):
        names = tuple(str(rows[head].dropna().iloc[0]).strip() for head in (first, second))
        for head, name in zip((first, second), names, strict=True):
            others = {str(cell).strip() for cell in rows[head].dropna()} - {name}
            if others:
                raise DesignError(
                    f"block {label} has two agents in '{head}': {name} and {sorted(others)[0]}", where=Where(file=file)
                )
        if names[0] == names[1]:
            names = (f"{names[0]} (1)", f"{names[1]} (2)")
        columns, chosen = [], []
        for place, head in enumerate((dose1, dose2), start=1):
            given = _units_of(rows, place, file)
            chosen.append(given[0])
            values = numbers(rows, head, file=file)
            columns.append(converted(values, given, given[0], file=file, lines=rows.index) if given[0] else values)
        found.append(
            _Part(id=str(label), frame=rows, doses=np.column_stack(columns), agents=names, units=(chosen[0], chosen[1]))
        )
    return found


def _units_of(rows: pd.DataFrame, place: int, file: str | None) -> list[str]:
    """The unit of every dose of one agent, all "" where the table says none at all.

    Raises
    ------
    DesignError : some rows say it and some do not.
    """
    head = next((name for name in (f"conc_unit{place}", "conc_unit") if name in rows.columns), None)
    if head is None:
        return [""] * len(rows)
    found = ["" if cell is None or cell != cell else str(cell).strip() for cell in rows[head]]
    if any(found) and not all(found):
        row = found.index("")
        raise DesignError(
            f"column '{head}'{'' if file else f', row {row + 1}'}: no unit",
            where=Where(file=file, line=int(rows.index[row]) if file else None),
            hint="say it in every row, or in none",
        )
    return found
