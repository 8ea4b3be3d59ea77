"""The batch kernel: rows alone, together, in threads and blocks; schedules; failures."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_networks import network_of

llvmlite = pytest.importorskip("llvmlite")

import redoxsim.codegen.llvm.host as host_module  # noqa: E402
import redoxsim.codegen.llvm.kernel as kernel_module  # noqa: E402
from redoxsim import beside, equations  # noqa: E402
from redoxsim.codegen.llvm.control import CONTROLLERS  # noqa: E402
from redoxsim.codegen.llvm.kernel import kernel  # noqa: E402
from redoxsim.codegen.llvm.run import execute  # noqa: E402
from redoxsim.equations import OdeSystem  # noqa: E402
from redoxsim.errors import PerformanceWarning, Unsupported  # noqa: E402
from redoxsim.network import Network  # noqa: E402
from redoxsim.solve import Batch, Dose, Problem, Schedule, Status, choose, solve, solve_batch, steady  # noqa: E402
from redoxsim.solve import rosenbrock as module  # noqa: E402
from redoxsim.solve.rosenbrock import RosenbrockSolver  # noqa: E402

NetworkOf = Callable[..., Network]
TIMES = np.linspace(0.0, 20.0, 11)


@pytest.fixture(scope="module")
def system(network_of: NetworkOf) -> OdeSystem:
    """A drug in a medium that inhibits the enzyme of a stiff cycle."""
    return equations.build(
        network_of(
            [
                "uptake: D -> ; kin*D*m",
                "make: -> H; m*v",
                "clear: H -> ; m*V*E*H/(Km + H)",
                "hit: E -> ; m*ki*D*E",
                "renew: -> E; m*kd*(1 - E)",
                "slow: H -> P; m*1e-3*H^h",
            ],
            species={"D": 0.0, "H": 0.01, "E": 1.0, "P": 0.0},
            parameters={"kin": 0.1, "v": 1.0, "V": 400.0, "Km": 0.5, "ki": 0.8, "kd": 0.05, "h": 1.4},
            compartments={"m": 2.0},
            rules=["active := E/(E + 0.1)"],
        )
    )


SCHEDULES = (
    Schedule(),
    Schedule((Dose(time=0.0, target="D", action="add", amount=3.0),)),
    Schedule((Dose(time=-4.0, target="D", action="add", amount=1.0), Dose(time=5.0, target="m", action="wash"))),
    Schedule(
        (
            Dose(time=1.0, target="D", action="infuse", amount=0.5, until=9.0),
            Dose(time=12.0, target="V", action="set", amount=100.0),
        )
    ),
)  # fmt: skip


def batch_of(system: OdeSystem, rows: int = 23, **settings: object) -> Batch:
    rng = np.random.default_rng(7)
    columns = {
        "ki": rng.uniform(0.1, 2.0, rows),
        "V": rng.uniform(100.0, 900.0, rows),
        "H": rng.uniform(1e-3, 0.1, rows),
    }
    usual = {
        "observe": ("H", "active", "clear", "E", "V"),
        "schedules": SCHEDULES,
        "schedule_index": np.arange(rows) % 4,
    }
    return Batch(system=system, times=TIMES, rows=rows, columns=columns, **(usual | settings))  # type: ignore[arg-type]


def test_rows_agree_with_scipy(system: OdeSystem) -> None:
    batch = batch_of(system, 8, rtol=1e-8)
    got = RosenbrockSolver().solve_batch(batch)
    expected = solve_batch(replace(batch, rtol=1e-10), "scipy:python")
    assert got.ok.all()
    np.testing.assert_allclose(got.values, expected.values, rtol=2e-6)
    assert {stat.solver for stat in got.stats} == {"rosenbrock"}


@pytest.mark.parametrize("method", ["auto", "rodas5p", "rodas4", "rodas4p", "rodas4p2", "rodas5"])
def test_error_follows_the_tolerance(system: OdeSystem, method: str) -> None:
    reference = solve_batch(batch_of(system, 4, rtol=1e-11), "scipy:python").values
    for rtol in (1e-4, 1e-6, 1e-8):
        got = RosenbrockSolver(method=method).solve_batch(batch_of(system, 4, rtol=rtol)).values
        assert np.max(np.abs(got / reference - 1.0)) < 30.0 * rtol


@pytest.mark.parametrize("method", ["rodas3", "ros34pw2"])
def test_methods_of_order_three(system: OdeSystem, method: str) -> None:
    reference = solve_batch(batch_of(system, 4, rtol=1e-11), "scipy").values
    for rtol in (1e-3, 1e-5):
        got = RosenbrockSolver(method=method).solve_batch(batch_of(system, 4, rtol=rtol)).values
        assert np.max(np.abs(got / reference - 1.0)) < 100.0 * rtol


def test_method_follows_tolerance_and_time(system: OdeSystem, network_of: NetworkOf) -> None:
    assert module.method_for(system, 1e-3) == "rodas4p2"
    assert module.method_for(system, 1e-6) == "rodas5"
    timed = network_of(["A -> ; A*(2 + sin(time))"], species={"A": 1.0})
    assert module.method_for(equations.build(timed), 1e-6) == "rodas5p"


@pytest.mark.parametrize("control", CONTROLLERS)
def test_controllers(system: OdeSystem, control: str) -> None:
    """Every controller keeps the tolerance and takes a sensible number of steps."""
    batch = batch_of(system, 4, rtol=1e-6, schedules=(Schedule(),), schedule_index=np.zeros(4, dtype=np.intp))
    solver = RosenbrockSolver(method="rodas5")
    many = module._Many(solver, batch, None, None)
    plain = solver.kernel(batch, ())
    built = kernel(batch.system, replace(plain.recipe, control=CONTROLLERS[control](5)))
    rows = np.arange(4)
    outcome = execute(built, built.observer(batch.observe), many.job(rows, many.starts(rows)))
    reference = solve_batch(replace(batch, rtol=1e-11), "scipy").values
    assert np.max(np.abs(outcome.values / reference - 1.0)) < 3e-5
    assert np.all(outcome.status == 0)
    assert np.all(outcome.steps < 200)
    assert np.all(outcome.rejected < 0.3 * outcome.steps)


def test_bits_do_not_depend_on_company(system: OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = batch_of(system)
    expected = RosenbrockSolver(threads=1).solve_batch(whole).values

    def part(rows: np.ndarray) -> Batch:
        return replace(
            whole, rows=len(rows), columns={name: column[rows] for name, column in whole.columns.items()},
            schedule_index=whole.schedule_index[rows],  # type: ignore[index]
        )  # fmt: skip

    shuffled = np.random.default_rng(1).permutation(whole.rows)
    for solver, rows in (
        (RosenbrockSolver(threads=3), np.arange(whole.rows)), (RosenbrockSolver(threads=2), shuffled),
        (RosenbrockSolver(width=1), np.arange(whole.rows)), (RosenbrockSolver(width=2), shuffled[:5]),
        (RosenbrockSolver(), np.array([4])),
    ):  # fmt: skip
        np.testing.assert_array_equal(solver.solve_batch(part(rows)).values, expected[rows])
    monkeypatch.setattr(module, "BLOCK_BYTES", 0)
    monkeypatch.setattr(module, "SMALLEST_PART", 2)
    for threads in (1, 2):
        np.testing.assert_array_equal(RosenbrockSolver(threads=threads).solve_batch(whole).values, expected)
    for row in (0, 2, 3):
        solution = RosenbrockSolver().solve(whole.row(row))
        np.testing.assert_array_equal(solution.values(["H", "E", "V"]), expected[row, [0, 3, 4]])


def test_outputs_do_not_steer(system: OdeSystem) -> None:
    batch = batch_of(system)
    few = RosenbrockSolver().solve_batch(replace(batch, times=TIMES[[0, 3, 10]]))
    many = RosenbrockSolver().solve_batch(replace(batch, times=np.linspace(0.0, 20.0, 1001)))
    np.testing.assert_array_equal(many.values[:, :, [0, 300, 1000]], few.values)
    assert [s.steps for s in few.stats] == [s.steps for s in many.stats]


def test_failed_rows_are_solved_again(network_of: NetworkOf) -> None:
    """A blow-up, a rate without value, and a good row beside them."""
    net = network_of(["A -> ; -k*A^2 + q*(A - 5)^r"], species={"A": 1.0}, parameters={"k": 1.0, "q": 0.0, "r": 2.0})
    columns = {"k": np.array([-1.0, 1.0, -1.0]), "q": np.array([0.0, 0.0, 1.0]), "r": np.array([2.0, 2.0, 0.5])}
    batch = Batch(system=equations.build(net), times=TIMES, rows=3, columns=columns, observe=("A",))
    result = RosenbrockSolver().solve_batch(batch)
    assert result.status[0] is Status.OK
    np.testing.assert_allclose(result.values[0, 0], 1.0 / (1.0 + TIMES), rtol=1e-5)
    assert not result.status[1].ok
    assert result.status[2] is Status.NOT_A_NUMBER
    assert set(result.messages) == {1, 2}
    assert "solved again with scipy" in result.messages[1]
    assert np.isnan(result.values[1, 0, -1])
    assert result.stats[1].solver == "scipy"


def test_step_budget(system: OdeSystem) -> None:
    result = RosenbrockSolver().solve_batch(batch_of(system, 3, max_steps=3))
    assert set(result.status) == {Status.STEP_BUDGET}
    # who sets a budget below the usual one wants to wait no longer: nothing is solved again
    assert set(result.messages.values()) == {f"rosenbrock: {Status.STEP_BUDGET.value}"}
    assert {one.solver for one in result.stats} == {"rosenbrock"}


def test_steady_start(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network_of(["-> A; v", "A -> ; k*A"], species={"A": 9.0}, parameters={"v": 2.0, "k": 4.0})
    columns = {"v": np.array([2.0, 3.0, 2.0, -1.0])}
    batch = Batch(
        system=equations.build(net), times=np.array([0.0, 5.0]), rows=4, columns=columns, observe=("A",), start="steady"
    )
    result = RosenbrockSolver().solve_batch(batch)
    np.testing.assert_allclose(result.values[:3, 0], [[0.5, 0.5], [0.75, 0.75], [0.5, 0.5]], rtol=1e-12)
    assert result.status[3] is Status.NO_STEADY_STATE
    assert np.isnan(result.values[3]).all()
    monkeypatch.setattr(module, "BLOCK_BYTES", 0)
    monkeypatch.setattr(module, "SMALLEST_PART", 2)
    parted = RosenbrockSolver().solve_batch(batch)
    np.testing.assert_array_equal(parted.values, result.values)
    assert parted.status == result.status
    assert parted.messages == result.messages


def test_cancel_and_progress(system: OdeSystem) -> None:
    heard: list[int] = []
    done = RosenbrockSolver(threads=1).solve_batch(batch_of(system), progress=heard.append)
    assert done.ok.all()
    assert heard[-1] == 23
    assert heard == sorted(heard)
    stopped = RosenbrockSolver().solve_batch(batch_of(system), cancel=lambda: True)
    assert set(stopped.status) == {Status.INTERRUPTED}
    assert np.isnan(stopped.values).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_parts_of_a_batch(system: OdeSystem, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """Progress never goes back; a stop keeps the rows that are done; an interrupt leaves no thread at work."""
    monkeypatch.setattr(module, "BLOCK_BYTES", 0)
    monkeypatch.setattr(module, "SMALLEST_PART", 5)
    solver, whole = RosenbrockSolver(threads=threads), batch_of(system)
    expected = RosenbrockSolver().solve_batch(whole).values
    heard: list[int] = []
    solver.solve_batch(whole, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == whole.rows

    heard.clear()
    stopped = solver.solve_batch(whole, progress=heard.append, cancel=lambda: bool(heard) and heard[-1] >= 5)
    done = np.array([status is Status.OK for status in stopped.status])
    assert set(stopped.status) == {Status.OK, Status.INTERRUPTED}
    np.testing.assert_array_equal(stopped.values[done], expected[done])
    assert np.isnan(stopped.values[~done]).all()

    before = threading.active_count()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solver.solve_batch(whole, progress=interrupt)
    assert threading.active_count() == before


def test_kernels_are_built_ahead(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another process builds both kernels of a start at rest; this one only loads them, and the values are the same."""
    net = network_of(["-> A; v", "A -> ; k*A"], species={"A": 9.0}, parameters={"v": 2.0, "k": 4.0})
    batch = Batch(
        system=equations.build(net), times=TIMES, rows=3, observe=("A",), start="steady",
        columns={"v": np.array([2.0, 3.0, 2.0])}, schedule_index=np.zeros(3, dtype=np.intp),
        schedules=(Schedule((Dose(time=0.0, target="A", action="add", amount=3.0),)),),
    )  # fmt: skip
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path))
    monkeypatch.setattr(beside, "can_fork", lambda: hasattr(os, "fork"))
    built: list[str] = []
    inner = kernel_module._built

    def noted(system: OdeSystem, recipe: kernel_module.Recipe) -> object:
        built.append(recipe.method)
        return inner(system, recipe)

    monkeypatch.setattr(kernel_module, "_built", noted)
    kernel_module._MEMORY.clear()
    RosenbrockSolver().build_ahead(batch)
    ahead = RosenbrockSolver().solve_batch(batch)
    assert built == []
    assert not kernel_module._AHEAD
    kernel_module._MEMORY.clear()
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "empty"))
    here = RosenbrockSolver().solve_batch(batch)
    assert sorted(built) == ["rodas5", module.TO_REST]
    np.testing.assert_array_equal(ahead.values, here.values)


def test_nothing_to_do(system: OdeSystem) -> None:
    empty = RosenbrockSolver().solve_batch(batch_of(system, 0))
    assert empty.values.shape == (0, 5, 11)
    unseen = RosenbrockSolver().solve_batch(batch_of(system, 5, observe=()))
    assert unseen.ok.all()
    one = RosenbrockSolver().solve_batch(batch_of(system, 2, observe=("V",), schedule_index=np.zeros(2, dtype=np.intp)))
    np.testing.assert_array_equal(one.values[:, 0, 0], batch_of(system, 2).columns["V"])
    single = RosenbrockSolver().solve(Problem(system=system, times=np.array([0.0])))
    np.testing.assert_array_equal(single["H"], [0.01])


def test_conserved_totals(network_of: NetworkOf) -> None:
    net = network_of(["A + B -> C; 1e4*A*B", "C -> A + B; 3*C"], species={"A": 2.0, "B": 1e-3, "C": 0.0})
    batch = Batch(system=equations.build(net), times=np.linspace(0, 1e4, 7), rows=1, observe=("A", "B", "C"), rtol=1e-3)
    a, b, c = RosenbrockSolver().solve_batch(batch).values[0]
    np.testing.assert_allclose(a + c, 2.0, rtol=1e-12)
    np.testing.assert_allclose(b + c, 1e-3, rtol=1e-9)


def test_refusals(network_of: NetworkOf) -> None:
    jumping = network_of(
        ["A -> ; A"],
        species={"A": 1.0},
        parameters={"q": 2.0},
        rules=["c := q*2"],
        events=["1: q = 3"],
        compartments={"c": 1.0},
    )
    problem = Problem(system=equations.build(jumping), times=np.array([0.0, 2.0]))
    with pytest.raises(Unsupported, match="compartment 'c'"):
        RosenbrockSolver().solve(problem)
    still = network_of([], parameters={"q": 1.0})
    with pytest.raises(Unsupported, match="without differential"):
        RosenbrockSolver().solve(Problem(system=equations.build(still), times=np.array([0.0])))


def test_failed_single_run_says_why(network_of: NetworkOf) -> None:
    net = network_of(["-> A; A^2"], species={"A": 1.0})
    problem = Problem(system=equations.build(net), times=np.array([0.0, 2.0]))
    solution = RosenbrockSolver().solve(problem)
    assert not solution.status.ok
    assert solution.report is not None
    assert solve(problem, "scipy", throw=False).status is solution.status


def test_steady_states_are_those_of_newton(network_of: NetworkOf) -> None:
    """Found in the kernel for every distinct set of values, and at rest to the last digits; a total is kept."""
    net = network_of(
        ["-> H; v", "H + R -> X; k*H*R", "X -> R; q*X", "-> E; e*(ref - E)", "H -> ; E*H"],
        species={"H": 0.0, "R": 2.0, "X": 0.5, "E": 1.0},
        parameters={"v": 1.0, "k": 300.0, "q": 0.4, "e": 0.01, "ref": 2.0},
        initial={"ref": "3*E"},
    )  # fmt: skip
    columns = {"k": np.array([300.0, 3.0, 300.0, 7.0]), "R": np.array([1.0, 2.0, 1.0, 0.3]), "e": np.full(4, 0.02)}
    columns["ref"] = np.array([2.0, 1.0, 2.0, 0.5])
    batch = Batch(
        system=equations.build(net), times=np.array([0.0, 3.0]), rows=4, columns=columns, start="steady",
        observe=("H", "R", "X", "E"),
    )  # fmt: skip
    result = RosenbrockSolver().solve_batch(batch)
    assert result.ok.all()
    assert {stat.solver for stat in result.stats} == {"rosenbrock"}
    for row in range(4):
        expected = steady(batch.row(row))
        for index, name in enumerate(batch.observe):
            np.testing.assert_allclose(result.values[row, index], expected.values[name], rtol=1e-9)
    np.testing.assert_array_equal(result.values[0], result.values[2])


def test_steady_start_of_what_never_rests(network_of: NetworkOf) -> None:
    net = network_of(["-> A; v", "A -> B; A - B"], species={"A": 1.0}, parameters={"v": 1.0})
    settings = {"times": np.array([0.0, 1.0]), "rows": 2, "observe": ("A",), "start": "steady"}
    columns = {"v": np.array([0.0, 1.0])}
    result = RosenbrockSolver().solve_batch(Batch(system=equations.build(net), columns=columns, **settings))  # type: ignore[arg-type]
    assert result.status == (Status.OK, Status.NO_STEADY_STATE)
    np.testing.assert_allclose(result.values[0, 0], 0.5, rtol=1e-9)


def test_tolerances_are_those_of_the_reference_solver(system: OdeSystem) -> None:
    """The typical sizes of many rows at once, row by row the rule of one."""
    batch = batch_of(system, 8)
    solver = RosenbrockSolver()
    for row in range(8):
        expected = solve(replace(batch.row(row), times=np.array([0.0])), "scipy").atol
        np.testing.assert_allclose(solver.solve(batch.row(row)).atol, expected, rtol=1e-12)


def test_without_llvmlite_everything_goes_to_scipy(system: OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    for remembered in (host_module.host, host_module.library):
        remembered.cache_clear()
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    try:
        problem = Problem(system=system, times=TIMES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PerformanceWarning)  # said once per process
            chosen, reason = choose(problem)
        assert chosen.name == "scipy"
        assert "llvmlite" in reason
        assert solve(problem).status.ok
        with pytest.raises(Unsupported, match="llvmlite"):
            solve(problem, "rosenbrock")
    finally:
        host_module.host.cache_clear()
        host_module.library.cache_clear()


def test_too_large_goes_on_and_says_why(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "LARGEST", 400)
    size = 401
    net = network_of([f"S{i} -> ; S{i}" for i in range(size)], species={f"S{i}": 1.0 for i in range(size)})
    chosen, reason = choose(Problem(system=equations.build(net), times=np.array([0.0, 1.0])))
    assert chosen.name == "scipy"
    assert "401 states" in reason


def test_rows_that_fail_may_be_left_as_they_are() -> None:
    system = equations.build(network_of(["grow: -> A; k*A*A"], species={"A": 1.0}, parameters={"k": 1.0}))
    batch = Batch(system=system, times=np.linspace(0.0, 2.0, 5), rows=2, columns={"k": np.array([0.1, 5.0])})
    found = RosenbrockSolver(again=False).solve_batch(batch)
    assert found.ok.tolist() == [True, False]
    assert found.messages[1] == f"rosenbrock: {found.status[1].value}"
    assert [one.solver for one in found.stats] == ["rosenbrock", "rosenbrock"]
    assert "scipy" in RosenbrockSolver().solve_batch(batch).messages[1]
