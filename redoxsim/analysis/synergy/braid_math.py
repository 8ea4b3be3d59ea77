"""The BRAID surface and its derivatives (Twarog et al. 2016, doi:10.1038/srep25523, extended form).

Each agent's dose turns into t_i = s_i u_i / (1 + (1 - s_i) u_i) with u_i = (d_i/C_i)^h_i and s_i its largest effect as
a share of the surface's, which carries agents of different strength to one scale. With p = sqrt(h1 h2) the two add up
as T = q1 + q2 + kappa sqrt(q1 q2), q_i = t_i^(1/p), and the effect is E0 + (Ef - E0) T^p / (1 + T^p).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import expit

from redoxsim.analysis.effect import Floats

NAMES: Final = ("E0", "Ef", "s1", "s2", "C1", "C2", "h1", "h2", "kappa")
_MOST: Final = 300.0


def surface(theta: Floats, x1: Floats, x2: Floats) -> tuple[Floats, Floats]:
    """Effects (m, n) and derivatives (m, n, 9) at (n,) log doses (-inf for none).

    ``theta`` is (m, 9): E0, Ef, s1, s2, natural logs of C1, C2 (relative to the doses as x1, x2), h1, h2, kappa + 2.
    """
    e0, ef, s1, s2, c1, c2, lh1, lh2, k = (theta[:, i, None] for i in range(9))
    h1, h2, plus = np.exp(lh1), np.exp(lh2), np.exp(k)
    kappa, p = plus - 2.0, np.exp(0.5 * (lh1 + lh2))
    logs, shares = [], []
    for x, s, c, h in ((x1, s1, c1, h1), (x2, s2, c2, h2)):
        dosed = np.isfinite(x)
        lu = np.clip(h * (np.where(dosed, x, 0.0)[None] - c), -_MOST, _MOST)
        u = np.exp(lu)
        below = 1.0 + (1.0 - s) * u
        lt = np.where(dosed, np.log(s) + lu - np.log(below), -np.inf)
        # log t by log u, and by s
        shares.append((np.where(dosed, 1.0 / below, 0.0), np.where(dosed, 1.0 / s + u / below, 0.0), lu))
        logs.append(lt)
    lt1, lt2 = logs
    q1, q2 = np.exp(lt1 / p), np.exp(lt2 / p)
    g = np.exp(0.5 * (lt1 + lt2) / p)
    total = q1 + q2 + kappa * g
    some = total > 0.0
    safe = np.where(some, total, 1.0)
    lp = p * np.log(safe)
    share = np.where(some, expit(lp), 0.0)
    effect = e0 + (ef - e0) * share
    bend = (ef - e0) * share * (1.0 - share)  # derivative by p log T
    finite1, finite2 = np.where(np.isfinite(lt1), lt1, 0.0), np.where(np.isfinite(lt2), lt2, 0.0)
    by_t1, by_t2 = bend * (q1 + 0.5 * kappa * g) / safe, bend * (q2 + 0.5 * kappa * g) / safe
    by_p = bend * np.log(safe) - (by_t1 * finite1 + by_t2 * finite2) / p
    (u1, by_s1, lu1), (u2, by_s2, lu2) = shares
    slopes = (
        1.0 - share,
        share,
        by_t1 * by_s1,
        by_t2 * by_s2,
        -h1 * by_t1 * u1,
        -h2 * by_t2 * u2,
        by_t1 * u1 * lu1 + 0.5 * p * by_p,
        by_t2 * u2 * lu2 + 0.5 * p * by_p,
        bend * p * g * plus / safe,
    )
    return effect, np.stack(slopes, axis=-1)
