"""``redoxsim fit``: a few constants to measured points."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Cell, Output, Solving, cell_options, dose_option, output_options, solving_options
from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError, ReadError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.study import ModelFit

HEADS = ("constant", "value", "from", "to", "unit", "before", "low", "high", "grade", "verdict")


@click.command(
    "fit",
    cls=Verb,
    examples=(
        "redoxsim fit redox viability.csv --free auranofin_k1,auranofin_PA --at 48h --plot fit.png",
        "redoxsim fit gsh course.csv --free VGCL,kGSHexp --dose 'H2O2_x=100uM' -o fit.csv",
        "redoxsim fit redox viability.csv --free auranofin_k1=1e-4..1 --starts 10",
    ),
    help="A few constants to measured points.\n\nDATA.csv is a time course (a column `time [h]`) or a dose-response (a "
    "column such as `auranofin [uM]`; with times too, as `dose-response` writes it, --at says which), with a column "
    "per readout and, where known, its error (`viability_sd`). Up to ten constants are fitted within their ranges from "
    "several starts; intervals are profile likelihoods, and what the data do not determine is said.",
)
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--free", multiple=True, required=True, metavar="ID[=LO..HI][,ID]",
    help="Constants to fit, within their own range or this one. Repeatable.",
)  # fmt: skip
@click.option("--at", metavar="TIME", help="When a dose-response was read  [default: the time in the table, else 48h].")
@click.option("--given", metavar="TIMES", help="When its agent was given: 0h, -24h, 0h..6h  [default: 0h].")
@click.option(
    "--starts", type=click.IntRange(1), default=5, show_default=True, metavar="N",
    help="Descents, from the best of 64 places spread over the ranges.",
)  # fmt: skip
@click.option(
    "--correlations", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.csv",
    help="Write how the model's constants go together near the best fit; draws of a model keep to correlations.csv "
    "beside it.",
)  # fmt: skip
@dose_option
@cell_options(usual=16)
@output_options(formats=("csv", "json", "table"), plot=True, methods=True)
@solving_options
def command(
    model: str,
    data: Path,
    free: tuple[str, ...],
    at: str | None,
    given: str | None,
    starts: int,
    correlations: Path | None,
    doses: tuple[str, ...],
    cell: Cell,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.cli.cost import dry_run
    from redoxsim.cli.result import note_setups, processes, save_figure, undisturbed, write_methods
    from redoxsim.report.files import check_writable, write_text
    from redoxsim.study.fitting import FitPlan
    from redoxsim.study.metadata import constants_of

    output.ready(terminal=sys.stdout.isatty())
    if correlations is not None:
        check_writable(str(correlations), force=output.force)
    try:
        plan: Any = study.fit.plan(
            model, data, free=read_free(free), at=at, given=given, starts=starts, doses=doses, cell=cell.profile,
            values=cell.values, start=cell.start, cells=cell.cells, jobs=processes(solving, 1 << 30),
            **solving.keywords(),
        )  # fmt: skip
    except ReadError as error:
        error.wrong_use = error.where is not None and error.where.file == str(data)  # type: ignore[attr-defined]
        raise
    assert isinstance(plan, FitPlan)
    talk.detail("model and data read and checked, equations built")
    note_setups([plan.study.rows.setup], talk)
    if solving.dry_run:
        dry_run([plan.study], output=output, talk=talk)
        talk.note("that is one look at the data; a fit takes hundreds to thousands of them")
        return Exit.GOOD
    found = plan.run()
    with undisturbed():
        emit_rows(found.table(), output, schema="fit/1", columns=HEADS)
    noise = "errors of the table" if found.known else "noise judged from the residuals"
    talk.note(f"{found.count} data, {len(found.constants)} constants, rss {found.rss:.4g} ({noise})")
    for line in found.remarks() or ["all constants are determined"]:
        talk.note(line)
    if correlations is not None:
        text = found.correlations_table(constants_of(plan.study.rows.setup.original))
        write_text(correlations, text, force=output.force)
        talk.note(f"Written: {correlations} ({text.count(chr(10)) - 1} pairs)")
    if output.plot is not None:
        save_figure(_draw(found), output, talk)
    more = f"Fitted to {data.name} by least squares from {starts} starts, with 95% intervals from profile likelihoods: "
    write_methods(plan.study.rows.setup, output, talk, more=[more + f"{_words(found)}."])
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")
    talk.note("as options: " + " ".join(f"--set {name}={value:.6g}" for name, value in found.best.items()))
    talk.note(found.summary)
    return Exit.GOOD


def read_free(texts: tuple[str, ...]) -> dict[str, tuple[float, float] | None]:
    """Constants and their ranges, from ``ID[=LO..HI][,ID]``."""
    found: dict[str, tuple[float, float] | None] = {}
    for text in (part.strip() for one in texts for part in one.split(",")):
        name, sign, span = (part.strip() for part in text.partition("="))
        low, dots, high = span.partition("..")
        if not name or (sign and not dots):
            raise DesignError(f"'{text}' is not ID or ID=LO..HI", hint="such as auranofin_k1=1e-4..1")
        if name in found:
            raise DesignError(f"'{name}' is freed twice")
        try:
            found[name] = (float(low), float(high)) if sign else None
        except ValueError as error:
            raise DesignError(
                f"'{span}' is no range of numbers", hint="LO..HI in the unit of the model, such as 1e-4..1"
            ) from error
    return found


def _words(found: ModelFit) -> str:
    return ", ".join(f"{one.id} = {one.value:.4g} ({one.from_:.4g} to {one.to:.4g})" for one in found.constants)


def _draw(found: ModelFit) -> Figure:
    from redoxsim.report.figures.fit import fit
    from redoxsim.report.names import named_unit

    timed = found.data[0].axis == "time"
    hours = 3600.0 if timed else 1.0
    return fit(
        [(one.observable, one.unit, one.x / hours, one.y, one.low, one.high) for one in found.data],
        [(x / hours, y) for x, y in found.curves],
        [
            (one.id, one.unit, one.value, one.before, one.low, one.high, one.profile, one.rise, one.verdict)
            for one in found.constants
        ],
        axis="time (h)" if timed else named_unit(found.data[0].axis, found.data[0].axis_unit),
        timed=timed,
        title=f"{found.provenance['model']['id']} fitted to {Path(str(found.provenance['data'])).name}",
        caption=f"{'; '.join(found.remarks())}. {found.summary}.".lstrip(". "),
    )
