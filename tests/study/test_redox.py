"""Studies of the shipped integrated model, one cell, few doses: what must hold whatever its numbers are."""

from __future__ import annotations

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.errors import UnitError
from redoxsim.pharmacology import Agent


@pytest.fixture(scope="module")
def redox() -> network.Network:
    return rx.read("redox")


def test_doses_in_nanomolar_and_micromolar_are_the_same(redox: network.Network) -> None:
    one = rx.dose_response(redox, agent="auranofin", doses="300nM,1000nM,1500nM,3000nM", cells=1)
    other = rx.dose_response(redox, agent="auranofin", doses="0.3uM,1uM,1.5uM,3uM", cells=1)
    assert np.array_equal(one["viability"], other["viability"])
    assert np.array_equal(one.dataset["auranofin"], other.dataset["auranofin"])


def test_one_run_split_into_many_is_the_same_curve(redox: network.Network) -> None:
    whole = rx.dose_response(redox, agent="auranofin", doses="1uM,2uM", cells=1)
    parts = [rx.dose_response(redox, agent="auranofin", doses=dose, cells=1) for dose in ("1uM", "2uM")]
    assert [float(part["viability"][1]) for part in parts] == whole["viability"].values[1:].tolist()


def test_untreated_cells_stay_where_they_start(redox: network.Network) -> None:
    course = rx.simulate(redox, until="48 h", every="12 h")
    assert course["viability"] == pytest.approx(np.ones(5), abs=1e-4)
    assert course["H2O2_c"] == pytest.approx(np.full(5, course["H2O2_c"][0]), rel=1e-4)


def test_population_differs_and_has_its_own_steady_states(redox: network.Network) -> None:
    kept = rx.scan(redox, axes={"vH_c": [1.2]}, at="0h", cells=4, keep="cells", observe="GSH_c,Trx1_red")
    assert len(set(kept["GSH_c"].values[0].tolist())) == 4
    assert kept.ok


def test_agent_with_itself_has_loewe_index_one(redox: network.Network) -> None:
    # Equal steps: the sum of two doses is a dose of the grid, so the single-agent curve is known exactly there.
    copy = Agent.model_validate(
        {"id": "gold", "name": "Gold", "forms": ["flux"], "dose_species": "auranofin_x", "default_doses": "1uM"}
    )
    doses = "0.5uM..3uM:lin:6"
    surface = rx.combine(
        redox, agents=["auranofin", copy], doses={"auranofin": doses, "gold": doses}, cells=1, scores=["loewe"]
    )
    effect, index = 1.0 - surface["viability"].values, surface["loewe_index"].values
    middle = (effect > 0.1 * effect.max()) & (effect < 0.9 * effect.max()) & np.isfinite(index)
    middle[0, :] = middle[:, 0] = False
    assert middle.any()
    np.testing.assert_allclose(index[middle], 1.0, atol=0.02)


def test_order_of_agents_only_turns_the_grid(redox: network.Network) -> None:
    doses = {"auranofin": "1.5uM", "bso": "100uM"}
    one = rx.combine(redox, agents=["auranofin", "bso"], doses=doses, cells=1, scores=["bliss"])
    other = rx.combine(redox, agents=["bso", "auranofin"], doses=doses, cells=1, scores=["bliss"])
    np.testing.assert_allclose(one["viability"], other["viability"].values.T, atol=1e-4)


def test_grades_say_how_much_is_assumed(redox: network.Network) -> None:
    found = rx.dose_response.plan(redox, agent="auranofin", cells=1)
    assert found.estimate().solves == 9
    from redoxsim.study.provenance import grades

    counts = grades(found.rows.setup)  # type: ignore[attr-defined]
    assert min(counts.values()) > 0


def test_dose_of_the_wrong_kind(redox: network.Network) -> None:
    with pytest.raises(UnitError, match="needs a concentration"):
        rx.simulate(redox, doses=["auranofin=2Gy"], until="1 h")


def test_draws_keep_the_undosed_cell_possible() -> None:
    from redoxsim.study import draws, prepare

    setup = prepare("redox")
    assert setup.metadata is not None
    bands = {one.id: one for one in setup.metadata.targets if one.draws}
    assert {"H2O2_c", "H2O2_m", "GSH_c", "Trx1_red"} <= bands.keys()
    found = draws.draw(setup, 4)
    assert found.number == 4
    assert found.tried > 4
    for place in range(2):
        values = {name: float(column[place]) for name, column in found.values.items()}
        rest = rx.simulate("redox", until="1 min", values=values, solver="scipy")
        for name, band in bands.items():
            assert band.low <= rest[name][0] * (1 + 1e-6), name
            assert rest[name][0] <= band.high * (1 + 1e-6), name
