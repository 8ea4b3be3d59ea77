"""A planned plate: what is expected under independent action, and which combinations would tell synergy."""

from __future__ import annotations

from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from redoxsim.analysis.plate import NAMES, Plate
from redoxsim.report.figures.heatmap import draw_matrix
from redoxsim.report.figures.style import finish, new_figure, styled
from redoxsim.report.paper import WIDEST


@styled
def plate(made: Plate, *, title: str | None = None) -> Figure:
    """A figure of a plate: by each reference the fraction affected without interaction, and the power of each pair."""
    names = (made.agents[0].name, made.agents[1].name)
    units = (made.agents[0].unit, made.agents[1].unit)
    figure = new_figure(WIDEST, 0.8 + 3.4 * len(made.tests))
    grid = figure.add_gridspec(len(made.tests), 2)
    words = {"bliss": "if independent (Bliss)", "loewe": "if doses add up (Loewe)"}
    for row, (name, test) in enumerate(made.tests.items()):
        draw_matrix(
            figure.add_subplot(grid[row, 0]), test.expected, made.doses, agents=names, units=units,
            title=f"{'ac'[row]}   Expected {words[name]}", bar_label="fraction affected", norm=Normalize(0.0, 1.0),
        )  # fmt: skip
        draw_matrix(
            figure.add_subplot(grid[row, 1]), test.power, made.doses, agents=names, units=units,
            title=f"{'bd'[row]}   Power to tell a {made.fold:g}-fold gain in potency by it",
            bar_label="power of one combination", norm=Normalize(0.0, 1.0),
        )  # fmt: skip
    means = [f"{NAMES[name]} {one.overall:.0%}" for name, one in made.tests.items() if one.overall == one.overall]
    said = (
        f"{' and '.join('ac'[: len(made.tests)])}: fraction affected; {' and '.join('bd'[: len(made.tests)])}: power. "
        f"{made.wells} wells, {made.replicates} of each dose pair; noise of a well {made.noise:.2g} (of all cells). "
        f"{made.telling} combinations have 80% power alone {made.by_words()}; the mean excess has {', '.join(means)}. "
        "Two-sided 5%; the wells of the agents alone count in the error of every excess; grey: undefined."
    )
    return finish(figure, title or f"{names[0]} and {names[1]}: a plate that would tell synergy", [said, *made.remarks])
