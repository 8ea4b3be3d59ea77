"""Production and use of pools at the undosed steady state."""

from __future__ import annotations

import pytest

from redoxsim import network
from redoxsim.errors import DesignError, SolveError
from redoxsim.study import balance, metadata

CHAIN = """model chain()
  compartment c = 2;
  species A in c = 1; species B in c = 1;
  make: -> A; c*3; leak: A -> ; c*0.5*A; turn: A -> 2 B; c*1*A; burn: B -> ; c*B
end
"""


def test_rates_are_those_of_the_steady_state() -> None:
    """A = 3/1.5 = 2, so make 6, leak 2, turn 4 (extent); B gets 8 and loses 8."""
    rows = balance.fluxes(network.read_antimony(CHAIN), {"A": ["make", "leak"], "B": ["turn", "burn"]})
    found = {(row.pool, row.reaction): row.rate for row in rows}
    wanted = {("A", "make"): 6, ("A", "turn"): -4, ("A", "leak"): -2, ("B", "turn"): 8, ("B", "burn"): -8}
    assert found == pytest.approx(wanted)
    assert sum(row.share for row in rows if row.pool == "A" and row.rate < 0) == pytest.approx(1)
    assert all(abs(one.difference) < 1e-9 for one in balance.totals(rows))


def test_a_pool_of_unknown_reactions_is_refused() -> None:
    with pytest.raises(DesignError, match="mkae"):
        balance.fluxes(network.read_antimony(CHAIN), {"A": ["mkae"]})


def test_no_steady_state_is_said() -> None:
    growing = network.read_antimony("model g()\n species A = 1; J: -> A; 1 + A\nend")
    with pytest.raises(SolveError, match="steady"):
        balance.fluxes(growing, {"A": ["J"]})


def test_the_integrated_model_balances_its_pools() -> None:
    net = network.read("redox")
    about = metadata.metadata_of(net)
    assert about is not None
    rows = balance.fluxes(net, about.fluxes)
    pools = {one.pool: one for one in balance.totals(rows)}
    assert {"NADPH", "Cys", "Glu", "Gln", "NH4", "ATP", "iron"} <= set(pools)
    for one in pools.values():
        assert abs(one.difference) < 0.01
    listed = {name for reactions in about.fluxes.values() for name in reactions}
    assert listed <= {row.reaction for row in rows}
