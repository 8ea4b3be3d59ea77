"""Checks of formulas: rings, values that are not finite, zero denominators, what breaks below zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import Apply, Expr, Number, Symbol, Time, symbols, walk
from redoxsim.network.formula_parse import shorten
from redoxsim.network.formula_print import to_infix
from redoxsim.network.issue import Issue
from redoxsim.network.subject import Subject


def rings(subject: Subject) -> Iterator[Issue]:
    """RX031 and RX032: definitions that need each other."""
    rules = {id_: symbols(expr) & subject.assigned.keys() for id_, expr in subject.assigned.items()}
    starts = {item.target: symbols(item.expr) for item in subject.network.initial_assignments}
    lines = {item.target: item.line for item in subject.network.initial_assignments}
    lines |= {rule.target: rule.line for rule in subject.network.rules}
    in_rules = find_ring(rules)
    if in_rules:
        message = f"assignment rules refer to each other in a ring: {' -> '.join([*in_rules, in_rules[0]])}"
        yield subject.issue("RX032", message, element=in_rules[0], line=lines.get(in_rules[0]))
        return
    both = {id_: needs & (starts.keys() | rules.keys()) for id_, needs in {**starts, **rules}.items()}
    ring = find_ring(both)
    if ring:
        message = f"initial assignments refer to each other in a ring: {' -> '.join([*ring, ring[0]])}"
        yield subject.issue("RX031", message, element=ring[0], line=lines.get(ring[0]))


def find_ring(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Ids of one ring, or nothing."""
    state: dict[str, int] = {}
    for root in needs:
        if root in state:
            continue
        trail: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(root, iter(sorted(needs[root])))]
        state[root] = 1
        trail.append(root)
        while stack:
            id_, rest = stack[-1]
            for name in rest:
                if state.get(name) == 1:
                    return trail[trail.index(name) :]
                if name in needs and name not in state:
                    state[name] = 1
                    trail.append(name)
                    stack.append((name, iter(sorted(needs[name]))))
                    break
            else:
                state[id_] = 2
                trail.pop()
                stack.pop()
    return []


def not_finite(subject: Subject) -> Iterator[Issue]:
    """RX027: formulas that are nan or infinite at the initial values."""
    values = subject.initial
    for formula in subject.formulas:
        names = symbols(formula.expr)
        if formula.kind == "event" or not names <= values.keys():
            continue
        if not all(math.isfinite(values[name]) for name in names):
            continue  # the fault is where that value comes from
        value = evaluate(formula.expr, values)
        if not math.isfinite(value):
            message = f"{formula.label} is {value} at the initial values: {described(formula.expr, values)}"
            yield subject.issue("RX027", message, element=formula.element, line=formula.line)


def described(expr: Expr, values: Mapping[str, float]) -> str:
    named = ", ".join(f"{name} = {values[name]:.6g}" for name in sorted(symbols(expr))[:8])
    return f"{shorten(to_infix(expr))}" + (f" with {named}" if named else "")


def zero_denominators(subject: Subject) -> Iterator[Issue]:
    """RX026: denominators that are zero at the start, or when one species is used up."""
    for formula in subject.formulas:
        if formula.kind == "event":
            continue
        done: set[Expr] = set()
        for part in unguarded(formula.expr):
            below = denominator(part, subject)
            if below is None or below in done or isinstance(below, Number):
                continue
            done.add(below)
            reason = vanishing(below, subject)
            if reason:
                message = f"{formula.label} divides by {shorten(to_infix(below))}, which is zero {reason}"
                yield subject.issue("RX026", message, element=formula.element, line=formula.line,
                                    level=subject.level(formula))  # fmt: skip


def denominator(node: Expr, subject: Subject) -> Expr | None:
    if not isinstance(node, Apply):
        return None
    if node.op == "div":
        return node.args[1]
    exponent = number_of(node.args[1], subject) if node.op == "pow" else None
    return node.args[0] if exponent is not None and exponent < 0 else None


def vanishing(expr: Expr, subject: Subject) -> str | None:
    """When the expression is zero, in words; None where it is not in the cases looked at."""
    initial = subject.initial
    if not symbols(expr) <= initial.keys():
        return None
    if evaluate(expr, initial) == 0:
        return "at the initial values"
    species = {part.id for part in subject.network.species} & subject.states
    direct = symbols(expr)
    for name in sorted(direct & species):
        if evaluate(expr, {**initial, name: 0.0}) == 0:
            return f"when {name} is zero"
    for name in sorted(behind(direct, subject) & species - direct):
        if evaluate(expr, subject.settle({name: 0.0})) == 0:
            return f"when {name} is zero"
    return None


def behind(names: Iterable[str], subject: Subject) -> set[str]:
    """Names that assigned values among ``names`` are computed from."""
    found: set[str] = set()
    todo = [name for name in names if name in subject.assigned]
    while todo:
        for name in symbols(subject.assigned[todo.pop()]) - found:
            found.add(name)
            if name in subject.assigned:
                todo.append(name)
    return found


def unguarded(expr: Expr) -> Iterator[Expr]:
    """Nodes outside piecewise: inside, a condition may keep the bad value away."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Apply) and node.op != "piecewise":
            stack.extend(reversed(node.args))


def below_zero(subject: Subject) -> Iterator[Issue]:
    """RX025: roots, logarithms and broken powers of what can fall below zero."""
    for formula in subject.formulas:
        if formula.kind in ("event", "initial assignment"):
            continue
        done: set[Expr] = set()
        for node in unguarded(formula.expr):
            inner = needs_positive(node, subject)
            if inner is None or inner in done or at_least_zero(inner, subject):
                continue
            done.add(inner)
            message = f"{formula.label} is not a number when {shorten(to_infix(inner))} falls below zero: " + shorten(
                to_infix(node)
            )
            yield subject.issue(
                "RX025", message, element=formula.element, line=formula.line, level=subject.level(formula),
                hint="guard it, as in max(x, 0)",
            )  # fmt: skip


def needs_positive(node: Expr, subject: Subject) -> Expr | None:
    """The argument that must not be negative, if the node has one."""
    if not isinstance(node, Apply):
        return None
    if node.op in ("sqrt", "ln", "factorial"):
        return node.args[0]
    if node.op in ("log", "root"):
        degree = number_of(node.args[0], subject)
        odd = node.op == "root" and degree == 1
        return None if odd else node.args[1]
    if node.op == "pow":
        exponent = number_of(node.args[1], subject)
        whole = exponent is not None and math.isfinite(exponent) and exponent == int(exponent)
        return None if whole else node.args[0]
    return None


def number_of(expr: Expr, subject: Subject) -> float | None:
    """The value of an expression that does not change in time, or None."""
    names = symbols(expr)
    moving = subject.states | subject.assigned.keys()
    if names & moving or any(isinstance(node, Time) for node in walk(expr)) or not names <= subject.initial.keys():
        return None
    return evaluate(expr, subject.initial)


def at_least_zero(expr: Expr, subject: Subject, *, depth: int = 0) -> bool:
    """Whether the value can be shown not to fall below zero when states do."""
    constant = number_of(expr, subject)
    if constant is not None:
        return constant >= 0
    if isinstance(expr, Time):
        return True
    if isinstance(expr, Symbol):
        rule = subject.assigned.get(expr.id)
        return rule is not None and depth < 20 and at_least_zero(rule, subject, depth=depth + 1)
    if not isinstance(expr, Apply):
        return False
    op, args = expr.op, expr.args

    def all_of(parts: Iterable[Expr]) -> bool:
        return all(at_least_zero(part, subject, depth=depth) for part in parts)

    if op in ("exp", "abs", "cosh", "sqrt"):
        return True
    if op in ("add", "mul", "div", "min", "quotient"):
        if op == "mul" and len(args) == 2 and args[0] == args[1]:
            return True
        return all_of(args)
    if op == "max":
        return any(at_least_zero(arg, subject, depth=depth) for arg in args)
    if op == "pow":
        exponent = number_of(args[1], subject)
        return (exponent is not None and exponent % 2 == 0) or at_least_zero(args[0], subject, depth=depth)
    if op == "piecewise":
        return all_of(args[0::2])
    return False


CHECKS = (rings, not_finite, zero_denominators, below_zero)
