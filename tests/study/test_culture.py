"""Culture conditions: density, volume, pyruvate, glutamine and cystine are values that act; H2O2 is per cell."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network
from redoxsim.pharmacology import load_cell
from redoxsim.solve import Solution

CULTURES = ("culture-dense", "culture-dmem", "culture-gln-free", "culture-low-serum", "culture-plasma")
CONDITIONS = ("medium", "Pyr_x", "Gln_x", "CySS_x", "Glc_x", "NH4_x", "Glu_x", "AA_x", "Se_x")


def course(*doses: str, cell: str | None = None, until: str = "4 h", every: str = "1 min", **values: float) -> Solution:
    return solved(doses, cell, until, every, tuple(sorted(values.items())))


@cache
def solved(
    doses: tuple[str, ...], cell: str | None, until: str, every: str, values: tuple[tuple[str, float], ...]
) -> Solution:
    found = rx.simulate("redox", doses=list(doses), cell=cell, until=until, every=every, values=dict(values))
    assert isinstance(found, Solution)
    return found


def sulfinic(found: Solution) -> float:
    """How far a bolus has hyperoxidised Prx2, a memory of what the cell took up."""
    return float(found["Prx2_SO2"].max() - found["Prx2_SO2"][0])


def half_life(found: Solution) -> float:
    """Minutes until half of a bolus has left the medium."""
    over = found["H2O2_x"] / found["H2O2_x"][1]
    return float(np.interp(-0.5, -over[1:], np.arange(len(over) - 1)))


def test_conditions_are_values_that_can_be_set() -> None:
    net = network.read("redox")
    settable = {one.id for one in (*net.species, *net.compartments)}
    assert set(CONDITIONS) <= settable
    assert {"serum", "vFe_in"} <= {one.id for one in net.parameters}
    for name in CULTURES:
        assert set(load_cell(name).overrides) <= {*CONDITIONS, "serum", "vFe_in"}, name


def test_cells_in_little_serum_grow_slower_and_make_less_of_selenoproteins() -> None:
    """GPX1 is the first to go; TrxR and GPX4 keep most."""
    rich, poor = course(until="1 h"), course(until="1 h", cell="culture-low-serum")
    assert 0.3 < poor["growth_rate"][0] / rich["growth_rate"][0] < 0.7
    left = {name: poor[name][0] / rich[name][0] for name in ("GPX1_amount", "TrxR1", "GPX4_act")}
    assert left["GPX1_amount"] < 0.5 < left["TrxR1"] < 0.95
    assert left["GPX4_act"] > left["GPX1_amount"]
    assert poor["LIP"][0] < rich["LIP"][0]


def test_serum_binds_gold() -> None:
    rich, poor = (course("auranofin=0.5uM", until="6 h", every="1 h", serum=serum) for serum in (1.0, 0.1))
    assert poor["auranofin_c"][-1] > 1.2 * rich["auranofin_c"][-1]
    assert poor["TrxR1_activity"].min() < rich["TrxR1_activity"].min()


def test_a_denser_culture_clears_a_bolus_as_many_times_faster() -> None:
    sparse, dense = course("H2O2_x=5uM"), course("H2O2_x=5uM", cell="culture-dense")
    assert half_life(sparse) == pytest.approx(10.0 * half_life(dense), rel=0.1)


def test_a_denser_culture_is_hurt_less_by_the_same_concentration() -> None:
    sparse, dense = course("H2O2_x=20uM"), course("H2O2_x=20uM", cell="culture-dense")
    assert sulfinic(sparse) > 1.5 * sulfinic(dense)
    assert dense["Trx1_red"].min() >= sparse["Trx1_red"].min() - 1e-3


def test_volume_and_density_are_one_number() -> None:
    """Half the medium over the same cells is the same as twice the cells in it: 1e9 pL per mL over cells per mL."""
    assert load_cell("culture-dense").overrides["medium"] == pytest.approx(1e9 / 1e6)
    (default,) = (one.size for one in network.read("redox").compartments if one.id == "medium")
    assert default == pytest.approx(1e9 / 1e5)


def test_a_dose_of_the_same_amount_per_cell_does_about_the_same() -> None:
    """5 fmol in a hundred thousand or a million cells per mL; the same concentration differs far more."""
    sparse = course("H2O2_x=0.5uM")
    dense, equal = course("H2O2_x=5uM", medium=1000.0), course("H2O2_x=5uM")

    def taken(found: Solution) -> float:
        """H2O2 that passed into the cell, in amol."""
        seconds, rate = np.asarray(found.times, dtype=float), found["H2O2_uptake"]
        return float(np.sum((rate[1:] + rate[:-1]) / 2 * np.diff(seconds)))

    assert taken(dense) == pytest.approx(taken(sparse), rel=0.1)
    assert taken(equal) > 5.0 * taken(dense)


def test_pyruvate_removes_h2o2_before_the_cell_does() -> None:
    """1 mM in DMEM: a half-life of 5 min and hardly anything left for the cell."""
    plain, dmem = course("H2O2_x=50uM"), course("H2O2_x=50uM", cell="culture-dmem")
    assert 2.0 <= half_life(dmem) <= 8.0 < half_life(plain)
    assert sulfinic(dmem) < 0.5 * sulfinic(plain)


def test_cystine_and_glutamine_feed_glutathione() -> None:
    rest = course(until="1 h")
    cystine, glutamine = course(until="1 h", CySS_x=20.0), course(until="1 h", Gln_x=20.0)
    for poor in (cystine, glutamine):
        assert poor["GSH_c"][0] < 0.95 * rest["GSH_c"][0]
    assert glutamine["Gln"][0] < 0.5 * rest["Gln"][0]


def test_poorer_medium_leaves_a_cell_more_open_to_h2o2() -> None:
    """Less cystine, less GSH: the same bolus oxidises more of what GSH repairs."""
    rich, poor = course("H2O2_x=20uM"), course("H2O2_x=20uM", CySS_x=20.0)
    assert poor["Trx1_red"].min() < rich["Trx1_red"].min()
