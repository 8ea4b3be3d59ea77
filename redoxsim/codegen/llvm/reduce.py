"""Reductions inside the kernel: extremes, areas and times above a level, taken step by step.

Over every accepted step the reduced symbols are evaluated on the dense output at the five Gauss-Lobatto
points. The area is their quadrature, which is exact for the interpolant of a state. Extremes and crossings
are those of the polynomial of degree four through the five values, found by Newton's method from the best
point. What a step hides between two points, such as a peak shorter than a sixth of it, is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.text import F64, I64, PTR, Function, Target, Value

ROOT = math.sqrt(3.0 / 7.0)
NODES = (0.0, 0.5 - 0.5 * ROOT, 0.5, 0.5 + 0.5 * ROOT, 1.0)
WEIGHTS = (1.0 / 20.0, 49.0 / 180.0, 16.0 / 45.0, 49.0 / 180.0, 1.0 / 20.0)
POLYNOMIAL = tuple(tuple(row) for row in np.linalg.inv(np.vander(NODES, increasing=True)).tolist())
"""Coefficients of the polynomial through values at the nodes: c_k = sum_j POLYNOMIAL[k][j] v_j."""
TURNS = 4
"""Steps of Newton's method; each doubles the digits."""
KINDS = ("last", "max", "min", "area", "above")
START = {"last": math.nan, "max": -math.inf, "min": math.inf, "area": 0.0, "above": 0.0}


@dataclass(frozen=True, slots=True)
class Machine:
    """What is kept of one symbol: a kind of :data:`KINDS`, and the level of "above". Extremes have two
    slots, value and time, all else one."""

    kind: str
    symbol: str
    level: float = 0.0

    @property
    def slots(self) -> int:
        return 2 if self.kind in ("max", "min") else 1


class Reduce:
    """Writes ``clear``, ``touch`` and ``reduce``; behind the observed values lie slots, then values at the nodes."""

    def __init__(self, machines: Sequence[Machine], target: Target, layout: Layout, *, observed: int) -> None:
        self.machines, self.target, self.layout = tuple(machines), target, layout
        self.symbols = tuple(dict.fromkeys(machine.symbol for machine in machines))
        self.first = layout.places["observed"] + observed
        self.slots = sum(machine.slots for machine in machines)

    @property
    def vectors(self) -> int:
        """Lane vectors wanted behind the observed values."""
        return self.slots + len(NODES) * len(self.symbols)

    def functions(self) -> list[Function]:
        return [self._clear(), self._touch(), self._reduce()]

    def _places(self) -> list[tuple[Machine, int]]:
        place, found = self.first, []
        for machine in self.machines:
            found.append((machine, place))
            place += machine.slots
        return found

    def _node(self, k: int, symbol: str) -> int:
        return self.first + self.slots + k * len(self.symbols) + self.symbols.index(symbol)

    def _clear(self) -> Function:
        """``clear(w, lane)``: the lane's slots as a row begins."""
        f = Function("clear", self.target, [("w", PTR), ("lane", I64)], external=True)
        w, lane = f.arguments["w"], f.arguments["lane"]
        for machine, place in self._places():
            values = (START[machine.kind], math.nan)[: machine.slots]
            for offset, value in enumerate(values):
                start = Value(f, f.operand(value, F64), F64)
                f.store(start, f.at(f.at(w, place + offset, f.V), lane, F64))
        f.give()
        return f

    def _mask(self, f: Function) -> Value:
        bits = f.arguments["bits"]
        if self.target.width == 1:
            return bits.convert("trunc", "i1")
        return bits.convert("trunc", f"i{self.target.width}").as_type(f.M)

    def _measure(self, f: Function, states: str, k: int) -> None:
        w, u = f.arguments["w"], f.arguments["u"]
        into = f.at(w, self._node(k, self.symbols[0]), f.V)
        f.call("measure", "void", w, u, self.layout.pointer(f, w, states), into)

    def _touch(self) -> Function:
        """``touch(w, u, bits, from)``: the states as they are at out_time, in lanes of ``bits``."""
        arguments = [("w", PTR), ("u", PTR), ("bits", I64), ("from", F64)]
        f = Function("touch", self.target, arguments, external=True)
        w = f.arguments["w"]
        time = self.layout.load(f, w, "out_time")
        mask = self._mask(f) & (time >= f.splat(f.arguments["from"]))
        self._measure(f, "y", 0)
        for machine, place in self._places():
            value = f.load(w, self._node(0, machine.symbol))
            if machine.kind == "last":
                f.store(f.select(mask, value, f.load(w, place)), w, place)
            elif machine.slots == 2:
                self._keep(f, machine, place, mask, value, time)
        f.give()
        return f

    def _keep(self, f: Function, machine: Machine, place: int, mask: Value, value: Value, time: Value) -> None:
        """A candidate for an extreme."""
        w = f.arguments["w"]
        old = f.load(w, place)
        better = mask & (value > old if machine.kind == "max" else value < old)
        f.store(f.select(better, value, old), w, place)
        f.store(f.select(better, time, f.load(w, place + 1)), w, place + 1)

    def _reduce(self) -> Function:
        """``reduce(w, u, bits, from)``: the step from t to "new" that lanes of ``bits`` just made."""
        arguments = [("w", PTR), ("u", PTR), ("bits", I64), ("from", F64)]
        f = Function("reduce", self.target, arguments, external=True)
        w, layout = f.arguments["w"], self.layout
        t, new = layout.load(f, w, "t"), layout.load(f, w, "new")
        inverse = layout.load(f, w, "inv_h")
        begin = f.splat(f.arguments["from"])
        mask = self._mask(f) & (new > begin)
        begin = f.larger(t, begin)
        length = new - begin
        f.call("prepare", "void", w)
        for k, node in enumerate(NODES):
            time = new if node == 1.0 else f.fma(length, node, begin)
            layout.store(f, w, "out_time", time)
            layout.store(f, w, "theta", (time - t) * inverse)
            f.call("interpolate", "void", w)
            self._measure(f, "between", k)
        for machine, place in self._places():
            values = [f.load(w, self._node(k, machine.symbol)) for k in range(len(NODES))]
            if machine.kind == "last":
                f.store(f.select(mask, values[-1], f.load(w, place)), w, place)
            elif machine.slots == 2:
                value, theta = self._extreme(f, values, highest=machine.kind == "max")
                self._keep(f, machine, place, mask, value, f.fma(theta, length, begin))
            else:
                part = _sum(f, values, WEIGHTS) if machine.kind == "area" else self._above(f, values, machine.level)
                old = f.load(w, place)
                f.store(f.select(mask, f.fma(part, length, old), old), w, place)
        f.give()
        return f

    def _extreme(self, f: Function, values: Sequence[Value], *, highest: bool) -> tuple[Value, Value]:
        """The largest (smallest) value over the step and where, as a part of it."""
        best, place = values[0], f.number(NODES[0])
        low, high = f.number(NODES[0]), f.number(NODES[1])
        for k in range(1, len(NODES)):
            better = values[k] > best if highest else values[k] < best
            best, place = f.select(better, values[k], best), f.select(better, f.number(NODES[k]), place)
            low = f.select(better, f.number(NODES[k - 1]), low)
            high = f.select(better, f.number(NODES[min(k + 1, len(NODES) - 1)]), high)
        c = [_sum(f, values, row) for row in POLYNOMIAL]
        theta = place
        for _ in range(TURNS):
            slope = _horner(f, [c[1], c[2] * 2.0, c[3] * 3.0, c[4] * 4.0], theta)
            bend = _horner(f, [c[2] * 2.0, c[3] * 6.0, c[4] * 12.0], theta)
            curved = bend < 0.0 if highest else bend > 0.0
            following = f.smaller(f.larger(theta - slope / bend, low), high)
            theta = f.select(curved, following, theta)
        value = _horner(f, c, theta)
        better = value > best if highest else value < best
        return f.select(better, value, best), f.select(better, theta, place)

    def _above(self, f: Function, values: Sequence[Value], level: float) -> Value:
        """The part of the step in which the value is above a level."""
        over = [value - level for value in values]
        c = [_sum(f, over, row) for row in POLYNOMIAL]
        total = f.number(0.0)
        for k in range(len(NODES) - 1):
            a, b = NODES[k], NODES[k + 1]
            left, right = over[k] > 0.0, over[k + 1] > 0.0
            root = f.fma(over[k] / (over[k] - over[k + 1]), b - a, f.number(a))
            for _ in range(TURNS):
                slope = _horner(f, [c[1], c[2] * 2.0, c[3] * 3.0, c[4] * 4.0], root)
                following = root - _horner(f, c, root) / slope
                inside = (following >= a) & (following <= b)
                root = f.select(inside, following, root)
            crossed = f.select(left, root - a, b - root)
            same = f.select(left, f.number(b - a), f.number(0.0))
            total = total + f.select(left ^ right, crossed, same)
        return total


def _sum(f: Function, values: Sequence[Value], weights: Sequence[float]) -> Value:
    total = values[0] * weights[0]
    for value, weight in zip(values[1:], weights[1:], strict=True):
        total = f.fma(value, weight, total)
    return total


def _horner(f: Function, coefficients: Sequence[Value], x: Value) -> Value:
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = f.fma(total, x, c)
    return total
