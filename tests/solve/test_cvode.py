"""CVODE through libRoadRunner: tolerances reach the right variable, values arrive, files are read as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations, network
from redoxsim.solve import SOLVERS, Dose, Problem, Schedule, solve
from redoxsim.solve.with_cvode import CvodeIntegrator

if SOLVERS["cvode"].available() is not None:
    pytest.skip(f"cvode does not work here: {SOLVERS['cvode'].available()}", allow_module_level=True)


def test_small_decaying_species_beside_a_large_rate_rule_variable() -> None:
    """With tolerances in another order than its variables this is off by up to several hundred percent."""
    net = network_of(
        ["A -> ; c*A"], species={"A": 1e-6, "R": 2e5}, parameters={"big": 1e6}, compartments={"c": 2.0}, boundary=["R"],
        rules=["big' = 0.001*big", "R' = 1"],
    )  # fmt: skip
    times = np.linspace(0, 10, 31)
    problem = Problem(system=equations.build(net), times=times)
    sol = solve(problem, "cvode")
    np.testing.assert_allclose(sol["A"], 1e-6 * np.exp(-times), rtol=2e-4)
    np.testing.assert_allclose(sol["big"], 1e6 * np.exp(0.001 * times), rtol=1e-5)
    part = solve(replace(problem, times=times[:16]), "cvode")
    rest = solve(problem.restart_from(part, times=times[15:]), "cvode")
    np.testing.assert_allclose(rest["A"], 1e-6 * np.exp(-times[15:]), rtol=2e-4)


def test_unedited_file_is_read_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.xml"
    net = network_of(["A -> B; k*A"], species={"A": 1.0}, parameters={"k": 1.0})
    path.write_text(network.write(net), encoding="utf-8")
    read = network.read(path)
    assert read.source is not None
    monkeypatch.setattr(network, "write", lambda *a, **k: pytest.fail("the original file is there"))
    sol = solve(Problem(system=equations.build(read), times=[0.0, 1.0], values={"k": 2.0, "A": 3.0}), "cvode")
    np.testing.assert_allclose(sol["A"], [3.0, 3 * np.exp(-2)], rtol=1e-5)


def test_local_parameters_can_be_overridden_too(tmp_path: Path) -> None:
    net = network_of(["J: A -> B; k*A"], species={"A": 1.0}, parameters={"k": 1.0})
    text = network.write(net)
    head, tail = text.split("</kineticLaw>")
    text = (
        head + '<listOfLocalParameters><localParameter id="k" value="5"/></listOfLocalParameters></kineticLaw>' + tail
    )
    path = tmp_path / "local.xml"
    path.write_text(text, encoding="utf-8")
    system = equations.build(network.read(path))
    assert "J__k" in system.constants
    for values, rate in (({}, 5.0), ({"J__k": 2.0}, 2.0)):
        sol = solve(Problem(system=system, times=[0.0, 1.0], values=values), "cvode")
        assert sol["A"][1] == pytest.approx(np.exp(-rate), rel=1e-4)


def test_models_are_loaded_once_per_integrator(monkeypatch: pytest.MonkeyPatch) -> None:
    from redoxsim.solve import with_cvode as module
    from redoxsim.solve.driver import run

    loads = []
    original = module._text
    monkeypatch.setattr(module, "_text", lambda *a, **k: loads.append(1) or original(*a, **k))
    system = equations.build(network_of(["A -> ; k*A"], species={"A": 1.0}, parameters={"k": 1.0}))
    integrator = CvodeIntegrator(system)
    doses = tuple(Dose(time=float(t), target="A", action="add", amount=1.0) for t in range(5))
    for k in (1.0, 2.0):
        run(Problem(system=system, times=[0.0, 6.0], values={"k": k}, schedule=Schedule(doses)), integrator)
    assert len(loads) == 1
