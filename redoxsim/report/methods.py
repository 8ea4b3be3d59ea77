"""What a paper says of a result: a paragraph, the parameter table with grades, references, the exact command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redoxsim import __version__
from redoxsim.report.names import enumerated
from redoxsim.study.provenance import describe, draws_text, sentence, versions

if TYPE_CHECKING:
    from redoxsim.pharmacology import Agent
    from redoxsim.study import Setup

PLAIN = ("source book", "modelling choice", "definition", "assumed", "optional edge", "source", "textbook", "balance")
"""Sources that are no publication."""
DOI = re.compile(r"\b10\.\d{4,9}/[^\s;,\"'()]+")
PMID = re.compile(r"\bPMID:?\s*(\d{5,9})")
YEAR = re.compile(r"\b(19[2-9]\d|20[0-4]\d)\b")
HEADS = ("constant", "value", "unit", "range", "grade", "source", "note")


def methods(
    setup: Setup, command: Sequence[str], *, results: Mapping[str, Any] | None = None, more: Sequence[str] = ()
) -> str:
    """The methods of a result as Markdown: a paragraph, the command, the constants in use, references as BibTeX.

    Parameters
    ----------
    command : what was typed, word by word.
    results : the provenance of the result; None where it has none of its own (then solver and draws are left out).
    more : further sentences, such as what was fitted.
    """
    return document(
        [paragraph(setup, results, more), f"    {shlex.join(command)}"], constants(setup), references(setup)
    )


GRADES = "Grades: A read in the source, B recalled from the literature, C assumed. The range is what draws vary it in."


def document(
    parts: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    sources: Sequence[str],
    *,
    heads: Sequence[str] = HEADS,
    title: str = "Constants",
    about: str = GRADES,
) -> str:
    """A page of methods as Markdown: what is said, a table, references as BibTeX."""
    told = [
        "# Methods",
        *parts,
        f"## {title}",
        *([about] if about else []),
        _table(rows, heads),
        "## References",
        "The entries hold what the tables of the model hold; complete them before printing.",
        "```bibtex\n" + bibtex(sources) + "```" if sources else "None of the constants names a publication.",
    ]
    return "\n\n".join(told) + "\n"


def paragraph(setup: Setup, results: Mapping[str, Any] | None, more: Sequence[str] = ()) -> str:
    """The methods in sentences."""
    made = describe(setup)
    text = f"Simulations were done with {software()} with the model {named_model(setup)}."
    text += "".join(f" {one}" for one in named_agents(setup.agents.values()))
    design = (results or {}).get("design", {})
    doses = [*design.get("doses", ()), *design.get("with", ())]
    if doses:
        text += f" Doses: {enumerated(doses)}."
    if setup.cell is not None:
        text += f" The cell profile was {setup.cell.id}."
    if setup.given:
        text += (
            " Values set: " + enumerated([f"{name} = {setup.values[name]:.6g}" for name in sorted(setup.given)]) + "."
        )
    text += (
        " Each simulation started at the undosed steady state of its own constants."
        if setup.start == "steady"
        else " Simulations started at the initial values of the model."
    )
    if results is not None:
        text += _solved(results)
    grades = made["grades"]
    total = sum(grades.values())
    if total:
        text += (
            f" Of the {total} constants in use {grades['A']} were read in a source (grade A), {grades['B']} recalled "
            f"from the literature (B) and {grades['C']} assumed (C)."
        )
    return " ".join([text, *more])


def software() -> str:
    """The program and what its numbers depend on, with versions."""
    found = versions()
    return (
        f"redoxsim {__version__} (Python {found['python']}, numpy {found.get('numpy', '?')}, "
        f"scipy {found.get('scipy', '?')})"
    )


def named_model(setup: Setup) -> str:
    """The model with its size and the checksum of its file."""
    model = describe(setup)["model"]
    told = f"; SHA-256 of its file {model['sha256'][:16]}" if model["sha256"] else ""
    size = f"{model['states']} states, {model['reactions']} reactions"
    return f"{model['name'] or model['id']} (`{model['id']}`; {size}{told})"


def named_agents(agents: Iterable[Agent]) -> list[str]:
    """Sentences on agents: their forms, and which are hypotheses."""
    found = list(agents)
    if not found:
        return []
    named = [f"{one.name} ({' and '.join(one.forms)})" for one in found]
    hypotheses = [one.name for one in found if one.hypothesis]
    said = [f"Agents were {enumerated(named)}."]
    return said + ([f"The mechanism of {enumerated(hypotheses)} is a hypothesis."] if hypotheses else [])


def _solved(results: Mapping[str, Any]) -> str:
    """How it was solved, over which cells and draws."""
    text = ""
    solver = results.get("solver")
    if solver:
        atol = "one absolute tolerance for each state" if solver["atol"] is None else f"absolute {solver['atol']:g}"
        text += (
            f" Equations were solved with the solver {solver['name']} (relative tolerance {solver['rtol']:g}, {atol})"
        )
        text += f": {sentence(results['solves'])}"
        check = results.get("check")
        text += f"; {check['text']}." if check and check["text"] else "."
    population: Mapping[str, Any] = results.get("population") or {}
    draws = results.get("draws")
    if draws:
        count = population["cells"]
        cells = "a cell" if count == 1 else f"{count} cells"
        text += (
            f" Uncertainty: {draws_text(draws)}; {len(draws['constants'])} constants were drawn within their ranges "
            f"(scrambled Sobol sequence, seed {draws['seed']}), rejected where the undosed state leaves the target "
            f"bands, each with {cells} of its own; lines are medians, bands reach from 5% to 95%."
        )
    elif population.get("cells", 1) > 1:
        text += (
            f" Readouts are means over {population['cells']} cells whose enzyme levels vary log-normally (seed "
            f"{population['seed']})."
        )
    return text


def constants(setup: Setup) -> list[dict[str, str]]:
    """The constants in use of model, agents and cell, as texts by :data:`HEADS`."""
    known = {part.id for part in setup.network.parameters}
    graded: list[Any] = [one for one in setup.constants.values() if one.id in known]
    graded += [one for agent in setup.agents.values() for one in agent.parameters]
    rows = []
    for one in graded:
        value, source, grade, low, high = one.value, one.source, one.grade, one.low, one.high
        if one.id in setup.given:
            value, source, grade, low, high = setup.values[one.id], "set by the user", "", None, None
        elif setup.cell is not None and one.id in setup.cell.values:
            own = setup.cell.values[one.id]
            value, source, grade, low, high = own.value, own.source, own.grade, own.low, own.high
        rows.append(
            {
                "constant": one.id,
                "value": f"{value:.6g}",
                "unit": one.unit,
                "range": "" if low is None or high is None else f"{low:.4g} to {high:.4g}",
                "grade": grade,
                "source": source,
                "note": one.note,
            }
        )
    return rows


def references(setup: Setup) -> list[str]:
    """Publications that model, agents and constants name, each once."""
    found: dict[str, None] = {}
    for one in setup.metadata.references if setup.metadata else ():
        found.setdefault(one)
    for agent in setup.agents.values():
        for one in agent.references:
            found.setdefault(one)
    for row in constants(setup):
        source = row["source"].strip()
        if (YEAR.search(source) or DOI.search(source)) and source.lower() not in PLAIN:
            found.setdefault(source)
    return list(found)


def bibtex(sources: Iterable[str]) -> str:
    """References as BibTeX entries of type misc, with the DOI, the PubMed number and the year where they are said.

    >>> print(bibtex(["Antunes 2000 FEBS Lett, doi 10.1016/x"]), end="")
    @misc{antunes2000,
      note = {Antunes 2000 FEBS Lett, doi 10.1016/x},
      doi = {10.1016/x},
      year = {2000}
    }
    """
    entries, taken = [], set()
    for source in sources:
        doi, pmid = DOI.search(source), PMID.search(source)
        year = YEAR.search(DOI.sub("", source))
        word = re.match(r"[A-Za-z]{3,}", DOI.sub("", source))
        stem = (word.group().lower() if word else "ref") + (year.group() if year else "")
        key, number = stem, 1
        while key in taken:
            number += 1
            key = f"{stem}-{number}"
        taken.add(key)
        fields = {"note": _escaped(source)}
        if doi:
            fields["doi"] = doi.group().rstrip(".")
        if pmid:
            fields["pmid"] = pmid.group(1)
        if year:
            fields["year"] = year.group()
        body = ",\n".join(f"  {name} = {{{text}}}" for name, text in fields.items())
        entries.append(f"@misc{{{key},\n{body}\n}}\n")
    return "".join(entries)


def _escaped(text: str) -> str:
    """Text that BibTeX takes: braces dropped, signs with a meaning of their own escaped."""
    return re.sub(r"([&%#$_])", r"\\\1", re.sub(r"[{}\\]", "", text))


def _table(rows: Sequence[Mapping[str, str]], heads: Sequence[str]) -> str:
    if not rows:
        return "The model has no table of graded constants."
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        lines.append("| " + " | ".join(row[head].replace("|", "/").replace("\n", " ") for head in heads) + " |")
    return "\n".join(lines)
