"""The functions of a kernel as loops over tables, for systems too large for straight-line code.

Everything is cut into small trees (equations) and short sums of products (elimination, solves) of few
shapes. A shape is a function with a loop; a table says which shape comes next, how often, and where the
values lie. The time to compile depends on the number of shapes, not on the size of the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redoxsim.codegen.graph import Graph
from redoxsim.codegen.llvm.functions import quick_reciprocal
from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.lower import Lowering
from redoxsim.codegen.llvm.straight import BLOCK, Equations, Straight
from redoxsim.codegen.llvm.text import F64, I32, I64, PTR, Function, Target, Value, literal
from redoxsim.codegen.llvm.trees import Item, Place, Tree, Trees, in_groups

WINDOW = 4096
"""Items among which the next group is looked for."""
MOST_PRODUCTS = 8
"""Products of one item of an elimination or solve; longer sums take several."""

SHAPE = (*BLOCK, ("y", PTR), ("b", PTR), ("items", PTR), ("factors", PTR), ("count", I64))
"""Arguments of a shape's function."""


class _Tree(Lowering):
    """Writes a tree over places that are loaded already."""

    def __init__(self, f: Function, graph: Graph, loaded: Sequence[Value]) -> None:
        super().__init__(f, graph, None)
        self.places = loaded

    def _write(self, index: int) -> Value:
        node = self.graph.nodes[index]
        return self.places[node.index] if node.op == "state" else super()._write(index)


class Looped(Straight):
    """Writes the same functions as :class:`Straight`, as loops over tables."""

    def __init__(self, equations: Equations, target: Target, layout: Layout) -> None:
        self.shapes: dict[tuple[str, Tree], int] = {}
        self.literals: dict[float, int] = {}
        self._pending: list[tuple[str, list[tuple[int, int]], list[Place], int]] = []
        self._rows = _depth_first(equations.elimination.lower)
        self._bytes = 8 * target.width
        super().__init__(equations, target, layout)

    # --- factors lie in the order in which a solve reads them

    def _place_factors(self) -> None:
        self.slot: dict[tuple[int, int], int] = {}
        e = self.e.elimination
        self._forward = self._sums(self._rows, e.lower, "forward")
        self._backward = self._sums(_depth_first(e.upper), e.upper, "backward")

    def _sums(
        self, rows: Sequence[int], columns: Sequence[Sequence[int]], sink: str
    ) -> tuple[list[tuple[int, list[int]]], list[Item]]:
        """Items for x[i] less the sum of factor[i, j] * x[j], last part with the pivot going back; their slots."""
        order = self.e.elimination.order
        items: list[Item] = []
        factors: list[list[tuple[int, int]]] = []
        made: dict[int, int] = {}
        for i in rows:
            terms = sorted(columns[i], reverse=sink == "backward")
            parts = [terms[k : k + MOST_PRODUCTS] for k in range(0, len(terms), MOST_PRODUCTS)] or [[]]
            for number, part in enumerate(parts):
                last = number + 1 == len(parts)
                kind = f"{sink} {'first' if number == 0 else 'more'} {'last' if last else ''}"
                shape = self._shape(kind, ("products", len(part)))
                needs = [made[j] for j in part] + ([made[i]] if number else [])
                made[i] = len(items)
                places = tuple(("x", "", order[j]) for j in (i, *part))
                items.append(Item(shape, places, tuple(needs), -1))
                factors.append([(i, j) for j in part] + ([(i, i)] if last and sink == "backward" else []))
        groups = in_groups([item.shape for item in items], [item.needs for item in items], WINDOW)
        for _, group in groups:
            for item in group:
                for pair in factors[item]:
                    self.slot[pair] = len(self.slot)
        return groups, items

    def _shape(self, sink: str, tree: Tree) -> int:
        return self.shapes.setdefault((sink, tree), len(self.shapes))

    # --- functions

    def right_hand_side(self) -> Function:
        outputs = [(node, False, self._sink("add", row), ("b", "", row)) for row, node in enumerate(self.e.rhs)]
        return self._evaluate("rhs", "b", outputs)

    def factors(self) -> Function:
        e = self.e
        position = {state: place for place, state in enumerate(e.elimination.order)}
        outputs = [(node, False, self._sink("set", row), ("b", "", row)) for row, node in enumerate(e.rhs)]
        entries = [(position[row], position[column], node) for row, column, node in e.jacobian]
        outputs += [(node, False, "keep", ("w", "slope", index)) for index, (_, node) in enumerate(e.slopes)]
        outputs += [(node, False, "keep", ("w", "lu", self.slot[i, j])) for i, j, node in entries]
        # a row's entries use what its rate uses
        outputs.sort(key=lambda output: self._near(output[3], e.elimination.order))
        return self._evaluate("factors", "f", outputs, self._elimination({(i, j) for i, j, _ in entries}))

    def _near(self, place: Place, order: Sequence[int]) -> int:
        if place[1] == "lu":
            if not hasattr(self, "_pair"):
                self._pair = {slot: pair for pair, slot in self.slot.items()}
            return order[self._pair[place[2]][0]]
        return self.e.slopes[place[2]][0] if place[1] == "slope" else place[2]

    def _sink(self, what: str, row: int) -> str:
        infused = self.e.shape.infused
        return f"{what} infused" if row in infused else what

    def solve(self) -> Function:
        f = Function("solve", self.target, [*BLOCK, ("b", PTR), ("x", PTR)])
        b, x = f.arguments["b"], f.arguments["x"]
        for name, (groups, items) in (("forward", self._forward), ("backward", self._backward)):
            first = 0 if name == "forward" else sum(map(len, self.e.elimination.lower))
            self._run(f, name, groups, items, b, x, first)
        f.give()
        return f

    def own_constants(self) -> Function:
        table = self.e.constants.own
        outputs = [(node, inverse, "keep", ("w", "own", slot)) for (node, inverse), slot in table.items()]
        return self._evaluate("constants", None, outputs)

    def shared_constants(self) -> Function:
        table = self.e.constants.shared
        outputs = [(node, inverse, "first lane", ("u", "", slot)) for (node, inverse), slot in table.items()]
        return self._evaluate("shared", None, outputs)

    def _evaluate(
        self,
        name: str,
        result: str | None,
        outputs: Sequence[tuple[int, bool, str, Place]],
        more: Iterable[Item] = (),
    ) -> Function:
        """A function of a table of trees; without ``result`` it is one of constants."""
        f = Function(name, self.target, [*BLOCK, *([("y", PTR), (result, PTR)] if result else [])])
        null = Value(f, "null", PTR)
        y, b = (f.arguments["y"], f.arguments[result]) if result else (null, null)
        trees = Trees(
            self.e.graph, self.e.constants if result else None, outputs,
            shapes=self.shapes, literals=self.literals, time="stage_time" if result else "out_time",
        )  # fmt: skip
        sinks = [sink for sink, _ in self.shapes]
        first = [self._with_infusion(item) if "infused" in sinks[item.shape] else item for item in trees.items]
        for part, items in (("trees", first), ("more", list(more))):
            groups = in_groups([item.shape for item in items], [item.needs for item in items], WINDOW)
            self._run(f, f"{name}_{part}", groups, _reused(groups, items, self), y, b, 0)
        f.give()
        return f

    def _with_infusion(self, item: Item) -> Item:
        place = ("w", "infusion", self.e.shape.infused.index(item.places[0][2]))
        return Item(item.shape, (*item.places, place), item.needs, item.gives)

    def _elimination(self, entries: set[tuple[int, int]]) -> list[Item]:
        """Items of the factorisation, in place; every entry in the order of plain elimination."""
        e = self.e.elimination
        items: list[Item] = []
        made: dict[tuple[int, int], int] = {}
        upper = [frozenset(row) for row in e.upper]
        for i in self._rows:
            for j in (*e.lower[i], i, *e.upper[i]):
                terms = [k for k in e.lower[i] if k < min(i, j) and j in upper[k]]
                has = (i, j) in entries
                end = "left" if j < i else "pivot" if j == i else "right"
                if end == "right" and not terms:
                    if not has:
                        raise AssertionError("fill without products")
                    continue
                parts = [terms[k : k + MOST_PRODUCTS] for k in range(0, len(terms), MOST_PRODUCTS)] or [[]]
                for number, part in enumerate(parts):
                    kind = end if number + 1 == len(parts) else "part"
                    start = "given" if has or number else "fill"
                    pairs = [pair for k in part for pair in ((i, k), (k, j))]
                    needs = [(i, j)] if number else []
                    if kind == "left":
                        pairs.append((j, j))
                    shape = self._shape(
                        f"{kind} {start}{' shift' if end == 'pivot' and not number else ''}", ("products", len(part))
                    )
                    places = tuple(("w", "lu", self.slot[pair]) for pair in ((i, j), *pairs))
                    known = tuple(made[pair] for pair in (*pairs, *needs) if pair in made)
                    made[i, j] = len(items)
                    items.append(Item(shape, places, known, -1))
        return items

    # --- tables

    def _run(
        self, f: Function, name: str, groups: Sequence[tuple[int, list[int]]], items: Sequence[Item],
        y: Value, b: Value, factor: int,
    ) -> None:  # fmt: skip
        """Go through a table of groups, calling the shapes' functions."""
        rows: list[tuple[int, int]] = [(shape, len(group)) for shape, group in groups]
        places = [place for _, group in groups for item in group for place in items[item].places]
        self._pending.append((name, rows, places, factor))
        if not rows:
            return
        w, u = f.arguments["w"], f.arguments["u"]
        with f.loop(len(rows)) as index:
            row = f.at(Value(f, f"@{name}_plan", PTR), index * 4, I32)
            shape, count, item, first = (f.load(row, k, I32).convert("zext", I64) for k in range(4))
            function = f.load(f.at(Value(f, "@shapes", PTR), shape, PTR), 0, PTR)
            at = f.at(Value(f, f"@{name}_items", PTR), item, I32)
            factors = f.at(self.layout.pointer(f, w, "lu"), first, f.V)
            values = (w, u, y, b, at, factors, count)
            f.lines.append(f"  call void {function.name}({', '.join(f'{v.type} {v.name}' for v in values)})")

    def finish(self) -> tuple[list[Function], list[str]]:
        """The shapes' functions, and the tables; when every function is written and the layout is known."""
        parts, _ = super().finish()
        functions = [self._write_shape(number, *key) for key, number in self.shapes.items()]
        names = ", ".join(f"ptr @{f.name}" for f in functions)
        tables = [f"@shapes = internal constant [{len(functions)} x ptr] [{names}]"]
        values = ", ".join(f"double {literal(value)}" for value in self.literals)
        tables.append(f"@literals = internal constant [{len(self.literals)} x double] [{values}]")
        sinks = list(self.shapes)
        for name, rows, places, factor in self._pending:
            plan: list[int] = []
            item = 0
            for shape, count in rows:
                plan += [shape, count, item, factor]
                sink, tree = sinks[shape]
                item += count * _operands(sink, tree)
                factor += count * _factors(sink, tree)
            tables += [_table(f"{name}_plan", plan), _table(f"{name}_items", [self._offset(place) for place in places])]
        return [*functions, *parts], tables

    def _offset(self, place: Place) -> int:
        base, array, index = place
        if base == "t":
            return (self.layout.places["kept"] + index) * self._bytes
        if base == "w":
            return (self.layout.places[array] + index) * self._bytes
        return index * (8 if base in "uk" else self._bytes)

    # --- shapes

    def _write_shape(self, number: int, sink: str, tree: Tree) -> Function:
        f = Function(f"shape{number}", self.target, SHAPE)
        count = _operands(sink, tree)
        with f.loop(f.arguments["count"]) as index:
            row = f.at(f.arguments["items"], index * count, I32)
            offsets = [f.load(row, k, I32).convert("zext", I64) for k in range(count)]
            if tree[0] == "products":
                if sink.startswith(("forward", "backward")):
                    self._write_solve(f, sink, offsets, index)
                else:
                    self._write_entry(f, sink, offsets)
            else:
                self._write_tree(f, sink, tree, offsets)
        f.give()
        return f

    def _at(self, f: Function, base: str, offset: Value) -> Value:
        if base == "k":
            pointer = Value(f, "@literals", PTR)
        else:
            pointer = f.arguments["w" if base == "t" else base]
        return f.at(pointer, offset, "i8")

    def _get(self, f: Function, base: str, offset: Value) -> Value:
        pointer = self._at(f, base, offset)
        return f.splat(f.load(pointer, 0, F64)) if base in "uk" else f.load(pointer)

    def _write_tree(self, f: Function, sink: str, tree: Tree, offsets: Sequence[Value]) -> None:
        bases = list(_bases(tree))
        infused = [offsets[-1]] if "infused" in sink else []
        loaded = [self._get(f, base, offset) for base, offset in zip(bases, offsets[1:], strict=False)]
        graph = Graph([str(number) for number in range(len(bases))])
        low = _Tree(f, graph, loaded)
        root = _plant(graph, tree, iter(range(len(bases))), low.exact)
        low.prepare([root])
        value = low.number(root)
        if sink == "first lane":
            if self.target.width > 1:
                value = f.emit(f"extractelement {f.V} {value.name}, i64 0", F64)
            f.store(value, self._at(f, "u", offsets[0]))
            return
        target = self._at(f, "w" if sink == "keep" else "b", offsets[0])
        if sink.startswith("add"):
            value = value + f.load(target)
        for offset in infused:
            value = value + self._get(f, "w", offset)
        f.store(value, target)

    def _write_entry(self, f: Function, sink: str, offsets: Sequence[Value]) -> None:
        """An entry of the factors: what stood there less products, then what its side wants."""
        target = self._at(f, "w", offsets[0])
        values = [self._get(f, "w", offset) for offset in offsets[1:]]
        shift = self.layout.load(f, f.arguments["w"], "inv_hg") if "shift" in sink else None
        total: Value | None = f.load(target) if "given" in sink else None
        if shift is not None:
            total = -shift if total is None else total - shift
        pivot = values.pop() if sink.startswith("left") else None
        for a, b in zip(values[::2], values[1::2], strict=True):
            minus = -a
            total = minus * b if total is None else f.fma(minus, b, total)
        assert total is not None
        if pivot is not None:
            total = total * pivot
        f.store(quick_reciprocal(f, total) if sink.startswith("pivot") else total, target)

    def _write_solve(self, f: Function, sink: str, offsets: Sequence[Value], index: Value) -> None:
        count = len(offsets) - 1
        factors = f.at(f.arguments["factors"], index * _factors(sink, ("products", count)), f.V)
        target = self._at(f, "b", offsets[0])
        total = f.load(self._at(f, "y", offsets[0]) if sink.startswith("forward first") else target)
        for k, offset in enumerate(offsets[1:]):
            total = f.fma(-f.load(factors, k), self._get(f, "b", offset), total)
        if sink.startswith("backward") and sink.endswith("last"):
            total = total * f.load(factors, count)
        f.store(total, target)


def _operands(sink: str, tree: Tree) -> int:
    """Places of one item of a shape."""
    if tree[0] == "products":
        count = tree[1]
        assert isinstance(count, int)
        if sink.startswith(("forward", "backward")):
            return 1 + count
        return 1 + 2 * count + sink.startswith("left")
    return 1 + sum(1 for _ in _bases(tree)) + ("infused" in sink)


def _factors(sink: str, tree: Tree) -> int:
    """Factors one item of a solve reads."""
    if not sink.startswith(("forward", "backward")):
        return 0
    count = tree[1]
    assert isinstance(count, int)
    return count + (sink.startswith("backward") and sink.endswith("last"))


def _bases(tree: Tree) -> Iterable[str]:
    if tree[0] == "place":
        yield str(tree[1])
    elif tree[0] != "number":
        for part in tree[2:]:
            assert isinstance(part, tuple)
            yield from _bases(part)


def _plant(graph: Graph, tree: Tree, places: Iterable[int], exact: set[int]) -> int:
    """A tree as nodes of a graph over numbered places."""
    if tree[0] == "place":
        return graph.symbols[str(next(iter(places)))]
    if tree[0] == "number":
        value = tree[1]
        assert isinstance(value, float)
        return graph.number(value)
    args = []
    for part in tree[2:]:
        assert isinstance(part, tuple)
        args.append(_plant(graph, part, places, exact))
    node = graph.operator(str(tree[0]), args)
    if tree[1]:
        exact.add(node)
    return node


def _depth_first(needs: Sequence[Sequence[int]]) -> list[int]:
    """All positions, each after those it needs, and soon after them."""
    done: set[int] = set()
    order: list[int] = []
    # begin with the ends: what nothing else needs
    used = {k for row in needs for k in row}
    for end in [i for i in range(len(needs)) if i not in used]:
        stack = [(end, False)]
        while stack:
            i, ready = stack.pop()
            if ready:
                order.append(i)
            elif i not in done:
                done.add(i)
                stack.append((i, True))
                stack.extend((k, False) for k in reversed(needs[i]) if k not in done)
    return order


def _reused(groups: Sequence[tuple[int, list[int]]], items: Sequence[Item], to: Looped) -> list[Item]:
    """Items with the numbers of kept values replaced by places, which are used again after the last use."""
    last: dict[int, int] = {}
    order = [item for _, group in groups for item in group]
    for item in order:
        for base, _, index in items[item].places[1:]:
            if base == "t":
                last[index] = item
    free: list[int] = []
    place: dict[int, int] = {}
    size = 0
    done = list(items)
    for item in order:
        old = items[item]
        ended = {index for base, _, index in old.places[1:] if base == "t" and last[index] == item}
        places = [("t", "", place[p[2]]) if p[0] == "t" else p for p in old.places[1:]]
        target = old.places[0]
        free.extend(place[index] for index in sorted(ended))
        if old.gives >= 0:
            if not free:
                free.append(size)
                size += 1
            place[old.gives] = free.pop()
            target = ("t", "", place[old.gives])
        done[item] = Item(old.shape, (target, *places), old.needs, old.gives)
    to.kept = max(to.kept, size)
    return done


def _table(name: str, values: Sequence[int]) -> str:
    return f"@{name} = internal constant [{len(values)} x i32] [{', '.join(f'i32 {value}' for value in values)}]"


__all__ = ["Looped"]
