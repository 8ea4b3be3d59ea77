"""``redoxsim scan``: a grid of parameter values or initial states."""

from __future__ import annotations

from collections.abc import Callable
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
from redoxsim.cli.result import run_study
from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.report.marks import Points
    from redoxsim.study import ResultSet, Study


@click.command(
    "scan",
    cls=Verb,
    examples=(
        "redoxsim scan redox --axis TXNRD1=0.1..10:log:31 --axis GSR=0.1..10:log:31 --until 48h \\",
        "         --observe viability -o out.nc --plot out.png",
        "redoxsim scan redox --axis GSR=0.1,1,10 --dose auranofin=2uM --until 48h --observe H2O2_m --cells 1",
    ),
    help="A grid of parameter values or initial states.\n\nEvery value of each axis with every value of the others. "
    "--until without --every reports the end only.",
)
@click.argument("model")
@click.option(
    "--axis",
    "axes",
    multiple=True,
    required=True,
    metavar="ID=RANGE",
    help="LO..HI:log|lin:N or a comma list, in units of the model or with a unit. Repeatable.",
)
@click.option("--zip", "zipped", is_flag=True, help="First values with first values, and so on.")
@click.option("--until", metavar="TIME", help="End, such as 48h.")
@click.option("--every", metavar="TIME", help="Spacing of the output; without it only the end is reported.")
@click.option("--at", metavar="TIME[,TIME]", help="Read at these times, instead of --until.")
@click.option("--from", "from_", metavar="TIME", help="Start of the output  [default: 0h].")
@dose_option
@draws_option(figure=True)
@observe_option
@cell_options(usual=16)
@data_option
@output_options(plot=True, methods=True)
@solving_options
def command(
    model: str,
    axes: tuple[str, ...],
    zipped: bool,
    until: str | None,
    every: str | None,
    at: str | None,
    from_: str | None,
    doses: tuple[str, ...],
    draws: int | None,
    observe: tuple[str, ...],
    cell: Cell,
    data: Path | None,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.cli.overlay import need_figure

    need_figure(data, output)
    named = read_axes(axes)
    join = study.Design.zip if zipped else study.Design.product
    prepare = partial(
        study.scan.plan, model, axes=join(named), until=until, every=every, at=at, from_=from_, doses=doses,
        observe=observe or None, cell=cell.profile, values=cell.values, start=cell.start, cells=cell.cells,
        draws=draws or 0, **solving.keywords(),
    )  # fmt: skip
    return run_study(
        lambda progress: prepare(progress=progress), solving=solving, output=output, talk=talk,
        figure=partial(_figure, data=data), band=None if len(named) > 1 else partial(band_of, draws=draws, cell=cell),
    )  # fmt: skip


def read_axes(texts: tuple[str, ...]) -> dict[str, str]:
    """Ranges by id, from ``ID=RANGE``."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, span = text.partition("=")
        if not sign or not name.strip() or not span.strip():
            raise DesignError(f"'{text}' is not ID=RANGE", hint="such as TXNRD1=0.1..10:log:31")
        if name.strip() in found:
            raise DesignError(f"axis '{name.strip()}' is given twice")
        found[name.strip()] = span.strip()
    return found


def _figure(study: Study, *, data: Path | None) -> Callable[..., Figure]:
    """Refuse a figure that cannot be drawn before anything is solved."""
    from redoxsim.cli.overlay import points

    if not study.rows.times.single:
        raise DesignError(
            "a figure of a scan shows one time", hint="--until without --every, or --at with one time, or no --plot"
        )
    if study.zipped:
        raise DesignError("a figure of a scan shows a grid, not --zip", hint="leave out --plot")
    if len(study.axes) > 2:
        raise DesignError(f"a figure of a scan has one or two axes, not {len(study.axes)}", hint="leave out --plot")
    if data is not None and len(study.axes) != 1:
        raise DesignError("measured points lie over a curve, so --data needs a scan of one axis")
    axis, setup = study.axes[0], study.rows.setup
    laid = points(data, setup, study.rows.observe, x=axis.name, unit=axis.unit or setup.label(axis.name))
    return partial(_draw, data=laid)


def _draw(results: ResultSet, *, data: tuple[Points, ...], behind: ResultSet | None = None) -> Figure:
    from redoxsim.report.conditions import dose_words
    from redoxsim.report.figures.scan import scan
    from redoxsim.report.small_print import caption, grades_note, spread_words

    made = results.provenance
    hours = float(results.dataset["time"]) / 3600.0
    doses = ", ".join(map(dose_words, made["design"]["doses"]))
    return scan(
        results.dataset,
        observe=results.observables,
        points=data,
        title=f"{made['model']['id']} at {hours:g} h over {' and '.join(results.axes)}{f', {doses}' if doses else ''}",
        bands=None if behind is None else behind.dataset,
        caption=f"{caption(results)} {spread_words([behind] if behind else [])}".rstrip(),
        note=grades_note(results if behind is None else behind),
    )
