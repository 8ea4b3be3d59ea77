"""Glutamine of the medium against glutamine that the cell makes: life without it, and MSO."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.pharmacology import load_agent
from redoxsim.study import simulate

NONE = "Gln_x:=0uM@0h"
READ = ("Gln", "Glu", "GSH_c", "ATP", "live", "viability", "growth_rate", "hazard")


@pytest.fixture(scope="module")
def cells():
    """Last values after three days of one cell under some doses; each is run once."""
    agents = [load_agent("mso")]
    known: dict[tuple[str, tuple[str, ...]], dict[str, float]] = {}

    def after(cell: str, *doses: str) -> dict[str, float]:
        if (cell, doses) not in known:
            course = simulate("redox", agents=agents, cell=cell, doses=list(doses), until="72 h", every="12 h")
            known[cell, doses] = {name: float(np.asarray(course[name])[-1]) for name in READ}
        return known[cell, doses]

    return after


def test_glul_lets_cells_live_without_external_glutamine(cells) -> None:
    high, low = cells("glul-high", NONE), cells("default", NONE)
    assert high["live"] > 1.2  # they grow
    assert high["growth_rate"] > 2.0 * low["growth_rate"]
    assert high["Gln"] > 5.0 * low["Gln"]
    assert high["growth_rate"] > high["hazard"]


def test_mso_kills_cells_that_live_on_glul_and_hardly_others(cells) -> None:
    alone, poisoned = cells("glul-high", NONE), cells("glul-high", NONE, "mso=1mM")
    assert poisoned["live"] < 0.6 * alone["live"]
    assert poisoned["growth_rate"] < poisoned["hazard"]
    for cell in ("glul-high", "default"):
        assert cells(cell, "mso=1mM")["viability"] > 0.9


def test_they_live_so_for_ten_days_and_without_glul_or_with_mso_they_dwindle() -> None:
    """Amino nitrogen of branched chains keeps glutamate and with it GSH; in the default cell it is too little."""

    def after(*doses: str, cell: str = "glul-high", **values: float) -> dict[str, float]:
        course = simulate(
            "redox", agents=[load_agent("mso")], cell=cell, values=values, doses=[NONE, *doses], until="240 h",
            every="24 h",
        )  # fmt: skip
        return {name: float(np.asarray(course[name])[-1]) for name in ("live", "LOOH", "growth_rate", "hazard")}

    high = after()
    assert high["live"] > 3.0
    assert high["LOOH"] < 10.0
    for other in (after(GLUL=0.0), after("mso=1mM")):
        assert other["live"] < 0.2 * high["live"]
        assert other["growth_rate"] < other["hazard"]
    assert after(cell="default", GLUL=10.0)["live"] < 1e-3


def test_sign_of_gsh_under_glul_comes_from_the_medium(cells) -> None:
    """GLUL spends glutamate: with glutamine in the medium more of it means less glutamate, and no more GSH."""
    fed_high, fed = cells("glul-high"), cells("default")
    assert fed_high["Glu"] < fed["Glu"]
    assert fed_high["GSH_c"] < fed["GSH_c"]
    # MSO spares that glutamate, but it blocks GCL too: GSH falls all the same
    spared = cells("glul-high", "mso=1mM")
    assert spared["Glu"] > fed_high["Glu"]
    assert spared["GSH_c"] < fed_high["GSH_c"]
