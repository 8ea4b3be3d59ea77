"""``--window``: the same doses in a second kind of cell, and the doses that kill one and spare the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Cell, Output, Solving, with_usual_draws
from redoxsim.cli.result import processes, rows_of, save_figure, undisturbed, write_methods
from redoxsim.cli.talk import Progress, Talk
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from redoxsim.study import ResultSet
    from redoxsim.study.plan import Study

F = TypeVar("F", bound=Callable[..., Any])
READ = "survival"


def window_options(function: F) -> F:
    """``--window`` and ``--against``."""
    for option in (
        click.option(
            "--against", metavar="CELL", help="The cell that should live, with --window  [default: normal-hepatocyte]."
        ),
        click.option(
            "--window", is_flag=True,
            help="The same doses in a second cell: which kill most of the one and few of the other, and whether "
            "patients reach them.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def asked(window: bool, against: str | None) -> bool:
    """Whether a window is wanted.

    Raises
    ------
    DesignError : a cell to compare with, but no window.
    """
    if against is not None and not window:
        raise DesignError("--against names the second cell of a window", hint="add --window")
    return window


def read_off(observe: tuple[str, ...]) -> str:
    """The readout of a window.

    Raises
    ------
    DesignError : more than one, or one that does not say how many cells live.
    """
    from redoxsim.study.results import ORIENTATIONS

    if len(observe) > 1 or (observe and observe[0] not in ORIENTATIONS):
        raise DesignError("a window is read off living cells", hint=f"observe {' or '.join(ORIENTATIONS)}")
    return observe[0] if observe else READ


def kept(made: Any) -> Any:
    """The study with its draws kept apart: those of both cells go together."""
    settings = made.rows.settings
    if not settings.draws:
        return made
    return replace(made, rows=replace(made.rows, settings=replace(settings, keep="draws")))


def run_window(
    prepare: Callable[..., object],
    *,
    against: str | None,
    draws: int | None,
    cell: Cell,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    """Run what ``prepare`` makes ready in both cells and say where the window lies; the exit code.

    Parameters
    ----------
    prepare : takes ``cell`` and ``progress``, makes the study ready.
    """
    from redoxsim.cli.cost import dry_run
    from redoxsim.report.window import window_lines, window_rows
    from redoxsim.study.timecourse import with_jobs
    from redoxsim.study.window import AGAINST, two_cells

    output.ready(terminal=sys.stdout.isatty())
    if output.chosen(terminal=sys.stdout.isatty()) == "netcdf":
        raise DesignError("a window is a table: netcdf does not hold it", hint="give -o FILE.csv or .json")
    second = against or AGAINST
    if second == (cell.profile or "default"):
        raise DesignError(f"both cells of the window are '{second}'", hint="name another with --against or --cell")
    progress = Progress()
    studies: list[Study] = []
    for profile in (cell.profile or "default", second):
        made: Any = kept(with_usual_draws(prepare(cell=profile, progress=progress), draws, cell))
        studies.append(with_jobs(made, processes(solving, rows_of(made))))
    if len(studies[0].rows.times.seconds) != 1:
        raise DesignError("a window is read at one time", hint="such as --at 48h")
    if solving.dry_run:
        dry_run(studies, output=output, talk=talk)
        return Exit.GOOD
    progress.total = sum(map(rows_of, studies))
    results: list[ResultSet] = []
    with talk.progress("solving", progress):
        for study in studies:
            results.append(study.run())
            progress.before += rows_of(study)
            if results[-1].interrupted:
                talk.note("Interrupted: a window needs both cells, nothing is written.")
                return Exit.INTERRUPTED
    found = two_cells(results[0], results[1])
    with undisturbed():
        rows = window_rows(found)
        emit_rows(rows, output, schema="window/1", columns=tuple(rows[0]))
    lines = window_lines(found)
    talk.note("\n".join(lines))
    if output.plot is not None:
        from redoxsim.report.figures.window import window
        from redoxsim.report.names import enumerated
        from redoxsim.report.small_print import caption, grades_note

        save_figure(
            window(
                found, title=f"{enumerated(found.names)}: therapeutic window at {found.hours:g} h",
                caption=caption(results[0]).replace(f", cell {found.cells[0]}", "", 1), note=grades_note(results[0]),
            ),
            output, talk,
        )  # fmt: skip
    write_methods(studies[0].rows.setup, output, talk, results=results[0].provenance, more=lines)
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")
    for profile, one in zip(found.cells, results, strict=True):
        talk.note(f"{profile}: {one.summary}")
    return Exit.GOOD if all(one.ok for one in results) else Exit.PARTIAL
