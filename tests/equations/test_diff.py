"""Derivatives against finite differences, for every operator and for random trees."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redoxsim.equations import diff
from redoxsim.network import evaluate, parse
from redoxsim.network.expr import OPERATORS, Apply, Expr, Number, Symbol, Time

POINT = {"x": 0.37, "y": 1.9}
ABOVE_ONE = {"arcsec", "arccsc", "arccosh", "arccoth"}
RULED = [op for op in OPERATORS if op not in ("true", "false", "and", "or", "xor", "not", "implies", "piecewise")]


def slope(expr: Expr, at: dict[str, float], symbol: str, h: float = 1e-6) -> float:
    up = evaluate(expr, at | {symbol: at[symbol] + h}, 0.6)
    down = evaluate(expr, at | {symbol: at[symbol] - h}, 0.6)
    return (up - down) / (2 * h)


@pytest.mark.parametrize("op", RULED)
@pytest.mark.parametrize("symbol", ["x", "y"])
def test_every_operator(op: str, symbol: str) -> None:
    at = POINT | ({"x": 1.7} if op in ABOVE_ONE else {})
    args: tuple[Expr, ...] = (Symbol("x"), Symbol("y"))[: 2 if OPERATORS[op][1] != 1 else 1]
    expr = Apply(op, args)
    assert evaluate(diff(expr, symbol), at) == pytest.approx(slope(expr, at, symbol), rel=1e-6, abs=1e-8)


def test_literal_exponents_roots_and_logs() -> None:
    for text in ("x^2", "x^0.5", "x^(-3)", "2^x", "log10(x)", "sqrt(x*y)", "x*x*y*exp(-x/y)"):
        expr = parse(text)
        assert evaluate(diff(expr, "x"), POINT) == pytest.approx(slope(expr, POINT, "x"), rel=1e-6)


def test_time_and_piecewise() -> None:
    expr = parse("piecewise(sin(2*time)*x, x < 1, x^2)")
    assert evaluate(diff(expr, None), POINT, 0.6) == pytest.approx(2 * math.cos(1.2) * 0.37)
    assert evaluate(diff(expr, "x"), POINT, 0.6) == pytest.approx(math.sin(1.2))
    assert evaluate(diff(expr, "x"), POINT | {"x": 3.0}, 0.6) == pytest.approx(6.0)
    assert diff(parse("piecewise(1, x < 1, 2)"), "x") == Number(0.0)


def test_hill_function_at_zero_is_finite() -> None:
    expr = parse("y * x^n / (K^n + x^n)")
    at = {"x": 0.0, "y": 1.0, "n": 2.0, "K": 0.5}
    assert evaluate(diff(expr, "x"), at) == 0.0


def test_neutral_elements_go_away() -> None:
    assert diff(parse("k*A"), "A") == Symbol("k")
    assert diff(parse("k*A + 3"), "B") == Number(0.0)
    assert diff(parse("A/V"), "A") == parse("1/V")


leaves = st.one_of(
    st.sampled_from([Symbol("x"), Symbol("y"), Time()]),
    st.floats(0.2, 3.0, allow_nan=False).map(lambda value: Number(round(value, 3))),
)


def grow(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    two = st.tuples(children, children)
    return st.one_of(
        st.tuples(st.sampled_from(["add", "mul", "sub", "max", "min"]), two).map(lambda t: Apply(t[0], t[1])),
        two.map(lambda t: Apply("div", (t[0], Apply("add", (Number(1.5), Apply("mul", (t[1], t[1]))))))),
        children.map(lambda a: Apply("exp", (Apply("neg", (Apply("abs", (a,)),)),))),
        children.map(lambda a: Apply("ln", (Apply("add", (Number(1.1), Apply("mul", (a, a)))),))),
        children.map(lambda a: Apply("pow", (Apply("add", (Number(1.1), Apply("abs", (a,)))), Number(1.7)))),
        children.map(lambda a: Apply("tanh", (a,))),
        st.tuples(children, children, children).map(
            lambda t: Apply("piecewise", (t[0], Apply("lt", (t[1], Number(0.9))), t[2]))
        ),
    )


@settings(max_examples=150, deadline=None)
@given(expr=st.recursive(leaves, grow, max_leaves=12), x=st.floats(0.3, 2.5), y=st.floats(0.3, 2.5))
def test_random_trees_against_finite_differences(expr: Expr, x: float, y: float) -> None:
    at = {"x": x, "y": y}
    exact = evaluate(diff(expr, "x"), at, 0.6)
    coarse, fine = slope(expr, at, "x", 1e-4), slope(expr, at, "x", 1e-5)
    scale = 1.0 + abs(exact)
    if abs(coarse - fine) > 1e-6 * scale:  # a kink or a jump lies within the step
        return
    assert abs(exact - fine) <= 2e-5 * scale
