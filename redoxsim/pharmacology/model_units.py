"""What the symbols of a model are measured in, and quantities brought into those units."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import chain

from redoxsim import units
from redoxsim.errors import UnitError
from redoxsim.network.parts import Compartment, Network, Parameter, Species, Unit, UnitDefinition
from redoxsim.units import Dimensions, Quantity

Scale = tuple[Fraction, Dimensions]
# SBML base kinds in mol, L, s, g, Gy; a metre is the cube root of 1000 L.
KINDS: dict[str, Scale] = {
    "mole": (Fraction(1), (("mol", 1),)),
    "litre": (Fraction(1), (("L", 1),)),
    "second": (Fraction(1), (("s", 1),)),
    "gram": (Fraction(1), (("g", 1),)),
    "kilogram": (Fraction(1000), (("g", 1),)),
    "gray": (Fraction(1), (("Gy", 1),)),
    "dimensionless": (Fraction(1), ()),
    "metre": (Fraction(10), (("dm", 1),)),
}
SBML_OF = {"mol": "mole", "L": "litre", "s": "second", "g": "gram", "Gy": "gray"}


def unit_scale(network: Network, unit: str | None) -> Scale | None:
    """Size of a model's unit in mol, L, s, g, Gy with its dimensions; None where that cannot be said."""
    if unit is None:
        return None
    definition = next((one for one in network.units if one.id == unit), None)
    return KINDS.get(unit) if definition is None else _defined(definition)


@lru_cache(maxsize=256)
def _defined(definition: UnitDefinition) -> Scale | None:
    if not definition.units:  # a name without a meaning (Antimony makes one of each word it does not know)
        return None
    size, powers = Fraction(1), dict[str, int]()
    for part in definition.units:
        if part.kind not in KINDS or part.exponent != int(part.exponent):
            return None
        factor, dimensions = KINDS[part.kind]
        exponent = int(part.exponent)
        size *= (Fraction(repr(part.multiplier)) * Fraction(10) ** part.scale * factor) ** exponent
        for base, power in dimensions:
            powers[base] = powers.get(base, 0) + power * exponent
    if powers.get("dm", 0) % 3 == 0:
        powers["L"] = powers.get("L", 0) + powers.pop("dm", 0) // 3
    return size, tuple(sorted((base, power) for base, power in powers.items() if power))


def symbol_scale(network: Network, name: str) -> Scale | None:
    """The same for the value of a species, compartment or parameter."""
    # no index of the whole network: every dose of every point of a grid asks for this
    parts = chain(network.compartments, network.species, network.parameters)
    part = next((one for one in parts if one.id == name), None)
    if isinstance(part, Parameter):
        return unit_scale(network, part.unit)
    if isinstance(part, Compartment):
        return unit_scale(network, _volume(network, part))
    if isinstance(part, Species):
        home = next((one for one in network.compartments if one.id == part.compartment), None)
        amount = unit_scale(network, part.unit or network.substance_unit)
        if amount is None or home is None or part.is_amount(home):
            return amount
        volume = unit_scale(network, _volume(network, home))
        return None if volume is None else _quotient(amount, volume)
    return None


def _volume(network: Network, part: Compartment) -> str | None:
    usual = {3.0: network.volume_unit, 2.0: network.area_unit, 1.0: network.length_unit}
    return part.unit or usual.get(part.dimensions)


def _quotient(above: Scale, below: Scale) -> Scale:
    powers = dict(above[1])
    for base, power in below[1]:
        powers[base] = powers.get(base, 0) - power
    return above[0] / below[0], tuple(sorted((base, power) for base, power in powers.items() if power))


def time_scale(network: Network) -> Fraction:
    """Seconds in one model time unit; a model that says nothing counts in seconds.

    Raises
    ------
    UnitError : the model's time unit is not a time.
    """
    scale = unit_scale(network, network.time_unit)
    if network.time_unit is None or (scale is not None and scale[1] == ()):
        return Fraction(1)
    if scale is None or scale[1] != (("s", 1),):
        raise UnitError(f"the model's time unit '{network.time_unit}' is not a time")
    return scale[0]


def to_model(
    network: Network, name: str, amount: Quantity, *, per_time: bool = False, usual: str | None = None, called: str = ""
) -> float:
    """A quantity in the unit that a symbol of the model has (``per_time``: in that per model time).

    Parameters
    ----------
    usual : unit to take the symbol for where the model gives none.
    called : what errors call it, its id unless said otherwise.

    Raises
    ------
    UnitError : no unit where the model has one, a unit of another kind, or a unit where the model has none.
    """
    scale = symbol_scale(network, name) or (units.scale(usual) if usual else None)
    if scale is not None and per_time:
        scale = _quotient(scale, (time_scale(network), (("s", 1),)))
    if scale is None:
        if amount.unit and units.scale(amount.unit)[1]:
            raise UnitError(
                f"the model gives no unit for '{called or name}', so {amount} cannot be converted",
                hint=f"give a bare number: {amount.value:g}",
            )
        return amount.value
    given, dimensions = units.scale(amount.unit)
    if dimensions == scale[1]:
        return units.times(amount.value, given / scale[0])
    if amount.value == 0.0 and not amount.unit:
        return 0.0
    wanted = _wanted(scale, usual, per_time)
    if not amount.unit:
        raise UnitError(f"the amount {amount.value:g} of '{called or name}' has no unit", hint=f"it needs {wanted}")
    kind = units.kind(amount.unit)
    mass = "mass per volume is taken where the agent's file gives its molar_mass"
    hint = mass if kind == "mass concentration" else None
    raise UnitError(f"'{called or name}' needs {wanted}, not {amount}, {_a(kind)}", hint=hint)


def _wanted(scale: Scale, usual: str | None, per_time: bool) -> str:
    """What a quantity of that scale is called; an agent that is dosed in another unit than the model counts in, such as
    gray, is asked for in that."""
    if usual and not per_time and units.scale(usual)[1] != scale[1]:
        return f"{_a(units.kind(usual))} such as {usual}"
    kinds = (f"{_a(kind)} such as {example}" for kind, (found, example) in units.KINDS.items() if found == scale[1])
    return next(kinds, "another kind of quantity")


def _a(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"


def definition(network: Network, unit: str) -> tuple[str, UnitDefinition | None]:
    """The id of a model's unit that means ``unit``, and the definition to add where it has none.

    ``unit`` is an id of the model or a product such as ``1/uM/s``.

    Raises
    ------
    UnitError : neither.
    """
    if unit in KINDS or any(one.id == unit for one in network.units):
        return unit, None
    scale = units.scale(unit)
    if scale[1] == () and scale[0] == 1:
        return "dimensionless", None
    for one in network.units:
        if unit_scale(network, one.id) == scale:
            return one.id, None
    parts, name = [], ""
    for atom, power in units.factors(unit):
        size, dimensions = units.ATOMS[atom]
        for place, (base, exponent) in enumerate(sorted(dimensions, reverse=True)):
            multiplier = float(size) if place == 0 else 1.0  # the size goes with the first base
            parts.append(Unit(kind=SBML_OF[base], exponent=float(exponent * power), multiplier=multiplier))
        word = atom.replace("%", "percent") + (str(abs(power)) if abs(power) != 1 else "")
        name += f"_per_{word}" if power < 0 else f"_{word}"
    return name.strip("_"), UnitDefinition(id=name.strip("_"), units=tuple(parts))
