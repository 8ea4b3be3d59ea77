"""The figure of a benchmark: points where they were measured, every kind of panel, no text over another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from figure_looks import overlaps, panel, texts

from redoxsim import equations
from redoxsim.errors import DesignError
from redoxsim.network.parts import Network
from redoxsim.report.figures.workprecision import workprecision
from redoxsim.study.benchmark import Benchmark, Measured, machine
from redoxsim.study.benchmark.accuracy import Errors
from redoxsim.study.benchmark.cases import Case
from redoxsim.study.benchmark.measuring import Point

RTOLS = (1e-2, 1e-4, 1e-6)
QUICKNESS = {"rosenbrock": 1e-4, "cvode": 1e-2, "scipy": 2e-2}


def point(solver: str, rtol: float, scale: float) -> Point:
    seconds = QUICKNESS[solver] * scale * (rtol / 1e-2) ** -0.2
    square = np.full(4, (0.1 * rtol) ** 2)
    return Point(
        solver=solver, rtol=rtol, rows=4, failed=0, steps=50.0 if solver == "rosenbrock" else 0.0, first=0.5,
        seconds=np.outer([0.9, 1.0, 1.2], np.full(4, seconds)), errors=Errors(square=square, largest=10 * square**0.5),
    )  # fmt: skip


def measured(name: str, group: str = "file", *, scale: float = 1.0, states: int = 72) -> Measured:
    net = Network(id=name)
    case = Case(
        name=name, group=group, network=net, system=equations.build(net), columns={}, times=np.linspace(0.0, 1.0, 3),
        observe=("A",), rows=4, built=0.1, facts={"states": states},
    )  # fmt: skip
    return Measured(
        case=case, points=tuple(point(s, r, scale) for s in QUICKNESS for r in RTOLS),
        absent={"amici": "not installed"}, reference="rosenbrock", second="cvode", agreement=1e-10, sample=4,
        left_out=0,
    )  # fmt: skip


def result(*cases: Measured) -> Benchmark:
    return Benchmark(cases=cases, against="cvode", machine=machine(), settings={"repeats": 3})


def test_points_stand_where_they_were_measured() -> None:
    figure = workprecision(result(measured("redox", "redox")))
    axes = panel(figure, "redox, 72 states")
    assert axes.get_xscale() == axes.get_yscale() == "log"
    ours = axes.containers[0].lines[0]
    np.testing.assert_allclose(ours.get_xdata(), [1e-3, 1e-5, 1e-7])
    np.testing.assert_allclose(ours.get_ydata(), 0.1 * np.array([1.0, 100**0.2, 10000**0.2]))
    bars = axes.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(bars[0][:, 1], [0.09, 0.12])
    assert "Not installed: AMICI" in " ".join(texts(figure)).replace("\n", " ")
    assert overlaps(figure) == []


def test_gains_of_many_models_share_a_panel() -> None:
    cases = [measured(f"BIOMD{number:010d}", "published", scale=1.0 + number) for number in range(20)]
    cases[3] = replace(cases[3], points=tuple(p for p in cases[3].points if p.solver != "rosenbrock"))
    figure = workprecision(result(*cases))
    axes = panel(figure, "rosenbrock on 20 models")
    marks = [line for line in axes.lines if line.get_marker() == "o" and np.size(line.get_xdata()) == 1]
    assert len(marks) == 19
    np.testing.assert_allclose([float(line.get_xdata()[0]) for line in marks], 100.0)
    assert axes.get_xlabel() == "times faster than cvode (libRoadRunner)"
    assert "not compared" in texts(figure)
    assert overlaps(figure) == []


def test_chains_show_cost_against_size() -> None:
    sizes = (61, 244, 976)
    chains = [measured(f"chain of {n}", "chain", scale=n / 61, states=n) for n in sizes]
    figure = workprecision(result(measured("redox", "redox"), *chains))
    axes = panel(figure, "chains of coupled cells")
    cost = axes.lines[0]
    np.testing.assert_allclose(cost.get_xdata(), sizes)
    np.testing.assert_allclose(cost.get_ydata() / cost.get_ydata()[0], np.array(sizes) / 61)
    guide = axes.lines[1]
    np.testing.assert_allclose(guide.get_ydata()[-1] / guide.get_ydata()[0], 16**1.2)
    assert len(figure.axes) == 2
    assert overlaps(figure) == []


def test_all_kinds_together() -> None:
    models = [measured(f"MODEL{number}", "published") for number in range(6)]
    chains = [measured(f"chain of {n}", "chain", states=61 * n) for n in (1, 4)]
    figure = workprecision(result(measured("redox", "redox"), *models, *chains))
    assert len(figure.axes) == 3
    assert overlaps(figure) == []


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(DesignError, match="nothing was measured"):
        workprecision(result())
