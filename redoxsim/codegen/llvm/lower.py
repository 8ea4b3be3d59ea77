"""Nodes of the equation graph as vector instructions.

Against the plain text of the equations three things are changed, each within rounding: divisions
become products with reciprocals that are shared, a product that is used once inside a sum is
fused with the addition, and whole powers are products. What decides a jump (the arguments of
comparisons, floor, ceil, quotient, rem) is left exactly as written.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from redoxsim.codegen.graph import Graph
from redoxsim.codegen.llvm.functions import per_lane, reciprocal
from redoxsim.codegen.llvm.text import Function, Value

RELATIONS = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
JUMPS = frozenset({*RELATIONS, "floor", "ceil", "quotient", "rem"})
LOGIC = frozenset({"and", "or", "xor", "not", "implies", "true", "false"})
VECTOR = {"exp": "rx_exp", "ln": "rx_log", "sin": "rx_sin", "cos": "rx_cos"}
LIBRARY = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
"""Rare functions: the C library's, lane by lane."""
OVER_ONE = {"sec": "cos", "csc": "sin", "sech": "cosh", "csch": "sinh", "coth": "tanh"}
OF_INVERSE = {
    "arcsec": "acos", "arccsc": "asin", "arccot": "atan", "arcsech": "acosh", "arccsch": "asinh", "arccoth": "atanh",
}  # fmt: skip
LARGEST_POWER = 64
CONSTANT_SLOT = tuple[int, bool]
"""A node of constants, and whether its reciprocal is meant."""


class Constants:
    """Values that change only when constants do: computed once per row, then loaded.

    ``varying`` are the indices of constants that differ between rows; a value that depends on
    none of them is kept once for all lanes.
    """

    def __init__(self, graph: Graph, varying: frozenset[int]) -> None:
        self.graph = graph
        self.own: dict[CONSTANT_SLOT, int] = {}
        self.shared: dict[CONSTANT_SLOT, int] = {}
        self.varying = varying
        self._known: dict[int, bool] = {}

    def differs(self, node: int) -> bool:
        """Whether a node of constants differs between lanes."""
        stack = [node]
        while stack:
            index = stack[-1]
            args = self.graph.nodes[index].args
            waiting = [arg for arg in args if arg not in self._known]
            if waiting and index not in self._known:
                stack.extend(waiting)
                continue
            stack.pop()
            item = self.graph.nodes[index]
            self._known[index] = (item.op == "constant" and item.index in self.varying) or any(
                self._known[arg] for arg in args
            )
        return self._known[node]

    def slot(self, node: int, inverse: bool) -> tuple[bool, int]:
        """(kept per lane, position) of a value, given a place when first asked for."""
        table = self.own if self.differs(node) else self.shared
        return table is self.own, table.setdefault((node, inverse), len(table))


class Lowering:
    """Writes nodes into one function; every node once.

    Parameters
    ----------
    constants : where values of constants are; None writes them out (to compute them).
    leaf : pointers to states, constants and the time, by leaf name.
    """

    def __init__(
        self,
        f: Function,
        graph: Graph,
        constants: Constants | None,
        *,
        states: Value | None = None,
        parameters: Value | None = None,
        time: Value | None = None,
        own: Value | None = None,
        shared: Value | None = None,
    ) -> None:
        self.f, self.graph, self.constants = f, graph, constants
        self.states, self.parameters, self.time, self.own, self.shared = states, parameters, time, own, shared
        self.done: dict[int, Value] = {}
        self.inverses: dict[int, Value] = {}
        self.loaded: dict[CONSTANT_SLOT, Value] = {}
        self.uses: Counter[int] = Counter()
        self.exact: set[int] = set()

    def prepare(self, roots: Sequence[int]) -> None:
        """Count uses and find what must stay as written; call once with everything that will be asked for."""
        seen: set[int] = set()
        stack = list(roots)
        self.uses.update(roots)
        while stack:
            index = stack.pop()
            if index in seen:
                continue
            seen.add(index)
            node = self.graph.nodes[index]
            self.uses.update(node.args)
            stack.extend(node.args)
            if node.op in JUMPS:
                self._mark(node.args)

    def _mark(self, roots: Sequence[int]) -> None:
        stack = list(roots)
        while stack:
            index = stack.pop()
            if index not in self.exact:
                self.exact.add(index)
                stack.extend(self.graph.nodes[index].args)

    # --- values

    def _ready(self, index: int) -> bool:
        return index in self.done

    def number(self, root: int) -> Value:
        """A node as a number in every lane."""
        stack = [root]
        while stack:
            index = stack[-1]
            if self._ready(index):
                stack.pop()
                continue
            waiting = [arg for arg in self._inputs(index) if not self._ready(arg)]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            stack.pop()
            self.done[index] = self._write(index)
        value = self.done[root]
        return self.f.select(value, 1.0, 0.0, self.f.V) if value.type != self.f.V else value

    def _inputs(self, index: int) -> tuple[int, ...]:
        """Nodes that must be written before this one."""
        node = self.graph.nodes[index]
        if self._is_kept(index):
            return ()
        if node.op == "add" and index not in self.exact:
            found: list[int] = []
            for arg in node.args:
                found.extend(self._factors(arg)[1] or (arg,))
            return tuple(found)
        if node.op == "div" and index not in self.exact:
            return tuple(arg for arg in node.args if not self._is_kept(arg))
        return node.args

    def _is_kept(self, index: int) -> bool:
        return self.constants is not None and self.graph.nodes[index].op != "number" and self.graph.is_settled(index)

    def _factors(self, index: int) -> tuple[bool, tuple[int, ...]]:
        """(negated, factors) of a product that is used once and so can be fused with a sum; else no factors."""
        node = self.graph.nodes[index]
        negated = node.op == "neg" and self.uses[index] == 1 and index not in self.done and index not in self.exact
        if negated and not self._is_kept(index):
            index = node.args[0]
            node = self.graph.nodes[index]
        else:
            negated = False
        free = node.op == "mul" and self.uses[index] == 1 and index not in self.done and index not in self.exact
        if free and not self._is_kept(index) and len(node.args) > 1:
            return negated, node.args
        return negated, ((index,) if negated else ())

    def kept(self, index: int, *, inverse: bool = False) -> Value:
        """A value of constants, from where it was stored."""
        assert self.constants is not None
        key = (index, inverse)
        if key not in self.loaded:
            per_lane_, slot = self.constants.slot(index, inverse)
            if per_lane_:
                assert self.own is not None
                self.loaded[key] = self.f.load(self.own, slot)
            else:
                assert self.shared is not None
                self.loaded[key] = self.f.splat(self.f.load(self.shared, slot, "double"))
        return self.loaded[key]

    def inverse(self, index: int) -> Value:
        """1 / node."""
        if index not in self.inverses:
            self.inverses[index] = self._inverse(index)
        return self.inverses[index]

    def _inverse(self, index: int) -> Value:
        node = self.graph.nodes[index]
        if node.op == "number":
            return self.f.number(1.0 / node.value if node.value else math.copysign(math.inf, node.value))
        if self._is_kept(index):
            return self.kept(index, inverse=True)
        if node.op == "mul" and len(node.args) > 1:
            parts = node.args
            fixed = [arg for arg in parts if self._is_kept(arg)]
            moving = [arg for arg in parts if not self._is_kept(arg)]
            if len(set(moving)) == 1 or all(arg in self.inverses for arg in moving):
                values = [self.inverse(arg) for arg in (*fixed, *moving)]
                total = values[0]
                for value in values[1:]:
                    total = total * value
                return total
        return reciprocal(self.f, self.number(index))

    def truth(self, index: int) -> Value:
        """A written node as a truth value; any number but zero is true."""
        value = self.done[index]
        return value.differs(0.0) if value.type == self.f.V else value

    def _plain(self, index: int) -> Value:
        value = self.done[index]
        return self.f.select(value, 1.0, 0.0, self.f.V) if value.type != self.f.V else value

    # --- one node

    def _write(self, index: int) -> Value:
        node, f = self.graph.nodes[index], self.f
        op = node.op
        if op == "number":
            return f.number(node.value)
        if self._is_kept(index):
            return self.kept(index)
        if op == "state":
            assert self.states is not None
            return f.load(self.states, node.index)
        if op == "constant":
            assert self.parameters is not None
            return f.load(self.parameters, node.index)
        if op == "time":
            assert self.time is not None
            return self.time
        if op in LOGIC:
            return self._logic(op, node.args)
        if op == "piecewise":
            return self._piecewise(node.args)
        if op == "add":
            return self._sum(index, node.args)
        if op == "div" and index not in self.exact:
            return self._quotient(node.args)
        return self._function(index, op, [self._plain(arg) for arg in node.args], node.args)

    def _sum(self, index: int, args: Sequence[int]) -> Value:
        f = self.f
        if index in self.exact:
            exact = f.number(0.0) if not args else self._plain(args[0])
            for arg in args[1:]:
                exact = exact + self._plain(arg)
            return exact
        # plain terms first: they start the chain that the products are fused into
        plain: list[tuple[bool, tuple[int, ...], int]] = []
        fused: list[tuple[bool, tuple[int, ...], int]] = []
        for arg in args:
            negated, factors = self._factors(arg)
            (fused if len(factors) > 1 else plain).append((negated, factors, arg))
        total: Value | None = None
        for negated, factors, arg in plain:
            value = self._plain(factors[0] if factors else arg)
            if total is None:
                total = -value if negated else value
            else:
                total = total - value if negated else total + value
        for negated, factors, _ in fused:
            values = [self._plain(factor) for factor in factors]
            first = values[0]
            for value in values[1:-1]:
                first = first * value
            if negated:
                first = -first
            total = first * values[-1] if total is None else f.fma(first, values[-1], total)
        return f.number(0.0) if total is None else total

    def _quotient(self, args: Sequence[int]) -> Value:
        top, bottom = args
        inverse = self.inverse(bottom)
        if self.graph.nodes[top].op == "number" and self.graph.nodes[top].value == 1.0:
            return inverse
        return (self.kept(top) if self._is_kept(top) else self._plain(top)) * inverse

    def _logic(self, op: str, args: Sequence[int]) -> Value:
        f = self.f
        if op in ("true", "false"):
            return Value(f, f.operand(op == "true", f.M), f.M)
        parts = [self.truth(arg) for arg in args]
        if op == "not":
            return parts[0].negate()
        if op == "implies":
            return parts[0].negate() | parts[1]
        total = parts[0] if parts else Value(f, f.operand(op == "and", f.M), f.M)
        for part in parts[1:]:
            total = total & part if op == "and" else total | part if op == "or" else total ^ part
        return total

    def _piecewise(self, args: Sequence[int]) -> Value:
        f = self.f
        value = self._plain(args[-1]) if len(args) % 2 else f.number(math.nan)
        for position in range(len(args) // 2 * 2 - 2, -1, -2):
            value = f.select(self.truth(args[position + 1]), self._plain(args[position]), value)
        return value

    def _function(self, index: int, op: str, values: list[Value], args: Sequence[int]) -> Value:
        f = self.f
        if op in RELATIONS:
            pairs = [f.emit(f"fcmp {RELATIONS[op]} {f.V} {a.name}, {b.name}", f.M) for a, b in pairwise(values)]
            total = pairs[0]
            for pair in pairs[1:]:
                total = total & pair
            return total
        match op:
            case "mul":
                total = values[0] if values else f.number(1.0)
                for value in values[1:]:
                    total = total * value
                return total
            case "sub":
                return values[0] - values[1]
            case "neg":
                return -values[0]
            case "div":
                return values[0] / values[1]
            case "pow":
                return self._power(index, values, args)
            case "sqrt" | "floor" | "ceil":
                return f.intrinsic(op, values[0])
            case "abs":
                return f.abs(values[0])
            case "min" | "max":
                total = values[0]
                for value in values[1:]:
                    total = f.intrinsic("minimum" if op == "min" else "maximum", total, value)
                return total
            case "log":
                return self._call("rx_log", values[1]) / self._call("rx_log", values[0])
            case "root":
                node = self.graph.nodes[args[0]]
                if node.op == "number" and node.value == 2.0:
                    return f.intrinsic("sqrt", values[1])
                return self._call("rx_pow", values[1], f.number(1.0) / values[0])
            case "quotient":
                return f.intrinsic("trunc", values[0] / values[1])
            case "rem":
                return per_lane(f, "fmod", *values)
            case "factorial":
                return per_lane(f, "tgamma", values[0] + 1.0)
            case "tan":
                return self._call("rx_sin", values[0]) / self._call("rx_cos", values[0])
            case "cot":
                return self._call("rx_cos", values[0]) / self._call("rx_sin", values[0])
        if op in VECTOR:
            return self._call(VECTOR[op], values[0])
        if op in LIBRARY:
            return per_lane(f, LIBRARY[op], values[0])
        if op in OVER_ONE:
            name = OVER_ONE[op]
            below = (
                self._call(VECTOR[name], values[0])
                if name in VECTOR
                else per_lane(f, LIBRARY.get(name, name), values[0])
            )
            return f.number(1.0) / below
        return per_lane(f, OF_INVERSE[op], f.number(1.0) / values[0])

    def _call(self, name: str, *values: Value) -> Value:
        result = self.f.call(name, self.f.V, *values)
        assert result is not None
        return result

    def _power(self, index: int, values: list[Value], args: Sequence[int]) -> Value:
        node = self.graph.nodes[args[1]]
        exponent = node.value if node.op == "number" else math.nan
        doubled = 2.0 * exponent
        if index in self.exact or not (abs(doubled) <= LARGEST_POWER and doubled == math.floor(doubled)):
            return self._call("rx_pow", *values)
        whole = int(abs(exponent))
        total: Value | None = None
        square = values[0]
        rest = whole
        while rest:
            if rest & 1:
                total = square if total is None else total * square
            rest >>= 1
            if rest:
                square = square * square
        if doubled % 2.0:
            root = self.f.intrinsic("sqrt", values[0])
            total = root if total is None else total * root
        if total is None:
            total = self.f.number(1.0)
        return reciprocal(self.f, total) if exponent < 0 else total
