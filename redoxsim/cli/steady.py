"""``redoxsim steady``: undosed steady states."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import (
    Cell,
    Output,
    Solving,
    cell_options,
    data_option,
    observe_option,
    output_options,
    solving_options,
)
from redoxsim.cli.scan import read_axes
from redoxsim.cli.talk import Talk, counted
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.report.marks import Points
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
@data_option
@output_options(plot=True, methods=True)
@solving_options
def command(
    model: str,
    axes: tuple[str, ...],
    observe: tuple[str, ...],
    cell: Cell,
    data: Path | None,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.cli.cost import steady_dry_run
    from redoxsim.cli.overlay import need_figure, points
    from redoxsim.cli.result import note_setups, save_figure, write_methods, write_table

    if len(axes) > 1:
        raise DesignError("a sweep has one axis", hint="`redoxsim scan` takes several")
    if cell.cells not in (None, 1) or cell.start == "given":
        raise DesignError(
            "a steady state is that of one cell, and starts nowhere", hint="leave out --cells and --start"
        )
    axis = read_axes(axes)
    if output.plot is not None and not axis:
        raise DesignError("a single steady state has no figure", hint="give --axis ID=RANGE")
    need_figure(data, output)
    output.ready(terminal=sys.stdout.isatty())
    along = next((study.Axis.of(name, span) for name, span in axis.items()), None)
    laid: tuple[Points, ...] = ()
    if solving.dry_run or data is not None:
        setup = study.prepare(model, cell=cell.profile, values=cell.values)
        shown = setup.observed(observe or None)
        if along is not None:
            laid = points(data, setup, shown, x=along.name, unit=along.unit or setup.label(along.name))
        if solving.dry_run:
            return steady_dry_run(setup, 1 if along is None else 2 * len(along), output=output, talk=talk)
    table = study.steady(model, values=cell.values, cell=cell.profile, observe=observe or None, axis=along)
    note_setups([table.setup], talk)
    write_table(table.dataset(), output)
    if output.plot is not None and not any(one.status.ok for states in table.states.values() for one in states):
        talk.note("No figure: no steady state was found.")
    elif output.plot is not None:
        save_figure(_draw(table, laid), output, talk)
    write_methods(table.setup, output, talk, more=["Steady states were found by Newton's method and integration."])
    return _say(table, talk)


def _draw(table: SteadyTable, laid: tuple[Points, ...]) -> Figure:
    from redoxsim.report.figures.sweep import sweep

    data = table.dataset()
    assert table.axis is not None
    branches = {name: data.sel(sweep=name, drop=True) for name in table.states}
    return sweep(
        branches["up"], branches.get("down"), axis=table.axis.name, observe=table.observe[:12], points=laid,
        title=f"{table.setup.network.name or table.setup.network.id}: undosed steady state",
    )  # fmt: skip


def _say(table: SteadyTable, talk: Talk) -> int:
    from redoxsim.equations.labels import unit_word

    found = [one for states in table.states.values() for one in states]
    if table.axis is None:
        one = found[0]
        if one.status.ok:
            slow = one.eigenvalues[0].real if one.eigenvalues.size else float("nan")
            network = table.setup.network
            clock = unit_word(network, network.time_unit)
            talk.note(
                f"{'stable' if one.stable else 'unstable'}, by {one.method}, residual {one.residual:.1e}; the slowest "
                f"disturbance changes at {slow:.3g} per {clock or 'unit of time of the model, which names none'}"
            )
        else:
            talk.note(why_none([one.message]))
        for name in one.ignored:
            talk.note(f"the value given for {name} was replaced: it is not free at rest")
    else:
        missed = [one.message for one in found if not one.status.ok]
        if missed:
            talk.note(why_none(missed))
        if len(missed) < len(found):
            apart = table.hysteresis()
            where = f"{apart.min():.4g} to {apart.max():.4g}" if apart.size else ""
            talk.note(
                f"up and down differ for {table.axis.name} from {where}"
                if apart.size
                else f"up and down agree{' where both were found' if missed else ''}"
            )
    status: dict[str, int] = {}
    for one in found:
        status[one.status.name] = status.get(one.status.name, 0) + 1
    talk.note(counted(status))
    if table.ok:
        return Exit.GOOD
    return Exit.PARTIAL if "OK" in status else Exit.SOLVE


def why_none(messages: list[str]) -> str:
    """Why no steady state was found, each reason once.

    >>> why_none(["the Jacobian is singular", "the Jacobian is singular"])
    'no steady state (2): the Jacobian is singular'
    >>> print(why_none(["the rates depend on time (of A)"]))
    no steady state: the rates depend on time (of A)
    A model whose rates change with time never rests: `redoxsim simulate` follows it.
    """
    counts = {text: messages.count(text) for text in messages}
    parts = [f"no steady state{f' ({count})' if len(messages) > 1 else ''}: {text}" for text, count in counts.items()]
    if any("depend on time" in text for text in counts):
        parts.append("A model whose rates change with time never rests: `redoxsim simulate` follows it.")
    return "\n".join(parts)
