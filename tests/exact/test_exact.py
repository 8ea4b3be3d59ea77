"""Problems whose answer is known, by every method of the reference solver and by CVODE where it is there."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.network import Network
from redoxsim.solve import SOLVERS, Dose, Problem, Schedule, Solution, solve

WORKING = [name for name, solver in SOLVERS.items() if solver.available() is None]


@pytest.fixture(params=WORKING)
def solver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run(net: Network, times: object, solver: str, **settings: object) -> Solution:
    return solve(Problem(system=equations.build(net), times=times, **settings), solver)  # type: ignore[arg-type]


def test_decay(solver: str) -> None:
    times = np.linspace(0, 10, 21)
    sol = run(network_of(["A -> ; k*A"], species={"A": 3.0}, parameters={"k": 0.7}), times, solver, rtol=1e-9)
    np.testing.assert_allclose(sol["A"], 3 * np.exp(-0.7 * times), rtol=2e-7)


def test_reversible_reaction(solver: str) -> None:
    net = network_of(["A -> B; k*A - q*B"], species={"A": 2.0}, parameters={"k": 3.0, "q": 1.0})
    times = np.linspace(0, 2, 9)
    sol = run(net, times, solver, rtol=1e-9)
    np.testing.assert_allclose(sol["A"], 0.5 + 1.5 * np.exp(-4 * times), rtol=1e-7)
    np.testing.assert_allclose(sol["A"] + sol["B"], 2.0, rtol=1e-12)


def test_michaelis_menten_limits(solver: str) -> None:
    """Saturated: linear decline; far below Km: first order."""
    law = ["A -> ; V*A/(Km + A)"]
    times = np.array([0.0, 1.0, 5.0])
    high = run(network_of(law, species={"A": 1e6}, parameters={"V": 2.0, "Km": 1e-3}), times, solver, rtol=1e-10)
    np.testing.assert_allclose(high["A"], 1e6 - 2 * times, rtol=1e-12)
    low = run(network_of(law, species={"A": 1e-6}, parameters={"V": 2.0, "Km": 4.0}), times, solver, rtol=1e-9)
    np.testing.assert_allclose(low["A"], 1e-6 * np.exp(-0.5 * times), rtol=1e-6)


def test_robertson(solver: str) -> None:
    net = network_of(
        ["A -> B; 0.04*A", "2 B -> B + C; 3e7*B^2", "B + C -> A + C; 1e4*B*C"], species={"A": 1.0, "B": 0.0, "C": 0.0}
    )
    sol = run(net, [0.4, 40.0, 1e11], solver, rtol=1e-9, atol=1e-20)
    # published values; the last is the reference of the IVP test set
    np.testing.assert_allclose(sol["A"], [9.851721e-01, 7.158271e-01, 2.083340149701255e-08], rtol=1e-5)
    np.testing.assert_allclose(sol["B"], [3.386396e-05, 9.185535e-06, 8.333360770334713e-14], rtol=1e-5)
    np.testing.assert_allclose(sol["A"] + sol["B"] + sol["C"], 1.0, rtol=1e-8)


def test_conserved_totals_over_volumes(solver: str) -> None:
    net = network_of(
        ["2 Gx -> Sc; k*x*Gx^2", "Sc -> 2 Gx; q*c*Sc"],
        species={"Gx": 5.0},
        parameters={"k": 0.3, "q": 0.9},
        compartments={"x": 10.0, "c": 0.25},
        where={"Sc": "c"},
    )
    sol = run(net, np.linspace(0, 20, 11), solver)
    (moiety,) = sol.system.moieties
    total = sum(coefficient * sol.amount(name) for name, coefficient in moiety.terms)
    np.testing.assert_allclose(total, 50.0, rtol=1e-9)


def test_superposition_of_doses_in_a_linear_system(solver: str) -> None:
    net = network_of(["A -> B; k*A", "B -> ; q*B"], species={"A": 0.0}, parameters={"k": 1.0, "q": 0.3})
    times = np.linspace(0, 12, 25)
    one, two = (
        Dose(time=1.0, target="A", action="add", amount=2.0),
        Dose(time=4.5, target="A", action="add", amount=5.0),
    )
    runs = [run(net, times, solver, schedule=Schedule(doses), rtol=1e-9)["B"] for doses in ((one,), (two,), (one, two))]
    np.testing.assert_allclose(runs[0] + runs[1], runs[2], rtol=1e-6, atol=1e-9)


def test_tiny_volume_gives_the_same_concentrations(solver: str) -> None:
    """Tolerances are on concentrations, so 1e-18 litres are as good as one."""
    found = []
    for size in (1.0, 1e-18):
        net = network_of(
            ["A + B -> C; c*k*A*B", "C -> A; c*q*C"],
            species={"A": 1.0, "B": 2.0},
            parameters={"k": 3.0, "q": 0.5},
            compartments={"c": size},
        )
        found.append(run(net, np.linspace(0, 5, 6), solver, rtol=1e-8)["C"])
    assert found[0][-1] > 0.3
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


def test_infusion_against_the_closed_form(solver: str) -> None:
    net = network_of(["A -> ; c*k*A"], species={"A": 0.0}, parameters={"k": 0.5}, compartments={"c": 4.0})
    dose = Dose(time=1.0, target="A", action="infuse", amount=3.0, until=6.0)
    times = np.linspace(0, 10, 41)
    sol = run(net, times, solver, schedule=Schedule((dose,)), rtol=1e-9)
    during = 6.0 * (1 - np.exp(-0.5 * (times - 1)))
    after = 6.0 * (1 - np.exp(-2.5)) * np.exp(-0.5 * (times - 6))
    exact = np.where(times < 1, 0.0, np.where(times <= 6, during, after))
    np.testing.assert_allclose(sol["A"], exact, rtol=1e-6, atol=1e-9)


def test_infusion_of_amounts_and_of_rate_rules(solver: str) -> None:
    net = network_of(
        ["A -> ; k*A"], species={"A": 1.0}, parameters={"k": 0.5, "z": 2.0}, compartments={"c": 4.0}, amounts=["A"],
        rules=["z' = -0.1"],
    )  # fmt: skip
    doses = tuple(Dose(time=0.0, target=name, action="infuse", amount=2.0, until=3.0) for name in ("A", "z"))
    sol = run(net, [0.0, 3.0], solver, schedule=Schedule(doses), rtol=1e-9)
    assert sol["A"][1] == pytest.approx(4.0 - 3.0 * np.exp(-1.5), rel=1e-7)
    assert sol["z"][1] == pytest.approx(2.0 + 3 * 1.9, rel=1e-9)


def test_pulse_of_time_is_never_stepped_over(solver: str) -> None:
    net = network_of(["-> A; piecewise(1, (time >= 700) && (time < 700.5), 0)"], species={"A": 0.0})
    sol = run(net, [0.0, 699.0, 700.25, 1000.0], solver)
    np.testing.assert_allclose(sol["A"], [0.0, 0.0, 0.25, 0.5], rtol=1e-6, atol=1e-9)


def test_day_and_night(solver: str) -> None:
    net = network_of(["-> A; piecewise(2, rem(time, 24) < 8, 0)", "-> B; floor(time/24)"], species={"A": 0.0})
    sol = run(net, [0.0, 8.0, 24.0, 28.0, 240.0], solver, rtol=1e-8)
    np.testing.assert_allclose(sol["A"], [0.0, 16.0, 16.0, 24.0, 160.0], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(sol["B"], [0.0, 0.0, 0.0, 4.0, 24.0 * 45], rtol=1e-6, atol=1e-9)
