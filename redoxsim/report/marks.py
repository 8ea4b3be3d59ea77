"""What can be laid over a curve: doses, exposures, measured points. Plain data, no drawing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


Kind = Literal["add", "infuse", "set", "wash"]


@dataclass(frozen=True, slots=True)
class DoseBar:
    """A dose along the time axis.

    ``start`` and ``end`` are hours; ``end`` None means that it stays to the end of the figure. Bars with
    the same ``row`` (by default the same ``label``) share a line. ``kind`` says how it is given: added at ``start``,
    infused until ``end``; what is set, and an exchange of the medium ("wash"), are moments and have no end.
    """

    start: float
    end: float | None
    label: str
    row: str | None = None
    kind: Kind = "add"

    @property
    def moment(self) -> bool:
        """Whether it is a moment rather than a span."""
        return self.kind in ("set", "wash")


@dataclass(frozen=True, slots=True)
class Exposure:
    """A range of concentrations that patients reach, in the unit of the dose axis; ``kind`` is "total" or "free"."""

    low: float
    high: float
    label: str
    kind: str = "total"


@dataclass(frozen=True, kw_only=True)
class Points:
    """Measured values of one observable: x in hours (time course) or in the unit of the dose axis.

    ``unit`` is the unit of ``y``; ``condition`` the curve they belong to (None: all of them); ``low`` and ``high``
    the ends of error bars. All arrays have shape (N,).
    """

    observable: str
    x: FloatArray
    y: FloatArray
    unit: str = ""
    condition: str | None = None
    label: str = "measured"
    low: FloatArray | None = None
    high: FloatArray | None = None


def merge_bars(*groups: Iterable[DoseBar]) -> tuple[DoseBar, ...]:
    """The bars of several conditions, each bar once."""
    seen: dict[DoseBar, None] = {}
    for group in groups:
        seen.update(dict.fromkeys(group))
    return tuple(seen)
