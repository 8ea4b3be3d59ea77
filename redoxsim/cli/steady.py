"""``redoxsim steady``: undosed steady states."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Cell, Output, Solving, cell_options, observe_option, output_options, solving_options
from redoxsim.cli.scan import read_axes
from redoxsim.cli.talk import Talk, counted, plural
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.study import SteadyTable


@click.command(
    "steady",
    cls=Verb,
    examples=(
        "redoxsim steady redox",
        "redoxsim steady redox --cell gsr-low --set TXNRD1=0.1 --observe H2O2_c,GSH_c,Trx1_red",
        "redoxsim steady redox --axis GSR=0.01..1:log:21 --observe GSSG_c,Trx1_red -o gsr.csv --plot gsr.png",
    ),
    help="Undosed steady states with their stability.\n\nNewton's method, then integration, then Newton again; the "
    "result says which worked. With --axis the state is followed up the axis and down again: where the two "
    "differ, the model "
    "has more than one steady state.",
)
@click.argument("model")
@click.option("--axis", "axes", multiple=True, metavar="ID=RANGE", help="Follow the state along this axis; once.")
@observe_option
@cell_options(usual=1)
@output_options(plot=True)
@solving_options
def command(
    model: str,
    axes: tuple[str, ...],
    observe: tuple[str, ...],
    cell: Cell,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.cli.result import save_figure, write_table

    if len(axes) > 1:
        raise DesignError("a sweep has one axis", hint="`redoxsim scan` takes several")
    if cell.cells not in (None, 1) or cell.start == "given":
        raise DesignError(
            "a steady state is that of one cell, and starts nowhere", hint="leave out --cells and --start"
        )
    axis = read_axes(axes)
    if output.plot is not None and not axis:
        raise DesignError("a single steady state has no figure", hint="give --axis ID=RANGE")
    output.ready(terminal=sys.stdout.isatty())
    if solving.dry_run:
        setup = study.prepare(model, cell=cell.profile, values=cell.values)
        setup.observed(observe or None)
        count = sum(2 * len(study.Axis.of(name, span)) for name, span in axis.items()) or 1
        talk.note(f"{plural(count, 'steady state')} of {plural(len(setup.system.states), 'state')}: nothing was solved")
        return Exit.GOOD
    table = study.steady(
        model, values=cell.values, cell=cell.profile, observe=observe or None,
        axis=next((study.Axis.of(name, span) for name, span in axis.items()), None),
    )  # fmt: skip
    write_table(table.dataset(), output)
    if output.plot is not None:
        save_figure(_draw(table), output, talk)
    return _say(table, talk)


def _draw(table: SteadyTable) -> Figure:
    from redoxsim.report.figures.sweep import sweep

    data = table.dataset()
    assert table.axis is not None
    branches = {name: data.sel(sweep=name, drop=True) for name in table.states}
    return sweep(
        branches["up"], branches.get("down"), axis=table.axis.name, observe=table.observe[:12],
        title=f"{table.setup.network.name or table.setup.network.id}: undosed steady state",
    )  # fmt: skip


def _say(table: SteadyTable, talk: Talk) -> int:
    found = [one for states in table.states.values() for one in states]
    if table.axis is None:
        one = found[0]
        if one.status.ok:
            slow = one.eigenvalues[0].real if one.eigenvalues.size else float("nan")
            talk.note(
                f"{'stable' if one.stable else 'unstable'}, by {one.method}, residual {one.residual:.1e}; "
                f"the slowest disturbance changes at {slow:.3g} per unit of model time"
            )
        else:
            talk.note(f"{one.status.value}: {one.message}")
        for name in one.ignored:
            talk.note(f"the value given for {name} was replaced: it is not free at rest")
    else:
        apart = table.hysteresis()
        where = f"{apart.min():.4g} to {apart.max():.4g}" if apart.size else ""
        talk.note(f"up and down differ for {table.axis.name} from {where}" if apart.size else "up and down agree")
    status: dict[str, int] = {}
    for one in found:
        status[one.status.name] = status.get(one.status.name, 0) + 1
    talk.note(counted(status))
    if table.ok:
        return Exit.GOOD
    return Exit.PARTIAL if "OK" in status else Exit.SOLVE
