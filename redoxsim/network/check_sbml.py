"""libSBML's own consistency and unit checks, and missing units, as issues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import libsbml

from redoxsim.network.issue import Issue
from redoxsim.network.sbml_read import DRAWING, plain
from redoxsim.network.subject import Subject

# "No units declared", in its many forms: RX012 says it once, in one form.
NO_UNITS = {80701, 20702, 20616, 20513, 20511, 20512, 20217, 20218, 20233, 99506, 99507, 99130}
NOT_CHECKED = {99505, 99508, 99509}
HISTORY = range(99400, 99500)  # remarks on who wrote the model and when
SEVERITY = {
    libsbml.LIBSBML_SEV_INFO: "info",
    libsbml.LIBSBML_SEV_WARNING: "warning",
    libsbml.LIBSBML_SEV_ERROR: "error",
    libsbml.LIBSBML_SEV_FATAL: "error",
}
QUOTED = re.compile(r"'([A-Za-z_]\w*)'")
OWN = {20601, 21111, 10215, 10301}  # said better by our own checks (undefined and doubled names)


def consistency(document: Any, subject: Subject, *, own_lines: bool) -> Iterator[Issue]:
    """What libSBML finds in a document that could be read.

    Parameters
    ----------
    own_lines : whether the document's lines are those of the user's file; else lines are looked up by id.
    """
    document.getErrorLog().clearLog()
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_SBML, True)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.checkConsistency()
    document.checkInternalConsistency()
    seen: set[tuple[str, str, int | None]] = set()
    for position in range(document.getNumErrors()):
        error = document.getError(position)
        number, level = error.getErrorId(), SEVERITY.get(error.getSeverity(), "warning")
        if number in NO_UNITS or number in HISTORY or number in OWN or DRAWING.search(error.getMessage()):
            continue
        message = plain(error) if number not in NOT_CHECKED else incomplete(error)
        names = [name for name in QUOTED.findall(message) if name in subject.network.index()]
        element = names[0] if names else None
        line = error.getLine() or None
        if not own_lines:
            line = subject.line(element) if element else None
        code = code_of(error, level)
        if code == "RX013":
            level = "info"
        elif code == "RX014":
            level = "info" if level == "warning" else level
        if (code, message, line) not in seen:
            seen.add((code, message, line))
            yield Issue(level, code, element, line, f"{message} (libSBML {number})")


def incomplete(error: Any) -> str:
    """The sentence that says whose units could not be checked."""
    text = " ".join(error.getMessage().split())
    match = re.search(r"The units of the (.{1,300}?) cannot be fully checked", text)
    what = re.sub(r"<(\w+)> <math> expression", r"\1", match.group(1)) if match else ""
    return f"units of the {what} cannot be fully checked: it has bare numbers or parts without units" if what else text


def code_of(error: Any, level: str) -> str:
    if error.getErrorId() in NOT_CHECKED:
        return "RX013"
    if error.getCategory() == libsbml.LIBSBML_CAT_UNITS_CONSISTENCY:
        return "RX011"
    if error.getCategory() == libsbml.LIBSBML_CAT_MODELING_PRACTICE:
        return "RX014"
    return "RX010"


def missing_units(subject: Subject) -> Iterator[Issue]:
    """RX012: what has no units. Where nothing of a kind has any, that is said once."""
    network = subject.network
    model = {"time_unit": network.time_unit, "substance_unit": network.substance_unit}
    if network.reactions:
        model["extent_unit"] = network.extent_unit
    for field, unit in model.items():
        if unit is None:
            yield _without(subject, f"the model has no {field.replace('_', ' ')}", None, None)
    compartments = [part for part in network.compartments if part.dimensions == 3]
    groups = (
        ("parameter", [(part, part.unit) for part in network.parameters]),
        ("compartment", [(part, part.unit or network.volume_unit) for part in compartments]),
        ("species", [(part, part.unit or network.substance_unit) for part in network.species]),
    )
    for kind, parts in groups:
        bare = [part for part, unit in parts if unit is None]
        if len(bare) > 3 and len(bare) == len(parts):
            plural = kind if kind == "species" else f"{kind}s"
            yield _without(subject, f"none of the {len(bare)} {plural} has units", None, None)
            continue
        for part in bare:
            yield _without(subject, f"{kind} '{part.id}' has no units", part.id, part.line)


def _without(subject: Subject, message: str, element: str | None, line: int | None) -> Issue:
    return subject.issue("RX012", message, element=element, line=line, level="warning")


def constraints(document: Any, subject: Subject) -> Iterator[Issue]:
    """RX014: constraints, which a simulation does not look at."""
    model = document.getModel()
    if model is not None and model.getNumConstraints():
        message = f"the model has {model.getNumConstraints()} constraint(s), which are not looked at"
        yield subject.issue("RX014", message, element=None, level="info")


CHECKS = (missing_units,)
