"""Steady starts: rest, totals, counters, initial assignments at rest, and honest failure."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.errors import SolveError
from redoxsim.network import Network
from redoxsim.solve import Batch, Dose, Problem, Schedule, Solution, Status, solve, solve_batch, steady


def problem(net: Network, **settings: object) -> Problem:
    return Problem(**({"system": equations.build(net), "times": [0.0, 10.0], "start": "steady"} | settings))  # type: ignore[arg-type]


TURNOVER = network_of(
    ["-> H; c*s", "H -> ; c*k*H"], species={"H": 0.1}, parameters={"s": 3.0, "k": 2.0}, compartments={"c": 4.0}
)


def test_turnover() -> None:
    found = steady(problem(TURNOVER, values={"s": 5.0}))
    assert found.status is Status.OK
    assert found.method == "newton"
    assert found.values["H"] == pytest.approx(2.5, rel=1e-12)
    assert found.eigenvalues == pytest.approx([-2.0])
    assert found.stable
    assert found.residual < 1e-12


def test_sizes_from_1e_minus_7_to_1e4_and_stiff() -> None:
    net = network_of(
        ["-> G; c*0.01", "G -> ; c*1e-6*G", "-> H; c*1e-4", "H -> ; c*1e3*H*(1 + G/1e4)", "G + H -> G; c*2e-2*G*H"],
        species={"G": 10.0, "H": 1.0},
    )
    found = steady(problem(net))
    assert found.status is Status.OK
    g = found.values["G"]
    assert g == pytest.approx(1e4, rel=1e-9)
    assert found.values["H"] == pytest.approx(1e-4 / (2e3 + 2e-2 * g), rel=1e-9)


def test_conserved_totals_are_those_given() -> None:
    net = network_of(
        ["2 GSH -> GSSG; c*k*GSH", "GSSG -> 2 GSH; c*q*GSSG"],
        species={"GSH": 6.0, "GSSG": 0.0},
        parameters={"k": 1.0, "q": 3.0},
        compartments={"c": 2.0},
    )
    found = steady(problem(net, values={"GSSG": 2.0}))
    assert found.totals == pytest.approx({"GSH + 2 GSSG": 20.0})
    assert found.values["GSH"] + 2 * found.values["GSSG"] == pytest.approx(10.0, rel=1e-12)
    assert found.values["GSH"] == pytest.approx(3 * found.values["GSSG"], rel=1e-9)
    assert len(found.eigenvalues) == 1
    assert found.ignored == ()  # it set the total


def test_values_of_dynamic_species_are_replaced_and_listed() -> None:
    sol = solve(problem(TURNOVER, values={"H": 99.0}))
    assert sol.steady is not None
    assert sol.steady.ignored == ("H",)
    assert sol["H"] == pytest.approx([1.5, 1.5])
    assert any("H" in text for text in sol.warnings)


def test_counters_of_the_population_are_left_alone() -> None:
    net = network_of(
        ["-> H; c*s", "H -> ; c*k*H", "L -> ; 0.1*L*H"],
        species={"H": 0.1, "L": 1.0},
        parameters={"s": 3.0, "k": 2.0},
        compartments={"c": 1.0, "population": 1.0},
        where={"L": "population"},
        amounts=["L"],
    )
    sol = solve(problem(net))
    assert sol["H"] == pytest.approx([1.5, 1.5])
    assert sol["L"] == pytest.approx([1.0, np.exp(-1.5)], rel=1e-5)


def test_initial_assignments_are_taken_at_rest_unless_overridden() -> None:
    net = network_of(
        ["-> H; s", "H -> ; k*H"],
        species={"H": 0.1},
        parameters={"s": 3.0, "k": 2.0, "ref": None},
        initial={"ref": "2*H"},
    )
    assert solve(problem(net))["ref"] == pytest.approx([3.0, 3.0])
    assert solve(problem(net, values={"s": 4.0}))["ref"][0] == pytest.approx(4.0)
    assert solve(problem(net, values={"ref": 7.0}))["ref"][0] == 7.0


def test_reference_that_feeds_back_is_found_too() -> None:
    net = network_of(
        ["-> H; s*ref/(1 + ref)", "H -> ; k*H"], species={"H": 0.5}, parameters={"s": 4.0, "k": 1.0, "ref": None},
        initial={"ref": "H"},
    )  # fmt: skip
    found = steady(problem(net))
    assert found.status is Status.OK
    assert found.values["H"] == pytest.approx(3.0, rel=1e-6)


def test_integration_helps_where_newton_ends_somewhere_unstable() -> None:
    # rest at 0 (stable), 1 (unstable), 3 (stable); from 1.0 exactly Newton stays on the unstable one
    net = network_of(["-> X; 4*X^2", "X -> ; X^3 + 3*X"], species={"X": 1.05})
    found = steady(problem(net))
    assert found.status is Status.OK
    assert found.method == "integration+newton"
    assert found.values["X"] == pytest.approx(3.0, rel=1e-9)


BRUSSELATOR = network_of(["-> X; 1", "X -> Y; 3*X", "2 X + Y -> 3 X; X^2*Y", "X -> ; X"], species={"X": 1.0, "Y": 1.0})


@pytest.mark.parametrize(
    ("net", "word"),
    [
        (network_of(["-> X; 1"], species={"X": 0.0}), "X"),
        (network_of(["-> X; 1 + sin(time)", "X -> ; X"], species={"X": 0.0}), "time"),
        # the Brusselator circles round its only rest, which is unstable
        (BRUSSELATOR, "still moving after a long time"),
    ],
)
def test_no_steady_state_is_said(net: Network, word: str) -> None:
    with pytest.raises(SolveError, match=word) as caught:
        solve(problem(net))
    assert caught.value.report is not None
    assert isinstance(caught.value.solution, Solution)
    found = caught.value.solution.steady
    assert found is not None
    assert found.status is Status.NO_STEADY_STATE
    assert not found.stable


def test_a_batch_finds_each_steady_state_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    from redoxsim.solve import steady as _  # noqa: F401

    module = importlib.import_module("redoxsim.solve.steady")
    calls = []
    original = module.find_steady
    monkeypatch.setattr(module, "find_steady", lambda *args: calls.append(1) or original(*args))
    doses = tuple(Schedule((Dose(time=0.0, target="H", action="add", amount=float(a)),)) for a in range(5))
    batch = Batch(
        system=equations.build(TURNOVER),
        times=[0.0, 1.0],
        rows=10,
        columns={"s": np.repeat([1.0, 4.0], 5)},
        schedules=doses,
        schedule_index=np.tile(np.arange(5), 2),
        observe=("H",),
        start="steady",
    )
    result = solve_batch(batch, "scipy")
    assert len(calls) == 2
    assert result.ok.all()
    np.testing.assert_allclose(result.values[:, 0, 0], np.repeat([0.5, 2.0], 5) + np.tile(np.arange(5), 2))


def test_a_start_too_large_for_its_slopes_is_no_warning() -> None:
    """The slope 3 k X^2 of X = 1e120, times X, is no number any more: another way is taken, and nothing is said."""
    net = network_of(["-> X; c*s", "X -> ; c*k*X^3"], species={"X": 1e120}, parameters={"s": 8.0, "k": 1.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = steady(problem(net))
    assert found.status in (Status.OK, Status.NO_STEADY_STATE)
