"""What moves a readout, in rows and words."""

from __future__ import annotations

from typing import Any

import numpy as np

from redoxsim.report.names import NO_UNIT, head, number
from redoxsim.report.text import text_table
from redoxsim.study.trace import RULE, Trace

HOUR = 3600.0
SHOWN = 10
"""Parts that a text lists; the table has them all."""


def per_hour(unit: str) -> str:
    """The unit of a rate of change."""
    return "1/h" if unit in NO_UNIT else f"{unit}/h" if "/" not in unit and "per" not in unit else f"({unit})/h"


def trace_heads(found: Trace) -> tuple[str, ...]:
    """Columns of :func:`trace_rows`."""
    unit = per_hour(found.unit)
    return ("time [h]", head(found.readout, found.unit), "reaction", "name", head("adds", unit), head("moved", unit))


def trace_rows(found: Trace) -> list[dict[str, Any]]:
    """A row per time and part: what it adds to the rate of change, and what beyond its start."""
    heads = trace_heads(found)
    rows = []
    for part in found.ranked():
        adds, moved = found.parts[part] * HOUR, found.moved(part) * HOUR
        for i, time in enumerate(found.times):
            values = (
                float(time) / HOUR,
                float(found.values[i]),
                part,
                found.names[part],
                float(adds[i]),
                float(moved[i]),
            )
            rows.append(dict(zip(heads, values, strict=True)))
    return rows


def trace_text(found: Trace) -> str:
    """The parts that move the readout most, ranked, with how to read them."""
    body = []
    ranked = found.ranked()
    for part in ranked[:SHOWN]:
        moved = found.moved(part) * HOUR
        at = int(np.argmax(np.abs(moved)))
        adds = found.parts[part] * HOUR
        net = float(np.trapezoid(found.parts[part], found.times))
        body.append(
            [found.names[part], *(number(float(one)) for one in (adds[0], adds[-1])), f"{moved[at]:+.3g}",
             f"{found.times[at] / HOUR:.3g} h", f"{net:+.3g}"]
        )  # fmt: skip
    unit = per_hour(found.unit)
    shown = "" if found.unit in NO_UNIT else f" {found.unit}"
    low, high = int(np.argmin(found.values)), int(np.argmax(found.values))
    lines = [
        f"{found.readout}: {number(float(found.values[0]))}{shown} at {found.times[0] / HOUR:g} h, "
        f"{number(float(found.values[-1]))} at {found.times[-1] / HOUR:g} h; lowest "
        f"{number(float(found.values[low]))} at {found.times[low] / HOUR:.3g} h, highest "
        f"{number(float(found.values[high]))} at {found.times[high] / HOUR:.3g} h",
        "",
        text_table([f"adds ({unit})", "at the start", "at the end", "moved most by", "at", "over the run"], body),
    ]
    if len(ranked) > SHOWN:
        lines.append(f"and {len(ranked) - SHOWN} more, which move it less")
    lines.append(
        "Above 0 a reaction raises the readout. At rest all of them cancel, so the table is ranked by how far each "
        "departs from what it added at the start."
    )
    if all(part.startswith(RULE) for part in ranked):
        lines.append("No reaction moves it, only rules of the model do: follow what they are made of, such as hazard.")
    return "\n".join(lines)


__all__ = ["per_hour", "trace_heads", "trace_rows", "trace_text"]
