"""What single agents do that is known of them alone (docs/explain/scoreboard.md and agents-alone.md).

Bands are those of the sources, or loose where these have words only.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import redoxsim as rx
from redoxsim.solve import Solution

AGENTS = ("celecoxib", "cisplatin", "carboplatin", "sulfasalazine", "selenocystine", "nac", "matrine", "bso",
          "2-deoxyglucose", "dhea", "sulforaphane", "2-aapa", "radiation")  # fmt: skip


def course(*doses: str, until: str = "48 h", every: str = "1 h", **values: float) -> Solution:
    return solved(doses, until, every, tuple(sorted(values.items())))


@cache
def solved(doses: tuple[str, ...], until: str, every: str, values: tuple[tuple[str, float], ...]) -> Solution:
    found = rx.simulate("redox", doses=list(doses), until=until, every=every, values=dict(values), agents=AGENTS)
    assert isinstance(found, Solution)
    return found


def left(found: Solution, name: str) -> float:
    return float(found[name][-1] / found[name][0])


# ---- Celecoxib (IC50 of Caco-2 99.5 +- 10.4, 71.5 +- 6.4, 59.6 +- 16.0 uM at 24, 48, 72 h)


@pytest.mark.parametrize(("at", "low", "high"), [("24 h", 90.0, 150.0), ("48 h", 58.0, 85.0), ("72 h", 43.0, 76.0)])
def test_celecoxib_alone_has_the_potency_of_a_colon_line(at: str, low: float, high: float) -> None:
    below, above = (course(f"celecoxib={dose}uM", until=at)["viability"][-1] for dose in (low, high))
    assert above < 0.5 < below


def test_celecoxib_alone_does_nothing_below_ten_micromolar() -> None:
    assert course("celecoxib=8uM")["viability"][-1] > 0.97


def test_celecoxib_slows_electron_transport() -> None:
    free, blocked = course("celecoxib=30uM", celecoxib_KETC=1e9), course("celecoxib=30uM")
    assert abs(blocked["dPsi"][-1]) < abs(free["dPsi"][-1])
    assert left(blocked, "v_ETC") < left(free, "v_ETC")


# ---- Platinum


@pytest.mark.parametrize("dose", ["cisplatin=30uM", "carboplatin=500uM"])
def test_platinum_kills_by_mitochondria_and_caspases(dose: str) -> None:
    """Most of it: without caspase 3 cytochrome c alone kills more slowly."""
    usual, without = course(dose), course(dose, CASP3=0.0)
    assert usual["casp3_act"].max() > 0.5
    assert without["casp3_act"].max() < 1e-3
    assert usual["survival"][-1] < 0.5 * without["survival"][-1]


def test_platinum_and_what_else_opens_mitochondria_add_up_before_they_kill() -> None:
    """A lesser dose kills a cell whose potential, ATP or peroxiredoxin is worse already."""
    usual = course("cisplatin=8uM", Prx3_thr=0.8)["survival"][-1]
    assert course("cisplatin=8uM", Prx3_thr=0.03)["survival"][-1] < usual - 0.05


def test_adducts_stay_longer_without_ribonucleotides() -> None:
    """Hydroxyurea slows excision repair to a third at the most (Francis 1979)."""
    usual = course("cisplatin=10uM@0h..2h", until="72 h")
    slow = course("cisplatin=10uM@0h..2h", until="72 h", KmRNR_Trx=1e6)
    rates = [np.log(found["cisplatin_DNA"][-25] / found["cisplatin_DNA"][-1]) for found in (usual, slow)]
    assert slow["RNR_supply"][0] < 0.01
    assert 2.0 < rates[0] / rates[1] < 3.1


def test_a_pulse_of_cisplatin_is_repaired_with_a_half_life_of_a_day() -> None:
    pulse = course("cisplatin=10uM@0h..2h", until="72 h")["cisplatin_DNA"]
    half_life = 24.0 * np.log(2.0) / np.log(pulse[-25] / pulse[-1])
    assert 13.0 < half_life < 43.0


def test_cisplatin_slows_electron_transport_and_carboplatin_does_not() -> None:
    cis, carbo = course("cisplatin=10uM", until="24 h"), course("carboplatin=200uM", until="24 h")
    assert abs(cis["dPsi"][-1]) < abs(cis["dPsi"][0]) - 0.3
    assert carbo["dPsi"][-1] == pytest.approx(carbo["dPsi"][0], abs=0.1)


# ---- Sulfasalazine, selenocystine, matrine


def test_sulfasalazine_takes_seven_tenths_of_gsh_in_a_day() -> None:
    assert left(course("sulfasalazine=300uM", until="24 h"), "GSH_c") < 0.3


def test_n_acetylcysteine_keeps_cells_from_selenocystine() -> None:
    alone, both = course("selenocystine=20uM"), course("selenocystine=20uM", "nac=5mM")
    assert alone["viability"][-1] < 0.6
    assert both["viability"][-1] > 0.95
    assert both["H2O2_c"].max() < 0.5 * alone["H2O2_c"].max()


def test_matrine_brings_iron() -> None:
    assert left(course("matrine=2mM"), "LIP") > 1.2
    assert left(course("matrine=2mM", matrine_a_Fe=0.0), "LIP") < 1.1


# ---- Cysteine at GPX4 (Xia 2024: a substrate of lower affinity than GSH)


def test_gpx4_takes_cysteine_where_glutathione_is_low() -> None:
    found = course("bso=1mM", until="72 h", SLC7A11=10.0)
    by_gsh, by_cysteine = found["GPX4_turnover"], found["GPX4_by_cysteine"]
    assert by_cysteine[0] < 0.02 * by_gsh[0]
    assert by_cysteine[-1] > 0.2 * by_gsh[-1]
    assert left(found, "LOOH") < 20.0
    assert left(course("bso=1mM", until="72 h", SLC7A11=10.0, aGPX4_Cys=0.0), "LOOH") > 100.0


def test_what_gpx4_takes_of_a_thiol_it_takes_at_one_rate() -> None:
    """The rate follows GSH and cysteine together, each in proportion to what there is of it."""
    found = course("bso=1mM", until="24 h")
    share = found["GPX4_by_cysteine"] / found["GPX4_turnover"]
    assert share == pytest.approx(0.03 * found["Cys"] / found["GSH_c"], rel=1e-6)


# ---- N-acetylcysteine (10 mM for two days doubles GSH of SW-1573, Wanamarta 1989)


def test_n_acetylcysteine_raises_gsh_at_millimolar_doses_for_two_days() -> None:
    assert 1.5 < left(course("nac=10mM"), "GSH_whole") < 2.2
    assert left(course("nac=1mM"), "GSH_whole") < 1.3


def test_n_acetylcysteine_makes_little_gsh_where_synthesis_is_blocked() -> None:
    both = course("nac=10mM", "bso=1mM")
    assert left(both, "Cys") > 2.0
    assert left(both, "GSH_c") < 0.1


# ---- 2-Deoxyglucose (HeLa: 4 to 10 mM for 4 to 72 h cost 20 to 90%, 6 mM halve GSH in 16 h, Lin 2003)


def test_deoxyglucose_lowers_gsh_and_cells_as_in_hela() -> None:
    assert 0.35 < left(course("2-deoxyglucose=6mM", until="16 h"), "GSH_whole") < 0.65
    assert 0.65 < course("2-deoxyglucose=4mM@0h..4h", until="72 h")["survival"][-1] < 0.95
    assert course("2-deoxyglucose=10mM", until="72 h")["survival"][-1] < 0.25


def test_the_phosphate_of_deoxyglucose_stays_and_a_pulse_of_it_passes() -> None:
    during, after = course("2-deoxyglucose=10mM", until="4 h"), course("2-deoxyglucose=10mM@0h..4h")
    assert during["deoxyglucose_P"][-1] > 5000.0
    assert left(during, "ATP") < 0.5
    assert left(after, "ATP") > 0.95
    assert after["deoxyglucose_P"][-1] < 100.0


def test_n_acetylcysteine_goes_past_the_uptake_that_deoxyglucose_takes() -> None:
    alone, both = course("2-deoxyglucose=10mM"), course("2-deoxyglucose=10mM", "nac=10mM")
    assert left(alone, "xCT") < 0.5
    assert both["GSH_c"][-1] > 1.5 * alone["GSH_c"][-1]


def test_cells_that_stand_unfolded_proteins_stand_deoxyglucose_better() -> None:
    usual, without = course("2-deoxyglucose=5mM"), course("2-deoxyglucose=5mM", deoxyglucose_kUPR=0.0)
    assert without["survival"][-1] > usual["survival"][-1] + 0.1


# ---- DHEA (nothing up to 1 uM, growth slower above 10; IC50 30 to 70 uM in three cervical lines)


def test_dhea_slows_growth_at_tens_of_micromolar_and_not_below_ten() -> None:
    assert course("dhea=1uM", until="72 h")["viability"][-1] > 0.98
    below, above = (course(f"dhea={dose}uM", until="72 h")["viability"][-1] for dose in (30, 75))
    assert above < 0.5 < below


def test_dhea_holds_cells_without_g6pd_back_as_well() -> None:
    found = course("dhea=100uM", until="24 h", G6PD=0.05)
    assert left(found, "growth_rate") < 0.5


# ---- Sulforaphane (IC50 5.4 to 6.6 uM in 40-16 cells, GSH of hepatocytes lower at 3 h and higher at 24 h of 5 uM)


@pytest.mark.parametrize("at", ["48 h", "72 h"])
def test_sulforaphane_slows_growth_at_a_few_micromolar(at: str) -> None:
    below, above = (course(f"sulforaphane={dose}uM", until=at)["viability"][-1] for dose in (3, 8))
    assert above < 0.5 < below


def test_glutathione_falls_under_sulforaphane_before_nrf2_raises_it() -> None:
    found = course("sulforaphane=5uM", until="24 h")
    share = found["GSH_c"] / found["GSH_c"][0]
    assert share[3] < 0.85
    assert share[-1] > 1.3
    without = course("sulforaphane=5uM", until="24 h", sulforaphane_k_KEAP1=0.0)
    assert without["GSH_c"][-1] / without["GSH_c"][0] < 1.05


def test_the_conjugate_of_sulforaphane_is_held_at_hundreds_of_times_the_medium_and_leaves() -> None:
    found = course("sulforaphane=5uM", until="24 h")["sulforaphane_SG"]
    assert 100.0 * 5.0 < found.max() < 2000.0
    assert found[-1] < 0.1 * found.max()


# ---- 2-AAPA (GSSG of MCF-7 5.5 fold, GSH as it was, Zhao 2009)


def test_aapa_raises_gssg_several_fold_and_leaves_gsh() -> None:
    found = course("2-aapa=45uM", until="24 h")
    assert 3.0 < left(found, "GSSG_whole") < 10.0
    assert 0.9 < left(found, "GSH_whole") < 1.1
    assert left(found, "GSR_act") < 0.05


def test_aapa_needs_nadph_as_it_takes_the_reduced_enzyme() -> None:
    usual, without = (course("2-aapa=10uM", until="2 h", every="10 min", **v) for v in ({}, {"KmGR_NADPH": 1e4}))
    assert left(without, "GSR_act") > 3.0 * left(usual, "GSR_act")


# ---- Radiation (survival of clones linear-quadratic; lethal and potentially lethal lesions, Curtis 1986)


def linear_quadratic(gray: float) -> float:
    return float(np.exp(-0.25 * gray - 0.025 * gray**2))


@pytest.mark.parametrize("gray", [2.0, 4.0, 6.0, 8.0, 10.0])
def test_survivors_of_radiation_tend_to_the_linear_quadratic_curve(gray: float) -> None:
    left_at_three_days = course(f"radiation={gray}Gy", until="72 h")["survival"][-1]
    assert abs(np.log(left_at_three_days / linear_quadratic(gray))) < 0.3


def test_two_halves_of_a_dose_half_a_day_apart_kill_less_than_the_whole() -> None:
    """Alpha stays, of beta half is left: exp(2 beta D^2) more survivors for two doses of D each."""
    whole = course("radiation=8Gy", until="96 h")["survival"][-1]
    halves = course("radiation=4Gy", "radiation=4Gy@12h", until="96 h")["survival"][-1]
    assert halves / whole == pytest.approx(np.exp(2.0 * 0.025 * 4.0**2), rel=0.2)


def test_loss_of_gsh_sensitises_to_radiation_by_at_most_half() -> None:
    """As a dose: 1.1 to 1.5 times; the formula is solved for the dose that leaves as many."""
    alone = course("bso=1mM@-24h", until="72 h")["survival"][-1]
    both = course("bso=1mM@-24h", "radiation=5Gy", until="72 h")["survival"][-1]
    lesions = -np.log(both / alone)
    gray = (-0.25 + np.sqrt(0.25**2 + 4.0 * 0.025 * lesions)) / (2.0 * 0.025)
    assert 1.1 < gray / 5.0 < 1.5


def test_lethal_lesions_wait_in_cells_that_divide_slowly() -> None:
    usual, slow = course("radiation=5Gy"), course("radiation=5Gy", kg=4e-6)
    assert slow["radiation_lethal"][-1] > 2.0 * usual["radiation_lethal"][-1]
    assert slow["survival"][-1] > usual["survival"][-1] + 0.05
