"""Heat maps: one cell per pair of doses with its number, or a fine grid over two axes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from redoxsim.report.figures.doseaxis import label_cells
from redoxsim.report.figures.style import DIVERGING, SEQUENTIAL, SMALL, TINY, colours, dress, ink_on
from redoxsim.report.names import named_unit, show_unit

FloatArray = NDArray[np.float64]
MOST_ANNOTATED = 14


def symmetric(values: ArrayLike, *, centre: float = 0.0, least: float = 0.0) -> Normalize:
    """A colour scale as far above ``centre`` as below it, so that no colour means no interaction.

    ``least`` is the smallest half-range: scores of rounding size must not fill the scale.
    """
    array = np.asarray(values, dtype=float)
    array = array[np.isfinite(array)]
    reach = max(float(np.max(np.abs(array - centre), initial=0.0)), least) or 1.0
    return Normalize(centre - reach, centre + reach)


def draw_matrix(
    axes: Axes,
    values: ArrayLike,
    doses: tuple[ArrayLike, ArrayLike],
    *,
    agents: tuple[str, str],
    units: tuple[str, str],
    title: str,
    bar_label: str,
    diverging: bool = False,
    norm: Normalize | None = None,
    decimals: int = 2,
) -> AxesImage:
    """Draws a matrix of shape (n1, n2) with the first agent along x and the second along y; undefined cells are grey.

    Numbers stand in the cells up to 14 doses a side. ``diverging`` centres the colours on zero.
    """
    matrix = np.asarray(values, dtype=float).T
    scale = norm or (symmetric(matrix, least=0.05) if diverging else _range(matrix))
    image = axes.imshow(
        np.ma.masked_invalid(matrix),
        origin="lower",
        aspect="auto",
        cmap=colours(DIVERGING if diverging else SEQUENTIAL),
        norm=scale,
        interpolation="nearest",
    )
    if max(matrix.shape) <= MOST_ANNOTATED:
        size = TINY if max(matrix.shape) <= 9 else TINY - 1.5
        for (row, column), value in np.ndenumerate(matrix):
            known = np.isfinite(value)
            colour = ink_on(image.cmap(scale(value))) if known else "#8a8a8a"
            words = axes.text(
                column, row, _cell(value, decimals, diverging), ha="center", va="center", fontsize=size, color=colour
            )
            words.set_in_layout(False)  # they lie inside the panel; asking each how large it is takes seconds
    for line, axis in ((axes.axvline, doses[0]), (axes.axhline, doses[1])):
        if np.asarray(axis, dtype=float)[0] == 0.0:  # sets the single agents apart from the combinations
            line(0.5, color="white", linewidth=2.5)
    label_cells(axes, doses[0], which="x")
    label_cells(axes, doses[1], which="y")
    axes.set_xlabel(named_unit(agents[0], units[0]))
    axes.set_ylabel(named_unit(agents[1], units[1]))
    axes.set_title(title)
    dress(axes, grid=None)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    add_bar(axes, image, bar_label)
    return image


def add_bar(axes: Axes, mappable: ScalarMappable, label: str) -> None:
    """A slim colour bar beside a panel."""
    figure = axes.get_figure()
    assert figure is not None
    bar = figure.colorbar(mappable, ax=axes, fraction=0.05, pad=0.02, aspect=28)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=TINY, length=2.5, width=0.6)
    bar.set_label(label, fontsize=SMALL)


def _cell(value: float, decimals: int, signed: bool) -> str:
    if not np.isfinite(value):
        return "–"
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        return f"{0:.{decimals}f}"
    return f"+{text}" if signed and value > 0 else text.replace("-", "−")


def _range(matrix: FloatArray) -> Normalize:
    known = matrix[np.isfinite(matrix)]
    if not known.size:
        return Normalize(0.0, 1.0)
    low, high = float(known.min()), float(known.max())
    if low >= -0.05 and 0.3 < high <= 1.1:
        return Normalize(0.0, max(1.0, high))
    return Normalize(low, high if high > low else low + 1.0)


def bar_name(title: str, unit: str) -> str:
    """The label of a colour bar."""
    shown = show_unit(unit)
    return f"{title} ({shown})" if shown else title
