"""The therapeutic window: doses that kill most of one kind of cell and few of another, and which of them are reached.

Pure arrays; :mod:`redoxsim.study.window` makes them from two runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
MOST: Final = 0.8
"""Fraction of the first kind of cell that a dose inside the window kills at least."""
FEW: Final = 0.2
"""Fraction of the second kind of cell that it kills at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Killed:
    """Fraction of one kind of cell killed, over the grid of doses (n1, ..., nk).

    Where constants were drawn ``middle`` is the median, ``low`` and ``high`` bound 5% to 95%, and ``draws``
    (n1, ..., nk, D) holds each draw; the draws of both kinds of cells go together.
    """

    middle: Floats
    low: Floats | None = None
    high: Floats | None = None
    draws: Floats | None = None

    @classmethod
    def of_draws(cls, draws: Floats) -> Killed:
        """The middle and the band of draws (n1, ..., nk, D)."""
        low, middle, high = np.quantile(draws, (0.05, 0.5, 0.95), axis=-1)
        return cls(middle=middle, low=low, high=high, draws=draws)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One point of the grid: its doses, and what is killed there of both kinds."""

    doses: tuple[float, ...]
    first: float
    second: float

    @property
    def gap(self) -> float:
        """What more of the first kind is killed."""
        return self.first - self.second


@dataclass(frozen=True, kw_only=True, eq=False)
class Window:
    """What is killed of two kinds of cells over the same doses.

    Attributes
    ----------
    doses : one axis per agent, ascending; dose 0 is among them. first, second : over the grid, (n1, ..., nk).
    reached : per agent the largest dose that patients reach, NaN where none is known.
    most, few : the window holds doses that kill at least ``most`` of the first kind and at most ``few`` of the second.

    Raises
    ------
    DesignError : shapes that do not fit, thresholds that are no fractions.
    """

    doses: tuple[Floats, ...]
    first: Killed
    second: Killed
    reached: tuple[float, ...] = ()
    most: float = MOST
    few: float = FEW

    def __post_init__(self) -> None:
        shape = tuple(axis.size for axis in self.doses)
        parts = [part for one in (self.first, self.second) for part in (one.middle, one.low, one.high)]
        if any(part is not None and part.shape != shape for part in parts):
            raise DesignError(f"both kinds of cells need a value at each of {' x '.join(map(str, shape))} doses")
        sets = [one.draws for one in (self.first, self.second)]
        if (sets[0] is None) != (sets[1] is None) or (
            sets[0] is not None and sets[1] is not None and sets[0].shape != sets[1].shape
        ):
            raise DesignError("both kinds of cells need the same draws")
        if not 0.0 <= self.few < self.most <= 1.0:
            raise DesignError(f"a window lies between few ({self.few:g}) and most ({self.most:g}) killed, 0 to 1")
        if self.reached and len(self.reached) != len(self.doses):
            raise DesignError("one reached dose per agent")

    @property
    def gap(self) -> Floats:
        """What more of the first kind is killed, over the grid."""
        return np.asarray(self.first.middle - self.second.middle, dtype=float)

    @property
    def open(self) -> Mask:
        """Doses inside the window, by the middle of the draws where there are any."""
        return self._within(self.first.middle, self.second.middle) & self.dosed

    @property
    def share(self) -> Floats | None:
        """The share of the draws in which a dose lies inside, over the grid; None without draws."""
        if self.first.draws is None or self.second.draws is None:
            return None
        inside = self._within(self.first.draws, self.second.draws) & self.dosed[..., None]
        return np.asarray(inside.mean(axis=-1), dtype=float)

    @property
    def drawn(self) -> int:
        """How many draws both cells have; 0 without draws."""
        return 0 if self.first.draws is None or self.second.draws is None else self.first.draws.shape[-1]

    def some(self, where: Mask) -> float | None:
        """The share of the draws in which any of some doses lies inside; None without draws."""
        if self.first.draws is None or self.second.draws is None:
            return None
        inside = self._within(self.first.draws, self.second.draws) & (where & self.dosed)[..., None]
        return float(inside.reshape(-1, inside.shape[-1]).any(axis=0).mean())

    def band(self, place: Place) -> tuple[float, float] | None:
        """5% and 95% over the draws of the gap at a point; None without draws."""
        if self.first.draws is None or self.second.draws is None:
            return None
        at = tuple(int(np.argmin(np.abs(axis - dose))) for axis, dose in zip(self.doses, place.doses, strict=True))
        low, high = np.quantile(self.first.draws[at] - self.second.draws[at], (0.05, 0.95))
        return float(low), float(high)

    def _within(self, first: Floats, second: Floats) -> Mask:
        with np.errstate(invalid="ignore"):
            return np.asarray((first >= self.most) & (second <= self.few), dtype=bool)

    @property
    def dosed(self) -> Mask:
        """All but the untreated control."""
        none = np.logical_and.reduce(np.meshgrid(*(axis == 0.0 for axis in self.doses), indexing="ij"))
        return np.asarray(~none, dtype=bool)

    @property
    def joint(self) -> Mask:
        """Doses with all agents present; with one agent, all but the control."""
        return np.asarray(
            np.logical_and.reduce(np.meshgrid(*(axis > 0.0 for axis in self.doses), indexing="ij")), dtype=bool
        )

    @property
    def reachable(self) -> Mask | None:
        """Doses that patients reach, of all agents whose exposure is known; None where none is."""
        known = [np.isfinite(one) for one in self.reached]
        if not any(known):
            return None
        each = [
            axis <= top * (1.0 + 1e-9) if there else np.ones(axis.size, dtype=bool)
            for axis, top, there in zip(self.doses, self.reached, known, strict=True)
        ]
        return np.asarray(np.logical_and.reduce(np.meshgrid(*each, indexing="ij")), dtype=bool)

    def spans(self, where: Mask) -> tuple[tuple[float, float], ...]:
        """The smallest and largest dose of each agent among some points.

        Raises
        ------
        ValueError : there is no point.
        """
        places = np.argwhere(where)
        if not len(places):
            raise ValueError("no point is marked")
        ends = zip(places.min(axis=0), places.max(axis=0), strict=True)
        return tuple((float(axis[low]), float(axis[high])) for axis, (low, high) in zip(self.doses, ends, strict=True))

    def best(self, where: Mask | None = None) -> Place | None:
        """The point with the widest gap, among some; None where there is no number."""
        return self._extreme(self.gap, where)

    def worst(self, where: Mask | None = None) -> Place | None:
        """The point where the second kind dies most beyond the first."""
        return self._extreme(-self.gap, where)

    def _extreme(self, values: Floats, where: Mask | None) -> Place | None:
        shown = np.where(self.dosed if where is None else where & self.dosed, values, np.nan)
        if not np.isfinite(shown).any():
            return None
        at = np.unravel_index(int(np.nanargmax(shown)), shown.shape)
        doses = tuple(float(axis[i]) for axis, i in zip(self.doses, at, strict=True))
        return Place(doses=doses, first=float(self.first.middle[at]), second=float(self.second.middle[at]))

    def alone(self, agent: int) -> Mask:
        """Doses of one agent by itself."""
        each: Sequence[Mask] = [
            (axis > 0.0) if place == agent else (axis == 0.0) for place, axis in enumerate(self.doses)
        ]
        return np.asarray(np.logical_and.reduce(np.meshgrid(*each, indexing="ij")), dtype=bool)


__all__ = ["FEW", "MOST", "Killed", "Place", "Window"]
