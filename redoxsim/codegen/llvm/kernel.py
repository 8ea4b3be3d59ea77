"""A system as a batch kernel: written, compiled, kept, loaded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from redoxsim.beside import Beside
from redoxsim.codegen.graph import Graph
from redoxsim.codegen.llvm import cache
from redoxsim.codegen.llvm.control import Control, usual
from redoxsim.codegen.llvm.driver import Driver
from redoxsim.codegen.llvm.elimination import plan
from redoxsim.codegen.llvm.functions import WRITERS
from redoxsim.codegen.llvm.host import Loaded, compile_text, host
from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.looped import Looped
from redoxsim.codegen.llvm.methods import METHODS, Method
from redoxsim.codegen.llvm.reduce import NODES, Machine, Reduce
from redoxsim.codegen.llvm.step import Dense, Step
from redoxsim.codegen.llvm.straight import Equations, Shape, Straight, write_observe
from redoxsim.codegen.llvm.text import Function, Target, module
from redoxsim.codegen.locks import own_lock
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import BuildError, DesignError, Unsupported, nearest

LARGEST = 10_000
"""States up to which a kernel is made."""
MOST_OPERATIONS = 1_000_000
"""Multiply-adds of one factorisation up to which a kernel is made: its tables take 20 bytes for each."""
MOST_STRAIGHT = 4000
"""Non-zeros of the Jacobian and multiply-adds of a factorisation together, up to which code is written out
straight; above, it goes over tables, which takes a third longer to run and no longer to compile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a kernel is made for, besides the equations.

    ``loops``: whether the code goes over tables instead of being written out; None decides by size.
    """

    shape: Shape
    method: str = "rodas5p"
    width: int = 8
    control: Control | None = None
    loops: bool | None = None

    @property
    def tableau(self) -> Method:
        if self.method not in METHODS:
            raise DesignError(f"there is no method '{self.method}'", hint=nearest(self.method, METHODS))
        return METHODS[self.method]


@dataclass(kw_only=True, eq=False)
class Kernel:
    """Compiled code for one system; pickles as what it was made from and is loaded again on arrival.

    ``facts`` holds the layout: places (offset of every array in lane vectors), size (lane vectors),
    shared (doubles), and what is known of the elimination.
    """

    system: OdeSystem
    recipe: Recipe
    name: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    code: Loaded | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"system": self.system, "recipe": self.recipe, "name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        other = kernel(state["system"], state["recipe"])
        self.__dict__.update(other.__dict__)

    @property
    def states(self) -> int:
        return len(self.system.states)

    @property
    def constants(self) -> int:
        return len(self.system.constants)

    def layout(self) -> Layout:
        made = Layout(host().target(self.recipe.width))
        made.places = dict(self.facts["places"])
        made.size = int(self.facts["size"])
        return made

    def observer(self, names: Sequence[str], machines: Sequence[Machine] = ()) -> Observer:
        """Code that interpolates and computes symbols, and reduces others.

        Raises
        ------
        DesignError : the model has no such symbol.
        """
        wanted = tuple(names)
        reduced = tuple(machines)
        label = cache.key("observe", self.name, wanted, reduced)
        found = _remembered(label)
        if isinstance(found, Observer):
            return found
        kept = cache.load(label)
        if kept is None:
            code = compile_text(self._observer_text(wanted, reduced), level=1)
            cache.save(label, {}, code)
        else:
            code = kept[1]
        made = Observer(names=wanted, machines=reduced, code=Loaded(code))
        _remember(label, made)
        return made

    def _observer_text(self, names: Sequence[str], machines: Sequence[Machine]) -> str:
        graph = Graph.of(self.system)
        symbols = tuple(dict.fromkeys(machine.symbol for machine in machines))
        for name in (*names, *symbols):
            if name not in graph.symbols:
                raise DesignError(f"the model has no symbol '{name}'", hint=nearest(name, graph.symbols))
        nodes, others = ([graph.symbols[name] for name in some] for some in (names, symbols))
        seen: set[int] = set()
        stack = [*nodes, *others]
        while stack:
            index = stack.pop()
            if index not in seen:
                seen.add(index)
                stack.extend(graph.nodes[index].args)
        needed = sorted(graph.nodes[index].index for index in seen if graph.nodes[index].op == "state")
        target, layout = host().target(self.recipe.width), self.layout()
        dense = Dense(self.recipe.tableau, self.states, target, layout, needed)
        functions = [dense.prepare(), dense.interpolate(), write_observe(graph, nodes, target, layout)]
        if machines:
            functions.append(write_observe(graph, others, target, layout, "measure"))
            functions += Reduce(machines, target, layout, observed=len(names)).functions()
        functions += [write(target) for write in WRITERS.values()]
        return module(functions, triple=host().triple, extra=[dense.table()])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observer:
    """Compiled ``prepare``, ``interpolate`` and ``observe`` for some symbols, and reductions of others."""

    names: tuple[str, ...]
    machines: tuple[Machine, ...] = ()
    code: Loaded

    @property
    def slots(self) -> int:
        """Numbers that reductions give per row."""
        return sum(machine.slots for machine in self.machines)

    @property
    def vectors(self) -> int:
        """Lane vectors wanted behind the kernel's own."""
        symbols = {machine.symbol for machine in self.machines}
        return len(self.names) + self.slots + len(NODES) * len(symbols)

    def addresses(self) -> dict[str, int]:
        """Where the functions lie; 0 for those there is no use for."""
        used = ["prepare", "interpolate", "observe", *(("clear", "touch", "reduce") if self.machines else ())]
        return dict.fromkeys(("clear", "touch", "reduce"), 0) | {name: self.code.address(name) for name in used}


_MEMORY: OrderedDict[str, object] = OrderedDict()
_MEMORY_SIZE = 32
_AHEAD: dict[str, Beside[tuple[dict[str, Any], bytes]]] = {}
MOST_AHEAD = 4
"""Kernels that other processes are at."""
_LOCK = own_lock()
_BUILD = own_lock()


def _remembered(name: str) -> object | None:
    with _LOCK:
        if name in _MEMORY:
            _MEMORY.move_to_end(name)
        return _MEMORY.get(name)


def _remember(name: str, made: object) -> None:
    with _LOCK:
        _MEMORY[name] = made
        while len(_MEMORY) > _MEMORY_SIZE:
            _MEMORY.popitem(last=False)


def kernel(system: OdeSystem, recipe: Recipe) -> Kernel:
    """The kernel of a system, from this process's memory, the disk, or the compiler.

    Raises
    ------
    Unsupported : the system is too large.
    BuildError : llvmlite is missing or refuses the code.
    """
    recipe, name = _named(system, recipe)
    found = _remembered(name)
    if isinstance(found, Kernel):
        return found
    with _BUILD:
        found = _remembered(name)  # by another thread that wanted it too
        if isinstance(found, Kernel):
            return found
        ahead = _AHEAD.pop(name, None)
        kept = cache.load(name) if ahead is None else None
        if kept is None:
            facts, code = _built(system, recipe) if ahead is None else ahead.result()
            cache.save(name, facts, code)
        else:
            facts, code = dict(kept[0]), kept[1]
        made = Kernel(system=system, recipe=recipe, name=name, facts=facts, code=Loaded(code))
        _remember(name, made)
    return made


def build_ahead(system: OdeSystem, recipe: Recipe) -> None:
    """Have another process build a kernel that will be wanted, where there is none yet and that is safe.

    Raises
    ------
    Unsupported : the system is too large.
    """
    recipe, name = _named(system, recipe)
    if name in _AHEAD or _remembered(name) is not None or cache.load(name) is not None:
        return
    ahead = Beside(partial(_built, system, recipe))
    if ahead.elsewhere:
        with _BUILD:
            while len(_AHEAD) >= MOST_AHEAD:
                _AHEAD.pop(next(iter(_AHEAD)))
            _AHEAD[name] = ahead


def _named(system: OdeSystem, recipe: Recipe) -> tuple[Recipe, str]:
    """The recipe in full, and the name of the kernel that it makes."""
    recipe = replace(recipe, control=recipe.control or usual(recipe.tableau.order))
    operations = check_size(system)
    if recipe.loops is None:
        recipe = replace(recipe, loops=len(system.jacobian) + operations > MOST_STRAIGHT)
    return recipe, cache.key("kernel", system.key, recipe)


def _built(system: OdeSystem, recipe: Recipe) -> tuple[dict[str, Any], bytes]:
    text, facts = write_kernel(system, recipe)
    return facts, compile_text(text)


_SIZES: OrderedDict[str, int] = OrderedDict()


def check_size(system: OdeSystem) -> int:
    """Multiply-adds of one factorisation; refuses what would take too long to plan.

    Raises
    ------
    Unsupported : too many states, or too much fill.
    """
    if len(system.states) > LARGEST:
        raise Unsupported(
            f"the model has {len(system.states)} states; the batch kernel takes up to {LARGEST}",
            hint="use the solver 'scipy' or 'cvode'",
        )
    with _LOCK:
        operations = _SIZES.get(system.key)
    if operations is None:
        operations = plan(len(system.states), [(row, column) for row, column, _ in system.jacobian]).operations
        with _LOCK:
            _SIZES[system.key] = operations
            while len(_SIZES) > 8 * _MEMORY_SIZE:
                _SIZES.popitem(last=False)
    if operations > MOST_OPERATIONS:
        raise Unsupported(
            f"one factorisation of this model takes {operations} multiply-adds; "
            f"the batch kernel takes up to {MOST_OPERATIONS}",
            hint="use the solver 'scipy' or 'cvode'",
        )
    return operations


def write_kernel(system: OdeSystem, recipe: Recipe) -> tuple[str, dict[str, Any]]:
    """LLVM IR of a kernel, and its facts."""
    target, method = host().target(recipe.width), recipe.tableau
    equations = Equations(system, recipe.shape)
    layout = Layout(target)
    n, m = len(system.states), len(system.constants)
    assignments = [equations.graph.add(expr) for event in system.network.events for _, expr in event.assignments]
    infused = len(recipe.shape.infused)
    for name, vectors in (
        ("y", n), ("p", m), ("infusion", infused), ("atol", n), ("stage", n), ("b", n), ("x", n * method.stages),
        ("lu", equations.elimination.nonzeros), ("slope", len(equations.slopes)), ("dense", n * len(method.H)),
        ("between", n), ("event", len(assignments) + len(system.network.compartments)),
        ("first", n * method.repeats), ("own", 0),
    ):  # fmt: skip
        layout.add(name, vectors)
    straight = (Looped if recipe.loops else Straight)(equations, target, layout)
    functions: list[Function] = [
        straight.right_hand_side(),
        straight.factors(),
        straight.solve(),
        straight.events(assignments),
        straight.own_constants(),
        straight.shared_constants(),
        _lowest(system, target, layout),
        _begin(target),
    ]
    layout.size += len(equations.constants.own)
    layout.add("kept", straight.kept)
    layout.add("observed", 0)
    more, tables = straight.finish()
    functions += more
    functions.append(Step(equations, method, target, layout).write())
    control = recipe.control or usual(method.order)
    driver = Driver(target, layout, method, control, states=n, constants=m, infused=infused)
    functions += driver.functions()
    functions += [write(target) for write in WRITERS.values()]
    e = equations.elimination
    facts = {
        "places": layout.places, "size": layout.size, "shared": len(equations.constants.shared),
        "nonzeros": e.nonzeros, "operations": e.operations, "depth": max(e.level, default=0),
    }  # fmt: skip
    return module(functions, triple=host().triple, extra=tables), facts


def _lowest(system: OdeSystem, target: Target, layout: Layout) -> Function:
    """``lowest(w)``: 0, or how far the worst species lies below minus ten times its absolute tolerance."""
    f = Function("lowest", target, [("w", "ptr")], result=target.vector)
    y, atol = (layout.pointer(f, f.arguments["w"], name) for name in ("y", "atol"))
    species = {part.id for part in system.network.species}
    total = f.number(0.0)
    for index, name in enumerate(system.states):
        if name in species:
            total = f.smaller(f.fma(f.load(atol, index), f.number(10.0), f.load(y, index)), total)
    f.give(total)
    return f


def _begin(target: Any) -> Function:
    """``begin(w, u)``: the values that are the same in all lanes, from the constants in lane 0 of the memory."""
    f = Function("begin", target, [("w", "ptr"), ("u", "ptr")], external=True)
    f.call("shared", "void", f.arguments["w"], f.arguments["u"])
    f.give()
    return f


__all__ = ["BuildError", "Kernel", "Observer", "Recipe", "Shape", "build_ahead", "kernel", "write_kernel"]
