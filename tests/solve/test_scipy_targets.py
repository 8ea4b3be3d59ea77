"""The reference solver on compiled equations and on the python target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from redoxsim import equations, network
from redoxsim.errors import BuildError
from redoxsim.network import Network
from redoxsim.solve import SOLVERS, Batch, Dose, Problem, Schedule, Solution, solve, with_scipy
from redoxsim.solve.with_scipy import ScipyIntegrator
from redoxsim.study import engine

NetworkOf = Callable[..., Network]


def problem(network_of: NetworkOf, **settings: object) -> Problem:
    net = network_of(
        ["A -> B; k*A", "B -> ; V*B/(Km + B)*(1 + piecewise(1, time > 4, 0))"],
        species={"A": 1.0}, parameters={"k": 0.5, "V": 1.3, "Km": 0.2}, events=["3: A = 2"],
    )  # fmt: skip
    doses = (Dose(time=1.0, target="B", action="infuse", amount=0.4, until=2.5),)
    usual: dict[str, object] = {"times": np.linspace(0.0, 8.0, 33), "schedule": Schedule(doses), "rtol": 1e-9}
    return Problem(system=equations.build(net), **(usual | settings))  # type: ignore[arg-type]


def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(system: object) -> object:
        raise BuildError("llvmlite does not work here: hidden")

    monkeypatch.setattr(with_scipy, "pointwise", missing)


@pytest.mark.parametrize("name", ["scipy", "scipy:bdf", "scipy:radau"])
def test_targets_agree_on_every_feature(network_of: NetworkOf, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = solve(problem(network_of), name)
    no_compiler(monkeypatch)
    other = solve(problem(network_of), name)
    np.testing.assert_allclose(one.y, other.y, rtol=1e-7, atol=1e-11)
    assert np.ptp(one["B"]) > 0.1


def test_the_compiled_one_is_taken_where_it_is(network_of: NetworkOf) -> None:
    pytest.importorskip("llvmlite")
    system = problem(network_of).system
    assert "BoundPointwise" in type(ScipyIntegrator(system, "lsoda", "scipy")._bind(start(system))).__name__
    assert "_Plain" in type(ScipyIntegrator(system, "lsoda", "scipy", target="python")._bind(start(system))).__name__


def start(system: equations.OdeSystem) -> np.ndarray:
    return with_scipy.compile_system(system).initial()[1]


def test_a_rate_that_is_not_a_number_ends_both_alike(network_of: NetworkOf) -> None:
    net = network_of(["A -> ; k", "B -> A; sqrt(A)"], species={"A": 1.0, "B": 1.0}, parameters={"k": 2.0})
    made = Problem(system=equations.build(net), times=np.linspace(0.0, 3.0, 7))
    ends = [solve(made, name, throw=False) for name in ("scipy", "scipy:python")]
    assert [end.status.ok for end in ends] == [False, False]
    assert ends[0].status is ends[1].status


def test_the_check_of_a_design_shares_no_code_with_the_kernel(
    network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample is solved by the python target: no compiled equations are asked for while it is."""
    asked: list[str] = []
    inner = ScipyIntegrator.__init__

    def note(self: ScipyIntegrator, system: object, method: str, name: str, *, target: str = "llvm") -> None:
        asked.append(target)
        inner(self, system, method, name, target=target)  # type: ignore[arg-type]

    monkeypatch.setattr(ScipyIntegrator, "__init__", note)
    made = problem(network_of)
    batch = Batch(
        system=made.system, times=made.times, rows=5, columns={"k": np.linspace(0.3, 0.7, 5)}, observe=("A", "B")
    )
    run = engine.run(batch, solver="rosenbrock")
    assert run.check is not None
    assert len(run.check.rows) == 3
    assert 0.0 < run.check.largest < 1e-3
    assert asked == ["python"]


def test_a_shipped_model_under_a_dose() -> None:
    system = equations.build(network.read("trx"))
    made = Problem(
        system=system, times=np.linspace(0.0, 48 * 3600.0, 25), start="steady", rtol=1e-9,
        schedule=Schedule((Dose(time=0.0, target="TXNRD1", action="set", amount=0.2),)),
    )  # fmt: skip
    found: dict[str, Solution] = {name: solve(made, name) for name in ("scipy", "scipy:python")}
    one, other = found["scipy"], found["scipy:python"]
    scale = np.abs(other.y).max(axis=1, keepdims=True) * 1e-3 + np.abs(other.y)
    assert float(np.max(np.abs(one.y - other.y) / scale)) < 1e-6
    assert {"scipy", "scipy:python"} <= SOLVERS.keys()
