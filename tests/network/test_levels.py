"""The core level: what is left out is gone everywhere, what stays computes what it did."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from redoxsim import catalog, equations, network
from redoxsim.codegen import compile_system
from redoxsim.errors import ModelError
from redoxsim.network import compose
from redoxsim.network.expr import symbols
from redoxsim.network.levels import Core, core_of, merge, read_core
from redoxsim.network.rest import read_rest, with_values

FULL = """model full()
  compartment c = 2;
  species A in c = 1; species B in c = 3; species X in c = 5;
  k = 0.5; g = 4; n = 2; s := A + X;
  J: A -> B; c*k*A*g^n*(1 + X/2);
  L: X -> ; c*k*X;
  M: B -> ; c*B*(k + g*X)/(1 + X);
  boost := g*s;
end
"""


def rates(net: network.Network, values: dict[str, float]) -> dict[str, float]:
    system = equations.build(net)
    compiled = compile_system(system)
    y, p = compiled.initial(values)
    return dict(zip([name for name, _ in system.rates], compiled.bind(p).rates(0.0, y.tolist()), strict=True))


@pytest.fixture
def full() -> network.Network:
    return network.read_antimony(FULL)


def test_what_is_left_out_is_zero_in_every_formula(full: network.Network) -> None:
    core = core_of(full, Core(leave_out=("X", "L")), id="small")
    assert core.id == "small"
    assert {one.id for one in core.reactions} == {"J", "M"}
    assert rates(core, {}) == {name: value for name, value in rates(full, {"X": 0.0}).items() if name != "L"}


def test_core_values_stand_in_for_what_is_left_out_and_change_what_stays(full: network.Network) -> None:
    core = core_of(full, Core(leave_out=("g", "boost"), values={"g": 1.0, "k": 0.25}))
    assert rates(core, {}) == rates(full, {"g": 1.0, "k": 0.25})
    used = set().union(*(symbols(one.rate) for one in core.reactions if one.rate is not None))
    assert used == {"c", "k", "A", "X", "B"}
    assert next(one.value for one in core.parameters if one.id == "k") == 0.25


def test_cofactors_leave_the_reactions_that_stay() -> None:
    full = network.read_antimony(
        "model m()\n compartment c = 1; species A in c = 1; species N in c = 2; species P in c = 1;\n"
        " J: A + N -> P; c*A*N;\n K: P -> N; c*P;\nend"
    )
    core = core_of(full, Core(cofactors=("N",), values={"N": 2.0}))
    assert {one.id: ([part.species for part in one.reactants], [part.species for part in one.products])
            for one in core.reactions} == {"J": (["A"], ["P"]), "K": (["P"], [])}  # fmt: skip
    assert rates(core, {}) == rates(full, {})
    assert "N" not in core.index()


def test_two_steps_are_one_at_core_level() -> None:
    full = network.read_antimony(
        "model m()\n compartment c = 1; species A in c = 1; species B in c = 2; species N in c = 1;\n"
        " J: A -> B + N; c*A;\n K: B -> 2 N; c*B;\nend"
    )
    core = core_of(full, Core(leave_out=("B", "K"), turnover={"J": {"A": -1.0, "N": 3.0}}))
    (one,) = core.reactions
    assert [(part.species, part.stoichiometry) for part in (*one.reactants, *one.products)] == [("A", 1.0), ("N", 3.0)]
    for wrong in ({"Jay": {"A": 1.0}}, {"J": {"Y": 1.0}}):
        with pytest.raises(ModelError, match="which the network does not have"):
            core_of(full, Core(turnover=wrong))


def test_another_symbol_stands_in(full: network.Network) -> None:
    core = core_of(full, Core(leave_out=("L",), instead={"X": "A"}))
    assert rates(core, {}) == {name: value for name, value in rates(full, {"X": 1.0}).items() if name != "L"}
    with pytest.raises(ModelError, match="'Y', which the network does not have"):
        core_of(full, Core(leave_out=("L",), instead={"X": "Y"}))


def test_neutral_elements_are_gone(full: network.Network) -> None:
    core = core_of(full, Core(leave_out=("X", "L", "g", "n", "boost"), values={"g": 1.0}))
    first = network.write(core, format="antimony")
    assert "J: A -> B; c * k * A;" in first.replace("*", " * ").replace("  ", " ")
    assert "s := A;" in first


@pytest.mark.parametrize(
    ("core", "told"),
    [
        (Core(leave_out=("X",)), "'X', but reaction 'L' turns it over"),
        (Core(leave_out=("Y",)), "'Y', which the network does not have"),
        (Core(values={"kk": 1.0}), "'kk', which the network does not have"),
    ],
)
def test_what_cannot_be_left_out_is_named(full: network.Network, core: Core, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        core_of(full, core)


def test_a_formula_of_a_rate_that_is_gone_is_named() -> None:
    full = network.read_antimony("model m()\n compartment c = 1; species A in c = 1; J: A -> ; c*A; twice := 2*J;\nend")
    with pytest.raises(ModelError, match="'J', which the rule of 'twice' uses"):
        core_of(full, Core(leave_out=("J",)))


def test_a_formula_without_a_value_is_named() -> None:
    full = network.read_antimony(
        "model m()\n compartment c = 1; species A in c = 1; q = 2; J: A -> ; c*A; x := 1/q;\nend"
    )
    with pytest.raises(ModelError, match="without q the rule of 'x' has no value"):
        core_of(full, Core(leave_out=("q",)))


def test_two_modules_must_agree() -> None:
    both = merge([Core(leave_out=("a",), values={"k": 1.0}), Core(leave_out=("b", "a"), values={"k": 1.0})])
    assert both.leave_out == ("a", "b")
    with pytest.raises(ModelError, match="'k' has two core values, 1 and 2"):
        merge([Core(values={"k": 1.0}), Core(values={"k": 2.0})])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[core]\ndrop = ['a']\n", "has no 'drop'"),
        ("[core]\nleave_out = 'a'\n", "needs a list of ids"),
        ("[core]\ncofactors = 'a'\n", "cofactors in .core. needs a list of ids"),
        ("[core]\ninstead = { a = 1 }\n", "instead in .core. needs a list of ids"),
        ("[core.turnover]\nJ = { a = 'x' }\n", "turnover of 'J' in .core. needs a number"),
        ("[core.turnover]\nJ = 2\n", "turnover of 'J' in .core. needs a number"),
        ("[core]\nvalues = { k = 'x' }\n", "core value of 'k' is no number"),
    ],
)
def test_a_table_that_makes_no_sense(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=told):
        read_core(tmp_path)


def test_values_at_rest_go_where_they_are_declared(tmp_path: Path) -> None:
    text = "species A in c = 1;  // one\nk = 2; k has s;\nsubstanceOnly species N in c = 3e-1;\nB := k;"
    assert with_values(text, {"A": 4.0, "N": 5.0}, file="f") == (
        "species A in c = 4;  // one\nk = 2; k has s;\nsubstanceOnly species N in c = 5;\nB := k;"
    )
    with pytest.raises(ModelError, match="'B' is given no number"):
        with_values(text, {"B": 1.0}, file="f")
    (tmp_path / "rest.csv").write_text("id,value\nA,1\nA,2\n", encoding="utf-8")
    with pytest.raises(ModelError, match="'A' has two rows"):
        read_rest(tmp_path)


def test_the_shipped_core_uses_only_what_it_has() -> None:
    core = network.read("redox-core")
    known = set(core.index())
    formulas = [one.rate for one in core.reactions if one.rate] + [one.expr for one in core.rules]
    used = set().union(*(symbols(one) for one in formulas)) | {
        name for one in core.initial_assignments for name in symbols(one.expr)
    }
    assert used <= known
    left = compose.cores_of(catalog.models()["redox"])
    assert not known & set(left.leave_out)
    idle = {one.id for one in core.parameters} - used - {one.target for one in core.rules}
    assert idle == set()


def test_the_core_level_is_the_model_it_was() -> None:
    """Rates of the reactions of the first composed model, with its constants and at 0.9 of its rest."""
    with (Path(__file__).parent / "core_rates.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    given = {row["id"]: float(row["value"]) for row in rows if row["kind"] != "rate"}
    wanted = {row["id"]: float(row["value"]) for row in rows if row["kind"] == "rate"}
    core = network.read("redox-core")
    found = rates(core, {name: value for name, value in given.items() if name in core.index()})
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, rel=1e-9)
