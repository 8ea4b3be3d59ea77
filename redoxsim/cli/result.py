"""What every verb that solves shares: dry run, the result to its place, the figure, the last line."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redoxsim.cli.emit import emit_text
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Output, Solving
from redoxsim.cli.talk import Progress, Talk, counted, grouped
from redoxsim.threads import processors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.study import ResultSet, Setup
    from redoxsim.study.plan import Study
    from redoxsim.study.timecourse import TimeCourse

LONGEST = 60
"""Lines of a table on a terminal; the rest is counted."""
WORTH = 48
"""Fewer solves than this are done in one process: starting another takes a second or two."""


def processes(solving: Solving, rows: int) -> int:
    """How many processes to use: those asked for, else one per core that this process may use where it pays."""
    if solving.jobs is not None:
        return solving.jobs
    return processors() if rows >= WORTH else 1


def run_study(
    prepare: Callable[[Progress], object],
    *,
    solving: Solving,
    output: Output,
    talk: Talk,
    figure: Callable[[Study], Callable[..., Figure]],
    say: Callable[[ResultSet], str] | None = None,
    band: Callable[[Study | TimeCourse], Study | None] | None = None,
) -> int:
    """Make a study ready, run it, put its result where it belongs and draw it; the exit code.

    Parameters
    ----------
    prepare : makes the study ready, nothing solved; takes what is to be told of the progress.
    figure : for ``--plot``: looks at the study before it is solved, refuses what cannot be drawn, and gives what
        draws the results.
    say : what to say of a whole result, such as a fit.
    band : the study with draws, solved for the figure alone, which is given it as ``behind``; None for no band.
    """
    from redoxsim.cli.behind import solve_band
    from redoxsim.cli.cost import dry_run
    from redoxsim.study.plan import Study
    from redoxsim.study.provenance import draws_text
    from redoxsim.study.timecourse import TimeCourse, with_jobs

    output.ready(terminal=sys.stdout.isatty())
    progress = Progress()
    prepared = prepare(progress)
    assert isinstance(prepared, Study | TimeCourse)
    plan = with_jobs(prepared, processes(solving, rows_of(prepared)))
    talk.detail("model read and checked, equations built")
    note_setups([study_of(plan).rows.setup], talk)
    draw = None if output.plot is None else figure(study_of(plan))
    banded = None if draw is None or band is None else band(plan)
    if solving.dry_run:
        dry_run([study_of(plan), *([] if banded is None else [banded])], output=output, talk=talk)
        return Exit.GOOD
    study_of(plan).build_ahead()  # before there is a bar, which has a thread of its own
    with talk.progress("solving", progress):
        results = plan.run()
    talk.detail(f"solved with {results.provenance['solver']['name']}: {results.provenance['solver']['why']}")
    if not results.complete:
        talk.note("Interrupted before any point was done: nothing is written.")
        return Exit.INTERRUPTED
    with undisturbed():
        emit_result(results, output)
    if say is not None and not results.interrupted:
        talk.note(say(results))
    behind = None
    if draw is not None and not results.interrupted:
        if bool((results.array("status").values != "OK").all()):
            talk.note("No figure: every point has solves that failed.")
        elif banded is None:
            save_figure(draw(results), output, talk)
        else:
            behind = solve_band(banded, solving=solving, talk=talk, progress=progress)
            save_figure(draw(results, behind=behind), output, talk)
    more = () if behind is None or behind.draws is None else (f"The band of the figure: {draws_text(behind.draws)}.",)
    write_methods(study_of(plan).rows.setup, output, talk, results=results.provenance, more=more)
    return finish(results, output, talk)


def note_setups(setups: Iterable[Setup], talk: Talk) -> None:
    """Say, once each, which values leave their ranges and which agents act by a mechanism that is a hypothesis."""
    from redoxsim.study.ranges import hypotheses_of_setup, outside_of_setup

    notes: dict[str, None] = {}
    for setup in setups:
        notes |= {f"Note: {one}; results beyond a range are no results.": None for one in outside_of_setup(setup)}
        if hypotheses := hypotheses_of_setup(setup):
            notes[f"Note: {hypotheses}."] = None
    for text in notes:
        talk.note(text)


def write_methods(
    setup: Setup, output: Output, talk: Talk, *, results: Mapping[str, Any] | None = None, more: Sequence[str] = ()
) -> None:
    """The methods to the file of ``--methods``, if there is one."""
    if output.methods is None:
        return
    from redoxsim.report.methods import methods

    put_methods(lambda command: methods(setup, command, results=results, more=more), output, talk)


def put_methods(made: Callable[[Sequence[str]], str], output: Output, talk: Talk) -> None:
    """What ``made`` says of the command that was typed, to the file of ``--methods``, if there is one."""
    if output.methods is None:
        return
    from redoxsim.cli.run import command_words
    from redoxsim.report.files import write_text

    write_text(output.methods, made(command_words()), force=output.force)
    talk.note(f"Methods: {output.methods}")


def finish(results: ResultSet, output: Output, talk: Talk) -> int:
    """Say what happened, at last how the solves ended; the exit code."""
    for row, text in list(results.messages.items())[:3]:
        talk.note(f"row {row}: {text}")
    if len(results.messages) > 3:
        talk.note(f"and {len(results.messages) - 3} more such notes")
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")
    if not results.ok and not results.interrupted:
        status = next(name for name in results.counts if name != "OK")
        talk.note(f"`redoxsim explain {status}` says what to do.")
    talk.note(last_line(results))
    if results.interrupted:
        return Exit.INTERRUPTED
    return Exit.GOOD if results.ok else Exit.PARTIAL


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C waits: what was solved is written to the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def last_line(results: ResultSet) -> str:
    """How many solves ended how, how far the reference solver is from those it solved again, what became of draws."""
    return "; ".join((counted(results.counts), *results.remarks))


def study_of(plan: Study | TimeCourse) -> Study:
    """The rows and settings of a study made ready."""
    study: Any = plan
    return getattr(study, "study", study)  # type: ignore[no-any-return]


def rows_of(plan: Study | TimeCourse) -> int:
    """How many solves it takes."""
    rows = study_of(plan).rows
    return rows.points * rows.cells * rows.sets


def emit_result(results: ResultSet, output: Output) -> None:
    """The tidy table as csv, json or text, or the dataset as netCDF."""
    write_table(results, output)


def write_table(data: object, output: Output) -> None:
    """Results, a Dataset or a data frame where they belong; a long table is thinned on a terminal."""
    from redoxsim.report import tables

    chosen = output.chosen(terminal=sys.stdout.isatty())
    if chosen == "netcdf":
        tables.write(data, str(output.path), format="nc", force=output.force)
        return
    shown = tables.table(data)
    if chosen == "table" and output.to_stdout and len(shown) > LONGEST:
        step = -(-len(shown) // LONGEST)
        short = tables.Table({name: column[::step] for name, column in shown.columns.items()}, shown.units)
        emit_text(
            f"{tables.to_text(short)}\none row in {step} of {grouped(len(shown))}; -o FILE.csv writes all", output
        )
        return
    emit_text(tables.render(shown, chosen), output)


def save_figure(figure: Figure, output: Output, talk: Talk) -> None:
    """The figure to the file of ``--plot``."""
    from redoxsim.report.figures.save import save

    assert output.plot is not None
    save(figure, output.plot, force=output.force)
    talk.note(f"Drawn: {output.plot}")
