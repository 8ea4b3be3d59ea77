"""Equations cut into small trees of few shapes, for systems too large to be written out.

A value that is used more than once, or that is large, is computed by itself and kept; what is left
between such values are trees, and in a large system most of them look alike (a mass-action rate, a sum
of two rates over a volume). Trees of one shape need the code only once: the rest is a table of places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redoxsim.codegen.graph import Graph
from redoxsim.codegen.llvm.lower import JUMPS, Constants
from redoxsim.equations.simplify import BOOLEAN

Place = tuple[str, str, int]
"""(base, array, index): base "w" a lane vector of the worker's memory, "y" of the states, "u" a value that
is the same in all lanes, "k" a literal, "t" a kept value of this table, by number."""
Tree = tuple[object, ...]
"""("place", base), ("number", value) or (operator, left as written, *trees); places are those of the item, in order."""

MOST_TERMS = 12
"""Terms of a sum before it is made of partial sums."""
LARGEST_TREE = 24
"""Operators of a tree before a part of it is kept."""
LARGEST_TERM = 4
"""Operators of a term of a sum before it is kept: sums of rates then have few shapes."""
IN_SHAPE = frozenset({-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0})
"""Literals that are part of a shape; others are looked up."""
OF_SHAPE = frozenset({"pow", "root", "log"})
"""Operators whose literals decide the code."""


@dataclass(frozen=True, slots=True)
class Item:
    """One tree of a shape: its places (where the value goes first), the items it needs, and the number
    of the kept value it gives (-1: none, an output)."""

    shape: int
    places: tuple[Place, ...]
    needs: tuple[int, ...]
    gives: int


class Trees:
    """The items that compute outputs, each after what it needs.

    Parameters
    ----------
    constants : where values of constants are; None writes them out.
    outputs : (node, whether its reciprocal is meant, sink, place). The sink is part of the shape and says
        what is done with the value.
    shapes : shapes met so far, by (sink, tree); shared between tables.
    time : array of the worker's memory that holds the time.
    """

    def __init__(
        self,
        graph: Graph,
        constants: Constants | None,
        outputs: Sequence[tuple[int, bool, str, Place]],
        *,
        shapes: dict[tuple[str, Tree], int],
        literals: dict[float, int],
        time: str,
    ) -> None:
        self.graph, self.constants, self.time = graph, constants, time
        self.shapes, self.literals = shapes, literals
        self.items: list[Item] = []
        self.values = 0
        self._nodes: list[tuple[str, bool, tuple[int, ...], object]] = []
        self._known: dict[object, int] = {}
        self._keys: dict[tuple[int, bool], int] = {}
        self._exact = self._as_written([node for node, *_ in outputs])
        roots = [self._convert(node, inverse) for node, inverse, *_ in outputs]
        self._cut(roots)
        self._write(roots, outputs)

    # --- nodes: divisions as products, places as leaves, long sums in parts

    def _as_written(self, roots: Sequence[int]) -> set[int]:
        """What decides a jump."""
        seen: set[int] = set()
        exact: set[int] = set()
        stack = list(roots)
        while stack:
            index = stack.pop()
            if index in seen:
                continue
            seen.add(index)
            node = self.graph.nodes[index]
            stack.extend(node.args)
            if node.op in JUMPS:
                inner = list(node.args)
                while inner:
                    part = inner.pop()
                    if part not in exact:
                        exact.add(part)
                        inner.extend(self.graph.nodes[part].args)
        return exact

    def _is_kept(self, index: int) -> bool:
        return self.constants is not None and self.graph.nodes[index].op != "number" and self.graph.is_settled(index)

    def _node(self, op: str, exact: bool, args: tuple[int, ...], extra: object = None) -> int:
        key = (op, exact, args, repr(extra))
        if key not in self._known:
            self._known[key] = len(self._nodes)
            self._nodes.append((op, exact, args, extra))
        return self._known[key]

    def _needs(self, index: int, inverse: bool) -> list[tuple[int, bool]]:
        """What must be converted before a value."""
        node = self.graph.nodes[index]
        if (node.op in ("number", "state", "constant", "time") and not inverse) or self._is_kept(index):
            return []
        if inverse:
            moving = self._one_moving(index)
            return [(index, False)] if moving is None else [(moving, True)]
        if node.op == "div" and index not in self._exact:
            return [(node.args[0], False), (node.args[1], True)]
        return [(arg, False) for arg in node.args]

    def _one_moving(self, index: int) -> int | None:
        """The factor of a product that is not of constants, if there is just one."""
        node = self.graph.nodes[index]
        if node.op != "mul":
            return None
        moving = [arg for arg in node.args if not self._is_kept(arg)]
        return moving[0] if len(moving) == 1 and len(node.args) > 1 else None

    def _convert(self, root: int, inverse: bool) -> int:
        stack = [(root, inverse)]
        while stack:
            key = stack[-1]
            if key in self._keys:
                stack.pop()
                continue
            waiting = [need for need in self._needs(*key) if need not in self._keys]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            stack.pop()
            self._keys[key] = self._make(*key)
        return self._keys[root, inverse]

    def _make(self, index: int, inverse: bool) -> int:
        node = self.graph.nodes[index]
        if self._is_kept(index):
            assert self.constants is not None
            own, slot = self.constants.slot(index, inverse)
            return self._node("place", False, (), ("w", "own", slot) if own else ("u", "", slot))
        if inverse:
            moving = self._one_moving(index)
            if moving is None:
                return self._node("div", False, (self._node("number", False, (), 1.0), self._keys[index, False]))
            fixed = [self._make(arg, True) for arg in node.args if arg != moving]
            return self._node("mul", False, (*fixed, self._keys[moving, True]))
        if node.op == "number":
            return self._node("number", False, (), node.value)
        if node.op == "state":
            return self._node("place", False, (), ("y", "", node.index))
        if node.op == "constant":
            return self._node("place", False, (), ("w", "p", node.index))
        if node.op == "time":
            return self._node("place", False, (), ("w", self.time, 0))
        exact = index in self._exact
        if node.op == "div" and not exact:
            top, below = self._keys[node.args[0], False], self._keys[node.args[1], True]
            if self._nodes[top][3] == 1.0 and self._nodes[top][0] == "number":
                return below
            return self._node("mul", False, (top, below))
        args = [self._keys[arg, False] for arg in node.args]
        if node.op == "add" and not exact:
            while len(args) > MOST_TERMS:
                groups = [args[i : i + MOST_TERMS] for i in range(0, len(args), MOST_TERMS)]
                args = [self._node("add", False, tuple(group)) if len(group) > 1 else group[0] for group in groups]
        return self._node(node.op, exact, tuple(args))

    # --- trees

    def _is_leaf(self, node: int) -> bool:
        return self._nodes[node][0] in ("place", "number")

    def _is_truth(self, node: int) -> bool:
        return self._nodes[node][0] in BOOLEAN

    def _cut(self, roots: Sequence[int]) -> None:
        """Decide which values are kept; nodes stand after what they use."""
        uses = [0] * len(self._nodes)
        for _, _, args, _ in self._nodes:
            for arg in args:
                uses[arg] += 1
        for root in roots:
            uses[root] += 1
        size = [0] * len(self._nodes)
        self._kept_node = [False] * len(self._nodes)
        for node, (op, exact, args, _) in enumerate(self._nodes):
            if self._is_leaf(node):
                continue
            for arg in args:
                large = op == "add" and not exact and len(args) > 2 and size[arg] > LARGEST_TERM
                if large and not self._is_truth(arg):
                    self._kept_node[arg] = True
            parts = sorted({arg for arg in args if not self._kept_node[arg]}, key=lambda arg: -size[arg])
            total = 1 + sum(size[arg] for arg in parts)
            for arg in parts:
                if total <= LARGEST_TREE:
                    break
                if size[arg] > 1 and not self._is_truth(arg):
                    self._kept_node[arg] = True
                    total -= size[arg]
            size[node] = total
            # a truth value is worked out again wherever it is used
            if uses[node] > 1 and not self._is_truth(node):
                self._kept_node[node] = True
            if self._kept_node[node]:
                size[node] = 0

    def _write(self, roots: Sequence[int], outputs: Sequence[tuple[int, bool, str, Place]]) -> None:
        self._number: dict[int, int] = {}
        self._maker: dict[int, int] = {}
        self._trees: dict[int, tuple[Tree, tuple[Place, ...]]] = {}
        for root, (_, _, sink, place) in zip(roots, outputs, strict=True):
            self._keep_below(root)
            self._add(sink, root, place, -1, whole=not self._kept_node[root])

    def _keep_below(self, root: int) -> None:
        """Items for the kept values a node needs, in depth first order: what is near is computed near."""
        stack = [(root, False)]
        seen: set[int] = set()
        while stack:
            node, ready = stack.pop()
            if ready:
                if self._kept_node[node] and node not in self._number:
                    number = self.values
                    self.values += 1
                    self._add("keep", node, ("t", "", number), number, whole=True)
                    self._number[node] = number
            elif node not in seen and node not in self._number and not self._is_leaf(node):
                seen.add(node)
                stack.append((node, True))
                stack.extend((arg, False) for arg in reversed(self._nodes[node][2]))

    def _add(self, sink: str, node: int, place: Place, gives: int, *, whole: bool) -> None:
        tree, places = self._tree(node) if whole else (("place", "t"), (("t", "", self._number[node]),))
        if whole and self._is_leaf(node):
            tree, places = self._leaf(node, "")
        shape = self.shapes.setdefault((sink, tree), len(self.shapes))
        needs = tuple(dict.fromkeys(self._maker[p[2]] for p in places if p[0] == "t"))
        if gives >= 0:
            self._maker[gives] = len(self.items)
        self.items.append(Item(shape, (place, *places), needs, gives))

    def _leaf(self, node: int, parent: str) -> tuple[Tree, tuple[Place, ...]]:
        op, _, _, extra = self._nodes[node]
        if op == "place":
            assert isinstance(extra, tuple)
            return ("place", extra[0]), (extra,)
        assert isinstance(extra, float)
        if extra in IN_SHAPE or parent in OF_SHAPE or extra != extra:
            return ("number", extra), ()
        return ("place", "k"), (("k", "", self.literals.setdefault(extra, len(self.literals))),)

    def _tree(self, root: int) -> tuple[Tree, tuple[Place, ...]]:
        """Shape and places of the tree below a node, down to leaves and kept values; trees are small."""
        op, exact, args, _ = self._nodes[root]
        parts: list[tuple[Tree, tuple[Place, ...]]] = []
        for arg in args:
            if arg in self._number:
                parts.append((("place", "t"), (("t", "", self._number[arg]),)))
            elif self._is_leaf(arg):
                parts.append(self._leaf(arg, op))
            else:
                if arg not in self._trees:
                    self._trees[arg] = self._tree(arg)
                parts.append(self._trees[arg])
        if op in ("add", "mul") and not exact:
            # one order for all: fewer shapes
            parts.sort(key=lambda part: repr(part[0]))
        tree: Tree = (op, exact, *(part[0] for part in parts))
        return tree, tuple(place for part in parts for place in part[1])


def in_groups(kinds: Sequence[int], needs: Sequence[Sequence[int]], window: int) -> list[tuple[int, list[int]]]:
    """(kind, items) groups to be done one after the other; an item comes after those it needs.

    Items are given in an order that respects their needs, and stay within ``window`` items of where they
    were: what is near each other there uses the same memory.
    """
    groups: list[tuple[int, list[int]]] = []
    for start in range(0, len(kinds), window):
        end = min(start + window, len(kinds))
        missing = [0] * (end - start)
        users: dict[int, list[int]] = {}
        ready: dict[int, list[int]] = {}
        for item in range(start, end):
            for need in needs[item]:
                if need >= start:
                    missing[item - start] += 1
                    users.setdefault(need, []).append(item)
            if not missing[item - start]:
                ready.setdefault(kinds[item], []).append(item)
        while ready:
            kind = max(ready, key=lambda k: (len(ready[k]), -k))
            group = ready.pop(kind)
            for item in group:  # grows while it is gone through
                for user in users.get(item, ()):
                    missing[user - start] -= 1
                    if not missing[user - start]:
                        if kinds[user] == kind:
                            group.append(user)
                        else:
                            ready.setdefault(kinds[user], []).append(user)
            groups.append((kind, group))
    return groups
