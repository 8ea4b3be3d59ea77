"""``combine --explain``: one edge of the network cut at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable

from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Output, Solving
from redoxsim.cli.result import processes, rows_of, save_figure, undisturbed
from redoxsim.cli.talk import Progress, Talk, grouped


def run_explanation(prepare: Callable[..., object], *, output: Output, solving: Solving, talk: Talk) -> int:
    """Explain the combination that ``prepare`` makes ready, put the ranking where it belongs and draw it."""
    from redoxsim.report.explanation import explanation_rows, explanation_text, heads
    from redoxsim.study.edges import explain
    from redoxsim.study.plan import Study
    from redoxsim.study.timecourse import with_jobs

    output.ready(terminal=sys.stdout.isatty())
    progress = Progress()
    prepared = prepare(progress=progress)
    assert isinstance(prepared, Study)
    study = with_jobs(prepared, processes(solving, rows_of(prepared)))
    assert isinstance(study, Study)
    if solving.dry_run:
        metadata = study.rows.setup.metadata
        cuts = len(metadata.edges) if metadata is not None else 0
        talk.note(f"{grouped(rows_of(study))} solves for the whole network, as many for each of up to {cuts} edges")
        return Exit.GOOD
    with talk.progress("solving", progress):
        found = explain(study)
    with undisturbed():
        emit_rows(explanation_rows(found), output, schema="explanation/1", columns=heads(found))
    talk.note(explanation_text(found))
    if output.plot is not None:
        from redoxsim.report.conditions import target_name
        from redoxsim.report.figures.explanation import explanation
        from redoxsim.report.names import enumerated

        hours = float(study.rows.times.seconds[-1]) / 3600.0
        setup = study.rows.setup
        names = enumerated([target_name(one) for one in found.agents])
        cells = study.rows.cells
        figure = explanation(
            found,
            title=f"{names}: what carries the synergy in {found.observable} at {hours:g} h",
            caption=f"Model {setup.network.id}; {cells} cell{'s' if cells != 1 else ''}"
            + (f" for each of {found.draws} draws." if found.draws else "."),
        )
        save_figure(figure, output, talk)
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")
    talk.note(f"{grouped(found.solves)} solves, {len(found.cuts)} edges cut")
    return Exit.PARTIAL if any(cut.problem for cut in found.cuts) else Exit.GOOD
