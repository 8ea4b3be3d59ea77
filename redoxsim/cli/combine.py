"""``redoxsim combine``: two or three agents on a grid of doses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.explanation import run_explanation
from redoxsim.cli.options import (
    Cell,
    Output,
    Solving,
    agents_option,
    cell_options,
    draws_option,
    model_argument,
    observe_option,
    output_options,
    solving_options,
    with_option,
    with_usual_draws,
)
from redoxsim.cli.result import run_study
from redoxsim.cli.scores import chosen_scores, isobole_option, isoboles_text, mapped_score, score_option
from redoxsim.cli.talk import Talk
from redoxsim.cli.window import asked, read_off, run_window, window_options
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.study import ResultSet
    from redoxsim.study.experiment import SimulateRun


@click.command(
    "combine",
    cls=Verb,
    examples=(
        "redoxsim combine --agent auranofin --agent bso",
        "redoxsim combine redox --agent auranofin=0,10nM..10uM:log:8 --agent bso=0,1uM..1mM:log:8 \\",
        "         --score bliss,hsa,loewe,ci -o out.csv --plot out.png",
        "redoxsim combine --agent auranofin --agent bso@-24h --grid 6 --at 48h",
        "redoxsim combine --agent auranofin --agent bso --grid 6 --explain --plot why.png",
        "redoxsim combine --agent auranofin --agent celecoxib --window --against normal --plot window.png",
    ),
    help="Two or three agents on a grid of doses, with synergy scores.\n\nMODEL is `redox` unless another is named. "
    "The single-agent rows and columns and the untreated control are always part of the grid. `@TIME` after an "
    "agent says "
    "when it is given, as in --dose.",
)
@model_argument
@agents_option(
    metavar="AGENT[=RANGE][@TIME]",
    text="Twice or three times; RANGE is LO..HI:log|lin:N or a comma list with units  [default: the agent's own].",
)
@click.option("--grid", type=click.IntRange(1), metavar="N", help="Non-zero doses of each agent without a RANGE.")
@click.option("--at", metavar="TIME", help="When to read  [default: 48h].")
@with_option
@score_option
@isobole_option
@click.option(
    "--explain", is_flag=True,
    help="Which edge of the network carries the Bliss excess: the same grid with one edge cut at a time, ranked; no "
    "bands unless --draws asks for them.",
)  # fmt: skip
@window_options
@draws_option()
@observe_option
@cell_options(usual=16)
@output_options(plot=True, methods=True)
@solving_options
def command(
    model: str,
    agents: tuple[str, ...],
    grid: int | None,
    at: str | None,
    background: tuple[str, ...],
    score: tuple[str, ...],
    isoboles: tuple[float, ...],
    explain: bool,
    window: bool,
    against: str | None,
    draws: int | None,
    observe: tuple[str, ...],
    cell: Cell,
    output: Output,
    solving: Solving,
    talk: Talk,
) -> int:
    from redoxsim import study
    from redoxsim.study.mechanism import courses
    from redoxsim.study.results import ORIENTATIONS

    names, doses, times = read_agents(agents)
    metrics = chosen_scores(score)
    if windowed := asked(window, against):
        if explain or isoboles:
            raise DesignError("--window is a question of its own", hint="leave out --explain and --isobole")
        observe, metrics = (read_off(observe),), ()
    elif output.plot is not None:
        _drawable(names, observe, at)
    elif observe and (score or isoboles) and not set(observe) & set(ORIENTATIONS):
        raise DesignError(f"no synergy is scored of {', '.join(observe)}", hint=f"observe {' or '.join(ORIENTATIONS)}")
    if isoboles and len(names) != 2:
        raise DesignError("an isobole is a line of dose pairs: it needs two agents", hint="leave out --isobole")
    if isoboles and "," in (at or ""):
        raise DesignError(f"an isobole is of one time, not of {at}", hint="--at 48h, or leave out --isobole")
    prepare = partial(
        study.combine.plan, model, agents=names, grid=[grid] * len(names) if grid else None, doses=doses, times=times,
        at=at, with_=background, observe=observe or "viability", scores=metrics, cell=cell.profile, values=cell.values,
        start=cell.start, cells=cell.cells, draws=draws or 0, **solving.keywords(),
    )  # fmt: skip
    if windowed:
        return run_window(
            prepare, against=against, draws=draws, cell=cell, output=output, solving=solving, talk=talk
        )  # fmt: skip
    if explain:
        if isoboles:
            raise DesignError("--explain and --isobole are two questions", hint="ask one at a time")
        return run_explanation(prepare, output=output, solving=solving, talk=talk)
    behind = partial(
        courses,
        model,
        times=times,
        background=background,
        cell=cell.profile,
        values=cell.values,
        start=cell.start,
        **solving.keywords(),
    )
    return run_study(
        lambda progress: with_usual_draws(prepare(progress=progress), draws, cell),
        solving=solving, output=output, talk=talk,
        figure=lambda study: partial(_draw, behind=behind, metrics=metrics, levels=isoboles or (0.5,)),
        say=partial(_said, metrics=metrics, levels=isoboles),
    )  # fmt: skip


def _said(results: ResultSet, *, metrics: tuple[str, ...], levels: tuple[float, ...]) -> str:
    """The surface and its scores, and the isoboles asked for, of the readout that is scored."""
    import numpy as np

    from redoxsim.analysis import EffectGrid
    from redoxsim.report.scored import surface_text
    from redoxsim.study.results import ORIENTATIONS

    scored = [name for name in results.observables if name in ORIENTATIONS]
    if metrics and scored and "time" in results.dataset.dims:
        return "Of several times the scores stand in the table; --at with one time tells of them in words."
    text = surface_text(results, metrics)
    if not levels or not scored:
        return text
    data = results.series(scored[0])
    first, second = (results.dataset[axis] for axis in results.axes)
    effect = np.asarray(data, dtype=float)
    grid = EffectGrid(
        np.asarray(first, dtype=float), np.asarray(second, dtype=float), effect,
        orientation=ORIENTATIONS[scored[0]],  # type: ignore[arg-type]
        scale="fraction", agents=results.axes, failed=np.isnan(effect), margin=np.inf,
        dose_units=[str(axis.attrs.get("units", "")) for axis in (first, second)],
    )  # fmt: skip
    return f"{text}\n\n{isoboles_text(grid, levels)}"


def read_agents(texts: tuple[str, ...]) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Agents, their dose ranges and their times, from ``AGENT[=RANGE][@TIME]``."""
    names: list[str] = []
    doses: dict[str, str] = {}
    times: dict[str, str] = {}
    for text in texts:
        head, at, when = text.partition("@")
        name, sign, span = head.partition("=")
        name = name.strip()
        if not name or (sign and not span.strip()) or (at and not when.strip()) or "=" in when:
            raise DesignError(f"'{text}' is not AGENT[=RANGE][@TIME]", hint="such as auranofin=0,10nM..10uM:log:8@0h")
        if name in names:
            raise DesignError(f"agent '{name}' is given twice", hint="a combination takes different agents")
        names.append(name)
        if sign:
            doses[name] = span.strip()
        if at:
            times[name] = when.strip()
    return names, doses, times


def _drawable(names: list[str], observe: tuple[str, ...], at: str | None) -> None:
    """Refuse a figure that cannot be drawn before anything is solved."""
    from redoxsim.study.results import ORIENTATIONS

    if "," in (at or ""):
        raise DesignError(f"a synergy figure shows one time, not {at}", hint="--at 48h, or leave out --plot")
    if len(names) != 2:
        raise DesignError("a synergy figure needs two agents", hint="leave out --plot, or combine two agents")
    if observe and not set(observe) & set(ORIENTATIONS):
        raise DesignError(f"no synergy is drawn of {', '.join(observe)}", hint=f"observe {' or '.join(ORIENTATIONS)}")


def _draw(
    results: ResultSet,
    *,
    behind: Callable[..., list[tuple[SimulateRun, ResultSet]]],
    metrics: tuple[str, ...],
    levels: tuple[float, ...],
) -> Figure:
    from redoxsim.report.conditions import common_bars, condition
    from redoxsim.report.figures.synergy import synergy
    from redoxsim.report.scored import score_bands
    from redoxsim.report.small_print import caption, grades_note
    from redoxsim.study.results import ORIENTATIONS, SCORE_NAMES

    scored = [name for name in results.observables if name in ORIENTATIONS]
    titles = [str(results.dataset[axis].attrs.get("long_name") or axis) for axis in results.axes]
    found = behind(results, observe=scored[0]) if results.ok else []
    tables = results.scores(metrics, observe=scored[0], failed="drop")
    data, small = results.dataset, caption(results)
    if "quantile" in data.dims:
        # The median of an excess is not the excess of the medians: the map goes with the surface and the table.
        for metric, table in tables.items():
            name = SCORE_NAMES.get(metric, metric)
            if name in data:
                data = data.assign({name: (results.axes, table.values, data[name].attrs)})
        mapped = mapped_score(metrics)
        bands = score_bands(results, scored[0], {mapped: tables[mapped]} if mapped in tables else {})
        small += " Surface: medians over draws; scores: of that surface."
        small += f" Over the draws: {'; '.join(bands)}." if bands else ""
    return synergy(
        data,
        orientation=ORIENTATIONS[scored[0]],  # type: ignore[arg-type]
        observable=scored[0],
        scores=tables,
        mapped=mapped_score(metrics),
        levels=levels,
        mechanism={condition(run): one.dataset for run, one in found},
        doses=common_bars([run for run, _ in found], counted=False),  # the legend says which have it
        title=f"{' and '.join(titles)}: {scored[0]} at {float(results.dataset['time']) / 3600:g} h",
        caption=small,
        note=grades_note(results, scored[:1]),
    )
