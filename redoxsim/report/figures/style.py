"""One look for every figure: colours that colour-blind readers can tell apart, fonts, footers.

Nothing here touches matplotlib's global state for longer than one call.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator
from numpy.typing import ArrayLike, NDArray

from redoxsim.report.names import printed

FloatArray = NDArray[np.float64]
P = ParamSpec("P")
R = TypeVar("R")

INK = "#262626"
SOFT = "#6f6f6f"
FAINT = "#e4e4e4"
UNTREATED = "#7f7f7f"
# Okabe and Ito, in an order that keeps neighbours far apart; yellow is left out, too pale on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#333333", "#8c5a2b")
LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (5, 1.6, 1.2, 1.6)))
EXPOSED, EXPOSED_INK = "#c8b6e6", "#8d73b8"
"""What patients reach, as a shade and as a bar: a colour of its own, as bands that lie over one another turn grey."""
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"  # red above zero: synergy
MARKERS = ("o", "s", "^", "v", "P", "X", "<", ">")
BASE, SMALL, TINY = 9.5, 8.5, 7.5  # points; the smallest in the widest figure is `paper.READABLE` on paper

RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # travels with matplotlib, so a figure looks the same everywhere
    "font.size": BASE,
    "text.hinting": "none",  # texts are as wide at any resolution as where the layout was found
    "axes.titlesize": BASE + 0.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.labelsize": BASE,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "redoxsim",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
}


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """The same function under the shared style; the caller's matplotlib settings come back afterwards."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(RC):
            return function(*args, **kwargs)

    return wrapped


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in inches, laid out by matplotlib's constrained layout; no wider than :data:`paper.WIDEST`."""
    return Figure(figsize=(width, height), layout="constrained")


def dress(axes: Axes, *, grid: str | None = "y") -> None:
    """Ticks and grid of one panel; set on the panel itself because ticks are made later than the panel."""
    axes.tick_params(which="major", labelsize=SMALL, length=3.5, width=0.8, color=INK, labelcolor=INK)
    axes.tick_params(which="minor", length=2.0, width=0.6, color=SOFT)
    if grid:
        axes.grid(True, axis=grid, which="major", color=FAINT, linewidth=0.7)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def condition_colours(names: Iterable[str]) -> dict[str, str]:
    """A colour per condition, in order; the untreated control is always grey."""
    colours: dict[str, str] = {}
    left = 0
    for name in names:
        if is_untreated(name):
            colours[name] = UNTREATED
        else:
            colours[name] = PALETTE[left % len(PALETTE)]
            left += 1
    return colours


def condition_lines(names: Iterable[str]) -> dict[str, Any]:
    """Dashes per condition, in order, so that they are told apart without colours too."""
    return {name: LINES[place % len(LINES)] for place, name in enumerate(names)}


def is_untreated(name: str) -> bool:
    """Whether a condition's name says that nothing was given, or nothing changed."""
    return name.strip().lower() in {"untreated", "control", "undosed", "vehicle", "usual levels"}


def ramp(count: int, name: str = SEQUENTIAL) -> list[tuple[float, float, float, float]]:
    """``count`` ordered colours, from dark to light, stopping before the colours too pale for a line."""
    colourmap = colours(name)
    return [colourmap(x) for x in np.linspace(0.0, 0.86, count)]


def colours(name: str) -> Colormap:
    """A named colour map whose undefined cells are light grey."""
    return mpl.colormaps[name].with_extremes(bad="#d9d9d9")


def ink_on(colour: Any) -> str:
    """Black or white, whichever reads better on ``colour``."""
    red, green, blue = to_rgb(colour)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else INK


def around(width: float, title: str | None, lines: Sequence[str | None]) -> float:
    """Inches that title and small print take above and below the panels of a figure so wide."""
    above = len(_title_lines(title, width)) * (BASE + 2.5) * 1.25 if title else 0.0
    return (above + len(_small_print(lines, width)) * TINY * 1.32 + 9.0) / 72.0


def _title_lines(title: str, width: float) -> list[str]:
    return textwrap.wrap(title, max(int(width * 72.0 / ((BASE + 2.5) * 0.64)), 24), break_on_hyphens=False)


def _small_print(lines: Sequence[str | None], width: float) -> list[str]:
    letters = max(int((width - 0.25) * 72.0 / (TINY * 0.53)), 40)  # a little short of the edge: figures stand in pairs
    return [part for line in lines if line for part in textwrap.wrap(printed(line), letters, break_on_hyphens=False)]


def footer(figure: Figure, lines: Sequence[str | None], handles: Sequence[Artist] = (), *, columns: int = 5) -> None:
    """Small print along the bottom, wrapped to the figure's width, and a legend above it; the panels move up."""
    width, height = figure.get_size_inches()
    text = "\n".join(_small_print(lines, width))
    taken = 0.0
    if text:
        taken = ((text.count("\n") + 1) * TINY * 1.32 + 9.0) / 72.0 / height
        figure.text(
            0.012, 5.0 / 72.0 / height, text, fontsize=TINY, color=SOFT, ha="left", va="bottom", linespacing=1.3
        )
    if handles:
        columns = _columns([str(one.get_label()) for one in handles], most=columns, letters=width * 72 / (SMALL * 0.6))
        figure.legend(
            handles=list(handles),
            loc="lower center",
            bbox_to_anchor=(0.5, taken),
            bbox_transform=figure.transFigure,
            borderaxespad=0.2,
            ncols=columns,
            handlelength=2.2,
        )
        taken += (-(-len(handles) // columns) * SMALL * 1.75 + 6.0) / 72.0 / height
    figure.get_layout_engine().set(rect=(0.0, taken, 1.0, 1.0 - taken))  # type: ignore[union-attr, call-arg]


def _columns(labels: Sequence[str], *, most: int, letters: float) -> int:
    """How many columns of a legend fit into a line of so many letters; a legend fills column by column."""
    for columns in range(min(most, len(labels)), 1, -1):
        rows, longer = divmod(len(labels), columns)  # as matplotlib does: the first columns hold one more
        ends = [0]
        for column in range(columns):
            ends.append(ends[-1] + rows + (column < longer))
        if sum(max(map(len, labels[a:b])) + 7 for a, b in pairwise(ends)) <= letters:
            return columns
    return 1


def wrapped(title: str, inches: float, *, size: float = BASE + 0.5) -> str:
    """A title in lines that keep to a panel so many inches wide."""
    letters = max(int(inches * 72.0 / (size * 0.53)), 8)
    return "\n".join(textwrap.wrap(title, letters, break_on_hyphens=False))


def finish(
    figure: Figure, title: str | None, lines: Sequence[str | None], handles: Sequence[Artist] = (), *, columns: int = 5
) -> Figure:
    """The figure with its title above and legend and small print below: the last step of every figure."""
    headline(figure, title)
    footer(figure, lines, handles, columns=columns)
    return figure


def headline(figure: Figure | SubFigure, title: str | None) -> None:
    """The figure's title, flush left, in lines that keep to the figure's width."""
    if title:
        size = BASE + 2.5
        width = figure.get_figure(root=True).get_size_inches()[0]
        figure.suptitle(
            "\n".join(_title_lines(title, width)), x=0.012, ha="left", fontsize=size, fontweight="bold", color=INK
        )


def hour_ticks(axes: Axes, low: float, high: float, *, most: int = 8) -> None:
    """Ticks at whole, half or quarter hours and at halves and wholes of days, at most about ``most``."""
    steps = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0)
    step = next((step for step in steps if (high - low) / step <= most), None)
    if step is None or high <= low:
        return
    first = np.ceil(low / step - 1e-9)
    last = np.floor(high / step + 1e-9)
    axes.xaxis.set_major_locator(FixedLocator(list(np.arange(first, last + 0.5) * step)))


def spans_decades(values: ArrayLike, *, decades: float = 1.3) -> bool:
    """Whether a log axis is needed: all values above zero and more than ``decades`` powers of ten apart."""
    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    return bool(array.size and array.min() > 0.0 and np.log10(array.max() / array.min()) >= decades)


def wants_log_axis(values: ArrayLike, unit: str, *, decades: float = 1.3) -> bool:
    """Whether an axis of values is logarithmic where nobody says: they have a unit and :func:`spans_decades`.

    A plain number is a fraction, or relative to a reference: near zero it has gone, and how far says nothing.
    """
    return unit != "" and spans_decades(values, decades=decades)


def named_scale(label: str, *, log: bool) -> str:
    """The name of an axis, which says that it is logarithmic."""
    return f"{label}, log" if log else label
