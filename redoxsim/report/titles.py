"""Titles of the figures of an experiment: what is read, what is given, what varies; no two figures have the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redoxsim.report.conditions import condition_parts, in_common, run_besides, varying
from redoxsim.report.names import enumerated, title_of
from redoxsim.report.seen import begun
from redoxsim.study.experiment import Experiment, SimulateRun
from redoxsim.study.experiment_runs import Finished

FEW = 2
"""Readouts that a title names."""
MOST_NAMED = 3
"""Things that vary that a title names."""


def course_titles(experiment: Experiment, groups: Sequence[Sequence[Finished]]) -> list[str]:
    """A title for each figure of time courses; those that would be equal say how long and in how many cells."""
    plain = [_course(experiment, group) for group in groups]
    runs = [one for group in groups if isinstance(one := group[0].run, SimulateRun)]
    found = []
    for title, run in zip(plain, runs, strict=True):
        same = [other for name, other in zip(plain, runs, strict=True) if name == title]
        details = [(f"to {one.until}", _cells(one.cells or experiment.cells)) for one in same]
        mine = (f"to {run.until}", _cells(run.cells or experiment.cells))
        apart = [text for place, text in enumerate(mine) if len({one[place] for one in details}) > 1]
        found.append(", ".join([title, *apart]))
    return found


def _cells(count: int) -> str:
    return f"{count} cell{'s' if count != 1 else ''}"


def _course(experiment: Experiment, group: Sequence[Finished]) -> str:
    """What is read, with what all have, by what varies. One readout needs no title of the experiment before it."""
    runs = [one.run for one in group if isinstance(one.run, SimulateRun)]
    named = [one.results.dataset for one in group]
    titles = [
        next(title_of(name, data[name].attrs) for data in named if name in data)
        for name in runs[0].observe
        if any(name in data for data in named)
    ]
    what = enumerated(titles) if 0 < len(titles) <= FEW else "time courses"
    common = in_common(condition_parts(runs, experiment.cell))
    if common:
        what += f" with {', '.join(common)}"
    elif not any(run.doses for run in runs):
        what += ", untreated"
    if titled := [run.title for run in runs if run.title]:
        what += f": {enumerated(titled)}" if len(runs) == 1 else ""
    elif by := varying(runs, experiment.cell):
        what += f", by {enumerated(by)}" if len(by) <= MOST_NAMED else ", several conditions"
    return begun(what) if len(titles) == 1 else f"{experiment.title}: {what}"


def aside(run: Mapping[str, Any]) -> str:
    """What a title adds for a dose-response or a combination that is not of the agents alone in the usual cell."""
    return "".join(f", {part}" for part in run_besides(run))


__all__ = ["aside", "course_titles"]
