"""Heat maps: one cell per pair of doses with its number, or a fine grid over two axes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from redoxsim.report.figures.doseaxis import label_cells
from redoxsim.report.figures.style import DIVERGING, SEQUENTIAL, SMALL, TINY, colours, dress, ink_on, wrapped
from redoxsim.report.names import named_unit, show_unit
from redoxsim.report.paper import HALF

FloatArray = NDArray[np.float64]
AROUND = 0.62
"""Inches that the name and ticks of the second agent take beside a map."""
LETTER = 0.64
"""Width of a digit, of its height."""


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
    percent: bool = False,
    inches: float = HALF,
) -> AxesImage:
    """Draws a matrix of shape (n1, n2) with the first agent along x and the second along y; undefined cells are grey.

    Numbers stand in the cells where they fit, and a colour bar beside the map where they do not.

    Parameters
    ----------
    title, bar_label : the title; where a bar says what the colours mean the second stands at the bar.
    diverging : centres the colours on zero.
    percent : the numbers are hundredths.
    inches : about how wide the panel is.
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
    cells = _cells(matrix, signed=diverging, percent=percent, width=(inches - AROUND) * 72.0 / matrix.shape[1])
    for (row, column), text in np.ndenumerate(np.array(cells or [], dtype=object)):
        value = matrix[row, column]
        colour = ink_on(image.cmap(scale(value))) if np.isfinite(value) else "#6f6f6f"
        words = axes.text(column, row, text, ha="center", va="center", fontsize=TINY, color=colour, clip_on=False)
        words.set_in_layout(False)  # they lie inside the panel; asking each how large it is takes seconds
    for line, axis in ((axes.axvline, doses[0]), (axes.axhline, doses[1])):
        if np.asarray(axis, dtype=float)[0] == 0.0:  # sets the single agents apart from the combinations
            line(0.5, color="white", linewidth=2.5)
    label_cells(axes, doses[0], which="x", inches=inches - AROUND)
    label_cells(axes, doses[1], which="y")
    axes.set_xlabel(named_unit(agents[0], units[0]))
    axes.set_ylabel(named_unit(agents[1], units[1]))
    axes.set_title(wrapped(title if cells else title.split(":")[0], inches - AROUND))  # the bar says the rest
    dress(axes, grid=None)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if not cells:
        add_bar(axes, image, bar_label)
    return image


def add_bar(axes: Axes, mappable: ScalarMappable, label: str) -> None:
    """A slim colour bar beside a panel."""
    figure = axes.get_figure()
    assert figure is not None
    bar = figure.colorbar(mappable, ax=axes, fraction=0.05, pad=0.02, aspect=28)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=TINY, length=2.5, width=0.6)
    bar.set_label(wrapped(label, 2.2, size=SMALL), fontsize=SMALL)


def _cells(matrix: FloatArray, *, signed: bool, percent: bool, width: float) -> list[list[str]] | None:
    """The numbers of a matrix, all with as many digits as fit into so many points; None where none do."""
    for decimals, zero in ((0, True),) if percent else ((2, True), (2, False)):
        texts = [[_cell(value, decimals, signed, percent, zero) for value in row] for row in matrix]
        if max(len(text) for row in texts for text in row) * LETTER * TINY <= width:
            return texts
    return None


def _cell(value: float, decimals: int, signed: bool, percent: bool, zero: bool) -> str:
    if not np.isfinite(value):
        return "–"
    text = f"{100.0 * value if percent else value:.{decimals}f}"
    if float(text) == 0.0:
        return f"{0:.{decimals if zero else 0}f}"
    text = text if zero or abs(float(text)) >= 1.0 else text.replace("0.", ".", 1)
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
