"""What every shipped network promises: clean, complete, at rest, inside its targets."""

from __future__ import annotations

import tomllib

import libsbml
import numpy as np
import pytest

from redoxsim import catalog, equations, network
from redoxsim.codegen import compile_system
from redoxsim.network.parts import Network

NAMES = (
    "energy", "fate", "ferroptosis", "glutamine", "gsh", "h2o2", "nadph", "nrf2", "redox", "redox-core", "tme", "trx",
)  # fmt: skip
FIXED = (
    "H2O2_c", "H2O2_m", "H2O2_x", "GSH_c", "GSSG_c", "Trx1_red", "Trx2_red", "Prx3_ox", "NADPH_c", "NRF2", "LOOH",
    "ATP", "Gln", "Glu", "viability", "survival",
)  # fmt: skip
LEVELS = (
    "TXNRD1", "TXNRD2", "GSR", "GCLC", "GLUL", "GLS", "GPX4", "KEAP1", "TXN", "TXN2", "PRDX1", "PRDX2", "PRDX3",
    "SLC7A11", "GPX1", "G6PD", "AIFM2", "HMOX1", "FTH1",
)  # fmt: skip


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def shipped(name: str) -> Network:
    return network.read(name)


def test_all_are_listed() -> None:
    assert set(NAMES) <= set(catalog.models())


def test_check_finds_nothing(name: str) -> None:
    assert network.check(catalog.model_file(name)) == []


def test_libsbml_finds_nothing(name: str) -> None:
    document = libsbml.readSBMLFromFile(str(catalog.model_file(name)))
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, True)
    found = document.checkConsistency()
    assert [document.getError(i).getMessage() for i in range(found)] == []


def test_every_part_has_a_unit_a_name_and_a_term(shipped: Network) -> None:
    for item in shipped.parameters:
        assert item.unit, item.id
    for item in (*shipped.species, *shipped.parameters, *shipped.reactions):
        assert item.name, item.id
        assert item.sbo, item.id


def test_at_rest(shipped: Network) -> None:
    """One Newton step from the initial state leads nowhere: it is the steady state."""
    system = equations.build(shipped)
    compiled = compile_system(system)
    y, p = compiled.initial({})
    counters = {item.id for item in shipped.species if item.compartment == "population"}
    kept = [index for index, name in enumerate(system.states) if name not in counters]
    if not kept:
        return
    change, slopes = compiled.rhs(0.0, y, p)[kept], compiled.jac(0.0, y, p)[np.ix_(kept, kept)]
    step = np.linalg.solve(slopes, change)
    far = {system.states[i]: float(s) for i, s in zip(kept, step, strict=True) if abs(s) > 1e-6 * max(abs(y[i]), 1e-9)}
    assert far == {}


def test_targets_hold(name: str, shipped: Network) -> None:
    settings = tomllib.loads((catalog.models()[name] / "model.toml").read_text(encoding="utf-8"))
    compiled = compile_system(equations.build(shipped))
    y, p = compiled.initial({})
    names = [item["id"] for item in settings["targets"]]
    values = compiled.outputs(names, np.zeros(1), y[:, None], p)[:, 0] if names else []
    for item, value in zip(settings["targets"], values, strict=True):
        assert item["low"] <= value <= item["high"], (item["id"], value)


def test_ids_that_others_measure_through() -> None:
    made = network.read("redox")
    known = made.index()
    assert [name for name in FIXED if name not in known] == []
    for gene in LEVELS:
        item = known[gene]
        assert (item.value, item.unit, item.constant) == (1.0, "dimensionless", True), gene


def test_untreated_cells_are_their_own_reference() -> None:
    made = network.read("redox")
    compiled = compile_system(equations.build(made))
    y, p = compiled.initial({})
    values = compiled.outputs(["viability", "survival", "hazard", "h_ref"], np.zeros(1), y[:, None], p)[:, 0]
    assert values[0] == pytest.approx(1.0, abs=1e-12)
    assert values[1] == 1.0
    assert values[2] == pytest.approx(values[3], rel=1e-12)
