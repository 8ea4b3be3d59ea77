"""Small SBML texts for tests."""

from __future__ import annotations

NAMESPACES = {
    (3, 2): "http://www.sbml.org/sbml/level3/version2/core",
    (3, 1): "http://www.sbml.org/sbml/level3/version1/core",
    (2, 4): "http://www.sbml.org/sbml/level2/version4",
    (2, 1): "http://www.sbml.org/sbml/level2",
    (1, 2): "http://www.sbml.org/sbml/level1",
}
COMPARTMENT = (
    '<listOfCompartments><compartment id="c" size="2" spatialDimensions="3" constant="true"/></listOfCompartments>'
)
FLAGS = 'hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"'
SPECIES = (
    f'<listOfSpecies><species id="A" compartment="c" initialConcentration="3" {FLAGS}/>'
    f'<species id="B" compartment="c" initialAmount="1" {FLAGS}/></listOfSpecies>'
)
PARAMETERS = '<listOfParameters><parameter id="k" value="0.5" constant="true"/></listOfParameters>'


def math(body: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{body}</math>'


def apply(op: str, *args: str) -> str:
    return f"<apply><{op}/>{''.join(args)}</apply>"


def ci(name: str) -> str:
    return f"<ci>{name}</ci>"


def cn(value: float) -> str:
    return f"<cn>{value}</cn>"


def call(name: str, *args: str) -> str:
    """A call of a function definition."""
    return f"<apply>{ci(name)}{''.join(args)}</apply>"


def csymbol_call(symbol: str, *args: str) -> str:
    url = f"http://www.sbml.org/sbml/symbols/{symbol}"
    return f'<apply><csymbol encoding="text" definitionURL="{url}">{symbol}</csymbol>{"".join(args)}</apply>'


def functions(*definitions: tuple[str, str, str]) -> str:
    """Function definitions from (id, arguments separated by spaces, body)."""
    found = ""
    for name, arguments, body in definitions:
        bound = "".join(f"<bvar>{ci(argument)}</bvar>" for argument in arguments.split())
        found += f'<functionDefinition id="{name}">{math(f"<lambda>{bound}{body}</lambda>")}</functionDefinition>'
    return f"<listOfFunctionDefinitions>{found}</listOfFunctionDefinitions>"


def rule(kind: str, target: str, body: str) -> str:
    return f'<{kind}Rule variable="{target}">{math(body)}</{kind}Rule>'


TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
RATE = math(apply("times", ci("c"), ci("k"), ci("A")))


def reaction(rate: str = RATE, *, extra: str = "", reference: str = 'stoichiometry="1" constant="true"') -> str:
    return (
        f'<listOfReactions><reaction id="J" reversible="false"{extra}>\n'
        f'<listOfReactants><speciesReference species="A" {reference}/></listOfReactants>\n'
        '<listOfProducts><speciesReference species="B" stoichiometry="2" constant="true"/></listOfProducts>\n'
        f"<kineticLaw>{rate}</kineticLaw></reaction></listOfReactions>"
    )


def rules(body: str) -> str:
    return f"<listOfRules>{body}</listOfRules>"


def event(trigger: str, *, extra: str = "", flags: str = 'initialValue="true" persistent="true"') -> str:
    return (
        '<listOfEvents><event id="E" useValuesFromTriggerTime="true">\n'
        f"<trigger {flags}>{math(trigger)}</trigger>{extra}\n"
        f'<listOfEventAssignments><eventAssignment variable="A">{math(cn(9))}</eventAssignment>'
        "</listOfEventAssignments></event></listOfEvents>"
    )


def document(
    *parts: str,
    level: int = 3,
    version: int = 2,
    before: str = "",
    after: str = "",
    compartments: str = COMPARTMENT,
    species: str = SPECIES,
    parameters: str = PARAMETERS,
    attributes: str = "",
    model: str = "",
) -> str:
    """An SBML document; ``parts`` stand after the parameters, ``before`` before the compartments."""
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<sbml xmlns="{NAMESPACES[level, version]}" level="{level}" version="{version}"{attributes}>',
            f'<model id="m"{model}>',
            before,
            compartments,
            species,
            parameters,
            *parts,
            f"</model>{after}</sbml>",
        ]
    )
