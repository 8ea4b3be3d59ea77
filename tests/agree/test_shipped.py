"""Every shipped model: scipy, libRoadRunner and COPASI give the same trajectories over 48 h."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from redoxsim import catalog, codegen, equations, network, solve
from redoxsim.network import Network
from redoxsim.solve import Problem, Solution

HOURS = 48
TIMES = np.linspace(0.0, HOURS * 3600.0, HOURS + 1)
FLOOR = 1e-10
"""uM; below this a difference is noise of the integrations (H2O2 rests at 2e-3 uM)."""


@pytest.fixture(scope="module", params=sorted(catalog.models()))
def pushed(request: pytest.FixtureRequest) -> Network:
    """The model with every state 10% below its rest, so that all of it moves and every total stays possible."""
    net = network.read(request.param)
    system = equations.build(net)
    y0, _ = codegen.compile_system(system).initial({})
    return network.set_values(net, {name: 0.9 * value for name, value in zip(system.states, y0.tolist(), strict=True)})


@pytest.fixture(scope="module")
def reference(pushed: Network) -> Solution:
    return solve.solve(problem(pushed), "scipy")


def problem(net: Network) -> Problem:
    return Problem(system=equations.build(net), times=TIMES, rtol=1e-9, atol=1e-13)


def worst(values: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.abs(values - expected) / (np.abs(expected) + FLOOR / 1e-5)))


def test_it_moves(reference: Solution) -> None:
    largest = np.abs(reference.y).max(axis=1)
    moved = np.ptp(reference.y, axis=1)[largest > 0.0] / largest[largest > 0.0]
    assert np.median(moved) > 0.05


def test_cvode_agrees(pushed: Network, reference: Solution) -> None:
    pytest.importorskip("roadrunner", reason="libRoadRunner is not on this machine")
    other = solve.solve(replace(problem(pushed)), "cvode")
    assert worst(other.y, reference.y) < 1e-5


def test_copasi_agrees(pushed: Network, reference: Solution) -> None:
    """The oracle reads the SBML by itself and integrates with its own LSODA."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        basico = pytest.importorskip("basico", reason="COPASI is not on this machine")
        model = basico.load_model_from_string(network.write(pushed))
        try:
            table = basico.run_time_course(
                duration=float(TIMES[-1]),
                intervals=HOURS,
                method="deterministic",
                use_sbml_id=True,
                r_tol=1e-9,
                a_tol=1e-13,
                max_steps=10**7,
            )
        finally:
            basico.remove_datamodel(model)
    states = reference.problem.system.states
    assert set(states) <= set(table.columns)
    assert worst(table[list(states)].to_numpy().T, reference.y) < 1e-5
