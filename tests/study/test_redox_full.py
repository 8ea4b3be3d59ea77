"""The integrated model at full level: targets that must hold together, its two H2O2 sets, its optional edges."""

from __future__ import annotations

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import equations, network
from redoxsim.codegen import compile_system

SETS = ["default", "h2o2-microscopic"]


def bolus(model: str, cell: str, amount: float) -> tuple[float, float]:
    """Gradient of H2O2 from medium to cytosol two minutes after a bolus, and clearance in L/s per cell, over rest."""
    course = rx.simulate(model, doses=[f"H2O2_x={amount}uM"], until="30 min", every="1 min", cell=cell)
    rest = rx.simulate(model, until="1 min", cell=cell)
    outside, inside = course["H2O2_x"] - rest["H2O2_x"][0], course["H2O2_c"] - rest["H2O2_c"][0]
    clearance = -np.log(outside[-1] / outside[2]) / (28 * 60.0) * 1e4 * 1e-12  # 1e4 pL of medium per cell
    return float(outside[2] / inside[2]), float(clearance)


@pytest.mark.parametrize("cell", SETS)
def test_h2o2_at_rest(cell: str) -> None:
    rest = rx.simulate("redox", until="1 min", cell=cell)
    cytosol, matrix = rest["H2O2_c"][0], rest["H2O2_m"][0]
    assert 0.001 <= cytosol <= 0.010
    assert matrix >= cytosol
    assert 0.85 <= rest["Trx1_red"][0] <= 0.999


@pytest.mark.parametrize("cell", SETS)
@pytest.mark.parametrize("amount", [1.0, 10.0])
def test_gradient_and_clearance(cell: str, amount: float) -> None:
    gradient, clearance = bolus("redox", cell, amount)
    assert 200 <= gradient <= 1000
    assert 0.46e-12 <= clearance <= 10.4e-12


def test_the_core_level_has_the_same_gradient() -> None:
    for amount in (1.0, 10.0):
        full, core = bolus("redox", "default", amount), bolus("redox-core", "default", amount)
        assert core[0] == pytest.approx(full[0], rel=0.1)
        assert core[1] == pytest.approx(full[1], rel=0.02)


def test_glutathione_under_bso() -> None:
    course = rx.simulate("redox", doses=["bso=100uM"], until="24 h", every="10 min")
    left = course["GSH_c"] / course["GSH_c"][0]
    half = np.interp(-0.5, -left, np.arange(len(left)) / 6.0)
    assert 3000 <= course["GSH_c"][0] <= 7000
    assert 1.5 <= half <= 8.0
    assert 0.02 <= left[-1] <= 0.2


def test_what_an_extract_and_a_sensor_see_differs() -> None:
    rest = rx.simulate("redox", until="1 min")
    extract, cytosol = rest["GSH_ratio_extract"][0], rest["GSH_c"][0] / rest["GSSG_c"][0]
    assert 50 <= extract <= 250
    assert cytosol > 10 * extract
    assert -320 <= rest["Eh_GSH"][0] <= -290
    dosed = rx.simulate("redox", doses=["H2O2_x=50uM"], until="10 min", every="30 s")
    for name in ("roGFP_ox", "HyPer_ox", "DCF_signal", "Prx12_western"):
        assert dosed[name].max() > 1.05 * dosed[name][0], name
        assert dosed[name].min() >= 0.0
    assert dosed["roGFP_ox"].max() <= 1.0
    assert dosed["HyPer_ox"].max() <= 1.0


def test_hyperoxidation_comes_late_and_takes_hours_to_go() -> None:
    """Prx2 more than Prx1; nothing at 1 uM; back to half in 1 to 12 h (source book B)."""
    low = rx.simulate("redox", doses=["H2O2_x=1uM"], until="10 min", every="1 min")
    high = rx.simulate("redox", doses=["H2O2_x=100uM"], until="10 min", every="1 min")
    assert low["Prx2_SO2H"].max() < 0.01
    assert high["Prx2_SO2H"].max() > 0.05
    prx1, prx2 = high["Prx1_SO2"].max() / 59.0, high["Prx2_SO2"].max() / 33.0
    assert prx2 > 1.5 * prx1
    after = rx.simulate("redox", doses=["H2O2_x=20uM@0h..0.5h"], until="16 h", every="15 min")["Prx2_SO2"]
    rest, top = after[0], int(np.argmax(after))
    halved = np.argmax(after[top:] < rest + 0.5 * (after[top] - rest)) * 0.25
    assert 1.0 <= halved <= 12.0


@pytest.mark.parametrize(
    ("edge", "value", "readout"),
    [
        ("kHK_Trx", 1e-4, "HK_activity"),
        ("kCOX_Trx", 1e-4, "COX_activity"),
        ("vSecTRAP", 3.0, "Trx1_red"),
        ("CHAC1", 1.0, "GSH_c"),
    ],
)
def test_optional_edges_are_off_and_lower_something_when_on(edge: str, value: float, readout: str) -> None:
    net = network.read("redox")
    assert net.index()[edge].value == 0.0  # type: ignore[attr-defined]
    dose = ["auranofin=1uM"]
    off = rx.simulate(net, doses=dose, until="12 h", every="1 h")[readout]
    on = rx.simulate(net, doses=dose, values={edge: value}, until="12 h", every="1 h")[readout]
    assert on.min() < 0.99 * off.min()


@pytest.mark.parametrize(("edge", "value", "readout"), [("GPX4_by_Trx", 1.0, "LOOH"), ("vHaem", 3e-4, "LIP")])
def test_optional_edges_of_ferroptosis_raise_something_when_on(edge: str, value: float, readout: str) -> None:
    net = network.read("redox")
    assert net.index()[edge].value == 0.0  # type: ignore[attr-defined]
    dose = ["auranofin=2uM", "bso=100uM"]
    off = rx.simulate(net, doses=dose, until="12 h", every="1 h")[readout]
    on = rx.simulate(net, doses=dose, values={edge: value}, until="12 h", every="1 h")[readout]
    assert on.max() > 1.05 * off.max()


def nrf2(level: float, **edge: float) -> tuple[float, float, float]:
    rest = rx.simulate("redox", until="1 min", values={"TXNRD1": level, **edge})
    return float(rest["KEAP1_amount"][0]), float(rest["NRF2"][0]), float(rest["GPX4_activity"][0])


def test_the_edge_from_trxr1_to_keap1_has_three_settings() -> None:
    """Off: TrxR1 leaves KEAP1 alone. On: more TrxR1, more KEAP1, less NRF2 and GPX4 (S1.3). Anti: the reverse."""
    rest = nrf2(1.0)
    for gain in ("kTrxR1_KEAP1", "kTrxR1_KEAP1_anti"):
        assert nrf2(1.0, **{gain: 1.0}) == pytest.approx(rest, rel=1e-6)
    off_keap1, off, _ = nrf2(3.0)
    assert off_keap1 == pytest.approx(1.0, rel=1e-6)
    assert off == pytest.approx(rest[1], rel=0.01)
    on, anti = nrf2(3.0, kTrxR1_KEAP1=1.0), nrf2(3.0, kTrxR1_KEAP1_anti=1.0)
    assert on[0] > 1.1
    assert on[1] < 0.99 * rest[1]
    assert on[2] < 0.995 * rest[2]
    assert anti[0] < 0.9
    assert anti[1] > 1.01 * rest[1]
    assert anti[2] > 1.005 * rest[2]


def test_cystine_needs_trxr1_or_glutathione() -> None:
    """Either way alone keeps cysteine; without both it falls (Mandal 2010: the direction)."""
    rest = rx.simulate("redox", until="1 min")["Cys"][0]
    no_trxr = rx.simulate("redox", until="1 min", values={"TXNRD1": 0.02})["Cys"][0]
    assert no_trxr > 0.6 * rest
    rates = {}
    net = network.read("redox")
    system = equations.build(net)
    compiled = compile_system(system)
    states: dict[str, dict[str, float]] = {"rest": {}, "none": {"TrxR1": 0.0, "GSH_c": 0.0}}
    for name, values in states.items():
        y, p = compiled.initial(values)
        found = dict(zip([one for one, _ in system.rates], compiled.bind(p).rates(0.0, y.tolist()), strict=True))
        rates[name] = sum(found[one] for one in ("cystine_reduction", "cystine_by_TrxR1", "cystine_by_GSH"))
    assert rates["none"] < 0.3 * rates["rest"]


def test_conserved_totals() -> None:
    """Forms of a peroxiredoxin and of NADP(H) make up the amount of the moment, and others a total that stays."""
    course = rx.simulate("redox", doses=["auranofin=2uM", "bso=100uM"], until="24 h", every="1 h")
    totals = {
        "Prx1": (["Prx1_SH", "Prx1_SOH", "Prx1_SS", "Prx1_SO2"], 59.0 * course["Prx1_amount"]),
        "Prx2": (["Prx2_SH", "Prx2_SOH", "Prx2_SS", "Prx2_SO2"], 33.0 * course["Prx2_amount"]),
        "Prx3": (["Prx3_SH", "Prx3_SOH", "Prx3_SS", "Prx3_SO2"], 60.0 * course["Prx3_amount"]),
        "NADP": (["NADPH_c", "NADP_c"], 60.0 * course["NADP_pool_c"]),
        "AN": (["ATP", "ADP", "AMP"], 5281.0),
        "ASK1": (["ASK1", "ASK1_Trx1"], 0.1),
    }
    for what, (names, total) in totals.items():
        found = sum(course[name] for name in names)
        np.testing.assert_allclose(found, total, rtol=1e-9, err_msg=what)
        for name in names:
            assert course[name].min() >= -1e-9 * np.max(total), name


ANCHORS = {
    "RNR": (["RNR_demand", "RNR_by_Grx"], 0.12),
    "GSH synthesis": (["GSS_ligation"], 0.165),
    "cysteine into protein": (["cysteine_to_protein"], 0.23),
    "NADPH": (["oxPPP", "oxPPP", "ME1", "IDH1"], 2.8),
    "O2": (["respiration"], 30.0),
    "glucose": (["hexokinase"], 28.0),
}
"""uM/s of a 2 pL cell: source book, section 1, item 8, with the corrections of its balance check; O2 counts NADH."""


@pytest.mark.parametrize("model", ["redox", "redox-core"])
def test_flux_anchors_hold_within_two_fold(model: str) -> None:
    system = equations.build(network.read(model))
    compiled = compile_system(system)
    y, p = compiled.initial({})
    rates = dict(zip([one for one, _ in system.rates], compiled.bind(p).rates(0.0, y.tolist()), strict=True))
    for what, (names, anchor) in ANCHORS.items():
        found = sum(rates.get(name, 0.0) for name in names) / 2.0
        assert anchor / 2 <= found <= anchor * 2, (what, found)


@pytest.mark.parametrize("model", ["redox", "redox-core"])
def test_nothing_drifts_undosed(model: str) -> None:
    """From the values in the file, not from a steady state that is sought: 48 h move nothing by a thousandth."""
    net = network.read(model)
    counters = {one.id for one in net.species if one.compartment == "population"}
    course = rx.simulate(net, until="48 h", every="48 h", start="given", rtol=1e-9)
    for name in equations.build(net).states:
        if name not in counters:
            first, last = course[name][0], course[name][-1]
            assert abs(last - first) <= 1e-3 * max(abs(first), 1e-9), name


def test_the_second_step_of_the_pentose_phosphate_pathway_carries_as_much_as_the_first() -> None:
    """At rest one 6-phosphogluconate for one G6P; with little of the dehydrogenase it piles up and NADPH falls."""
    rest = rx.simulate("redox", until="1 h", every="1 h")
    assert rest["PGD_turnover"][0] == pytest.approx(rest["oxPPP"][0], rel=2e-3)
    little = rx.simulate("redox", values={"PGD": 0.05}, until="1 h", every="1 h")
    assert little["PG6"][0] > 10.0 * rest["PG6"][0]
    assert little["NADPH_c"][0] < rest["NADPH_c"][0]


def test_the_endoplasmic_reticulum_is_more_oxidised_and_follows_the_cytosol() -> None:
    """Its glutathione stands 60 mV above the cytosol's or more; under BSO both fall, the extract's ratio hardly."""
    course = rx.simulate("redox", doses=["bso=1mM"], until="24 h", every="1 h")
    assert course["Eh_GSH_er"][0] > course["Eh_GSH"][0] + 60.0
    left = {name: course[name][-1] / course[name][0] for name in ("GSH_c", "GSH_er", "GSH_ratio_extract")}
    assert left["GSH_er"] == pytest.approx(left["GSH_c"], rel=0.25)
    assert left["GSH_ratio_extract"] > 0.5
    shut = rx.simulate("redox", values={"kERO1": 0.0}, until="1 h", every="1 h")
    assert shut["GSSG_er"][0] == pytest.approx(shut["GSSG_c"][0], rel=1e-3)
    assert shut["GSH_er"][0] == pytest.approx(shut["GSH_c"][0], rel=1e-3)


def test_dhodh_keeps_lipid_peroxides_of_mitochondria_low_where_gpx4_is() -> None:
    def mitochondria(**values: float) -> float:
        return float(rx.simulate("redox", values=values, until="1 h", every="1 h")["LOOH_m"][0])

    with_gpx4 = mitochondria(DHODH=0.0) / mitochondria()
    without = mitochondria(DHODH=0.0, GPX4=0.02) / mitochondria(GPX4=0.02)
    assert 1.0 < with_gpx4 < 1.5
    assert without > 5.0 * with_gpx4


def test_lipids_are_remodelled_over_hours() -> None:
    """After a loss of ACSL4 half of the way takes six hours; the rest is that of the level."""
    change = rx.simulate("redox", values={"ACSL4": 0.3}, start="given", until="24 h", every="1 h")
    lipids = change["PUFA_amount"]
    assert lipids[0] == pytest.approx(1.0, rel=1e-3)
    assert lipids[6] == pytest.approx(0.65, abs=0.03)
    low = rx.simulate("redox", values={"ACSL4": 0.3}, until="1 h", every="1 h")
    assert low["LH"][0] / change["LH"][0] == pytest.approx(0.3, rel=1e-3)


# ---- Methionine, full level


def test_growth_needs_methionine() -> None:
    usual = rx.simulate("redox", until="1 min")
    found = rx.simulate("redox", doses=["Met_x:=0uM"], until="12 h", every="6 h")
    for name in ("growth_rate", "cysteine_to_protein"):
        assert abs(found[name][-1]) < 1e-3 * usual[name][0]
