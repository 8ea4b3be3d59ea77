"""The initial chain: how every symbol gets its value when the simulation starts."""

from __future__ import annotations

from collections.abc import Mapping

from redoxsim.equations.ordering import in_order
from redoxsim.equations.simplify import div, mul
from redoxsim.errors import Where
from redoxsim.network.expr import Expr, Number, Symbol, symbols
from redoxsim.network.parts import Compartment, Network, Parameter, Species


def initial_chain(
    network: Network, definitions: Mapping[str, Expr], amounts: frozenset[str]
) -> tuple[tuple[tuple[str, Expr], ...], tuple[str, ...]]:
    """(id, expression) in order of evaluation, and the ids that have no value at all.

    Parameters
    ----------
    definitions : assigned ids and the reaction rates that mathematics refers to.
    amounts : species whose value is an amount.

    Notes
    -----
    An initial assignment beats the value in the file, an assignment rule beats both; an override
    given later beats all but a rule, and what depends on the overridden id follows. A species given
    as the other kind of quantity is converted with the size of its compartment.
    """
    chain: dict[str, Expr] = {}
    empty: list[str] = []
    assignments = {item.target: item.expr for item in network.initial_assignments}
    parts: tuple[Compartment | Parameter | Species, ...] = (
        *network.compartments,
        *network.parameters,
        *network.species,
    )
    for part in parts:
        if part.id in definitions:
            continue
        value = assignments.get(part.id)
        if value is None:
            value = given_value(part, part.id in amounts)
        if value is None:
            empty.append(part.id)
        else:
            chain[part.id] = value
    chain |= dict(definitions.items())
    order = in_order(chain, what="initial values", file=network.source)
    return tuple((name, chain[name]) for name in order), tuple(empty)


def given_value(part: Compartment | Parameter | Species, amount: bool) -> Expr | None:
    """The value a part declares, as its state or constant wants it; None where it declares none."""
    if isinstance(part, Compartment):
        return None if part.size is None else Number(part.size)
    if isinstance(part, Parameter):
        return None if part.value is None else Number(part.value)
    if part.initial_amount is not None:
        value = Number(part.initial_amount)
        return value if amount else div(value, Symbol(part.compartment))
    if part.initial_concentration is not None:
        value = Number(part.initial_concentration)
        return mul((value, Symbol(part.compartment))) if amount else value
    return None


def first_use(name: str, uses: Mapping[str, Expr]) -> str | None:
    """The label of the first expression that refers to ``name``."""
    return next((label for label, expr in uses.items() if name in symbols(expr)), None)


def place(network: Network, name: str) -> Where:
    """Where a symbol is declared."""
    part = network.index().get(name)
    return Where(file=network.source, line=part.line if part else None, element=name)
