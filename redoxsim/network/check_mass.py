"""Check of atoms: where every participant of a reaction has a chemical formula, both sides must agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from redoxsim.network.formula_print import number_text
from redoxsim.network.issue import Issue
from redoxsim.network.subject import Subject

ATOM = re.compile(r"([A-Z][a-z]?)(\d*)")


def atoms(formula: str) -> dict[str, int] | None:
    """Atoms of a chemical formula in Hill's order; None where it is not one (a polymer, a residue X or R).

    >>> atoms("C10H17N3O6S")
    {'C': 10, 'H': 17, 'N': 3, 'O': 6, 'S': 1}
    """
    found: dict[str, int] = {}
    at = 0
    for match in ATOM.finditer(formula):
        if match.start() != at or match.group(1) in ("R", "X"):
            return None
        found[match.group(1)] = found.get(match.group(1), 0) + int(match.group(2) or 1)
        at = match.end()
    return found if found and at == len(formula) else None


def mass_balance(subject: Subject) -> Iterator[Issue]:
    """RX029: reactions that make or lose atoms."""
    formulas = {part.id: atoms(part.formula) for part in subject.network.species if part.formula}
    for reaction in subject.network.reactions:
        net: dict[str, float] = {}
        known = bool(reaction.reactants) and bool(reaction.products)
        for parts, sign in ((reaction.reactants, -1.0), (reaction.products, 1.0)):
            for part in parts:
                content = formulas.get(part.species)
                known = known and content is not None
                for atom, count in (content or {}).items():
                    net[atom] = net.get(atom, 0.0) + sign * part.stoichiometry * count
        wrong = {atom: count for atom, count in net.items() if abs(count) > 1e-9}
        if known and wrong:
            text = ", ".join(f"{'+' if count > 0 else ''}{number_text(count)} {atom}" for atom, count in wrong.items())
            message = f"reaction '{reaction.id}' does not conserve atoms (products less reactants: {text})"
            yield subject.issue("RX029", message, element=reaction.id, line=reaction.line, level="warning")


CHECKS = (mass_balance,)
