"""A system that can be evaluated: right-hand side, Jacobian, initial state, outputs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.graph import TIME, Graph
from redoxsim.codegen.locks import own_lock
from redoxsim.codegen.namespaces import ARRAYS, EXACT, QUICK, QUICK_ERRORS, execute, translate
from redoxsim.codegen.python import PythonText, write_outputs
from redoxsim.codegen.written import Codes, codes_of, written
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import BuildError, DesignError, ModelError, Where, nearest

FloatArray = NDArray[np.float64]
Function = Callable[[float, Sequence[float]], list[float]]


class Bound:
    """The equations with constants put in: what an integrator calls.

    ``rhs(t, y)``, ``rates(t, y)`` and ``entries(t, y)`` take a list of floats and return one;
    ``jacobian`` returns an (n, n) array. All are IEEE arithmetic: inf and nan, no exception.
    """

    def __init__(self, compiled: CompiledSystem, p: FloatArray) -> None:
        self._compiled = compiled
        self._exact: tuple[Function, ...] | None = None
        self._constants = compiled._constant_values(p)
        quick: tuple[Function, ...] = compiled._quick["make"]([float(value) for value in self._constants])
        self.quick_rhs = quick[0]
        self.rhs = self._guarded(quick[0], 0)
        self.entries = self._guarded(quick[1], 1)
        self.slopes = self._guarded(quick[2], 2)
        self.rates = self._guarded(quick[3], 3)
        text, n = compiled.text, len(compiled.system.states)
        self._template = np.zeros((n, n))
        for row, column, index in text.fixed:
            self._template[row, column] += float(self._constants[index])
        self._template_t = np.ascontiguousarray(self._template.T)

    def _guarded(self, function: Function, which: int) -> Function:
        def call(t: float, y: Sequence[float]) -> list[float]:
            try:
                return function(float(t), y)  # a numpy float would warn and not raise
            except QUICK_ERRORS:
                return self._exactly(which, t, y)

        return call

    def _exactly(self, which: int, t: float, y: Sequence[float]) -> list[float]:
        if self._exact is None:
            scope = self._compiled._exact_scope()
            self._exact = scope["make"](self._constants)
        with np.errstate(all="ignore"):
            return [float(value) for value in self._exact[which](np.float64(t), [np.float64(value) for value in y])]

    def jacobian(self, t: float, y: Sequence[float]) -> FloatArray:
        """d rhs[row] / d state[column], shape (n, n)."""
        out = self._template.copy()
        if self._compiled._flat.size:
            out.reshape(-1)[self._compiled._flat] = self.entries(t, y)
        return out

    def jacobian_transposed(self, t: float, y: Sequence[float]) -> FloatArray:
        """The same with columns first, as column-major linear algebra wants it."""
        out = self._template_t.copy()
        if self._compiled._flat_t.size:
            out.reshape(-1)[self._compiled._flat_t] = self.entries(t, y)
        return out

    def time_slope(self, t: float, y: Sequence[float]) -> FloatArray:
        """d rhs / dt at fixed states, shape (n,)."""
        out = np.zeros(len(self._compiled.system.states))
        rows = self._compiled.text.time_rows
        if rows:
            out[list(rows)] = self.slopes(t, y)
        return out


class CompiledSystem:
    """A system in executable form; pickles as text and is built again where it is loaded.

    Shapes: y (n,) states, p (m,) constants, in the order of ``system.states`` and ``.constants``.
    """

    def __init__(self, system: OdeSystem, *, target: str = "python") -> None:
        self.system = system
        self.target = target
        self.text, codes = written(system)
        self._load(codes)

    def __getstate__(self) -> dict[str, Any]:
        return {"system": self.system, "target": self.target, "text": self.text}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._load(codes_of(self.text))

    def _load(self, codes: Codes) -> None:
        n = len(self.system.states)
        self._functions = codes["functions"]
        self._quick = execute(self._functions, QUICK)
        self._constants = execute(codes["constants"], EXACT)["constants"]
        self._initial = execute(codes["initial"], ARRAYS)["initial"]
        self._literals = [np.float64(value) for value in self.text.literals]
        self._initial_literals = [np.float64(value) for value in self.text.initial_literals]
        self._flat = np.array([row * n + column for row, column in self.text.moving], dtype=np.intp)
        self._flat_t = np.array([column * n + row for row, column in self.text.moving], dtype=np.intp)
        self._exact: dict[str, Any] | None = None
        self._latest: tuple[bytes, Bound] | None = None
        self._outputs: dict[tuple[str, ...], Callable[..., list[Any]]] = {}
        chain = [name for name, _ in self.system.initial]
        known = set(chain)
        chain += [name for name in (*self.system.states, *self.system.constants) if name not in known]
        self._slot = {name: index for index, name in enumerate(chain)}

    @property
    def key(self) -> str:
        """Checksum of the generated text."""
        return sha256("\0".join((self.text.constants, self.text.functions, self.text.initial)).encode()).hexdigest()

    def _exact_scope(self) -> dict[str, Any]:
        if self._exact is None:
            self._exact = execute(self._functions, EXACT)
        return self._exact

    def _constant_values(self, p: FloatArray) -> list[np.float64]:
        with np.errstate(all="ignore"):
            values: list[np.float64] = self._constants(np.asarray(p, dtype=np.float64), self._literals)
        return [np.float64(value) for value in values]

    def bind(self, p: FloatArray) -> Bound:
        """The equations with these constants; ``p`` has shape (m,)."""
        values = np.asarray(p, dtype=np.float64)
        key = values.tobytes()
        latest = self._latest  # one lookup: threads may bind side by side
        if latest is None or latest[0] != key:
            latest = key, Bound(self, values)
            self._latest = latest
        return latest[1]

    def rhs(self, t: float, y: FloatArray, p: FloatArray) -> FloatArray:
        """d y / dt, shape (n,)."""
        return np.array(self.bind(p).rhs(t, y.tolist()), dtype=np.float64)

    def jac(self, t: float, y: FloatArray, p: FloatArray) -> FloatArray:
        """Jacobian, shape (n, n)."""
        return self.bind(p).jacobian(t, y.tolist())

    def dfdt(self, t: float, y: FloatArray, p: FloatArray) -> FloatArray:
        """Direct time derivative of the right-hand side, shape (n,)."""
        return self.bind(p).time_slope(t, y.tolist())

    def initial(self, overrides: Mapping[str, float] | None = None, time: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """State and constants when the simulation starts at ``time``: (y0 (n,), p (m,)).

        A pure function of the overrides; their order is of no account. An override replaces the
        model's value or initial assignment of a parameter, compartment size or species, in the
        unit that the symbol has; whatever is computed from it follows.

        Raises
        ------
        DesignError : an override of an unknown id, or of one that a rule or reaction defines.
        ModelError : a symbol in use has no value.
        """
        given = {} if overrides is None else dict(overrides)
        self._check_overrides(given)
        for name, value in given.items():
            if not isinstance(value, int | float | np.floating | np.integer):
                raise DesignError(f"the value of '{name}' is {value!r}, not a number")
        values = self._initial_values({name: np.float64(value) for name, value in given.items()}, time)
        y0 = np.array([float(values[self._slot[name]]) for name in self.system.states])
        p = np.array([float(values[self._slot[name]]) for name in self.system.constants])
        return y0, p

    def initial_rows(
        self, columns: Mapping[str, FloatArray], rows: int, time: float = 0.0
    ) -> tuple[FloatArray, FloatArray]:
        """:meth:`initial` for many rows at once: columns (rows,) by id -> (y0 (rows, n), p (rows, m))."""
        table = self.initial_table(columns, rows, time)
        states = len(self.system.states)
        return table[:, :states], table[:, states:]

    def initial_table(self, columns: Mapping[str, FloatArray], rows: int, time: float = 0.0) -> FloatArray:
        """States and constants of many rows in one table (rows, n + m); see :meth:`initial_rows`."""
        self._check_overrides(columns)
        given = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
        values = self._initial_values(given, time)
        found = [values[self._slot[name]] for name in (*self.system.states, *self.system.constants)]
        varying = [index for index, value in enumerate(found) if isinstance(value, np.ndarray) and value.ndim]
        out = np.empty((rows, len(found)))
        out[:] = [0.0 if isinstance(value, np.ndarray) and value.ndim else value for value in found]
        for index in varying:
            out[:, index] = found[index]
        return out

    def _check_overrides(self, given: Collection[str]) -> None:
        settable = self._settable()
        for name in given:
            if name not in settable:
                self._refuse(name, settable)
        for item in self.system.missing:
            if item.id not in given:
                raise ModelError(
                    f"'{item.id}' has no value and is used in {item.used}",
                    where=Where(self.system.network.source, item.line, item.id),
                    hint=f"give it a value in the model or with {item.id}=NUMBER",
                )

    def _initial_values(self, given: Mapping[str, Any], time: float) -> list[Any]:
        overriding: list[Any] = [None] * len(self._slot)
        for name, value in given.items():
            overriding[self._slot[name]] = value
        with np.errstate(all="ignore"):
            values: list[Any] = self._initial(overriding, np.float64(time), self._initial_literals)
        return values

    def _settable(self) -> frozenset[str]:
        return frozenset(self.system.states) | frozenset(self.system.constants)

    def _refuse(self, name: str, settable: frozenset[str]) -> None:
        if name in self.system.definitions():
            raise DesignError(f"'{name}' is computed by the model (a rule or a reaction) and cannot be set")
        raise DesignError(f"the model has no parameter, species or compartment '{name}'", hint=nearest(name, settable))

    def outputs(self, names: Sequence[str], t: FloatArray, y: FloatArray, p: FloatArray) -> FloatArray:
        """Values of symbols along a trajectory.

        Parameters
        ----------
        names : states, constants, assigned ids, reactions (extent per time) or species references.
        t, y, p : times (T,), states (n, T), constants (m,).

        Returns
        -------
        Array (len(names), T).
        """
        key = tuple(names)
        if key not in self._outputs:
            graph = self._symbol_graph
            for name in key:
                if name not in graph.symbols:
                    raise DesignError(f"the model has no symbol '{name}'", hint=nearest(name, graph.symbols))
            if len(self._outputs) >= 256:
                self._outputs.clear()
            self._outputs[key] = self._vectorised([graph.symbols[name] for name in key])
        with np.errstate(all="ignore"):
            rows = self._outputs[key](t, y, p)
        out = np.empty((len(key), len(t)))
        for index, row in enumerate(rows):
            out[index] = row
        return out

    def _vectorised(self, nodes: Sequence[int]) -> Callable[..., list[Any]]:
        text, numbers = write_outputs(self._symbol_graph, nodes)
        function = execute(translate(text), ARRAYS)["outputs"]
        literals = [np.float64(value) for value in numbers]
        return lambda t, y, p: function(t, y, p, literals)

    def slopes_and_diagonal(
        self, t: FloatArray, y: FloatArray, p: FloatArray, states: tuple[int, ...]
    ) -> tuple[FloatArray, FloatArray]:
        """d y / dt and the diagonal of the Jacobian of some states, (len(states), R) each.

        For rows with times t (R,), y (n, R), p (m, R).
        """
        key = ("#slopes", *map(str, states))  # no symbol id holds this sign
        if key not in self._outputs:
            graph, system = self._symbol_graph, self.system
            own = {row: expr for row, column, expr in system.jacobian if row == column}
            zero = graph.number(0.0)
            diagonal = [graph.add(own[row]) if row in own else zero for row in states]
            self._outputs[key] = self._vectorised([*graph.add_all([system.rhs[row] for row in states]), *diagonal])
        with np.errstate(all="ignore"):
            rows = self._outputs[key](t, y, p)
        out = np.empty((len(rows), len(t)))
        for index, row in enumerate(rows):
            out[index] = row
        return out[: len(states)], out[len(states) :]

    @cached_property
    def _symbol_graph(self) -> Graph:
        """The graph of definitions and right-hand side, for outputs and for what depends on time alone."""
        graph = Graph.of(self.system)
        graph.add_all(self.system.rhs)
        return graph

    @cached_property
    def time_switches(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Nodes that jump with time alone, for :meth:`node_values`.

        The first tuple passes a whole number where a floor, ceil, quotient or rem jumps; the second
        changes its sign where a comparison changes its truth.
        """
        graph = self._symbol_graph
        steps, relations = [], []
        for index in range(len(graph.nodes)):
            node = graph.nodes[index]
            if graph.level[index] != TIME:
                continue
            if node.op in ("floor", "ceil"):
                steps.append(node.args[0])
            elif node.op in ("quotient", "rem"):
                steps.append(graph.operator("div", node.args))
            elif node.op in ("eq", "ne", "lt", "le", "gt", "ge"):
                pairs = zip(node.args, node.args[1:], strict=False)
                relations += [graph.operator("sub", pair) for pair in pairs]
        return tuple(dict.fromkeys(steps)), tuple(dict.fromkeys(relations))

    @cached_property
    def switches_affine(self) -> bool:
        """Whether everything that jumps with time alone compares a constant with a multiple of time."""
        steps, relations = self.time_switches
        return not steps and all(map(self._symbol_graph.affine, relations))

    @cached_property
    def switch_constants(self) -> tuple[int, ...]:
        """Places of the constants on which the times of jumps depend."""
        graph = self._symbol_graph
        waiting = [node for nodes in self.time_switches for node in nodes]
        seen: set[int] = set()
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += graph.nodes[node].args
        return tuple(sorted(graph.nodes[node].index for node in seen if graph.nodes[node].op == "constant"))

    def node_values(self, nodes: tuple[int, ...], t: FloatArray, p: FloatArray) -> FloatArray:
        """Values of nodes that depend on time and constants only, shape (len(nodes), *S).

        Times t and, for every constant, values p[i] of shapes that broadcast to S.
        """
        key = tuple(str(node) for node in nodes)  # no symbol id starts with a digit
        if key not in self._outputs:
            self._outputs[key] = self._vectorised(nodes)
        with np.errstate(all="ignore"):
            rows = self._outputs[key](t, (), p)
        out = np.empty((len(nodes), *np.broadcast_shapes(t.shape, p.shape[1:])))
        for index, row in enumerate(rows):
            out[index] = row
        return out


_CACHE: OrderedDict[tuple[str, str], CompiledSystem] = OrderedDict()
_CACHE_SIZE = 16
_LOCK = own_lock()
TARGETS = ("python",)


def compile_system(system: OdeSystem, target: str = "python") -> CompiledSystem:
    """The system in executable form, made once per content in this process.

    Raises
    ------
    BuildError : an unknown target.
    """
    if target not in TARGETS:
        raise BuildError(f"there is no code generation target '{target}'", hint=nearest(target, TARGETS))
    key = (system.key, target)
    with _LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key]
    compiled = CompiledSystem(system, target=target)
    with _LOCK:
        _CACHE[key] = compiled
        while len(_CACHE) > _CACHE_SIZE:
            _CACHE.popitem(last=False)
    return compiled


__all__ = ["Bound", "CompiledSystem", "PythonText", "compile_system"]
