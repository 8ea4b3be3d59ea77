"""The scoreboard as a figure: model over published value with its band, and the directions."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from redoxsim.report.figures.style import (
    FAINT,
    INK,
    PALETTE,
    SMALL,
    SOFT,
    dress,
    finish,
    new_figure,
    styled,
)
from redoxsim.report.names import number, printed
from redoxsim.report.paper import WIDEST
from redoxsim.report.scoreboard import SAID
from redoxsim.study.validation import Judged, Row, Validation

GOOD, BAD = PALETTE[2], PALETTE[1]
SHAPES = {"in band": "o", "too small": "^", "no effect": "s"}
"""Marks by state; any other miss is a cross."""
ROW = 0.22
"""Inches of height per row."""
LONGEST = 82
"""Letters of a row's name."""
LIMIT = 100.0
"""Ratios beyond this are drawn at the edge, as an arrow."""


@styled
def scoreboard(found: Validation, *, title: str = "The model against published observations") -> Figure:
    """Numbers as ratios to the published value (left), directions as marks (right); only rows that count.

    Raises
    ------
    ValueError : no row that counts was run.
    """
    scored = [row for row in found.rows if row.counts and row.judged]
    if not scored:
        raise ValueError("no observation that counts was run")
    numbers = [(row, part) for row in scored for part in row.judged if part.expected.kind == "number"]
    others = [(row, part) for row in scored for part in row.judged if part.expected.kind != "number"]
    panels = [(draw, items) for draw, items in ((_ratios, numbers), (_marks, others)) if items]
    sizes = [ROW * len(items) + 0.5 for _, items in panels]
    figure = new_figure(WIDEST, sum(sizes) + 1.6)
    axes = figure.subplots(len(panels), 1, height_ratios=sizes, squeeze=False)[:, 0]
    for (draw, items), place in zip(panels, axes, strict=True):
        draw(place, items)
    handles = [
        Patch(color="#c9c9c9", label="published band"),
        Line2D([], [], marker="o", ls="", color=GOOD, label="agrees"),
        *(
            Line2D([], [], marker=SHAPES[state], ls="", color=BAD, label=label)
            for state, label in (("too small", "right side, too small"), ("no effect", "no effect"))
            if any(part.state == state for _, part in others)
        ),
        Line2D([], [], marker="X", ls="", color=BAD, label="does not"),
        Line2D([], [], marker="o", ls="", mfc="white", color=INK, label="hollow: recalled, not read"),
    ]
    read, recalled = found.numbers("read"), found.numbers("recalled", "source-only")
    lines = [
        f"Numbers and bounds in band: {read} read in the source, {recalled} recalled. Directions right: "
        f"{found.signs('read')} read, {found.signs('recalled', 'source-only')} recalled (Wilson 95% intervals).",
        "* served to choose constants of the model. Rows whose value is an input are not shown.",
    ]
    return finish(figure, title, lines, handles)


def _names(items: list[tuple[Row, Judged]]) -> list[str]:
    """A name per line; what an observation is about stands at its first line only."""
    names, before = [], ""
    for row, part in items:
        about, mark = row.observation.text, f"{row.observation.id}{'*' if row.observation.calibrated else ''}"
        text = about if len(row.judged) == 1 else f"{about}: {part.expected.text}"
        if row.observation.id == before:
            text = part.expected.text
        elif len(text) > LONGEST:
            kept = max(LONGEST - len(part.expected.text) - 3, 20) if len(row.judged) > 1 else LONGEST - 1
            text = f"{about[:kept].rstrip()}…" + (f": {part.expected.text}" if len(row.judged) > 1 else "")
        names.append(f"{printed(text)}  {mark}")
        before = row.observation.id
    return names


def _frame(axes: Axes, items: list[tuple[Row, Judged]]) -> None:
    axes.set_yticks(range(len(items)), _names(items))
    axes.set_ylim(len(items) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    for place in range(0, len(items), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f7f7f7", zorder=0)


def _ratios(axes: Axes, items: list[tuple[Row, Judged]]) -> None:
    for place, (row, part) in enumerate(items):
        published = part.expected.published
        assert published is not None
        scale = published if published > 0.0 else 1.0
        low = max(part.expected.low / scale, 1.0 / LIMIT)
        high = part.expected.high / scale
        axes.plot([low, high], [place, place], color="#c9c9c9", lw=7.0, solid_capstyle="butt", zorder=1)
        if np.isnan(part.value):
            axes.text(1.0, place, part.state, ha="center", va="center", fontsize=SMALL - 1.0, color=BAD)
            continue
        ratio = part.value / scale
        shown = float(np.clip(ratio, 1.0 / LIMIT, LIMIT))
        beyond = ratio > LIMIT or ratio < 1.0 / LIMIT
        _dot(axes, shown, place, part, row, marker=(">" if ratio > LIMIT else "<") if beyond else None)
    axes.set_xscale("log")
    axes.set_xlim(0.7 / LIMIT, LIMIT * 1.4)
    axes.axvline(1.0, color=SOFT, lw=0.8, zorder=0.5)
    axes.set_xlabel("model / published value")
    axes.set_title("Numbers")
    _frame(axes, items)
    dress(axes, grid="x")
    axes.tick_params(axis="y", length=0, labelsize=SMALL - 1.0)


def _marks(axes: Axes, items: list[tuple[Row, Judged]]) -> None:
    for place, (row, part) in enumerate(items):
        _dot(axes, 0.0, place, part, row)
        words = f"{part.expected.wanted()}; model " + ("failed" if np.isnan(part.value) else number(part.value))
        words += f", {part.state}" if part.state in SAID else ""
        axes.text(
            0.12,
            place,
            printed(words),
            va="center",
            fontsize=SMALL - 1.0,
            color=INK if part.state == "in band" else BAD,
        )
    axes.set_xlim(-0.15, 2.2)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_title("Bounds and directions")
    _frame(axes, items)
    dress(axes, grid=None)
    axes.tick_params(axis="y", length=0, labelsize=SMALL - 1.0)
    axes.grid(False)
    axes.set_facecolor("white")
    axes.axvline(-0.15, color=FAINT, lw=0.8)


def _dot(axes: Axes, x: float, place: int, part: Judged, row: Row, *, marker: str | None = None) -> None:
    colour = GOOD if part.state == "in band" else BAD
    hollow = row.observation.known != "read"
    axes.plot(
        [x], [place], marker=marker or SHAPES.get(part.state, "X"), ls="", ms=6.5, mec=colour,
        mfc="white" if hollow else colour, mew=1.3, zorder=3,
    )  # fmt: skip
