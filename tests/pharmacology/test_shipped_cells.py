"""Every shipped cell profile: it loads, has a source for each value, and the integrated model rests in it."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim import catalog, network
from redoxsim.pharmacology import apply_cell, load_cell
from redoxsim.solve import Batch, solve_batch
from redoxsim.study.setup import prepare

CELLS = sorted(catalog.cells())
WANTED = {
    "default", "hepg2", "huh7", "a549", "h1299", "mcf-7", "mda-mb-231", "hct116", "hela", "jurkat", "k562",
    "normal-hepatocyte", "sorafenib-resistant", "gsr-low", "txnrd1-high", "glul-high",
}  # fmt: skip
STARVED = "culture-gln-free"  # no cell rests without glutamine for good: it ignites, so it is held to bounds of its own
OBSERVED = ("H2O2_c", "H2O2_m", "GSH_c", "Trx1_red", "ATP", "LOOH", "NRF2", "hazard", "growth_rate")


@pytest.fixture(scope="module")
def resting() -> dict[str, dict[str, np.ndarray]]:
    """Two undosed days of every cell from its own rest, all in one batch."""
    setups = {name: prepare("redox", cell=name) for name in CELLS}
    system = next(iter(setups.values())).system
    changed = sorted({key for setup in setups.values() for key in setup.values})
    usual = {key: _usual(setups["default"], key) for key in changed}
    columns = {key: np.array([setups[name].values.get(key, usual[key]) for name in CELLS]) for key in changed}
    batch = Batch(
        system=system, times=np.array([0.0, 86400.0, 172800.0]), rows=len(CELLS), columns=columns,
        observe=OBSERVED, start="steady", rtol=1e-6,
    )  # fmt: skip
    done = solve_batch(batch)
    assert [name for name, status in zip(CELLS, done.status, strict=True) if not status.ok] == []
    return {name: dict(zip(OBSERVED, done.values[place], strict=True)) for place, name in enumerate(CELLS)}


def _usual(setup, key: str) -> float:
    parts = {part.id: part for part in (*setup.network.species, *setup.network.compartments)}
    if key in parts:
        part = parts[key]
        return float(part.initial_concentration if hasattr(part, "initial_concentration") else part.size)
    return setup.without(key)


def test_all_cells_are_there() -> None:
    assert set(CELLS) >= WANTED


@pytest.mark.parametrize("name", CELLS)
def test_cell_applies_and_says_where_its_values_come_from(name: str) -> None:
    cell = load_cell(name)
    apply_cell(network.read("redox"), cell)
    assert all(one.source for one in cell.values.values())
    constants = prepare("redox").constants
    for key, one in cell.values.items():
        known = constants.get(key)
        if known is not None and known.low is not None and known.high is not None:
            assert known.low <= one.value <= known.high, key


@pytest.mark.parametrize("name", [name for name in CELLS if name != STARVED])
def test_cell_rests_and_lives(resting, name: str) -> None:
    found = resting[name]
    for key, values in found.items():
        assert np.allclose(values, values[0], rtol=1e-3, atol=1e-12), key
    assert 2e-4 < found["H2O2_c"][0] < 0.05
    assert 300.0 < found["GSH_c"][0] < 15000.0
    assert 1500.0 < found["ATP"][0] < 7000.0
    assert found["LOOH"][0] < 10.0
    assert found["hazard"][0] < 2e-6


def test_without_glutamine_for_good_lipids_burn(resting) -> None:
    """Too little glutathione to hold lipid peroxides down: a steady state, but of a cell that dies."""
    found, usual = resting[STARVED], resting["default"]
    for key, values in found.items():
        assert np.allclose(values, values[0], rtol=1e-3, atol=1e-12), key
    assert 100.0 < found["GSH_c"][0] < 1000.0
    assert found["LOOH"][0] > 100.0 > 10.0 > usual["LOOH"][0]
    assert found["hazard"][0] > 100.0 * usual["hazard"][0]
    assert 1500.0 < found["ATP"][0] < usual["ATP"][0]
    assert 0.0 < found["growth_rate"][0] < 0.5 * usual["growth_rate"][0]


def test_what_profiles_are_known_for(resting) -> None:
    """Directions that were not put in: they follow from what was."""
    assert resting["a549"]["NRF2"][0] > 2.0 * resting["h1299"]["NRF2"][0]
    assert resting["a549"]["GSH_c"][0] > 1.2 * resting["h1299"]["GSH_c"][0]
    assert resting["hela"]["H2O2_m"][0] > 1.5 * resting["default"]["H2O2_m"][0]
    assert resting["hepg2"]["LOOH"][0] > resting["default"]["LOOH"][0]
