"""SBML Level 2 and 3 core into a Network. What the core cannot carry over exactly is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import libsbml

from redoxsim.errors import ModelError, ReadError, Where
from redoxsim.network.mathml import Function, Translator
from redoxsim.network.parts import Network
from redoxsim.network.reading import Context, annotated, line_of
from redoxsim.network.sbml_changes import (
    constant_references,
    constants,
    read_events,
    read_initial_assignments,
    read_reactions,
    read_rules,
)
from redoxsim.network.sbml_parts import model_units, read_compartments, read_parameters, read_species, read_units
from redoxsim.network.screen import screen_xml

# Packages that say nothing about the mathematics, and one whose mathematics the core reader knows.
HARMLESS = {"layout", "render", "groups", "fbc", "l3v2extendedmath"}
ENCODING = re.compile(r"""(\A\s*<\?xml[^>]*?encoding\s*=\s*["'])[^"']*(["'])""")
REQUIRED_PACKAGE = 99107  # refused by name elsewhere
DRAWING = re.compile(r"[Pp]ackage '?(?:layout|render)")


@dataclass(frozen=True)
class Reading:
    """What came of a text: a network where one could be made, and every trouble found."""

    document: Any
    network: Network | None
    troubles: tuple[ModelError, ...]
    partial: Network | None = None  # what could be read in spite of the troubles, for checks only


def read_sbml(text: str, *, file: str | None = None) -> Network:
    """The Network that SBML text means.

    Raises
    ------
    ReadError : the text is not sound SBML.
    Unsupported : it asks for something that is not done; the message names the element and its line.
    """
    reading = interpret(text, file=file)
    if reading.troubles:
        raise first_of(reading.troubles)
    assert reading.network is not None
    return reading.network


def first_of(troubles: tuple[ModelError, ...]) -> ModelError:
    """The first trouble, a broken thing before an unsupported one, saying how many others there are."""
    first = next((trouble for trouble in troubles if isinstance(trouble, ReadError)), troubles[0])
    if len(troubles) == 1:
        return first
    more = len(troubles) - 1
    hint = f"{first.hint}; " if first.hint else ""
    hint += f"and {more} more problem{'s' if more > 1 else ''}: redoxsim check lists all"
    return type(first)(first.message, where=first.where, hint=hint)


def interpret(text: str, *, file: str | None = None) -> Reading:
    """Read as far as possible and collect the troubles.

    Raises
    ------
    ReadError : libSBML must not or cannot see the text at all.
    """
    screen_xml(text, file=file)
    # The text is decoded already; the encoding that its first line names no longer holds.
    document = libsbml.readSBMLFromString(ENCODING.sub(r"\1UTF-8\2", text.lstrip("\ufeff"), count=1))
    context = Context(level=document.getLevel(), version=document.getVersion(), file=file)
    context.troubles += reading_errors(document, file)
    model = document.getModel()
    if model is None:
        if not context.troubles:
            context.broken("has no model in it", "the SBML document", None)
        return Reading(document, None, tuple(context.troubles))
    if context.level < 2:
        context.refuse("is not supported", "SBML Level 1", line_of(document), hint="convert the file to Level 3")
    refuse_packages(document, context)
    network = None if context.troubles else build(model, context)
    return Reading(document, None if context.troubles else network, tuple(context.troubles), network)


def reading_errors(document: Any, file: str | None) -> list[ModelError]:
    """libSBML's own complaints on reading, less those about drawings."""
    found: dict[tuple[int, int, str], ModelError] = {}
    for position in range(document.getNumErrors()):
        error = document.getError(position)
        if error.getErrorId() == REQUIRED_PACKAGE:
            continue
        if error.getSeverity() < libsbml.LIBSBML_SEV_ERROR or DRAWING.search(error.getMessage()):
            continue
        message = plain(error)
        key = (error.getErrorId(), error.getLine(), message)
        found[key] = ReadError(f"is not valid SBML: {message}", where=Where(file, error.getLine() or None))
    return list(found.values())


def plain(error: Any) -> str:
    """A libSBML message on one line: what is wrong here, without the rule it breaks where both are given."""
    text = re.sub(r"^\[Although .*?\] ", "", " ".join(error.getMessage().split()))
    match = re.search(r"Reference: L\dV\d\S* (?:Sections? [\w., and]+?|Appendix \w+)(?= [A-Z'<]|$)(.*)", text)
    specific = match.group(1).strip() if match else ""
    short = error.getShortMessage().strip()
    text = f"{short}: {specific}" if specific and short else specific or text
    return text if len(text) <= 400 else text[:397] + "..."


def refuse_packages(document: Any, context: Context) -> None:
    line = line_of(document)
    for position in range(document.getNumPlugins()):
        plugin = document.getPlugin(position)
        name = plugin.getPackageName()
        if name == "comp" or (name not in HARMLESS and document.getPackageRequired(name)):
            context.refuse("is not supported", f"the SBML package '{name}'", line, hint="flatten or simplify the model")
        elif name == "fbc" and document.getPackageRequired(name):
            context.refuse("is required by the file, which is not supported", "the SBML package 'fbc'", line)
    for position in range(document.getNumUnknownPackages()):
        prefix = document.getUnknownPackagePrefix(position)
        if document.getPkgRequired(document.getUnknownPackageURI(position)):
            context.refuse("is not supported", f"the SBML package '{prefix}'", line)


def build(model: Any, context: Context) -> Network:
    if context.level >= 3 and model.isSetConversionFactor():
        context.refuse("has a conversion factor, which is not supported", "the model", line_of(model))
    functions = {}
    for definition in model.getListOfFunctionDefinitions():
        arguments = tuple(definition.getArgument(i).getName() for i in range(definition.getNumArguments()))
        functions[definition.getId()] = Function(definition.getId(), arguments, definition.getBody())
    context.translator = Translator(functions, constant_references(model, context))
    parameters = read_parameters(model, context)
    compartments = read_compartments(model, context)
    species = read_species(model, context)
    taken = {part.id for part in (*parameters, *compartments, *species)}
    taken |= {reaction.getId() for reaction in model.getListOfReactions()}
    reactions, promoted = read_reactions(model, context, taken)
    return Network(
        id=model.getId() or "model",
        name=model.getName(),
        compartments=compartments,
        species=species,
        parameters=(*parameters, *promoted),
        reactions=tuple(reactions),
        rules=read_rules(model, context),
        initial_assignments=read_initial_assignments(model, context),
        events=read_events(model, context, constants(model)),
        units=read_units(model, context),
        **model_units(model, context),
        annotations=annotated(model),
    )
