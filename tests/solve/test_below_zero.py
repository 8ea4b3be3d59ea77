"""Species that go below zero beyond tolerance are named per row, by every solver in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from redoxsim import equations
from redoxsim.network import Network
from redoxsim.solve import Batch, BatchSolution, solve_batch
from redoxsim.solve import rosenbrock as module
from redoxsim.solve.driver import below_zero

NetworkOf = Callable[..., Network]
LEVELS = np.array([0.1, 2.0, 0.3, 0.0, 1.5])
"""Loss rates; with A = 1 and 2 time units, those above a half take A below zero."""


def batch(network_of: NetworkOf, **settings: object) -> Batch:
    net = network_of(
        ["A -> B; k", "B -> ; 0.1*B", "N -> ; 1", "C -> D; C"], species={"A": 1.0, "B": 3.0, "N": -1.0, "C": 1.0},
        parameters={"k": 1.0, "x": 1.0}, rules=["x' = -2"],
    )  # fmt: skip
    usual: dict[str, object] = {
        "system": equations.build(net), "times": np.linspace(0.0, 2.0, 5), "rows": len(LEVELS),
        "columns": {"k": LEVELS}, "observe": ("B",),
    }  # fmt: skip
    return Batch(**(usual | settings))  # type: ignore[arg-type]


def lowest(done: BatchSolution) -> dict[int, tuple[str, float, float]]:
    """By row: species, value, time."""
    found = {}
    for row, text in done.messages.items():
        match = re.fullmatch(r"(\w+) went below zero: (\S+) at (\S+), \S+ times its absolute tolerance", text)
        assert match, text
        found[row] = (match[1], float(match[2]), float(match[3]))
    return found


@pytest.mark.parametrize("solver", ["rosenbrock", "scipy", "scipy:python"])
def test_rows_are_named_with_species_and_value(network_of: NetworkOf, solver: str) -> None:
    """A is not observed, N is negative from the start, x is no species."""
    done = solve_batch(batch(network_of), solver)
    assert done.ok.all()
    assert lowest(done) == {1: ("A", -3.0, 2.0), 4: ("A", -2.0, 2.0)}


@pytest.mark.parametrize(("lowest", "told"), [(-1.0e-5, False), (-1.2e-5, True)])
def test_ten_tolerances_and_the_relative_one_are_allowed(network_of: NetworkOf, lowest: float, told: bool) -> None:
    """With rtol 1e-6 of the largest value, 1, and ten times an absolute tolerance of 1e-6: 1.1e-5."""
    system = equations.build(network_of(["A -> ; A"], species={"A": 1.0}))
    found = below_zero(system, np.array([0.0, 1.0]), np.array([[1.0, lowest]]), np.array([1e-6]), 1e-6)
    assert bool(found) is told


def test_many_marked_rows_in_blocks(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llvmlite")
    rows = np.linspace(0.0, 3.0, 40)
    many = batch(network_of, rows=40, columns={"k": rows})
    monkeypatch.setattr(module, "BLOCK_MARKED", 7)
    found = lowest(solve_batch(many, "rosenbrock"))
    assert set(found) == set(np.flatnonzero(1.0 - 2.0 * rows < -1e-5).tolist())
    for row, (species, value, _) in found.items():
        assert species == "A"
        assert value == pytest.approx(1.0 - 2.0 * rows[row], abs=0.01)
    assert found == lowest(solve_batch(many, "scipy"))


def test_nothing_is_run_again_where_nothing_is_marked(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llvmlite")
    runs: list[int] = []
    inner = module.execute

    def count(*arguments: object, **settings: object) -> object:
        runs.append(1)
        return inner(*arguments, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "execute", count)
    net = network_of(["A -> B; 5*A", "B -> ; B/(1 + B)"], species={"A": 1.0})
    done = solve_batch(Batch(system=equations.build(net), times=np.linspace(0, 9, 4), rows=3, observe=("B",)), "auto")
    assert done.messages == {}
    assert runs == [1]
    assert solve_batch(batch(network_of), "auto").messages
    assert runs == [1, 1, 1]


def test_values_stay_the_same_bits(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking touches nothing: with and without the second look the values are equal."""
    pytest.importorskip("llvmlite")
    with_look: NDArray[np.float64] = solve_batch(batch(network_of), "rosenbrock").values
    monkeypatch.setattr(module._Many, "_negatives", lambda *_: ())
    assert np.array_equal(with_look, solve_batch(batch(network_of), "rosenbrock").values)
