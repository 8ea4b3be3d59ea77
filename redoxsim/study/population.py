"""Cells that differ, and constants that are not known: levels and draws, quasi-random and seeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.study import sobol

FloatArray = NDArray[np.float64]
MOST = 65_536


def cells(n: int = 16, cv: Mapping[str, float] | None = None, *, seed: int = 1) -> dict[str, FloatArray]:
    """Level factors of ``n`` cells by gene, each of shape (n,), in the order of gene names.

    Quasi-random (scrambled Sobol), so that 16 cells already spread evenly over each level; with one
    seed the first 8 of 16 cells are the 8 of 8. One cell has the median, 1, of everything.

    Parameters
    ----------
    cv : coefficient of variation by gene; sigma of the logarithm is sqrt(ln(1 + cv^2)).

    Raises
    ------
    DesignError : less than one cell, too many, or a negative coefficient of variation.
    """
    if not 1 <= n <= MOST:
        raise DesignError(f"a population has 1 to {MOST} cells, not {n}")
    wanted = dict(sorted((cv or {}).items()))
    for gene, width in wanted.items():
        if not 0.0 <= width < np.inf:
            raise DesignError(f"the coefficient of variation of '{gene}' must be zero or more, not {width:g}")
    if n == 1 or not wanted:
        return {gene: np.ones(n) for gene in wanted}
    from scipy.special import ndtri

    sigma = np.sqrt(np.log1p(np.square(np.array(list(wanted.values())))))
    factors = np.exp(ndtri(_even(n, len(wanted), np.random.default_rng(seed))) * sigma)
    return {gene: np.ascontiguousarray(factors[:, column]) for column, gene in enumerate(wanted)}


def levels(
    n: int, cells_each: int, cv: Mapping[str, float], *, seed: int = 1, median: bool = False
) -> dict[str, FloatArray]:
    """Level factors by gene of ``cells_each`` cells for every one of ``n`` draws, each (n, cells_each).

    Every draw has cells of its own, all taken from one even sequence and given to draws in random order, so that
    what a cell is does not go with what a draw is. ``median`` makes them all the median cell.
    """
    if median:
        return {gene: np.ones((n, cells_each)) for gene in sorted(cv)}
    found = cells(n * cells_each, cv, seed=seed)
    order = np.random.default_rng([seed, 3]).permutation(n)
    return {gene: factors.reshape(n, cells_each)[order] for gene, factors in found.items()}


class Supply:
    """An endless supply of values of uncertain constants, quasi-random and seeded.

    Half of the values lie between the low end of the range and the value, half between the value and the high
    end, evenly in the logarithm (evenly in the number itself where the range is not all above zero), so the
    median is the value and none leaves its range. Constants are independent of one another but for
    ``correlations``: then their places in their ranges go together as those of normal variables would (a Gaussian
    copula).

    Parameters
    ----------
    ranges : (value, low, high) by id; a range without width stays out.
    seed : one number, or several.
    correlations : of pairs of ids, -1 to 1; a pair of which one does not vary is left out.

    Raises
    ------
    DesignError : a value outside its range, or correlations that no variables can have.
    """

    def __init__(
        self,
        ranges: Mapping[str, tuple[float, float, float]],
        *,
        seed: int | Sequence[int],
        correlations: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        self.ranges = {name: ends for name, ends in sorted(ranges.items()) if ends[1] < ends[2]}
        for name, (value, low, high) in self.ranges.items():
            if not low <= value <= high:
                raise DesignError(f"'{name}' is {value:g}, outside its range {low:g} to {high:g}")
        self._seed = seed
        self._sampler: Any = None  # of SciPy, which takes longer to import than a few values to make
        self._passed = 0
        self._mix = _mix(tuple(self.ranges), correlations or {})

    def skip(self, n: int) -> None:
        """Pass over the next ``n`` values."""
        self._passed += n
        if self._sampler is not None and n:
            self._sampler.fast_forward(n)

    def take(self, n: int) -> dict[str, FloatArray]:
        """The next ``n`` values of each, (n,); ``n`` is a power of two, else evenness suffers."""
        sample = self._points(n)
        if self._mix is not None:
            from scipy.special import ndtr, ndtri

            sample = ndtr(ndtri(sample) @ self._mix.T)
        return {name: within(ends, sample[:, column]) for column, (name, ends) in enumerate(self.ranges.items())}

    def _points(self, n: int) -> FloatArray:
        """The next points of the unit cube, (n, d)."""
        dimensions = max(1, len(self.ranges))
        if self._passed == 0 and dimensions <= sobol.DIMENSIONS:
            self._passed = n
            return sobol.points(n, dimensions, np.random.default_rng(self._seed))
        if self._sampler is None:
            from scipy.stats import qmc

            self._sampler = qmc.Sobol(d=dimensions, scramble=True, rng=np.random.default_rng(self._seed))
            if self._passed:
                self._sampler.fast_forward(self._passed)
        self._passed += n
        return np.asarray(self._sampler.random(n))


def within(ends: tuple[float, float, float], share: FloatArray) -> FloatArray:
    """Values of a constant at shares 0 to 1 of its draws, any shape; ``ends`` are (value, low, high)."""
    value, low, high = ends
    points = np.array([low, value, high])
    logarithmic = low > 0.0
    at = np.interp(share, (0.0, 0.5, 1.0), np.log(points) if logarithmic else points)
    return np.asarray(np.clip(np.exp(at) if logarithmic else at, low, high))


def _mix(names: tuple[str, ...], correlations: Mapping[tuple[str, str], float]) -> FloatArray | None:
    """The lower triangle that makes independent normal numbers correlated; None where nothing is."""
    position = {name: place for place, name in enumerate(names)}
    matrix = np.eye(len(names))
    for (one, other), value in correlations.items():
        if one in position and other in position:
            matrix[position[one], position[other]] = matrix[position[other], position[one]] = value
    if np.array_equal(matrix, np.eye(len(names))):
        return None
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise DesignError(
            "the correlations between constants contradict one another",
            hint="no variables can have them all: if A goes with B and B with C, A cannot go against C",
        ) from error


def draws(n: int, ranges: Mapping[str, tuple[float, float, float]], *, seed: int = 1) -> dict[str, FloatArray]:
    """The first ``n`` values of every uncertain constant from a :class:`Supply`, each (n,).

    Raises
    ------
    DesignError : too many draws, or a value outside its range.
    """
    if not 0 <= n <= MOST:
        raise DesignError(f"there can be 0 to {MOST} draws, not {n}")
    supply = Supply(ranges, seed=[seed, 1])
    if n == 0 or not supply.ranges:
        return {}
    return {name: values[:n] for name, values in supply.take(power_of_two(n)).items()}


def power_of_two(n: int) -> int:
    """The smallest power of two that is at least ``n``."""
    return 1 << max(0, n - 1).bit_length()


def _even(n: int, dimensions: int, rng: np.random.Generator) -> FloatArray:
    """Scrambled Sobol points, (n, dimensions), inside the unit cube."""
    return sobol.points(power_of_two(n), dimensions, rng)[:n]
