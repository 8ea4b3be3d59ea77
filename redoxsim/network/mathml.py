"""libSBML syntax trees to expression trees, with function definitions expanded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import libsbml

from redoxsim.errors import ReadError, Unsupported
from redoxsim.network.expr import OPERATORS, Apply, Expr, Number, Symbol, Time
from redoxsim.network.formula_parse import AVOGADRO, DEEPEST

LARGEST = 200_000  # nodes of one formula once function definitions are expanded

L = libsbml
OPS: Mapping[int, str] = {
    L.AST_PLUS: "add", L.AST_TIMES: "mul", L.AST_DIVIDE: "div", L.AST_POWER: "pow", L.AST_FUNCTION_POWER: "pow",
    L.AST_FUNCTION_EXP: "exp", L.AST_FUNCTION_LN: "ln", L.AST_FUNCTION_LOG: "log", L.AST_FUNCTION_ROOT: "root",
    L.AST_FUNCTION_ABS: "abs", L.AST_FUNCTION_FLOOR: "floor", L.AST_FUNCTION_CEILING: "ceil",
    L.AST_FUNCTION_FACTORIAL: "factorial", L.AST_FUNCTION_REM: "rem", L.AST_FUNCTION_QUOTIENT: "quotient",
    L.AST_FUNCTION_MIN: "min", L.AST_FUNCTION_MAX: "max", L.AST_FUNCTION_PIECEWISE: "piecewise",
    L.AST_FUNCTION_SIN: "sin", L.AST_FUNCTION_COS: "cos", L.AST_FUNCTION_TAN: "tan",
    L.AST_FUNCTION_SEC: "sec", L.AST_FUNCTION_CSC: "csc", L.AST_FUNCTION_COT: "cot",
    L.AST_FUNCTION_ARCSIN: "arcsin", L.AST_FUNCTION_ARCCOS: "arccos", L.AST_FUNCTION_ARCTAN: "arctan",
    L.AST_FUNCTION_ARCSEC: "arcsec", L.AST_FUNCTION_ARCCSC: "arccsc", L.AST_FUNCTION_ARCCOT: "arccot",
    L.AST_FUNCTION_SINH: "sinh", L.AST_FUNCTION_COSH: "cosh", L.AST_FUNCTION_TANH: "tanh",
    L.AST_FUNCTION_SECH: "sech", L.AST_FUNCTION_CSCH: "csch", L.AST_FUNCTION_COTH: "coth",
    L.AST_FUNCTION_ARCSINH: "arcsinh", L.AST_FUNCTION_ARCCOSH: "arccosh", L.AST_FUNCTION_ARCTANH: "arctanh",
    L.AST_FUNCTION_ARCSECH: "arcsech", L.AST_FUNCTION_ARCCSCH: "arccsch", L.AST_FUNCTION_ARCCOTH: "arccoth",
    L.AST_RELATIONAL_EQ: "eq", L.AST_RELATIONAL_NEQ: "ne", L.AST_RELATIONAL_LT: "lt", L.AST_RELATIONAL_LEQ: "le",
    L.AST_RELATIONAL_GT: "gt", L.AST_RELATIONAL_GEQ: "ge", L.AST_LOGICAL_AND: "and", L.AST_LOGICAL_OR: "or",
    L.AST_LOGICAL_XOR: "xor", L.AST_LOGICAL_NOT: "not", L.AST_LOGICAL_IMPLIES: "implies",
    L.AST_CONSTANT_TRUE: "true", L.AST_CONSTANT_FALSE: "false",
}  # fmt: skip
REFUSED: Mapping[int, str] = {
    L.AST_FUNCTION_DELAY: "delay()",
    L.AST_FUNCTION_RATE_OF: "rateOf()",
}
CHAINS = {L.AST_PLUS, L.AST_TIMES}
CONSTANTS: Mapping[int, float] = {
    L.AST_CONSTANT_E: math.e,
    L.AST_CONSTANT_PI: math.pi,
    L.AST_NAME_AVOGADRO: AVOGADRO,
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function definition: its arguments and the syntax tree of its body."""

    id: str
    arguments: tuple[str, ...]
    body: Any


@dataclass(frozen=True, slots=True)
class Sized:
    """A tree with its size, so that expansion can stop before it explodes."""

    expr: Expr
    size: int = 1
    depth: int = 1


@dataclass(frozen=True)
class Translator:
    """Turns syntax trees into expression trees.

    Attributes
    ----------
    functions : definitions by id, expanded where they are called.
    names : what an id stands for where it is not itself (constant stoichiometries, local parameters).
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    names: Mapping[str, Expr] = field(default_factory=dict)

    def translate(self, node: Any, *, names: Mapping[str, Expr] | None = None) -> Expr:
        """The expression tree of a libSBML ``ASTNode``.

        Raises
        ------
        Unsupported : ``delay``, ``rateOf`` or an unknown construct, or a tree too deep or too large.
        ReadError : a call with the wrong number of arguments, or of an undefined function.
        """
        scope = {id_: Sized(expr) for id_, expr in {**self.names, **(names or {})}.items()}
        return self._tree(node, scope, None, ()).expr

    def _tree(self, node: Any, scope: Mapping[str, Sized], inside: str | None, calls: tuple[str, ...]) -> Sized:
        kind = node.getType()
        if kind in (L.AST_NAME, L.AST_NAME_TIME) or kind in CONSTANTS:
            return self._leaf(node, kind, scope, inside)
        if kind in (L.AST_INTEGER, L.AST_REAL, L.AST_REAL_E, L.AST_RATIONAL):
            return Sized(number(node, kind))
        if kind in REFUSED:
            raise Unsupported(f"uses {REFUSED[kind]}")
        if kind == L.AST_FUNCTION:
            return self._call(node, scope, inside, calls)
        args = [self._tree(child, scope, inside, calls) for child in children(node, kind)]
        op = "sub" if kind == L.AST_MINUS and len(args) == 2 else "neg" if kind == L.AST_MINUS else OPS.get(kind)
        if op is None:
            raise Unsupported(f"uses the mathematical construct <{node.getName() or kind}>")
        size = 1 + sum(arg.size for arg in args)
        depth = 1 + max((arg.depth for arg in args), default=0)
        if depth > DEEPEST:
            raise Unsupported(f"has a formula nested deeper than {DEEPEST} levels")
        if size > LARGEST:
            raise Unsupported(f"has a formula of more than {LARGEST} terms once its functions are expanded")
        return Sized(node_of(op, tuple(arg.expr for arg in args)), size, depth)

    def _leaf(self, node: Any, kind: int, scope: Mapping[str, Sized], inside: str | None) -> Sized:
        if kind == L.AST_NAME_TIME:
            return Sized(Time())
        if kind in CONSTANTS:
            return Sized(Number(CONSTANTS[kind]))
        name = node.getName()
        if name in scope:
            return scope[name]
        if inside is not None:
            raise ReadError(f"function '{inside}' uses '{name}', which is not one of its arguments")
        return Sized(Symbol(name))

    def _call(self, node: Any, scope: Mapping[str, Sized], inside: str | None, calls: tuple[str, ...]) -> Sized:
        name = node.getName()
        function = self.functions.get(name)
        if function is None:
            raise ReadError(f"calls '{name}', which is not a function of the model")
        if name in calls:
            raise ReadError(f"function '{name}' calls itself")
        args = [self._tree(node.getChild(i), scope, inside, calls) for i in range(node.getNumChildren())]
        if len(args) != len(function.arguments):
            raise ReadError(f"function '{name}' takes {len(function.arguments)} arguments, not {len(args)}")
        if function.body is None:
            raise ReadError(f"function '{name}' has no formula")
        found = self._tree(function.body, dict(zip(function.arguments, args, strict=True)), name, (*calls, name))
        if found.depth > DEEPEST or found.size > LARGEST:
            raise Unsupported(f"calls '{name}', which makes a formula that is too deep or too large")
        return found


def children(node: Any, kind: int) -> list[Any]:
    """Arguments of a node; a left-leaning run of sums or products is one list (the value is the same)."""
    tail: list[Any] = []
    while True:
        count = node.getNumChildren()
        tail.extend(node.getChild(i) for i in range(count - 1, 0, -1))
        first: Any = node.getChild(0) if count else None
        if kind in CHAINS and count >= 2 and first.getType() == kind and first.getNumChildren() >= 2:
            node = first
            continue
        if first is not None:
            tail.append(first)
        return tail[::-1]


def number(node: Any, kind: int) -> Number:
    """A literal; the decimal text decides, not a product of mantissa and power."""
    if kind == L.AST_INTEGER:
        value = float(node.getInteger())
    elif kind == L.AST_REAL_E:
        mantissa, exponent = node.getMantissa(), node.getExponent()
        digits = repr(mantissa)
        value = float(f"{digits}e{exponent}") if digits[-1].isdigit() and "e" not in digits else node.getReal()
    else:
        value = node.getReal()
    return Number(math.nan if math.isnan(value) else value, node.getUnits() or None)


def node_of(op: str, args: tuple[Expr, ...]) -> Expr:
    """``Apply`` with the number of arguments checked and SBML's degenerate forms settled."""
    first = args[0] if args else None
    if op in ("add", "mul") and len(args) > 1 and isinstance(first, Apply) and first.op == op and len(first.args) > 1:
        return Apply(op, (*first.args, *args[1:]))  # an expanded function can lean left too
    if op in ("root", "log") and isinstance(first, Number) and len(args) == 2:
        first = Number(first.value)  # libSBML says that a degree or base it adds is dimensionless
        return Apply("sqrt", args[1:]) if op == "root" and first.value == 2.0 else Apply(op, (first, args[1]))
    if op == "log" and len(args) == 1:
        return Apply("log", (Number(10.0), *args))
    if op == "root" and len(args) == 1:
        return Apply("sqrt", args)
    if op == "neg" and args in ((Number(math.inf),), (Number(math.nan),)):
        return Number(-math.inf) if args == (Number(math.inf),) else args[0]  # MathML has no negative infinity
    if op in ("eq", "lt", "le", "gt", "ge") and len(args) < 2:
        return Apply("true", ())
    fewest, most = OPERATORS[op]
    if len(args) < fewest or (most is not None and len(args) > most):
        raise ReadError(f"uses '{op}' with {len(args)} arguments")
    return Apply(op, args)
