"""Shapes that a model of the right wiring has whatever its constants: structure tests of the development observations.

Bands are loose on purpose; the numbers themselves are scored by ``redoxsim validate``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.network.parts import Network
from redoxsim.solve import Solution

# All stand in the model of every run, so that one compiled model does for all.
AGENTS = ("auranofin", "bso", "sulforaphane", "cisplatin", "carboplatin", "vitamin-c", "catalase-x", "erastin", "rsl3",
          "ferrostatin-1")  # fmt: skip


@cache
def redox() -> Network:
    return network.read("redox")


def course(*doses: str, until: str = "24 h", every: str = "15 min", **values: float) -> Solution:
    return solved(doses, until, every, tuple(sorted(values.items())))


@cache
def solved(doses: tuple[str, ...], until: str, every: str, values: tuple[tuple[str, float], ...]) -> Solution:
    found = rx.simulate(redox(), doses=list(doses), until=until, every=every, values=dict(values), agents=AGENTS)
    assert isinstance(found, Solution)
    return found


def fold(found: Solution, name: str) -> float:
    """The largest value over the first."""
    return float(found[name].max() / found[name][0])


# ---- Trx1 has a backup (A14 to A16)


def test_trx1_stays_reduced_without_trxr1_as_long_as_there_is_glutathione() -> None:
    block, both = course(TXNRD1=0.1), course("bso=1mM", TXNRD1=0.1, until="48 h")
    assert block["Trx1_red"][0] > 0.5
    assert both["Trx1_red"].min() < 0.4 * block["Trx1_red"][0]


def test_the_backup_is_the_reaction_of_glutathione_with_trx1() -> None:
    without = course(TXNRD1=0.1, kGrx_Trx=0.0)
    assert without["Trx1_red"][0] < 0.5 * course(TXNRD1=0.1)["Trx1_red"][0]
    assert course(kGrx_Trx=0.0)["Trx1_red"][0] > 0.9  # with TrxR1 nothing asks for it


# ---- Cells without TrxR1 and GSR (A29)


def test_nadph_does_not_reduce_gssg_without_gsr_and_trxr1() -> None:
    null = course(TXNRD1=0.0, GSR=0.0, until="1 h")
    for name in ("GSR_turnover", "TrxR1_turnover"):
        assert null[name][0] == pytest.approx(0.0, abs=1e-15)
    single = (course(GSR=0.0, until="1 h"), course(TXNRD1=0.0, until="1 h"))
    ratio, *ratios = (float(one["GSSG_c"][0] / one["GSH_c"][0]) for one in (null, *single))
    assert ratio > 10 * max(ratios)


def test_the_double_null_lives_while_it_makes_glutathione() -> None:
    """At rest, thus for good; without cystine and with BSO it does not."""
    null, wild = course(TXNRD1=0.0, GSR=0.0, until="1 h"), course(until="1 h")
    assert null["growth_rate"][0] > 0.5 * wild["growth_rate"][0]
    assert null["LOOH"][0] < 10.0 * wild["LOOH"][0]
    bso = course("bso=1mM", TXNRD1=0.0, GSR=0.0, until="72 h")
    assert bso["growth_rate"][-1] < 0.2 * wild["growth_rate"][0]


def test_the_double_null_needs_cysteine_that_gives_its_electrons_to_gssg_and_glutaredoxin_for_rnr() -> None:
    """Either way closed, it grows at less than a third: what carries the row above."""
    wild = course(until="1 h")["growth_rate"][0]
    one_way = course(TXNRD1=0.0, GSR=0.0, KeqCySS_GSH=10.0, kCySSG_GSH=1e-5, until="1 h")
    assert course(TXNRD1=0.0, GSR=0.0, until="1 h")["cystine_by_GSH"][0] < 0.0
    trx_only = course(TXNRD1=0.0, GSR=0.0, aRNR_Grx=0.0, until="1 h")
    assert trx_only["growth_rate"][0] < 0.3 * wild
    assert one_way["GSH_c"][0] < course(TXNRD1=0.0, GSR=0.0, until="1 h")["GSH_c"][0]


# An inhibitor of cystathionine gamma-lyase (propargylglycine in the paper), as if at once and all of it.
CTH_BLOCK = """
id = "cth-block"
name = "CTH block"
class = "CTH inhibitor"
targets = ["CTH"]
forms = ["reversible"]
dose_species = "cth_block_x"
dose_unit = "uM"
default_doses = "1uM..1mM:log:4"
caveats = ["Stands for the end of transsulfuration, not for a drug."]

[[parameters]]
id = "cth_block_Ki"
value = 1e-6
unit = "uM"
grade = "C"
source = "assumed"

[[species]]
id = "cth_block_x"
compartment = "medium"

[[factors]]
reaction = "transsulfuration"
factor = "cth_block_Ki/(cth_block_Ki + cth_block_x)"
form = "reversible"
target = "CTH"
"""
NULL = {"TXNRD1": 0.0, "GSR": 0.0}


@pytest.fixture(scope="module")
def liver(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Solution]:
    """Courses of ``mouse-liver`` from its rest; only `cystine` uM of it outside, CTH blocked at 0 h if `block`."""
    block_file = tmp_path_factory.mktemp("agents") / "cth-block.toml"
    block_file.write_text(CTH_BLOCK, encoding="utf-8")

    @cache
    def run(cystine: float, *, null: bool, block: bool = False, bso: bool = False) -> Solution:
        doses = [*(["cth-block=1mM"] if block else []), *(["bso=1mM"] if bso else [])]
        found = rx.simulate(
            redox(), doses=doses, until="72 h", every="12 h", cell="mouse-liver", agents=(str(block_file), "bso"),
            values={"CySS_x": cystine, **(NULL if null else {})},
        )  # fmt: skip
        assert isinstance(found, Solution)
        return found

    return run


@pytest.mark.parametrize("cystine", [0.0, 200.0])
def test_in_the_liver_the_double_null_lives_on_methionine_and_on_cystine(
    liver: Callable[..., Solution], cystine: float
) -> None:
    null, wild = liver(cystine, null=True), liver(cystine, null=False)
    assert null["hazard"].max() < 2e-6  # at rest, thus for good
    assert null["LOOH"].max() < 10.0  # a fiftieth of what kills
    assert null["GSH_c"].min() > 100.0
    assert wild["GSH_c"][0] > 3000.0
    assert null["GSSG_c"][0] > null["GSH_c"][0]  # each GSH is used once


def test_in_the_liver_the_double_null_dies_without_transsulfuration_or_glutathione(
    liver: Callable[..., Solution],
) -> None:
    """The wild type does not, as long as there is cystine."""
    for found in (
        liver(0.0, null=True, block=True), liver(200.0, null=True, block=True), liver(0.0, null=True, bso=True),
    ):  # fmt: skip
        assert found["survival"][-1] < 0.01
    assert liver(200.0, null=False, block=True)["survival"][-1] > 0.95
    assert liver(0.0, null=False, bso=True)["survival"][-1] > 0.95


def test_with_the_transsulfuration_of_a_hepatocyte_in_culture_the_double_null_dies_on_methionine_alone() -> None:
    """It lives by the rate of the liver, five times that of the profile `normal-hepatocyte`."""
    found = rx.simulate(
        redox(), doses=["CySS_x:=0uM"], until="72 h", every="12 h", cell="normal-hepatocyte", values=NULL
    )
    assert found["hazard"][0] < 2e-6
    assert found["survival"][-1] < 0.01


def at_rest(cell: str, cystine: float, rate: float | None = None, **further: float) -> Solution:
    """The double null at its rest; transsulfuration of `rate` uM/s of cytosol, in a profile whose vTSS is 0.2."""
    level = {} if rate is None else {"CBS": rate / 0.2, "CTH": rate / 0.2}
    found = rx.simulate(
        redox(), until="1 h", every="1 h", cell=cell, values={"CySS_x": cystine, **NULL, **level, **further}
    )
    assert isinstance(found, Solution)
    return found


@pytest.mark.parametrize("rate", [0.041, 0.079, 0.14])
def test_at_rates_of_liver_models_the_double_null_needs_cystine(rate: float) -> None:
    """Reed 2008, Reed 2004 and Martinov 2000 at the methionine of plasma; on methionine alone its lipids burn."""
    assert at_rest("normal-hepatocyte", 200.0, rate)["hazard"][0] < 2e-6
    alone = at_rest("mouse-liver", 0.0, rate)
    assert alone["hazard"][0] > 1e-5
    assert alone["LOOH"][0] > 100.0


def test_on_methionine_alone_the_double_null_lives_from_about_one_micromolar_a_second() -> None:
    """0.41 and 0.60: Martinov 2000 at 60 uM methionine, capacity of CTH in Reed 2008; 1.25: Martinov at 100 uM."""
    for rate, lives in ((0.41, False), (0.60, False), (1.25, True), (1.9, True)):
        found = at_rest("mouse-liver", 0.0, rate)
        assert bool(found["hazard"][0] < 2e-6) is lives
        assert bool(found["LOOH"][0] < 10.0) is lives


@pytest.mark.parametrize("cell", ["default", "mouse-liver"])
def test_without_trx1_as_well_the_null_rests_and_lives_on_cystine(cell: str) -> None:
    """All methionine in protein is oxidised then, and no more than there is: only Trx1 reduces it."""
    null, triple = at_rest(cell, 200.0), at_rest(cell, 200.0, TXN=0.0)
    assert triple["hazard"][0] < 2e-6
    assert triple["MetSO"][0] == pytest.approx(20000.0, rel=0.01)
    assert null["MetSO"][0] < 10000.0
    assert triple["growth_rate"][0] < null["growth_rate"][0]  # RNR has GSH alone


# ---- NRF2: one path, different gains (A02 to A05); stabilised, not released (E01 to E03)


def test_auranofin_raises_hmox1_far_more_than_nqo1_and_neither_without_nrf2() -> None:
    dosed, knocked = course("auranofin=0.5uM"), course("auranofin=0.5uM", NFE2L2=0.0)
    assert fold(dosed, "fold_HMOX1") > 2.0 * fold(dosed, "fold_NQO1") > 2.0
    for name in ("fold_HMOX1", "fold_NQO1", "HO1"):
        assert fold(knocked, name) == pytest.approx(1.0, abs=0.3), name


def test_nrf2_builds_up_by_synthesis_and_lives_longer() -> None:
    """Synthesis is stopped with the dose, not before: what is set free would still show."""
    with_synthesis = course("sulforaphane=5uM", until="6 h", every="5 min")
    none = rx.simulate(
        redox(), doses=["sulforaphane=5uM"], until="6 h", every="5 min", agents=AGENTS, start="given",
        values={"NFE2L2": 0.0},
    )  # fmt: skip
    assert fold(with_synthesis, "NRF2") > 1.5
    assert float(none["NRF2"].max() / none["NRF2"][0]) < 1.05
    assert with_synthesis["NRF2_KEAP1"].min() > 0.99 * with_synthesis["NRF2_KEAP1"][0]  # none leaves KEAP1
    life = with_synthesis["NRF2"] / with_synthesis["NRF2_synthesis"]
    assert life.max() > 2.0 * life[0]


# ---- Glutathione under auranofin goes both ways (A20)


def test_a_low_dose_of_auranofin_raises_glutathione() -> None:
    low = course("auranofin=0.5uM")
    assert low["GSH_c"][-1] > 1.1 * low["GSH_c"][0]


def test_a_toxic_dose_of_auranofin_lowers_glutathione_of_the_culture_within_a_day() -> None:
    """Cells that die let go of theirs; NRF2 raises that of those that live."""
    toxic, low = course("auranofin=4uM"), course("auranofin=0.5uM")
    assert toxic["viability"][-1] < 0.5
    assert toxic["GSH_dish"].min() < 0.9 * toxic["GSH_dish"][0]
    assert low["GSH_dish"][-1] > 1.1 * low["GSH_dish"][0]


# ---- H2O2: first order in cells, an amount per cell, disulfide long before sulfinic acid (D01 to D03, D11)


def clearance(medium: float, amount: float) -> float:
    """Litres a cell clears in a second, from a bolus; ``medium`` in pL per cell."""
    found = course(f"H2O2_x={amount}uM", until="5 min", every="30 s", medium=medium)
    over = found["H2O2_x"] - course(until="5 min", every="30 s", medium=medium)["H2O2_x"]
    return float(-np.log(over[-1] / over[2]) / (4.0 * 60.0) * medium * 1e-12)


def test_clearance_is_first_order_in_cells_and_in_h2o2() -> None:
    reference = clearance(1e4, 1.0)
    assert clearance(1e5, 1.0) == pytest.approx(reference, rel=0.1)  # a tenth of the cells per litre
    assert clearance(1e4, 5.0) == pytest.approx(reference, rel=0.1)


def test_what_a_bolus_does_is_set_by_the_amount_per_cell() -> None:
    """The same concentration does less where more cells share it; amounts per cell compare."""

    def sulfinic(amount: float, medium: float) -> float:
        found = course(f"H2O2_x={amount}uM", until="4 h", every="1 min", medium=medium)
        return float(found["Prx2_SO2"].max() - found["Prx2_SO2"][0])

    sparse, middle, dense = (sulfinic(10.0, medium) for medium in (1e5, 1e4, 1e3))
    assert sparse > 1.5 * middle > 1.5 * 1.5 * dense
    assert sulfinic(2.0, 1e4) < sulfinic(20.0, 1e3) < sulfinic(20.0, 1e4)


def test_disulfide_at_micromolar_sulfinic_acid_far_above() -> None:
    """Shares of Prx2 over rest two minutes after a bolus."""

    def shares(amount: float) -> tuple[float, float]:
        found = course(f"H2O2_x={amount}uM", until="1 h", every="1 min")
        total = float(found["PRDX2"][0] * found["Prx2_tot"][0])
        disulfide, sulfinic = (float(found[name][2] - found[name][0]) / total for name in ("Prx2_SS", "Prx2_SO2"))
        return disulfide, sulfinic

    few, more = shares(5.0), shares(200.0)
    assert few[0] > 10.0 * few[1]
    assert more[1] > more[0]
    assert more[1] > 100.0 * few[1]


# ---- Rescues and what does not rescue (D20, F02, F07, F12)


def test_catalase_in_the_medium_undoes_ascorbate_and_nothing_of_bso() -> None:
    dose = "vitamin-c=20mM@0h..2h"
    alone, rescued = course(dose), course(dose, "catalase-x=1uM")
    assert alone["viability"][-1] < 0.8
    assert rescued["viability"][-1] > 0.95
    bso, with_catalase = course("bso=100uM"), course("bso=100uM", "catalase-x=1uM")
    np.testing.assert_allclose(with_catalase["GSH_c"], bso["GSH_c"], rtol=1e-3)


def test_rsl3_leaves_glutathione_and_erastin_takes_it_first() -> None:
    rsl3, erastin = course("rsl3=0.2uM"), course("erastin=10uM")
    left = {name: one["GSH_c"] / one["GSH_c"][0] for name, one in (("rsl3", rsl3), ("erastin", erastin))}
    peroxides = erastin["LOOH"] / erastin["LOOH"][0]
    hour = 4
    assert left["rsl3"][2 * hour] > 0.75
    assert left["erastin"][5 * hour] < 0.3
    assert int(np.argmax(left["erastin"] < 0.5)) < int(np.argmax(peroxides > 10.0))


def test_ferrostatin_rescues_from_erastin_and_not_from_auranofin() -> None:
    def rescued(dose: str) -> float:
        alone, both = (course(*doses)["viability"][-1] for doses in ((dose,), (dose, "ferrostatin-1=1uM")))
        assert alone < 0.7, dose
        return float((both - alone) / (1.0 - alone))

    assert rescued("erastin=10uM") > 0.3  # cells without cysteine grow little, but live
    assert rescued("auranofin=3uM") < 0.2


def test_ferrostatin_rescues_beside_auranofin_only_where_glutathione_is_lost() -> None:
    """And gold itself is not what kills then: from 1 uM on it kills through the matrix, with or without glutathione."""

    def rescued(*doses: str) -> tuple[float, float]:
        alone, both = course(*doses), course(*doses, "ferrostatin-1=1uM")
        lost = 1.0 - alone["viability"][-1]
        assert lost > 0.1, doses
        return float((both["viability"][-1] - alone["viability"][-1]) / lost), float(alone["GSH_c"].min())

    kept, gsh = rescued("auranofin=2uM")
    assert gsh > 1000.0
    assert abs(kept) < 0.02
    kept, gsh = rescued("auranofin=0.5uM", "erastin=10uM")
    assert gsh < 100.0
    assert kept > 0.3
    assert abs(rescued("auranofin=2uM", "erastin=10uM")[0]) < 0.05


# ---- Platinum (G13, G14)


def test_cisplatin_takes_trxr_slowly_and_carboplatin_has_no_arm_there() -> None:
    cis, carbo = course("cisplatin=20uM"), course("carboplatin=1mM")
    activity = cis["TrxR1_activity"] / cis["TrxR1_activity"][0]
    hour = 4
    assert activity.min() < 0.9
    assert activity[hour] > activity.min() + 0.05
    assert carbo["TrxR1_activity"].min() > 0.95 * carbo["TrxR1_activity"][0]
    assert [name for name in changing(carbo, "TrxR1") if name.startswith("carboplatin")] == []
    assert [name for name in changing(cis, "TrxR1") if name.startswith("cisplatin")] != []


def changing(found: Solution, species: str) -> list[str]:
    """Reactions that change a species."""
    system = found.system
    place = system.states.index(species)
    return [system.rates[rate][0] for state, rate, _ in system.stoichiometry if state == place]


# ---- BSO alone (C08, C09)


def test_bso_alone_is_almost_harmless_for_a_day_at_a_tenth_of_glutathione() -> None:
    bso = course("bso=100uM")
    assert bso["GSH_c"][-1] < 0.2 * bso["GSH_c"][0]
    assert bso["viability"][-1] > 0.85


# ---- Negative controls of the balance check


def test_a_block_of_trxr1_alone_does_not_kill() -> None:
    assert course(TXNRD1=0.1)["survival"][-1] > 0.95


def test_less_gsr_changes_next_to_nothing() -> None:
    """Half or a tenth of it: glutathione stays reduced (S0.6)."""
    rest, less = course(until="1 h"), course(GSR=0.1, until="1 h")
    assert less["GSH_c"][0] == pytest.approx(rest["GSH_c"][0], rel=0.05)
    assert less["Trx1_red"][0] == pytest.approx(rest["Trx1_red"][0], rel=0.05)


def test_wash_out_lets_trxr_come_back() -> None:
    washed = course("auranofin=1uM@0h..3h", until="72 h")
    kept = course("auranofin=1uM", until="72 h")
    activity = washed["TrxR1_activity"] / washed["TrxR1_activity"][0]
    assert activity.min() < 0.6
    assert activity[-1] > activity.min() + 0.3
    assert washed["TrxR1_activity"][24] >= kept["TrxR1_activity"][24]  # 6 h


def test_target_genes_follow_nrf2_alone() -> None:
    """NRF2 is the only way to a target gene, but for BACH1, which holds HMOX1 against it."""
    from redoxsim.network.expr import symbols

    net = redox()
    rules = {rule.target: symbols(rule.expr) for rule in net.rules}
    folds = [name for name in rules if name.startswith("fold_")]
    assert len(folds) >= 10
    varying = {one.id for one in net.species} | set(rules)
    follows = {name: rules[name] & varying for name in folds}
    assert follows.pop("fold_HMOX1") == {"HMOX1_mRNA"}
    for name, used in follows.items():
        assert used in ({name.replace("fold_", "") + "_mRNA"}, {"ARE_mRNA"}), name
    for messenger in set().union(*follows.values()):
        assert rules[messenger] & varying == {"ARE", messenger}
    assert rules["ARE"] & varying == {"NRF2_n"}
    assert rules["ARE_HO"] & varying == {"NRF2_n", "BACH1"}


def test_a_messenger_that_lives_longer_follows_later_to_the_same_fold() -> None:
    """Half-rise within the day under a lasting inducer; at its own rest without KEAP1 no half-life shows."""
    dosed = course("cddo-me=50nM")
    rise = {}
    for gene in ("NQO1", "GCLM", "TXN", "FTH1"):
        up = dosed[f"{gene}_mRNA"] / dosed[f"{gene}_mRNA"][0] - 1.0
        rise[gene] = float(np.argmax(up >= 0.5 * up.max()))
    assert rise["NQO1"] < rise["GCLM"] < rise["TXN"] < rise["FTH1"]
    bare = course(KEAP1=0.05, until="1 h")
    assert bare["FTH1_mRNA"][0] == pytest.approx(bare["NQO1_mRNA"][0], rel=1e-6)


def test_bach1_holds_hmox1_and_haem_frees_it() -> None:
    rest, none = course(until="1 h"), course(until="1 h", BACH1_level=0.0)
    assert none["fold_HMOX1"][0] > 1.1
    assert none["fold_NQO1"][0] == pytest.approx(rest["fold_NQO1"][0], rel=0.01)
    haem = course(until="1 h", vHaem=3e-4)
    assert haem["BACH1"][0] < 0.9 * rest["BACH1"][0]
    assert haem["fold_HMOX1"][0] > 1.01


# ---- What ASK1 needs to reach JNK, and caspases


def test_ask1_reaches_jnk_only_when_free_and_oxidised() -> None:
    """Trx1 cut with GSH there frees ASK1 and does not oxidise it; a bolus does both, for as long as it lasts."""
    rest, bolus = course(until="1 h"), course("H2O2_x:=300uM", until="6 h", every="1 min")
    assert rest["JNK"][0] < 1e-3
    assert bolus["ASK1_ox"].max() > 0.5
    assert bolus["JNK"].max() > 100.0 * rest["JNK"][0]
    assert bolus["JNK"][-1] < 0.1 * bolus["JNK"].max()
    unoxidised = course("H2O2_x:=300uM", until="6 h", every="1 min", kASK1_ox=0.0)
    assert unoxidised["ASK1_free"].max() > 0.1
    assert unoxidised["JNK"].max() < 1e-6


def test_ask1_that_stays_active_is_broken_down() -> None:
    """The double null lives (A29): its hazard at rest is below 2e-6 per s, and above where active ASK1 stays."""
    null = course(TXNRD1=0.0, GSR=0.0, until="1 h")
    assert null["ASK1_amount"][0] < 0.5
    assert null["hazard"][0] < 2e-6
    assert course(TXNRD1=0.0, GSR=0.0, kASK1_Roquin=0.0, until="1 h")["hazard"][0] > 1e-5


def test_without_caspases_apoptosis_is_a_fifth_and_ferroptosis_as_before() -> None:
    def killed(*doses: str, **values: float) -> float:
        return -float(np.log(course(*doses, until="24 h", **values)["survival"][-1]))

    apoptosis = killed("auranofin=3uM", CASP3=0.0) / killed("auranofin=3uM")
    assert 0.1 < apoptosis < 0.4
    assert killed("rsl3=1uM", CASP3=0.0) == pytest.approx(killed("rsl3=1uM"), rel=0.02)


def test_caspase_3_comes_minutes_after_cytochrome_c() -> None:
    dosed = course("auranofin=3uM", until="24 h", every="1 min")
    half = [float(np.argmax(dosed[name] > 0.5 * dosed[name].max())) for name in ("cytC_out", "casp9_act", "casp3_act")]
    assert half[0] < half[1] < half[2] < half[0] + 30.0


def test_6_an_stops_the_second_step_of_the_pentose_phosphate_pathway() -> None:
    """Its substrate piles up, and the first step goes on."""
    found = rx.simulate(redox(), doses=["6-an=1mM"], until="24 h", every="12 h")
    assert found["PGD_turnover"][-1] < 0.5 * found["PGD_turnover"][0]
    assert found["PG6"][-1] > 100.0 * found["PG6"][0]
    assert found["oxPPP"][-1] > 0.9 * found["oxPPP"][0]
