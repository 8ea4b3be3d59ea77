"""Work against precision: seconds per solve against error, gains per model, cost against size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from redoxsim.errors import DesignError
from redoxsim.report.figures.style import (
    FAINT,
    INK,
    PALETTE,
    SMALL,
    SOFT,
    TINY,
    dress,
    finish,
    new_figure,
    styled,
)
from redoxsim.report.paper import WIDEST
from redoxsim.study.benchmark import Benchmark, Measured, line

SOLVERS = {
    "rosenbrock": (PALETTE[0], "o"),
    "cvode": (PALETTE[1], "s"),
    "scipy": (PALETTE[2], "^"),
    "copasi": (PALETTE[3], "D"),
    "amici": (PALETTE[4], "v"),
}
"""Colour and marker of each solver, the same in every figure."""
TOOLS = {"cvode": "cvode (libRoadRunner)", "copasi": "COPASI", "amici": "AMICI"}
GROWTH = 1.2
"""Cost per step may grow with this power of the number of states; drawn as a guide."""
MOST_PANELS = 4
GAINS = ((1e-3, "o"), (1e-5, "s"))
"""Errors at which gains per model are drawn, with their markers."""


@styled
def workprecision(result: Benchmark, *, title: str | None = "Work against precision") -> Figure:
    """A figure of a benchmark.

    One panel per case with milliseconds per solve against error, up to four; more cases than that share a panel with
    how many times faster ``rosenbrock`` is than the solver compared with, by case. Chains of two sizes or more get a
    panel with the cost of a step against the number of states.

    Raises
    ------
    DesignError : nothing was measured.
    """
    chains = [one for one in result.cases if one.case.group == "chain" and one.points]
    others = [one for one in result.cases if one.case.group != "chain" and one.points]
    if len(chains) < 2:
        others, chains = others + chains, []
    many = [one for one in others if one.case.group == "published"] if len(others) > MOST_PANELS else []
    single = [one for one in others if one not in many]
    if len(single) > MOST_PANELS:
        many, single = others, []
    panels = len(single) + bool(many) + bool(chains)
    if not panels:
        raise DesignError("nothing was measured, so there is nothing to draw")
    columns = min(panels, 2)
    rows = -(-panels // columns)
    tall = max(4.1, 1.6 + 0.23 * len(many))
    figure = new_figure(7.2 if columns == 1 else WIDEST, (tall if many else 4.1) * rows + 0.7)
    grid = figure.add_gridspec(rows, columns)
    places = iter(range(panels))
    for measured in single:
        draw_case(figure.add_subplot(grid[divmod(next(places), columns)]), measured)
    if many:
        draw_gains(figure.add_subplot(grid[divmod(next(places), columns)]), result, many)
    if chains:
        draw_growth(figure.add_subplot(grid[divmod(next(places), columns)]), chains)
    if many:
        # names of models beside the first panel are as wide as they are: keep them off the edge
        figure.get_layout_engine().set(w_pad=0.12)  # type: ignore[union-attr, call-arg]
    caption = _caption(result, errors=bool(single), bounds=bool(many))
    return finish(figure, title, [caption, line(result.machine)], _handles(result, single, chains))  # type: ignore[arg-type]


@styled
def draw_case(axes: Axes, measured: Measured) -> None:
    """Milliseconds per solve against error, one line per solver; bars are the range over repeats."""
    for solver in dict.fromkeys(point.solver for point in measured.points):
        colour, marker = SOLVERS.get(solver, (SOFT, "o"))
        points = measured.of(solver)
        error = np.array([point.errors.rms() for point in points])
        times = [point.per_solve() * 1e3 for point in points]
        middle = np.array([np.median(one) for one in times])
        low = middle - np.array([one.min() for one in times])
        high = np.array([one.max() for one in times]) - middle
        keep = np.isfinite(error) & (error > 0.0) & np.isfinite(middle)
        axes.errorbar(
            error[keep], middle[keep], yerr=np.array([low[keep], high[keep]]), color=colour, marker=marker,
            linewidth=1.6, elinewidth=1.0, capsize=2.0, markersize=5, zorder=3,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    dress(axes, grid="both")
    axes.set_xlabel("rms error, relative")
    axes.set_ylabel("ms per solve")
    _plain(axes)
    states = int(measured.case.facts.get("states", 0))
    axes.set_title(f"{measured.case.name}, {states} state{'s' if states != 1 else ''}", loc="left")
    axes.annotate(
        "better", xy=(0.03, 0.03), xytext=(0.12, 0.1), xycoords="axes fraction", fontsize=TINY, color=SOFT,
        arrowprops={"arrowstyle": "->", "color": SOFT, "linewidth": 0.8}, ha="left", va="center",
    )  # fmt: skip


@styled
def draw_gains(axes: Axes, result: Benchmark, cases: Sequence[Measured]) -> None:
    """Times faster than the solver compared with, by case, at two errors; hollow where it is a bound."""
    names = [one.case.name for one in cases]
    found = {(one.case, one.error): one for one in result.equal([e for e, _ in GAINS]) if one.solver == "rosenbrock"}
    order = sorted(names, key=lambda name: _gain(found.get((name, GAINS[0][0]))))
    for number, (error, marker) in enumerate(GAINS):
        colour = PALETTE[number]
        values = []
        for place, name in enumerate(order):
            one = found.get((name, error))
            if one is None or not np.isfinite(one.times):
                continue
            values.append(one.times)
            axes.plot([one.low, one.high], [place, place], color=colour, linewidth=1.0, zorder=2)
            face = colour if not one.bound else "white"
            axes.plot(one.times, place, marker=marker, color=colour, markerfacecolor=face, markersize=5, zorder=3)
        if values:
            middle = float(np.median(values))
            axes.axvline(middle, color=colour, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
        axes.plot(
            [], [], marker=marker, color=colour, linestyle=(0, (4, 3)), linewidth=1.0, markersize=5,
            label=f"at error {error:g}" + (f", median {np.median(values):.2g}" if values else ""),
        )  # fmt: skip
    missing = [place for place, name in enumerate(order) if not any((name, error) in found for error, _ in GAINS)]
    for place in missing:
        axes.annotate(
            "not compared", xy=(0.02, place), xycoords=("axes fraction", "data"), fontsize=TINY, color=SOFT, va="center"
        )
    axes.axvline(1.0, color=INK, linewidth=0.8)
    axes.set_xscale("log")
    dress(axes, grid="x")
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.yaxis.set_major_locator(FixedLocator(list(range(len(order)))))
    axes.set_yticks(range(len(order)), order, fontsize=TINY)
    axes.set_xlabel(f"times faster than {TOOLS.get(result.against, result.against)}")
    axes.set_title(f"rosenbrock on {len(order)} models", loc="left")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    low, high = axes.get_xlim()
    between = (2, 5) if high / low < 1e3 else ()

    def shown(value: float, _: object) -> str:
        return f"{value:g}" if round(value / 10 ** np.floor(np.log10(value))) in between else ""

    axes.xaxis.set_minor_formatter(FuncFormatter(shown))
    axes.tick_params(axis="x", which="minor", labelsize=SMALL, labelcolor=INK)
    axes.legend(loc="upper left", fontsize=SMALL, frameon=True, framealpha=0.9, edgecolor=FAINT)


@styled
def draw_growth(axes: Axes, chains: Sequence[Measured]) -> None:
    """Microseconds per accepted step against the number of states, beside the growth that is allowed."""
    for solver in dict.fromkeys(point.solver for one in chains for point in one.points):
        found = []
        for one in chains:
            points = [point for point in one.of(solver) if point.steps > 0.0]
            if points:
                costs = [float(np.median(point.per_solve())) * 1e6 / point.steps for point in points]
                found.append((one.case.facts["states"], float(np.nanmedian(costs))))
        if found:
            colour, marker = SOLVERS.get(solver, (SOFT, "o"))
            states, cost = np.array(sorted(found)).T
            axes.plot(states, cost, color=colour, marker=marker, markersize=5, linewidth=1.6, zorder=3)
            if solver == "rosenbrock":
                guide = cost[0] * (states / states[0]) ** GROWTH
                axes.plot(states, guide, color=SOFT, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2)
                axes.annotate(
                    f"states$^{{{GROWTH}}}$", xy=(states[-1], guide[-1]), xytext=(-4, 4), textcoords="offset points",
                    fontsize=TINY, color=SOFT, ha="right", va="bottom",
                )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    dress(axes, grid="both")
    sizes = [one.case.facts["states"] for one in chains]
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("states")
    axes.set_ylabel("µs per accepted step")
    axes.set_title("chains of coupled cells", loc="left")


def _plain(axes: Axes) -> None:
    """Milliseconds as plain numbers, also between decades where there are few of them."""
    low, high = axes.get_ylim()
    few = np.log10(high / low) < 1.5
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if few:
        axes.yaxis.set_minor_formatter(
            FuncFormatter(
                lambda value, _: f"{value:g}" if round(value / 10 ** np.floor(np.log10(value))) in (2, 5) else ""
            )
        )
    else:
        axes.yaxis.set_minor_formatter(NullFormatter())


def _gain(one: object) -> float:
    value = getattr(one, "times", float("nan"))
    return float(value) if np.isfinite(value) else -1.0


def _handles(result: Benchmark, single: Sequence[Measured], chains: Sequence[Measured]) -> list[Artist]:
    shown = dict.fromkeys(point.solver for one in (*single, *chains) for point in one.points)
    handles: list[Artist] = []
    for solver in shown:
        colour, marker = SOLVERS.get(solver, (SOFT, "o"))
        handles.append(Line2D([], [], color=colour, marker=marker, markersize=5, label=TOOLS.get(solver, solver)))
    return handles


def _caption(result: Benchmark, *, errors: bool, bounds: bool) -> str:
    """Small print; ``errors`` and ``bounds`` say which panels are there."""
    count = result.settings["repeats"]
    often = f"median and range of {count} interleaved repeats" if count > 1 else "one run"
    text = (
        f"Processor time per solve on one thread: {often}. "
        "Errors: all outputs and times against a reference at rtol 1e-11."
    )
    text += " Points from left to right: rising tolerance." if errors else ""
    text += " Hollow: a bound." if bounds else ""
    absent = sorted({solver for one in result.cases for solver, why in one.absent.items() if why == "not installed"})
    if absent:
        text += f" Not installed: {', '.join(TOOLS.get(solver, solver) for solver in absent)}."
    return text


__all__ = ["SOLVERS", "draw_case", "draw_gains", "draw_growth", "workprecision"]
