"""Default absolute tolerances follow the typical size of each state."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.solve import Dose, Problem, Schedule, solve

NET = network_of(
    ["D_x -> D; u*D_x", "D + E -> DE; k*D*E", "H -> ; 1e3*H", "-> H; 1e-3", "Z -> Y; 0*Z"],
    species={"G": 5e3, "H": 1e-6, "E": 0.5, "D_x": 0.0, "D": 0.0, "DE": 0.0, "Z": 0.0, "Y": 0.0},
    parameters={"u": 1.0, "k": 2.0},
)
SYSTEM = equations.build(NET)


def atol(**settings: object) -> dict[str, float]:
    solution = solve(Problem(system=SYSTEM, times=[0.0], **settings))  # type: ignore[arg-type]
    return dict(zip(SYSTEM.states, solution.atol, strict=True))


def test_nanomolar_beside_millimolar() -> None:
    found = atol(rtol=1e-6)
    assert found["G"] == pytest.approx(5e3 * 1e-9)
    assert found["H"] == pytest.approx(max(1e-6, 1e-12 * 5e3) * 1e-9)


def test_doses_give_a_size_and_pass_it_on() -> None:
    dosed = atol(schedule=Schedule((Dose(time=3.0, target="D_x", action="add", amount=2.0),)))
    assert dosed["D_x"] == pytest.approx(2e-9)
    assert dosed["D"] == pytest.approx(2e-9)  # made from D_x
    assert dosed["DE"] == pytest.approx(0.5e-9)  # made from D and the scarcer E
    infused = atol(schedule=Schedule((Dose(time=0.0, target="D_x", action="infuse", amount=0.5, until=8.0),)))
    assert infused["D_x"] == pytest.approx(4e-9)


def test_what_stays_zero_has_a_positive_tolerance() -> None:
    assert all(value > 0 for value in atol().values())


def test_given_tolerances_are_used_as_given() -> None:
    assert set(atol(atol=1e-7).values()) == {1e-7}
    vector = np.linspace(1e-9, 2e-9, len(SYSTEM.states))
    assert list(atol(atol=vector).values()) == vector.tolist()


def test_small_species_is_accurate_beside_a_large_one() -> None:
    net = network_of(["G -> ; 1e-5*G", "H -> ; 1.0*H"], species={"G": 1e4, "H": 1e-7})
    sol = solve(Problem(system=equations.build(net), times=np.linspace(0, 6, 7)))
    np.testing.assert_allclose(sol["H"], 1e-7 * np.exp(-sol.times), rtol=3e-5)
