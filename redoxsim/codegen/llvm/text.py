"""A small language for writing LLVM IR: values with operators, loops and branches as ``with`` blocks.

Everything is written for one vector width W. A "lane vector" is ``<W x double>`` (plain ``double``
at W = 1) and a mask is the matching vector of truth values, so the same Python text gives the same
operations in the same order at every width.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

F64, I64, I32, I1, PTR = "double", "i64", "i32", "i1", "ptr"


@dataclass(frozen=True, slots=True)
class Target:
    """What the text is written for: lanes per vector, whether the processor has fused
    multiply-add, and whether it has the 14-bit reciprocal of AVX-512."""

    width: int
    fma: bool = True
    rcp14: bool = False

    @property
    def vector(self) -> str:
        return F64 if self.width == 1 else f"<{self.width} x double>"

    @property
    def mask(self) -> str:
        return I1 if self.width == 1 else f"<{self.width} x i1>"

    @property
    def ints(self) -> str:
        return I64 if self.width == 1 else f"<{self.width} x i64>"

    @property
    def suffix(self) -> str:
        """Type part of an intrinsic's name."""
        return "f64" if self.width == 1 else f"v{self.width}f64"


def literal(value: float) -> str:
    """A double as LLVM reads it, bit for bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Value:
    """An SSA value; arithmetic with it writes instructions."""

    __slots__ = ("fn", "name", "type")

    def __init__(self, fn: Function, name: str, type: str) -> None:
        self.fn, self.name, self.type = fn, name, type

    def _two(self, op: str, other: Operand, *, swap: bool = False) -> Value:
        right = self.fn.operand(other, self.type)
        a, b = (right, self.name) if swap else (self.name, right)
        return self.fn.emit(f"{op} {self.type} {a}, {b}", self.type)

    @property
    def is_float(self) -> bool:
        return "double" in self.type

    def __add__(self, other: Operand) -> Value:
        return self._two("fadd" if self.is_float else "add", other)

    def __sub__(self, other: Operand) -> Value:
        return self._two("fsub" if self.is_float else "sub", other)

    def __mul__(self, other: Operand) -> Value:
        return self._two("fmul" if self.is_float else "mul", other)

    def __truediv__(self, other: Operand) -> Value:
        return self._two("fdiv", other)

    def __radd__(self, other: Operand) -> Value:
        return self._two("fadd" if self.is_float else "add", other, swap=True)

    def __rsub__(self, other: Operand) -> Value:
        return self._two("fsub" if self.is_float else "sub", other, swap=True)

    def __rmul__(self, other: Operand) -> Value:
        return self._two("fmul" if self.is_float else "mul", other, swap=True)

    def __rtruediv__(self, other: Operand) -> Value:
        return self._two("fdiv", other, swap=True)

    def __neg__(self) -> Value:
        return self.fn.emit(f"fneg {self.type} {self.name}", self.type)

    def __and__(self, other: Operand) -> Value:
        return self._two("and", other)

    def __or__(self, other: Operand) -> Value:
        return self._two("or", other)

    def __xor__(self, other: Operand) -> Value:
        return self._two("xor", other)

    def __lshift__(self, other: Operand) -> Value:
        return self._two("shl", other)

    def __rshift__(self, other: Operand) -> Value:
        return self._two("lshr", other)

    def _compare(self, floats: str, ints: str, other: Operand) -> Value:
        right = self.fn.operand(other, self.type)
        op = f"fcmp {floats}" if self.is_float else f"icmp {ints}"
        return self.fn.emit(f"{op} {self.type} {self.name}, {right}", truth(self.type))

    def __lt__(self, other: Operand) -> Value:
        return self._compare("olt", "slt", other)

    def __le__(self, other: Operand) -> Value:
        return self._compare("ole", "sle", other)

    def __gt__(self, other: Operand) -> Value:
        return self._compare("ogt", "sgt", other)

    def __ge__(self, other: Operand) -> Value:
        return self._compare("oge", "sge", other)

    def equals(self, other: Operand) -> Value:
        return self._compare("oeq", "eq", other)

    def differs(self, other: Operand) -> Value:
        """Not equal; true where either is not-a-number."""
        return self._compare("une", "ne", other)

    def negate(self) -> Value:
        """The opposite truth value."""
        return self._two("xor", True)

    def as_type(self, type: str) -> Value:
        """The same bits as another type."""
        return self.fn.emit(f"bitcast {self.type} {self.name} to {type}", type)

    def convert(self, op: str, type: str) -> Value:
        """``op`` one of sitofp, fptosi, zext, trunc, ..."""
        return self.fn.emit(f"{op} {self.type} {self.name} to {type}", type)


Operand = Value | float | int | bool


def truth(type: str) -> str:
    """The type of a comparison of values of a type."""
    return type.replace("double", I1).replace("i64", I1).replace("i32", I1) if "x" in type else I1


class Variable:
    """A place for a value that loops change (becomes a register)."""

    def __init__(self, fn: Function, type: str) -> None:
        self.fn, self.type = fn, type
        self.name = fn.fresh()
        fn.entry.append(f"  {self.name} = alloca {type}, align 128")

    def get(self) -> Value:
        return self.fn.emit(f"load {self.type}, ptr {self.name}", self.type)

    def set(self, value: Operand) -> None:
        self.fn.lines.append(f"  store {self.type} {self.fn.operand(value, self.type)}, ptr {self.name}")


class Function:
    """Writes one function. ``arguments`` are (name, type) pairs; ``result`` the returned type."""

    def __init__(
        self,
        name: str,
        target: Target,
        arguments: Sequence[tuple[str, str]],
        *,
        result: str = "void",
        external: bool = False,
        inline: bool = False,
    ) -> None:
        self.name, self.target, self.result, self.external, self.inline = name, target, result, external, inline
        self.V, self.M, self.I = target.vector, target.mask, target.ints
        self.arguments = {key: Value(self, f"%{key}", type) for key, type in arguments}
        self.entry: list[str] = []
        self.lines: list[str] = []
        self.needs: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self._count = 0
        self._block = "entry"

    # --- writing

    def fresh(self, prefix: str = "v") -> str:
        self._count += 1
        return f"%{prefix}{self._count}"

    def emit(self, text: str, type: str) -> Value:
        """An instruction with a result."""
        name = self.fresh()
        self.types[name] = type
        self.lines.append(f"  {name} = {text}")
        return Value(self, name, type)

    def follow(self, other: Function) -> None:
        """Give no name that another function has given."""
        self._count = other._count

    def operand(self, value: Operand, type: str) -> str:
        """Text of a value or literal as an operand of a type."""
        if isinstance(value, Value):
            if value.type == type:
                return value.name
            if type.startswith("<") and value.type in type:
                return self.splat(value).name
            raise TypeError(f"{value.type} where {type} is wanted in {self.name}")
        scalar = type.split(" x ")[1].rstrip(">") if type.startswith("<") else type
        if scalar == F64:
            text = literal(float(value))
        elif scalar == I1:
            text = "true" if value else "false"
        else:
            text = str(int(value))
        return f"splat ({scalar} {text})" if type.startswith("<") else text

    def splat(self, value: Value) -> Value:
        """A lane vector of one scalar."""
        if self.target.width == 1:
            return value
        wide = f"<{self.target.width} x {value.type}>"
        one = self.emit(f"insertelement {wide} poison, {value.type} {value.name}, i64 0", wide)
        zeros = f"<{self.target.width} x i32> zeroinitializer"
        return self.emit(f"shufflevector {wide} {one.name}, {wide} poison, {zeros}", wide)

    def number(self, value: float) -> Value:
        """A lane vector with the same literal in every lane."""
        return Value(self, self.operand(float(value), self.V), self.V)

    def call(self, name: str, result: str, *arguments: Value, intrinsic: bool = False) -> Value | None:
        """Call a function; intrinsics and outside functions are declared on the way."""
        text = ", ".join(f"{a.type} {a.name}" for a in arguments)
        if intrinsic:
            self.needs[name] = f"declare {result} @{name}({', '.join(a.type for a in arguments)})"
        if result == "void":
            self.lines.append(f"  call void @{name}({text})")
            return None
        return self.emit(f"call {result} @{name}({text})", result)

    def intrinsic(self, name: str, *arguments: Value) -> Value:
        """An ``llvm.`` intrinsic on lane vectors, such as ``sqrt`` or ``floor``."""
        value = self.call(f"llvm.{name}.{self._suffix(arguments[0])}", arguments[0].type, *arguments, intrinsic=True)
        assert value is not None
        return value

    def _suffix(self, value: Value) -> str:
        if value.type.startswith("<"):
            count, scalar = value.type[1:-1].split(" x ")
            return f"v{count}{'f64' if scalar == F64 else scalar}"
        return "f64" if value.type == F64 else value.type

    def fma(self, a: Value, b: Operand, c: Operand) -> Value:
        """a * b + c, rounded once where the processor can, else twice."""
        if not self.target.fma:
            return a * b + c
        return self.intrinsic("fma", a, self.value(b, a.type), self.value(c, a.type))

    def value(self, operand: Operand, type: str) -> Value:
        """An operand as a value."""
        return (
            operand
            if isinstance(operand, Value) and operand.type == type
            else Value(self, self.operand(operand, type), type)
        )

    def select(self, condition: Value, yes: Operand, no: Operand, type: str | None = None) -> Value:
        """``yes`` where the condition holds, else ``no``."""
        type = type or next(v.type for v in (yes, no) if isinstance(v, Value))
        a, b = self.operand(yes, type), self.operand(no, type)
        return self.emit(f"select {condition.type} {condition.name}, {type} {a}, {type} {b}", type)

    def abs(self, value: Value) -> Value:
        return self.intrinsic("fabs", value)

    def larger(self, a: Value, b: Operand) -> Value:
        """The larger; ``b`` where either is not-a-number."""
        return self.select(a > b, a, b, a.type)

    def smaller(self, a: Value, b: Operand) -> Value:
        """The smaller; ``b`` where either is not-a-number."""
        return self.select(a < b, a, b, a.type)

    # --- memory

    def at(self, pointer: Value, index: Operand, type: str = F64) -> Value:
        """Address of element ``index`` of an array of a type."""
        return self.emit(f"getelementptr inbounds {type}, ptr {pointer.name}, i64 {self.operand(index, I64)}", PTR)

    def _align(self, type: str) -> int:
        return 8 * self.target.width if type == self.V or type == self.I else {I32: 4}.get(type, 8)

    def load(self, pointer: Value, index: Operand = 0, type: str | None = None) -> Value:
        """Element of an array; lane vectors unless a type is given."""
        type = type or self.V
        place = pointer if isinstance(index, int) and index == 0 else self.at(pointer, index, type)
        return self.emit(f"load {type}, ptr {place.name}, align {self._align(type)}", type)

    def store(self, value: Value, pointer: Value, index: Operand = 0) -> None:
        place = pointer if isinstance(index, int) and index == 0 else self.at(pointer, index, value.type)
        self.lines.append(f"  store {value.type} {value.name}, ptr {place.name}, align {self._align(value.type)}")

    def variable(self, type: str, value: Operand | None = None) -> Variable:
        made = Variable(self, type)
        if value is not None:
            made.set(value)
        return made

    # --- control

    def _label(self) -> str:
        self._count += 1
        return f"b{self._count}"

    def _start(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self._block = label

    def jump(self, label: str) -> None:
        self.lines.append(f"  br label %{label}")

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Do the block where a scalar condition holds."""
        inside, after = self._label(), self._label()
        self.lines.append(f"  br i1 {condition.name}, label %{inside}, label %{after}")
        self._start(inside)
        yield
        self.jump(after)
        self._start(after)

    def unreachable(self) -> None:
        """What follows a return inside a block."""
        self._start(self._label())

    @contextmanager
    def either(self, condition: Value) -> Iterator[Callable[[], None]]:
        """``with either(c) as otherwise: A; otherwise(); B``."""
        inside, other, after = self._label(), self._label(), self._label()
        self.lines.append(f"  br i1 {condition.name}, label %{inside}, label %{other}")
        self._start(inside)

        def otherwise() -> None:
            self.jump(after)
            self._start(other)

        yield otherwise
        self.jump(after)
        self._start(after)

    @contextmanager
    def loop(self, count: Operand, start: Operand = 0) -> Iterator[Value]:
        """The block for index = start .. count - 1 (tested before each turn)."""
        head, body, latch, done = (self._label() for _ in range(4))
        before, index, following = self._block, self.fresh("i"), self.fresh("i")
        self.jump(head)
        self._start(head)
        self.lines.append(f"  {index} = phi i64 [ {self.operand(start, I64)}, %{before} ], [ {following}, %{latch} ]")
        check = self.emit(f"icmp slt i64 {index}, {self.operand(count, I64)}", I1)
        self.lines.append(f"  br i1 {check.name}, label %{body}, label %{done}")
        self._start(body)
        yield Value(self, index, I64)
        self.jump(latch)
        self._start(latch)
        self.lines.append(f"  {following} = add i64 {index}, 1")
        self.jump(head)
        self._start(done)

    @contextmanager
    def repeat(self, condition: Callable[[], Value]) -> Iterator[None]:
        """The block for as long as a condition, evaluated before each turn, holds."""
        head, body, done = (self._label() for _ in range(3))
        self.jump(head)
        self._start(head)
        check = condition()
        self.lines.append(f"  br i1 {check.name}, label %{body}, label %{done}")
        self._start(body)
        yield
        self.jump(head)
        self._start(done)

    def bits(self, mask: Value) -> Value:
        """A mask as a whole number, lane i at bit i."""
        width = self.target.width
        if width == 1:
            return mask.convert("zext", I64)
        packed = mask.as_type(f"i{width}")
        return packed.convert("zext", I64)

    @contextmanager
    def each_lane(self, bits: Value) -> Iterator[Value]:
        """The block for every set bit, as lane index, lowest first."""
        rest = self.variable(I64, bits)
        with self.repeat(lambda: rest.get().differs(0)):
            now = rest.get()
            lane = self.call("llvm.cttz.i64", I64, now, Value(self, "true", I1), intrinsic=True)
            assert lane is not None
            rest.set(now & (now - 1))
            yield lane

    def give(self, value: Value | None = None) -> None:
        """Return."""
        self.lines.append("  ret void" if value is None else f"  ret {value.type} {value.name}")

    def text(self) -> str:
        """The whole definition."""
        head = ", ".join(f"{a.type} {a.name}" for a in self.arguments.values())
        linkage = "" if self.external else "internal "
        # whole vectors on the stack want their alignment
        marks = "alwaysinline nounwind" if self.inline else "nounwind alignstack(64)"
        if not self.external and not self.inline:
            marks += " noinline"
        body = "\n".join(["entry:", *self.entry, *self.lines])
        return f"define {linkage}{self.result} @{self.name}({head}) {marks} {{\n{body}\n}}\n"


def module(functions: Sequence[Function], *, triple: str, extra: Sequence[str] = ()) -> str:
    """Text of a module."""
    needs: dict[str, str] = {}
    for function in functions:
        needs |= function.needs
    defined = {function.name for function in functions}
    declared = [text for name, text in needs.items() if name not in defined]
    parts = [f'target triple = "{triple}"', *extra, *declared, *(function.text() for function in functions)]
    return "\n".join(parts) + "\n"
