"""What the generated text may call, three times over: quick floats, exact floats, arrays.

All three follow IEEE double arithmetic. The quick one is Python's own and raises where IEEE has
inf or nan; whoever runs it repeats the call with the exact one then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from types import CodeType
from typing import Any

import numpy as np

from redoxsim.network.evaluate import FUNCTIONS
from redoxsim.network.expr import OPERATORS

QUICK_ERRORS = (ZeroDivisionError, OverflowError, ValueError)
"""What quick arithmetic raises where IEEE gives inf or nan."""

# Operators that are written as syntax, not as calls.
SYNTAX = frozenset(
    {"add", "sub", "neg", "mul", "div", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor", "not", "implies"}
    | {"true", "false", "piecewise"}
)


def _exact(op: str) -> Callable[..., Any]:
    function = FUNCTIONS[op]
    return lambda *args: np.float64(function([np.float64(arg) for arg in args]))


def _least(best: float, *rest: float) -> float:
    """min that lets not-a-number through, as IEEE arithmetic does."""
    for other in rest:
        best = best if best < other or best != best else other
    return best


def _greatest(best: float, *rest: float) -> float:
    for other in rest:
        best = best if best > other or best != best else other
    return best


QUICK: dict[str, Any] = {
    "exp_": math.exp,
    "ln_": math.log,
    "log_": lambda base, x: math.log10(x) if base == 10.0 else math.log(x) / math.log(base),
    "sqrt_": math.sqrt,
    "root_": lambda degree, x: math.sqrt(x) if degree == 2.0 else math.pow(x, 1.0 / degree),
    "pow_": math.pow,
    "abs_": abs,
    "floor_": lambda x: float(math.floor(x)),
    "ceil_": lambda x: float(math.ceil(x)),
    "factorial_": lambda x: math.gamma(x + 1.0),
    "rem_": math.fmod,
    "quotient_": lambda a, b: float(math.trunc(a / b)),
    "min_": _least,
    "max_": _greatest,
    "sin_": math.sin,
    "cos_": math.cos,
    "tan_": math.tan,
    "sec_": lambda x: 1.0 / math.cos(x),
    "csc_": lambda x: 1.0 / math.sin(x),
    "cot_": lambda x: 1.0 / math.tan(x),
    "arcsin_": math.asin,
    "arccos_": math.acos,
    "arctan_": math.atan,
    "arcsec_": lambda x: math.acos(1.0 / x),
    "arccsc_": lambda x: math.asin(1.0 / x),
    "arccot_": lambda x: math.atan(1.0 / x),
    "sinh_": math.sinh,
    "cosh_": math.cosh,
    "tanh_": math.tanh,
    "sech_": lambda x: 1.0 / math.cosh(x),
    "csch_": lambda x: 1.0 / math.sinh(x),
    "coth_": lambda x: 1.0 / math.tanh(x),
    "arcsinh_": math.asinh,
    "arccosh_": math.acosh,
    "arctanh_": math.atanh,
    "arcsech_": lambda x: math.acosh(1.0 / x),
    "arccsch_": lambda x: math.asinh(1.0 / x),
    "arccoth_": lambda x: math.atanh(1.0 / x),
    "nan": math.nan,
    "zero": 0.0,
    "one": 1.0,
}

EXACT: dict[str, Any] = {f"{op}_": _exact(op) for op in OPERATORS if op not in SYNTAX} | {
    "nan": np.float64(np.nan),
    "zero": np.float64(0.0),
    "one": np.float64(1.0),
}

_factorials = np.vectorize(lambda x: float(FUNCTIONS["factorial"]([np.float64(x)])), otypes=[np.float64])

ARRAYS: dict[str, Any] = {
    "exp_": np.exp,
    "ln_": np.log,
    "log_": lambda base, x: np.where(base == 10.0, np.log10(x), np.log(x) / np.log(base)),
    "sqrt_": np.sqrt,
    "root_": lambda degree, x: np.where(degree == 2.0, np.sqrt(x), np.power(x, 1.0 / degree)),
    "pow_": np.power,
    "abs_": np.abs,
    "floor_": np.floor,
    "ceil_": np.ceil,
    "factorial_": _factorials,
    "rem_": np.fmod,
    "quotient_": lambda a, b: np.trunc(a / b),
    "min_": lambda *a: reduce(np.minimum, a),
    "max_": lambda *a: reduce(np.maximum, a),
    "sin_": np.sin,
    "cos_": np.cos,
    "tan_": np.tan,
    "sec_": lambda x: 1.0 / np.cos(x),
    "csc_": lambda x: 1.0 / np.sin(x),
    "cot_": lambda x: 1.0 / np.tan(x),
    "arcsin_": np.arcsin,
    "arccos_": np.arccos,
    "arctan_": np.arctan,
    "arcsec_": lambda x: np.arccos(1.0 / x),
    "arccsc_": lambda x: np.arcsin(1.0 / x),
    "arccot_": lambda x: np.arctan(1.0 / x),
    "sinh_": np.sinh,
    "cosh_": np.cosh,
    "tanh_": np.tanh,
    "sech_": lambda x: 1.0 / np.cosh(x),
    "csch_": lambda x: 1.0 / np.sinh(x),
    "coth_": lambda x: 1.0 / np.tanh(x),
    "arcsinh_": np.arcsinh,
    "arccosh_": np.arccosh,
    "arctanh_": np.arctanh,
    "arcsech_": lambda x: np.arccosh(1.0 / x),
    "arccsch_": lambda x: np.arcsinh(1.0 / x),
    "arccoth_": lambda x: np.arctanh(1.0 / x),
    "and_": lambda *a: reduce(np.logical_and, a, np.True_),
    "or_": lambda *a: reduce(np.logical_or, a, np.False_),
    "xor_": lambda *a: reduce(np.logical_xor, a, np.False_),
    "not_": np.logical_not,
    "where": np.where,
    "nan": np.float64(np.nan),
    "zero": np.float64(0.0),
    "one": np.float64(1.0),
}
assert {f"{op}_" for op in OPERATORS if op not in SYNTAX} <= QUICK.keys() & ARRAYS.keys()


def translate(text: str) -> CodeType:
    """Byte code of generated text. The text comes from parsed trees and holds no model names."""
    return compile(text, "<redoxsim>", "exec")


def execute(code: CodeType, namespace: dict[str, Any]) -> dict[str, Any]:
    """Names that the code of generated text defines."""
    scope: dict[str, Any] = {"__builtins__": {"bool": bool}} | namespace
    exec(code, scope)
    return scope
