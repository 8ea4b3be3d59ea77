"""Synergy scores on the command line: which there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from redoxsim.errors import nearest

F = TypeVar("F", bound=Callable[..., Any])


def score_option(function: F) -> F:
    """``--score``, a comma list."""
    from redoxsim.cli.options import comma_list

    return click.option(
        "--score", multiple=True, metavar="NAME[,NAME]", callback=comma_list,
        help="bliss, hsa, loewe, loewe_excess, ci, dri_1, dri_2 for any number of agents (dri_3 for three); zip, "
        "musyc, braid for two; bliss3, hsa3 for three  [default: bliss,hsa,loewe,ci].",
    )(function)  # fmt: skip


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
