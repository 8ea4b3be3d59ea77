"""``redoxsim simulate``: a time course."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redoxsim.cli.behind import band_of
from redoxsim.cli.command import Verb
from redoxsim.cli.options import (
    Cell,
    Output,
    Solving,
    cell_options,
    data_option,
    dose_option,
    draws_option,
    observe_option,
    output_options,
    solving_options,
)
from redoxsim.cli.result import run_study, study_of
from redoxsim.cli.talk import Progress, Talk
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.report.marks import Points
    from redoxsim.study import ResultSet, Study

MOST = 12
"""Readouts that a figure shows without being told which."""
LONGEST = 60
"""Letters of doses that still fit into a title."""


@click.command(
    "simulate",
    cls=Verb,
    examples=(
        "redoxsim simulate redox --dose auranofin=2uM --until 48h",
        "redoxsim simulate redox --dose 'auranofin=2uM@0h..6h' --dose 'bso=100uM@-24h' --cell gsr-low --until 48h \\",
        "         --every 15min --set TXNRD1=0.4 --observe H2O2_c,GSH_c -o out.csv --plot out.png",
        "redoxsim simulate redox --dose auranofin=2uM --until 48h --draws 200 -o band.csv   # quantiles in the table",
        "redoxsim simulate redox --dose auranofin=2uM --until 48h --draws 0 --plot at-once.png   # no band",
        "redoxsim simulate redox --dose auranofin=2uM --until 48h --explain H2O2_m --plot why.png",
        "redoxsim simulate my-model.xml --until 2h --observe S1,S2 --solver cvode",
    ),
    help="Time course of one model under doses.\n\nMODEL is a name that `redoxsim models` lists or an SBML or Antimony "
    "file. Output starts at 0 h unless --from says otherwise; the simulation itself starts at the first dose.",
)
@click.argument("model")
@dose_option
@click.option("--until", required=True, metavar="TIME", help="End, such as 48h or 30min.")
@click.option("--every", metavar="TIME", help="Spacing of the output  [default: 192 intervals].")
@click.option("--from", "from_", metavar="TIME", help="Start of the output  [default: 0h].")
@click.option(
    "--explain", metavar="READOUT",
    help="Which reactions make this readout move, over time, in place of the course; one cell.",
)  # fmt: skip
@draws_option(figure=True)
@observe_option
@cell_options(usual=1)
@data_option
@output_options(plot=True, methods=True)
@solving_options
def command(
    model: str,
    doses: tuple[str, ...],
    until: str,
    every: str | None,
    from_: str | None,
    explain: str | None,
    draws: int | None,
    observe: tuple[str, ...],
    cell: Cell,
    data: Path | None,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim.cli.overlay import need_figure
    from redoxsim.study.timecourse import time_course

    need_figure(data, output)
    prepare = partial(
        time_course, model, doses=doses, until=until, every=every, from_=from_, observe=observe or None,
        cell=cell.profile, values=cell.values, start=cell.start, cells=cell.cells, draws=draws or 0,
        **solving.keywords(),
    )  # fmt: skip
    if explain is not None:
        from redoxsim.cli.trace import run_trace

        if observe or data is not None or draws or cell.cells not in (None, 1):
            raise DesignError(
                "--explain follows one readout of one cell", hint="leave out --observe, --data, --draws and --cells"
            )  # fmt: skip
        return run_trace(prepare, explain, doses=doses, output=output, solving=solving, talk=talk)

    def prepared(progress: Progress) -> object:
        plan = prepare(progress=progress)
        for text in too_late(doses, float(study_of(plan).rows.times.seconds[-1])):
            talk.note(f"Note: {text} comes after the last output and does nothing.")
        return plan

    return run_study(
        prepared, solving=solving, output=output, talk=talk, figure=partial(_figure, doses=doses, data=data),
        band=partial(band_of, draws=draws, cell=cell),
    )  # fmt: skip


def too_late(doses: Sequence[str], end: float) -> list[str]:
    """Doses that come at ``end`` seconds or after it, in words.

    >>> too_late(["auranofin=2uM@1h", "bso=10uM@5h"], 2 * 3600.0)
    ['BSO 10 µM at 5 h']
    """
    from redoxsim.pharmacology import parse_dose

    late = [text for text in doses if min(row.time for row in parse_dose(text)) >= end]
    if not late:
        return []
    from redoxsim.report.conditions import dose_words

    return [dose_words(text) for text in late]


def _figure(study: Study, *, doses: tuple[str, ...], data: Path | None) -> Callable[..., Figure]:
    from redoxsim.cli.overlay import points

    shown, rest = panels(study.rows.observe)
    laid = points(data, study.rows.setup, shown, x="time")
    return partial(_draw, doses=doses, observe=shown, rest=rest, data=laid)


def panels(observe: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The readouts that a figure shows, and how many it leaves out: all of a few, else the usual redox readouts."""
    from redoxsim.report.figures.timecourse import USUAL

    if len(observe) <= MOST:
        return tuple(observe), 0
    shown = tuple(name for name in USUAL if name in observe) or tuple(observe[:MOST])
    return shown, len(observe) - len(shown)


def _title(model: str, doses: Sequence[str]) -> str:
    """The model with what is given, where that is short.

    >>> _title("redox", ["auranofin=2uM", "bso=100uM@-24h"])
    'redox: auranofin 2 µM, BSO 100 µM at −24 h'
    """
    from redoxsim.report.conditions import dose_words

    given = ", ".join(map(dose_words, doses))
    return f"{model}: {given}" if 0 < len(given) <= LONGEST else model


def _draw(
    results: ResultSet,
    *,
    doses: tuple[str, ...],
    observe: tuple[str, ...],
    rest: int,
    data: tuple[Points, ...],
    behind: ResultSet | None = None,
) -> Figure:
    from redoxsim.report.conditions import dose_bars
    from redoxsim.report.figures.timecourse import timecourse
    from redoxsim.report.small_print import caption, grades_note, spread_words

    left = f"{rest} more readouts are in the table; --observe chooses." if rest else ""
    return timecourse(
        results.dataset,
        observe=observe,
        bands=None if behind is None else behind.dataset,
        doses=dose_bars(doses),
        data=data,
        title=_title(results.provenance["model"]["name"] or results.provenance["model"]["id"], doses),
        caption=" ".join(part for part in (caption(results), spread_words([behind] if behind else []), left) if part),
        note=grades_note(results if behind is None else behind, observe),
    )
