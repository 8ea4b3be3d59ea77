"""Cells that differ: expression levels drawn once, log-normal with median 1."""

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
    from scipy.stats import norm, qmc

    sampler = qmc.Sobol(d=len(wanted), scramble=True, rng=np.random.default_rng(seed))
    sample = sampler.random_base2(int(np.ceil(np.log2(n))))[:n]
    sigma = np.sqrt(np.log1p(np.square(np.array(list(wanted.values())))))
    factors = np.exp(norm.ppf(sample) * sigma)
    return {gene: np.ascontiguousarray(factors[:, column]) for column, gene in enumerate(wanted)}
