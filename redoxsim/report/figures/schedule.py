"""The schedule figure: an effect, and its Bliss excess, against the order and delay of two agents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from redoxsim.errors import DesignError
from redoxsim.report.figures.arrays import SPREAD, Band, band, variable
from redoxsim.report.figures.doseaxis import dose_text
from redoxsim.report.figures.heatmap import bar_name, draw_matrix
from redoxsim.report.figures.panels import condition_handles
from redoxsim.report.figures.style import (
    INK,
    PALETTE,
    SOFT,
    UNTREATED,
    dress,
    finish,
    new_figure,
    styled,
    wrapped,
)
from redoxsim.report.names import named_unit, show_unit, title_of, unit_of
from redoxsim.report.paper import WIDEST

FloatArray = NDArray[np.float64]
DELAY = "delay"
EXCESS = "bliss_excess"


@styled
def schedule(
    data: xr.Dataset,
    *,
    observable: str = "viability",
    title: str | None = None,
    caption: str | None = None,
    note: str | None = None,
) -> Figure:
    """A figure of a schedule map: two rows (the effect, its Bliss excess), as maps and as lines.

    The maps have the delay along x and the pairs of doses along y. The lines show the strongest pair, with the same
    agents alone at the same times, and bands where there are draws.

    Parameters
    ----------
    data : result with the dimensions first agent, second agent and ``delay``; the variable ``observable``, and
        ``bliss_excess`` where it has a direction.

    Raises
    ------
    DesignError : no delays, or no such observable.
    """
    array = variable(data, observable)
    dims = [str(dim) for dim in array.dims if dim not in SPREAD]
    if len(dims) != 3 or dims[-1] != DELAY:
        raise DesignError(
            f"a schedule figure needs two agents and a delay; {observable} has {', '.join(dims) or 'none'}"
        )
    first, second, _ = dims
    delays = np.asarray(data[DELAY], dtype=float)
    pairs = [
        (i, j)
        for i, a in enumerate(np.asarray(data[first], dtype=float))
        for j, b in enumerate(np.asarray(data[second], dtype=float))
        if a > 0.0 and b > 0.0
    ]
    effect = band(array, dims)
    excess = band(data[EXCESS], dims) if EXCESS in data else None
    shown = [one for one in (effect, excess) if one is not None]
    strongest = _strongest(pairs, excess or effect)
    figure = new_figure(WIDEST, 1.3 + len(shown) * max(3.3, 1.6 + 0.24 * len(pairs)))
    grid = figure.add_gridspec(len(shown), 2, width_ratios=[1.25, 1.0])
    agents = title_of(first, data[first].attrs), title_of(second, data[second].attrs)
    names = [_pair(data, (first, second), agents, pair) for pair in pairs]
    words = [title_of(observable, array.attrs), "Bliss excess"]
    handles: list[Artist] = []
    for row, one in enumerate(shown):
        axes = figure.add_subplot(grid[row, 0])
        matrix = np.array([one.middle[pair] for pair in pairs])
        signed = row == 1
        label = (
            "Bliss excess: above 0 synergy, below 0 antagonism" if signed else bar_name(words[0], unit_of(array.attrs))
        )
        _map(axes, matrix, delays, names, diverging=signed, label=label)
        axes.set_title(f"{'ac'[row]}   {words[row]}")
        lines = figure.add_subplot(grid[row, 1])
        if signed:
            _excess(lines, one, delays, pairs, strongest, names)
        else:
            handles = _effect(lines, one, delays, strongest, agents, words[0])
        lines.set_title(wrapped(f"{'bd'[row]}   {words[row]}: {names[pairs.index(strongest)]}", WIDEST * 0.34))
        _order(lines, delays, *agents)
    unit = show_unit("h")
    rule = (
        f"Delay ({unit}) of {agents[1]} after {agents[0]}: the agent that comes first is given at 0 h, the "
        "other later, and all is read at one time, so a longer delay is a shorter exposure to the later agent. "
        "The excess is over independent action at those same times."
    )
    return finish(figure, title, [rule, caption, note], handles)


def _strongest(pairs: Sequence[tuple[int, int]], one: Band) -> tuple[int, int]:
    """The pair of doses whose values change most with the delay."""
    spans = [
        np.ptp(line[np.isfinite(line)]) if np.isfinite(line).any() else -1.0 for line in (one.middle[p] for p in pairs)
    ]
    return pairs[int(np.argmax(spans))]


def _pair(data: xr.Dataset, axes: tuple[str, str], agents: tuple[str, str], pair: tuple[int, int]) -> str:
    parts = (
        f"{agent} {dose_text(float(data[axis][place]))}\u00a0{show_unit(unit_of(data[axis].attrs))}".rstrip("\u00a0")
        for axis, agent, place in zip(axes, agents, pair, strict=True)
    )
    return ", ".join(parts)


def _map(
    axes: Axes, matrix: FloatArray, delays: FloatArray, names: Sequence[str], *, diverging: bool, label: str
) -> AxesImage:
    rows = np.arange(1.0, len(names) + 1.0)
    image = draw_matrix(
        axes, matrix.T, (np.arange(1.0, delays.size + 1.0), rows), agents=("", ""), units=("", ""), title="",
        bar_label=label, diverging=diverging,
    )  # fmt: skip
    axes.set_xticks(range(delays.size), [_signed(value) for value in delays])
    axes.set_yticks(range(len(names)), list(names))
    axes.set_xlabel("delay (h)")
    axes.set_ylabel("")
    return image


def _signed(value: float) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"


def _line(axes: Axes, one: Band, pair: tuple[int, int], delays: FloatArray, *, colour: str, label: str) -> None:
    axes.plot(delays, one.middle[pair], color=colour, marker="o", markersize=4.0, label=label, clip_on=False, zorder=4)
    if one.low is not None and one.high is not None:
        axes.fill_between(delays, one.low[pair], one.high[pair], color=colour, alpha=0.1, linewidth=0)
        for edge in (one.low[pair], one.high[pair]):  # bands lie over one another: their edges tell them apart
            axes.plot(delays, edge, color=colour, linewidth=0.9, alpha=0.7, zorder=3)


def _effect(
    axes: Axes, one: Band, delays: FloatArray, pair: tuple[int, int], agents: tuple[str, str], name: str
) -> list[Artist]:
    """Draws each agent alone and both at the doses of one pair; gives what the legend holds."""
    i, j = pair
    places = ((i, 0), (0, j), (i, j))
    for place, colour, label in (
        ((i, 0), PALETTE[0], f"{agents[0]} alone"),
        ((0, j), PALETTE[1], f"{agents[1]} alone"),
        ((i, j), PALETTE[2], "both"),
    ):
        _line(axes, one, place, delays, colour=colour, label=label)
    known = one.middle[np.isfinite(one.middle)]
    ends = np.concatenate([line[place] for line in (one.middle, one.high) if line is not None for place in places])
    if known.size and known.min() >= -0.05 and 0.3 < known.max() <= 1.1:
        axes.set_ylim(-0.03, max(1.05, float(np.nanmax(ends)) + 0.03))
    axes.set_ylabel(name)
    return [*axes.get_legend_handles_labels()[0], *condition_handles({}, bands=one.low is not None)]


def _excess(
    axes: Axes, one: Band, delays: FloatArray, pairs: Sequence[tuple[int, int]], strongest: tuple[int, int],
    names: Sequence[str],
) -> None:  # fmt: skip
    for pair in pairs:
        if pair != strongest:
            axes.plot(delays, one.middle[pair], color=UNTREATED, linewidth=1.0, zorder=2)
    _line(axes, one, strongest, delays, colour=PALETTE[2], label=names[pairs.index(strongest)])
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.set_ylabel("Bliss excess (grey: other doses)")


def _order(axes: Axes, delays: FloatArray, first: str, second: str) -> None:
    axes.axvline(0.0, color=SOFT, linewidth=0.9, linestyle=(0, (2, 2)))
    axes.set_xticks(delays, [_signed(value) for value in delays])
    axes.set_xlabel(named_unit(f"{second} first ← delay → {first} first", "h"))
    dress(axes)
