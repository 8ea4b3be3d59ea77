"""What sets lipid peroxidation off in the integrated model, what stops it, and that it has two states."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.pharmacology import Agent, load_agent
from redoxsim.study import simulate

AGENTS = ("erastin", "ike", "rsl3", "bso", "auranofin", "ferrostatin-1", "dfo")
HIGH = 100.0
"""uM of lipid peroxides that no cell below the threshold comes near."""
HOURS = np.arange(0.0, 48.5, 0.5)


@pytest.fixture(scope="module")
def agents() -> list[Agent]:
    """All in one model, which is compiled once."""
    return [load_agent(name) for name in AGENTS]


@pytest.fixture(scope="module")
def dosed(agents: list[Agent]):
    """Courses of one cell under some doses, by readout; each is run once."""
    known: dict[tuple[str, ...], dict[str, np.ndarray]] = {}

    def courses(*doses: str) -> dict[str, np.ndarray]:
        if doses not in known:
            found = simulate("redox", agents=agents, doses=list(doses), until="48 h", every="30 min")
            known[doses] = {name: np.asarray(found[name]) for name in ("GSH_c", "LOOH", "viability", "Cys")}
        return known[doses]

    return courses


def ignition(courses: dict[str, np.ndarray]) -> float:
    """Hours until lipid peroxides run away; infinite if they do not."""
    above = np.flatnonzero(courses["LOOH"] > HIGH)
    return float(HOURS[above[0]]) if above.size else float("inf")


def test_rsl3_ignites_within_hours_and_ferrostatin_rescues(dosed) -> None:
    alone, rescued = dosed("rsl3=0.2uM"), dosed("rsl3=0.2uM", "ferrostatin-1=1uM")
    assert ignition(alone) < 6.0
    assert alone["viability"][-1] < 0.1
    assert ignition(rescued) == float("inf")
    assert rescued["viability"][-1] > 0.9
    assert alone["GSH_c"][4] / alone["GSH_c"][0] > 0.75  # it takes GPX4, not GSH


@pytest.mark.parametrize("dose", ["erastin=10uM", "ike=1uM"])
def test_cystine_block_takes_gsh_first_and_ignites_at_8_to_16_hours(dosed, dose: str) -> None:
    alone, rescued = dosed(dose), dosed(dose, "ferrostatin-1=1uM")
    when = ignition(alone)
    assert 8.0 <= when <= 16.0
    left = alone["GSH_c"] / alone["GSH_c"][0]
    assert left[HOURS == 5.0][0] < 0.3
    assert left[when == HOURS][0] < 0.1
    assert alone["viability"][-1] < 0.1
    assert ignition(rescued) == float("inf")
    # GSH and cysteine stay low: cells grow less, but live
    assert rescued["viability"][-1] > 5.0 * max(alone["viability"][-1], 0.01)


def test_iron_chelation_matters(dosed) -> None:
    assert ignition(dosed("erastin=10uM", "dfo=100uM")) > ignition(dosed("erastin=10uM")) + 4.0


@pytest.mark.parametrize(
    ("edge", "answer"),
    [({}, "nothing"), ({"kTrxR1_KEAP1": 1.0}, "more die"), ({"kTrxR1_KEAP1_anti": 1.0}, "fewer die")],
    ids=["off", "on", "anti"],
)
def test_what_the_level_of_trxr1_tells_of_ike(agents: list[Agent], edge: dict[str, float], answer: str) -> None:
    """A scan of TXNRD1 under IKE (S1.6): it tells nothing, or who dies, or who lives, as the edge to KEAP1 is set."""
    found = [
        simulate("redox", agents=agents, doses=["ike=5uM"], until="24 h", every="30 min",
                 values={"TXNRD1": level, **edge})
        for level in (0.2, 0.5, 1.0, 2.0, 5.0)
    ]  # fmt: skip
    alive = [float(np.asarray(one["survival"])[-1]) for one in found]
    brake = [float(np.asarray(one["GPX4_activity"])[0]) for one in found]
    if answer == "nothing":
        assert alive == pytest.approx([alive[2]] * 5, rel=0.05)
        assert brake == pytest.approx([brake[2]] * 5, rel=1e-3)
    else:
        down = answer == "more die"
        assert alive == sorted(alive, reverse=down)
        assert brake == sorted(brake, reverse=down)
        assert max(alive) > 2.0 * min(alive)


def test_bso_alone_stays_below_the_threshold(dosed) -> None:
    bso = dosed("bso=100uM")
    assert bso["GSH_c"][-1] / bso["GSH_c"][0] < 0.2
    assert ignition(bso) == float("inf")
    assert bso["viability"][-1] > 0.9


def test_auranofin_kills_in_another_way(dosed) -> None:
    alone, with_trap = dosed("auranofin=3uM"), dosed("auranofin=3uM", "ferrostatin-1=1uM")
    assert alone["viability"][-1] < 0.5
    assert with_trap["viability"][-1] == pytest.approx(alone["viability"][-1], abs=0.02)


def test_up_and_down_sweep_shows_hysteresis() -> None:
    """GSH of the module, held for two days at each level: the way down and the way up part by three decades."""
    levels = [4000.0, 1000.0, 500.0, 400.0, 350.0, 300.0, 275.0, 250.0, 225.0, 200.0, 175.0, 150.0, 100.0, 50.0]
    sweep = levels + levels[-2::-1]
    doses = [f"GSH_c:={level:g}uM@{48 * place}h" for place, level in enumerate(sweep)]
    course = simulate("ferroptosis", doses=doses, until=f"{48 * len(sweep)} h", every="48 h")
    reached = np.asarray(course["LOOH"])[1:]
    down, up = reached[: len(levels)], reached[len(levels) - 1 :][::-1]
    assert down[0] == pytest.approx(up[0], rel=1e-3)  # it comes back
    assert down[-1] > HIGH
    assert np.max(up / down) > 100.0
    assert np.all(up > 0.99 * down)


def test_iron_sweep_too() -> None:
    """More labile iron at little GSH: the same, by iron entry."""
    levels = [0.25, 0.5, 1.0, 2.0, 4.0, 5.0]
    low = [
        float(np.asarray(simulate("ferroptosis", doses=["GSH_c:=300uM@0h"], values={"TFRC": level}, until="96 h",
                                  every="96 h")["LOOH"])[-1])
        for level in levels
    ]  # fmt: skip
    assert low == sorted(low)
    assert low[1] < 1.0
    assert low[-1] > HIGH


@pytest.mark.parametrize("solver", ["rosenbrock", "scipy"])
@pytest.mark.parametrize("pool", [1.0, 1.2, 4.9])
def test_ubiquinol_stays_within_a_pool_smaller_than_it_starts_with(pool: float, solver: str) -> None:
    found = simulate("redox", values={"CoQ_tot": pool}, until="1 h", every="1 h", solver=solver)
    assert np.all(np.asarray(found["QH2"]) < pool)
    assert np.all(np.asarray(found["QH2"]) > 0.99 * pool)
