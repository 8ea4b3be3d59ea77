"""Clean surfaces with known answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from redoxsim.analysis import EffectGrid

Curve = Callable[..., NDArray[np.float64]]


@pytest.fixture(scope="session")
def hill() -> Curve:
    """Fraction affected: (dose, ec50, slope, largest effect)."""

    def curve(c: object, ec50: float = 1.0, h: float = 1.5, top: float = 1.0) -> NDArray[np.float64]:
        x = np.asarray(c, dtype=float)
        return top * x**h / (ec50**h + x**h)

    return curve


@pytest.fixture(scope="session")
def surface(hill: Curve) -> Callable[..., EffectGrid]:
    """Two different Hill agents, independent but for an interaction that grows with both effects."""

    def make(
        interaction: float = 0.4, *, unit: float = 1.0, orientation: str = "viability", scale: str = "fraction"
    ) -> EffectGrid:
        d1 = np.r_[0.0, np.geomspace(0.05, 20.0, 9)]
        d2 = np.r_[0.0, np.geomspace(1.0, 500.0, 8)]
        a1 = hill(d1, 1.0, 1.5, 0.9)[:, None]
        a2 = hill(d2, 40.0, 1.1, 0.8)[None, :]
        alive = (1.0 - a1) * (1.0 - a2) * (1.0 - interaction * a1 * a2)
        effect = alive if orientation == "viability" else 1.0 - alive
        return EffectGrid(
            d1 * unit,
            d2 * unit,
            effect * (100.0 if scale == "percent" else 1.0),
            orientation=orientation,  # type: ignore[arg-type]
            scale=scale,  # type: ignore[arg-type]
            agents=("af", "bso"),
        )

    return make
