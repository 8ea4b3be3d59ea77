"""``redoxsim runs``: what earlier runs left behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import click

from redoxsim.cli.command import Family
from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit, wrong_use
from redoxsim.cli.options import Output, Solving, output_options, talk_options
from redoxsim.cli.talk import Talk, plural
from redoxsim.errors import DesignError

SAME = 1e-6
"""Largest relative difference at which a repeated run counts as the same; the default tolerance of a solve."""

ROOT = "runs"

root_option = click.option(
    "--root", metavar="FOLDER",
    help="The folder that holds the run folders  [default: runs, and run folders in the folder you are in].",
)  # fmt: skip


def places(root: str | None) -> dict[str, Any]:
    """Where to look: the folder that was named, else ``runs`` and what ``-o`` put beside it."""
    return {"root": ROOT, "beside": "."} if root is None else {"root": root}


@click.group(
    "runs",
    cls=Family,
    examples=(
        "redoxsim runs",
        "redoxsim runs show last",
        "redoxsim runs compare demo-out runs/2026-11-21T0637-auranofin-bso-3fa91c",
        "redoxsim runs repeat last",
    ),
    help="Run folders: list, show, compare, repeat.\n\nA run is its folder, the beginning of its name, or `last`.",
)
def command() -> None:
    pass


@command.command("list", help="All runs, newest first.", examples=("redoxsim runs list --root elsewhere",))
@root_option
@output_options(formats=("csv", "json", "table"))
def list_runs(root: str | None, output: Output, talk: Talk) -> None:
    from redoxsim.report import runlist

    found = runlist.list_runs(**places(root))
    rows = [{"run": runlist.called(one, root or ROOT), "state": one.state, "command": one.command} for one in found]
    emit_rows(rows, output, schema="runs/1", columns=("run", "state", "command"))
    talk.note(f"{plural(len(found), 'run')} in {root or f'{ROOT}/ and here'}")


@command.command(
    "show",
    help="One run: how it ended, verdicts, settings, files, what was changed since.",
    examples=("redoxsim runs show last", "redoxsim runs show demo-out --format json"),
)
@click.argument("run")
@root_option
@output_options(formats=("csv", "json", "table"))
def show(run: str, root: str | None, output: Output, talk: Talk) -> None:
    from redoxsim.report import runlist

    with wrong_use():
        rows = runlist.contents(runlist.find(run, **places(root)))
    emit_rows(rows, output, schema="run-contents/1", columns=runlist.CONTENTS)


@command.command(
    "compare",
    help="How the settings and results of two runs differ.\n\nDifferences are relative to the larger value. Exit code "
    "1 if a result differs by more than 1e-6.",
    examples=("redoxsim runs compare demo-out last", "redoxsim runs compare demo-out last --format json"),
)
@click.argument("first")
@click.argument("second")
@root_option
@output_options(formats=("csv", "json", "table"))
def compare(first: str, second: str, root: str | None, output: Output, talk: Talk) -> int:
    from redoxsim.report import runlist

    with wrong_use():
        found = runlist.compare(*(runlist.find(one, **places(root)) for one in (first, second)))
    emit_rows(found.rows(), output, schema="run-differences/1", columns=runlist.COMPARED)
    if found.identical:
        talk.note("the results are identical, byte for byte")
    else:
        talk.note(f"largest relative difference: {found.largest:.3g}")
    return Exit.GOOD if found.identical or found.largest <= SAME else Exit.PARTIAL


@command.command(
    "repeat",
    help="Solve a run again from its copies and report the largest difference.\n\nExit code 1 if it is above 1e-6.",
    examples=("redoxsim runs repeat last", "redoxsim runs repeat demo-out -o again"),
)
@click.argument("run")
@root_option
@click.option("-o", "--output", "path", metavar="FOLDER", help="Keep the repeated run here  [default: it is not kept].")
@click.option("--force", is_flag=True, help="Replace a run that is in the folder.")
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Processes to use  [default: one per processor core]."
)
@talk_options
def repeat(run: str, root: str | None, path: str | None, force: bool, jobs: int | None, talk: Talk) -> int:
    from redoxsim.cli.run import run_experiment
    from redoxsim.report import runlist

    with wrong_use():
        found = runlist.find(run, **places(root))
        settings: dict[str, Any] = runlist.settings(found)
        copies = runlist.inputs(found)
    if "experiment" not in settings or "experiment.toml" not in copies:
        raise DesignError(f"'{found.name}' is no run of an experiment", hint="only those can be repeated")
    from redoxsim.report.toml import to_toml
    from redoxsim.study.experiment_runs import lay_out

    solving = Solving(jobs=jobs, **settings.get("solving", {}))
    with tempfile.TemporaryDirectory(prefix="redoxsim-") as scratch:
        place = Path(scratch)
        lay_out(copies, place)
        mine = place / "experiments" / found.name
        mine.mkdir(parents=True)
        (mine / "experiment.toml").write_text(to_toml(settings["experiment"]), encoding="utf-8")
        before = os.environ.get("REDOXSIM_PATH")
        os.environ["REDOXSIM_PATH"] = scratch
        try:
            target = Path(path) if path else place / "again"
            code = run_experiment(
                str(mine), changes={}, folder=target, formats=(), force=force, solving=solving,
                talk=Talk(quiet=True) if not talk.verbose else talk, command=["redoxsim", "runs", "repeat", run],
            )  # fmt: skip
            if code == Exit.INTERRUPTED:
                return code
            compared = runlist.difference(runlist.results(found), runlist.results(runlist.load(target)))
        finally:
            if before is None:
                del os.environ["REDOXSIM_PATH"]
            else:
                os.environ["REDOXSIM_PATH"] = before
    largest = max((one.largest for one in compared), default=0.0)
    worst = compared[0] if compared and largest > 0 else None
    talk.note(
        f"{found.name} solved again: largest relative difference {largest:.3g}" + (f" ({worst.place})" if worst else "")
    )
    return Exit.GOOD if largest <= SAME else Exit.PARTIAL
