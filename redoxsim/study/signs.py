"""What cannot be below zero: an expression level, a concentration, a volume, a rate constant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from redoxsim.errors import DesignError, Where
from redoxsim.network.parts import Compartment, Network, Parameter, Species
from redoxsim.pharmacology.model_units import unit_scale
from redoxsim.study.metadata import Constant

NEVER_NEGATIVE = {(("mol", 1),), (("L", 1),), (("L", -1), ("mol", 1)), (("g", 1),)}
"""Dimensions of amounts, volumes, concentrations and masses."""


def refuse_negative(
    network: Network, constants: Mapping[str, Constant], values: Mapping[str, ArrayLike], *, file: str | None = None
) -> None:
    """Nothing, if every value may have its sign.

    A compartment and a species are never below zero. A graded constant is so only where its own value or range is
    (a potential), any other parameter unless its unit is that of an amount, a volume or a concentration.

    Raises
    ------
    DesignError : a value below zero of something that cannot be; ``file`` is where it came from.
    """
    index = network.index()
    for name, numbers in values.items():
        lowest = float(np.min(np.asarray(numbers, dtype=float)))
        if lowest < 0.0 and not _may_be(network, constants, index.get(name)):
            raise DesignError(
                f"'{name}' cannot be {lowest:g}: {_what(index.get(name), constants.get(name))} is never below zero",
                where=Where(file=file, element=name) if file else None,
                hint=None if isinstance(index.get(name), Compartment) else "0 takes it away altogether",
            )


def _may_be(network: Network, constants: Mapping[str, Constant], part: object) -> bool:
    if isinstance(part, Compartment | Species):
        return False
    if not isinstance(part, Parameter):
        return True
    if part.value is not None and part.value < 0.0:
        return True
    graded = constants.get(part.id)
    if graded is not None:
        potential = any("volt" in one.kind for unit in network.units if unit.id == part.unit for one in unit.units)
        return potential or graded.value < 0.0 or (graded.low is not None and graded.low < 0.0)
    scale = unit_scale(network, part.unit)
    return scale is None or scale[1] not in NEVER_NEGATIVE


def _what(part: object, graded: Constant | None) -> str:
    if isinstance(part, Compartment):
        return "the size of a compartment"
    if isinstance(part, Species):
        return "the concentration of a species"
    plain = graded is not None and graded.unit in ("", "1", "dimensionless")
    return "a level or a ratio" if plain else "such a constant"
