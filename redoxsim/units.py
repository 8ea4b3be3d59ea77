"""Quantities as people write them: ``2 uM``, ``48 h``, ``10nM..10uM:log:8``.

A unit is a product of names with integer powers, such as ``uM/h`` or ``1/uM/s``. Conversion
factors are exact fractions, so the same dose written in nM and in uM is the same number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError, UnitError, nearest

FloatArray = NDArray[np.float64]
Dimensions = tuple[tuple[str, int], ...]
"""Powers of mol, L, s, g and Gy, sorted, zero powers left out."""

MOST_VALUES = 1_000_000
PREFIXES: Mapping[str, int] = {"": 0, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18}


def _atoms() -> dict[str, tuple[Fraction, Dimensions]]:
    one: dict[str, tuple[Fraction, Dimensions]] = {
        "1": (Fraction(1), ()),
        "%": (Fraction(1, 100), ()),
        "s": (Fraction(1), (("s", 1),)),
        "ms": (Fraction(1, 1000), (("s", 1),)),
        "us": (Fraction(1, 10**6), (("s", 1),)),
        "min": (Fraction(60), (("s", 1),)),
        "h": (Fraction(3600), (("s", 1),)),
        "d": (Fraction(86400), (("s", 1),)),
        "Gy": (Fraction(1), (("Gy", 1),)),
        "kg": (Fraction(1000), (("g", 1),)),
    }
    families: tuple[tuple[str, str, Dimensions], ...] = (
        ("M", "munp", (("L", -1), ("mol", 1))),
        ("mol", "munpfa", (("mol", 1),)),
        ("L", "munpf", (("L", 1),)),
        ("g", "munpf", (("g", 1),)),
    )
    for name, prefixes, dimensions in families:
        for prefix in ("", *prefixes):
            power = PREFIXES[prefix]
            one[prefix + name] = (Fraction(1, 10**-power), dimensions)
    return one


ATOMS: Mapping[str, tuple[Fraction, Dimensions]] = _atoms()
"""Every unit name: its size in mol, L, s, g, Gy, and its dimensions."""

KINDS: Mapping[str, tuple[Dimensions, str]] = {
    "concentration": ((("L", -1), ("mol", 1)), "uM"),
    "time": ((("s", 1),), "h"),
    "amount": ((("mol", 1),), "amol"),
    "volume": ((("L", 1),), "pL"),
    "rate of concentration": ((("L", -1), ("mol", 1), ("s", -1)), "uM/h"),
    "mass concentration": ((("L", -1), ("g", 1)), "g/L"),
    "radiation dose": ((("Gy", 1),), "Gy"),
    "plain number": ((), "1"),
}
"""Kinds of quantity: dimensions and an example of a unit."""

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@lru_cache(maxsize=512)
def scale(unit: str) -> tuple[Fraction, Dimensions]:
    """Size of a unit in mol, L, s, g, Gy, and its dimensions.

    >>> scale("uM/h")
    (Fraction(1, 3600000000), (('L', -1), ('mol', 1), ('s', -1)))

    Raises
    ------
    UnitError : an unknown unit; the nearest known name is named.
    """
    size, powers = Fraction(1), dict[str, int]()
    for name, power in factors(unit):
        factor, dimensions = ATOMS[name]
        size *= factor**power
        for base, exponent in dimensions:
            powers[base] = powers.get(base, 0) + exponent * power
    return size, tuple(sorted((base, power) for base, power in powers.items() if power))


def factors(unit: str) -> tuple[tuple[str, int], ...]:
    """The unit as (name, power) pairs, in the order written.

    >>> factors("1/uM/s")
    (('uM', -1), ('s', -1))

    Raises
    ------
    UnitError : an unknown name or a text that is not a product of names.
    """
    text = unit.strip().replace("µ", "u").replace("μ", "u").replace("**", "^")
    if text in ("", "dimensionless", "fraction"):
        return ()
    found = []
    for position, part in enumerate(re.split(r"([*/])", text)):
        if position % 2:
            sign = -1 if part == "/" else 1
            continue
        match = re.fullmatch(r"\s*([A-Za-z%]+|1)(?:\^([+-]?\d+))?\s*", part)
        if match is None:
            raise UnitError(f"'{unit}' is not a unit", hint="write it like uM, 1/uM/s or g/L")
        name = match.group(1)
        if name not in ATOMS:
            raise UnitError(f"unknown unit '{name}'" + (f" in '{unit}'" if name != text else ""), hint=_near(name))
        if name != "1":
            found.append((name, (sign if position else 1) * int(match.group(2) or 1)))
    return tuple(found)


def _near(name: str) -> str | None:
    folded = {known.lower(): known for known in ATOMS}
    special = {
        "m": "min, or M for molar",
        "sec": "s",
        "hr": "h",
        "hrs": "h",
        "hour": "h",
        "hours": "h",
        "day": "d",
        "days": "d",
        "minutes": "min",
        "seconds": "s",
        "second": "s",
        "molar": "M",
        "micromolar": "uM",
    }
    if name.lower() in special:
        return f"did you mean {special[name.lower()]}?"
    if name.lower() in folded:
        return f"did you mean '{folded[name.lower()]}'?"
    return nearest(name, ATOMS) or "units are such as uM, nM, h, min, s, pL, amol, g/L, Gy"


def kind(unit: str) -> str:
    """What the unit measures, in words; the unit itself where it has no name of its own."""
    dimensions = scale(unit)[1]
    return next((name for name, (wanted, _) in KINDS.items() if wanted == dimensions), f"quantity in {unit}")


def to(value: float, unit: str, target: str) -> float:
    """``value`` given in ``unit``, in ``target``.

    >>> to(10.0, "nM", "uM")
    0.01

    Raises
    ------
    UnitError : an unknown unit, or the two measure different things.
    """
    return times(value, ratio(unit, target))


def ratio(unit: str, target: str) -> Fraction:
    """How many ``target`` one ``unit`` is, exactly."""
    (size, dimensions), (wanted, others) = scale(unit), scale(target)
    if dimensions != others:
        raise UnitError(f"'{unit}' is a {kind(unit)}; a {kind(target)} such as '{target}' is needed")
    return size / wanted


def times(value: float, factor: Fraction) -> float:
    """The product, taken on the decimal number as written: 1.4 pL is 1.4e-12 L to the last bit."""
    value = float(value)
    if factor == 1 or not np.isfinite(value):
        return value
    return float(Fraction(repr(value)) * factor)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit ("" for a plain number)."""

    value: float
    unit: str

    def to(self, unit: str) -> float:
        """The number in another unit of the same kind.

        Raises
        ------
        UnitError : the units measure different things, or this is a bare number.
        """
        if not self.unit and scale(unit)[1] and self.value != 0.0:
            raise UnitError(f"'{self.value:g}' has no unit", hint=f"write a {kind(unit)} such as {self.value:g} {unit}")
        return self.value if not self.unit and scale(unit)[1] else to(self.value, self.unit, unit)

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".rstrip()


def quantity(text: str | Quantity, *, kind: str | None = None) -> Quantity:
    """The quantity a text stands for.

    >>> quantity("2uM"), quantity("-24 h").to("s")
    (Quantity(value=2.0, unit='uM'), -86400.0)

    Parameters
    ----------
    text : number and unit; a number alone is a plain number.
    kind : one of :data:`KINDS` that it must be; zero needs no unit.

    Raises
    ------
    UnitError : no number, an unknown unit, no unit where one is needed, or a unit of the wrong kind.
    """
    if isinstance(text, Quantity):
        found = text
    else:
        if not isinstance(text, str):
            wanted = KINDS[kind][1] if kind else "uM"
            raise UnitError(f"{text!r} has no unit", hint=f"write it as text, such as '{text} {wanted}'")
        stripped = text.strip()
        match = NUMBER.match(stripped)
        if match is None:
            raise UnitError(f"'{text}' does not start with a number", hint="write a quantity such as 2 uM or 48 h")
        unit = stripped[match.end() :].strip()
        scale(unit)
        found = Quantity(float(match.group()), unit)
        if not np.isfinite(found.value):
            raise UnitError(f"'{text}' is too large a number")
    if kind is not None:
        found.to(KINDS[kind][1])
    return found


def seconds(text: str | Quantity) -> float:
    """A time in seconds; the text must carry its unit."""
    return quantity(text, kind="time").to("s")


@dataclass(frozen=True, slots=True, eq=False)
class Quantities:
    """Several numbers in one unit ("" for plain numbers), shape (N,)."""

    values: FloatArray
    unit: str = ""

    def __post_init__(self) -> None:
        array = np.array(self.values, dtype=np.float64, ndmin=1)
        array.flags.writeable = False
        object.__setattr__(self, "values", array)

    def to(self, unit: str) -> FloatArray:
        """The numbers in another unit, shape (N,)."""
        return np.array([Quantity(float(value), self.unit).to(unit) for value in self.values])

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Quantity]:
        return (Quantity(float(value), self.unit) for value in self.values)


Bound = str | float | Quantity


def log(low: Bound, high: Bound, count: int) -> Quantities:
    """``count`` values from ``low`` to ``high``, evenly spaced in their logarithm.

    >>> log("1 nM", "100 nM", 3).values
    array([  1.,  10., 100.])

    Raises
    ------
    UnitError, DesignError : bounds of different kinds, not positive, or a count below 1 or above a million.
    """
    first, last, unit = _bounds(low, high, count)
    if first <= 0 or last <= 0:
        raise DesignError(f"a log range needs positive ends, not {low} and {high}", hint="list zero by itself")
    if count == 1:
        return Quantities(np.array([first]), unit)
    steps = np.linspace(np.log10(first), np.log10(last), count)
    # A whole power of ten is written as such, so that 10nM..10uM has 100 nM in it and not 99.99999999999999.
    values = [float(f"{10.0**step:.15g}") for step in steps]
    values[0], values[-1] = first, last
    return Quantities(np.array(values), unit)


def lin(low: Bound, high: Bound, count: int) -> Quantities:
    """``count`` values from ``low`` to ``high``, evenly spaced.

    Raises
    ------
    UnitError, DesignError : bounds of different kinds, or a count below 1 or above a million.
    """
    first, last, unit = _bounds(low, high, count)
    return Quantities(np.linspace(first, last, count), unit)


def _bounds(low: Bound, high: Bound, count: int) -> tuple[float, float, str]:
    if not isinstance(count, int) or count < 1:
        raise DesignError(f"a range needs a whole number of values, at least 1, not {count}")
    if count > MOST_VALUES:
        raise DesignError(f"a range can have {MOST_VALUES} values, not {count}")
    first, last = (Quantity(float(end), "") if isinstance(end, int | float) else quantity(end) for end in (low, high))
    if not (np.isfinite(first.value) and np.isfinite(last.value)):
        raise DesignError(f"a range needs finite ends, not {low} and {high}")
    unit = first.unit or last.unit
    for end in (first, last):
        if unit and not end.unit and end.value != 0.0:
            raise UnitError(
                f"'{end.value:g}' has no unit in the range {low}..{high}", hint=f"write {end.value:g}{unit}"
            )
    # The finer unit of the two keeps the ends as they were written.
    if first.unit and last.unit and scale(last.unit)[0] < scale(first.unit)[0]:
        unit = last.unit
    return first.to(unit) if unit else first.value, last.to(unit) if unit else last.value, unit


def range(text: str) -> Quantities:
    """The values of ``LO..HI:log|lin:N``.

    >>> range("1nM..1uM:log:4").values
    array([   1.,   10.,  100., 1000.])

    Raises
    ------
    UnitError, DesignError : not such a text, or ends that make no sense.
    """
    match = re.fullmatch(r"(.+?)\.\.(.+?):(\w+):([+-]?\w+)", text.strip())
    if match is None:
        raise DesignError(f"'{text}' is not a range", hint="write LO..HI:log:N or LO..HI:lin:N: 10nM..10uM:log:8")
    low, high, spacing, count = match.groups()
    if spacing not in ("log", "lin"):
        raise DesignError(f"spacing '{spacing}' in '{text}' is not known", hint="log or lin")
    if not count.isdigit():
        raise DesignError(f"'{count}' in '{text}' is not a number of values")
    if int(count) == 1:
        raise DesignError(f"'{text}' has two ends and one value", hint=f"write that value: {low.strip()}")
    return (log if spacing == "log" else lin)(quantity(low), quantity(high), int(count))


def values(text: str | Quantities | Sequence[str | Quantity]) -> Quantities:
    """The values of a comma list whose items are quantities or ranges; zero needs no unit.

    >>> values("0,10nM..1uM:log:3").values
    array([   0.,   10.,  100., 1000.])

    Raises
    ------
    UnitError, DesignError : an empty list, mixed kinds, a number without a unit beside ones with.
    """
    if isinstance(text, Quantities):
        return text
    items: Sequence[str | Quantity] = text.split(",") if isinstance(text, str) else text
    found: list[Quantity] = []
    for item in items:
        if isinstance(item, str) and not item.strip():
            raise DesignError(f"an empty value in '{text}'", hint="write a list such as 0,1uM,3uM")
        found += range(item) if isinstance(item, str) and ".." in item else [quantity(item)]
    if not found:
        raise DesignError("no values given")
    named = [one.unit for one in found if one.unit]
    unit = min(named, key=lambda name: scale(name)[0]) if named else ""
    if not unit:
        return Quantities(np.array([one.value for one in found]))
    return Quantities(np.array([one.to(unit) for one in found]), unit)
