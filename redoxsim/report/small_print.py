"""Small print of figures: what was solved, how well the constants behind it are known, what lines and bands are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from redoxsim.report.paper import MOST_FILLED

if TYPE_CHECKING:
    from redoxsim.study.results import ResultSet

NOTHING = 0.005
"""A share that would be printed as 0%."""


def caption(results: ResultSet) -> str:
    """Small print of a figure: model, cell, population, solver."""
    made = results.provenance
    cell = f", cell {made['cell']['id']}" if made["cell"] else ""
    count = made["population"]["cells"]
    solver = made["solver"]["name"]
    cells = f"{count} cell{'s' if count != 1 else ''}"
    if results.draws is not None:
        cells = f"{results.draws['usable']} draws of constants, {cells if count != 1 else 'one cell'} each"
    return f"Model {made['model']['id']}{cell}; {cells}; solver {solver}."


def grades_note(results: ResultSet, observe: Sequence[str] | None = None) -> str:
    """Small print of a figure: how well the numbers behind it are known, and how much of its bands is assumed."""
    return _grades(results) + _assumed(results, results.observables if observe is None else observe)


def _assumed(results: ResultSet, observe: Sequence[str]) -> str:
    """How wide the bands would be with only grade C varying: of one readout how sure that is, of several from to."""
    found = [results.dataset[name].attrs for name in observe if name in results.dataset]
    known = [one for one in found if one.get("grade_c_share") is not None]
    if not known:
        return ""
    shares = sorted(float(one["grade_c_share"]) for one in known)
    if shares[-1] < NOTHING:
        return " None of the spread comes from assumed constants."
    if shares[0] == 1.0 and all(one["grade_c_share_low"] == one["grade_c_share_high"] for one in known):
        return " Draws vary only assumed constants."
    if len(shares) == 1:
        low, high = (float(known[0][f"grade_c_share_{end}"]) for end in ("low", "high"))
        between = f" ({low:.0%} to {high:.0%})" if low < high else ""
        return f" With only the assumed ones varying the band is {shares[0]:.0%} as wide{between}."
    middle = f"{float(np.median(shares)):.0%} as wide in the median ({shares[0]:.0%} to {shares[-1]:.0%})"
    return f" With only the assumed ones varying the bands of these {len(shares)} readouts are {middle}."


def _grades(results: ResultSet) -> str:
    grades = results.provenance["grades"]
    total = sum(grades.values())
    if not total:
        return ""
    known = f"{grades['A']} were read in a source (A), {grades['B']} recalled (B), {grades['C']} assumed (C)"
    return f"Of {total} constants {known}."


def spread_words(found: Sequence[ResultSet]) -> str:
    """What lines and bands are where the lines are of the constants as they are; nothing where there are no bands."""
    if not found:
        return ""
    counts = sorted({one.draws["usable"] for one in found if one.draws is not None})
    many = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    cells = found[0].provenance["population"]["cells"]
    each = f"{cells} cells each" if cells != 1 else "one cell each"
    kind = "bands" if len(found) <= MOST_FILLED else "bars"
    return f"Lines: constants as they are, not always inside; {kind}: {many} draws of them, {each}."
