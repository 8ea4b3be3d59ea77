"""Errors a user can act on: what is wrong, where, and the nearest right thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Where:
    """A place in somebody's input; every part is optional."""

    file: str | None = None
    line: int | None = None
    element: str | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        if self.element:
            place = f"{place} ({self.element})" if place else self.element
        return place


class RedoxsimError(Exception):
    """Base of every error this package raises on purpose.

    Parameters
    ----------
    message : what is wrong, naming the thing.
    where : the place in the input, if there is one.
    hint : what to do, or the nearest right name.
    """

    def __init__(self, message: str, *, where: Where | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = self.message
        place = str(self.where) if self.where else ""
        if place:
            text = f"{place}: {text}"
        if self.hint:
            text = f"{text} ({self.hint})"
        return text


class ModelError(RedoxsimError):
    """The model itself is at fault."""


class ReadError(ModelError):
    """A model, agent, cell or table file cannot be read; ``others`` are further problems of the same file."""

    others: tuple[ReadError, ...] = ()

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.others)])


class Unsupported(ModelError):
    """The input is valid but asks for something that is not done; nothing was computed."""


class UnitError(RedoxsimError):
    """A quantity has no unit, an unknown unit, or a unit of the wrong kind."""


class BuildError(RedoxsimError):
    """Generated code could not be built: our fault, or a missing tool."""


class SolveError(RedoxsimError):
    """A solve failed; carries the solution so far and the report that explains it."""

    def __init__(
        self,
        message: str,
        *,
        where: Where | None = None,
        hint: str | None = None,
        solution: object | None = None,
        report: object | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.solution = solution
        self.report = report


class DesignError(RedoxsimError):
    """A study asks for something that makes no sense (an unknown axis, a negative dose)."""


class FitError(RedoxsimError):
    """A fit was asked for on data that cannot carry one."""


class PerformanceWarning(UserWarning):
    """The result is the same, but a slower way was taken to it; the message says why and what it costs."""


def nearest(name: object, known: Iterable[str], *, most: int = 3) -> str | None:
    """Hint naming up to ``most`` known names close to ``name``, or None where none is close.

    Close means: a letter in three wrong at most, or one of the two is part of the other. What is no text, such as a
    number asked for where a name belongs, is close to none.

    >>> nearest("H202", ["H2O2", "GSH"]), nearest("bso", ["DUMP", "BH4"])
    ("did you mean 'H2O2'?", None)
    """
    if not isinstance(name, str):
        return None
    low = name.lower()
    ranked = []
    for option in dict.fromkeys(known):
        other = option.lower()
        apart = _apart(low, other)
        part = min(len(low), len(other)) >= 3 and (low in other or other in low)
        begins = apart <= 1 and (low.startswith(other) or other.startswith(low))
        if part or begins or apart <= max(1, max(len(low), len(other)) // 3) < len(other):
            # What only lacks its ending, such as "_c", goes before what has a wrong letter.
            ranked.append((apart - 3 if part and apart and other.startswith(low) else apart, option))
    found = [option for _, option in sorted(ranked, key=lambda pair: pair[0])[:most]]
    if not found:
        return None
    quoted = [f"'{option}'" for option in found]
    return "did you mean " + (" or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]) + "?"


def _apart(one: str, other: str) -> int:
    """How many letters to change, add, leave out or swap with their neighbour to get from one text to the other."""
    before, last = list[int](), list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
