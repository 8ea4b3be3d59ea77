"""Every solver on every feature: all agree with a tight run of the reference."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.network import Network
from redoxsim.solve import SOLVERS, Dose, Problem, Schedule, solve

WORKING = [name for name, solver in SOLVERS.items() if solver.available() is None]


@dataclass(frozen=True)
class Case:
    network: Network
    doses: tuple[Dose, ...] = ()
    values: dict[str, float] = field(default_factory=dict)
    start: str = "given"
    first: float = 0.0


BASE = ["J: A -> B; c*k*A", "B -> A; c*q*B"]
VALUES = {"A": 2.0, "B": 0.5}
K = {"k": 0.8, "q": 0.2}


def dose(time: float, target: str, action: str, amount: float = 0.0, until: float | None = None) -> Dose:
    return Dose(time=time, target=target, action=action, amount=amount, until=until)


TURNOVER = network_of(
    ["-> H; c*s", "H -> ; c*k*H", "H -> P; c*q*H", "P -> ; c*0.05*P"],
    species={"H": 1.0, "P": 0.0},
    parameters={"s": 1.0, **K, "ref": None},
    compartments={"c": 2.0},
    initial={"ref": "P + H"},
)
MEDIUM = network_of(
    ["D -> Dc; medium*u*D", "Dc -> ; c*k*Dc"],
    species={"D": 0.0, "E": 3.0, "Dc": 0.0},
    parameters={"u": 0.4, "k": 0.3},
    compartments={"medium": 10.0, "c": 0.5},
    where={"Dc": "c"},
    boundary=["E"],
)
CASES = {
    "plain": Case(network_of(BASE, species=VALUES, parameters=K)),
    "volume": Case(network_of(BASE, species=VALUES, parameters=K, compartments={"c": 0.1})),
    "amounts": Case(network_of(BASE, species=VALUES, parameters=K, compartments={"c": 0.1}, amounts=["B"])),
    "boundary and constant": Case(
        network_of(["S -> A; c*k*S", "A -> ; c*q*A*E"], species={"S": 2.0, "A": 0.1, "E": 1.5}, parameters=K,
                   boundary=["S"], constant=["E"])),
    "assignment rules": Case(
        network_of(["A -> B; c*x*A", "B -> A; J2*0.1", "J2: A -> ; c*q*A"], species=VALUES, parameters={**K, "x": None},
                   rules=["x := k/(1 + B^2)"])),
    "species by rule": Case(
        network_of(["A -> ; c*k*A*F"], species={"A": 2.0, "F": None}, parameters={**K, "tot": 3.0}, boundary=["F"],
                   rules=["F := tot - A"])),
    "rate rules": Case(
        network_of(BASE, species=VALUES | {"R": 1.0}, parameters={**K, "z": 1e6}, boundary=["R"],
                   rules=["z' = 0.01*z", "R' = A - R"])),
    "initial assignments": Case(
        network_of(BASE, species=VALUES, parameters={"k": 0.8, "q": None}, initial={"q": "k/4", "B": "2*A"}),
        values={"k": 1.1}),
    "overrides": Case(network_of(BASE, species=VALUES, parameters=K), values={"k": 2.0, "B": 3.0, "c": 5.0}),
    "piecewise of state": Case(
        network_of(["A -> B; c*piecewise(k*A, A > 1, k*A^2)"], species=VALUES, parameters=K)),
    "functions": Case(
        network_of(["A -> B; c*(k*sqrt(A) + 0.1*abs(sin(A)) + 0.01*exp(-B) + max(A, B)*0.01)", "B -> A; c*q*ln(1 + B)"],
                   species=VALUES, parameters=K)),
    "time": Case(network_of(["A -> B; c*k*A*(1 + sin(time))"], species=VALUES, parameters=K)),
    "pulse of time": Case(
        network_of(["-> A; c*piecewise(k, (time >= 3) && (time < 4.5), 0)", "A -> ; c*q*A"],
                   species=VALUES, parameters=K)),
    "growing compartment": Case(
        network_of(["A -> B; c*k*A"], species=VALUES, parameters=K, compartments={"c": 1.0}, amounts=["B"],
                   rules=["c' = 0.1*c"])),
    "assigned compartment": Case(
        network_of(["A -> B; c*k*A"], species=VALUES, parameters={**K, "g": 0.3}, compartments={"c": None},
                   rules=["c := 1 + g*time"])),
    "events": Case(
        network_of(BASE, species=VALUES, parameters=K, events=["2.5: A = A + B; k = 2*k", "6: c = 3", "8+: B = 0"])),
    "doses": Case(network_of(BASE, species=VALUES, parameters=K),
                  (dose(1.0, "A", "add", 3.0), dose(4.0, "B", "set", 0.25), dose(5.0, "k", "set", 0.1))),
    "dose before zero": Case(network_of(BASE, species=VALUES, parameters=K), (dose(-4.0, "A", "add", 3.0),),
                             first=-2.0),
    "infusion": Case(network_of(BASE, species=VALUES, parameters=K, compartments={"c": 3.0}, amounts=["B"]),
                     (dose(1.0, "A", "infuse", 2.0, 6.0), dose(2.0, "B", "infuse", 1.0, 3.0))),
    "wash during infusion": Case(MEDIUM, (dose(0.0, "D", "add", 5.0), dose(1.0, "D", "infuse", 1.0, 6.0),
                                          dose(1.5, "E", "set", 9.0), dose(3.0, "medium", "wash"))),
    "steady start": Case(TURNOVER, (dose(1.0, "H", "add", 3.0),), start="steady", values={"s": 2.0}),
    "sizes far apart": Case(
        network_of(["G -> H; c*1e-6*G", "H -> ; c*1e3*H", "H + G -> G; c*5*H*G"], species={"G": 5e3, "H": 1e-5})),
}  # fmt: skip


def problem_of(case: Case) -> Problem:
    return Problem(
        system=equations.build(case.network),
        times=np.linspace(case.first, 10.0, 25),
        values=case.values,
        schedule=Schedule(case.doses),
        start=case.start,
        rtol=1e-8,
    )


def everything(problem: Problem) -> list[str]:
    return [*problem.system.states, *problem.system.constants, *problem.system.definitions()]


@cache
def reference(name: str) -> np.ndarray:
    problem = problem_of(CASES[name])
    values = solve(replace(problem, rtol=1e-10), "scipy:python").values(everything(problem))
    assert np.all(np.isfinite(values))
    assert np.ptp(values[: len(problem.system.states)], axis=1).max() > 0  # something happens
    return values


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("solver", WORKING)
def test_agreement(solver: str, name: str) -> None:
    problem = problem_of(CASES[name])
    solution = solve(problem, solver)
    floor = max(float(solution.atol.min()), 1e-14)
    np.testing.assert_allclose(solution.values(everything(problem)), reference(name), rtol=2e-6, atol=100 * floor)


@pytest.mark.parametrize("name", ["events", "infusion", "rate rules", "steady start"])
@pytest.mark.parametrize("solver", WORKING)
def test_the_same_problem_twice_is_bit_identical(solver: str, name: str) -> None:
    problem = problem_of(CASES[name])
    first, second = solve(problem, solver), solve(problem, solver)
    assert np.array_equal(first.y, second.y)


@pytest.mark.parametrize("solver", WORKING)
def test_number_of_outputs_does_not_steer(solver: str) -> None:
    case = CASES["doses"]
    system = equations.build(case.network)
    runs = {}
    for count in (1000, 1001, 2):
        problem = Problem(system=system, times=np.linspace(0, 10, count), schedule=Schedule(case.doses), rtol=1e-8)
        runs[count] = solve(problem, solver)
    np.testing.assert_allclose(runs[1000].y[:, -1], runs[1001].y[:, -1], rtol=1e-7)
    np.testing.assert_allclose(runs[2].y[:, -1], runs[1001].y[:, -1], rtol=1e-7)
    if solver != "cvode":  # libRoadRunner does not say how many steps it took
        assert runs[1000].stats.steps == runs[1001].stats.steps == runs[2].stats.steps


@pytest.mark.parametrize("solver", WORKING)
@pytest.mark.parametrize("name", ["events", "doses", "infusion", "wash during infusion", "growing compartment"])
def test_one_run_equals_many(solver: str, name: str) -> None:
    case = CASES[name]
    times = np.linspace(0, 10, 21)
    whole = Problem(system=equations.build(case.network), times=times, schedule=Schedule(case.doses), rtol=1e-9)
    expected = solve(whole, solver)
    # libRoadRunner compiles the model for every piece
    pieces = np.array_split(times, 4 if solver == "cvode" else 20)
    part = solve(replace(whole, times=pieces[0]), solver)
    columns = [part.y]
    for piece in pieces[1:]:
        part = solve(whole.restart_from(part, times=piece), solver)
        columns.append(part.y)
    np.testing.assert_allclose(np.hstack(columns), expected.y, rtol=1e-6, atol=1e-9)
