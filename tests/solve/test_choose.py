"""Which solver, why, and what happens where libRoadRunner and its kin are missing."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.errors import DesignError, Unsupported
from redoxsim.solve import SOLVERS, Dose, Problem, Schedule, available, choose, get, needs, solve
from redoxsim.solve import choose as choose_function
from redoxsim.solve.choose import PieceSolver

NET = network_of(["A -> B; k*A"], species={"A": 1.0}, parameters={"k": 1.0}, events=["3: A = 2"])
PROBLEM = Problem(
    system=equations.build(NET),
    times=np.linspace(0, 5, 6),
    schedule=Schedule((Dose(time=0, target="A", action="infuse", amount=1.0, until=2.0),)),
)


def test_needs_are_found() -> None:
    assert needs(PROBLEM) == {"events", "infusion"}
    growing = network_of(["A -> ; piecewise(1, time < 3, 0)"], species={"A": 1.0}, rules=["c' = 1"])
    assert needs(Problem(system=equations.build(growing), times=[0.0])) == {"switches", "dilution"}


def test_unknown_solver_suggests() -> None:
    with pytest.raises(DesignError, match="did you mean 'scipy'"):
        get("scpy")


def test_auto_takes_the_kernel_and_says_why() -> None:
    solver, reason = choose(PROBLEM)
    assert solver.name == "rosenbrock"
    assert reason
    assert choose(PROBLEM, "scipy:bdf")[1] == "asked for"


def test_what_a_solver_lacks_is_refused_before_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(system: object) -> object:
        raise AssertionError("it must not start")

    poor = PieceSolver("poor", frozenset({"events"}), never, lambda: None)  # type: ignore[arg-type]
    monkeypatch.setitem(SOLVERS, "poor", poor)  # type: ignore[arg-type]
    with pytest.raises(Unsupported, match=r"'poor' does not do infusions.*these can: .*scipy"):
        solve(PROBLEM, "poor")


@pytest.fixture
def without_roadrunner(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def absent(
        name: str, globals: Mapping[str, object] | None = None, locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (), level: int = 0,
    ) -> object:  # fmt: skip
        if name.split(".")[0] in ("roadrunner", "antimony", "tellurium"):
            raise ImportError(f"lib{name}.so: cannot open shared object file")
        return original(name, globals, locals, fromlist or (), level)

    monkeypatch.setattr(builtins, "__import__", absent)


@pytest.mark.usefixtures("without_roadrunner")
def test_everything_else_works_without_libroadrunner() -> None:
    reasons = available()
    assert "roadrunner" in str(reasons.pop("cvode"))
    assert set(reasons.values()) == {None}
    assert solve(PROBLEM).status.ok
    assert choose_function(PROBLEM)[0].name == "rosenbrock"
    with pytest.raises(Unsupported, match=r"'cvode' does not work here.*cannot open shared object"):
        solve(PROBLEM, "cvode")
