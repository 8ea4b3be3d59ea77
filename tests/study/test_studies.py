"""Studies on small models: what comes back, and that it is right."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.errors import DesignError, UnitError, Unsupported
from redoxsim.pharmacology import Agent
from redoxsim.solve import Solution


def survival_a(dose: np.ndarray, hours: float = 48.0) -> np.ndarray:
    """Viability under agent A by hand."""
    return np.exp(-3e-5 * dose**1.5 / (1.0 + dose**1.5) * hours * 3600.0)


def survival_b(dose: np.ndarray, hours: float = 48.0) -> np.ndarray:
    return np.exp(-2e-5 * dose**2.5 / (20.0**2.5 + dose**2.5) * hours * 3600.0)


def test_simulate_gives_a_solution(toy: network.Network) -> None:
    solution = rx.simulate(toy, until="2 h", every="30 min")
    assert isinstance(solution, Solution)
    assert solution.times.tolist() == [0.0, 1800.0, 3600.0, 5400.0, 7200.0]
    assert solution["E"][0] == 2.0


def test_simulate_is_the_same_every_time(toy: network.Network) -> None:
    one, again = (rx.simulate(toy, until="2 h", values={"E1": 0.4, "k_use": 0.02}) for _ in range(2))
    turned = rx.simulate(toy, until="2 h", values={"k_use": 0.02, "E1": 0.4})
    assert np.array_equal(one["S"], again["S"])
    assert np.array_equal(one["S"], turned["S"])


@pytest.mark.usefixtures("shelf")
def test_dose_before_zero(toy: network.Network) -> None:
    solution = rx.simulate(toy, doses=["toyin=5uM@-10h"], until="2 h")
    assert solution.times[0] == 0.0
    assert 0.0 < solution["toyin_x"][0] < 5.0
    assert solution["E"][0] < rx.simulate(toy, until="2 h", doses={"toyin": "5 uM"})["E"][0]


@pytest.mark.usefixtures("shelf")
def test_doses_in_any_form_are_the_same(toy: network.Network) -> None:
    forms = [{"toyin": "500 nM"}, ["toyin=0.5uM@0h"], rx.Schedule.parse("toyin=0.5uM")]
    courses = [rx.simulate(toy, doses=form, until="1 h")["toyin_c"] for form in forms]
    assert courses[0][-1] > 0
    assert all(np.array_equal(one, courses[0]) for one in courses)


@pytest.mark.usefixtures("shelf")
def test_cell_and_overrides(toy: network.Network) -> None:
    little = rx.simulate(toy, until="1 h", cell="low")
    assert little["E1"][0] == 0.4
    assert rx.simulate(toy, until="1 h", cell="low", values={"E1": 0.7})["E1"][0] == 0.7
    assert rx.simulate(toy, until="1 h", values={"S": "2 mM"})["S"][0] == 2000.0


def test_start_at_rest(toy: network.Network) -> None:
    values = {"S": 7.0, "E": 9.0, "S_x": 0.0}
    solution = rx.simulate(toy, until="1 h", start="steady", values={"S_x": 0.0})
    assert solution["E"] == pytest.approx(1.0, rel=1e-6)
    assert solution["S"] == pytest.approx(2.0, rel=1e-6)
    assert rx.simulate(toy, until="1 h", values=values)["E"][0] == 9.0


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"doses": ["toyn=1uM"]}, DesignError, "neither an agent nor a species.*toyin"),
        ({"doses": ["toyin=1"]}, UnitError, "no unit"),
        ({"values": {"E2": 1.0}}, DesignError, "nothing called 'E2'"),
        ({"values": {"S": "2 h"}}, UnitError, "value of 'S'"),
        ({"values": {"S": float("nan")}}, DesignError, "finite"),
        ({"observe": "SS"}, DesignError, "nothing called 'SS'"),
        ({"cell": "lowest"}, DesignError, "no cell is called 'lowest'.*'low'"),
        ({"cells": 4}, DesignError, "4 cells would all be the same"),
        ({"cells": 0}, DesignError, "not 0"),
        ({"solver": "magic"}, DesignError, "no solver 'magic'"),
        ({"start": "soon"}, DesignError, "start 'soon'"),
        ({"rtol": -1.0}, DesignError, "rtol"),
        ({"until": "two days"}, UnitError, "two days"),
    ],
)
def test_bad_simulations(toy: network.Network, given: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rx.simulate(toy, **{"until": "1 h", **given})  # type: ignore[arg-type]


def test_agent_that_the_model_cannot_take(agent_a: Agent) -> None:
    plain = network.read_antimony("model plain()\n species A = 1; A -> ; 0.1*A\nend")
    with pytest.raises(Unsupported, match=r"'medium'.*model 'plain' does not have"):
        rx.dose_response(plain, agent=agent_a)


def test_scan_dimensions_follow_the_axes(toy: network.Network) -> None:
    axes = {"E1": [0.5, 1.0, 2.0], "v_in": rx.lin("10 nM/s", "20 nM/s", 2)}
    grid = rx.scan(toy, axes=axes, until="10 h", every="5 h", observe=["S", "E"])
    assert grid["S"].dims == ("E1", "v_in", "time")
    assert grid["S"].shape == (3, 2, 3)
    assert grid.dataset["v_in"].attrs["units"] == "nM/s"
    assert grid.dataset["v_in"].values.tolist() == [10.0, 20.0]
    single = rx.simulate(toy, values={"E1": 2.0, "v_in": 0.02}, until="10 h", every="5 h")
    np.testing.assert_array_equal(grid["S"].sel(E1=2.0, v_in=20.0), single["S"])
    assert rx.scan(toy, axes=axes, until="10 h", observe="S")["S"].dims == ("E1", "v_in")


@pytest.mark.parametrize("solver", ["auto", "scipy"])
def test_more_rows_build_nothing_more(
    toy: network.Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, solver: str
) -> None:
    """Values are arguments of the equations: code is generated once however many of them a scan has."""
    names = ("equations.build", "codegen.compiled", "codegen.llvm.kernel")
    builder, compiled, kernel = (importlib.import_module(f"redoxsim.{name}") for name in names)
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path))
    made: list[str] = []
    for module, name in ((builder, "_Builder"), (compiled, "written"), (kernel, "write_kernel")):
        whole = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, name=name, whole=whole: made.append(name) or whole(*given))
    counts = []
    for number, rows in enumerate((2, 12)):  # another content each, so that nothing kept can be used
        net = network.set_values(toy, {"v_in": 0.0123 * (1 + number)})
        rx.scan(net, axes={"E1": np.linspace(0.5, 2.0, rows)}, until="1 h", observe="S", solver=solver, sample=0)
        counts.append(sorted(made))
        made.clear()
    assert counts[0]
    assert counts[0] == counts[1]


def test_scan_of_zipped_axes(toy: network.Network) -> None:
    design = rx.Design.zip({"E1": [0.5, 1.0], "v_in": [0.01, 0.02]})
    grid = rx.scan(toy, axes=design, until="10 h", observe="S")
    assert grid["S"].dims == ("point",)
    assert grid.to_dataframe()["E1"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"axes": {"E2": [1.0]}}, "nothing called 'E2' to scan"),
        ({"axes": {"E1": [1.0]}, "failed": "ignore"}, "failed must be"),
        ({"axes": {"E1": [1.0]}, "keep": "all"}, "keep must be"),
        ({"axes": {"E1": [1.0]}, "jobs": 0}, "jobs must be at least 1"),
        ({"axes": {"E1": [1.0]}, "draws": 8, "jobs": -1}, "jobs must be at least 1"),
    ],
)
def test_bad_scans(toy: network.Network, given: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        rx.scan(toy, until="1 h", observe="S", **given)  # type: ignore[arg-type]


def test_dose_response_is_right_and_fits(kill: network.Network, agent_a: Agent) -> None:
    curve = rx.dose_response(kill, agent=agent_a, doses=rx.log("10 nM", "100 uM", 17))
    assert curve["viability"].dims == ("agent-a",)
    assert curve.dataset["agent-a"].values[0] == 0.0
    np.testing.assert_allclose(curve["viability"], survival_a(curve.dataset["agent-a"].values), atol=2e-5)
    fit = curve.fit()
    assert fit.converged
    assert fit.ic50 == pytest.approx(curve.fit("viability").ic50)
    assert survival_a(np.array([float(fit.ic50)]))[0] == pytest.approx(0.5, abs=0.02)


def test_control_is_there_whether_listed_or_not(kill: network.Network, agent_a: Agent) -> None:
    one = rx.dose_response(kill, agent=agent_a, doses="1uM,3uM")
    other = rx.dose_response(kill, agent=agent_a, doses="0,1uM,3uM")
    assert one["viability"].equals(other["viability"])
    assert float(one["viability"][0]) == pytest.approx(1.0, abs=1e-9)


def test_dose_response_at_several_times(kill: network.Network, agent_a: Agent) -> None:
    curve = rx.dose_response(kill, agent=agent_a, doses="1uM,3uM", at="24h,48h")
    assert curve["viability"].dims == ("agent-a", "time")
    assert curve.dataset["time"].values.tolist() == [86400.0, 172800.0]
    np.testing.assert_allclose(curve["viability"][:, 0], survival_a(np.array([0.0, 1.0, 3.0]), 24.0), atol=2e-5)
    with pytest.raises(DesignError, match="say at which time: 24 h, 48 h"):
        curve.fit()


def test_same_doses_in_other_units_are_the_same(kill: network.Network, agent_a: Agent) -> None:
    one = rx.dose_response(kill, agent=agent_a, doses=rx.log("10 nM", "10 uM", 7))
    other = rx.dose_response(kill, agent=agent_a, doses=rx.log("0.01 uM", "0.01 mM", 7))
    np.testing.assert_allclose(one.dataset["agent-a"], other.dataset["agent-a"], rtol=1e-15)
    np.testing.assert_allclose(one["viability"], other["viability"], rtol=1e-9)
    assert other.fit().ic50 == pytest.approx(one.fit().ic50, rel=1e-9)


def test_background_agent(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    both = rx.combine(kill, agents=[agent_a, agent_b], doses={"agent-a": "1uM", "agent-b": "20uM"})
    alone = rx.dose_response(kill, agent=agent_a, doses="1uM", given="24h")
    when = {"agent-a": "24h"}
    late = rx.combine(kill, agents=[agent_a, agent_b], doses={"agent-a": "1uM", "agent-b": "20uM"}, times=when)
    assert float(late["viability"][1, 0]) == pytest.approx(float(alone["viability"][1]), rel=1e-7)
    assert float(late["viability"][1, 0]) == pytest.approx(survival_a(np.array([1.0]), 24.0)[0], abs=2e-5)
    assert float(both["viability"][1, 1]) < float(late["viability"][1, 1])


@pytest.mark.parametrize(
    ("doses", "error", "message"),
    [
        ("1,2", UnitError, "no unit"),
        ("-1uM", DesignError, "negative dose"),
        ("1uM,1000nM", DesignError, "twice"),
        ("0uM", DesignError, "above zero"),
        ("1h", UnitError, "time"),
        ([1.0, 2.0], UnitError, "doses of 'agent-a' have no unit"),
    ],
)
def test_bad_doses(kill: network.Network, agent_a: Agent, doses: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rx.dose_response(kill, agent=agent_a, doses=doses)  # type: ignore[arg-type]


def test_independent_hazards_give_no_bliss_excess(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    surface = rx.combine(kill, agents=[agent_a, agent_b], grid=(6, 6))
    assert surface["viability"].shape == (7, 7)
    doses = [surface.dataset[name].values for name in ("agent-a", "agent-b")]
    expected = np.outer(survival_a(doses[0]), survival_b(doses[1]))
    np.testing.assert_allclose(surface["viability"], expected, atol=2e-5)
    assert float(abs(surface["bliss_excess"]).max()) < 1e-4
    assert "synergy" in surface["bliss_excess"].attrs["sign"]
    assert "viability" in surface["bliss_excess"].attrs["orientation"]


def test_hazards_that_share_an_enzyme_are_not_independent(
    kill: network.Network, agent_a: Agent, agent_b: Agent
) -> None:
    def population(cv: float) -> float:
        surface = rx.combine(kill, agents=[agent_a, agent_b], grid=(4, 4), cell=varied(cv), cells=8)
        return float(abs(surface["bliss_excess"]).max())

    assert population(0.6) > 0.01  # the same cells are tough to both


def varied(cv: float) -> rx.pharmacology.Cell:
    return rx.pharmacology.Cell.model_validate({"id": "varied", "name": "varied", "population": {"cv": {"TOUGH": cv}}})


def test_agent_with_itself_has_loewe_index_one(kill: network.Network, agent_a: Agent) -> None:
    # A second copy that adds to the same drug in the medium: a drug combined with itself.
    copy = Agent.model_validate(
        {"id": "agent-c", "name": "C", "forms": ["flux"], "dose_species": "agent_a_x", "default_doses": "1uM"}
    )
    doses = "0.02uM..20uM:log:25"
    surface = rx.combine(
        kill, agents=[agent_a, copy], doses={"agent-a": doses, "agent-c": doses}, scores=["loewe", "bliss"]
    )
    affected = 1.0 - surface["viability"].values
    middle = (affected > 0.1 * affected.max()) & (affected < 0.9 * affected.max())
    index = surface["loewe_index"].values
    judged = middle & np.isfinite(index)
    judged[0, :] = judged[:, 0] = False
    assert judged.sum() > 50
    np.testing.assert_allclose(index[judged], 1.0, atol=0.02)


def test_three_agents(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    third = Agent.model_validate(
        {
            "id": "agent-d", "name": "D", "forms": ["reversible"], "dose_species": "agent_d_x", "default_doses": "1uM",
            "species": [{"id": "agent_d_x", "compartment": "medium"}],
        }
    )  # fmt: skip
    surface = rx.combine(kill, agents=[agent_a, agent_b, third], grid=(2, 2, 1), scores=["bliss"])
    assert surface["viability"].dims == ("agent-a", "agent-b", "agent-d")
    assert surface["bliss_excess"].shape == (3, 3, 2)


def test_bad_combinations(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    for given, message in [
        ({"agents": [agent_a]}, "two or three"),
        ({"agents": [agent_a, agent_a]}, "two or three different"),
        ({"grid": (3,)}, "grid gives 1"),
        ({"grid": (0, 3)}, "at least one dose"),
        ({"doses": {"agent-x": "1uM"}}, "'agent-x', which is not combined"),
        ({"times": {"agent-x": "1h"}}, "'agent-x', which is not combined"),
        ({"scores": ["bliss", "blis"]}, "no score 'blis'"),
        ({"with_": ["agent-a=1uM"]}, "dosed twice"),
        ({"observe": "viabilty"}, "'viability'"),
    ]:
        with pytest.raises(DesignError, match=message):
            rx.combine(kill, **{"agents": [agent_a, agent_b], "grid": (2, 2), **given})  # type: ignore[arg-type]


def test_population_viability_is_cells_over_cells(kill: network.Network, agent_a: Agent) -> None:
    kept = rx.dose_response(kill, agent=agent_a, doses="1uM,3uM", cell=varied(0.5), cells=8, keep="cells",
                            observe=["viability", "live", "live_ref"])  # fmt: skip
    assert kept["viability"].dims == ("agent-a", "cell")
    mean = rx.dose_response(kill, agent=agent_a, doses="1uM,3uM", cell=varied(0.5), cells=8, observe="viability,live")
    expected = kept["live"].sum("cell") / kept["live_ref"].sum("cell")
    np.testing.assert_allclose(mean["viability"], expected, rtol=1e-12)
    np.testing.assert_allclose(mean["live"], kept["live"].mean("cell"), rtol=1e-12)
    tough = kept.dataset["level_TOUGH"].values
    assert np.all(np.argsort(tough) == np.argsort(kept["viability"].values[1]))
    assert float(kept.dataset["viability"][1].std()) > 0.01


def test_population_and_processes_give_the_same_bits(kill: network.Network, agent_a: Agent) -> None:
    one, other = (
        rx.dose_response(kill, agent=agent_a, doses="1uM,3uM", cell=varied(0.5), cells=4, jobs=jobs) for jobs in (1, 2)
    )
    assert np.array_equal(one["viability"], other["viability"])
    assert one.dataset.attrs["provenance"] == other.dataset.attrs["provenance"]


def test_plan_solves_nothing(kill: network.Network, agent_a: Agent, agent_b: Agent) -> None:
    plan = rx.combine.plan(kill, agents=[agent_a, agent_b], grid=(8, 8), cell=varied(0.3))
    estimate = plan.estimate()
    assert estimate.solves == 81 * 16
    assert estimate.seconds is None
    assert plan.estimate(timed=True).seconds > 0
    assert "1296 solves with rosenbrock" in str(estimate)
    with pytest.raises(DesignError, match="no score"):
        rx.combine.plan(kill, agents=[agent_a, agent_b], scores=["x"])
