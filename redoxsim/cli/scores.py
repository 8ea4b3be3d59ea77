"""Synergy scores on the command line: which there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from redoxsim.errors import Unsupported, nearest

F = TypeVar("F", bound=Callable[..., Any])
PLANNED = ("zip", "musyc", "braid")


def score_option(function: F) -> F:
    """``--score``, a comma list."""
    from redoxsim.cli.options import comma_list

    return click.option(
        "--score", multiple=True, metavar="NAME[,NAME]", callback=comma_list,
        help="bliss, hsa, loewe, loewe_excess, ci  [default: bliss,hsa,loewe,ci].",
    )(function)  # fmt: skip


def chosen_scores(names: Sequence[str]) -> tuple[str, ...]:
    """The metrics asked for.

    Raises
    ------
    Unsupported : one that is not there; those that are are named.
    """
    from redoxsim.analysis import METRICS
    from redoxsim.study.results import SCORED

    for name in names:
        if name in PLANNED:
            raise Unsupported(f"the score '{name}' is not there yet", hint=f"there are {', '.join(METRICS)}")
        if name not in METRICS:
            raise click.BadParameter(
                f"there is no score '{name}' ({nearest(name, METRICS) or 'there are ' + ', '.join(METRICS)})",
                param_hint="--score",
            )
    return tuple(names) or SCORED
