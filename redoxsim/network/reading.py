"""What the SBML readers share: where troubles are collected, and the traits every element has."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import libsbml

from redoxsim.errors import ModelError, ReadError, Unsupported, Where
from redoxsim.network.expr import Expr
from redoxsim.network.mathml import Translator
from redoxsim.network.parts import Annotations


@dataclass
class Context:
    """One reading: what is read, and everything found wrong on the way.

    Attributes
    ----------
    level, version : of SBML.
    file : path for messages, or None.
    troubles : what was refused or is broken, in the order found; reading goes on past each.
    varied : ids of species references that something sets, already refused.
    """

    level: int
    version: int
    file: str | None = None
    translator: Translator = field(default_factory=Translator)
    troubles: list[ModelError] = field(default_factory=list)
    varied: set[str] = field(default_factory=set)

    def refuse(self, feature: str, what: str, line: int | None, *, hint: str | None = None) -> None:
        """Note something valid that is not supported."""
        self.troubles.append(Unsupported(f"{what} {feature}", where=Where(self.file, line), hint=hint))

    def broken(self, problem: str, what: str, line: int | None, *, hint: str | None = None) -> None:
        """Note something that no program could use."""
        self.troubles.append(ReadError(f"{what} {problem}", where=Where(self.file, line), hint=hint))

    def formula(self, node: Any, what: str, line: int | None, *, names: dict[str, Expr] | None = None) -> Expr | None:
        """The expression of a libSBML tree; None, with the reason noted, where there is none."""
        try:
            return self.translator.translate(node, names=names)
        except (ReadError, Unsupported) as error:
            kind = type(error)
            self.troubles.append(kind(f"{what} {error.message}", where=Where(self.file, line), hint=error.hint))
            return None


def line_of(element: Any) -> int | None:
    return element.getLine() or None


def traits(element: Any) -> dict[str, Any]:
    """Keywords that every part takes: id, name, sbo, annotations, line."""
    return {
        "id": element.getId(),
        "name": element.getName(),
        "sbo": element.getSBOTermID() or None,
        "annotations": annotated(element),
        "line": line_of(element),
    }


def annotated(element: Any) -> Annotations:
    """Pairs (qualifier, URI); a qualifier of the model rather than its biology starts with ``model:``."""
    found = []
    for position in range(element.getNumCVTerms()):
        term = element.getCVTerm(position)
        if term.getQualifierType() == libsbml.BIOLOGICAL_QUALIFIER:
            qualifier = libsbml.BiolQualifierType_toString(term.getBiologicalQualifierType())
        elif term.getQualifierType() == libsbml.MODEL_QUALIFIER:
            qualifier = f"model:{libsbml.ModelQualifierType_toString(term.getModelQualifierType())}"
        else:
            continue
        found += [(qualifier, term.getResourceURI(i)) for i in range(term.getNumResources())]
    return tuple(found)


def number_or_none(given: bool, value: Callable[[], float]) -> float | None:
    """The value where the file gives one. An explicit NaN stays NaN (one object, so that networks compare equal)."""
    if not given:
        return None
    found = float(value())
    return math.nan if math.isnan(found) else found


FORMULA_NOTE = re.compile(r"FORMULA:\s*([A-Za-z0-9]+)")


def chemistry(species: Any) -> tuple[str | None, int | None]:
    """Chemical formula and charge, from the fbc package or a note ``FORMULA: C6H12O6``."""
    plugin = species.getPlugin("fbc")
    formula = plugin.getChemicalFormula() if plugin is not None and plugin.isSetChemicalFormula() else None
    charge = plugin.getCharge() if plugin is not None and plugin.isSetCharge() else None
    if formula is None and species.isSetNotes():
        note = FORMULA_NOTE.search(species.getNotesString())
        formula = note.group(1) if note else None
    if charge is None and species.getLevel() == 2 and species.isSetCharge():
        charge = species.getCharge()
    return formula or None, charge
