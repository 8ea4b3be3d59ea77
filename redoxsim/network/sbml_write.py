"""A Network as SBML Level 3 Version 2 text; the same network always gives the same text."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from redoxsim.network.expr import Apply, Expr, Time
from redoxsim.network.formula_print import number_text
from redoxsim.network.mathml_write import SBML, math_element
from redoxsim.network.parts import (
    Annotations,
    Compartment,
    Element,
    Event,
    Network,
    Parameter,
    Participant,
    Reaction,
    Species,
    UnitDefinition,
)

FBC = "http://www.sbml.org/sbml/level3/version1/fbc/version2"
RDF = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:bqbiol="http://biomodels.net/biology-qualifiers/" xmlns:bqmodel="http://biomodels.net/model-qualifiers/"'
)
Value = str | float | bool | None


def to_sbml(network: Network) -> str:
    """SBML text of a network. Function definitions and local parameters are gone since reading."""
    chemistry = any(species.formula or species.charge is not None for species in network.species)
    package = f' xmlns:fbc="{FBC}" fbc:required="false"' if chemistry else ""
    model = attributes(
        metaid=metaid(network.id) if network.annotations else None,
        id=network.id,
        name=network.name or None,
        substanceUnits=network.substance_unit,
        timeUnits=network.time_unit,
        volumeUnits=network.volume_unit,
        areaUnits=network.area_unit,
        lengthUnits=network.length_unit,
        extentUnits=network.extent_unit,
    )
    strict = ' fbc:strict="false"' if chemistry else ""
    starts = [formula("initialAssignment", "symbol", item.target, item.expr) for item in network.initial_assignments]
    rules = [formula(f"{rule.kind}Rule", "variable", rule.target, rule.expr) for rule in network.rules]
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<sbml xmlns="{SBML}"{package} level="3" version="2">',
        f"  <model{model}{strict}>",
        *annotation(network.id, network.annotations, "    "),
        *listing("UnitDefinitions", [unit_definition(part) for part in network.units]),
        *listing("Compartments", [compartment(part) for part in network.compartments]),
        *listing("Species", [species(part) for part in network.species]),
        *listing("Parameters", [parameter(part) for part in network.parameters]),
        *listing("InitialAssignments", starts),
        *listing("Rules", rules),
        *listing("Reactions", [reaction(part) for part in network.reactions]),
        *listing("Events", [event(part) for part in network.events]),
        "  </model>",
        "</sbml>",
    ]
    return "\n".join(parts) + "\n"


def number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return number_text(value)


def attributes(**values: Value) -> str:
    """`` a="1" b="true"``; None is left out, and a double underscore stands for a colon."""
    found = []
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, bool):
            text = "true" if value else "false"
        else:
            text = value if isinstance(value, str) else number(float(value))
        quoted = escape(text, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
        found.append(f' {name.replace("__", ":")}="{quoted}"')
    return "".join(found)


def metaid(id_: str) -> str:
    return f"meta_{id_}"


def common(part: Element) -> str:
    return attributes(
        metaid=metaid(part.id) if part.annotations else None, sboTerm=part.sbo, id=part.id, name=part.name or None
    )


def annotation(id_: str, pairs: Annotations, indent: str) -> list[str]:
    """RDF; neighbours with the same qualifier share one bag, so that reading gives the same pairs."""
    if not pairs:
        return []
    found = [f"{indent}<annotation>", f"{indent}  <rdf:RDF {RDF}>",
             f'{indent}    <rdf:Description rdf:about="#{metaid(id_)}">']  # fmt: skip
    for qualifier, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        word = qualifier.removeprefix("model:")
        tag = f"{'bqmodel' if qualifier.startswith('model:') else 'bqbiol'}:{word}"
        found += [f"{indent}      <{tag}>", f"{indent}        <rdf:Bag>"]
        found += [f"{indent}          <rdf:li{attributes(rdf__resource=uri)}/>" for _, uri in group]
        found += [f"{indent}        </rdf:Bag>", f"{indent}      </{tag}>"]
    return [*found, f"{indent}    </rdf:Description>", f"{indent}  </rdf:RDF>", f"{indent}</annotation>"]


def element(tag: str, head: str, children: Sequence[str], indent: str = "      ") -> list[str]:
    if not children:
        return [f"{indent}<{tag}{head}/>"]
    return [f"{indent}<{tag}{head}>", *children, f"{indent}</{tag}>"]


def listing(what: str, items: Sequence[Sequence[str]], indent: str = "    ") -> list[str]:
    if not items:
        return []
    return [f"{indent}<listOf{what}>", *(line for item in items for line in item), f"{indent}</listOf{what}>"]


def part_element(tag: str, part: Element, head: str, children: Sequence[str] = ()) -> list[str]:
    return element(tag, common(part) + head, [*annotation(part.id, part.annotations, "        "), *children])


def unit_definition(part: UnitDefinition) -> list[str]:
    units = [
        element("unit", attributes(kind=unit.kind, exponent=unit.exponent, scale=float(unit.scale),
                                   multiplier=unit.multiplier), (), "          ")
        for unit in part.units
    ]  # fmt: skip
    return part_element("unitDefinition", part, "", listing("Units", units, "        "))


def compartment(part: Compartment) -> list[str]:
    head = attributes(spatialDimensions=part.dimensions, size=part.size, units=part.unit, constant=part.constant)
    return part_element("compartment", part, head)


def species(part: Species) -> list[str]:
    head = attributes(
        compartment=part.compartment,
        initialAmount=part.initial_amount,
        initialConcentration=part.initial_concentration,
        substanceUnits=part.unit,
        hasOnlySubstanceUnits=part.only_substance,
        boundaryCondition=part.boundary,
        constant=part.constant,
        fbc__charge=None if part.charge is None else float(part.charge),
        fbc__chemicalFormula=part.formula,
    )
    return part_element("species", part, head)


def parameter(part: Parameter) -> list[str]:
    return part_element("parameter", part, attributes(value=part.value, units=part.unit, constant=part.constant))


def formula(tag: str, link: str, target: str, expr: Expr, indent: str = "      ") -> list[str]:
    return element(tag, attributes(**{link: target}), math_element(expr, indent + "  "), indent)


def participant(part: Participant) -> list[str]:
    head = attributes(id=part.id, species=part.species, stoichiometry=part.stoichiometry, constant=True)
    return element("speciesReference", head, (), "          ")


def reaction(part: Reaction) -> list[str]:
    modifiers = [element("modifierSpeciesReference", attributes(species=name), (), "          ")
                 for name in part.modifiers]  # fmt: skip
    law = []
    if part.rate is not None:
        law = element("kineticLaw", "", math_element(part.rate, "          "), "        ")
    children = [
        *listing("Reactants", [participant(item) for item in part.reactants], "        "),
        *listing("Products", [participant(item) for item in part.products], "        "),
        *listing("Modifiers", modifiers, "        "),
        *law,
    ]
    return part_element("reaction", part, attributes(reversible=part.reversible), children)


def event(part: Event) -> list[str]:
    condition = Apply("ge" if part.inclusive else "gt", (Time(), part.time))
    trigger = attributes(initialValue=False, persistent=True)
    children = [
        *element("trigger", trigger, math_element(condition, "          "), "        "),
        *listing("EventAssignments", [formula("eventAssignment", "variable", target, expr, "          ")
                                      for target, expr in part.assignments], "        "),
    ]  # fmt: skip
    return part_element("event", part, attributes(useValuesFromTriggerTime=True), children)
