"""The MuSyC surface: four states of mass action, and its derivatives.

Untreated U, with agent 1, with agent 2, with both. Each binding has a rate of Hill form, every release the rate 1:
U -> A1 at a = (d1/C1)^h1, U -> A2 at b = (d2/C2)^h2, A1 -> A12 at c = (alpha12 d2/C2)^(h2 gamma12), A2 -> A12 at
d = (alpha21 d1/C1)^(h1 gamma21). The steady state of the cycle follows from its spanning trees (four per state), sums
of positive products, so nothing cancels. The effect is the mean of the four states' effects.

Meyer et al. 2019 (doi:10.1016/j.cels.2019.01.003), Wooten et al. 2021 (doi:10.1038/s41467-021-24789-z).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from redoxsim.analysis.effect import Floats

NAMES: Final = (
    "E0", "E1", "E2", "E3", "C1", "C2", "h1", "h2", "alpha12", "alpha21", "gamma12", "gamma21",
)  # fmt: skip
# Exponents beyond this change no effect and would overflow in the products.
_MOST: Final = 150.0


def surface(theta: Floats, x1: Floats, x2: Floats) -> tuple[Floats, Floats]:
    """Effects (m, n) and derivatives (m, n, 12) at (n,) log doses (-inf for none).

    ``theta`` is (m, 12): the four effects, then natural logs of the rest in the order of ``NAMES``; C1 and C2 are
    relative to the same doses as x1 and x2.
    """
    e0, e1, e2, e3, c1, c2, lh1, lh2, p12, p21, lg12, lg21 = (theta[:, k, None] for k in range(12))
    h1, h2, g12, g21 = np.exp(lh1), np.exp(lh2), np.exp(lg12), np.exp(lg21)
    dosed1, dosed2 = np.isfinite(x1), np.isfinite(x2)
    y1, y2 = np.where(dosed1, x1, 0.0)[None] - c1, np.where(dosed2, x2, 0.0)[None] - c2
    la, lb, lc, ld = h1 * y1, h2 * y2, g12 * h2 * (y2 + p12), g21 * h1 * (y1 + p21)

    def rate(logarithm: Floats, dosed: Floats) -> tuple[Floats, Floats]:
        """The rate, and its derivative by its logarithm (none where it is capped)."""
        value = np.where(dosed, np.exp(np.clip(logarithm, -_MOST, _MOST)), 0.0)
        return value, np.where(np.abs(logarithm) < _MOST, value, 0.0)

    (a, a_), (b, b_) = rate(la, dosed1), rate(lb, dosed2)
    (c, c_), (d, d_) = rate(lc, dosed2), rate(ld, dosed1)
    weights = (2.0 + c + d, a * (2.0 + d) + b * d, b * (2.0 + c) + a * c, b * d + a * c + c * d * (a + b))
    total = weights[0] + weights[1] + weights[2] + weights[3]
    share = [w / total for w in weights]
    effect = share[0] * e0 + share[1] * e1 + share[2] * e2 + share[3] * e3
    off = [one - effect for one in (e0, e1, e2, e3)]
    # Derivative of the effect by the log of each rate.
    by_a = a_ * ((2.0 + d) / total * off[1] + c / total * off[2] + c * (1.0 + d) / total * off[3])
    by_b = b_ * (d / total * off[1] + (2.0 + c) / total * off[2] + d * (1.0 + c) / total * off[3])
    by_c = c_ * (off[0] / total + (a + b) / total * off[2] + (a + d * (a + b)) / total * off[3])
    by_d = d_ * (off[0] / total + (a + b) / total * off[1] + (b + c * (a + b)) / total * off[3])
    slopes = (
        *share,
        -h1 * by_a - g21 * h1 * by_d,
        -h2 * by_b - g12 * h2 * by_c,
        la * by_a + ld * by_d,
        lb * by_b + lc * by_c,
        g12 * h2 * by_c,
        g21 * h1 * by_d,
        lc * by_c,
        ld * by_d,
    )
    return effect, np.stack(slopes, axis=-1)


def together(theta: Floats, x1: Floats, x2: Floats) -> float:
    """The largest share of cells with both agents bound, of (12,) parameters over (n,) log doses."""
    only = theta.copy()
    only[:4] = (0.0, 0.0, 0.0, 1.0)
    return float(np.max(surface(only[None], x1, x2)[0]))


def without_interaction(theta: Floats) -> Floats:
    """(12,) the same agents without synergy: both alphas and gammas 1, together as effective as the stronger alone."""
    out = theta.copy()
    out[3] = max(theta[1], theta[2])
    out[8:] = 0.0
    return out


def efficacy_synergy(theta: Floats) -> Floats:
    """(...) beta of (..., 12) parameters: how much further the pair goes than the stronger agent, as a share of it."""
    best = np.maximum(theta[..., 1], theta[..., 2])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((theta[..., 3] - best) / (best - theta[..., 0]), dtype=float)
