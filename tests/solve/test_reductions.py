"""One number instead of a course: against formulas, fine courses and other solvers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from redoxsim import equations
from redoxsim.equations import OdeSystem
from redoxsim.errors import DesignError
from redoxsim.network import Network
from redoxsim.solve import Batch, Dose, Reduction, Schedule, Status, choose, read_reduction, solve_batch
from redoxsim.solve.rosenbrock import RosenbrockSolver

NetworkOf = Callable[..., Network]
K1, K2, END = 2.0, 0.5, 10.0
kernel_only = pytest.mark.skipif(RosenbrockSolver().available() is not None, reason="needs llvmlite")
SOLVERS = [pytest.param("rosenbrock", marks=kernel_only), "scipy"]
KINDS = ("last", "max", "min", "time_of_max", "time_of_min", "area")


@pytest.fixture(scope="module")
def chain(network_of: NetworkOf) -> OdeSystem:
    """A -> B -> out: B rises and falls by Bateman's formula."""
    return equations.build(
        network_of(["A -> B; k1*A", "B -> ; k2*B"], species={"A": 1.0, "B": 0.0}, parameters={"k1": K1, "k2": K2},
                   rules=["twice := 2*B + 1"])
    )  # fmt: skip


def bateman(t: float) -> float:
    return K1 / (K1 - K2) * (math.exp(-K2 * t) - math.exp(-K1 * t))


def every(symbol: str, level: float) -> tuple[Reduction, ...]:
    return (*(Reduction(kind, symbol) for kind in KINDS), Reduction("above", symbol, level=level))


@pytest.mark.parametrize("solver", SOLVERS)
def test_bateman(chain: OdeSystem, solver: str) -> None:
    batch = Batch(
        system=chain, times=np.array([0.0, END]), rows=1, reductions=(*every("B", 0.3), *every("twice", 1.6)), rtol=1e-8
    )
    result = solve_batch(batch, solver)
    assert result.ok.all()
    assert result.values.shape == (1, 0, 2)
    peak = math.log(K1 / K2) / (K1 - K2)
    area = K1 / (K1 - K2) * ((1 - math.exp(-K2 * END)) / K2 - (1 - math.exp(-K1 * END)) / K1)
    above = brentq(lambda t: bateman(t) - 0.3, peak, END) - brentq(lambda t: bateman(t) - 0.3, 0.0, peak)
    expected = [bateman(END), bateman(peak), 0.0, peak, 0.0, area, above]
    np.testing.assert_allclose(result.reduced[0, :7], expected, rtol=3e-6, atol=1e-9)
    twice = [2 * bateman(END) + 1, 2 * bateman(peak) + 1, 1.0, peak, 0.0, 2 * area + END, above]
    np.testing.assert_allclose(result.reduced[0, 7:], twice, rtol=3e-6, atol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
def test_window_and_jumps(chain: OdeSystem, solver: str) -> None:
    """Only what lies between first and last output counts; both sides of a jump do."""
    schedule = Schedule(
        (
            Dose(time=-1.0, target="B", action="add", amount=50.0),
            Dose(time=4.0, target="B", action="set", amount=2.0),
            Dose(time=6.0, target="B", action="add", amount=7.0),
        )
    )
    batch = Batch(
        system=chain, times=np.array([3.0, 6.0]), rows=1, columns={"A": np.zeros(1)}, schedules=(schedule,),
        observe=("B",), reductions=every("B", 2.5), rtol=1e-8,
    )  # fmt: skip
    result = solve_batch(batch, solver)
    before, low, top = 50.0 * math.exp(-2.0), 2.0 * math.exp(-1.0), 2.0 * math.exp(-1.0) + 7.0
    area = before / K2 * (1 - math.exp(-K2)) + 2.0 / K2 * (1 - math.exp(-1.0))
    last, most, least, when_most, when_least, total, above = result.reduced[0]
    assert last == pytest.approx(top, rel=1e-6)
    assert result.values[0, 0, -1] == pytest.approx(last, rel=1e-12)
    assert most == pytest.approx(top, rel=1e-6)
    assert when_most == pytest.approx(6.0)
    assert least == pytest.approx(low, rel=1e-6)
    assert when_least == pytest.approx(6.0, abs=1e-6)
    assert total == pytest.approx(area, rel=1e-6)
    assert above == pytest.approx(1.0, rel=1e-6)  # 50 exp(-2.5) is above 2.5 until the value is set


@kernel_only
@pytest.mark.parametrize("rtol", [1e-3, 1e-6])
def test_against_a_fine_course(network_of: NetworkOf, rtol: float) -> None:
    """An oscillator with rows of their own parameters; both methods that ``auto`` takes."""
    net = network_of(
        ["-> X; a", "X -> ; (b + 1)*X", "2 X + Y -> 3 X; X^2*Y", "-> Y; b*X"],
        species={"X": 1.2, "Y": 3.0}, parameters={"a": 1.0, "b": 3.0}, rules=["part := X/(X + Y)"],
    )  # fmt: skip
    rng = np.random.default_rng(3)
    batch = Batch(
        system=equations.build(net), times=np.array([0.5, 15.0]), rows=9, columns={"b": rng.uniform(2.2, 3.4, 9)},
        reductions=(*every("X", 1.0), *every("part", 0.4)), rtol=rtol,
    )  # fmt: skip
    got = solve_batch(batch, "rosenbrock")
    fine = replace(batch, times=np.linspace(0.5, 15.0, 40_001), rtol=1e-10, reductions=(), observe=("X", "part"))
    course = solve_batch(fine, "rosenbrock")
    assert got.ok.all()
    times = course.times
    for symbol, level in ((0, 1.0), (1, 0.4)):
        values = course.values[:, symbol]
        area = np.trapezoid(values, times, axis=1)
        above = np.mean((values[:, 1:] + values[:, :-1]) / 2 > level, axis=1) * 14.5
        expected = [values[:, -1], values.max(axis=1), values.min(axis=1), times[values.argmax(axis=1)],
                    times[values.argmin(axis=1)], area, above]  # fmt: skip
        found = got.reduced[:, 7 * symbol : 7 * symbol + 7].T
        allowed = 60 * rtol + 1e-6
        for kind, a, b in zip((*KINDS, "above"), found, expected, strict=True):
            late = 0.02 if kind.startswith("time_of") and rtol > 1e-4 else 1e-3 if kind == "above" else 0.0
            np.testing.assert_allclose(a, b, rtol=allowed, atol=late + 1e-3 * kind.startswith("time_of"), err_msg=kind)


@kernel_only
def test_bits_do_not_depend_on_company(chain: OdeSystem) -> None:
    rows = 11
    columns = {"k1": np.linspace(0.3, 9.0, rows)}
    batch = Batch(
        system=chain, times=np.array([0.0, END]), rows=rows, columns=columns, reductions=every("B", 0.2), rtol=1e-4
    )
    expected = RosenbrockSolver(threads=1).solve_batch(batch).reduced
    for solver in (RosenbrockSolver(threads=3), RosenbrockSolver(width=1), RosenbrockSolver(width=2)):
        np.testing.assert_array_equal(solver.solve_batch(batch).reduced, expected)
    order = np.random.default_rng(0).permutation(rows)
    mixed = replace(batch, columns={"k1": columns["k1"][order]})
    np.testing.assert_array_equal(RosenbrockSolver().solve_batch(mixed).reduced, expected[order])


@kernel_only
def test_outputs_change_nothing(chain: OdeSystem) -> None:
    batch = Batch(system=chain, times=np.array([0.0, END]), rows=2, reductions=every("B", 0.2))
    more = replace(batch, times=np.linspace(0.0, END, 77), observe=("A", "twice"))
    np.testing.assert_array_equal(solve_batch(more, "rosenbrock").reduced, solve_batch(batch, "rosenbrock").reduced)


@kernel_only
def test_rows_that_fail_have_none(network_of: NetworkOf) -> None:
    net = network_of(["-> A; k*A^2"], species={"A": 1.0}, parameters={"k": 1.0})
    batch = Batch(
        system=equations.build(net), times=np.array([0.0, 2.0]), rows=2, columns={"k": np.array([1.0, 0.1])},
        reductions=(Reduction("max", "A"), Reduction("area", "A")),
    )  # fmt: skip
    result = solve_batch(batch, "rosenbrock")
    assert result.status[1] is Status.OK
    assert not result.status[0].ok
    assert np.isnan(result.reduced[0]).all()
    np.testing.assert_allclose(result.reduced[1], [1.25, 10 * math.log(1.25)], rtol=1e-5)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_single_instant(chain: OdeSystem, solver: str) -> None:
    batch = Batch(system=chain, times=np.array([0.0]), rows=1, reductions=every("A", 0.5))
    np.testing.assert_array_equal(solve_batch(batch, solver).reduced, [[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]])


def test_read_and_refuse(chain: OdeSystem) -> None:
    assert read_reduction("max(H2O2_m)") == Reduction("max", "H2O2_m")
    assert read_reduction(" above( B , 1e-3 ) ") == Reduction("above", "B", level=1e-3)
    assert read_reduction("B") is None
    assert str(Reduction("above", "B", level=0.25)) == "above(B, 0.25)"
    for text, hint in (("maxi(B)", "max"), ("above(B)", "level"), ("max(B, 2)", "no level"), ("above(B, x)", "number")):
        with pytest.raises(DesignError, match=hint):
            read_reduction(text)
    batch = Batch(system=chain, times=np.array([0.0, 1.0]), rows=1, reductions=(Reduction("max", "Bee"),))
    for solver in ("scipy", choose(batch)[0].name):
        with pytest.raises(DesignError, match="Bee"):
            solve_batch(batch, solver)
