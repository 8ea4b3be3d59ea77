"""Whether effects over dose can be a monotone curve with noise."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import isotonic_regression

from redoxsim.analysis.effect import Floats

# Pooling must move an effect by more than the noise of wells does, and by a good part of the span of the effects.
_LEAST_SHIFT: Final = 0.1
_SHIFT_SHARE: Final = 0.25


def not_monotone(name: str, doses: Floats, affected: Floats) -> str:
    """Why one agent's effects are no monotone curve, up or down; "" if noise of wells explains what is not.

    The best monotone curve (isotonic regression) is compared with the effects: it may be off by 0.1, or by a quarter
    of the span of the effects.
    """
    known = np.isfinite(affected)
    c, y = doses[known], affected[known]
    if y.size < 3:
        return ""
    shift = min(float(np.max(np.abs(np.asarray(isotonic_regression(y, increasing=up).x) - y))) for up in (True, False))
    if shift <= max(_LEAST_SHIFT, _SHIFT_SHARE * float(np.ptp(y))):
        return ""
    turn = int(np.argmax(np.abs(y - y[0])))
    return (
        f"{name} alone is not monotone: {y[turn]:.3g} affected at dose {c[turn]:.3g}, {y[-1]:.3g} at {c[-1]:.3g}, "
        f"{shift:.2g} away from every monotone curve"
    )
