"""A Network as Antimony text. Needs no library; what Antimony has no words for is refused."""

from __future__ import annotations

import itertools
from dataclasses import replace

from redoxsim.errors import Unsupported, Where
from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import OPERATORS, Apply, Expr, Number, rebuild
from redoxsim.network.formula_parse import ALIASES
from redoxsim.network.formula_print import number_text, to_infix
from redoxsim.network.parts import Element, Network, Participant, Reaction, Species, Unit, UnitDefinition

WORDS = """model module function end import const var species substanceOnly compartment formula DNA gene operator
    reaction event has in is at after delete unit maximize minimize constraint time avogadro pi exponentiale
    infinity inf nan notanumber true false delay rateOf log10 sqr substance volume area length extent time_unit
    ext gamma normal uniform poisson exponential binomial bernoulli cauchy chisquare laplace lognormal rayleigh"""
OURS = {"add", "sub", "neg", "mul", "div", "ne", "le", "ge", "mod"}  # names of operators here, free in Antimony
KEYWORDS = frozenset(WORDS.split()) | ((frozenset(OPERATORS) | frozenset(ALIASES)) - OURS)
EMPTY: dict[str, Expr] = {
    "add": Number(0.0), "mul": Number(1.0), "and": Apply("true", ()), "or": Apply("false", ()),
}  # fmt: skip
COMPARISONS = {"eq", "lt", "le", "gt", "ge"}
MODEL_UNITS = (
    ("substance", "substance_unit"), ("volume", "volume_unit"), ("area", "area_unit"), ("length", "length_unit"),
    ("time_unit", "time_unit"), ("extent", "extent_unit"),
)  # fmt: skip


def infix(expr: Expr) -> str:
    return to_infix(rebuild(expr, plain))


def plain(node: Expr) -> Expr:
    """The node in forms that Antimony's formulas have."""
    if not isinstance(node, Apply):
        return replace(node, unit=unit_name(node.unit)) if isinstance(node, Number) and node.unit else node
    if node.op in EMPTY and len(node.args) < 2:
        return node.args[0] if node.args else EMPTY[node.op]
    if node.op == "div" and all(isinstance(arg, Number) and not arg.unit for arg in node.args):
        return Number(evaluate(node, {}))  # libAntimony takes 2/4 for a fraction, which it then refuses
    if node.op in COMPARISONS and len(node.args) > 2:
        return Apply("and", tuple(Apply(node.op, pair) for pair in itertools.pairwise(node.args)))
    return node


def unit_name(unit: str) -> str:
    """A unit's id, changed where it is a word of Antimony (Level 2 has a unit called time)."""
    return f"{unit}_" if unit in KEYWORDS - words() else unit


def to_antimony(network: Network) -> str:
    """Antimony text of a network, in sections.

    Raises
    ------
    Unsupported : a compartment that is not three-dimensional, a unit with a broken exponent, an id that is
        an Antimony word, a reaction without a rate law for which the text would mean something else.
    """
    refuse_words(network)
    sections = [
        ("Units", [unit_text(unit) for unit in network.units if unit.id not in words()] + model_units(network)),
        ("Compartments", [line for part in network.compartments for line in compartment_lines(part, network)]),
        ("Species", [line for part in network.species for line in species_lines(part, network)]),
        ("Parameters", [line for part in network.parameters for line in parameter_lines(part, network)]),
        ("Initial assignments", [f"{item.target} = {infix(item.expr)};" for item in network.initial_assignments]),
        ("Rules", [f"{rule.target}{' :' if rule.kind == 'assignment' else chr(39) + ' '}= {infix(rule.expr)};"
                   for rule in network.rules]),
        ("Reactions", [line for part in network.reactions for line in reaction_lines(part)]),
        ("Events", [event_text(part.id, part.time, part.inclusive, part.assignments) for part in network.events]),
        ("Names", [f"{part.id} is {quoted(part.name)};" for part in network if part.name]),
        ("Terms", [f"{part.id}.sboTerm = {int(part.sbo.split(':')[-1])};" for part in network if part.sbo]),
        ("Annotations", [line for part in network for line in annotation_lines(part.id, part.annotations)]),
    ]  # fmt: skip
    name = network.id if network.id not in KEYWORDS else f"{network.id}_"
    found = [f"model {name}"]
    for title, body in sections:
        if body:
            found += ["", f"  // {title}", *(f"  {line}" for line in body)]
    found += ["end", ""]
    if network.name:
        found += [f"{name} is {quoted(network.name)}", ""]
    return "\n".join(found)


def words() -> frozenset[str]:
    """Unit ids that Antimony gives a meaning of their own."""
    return frozenset(word for word, _ in MODEL_UNITS)


def refuse_words(network: Network) -> None:
    for part in network:
        if part.id in KEYWORDS:
            raise Unsupported(f"the id '{part.id}' is a word of Antimony, so the model cannot be written as Antimony",
                              where=Where(line=part.line, element=part.id), hint="use --format sbml")  # fmt: skip
    for compartment in network.compartments:
        if compartment.dimensions != 3:
            raise Unsupported(
                f"compartment '{compartment.id}' has {compartment.dimensions:g} dimensions, which Antimony cannot say",
                where=Where(line=compartment.line, element=compartment.id),
                hint="use --format sbml",
            )

    for reaction in network.reactions:
        if any(part.stoichiometry < 0 for part in (*reaction.reactants, *reaction.products)):
            raise Unsupported(
                f"reaction '{reaction.id}' has a negative stoichiometry, which Antimony cannot say",
                where=Where(line=reaction.line, element=reaction.id),
                hint="use --format sbml",
            )


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', "'").replace("\n", " ") + '"'


def factor_text(unit: Unit, exponent: float) -> str:
    scale = unit.multiplier * 10.0**unit.scale if unit.multiplier != 1 else float(f"1e{unit.scale}")
    base = unit.kind if scale == 1 else f"({number_text(scale)} {unit.kind})"
    return base if exponent == 1 else f"{base}^{number_text(exponent)}"


def unit_text(definition: UnitDefinition, name: str | None = None) -> str:
    for unit in definition.units:
        if unit.exponent != int(unit.exponent):
            raise Unsupported(
                f"unit '{definition.id}' has the exponent {unit.exponent:g}, which Antimony cannot say",
                where=Where(line=definition.line, element=definition.id),
                hint="use --format sbml",
            )
    above = [factor_text(unit, unit.exponent) for unit in definition.units if unit.exponent > 0]
    below = [factor_text(unit, -unit.exponent) for unit in definition.units if unit.exponent < 0]
    text = " * ".join(above) or ("1" if below else "dimensionless")
    if below:
        text += " / " + (below[0] if len(below) == 1 else f"({' * '.join(below)})")
    return f"unit {name or unit_name(definition.id)} = {text};"


def model_units(network: Network) -> list[str]:
    found = []
    for word, field in MODEL_UNITS:
        unit = getattr(network, field)
        if unit is None:
            continue
        same = next((definition for definition in network.units if definition.id == unit), None)
        if unit in words() and same is not None:  # the definition has the word's own name
            found.append(unit_text(same, word))
        else:
            found.append(f"unit {word} = {unit_name(unit)};")
    return found


def compartment_lines(part: Element, network: Network) -> list[str]:
    size, unit, constant = part.size, part.unit, part.constant  # type: ignore[attr-defined]
    start = "" if size is None or assigned(part.id, network) else f" = {number_text(size)}"
    found = [f"compartment {part.id}{start};"]
    found += [f"{part.id} has {unit_name(unit)};"] if unit else []
    return found + ([] if constant or ruled(part.id, network) else [f"var {part.id};"])


def species_lines(part: Species, network: Network) -> list[str]:
    kind = "substanceOnly species" if part.only_substance else "species"
    found = [f"{kind} {'$' if part.boundary else ''}{part.id} in {part.compartment};"]
    if not assigned(part.id, network):
        if part.initial_concentration is not None:
            found.append(f"{part.id} = {number_text(part.initial_concentration)}"
                         f"{f' * {part.compartment}' if part.only_substance else ''};")  # fmt: skip
        elif part.initial_amount is not None:
            share = "" if part.only_substance else f" / {part.compartment}"
            found.append(f"{part.id} = {number_text(part.initial_amount)}{share};")
    if part.unit:
        found.append(f"{part.id} has {unit_name(part.unit)};")
    return found + ([f"const {part.id};"] if part.constant else [])


def parameter_lines(part: Element, network: Network) -> list[str]:
    value, unit, constant = part.value, part.unit, part.constant  # type: ignore[attr-defined]
    found = []
    if value is not None and not assigned(part.id, network):
        found.append(f"{part.id} = {number_text(value)};")
    found += [f"{part.id} has {unit_name(unit)};"] if unit else []
    if not constant and not ruled(part.id, network):
        found.append(f"var {part.id};")
    if not found and not assigned(part.id, network) and not ruled(part.id, network):
        found.append(f"const {part.id};")  # a parameter without a value still has to be named
    return found


def assigned(id_: str, network: Network) -> bool:
    return any(item.target == id_ for item in network.initial_assignments) or any(
        rule.target == id_ and rule.kind == "assignment" for rule in network.rules
    )


def ruled(id_: str, network: Network) -> bool:
    return any(rule.target == id_ for rule in network.rules)


def side(parts: tuple[Participant, ...]) -> str:
    return " + ".join(
        part.species if part.stoichiometry == 1 else f"{number_text(part.stoichiometry)} {part.species}"
        for part in parts
    )


def reaction_lines(part: Reaction) -> list[str]:
    arrow = "->" if part.reversible else "=>"
    rate = f" {infix(part.rate)};" if part.rate is not None else ";"
    text = f"{part.id}: {side(part.reactants)} {arrow} {side(part.products)};{rate}"
    return [text, *(f"{name} -( {part.id};" for name in part.modifiers)]


def event_text(id_: str, time: Expr, inclusive: bool, assignments: tuple[tuple[str, Expr], ...]) -> str:
    sign = ">=" if inclusive else ">"
    body = ", ".join(f"{target} = {infix(expr)}" for target, expr in assignments)
    return f"{id_}: at (time {sign} {infix(time)}), t0 = false: {body};"


def annotation_lines(id_: str, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    found = []
    for qualifier, uri in pairs:
        if not qualifier.startswith("model:"):
            found.append(f'{id_} {"identity" if qualifier == "is" else qualifier} "{uri}";')
    return found
