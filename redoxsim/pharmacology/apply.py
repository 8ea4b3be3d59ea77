"""Agents, cell profiles and schedules applied to a Network: each gives a new Network or plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from redoxsim import catalog, units
from redoxsim.errors import DesignError, Unsupported, Where, nearest
from redoxsim.network import parse
from redoxsim.network.edit import add_to_rule, extend, replace_part, scale_rate, scale_rule, set_values
from redoxsim.network.expr import Expr, symbols
from redoxsim.network.parts import Network, Parameter, Participant, Reaction, Rule, Species, UnitDefinition
from redoxsim.pharmacology.agent import Agent, AgentReaction, load_agent
from redoxsim.pharmacology.cell import Cell
from redoxsim.pharmacology.dosing import Dosing, Schedule, unknown_target
from redoxsim.pharmacology.model_units import definition, time_scale, to_model

MEDIUM = "medium"


def apply_agent(network: Network, agent: Agent) -> Network:
    """The network with the agent's species, constants and reactions, and its factors on rates.

    Raises
    ------
    Unsupported : the model lacks a species, reaction, compartment or symbol that the agent acts on.
    ModelError : an id of the agent is already taken in the model.
    """
    _require(network, agent)
    added: dict[str, UnitDefinition] = {}

    def unit(text: str | None) -> str | None:
        if text is None:
            return None
        id_, new = definition(network, text)
        if new is not None:
            added[id_] = new
        return id_

    parameters = [
        Parameter(id=one.id, name=one.name or f"{agent.name}: {one.id}", value=one.value, unit=unit(one.unit))
        for one in agent.parameters
    ]
    parameters += [
        Parameter(id=one.target, name=one.name, unit=unit(one.unit), constant=False)
        for one in agent.rules
        if one.target not in network.index()
    ]
    species = [
        Species(
            id=one.id,
            name=one.name,
            compartment=one.compartment,
            initial_concentration=one.initial,
            sbo=one.sbo,
            boundary=one.boundary,
            only_substance=one.only_substance,
            unit=unit(one.unit),
            formula=one.formula,
            annotations=one.annotations,
        )
        for one in agent.species
    ]
    known = {part.id for part in (*network.species, *species)}
    changed = extend(
        network,
        units=added.values(),
        species=species,
        parameters=parameters,
        reactions=[_reaction(one, known) for one in agent.reactions],
        rules=[Rule(kind="assignment", target=one.target, expr=parse(one.expr)) for one in agent.rules],
    )
    for factor in agent.factors:
        if factor.reaction is None:
            changed = scale_rule(changed, factor.place, factor.expr)
            continue
        changed = scale_rate(changed, factor.reaction, factor.expr)
        changed = _with_modifiers(changed, factor.reaction, factor.expr)
    for term in agent.terms:
        changed = add_to_rule(changed, term.rule, term.expr)
    return changed


def _reaction(one: AgentReaction, known: set[str]) -> Reaction:
    sides = {name for name, _ in (*one.reactants, *one.products)}
    used = sorted((symbols(one.expr) & known) | set(one.modifiers))
    return Reaction(
        id=one.id,
        name=one.name,
        sbo=one.sbo,
        reactants=tuple(Participant(species=name, stoichiometry=count) for name, count in one.reactants),
        products=tuple(Participant(species=name, stoichiometry=count) for name, count in one.products),
        modifiers=tuple(name for name in used if name not in sides),
        rate=one.expr,
        reversible=False,
    )


def _with_modifiers(network: Network, id_: str, factor: Expr) -> Network:
    reaction = next(part for part in network.reactions if part.id == id_)
    present = {part.species for part in (*reaction.reactants, *reaction.products)} | set(reaction.modifiers)
    new = sorted((symbols(factor) & {part.id for part in network.species}) - present)
    if not new:
        return network
    return replace_part(network, "reactions", replace(reaction, modifiers=(*reaction.modifiers, *new)))


def _require(network: Network, agent: Agent) -> None:
    if agent.unsupported:
        raise Unsupported(
            f"agent '{agent.id}' cannot be simulated: {agent.unsupported}",
            where=Where(file=agent.file, element=agent.id),
        )
    index = network.index()
    own = set(agent.own_ids)
    wanted: dict[str, str] = {}

    def need(name: str, why: str) -> None:
        if name not in own and name not in index:
            wanted.setdefault(name, why)

    need(agent.dose_species, "its dose goes there")
    for species in agent.species:
        need(species.compartment, f"{species.id} lives there")
    for reaction in agent.reactions:
        for name, _ in (*reaction.reactants, *reaction.products):
            need(name, f"in reaction {reaction.id}")
        for name in sorted(symbols(reaction.expr) | set(reaction.modifiers)):
            need(name, f"in the rate of {reaction.id}")
    for factor in agent.factors:
        need(factor.place, "a rate it acts on")
        for name in sorted(symbols(factor.expr)):
            need(name, f"in the factor on {factor.place}")
    for term in agent.terms:
        need(term.rule, "a rule it adds to")
        for name in sorted(symbols(term.expr)):
            need(name, f"in what it adds to {term.rule}")
    for rule in agent.rules:
        for name in sorted(symbols(parse(rule.expr))):
            need(name, f"in the rule of {rule.target}")
    if wanted:
        text = ", ".join(f"'{name}' ({why})" for name, why in wanted.items())
        raise Unsupported(
            f"agent '{agent.id}' needs {text}, which model '{network.id}' does not have",
            where=Where(file=agent.file, element=agent.id),
            hint=nearest(next(iter(wanted)), index) or "the integrated model 'redox' has what the shipped agents need",
        )


def apply_cell(network: Network, cell: Cell) -> Network:
    """The network with the cell's values.

    Raises
    ------
    Unsupported : the model lacks something that the cell sets.
    """
    require_cell(network, cell)
    return set_values(network, cell.overrides)


def require_cell(network: Network, cell: Cell) -> None:
    """Refuse a cell that sets or varies what the model does not have."""
    index = network.index()
    missing = [name for name in (*cell.values, *cell.population.cv) if name not in index]
    if missing:
        names = ", ".join(f"'{name}'" for name in dict.fromkeys(missing))
        raise Unsupported(
            f"cell '{cell.id}' sets {names}, which model '{network.id}' does not have",
            where=Where(file=cell.file, element=missing[0]),
            hint=nearest(missing[0], index),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One dose in model units: what a solver's schedule is made from."""

    time: float
    target: str
    action: str
    amount: float = 0.0
    until: float | None = None


def load_agents(
    network: Network, names: Iterable[str], *, known: Mapping[str, Agent] | None = None
) -> dict[str, Agent]:
    """The agents among ids that are dosed; an id that is a species of the model is no agent.

    Parameters
    ----------
    known : agents given in place of shipped ones, by id.

    Raises
    ------
    DesignError : an id that is neither an agent nor a species.
    """
    given, found = dict(known or {}), dict[str, Agent]()
    shipped = catalog.agents()
    ids = {part.id for part in network.species}
    for name in dict.fromkeys(names):
        if name in given:
            found[name] = given[name]
        elif name in shipped:
            found[name] = load_agent(name)
        elif name not in ids:
            raise unknown_target(name, (*given, *shipped), ids)
    return found


def rows(network: Network, schedule: Schedule, agents: Mapping[str, Agent]) -> tuple[Row, ...]:
    """The schedule in model units, for a network that the agents have been applied to.

    Raises
    ------
    UnitError : an amount without a unit or of the wrong kind.
    DesignError : a target that is neither agent nor species, or a wash of a model without a medium.
    """
    return tuple(_row(network, one, agents) for one in schedule.doses)


def _row(network: Network, one: Dosing, agents: Mapping[str, Agent]) -> Row:
    second = 1 / time_scale(network)
    time = units.times(one.time, second)
    until = None if one.until is None else units.times(one.until, second)
    if one.action == "wash":
        if all(part.id != MEDIUM for part in network.compartments):
            raise DesignError(f"'{one}': model '{network.id}' has no compartment '{MEDIUM}' to exchange")
        return Row(time=time, target=MEDIUM, action="wash")
    agent = agents.get(one.target)
    target = agent.dose_species if agent else one.target
    if agent is None and all(part.id != target for part in network.species):
        raise unknown_target(one.target, agents, (part.id for part in network.species))
    assert one.amount is not None
    given = one.amount if agent is None else agent.in_moles(one.amount)
    usual = agent.dose_unit if agent else None
    amount = to_model(network, target, given, per_time=one.action == "infuse", usual=usual, called=one.target)
    return Row(time=time, target=target, action=one.action, amount=amount, until=until)
