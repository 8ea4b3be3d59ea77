"""Integration towards rest: time is frozen, counters are held."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import Bound
from redoxsim.solve import lsoda

FloatArray = NDArray[np.float64]


def relax(
    bound: Bound, y: FloatArray, time: float, duration: float, held: NDArray[np.intp], atol: FloatArray
) -> tuple[FloatArray, str]:
    """The state (n,) after ``duration`` with rates taken at ``time``, and "" or why it stopped short."""
    still = held.tolist()

    def slopes(_: float, y: FloatArray) -> list[float]:
        out = list(bound.rhs(time, y.tolist()))
        for index in still:
            out[index] = 0.0
        return out

    def matrix(_: float, y: FloatArray) -> FloatArray:
        out = bound.jacobian_transposed(time, y.tolist())
        out[:, still] = 0.0
        return out

    result = lsoda.integrate(slopes, matrix, y, np.array([0.0, duration]), rtol=1e-8, atol=atol, max_steps=50_000)
    if result.good < 2:
        return y, {"budget": "the step budget ran out", "nan": "a rate became not-a-number"}.get(
            result.reason, "the step became too small"
        )
    return result.y[-1].copy(), ""
