"""Formulas: text to tree to text to value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redoxsim.errors import ModelError, ReadError
from redoxsim.network.evaluate import FUNCTIONS, evaluate
from redoxsim.network.expr import OPERATORS, Apply, Expr, Number, Symbol, Time, walk
from redoxsim.network.formula_parse import parse
from redoxsim.network.formula_print import to_infix

NAMES = ["A", "b1", "_c", "time", "pi", "exp", "e1", "inf", "true", "avogadro"]
NUMBERS = st.floats(allow_nan=False) | st.integers(-5, 5).map(float)
LEAVES = st.one_of(
    NUMBERS.map(Number),
    st.tuples(NUMBERS, st.sampled_from(["mM", "per_s"])).map(lambda pair: Number(*pair)),
    st.sampled_from(NAMES).map(Symbol),
    st.just(Time()),
    st.sampled_from([Apply("true", ()), Apply("false", ())]),
)
INNER = sorted(set(OPERATORS) - {"true", "false"})


def applied(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    def arguments(op: str) -> st.SearchStrategy[Expr]:
        fewest, most = OPERATORS[op]
        count = st.lists(children, min_size=fewest, max_size=4 if most is None else most)
        return count.map(lambda args: Apply(op, tuple(args)))

    common = st.sampled_from(["add", "sub", "mul", "div", "pow", "neg", "not", "and", "or"])
    return (common | st.sampled_from(INNER)).flatmap(arguments)


TREES = st.recursive(LEAVES, applied, max_leaves=20)


@given(TREES)
@settings(max_examples=200, deadline=None)
def test_print_then_parse_gives_the_same_tree_and_value(tree: Expr) -> None:
    again = parse(to_infix(tree))
    assert again == tree
    values = {name: 0.37 * (position + 1) for position, name in enumerate(NAMES)}
    before, after = evaluate(tree, values, 1.25), evaluate(again, values, 1.25)
    assert before == after or (math.isnan(before) and math.isnan(after))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("2 ** -1", 0.5),
        ("-2^2", -4.0),
        ("(-2)^2", 4.0),
        ("8 - 3 - 2", 3.0),
        ("8 / 4 / 2", 1.0),
        ("2 / 4 * 2", 1.0),
        ("1 - -1", 2.0),
        ("log10(1000)", 3.0),
        ("log(2, 8)", 3.0),
        ("root(3, 27)", 3.0),
        ("sqr(3)", 9.0),
        ("piecewise(1, time > 2, 5)", 1.0),
        ("piecewise(1, time < 2, 5)", 5.0),
        ("piecewise(1, 0 > 2, 2, 1 == 1)", 2.0),
        ("1 < 2 && !(2 <= 1) || 0 > 1", 1.0),
        ("5 mM + 1", 6.0),
        ("1 / 0", math.inf),
        ("-1 / 0", -math.inf),
        ("rem(-7, 3)", -1.0),
        ("quotient(-7, 3)", -2.0),
        ("max(1, 2, x)", 4.0),
        ("exp(1000)", math.inf),
        ("factorial(5)", 120.0),
        ("x^0.5", 2.0),
    ],
)
def test_value(text: str, value: float) -> None:
    assert evaluate(parse(text), {"x": 4.0}, time=3.0) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["0 / 0", "sqrt(-1)", "(-8)^(1/3)", "piecewise(1, 1 > 2)", "factorial(-1)", "inf - inf"]
)
def test_nan_without_exception(text: str) -> None:
    assert math.isnan(evaluate(parse(text), {}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the end"),
        ("1 +", "the end"),
        ("a b", "an operator"),
        ("(a", "')'"),
        ("a $ b", "column 3"),
        ("foo(1)", "no function 'foo'"),
        ("expp(1)", "'exp'"),
        ("log(3)", "ambiguous"),
        ("sqrt(1, 2)", "takes 1 argument"),
        ("pow(1)", "takes 2 arguments"),
        ("(" * 5000 + "a" + ")" * 5000, "nested deeper"),
        ("-" * 5000 + "a", "nested deeper"),
        ("a" + " - a" * 5000, "nested deeper"),
        ("__import__('os')", "unexpected"),
    ],
)
def test_not_a_formula(text: str, words: str) -> None:
    with pytest.raises(ReadError, match=r"\S") as caught:
        parse(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_long_sums_are_flat() -> None:
    tree = parse(" + ".join(["a"] * 3000))
    assert isinstance(tree, Apply)
    assert len(tree.args) == 3000
    assert evaluate(tree, {"a": 1.0}) == 3000.0


def test_missing_value_is_named() -> None:
    with pytest.raises(ModelError, match=r"'H202' has no value.*'H2O2'"):
        evaluate(parse("k * H202"), {"k": 1.0, "H2O2": 1.0})


def test_every_operator_has_a_value() -> None:
    assert set(FUNCTIONS) == set(OPERATORS)


def test_walk_visits_parents_first() -> None:
    assert [type(node).__name__ for node in walk(parse("a + 1"))] == ["Apply", "Symbol", "Number"]
