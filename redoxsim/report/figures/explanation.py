"""What carries a synergy: ranked bars, one edge cut at a time."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from redoxsim.report.conditions import target_name
from redoxsim.report.explanation import share_text
from redoxsim.report.figures.style import (
    INK,
    PALETTE,
    SMALL,
    SOFT,
    UNTREATED,
    dress,
    finish,
    new_figure,
    styled,
    wrapped,
)
from redoxsim.report.names import printed
from redoxsim.report.paper import WIDEST
from redoxsim.study.edges import Explanation, averaged

# A share far below zero (the cut adds synergy) must not press the others together.
LOWEST, HIGHEST = -3.0, 3.0
LONGEST = 44


@styled
def explanation(
    found: Explanation, *, title: str | None = None, caption: str | None = None, note: str | None = None
) -> Figure:
    """A figure of an explanation: the share of the excess that goes with each edge, and the effect of each agent.

    Bars carry the mean and a line from 5% to 95% where there are draws. Edges without numbers are named below.
    """
    cuts = [cut for cut in found.cuts if not cut.problem and np.isfinite(cut.share[1])]
    figure = new_figure(WIDEST, 2.5 + 0.36 * max(len(cuts), 2))
    grid = figure.add_gridspec(1, 2, width_ratios=[1.6, 1.0])
    left = figure.add_subplot(grid[0, 0])
    right = figure.add_subplot(grid[0, 1], sharey=left)
    for place, cut in enumerate(cuts):
        low, middle, high = (float(np.clip(one, LOWEST, HIGHEST)) for one in cut.share)
        left.barh(place, 100 * middle, height=0.62, color=PALETTE[2] if middle >= 0 else UNTREATED, zorder=2)
        if found.draws:
            left.plot([100 * low, 100 * high], [place, place], color=INK, linewidth=1.2, zorder=4)
        end = 100 * max(high, middle, 0.0) + 2.5
        left.text(end, place, printed(share_text(cut, band=False)), va="center", fontsize=SMALL, color=INK)
    for number, name in enumerate(found.agents):
        offset = (number - (len(found.agents) - 1) / 2) * 0.26
        for place, cut in enumerate(cuts):
            low, middle, high = averaged(cut.alone[name])
            label = f"{target_name(name)} alone" if place == 0 else None
            right.barh(place + offset, middle, height=0.24, color=PALETTE[number], label=label, zorder=2)
            if found.draws:
                right.plot([low, high], [place + offset] * 2, color=INK, linewidth=1.0, zorder=4)
    names = ["\n".join(textwrap.wrap(cut.edge.name, LONGEST)) for cut in cuts]
    left.set_yticks(range(len(cuts)), names)
    left.set_ylim(len(cuts) - 0.4, -0.6)
    ends = [one for cut in cuts for one in cut.share] or [0.0]
    left.set_xlim(100 * max(min(min(ends), 0.0) * 1.1, LOWEST), 100 * (min(max(max(ends), 0.5), HIGHEST) + 0.16))
    mean, strongest = (float(np.nanmean(one)) for one in (found.excess, found.strongest))
    left.set_title(wrapped("a   Share of the Bliss excess that goes when the edge is cut", WIDEST * 0.36))
    left.set_xlabel(printed(f"% of the mean excess\n({mean:+.3f}; {strongest:+.2f} where it is largest)"))
    right.set_title(wrapped("b   What the cut does to one agent", WIDEST * 0.22))
    right.set_xlabel("largest change\nof the fraction affected")
    right.tick_params(labelleft=False)
    right.set_xlim(*_around(right))
    right.xaxis.set_major_locator(MaxNLocator(5))
    for axes in (left, right):
        axes.axvline(0.0, color=SOFT, linewidth=0.9, zorder=3)
        dress(axes, grid="x")
        axes.tick_params(axis="y", length=0)
    handles = right.get_legend_handles_labels()[0]
    words = [
        "Each bar is the same grid of doses with one edge cut. Below 0 the cut adds synergy; shares need not add up to "
        "100%. "
        "Where b is large, the cut takes away the agent rather than the synergy."
    ]
    if found.draws:
        words.append(f"Bars: means over {found.draws} draws; lines: 5% to 95% of resampled draws.")
    if any(not LOWEST <= one <= HIGHEST for cut in cuts for one in cut.share):
        words.append(f"Bars and lines end at {LOWEST:.0%} and {HIGHEST:.0%}; the numbers are whole.")
    lost = [cut.edge.name for cut in found.cuts if cut not in cuts]
    if lost:
        words.append(f"Without a number: {'; '.join(lost)}.")
    if found.absent:
        words.append(f"Not in this combination: {', '.join(found.absent)}.")
    return finish(figure, title, [" ".join(words), caption, note], handles)


def _around(axes: Axes) -> tuple[float, float]:
    """Limits with zero in the middle, at least a tenth to either side."""
    low, high = axes.dataLim.x0, axes.dataLim.x1
    reach = max(abs(low), abs(high), 0.1) * 1.1 if np.isfinite([low, high]).all() else 1.0
    return -reach, reach
