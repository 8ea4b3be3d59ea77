"""Every problem of a model at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import libsbml

from redoxsim.errors import ModelError, RedoxsimError, Unsupported, Where
from redoxsim.network import check_mass, check_math, check_names, check_sbml, check_table
from redoxsim.network.check_sbml import QUOTED
from redoxsim.network.issue import LEVELS, Issue
from redoxsim.network.parts import Network
from redoxsim.network.sbml_write import to_sbml
from redoxsim.network.source import interpret_file, locate
from redoxsim.network.subject import Subject

Check = Callable[[Subject], Iterator[Issue]]
CHECKS: tuple[Check, ...] = (
    *check_names.CHECKS,
    *check_math.CHECKS,
    *check_mass.CHECKS,
    *check_sbml.CHECKS,
    *check_table.CHECKS,
)


def check(source: str | Path | Network) -> list[Issue]:
    """Every problem of a model: errors first, then warnings, then remarks, each in the order of the file.

    Parameters
    ----------
    source : path, name of a shipped model, or a Network. A file that cannot be read gives an issue,
        not an exception.
    """
    if isinstance(source, Network):
        document = libsbml.readSBMLFromString(to_sbml(source))
        return ordered(all_checks(Subject(source, file=source.source), document, own_lines=False))
    try:
        path = locate(source)
        reading = interpret_file(path)
    except RedoxsimError as error:
        return [from_error(error, "RX003" if isinstance(error, Unsupported) else "RX001")]
    issues = [from_error(error, "RX003" if isinstance(error, Unsupported) else "RX002") for error in reading.troubles]
    network = reading.network or reading.partial
    if network is not None:
        own_lines = path.suffix.lower() in (".xml", ".sbml")
        issues += all_checks(Subject(network, file=str(path)), reading.document, own_lines=own_lines)
    return ordered(issues)


def all_checks(subject: Subject, document: Any, *, own_lines: bool) -> list[Issue]:
    issues = list(check_sbml.consistency(document, subject, own_lines=own_lines))
    issues += check_sbml.constraints(document, subject)
    for one in CHECKS:
        issues += one(subject)
    return issues


def require(network: Network) -> None:
    """Nothing, if the network has no error of its own; libSBML and the parameter table are not asked.

    Raises
    ------
    ModelError : the first error, saying how many others there are.
    """
    subject = Subject(network)
    errors = [
        issue
        for one in (*check_names.CHECKS, *check_math.CHECKS)
        for issue in one(subject)
        if issue.level == "error" and issue.code != "RX027"
    ]
    if errors:
        first = errors[0]
        hint = first.hint
        if len(errors) > 1:
            hint = f"{hint + '; ' if hint else ''}and {len(errors) - 1} more: redoxsim check lists all"
        raise ModelError(first.message, where=Where(network.source, first.line, first.element), hint=hint)


def from_error(error: RedoxsimError, code: str) -> Issue:
    """An issue for something that was raised."""
    names = QUOTED.findall(error.message)
    element = error.where.element if error.where and error.where.element else names[0] if names else None
    line = error.where.line if error.where else None
    message = error.message
    if error.where and error.where.file and not names:
        message = f"{error.where.file} {message}"
    return Issue("error", code, element, line, message, error.hint)


def ordered(issues: list[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda issue: (LEVELS.index(issue.level), issue.line or 0, issue.code))
