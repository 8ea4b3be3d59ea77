"""README.md of an experiment, made from its TOML: ``python -m redoxsim.report.experiment_readme`` writes all of them.

What a person should know beyond that is ``note`` in the TOML.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from redoxsim.errors import RedoxsimError
from redoxsim.report.both_ways import CHEMISTRY, DOCUMENT, TITLE
from redoxsim.study import experiment
from redoxsim.study.experiment import CombineRun, DoseResponseRun, Expectation, Experiment, Run, SimulateRun

README = "README.md"
CALIBRATED = "(calibrated on)"


def readme(one: Experiment) -> str:
    """The page of an experiment."""
    parts = [
        f"# {one.title}",
        f"Claims: {', '.join(one.claims)}. Made from experiment.toml by `python -m redoxsim.report.experiment_readme`.",
        f"**Question.** {one.question}",
        f"**What the source says.** {one.says}",
        f"**What we expect.** {one.expected}",
    ]
    if one.note:
        parts.append(f"**Note.** {one.note}")
    if one.run:
        runs = "\n".join(_run(one, run) for run in one.run)
        parts.append(f"Runs, of model {one.model} in cell {one.cell} unless it says otherwise:\n\n{runs}")
    decide = [test for test in one.expect if not test.correction]
    if decide:
        parts.append(
            f"Expectations, written before the first run and checked by `redoxsim run {one.id}`:\n\n"
            + "\n".join(map(_expectation, decide))
        )
    if any(CALIBRATED in test.text for test in decide):
        parts.append(
            '"Calibrated on": the bound was written before the first run, but constants were then searched inside '
            "their ranges to meet it (see the README of `redox`). It is a fit, not a prediction."
        )
    if one.corrected:
        parts.append(f"{TITLE}:\n\n" + "\n".join(_points(one)))
    if one.beyond:
        parts.append(
            "Not representable:\n\n" + "\n".join(f"- {each.claim}, “{each.says}”: {each.reason}" for each in one.beyond)
        )
    return "\n\n".join(parts) + "\n"


def write(folder: Path) -> Path:
    """Write the page of the experiment in a folder.

    Raises
    ------
    ReadError : the experiment cannot be read.
    """
    place = folder / README
    place.write_text(readme(experiment.load(folder)), encoding="utf-8")
    return place


def _run(one: Experiment, run: Run) -> str:
    parts = [f"{name} = {value:g}" for name, value in run.values.items()]
    if isinstance(run, SimulateRun):
        parts = [*(f"`{dose}`" for dose in run.doses), *parts]
        what = f"time course to {run.until}"
    elif isinstance(run, DoseResponseRun):
        parts = [f"{run.agent} `{run.dose_values}`", *(f"`{dose}`" for dose in run.background), *parts]
        what = f"dose-response at {run.at}"
    else:
        assert isinstance(run, CombineRun)
        spans = [f"{agent} `{span}`" for agent, span in zip(run.agents, run.dose_values, strict=True)]
        parts = [*spans, *(f"{agent} from {when}" for agent, when in run.times.items()), *parts]
        what = f"combination at {run.at}"
    where = [f"cell {run.cell}"] if run.cell else []
    where += [f"model {run.model}"] if run.model else []
    count = run.cells or one.cells
    where.append("one cell" if count == 1 else f"{count} cells")
    named = f" ({run.title})" if run.title else ""
    return f"- `{run.id}`{named}: {what}, {', '.join(parts) or 'untreated'} ({', '.join(where)})"


def _expectation(one: Expectation) -> str:
    claim = f" ({one.claim})" if one.claim else ""
    only = f" Only if {one.when}; instead of `{one.replaces}`." if one.when else ""
    return f"- `{one.id}`{claim}: {one.text} [{one.wanted()}].{only}{_conflict(one)}"


def _conflict(one: Expectation) -> str:
    return f" Known conflict: {one.conflict}" if one.conflict else ""


def _points(one: Experiment) -> list[str]:
    tests = {test.id: test for test in one.expect}
    lines = []
    for point in one.corrected:
        for head, said, names in (
            (DOCUMENT, point.document, point.as_document),
            (CHEMISTRY, point.chemistry, point.as_chemistry),
        ):
            lines.append(f"- {point.claim} {head}: {said}")
            for test in (tests[name] for name in names):
                told = f"  - `{test.id}`: {test.text} [{test.wanted()}].{_conflict(test)}"
                lines.append(told if test.correction else f"  - `{test.id}`, above")
        lines += [f"  - not run: {point.why}"] if point.why else []
    return lines


def main(folders: Sequence[str] = ()) -> int:
    """Write the pages of these folders, of all shipped experiments where none is named."""
    from redoxsim import catalog

    try:
        for folder in map(Path, folders) if folders else catalog.experiments().values():
            write(folder)
    except (RedoxsimError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
