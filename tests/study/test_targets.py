"""Targets that must hold together in the default cell, on both levels: bands of the literature, not numbers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import equations, network
from redoxsim.codegen import compile_system
from redoxsim.network.parts import Network
from redoxsim.solve import Solution
from redoxsim.study import balance, metadata

LEVELS = ["redox", "redox-core"]
POOLS = ("NADPH", "Cys", "Glu", "Gln", "NH4", "ATP", "iron")
INDUCERS = ("sulforaphane=5uM", "cddo-me=50nM", "auranofin=0.5uM")
MEDIUM, CYTOSOL = 1e4, 1.4  # pL per cell


@cache
def read(model: str) -> Network:
    return network.read(model)


@cache
def rest(model: str) -> dict[str, float]:
    """Every symbol and rate at the undosed rest of the file."""
    system = equations.build(read(model))
    compiled = compile_system(system)
    y, p = compiled.initial({})
    names = [*system.states, *(name for name, _ in system.assigned), *(name for name, _ in system.rates)]
    values = compiled.outputs(names, np.zeros(1), y[:, None], p)[:, 0]
    return dict(zip(names, values.tolist(), strict=True)) | dict(zip(system.constants, p.tolist(), strict=True))


def course(model: str, *doses: str, until: str, every: str) -> Solution:
    found = rx.simulate(read(model), doses=list(doses), until=until, every=every)
    assert isinstance(found, Solution)
    return found


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("H2O2_c", 0.001, 0.010),
        ("GSH_c", 3000.0, 7000.0),
        ("GSH_ratio_extract", 50.0, 250.0),
        ("Eh_GSH", -320.0, -290.0),
        ("Trx1_red", 0.85, 0.999),
        ("ATP", 2400.0, 6900.0),
    ],
)
def test_at_rest(model: str, name: str, low: float, high: float) -> None:
    assert low <= rest(model)[name] <= high


@pytest.mark.parametrize("model", LEVELS)
def test_the_matrix_holds_at_least_the_h2o2_of_the_cytosol(model: str) -> None:
    assert rest(model)["H2O2_m"] >= rest(model)["H2O2_c"]


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize("pool", POOLS)
def test_as_much_is_made_as_used(model: str, pool: str) -> None:
    about = metadata.metadata_of(read(model))
    assert about is not None
    (found,) = balance.totals(balance.fluxes(read(model), {pool: about.fluxes[pool]}))
    assert found.made > 0.0
    assert abs(found.difference) < 0.01


@pytest.mark.parametrize("model", LEVELS)
def test_the_listed_reactions_are_all_that_change_a_pool(model: str) -> None:
    """The balance counts every reaction of the species; a reaction that the list forgets would hide in the total."""
    about = metadata.metadata_of(read(model))
    assert about is not None
    small = 0.01
    for pool in POOLS:
        rows = balance.fluxes(read(model), {pool: about.fluxes[pool]})
        forgotten = {row.reaction: row.share for row in rows if row.reaction not in about.fluxes[pool]}
        assert all(share < small for share in forgotten.values()), (pool, forgotten)


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize("amount", [1.0, 3.0, 10.0])
def test_gradient_and_clearance_of_h2o2(model: str, amount: float) -> None:
    """Medium over cytosol two minutes after a bolus, both over rest, and the clearance of a cell in L/s."""
    after = course(model, f"H2O2_x={amount}uM", until="30 min", every="1 min")
    outside = after["H2O2_x"] - rest(model)["H2O2_x"]
    inside = after["H2O2_c"] - rest(model)["H2O2_c"]
    assert 200 <= outside[2] / inside[2] <= 1000
    clearance = -np.log(outside[-1] / outside[2]) / (28 * 60.0) * MEDIUM * 1e-12
    assert 0.46e-12 <= clearance <= 10.4e-12


@pytest.mark.parametrize("model", LEVELS)
def test_half_life_of_nrf2(model: str) -> None:
    found = rest(model)
    minutes = np.log(2.0) * found["NRF2"] * CYTOSOL / found["NRF2_synthesis"] / 60.0
    assert 7.0 <= minutes <= 20.0


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize("inducer", INDUCERS)
def test_an_inducer_raises_nrf2(model: str, inducer: str) -> None:
    fold = course(model, inducer, until="12 h", every="15 min")["NRF2"]
    assert 2.0 <= fold.max() / fold[0] <= 8.0


@pytest.mark.parametrize("model", LEVELS)
def test_half_life_of_glutathione_under_bso(model: str) -> None:
    after = course(model, "bso=100uM", until="24 h", every="10 min")
    left = after["GSH_c"] / after["GSH_c"][0]
    assert 1.5 <= np.interp(-0.5, -left, np.asarray(after.times) / 3600.0) <= 8.0


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize(
    ("what", "reactions", "anchor"), [("glutamine", ["Gln_transport"], 5.6), ("ATP", ["ATP_use"], 145.0)]
)
def test_flux_anchors_that_the_balance_check_corrects(
    model: str, what: str, reactions: list[str], anchor: float
) -> None:
    """Within two-fold of uM/s per cell of 2 pL: source book, section 1, item 8; ATP as its balance check has it."""
    found = sum(rest(model)[name] for name in reactions) / 2.0
    assert anchor / 2 <= found <= anchor * 2, what


@pytest.mark.parametrize("model", LEVELS)
def test_every_constant_is_graded_and_inside_its_range(model: str) -> None:
    net = read(model)
    table = metadata.constants_of(net)
    ruled = {rule.target for rule in net.rules} | {one.target for one in net.initial_assignments}
    for one in net.parameters:
        if one.id not in ruled:
            row = table[one.id]
            assert row.grade in ("A", "B", "C"), one.id
            assert row.source, one.id
            if row.low is not None and row.high is not None:
                assert row.low <= row.value <= row.high, one.id


@pytest.mark.parametrize("model", LEVELS)
def test_gold_peroxiredoxins_and_carriers_are_conserved(model: str) -> None:
    """Gold in every form stays what was given; carriers and Prx stay what the cell has."""
    after = course(model, "auranofin=2uM", "bso=100uM", until="24 h", every="1 h")
    sizes = {one.id: one.size or 1.0 for one in read(model).compartments}
    places = {one.id: one.compartment for one in after.system.network.species}
    gold = [name for name in after.system.states if name.startswith("auranofin") and places.get(name) in sizes]
    assert len(gold) >= 5
    held = {name for name in gold if any(one.id == name and one.only_substance for one in after.system.network.species)}
    amounts = np.sum([after[name] * (1.0 if name in held else sizes[places[name]]) for name in gold], axis=0)
    lost = np.abs(amounts[1:] / amounts[1] - 1.0).max()
    assert lost < 1e-6

    # At full level NAD kinases and protein turnover move totals; forms make up the total of the moment.
    def size(amount: str) -> np.ndarray | float:
        return np.asarray(after[amount]) if amount in after.system.states else 1.0

    pools = ((["NADPH_c", "NADP_c"], "NADPtot_c", size("NADP_pool_c")), (["ATP", "ADP", "AMP"], "ANtot", 1.0))
    for parts, total, share in pools:
        np.testing.assert_allclose(sum(after[name] for name in parts), rest(model)[total] * share, rtol=1e-9)
    # At core level hyperoxidised forms are left out: the parts that are there make the total.
    forms = [name for name in ("Prx3_SH", "Prx3_SOH", "Prx3_SS", "Prx3_SO2") if name in places]
    total = rest(model)["Prx3_tot"] * size("Prx3_amount")
    np.testing.assert_allclose(sum(after[name] for name in forms), total, rtol=1e-9)
