"""Points of a design times cells (and draws): the rows to solve, and how cells become one readout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.solve import Batch, Schedule, Status
from redoxsim.study import population
from redoxsim.study.draws import Drawn, draw, varied
from redoxsim.study.engine import Run
from redoxsim.study.setup import SHARES, Setup
from redoxsim.study.times import Times

FloatArray = NDArray[np.float64]
FAILED = ("stop", "drop")
KEEP = (None, "cells", "draws")
QUANTILES = (0.05, 0.5, 0.95)
RTOL = 1e-6
DRAWN_RTOL = 1e-5
"""Relative tolerance of draws: a band says nothing of the fourth digit, and a draw that oscillates costs half."""
MOST_FAILED = 0.5
"""Share of the draws that may fail for the others to be spoken for."""
ASSUMED = 24
"""Draws of only the constants of grade C, at most."""
DRAWN_STEPS = 50_000
"""Step budget of a row of a draw; the median row takes less than a hundred, and one that needs more is left out."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings:
    """How to solve; the defaults of every study function. No ``rtol`` is the usual one: see :attr:`Rows.rtol`."""

    solver: str = "auto"
    rtol: float | None = None
    atol: float | None = None
    jobs: int = 1
    seed: int = 1
    failed: str = "stop"
    keep: str | None = None
    draws: int = 0
    sample: int = 3

    def __post_init__(self) -> None:
        if self.failed not in FAILED:
            raise DesignError(f"failed must be 'stop' or 'drop', not '{self.failed}'")
        if self.keep not in KEEP:
            raise DesignError(f"keep must be None, 'cells' or 'draws', not '{self.keep}'")
        if self.jobs < 1:
            raise DesignError(f"jobs must be at least 1, not {self.jobs}")
        if self.sample < 0:
            raise DesignError(f"sample must be zero or more, not {self.sample}")
        if not 0 <= self.draws <= population.MOST:
            raise DesignError(f"there can be 0 to {population.MOST} draws, not {self.draws}")
        if self.keep == "draws" and not self.draws:
            raise DesignError("there are no draws to keep", hint="give draws=200")
        if self.keep == "cells" and self.draws:
            raise DesignError("cells are kept for the model as it stands, without draws")


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """The rows of a study, draw by draw and cell by cell: row = (draw * cells + cell) * points + point.

    ``columns`` are values per point (P,), ``levels`` factors on the ids they name, (C,) per cell, or (D, C) where
    every draw has cells of its own; ``drawn`` the accepted draws, None until :meth:`with_draws` has made them.
    ``assumed`` follow the draws: as many sets in which only constants of grade C vary, held to the same targets and
    measurements, with the cells of the first draws.
    """

    setup: Setup
    times: Times
    observe: tuple[str, ...]
    points: int
    columns: Mapping[str, FloatArray]
    schedules: tuple[Schedule, ...]
    schedule_index: NDArray[np.intp]
    levels: Mapping[str, FloatArray]
    cells: int
    settings: Settings
    drawn: Drawn | None = None
    assumed: Drawn | None = None

    @property
    def sets(self) -> int:
        """How many sets of constants: the number of draws and of sets after them, or 1 without."""
        if not self.settings.draws:
            return 1
        return self.settings.draws if self.drawn is None else self.drawn.number + self.extra

    @property
    def extra(self) -> int:
        """How many sets follow the draws."""
        return 0 if self.assumed is None else self.assumed.number

    def with_draws(self, *, assumed: bool = True) -> Rows:
        """The same with draws that the model allows: solves undosed states, so not part of making ready.

        Parameters
        ----------
        assumed : whether sets in which only grade C varies follow them.
        """
        if not self.settings.draws or self.drawn is not None:
            return self
        settings, taken = self.settings, frozenset(self.columns)
        found = draw(self.setup, settings.draws, taken=taken, seed=settings.seed, jobs=settings.jobs)
        further = draw_assumed(self.setup, found, taken=taken, settings=settings) if assumed else None
        return self.with_drawn(found, further)

    def remade(self, *, cells: int | None, settings: Settings) -> Rows:
        """The same points with other cells and settings; see :func:`make_rows`."""
        return make_rows(
            self.setup,
            times=self.times,
            observe=self.observe,
            points=self.points,
            columns=self.columns,
            schedules=self.schedules,
            schedule_index=self.schedule_index,
            cells=cells,
            settings=settings,
        )

    def with_drawn(self, found: Drawn, assumed: Drawn | None = None) -> Rows:
        """The same with these draws; each keeps the cells that it has by its place.

        Parameters
        ----------
        assumed : draws in which only constants of grade C vary (see :func:`draw_assumed`).
        """
        count = 0 if assumed is None else assumed.number
        levels = {
            name: np.concatenate([factors[: found.number], factors[:count]]) for name, factors in self.levels.items()
        }
        return replace(self, drawn=found, assumed=assumed, levels=levels)

    @property
    def wanted(self) -> tuple[str, ...]:
        """What is observed in each cell: the readouts and the counters that they are made of."""
        known = set(self.setup.symbols)
        extra = [
            name
            for readout, parts in SHARES.items()
            if readout in self.observe and self.cells > 1 and known.issuperset(parts)
            for name in parts
        ]
        return tuple(dict.fromkeys((*self.observe, *extra)))

    @property
    def rtol(self) -> float:
        """The relative tolerance asked for, or the usual one."""
        return self.settings.rtol or (RTOL if self.drawn is None else DRAWN_RTOL)

    def batch(self) -> Batch:
        """All rows as one batch; as many as there will be, but without draws, until these are made."""
        count = self.cells * self.points
        whole = self.sets * count
        fixed = {name: np.full(self.points, value) for name, value in self.setup.values.items()}
        per_point = fixed | dict(self.columns)
        columns = {name: np.tile(values, self.cells * self.sets) for name, values in per_point.items()}
        drawn = {} if self.drawn is None else self.drawn.values
        for name, values in drawn.items():
            after = None if self.assumed is None else self.assumed.values.get(name)
            if after is None:
                after = np.full(self.extra, self.setup.without(name) if self.extra else 0.0)
            columns[name] = np.repeat(np.concatenate([values, after]), count)
        if self.cells > 1 or self.drawn is not None:
            for name, factors in self.levels.items():
                base = columns[name] if name in columns else np.full(whole, self.setup.without(name))
                each = np.broadcast_to(factors, (self.sets, self.cells))
                columns[name] = base * np.repeat(each.ravel(), self.points)
        return Batch(
            system=self.setup.system,
            times=self.setup.times(self.times.seconds),
            rows=whole,
            columns=columns,
            schedules=self.schedules,
            schedule_index=np.tile(self.schedule_index, self.cells * self.sets),
            observe=self.wanted,
            start=self.setup.start,
            rtol=self.rtol,
            atol=self.settings.atol,
            max_steps=DRAWN_STEPS if self.drawn is not None else Batch.max_steps,
        )


def draw_assumed(
    setup: Setup, found: Drawn, *, taken: frozenset[str] = frozenset(), settings: Settings, most: int = ASSUMED
) -> Drawn | None:
    """Draws of only the constants of grade C, at most as many as ``found``; None where all or none vary, or none fits.

    They are held to what draws are held to, with the constants of grades A and B at their values: undone one by one
    from a draw that was accepted, these would leave the bands and make the cell an impossible one.
    """
    grades = {setup.grade(name) == "C" for name in found.values}
    number = min(found.number, most)
    if len(grades) < 2 or not number:
        return None
    try:
        share = found.number / max(found.number, *(one["cells"] for one in found.agents.values()), 1)
        return draw(setup, number, taken=taken, grade="C", agreeing=share, seed=settings.seed, jobs=settings.jobs)
    except DesignError:
        return None


def make_rows(
    setup: Setup,
    *,
    times: Times,
    observe: Sequence[str],
    points: int,
    columns: Mapping[str, FloatArray] | None = None,
    schedules: Sequence[Schedule] = (Schedule(),),
    schedule_index: NDArray[np.intp] | None = None,
    cells: int | None,
    settings: Settings,
) -> Rows:
    """Checked rows.

    Parameters
    ----------
    cells : how many; None for the usual number (see :class:`redoxsim.study.options.Options`).

    Raises
    ------
    DesignError : a population where the model has none, or less than one cell.
    """
    joint = cells is None and settings.draws > 0
    cells = cells if cells is not None else 1 if joint or not setup.cv else 16
    if settings.draws:
        varied(setup, frozenset(columns or {}))
        levels = population.levels(settings.draws, cells, setup.cv, seed=settings.seed, median=cells == 1 and not joint)
    else:
        levels = population.cells(cells, setup.cv, seed=settings.seed)
    if cells > 1 and not levels:
        raise DesignError(
            f"model '{setup.network.id}' says nothing of how its cells differ, so {cells} cells would all be the same",
            hint="use cells=1",
        )
    return Rows(
        setup=setup,
        times=times,
        observe=tuple(observe),
        points=points,
        columns=dict(columns or {}),
        schedules=tuple(schedules),
        schedule_index=np.zeros(points, dtype=np.intp) if schedule_index is None else schedule_index,
        levels=levels,
        cells=cells,
        settings=settings,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Readout:
    """Readouts over the population.

    ``values`` (K, P, T), or (K, P, C, T) where cells are kept, or (K, P, T, D) with draws; ``status`` (P,) or
    (P, C) names of :class:`Status`, the worst of the cells (of all draws that count); ``solved`` (P,) rows that came
    to the end; ``usable`` (D,) draws that came to the end at every point, None without draws; ``assumed`` the values
    of sets in which only grade C varies, as far as they came to the end, (K, P, T, A).
    """

    values: FloatArray
    status: NDArray[np.str_]
    solved: NDArray[np.int64]
    usable: NDArray[np.bool_] | None = None
    assumed: FloatArray | None = None


def read_out(rows: Rows, run: Run) -> Readout:
    """Cells averaged: ``viability`` as live cells over untreated live cells, all else as plain means.

    A point with a failed cell is not-a-number, unless failed cells are dropped; one with a cell that was not run is
    so in any case. A draw with such a point does not count: it is not-a-number at every point, so that all points
    rest on the same draws. Where more than :data:`MOST_FAILED` of the draws failed, none counts.
    """
    shape = (rows.sets, rows.cells, rows.points, len(rows.wanted), len(rows.times.seconds))
    values = run.values.reshape(shape)
    ok = run.ok.reshape(shape[:3])
    names = np.array([one.name for one in run.status], dtype=np.str_).reshape(shape[:3])
    parts = [_read_set(rows, values[k], ok[k], names[k]) for k in range(rows.sets)]
    if not rows.settings.draws:
        return parts[0]
    number = rows.sets - rows.extra
    usable, begun = _usable(rows, parts[:number])
    if usable.sum() < (1.0 - MOST_FAILED) * begun:
        usable[:] = False
    out = np.stack([one.values for one in parts[:number]], axis=-1)
    out[..., ~usable] = np.nan
    after = parts[number:]
    whole = _usable(rows, after)[0] if after else ()
    again = [one.values for one, good in zip(after, whole, strict=True) if good]
    counted = usable if usable.any() else np.ones(number, dtype=bool)
    return Readout(
        values=out,
        status=_worst(names[:number][counted].reshape(-1, rows.points)),
        solved=np.sum([one.solved for one in parts[:number]], axis=0),
        usable=usable,
        assumed=np.stack(again, axis=-1) if again else None,
    )


def _usable(rows: Rows, parts: Sequence[Readout]) -> tuple[NDArray[np.bool_], int]:
    """Which draws came to the end at every point, and how many were not stopped."""
    enough = 1 if rows.settings.failed == "drop" else rows.cells
    whole = np.array([not _not_run(part.status).any() for part in parts])
    solved = np.array([bool((part.solved >= enough).all()) for part in parts])
    return whole & solved, int(whole.sum())


def _not_run(names: NDArray[np.str_]) -> NDArray[np.bool_]:
    return np.asarray(names == Status.INTERRUPTED.name)


def _read_set(rows: Rows, values: FloatArray, ok: NDArray[np.bool_], names: NDArray[np.str_]) -> Readout:
    """The readouts of one set of constants: values (C, P, K, T), ok and names (C, P)."""
    solved = ok.sum(axis=0)
    kept = rows.observe
    position = {name: place for place, name in enumerate(rows.wanted)}
    if rows.settings.keep == "cells":
        chosen = values[:, :, [position[name] for name in kept]]
        return Readout(values=np.moveaxis(chosen, (2, 1, 0), (0, 1, 2)), status=names.T.copy(), solved=solved)
    # Failed rows keep the part before they failed; over a population that part is no readout.
    usable = np.where(ok[:, :, None, None], values, np.nan)
    good = solved > 0 if rows.settings.failed == "drop" else solved == rows.cells
    good &= ~_not_run(names).any(axis=0)  # the mean over the cells that were run is not that of the population
    out = np.full((len(kept), rows.points, values.shape[3]), np.nan)
    for place, name in enumerate(kept):
        parts = SHARES.get(name)
        if parts and rows.cells > 1 and all(one in position for one in parts):
            live, reference = (_total(usable[:, :, position[one]], ok) for one in parts)
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = live / reference
        else:
            total = _total(usable[:, :, position[name]], ok)
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = total / solved[:, None]
        out[place] = np.where(good[:, None], mean, np.nan)
    if rows.cells == 1:  # a single course is worth keeping up to where it failed
        out = np.moveaxis(values[0][:, [position[name] for name in kept]], 1, 0).copy()
    return Readout(values=out, status=_worst(names), solved=solved)


def _total(values: FloatArray, ok: NDArray[np.bool_]) -> FloatArray:
    """Sum over the cells that solved, (P, T); cells are added in order, so that it is the same every time."""
    total = np.zeros(values.shape[1:])
    for cell in range(values.shape[0]):
        total += np.where(ok[cell][:, None], values[cell], 0.0)
    return total


def _worst(names: NDArray[np.str_]) -> NDArray[np.str_]:
    order = [Status.OK.name, *(one.name for one in Status if one is not Status.OK)]
    rank = {name: place for place, name in enumerate(order)}
    return np.array([max(column, key=lambda name: rank[str(name)]) for column in names.T], dtype=np.str_)
