"""Checks of names and roles: undefined, without a value, unused, unchanging, changed twice, doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from redoxsim.errors import nearest
from redoxsim.network.expr import symbols
from redoxsim.network.formula_print import to_infix
from redoxsim.network.issue import Issue
from redoxsim.network.parts import Compartment, Parameter, Species
from redoxsim.network.sbml_parts import is_base_unit
from redoxsim.network.subject import Subject


def duplicate_ids(subject: Subject) -> Iterator[Issue]:
    """RX033: one id for two parts."""
    counts = Counter(part.id for part in subject.network)
    for part in subject.network:
        if counts[part.id] > 1:
            counts[part.id] = 0
            yield subject.issue("RX033", f"the id '{part.id}' is used more than once", element=part.id, line=part.line)


def undefined_names(subject: Subject) -> Iterator[Issue]:
    """RX020: names that the model does not define."""
    network, known = subject.network, subject.network.index()
    seen: set[tuple[str, str]] = set()

    def missing(names: Iterable[str], what: str, line: int | None, among: Iterable[str]) -> Iterator[Issue]:
        among = set(among)
        for name in sorted(set(names)):
            if name not in among and (name, what) not in seen:
                seen.add((name, what))
                message = f"'{name}' is not defined, used in {what}"
                yield subject.issue("RX020", message, element=name, line=line, hint=nearest(name, among))

    for formula in subject.formulas:
        yield from missing(symbols(formula.expr), formula.label, formula.line, known)
    species = {part.id for part in network.species}
    for reaction in network.reactions:
        names = [part.species for part in (*reaction.reactants, *reaction.products)] + list(reaction.modifiers)
        yield from missing(names, f"reaction '{reaction.id}'", reaction.line, species)
    places = {compartment.id for compartment in network.compartments}
    for part in network.species:
        yield from missing([part.compartment], f"species '{part.id}'", part.line, places)
    targets = [(rule.target, f"a {rule.kind} rule", rule.line) for rule in network.rules]
    targets += [(item.target, "an initial assignment", item.line) for item in network.initial_assignments]
    targets += [(target, f"event '{event.id}'", event.line) for event in network.events
                for target, _ in event.assignments]  # fmt: skip
    variables = {part.id for part in subject.variables}
    for target, what, line in targets:
        yield from missing([target], f"{what}, as its target", line, variables)


def undefined_units(subject: Subject) -> Iterator[Issue]:
    """RX020: units that are neither defined nor SBML's own."""
    network = subject.network
    known = {unit.id for unit in network.units}
    found = [(part.unit, part.id, part.line) for part in subject.variables]
    for field in ("substance_unit", "time_unit", "volume_unit", "area_unit", "length_unit", "extent_unit"):
        found.append((getattr(network, field), f"the model ({field.replace('_', ' ')})", None))
    for unit, element, line in found:
        if unit and unit not in known and not is_base_unit(unit):
            message = f"the unit '{unit}' of '{element}' is not defined"
            yield subject.issue("RX020", message, element=element, line=line, hint=nearest(unit, known))


def values_never_set(subject: Subject) -> Iterator[Issue]:
    """RX021: no number, no initial assignment, no rule, though something needs it."""
    network = subject.network
    assigned = {item.target for item in network.initial_assignments} | set(subject.assigned)
    uses: dict[str, str] = {}
    for formula in subject.formulas:
        for name in symbols(formula.expr):
            uses.setdefault(name, formula.label)
    needed_sizes = {
        part.compartment: f"species '{part.id}'"
        for part in network.species
        if not part.only_substance and (part.id in subject.states or part.id in uses)
    }
    for part in subject.variables:
        if has_value(part) or part.id in assigned:
            continue
        use = uses.get(part.id) or needed_sizes.get(part.id)
        if part.id in subject.states:
            use = use or "a differential equation"
        if use is None:
            continue  # unused: RX022 says so
        what = {Parameter: "parameter", Species: "species", Compartment: "compartment"}[type(part)]
        yield subject.issue(
            "RX021", f"{what} '{part.id}' has no value; used in {use}", element=part.id, line=part.line,
            hint="give it a value; it is not taken to be 0",
        )  # fmt: skip


def has_value(part: Parameter | Species | Compartment) -> bool:
    if isinstance(part, Parameter):
        return part.value is not None
    if isinstance(part, Compartment):
        return part.size is not None
    return part.initial_amount is not None or part.initial_concentration is not None


def unused_parameters(subject: Subject) -> Iterator[Issue]:
    """RX022: parameters that no formula uses and nothing computes."""
    used: set[str] = set()
    for formula in subject.formulas:
        used |= symbols(formula.expr)
    # A parameter that a rule or an event computes is something to look at, not something forgotten.
    computed = {rule.target for rule in subject.network.rules}
    computed |= {target for event in subject.network.events for target, _ in event.assignments}
    for part in subject.network.parameters:
        if part.id not in used and part.id not in computed:
            message = f"parameter '{part.id}' is not used"
            yield subject.issue("RX022", message, element=part.id, line=part.line, level="warning", hint="remove it")


def unchanging_species(subject: Subject) -> Iterator[Issue]:
    """RX023: species that could change, but nothing changes them."""
    network = subject.network
    changed = set(subject.states) | set(subject.assigned)
    changed |= {target for event in network.events for target, _ in event.assignments}
    for part in network.species:
        if not part.boundary and not part.constant and part.id not in changed:
            message = f"species '{part.id}' never changes: no reaction, rule or event touches it"
            yield subject.issue(
                "RX023", message, element=part.id, line=part.line, level="warning", hint="declare it a boundary species"
            )


def missing_rates(subject: Subject) -> Iterator[Issue]:
    """RX024: reactions without a rate law."""
    for part in subject.network.reactions:
        if part.rate is None:
            yield subject.issue("RX024", f"reaction '{part.id}' has no rate law", element=part.id, line=part.line)


def conflicting_roles(subject: Subject) -> Iterator[Issue]:
    """RX034 and RX035: constants that change, and values determined twice."""
    network = subject.network
    constant = {part.id for part in subject.variables if part.constant}
    boundary = {part.id for part in network.species if part.boundary}
    touched: dict[str, list[tuple[str, int | None]]] = {}
    for reaction in network.reactions:
        for participant in (*reaction.reactants, *reaction.products):
            touched.setdefault(participant.species, []).append((f"reaction '{reaction.id}'", reaction.line))
    setters: list[tuple[str, str, int | None]] = [
        (rule.target, "a rate rule" if rule.kind == "rate" else "an assignment rule", rule.line)
        for rule in network.rules
    ]
    setters += [(target, f"event '{event.id}'", event.line) for event in network.events
                for target, _ in event.assignments]  # fmt: skip
    by_reaction = [(id_, *places[0]) for id_, places in touched.items() if id_ not in boundary]
    for id_, label, line in [*setters, *by_reaction]:
        if id_ in constant:
            message = f"'{id_}' is declared constant, but {label} changes it"
            yield subject.issue("RX034", message, element=id_, line=line)
    ruled: set[str] = set()
    for rule in network.rules:
        if rule.target in ruled:
            message = f"'{rule.target}' has more than one rule"
            yield subject.issue("RX035", message, element=rule.target, line=rule.line)
        elif rule.target in touched and rule.target not in boundary:
            message = f"'{rule.target}' is changed by its {rule.kind} rule and by {touched[rule.target][0][0]}"
            yield subject.issue("RX035", message, element=rule.target, line=rule.line)
        ruled.add(rule.target)
    assigned = {rule.target for rule in network.rules if rule.kind == "assignment"}
    for item in network.initial_assignments:
        if item.target in assigned:
            message = f"'{item.target}' has an assignment rule and an initial assignment"
            yield subject.issue("RX035", message, element=item.target, line=item.line)


def duplicate_reactions(subject: Subject) -> Iterator[Issue]:
    """RX028: two reactions with the same participants and the same rate law."""
    seen: dict[tuple[object, ...], str] = {}
    for part in subject.network.reactions:
        if part.rate is None:
            continue
        sides = [tuple(sorted((item.species, item.stoichiometry) for item in side))
                 for side in (part.reactants, part.products)]  # fmt: skip
        key = (*sides, to_infix(part.rate))
        if key in seen:
            message = f"reaction '{part.id}' is the same as '{seen[key]}'"
            yield subject.issue("RX028", message, element=part.id, line=part.line, level="warning")
        seen.setdefault(key, part.id)


CHECKS = (
    duplicate_ids,
    undefined_names,
    undefined_units,
    values_never_set,
    unused_parameters,
    unchanging_species,
    missing_rates,
    conflicting_roles,
    duplicate_reactions,
)
