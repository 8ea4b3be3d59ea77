"""CVODE through libRoadRunner: tolerances reach the right variable, values arrive, files are read as they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations, network
from redoxsim.solve import SOLVERS, Dose, Problem, Schedule, solve, with_cvode
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
    module._LOADED.clear()
    system = equations.build(network_of(["A -> ; k*A"], species={"A": 1.0}, parameters={"k": 1.0}))
    integrator = CvodeIntegrator(system)
    doses = tuple(Dose(time=float(t), target="A", action="add", amount=1.0) for t in range(5))
    for k in (1.0, 2.0):
        run(Problem(system=system, times=[0.0, 6.0], values={"k": k}, schedule=Schedule(doses)), integrator)
    assert len(loads) == 1


KEPT = network_of(
    ["A -> B; k*A", "B -> C; V*B/(Km + B)", "C -> ; m*C"], species={"A": 1.0, "B": 0.2, "S": None}, boundary=["S"],
    parameters={"k": 0.7, "V": 1.1, "Km": 0.3, "m": 0.2, "x": 1.0}, compartments={"c": 2.0},
    rules=["x' = 0.1*A - 0.2*x"], initial={"C": "3*k"}, events=["2: V = 2*V; A = A + 1"],
)  # fmt: skip


def kept_problem(values: dict[str, float], **settings: object) -> Problem:
    return Problem(system=equations.build(KEPT), times=np.linspace(0.0, 5.0, 21), values=values, **settings)  # type: ignore[arg-type]


INFUSED = Schedule((Dose(time=1.0, target="B", action="infuse", amount=0.3, until=3.0),))
RUNS = {
    "plain": kept_problem({}),
    "values": kept_problem({"k": 2.0, "A": 5.0, "c": 0.5, "S": 2.0}),
    "rate rule": kept_problem({"x": 9.0, "m": 1.0}, rtol=1e-9),
    "infused": kept_problem({"Km": 0.05}, schedule=INFUSED),
    "fails": kept_problem({"V": 1e3}, max_steps=4),
}


@pytest.fixture(scope="module")
def fresh() -> dict[str, np.ndarray]:
    """Every run on a model that was loaded for it alone."""
    found = {}
    for name, problem in RUNS.items():
        with_cvode._LOADED.clear()
        found[name] = solve(problem, "cvode", throw=False).y
    return found


ORDERS = [*list(permutations(("plain", "values", "fails")))[:4], tuple(RUNS), tuple(RUNS)[::-1]]


@pytest.mark.parametrize("order", ORDERS)
def test_a_kept_model_remembers_nothing(order: tuple[str, ...], fresh: dict[str, np.ndarray]) -> None:
    with_cvode._LOADED.clear()
    for _ in range(2):
        for name in order:
            got = solve(RUNS[name], "cvode", throw=False)
            assert got.status.ok == (name != "fails")
            assert np.array_equal(got.y, fresh[name], equal_nan=True), f"{name} in {order}"
    assert 1 <= len(with_cvode._LOADED) <= 2  # with and without an infusion


def test_a_shipped_model_loaded_once_gives_what_it_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    system = equations.build(network.read("gsh"))
    loads: list[str] = []
    inner = with_cvode._Model.__init__

    def note(self: with_cvode._Model, *arguments: object) -> None:
        loads.append(str(arguments[1]))
        inner(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(with_cvode._Model, "__init__", note)
    low, high = ({"GSR": level} for level in (0.3, 3.0))

    def run(values: dict[str, float]) -> np.ndarray:
        return solve(Problem(system=system, times=np.linspace(0.0, 36e3, 9), values=values), "cvode").y

    found = []
    for order in ((low, high), (high, low)):
        with_cvode._LOADED.clear()
        found.append([run(values) for values in order])
    assert len(loads) == 2
    assert np.array_equal(found[0][0], found[1][1])
    assert np.array_equal(found[0][1], found[1][0])
    assert not np.array_equal(found[0][0], found[0][1])


def test_only_the_latest_few_models_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(with_cvode, "_MOST_LOADED", 2)
    with_cvode._LOADED.clear()
    for power in range(1, 5):
        net = network_of([f"A -> ; k*A^{power}"], species={"A": 1.0}, parameters={"k": 1.0})
        sol = solve(Problem(system=equations.build(net), times=[0.0, 1.0]), "cvode")
        expected = np.exp(-1.0) if power == 1 else power ** (-1.0 / (power - 1))
        assert sol["A"][-1] == pytest.approx(expected, rel=1e-4)
    assert len(with_cvode._LOADED) == 2


def test_threads_share_a_model_in_turn(fresh: dict[str, np.ndarray]) -> None:
    names = [name for name in RUNS if name != "fails"] * 6
    with ThreadPoolExecutor(4) as pool:
        for name, got in zip(names, pool.map(lambda name: solve(RUNS[name], "cvode").y, names), strict=True):
            assert np.array_equal(got, fresh[name])
