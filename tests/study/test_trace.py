"""Why a readout moves: parts that add up, weights by the chain rule, checked where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

import redoxsim as rx
from redoxsim.errors import DesignError
from redoxsim.network import read_antimony
from redoxsim.solve import Solution
from redoxsim.study.trace import trace

CHAIN = """model chain()
  unit time_unit = second;
  compartment c = 2; compartment d = 1;
  species A in c = 8; species B in d = 1;
  J1: A -> 2 B; c*k1*A; k1 = 0.01;
  J2: B -> ; d*k2*B; k2 = 0.03;
  share := B/(A + B);
  squared := share^2 + time/1000;
  fixed := 2*k1;
  R' = -k3*R; R = 3; k3 = 0.02;
end
"""


@pytest.fixture(scope="module")
def solution() -> Solution:
    found = rx.simulate(read_antimony(CHAIN), times=np.linspace(0.0, 60.0, 961), rtol=1e-10)
    assert isinstance(found, Solution)
    return found


def test_a_species_is_moved_by_its_reactions_in_its_own_compartment(solution: Solution) -> None:
    found = trace(solution, "B")
    a, b = 8.0 * np.exp(-0.01 * solution.times), solution["B"]
    np.testing.assert_allclose(found.parts["J1"], 2 * 2 * 0.01 * a / 1.0, rtol=1e-7)
    np.testing.assert_allclose(found.parts["J2"], -0.03 * b, rtol=1e-7)
    assert set(found.parts) == {"J1", "J2"}
    np.testing.assert_array_equal(found.values, b)


def test_a_computed_readout_is_moved_through_what_it_is_made_of(solution: Solution) -> None:
    found = trace(solution, "share")
    a, b = solution["A"], solution["B"]
    weight_a, weight_b = -b / (a + b) ** 2, a / (a + b) ** 2
    np.testing.assert_allclose(found.parts["J1"], weight_a * (-0.01 * a) + weight_b * 0.04 * a, rtol=1e-6)
    np.testing.assert_allclose(found.parts["J2"], weight_b * (-0.03 * b), rtol=1e-6)
    further = trace(solution, "squared")
    np.testing.assert_allclose(further.parts["J2"], 2 * solution["share"] * found.parts["J2"], rtol=1e-6)
    np.testing.assert_allclose(further.parts["time itself"], 1e-3)


@pytest.mark.parametrize("readout", ["A", "B", "share", "squared", "R", "J2"])
def test_the_parts_add_up_to_the_change(solution: Solution, readout: str) -> None:
    found = trace(solution, readout)
    steps = (found.total[1:] + found.total[:-1]) / 2 * np.diff(found.times)
    np.testing.assert_allclose(found.values[0] + np.cumsum(steps), found.values[1:], rtol=2e-5)


def test_a_rate_rule_is_named_and_what_departs_most_comes_first(solution: Solution) -> None:
    assert list(trace(solution, "R").parts) == ["rule of R"]
    found = trace(solution, "B")
    assert np.all(found.moved("J1")[:1] == 0.0)
    worth = [float(np.trapezoid(np.abs(found.moved(name)), found.times)) for name in found.ranked()]
    assert worth == sorted(worth, reverse=True)


def test_the_shipped_model_at_rest_stands_still() -> None:
    solution = rx.simulate("gsh", until="1 h", every="30 min")
    found = trace(solution, "GSH_c")
    largest = max(float(np.abs(values).max()) for values in found.parts.values())
    assert np.abs(found.total).max() < 1e-5 * largest


@pytest.mark.parametrize(("name", "said"), [("k1", "does not move"), ("shar", "share"), ("fixed", "on nothing")])
def test_what_does_not_move_is_refused(solution: Solution, name: str, said: str) -> None:
    with pytest.raises(DesignError) as caught:
        trace(solution, name)
    assert said in f"{caught.value.message} {caught.value.hint or ''}"
