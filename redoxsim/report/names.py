"""How ids and units are written for people: ``H2O2_m`` is "H₂O₂, matrix", ``uM`` is "µM"."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

NO_UNIT = frozenset({"", "1", "dimensionless", "fraction", "none"})
LADDER = ("pM", "nM", "uM", "mM", "M")
_PLACES = {"c": "cytosol", "m": "matrix", "x": "medium"}
_STATES = {"red": "reduced", "ox": "oxidised", "activity": "activity", "act": "activity"}
_FORMULAS = {"H2O2": "H₂O₂", "O2": "O₂", "NH4": "NH₄⁺", "Fe2": "Fe²⁺", "Fe3": "Fe³⁺"}
_LONGEST_TITLE = 34
_PEROXIDE = re.compile(r"(?<![A-Za-z0-9_])H2O2(?![A-Za-z0-9_])")
_POWER = re.compile(r"(?<![\w.])([−-]?\d+(?:\.\d+)?)e([+−-]?)0*(\d+)\b")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_PER = re.compile(r"(?:([A-Za-z]+)_)?per_([A-Za-z]+(?:_[A-Za-z]+)*)")


def unit_of(attrs: Mapping[Hashable, Any]) -> str:
    """The unit in an attribute table, "" where there is none or it is a plain number."""
    unit = str(attrs.get("units", attrs.get("unit", "")) or "")
    return "" if unit in NO_UNIT else unit


def show_unit(unit: str) -> str:
    """A unit as printed: ``uM/s`` gives "µM/s"; "" for a plain number.

    >>> show_unit("uM/s"), show_unit("pL_per_s"), show_unit("per_uM_s"), show_unit("dimensionless")
    ('µM/s', 'pL/s', '1/(µM s)', '')
    """
    if unit in NO_UNIT:
        return ""
    if found := _PER.fullmatch(unit):  # the ids of units in SBML
        under = [show_unit(part) for part in found[2].split("_")]
        return f"{show_unit(found[1]) if found[1] else 1}/" + (f"({' '.join(under)})" if len(under) > 1 else under[0])
    return "/".join(
        "µ" + part[1:] if len(part) > 1 and part[0] == "u" and part[1] in "MLlmgs" else part for part in unit.split("/")
    )


def head(name: str, unit: str) -> str:
    """A column head, ``H2O2_c [uM]``; only the name for a plain number."""
    return name if unit in NO_UNIT else f"{name} [{unit}]"


def split_head(text: str) -> tuple[str, str]:
    """Name and unit of a column head.

    >>> split_head("time [h]"), split_head("viability")
    (('time', 'h'), ('viability', ''))
    """
    text = text.strip()
    if text.endswith("]") and "[" in text:
        name, _, unit = text[:-1].rpartition("[")
        return name.strip(), unit.strip()
    return text, ""


def show_id(name: str) -> str:
    """An id in words.

    >>> show_id("H2O2_m"), show_id("Trx1_red"), show_id("NRF2")
    ('H₂O₂, matrix', 'Trx1, reduced', 'NRF2')
    """
    stem, _, tail = name.rpartition("_")
    if stem and tail in _PLACES:
        return f"{_FORMULAS.get(stem, stem)}, {_PLACES[tail]}"
    if stem and tail in _STATES:
        word = _STATES[tail]
        return f"{stem} {word}" if word == "activity" else f"{stem}, {word}"
    return _FORMULAS.get(name, name)


def enumerated(names: Sequence[str]) -> str:
    """Names in a row, as in a sentence.

    >>> enumerated(["BSO"]), enumerated(["a", "b", "c"])
    ('BSO', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def show_formulas(text: str) -> str:
    """A text with hydrogen peroxide as people write it; ids and commands stay as they are typed.

    >>> show_formulas("H2O2 in matrix"), show_formulas("H2O2_m")
    ('H₂O₂ in matrix', 'H2O2_m')
    """
    return _PEROXIDE.sub("H₂O₂", text)


def powers(text: str) -> str:
    """Numbers in powers of ten as print has them, each in one piece.

    >>> powers("4.4e-05 of 1e+06, H1e2").replace(chr(160), " ")
    '4.4 × 10⁻⁵ of 1 × 10⁶, H1e2'
    """
    return _POWER.sub(
        lambda one: f"{one[1]}\u00a0×\u00a010{'⁻' if one[2] in ('-', '−') else ''}{one[3].translate(_RAISED)}", text
    )


def printed(text: str) -> str:
    """A text for a figure: proper signs for minus, micro, bounds and powers, hydrogen peroxide as people write it.

    >>> printed("H2O2 after 0.5 uM, <= -0.2, A-1")
    'H₂O₂ after 0.5 µM, ≤ −0.2, A-1'
    """
    signs = show_formulas(powers(text)).replace(">=", "≥").replace("<=", "≤").replace("/m2/", "/m²/")
    return re.sub(r"(?<![A-Za-z0-9])-(?=[0-9])", "−", re.sub(r"(?<=[0-9] )uM(?![A-Za-z])", "µM", signs))


def title_of(name: str, attrs: Mapping[Hashable, Any]) -> str:
    """The title of a panel: the variable's own long name where it is short enough, else its id in words."""
    long_name = str(attrs.get("long_name", "") or "")
    return show_formulas(long_name) if 0 < len(long_name) <= _LONGEST_TITLE and long_name != name else show_id(name)


def named_unit(title: str, unit: str) -> str:
    """An axis label, "auranofin (µM)"."""
    shown = show_unit(unit)
    return f"{title} ({shown})" if shown else title


def number(value: float, digits: int = 3) -> str:
    """A number for reading (not for tables that are read back): ``digits`` significant figures, no trailing noise.

    >>> number(0.00012345), number(45640.0, 2), number(1234567.0), number(2.0)
    ('0.000123', '46000', '1.23e+06', '2')
    """
    if value != value:
        return "n/a"
    short = f"{value:.{digits}g}"
    return f"{float(short):.6g}" if abs(value) < 1e6 else short
