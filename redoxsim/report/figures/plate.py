"""A planned plate: what is expected under independent action, and which combinations would tell synergy."""

from __future__ import annotations

from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from redoxsim.analysis.plate import Plate
from redoxsim.report.figures.heatmap import draw_matrix
from redoxsim.report.figures.style import footer, headline, new_figure, styled


@styled
def plate(made: Plate, *, title: str | None = None) -> Figure:
    """A figure of a plate: the fraction affected under independent action, and the power of each combination."""
    names = (made.agents[0].name, made.agents[1].name)
    units = (made.agents[0].unit, made.agents[1].unit)
    figure = new_figure(11.6, 4.9)
    grid = figure.add_gridspec(1, 2)
    draw_matrix(
        figure.add_subplot(grid[0, 0]), made.expected, made.doses, agents=names, units=units,
        title="a   Expected if independent (Bliss)", bar_label="fraction affected", norm=Normalize(0.0, 1.0),
    )  # fmt: skip
    draw_matrix(
        figure.add_subplot(grid[0, 1]), made.power, made.doses, agents=names, units=units,
        title=f"b   Power to tell a {made.fold:g}-fold gain in potency", bar_label="power of one combination",
        norm=Normalize(0.0, 1.0),
    )  # fmt: skip
    headline(figure, title or f"{names[0]} and {names[1]}: a plate that would tell synergy")
    words = (
        f"{made.wells} wells, {made.replicates} of each dose pair; noise of a well {made.noise:.2g} (of all cells). "
        f"{made.telling} combinations have 80% power alone, the mean excess over all has {made.overall:.0%}. "
        "Two-sided 5%; the wells of the agents alone count in the error of every excess."
    )
    footer(figure, [words, *made.remarks])
    return figure
