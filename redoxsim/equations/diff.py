"""Derivatives of expression trees, by rule; no simplification beyond neutral elements."""

from __future__ import annotations

from collections.abc import Callable

from redoxsim.equations.simplify import BOOLEAN, ONE, ZERO, add, apply, div, mul, neg, number, power, sub
from redoxsim.network.expr import Apply, Expr, Number, Symbol, Time

TWO = Number(2.0)


def diff(expr: Expr, symbol: str | None) -> Expr:
    """Partial derivative of ``expr`` with respect to the symbol with that id, or to time (None).

    Other symbols count as independent. Jumps (floor, comparisons, piecewise borders) have
    derivative zero; at the kink of abs, min and max the right-hand branch is taken.

    >>> from redoxsim.network.expr import Symbol, Apply
    >>> diff(Apply("mul", (Symbol("k"), Symbol("A"))), "A")
    Symbol(id='k')
    """
    return _Differentiator(symbol)(expr)


class _Differentiator:
    """Remembers per node object, so a shared subtree is differentiated once."""

    def __init__(self, symbol: str | None) -> None:
        self.symbol = symbol
        self.known: dict[int, Expr] = {}

    def __call__(self, expr: Expr) -> Expr:
        if isinstance(expr, Number):
            return ZERO
        if isinstance(expr, Symbol):
            return ONE if expr.id == self.symbol else ZERO
        if isinstance(expr, Time):
            return ONE if self.symbol is None else ZERO
        key = id(expr)
        if key not in self.known:
            self.known[key] = self._apply(expr)
        return self.known[key]

    def _apply(self, expr: Apply) -> Expr:
        op, args = expr.op, expr.args
        if op in FLAT or op in BOOLEAN:
            return ZERO
        if op == "piecewise":
            parts = tuple(arg if i % 2 else self(arg) for i, arg in enumerate(args))
            return ZERO if all(number(value) == 0.0 for value in parts[::2]) else Apply("piecewise", parts)
        inner = tuple(self(arg) for arg in args)
        if all(number(part) == 0.0 for part in inner):
            return ZERO
        if op == "mul":
            return add(mul((*args[:i], part, *args[i + 1 :])) for i, part in enumerate(inner) if number(part) != 0.0)
        if op in UNARY:
            return mul((UNARY[op](args[0]), inner[0]))
        return MANY[op](args, inner)


FLAT = frozenset({"floor", "ceil", "quotient"})


def _f(op: str, *args: Expr) -> Expr:
    return apply(op, args)


def _square(x: Expr) -> Expr:
    return power(x, TWO)


def _reciprocal(x: Expr) -> Expr:
    return div(ONE, x)


def _factorial(x: Expr) -> Expr:
    """A central difference: the derivative of the gamma function is no operator of SBML."""
    h = Number(1e-5)
    rise = sub(_f("factorial", add((x, h))), _f("factorial", sub(x, h)))
    return div(rise, Number(2e-5))


# derivative of f(x) by x, for the functions of one argument
UNARY: dict[str, Callable[[Expr], Expr]] = {
    "exp": lambda x: _f("exp", x),
    "ln": _reciprocal,
    "sqrt": lambda x: div(Number(0.5), _f("sqrt", x)),
    "factorial": _factorial,
    "abs": lambda x: Apply("piecewise", (Number(-1.0), Apply("lt", (x, ZERO)), ONE)),
    "sin": lambda x: _f("cos", x),
    "cos": lambda x: neg(_f("sin", x)),
    "tan": lambda x: add((ONE, _square(_f("tan", x)))),
    "sec": lambda x: mul((_f("sec", x), _f("tan", x))),
    "csc": lambda x: neg(mul((_f("csc", x), _f("cot", x)))),
    "cot": lambda x: neg(add((ONE, _square(_f("cot", x))))),
    "arcsin": lambda x: _reciprocal(_f("sqrt", sub(ONE, _square(x)))),
    "arccos": lambda x: neg(_reciprocal(_f("sqrt", sub(ONE, _square(x))))),
    "arctan": lambda x: _reciprocal(add((_square(x), ONE))),
    "arcsec": lambda x: _reciprocal(mul((_f("abs", x), _f("sqrt", sub(_square(x), ONE))))),
    "arccsc": lambda x: neg(_reciprocal(mul((_f("abs", x), _f("sqrt", sub(_square(x), ONE)))))),
    "arccot": lambda x: neg(_reciprocal(add((_square(x), ONE)))),
    "sinh": lambda x: _f("cosh", x),
    "cosh": lambda x: _f("sinh", x),
    "tanh": lambda x: sub(ONE, _square(_f("tanh", x))),
    "sech": lambda x: neg(mul((_f("sech", x), _f("tanh", x)))),
    "csch": lambda x: neg(mul((_f("csch", x), _f("coth", x)))),
    "coth": lambda x: sub(ONE, _square(_f("coth", x))),
    "arcsinh": lambda x: _reciprocal(_f("sqrt", add((_square(x), ONE)))),
    "arccosh": lambda x: _reciprocal(mul((_f("sqrt", sub(x, ONE)), _f("sqrt", add((x, ONE)))))),
    "arctanh": lambda x: _reciprocal(sub(ONE, _square(x))),
    "arcsech": lambda x: neg(_reciprocal(mul((x, _f("sqrt", sub(ONE, _square(x))))))),
    "arccsch": lambda x: neg(_reciprocal(mul((_f("abs", x), _f("sqrt", add((ONE, _square(x)))))))),
    "arccoth": lambda x: _reciprocal(sub(ONE, _square(x))),
}


def _quotient(args: tuple[Expr, ...], inner: tuple[Expr, ...]) -> Expr:
    (a, b), (da, db) = args, inner
    if number(db) == 0.0:
        return div(da, b)
    return sub(div(da, b), div(mul((a, db)), _square(b)))


def _power(args: tuple[Expr, ...], inner: tuple[Expr, ...]) -> Expr:
    (a, b), (da, db) = args, inner
    terms = []
    if number(da) != 0.0:
        lower = Number(b.value - 1.0) if isinstance(b, Number) else sub(b, ONE)
        terms.append(mul((b, power(a, lower), da)))
    if number(db) != 0.0:
        terms.append(mul((power(a, b), _f("ln", a), db)))
    return add(terms)


def _root(args: tuple[Expr, ...], inner: tuple[Expr, ...]) -> Expr:
    degree, x = args
    exponent = div(ONE, degree)
    return _power((x, exponent), (inner[1], neg(div(inner[0], _square(degree)))))


def _logarithm(args: tuple[Expr, ...], inner: tuple[Expr, ...]) -> Expr:
    base, x = args
    log_base = _f("ln", base)
    first = div(inner[1], mul((x, log_base)))
    if number(inner[0]) == 0.0:
        return first
    return sub(first, div(mul((_f("ln", x), inner[0])), mul((base, _square(log_base)))))


def _remainder(args: tuple[Expr, ...], inner: tuple[Expr, ...]) -> Expr:
    return sub(inner[0], mul((Apply("quotient", args), inner[1])))


def _extreme(relation: str) -> Callable[[tuple[Expr, ...], tuple[Expr, ...]], Expr]:
    """min and max: the derivative of the argument that is the extreme one."""

    def rule(args: tuple[Expr, ...], inner: tuple[Expr, ...]) -> Expr:
        best, slope = args[0], inner[0]
        for arg, part in zip(args[1:], inner[1:], strict=True):
            wins = Apply(relation, (best, arg))
            slope = slope if slope == part else Apply("piecewise", (slope, wins, part))
            best = Apply("min" if relation == "lt" else "max", (best, arg))
        return slope

    return rule


MANY: dict[str, Callable[[tuple[Expr, ...], tuple[Expr, ...]], Expr]] = {
    "add": lambda args, inner: add(inner),
    "sub": lambda args, inner: sub(*inner),
    "neg": lambda args, inner: neg(*inner),
    "div": _quotient,
    "pow": _power,
    "root": _root,
    "log": _logarithm,
    "rem": _remainder,
    "min": _extreme("lt"),
    "max": _extreme("gt"),
}
