"""The loop around the steps, for W cells at once: each lane has its own row, time, step and segment.

A lane that ends its row takes the next one from the queue. Nothing a lane does depends on its
neighbours: whatever is computed for all lanes is kept only where a mask says so.
"""

from __future__ import annotations

import math

from redoxsim.codegen.llvm.control import Control, write_factor
from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.methods import Method
from redoxsim.codegen.llvm.step import set_stage_time
from redoxsim.codegen.llvm.text import F64, I64, PTR, Function, Target, Value

OK, BUDGET, TOO_SMALL, NOT_A_NUMBER, SINGULAR = range(5)
"""Statuses of a row; a row that was not reached keeps what stood there."""

CONTEXT = {
    "rows": I64, "outputs": I64, "observed": I64, "max_steps": I64, "rtol": F64,
    "start": PTR, "atol": PTR, "times": PTR, "result": PTR,
    "status": PTR, "steps": PTR, "rejected": PTR, "reached": PTR, "last": PTR,
    "begin": PTR, "first": PTR, "end": PTR,
    "stop": PTR, "upto": PTR, "from_op": PTR, "to_op": PTR,
    "op": PTR, "op_slot": PTR, "op_value": PTR,
    "queue": PTR, "cancel": PTR, "prepare": PTR, "interpolate": PTR, "observe": PTR,
    "clear": PTR, "touch": PTR, "reduce": PTR, "reduced": PTR, "slots": I64, "from": F64,
    "below": PTR,
}  # fmt: skip
"""What a run is told, eight bytes each.

``from`` is when reductions begin; without any, ``slots`` is 0.
Per row (r): start (n + m values: states, constants), atol (n), result (observed x outputs), begin (time),
first and end (segments); written: status, steps, rejected, reached, last (n), reduced (slots), below (0, or less
where a species fell below minus ten times its absolute tolerance).
Per segment: stop (time), upto (outputs due before its end), from_op and to_op.
Per operation: op, op_slot, op_value.
"""

ADD, SET, RESTORE, EVENTS, COPY, KEEP, SCALE = range(7)
PACK = 65536
"""Operations at the start of a segment: add a value to a slot, set it, put back the row's start value,
evaluate the events' assignments at time ``op_value``, copy the result of one (number in ``op_value``),
keep a slot's value as one of those results, scale a slot by (kept value ``op_value // PACK``) over
(slot ``op_value % PACK``).
Slots: states, then constants, then infusions."""


class Driver:
    """Writes ``run(w, u, context)`` and the smaller functions it is made of."""

    def __init__(
        self,
        target: Target,
        layout: Layout,
        method: Method,
        control: Control,
        *,
        states: int,
        constants: int,
        infused: int,
    ) -> None:
        self.target, self.layout, self.method, self.control = target, layout, method, control
        self.n, self.m, self.infused = states, constants, infused

    # --- small things

    def _get(self, f: Function, name: str) -> Value:
        place = list(CONTEXT).index(name)
        return f.load(f.at(f.arguments["c"], place, I64), 0, CONTEXT[name])

    def _item(self, f: Function, table: str, index: Value, type: str) -> Value:
        return f.load(f.at(self._get(f, table), index, type), 0, type)

    def _function(self, name: str, *more: tuple[str, str], result: str = "void") -> Function:
        return Function(name, self.target, [("w", PTR), ("u", PTR), ("c", PTR), *more], result=result)

    def _column(self, f: Function, name: str, lane: Value, index: Value) -> Value:
        """Address of one lane's entry of an array of lane vectors."""
        base = self.layout.pointer(f, f.arguments["w"], name)
        return f.at(base, index * self.target.width + lane, F64)

    def functions(self) -> list[Function]:
        return [
            self._operations(), self._next_out(), self._begin_segment(), self._start_row(), self._write_column(),
            self._finish(), self._advance(), self._first_steps(), self._emit(), self._control(), self.run(),
        ]  # fmt: skip

    # --- one lane

    def _operations(self) -> Function:
        """``operations(w, u, c, lane)``: what happens at the start of the lane's segment."""
        f = self._function("operations", ("lane", I64))
        w, u, lane = f.arguments["w"], f.arguments["u"], f.arguments["lane"]
        layout = self.layout
        segment = layout.get(f, w, "segment", lane)
        first, last = self._item(f, "from_op", segment, I64), self._item(f, "to_op", segment, I64)
        start = f.at(self._get(f, "start"), layout.get(f, w, "row", lane) * (self.n + self.m), F64)
        with f.loop(last, first) as index:
            kind, slot = self._item(f, "op", index, I64), self._item(f, "op_slot", index, I64)
            value = self._item(f, "op_value", index, F64)
            place = self._column(f, "y", lane, slot)
            with f.when(kind.equals(ADD)):
                f.store(f.load(place, 0, F64) + value, place)
            with f.when(kind.equals(SET)):
                f.store(value, place)
            with f.when(kind.equals(RESTORE)):
                f.store(f.load(f.at(start, slot, F64), 0, F64), place)
            with f.when(kind.equals(EVENTS)):
                layout.put(f, w, "out_time", lane, value)
                f.call("events", "void", w, u)
            with f.when(kind.equals(COPY)):
                source = self._column(f, "event", lane, value.convert("fptosi", I64))
                f.store(f.load(source, 0, F64), place)
            with f.when(kind.equals(KEEP)):
                f.store(f.load(place, 0, F64), self._column(f, "event", lane, value.convert("fptosi", I64)))
            with f.when(kind.equals(SCALE)):
                packed = value.convert("fptosi", I64)
                old = f.load(self._column(f, "event", lane, packed >> 16), 0, F64)
                new = f.load(self._column(f, "y", lane, packed & (PACK - 1)), 0, F64)
                f.store(f.load(place, 0, F64) * (old / new), place)
        with f.when((last - first) > 0):
            f.call("constants", "void", w, u)
        f.give()
        return f

    def _next_out(self) -> Function:
        """``next_out(w, u, c, lane)``: the time of the lane's next output in its segment, or infinity."""
        f = self._function("next_out", ("lane", I64))
        w, lane, layout = f.arguments["w"], f.arguments["lane"], self.layout
        out = layout.get(f, w, "out", lane)
        layout.put(f, w, "next_out", lane, Value(f, f.operand(math.inf, F64), F64))
        with f.when(out < layout.get(f, w, "out_end", lane)):
            layout.put(f, w, "next_out", lane, self._item(f, "times", out, F64))
        f.give()
        return f

    def _write_column(self) -> Function:
        """``write_column(w, u, c, lane)``: the lane's observed values into the result; on to the next output."""
        f = self._function("write_column", ("lane", I64))
        w, lane, layout = f.arguments["w"], f.arguments["lane"], self.layout
        out, outputs, observed = layout.get(f, w, "out", lane), self._get(f, "outputs"), self._get(f, "observed")
        base = layout.get(f, w, "row", lane) * observed * outputs + out
        result = self._get(f, "result")
        with f.loop(observed) as k:
            value = f.load(self._column(f, "observed", lane, k), 0, F64)
            f.store(value, f.at(result, base + k * outputs, F64))
        layout.put(f, w, "out", lane, out + 1)
        f.call("next_out", "void", w, f.arguments["u"], f.arguments["c"], lane)
        f.give()
        return f

    def _begin_segment(self) -> Function:
        """``begin_segment(w, u, c, lane)``: 1 if the lane has a stretch to integrate, 0 at the end of its row."""
        f = self._function("begin_segment", ("lane", I64), result=I64)
        w, u, c, lane, layout = *(f.arguments[k] for k in ("w", "u", "c", "lane")), self.layout
        going, answer = f.variable(I64, 1), f.variable(I64, 0)
        with f.repeat(lambda: going.get().differs(0)):
            segment = layout.get(f, w, "segment", lane) + 1
            layout.put(f, w, "segment", lane, segment)
            with f.either(segment < layout.get(f, w, "segment_end", lane)) as otherwise:
                f.call("operations", "void", w, u, c, lane)
                t, stop = layout.get(f, w, "t", lane), self._item(f, "stop", segment, F64)
                layout.put(f, w, "out_time", lane, t)
                self._reductions(f, "touch", self._bit(f, lane))
                layout.put(f, w, "stop", lane, stop)
                # four rounding errors at the end, one at the start, as every solver here has it
                layout.put(f, w, "low", lane, f.larger(f.abs(t) * 2.0**-52, 1e-300) + t)
                layout.put(f, w, "high", lane, stop - f.abs(stop) * (4.0 * 2.0**-52))
                layout.put(f, w, "out_end", lane, self._item(f, "upto", segment, I64))
                f.call("next_out", "void", w, u, c, lane)
                with f.either((stop - t) > f.abs(stop) * (16.0 * 2.0**-52)) as instant:
                    layout.put(f, w, "next_h", lane, Value(f, f.operand(-1.0, F64), F64))
                    answer.set(1)
                    going.set(0)
                    instant()
                    self._write_now(f)
                otherwise()
                going.set(0)
        f.give(answer.get())
        return f

    def _write_now(self, f: Function) -> None:
        """All outputs of a segment without length."""
        w, u, c, lane, layout = *(f.arguments[k] for k in ("w", "u", "c", "lane")), self.layout
        with f.repeat(lambda: layout.get(f, w, "out", lane) < layout.get(f, w, "out_end", lane)):
            layout.put(f, w, "out_time", lane, layout.get(f, w, "next_out", lane))
            self._observe(f, "y")
            f.call("write_column", "void", w, u, c, lane)
        layout.put(f, w, "t", lane, layout.get(f, w, "stop", lane))

    def _observe(self, f: Function, states: str) -> None:
        w, u = f.arguments["w"], f.arguments["u"]
        y, o = self.layout.pointer(f, w, states), self.layout.pointer(f, w, "observed")
        pointer = self._get(f, "observe")
        f.lines.append(f"  call void {pointer.name}(ptr {w.name}, ptr {u.name}, ptr {y.name}, ptr {o.name})")

    def _reductions(self, f: Function, name: str, bits: Value) -> None:
        """``touch`` or ``reduce`` for lanes, if anything is reduced."""
        w, u = f.arguments["w"], f.arguments["u"]
        with f.when(self._get(f, "slots").differs(0)):
            start, pointer = self._get(f, "from"), self._get(f, name)
            values = f"ptr {w.name}, ptr {u.name}, i64 {bits.name}, double {start.name}"
            f.lines.append(f"  call void {pointer.name}({values})")

    def _start_row(self) -> Function:
        """``start_row(w, u, c, lane, row)``: 1 if there is something to integrate."""
        f = self._function("start_row", ("lane", I64), ("row", I64), result=I64)
        w, u, c, lane, row = (f.arguments[k] for k in ("w", "u", "c", "lane", "row"))
        layout = self.layout
        start = f.at(self._get(f, "start"), row * (self.n + self.m), F64)
        with f.loop(self.n + self.m) as i:
            f.store(f.load(f.at(start, i, F64), 0, F64), self._column(f, "y", lane, i))
        if self.infused:
            with f.loop(self.infused) as i:
                f.store(Value(f, f.operand(0.0, F64), F64), self._column(f, "infusion", lane, i))
        atol = f.at(self._get(f, "atol"), row * self.n, F64)
        with f.loop(self.n) as i:
            f.store(f.load(f.at(atol, i, F64), 0, F64), self._column(f, "atol", lane, i))
        for name, value in (
            ("t", self._item(f, "begin", row, F64)), ("row", row),
            ("segment", self._item(f, "first", row, I64) - 1), ("segment_end", self._item(f, "end", row, I64)),
            ("budget", self._get(f, "max_steps")),
        ):  # fmt: skip
            layout.put(f, w, name, lane, value)
        for name in ("out", "steps", "rejected", "bad"):
            layout.put(f, w, name, lane, Value(f, "0", I64))
        layout.put(f, w, "below", lane, Value(f, f.operand(0.0, F64), F64))
        f.call("constants", "void", w, u)
        with f.when(self._get(f, "slots").differs(0)):
            f.lines.append(f"  call void {self._get(f, 'clear').name}(ptr {w.name}, i64 {lane.name})")
        going = f.call("begin_segment", I64, w, u, c, lane)
        f.give(going)
        return f

    def _finish(self) -> Function:
        """``finish(w, u, c, lane, status)``: notes how the row ended; outputs it did not reach are not-a-number."""
        f = self._function("finish", ("lane", I64), ("status", I64))
        w, u, c, lane, layout = *(f.arguments[k] for k in ("w", "u", "c", "lane")), self.layout
        row = layout.get(f, w, "row", lane)
        for name in ("steps", "rejected"):
            f.store(layout.get(f, w, name, lane), f.at(self._get(f, name), row, I64))
        f.store(layout.get(f, w, "t", lane), f.at(self._get(f, "reached"), row, F64))
        f.store(layout.get(f, w, "below", lane), f.at(self._get(f, "below"), row, F64))
        f.store(f.arguments["status"], f.at(self._get(f, "status"), row, I64))
        last = f.at(self._get(f, "last"), row * self.n, F64)
        with f.loop(self.n) as i:
            f.store(f.load(self._column(f, "y", lane, i), 0, F64), f.at(last, i, F64))
        layout.put(f, w, "out_end", lane, self._get(f, "outputs"))
        slots, observed = self._get(f, "slots"), self._get(f, "observed")
        reduced = f.at(self._get(f, "reduced"), row * slots, F64)
        with f.loop(slots) as k:
            f.store(f.load(self._column(f, "observed", lane, observed + k), 0, F64), f.at(reduced, k, F64))
        with f.loop(observed) as k:
            f.store(Value(f, f.operand(math.nan, F64), F64), self._column(f, "observed", lane, k))
        with f.repeat(lambda: layout.get(f, w, "out", lane) < self._get(f, "outputs")):
            f.call("write_column", "void", w, u, c, lane)
        f.give()
        return f

    def _advance(self) -> Function:
        """``advance(w, u, c, lane, going)``: while the lane has nothing to do, the next row; 0 when none is left."""
        f = self._function("advance", ("lane", I64), ("going", I64), result=I64)
        w, u, c, lane, layout = *(f.arguments[k] for k in ("w", "u", "c", "lane")), self.layout
        going = f.variable(I64, f.arguments["going"])
        answer = f.variable(I64, 1)
        with f.repeat(lambda: going.get().equals(0)):
            with f.when(layout.get(f, w, "row", lane) >= 0):
                f.call("finish", "void", w, u, c, lane, Value(f, str(OK), I64))
            queue = self._get(f, "queue")
            row = f.emit(f"atomicrmw add ptr {queue.name}, i64 1 monotonic", I64)
            with f.either(row < self._get(f, "rows")) as otherwise:
                started = f.call("start_row", I64, w, u, c, lane, row)
                assert started is not None
                going.set(started)
                otherwise()
                # an idle lane goes on computing something harmless that nobody looks at
                layout.put(f, w, "row", lane, Value(f, "-1", I64))
                for name, value in (("t", 0.0), ("stop", math.inf), ("next_h", 1.0), ("next_out", math.inf)):
                    layout.put(f, w, name, lane, Value(f, f.operand(value, F64), F64))
                going.set(1)
                answer.set(0)
        f.give(answer.get())
        return f

    # --- all lanes

    def _first_steps(self) -> Function:
        """``first_steps(w, u, c)``: a step size for lanes that begin a segment (next_h < 0)."""
        f = self._function("first_steps")
        w, u, layout = f.arguments["w"], f.arguments["u"], self.layout
        y, b, atol = (layout.pointer(f, w, name) for name in ("y", "b", "atol"))
        with f.loop(self.n) as i:
            f.store(f.number(0.0), b, i)
        t = layout.load(f, w, "t")
        set_stage_time(f, layout, t)
        f.call("rhs", "void", w, u, y, b)
        rtol = self._get(f, "rtol")
        turnover = f.variable(f.V, 0.0)
        inverse = Value(f, f.operand(1.0, F64), F64) / rtol
        with f.loop(self.n) as i:
            size = f.fma(f.load(atol, i), f.splat(inverse), f.abs(f.load(y, i)))
            turnover.set(f.larger(f.abs(f.load(b, i)) / size, turnover.get()))
        power = Value(f, f.operand(1.0 / self.method.order, F64), F64)
        allowed = f.intrinsic("pow", rtol, power) * self.control.start
        length = layout.load(f, w, "stop") - t
        step = f.smaller(f.splat(allowed) / turnover.get(), length)
        old = layout.load(f, w, "next_h")
        fresh = old < 0.0
        layout.store(f, w, "next_h", f.select(fresh, step, old))
        layout.store(f, w, "old_error", f.select(fresh, -1.0, layout.load(f, w, "old_error")))
        f.give()
        return f

    def _emit(self) -> Function:
        """``emit(w, u, c, ready, new)``: outputs inside the step that lanes of ``ready`` (bits) just made."""
        f = self._function("emit", ("ready", self.target.mask), ("new", self.target.vector))
        w, u, c, layout = *(f.arguments[k] for k in ("w", "u", "c")), self.layout
        t = layout.load(f, w, "t")
        inverse = layout.load(f, w, "inv_h")

        def due() -> Value:
            return f.bits(f.arguments["ready"] & (layout.load(f, w, "next_out") <= f.arguments["new"]))

        with f.when(due().differs(0)):
            f.lines.append(f"  call void {self._get(f, 'prepare').name}(ptr {w.name})")
            with f.repeat(lambda: due().differs(0)):
                now = due()
                time = layout.load(f, w, "next_out")
                layout.store(f, w, "out_time", time)
                layout.store(f, w, "theta", (time - t) * inverse)
                f.lines.append(f"  call void {self._get(f, 'interpolate').name}(ptr {w.name})")
                self._observe(f, "between")
                with f.each_lane(now) as lane:
                    f.call("write_column", "void", w, u, c, lane)
        f.give()
        return f

    def _control(self) -> Function:
        """``control(w, u, c, error, h)``: sets next_h, counts; gives lanes whose row has failed."""
        f = self._function("control", ("error", self.target.vector), ("h", self.target.vector), result=self.target.mask)
        w, layout, k = f.arguments["w"], self.layout, self.control
        error, h = f.arguments["error"], f.arguments["h"]
        active = layout.load(f, w, "row") >= 0
        accepted = error <= 1.0
        factor = write_factor(f, layout, k, self.method.order, error, h)
        layout.store(f, w, "next_h", h * factor)
        bad = layout.load(f, w, "bad")
        one, zero = f.value(1, f.I), f.value(0, f.I)
        steps = layout.load(f, w, "steps") + f.select(active, one, zero)
        layout.store(f, w, "steps", steps)
        layout.store(f, w, "rejected", layout.load(f, w, "rejected") + f.select(accepted, zero, one))
        layout.store(f, w, "bad", f.select(accepted, zero, bad + 1))
        t = layout.load(f, w, "t")
        tiny = (h * factor) <= f.abs(t) * (16.0 * 2.0**-52)
        spent = steps >= layout.load(f, w, "budget")
        failed = accepted.negate() & (tiny | (bad >= 200))
        f.give(active & (failed | (spent & self._not_there(f, accepted, h))))
        return f

    def _not_there(self, f: Function, accepted: Value, h: Value) -> Value:
        w = f.arguments["w"]
        rest = self.layout.load(f, w, "stop") - self.layout.load(f, w, "t")
        return (accepted & (h >= rest)).negate()

    def run(self) -> Function:
        """``run(w, u, c)``: rows from the queue until none is left or the flag at ``cancel`` is raised."""
        f = Function("run", self.target, [("w", PTR), ("u", PTR), ("c", PTR)], external=True)
        w, u, c, layout = *(f.arguments[k] for k in ("w", "u", "c")), self.layout
        active = f.variable(I64, 0)
        with f.loop(self.target.width) as lane:
            layout.put(f, w, "row", lane, Value(f, "-1", I64))
            self._take(f, active, lane, Value(f, "0", I64))
        cancel = self._get(f, "cancel")

        def going() -> Value:
            asked = f.emit(f"load atomic i64, ptr {cancel.name} monotonic, align 8", I64)
            return active.get().differs(0) & asked.equals(0)

        with f.repeat(going):
            with f.when(f.bits(layout.load(f, w, "next_h") < 0.0).differs(0)):
                f.call("first_steps", "void", w, u, c)
            t, stop = layout.load(f, w, "t"), layout.load(f, w, "stop")
            rest, wanted = stop - t, layout.load(f, w, "next_h")
            last = wanted * 1.0001 >= rest
            h = f.select(last, rest, wanted)
            layout.store(f, w, "h", h)
            inverse = 1.0 / h
            layout.store(f, w, "inv_h", inverse)
            layout.store(f, w, "inv_hg", inverse * (1.0 / self.method.gamma))
            error = f.call("step", f.V, w, u, self._get(f, "rtol"))
            assert error is not None
            failed = f.call("control", f.M, w, u, c, error, h)
            assert failed is not None
            accepted = (error <= 1.0) & (layout.load(f, w, "row") >= 0)
            new = f.select(last, stop, t + h)
            layout.store(f, w, "new", new)
            self._reductions(f, "reduce", f.bits(accepted))
            f.call("emit", "void", w, u, c, accepted, new)
            self._move_on(f, accepted, new, t)
            lowest = f.call("lowest", f.V, w)
            assert lowest is not None
            layout.store(f, w, "below", f.smaller(lowest, layout.load(f, w, "below")))
            ended = f.bits(accepted & last)
            broken = f.bits(failed)
            with f.when((ended | broken).differs(0)):
                with f.each_lane(broken) as lane:
                    f.call("finish", "void", w, u, c, lane, self._reason(f, error, lane))
                    layout.put(f, w, "row", lane, Value(f, "-1", I64))
                    active.set(active.get() & self._bit(f, lane).__xor__(-1))
                    self._take(f, active, lane, Value(f, "0", I64))
                with f.each_lane(ended & (broken ^ -1)) as lane:
                    more = f.call("begin_segment", I64, w, u, c, lane)
                    assert more is not None
                    active.set(active.get() & self._bit(f, lane).__xor__(-1))
                    self._take(f, active, lane, more)
        f.give()
        return f

    def _bit(self, f: Function, lane: Value) -> Value:
        return Value(f, "1", I64) << lane

    def _take(self, f: Function, active: object, lane: Value, going: Value) -> None:
        """The lane goes on with its row or the next; its bit is set if there is one."""
        got = f.call("advance", I64, *(f.arguments[k] for k in ("w", "u", "c")), lane, going)
        assert got is not None
        active.set(active.get() | (got << lane))  # type: ignore[attr-defined]

    def _move_on(self, f: Function, accepted: Value, new: Value, t: Value) -> None:
        w, layout = f.arguments["w"], self.layout
        y, stage = layout.pointer(f, w, "y"), layout.pointer(f, w, "stage")
        with f.loop(self.n) as i:
            f.store(f.select(accepted, f.load(stage, i), f.load(y, i)), y, i)
        layout.store(f, w, "t", f.select(accepted, new, t))

    def _reason(self, f: Function, error: Value, lane: Value) -> Value:
        """Why a row failed: the last attempt was not finite, or steps or their size ran out."""
        w, layout = f.arguments["w"], self.layout
        place = f.variable(f.V, error)
        value = f.load(f.at(Value(f, place.name, PTR), lane, F64), 0, F64)
        spent = layout.get(f, w, "steps", lane) >= layout.get(f, w, "budget", lane)
        small = f.select(spent, Value(f, str(BUDGET), I64), Value(f, str(TOO_SMALL), I64))
        return f.select(value < math.inf, small, Value(f, str(NOT_A_NUMBER), I64))
