"""A fit: data with the fitted model, and the profile of each constant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from redoxsim.report.figures.doseaxis import apply, dose_axis, dose_text
from redoxsim.report.figures.style import INK, PALETTE, SOFT, TINY, dress, finish, new_figure, styled
from redoxsim.report.names import named_unit, show_id
from redoxsim.report.paper import WIDEST

FloatArray = NDArray[np.float64]
COLUMNS = 2
TALLEST = 4.0


@styled
def fit(
    data: Sequence[tuple[str, str, FloatArray, FloatArray, FloatArray | None, FloatArray | None]],
    curves: Sequence[tuple[FloatArray, FloatArray]],
    profiles: Sequence[tuple[str, str, float, float, float, float, FloatArray, FloatArray, str]],
    *,
    axis: str,
    timed: bool,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """A figure of a fit: a panel per measured readout, then a panel per constant.

    Parameters
    ----------
    data : per readout name, unit, x (N,), y (N,), lower and upper ends of error bars (N,) or None.
    curves : per readout x (M,) and the fitted model (M,).
    profiles : per constant id, unit, best value, value before, low and high end of its range, values (g,), rise (g,) of
        the residual sum of squares over that at the ends of the 95% interval, and what the data say of it.
    axis : title of x. timed : whether x is time in hours, else doses (logarithmic).
    """
    count = len(data) + len(profiles)
    columns = min(COLUMNS, count)
    lines = -(-count // columns)
    figure = new_figure(6.4 if columns == 1 else WIDEST, 1.0 + 3.1 * lines)
    grid = figure.add_gridspec(lines, columns)
    for place, (one, line) in enumerate(zip(data, curves, strict=True)):
        axes = figure.add_subplot(grid[divmod(place, columns)])
        _draw_data(axes, one, line, timed=timed)
        axes.set_xlabel(axis)
    for place, profile in enumerate(profiles, start=len(data)):
        _draw_profile(figure.add_subplot(grid[divmod(place, columns)]), *profile)
    return finish(figure, title, [
        "Profiles: the residual sum of squares with one constant held and the others fitted again; 1 is the end of the "
        "95% interval (shaded); diamond: best fit, dotted: value before; the axis is the range.",
        caption,
    ])  # fmt: skip


def _draw_data(
    axes: Axes,
    data: tuple[str, str, FloatArray, FloatArray, FloatArray | None, FloatArray | None],
    line: tuple[FloatArray, FloatArray],
    *,
    timed: bool,
) -> None:
    name, unit, x, y, low, high = data
    at, curve = line
    if not timed:  # the untreated control has its place left of the lowest dose
        scale = dose_axis(np.concatenate([x, at]))
        apply(axes, scale)
        x = scale.place(x)
        inside = at > 0.0
        at, curve = at[inside], curve[inside]
    axes.plot(at, curve, color=PALETTE[0], zorder=2)
    if low is not None and high is not None:
        axes.errorbar(
            x,
            y,
            yerr=np.abs(np.stack([y - low, high - y])),
            fmt="none",
            ecolor=SOFT,
            elinewidth=1.1,
            capsize=2,
            zorder=1,
        )
    axes.plot(x, y, linestyle="none", marker="o", markersize=4.6, color=INK, zorder=3)
    axes.set_title(named_unit(show_id(name), unit))
    dress(axes)


def _draw_profile(
    axes: Axes,
    name: str,
    unit: str,
    best: float,
    before: float,
    low: float,
    high: float,
    values: FloatArray,
    rise: FloatArray,
    verdict: str,
) -> None:
    shown = rise <= TALLEST * 3.0
    axes.plot(values, np.minimum(rise, TALLEST * 1.5), color=PALETTE[0], marker=".", markersize=4, zorder=2)
    if shown.any():
        fine = np.geomspace(low, high, 400) if low > 0.0 else np.linspace(low, high, 400)
        inside = np.interp(fine, values, np.sqrt(rise)) <= 1.0 if values.size else np.zeros(400, dtype=bool)
        axes.fill_between(fine, 0.0, TALLEST, where=inside, color=PALETTE[0], alpha=0.12, linewidth=0)
    axes.axhline(1.0, color=SOFT, linewidth=0.9, linestyle=(0, (3, 2)))
    axes.axvline(before, color=SOFT, linewidth=1.0, linestyle=(0, (1, 2)))
    axes.plot(
        [best], [0.0], marker="D", color="white", markeredgecolor=PALETTE[0], markersize=5.6, zorder=4, clip_on=False
    )
    if low > 0.0:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(10.0, subs=(1.0,) if high / low > 30.0 else (1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: dose_text(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(low, high)
    axes.set_ylim(0.0, TALLEST)
    axes.set_ylabel("rise of the misfit")
    axes.set_title(named_unit(name, unit))
    axes.annotate(
        verdict, (0.5, 0.97), xycoords="axes fraction", ha="center", va="top", fontsize=TINY, color=INK,
        bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )  # fmt: skip
    dress(axes)
