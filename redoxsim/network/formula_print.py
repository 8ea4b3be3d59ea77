"""Expression trees to infix text; :func:`redoxsim.network.formula_parse.parse` reads back the same tree."""

from __future__ import annotations

import math

from redoxsim.network.expr import Apply, Expr, Number, Symbol, Time
from redoxsim.network.formula_parse import ATOM, BINARY, JOINING, POWER, RESERVED, SIGN

INFIX = {**{op: (sign, level) for sign, (op, level) in BINARY.items()}, "pow": ("^", POWER)}


def number_text(value: float) -> str:
    """Shortest text that reads back as the same double; whole numbers without ".0".

    >>> number_text(3.0), number_text(0.1), number_text(1e300)
    ('3', '0.1', '1e+300')
    """
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return "-0" if value == 0 and math.copysign(1.0, value) < 0 else str(int(value))
    return repr(float(value))


def symbol_text(name: str) -> str:
    """An id, in backquotes where the bare word would mean something else."""
    return f"`{name}`" if name in RESERVED else name


def to_infix(expr: Expr) -> str:
    """Infix text of a tree; ``parse(to_infix(expr)) == expr``.

    >>> from redoxsim.network.formula_parse import parse
    >>> to_infix(parse("k*(A+B)/(Km+A)"))
    'k * (A + B) / (Km + A)'
    """
    return _text(expr)[0]


def _text(expr: Expr) -> tuple[str, int]:
    """Text and how strongly its outermost operator binds."""
    if isinstance(expr, Number):
        unit = f" {symbol_text(expr.unit)}" if expr.unit else ""
        return number_text(expr.value) + unit, SIGN if math.copysign(1.0, expr.value) < 0 else ATOM
    if isinstance(expr, Symbol):
        return symbol_text(expr.id), ATOM
    if isinstance(expr, Time):
        return "time", ATOM
    op, args = expr.op, expr.args
    if op in ("true", "false"):
        return op, ATOM
    if op in ("neg", "not"):
        text = _at_least(args[0], SIGN)
        # -2 is a literal, so the negation of a literal keeps its bracket
        if op == "neg" and isinstance(args[0], Number):
            text = f"({_text(args[0])[0]})"
        return ("-" if op == "neg" else "!") + text, SIGN
    if op in INFIX and (len(args) == 2 or (len(args) > 2 and op in JOINING)):
        return _infix(op, args)
    return f"{op}({', '.join(_text(arg)[0] for arg in args)})", ATOM


def _infix(op: str, args: tuple[Expr, ...]) -> tuple[str, int]:
    sign, level = INFIX[op]
    if op == "pow":
        return f"{_at_least(args[0], ATOM)}^{_at_least(args[1], ATOM)}", POWER
    first = _at_least(args[0], level)
    # A left argument with the same n-ary operator would melt into this one; others group leftwards anyhow.
    if isinstance(args[0], Apply) and args[0].op == op and op in JOINING:
        first = _at_least(args[0], level + 1)
    return f" {sign} ".join([first, *(_at_least(arg, level + 1) for arg in args[1:])]), level


def _at_least(expr: Expr, level: int) -> str:
    text, strength = _text(expr)
    return text if strength >= level else f"({text})"
