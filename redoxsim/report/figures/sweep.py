"""Steady states along an axis: stable and unstable branches, and the loop of an up-and-down sweep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import band, best_unit, variable
from redoxsim.report.figures.panels import measured_handle
from redoxsim.report.figures.scan import axis_title, log_or_fraction, log_or_linear, overlay
from redoxsim.report.figures.style import PALETTE, SOFT, dress, finish, new_figure, styled
from redoxsim.report.marks import Points
from redoxsim.report.names import show_unit, title_of, unit_of
from redoxsim.report.paper import WIDEST

FloatArray = NDArray[np.float64]
UP, DOWN = PALETTE[0], PALETTE[1]
APART = 0.02  # relative difference from which two branches count as different


@styled
def sweep(
    up: xr.Dataset,
    down: xr.Dataset | None = None,
    *,
    axis: str,
    observe: Sequence[str],
    points: Sequence[Points] = (),
    title: str | None = None,
    caption: str | None = None,
    note: str | None = None,
) -> Figure:
    """A figure of steady states over one axis, one panel per observable.

    Parameters
    ----------
    up, down : steady states with the one dimension ``axis``, reached by following it upwards and downwards. A
        boolean variable ``stable`` marks stability; without it all states count as stable. Where the two
        branches differ, the gap is shaded: the state there depends on the past.
    points : measured points, x in the unit of the axis.
    """
    if not observe:
        raise DesignError("a sweep needs at least one observable to draw")
    columns = min(len(observe), 2)
    rows = -(-len(observe) // columns)
    figure = new_figure(6.4 if columns == 1 else WIDEST, 1.0 + 3.1 * rows)
    grid = figure.add_gridspec(rows, columns)
    for number, name in enumerate(observe):
        axes = figure.add_subplot(grid[divmod(number, columns)])
        draw_sweep(axes, up, down, axis=axis, observable=name, points=points)
    handles: list[Artist] = [Line2D([], [], color=UP, marker=">", markersize=5, label="upwards")]
    if down is not None:
        handles.append(Line2D([], [], color=DOWN, marker="<", markersize=5, label="downwards"))
    if any("stable" in one and bool((one["stable"] == False).any()) for one in (up, down) if one is not None):  # noqa: E712
        handles.append(
            Line2D([], [], color=SOFT, linestyle="none", marker="o", markerfacecolor="white", label="unstable")
        )
    if points:
        handles.append(measured_handle(points[0].label))
    return finish(figure, title, [caption, note], handles)


@styled
def draw_sweep(
    axes: Axes,
    up: xr.Dataset,
    down: xr.Dataset | None,
    *,
    axis: str,
    observable: str,
    points: Sequence[Points] = (),
) -> None:
    """Draws one observable along both branches of a sweep."""
    branches = [(up, UP, ">")] + ([(down, DOWN, "<")] if down is not None else [])
    values = [band(variable(one, observable), (axis,)).middle for one, _, _ in branches]
    attrs = up[observable].attrs
    shown, factor = best_unit(values, unit_of(attrs))
    here = [one for one in points if one.observable == observable]
    xs = np.concatenate(
        [np.asarray(one[axis], dtype=float) for one, _, _ in branches] + [np.asarray(p.x, dtype=float) for p in here]
    )
    place = log_or_linear(axes, xs, which="x")
    heights = overlay(axes, here, place, unit=unit_of(attrs), factor=factor)
    if down is not None:
        _shade(axes, place(np.asarray(up[axis], dtype=float)), values[0] * factor, down, values[1] * factor, axis)
    for (one, colour, marker), value in zip(branches, values, strict=True):
        x, y = place(np.asarray(one[axis], dtype=float)), value * factor
        stable = np.asarray(one["stable"], dtype=bool) if "stable" in one else np.ones(y.shape, dtype=bool)
        axes.plot(x, np.where(stable, y, np.nan), color=colour, linewidth=2.4 if marker == ">" else 1.5, zorder=3)
        every = max(1, x.size // 12)
        axes.plot(
            x[::every],
            np.where(stable, y, np.nan)[::every],
            linestyle="none",
            marker=marker,
            color=colour,
            markersize=5,
            zorder=4,
        )
        axes.plot(
            x[~stable],
            y[~stable],
            linestyle="none",
            marker="o",
            markerfacecolor="white",
            markeredgecolor=colour,
            markersize=4.5,
            zorder=4,
        )
    flat = np.concatenate([*(value * factor for value in values), *heights])
    log_or_fraction(axes, flat[np.isfinite(flat)], shown)
    axes.set_title(title_of(observable, attrs))
    axes.set_xlabel(axis_title(up, axis))
    low, high = axes.get_ylim()
    axes.set_ylabel(show_unit(shown) or ("fraction" if low >= -0.1 and high <= 1.2 else "relative"))
    dress(axes)


def bistable(up: FloatArray, down: FloatArray) -> NDArray[np.bool_]:
    """Where two branches over the same axis differ by more than 2% of the larger one; shape (N,)."""
    size = np.maximum(np.abs(up), np.abs(down))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(up - down) > APART * size, dtype=bool)


def _shade(axes: Axes, x: FloatArray, up: FloatArray, other: xr.Dataset, down: FloatArray, axis: str) -> None:
    order = np.argsort(np.asarray(other[axis], dtype=float))
    if order.size != x.size:
        return
    lower, upper = np.sort(x), down[order]
    branch = up[np.argsort(x)]
    apart = bistable(branch, upper)
    if apart.any():
        axes.fill_between(lower, branch, upper, where=apart, color=SOFT, alpha=0.15, linewidth=0, zorder=1)
