"""Building expressions with light algebra: constants folded, neutral elements dropped, nothing more."""

from __future__ import annotations

import math
from collections.abc import Iterable

from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import OPERATORS, Apply, Expr, Number

ZERO = Number(0.0)
ONE = Number(1.0)


def number(expr: Expr) -> float | None:
    """The value of a literal, None for anything else."""
    return expr.value if isinstance(expr, Number) else None


def add(terms: Iterable[Expr]) -> Expr:
    """Sum; literals are collected, zeros dropped."""
    total = 0.0
    rest: list[Expr] = []
    for term in terms:
        if isinstance(term, Number):
            total += term.value
        elif isinstance(term, Apply) and term.op == "add":
            rest.extend(term.args)
        else:
            rest.append(term)
    if total != 0.0 or not rest:
        rest.append(Number(total))
    return rest[0] if len(rest) == 1 else Apply("add", tuple(rest))


def mul(factors: Iterable[Expr]) -> Expr:
    """Product; literals are collected, a literal zero wins, ones are dropped."""
    total = 1.0
    rest: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Number):
            total *= factor.value
        elif isinstance(factor, Apply) and factor.op == "mul":
            rest.extend(factor.args)
        else:
            rest.append(factor)
    literals = [factor.value for factor in rest if isinstance(factor, Number)]
    if literals:  # nested products may bring literals along
        rest = [factor for factor in rest if not isinstance(factor, Number)]
        total *= math.prod(literals)
    if total == 0.0:
        return ZERO
    if not rest:
        return Number(total)
    if total == -1.0:
        return neg(mul(rest))
    if total != 1.0:
        rest.insert(0, Number(total))
    return rest[0] if len(rest) == 1 else Apply("mul", tuple(rest))


def neg(a: Expr) -> Expr:
    """Negation; double negation cancels."""
    if isinstance(a, Number):
        return Number(-a.value)
    if isinstance(a, Apply) and a.op == "neg":
        return a.args[0]
    return Apply("neg", (a,))


def sub(a: Expr, b: Expr) -> Expr:
    """Difference."""
    if number(b) == 0.0:
        return a
    if number(a) == 0.0:
        return neg(b)
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(a.value - b.value)
    return Apply("sub", (a, b))


def div(a: Expr, b: Expr) -> Expr:
    """Quotient; a literal zero over anything is zero, division by one is dropped."""
    if number(a) == 0.0 and number(b) != 0.0:
        return ZERO
    if number(b) == 1.0:
        return a
    if isinstance(a, Number) and isinstance(b, Number) and b.value != 0.0:
        return Number(a.value / b.value)
    return Apply("div", (a, b))


def power(a: Expr, b: Expr) -> Expr:
    """Power; exponents 0 and 1 are resolved."""
    if number(b) == 0.0:
        return ONE
    if number(b) == 1.0:
        return a
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(evaluate(Apply("pow", (a, b)), {}))
    return Apply("pow", (a, b))


def apply(op: str, args: tuple[Expr, ...]) -> Expr:
    """Any operator, with the algebra above where it has some and literals folded elsewhere."""
    match op:
        case "add":
            return add(args)
        case "mul":
            return mul(args)
        case "sub":
            return sub(*args)
        case "neg":
            return neg(*args)
        case "div":
            return div(*args)
        case "pow":
            return power(*args)
    node = Apply(op, args)
    if args and op not in BOOLEAN and op != "piecewise" and all(isinstance(arg, Number) for arg in args):
        return Number(evaluate(node, {}))
    return node


BOOLEAN = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor", "not", "implies", "true", "false"})
assert OPERATORS.keys() >= BOOLEAN
