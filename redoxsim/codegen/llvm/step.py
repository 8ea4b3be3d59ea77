"""One attempt at a Rosenbrock step of all lanes, and dense output inside it.

The factors are those of J - I/(h gamma), so every stage comes out with its sign turned: x_i = -U_i.
"""

from __future__ import annotations

from collections.abc import Sequence

from redoxsim.codegen.llvm.functions import rough_reciprocal
from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.methods import Method, Row
from redoxsim.codegen.llvm.straight import BLOCK, Equations
from redoxsim.codegen.llvm.text import F64, I64, PTR, Function, Target, Value


class Step:
    """Writes ``step(w, u, rtol)``, which leaves the new state in "stage" and gives the error norm."""

    def __init__(self, equations: Equations, method: Method, target: Target, layout: Layout) -> None:
        self.e, self.method, self.target, self.layout = equations, method, target, layout
        self.n = len(equations.system.states)

    def write(self) -> Function:
        f = Function("step", self.target, [*BLOCK, ("rtol", F64)], result=self.target.vector)
        w, u = f.arguments["w"], f.arguments["u"]
        y, stage, b = (self.layout.pointer(f, w, name) for name in ("y", "stage", "b"))
        self._stage_time(f, 0)
        f.call("factors", "void", w, u, y, b)
        self._slopes(f, b, 0)
        f.call("solve", "void", w, u, b, self._x(f, 0))
        for number in range(1, self.method.stages):
            self._arguments(f, number)
            self._stage_time(f, number)
            f.call("rhs", "void", w, u, stage, b)
            self._slopes(f, b, number)
            f.call("solve", "void", w, u, b, self._x(f, number))
        f.give(self._error(f))
        return f

    def _x(self, f: Function, number: int) -> Value:
        return self.layout.pointer(f, f.arguments["w"], "x", number * self.n)

    def _increment(self, number: int) -> bool:
        """Whether a stage's argument is the one before plus its solution."""
        rows = self.method.A
        return number >= 2 and rows[number] == (*rows[number - 1], 1.0)

    def _arguments(self, f: Function, number: int) -> None:
        """The stage's argument, and sum of C/h U as the start of its right side."""
        w, method = f.arguments["w"], self.method
        y, stage, b = (self.layout.pointer(f, w, name) for name in ("y", "stage", "b"))
        earlier = [self._x(f, j) for j in range(number)]
        minus = -self.layout.load(f, w, "inv_h")
        scaled = [minus * c for c in method.C[number]]
        with f.loop(self.n) as i:
            values = [f.load(x, i) for x in earlier]
            if self._increment(number):
                total = f.load(stage, i) - values[-1]
            else:
                total = f.load(y, i)
                for a, x in zip(method.A[number], values, strict=True):
                    total = f.fma(x, -a, total)
            f.store(total, stage, i)
            right = values[0] * scaled[0]
            for c, x in zip(scaled[1:], values[1:], strict=True):
                right = f.fma(x, c, right)
            f.store(right, b, i)

    def _stage_time(self, f: Function, number: int) -> None:
        if self.e.timed:
            w = f.arguments["w"]
            t, h = self.layout.load(f, w, "t"), self.layout.load(f, w, "h")
            set_stage_time(f, self.layout, f.fma(h, self.method.c[number], t) if self.method.c[number] else t)

    def _slopes(self, f: Function, b: Value, number: int) -> None:
        d, w = self.method.d[number], f.arguments["w"]
        if d == 0.0 or not self.e.slopes:
            return
        factor = self.layout.load(f, w, "h") * d
        for index, (row, _) in enumerate(self.e.slopes):
            slope = f.load(self.layout.pointer(f, w, "slope", index))
            f.store(f.fma(factor, slope, f.load(b, row)), b, row)

    def _error(self, f: Function) -> Value:
        """Root mean square of the estimate over the tolerances; not-a-number if the new state is not finite."""
        w = f.arguments["w"]
        y, stage, atol = (self.layout.pointer(f, w, name) for name in ("y", "stage", "atol"))
        last = self._x(f, self.method.stages - 1)
        rtol = f.splat(f.arguments["rtol"])
        total, finite = f.variable(f.V, 0.0), f.variable(f.V, 0.0)
        with f.loop(self.n) as i:
            error = f.load(last, i)
            new = f.load(stage, i) - error
            f.store(new, stage, i)
            size = f.larger(f.abs(new), f.abs(f.load(y, i)))
            scale = f.fma(rtol, size, f.load(atol, i))
            relative = error * rough_reciprocal(f, scale)
            total.set(f.fma(relative, relative, total.get()))
            finite.set(f.fma(new, 0.0, finite.get()))
        mean = total.get() * (1.0 / max(self.n, 1))
        return f.intrinsic("sqrt", mean) + finite.get()


def set_stage_time(f: Function, layout: Layout, time: Value) -> None:
    """The time rates are taken at: just inside the segment, so that a switch at its border shows the value within."""
    w = f.arguments["w"]
    time = f.larger(time, layout.load(f, w, "low"))
    layout.store(f, w, "stage_time", f.smaller(time, layout.load(f, w, "high")))


class Dense:
    """Writes the part of a kernel that depends on what is observed: ``prepare`` and ``observe``.

    ``needed`` are the states the observed values depend on.
    """

    def __init__(self, method: Method, size: int, target: Target, layout: Layout, needed: Sequence[int]) -> None:
        self.method, self.size, self.target, self.layout, self.needed = method, size, target, layout, needed

    def table(self) -> str:
        """The module's table of needed states."""
        items = ", ".join(f"i64 {index}" for index in self.needed)
        return f"@needed = internal constant [{len(self.needed)} x i64] [{items}]"

    def _index(self, f: Function, k: Value) -> Value:
        return f.load(f.at(Value(f, "@needed", PTR), k, I64), 0, I64)

    def prepare(self) -> Function:
        """``prepare(w)``: coefficients of the interpolation over the step just made."""
        f = Function("prepare", self.target, [("w", PTR)], external=True)
        w, method, n = f.arguments["w"], self.method, self.size
        if self.needed:
            with f.loop(len(self.needed)) as k:
                i = self._index(f, k)
                values = [f.load(self.layout.pointer(f, w, "x", j * n), i) for j in range(method.stages)]
                for m, row in enumerate(method.H):
                    f.store(_combination(f, values, row), self.layout.pointer(f, w, "dense", m * n), i)
        f.give()
        return f

    def interpolate(self) -> Function:
        """``interpolate(w)``: needed states at theta, in "between"; exactly the old state at theta = 0."""
        f = Function("interpolate", self.target, [("w", PTR)], external=True)
        w, n = f.arguments["w"], self.size
        theta = self.layout.load(f, w, "theta")
        rest = 1.0 - theta
        at_start = theta.equals(0.0)
        y, stage, between = (self.layout.pointer(f, w, name) for name in ("y", "stage", "between"))
        if self.needed:
            with f.loop(len(self.needed)) as k:
                i = self._index(f, k)
                parts = [f.load(self.layout.pointer(f, w, "dense", m * n), i) for m in range(len(self.method.H))]
                inner = parts[-1]
                for part in reversed(parts[:-1]):
                    inner = f.fma(theta, inner, part)
                old = f.load(y, i)
                value = f.fma(theta, f.fma(rest, inner, f.load(stage, i)), rest * old)
                f.store(f.select(at_start, old, value), between, i)
        f.give()
        return f


def _combination(f: Function, values: Sequence[Value], row: Row) -> Value:
    total = values[0] * -row[0]
    for value, factor in zip(values[1:], row[1:], strict=True):
        total = f.fma(value, -factor, total) if factor else total
    return total
