"""Output times from ``until`` and ``every``, ``at``, or a list of seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from redoxsim import units
from redoxsim.errors import DesignError, UnitError

FloatArray = NDArray[np.float64]
POINTS = 192  # intervals where only the end is given: 15 minutes over 48 hours
MOST = 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Output times in seconds (T,); ``single`` where one time was asked for, so results drop the axis."""

    seconds: FloatArray
    single: bool = False


def output_times(
    *,
    until: str | None = None,
    every: str | None = None,
    at: str | Sequence[str] | None = None,
    times: ArrayLike | None = None,
    from_: str | None = None,
    only_end: bool = False,
) -> Times:
    """The output times.

    Parameters
    ----------
    until, every : end and spacing, with units; output starts at ``from_``, else at 0 h. The end is
        always among the times.
    at : one time or several ("24h,48h"), with units.
    times : seconds, increasing, shape (T,).
    only_end : ``until`` alone means that one time.

    Raises
    ------
    DesignError : none or more than one of the three ways, or an end that is not after the start.
    UnitError : a time without a unit.
    """
    ways = [name for name, given in (("until", until), ("at", at), ("times", times)) if given is not None]
    if len(ways) != 1:
        raise DesignError(
            "say until when: until='48 h', at='48 h', or times in seconds"
            if not ways
            else f"give only one of {' and '.join(ways)}"
        )
    if until is None and (every is not None or from_ is not None):
        raise DesignError("'every' and 'from' go with 'until'")
    if at is not None:
        items = at.split(",") if isinstance(at, str) else list(at)
        if not items:
            raise DesignError("'at' names no time")
        found = np.unique([units.seconds(item) for item in items])
        return Times(found, single=len(found) == 1)
    if times is not None:
        if isinstance(times, str):
            raise UnitError(f"times are numbers in seconds, not '{times}'", hint="at='48 h' takes text")
        return Times(np.array(times, dtype=np.float64, ndmin=1))
    assert until is not None
    end, start = units.seconds(until), units.seconds(from_) if from_ is not None else 0.0
    if end <= start:
        raise DesignError(f"until {until} is not after the start of the output ({start / 3600:g} h)")
    if every is None:
        return Times(np.array([end]), single=True) if only_end else Times(np.linspace(start, end, POINTS + 1))
    step = units.seconds(every)
    if step <= 0.0:
        raise DesignError(f"'every' must be above zero, not {every}")
    count = (end - start) / step
    if count > MOST:
        raise DesignError(
            f"every {every} until {until} makes {count:.3g} output times; there can be {MOST:.0e}",
            hint="a longer spacing (--every), or an earlier end",
        )
    whole = int(np.floor(count * (1.0 + 1e-12)))
    steps: FloatArray = start + step * np.arange(whole + 1, dtype=np.float64)
    if whole < count * (1.0 - 1e-12):
        steps = np.append(steps, end)
    steps[-1] = end
    return Times(steps)
