"""What carries a synergy, in words and rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from redoxsim.report.text import text_table
from redoxsim.study.edges import Cut, Explanation, averaged

HEADS = ("edge", "name", "share", "share_low", "share_high", "excess", "excess_strongest", "problem")


def heads(found: Explanation) -> tuple[str, ...]:
    """Columns of :func:`explanation_rows`."""
    return (*HEADS[:-1], *(f"alone_{name}" for name in found.agents), HEADS[-1])


def explanation_rows(found: Explanation) -> list[dict[str, Any]]:
    """A row per edge: the share of the mean excess that goes with it, with its 5% and 95%, and what is left."""
    rows = []
    for cut in found.cuts:
        low, middle, high = cut.share
        row: dict[str, Any] = {
            "edge": cut.edge.id, "name": cut.edge.name, "share": middle, "share_low": low, "share_high": high,
            "excess": averaged(cut.excess)[1], "excess_strongest": averaged(cut.strongest)[1],
            "problem": cut.problem,
        }  # fmt: skip
        row |= {f"alone_{name}": averaged(cut.alone[name])[1] if cut.alone else np.nan for name in found.agents}
        rows.append({key: None if isinstance(one, float) and np.isnan(one) else one for key, one in row.items()})
    return rows


def explanation_text(found: Explanation) -> str:
    """The same for a terminal, ranked, with how to read it."""
    band = found.draws > 0
    body = []
    for cut in found.cuts:
        alone = [f"{averaged(cut.alone[name])[1]:+.2f}" if cut.alone else "–" for name in found.agents]
        left = [f"{averaged(one)[1]:+.3f}" if not cut.problem else "–" for one in (cut.excess, cut.strongest)]
        body.append([cut.edge.name, share_text(cut, band=band), *left, *alone])
    table = text_table(
        ["without", "share gone", "excess left", "where largest", *(f"{name} alone" for name in found.agents)], body
    )
    mean, strongest = (float(np.nanmean(one)) for one in (found.excess, found.strongest))
    doses = ", ".join(f"{name} {dose:.3g}" for name, dose in found.at.items())
    lines = [
        f"Bliss excess of {found.observable}: mean {mean:+.3f} over the combinations, {strongest:+.3f} at {doses}",
        "",
        table,
        "share gone = 1 - mean excess without the edge / mean excess; below 0: the cut adds synergy. Shares need not "
        "add up to 100%.",
        "alone: the largest change of the fraction affected by an agent alone; where it is large, the cut takes away "
        "the agent rather than the synergy.",
    ]
    if band:
        lines.append(f"Means over {found.draws} draws, in brackets 5% to 95% of resampled draws.")
    lines += [f"{name}: left out, this combination has no {text}" for name, text in found.absent.items()]
    lines += [f"{cut.edge.id}: no number: {cut.problem}" for cut in found.cuts if cut.problem]
    return "\n".join(lines)


def share_text(cut: Cut, *, band: bool) -> str:
    """The share that goes with an edge, in percent, with its band."""
    low, middle, high = cut.share
    if np.isnan(middle):
        return "–"
    return f"{100 * middle:.0f}%" + (f" ({100 * low:.0f} to {100 * high:.0f})" if band else "")
