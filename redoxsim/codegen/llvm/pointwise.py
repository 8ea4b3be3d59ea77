"""Right-hand side and Jacobian as compiled code for one state at a time: what a solver from outside calls.

The same expressions and the same lowering as the batch kernel, one lane wide, without its steps. A
call costs about a microsecond on top of the arithmetic: the code works on buffers whose addresses it
was given once, so that only the time is passed.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.graph import Graph
from redoxsim.codegen.llvm import cache
from redoxsim.codegen.llvm.functions import WRITERS
from redoxsim.codegen.llvm.host import Loaded, compile_text, host
from redoxsim.codegen.llvm.lower import Constants, Lowering
from redoxsim.codegen.llvm.text import F64, PTR, Function, Target, module
from redoxsim.codegen.locks import own_lock
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import Unsupported

FloatArray = NDArray[np.float64]
LARGEST = 60_000
"""Nodes of the equations up to which straight-line code is compiled; more takes longer than it saves."""

# what the code finds in its table of addresses
STATES, OWN, SHARED, RATES, MATRIX = range(5)
Call = Callable[[int, float], float]


class Pointwise:
    """Compiled right-hand side and Jacobian of one system; pickles as the system it was made from.

    ``own`` and ``shared`` are how many values the constants are turned into, those that depend on
    constants of the model and those of literals only.
    """

    def __init__(self, system: OdeSystem, own: int, shared: int, code: Loaded) -> None:
        self.system, self.own, self.shared, self._code = system, own, shared, code
        # the interpreter's lock is held: letting it go takes as long as the call
        call: Any = ctypes.PYFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_double)
        self.rhs: Call = call(code.address("rhs"))
        self.jacobian: Call = call(code.address("jacobian"))
        self.fill: Any = ctypes.PYFUNCTYPE(None, *[ctypes.c_void_p] * 3)(code.address("constants"))

    def __reduce__(self) -> tuple[Callable[[OdeSystem], Pointwise], tuple[OdeSystem]]:
        return pointwise, (self.system,)

    def bind(self, p: FloatArray) -> BoundPointwise:
        """The equations with these constants, shape (m,)."""
        return BoundPointwise(self, p)


class BoundPointwise:
    """The equations with constants put in, for one thread at a time: what an integrator calls.

    Arrays that come back are buffers: the next call of the same method overwrites them. All is IEEE
    arithmetic: inf and nan, no exception.
    """

    def __init__(self, code: Pointwise, p: FloatArray) -> None:
        n = len(code.system.states)
        self._code = code  # keeps what the addresses point at
        self._y, self._f, self._j = np.zeros(max(n, 1)), np.zeros(max(n, 1)), np.zeros((n, n))
        self._k, self._u = np.zeros(max(code.own, 1)), np.zeros(max(code.shared, 1))
        given = np.ascontiguousarray(p, dtype=np.float64)
        if given.shape != (len(code.system.constants),):
            raise ValueError(f"constants have shape {given.shape}, not ({len(code.system.constants)},)")
        code.fill(given.ctypes.data, self._k.ctypes.data, self._u.ctypes.data)
        buffers = (self._y, self._k, self._u, self._f, self._j)
        self._table = np.array([buffer.ctypes.data for buffer in buffers], dtype=np.int64)
        self._at = int(self._table.ctypes.data)
        self._rhs, self._jacobian = code.rhs, code.jacobian
        self._y, self._f = self._y[:n], self._f[:n]
        self._zero = 0.0

    def finite(self, rates: object = None) -> bool:
        """Whether every rate of the latest :meth:`rhs` is a finite number; ``rates`` is not looked at."""
        return self._zero == 0.0

    def rhs(self, t: float, y: FloatArray) -> FloatArray:
        """d y / dt, shape (n,), in a buffer."""
        self._y[:] = y
        self._zero = self._rhs(self._at, t)
        return self._f

    def jacobian_transposed(self, t: float, y: FloatArray) -> FloatArray:
        """d rhs[column] / d state[row], shape (n, n), in a buffer: columns first for column-major linear algebra."""
        self._y[:] = y
        self._jacobian(self._at, t)
        return self._j

    def jacobian(self, t: float, y: FloatArray) -> FloatArray:
        """d rhs[row] / d state[column], shape (n, n), in an array of its own."""
        return self.jacobian_transposed(t, y).T.copy()


_MADE: OrderedDict[str, Pointwise] = OrderedDict()
_MOST = 16
_LOCK = own_lock()


def pointwise(system: OdeSystem) -> Pointwise:
    """Compiled equations of a system, from this process's memory, the disk, or the compiler.

    Raises
    ------
    Unsupported : the equations are too many for straight-line code.
    BuildError : llvmlite is missing or refuses the code.
    """
    name = cache.key("pointwise", system.key)
    with _LOCK:
        if name in _MADE:
            _MADE.move_to_end(name)
            return _MADE[name]
    kept = cache.load(name)
    if kept is None:
        text, sizes = write_pointwise(system, host().target(1))
        code = compile_text(text)
        cache.save(name, sizes, code)
    else:
        sizes, code = {key: int(value) for key, value in kept[0].items()}, kept[1]
    made = Pointwise(system, sizes["own"], sizes["shared"], Loaded(code))
    with _LOCK:
        _MADE[name] = made
        while len(_MADE) > _MOST:
            _MADE.popitem(last=False)
    return made


def write_pointwise(system: OdeSystem, target: Target) -> tuple[str, dict[str, int]]:
    """LLVM IR of ``rhs(table, t)``, ``jacobian(table, t)``, ``constants(p, own, shared)``; sizes of own and shared.

    ``rhs`` returns 0 where all rates are finite, else not-a-number.

    Raises
    ------
    Unsupported : too many equations.
    """
    graph = Graph.of(system)
    rates = graph.add_all(system.rhs)
    n = len(system.states)
    entries = [(column * n + row, graph.add(expr)) for row, column, expr in system.jacobian]
    if len(graph.nodes) > LARGEST:
        raise Unsupported(f"the equations have {len(graph.nodes)} terms; up to {LARGEST} are compiled")
    constants = Constants(graph, frozenset(range(len(system.constants))))
    functions = [
        _write(target, "rhs", graph, constants, list(enumerate(rates)), RATES),
        _write(target, "jacobian", graph, constants, entries, MATRIX),
    ]
    # last, when it is known which are wanted
    functions.append(_write_constants(target, graph, constants))
    functions += [write(target) for write in WRITERS.values()]
    text = module(functions, triple=host().triple)
    return text, {"own": len(constants.own), "shared": len(constants.shared)}


def _write(
    target: Target, name: str, graph: Graph, constants: Constants, places: list[tuple[int, int]], result: int
) -> Function:
    """Stores nodes at their places in a buffer and returns the sum of what each differs from itself."""
    f = Function(name, target, [("table", PTR), ("t", F64)], result=F64, external=True)
    states, own, shared, out = (f.load(f.arguments["table"], slot, PTR) for slot in (STATES, OWN, SHARED, result))
    low = Lowering(f, graph, constants, states=states, time=f.arguments["t"], own=own, shared=shared)
    low.prepare([node for _, node in places])
    total = f.number(0.0)
    for place, node in places:
        value = low.number(node)
        f.store(value, out, place)
        total = total + (value - value)
    f.give(total)
    return f


def _write_constants(target: Target, graph: Graph, constants: Constants) -> Function:
    f = Function("constants", target, [("p", PTR), ("own", PTR), ("shared", PTR)], external=True)
    low = Lowering(f, graph, None, parameters=f.arguments["p"])
    tables = (("own", constants.own), ("shared", constants.shared))
    low.prepare([node for _, table in tables for node, _ in table])
    for name, table in tables:
        for (node, inverse), slot in table.items():
            f.store(low.inverse(node) if inverse else low.number(node), f.arguments[name], slot)
    f.give()
    return f


__all__ = ["BoundPointwise", "Pointwise", "pointwise", "write_pointwise"]
