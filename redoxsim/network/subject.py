"""What the checks look at: a network with its formulas and initial values laid out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import Apply, Expr, Number, Symbol, symbols
from redoxsim.network.issue import Issue
from redoxsim.network.parts import Compartment, Network, Parameter, Species


@dataclass(frozen=True, slots=True)
class Formula:
    """One expression of the model: what it belongs to, in words, and where it stands."""

    expr: Expr
    label: str
    element: str
    line: int | None
    kind: str  # "rate", "assignment rule", "rate rule", "initial assignment", "event"


@dataclass(frozen=True)
class Subject:
    """A network under check."""

    network: Network
    file: str | None = None

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        return tuple(self._formulas())

    def _formulas(self) -> Iterator[Formula]:
        network = self.network
        for part in network.reactions:
            if part.rate is not None:
                yield Formula(part.rate, f"reaction '{part.id}'", part.id, part.line, "rate")
        for rule in network.rules:
            label = f"the {rule.kind} rule of '{rule.target}'"
            yield Formula(rule.expr, label, rule.target, rule.line, f"{rule.kind} rule")
        for item in network.initial_assignments:
            label = f"the initial assignment of '{item.target}'"
            yield Formula(item.expr, label, item.target, item.line, "initial assignment")
        for event in network.events:
            yield Formula(event.time, f"the time of event '{event.id}'", event.id, event.line, "event")
            for target, expr in event.assignments:
                yield Formula(expr, f"event '{event.id}', assignment of '{target}'", event.id, event.line, "event")

    @cached_property
    def assigned(self) -> dict[str, Expr]:
        """Expressions that always hold: assignment rules, and reaction rates (a reaction's id is its rate)."""
        found = {rule.target: rule.expr for rule in self.network.rules if rule.kind == "assignment"}
        return found | {part.id: part.rate for part in self.network.reactions if part.rate is not None}

    @cached_property
    def changed_by_reactions(self) -> frozenset[str]:
        touched = {
            part.species for reaction in self.network.reactions for part in (*reaction.reactants, *reaction.products)
        }
        fixed = {part.id for part in self.network.species if part.boundary or part.constant}
        return frozenset(touched - fixed)

    @cached_property
    def states(self) -> frozenset[str]:
        """Ids that obey a differential equation."""
        return self.changed_by_reactions | {rule.target for rule in self.network.rules if rule.kind == "rate"}

    @cached_property
    def variables(self) -> tuple[Compartment | Parameter | Species, ...]:
        """Everything that has a value: compartments, parameters, species."""
        return (*self.network.compartments, *self.network.parameters, *self.network.species)

    @cached_property
    def dynamics(self) -> frozenset[str]:
        """Ids that reaction rates and rate rules are computed from, through assignment rules."""
        found: set[str] = set()
        todo = [formula.expr for formula in self.formulas if formula.kind in ("rate", "rate rule")]
        while todo:
            for name in symbols(todo.pop()) - found:
                found.add(name)
                if name in self.assigned:
                    todo.append(self.assigned[name])
        return frozenset(found)

    def level(self, formula: Formula) -> str:
        """ "warning" where the formula takes part in the dynamics, "info" where it is only read out."""
        readout = formula.kind == "assignment rule" and formula.element not in self.dynamics
        return "info" if readout else "warning"

    @cached_property
    def given(self) -> dict[str, float]:
        """Values that the file gives as numbers of the kind that the symbol means."""
        found = {part.id: part.size for part in self.network.compartments}
        found |= {part.id: part.value for part in self.network.parameters}
        found |= {
            part.id: part.initial_amount if part.only_substance else part.initial_concentration
            for part in self.network.species
        }
        return {id_: value for id_, value in found.items() if value is not None}

    @cached_property
    def converted(self) -> dict[str, Expr]:
        """Species given as the other kind of quantity; the size of the compartment may itself be computed."""
        found: dict[str, Expr] = {}
        for part in self.network.species:
            value = part.initial_concentration if part.only_substance else part.initial_amount
            if value is not None and part.id not in self.given:
                op = "mul" if part.only_substance else "div"
                found[part.id] = Apply(op, (Number(value), Symbol(part.compartment)))
        return found

    @cached_property
    def initial(self) -> dict[str, float]:
        """Every value at time 0 that can be computed; ids in a ring or without a value are missing."""
        return self.settle({})

    def settle(self, overrides: Mapping[str, float]) -> dict[str, float]:
        """Values at time 0 with some replaced; what depends on them follows, rules but not initial assignments."""
        todo = dict(self.assigned)
        if not overrides:
            starts = {item.target: item.expr for item in self.network.initial_assignments}
            todo = self.converted | starts | todo
        base = self.given if not overrides else self.initial | dict(overrides)
        values = {id_: value for id_, value in base.items() if id_ not in todo}
        waiting = {id_: {name for name in symbols(expr) if name in todo} for id_, expr in todo.items()}
        users: dict[str, list[str]] = {}
        for id_, needs in waiting.items():
            for name in needs:
                users.setdefault(name, []).append(id_)
        ready = [id_ for id_, needs in waiting.items() if not needs]
        while ready:
            id_ = ready.pop()
            if symbols(todo[id_]) <= values.keys():
                values[id_] = evaluate(todo[id_], values)
            for user in users.get(id_, ()):
                waiting[user].discard(id_)
                if not waiting[user]:
                    ready.append(user)
        return values

    def line(self, id_: str) -> int | None:
        """The line that a part stands in, where it is known."""
        part = self.network.index().get(id_)
        return part.line if part is not None else None

    def issue(
        self, code: str, message: str, *, element: str | None, line: int | None = None, level: str = "error",
        hint: str | None = None,
    ) -> Issue:  # fmt: skip
        return Issue(level, code, element, line, message, hint)
