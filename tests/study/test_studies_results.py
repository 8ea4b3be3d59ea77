"""Results of studies: failed rows, files, what they say of themselves."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.errors import DesignError, SolveError
from redoxsim.pharmacology import Agent
from redoxsim.study.results import ResultSet, open_results


def varied(cv: float) -> rx.pharmacology.Cell:
    return rx.pharmacology.Cell.model_validate({"id": "varied", "name": "varied", "population": {"cv": {"TOUGH": cv}}})


# --- failed rows ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def partly() -> ResultSet:
    """A scan whose last two points fail: the rate is not-a-number there."""
    net = network.read_antimony("model m()\n species x = 1; k = 0.1; -> x; k + 0*sqrt(2 - x)\nend")
    return rx.scan(net, axes={"k": [0.1, 0.2, 5.0, 6.0]}, times=[0.0, 1.0], observe="x")


def test_failed_points_say_so(partly: ResultSet) -> None:
    assert not partly.ok
    assert partly.dataset["status"].values.tolist()[:2] == ["OK", "OK"]
    assert partly.dataset["status"].values[2] != "OK"
    assert partly.summary.startswith("4 solves: 2 ok, 2 ")
    assert partly.failures["k"].tolist() == [5.0, 6.0]
    assert np.isnan(partly["x"].values[2, -1])


def test_all_failed_is_an_error() -> None:
    net = network.read_antimony("model m()\n species x = 1; k = 9; -> x; k + 0*sqrt(2 - x)\nend")
    with pytest.raises(SolveError, match="2 solves: 2 "):
        rx.scan(net, axes={"k": [8.0, 9.0]}, times=[0.0, 1.0], observe="x")


FRAGILE = """
model fragile()
  unit substance = 1e-18 mole; unit volume = 1e-12 litre; unit time_unit = second;
  compartment medium = 10000; compartment population = 1;
  TOUGH = 1; species drug_x in medium = 0; drug_x -> ; 0*drug_x;
  substanceOnly species live in population = 1; substanceOnly species live_ref in population = 1;
  live' = -1e-6*drug_x*live/sqrt(TOUGH - 0.05*drug_x); live_ref' = 0*live_ref;
  viability := live/live_ref;
end
"""


def fragile(failed: str) -> ResultSet:
    agent = Agent.model_validate(
        {"id": "drug", "name": "Drug", "forms": ["flux"], "dose_species": "drug_x", "default_doses": "1uM..30uM:log:5"}
    )
    return rx.dose_response(network.read_antimony(FRAGILE), agent=agent, doses="1uM,3uM,5uM,8uM,10uM,18uM",
                            cell=varied(0.5), cells=8, failed=failed)  # fmt: skip


def test_statistics_over_failed_cells_are_refused() -> None:
    curve = fragile("stop")
    solved = curve.dataset["solved"].values
    assert solved[0] == 8
    assert 0 < solved[-1] < 8
    assert np.isnan(curve["viability"].values[-1])
    with pytest.raises(SolveError, match="failed cells"):
        curve.fit()
    assert curve.fit(failed="drop").message is not None


def test_failed_cells_can_be_dropped() -> None:
    curve = fragile("drop")
    assert np.isfinite(curve["viability"].values).all()
    assert curve.provenance["failed"] == "drop"
    assert curve.dataset["status"].values[-1] != "OK"


# --- out and in -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def surface(kill: network.Network, agent_a: Agent, agent_b: Agent) -> ResultSet:
    return rx.combine(kill, agents=[agent_a, agent_b], grid=(3, 3), at="24h,48h")


def test_netcdf_reads_back(surface: ResultSet, tmp_path: Path) -> None:
    surface.to_netcdf(tmp_path / "out.nc")
    again = open_results(tmp_path / "out.nc")
    assert again.dataset.identical(surface.dataset) or again.dataset.equals(surface.dataset)
    assert again.provenance == surface.provenance
    assert again.scores(at="48h")["bliss"].values.shape == (4, 4)


def test_csv_reads_back_to_the_bit(surface: ResultSet, tmp_path: Path) -> None:
    surface.to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        head, *lines = csv.reader(stream)
    assert head[:4] == ["agent-a [uM]", "agent-b [uM]", "time [h]", "viability"]
    assert [float(line[3]) for line in lines] == surface["viability"].values.ravel().tolist()
    assert {line[2] for line in lines} == {"24.0", "48.0"}


def test_provenance_has_no_date_and_names_everything(surface: ResultSet, kill: network.Network) -> None:
    found = surface.provenance
    assert found["model"]["id"] == "kill"
    assert set(found["agents"]) == {"agent-a", "agent-b"}
    assert found["solver"]["name"] == "rosenbrock"
    assert found["solver"]["why"]
    assert found["solver"]["rtol"] == 1e-6
    assert found["solver"]["atol"] is None, "one for each state, from its typical size"
    assert found["grades"] == {"A": 0, "B": 2, "C": 2}
    assert found["population"]["cells"] == 1
    assert "numpy" in found["versions"]


def test_html_and_text(surface: ResultSet) -> None:
    assert "combination" in surface._repr_html_()
    assert "32 solves" not in repr(surface)
    assert "16 solves: 16 ok" in repr(surface)


def test_unknown_variable(surface: ResultSet) -> None:
    with pytest.raises(DesignError, match="'viability'"):
        surface["viabilty"]
    with pytest.raises(DesignError, match="no dose-response"):
        surface.fit()


def test_an_unknown_setting_is_named(kill: network.Network, agent_a: Agent) -> None:
    with pytest.raises(TypeError, match=r"dose_response\(\) has no setting 'cels'; did you mean 'cell' or 'cells'"):
        rx.dose_response(kill, agent=agent_a, cels=3)  # type: ignore[call-arg]
    parameters = rx.combine.__signature__.parameters
    assert parameters["draws"].default == 0
    assert parameters["solver"].default == "auto"
    assert "settings" not in parameters


DRAINED = """
model drained()
  compartment cell = 1; species A in cell = 1; k = 1;
  A -> ; k*cell;
end
"""


def test_what_falls_below_zero_is_counted() -> None:
    net = network.read_antimony(DRAINED)
    grid = rx.scan(net, axes={"k": [0.1, 1.0, 2.0]}, until="2 s", every="1 s", observe="A", solver="scipy")
    assert grid.dataset.attrs["below_zero"] == 2
    assert grid.dataset.attrs["below_zero_species"] == "A"
    assert grid.summary.endswith("2 solves went below zero beyond tolerance (A)")
    assert grid.ok


def stopped_after(rows: int) -> tuple[object, object]:
    """Progress and cancel of a run that is stopped once so many rows are done."""
    done = [0]

    def progress(now: int, failed: int, total: int) -> None:
        done[0] = now

    return progress, lambda: done[0] >= rows


def test_a_stopped_population_keeps_whole_points_only(
    kill: network.Network, agent_a: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redoxsim.study import engine

    monkeypatch.setattr(engine, "CHUNK", 8)
    settings = {"agent": agent_a, "doses": rx.log("100 nM", "30 uM", 9), "cell": varied(0.5), "solver": "scipy"}
    whole = rx.dose_response(kill, cells=4, **settings)  # type: ignore[arg-type]
    for failed in ("stop", "drop"):
        progress, cancel = stopped_after(18)
        part = rx.dose_response(kill, cells=4, failed=failed, progress=progress, cancel=cancel, **settings)  # type: ignore[arg-type]
        assert part.interrupted
        assert part.complete
        assert part.dataset["status"].values.tolist() == ["OK"] * 4 + ["INTERRUPTED"] * 6
        np.testing.assert_array_equal(part["viability"][:4], whole["viability"][:4])
        assert np.isnan(part["viability"][4:]).all(), "the mean over the cells that were run is not the population's"


def test_nothing_complete_is_said(kill: network.Network, agent_a: Agent) -> None:
    progress, cancel = stopped_after(1)
    part = rx.dose_response(
        kill, agent=agent_a, cells=4, cell=varied(0.5), solver="scipy", progress=progress, cancel=cancel
    )  # type: ignore[arg-type]
    assert part.interrupted
    assert not part.complete
