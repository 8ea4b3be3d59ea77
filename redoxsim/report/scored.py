"""Scores of a combination in words: the surface, its summaries, and their intervals over draws."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from redoxsim.report.names import show_unit, unit_of
from redoxsim.report.text import matrix_text, text_table
from redoxsim.study.experiment import CombineRun
from redoxsim.study.results import ORIENTATIONS

if TYPE_CHECKING:
    from redoxsim.analysis import SynergyTable
    from redoxsim.study.experiment_runs import Finished
    from redoxsim.study.results import ResultSet

SUMMARY = ("mean", "mid_mean", "min", "max")


def scores_of(one: Finished) -> dict[str, SynergyTable]:
    """The scores of a combination, failed cells left undefined."""
    assert isinstance(one.run, CombineRun)
    return one.results.scores(one.run.scores, failed="drop")


def scored_of(results: ResultSet) -> str:
    """The readout that synergy is scored on, the first with a declared direction."""
    return next(name for name in results.observables if name in ORIENTATIONS)


def surface_text(results: ResultSet, metrics: Sequence[str]) -> str:
    """A combination for a terminal: the effect over two agents' doses, and the scores; "" where nothing is scored."""
    parts = []
    data = results.dataset
    medians = "quantile" in data.dims
    if medians:
        data = data.sel(quantile=0.5)
    scored = [name for name in results.observables if name in ORIENTATIONS]
    if not scored or data[scored[0]].ndim != len(results.axes):
        return ""
    if data[scored[0]].ndim == 2:
        first, second = (data[axis] for axis in results.axes)
        rows = [f"{float(dose):.3g}" for dose in first]
        columns = [f"{float(dose):.3g}" for dose in second]
        hours = float(data["time"]) / 3600.0
        parts.append(
            f"{scored[0]} at {hours:g} h; {results.axes[0]} ({show_unit(unit_of(first.attrs))}) down, "
            f"{results.axes[1]} ({show_unit(unit_of(second.attrs))}) across"
        )
        parts.append(matrix_text(np.asarray(data[scored[0]]), rows, columns))
    if not metrics:
        return "\n\n".join(parts)
    tables = results.scores(metrics, observe=scored[0], failed="drop")
    if medians:  # the score of the medians may be far from the median of the scores
        parts.append("Medians over draws. Scores in the table are of this surface of medians; those over draws below.")
    parts.append("\n".join([scores_text(tables.values()), *score_bands(results, scored[0], tables)]))
    return "\n\n".join(parts)


def score_bands(results: ResultSet, observe: str, tables: Mapping[str, SynergyTable]) -> list[str]:
    """The mean of each score over its 5% to 95% band of draws, a line each; none without draws.

    A score that fewer than nine of ten draws define has no band, as no parameter of a fit has: the draws that define
    it are a choice of their own (those in which each agent alone kills), and an index close to where it ceases to be
    defined has no bound, so that its mean tells of one draw.
    """
    from redoxsim.study.spread import DEFINED

    found = results.intervals.get(observe, {}).get("scores", {})
    lines = []
    for metric, table in tables.items():
        if metric in found and results.draws is not None:
            low, middle, high, share = found[metric]["mean"]
            usable = results.draws["usable"]
            if share < DEFINED:
                lines.append(f"{table.title}: no interval, {share:.0%} of {usable} draws define it")
                continue
            defined = "" if share == 1.0 else f", defined in {share:.0%} of them"
            lines.append(
                f"{table.title}, mean: {_number(middle)} ({_number(low)} to {_number(high)} over 5% to 95% of "
                f"{usable} draws{defined})"
            )
    return lines


def scores_text(tables: Iterable[SynergyTable]) -> str:
    """Summaries of scores for a terminal, each with its sign convention; the orientation below."""
    heads = ["score", "mean", "mid-doses", "lowest", "highest", "defined"]
    body = []
    signs: list[str] = []
    remarks: list[str] = []
    fitted: list[list[str]] = []
    orientation = ""
    for one in tables:
        summary = one.summary
        numbers = [_number(getattr(summary, key)) for key in SUMMARY]
        body.append([one.title, *numbers, f"{summary.defined} of {summary.cells}"])
        signs.append(one.sign)
        why = _reasons(one)
        remarks += [f"{one.metric}: {text}" for text in (one.note, summary.message) if text]
        remarks += [f"{one.metric}: no score in (cells): {why}"] if why else []
        orientation = one.orientation
        for part in one.parameters:
            unit = f" ({show_unit(part.unit)})" if part.unit else ""
            fitted.append([one.metric, part.name + unit, *part.row()[1:]])
    parts = [text_table(heads, body)]
    if fitted:
        parts += ["", text_table(["surface", "parameter", "value", "interval", "reads"], fitted), ""]
    return "\n".join([*parts, *dict.fromkeys(signs), f"Effects: {orientation}.", *dict.fromkeys(remarks)])


def _reasons(table: SynergyTable) -> str:
    """Why cells have no score, and how many; of reasons that differ in numbers only, one stands for all."""
    alike: dict[str, list[tuple[str, int]]] = {}
    for text, count in table.why().items():
        alike.setdefault(re.sub(r"-?\d[\d.e+-]*", "", text), []).append((text, count))
    return "; ".join(
        f"{'such as ' if len(found) > 1 else ''}{found[0][0].replace(';', ',')} ({sum(count for _, count in found)})"
        for found in alike.values()
    )


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{round(value, 3) + 0.0:.3f}"
