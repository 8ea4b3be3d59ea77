"""Conserved totals are exact, independent and complete."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.equations import OdeSystem


def spelled(system: OdeSystem) -> list[dict[str, float]]:
    return [dict(moiety.terms) for moiety in system.moieties]


def test_glutathione() -> None:
    net = network_of(["2 GSH -> GSSG; k*GSH", "GSSG -> 2 GSH; k*GSSG"], species={"GSH": 1.0}, parameters={"k": 1.0})
    assert spelled(equations.build(net)) == [{"GSH": 1.0, "GSSG": 2.0}]


def test_enzyme_and_substrate() -> None:
    net = network_of(
        ["E + S -> ES; k*E*S", "ES -> E + S; k*ES", "ES -> E + P; k*ES"],
        species={"E": 1.0, "S": 1.0},
        parameters={"k": 1.0},
    )
    found = spelled(equations.build(net))
    assert {"E": 1.0, "ES": 1.0} in found
    assert {"S": 1.0, "ES": 1.0, "P": 1.0} in found
    assert len(found) == 2


def test_open_systems_and_rate_rules_conserve_nothing() -> None:
    assert spelled(equations.build(network_of(["-> A; k", "A -> ; k*A"], parameters={"k": 1.0}))) == []
    net = network_of(["A -> B; k*A"], species={"A": 1.0}, parameters={"k": 1.0}, rules=["A' = -k"])
    assert spelled(equations.build(net)) == []


def test_decimal_stoichiometry_is_taken_as_written() -> None:
    net = network_of(["0.1 A -> 0.3 B; k*A"], species={"A": 1.0}, parameters={"k": 1.0})
    assert spelled(equations.build(net)) == [{"A": 3.0, "B": 1.0}]


@pytest.mark.parametrize("seed", range(5))
def test_random_networks_match_the_rank(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"S{i}" for i in range(14)]
    reactions = []
    for _ in range(9):
        a, b, c, d = rng.choice(names, 4, replace=False)
        reactions.append(f"{a} + {rng.integers(1, 3)} {b} -> {c} + {d}; k")
    system = equations.build(network_of(reactions, species=dict.fromkeys(names, 1.0), parameters={"k": 1.0}))
    matrix = np.zeros((14, 9))
    for state, reaction, coefficient in system.stoichiometry:
        matrix[state, reaction] = coefficient
    totals = np.zeros((len(system.moieties), 14))
    for row, moiety in enumerate(system.moieties):
        for name, coefficient in moiety.terms:
            totals[row, system.state_index()[name]] = coefficient
    assert len(totals) == 14 - np.linalg.matrix_rank(matrix)
    assert not np.any(totals @ matrix)  # exactly
    assert np.linalg.matrix_rank(totals) == len(totals)
    shared = np.count_nonzero(totals, axis=0)
    assert all(np.any((row != 0) & (shared == 1)) for row in totals)
