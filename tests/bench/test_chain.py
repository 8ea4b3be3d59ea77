"""Chains of coupled cells: uncoupled copies do what one cell does, coupled ones share what they exchange."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim import equations, network
from redoxsim.errors import DesignError
from redoxsim.network.parts import Network
from redoxsim.solve import Problem, solve
from redoxsim.study.benchmark.chain import chain

TEXT = """
model cell
  compartment medium = 2; compartment inside = 0.5;
  species H2O2_x in medium = 3; species H2O2_c in inside = 1;
  k = 0.7; share := H2O2_c/(H2O2_c + 1);
  uptake: H2O2_x -> H2O2_c; 0.3*(H2O2_x - H2O2_c);
  decay: H2O2_c -> ; inside*k*share;
end
"""
TIMES = np.linspace(0.0, 5.0, 6)


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Network:
    path = tmp_path_factory.mktemp("chain") / "cell.ant"
    path.write_text(TEXT, encoding="utf-8")
    return network.read(path)


def values(net: Network, names: list[str], **given: float) -> np.ndarray:
    problem = Problem(system=equations.build(net), times=TIMES, values=given, rtol=1e-9)
    return solve(problem, "scipy").values(names)


def test_uncoupled_copies_do_what_one_cell_does(cell: Network) -> None:
    three = chain(cell, 3, rate=0.0)
    alone = values(cell, ["H2O2_x", "share"], H2O2_x=8.0)
    among = values(three, ["c2_H2O2_x", "c2_share"], c2_H2O2_x=8.0)
    np.testing.assert_allclose(among, alone, rtol=1e-6)


def test_equal_copies_do_not_notice_the_exchange(cell: Network) -> None:
    np.testing.assert_allclose(
        values(chain(cell, 3, rate=2.0), ["c1_H2O2_c", "c3_H2O2_c"]), values(cell, ["H2O2_c", "H2O2_c"]), rtol=1e-6
    )


def test_what_one_copy_loses_its_neighbour_gains(cell: Network) -> None:
    """Without uptake the amount in both media is conserved, and they end equal."""
    closed = network.remove(chain(cell, 2, rate=1.0), "c1_uptake", "c2_uptake")
    left, right = values(closed, ["c1_H2O2_x", "c2_H2O2_x"], c1_H2O2_x=9.0, c2_H2O2_x=1.0)
    np.testing.assert_allclose(left + right, 10.0, rtol=1e-7)
    # the difference decays with twice the rate
    np.testing.assert_allclose(left - right, 8.0 * np.exp(-2.0 * TIMES), rtol=1e-4, atol=1e-6)


def test_what_is_constant_is_shared_and_the_file_is_sound(cell: Network) -> None:
    four = chain(cell, 4)
    assert [part.id for part in four.compartments] == ["medium", "inside"]
    assert [part.id for part in four.parameters if part.id == "k"] == ["k"]
    assert len(four.species) == 8
    assert len(four.reactions) == 4 * 2 + 3
    assert not [issue for issue in network.check(four) if issue.level == "error"]


def test_the_shipped_model_grows_by_copies() -> None:
    one, two = (equations.build(chain(network.read("redox"), number)) for number in (1, 2))
    assert len(two.states) == 2 * len(one.states)
    first = two.states.index("c1_H2O2_x")
    assert (first, two.states.index("c2_H2O2_x")) in {(row, column) for row, column, _ in two.jacobian}


@pytest.mark.parametrize(("copies", "exchanged", "said"), [(0, "H2O2_x", "at least one"), (2, "H2O2", "H2O2_")])
def test_what_makes_no_chain_is_refused(cell: Network, copies: int, exchanged: str, said: str) -> None:
    with pytest.raises(DesignError, match=said):
        chain(cell, copies, exchanged=exchanged)
