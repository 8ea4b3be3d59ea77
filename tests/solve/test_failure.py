"""Failing runs explain themselves, in words, with names; nothing is printed."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.errors import SolveError
from redoxsim.network import Network
from redoxsim.solve import SOLVERS, Batch, Problem, Solution, Status, solve, solve_batch

WORKING = [name for name, solver in SOLVERS.items() if solver.available() is None]
BLOW_UP = network_of(["slow: -> Y; 0.1", "grow: -> X; X^2"], species={"X": 1.0, "Y": 0.0})
LOGARITHM = network_of(["use: A -> ; 1.0", "bad: -> B; ln(A - 0.5)"], species={"A": 1.0})
AT_ONCE = network_of(["bad: A -> ; k*A/(B - B)"], species={"A": 1.0, "B": 2.0}, parameters={"k": 3.0})
STIFF = network_of(["A -> B; 0.04*A", "2 B -> B + C; 3e7*B^2", "B + C -> A + C; 1e4*B*C"], species={"A": 1.0})


def run(net: Network, solver: str, **settings: object) -> Solution:
    return solve(
        Problem(**({"system": equations.build(net), "times": np.linspace(0, 3, 31)} | settings)), solver, throw=False
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("solver", WORKING)
def test_blow_up(solver: str) -> None:
    sol = run(BLOW_UP, solver)
    assert sol.status in (Status.STEP_TOO_SMALL, Status.NOT_A_NUMBER, Status.STEP_BUDGET)
    known = np.isfinite(sol["X"])
    assert known[0]
    assert not known[-1]
    assert np.all(np.diff(known.astype(int)) <= 0)
    np.testing.assert_allclose(sol["X"][known][:8], 1 / (1 - sol.times[known][:8]), rtol=2e-4)
    assert sol.report is not None
    assert sol.report.largest_rates[0][0] == "grow"
    assert sol.report.time <= 1.001
    assert "hint" in str(sol.report)
    assert sol.end is None


@pytest.mark.parametrize("solver", WORKING)
def test_bad_mathematics_is_named_with_its_inputs(solver: str) -> None:
    sol = run(AT_ONCE, solver)
    assert sol.status is Status.NOT_A_NUMBER
    assert sol.report is not None
    culprit = sol.report.not_a_number
    assert culprit is not None
    assert culprit.where == "the rate of bad"
    assert culprit.inputs["B"] == 2.0
    assert math.isinf(culprit.value) or math.isnan(culprit.value)
    with pytest.raises(SolveError, match="rate of bad") as caught:
        solve(Problem(system=equations.build(AT_ONCE), times=[0.0, 1.0]), solver)
    assert isinstance(caught.value.solution, Solution)


@pytest.mark.parametrize("solver", WORKING)
def test_leaving_the_domain_on_the_way(solver: str) -> None:
    sol = run(LOGARITHM, solver)
    assert not sol.status.ok
    assert 0.3 < sol.report.time < 0.61  # type: ignore[union-attr]
    assert not np.isfinite(sol["B"][-1])


@pytest.mark.parametrize("solver", [name for name in WORKING if name != "cvode"])
def test_step_budget_is_for_the_whole_run(solver: str) -> None:
    settings = {"times": np.linspace(0, 1e4, 200), "max_steps": 40}
    sol = run(STIFF, solver, **settings)
    assert sol.status is Status.STEP_BUDGET
    assert np.isfinite(sol["A"][0])
    assert not np.isfinite(sol["A"][-1])


def test_cvode_reports_its_budget() -> None:
    if "cvode" not in WORKING:
        pytest.skip("libRoadRunner is not here")
    assert run(STIFF, "cvode", times=[0.0, 1e5], max_steps=5).status is Status.STEP_BUDGET


def test_going_below_zero_is_reported_not_hidden() -> None:
    sol = run(network_of(["A -> ; 1.0"], species={"A": 1.0}), "scipy")
    assert sol.status.ok
    assert sol["A"][-1] == pytest.approx(-2.0)
    assert any("A went below zero" in text for text in sol.warnings)
    assert run(network_of(["A -> ; A"], species={"A": 1.0}), "scipy").warnings == ()


@pytest.mark.parametrize("solver", WORKING)
def test_nothing_is_printed_and_no_warning_leaks(solver: str, capfd: pytest.CaptureFixture[str]) -> None:
    batch = Batch(
        system=equations.build(BLOW_UP),
        times=[0.0, 0.5, 2.0],
        rows=3,
        columns={"X": np.array([0.0, 2.0, 5.0])},
        observe=("X", "slow"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = solve_batch(batch, solver)
    assert capfd.readouterr() == ("", "")
    assert result.ok.tolist() == [True, False, False]  # a bad row touches no other
    assert set(result.messages) == {1, 2}
    assert result.values.shape == (3, 2, 3)
    assert np.isfinite(result.values[0]).all()
    assert np.isnan(result.values[2, :, -1]).all()


def test_batch_progress_and_cancel() -> None:
    batch = Batch(system=equations.build(STIFF), times=[0.0, 1.0], rows=5, observe=("A",))
    done: list[int] = []
    result = solve_batch(batch, "scipy", progress=done.append, cancel=lambda: len(done) >= 3)
    assert done == [1, 2, 3]
    assert [status is Status.INTERRUPTED for status in result.status] == [False] * 3 + [True] * 2
    assert np.isnan(result.values[3:]).all()


@pytest.mark.parametrize("solver", WORKING)
def test_rows_equal_single_runs(solver: str) -> None:
    system = equations.build(STIFF)
    batch = Batch(
        system=system, times=[0.0, 5.0, 40.0], rows=4, columns={"A": np.array([1.0, 2.0, 0.5, 1.0])}, observe=("B", "C")
    )
    result = solve_batch(batch, solver)
    for row in range(4):
        assert np.array_equal(result.values[row], solve(batch.row(row), solver).values(["B", "C"]))
