"""A core network from a full one: named parts left out, their symbols replaced by core values.

Modules are written at full level. What belongs to that level only is named in the module's
``model.toml``::

    [core]
    leave_out = ["NOX_superoxide", "O2c"]
    values = { k_relay = 1.0, vH_c = 1.7 }
    cofactors = ["NADH_c"]
    instead = { HMOX1_mRNA = "ARE_mRNA" }

    [core.turnover]
    oxPPP = { G6P = -1, NADP_c = -2, NADPH_c = 2 }

A part of ``leave_out`` is not in the core network; where its symbol is used in what stays, it has its
value of ``values``, or 0. A value of a part that stays is its value at core level. ``cofactors`` are left
out too, and reactions that stay turn them over no longer. A part of ``instead`` is left out for
another symbol of the network. A reaction of ``turnover`` makes (above 0) and uses what is said there, as
where two steps are one at core level.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from redoxsim.errors import ModelError, Where, nearest
from redoxsim.network.edit import remove, set_values
from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import Apply, Expr, Number, Symbol, rebuild, symbols
from redoxsim.network.parts import Network, Parameter, Participant, Reaction, Species


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What a module, or several, leave out at core level, and values at that level."""

    leave_out: tuple[str, ...] = ()
    values: Mapping[str, float] | None = None
    cofactors: tuple[str, ...] = ()
    instead: Mapping[str, str] | None = None
    turnover: Mapping[str, Mapping[str, float]] | None = None


def read_core(folder: Path) -> Core:
    """The table ``[core]`` of a module's ``model.toml``; an empty one where there is none.

    Raises
    ------
    ModelError : a key that is none of ``leave_out``, ``values``, ``cofactors``, ``instead`` and ``turnover``, or one
        that does not hold ids or numbers.
    """
    file = folder / "model.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8")).get("core", {}) if file.is_file() else {}
    here = Where(file=str(file), element="core")
    for key in table:
        if key not in ("leave_out", "values", "cofactors", "instead", "turnover"):
            raise ModelError(
                f"[core] has no '{key}'", where=here, hint="leave_out, values, cofactors, instead or turnover"
            )
    names, values = table.get("leave_out", []), table.get("values", {})
    cofactors, instead = table.get("cofactors", []), table.get("instead", {})
    for key, given in (("leave_out", names), ("cofactors", cofactors), ("instead", list(instead.values()))):
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            raise ModelError(f"{key} in [core] needs a list of ids", where=here)
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ModelError(f"the core value of '{name}' is no number", where=here)
    turnover = table.get("turnover", {})
    for name, counts in turnover.items():
        numbers = counts.values() if isinstance(counts, dict) else (None,)
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in numbers):
            raise ModelError(f"the turnover of '{name}' in [core] needs a number for each species", where=here)
    return Core(
        leave_out=tuple(names),
        values={name: float(value) for name, value in values.items()},
        cofactors=tuple(cofactors),
        instead=instead,
        turnover=turnover,
    )


def merge(tables: Iterable[Core]) -> Core:
    """Several tables as one.

    Raises
    ------
    ModelError : an id has two different values.
    """
    names: dict[str, None] = {}
    values: dict[str, float] = {}
    cofactors: dict[str, None] = {}
    instead: dict[str, str] = {}
    turnover: dict[str, Mapping[str, float]] = {}
    for table in tables:
        names |= dict.fromkeys(table.leave_out)
        cofactors |= dict.fromkeys(table.cofactors)
        instead |= table.instead or {}
        turnover |= table.turnover or {}
        for name, value in (table.values or {}).items():
            if values.setdefault(name, value) != value:
                raise ModelError(f"'{name}' has two core values, {values[name]:g} and {value:g}")
    return Core(leave_out=tuple(names), values=values, cofactors=tuple(cofactors), instead=instead, turnover=turnover)


def core_of(network: Network, core: Core, *, id: str | None = None) -> Network:
    """The network without what ``core`` leaves out.

    Parameters
    ----------
    network : the network at full level.
    core : what to leave out, and values at core level.
    id : id of the core network; that of the full one if not given.

    Raises
    ------
    ModelError : an id that the network has not; a species left out that a reaction which stays turns
        over; a reaction left out that a formula uses; a formula that has no value without the part.
        The part and where it is used are named.
    """
    index, values, instead = network.index(), dict(core.values or {}), dict(core.instead or {})
    left_out = (*core.leave_out, *core.cofactors, *instead)
    turnover = dict(core.turnover or {})
    turned = [part for counts in turnover.values() for part in counts]
    for name in (*left_out, *values, *instead.values(), *turnover, *turned):
        if name not in index:
            raise ModelError(f"core level names '{name}', which the network does not have",
                             where=Where(element=name), hint=nearest(name, index))  # fmt: skip
    gone = set(left_out)
    network = replace(network, reactions=tuple(_turning(one, turnover.get(one.id)) for one in network.reactions))
    stays = replace(remove(network, *left_out), id=id or network.id)
    reactions = tuple(
        replace(
            one,
            reactants=tuple(part for part in one.reactants if part.species not in core.cofactors),
            products=tuple(part for part in one.products if part.species not in core.cofactors),
        )
        for one in stays.reactions
    )
    stays = replace(stays, reactions=reactions, source=None)
    for reaction in stays.reactions:
        for part in (*reaction.reactants, *reaction.products):
            if part.species in gone:
                raise ModelError(
                    f"core level leaves out '{part.species}', but reaction '{reaction.id}' turns it over",
                    where=Where(element=part.species), hint=f"leave '{reaction.id}' out too",
                )  # fmt: skip
    swaps: dict[str, Expr] = {}
    for name in left_out:
        item = index[name]
        if name in instead:
            swaps[name] = Symbol(instead[name])
        elif isinstance(item, Parameter | Species):
            swaps[name] = Number(values.get(name, 0.0), _unit(item))

    def swapped(expr: Expr, where: str) -> Expr:
        if not (used := symbols(expr) & gone):
            return expr
        for name in used:
            if name not in swaps:
                raise ModelError(f"core level leaves out '{name}', which {where} uses", where=Where(element=name))
        found = rebuild(expr, lambda node: fold(swaps.get(node.id, node) if isinstance(node, Symbol) else node))
        if isinstance(found, Number) and not math.isfinite(found.value):
            raise ModelError(f"without {', '.join(sorted(used))} {where} has no value", where=Where(element=where))
        return found

    stays = replace(
        stays,
        reactions=tuple(
            replace(
                one,
                rate=None if one.rate is None else swapped(one.rate, f"reaction '{one.id}'"),
                modifiers=tuple(name for name in one.modifiers if name not in gone),
            )
            for one in stays.reactions
        ),
        rules=tuple(replace(one, expr=swapped(one.expr, f"the rule of '{one.target}'")) for one in stays.rules),
        initial_assignments=tuple(
            replace(one, expr=swapped(one.expr, f"the start of '{one.target}'")) for one in stays.initial_assignments
        ),
        source=None,
    )
    return set_values(stays, {name: value for name, value in values.items() if name not in gone})


def _turning(reaction: Reaction, counts: Mapping[str, float] | None) -> Reaction:
    """The reaction with these species made (above 0) and used, or as it is where nothing is said."""
    if counts is None:
        return reaction
    return replace(
        reaction,
        reactants=tuple(Participant(species=name, stoichiometry=-count) for name, count in counts.items() if count < 0),
        products=tuple(Participant(species=name, stoichiometry=count) for name, count in counts.items() if count > 0),
    )


def _unit(item: Parameter | Species) -> str | None:
    return item.unit if isinstance(item, Parameter) else None


def fold(node: Expr) -> Expr:
    """One node without neutral elements: x + 0, x*1, x*0, x/1, 0/x, x^1, x^0, 1^x, -0; numbers alone are computed."""
    if not isinstance(node, Apply):
        return node
    args = node.args
    if node.op == "add":
        return _few("add", tuple(arg for arg in args if not _equal(arg, 0.0)), 0.0)
    if node.op == "mul":
        if any(_equal(arg, 0.0) for arg in args):
            return Number(0.0)
        return _few("mul", tuple(arg for arg in args if not _equal(arg, 1.0)), 1.0)
    if node.op == "neg" and _equal(args[0], 0.0):
        return Number(0.0)
    if node.op == "sub":
        if _equal(args[1], 0.0):
            return args[0]
        return fold(Apply("neg", args[1:])) if _equal(args[0], 0.0) else node
    if node.op == "div":
        if _equal(args[1], 1.0):
            return args[0]
        if _equal(args[0], 0.0) and not _equal(args[1], 0.0):
            return Number(0.0)
    if node.op == "pow":
        if _equal(args[1], 1.0):
            return args[0]
        if _equal(args[1], 0.0) or _equal(args[0], 1.0):
            return Number(1.0)
    if args and all(isinstance(arg, Number) for arg in args):
        return Number(evaluate(node, {}))
    return node


def _few(op: str, args: tuple[Expr, ...], neutral: float) -> Expr:
    if len(args) > 1:
        return Apply(op, args)
    return args[0] if args else Number(neutral)


def _equal(node: Expr, value: float) -> bool:
    return isinstance(node, Number) and node.value == value
