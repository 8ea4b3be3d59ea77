"""Derivatives of the right-hand side, chained through assigned ids and reaction rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redoxsim.equations.diff import diff
from redoxsim.equations.simplify import add, number
from redoxsim.network.expr import Apply, Expr, Number, symbols, uses_time

Gradient = dict[str | None, Expr]
"""Total derivative by each state; the key None is time."""


class Chain:
    """Total derivatives of expressions over states, constants, definitions and time."""

    def __init__(self, states: Sequence[str], definitions: Mapping[str, Expr], order: Sequence[str]) -> None:
        self.states = frozenset(states)
        self.gradients: dict[str, Gradient] = {}
        for name in order:
            self.gradients[name] = self.gradient(definitions[name])

    def gradient(self, expr: Expr) -> Gradient:
        """Non-zero total derivatives of ``expr``."""
        parts: dict[str | None, list[Expr]] = {}
        if uses_time(expr):
            parts[None] = [diff(expr, None)]
        for name in sorted(symbols(expr)):
            if name in self.states:
                parts.setdefault(name, []).append(diff(expr, name))
            elif self.gradients.get(name):
                outer = diff(expr, name)
                for key, inner in self.gradients[name].items():
                    parts.setdefault(key, []).append(_product(outer, inner))
        total = {key: add(terms) for key, terms in parts.items()}
        return {key: value for key, value in total.items() if number(value) != 0.0}


def _product(outer: Expr, inner: Expr) -> Expr:
    """A product that keeps ``inner`` whole, so that it is computed once however often it is used."""
    if number(outer) == 0.0:
        return Number(0.0)
    if number(outer) == 1.0:
        return inner
    if number(inner) == 1.0:
        return outer
    return Apply("mul", (outer, inner))


def derivatives(
    states: Sequence[str], rhs: Sequence[Expr], chain: Chain
) -> tuple[tuple[tuple[int, int, Expr], ...], tuple[tuple[int, Expr], ...]]:
    """Sparse Jacobian (row, column, expression), row-major, and (row, d rhs / dt) where it is not zero."""
    position = {name: index for index, name in enumerate(states)}
    jacobian, dfdt = [], []
    for row, expr in enumerate(rhs):
        gradient = chain.gradient(expr)
        by_time = gradient.pop(None, None)
        if by_time is not None:
            dfdt.append((row, by_time))
        jacobian += sorted(
            ((row, position[str(key)], value) for key, value in gradient.items()), key=lambda entry: entry[1]
        )
    return tuple(jacobian), tuple(dfdt)
