"""What a laboratory table means where nobody says: the names of a long form's columns, the effect, its direction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError, Where
from redoxsim.study.tables import numbers, split_head

if TYPE_CHECKING:
    import pandas as pd

# SynergyFinder's long form: our name of a column, and its names in all its versions without case, "_" and ".".
LONG: dict[str, tuple[str, ...]] = {
    "block_id": ("blockid", "pairindex"),
    "drug1": ("drug1", "drugrow"),
    "drug2": ("drug2", "drugcol"),
    "conc1": ("conc1", "concrow", "concr"),
    "conc2": ("conc2", "conccol", "concc"),
}
UNITS: dict[str, tuple[str, ...]] = {
    "conc_unit": ("concunit",),
    "conc_unit1": ("concunit1", "concrunit", "concrowunit"),
    "conc_unit2": ("concunit2", "conccunit", "conccolunit"),
}
EFFECTS = ("viability", "inhibition", "response", "survival", "effect")
OTHER = ("replicate", "row", "col", "well", "plate", "sd", "sem", "se", "n", "note", "source", "condition")
DOWN, UP = re.compile("viab|surviv|alive|live|growth", re.I), re.compile("inhib|kill|death|dead|affected", re.I)
PERCENT = 2.0  # where effects go above it they are percentages, if nobody says
CLEAR = 0.25  # of the full effect: how near to all or nothing untreated wells must be to tell the direction


def long_form(frame: pd.DataFrame) -> pd.DataFrame | None:
    """The table with our names where it is a long form of any version, else None."""
    plain = {_plain(str(head)): str(head) for head in reversed(list(frame.columns))}
    renamed = {}
    for ours, names in {**LONG, **UNITS}.items():
        theirs = next((plain[name] for name in names if name in plain), None)
        if theirs is not None:
            renamed[theirs] = ours
        elif ours in LONG:
            return None
    return frame.rename(columns=renamed)


def _plain(head: str) -> str:
    return re.sub(r"[_.\s-]", "", head).lower()


def effect_column(frame: pd.DataFrame, taken: Sequence[str], *, file: str | None) -> str:
    """The head of the effect: the one column of numbers that is nothing else, or the one with a usual name.

    Raises
    ------
    DesignError : none, or several.
    """
    left = [str(head) for head in frame.columns if head not in taken and _plain(split_head(str(head))[0]) not in OTHER]
    left = [head for head in left if head not in (*LONG, *UNITS)]
    told = [head for head in left if _numbers(frame, head)]
    usual = [head for head in left if _plain(split_head(head)[0]) in EFFECTS]
    found = told if len(told) == 1 and usual in ([], told) else usual or (left if len(left) == 1 else [])
    # whoever reads a column with a cell that is no number names the cell
    if len(found) != 1:
        which = f"could be {' or '.join(found or told)}" if found or told else "is not there"
        such = (found or told or ["viability"])[0]
        raise DesignError(
            f"the column of the effect {which}",
            where=Where(file=file),
            hint=f"name it: effect='{such}', or --effect {such}",
        )
    return found[0]


def _numbers(frame: pd.DataFrame, head: str) -> bool:
    try:
        return bool(np.isfinite(numbers(frame, head, file=None, missing=True)).any())
    except DesignError:
        return False


def direction(
    effect: NDArray[np.float64],
    untreated: NDArray[np.bool_],
    *,
    head: str,
    orientation: str | None,
    scale: str | None,
    file: str | None,
) -> tuple[str, str, str]:
    """Orientation and scale of effects (N,), and in words how they were told; what is given is taken as it is.

    The scale is percent where a value is above 2. Untreated wells are full or none: they tell the direction.

    Raises
    ------
    DesignError : the untreated wells are not there, are neither full nor none (in the scale that is given), or
        contradict the name of the column.
    """
    known = effect[np.isfinite(effect)]
    if effect.size and not known.size:
        raise DesignError(f"the column '{head}' is empty", where=Where(file=file), hint="fill in what was measured")
    most = float(np.max(np.abs(known))) if known.size else 0.0
    if scale is None:
        scale = "percent" if most > PERCENT else "fraction"
    if orientation is not None:
        return orientation, scale, f"{head}: {orientation}, {scale}"
    hint = "say the orientation: viability (untreated is full) or inhibition (untreated is none)"
    wells = effect[untreated & np.isfinite(effect)]
    if not wells.size:
        raise DesignError("no untreated wells tell which way up the effect is", where=Where(file=file), hint=hint)
    mean = float(np.mean(wells))
    share = mean / (100.0 if scale == "percent" else 1.0)
    told = "viability" if abs(share - 1.0) <= CLEAR else "inhibition" if abs(share) <= CLEAR else None
    contrary = {"viability": UP, "inhibition": DOWN}.get(told or "")
    if told is None or (contrary is not None and contrary.search(head)):
        if scale != ("percent" if most > PERCENT else "fraction"):
            raise DesignError(
                f"effects of '{head}' reach {most:.3g}, untreated wells {mean:.3g}: that is no {scale}",
                where=Where(file=file),
                hint=f"is the scale {'fraction' if scale == 'percent' else 'percent'}?",
            )
        if abs(share) > 2.0:
            hint = "give effects as fractions or percent of the untreated wells"
        raise DesignError(
            f"untreated wells have '{head}' {mean:.3g}, which does not tell which way up it is",
            where=Where(file=file), hint=hint,
        )  # fmt: skip
    return told, scale, f"{head}: {told}, {scale}, as untreated wells have {mean:.3g}"
