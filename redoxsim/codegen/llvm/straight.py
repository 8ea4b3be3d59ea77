"""The straight-line functions of a kernel: constants, right-hand side, Jacobian with factorisation, solve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redoxsim.codegen.graph import Graph
from redoxsim.codegen.llvm.elimination import plan
from redoxsim.codegen.llvm.functions import quick_reciprocal
from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.lower import Constants, Lowering
from redoxsim.codegen.llvm.split import Parts
from redoxsim.codegen.llvm.text import PTR, Function, Target, Value
from redoxsim.equations.system import OdeSystem
from redoxsim.network.expr import Number

BLOCK = (("w", PTR), ("u", PTR))
"""Arguments of every function: a worker's memory, and the values that are the same in all lanes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the code is made for besides the equations: constants that differ between rows, states
    that are infused, states that are held still."""

    varying: frozenset[int]
    infused: tuple[int, ...] = ()
    held: tuple[int, ...] = ()


class Equations:
    """A system's graph with everything the kernel evaluates added to it, and its elimination."""

    def __init__(self, system: OdeSystem, shape: Shape) -> None:
        self.system, self.shape = system, shape
        self.graph = Graph.of(system)
        held = frozenset(shape.held)
        rhs = [Number(0.0) if row in held else expr for row, expr in enumerate(system.rhs)]
        self.rhs = self.graph.add_all(rhs)
        moving = [(row, column, expr) for row, column, expr in system.jacobian if row not in held]
        self.jacobian = [(row, column, self.graph.add(expr)) for row, column, expr in moving]
        self.slopes = [(row, self.graph.add(expr)) for row, expr in system.dfdt if row not in held]
        self.elimination = plan(len(system.states), [(row, column) for row, column, _ in self.jacobian])
        self.constants = Constants(self.graph, shape.varying)

    @property
    def timed(self) -> bool:
        """Whether time enters the right-hand side."""
        return bool(self.slopes) or any(node.op == "time" for node in self.graph.nodes)


class Straight:
    """Writes the functions; all work on one worker's memory, for all lanes at once."""

    def __init__(self, equations: Equations, target: Target, layout: Layout) -> None:
        self.e, self.target, self.layout = equations, target, layout
        n = len(equations.system.states)
        self.n = n
        self.kept = 0
        self._divided: list[Parts] = []
        self._place_factors()

    def finish(self) -> tuple[list[Function], list[str]]:
        """Functions and tables to add to the module, when everything else is written; ``kept`` lane vectors
        of memory belong to them."""
        for parts in self._divided:
            parts.finish(self.layout.pointer(parts.f, parts.f.arguments["w"], "kept"))
        return [part for parts in self._divided for part in parts.functions], []

    def _given(self, f: Function, *, rare: bool = False) -> Function:
        """A function that is written, in parts if it is long."""
        f.give()
        parts = Parts(f, rare=rare)
        if parts.functions:
            f.lines.clear()
            self._divided.append(parts)
            self.kept = max(self.kept, parts.kept)
        return f

    def _place_factors(self) -> None:
        """Factors lie in the order in which a solve reads them."""
        e = self.e.elimination
        self.slot: dict[tuple[int, int], int] = {}
        for i in range(self.n):
            for j in e.lower[i]:
                self.slot[i, j] = len(self.slot)
        for i in reversed(range(self.n)):
            for j in reversed(e.upper[i]):
                self.slot[i, j] = len(self.slot)
            self.slot[i, i] = len(self.slot)

    def _lowering(self, f: Function, states: Value, time: str) -> Lowering:
        w = f.arguments["w"]
        return Lowering(
            f, self.e.graph, self.e.constants,
            states=states, time=self.layout.load(f, w, time),
            own=self.layout.pointer(f, w, "own"), shared=f.arguments["u"],
        )  # fmt: skip

    def right_hand_side(self) -> Function:
        """``rhs(w, u, y, b)``: b += f(stage_time, y)."""
        f = Function("rhs", self.target, [*BLOCK, ("y", PTR), ("b", PTR)])
        low = self._lowering(f, f.arguments["y"], "stage_time")
        low.prepare(self.e.rhs)
        for row, node in enumerate(self.e.rhs):
            value = low.number(node) + f.load(f.arguments["b"], row)
            f.store(self._infused(f, row, value), f.arguments["b"], row)
        return self._given(f)

    def _infused(self, f: Function, row: int, value: Value) -> Value:
        infused = self.e.shape.infused
        if row in infused:
            value = value + f.load(self.layout.pointer(f, f.arguments["w"], "infusion", infused.index(row)))
        return value

    def factors(self) -> Function:
        """``factors(w, u, y, f)``: f = f(stage_time, y), the factors of J - I/(h gamma), and d f/dt."""
        f = Function("factors", self.target, [*BLOCK, ("y", PTR), ("f", PTR)])
        w = f.arguments["w"]
        low = self._lowering(f, f.arguments["y"], "stage_time")
        low.prepare([*self.e.rhs, *(node for *_, node in self.e.jacobian), *(node for _, node in self.e.slopes)])
        for row, node in enumerate(self.e.rhs):
            f.store(self._infused(f, row, low.number(node)), f.arguments["f"], row)
        for index, (_, node) in enumerate(self.e.slopes):
            f.store(low.number(node), self.layout.pointer(f, w, "slope", index))
        self._eliminate(f, low)
        return self._given(f)

    def _eliminate(self, f: Function, low: Lowering) -> None:
        e, w = self.e.elimination, f.arguments["w"]
        shift = self.layout.load(f, w, "inv_hg")
        position = {state: place for place, state in enumerate(e.order)}
        entries: list[dict[int, int]] = [{} for _ in range(self.n)]
        for above, column, node in self.e.jacobian:
            entries[position[above]][position[column]] = node
        done: dict[tuple[int, int], Value] = {}
        for i in range(self.n):
            row: dict[int, Value] = {j: low.number(node) for j, node in entries[i].items()}
            row[i] = row[i] - shift if i in row else -shift
            for k in e.lower[i]:
                factor = row.pop(k) * done[k, k]
                done[i, k] = factor
                self._keep(f, i, k, factor)
                minus = -factor
                for j in e.upper[k]:
                    other = done[k, j]
                    row[j] = f.fma(minus, other, row[j]) if j in row else minus * other
            done[i, i] = quick_reciprocal(f, row.pop(i))
            self._keep(f, i, i, done[i, i])
            for j in e.upper[i]:
                done[i, j] = row[j]
                self._keep(f, i, j, row[j])

    def _keep(self, f: Function, i: int, j: int, value: Value) -> None:
        f.store(value, self.layout.pointer(f, f.arguments["w"], "lu", self.slot[i, j]))

    def solve(self) -> Function:
        """``solve(w, u, b, x)``: x with (J - I/(h gamma)) x = b."""
        f = Function("solve", self.target, [*BLOCK, ("b", PTR), ("x", PTR)])
        e = self.e.elimination
        lu = self.layout.pointer(f, f.arguments["w"], "lu")

        def factor(i: int, j: int) -> Value:
            return f.load(lu, self.slot[i, j])

        x: list[Value] = []
        for i, state in enumerate(e.order):
            value = f.load(f.arguments["b"], state)
            for j in e.lower[i]:
                value = f.fma(-factor(i, j), x[j], value)
            x.append(value)
        for i in reversed(range(self.n)):
            value = x[i]
            for j in reversed(e.upper[i]):
                value = f.fma(-factor(i, j), x[j], value)
            x[i] = value * factor(i, i)
            f.store(x[i], f.arguments["x"], e.order[i])
        return self._given(f)

    def events(self, nodes: Sequence[int]) -> Function:
        """``events(w, u)``: what events assign, at out_time, into "event"."""
        f = Function("events", self.target, BLOCK)
        w = f.arguments["w"]
        low = self._from_parameters(f, self.layout.pointer(f, w, "y"))
        low.prepare(nodes)
        for index, node in enumerate(nodes):
            f.store(low.number(node), self.layout.pointer(f, w, "event", index))
        return self._given(f)

    # --- constants; written last, when it is known which are wanted

    def own_constants(self) -> Function:
        """``constants(w, u)``: what differs between lanes, from their constants."""
        f = Function("constants", self.target, BLOCK)
        low = self._parameters(f)
        own = self.layout.pointer(f, f.arguments["w"], "own")
        for (node, inverse), slot in self.e.constants.own.items():
            f.store(low.inverse(node) if inverse else low.number(node), own, slot)
        return self._given(f, rare=True)

    def shared_constants(self) -> Function:
        """``shared(w, u)``: what is the same in all lanes, from the constants of lane 0."""
        f = Function("shared", self.target, BLOCK)
        low = self._parameters(f)
        for (node, inverse), slot in self.e.constants.shared.items():
            value = low.inverse(node) if inverse else low.number(node)
            if self.target.width > 1:
                value = f.emit(f"extractelement {f.V} {value.name}, i64 0", "double")
            f.store(value, f.arguments["u"], slot)
        return self._given(f, rare=True)

    def _from_parameters(self, f: Function, states: Value | None = None) -> Lowering:
        w = f.arguments["w"]
        return Lowering(
            f, self.e.graph, None, states=states,
            parameters=self.layout.pointer(f, w, "p"), time=self.layout.load(f, w, "out_time"),
        )  # fmt: skip

    def _parameters(self, f: Function) -> Lowering:
        low = self._from_parameters(f)
        tables = (self.e.constants.own, self.e.constants.shared)
        low.prepare([node for table in tables for node, _ in table])
        return low


def write_observe(
    graph: Graph, nodes: Sequence[int], target: Target, layout: Layout, name: str = "observe"
) -> Function:
    """``observe(w, u, y, o)``: values of nodes at out_time for the states y, into o.

    Constants are not looked up but computed, so that it fits every kernel of the system.
    """
    f = Function(name, target, [*BLOCK, ("y", PTR), ("o", PTR)], external=True)
    w = f.arguments["w"]
    low = Lowering(
        f,
        graph,
        None,
        states=f.arguments["y"],
        parameters=layout.pointer(f, w, "p"),
        time=layout.load(f, w, "out_time"),
    )
    low.prepare(nodes)
    for index, node in enumerate(nodes):
        f.store(low.number(node), f.arguments["o"], index)
    f.give()
    return f
