"""The value of an expression tree at one point: the definition that generated code is tested against."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np

from redoxsim.errors import ModelError, nearest
from redoxsim.network.expr import Apply, Expr, Number, Symbol

Floats = list[np.float64]


def evaluate(expr: Expr, values: Mapping[str, float], time: float = 0.0) -> float:
    """Value of ``expr`` with symbols taken from ``values``.

    Arithmetic is IEEE double: a division by zero is inf or nan, never an exception. Truth is 1.0,
    falsehood 0.0; any non-zero number counts as true. A piecewise without a true condition is nan.

    Raises
    ------
    ModelError : a symbol has no value.

    >>> from redoxsim.network.formula_parse import parse
    >>> evaluate(parse("k * A / (Km + A)"), {"k": 2.0, "A": 3.0, "Km": 1.0})
    1.5
    """
    with np.errstate(all="ignore"):
        return float(_value(expr, values, time))


def _value(expr: Expr, values: Mapping[str, float], time: float) -> np.float64:
    if isinstance(expr, Number):
        return np.float64(expr.value)
    if isinstance(expr, Symbol):
        if expr.id not in values:
            raise ModelError(f"'{expr.id}' has no value", hint=nearest(expr.id, values))
        return np.float64(values[expr.id])
    if isinstance(expr, Apply):
        return np.float64(FUNCTIONS[expr.op]([_value(arg, values, time) for arg in expr.args]))
    return np.float64(time)


def _factorial(x: np.float64) -> float:
    try:
        return math.gamma(x + 1.0)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _piecewise(a: Floats) -> float:
    for position in range(0, len(a) - 1, 2):
        if a[position + 1] != 0:
            return float(a[position])
    return float(a[-1]) if len(a) % 2 else math.nan


def _chain(holds: Callable[[np.float64, np.float64], np.bool_]) -> Callable[[Floats], bool]:
    return lambda a: all(holds(left, right) for left, right in itertools.pairwise(a))


def _sum(a: Floats) -> np.float64:
    total = a[0] if a else np.float64(0.0)
    for term in a[1:]:
        total = total + term
    return total


def _product(a: Floats) -> np.float64:
    total = a[0] if a else np.float64(1.0)
    for term in a[1:]:
        total = total * term
    return total


ONE = np.float64(1.0)

FUNCTIONS: Mapping[str, Callable[[Floats], float | np.float64 | bool | np.bool_]] = {
    "add": _sum,
    "mul": _product,
    "sub": lambda a: a[0] - a[1],
    "neg": lambda a: -a[0],
    "div": lambda a: a[0] / a[1],
    "pow": lambda a: np.power(a[0], a[1]),
    "exp": lambda a: np.exp(a[0]),
    "ln": lambda a: np.log(a[0]),
    "log": lambda a: np.log10(a[1]) if a[0] == 10.0 else np.log(a[1]) / np.log(a[0]),
    "sqrt": lambda a: np.sqrt(a[0]),
    "root": lambda a: np.sqrt(a[1]) if a[0] == 2.0 else np.power(a[1], ONE / a[0]),
    "abs": lambda a: np.abs(a[0]),
    "floor": lambda a: np.floor(a[0]),
    "ceil": lambda a: np.ceil(a[0]),
    "factorial": lambda a: _factorial(a[0]),
    "rem": lambda a: np.fmod(a[0], a[1]),
    "quotient": lambda a: np.trunc(a[0] / a[1]),
    "min": lambda a: np.min(a),
    "max": lambda a: np.max(a),
    "sin": lambda a: np.sin(a[0]),
    "cos": lambda a: np.cos(a[0]),
    "tan": lambda a: np.tan(a[0]),
    "sec": lambda a: ONE / np.cos(a[0]),
    "csc": lambda a: ONE / np.sin(a[0]),
    "cot": lambda a: ONE / np.tan(a[0]),
    "arcsin": lambda a: np.arcsin(a[0]),
    "arccos": lambda a: np.arccos(a[0]),
    "arctan": lambda a: np.arctan(a[0]),
    "arcsec": lambda a: np.arccos(ONE / a[0]),
    "arccsc": lambda a: np.arcsin(ONE / a[0]),
    "arccot": lambda a: np.arctan(ONE / a[0]),
    "sinh": lambda a: np.sinh(a[0]),
    "cosh": lambda a: np.cosh(a[0]),
    "tanh": lambda a: np.tanh(a[0]),
    "sech": lambda a: ONE / np.cosh(a[0]),
    "csch": lambda a: ONE / np.sinh(a[0]),
    "coth": lambda a: ONE / np.tanh(a[0]),
    "arcsinh": lambda a: np.arcsinh(a[0]),
    "arccosh": lambda a: np.arccosh(a[0]),
    "arctanh": lambda a: np.arctanh(a[0]),
    "arcsech": lambda a: np.arccosh(ONE / a[0]),
    "arccsch": lambda a: np.arcsinh(ONE / a[0]),
    "arccoth": lambda a: np.arctanh(ONE / a[0]),
    "eq": _chain(lambda x, y: x == y),
    "ne": lambda a: a[0] != a[1],
    "lt": _chain(lambda x, y: x < y),
    "le": _chain(lambda x, y: x <= y),
    "gt": _chain(lambda x, y: x > y),
    "ge": _chain(lambda x, y: x >= y),
    "and": lambda a: all(x != 0 for x in a),
    "or": lambda a: any(x != 0 for x in a),
    "xor": lambda a: sum(1 for x in a if x != 0) % 2 == 1,
    "not": lambda a: a[0] == 0,
    "implies": lambda a: a[0] == 0 or a[1] != 0,
    "true": lambda a: True,
    "false": lambda a: False,
    "piecewise": _piecewise,
}
