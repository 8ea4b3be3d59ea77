"""Expression trees to MathML text. Numbers are written so that reading gives the same double."""

from __future__ import annotations

import math
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from redoxsim.network.expr import Apply, Expr, Number, Symbol, walk
from redoxsim.network.formula_parse import AVOGADRO

MATHML = "http://www.w3.org/1998/Math/MathML"
SBML = "http://www.sbml.org/sbml/level3/version2/core"
SYMBOL = "http://www.sbml.org/sbml/symbols/"
# operator -> MathML element, where the name differs
ELEMENTS = {
    "add": "plus", "sub": "minus", "neg": "minus", "mul": "times", "div": "divide", "pow": "power", "sqrt": "root",
    "ceil": "ceiling", "ne": "neq", "le": "leq", "ge": "geq",
}  # fmt: skip
PLAIN = 12  # numbers with an exponent up to this are written without one


def math_element(expr: Expr, indent: str) -> list[str]:
    """Lines of a ``<math>`` element."""
    units = any(isinstance(node, Number) and node.unit for node in walk(expr))
    space = f' xmlns:sbml="{SBML}"' if units else ""
    return [f'{indent}<math xmlns="{MATHML}"{space}>', *lines(expr, indent + "  "), f"{indent}</math>"]


def lines(expr: Expr, indent: str) -> list[str]:
    if isinstance(expr, Number):
        return [indent + cn(expr)]
    if isinstance(expr, Symbol):
        return [f"{indent}<ci> {escape(expr.id)} </ci>"]
    if not isinstance(expr, Apply):
        return [f'{indent}<csymbol encoding="text" definitionURL="{SYMBOL}time"> time </csymbol>']
    if expr.op in ("true", "false"):
        return [f"{indent}<{expr.op}/>"]
    if expr.op == "piecewise":
        return piecewise(expr.args, indent)
    inner, args = indent + "  ", expr.args
    found = [f"{indent}<apply>", f"{inner}<{ELEMENTS.get(expr.op, expr.op)}/>"]
    if expr.op in ("log", "root"):
        qualifier = "logbase" if expr.op == "log" else "degree"
        found += [f"{inner}<{qualifier}>", *lines(args[0], inner + "  "), f"{inner}</{qualifier}>"]
        args = args[1:]
    for arg in args:
        found += lines(arg, inner)
    return [*found, f"{indent}</apply>"]


def piecewise(args: tuple[Expr, ...], indent: str) -> list[str]:
    inner = indent + "  "
    found = [f"{indent}<piecewise>"]
    for position in range(0, len(args) - 1, 2):
        found += [f"{inner}<piece>", *lines(args[position], inner + "  "), *lines(args[position + 1], inner + "  ")]
        found.append(f"{inner}</piece>")
    if len(args) % 2:
        found += [f"{inner}<otherwise>", *lines(args[-1], inner + "  "), f"{inner}</otherwise>"]
    return [*found, f"{indent}</piecewise>"]


def cn(number: Number) -> str:
    """A literal.

    >>> cn(Number(2.0)), cn(Number(1.5e-20))
    ('<cn type="integer"> 2 </cn>', '<cn type="e-notation"> 1.5 <sep/> -20 </cn>')
    """
    value = number.value
    unit = f" sbml:units={quoteattr(number.unit)}" if number.unit else ""
    if math.isnan(value):
        return "<notanumber/>"
    if math.isinf(value):
        return "<infinity/>" if value > 0 else "<apply><minus/><infinity/></apply>"
    if value == AVOGADRO and not unit:
        return f'<csymbol encoding="text" definitionURL="{SYMBOL}avogadro"> avogadro </csymbol>'
    negative_zero = value == 0 and math.copysign(1.0, value) < 0
    if value == int(value) and abs(value) < 2**31 and not negative_zero:
        return f'<cn{unit} type="integer"> {int(value)} </cn>'
    digits = Decimal(repr(value))
    exponent = digits.adjusted()
    if abs(exponent) > PLAIN:
        mantissa = repr(float(digits.scaleb(-exponent)))
        if float(f"{mantissa}e{exponent}") == value:
            return f'<cn{unit} type="e-notation"> {mantissa} <sep/> {exponent} </cn>'
    return f"<cn{unit}> {format(digits, 'f')} </cn>"
