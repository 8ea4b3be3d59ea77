"""Replicates of a laboratory grid: their mean, and intervals of scores by resampling them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from redoxsim.analysis.effect import (
    MARGIN,
    EffectArray,
    Floats,
    Mask,
    Orientation,
    Scale,
    check_axis,
    check_scale,
    choice,
    numbers,
    to_affected,
)
from redoxsim.analysis.estimates import Estimate, within
from redoxsim.analysis.synergy.registry import DEFAULT, Settings, metric, score
from redoxsim.analysis.synergy.table import SynergyTable, summarise
from redoxsim.errors import DesignError

Resampling = Literal["wells", "plates"]
# An interval needs a score in nearly every resample; one that is often undefined has none.
_ENOUGH = 0.9
# Fitted surfaces cost a thousand times as much as a Bliss score; so many refits still give the ends of an interval.
_MOST_REFITS = 120
# Share of the cells that may have one replicate only; their scatter is then taken from all others.
_MOST_LONE = 0.2
_SUMMARIES = ("mean", "median", "max", "min", "mid_mean")


@dataclass(frozen=True)
class Replicates:
    """Replicate effects on a full grid of doses; see `EffectArray` for the meaning of the fields.

    ``effect`` is (r, n1, n2, ...); NaN is a missing replicate, a cell without any replicate is a failed cell. The same
    index along the first axis is the same plate where plates are resampled, and means nothing otherwise. The scale is
    checked on the means; single wells may lie twice as far outside it.

    Raises
    ------
    DesignError : for shapes, doses and effects that cannot be meant.
    """

    doses: tuple[Floats, ...]
    effect: Floats
    orientation: Orientation
    scale: Scale
    agents: tuple[str, ...]
    dose_units: tuple[str, ...]
    margin: float = MARGIN

    def __post_init__(self) -> None:
        shape = tuple(len(axis) for axis in self.doses)
        if self.effect.ndim != len(shape) + 1 or self.effect.shape[1:] != shape or self.effect.shape[0] == 0:
            raise DesignError(f"replicates need shape (r, {', '.join(map(str, shape))}), not {self.effect.shape}")
        means = self.mean()

        def label(flat: int) -> str:
            cell = [int(k) for k in np.unravel_index(flat, self.effect.shape)]
            return f"{means.label(tuple(cell[1:]))}, replicate {cell[0] + 1}"

        check_scale(self.effect.ravel(), label, scale=self.scale, margin=2.0 * self.margin)
        untreated = self.effect.reshape(self.effect.shape[0], -1)[:, 0]
        control = to_affected(untreated, orientation=self.orientation, scale=self.scale)
        if (
            np.isfinite(self.margin)
            and np.nanmin(control, initial=np.inf) < 0.25
            and np.nanmax(control, initial=0) > 0.75
        ):
            raise DesignError(
                f"untreated wells differ from {np.nanmin(control):.3g} to {np.nanmax(control):.3g} affected",
                hint="are viability and inhibition mixed in one table?",
            )

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n1, n2, ...) number of replicates of each cell."""
        return np.asarray(np.isfinite(self.effect).sum(axis=0), dtype=np.int64)

    @property
    def lone(self) -> int:
        """How many cells have one replicate only."""
        return int((self.counts == 1).sum())

    @property
    def enough(self) -> bool:
        """Whether replicates can be resampled: no more than a fifth of the measured cells have one only."""
        return self.lone <= _MOST_LONE * int((self.counts > 0).sum())

    def mean(self) -> EffectArray:
        """Grid of the mean effects; cells without replicates are failed."""
        return self._grid(np.nansum(self.effect, axis=0), self.counts)

    def standard_deviation(self) -> Floats:
        """(n1, n2, ...) sample standard deviation over replicates, in the effect's unit; NaN below two."""
        n = self.counts
        centre = np.nansum(self.effect, axis=0) / np.maximum(n, 1)
        square = np.nansum((self.effect - centre) ** 2, axis=0)
        return np.where(n > 1, np.sqrt(square / np.maximum(n - 1, 1)), np.nan)

    def _grid(self, total: Floats, n: NDArray[np.int64], margin: float | None = None) -> EffectArray:
        return EffectArray(
            self.doses,
            total / np.maximum(n, 1),
            orientation=self.orientation,
            scale=self.scale,
            agents=self.agents,
            dose_units=self.dose_units,
            failed=n == 0,
            margin=self.margin if margin is None else margin,
        )


def replicates(
    doses: ArrayLike,
    effect: ArrayLike,
    *,
    orientation: Orientation,
    scale: Scale,
    agents: Sequence[str] | None = None,
    dose_units: Sequence[str] | None = None,
    margin: float = MARGIN,
) -> Replicates:
    """Replicates from a tidy table: one row per well.

    Parameters
    ----------
    doses : (rows, agents) dose of each agent in each well.
    effect : (rows,) effect of each well; NaN is a well without a value.

    Returns
    -------
    Replicates : full grid over all doses that occur, replicates in the order of the rows; combinations that were not
        measured have none, nor single agents at doses that were given in combinations only (as along a ray).

    Raises
    ------
    DesignError : if an agent has no untreated wells, the untreated control is missing, or an agent was never alone.
    """
    table = numbers(doses, "doses")
    values = numbers(effect, "effects")
    if table.ndim != 2 or values.shape != table.shape[:1] or table.shape[0] == 0:
        raise DesignError(f"doses need shape (rows, agents) and effects (rows,), not {table.shape} and {values.shape}")
    names = tuple(agents) if agents is not None else tuple(f"agent {i + 1}" for i in range(table.shape[1]))
    if len(names) != table.shape[1]:
        raise DesignError(f"{table.shape[1]} columns of doses need as many agent names, not {len(names)}")
    if not np.all(np.isfinite(table)):
        row = int(np.argwhere(~np.isfinite(table))[0][0])
        raise DesignError(f"row {row + 1} has a dose that is not a finite number")
    axes = tuple(check_axis(np.unique(table[:, i]), name) for i, name in enumerate(names))
    place = np.column_stack([np.searchsorted(axis, table[:, i]) for i, axis in enumerate(axes)])
    wells: dict[tuple[int, ...], list[float]] = {}
    for row, value in zip(place.tolist(), values.tolist(), strict=True):
        wells.setdefault(tuple(row), []).append(value)
    if (0,) * len(axes) not in wells:
        raise DesignError("the untreated control was not measured", hint="a row with a dose of zero of every agent")
    for i, name in enumerate(names):
        if not any(cell[i] and not any(cell[:i] + cell[i + 1 :]) for cell in wells):
            raise DesignError(f"{name} alone was not measured", hint="every score compares with the agents alone")
    full = np.full((max(map(len, wells.values())), *(axis.size for axis in axes)), np.nan)
    for cell, found in wells.items():
        for k, value in enumerate(found):
            full[(k, *cell)] = value
    units = tuple(dose_units) if dose_units is not None else ("",) * len(names)
    return Replicates(axes, full, orientation, scale, names, units, margin)


@dataclass(frozen=True)
class ScoreInterval:
    """A score on the mean effects with percentile intervals from resampled replicates.

    Attributes
    ----------
    table : the score of the mean effects.
    low, high : (n1, n2, ...) ends of the interval; NaN where the score is undefined, or was so in over 10% of draws.
    summary : low and high end of each number of the table's summary, each draw over the cells that the table defines,
        as far as the draw does; mid-doses are those of the mean effects.
    level, draws, seed, resampling : how the interval was made.
    note : what a reader must know; may be empty.
    parameters : of a fitted surface, with intervals from the resampled replicates; empty for other scores.
    """

    table: SynergyTable
    low: Floats
    high: Floats
    summary: dict[str, tuple[float, float]]
    level: float
    draws: int
    seed: int
    resampling: Resampling
    note: str
    parameters: tuple[Estimate, ...] = ()

    @property
    def significant(self) -> Mask:
        """(n1, n2, ...) where the interval leaves out the score of no interaction."""
        with np.errstate(invalid="ignore"):
            return (self.low > self.table.neutral) | (self.high < self.table.neutral)


def bootstrap(
    data: Replicates,
    metrics: Sequence[str] = DEFAULT,
    *,
    seed: int,
    draws: int = 500,
    level: float = 0.95,
    resampling: Resampling = "wells",
    settings: Settings | None = None,
) -> dict[str, ScoreInterval]:
    """Scores of the mean effects with intervals from resampling the replicates.

    With r replicates each draw averages r - 1 taken with replacement, so that its variance is that of a mean of r
    (drawing r would make intervals too narrow). ``resampling`` 'wells' draws in each cell on its own, 'plates' draws
    whole replicates and so keeps what the wells of a plate share. Three replicates still give narrow intervals for a
    single cell; the summary over many cells is the safer number. Scores that fit surfaces or curves to the whole grid
    (ZIP, MuSyC, BRAID) take the first 120 draws. The same seed gives the same intervals.

    A cell with one replicate (a well was lost) takes the scatter of all others, as long as it is one of few; the note
    of each score says so.

    Raises
    ------
    DesignError : if over a fifth of the cells have one replicate only, or plates are asked for and not complete.
    """
    chosen = [metric(name) for name in metrics]
    choice(resampling, get_args(Resampling), "resampling")
    if draws < 50 or not 0.0 < level < 1.0:
        raise DesignError("an interval needs at least 50 draws and a level strictly between 0 and 1")
    settings = settings or Settings()
    mean = data.mean()
    tables = score(mean, metrics, settings=settings)
    counts = data.counts
    if not data.enough:
        cell = tuple(int(k) for k in np.argwhere(counts == 1)[0])
        raise DesignError(
            f"{data.lone} cells have one replicate only ({mean.label(cell)}): nothing to resample",
            hint="score the means without intervals, or leave these cells out",
        )
    if resampling == "plates" and np.any((counts != data.effect.shape[0]) & (counts > 0)):
        raise DesignError("resampling plates needs every cell on every plate", hint="resampling='wells'")
    rng = np.random.default_rng(seed)
    grids = [_resampled(data, counts, rng, resampling) for _ in range(draws)]
    result = {}
    for one in chosen:
        table = tables[one.name]
        drawn = one.tables(grids if one.near is None else grids[:_MOST_REFITS], settings, table)
        low, high = _percentiles(np.stack([found.values for found in drawn]), level)
        lost = int(np.count_nonzero(table.defined & np.isnan(low)))
        low, high = (np.where(table.defined, end, np.nan) for end in (low, high))
        numbers = []
        for found in drawn:
            # Over the cells that have a score on the means: which are defined changes from draw to draw, and a mean
            # over other cells is another number.
            summary = summarise(np.where(table.defined, found.values, np.nan), mean, table.about)
            numbers.append([getattr(summary, name) for name in _SUMMARIES])
        ends = _percentiles(np.array(numbers), level)
        between = {key: (float(ends[0][k]), float(ends[1][k])) for k, key in enumerate(_SUMMARIES)}
        notes = [f"{lost} defined scores have no interval: undefined in over 10% of the draws"] if lost else []
        if data.lone:
            notes.append(f"cells with one replicate only ({data.lone}) take the scatter of the others")
        refits = [found.parameters for found in drawn if found.parameters]
        parameters = within(refits, table.parameters, level=level)
        result[one.name] = ScoreInterval(
            table, low, high, between, level, len(drawn), seed, resampling, "; ".join(notes), parameters
        )
    return result


def _resampled(
    data: Replicates, counts: NDArray[np.int64], rng: np.random.Generator, resampling: Resampling
) -> EffectArray:
    """Grid of means of r - 1 replicates drawn with replacement."""
    size = data.effect.shape[0]
    # Replicates first, missing ones last, so that the first `counts` entries of a cell are its replicates.
    order = np.argsort(np.isnan(data.effect), axis=0, kind="stable")
    packed = np.take_along_axis(data.effect, order, axis=0) if resampling == "wells" else data.effect
    if resampling == "wells":
        picks = np.floor(rng.random((max(size - 1, 1), *counts.shape)) * np.maximum(counts, 1)).astype(np.int64)
    else:
        picks = np.broadcast_to(
            rng.integers(size, size=max(size - 1, 1)).reshape((-1,) + (1,) * counts.ndim), (size - 1, *counts.shape)
        )
    drawn = np.take_along_axis(packed, picks, axis=0)
    rank = np.arange(drawn.shape[0]).reshape((-1,) + (1,) * counts.ndim)
    used = rank < counts - 1
    total = np.where(used, drawn, 0.0).sum(axis=0)
    number = np.where(counts > 0, counts - 1, 0)
    if data.lone:
        total = np.where(counts == 1, packed[0] + rng.choice(_scatter(data), size=counts.shape), total)
        number = np.maximum(number, counts == 1)
    # The draw of an extreme well is no mistake of the user's: no scale check here.
    return data._grid(total, number, margin=np.inf)


def _scatter(data: Replicates) -> Floats:
    """(N,) how far replicates lie from the mean of their cell, as wide as single wells scatter."""
    counts = data.counts
    centre = np.nansum(data.effect, axis=0) / np.maximum(counts, 1)
    wide = np.sqrt(counts / np.maximum(counts - 1, 1))
    away = np.where(counts > 1, (data.effect - centre) * wide, np.nan)
    return np.asarray(away[np.isfinite(away)])


def _percentiles(samples: Floats, level: float) -> tuple[Floats, Floats]:
    """Low and high percentile along the first axis over finite samples; NaN where too few are finite."""
    enough = np.isfinite(samples).mean(axis=0) >= _ENOUGH
    filled = np.where(np.isfinite(samples) | ~enough, np.where(enough, samples, 0.0), np.nan)
    tail = 50.0 * (1.0 - level)
    low, high = np.nanpercentile(filled, [tail, 100.0 - tail], axis=0)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)
