"""The isobologram: dose pairs with one effect, against the line of Loewe additivity; several effects in one panel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import offset_copy
from numpy.typing import NDArray

from redoxsim.analysis.isoboles import Isobole
from redoxsim.report.figures.doseaxis import apply, dose_axis
from redoxsim.report.figures.style import MARKERS, PALETTE, SMALL, SOFT, TINY, dress, ramp
from redoxsim.report.names import named_unit, show_id

BELOW = -34.0
"""Where a legend below a panel begins, under its ticks and name; in points."""
DASHES = (0, (4, 2))
ADDITIVE = "Loewe additive"


def draw_isobologram(
    axes: Axes, isobole: Isobole, *, agents: tuple[str, str], units: tuple[str, str], effect: str = "affected"
) -> None:
    """Draws an isobole with the line of additivity between the doses that reach the effect alone.

    Points below the line mean synergy (Loewe), above it antagonism. Where an agent does not reach the effect alone
    there is no such line: then its axis is logarithmic and the dose of the other agent alone is marked.
    """
    points = isobole.points
    first, second = isobole.alone
    axes.set_title(f"Isobologram at {100 * isobole.affected:g}% {effect}")
    axes.set_xlabel(named_unit(agents[0], units[0]))
    axes.set_ylabel(named_unit(agents[1], units[1]))
    dress(axes, grid="both")
    if not len(points):
        axes.text(0.5, 0.5, _wrap(isobole.note or "no combination reaches this effect"), **_middle(axes))
        axes.set_xticks([])
        axes.set_yticks([])
        return
    if isobole.complete:
        axes.plot([first, 0.0], [0.0, second], color=SOFT, linewidth=1.2, linestyle=DASHES, label=ADDITIVE)
        curve = np.vstack([[first, 0.0], points, [0.0, second]])
        axes.plot(curve[:, 0], curve[:, 1], color=PALETTE[0], marker="o", markersize=4.5, clip_on=False, zorder=4)
        axes.set_xlim(0.0, 1.12 * max(first, float(points[:, 0].max())))
        axes.set_ylim(0.0, 1.12 * max(second, float(points[:, 1].max())))
        _below(axes, [_dashes(f"{ADDITIVE}: below it synergy,\nabove it antagonism")])
        return
    _draw_one_sided(axes, isobole, agents)


def draw_isoboles(
    axes: Axes,
    isoboles: Sequence[Isobole],
    *,
    doses: tuple[NDArray[np.float64], NDArray[np.float64]],
    agents: tuple[str, str],
    units: tuple[str, str],
) -> None:
    """Draws isoboles of several effects over the doses of the grid, each with its own additive line (dashed).

    Dose axes are logarithmic with a place for none, so an additive line is bent; a point nearer to none than its
    additive line means synergy (Loewe). An effect that no agent or one agent reaches alone has no additive line.
    """
    scales = [dose_axis(axis) for axis in doses]
    for scale, which in zip(scales, "xy", strict=True):
        apply(axes, scale, which=which)
    axes.set_title("Isoboles")
    axes.set_xlabel(named_unit(agents[0], units[0]))
    axes.set_ylabel(named_unit(agents[1], units[1]))
    missing, handles = [], []
    for one, colour, mark in zip(isoboles, ramp(len(isoboles)), cycle(MARKERS)):
        label = f"{100 * one.affected:g}% affected"
        if not len(one.points):
            missing.append(f"{label}: not reached together")
            continue
        ends = [np.array([[dose, 0.0] if k == 0 else [0.0, dose]]) for k, dose in enumerate(one.alone)]
        known = [np.isfinite(dose) for dose in one.alone]
        curve = np.vstack([*([ends[0]] if known[0] else []), one.points, *([ends[1]] if known[1] else [])])
        handles += axes.plot(
            *_placed(curve, scales, doses), color=colour, marker=mark, markersize=4.2, label=label, zorder=4
        )
        if one.complete:
            share = np.linspace(0.0, 1.0, 200)[1:-1]
            straight = np.column_stack([share * one.alone[0], (1.0 - share) * one.alone[1]])
            inside = (straight >= [axis[1] for axis in doses]).all(axis=1)
            axes.plot(*_placed(straight[inside], scales, doses), color=colour, linewidth=1.1, linestyle=DASHES)
        else:
            names = " and ".join(show_id(name) for name, there in zip(agents, known, strict=True) if not there)
            missing.append(f"{label}: {names} alone: never")
    dress(axes, grid="both")
    _below(axes, [*handles, _dashes(ADDITIVE), *(Line2D([], [], linestyle="none", label=one) for one in missing)])


def _below(axes: Axes, handles: Sequence[Line2D]) -> None:
    """A legend below the panel: an isobole may run through any place within."""
    longest = max(len(str(one.get_label())) for one in handles)
    under = offset_copy(axes.transAxes, axes.get_figure(root=True), y=BELOW, units="points")
    axes.legend(
        handles=list(handles), loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=under, borderaxespad=0.0,
        fontsize=TINY, ncols=1 if longest > 28 or len(handles) < 2 else 2, handlelength=2.2,
    )  # fmt: skip


def _dashes(label: str) -> Line2D:
    return Line2D([], [], color=SOFT, linewidth=1.2, linestyle=DASHES, label=label)


def _placed(
    pairs: NDArray[np.float64], scales: Sequence[Any], doses: Sequence[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Places of dose pairs; a dose between none and the smallest tested lies between their places, in proportion."""
    found = []
    for values, scale, axis in zip(pairs.T, scales, doses, strict=True):
        none, least = np.asarray(scale.place(np.array([0.0, axis[1]])), dtype=float)
        below = none + (least - none) * values / axis[1]
        found.append(np.where(values < axis[1], below, scale.place(np.maximum(values, axis[1]))))
    return found


def _draw_one_sided(axes: Axes, isobole: Isobole, agents: tuple[str, str]) -> None:
    points = isobole.points
    reached = [np.isfinite(dose) for dose in isobole.alone]
    curve = points
    for number, there in enumerate(reached):
        if there:
            alone = np.zeros((1, 2))
            alone[0, number] = isobole.alone[number]
            curve = np.vstack([alone, curve]) if number == 0 else np.vstack([curve, alone])
    placed = curve.copy()
    for number, which in enumerate("xy"):
        if reached[number] and not reached[1 - number]:  # its dose falls from the dose alone: linear, from zero
            top = 1.15 * float(curve[:, number].max())
            (axes.set_xlim if which == "x" else axes.set_ylim)(0.0, top)
            line = axes.axvline if which == "x" else axes.axhline
            line(isobole.alone[number], color=SOFT, linewidth=1.2, linestyle=DASHES)
        else:
            scale = dose_axis(curve[:, number])
            apply(axes, scale, which=which)
            placed[:, number] = scale.place(curve[:, number])
    axes.plot(placed[:, 0], placed[:, 1], color=PALETTE[0], marker="o", markersize=4.5, clip_on=False, zorder=4)
    without = [show_id(name) for name, there in zip(agents, reached, strict=True) if not there]
    verb = "does not" if len(without) == 1 else "do not"
    words = f"{' and '.join(without)} alone {verb} reach it:\nno additive line"
    handles = [Line2D([], [], linestyle="none", label=words)]
    if sum(reached) == 1:
        handles.insert(0, _dashes(f"{show_id(agents[0] if reached[0] else agents[1])} alone"))
    _below(axes, handles)


def _middle(axes: Axes) -> dict[str, Any]:
    return {"transform": axes.transAxes, "ha": "center", "va": "center", "fontsize": SMALL, "color": SOFT}


def _wrap(text: str) -> str:
    return "\n".join(part.strip() for part in text.split(";"))
