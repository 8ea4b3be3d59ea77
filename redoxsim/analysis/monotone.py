"""Whether effects over dose can be a monotone curve with noise, and whether they rise enough to be one at all."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import isotonic_regression

from redoxsim.analysis.effect import Floats

# Pooling must move an effect by more than the noise of wells does, and by a good part of the span of the effects.
_LEAST_SHIFT: Final = 0.1
_SHIFT_SHARE: Final = 0.25
# Fraction affected over untreated cells that an agent must reach alone before a dose of it stands for an effect, and
# how many times its own scatter that must be: effects that do not depend on dose get so far in 18 of 100 tables of
# three doses, in 3 of 100 of eight.
LEAST_ALONE: Final = 0.05
_TIMES_SCATTER: Final = 4.0


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


def nearly_inert(name: str, doses: Floats, affected: Floats) -> str:
    """Why a dose of an agent stands for no effect: alone it does next to nothing; "" if it does enough.

    Loewe's index and the combination index divide by the dose that alone has the effect of the pair. Where an agent
    hardly acts that dose is made of noise, and where it does is a matter of a threshold, which is therefore stated:
    the largest effect over untreated cells, along the best rising curve (isotonic regression), is at least
    `LEAST_ALONE`, and four times what the effects scatter about that curve (root mean square). The rule is put to
    every resample and draw anew, so that a score of an agent near it has no interval rather than a wide one.
    """
    known = np.isfinite(affected)
    y = affected[known]
    if y.size < 2:
        return ""
    rising = np.asarray(isotonic_regression(y).x, dtype=float)
    gain, scatter = float(rising[-1] - rising[0]), float(np.sqrt(np.mean((y - rising) ** 2)))
    if gain < LEAST_ALONE:
        return (
            f"{name} alone affects at most {max(gain, 0.0):.2g} more than untreated, "
            f"less than the {LEAST_ALONE:g} from which a dose of it stands for an effect"
        )
    if gain < _TIMES_SCATTER * scatter:
        return (
            f"{name} alone affects {gain:.2g} at most, which its scatter of {scatter:.2g} about a rising curve covers"
        )
    return ""
