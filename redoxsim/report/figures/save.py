"""Figures to files whose bytes depend on the figure only: no dates, no random ids."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

import redoxsim
from redoxsim.report.figures.style import RC
from redoxsim.report.files import check_figure_path, write_bytes
from redoxsim.report.paper import DOTS

DIGITS = 6
"""Decimals of a place in the figure, whose width and height are 1."""


def save(figure: Figure, path: str | Path, *, force: bool = False, dpi: float = DOTS) -> Path:
    """The path, once the figure stands there as png, svg or pdf; the same figure gives the same bytes.

    The first save settles the layout: later changes of the figure do not move its panels.

    Parameters
    ----------
    dpi : dots per inch of a png, and of images inside svg and pdf.
    """
    ending = check_figure_path(path, force=force)
    made_by = f"redoxsim {redoxsim.__version__}"
    metadata: dict[str, str | None] = {
        "png": {"Software": made_by},
        "svg": {"Date": None, "Creator": made_by},
        "pdf": {"CreationDate": None, "ModDate": None, "Creator": made_by},
    }[ending]  # type: ignore[assignment]

    _settle(figure)

    # Drawn in memory first: where a disk is full matplotlib's pdf writer fails once more while it cleans up.
    drawn = io.BytesIO()
    with mpl.rc_context(RC):
        figure.savefig(drawn, format=ending, dpi=dpi, metadata=metadata)
    return write_bytes(path, drawn.getvalue(), force=force)


def _settle(figure: Figure) -> None:
    """Lays the figure out once and for all; every further pass would move the panels by a hair.

    Places are rounded: the last bits of a constrained layout depend on where its variables lie in memory.
    """
    if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
        with mpl.rc_context(RC):
            figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for axes in figure.axes:
            for which in ("original", "active"):
                place = axes.get_position(original=which == "original")
                axes.set_position(tuple(round(edge, DIGITS) for edge in place.bounds), which=which)
        for words in figure.findobj(Text):
            if words.figure is figure and words.get_transform() in (figure.transFigure, figure.transSubfigure):
                words.set_position((round(words.get_position()[0], DIGITS), round(words.get_position()[1], DIGITS)))
