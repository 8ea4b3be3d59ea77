"""Synergy scores on the command line: which there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from redoxsim.errors import nearest

if TYPE_CHECKING:
    from redoxsim.analysis import EffectGrid

F = TypeVar("F", bound=Callable[..., Any])


def effect_options(function: F) -> F:
    """``--effect``, ``--orientation`` and ``--scale``: how a table of wells is read."""
    for option in (
        click.option(
            "--scale", type=click.Choice(["fraction", "percent"]),
            help="0 to 1, or 0 to 100  [default: percent where a value is above 2].",
        ),
        click.option(
            "--orientation", type=click.Choice(["viability", "inhibition"]),
            help="Untreated is full, or none  [default: read from the untreated wells].",
        ),
        click.option(
            "--effect", metavar="COLUMN", help="The column of the effect  [default: the one that can be it]."
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def score_option(function: F) -> F:
    """``--score``, a comma list."""
    from redoxsim.cli.options import comma_list

    return click.option(
        "--score", multiple=True, metavar="NAME[,NAME]", callback=comma_list,
        help="bliss, hsa, loewe, loewe_excess, ci, dri_1, dri_2 for any number of agents (dri_3 for three); zip, "
        "musyc, braid for two; bliss3, hsa3 for three  [default: bliss,hsa,loewe,ci].",
    )(function)  # fmt: skip


def isobole_option(function: F) -> F:
    """``--isobole``, a comma list of percentages affected, as fractions."""
    return click.option(
        "--isobole", "isoboles", multiple=True, metavar="PERCENT[,PERCENT]", callback=_percentages,
        help="Dose pairs that affect these percentages of the cells, in words and in the figure, for two agents "
        "[default: 50].",
    )(function)  # fmt: skip


def _percentages(ctx: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[float, ...]:
    found = []
    for text in ",".join(texts).split(",") if texts else []:
        try:
            value = float(text.strip().removesuffix("%"))
        except ValueError:
            raise click.BadParameter(f"'{text.strip()}' is not a percentage, such as 25,50,75") from None
        if 0.0 < value < 1.0:
            raise click.BadParameter(f"{value:g} is less than 1 percent affected; half of the cells are 50")
        if not 0.0 < value < 100.0:
            raise click.BadParameter(f"an isobole lies strictly between 0 and 100 percent affected, not at {value:g}")
        found.append(value / 100.0)
    return tuple(sorted(set(found)))


def isoboles_text(grid: EffectGrid, levels: Sequence[float]) -> str:
    """Isoboles in words, a line each: the doses alone, and the interaction index along the dose pairs."""
    import numpy as np

    from redoxsim.analysis import isobole

    lines = []
    for level in levels:
        one = isobole(grid, affected=level)
        alone = [
            f"{name} alone {dose:.4g} {unit}".rstrip() if np.isfinite(dose) else f"{name} alone: not at any dose tested"
            for name, dose, unit in zip(grid.agents, one.alone, grid.dose_units, strict=True)
        ]
        text = f"isobole {100 * level:g}% affected: {', '.join(alone)}"
        if not len(one.points):
            text += "; no combination tested reaches it"
        elif one.complete:
            index = one.normalised().sum(axis=1)
            text += (
                f"; {len(index)} dose pairs with index {np.median(index):.3g} ({index.min():.3g} to {index.max():.3g}; "
                "below 1 = Loewe synergy)"
            )
        else:
            pairs = "; ".join(f"{a:.3g} with {b:.3g}" for a, b in one.points[:: max(1, len(one.points) // 3)])
            text += f"; no additive line, dose pairs such as {pairs}"
        lines.append(text)
    return "\n".join(lines)


def chosen_scores(names: Sequence[str]) -> tuple[str, ...]:
    """The metrics asked for.

    Raises
    ------
    click.BadParameter : one that is not there; those that are are named.
    """
    from redoxsim.analysis import METRICS
    from redoxsim.study.results import SCORED

    for name in names:
        if name not in METRICS:
            raise click.BadParameter(
                f"there is no score '{name}' ({nearest(name, METRICS) or 'there are ' + ', '.join(METRICS)})",
                param_hint="--score",
            )
    return tuple(names) or SCORED


def mapped_score(metrics: Sequence[str]) -> str:
    """The score of the map in the figure: Bliss where it is among them, else the first asked for."""
    return "bliss" if "bliss" in metrics or not metrics else metrics[0]
