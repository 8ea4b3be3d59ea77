"""From networks to equations: units of the state, rules, sizes that change, initial chain, errors."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import codegen, equations
from redoxsim.errors import DesignError, ModelError, Unsupported
from redoxsim.network import Network
from redoxsim.network.parts import Parameter


def compiled(network: Network) -> codegen.CompiledSystem:
    return codegen.compile_system(equations.build(network))


def slopes(network: Network, t: float = 0.0, **values: float) -> dict[str, float]:
    system = compiled(network)
    y, p = system.initial(values, t)
    return dict(zip(system.system.states, system.rhs(t, y, p), strict=True))


def test_concentration_and_amount_species() -> None:
    net = network_of(
        ["A -> B; k*A*c"], species={"A": 3.0}, parameters={"k": 2.0}, compartments={"c": 4.0}, amounts=["B"]
    )
    system = equations.build(net)
    assert system.states == ("A", "B")
    assert system.sizes == ("c", None)
    assert slopes(net) == pytest.approx({"A": -6.0, "B": 24.0})


def test_two_compartments_conserve_amounts() -> None:
    net = network_of(
        ["Ax -> Ac; k*x*Ax"],
        species={"Ax": 1.0},
        parameters={"k": 1.0},
        compartments={"x": 100.0, "c": 2.0},
        where={"Ac": "c"},
    )
    found = slopes(net)
    assert found["Ax"] * 100 + found["Ac"] * 2 == pytest.approx(0.0)


def test_catalyst_on_both_sides_does_not_move() -> None:
    net = network_of(["A + E -> B + E; k*A*E"], species={"A": 1.0, "E": 2.0}, parameters={"k": 1.0})
    assert slopes(net) == pytest.approx({"A": -2.0, "E": 0.0, "B": 2.0})


def test_boundary_and_constant_species_are_constants() -> None:
    net = network_of(["S -> P; k*S"], species={"S": 2.0}, parameters={"k": 1.0}, boundary=["S"])
    system = equations.build(net)
    assert system.states == ("P",)
    assert set(system.constants) == {"S", "c", "k"}


def test_assignment_rules_and_reaction_ids_in_formulas() -> None:
    net = network_of(
        ["J: A -> ; v2*2", "H: -> B; J + A"],
        species={"A": 3.0},
        parameters={"k": 0.5, "v1": None, "v2": None},
        rules=["v2 := v1 + 1", "v1 := k*A"],
    )
    system = equations.build(net)
    assert [name for name, _ in system.assigned] == ["v1", "v2"]
    assert system.order.index("v2") < system.order.index("J") < system.order.index("H")
    assert slopes(net) == pytest.approx({"A": -5.0, "B": 8.0})


def test_growing_compartment_dilutes() -> None:
    net = network_of(species={"A": 2.0, "B": 6.0}, compartments={"c": 2.0}, amounts=["B"], rules=["c' = 0.5"])
    assert slopes(net) == pytest.approx({"A": -0.5, "B": 0.0, "c": 0.5})


def test_compartment_by_assignment_dilutes_with_its_derivative() -> None:
    net = network_of(
        species={"A": 2.0},
        parameters={"g": 3.0, "z": 2.0},
        compartments={"c": None},
        rules=["c := 1 + g*time + z^2", "z' = 1"],
    )
    # size 5 at t = 0, growing with g + 2 z = 7
    assert slopes(net) == pytest.approx({"A": -2.0 * 7 / 5, "z": 1.0})


def test_size_that_depends_on_what_it_dilutes_is_refused() -> None:
    net = network_of(
        ["-> A; k"], species={"A": 1.0}, parameters={"k": 1.0}, compartments={"c": None}, rules=["c := 1 + A"]
    )
    with pytest.raises(Unsupported, match="A"):
        equations.build(net)


def test_jacobian_and_dfdt_match_differences() -> None:
    net = network_of(
        ["A + B -> 2 C; c*k*A*B/(K + A)", "C -> A; c*w*(1 + sin(time))", "B -> ; J*0.1", "J: A -> B; c*A^h"],
        species={"A": 1.2, "B": 0.7, "C": 0.4},
        parameters={"k": 2.0, "K": 0.3, "w": None, "h": 1.5, "q": 1.0},
        compartments={"c": 2.0},
        rules=["w := C*A + q", "q' = A - q*time", "c' = 0.1*B"],
    )
    system = compiled(net)
    y, p = system.initial()
    t, h = 0.8, 1e-6
    n = len(y)
    exact = system.jac(t, y, p)
    numeric = np.array([(system.rhs(t, y + h * e, p) - system.rhs(t, y - h * e, p)) / (2 * h) for e in np.eye(n)]).T
    np.testing.assert_allclose(exact, numeric, rtol=1e-6, atol=1e-7)
    by_time = (system.rhs(t + h, y, p) - system.rhs(t - h, y, p)) / (2 * h)
    np.testing.assert_allclose(system.dfdt(t, y, p), by_time, rtol=1e-6, atol=1e-7)
    rows = [(row, column) for row, column, _ in system.system.jacobian]
    assert rows == sorted(rows)


def test_initial_chain_follows_overrides_in_any_order() -> None:
    net = network_of(
        species={"A": 1.0, "B": 0.0},
        parameters={"k": 2.0, "m": None, "r": None},
        compartments={"c": 4.0},
        initial={"B": "m + A", "m": "3*r"},
        rules=["r := k + 1"],
    )
    system = compiled(net)
    assert dict(zip(system.system.states, system.initial()[0], strict=True)) == {"A": 1.0, "B": 10.0}
    given = {"k": 0.0, "A": 5.0, "c": 2.0}
    results = []
    for seed in range(6):
        items = list(given.items())
        random.Random(seed).shuffle(items)
        results.append(system.initial(dict(items)))
    assert all(np.array_equal(y, results[0][0]) and np.array_equal(p, results[0][1]) for y, p in results)
    assert results[0][0].tolist() == [5.0, 8.0]
    assert system.initial({"m": 7.0})[0].tolist() == [1.0, 8.0]  # an override beats an initial assignment


def test_amounts_given_as_concentrations_and_back() -> None:
    net = network_of(species={"A": 3.0, "B": 5.0}, compartments={"c": 4.0})
    given_amount = replace(net.species[0], initial_concentration=None, initial_amount=3.0)
    wants_amount = replace(net.species[1], only_substance=True)
    system = compiled(replace(net, species=(given_amount, wants_amount)))
    assert system.initial()[0].tolist() == [0.75, 20.0]
    assert system.initial({"c": 1.0})[0].tolist() == [3.0, 5.0]


def test_missing_value_is_named_with_line_and_use() -> None:
    net = network_of(["J: A -> ; k0*A"], species={"A": 1.0}, parameters={"k0": None, "unused": None})
    net = replace(net, parameters=(replace(net.parameters[0], line=41), net.parameters[1]))
    system = compiled(net)
    with pytest.raises(ModelError, match=r"line 41.*'k0' has no value.*reaction J"):
        system.initial()
    assert system.initial({"k0": 2.0})[0].tolist() == [1.0]  # given with the run


def test_missing_species_and_compartment_values() -> None:
    with pytest.raises(ModelError, match="'A' has no value"):
        compiled(network_of(["A -> ; 1"], species={"A": None})).initial()
    with pytest.raises(ModelError, match="'c' has no value"):
        compiled(network_of(["A -> ; 1"], species={"A": 1.0}, compartments={"c": None})).initial()


@pytest.mark.parametrize(
    ("reactions", "message"),
    [(["A -> ; kk*A"], "'kk' is used in reaction r0"), (["A -> ; kat*A"], "did you mean 'kcat'")],
)
def test_unknown_symbol_is_named(reactions: list[str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        equations.build(network_of(reactions, species={"A": 1.0}, parameters={"kcat": 1.0}))


def test_rings_and_empty_reactions_are_refused() -> None:
    with pytest.raises(ModelError, match=r"ring: a -> b -> a|ring: b -> a -> b"):
        equations.build(network_of(parameters={"a": None, "b": None}, rules=["a := b + 1", "b := a"]))
    net = network_of(["J: A -> ; 1"], species={"A": 1.0})
    with pytest.raises(ModelError, match="'J' has no rate law"):
        equations.build(replace(net, reactions=(replace(net.reactions[0], rate=None),)))


def test_overrides_that_make_no_sense() -> None:
    system = compiled(
        network_of(["J: A -> ; k*x"], species={"A": 1.0}, parameters={"k": 1.0, "x": None}, rules=["x := A"])
    )
    with pytest.raises(DesignError, match="did you mean 'k'"):
        system.initial({"K": 1.0})
    with pytest.raises(DesignError, match="'x' is computed"):
        system.initial({"x": 1.0})
    with pytest.raises(DesignError, match="not a number"):
        system.initial({"k": "2"})  # type: ignore[dict-item]


def test_same_network_gives_the_same_equations_and_key() -> None:
    first, second = (
        equations.build(network_of(["A -> B; k*A", "B -> A; k*B*A"], species={"A": 1.0}, parameters={"k": 1.0}))
        for _ in range(2)
    )
    assert first == second
    assert first.key == second.key
    other = equations.build(network_of(["A -> B; k*A", "B -> A; k*B"], species={"A": 1.0}, parameters={"k": 1.0}))
    assert other.key != first.key


def test_two_hundred_species() -> None:
    rng = random.Random(1)
    names = [f"S{i}" for i in range(200)]
    reactions, parameters = [], {}
    for number in range(300):
        a, b, e = rng.sample(names, 3)
        parameters |= {f"k{number}": rng.uniform(0.1, 3.0), f"K{number}": rng.uniform(0.1, 3.0)}
        reactions.append(f"{a} -> {b}; k{number}*{a}*{e}/(K{number} + {a})")
    net = network_of(reactions, species={n: rng.uniform(0.1, 2.0) for n in names}, parameters=parameters)
    system = compiled(net)
    assert len(system.system.states) == 200
    y, p = system.initial()
    direction = np.linspace(-1, 1, 200)
    h = 1e-6
    numeric = (system.rhs(0, y + h * direction, p) - system.rhs(0, y - h * direction, p)) / (2 * h)
    np.testing.assert_allclose(system.jac(0, y, p) @ direction, numeric, rtol=1e-5, atol=1e-6)


def test_species_reference_stands_for_its_stoichiometry() -> None:
    net = network_of(["J: 2 A -> B; k*A*A_in_J"], species={"A": 3.0, "A_in_J": 0.0}, parameters={"k": 1.0})
    reaction = net.reactions[0]
    named = replace(reaction, reactants=(replace(reaction.reactants[0], id="A_in_J"),))
    net = replace(net, reactions=(named,), species=tuple(s for s in net.species if s.id != "A_in_J"))
    assert slopes(net) == pytest.approx({"A": -12.0, "B": 6.0})


def test_parameter_used_nowhere_needs_no_value() -> None:
    system = compiled(Network(id="m", parameters=(Parameter(id="p"),)))
    assert np.isnan(system.initial()[1]).tolist() == [True]
