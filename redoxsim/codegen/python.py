"""The python target: a system as straight-line text over floats. The reference for every other target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redoxsim.codegen.emit import Writer
from redoxsim.codegen.graph import Graph
from redoxsim.equations.system import OdeSystem


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonText:
    """Generated text and what is needed to run it.

    Attributes
    ----------
    constants : text of ``constants(p, lit)``, the values that depend on no state and no time.
    functions : text of ``make(k)``, which returns ``rhs, jac, dfdt, rates``, each of (t, y).
    initial : text of ``initial(o, t, lit)`` over the chain ids; ``o`` holds overrides or None.
    literals, initial_literals : numbers that stand in the model; lit in the texts.
    fixed : (row, column, index into constants) of Jacobian entries that never change.
    moving : (row, column) of the entries that ``jac`` returns, in order.
    time_rows : rows that ``dfdt`` returns, in order.
    """

    constants: str
    functions: str
    initial: str
    literals: tuple[float, ...]
    initial_literals: tuple[float, ...]
    fixed: tuple[tuple[int, int, int], ...]
    moving: tuple[tuple[int, int], ...]
    time_rows: tuple[int, ...]


def write_python(system: OdeSystem, graph: Graph) -> PythonText:
    """Text of the python target for a system."""
    rhs = graph.add_all(system.rhs)
    entries = [(row, column, graph.add(expr)) for row, column, expr in system.jacobian]
    slopes = [(row, graph.add(expr)) for row, expr in system.dfdt]
    rates = [graph.symbols[name] for name, _ in system.rates]
    still = [entry for entry in entries if graph.is_settled(entry[2])]
    moving = [entry for entry in entries if not graph.is_settled(entry[2])]
    bodies = {
        "rhs": rhs,
        "jac": [node for _, _, node in moving],
        "dfdt": [node for _, node in slopes],
        "rates": rates,
    }
    hoisted = _hoisted(graph, [root for roots in bodies.values() for root in roots] + [node for _, _, node in still])
    slot = {node: index for index, node in enumerate(hoisted)}
    literals, constants = _constants(graph, hoisted)
    lines = ["def make(k):"]
    if hoisted:
        lines.append(f"    {_names('k', len(hoisted))} = k")
    leaves = {node: f"k{index}" for node, index in slot.items()} | _leaves(graph)
    for name, roots in bodies.items():
        writer = Writer(graph, leaves)
        results = writer.write(roots)
        lines.append(f"    def {name}(t, y):")
        if system.states:
            lines.append(f"        {_names('y', len(system.states))} = y")
        lines += [f"        {line}" for line in writer.lines]
        lines.append(f"        return [{', '.join(results)}]")
    lines.append("    return rhs, jac, dfdt, rates")
    initial_literals, initial = _initial(system)
    return PythonText(
        constants=constants,
        functions="\n".join(lines) + "\n",
        initial=initial,
        literals=literals,
        initial_literals=initial_literals,
        fixed=tuple((row, column, slot[node]) for row, column, node in still),
        moving=tuple((row, column) for row, column, _ in moving),
        time_rows=tuple(row for row, _ in slopes),
    )


def write_outputs(graph: Graph, nodes: Sequence[int]) -> tuple[str, tuple[float, ...]]:
    """Text of ``outputs(t, y, p, lit)`` over arrays, for some nodes, and its literals."""
    literals = _literals(graph)
    leaves = {node: f"lit[{index}]" for index, node in enumerate(literals)}
    for index, node in enumerate(graph.nodes):
        if node.op in ("state", "constant"):
            leaves[index] = f"{'y' if node.op == 'state' else 'p'}[{node.index}]"
        elif node.op == "time":
            leaves[index] = "t"
    writer = Writer(graph, leaves, arrays=True)
    results = writer.write(nodes)
    lines = ["def outputs(t, y, p, lit):", *(f"    {line}" for line in writer.lines)]
    lines.append(f"    return [{', '.join(results)}]")
    return "\n".join(lines) + "\n", tuple(graph.nodes[node].value for node in literals)


def _names(letter: str, count: int) -> str:
    return ", ".join(f"{letter}{index}" for index in range(count)) + ("," if count == 1 else "")


def _leaves(graph: Graph) -> dict[int, str]:
    named = {index: f"y{node.index}" for index, node in enumerate(graph.nodes) if node.op == "state"}
    return named | {index: "t" for index, node in enumerate(graph.nodes) if node.op == "time"}


def _literals(graph: Graph) -> list[int]:
    return [index for index, node in enumerate(graph.nodes) if node.op == "number"]


def _hoisted(graph: Graph, roots: Sequence[int]) -> list[int]:
    """Constant nodes that others, or the results, use directly."""
    found: set[int] = set()
    done: set[int] = set()
    stack = list(roots)
    while stack:
        index = stack.pop()
        if index in done:
            continue
        done.add(index)
        if graph.is_settled(index):
            found.add(index)
        else:
            stack.extend(graph.nodes[index].args)
    return sorted(found)


def _constants(graph: Graph, hoisted: Sequence[int]) -> tuple[tuple[float, ...], str]:
    literals = _literals(graph)
    leaves = {node: f"lit[{index}]" for index, node in enumerate(literals)}
    leaves |= {index: f"p[{node.index}]" for index, node in enumerate(graph.nodes) if node.op == "constant"}
    writer = Writer(graph, leaves)
    results = writer.write(hoisted)
    lines = ["def constants(p, lit):", *(f"    {line}" for line in writer.lines), f"    return [{', '.join(results)}]"]
    return tuple(graph.nodes[node].value for node in literals), "\n".join(lines) + "\n"


def _initial(system: OdeSystem) -> tuple[tuple[float, ...], str]:
    names = [name for name, _ in system.initial]
    missing = [name for name in (*system.states, *system.constants) if name not in set(names)]
    graph = Graph([*names, *missing])
    roots = graph.add_all(expr for _, expr in system.initial)
    literals = _literals(graph)
    leaves = {node: f"lit[{index}]" for index, node in enumerate(literals)}
    leaves |= {index: f"x{node.index}" for index, node in enumerate(graph.nodes) if node.op == "state"}
    leaves |= {index: "t" for index, node in enumerate(graph.nodes) if node.op == "time"}
    writer = Writer(graph, leaves, arrays=True)
    lines = ["def initial(o, t, lit):"]
    # A symbol without a value comes first: what uses it was refused before, unless it is overridden.
    for index in range(len(names), len(names) + len(missing)):
        lines.append(f"    x{index} = nan if o[{index}] is None else o[{index}]")
    for index, root in enumerate(roots):
        start = len(writer.lines)
        (text,) = writer.write([root])
        lines += [f"    {line}" for line in writer.lines[start:]]
        lines.append(f"    x{index} = {text} if o[{index}] is None else o[{index}]")
    lines.append(f"    return [{', '.join(f'x{index}' for index in range(len(names) + len(missing)))}]")
    return tuple(graph.nodes[node].value for node in literals), "\n".join(lines) + "\n"
