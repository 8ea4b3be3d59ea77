"""Antimony text into a Network, by way of the SBML that libAntimony makes of it."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from redoxsim.errors import ModelError, ReadError, Unsupported, Where
from redoxsim.network.parts import Network
from redoxsim.network.sbml_read import Reading, first_of, interpret
from redoxsim.network.screen import screen_antimony, without_comments

LOCK = threading.Lock()  # libAntimony keeps what it has loaded in one global place
WORD = r"([A-Za-z_]\w*)"
START = r"(?:^|;)[ \t]*"
IMPORT = re.compile(r"^\s*import\s", re.MULTILINE)


def read_antimony(text: str, *, file: str | None = None) -> Network:
    """The Network that Antimony text means.

    Raises
    ------
    ReadError : the text is not sound Antimony.
    Unsupported : libAntimony is not installed, or the model asks for something that is not done.
    """
    reading = interpret_antimony(text, file=file)
    if reading.troubles:
        raise first_of(reading.troubles)
    assert reading.network is not None
    return reading.network


def interpret_antimony(text: str, *, file: str | None = None) -> Reading:
    """Like :func:`redoxsim.network.sbml_read.interpret`, with lines of the Antimony text."""
    sbml = to_sbml(text, file=file)
    reading = interpret(sbml, file=file)
    lines = definition_lines(text)
    troubles = tuple(relocate(trouble, lines, file) for trouble in reading.troubles)
    network = reading.network and renumber(reading.network, lines)
    partial = reading.partial and renumber(reading.partial, lines)
    return Reading(reading.document, network, troubles, partial)


def to_sbml(text: str, *, file: str | None = None) -> str:
    """SBML for Antimony text.

    Raises
    ------
    ReadError : libAntimony refuses the text; the message is its own, with the line.
    Unsupported : libAntimony does not import on this machine.
    """
    screen_antimony(text, file=file)
    if IMPORT.search(without_comments(text)):
        raise Unsupported("imports another file, which is not supported", where=Where(file),
                          hint="paste the imported model into this file")  # fmt: skip
    antimony = library(file)
    with LOCK:
        antimony.clearPreviousLoads()
        try:
            if antimony.loadAntimonyString(text) < 0:
                raise refusal(last_error(antimony), file)
            sbml = antimony.getSBMLString()
        finally:
            antimony.clearPreviousLoads()
    if not sbml:
        raise ReadError("has no model in it", where=Where(file))
    return str(sbml)


def last_error(antimony: Any) -> str:
    try:
        return antimony.getLastError() or "no reason given"
    except UnicodeDecodeError:  # it cuts its message in the middle of a character
        return "it has letters outside ASCII where none may be"


def library(file: str | None) -> Any:
    try:
        import antimony  # not on every machine
    except Exception as error:  # a broken binary raises more than ImportError
        raise Unsupported(
            f"is Antimony text, and the antimony library does not work here: {error}",
            where=Where(file),
            hint="install antimony, or give the model as SBML (.xml)",
        ) from None
    return antimony


def refusal(message: str, file: str | None) -> ReadError:
    """libAntimony's message with its line taken out into the place."""
    flat = " ".join(message.split())
    match = re.match(r"Error in (?:model string|file '[^']*'|\S+), line (\d+):\s*(.*)", flat)
    line = int(match.group(1)) if match else None
    text = match.group(2) if match else flat
    return ReadError(f"is not valid Antimony: {text[:400]}", where=Where(file, line))


def definition_lines(text: str) -> dict[str, int]:
    """For every word, the line that most likely defines it.

    A definition (``id: ...``, ``id = ...``, ``species id``) wins over a mere use; rules are under
    ``id :=`` and ``id' =`` of their own.
    """
    blank = without_comments(text)
    found: dict[str, tuple[int, int]] = {}
    # start of a statement: the line's beginning or after a semicolon
    patterns = [
        (START + r"\$?" + WORD + r"[ \t]*(?:in[ \t]+\w+[ \t]*)?:(?!=)", 0, ""),
        (START + r"(?:(?:const|var|substanceOnly) +)*(?:species|compartment|model|unit)[ \t]+\*?\$?" + WORD, 0, ""),
        (r"([A-Za-z_]\w*)[ \t]*:=", 0, " :="),
        (r"([A-Za-z_]\w*)'[ \t]*=", 0, " '"),
        (r"\$?([A-Za-z_]\w*)[ \t]*(?:in[ \t]+\w+[ \t]*)?=(?!=)", 1, ""),
        (r"\$?([A-Za-z_]\w*)", 2, ""),
    ]
    starts = [0]
    for line in blank.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for pattern, rank, suffix in patterns:
        row = 0
        for match in re.finditer(pattern, blank, re.MULTILINE):
            at = match.start(1)
            while row + 1 < len(starts) and starts[row + 1] <= at:
                row += 1
            key = match.group(1) + suffix
            if key not in found or found[key][0] > rank:
                found[key] = (rank, row + 1)
    return {key: line for key, (_, line) in found.items()}


def renumber(network: Network, lines: Mapping[str, int]) -> Network:
    """The network with lines of the Antimony text instead of those of the SBML made from it."""

    def of(id_: str) -> int | None:
        return lines.get(id_, lines.get(id_.split("__")[-1]))

    changes: dict[str, Any] = {
        kind: tuple(replace(part, line=of(part.id)) for part in getattr(network, kind))
        for kind in ("compartments", "species", "parameters", "reactions", "events", "units")
    }
    changes["rules"] = tuple(
        replace(rule, line=lines.get(f"{rule.target} {':=' if rule.kind == 'assignment' else chr(39)}"))
        for rule in network.rules
    )
    changes["initial_assignments"] = tuple(
        replace(assignment, line=of(assignment.target)) for assignment in network.initial_assignments
    )
    return replace(network, **changes)


def relocate(trouble: ModelError, lines: Mapping[str, int], file: str | None) -> ModelError:
    """A trouble with its line in the Antimony text, found by the first name it quotes."""
    line = next((lines[name] for name in re.findall(r"'([A-Za-z_]\w*)'", trouble.message) if name in lines), None)
    element = trouble.where.element if trouble.where else None
    return type(trouble)(trouble.message, where=Where(file, line, element), hint=trouble.hint)


def available() -> bool:
    """Whether the antimony library works on this machine."""
    with contextlib.suppress(Unsupported):
        library(None)
        return True
    return False
