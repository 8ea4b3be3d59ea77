"""Instants at which the equations themselves jump: the same for many rows at once as for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from small_networks import network_of

from redoxsim import equations
from redoxsim.codegen import compile_system
from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.solve import Batch, Problem, solve, solve_batch
from redoxsim.solve.switches import _searched, switch_times, switch_times_rows

RATES = {
    "pulse": "piecewise(k, time >= on && time < off, 0)",
    "later": "piecewise(k, 2*(time - on) - 3*off > 1, 0)",
    "clock": "piecewise(k, time - off*floor(time/off) < on, 0)",
    "wave": "piecewise(k, sin(on*time) > 0.5, 0)",
    "square": "piecewise(k, time*time > on, 0)",
}


def compiled(rate: str) -> CompiledSystem:
    net = network_of([f"make: -> A; {rate}"], species={"A": 0.0}, parameters={"k": 1.0, "on": 1.0, "off": 3.0})
    return compile_system(equations.build(net))


def constants(made: CompiledSystem, **columns: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = len(next(iter(columns.values())))
    return made.initial_rows(columns, rows)[1]


@pytest.mark.parametrize("name", RATES)
def test_rows_at_once_are_rows_one_by_one(name: str) -> None:
    made = compiled(RATES[name])
    rng = np.random.default_rng(2)
    p = constants(made, on=rng.uniform(0.1, 4.0, 9), off=rng.uniform(1.0, 9.0, 9))
    found = switch_times_rows(made, p, 0.0, 20.0)
    assert found == [switch_times(made, row, 0.0, 20.0) for row in p]
    assert all(found)


@pytest.mark.parametrize(("name", "straight"), [("pulse", True), ("later", True), ("clock", False), ("square", False)])
def test_straight_lines_are_known_by_their_form(name: str, straight: bool) -> None:
    assert compiled(RATES[name]).switches_affine is straight


@given(on=st.floats(0.01, 9.0), width=st.floats(0.01, 9.0))
def test_edges_of_a_pulse_are_found_where_they_are(on: float, width: float) -> None:
    made = compiled(RATES["pulse"])
    p = constants(made, on=np.array([on]), off=np.array([on + width]))
    assert switch_times(made, p[0], 0.0, 20.0) == (on, on + width)


@pytest.mark.parametrize("on", [0.0, 20.0])
def test_what_switches_at_the_border_of_a_run_is_no_switch_in_it(on: float) -> None:
    made = compiled(RATES["pulse"])
    p = constants(made, on=np.array([on]), off=np.array([7.0]))
    assert switch_times(made, p[0], 0.0, 20.0) == (7.0,)


def test_the_two_ways_agree() -> None:
    made = compiled(RATES["later"])
    for on, off in np.random.default_rng(4).uniform(0.5, 4.0, (20, 2)).tolist():
        (p,) = constants(made, on=np.array([on]), off=np.array([off]))
        assert switch_times(made, p, 0.0, 20.0) == pytest.approx(_searched(made, p, 0.0, 20.0), rel=1e-14)


def test_only_constants_of_switches_tell_rows_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    made = compiled(RATES["clock"])
    calls = []
    real = _searched

    def counted(*arguments: object) -> tuple[float, ...]:
        calls.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("redoxsim.solve.switches._searched", counted)
    p = constants(made, k=np.array([1.0, 2.0, 3.0, 4.0]), on=np.array([1.0, 1.0, 2.0, 1.0]))
    found = switch_times_rows(made, p, 0.0, 10.0)
    assert len(calls) == 2
    assert found[0] == found[1] == found[3] != found[2]


def test_a_batch_sees_every_pulse() -> None:
    made = compiled(RATES["pulse"])
    on, off = np.array([0.5, 2.0, 7.0]), np.array([0.5005, 2.5, 8.0])
    batch = Batch(
        system=made.system, times=np.array([0.0, 10.0]), rows=3, columns={"on": on, "off": off}, observe=("A",)
    )
    for solver in ("rosenbrock", "scipy"):
        assert solve_batch(batch, solver).values[:, 0, -1] == pytest.approx(off - on, rel=1e-6)
    one = Problem(system=made.system, times=np.array([0.0, 10.0]), values={"on": 0.5, "off": 0.5005})
    assert solve(one).y[0, -1] == pytest.approx(0.0005, rel=1e-6)
