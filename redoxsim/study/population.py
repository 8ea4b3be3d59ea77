"""Cells that differ, and constants that are not known: levels and draws, quasi-random and seeded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError

FloatArray = NDArray[np.float64]
MOST = 4096


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
    from scipy.stats import norm

    sigma = np.sqrt(np.log1p(np.square(np.array(list(wanted.values())))))
    factors = np.exp(norm.ppf(_even(n, len(wanted), np.random.default_rng(seed))) * sigma)
    return {gene: np.ascontiguousarray(factors[:, column]) for column, gene in enumerate(wanted)}


def draws(n: int, ranges: Mapping[str, tuple[float, float, float]], *, seed: int = 1) -> dict[str, FloatArray]:
    """``n`` values of every uncertain constant, each (n,), drawn independently of one another.

    Half of the draws lie between the low end of the range and the value, half between the value and the high
    end, evenly in the logarithm (evenly in the number itself where the range is not all above zero), so the
    median is the value and none leaves its range.

    Parameters
    ----------
    ranges : (value, low, high) by id; a range without width stays out.

    Raises
    ------
    DesignError : too many draws, or a value outside its range.
    """
    if not 0 <= n <= MOST:
        raise DesignError(f"there can be 0 to {MOST} draws, not {n}")
    wanted = {name: ends for name, ends in sorted(ranges.items()) if ends[1] < ends[2]}
    if n == 0 or not wanted:
        return {}
    sample = _even(n, len(wanted), np.random.default_rng([seed, 1]))
    found = {}
    for column, (name, (value, low, high)) in enumerate(wanted.items()):
        if not low <= value <= high:
            raise DesignError(f"'{name}' is {value:g}, outside its range {low:g} to {high:g}")
        points = np.array([low, value, high])
        logarithmic = low > 0.0
        at = np.interp(sample[:, column], (0.0, 0.5, 1.0), np.log(points) if logarithmic else points)
        found[name] = np.clip(np.exp(at) if logarithmic else at, low, high)
    return found


def _even(n: int, dimensions: int, rng: np.random.Generator) -> FloatArray:
    """Scrambled Sobol points, (n, dimensions), inside the unit cube."""
    from scipy.stats import qmc

    sampler = qmc.Sobol(d=dimensions, scramble=True, rng=rng)
    sample: FloatArray = sampler.random_base2(int(np.ceil(np.log2(n))))[:n]
    return sample
