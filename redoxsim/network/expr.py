"""Expression trees: what a formula in a model means, free of any text format.

Four node types carry everything SBML's core mathematics can say. Trees are
immutable and hashable, so equal subtrees can be shared and used as keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A literal; ``unit`` is an SBML unit id when the file gives one (``sbml:units``)."""

    value: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A reference to a species, parameter, compartment, reaction rate or intermediate."""

    id: str


@dataclass(frozen=True, slots=True)
class Time:
    """The independent variable (SBML csymbol ``time``)."""


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator of :data:`OPERATORS` applied to arguments.

    ``piecewise`` takes ``value, condition, value, condition, ..., otherwise``
    (the last one is present when the number of arguments is odd).
    """

    op: str
    args: tuple[Expr, ...]


Expr = Number | Symbol | Time | Apply

# operator -> (fewest, most) arguments; None is "any number"
OPERATORS: Mapping[str, tuple[int, int | None]] = {
    "add": (0, None),
    "sub": (2, 2),
    "neg": (1, 1),
    "mul": (0, None),
    "div": (2, 2),
    "pow": (2, 2),
    "exp": (1, 1),
    "ln": (1, 1),
    "log": (2, 2),
    "sqrt": (1, 1),
    "root": (2, 2),
    "abs": (1, 1),
    "floor": (1, 1),
    "ceil": (1, 1),
    "factorial": (1, 1),
    "rem": (2, 2),
    "quotient": (2, 2),
    "min": (1, None),
    "max": (1, None),
    "sin": (1, 1),
    "cos": (1, 1),
    "tan": (1, 1),
    "sec": (1, 1),
    "csc": (1, 1),
    "cot": (1, 1),
    "arcsin": (1, 1),
    "arccos": (1, 1),
    "arctan": (1, 1),
    "arcsec": (1, 1),
    "arccsc": (1, 1),
    "arccot": (1, 1),
    "sinh": (1, 1),
    "cosh": (1, 1),
    "tanh": (1, 1),
    "sech": (1, 1),
    "csch": (1, 1),
    "coth": (1, 1),
    "arcsinh": (1, 1),
    "arccosh": (1, 1),
    "arctanh": (1, 1),
    "arcsech": (1, 1),
    "arccsch": (1, 1),
    "arccoth": (1, 1),
    "eq": (2, None),
    "ne": (2, 2),
    "lt": (2, None),
    "le": (2, None),
    "gt": (2, None),
    "ge": (2, None),
    "and": (0, None),
    "or": (0, None),
    "xor": (0, None),
    "not": (1, 1),
    "implies": (2, 2),
    "true": (0, 0),
    "false": (0, 0),
    "piecewise": (1, None),
}


def walk(expr: Expr) -> Iterator[Expr]:
    """Every node of the tree, parents before children."""
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Apply):
            stack.extend(reversed(node.args))


def symbols(expr: Expr) -> frozenset[str]:
    """Ids the expression refers to (time not among them)."""
    return frozenset(node.id for node in walk(expr) if isinstance(node, Symbol))


def uses_time(expr: Expr) -> bool:
    """Whether the value depends on time directly."""
    return any(isinstance(node, Time) for node in walk(expr))


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The tree with ``change`` applied to every node, children first."""
    if isinstance(expr, Apply):
        return change(Apply(expr.op, tuple(rebuild(arg, change) for arg in expr.args)))
    return change(expr)


def substitute(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """The tree with symbols replaced, all at once."""
    return rebuild(expr, lambda node: values.get(node.id, node) if isinstance(node, Symbol) else node)
