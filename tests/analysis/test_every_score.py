"""The properties of a score, each for every score: one line per score says what it must give, by hand.

A score that is added to `METRICS` fails here until it has a line in each table.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from redoxsim.analysis import METRICS, EffectArray, EffectGrid, Settings, score
from redoxsim.analysis.synergy import SynergyTable, score_near

USE = Settings(curve="hill", extrapolate=True, draws=0)
D = np.r_[0.0, np.geomspace(0.01, 100.0, 9)]
C = np.array([0.0, 0.1, 0.3, 1.0, 3.0, 10.0])
"""Doses of three agents."""
TRIPLES = ("bliss3", "hsa3", "dri_3")
ByHand = Callable[[np.ndarray, np.ndarray], object]


def share(x: object) -> np.ndarray:
    """Fraction affected at a dose of x half-way doses, slope 1."""
    value = np.asarray(x, dtype=float)
    return value / (1.0 + value)


def pair(affected: np.ndarray) -> EffectGrid:
    return EffectGrid(D, D, affected, orientation="inhibition", scale="fraction", agents=("a", "b"))


def triple(affected: np.ndarray) -> EffectArray:
    return EffectArray((C, C, C), affected, orientation="inhibition", scale="fraction", agents=("a", "b", "c"))


A, B = np.meshgrid(D[1:], D[1:], indexing="ij")
X, Y, Z = np.meshgrid(C[1:], C[1:], C[1:], indexing="ij")


def compare(table: SynergyTable, wanted: object, atol: float = 1e-6) -> None:
    """Values over the combinations; only Loewe is undefined somewhere: where more of an agent is needed than tested."""
    inner = (slice(1, None),) * table.values.ndim
    values, defined = table.values[inner], table.defined[inner]
    if table.metric.startswith("loewe"):
        assert defined.mean() > 0.35
        assert all("reaches" in text or "tested" in text for text in table.reasons[inner][~defined])
    else:
        assert defined.all(), table.reasons[inner][~defined]
    full = np.broadcast_to(np.asarray(wanted, dtype=float), values.shape)
    np.testing.assert_allclose(values[defined], full[defined], rtol=1e-5, atol=atol)


# --- an agent with itself: (a + b) / (1 + a + b) are affected ---------------------------------------------------------

SHAM: dict[str, ByHand] = {
    # scores for which an agent is additive with itself
    "loewe": lambda a, b: 1.0,
    "loewe_excess": lambda a, b: 0.0,
    "ci": lambda a, b: 1.0,
    "braid": lambda a, b: 0.0,
    "dri_1": lambda a, b: (a + b) / a,
    "dri_2": lambda a, b: (a + b) / b,
    # scores that take it for something else, by as much as this
    "hsa": lambda a, b: share(a + b) - share(np.maximum(a, b)),
    "bliss": lambda a, b: share(a + b) - (1.0 - 1.0 / ((1.0 + a) * (1.0 + b))),
    # ZIP: its rows and columns are Hill curves of slope 1, so that it fits them exactly and is Bliss
    "zip": lambda a, b: share(a + b) - (1.0 - 1.0 / ((1.0 + a) * (1.0 + b))),
    # MuSyC: the surface without interaction is the independent one; the fit has no cells with both (alpha at its bound)
    "musyc": lambda a, b: share(a + b) - (1.0 - 1.0 / ((1.0 + a) * (1.0 + b))),
}  # fmt: skip
LOOSE = {"musyc": 5e-3}
"""MuSyC's alpha stops at 1e-4, not at 0."""


@pytest.mark.parametrize("name", [one for one in METRICS if one not in TRIPLES])
def test_an_agent_with_itself(name: str) -> None:
    table = score(pair(share(D[:, None] + D[None, :])), [name], settings=USE)[name]
    compare(table, SHAM[name](A, B), LOOSE.get(name, 1e-6))


# --- independent agents: the survivors are 1 / (1 + a) times 1 / (1 + b) ---------------------------------------------

INDEPENDENT: dict[str, ByHand] = {
    "bliss": lambda a, b: 0.0,
    "zip": lambda a, b: 0.0,
    "musyc": lambda a, b: 0.0,
    "hsa": lambda a, b: 1.0 / (1.0 + np.maximum(a, b)) - 1.0 / ((1.0 + a) * (1.0 + b)),
    # the same effect alone needs a + b + ab of either
    "loewe": lambda a, b: (a + b) / (a + b + a * b),
    "ci": lambda a, b: (a + b) / (a + b + a * b),
    "loewe_excess": lambda a, b: share(a + b + a * b) - share(a + b),
    "dri_1": lambda a, b: (a + b + a * b) / a,
    "dri_2": lambda a, b: (a + b + a * b) / b,
}


@pytest.mark.parametrize("name", [one for one in METRICS if one not in TRIPLES])
def test_independent_agents(name: str) -> None:
    table = score(pair(1.0 - np.outer(1.0 / (1.0 + D), 1.0 / (1.0 + D))), [name], settings=USE)[name]
    if name == "braid":  # no BRAID surface; its one number says synergy, as every score of dose does
        assert {one.name: one.best for one in table.parameters}["kappa"] > 0.5
        return
    compare(table, INDEPENDENT[name](A, B))


# --- three agents ---------------------------------------------------------------------------------------------------

SHAM_OF_THREE = {
    "hsa": share(X + Y + Z) - share(np.maximum(np.maximum(X, Y), Z)),
    "bliss": 1.0 / ((1 + X) * (1 + Y) * (1 + Z)) - 1.0 / (1 + X + Y + Z),
    "loewe": 1.0,
    "loewe_excess": 0.0,
    "ci": 1.0,
    "dri_1": (X + Y + Z) / X,
    "dri_2": (X + Y + Z) / Y,
    "dri_3": (X + Y + Z) / Z,
    "hsa3": share(X + Y + Z) - share(X + Y + Z - np.minimum(np.minimum(X, Y), Z)),
    "bliss3": (
        1.0 / ((1 + X) * (1 + Y + Z)) + 1.0 / ((1 + Y) * (1 + X + Z)) + 1.0 / ((1 + Z) * (1 + X + Y))
        - 2.0 / ((1 + X) * (1 + Y) * (1 + Z)) - 1.0 / (1 + X + Y + Z)
    ),
}  # fmt: skip
OF_THREE = [name for name, one in METRICS.items() if one.agents in (None, (3, 3), (3, 99))]
NEEDED = X + Y + Z + X * Y + X * Z + Y * Z + X * Y * Z
INDEPENDENT_THREE = {
    "hsa": 1.0 / (1.0 + np.maximum(np.maximum(X, Y), Z)) - 1.0 / (1.0 + NEEDED),
    "bliss": 0.0,
    "bliss3": 0.0,
    "loewe": (X + Y + Z) / NEEDED,
    "ci": (X + Y + Z) / NEEDED,
    "loewe_excess": share(NEEDED) - share(X + Y + Z),
    "dri_1": NEEDED / X,
    "dri_2": NEEDED / Y,
    "dri_3": NEEDED / Z,
    # the best pair leaves out the agent that does least
    "hsa3": (1.0 + np.minimum(np.minimum(X, Y), Z)) / (1.0 + NEEDED) - 1.0 / (1.0 + NEEDED),
}


@pytest.mark.parametrize("name", OF_THREE)
def test_three_agents(name: str) -> None:
    alone = 1.0 / (1.0 + C)
    total = C[:, None, None] + C[None, :, None] + C[None, None, :]
    for affected, wanted in (
        (share(total), SHAM_OF_THREE[name]),
        (1.0 - np.einsum("i,j,k->ijk", alone, alone, alone), INDEPENDENT_THREE[name]),
    ):
        compare(score(triple(affected), [name], settings=USE)[name], wanted)


def scores_of_three(affected: np.ndarray, axes: list[np.ndarray], **more: object) -> dict[str, SynergyTable]:
    given = {"orientation": "inhibition", "scale": "fraction", **more}
    return score(EffectArray(axes, affected, **given), OF_THREE)  # type: ignore[arg-type]


def test_three_agents_in_other_units_turned_and_in_another_order() -> None:
    alone = [1.0 / (1.0 + C), 1.0 / (1.0 + C**1.5), 1.0 / (1.0 + (C / 2.0) ** 0.8)]
    alive = np.einsum("i,j,k->ijk", *alone)
    alive = alive * (1.0 - 0.5 * (1.0 - alive) * np.einsum("i,j,k->ijk", *[1.0 - one for one in alone]))
    base = scores_of_three(1.0 - alive, [C] * 3)
    others = {
        "units": (scores_of_three(1.0 - alive, [C * 1e3, C * 1e-6, C]), (0, 1, 2)),
        "turned": (scores_of_three(100.0 * alive, [C] * 3, orientation="viability", scale="percent"), (0, 1, 2)),
        "order": (scores_of_three((1.0 - alive).transpose(2, 0, 1), [C] * 3), (1, 2, 0)),
    }
    for what, (found, back) in others.items():
        for name in OF_THREE:
            # agent k of the new order is agent (2, 0, 1)[k] of the old one
            place = name[-1] if name.startswith("dri") else ""
            named = f"dri_{back[int(place) - 1] + 1}" if place else name
            values = found[named].values.transpose(back)
            assert np.isfinite(base[name].values).sum() > 60, name
            np.testing.assert_allclose(values, base[name].values, rtol=1e-9, atol=1e-11, err_msg=f"{what} {name}")


@pytest.mark.parametrize("name", ["zip", "musyc", "braid", "loewe"])
def test_tables_made_side_by_side_are_those_made_alone(name: str) -> None:
    """One grid has a failed cell, one no effect at all: fitted apart from the others, they stay in their place."""
    rng = np.random.default_rng(4)
    doses = np.r_[0.0, np.geomspace(0.1, 30.0, 5)]
    alone = doses**1.3 / (1.0 + doses**1.3)
    alive = np.outer(1.0 - alone, 1.0 - 0.8 * alone)
    holed = np.zeros(alive.shape, dtype=bool)
    holed[2, 3] = True
    grids = [
        EffectGrid(
            doses, doses, np.where(failed, np.nan, one), orientation="viability", scale="fraction", failed=failed
        )
        for one, failed in [
            *((alive + rng.normal(0.0, 0.02, alive.shape), holed & False) for _ in range(2)),
            (np.ones(alive.shape), holed & False),
            (alive + rng.normal(0.0, 0.02, alive.shape), holed),
            (alive + rng.normal(0.0, 0.02, alive.shape), holed & False),
        ]
    ]
    first = score(grids[0], [name], settings=Settings(draws=0))
    together = score_near(grids, first)
    for grid, both in zip(grids, together, strict=True):
        (single,) = score_near([grid], first)
        np.testing.assert_allclose(both[name].values, single[name].values, atol=1e-6)
        assert both[name].why() == single[name].why()
        for one, other in zip(both[name].parameters, single[name].parameters, strict=True):
            assert (one.name, one.problem) == (other.name, other.problem)
            assert one.best == pytest.approx(other.best, rel=1e-3)
    assert not together[2][name].defined[1:, 1:].any()
    assert together[3][name].reasons[2, 3] == "this cell failed"
