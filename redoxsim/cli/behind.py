"""The band behind the curves of a figure whose table is of the constants as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redoxsim.cli.options import Cell, Solving
from redoxsim.cli.talk import Progress, Talk
from redoxsim.errors import DesignError, SolveError

if TYPE_CHECKING:
    from redoxsim.study import ResultSet, Study
    from redoxsim.study.timecourse import TimeCourse


def band_of(plan: Study | TimeCourse, draws: int | None, cell: Cell) -> Study | None:
    """The same study with draws; None where ``--draws`` or ``--cells`` say otherwise, or where bands do not pay."""
    from redoxsim.cli.result import study_of

    study = study_of(plan)
    if draws is not None or cell.cells is not None:
        return None
    made = study.with_bands()
    return None if made is study else made


def solve_band(study: Study, *, solving: Solving, talk: Talk, progress: Progress) -> ResultSet | None:
    """The draws, or None with the reason said: a figure without a band is better than none."""
    from redoxsim.cli.result import processes, rows_of
    from redoxsim.study.spread import enough
    from redoxsim.study.timecourse import with_jobs

    made = with_jobs(study, processes(solving, rows_of(study)))
    made.build_ahead()
    try:
        with talk.progress("draws for the band", progress):
            found = made.run()
    except (DesignError, SolveError) as error:
        talk.note(f"No band: {error.message}")
        return None
    except KeyboardInterrupt:
        talk.note("No band: interrupted")
        return None
    if found.interrupted or not enough(found):
        talk.note("No band: interrupted" if found.interrupted else "No band: too few draws came to the end")
        return None
    talk.note(
        f"Band of the figure: {'; '.join(found.remarks)}. --draws {made.rows.settings.draws} puts it into the table, "
        "--draws 0 leaves it out."
    )
    return found
