"""The unit of a symbol in words, from the unit definitions of its model."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

from redoxsim.network.parts import Compartment, Element, Network, Parameter, Reaction, Species

PREFIXES = {0: "", -3: "m", -6: "u", -9: "n", -12: "p", -15: "f", -18: "a", -21: "z", -24: "y"}


def unit_label(network: Network, name: str) -> str | None:
    """Such as "uM", "amol", "pL", "amol/s", or the id that the model uses; None where it gives none."""
    index = _index(network)
    part = index.get(name)
    if isinstance(part, Species):
        substance = part.unit or network.substance_unit
        found = index.get(part.compartment)
        home = found if isinstance(found, Compartment) else None
        volume = _volume_unit(network, home) if home is not None else None
        if part.is_amount(home):
            return unit_word(network, substance)
        return _ratio(network, substance, volume)
    if isinstance(part, Compartment):
        return unit_word(network, _volume_unit(network, part))
    if isinstance(part, Reaction):
        extent = network.extent_unit or network.substance_unit
        extent_word, time_word = unit_word(network, extent), unit_word(network, network.time_unit)
        return f"{extent_word}/{time_word}" if extent_word and time_word else None
    if isinstance(part, Parameter):
        return unit_word(network, part.unit)
    return None


_LAST: deque[tuple[Network, Mapping[str, Element]]] = deque(maxlen=1)


def _index(network: Network) -> Mapping[str, Element]:
    """Parts by id; those of the last network are kept, as results ask for one label after another."""
    for known, index in tuple(_LAST):
        if known is network:
            return index
    made = network.index()
    _LAST.append((network, made))
    return made


def _volume_unit(network: Network, compartment: Compartment) -> str | None:
    if compartment.unit:
        return compartment.unit
    return {3.0: network.volume_unit, 2.0: network.area_unit, 1.0: network.length_unit}.get(compartment.dimensions)


def _scale(network: Network, unit: str | None) -> tuple[str, float] | None:
    """(base kind, decimal exponent) of a unit that is one power of ten of mole, litre, second or item."""
    if unit is None:
        return None
    if unit in ("mole", "litre", "liter", "second", "item", "dimensionless"):
        return unit.replace("liter", "litre"), 0.0
    definition = next((d for d in network.units if d.id == unit), None)
    if definition is None or len(definition.units) != 1:
        return None
    factor = definition.units[0]
    if factor.multiplier <= 0:
        return None
    if factor.kind == "metre" and factor.exponent == 3:
        return "litre", 3 * (factor.scale + math.log10(factor.multiplier)) + 3
    if factor.exponent != 1:
        return None
    return factor.kind.replace("liter", "litre"), factor.scale + math.log10(factor.multiplier)


def _spell(base: str, exponent: float) -> str | None:
    rounded = round(exponent)
    if abs(exponent - rounded) > 1e-9 or rounded not in PREFIXES:
        return None
    return PREFIXES[rounded] + base


def unit_word(network: Network, unit: str | None) -> str | None:
    """A unit id of the model in words: "s", "amol", "pL" where it is one, else the id itself."""
    if unit is None:
        return None
    scale = _scale(network, unit)
    letters = {"mole": "mol", "litre": "L", "second": "s"}
    if scale and scale[0] in letters:
        return _spell(letters[scale[0]], scale[1]) or unit
    return "" if unit == "dimensionless" else unit


def _ratio(network: Network, substance: str | None, volume: str | None) -> str | None:
    above, below = _scale(network, substance), _scale(network, volume)
    if above and below and above[0] == "mole" and below[0] == "litre":
        molar = _spell("M", above[1] - below[1])
        if molar:
            return molar
    if below and below[0] == "dimensionless":
        return unit_word(network, substance)
    top, bottom = unit_word(network, substance), unit_word(network, volume)
    return f"{top}/{bottom}" if top and bottom else None
