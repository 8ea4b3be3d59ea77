"""One attempt at a Rosenbrock step of all lanes, and dense output inside it.

The factors are those of J - I/(h gamma), so every stage comes out with its sign turned: x_i = -U_i.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redoxsim.codegen.llvm.functions import rough_reciprocal
from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.methods import Method, Row
from redoxsim.codegen.llvm.straight import BLOCK, Equations
from redoxsim.codegen.llvm.text import F64, I64, PTR, Function, Target, Value

TOGETHER = 4
"""States whose sums over stages are taken at once."""


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
        if self.method.repeats:
            first = self.layout.places["first"]
            for states in each_state(f, self.n, w):
                for at, i in states:
                    f.store(f.load(at, self.layout.places["b"] + i), at, first + i)
        self._slopes(f, b, 0)
        f.call("solve", "void", w, u, b, self._x(f, 0))
        for number in range(1, self.method.stages):
            self._arguments(f, number)
            if not self.method.at_start(number):
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
        w, method, n = f.arguments["w"], self.method, self.n
        places = self.layout.places
        minus = -self.layout.load(f, w, "inv_h")
        scaled = [minus * c for c in method.C[number]]
        keep, again = self._increment(number), method.at_start(number)
        for states in each_state(f, n, w):
            totals = [f.load(at, places["stage" if keep else "y"] + i) for at, i in states]
            rights: list[Value] = []
            for j, (a, c) in enumerate(zip(method.A[number], scaled, strict=True)):
                values = [f.load(at, places["x"] + j * n + i) for at, i in states]
                if again:
                    pass
                elif not keep:
                    totals = [f.fma(x, -a, total) if a else total for x, total in zip(values, totals, strict=True)]
                elif j + 1 == number:
                    totals = [total - x for x, total in zip(values, totals, strict=True)]
                if j == 0:
                    rights = [x * c for x in values]
                else:
                    rights = [f.fma(x, c, right) for x, right in zip(values, rights, strict=True)]
            for (at, i), total, right in zip(states, totals, rights, strict=True):
                if again:
                    right = right + f.load(at, places["first"] + i)
                else:
                    f.store(total, at, places["stage"] + i)
                f.store(right, at, places["b"] + i)

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
        last = self.layout.places["x"] + (self.method.stages - 1) * self.n
        rtol = f.splat(f.arguments["rtol"])
        places = self.layout.places
        totals = [f.variable(f.V, 0.0) for _ in range(TOGETHER)]
        finite = f.variable(f.V, 0.0)
        for states in each_state(f, self.n, w):
            for (at, i), total in zip(states, totals, strict=False):
                error = f.load(at, last + i)
                new = f.load(at, places["stage"] + i) - error
                if self.method.E:
                    error = error * self.method.E[-1]
                    for j, e in enumerate(self.method.E[:-1]):
                        error = f.fma(f.load(at, places["x"] + j * self.n + i), e, error) if e else error
                f.store(new, at, places["stage"] + i)
                size = f.larger(f.abs(new), f.abs(f.load(at, places["y"] + i)))
                scale = f.fma(rtol, size, f.load(at, places["atol"] + i))
                relative = error * rough_reciprocal(f, scale)
                total.set(f.fma(relative, relative, total.get()))
                finite.set(f.fma(new, 0.0, finite.get()))
        sums = [variable.get() for variable in totals]
        mean = sums[0]
        for other in sums[1:]:
            mean = mean + other
        mean = mean * (1.0 / max(self.n, 1))
        return f.intrinsic("sqrt", mean) + finite.get()


def each_state(f: Function, count: int, block: Value) -> Iterator[list[tuple[Value, int]]]:
    """Goes over states, several at once so that their chains of sums overlap and constants are read once.

    Gives lists of (pointer, number): the lane vector of a state in an array that begins at ``place`` in
    ``block`` is at ``pointer[place + number]``. What is done for a state must not depend on the others.
    """
    with f.loop(count // TOGETHER) as turn:
        pointer = f.at(block, turn * TOGETHER, f.V)
        yield [(pointer, k) for k in range(TOGETHER)]
    rest = list(range(count - count % TOGETHER, count))
    if rest:
        yield [(block, i) for i in rest]


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
