"""Nodes of the graph as Python text: one form for floats, one for arrays."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

from redoxsim.codegen.graph import Graph

LONGEST = 300
"""Characters up to which a subexpression used once is written inside its user."""

RELATIONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Writer:
    """Writes the nodes that some roots need as assignments to local variables.

    Parameters
    ----------
    graph : where the nodes are.
    leaves : text for nodes that have it already (states, constants, hoisted values).
    arrays : write for numpy arrays instead of floats.
    """

    def __init__(self, graph: Graph, leaves: Mapping[int, str], *, arrays: bool = False, prefix: str = "v") -> None:
        self.graph = graph
        self.text: dict[int, str] = dict(leaves)
        self.arrays = arrays
        self.prefix = prefix
        self.lines: list[str] = []

    def write(self, roots: Sequence[int], keep: Sequence[int] = ()) -> list[str]:
        """Lines for everything the roots need; returns the text that stands for each root.

        Nodes in ``keep`` get a variable of their own even when used once.
        """
        needed = self._needed(roots)
        uses = Counter(arg for index in needed if index not in self.text for arg in self.graph.nodes[index].args)
        uses.update(roots)
        kept = set(keep)
        for index in needed:
            if index in self.text:
                continue
            text = self._operator(index)
            if uses[index] > 1 or len(text) > LONGEST or index in kept:
                name = f"{self.prefix}{index}"
                self.lines.append(f"{name} = {text}")
                text = name
            self.text[index] = text
        return [self._number(root) for root in roots]

    def _needed(self, roots: Sequence[int]) -> list[int]:
        found: set[int] = set()
        stack = list(roots)
        while stack:
            index = stack.pop()
            if index not in found:
                found.add(index)
                if index not in self.text:
                    stack.extend(self.graph.nodes[index].args)
        return sorted(found)

    def _number(self, index: int) -> str:
        """The node's text where a number is wanted."""
        text = self.text[index]
        if not self.graph.is_boolean(index):
            return text
        return f"where({text}, 1.0, 0.0)" if self.arrays else f"(one if {text} else zero)"

    def _truth(self, index: int) -> str:
        """The node's text where a truth value is wanted; any number but zero is true."""
        text = self.text[index]
        return text if self.graph.is_boolean(index) else f"({text} != zero)"

    def _operator(self, index: int) -> str:
        node = self.graph.nodes[index]
        op, args = node.op, node.args
        if op in ("number", "state", "constant", "time"):
            raise KeyError(f"leaf {node} has no text")
        if op in RELATIONS:
            return self._relation(RELATIONS[op], [self._number(arg) for arg in args])
        if op in ("and", "or", "xor", "not", "implies", "true", "false"):
            return self._logic(op, [self._truth(arg) for arg in args])
        if op == "piecewise":
            return self._piecewise(args)
        parts = [self._number(arg) for arg in args]
        match op:
            case "add":
                return self._sum(args, parts)
            case "sub":
                return f"({parts[0]} - {parts[1]})"
            case "neg":
                return f"(-{parts[0]})"
            case "mul":
                return f"({' * '.join(parts)})" if parts else "one"
            case "div":
                return f"({parts[0]} / {parts[1]})"
        return f"{op}_({', '.join(parts)})"

    def _sum(self, args: Sequence[int], parts: Sequence[str]) -> str:
        if not parts:
            return "zero"
        text = parts[0]
        for arg, part in zip(args[1:], parts[1:], strict=True):
            negated = self.graph.nodes[arg].op == "neg" and part.startswith("(-")
            text += f" - {part[2:-1]}" if negated else f" + {part}"
        return f"({text})"

    def _relation(self, sign: str, parts: Sequence[str]) -> str:
        if not self.arrays:
            return f"({f' {sign} '.join(parts)})"
        pairs = [f"({left} {sign} {right})" for left, right in itertools.pairwise(parts)]
        return f"({' & '.join(pairs)})"

    def _logic(self, op: str, parts: Sequence[str]) -> str:
        if op in ("true", "false"):
            return f"({op == 'true'})"
        if op == "implies":
            return f"or_(not_({parts[0]}), {parts[1]})" if self.arrays else f"(not {parts[0]} or {parts[1]})"
        if self.arrays:
            return f"{op}_({', '.join(parts)})"
        if op == "not":
            return f"(not {parts[0]})"
        if op == "xor":
            return f"(({' + '.join(f'bool({part})' for part in parts) or '0'}) % 2 == 1)"
        return f"({f' {op} '.join(f'bool({part})' for part in parts)})" if parts else f"({op == 'and'})"

    def _piecewise(self, args: Sequence[int]) -> str:
        text = self._number(args[-1]) if len(args) % 2 else "nan"
        for position in range(len(args) // 2 * 2 - 2, -1, -2):
            value, condition = self._number(args[position]), self._truth(args[position + 1])
            text = f"where({condition}, {value}, {text})" if self.arrays else f"({value} if {condition} else {text})"
        return text
