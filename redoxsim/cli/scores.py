"""Synergy scores on the command line: which, and their summary with sign and orientation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import numpy as np

from redoxsim.cli.emit import as_table
from redoxsim.errors import Unsupported, nearest

if TYPE_CHECKING:
    from redoxsim.analysis import SynergyTable
    from redoxsim.study import ResultSet

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


def surface_text(results: ResultSet, metrics: Sequence[str]) -> str:
    """The effect over two agents' doses as a small matrix, and the scores below it."""
    from redoxsim.study.results import ORIENTATIONS

    scored = [name for name in results.observables if name in ORIENTATIONS]
    parts = []
    for name in results.observables:
        if results.dataset[name].ndim == 2:
            parts.append(matrix_text(results, name))
    for name in scored[:1]:
        if results.dataset[name].ndim == len(results.axes):
            parts.append(table_text(results.scores(metrics, observe=name, failed="drop").values()))
    return "\n".join(parts).rstrip()


def matrix_text(results: ResultSet, name: str) -> str:
    """One readout over two dose axes; the first agent runs down."""
    first, second = (results.dataset[axis] for axis in results.axes)
    down, across = (str(axis.attrs.get("units", "")) for axis in (first, second))
    corner = f"{results.axes[0]} [{down}]"
    rows = []
    for i, dose in enumerate(np.asarray(first, dtype=float)):
        line: dict[str, Any] = {corner: f"{dose:.3g}"}
        for j, other in enumerate(np.asarray(second, dtype=float)):
            value = float(results.dataset[name][i, j])
            line[f"{other:.3g}"] = (
                "failed" if np.isnan(value) else f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}"
            )
        rows.append(line)
    heads = list(rows[0])
    table = as_table(rows, heads, width=400)
    return f"{name}; {results.axes[1]} [{across}] across\n{table}"


def table_text(tables: Iterable[SynergyTable]) -> str:
    """Summary of scores: which reference, sign and orientation, never a bare number."""
    rows, remarks, turned = [], [], ""
    for one in tables:
        summary = one.summary
        rows.append(
            {
                "score": one.title, "mean": _number(summary.mean), "mid-dose mean": _number(summary.mid_mean),
                "min": _number(summary.min), "max": _number(summary.max),
                "defined": f"{summary.defined} of {summary.cells}", "sign": one.sign,
            }
        )  # fmt: skip
        remarks += [f"{one.metric}: {text}" for text in (one.note, summary.message) if text]
        turned = one.orientation
    text = as_table(rows, ("score", "mean", "mid-dose mean", "min", "max", "defined", "sign"), width=160)
    return "\n".join([text.rstrip(), f"Effects: {turned}", *dict.fromkeys(remarks)])


def _number(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.3f}"
