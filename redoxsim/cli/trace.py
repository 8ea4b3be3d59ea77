"""``simulate --explain``: the reactions that make a readout move, over time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Output, Solving
from redoxsim.cli.result import note_setups, save_figure, undisturbed, write_methods
from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from redoxsim.study.timecourse import TimeCourse


def run_trace(
    prepare: Callable[[], TimeCourse],
    readout: str,
    *,
    doses: Sequence[str],
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    """Solve one cell and say which reactions move ``readout``; the exit code."""
    from redoxsim.cli.cost import dry_run
    from redoxsim.report.trace import trace_heads, trace_rows, trace_text
    from redoxsim.solve import Solution
    from redoxsim.study.provenance import describe
    from redoxsim.study.trace import trace

    output.ready(terminal=sys.stdout.isatty())
    if output.chosen(terminal=sys.stdout.isatty()) == "netcdf":
        raise DesignError("a trace is a table: netcdf does not hold it", hint="give -o FILE.csv or .json")
    made = prepare()
    if solving.dry_run:
        dry_run([made.study], output=output, talk=talk)
        return Exit.GOOD
    solution = made.course.run()
    assert isinstance(solution, Solution)
    found = trace(solution, readout)
    with undisturbed():
        if not output.to_stdout or not sys.stdout.isatty() or output.format is not None:
            emit_rows(trace_rows(found), output, schema="trace/1", columns=trace_heads(found))
    talk.note(trace_text(found))
    setup = made.study.rows.setup
    note_setups([setup], talk)
    if output.plot is not None:
        from redoxsim.report.conditions import dose_bars
        from redoxsim.report.figures.trace import trace as draw

        about = describe(setup)
        cell = f", cell {about['cell']['id']}" if about["cell"] else ""
        figure = draw(
            found, doses=dose_bars(doses),
            caption=f"Model {setup.network.id}{cell}; 1 cell; solver {solution.stats.solver}.",
        )  # fmt: skip
        save_figure(figure, output, talk)
    write_methods(
        setup, output, talk,
        more=[f"The rate of change of {readout} was taken apart by reaction, each weighed by how it depends on it."],
    )  # fmt: skip
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")
    talk.note(f"1 solve: {'1 ok' if solution.status.ok else solution.status.value}")
    return Exit.GOOD
