"""The dose grammar: text to a table of doses, free of any model.

``AGENT=AMOUNT`` adds to the medium at 0 h; ``@6h`` at another time (negative: before 0 h),
``@0h,24h`` repeated, ``@0h..6h`` added and then the medium exchanged, ``AGENT=0.1uM/h@0h..24h``
infused, ``SPECIES:=5uM@2h`` set, ``wash@6h`` the medium exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from redoxsim import units
from redoxsim.errors import DesignError, UnitError, nearest
from redoxsim.units import Quantity

HOUR = 3600.0
SHAPE = re.compile(r"\s*(?P<target>[A-Za-z0-9_][\w-]*)\s*(?P<sign>:=|=)\s*(?P<amount>[^@]*?)\s*(?:@(?P<times>.*))?")
WASH = re.compile(r"\s*wash\s*(?:@(?P<times>.*))?", re.IGNORECASE)
HINT = "write AGENT=AMOUNT@TIME, such as auranofin=2uM@0h, bso=100uM@-24h, SPECIES:=5uM@2h or wash@6h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosing:
    """One row. Times in seconds.

    ``action`` is "add", "set", "infuse" (``until`` is its end) or "wash" (no amount; ``target`` is
    then empty). ``target`` is an agent or species id.
    """

    target: str
    action: str
    amount: Quantity | None
    time: float
    until: float | None = None

    def __str__(self) -> str:
        when = f"@{self.time / HOUR:g}h"
        if self.action == "wash":
            return f"wash{when}"
        end = f"..{self.until / HOUR:g}h" if self.until is not None else ""
        return f"{self.target}{':=' if self.action == 'set' else '='}{self.amount}{when}{end}".replace(" ", "")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Doses in the order given.

    >>> print(Schedule.parse(["auranofin=2uM@0h..6h", "bso=100uM@-24h"]))
    auranofin=2uM@0h; wash@6h; bso=100uM@-24h
    """

    doses: tuple[Dosing, ...] = ()

    @classmethod
    def parse(cls, texts: str | Iterable[str]) -> Schedule:
        """The schedule of texts in the dose grammar.

        Raises
        ------
        DesignError, UnitError : a text that is not a dose, a negative amount, a missing or wrong unit.
        """
        items = [texts] if isinstance(texts, str) else list(texts)
        return cls(tuple(row for text in items for row in parse_dose(text)))

    @classmethod
    def of(cls, doses: Mapping[str, str | Quantity] | Iterable[str] | str | Schedule | None) -> Schedule:
        """The same from a mapping of ids to amounts at 0 h (or ``amount@times``), texts, or a schedule."""
        if doses is None:
            return cls()
        if isinstance(doses, Schedule):
            return doses
        if isinstance(doses, Mapping):
            return cls.parse([f"{target}={_text(target, amount)}" for target, amount in doses.items()])
        return cls.parse(doses)

    def start(self) -> float:
        """When the first dose is given or 0, whichever is earlier; seconds."""
        return min([0.0, *(row.time for row in self.doses)])

    def targets(self) -> tuple[str, ...]:
        """Ids that are dosed, each once, in order."""
        return tuple(dict.fromkeys(row.target for row in self.doses if row.target))

    def __add__(self, other: Schedule) -> Schedule:
        return Schedule(self.doses + other.doses)

    def __str__(self) -> str:
        return "; ".join(str(row) for row in self.doses)


def _text(target: str, amount: object) -> str:
    if isinstance(amount, str | Quantity):
        return str(amount)
    raise UnitError(f"the dose of '{target}' has no unit: {amount!r}", hint=f"write '{amount} uM'")


def parse_dose(text: str) -> tuple[Dosing, ...]:
    """The rows that one dose stands for.

    Raises
    ------
    DesignError : not a dose, a negative amount, an infusion without an end, a window that runs backwards.
    UnitError : an amount or a time without a unit, or an unknown unit.
    """
    wash = WASH.fullmatch(text)
    if wash:
        if wash["times"] is None:
            raise DesignError(f"'{text}' does not say when", hint="write wash@6h")
        return tuple(_wash(start) for start, _ in _windows(wash["times"], text, allowed=False))
    match = SHAPE.fullmatch(text)
    if match is None:
        raise DesignError(f"'{text}' is not a dose", hint=HINT)
    target, amount = match["target"], _amount(match["amount"], text)
    if match["sign"] == ":=":
        windows = _windows(match["times"] or "0h", text, allowed=False)
        return tuple(Dosing(target=target, action="set", amount=amount, time=start) for start, _ in windows)
    return dose_rows(target, amount, match["times"], text=text)


def dose_rows(target: str, amount: Quantity, times: str | None = None, *, text: str = "") -> tuple[Dosing, ...]:
    """The rows of an amount given at ``times`` (``6h``, ``0h,24h``, ``0h..6h``; None is 0 h).

    ``text`` is what errors quote. Raises as :func:`parse_dose`.
    """
    text = text or f"{target}={amount}@{times}"
    windows: list[tuple[float, float | None]] = [(0.0, None)]
    if times is not None:
        windows = _windows(times, text, allowed=True)
    if _is_rate(amount):
        for _, end in windows:
            if end is None:
                raise DesignError(f"'{text}' is an infusion without an end", hint=f"write {target}={amount}@0h..24h")
        return tuple(Dosing(target=target, action="infuse", amount=amount, time=a, until=b) for a, b in windows)
    rows: list[Dosing] = []
    for start, end in windows:
        rows.append(Dosing(target=target, action="add", amount=amount, time=start))
        if end is not None:
            rows.append(_wash(end))
    return tuple(rows)


def _wash(time: float) -> Dosing:
    return Dosing(target="", action="wash", amount=None, time=time)


def _is_rate(amount: Quantity) -> bool:
    return dict(units.scale(amount.unit)[1]).get("s") == -1


def _amount(text: str, whole: str) -> Quantity:
    if not text:
        raise DesignError(f"'{whole}' has no amount", hint=HINT)
    try:
        amount = units.quantity(text)
    except UnitError as error:
        raise UnitError(f"amount in '{whole}': {error.message}", hint=error.hint) from error
    if amount.value < 0:
        raise DesignError(f"negative dose in '{whole}'", hint="doses are zero or more")
    return amount


def _windows(text: str, whole: str, *, allowed: bool) -> list[tuple[float, float | None]]:
    found: list[tuple[float, float | None]] = []
    for item in text.split(","):
        first, dots, last = item.partition("..")
        start, end = _time(first, whole), _time(last, whole) if dots else None
        if end is not None and not allowed:
            raise DesignError(f"'{whole}' takes single times, not '{item.strip()}'", hint="write @2h or @2h,4h")
        if end is not None and end <= start:
            raise DesignError(f"'{item.strip()}' in '{whole}' ends before it starts")
        found.append((start, end))
    return found


def _time(text: str, whole: str) -> float:
    if not text.strip():
        raise DesignError(f"a time is missing in '{whole}'", hint="write @6h, @0h,24h or @0h..6h")
    try:
        return units.seconds(text)
    except UnitError as error:
        raise UnitError(f"time '{text.strip()}' in '{whole}': {error.message}", hint=error.hint) from error


def unknown_target(name: str, agents: Iterable[str], species: Iterable[str]) -> DesignError:
    """The error for a dose of something that is neither an agent nor a species of the model."""
    known = [*agents, *species]
    hint = nearest(name, known) or "`redoxsim agents` lists the agents"
    return DesignError(f"'{name}' is neither an agent nor a species of the model", hint=hint)
