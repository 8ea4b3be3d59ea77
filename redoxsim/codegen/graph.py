"""Expressions as one graph in which equal subexpressions are one node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redoxsim.equations.simplify import BOOLEAN
from redoxsim.equations.system import OdeSystem
from redoxsim.network.expr import Apply, Expr, Number, Symbol, Time

CONSTANT, TIME, STATE = 0, 1, 2
"""What a node depends on at most: constants only, time too, states too."""


@dataclass(frozen=True, slots=True)
class Node:
    """``op`` is an operator, or "number", "state", "constant", "time" for leaves.

    ``args`` are node indices, always smaller than the node's own; ``value`` is a literal's value
    and ``index`` a state's or constant's position.
    """

    op: str
    args: tuple[int, ...] = ()
    value: float = 0.0
    index: int = 0


class Graph:
    """Grows by adding expressions over the symbols of a system; definitions are looked through."""

    def __init__(self, states: Sequence[str], constants: Sequence[str] = ()) -> None:
        self.nodes: list[Node] = []
        self.level: list[int] = []
        self._known: dict[tuple[object, ...], int] = {}
        self._seen: dict[int, tuple[Expr, int]] = {}
        self.symbols: dict[str, int] = {}
        for index, name in enumerate(states):
            self.symbols[name] = self._node(Node("state", index=index), STATE)
        for index, name in enumerate(constants):
            self.symbols[name] = self._node(Node("constant", index=index), CONSTANT)

    @classmethod
    def of(cls, system: OdeSystem) -> Graph:
        """The graph of a system's symbols, definitions and species references."""
        graph = cls(system.states, system.constants)
        definitions = system.definitions()
        for name in system.order:
            graph.symbols[name] = graph.add(definitions[name])
        for reaction in system.network.reactions:
            for part in (*reaction.reactants, *reaction.products):
                if part.id is not None:
                    graph.symbols[part.id] = graph.number(part.stoichiometry)
        return graph

    def number(self, value: float) -> int:
        """A literal."""
        return self._node(Node("number", value=value), CONSTANT)

    def add(self, expr: Expr) -> int:
        """Index of the node that stands for ``expr``."""
        if isinstance(expr, Number):
            return self.number(expr.value)
        if isinstance(expr, Symbol):
            return self.symbols[expr.id]
        if isinstance(expr, Time):
            return self._node(Node("time"), TIME)
        seen = self._seen.get(id(expr))
        if seen is None:
            # the expression is kept beside its index: a freed object's id may be used again
            seen = (expr, self._apply(expr))
            self._seen[id(expr)] = seen
        return seen[1]

    def add_all(self, exprs: Iterable[Expr]) -> list[int]:
        """Indices for several expressions."""
        return [self.add(expr) for expr in exprs]

    def _apply(self, expr: Apply) -> int:
        op, args = expr.op, expr.args
        if op == "pow" and isinstance(args[1], Number):
            base, exponent = self.add(args[0]), args[1].value
            if exponent in (2.0, 3.0):
                return self.operator("mul", [base] * int(exponent))
            if exponent == 4.0:
                return self.operator("mul", [self.operator("mul", [base, base])] * 2)
            if exponent == -1.0:
                return self.operator("div", [self.number(1.0), base])
            if exponent == 0.5:
                return self.operator("sqrt", [base])
        return self.operator(op, self.add_all(args))

    def operator(self, op: str, args: Sequence[int]) -> int:
        """A node for an operator; the constant factors of a product become one node."""
        level = max((self.level[arg] for arg in args), default=CONSTANT)
        if op == "mul" and level != CONSTANT:
            fixed = [arg for arg in args if self.level[arg] == CONSTANT]
            if len(fixed) > 1:
                moving = [arg for arg in args if self.level[arg] != CONSTANT]
                args = [self.operator("mul", fixed), *moving]
        if op in ("add", "mul", "min", "max") and len(args) == 1:
            return args[0]
        return self._node(Node(op, tuple(args)), level)

    def _node(self, node: Node, level: int) -> int:
        key = (node.op, node.args, repr(node.value), node.index)  # repr tells -0.0 from 0.0 and keeps nan
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(node)
            self.level.append(level)
        return self._known[key]

    def affine(self, index: int) -> bool:
        """Whether a node is a constant plus a constant times time, by its form; it depends on no state."""
        if self.level[index] == CONSTANT:
            return True
        node = self.nodes[index]
        if node.op in ("add", "sub", "neg"):
            return all(map(self.affine, node.args))
        if node.op == "mul":
            return sum(self.level[arg] != CONSTANT for arg in node.args) == 1 and all(map(self.affine, node.args))
        if node.op == "div":
            return self.level[node.args[1]] == CONSTANT and self.affine(node.args[0])
        return node.op == "time"

    def is_settled(self, index: int) -> bool:
        """Whether the node is a number that constants alone decide: it is worked out once. Truth values are not."""
        return self.level[index] == CONSTANT and not self.is_boolean(index)

    def is_boolean(self, index: int) -> bool:
        """Whether the node's value is a truth value."""
        return self.nodes[index].op in BOOLEAN
