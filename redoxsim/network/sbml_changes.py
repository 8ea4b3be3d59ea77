"""The verbs of an SBML model: reactions, rules, initial assignments, events."""

from __future__ import annotations

from typing import Any

import libsbml

from redoxsim.errors import ModelError
from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import Apply, Expr, Number, Symbol, Time, symbols, uses_time
from redoxsim.network.parts import Event, InitialAssignment, Parameter, Participant, Reaction, Rule
from redoxsim.network.reading import Context, line_of, number_or_none, traits


def read_reactions(model: Any, context: Context, taken: set[str]) -> tuple[list[Reaction], list[Parameter]]:
    """Reactions, and their local parameters as global ones named ``<reaction>__<local>``."""
    reactions: list[Reaction] = []
    promoted: list[Parameter] = []
    for reaction in model.getListOfReactions():
        what, line = f"reaction '{reaction.getId()}'", line_of(reaction)
        if reaction.isSetFast() and reaction.getFast():
            context.refuse("is fast, which is not supported", what, line)
        law = reaction.getKineticLaw()
        rate = None
        if law is not None:
            names = local_parameters(reaction, law, taken, promoted, context)
            if law.getMath() is not None:
                rate = context.formula(law.getMath(), what, line_of(law) or line, names=names)
        reactions.append(
            Reaction(
                **traits(reaction),
                reactants=participants(reaction.getListOfReactants(), what, context),
                products=participants(reaction.getListOfProducts(), what, context),
                modifiers=tuple(modifier.getSpecies() for modifier in reaction.getListOfModifiers()),
                rate=rate,
                reversible=reaction.getReversible(),
            )
        )
    return reactions, promoted


def local_parameters(
    reaction: Any, law: Any, taken: set[str], promoted: list[Parameter], context: Context
) -> dict[str, Expr]:
    names: dict[str, Expr] = {}
    for local in law.getListOfLocalParameters() if context.level >= 3 else law.getListOfParameters():
        name = f"{reaction.getId()}__{local.getId()}"
        while name in taken:
            name += "_"
        taken.add(name)
        names[local.getId()] = Symbol(name)
        given = number_or_none(local.isSetValue(), local.getValue)
        promoted.append(Parameter(**{**traits(local), "id": name}, value=given, unit=local.getUnits() or None))
    return names


def participants(references: Any, what: str, context: Context) -> tuple[Participant, ...]:
    return tuple(
        Participant(
            species=reference.getSpecies(),
            stoichiometry=stoichiometry(reference, what, context),
            id=reference.getId() or None,
        )
        for reference in references
    )


def stoichiometry(reference: Any, what: str, context: Context) -> float:
    """The number of a species reference; anything that could vary is refused."""
    line = line_of(reference)
    label = f"{what}, species reference '{reference.getId() or reference.getSpecies()}',"
    math = reference.getStoichiometryMath() if context.level == 2 else None
    if math is not None and math.getMath() is not None:
        expr = context.formula(math.getMath(), label, line)
        if expr is None:
            return 1.0
        if symbols(expr) or uses_time(expr):
            context.refuse("has a variable stoichiometry, which is not supported", label, line)
            return 1.0
        return evaluate(expr, {})
    if reference.getId() in context.varied:
        return 1.0
    if context.level >= 3 and not reference.isSetStoichiometry():
        context.broken("has no stoichiometry", label, line, hint="give it a number; 1 is not assumed")
        return 1.0
    return float(reference.getStoichiometry())


def constant_references(model: Any, context: Context) -> dict[str, Expr]:
    """What the ids of species references mean in formulas. Those that something sets are refused."""
    found: dict[str, Expr] = {}
    lines: dict[str, int | None] = {}
    for reaction in model.getListOfReactions():
        for references in (reaction.getListOfReactants(), reaction.getListOfProducts()):
            for reference in references:
                if reference.getId() and reference.isSetStoichiometry():
                    found[reference.getId()] = Number(float(reference.getStoichiometry()))
                if reference.getId():
                    lines[reference.getId()] = line_of(reference)
    targets = [(item.getSymbol(), item) for item in model.getListOfInitialAssignments()]
    targets += [(item.getVariable(), item) for item in model.getListOfRules()]
    targets += [(item.getVariable(), item) for event in model.getListOfEvents()
                for item in event.getListOfEventAssignments()]  # fmt: skip
    for target, item in targets:
        if target in lines:
            context.varied.add(target)
            context.refuse(
                "is set by a rule, an initial assignment or an event (variable stoichiometry), which is not supported",
                f"species reference '{target}'",
                line_of(item) or lines[target],
            )
    return found


def read_rules(model: Any, context: Context) -> tuple[Rule, ...]:
    found = []
    for rule in model.getListOfRules():
        line = line_of(rule)
        if rule.isAlgebraic():
            context.refuse("is not supported", "an algebraic rule", line)
            continue
        kind = "rate" if rule.isRate() else "assignment"
        if rule.getMath() is None:  # Level 3 Version 2: as if the rule were not there
            continue
        expr = context.formula(rule.getMath(), f"{kind} rule of '{rule.getVariable()}'", line)
        if expr is not None:
            found.append(Rule(kind=kind, target=rule.getVariable(), expr=expr, line=line))
    return tuple(found)


def read_initial_assignments(model: Any, context: Context) -> tuple[InitialAssignment, ...]:
    found = []
    for assignment in model.getListOfInitialAssignments():
        if assignment.getMath() is None:
            continue
        line = line_of(assignment)
        expr = context.formula(assignment.getMath(), f"initial assignment of '{assignment.getSymbol()}'", line)
        if expr is not None:
            found.append(InitialAssignment(target=assignment.getSymbol(), expr=expr, line=line))
    return tuple(found)


ONLY_TIME = "is not supported; only events at a given time are (time >= T or time > T, with T constant)"


def read_events(model: Any, context: Context, values: dict[str, float]) -> tuple[Event, ...]:
    """Events at a time. ``values`` are the constants of the model, to tell whether T is after the start."""
    found = []
    for position, event in enumerate(model.getListOfEvents(), start=1):
        name = event.getId() or f"event_{position}"
        what, line = f"event '{name}'", line_of(event)
        before = len(context.troubles)
        if event.isSetDelay() and event.getDelay().getMath() is not None:
            context.refuse("has a delay, which is not supported", what, line)
        if event.isSetPriority() and event.getPriority().getMath() is not None:
            context.refuse("has a priority, which is not supported", what, line)
        trigger = event.getTrigger()
        if trigger is None or trigger.getMath() is None:
            continue  # Level 3 Version 2: never fires
        condition = context.formula(trigger.getMath(), f"trigger of {what}", line)
        at = firing_time(condition) if condition is not None else None
        if condition is not None and at is None:
            context.refuse(f"has a trigger that {ONLY_TIME}", what, line)
        elif at is not None and not symbols(at[0]) <= values.keys():
            context.refuse(f"has a trigger time that varies, which {ONLY_TIME}", what, line)
        assignments = event_assignments(event, what, context)
        if len(context.troubles) > before or at is None:
            continue
        time, inclusive = at
        try:
            early = evaluate(time, values) <= 0
        except ModelError:
            early = False
        if early and (context.level < 3 or trigger.getInitialValue()):
            context.refuse(
                "is true from the start, so it must not fire until it was false; that is not supported",
                what,
                line,
                hint="set initialValue of the trigger to false if it is meant to fire",
            )
            continue
        found.append(Event(**{**traits(event), "id": name}, time=time, inclusive=inclusive, assignments=assignments))
    return tuple(found)


def event_assignments(event: Any, what: str, context: Context) -> tuple[tuple[str, Expr], ...]:
    found = []
    for assignment in event.getListOfEventAssignments():
        if assignment.getMath() is None:
            continue
        target = assignment.getVariable()
        expr = context.formula(assignment.getMath(), f"{what}, assignment of '{target}',", line_of(assignment))
        if expr is not None:
            found.append((target, expr))
    return tuple(found)


def firing_time(condition: Expr) -> tuple[Expr, bool] | None:
    """``T`` and whether the trigger is true at T itself, for ``time >= T`` and its like; else None."""
    if not isinstance(condition, Apply):
        return None
    if condition.op in ("and", "or") and len(condition.args) == 1:
        return firing_time(condition.args[0])
    if condition.op not in ("ge", "gt", "le", "lt") or len(condition.args) != 2:
        return None
    left, right = condition.args if condition.op in ("ge", "gt") else reversed(condition.args)
    if isinstance(left, Time) and not uses_time(right):
        return right, condition.op in ("ge", "le")
    return None


def constants(model: Any) -> dict[str, float]:
    """Values of parameters and compartments that nothing changes."""
    changed = {rule.getVariable() for rule in model.getListOfRules()}
    changed |= {item.getVariable() for event in model.getListOfEvents() for item in event.getListOfEventAssignments()}
    assigned = {item.getSymbol() for item in model.getListOfInitialAssignments()}
    found = {}
    for part in [*model.getListOfParameters(), *model.getListOfCompartments()]:
        if part.getId() in changed:
            continue
        value = part.getValue() if part.getTypeCode() == libsbml.SBML_PARAMETER else part.getSize()
        # A value from an initial assignment is constant too, but known only when the model starts.
        found[part.getId()] = float("inf") if part.getId() in assigned else value
    return found
