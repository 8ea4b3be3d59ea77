"""``redoxsim bench``: speed with its error, beside the other solvers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import as_json, emit_rows, emit_text
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Output, comma_list, output_options
from redoxsim.cli.result import undisturbed
from redoxsim.cli.talk import Progress, Talk, grouped, plural

if TYPE_CHECKING:
    from redoxsim.study.benchmark import Benchmark, Settings

SHOWN = ("case", "solver", "rtol", "rows", "failed", "ms", "ms range", "error rms", "error max", "faster", "first s")
"""Columns of the table for people; csv and JSON have all."""


@click.command(
    "bench",
    cls=Verb,
    examples=(
        "redoxsim bench --plot speed.png",
        "redoxsim bench --full --case redox --case published --case chain -o speed.json --plot speed.pdf",
        "redoxsim bench --case my-model.xml --until 100 --solver rosenbrock,cvode --threads 1,2",
    ),
    help="Speed with its error, beside the other solvers.\n\nAll solvers in one run, in turn, on the same SBML, "
    "conditions, times and outputs; errors against a reference at rtol 1e-11. Times are processor time of one thread "
    "per solve, setting values and reading results included. COPASI and AMICI take part where they are installed. "
    "Exit code 1 if some solves failed or a case could not be measured.",
)
@click.option(
    "--case",
    "names",
    multiple=True,
    metavar="NAME|FILE",
    help="redox or redox-core (auranofin x BSO x celecoxib on that model), published (the models of "
    "$REDOXSIM_TEST_DATA/redox), chain (coupled copies of redox), chain:COPIES, or a model. Repeatable  "
    "[default: redox; with --full all that are there].",
)
@click.option(
    "--quick/--full",
    "quick",
    default=True,
    help="About two minutes, or all rows and repeats  [default: quick].",
)
@click.option("--rows", type=click.IntRange(1), metavar="N", help="Conditions per case  [default: 1024; full: 4096].")
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Conditions for errors and for solvers that take one at a time  [default: 16; full: 32].",
)
@click.option("--repeats", type=click.IntRange(1), metavar="N", help="Times everything is run  [default: 3; full: 5].")
@click.option(
    "--until",
    type=click.FloatRange(0, min_open=True),
    help="Last time of a model given as a file, in its own unit  [default: 100].",
)
@click.option(
    "--solver",
    "solvers",
    multiple=True,
    metavar="NAME[,NAME]",
    callback=comma_list,
    help="Which take part: rosenbrock, cvode, scipy, copasi, amici  [default: all].",
)
@click.option(
    "--against", default="cvode", show_default=True, metavar="NAME", help="The solver to compare with at equal error."
)
@click.option(
    "--rtol",
    "rtols",
    multiple=True,
    metavar="X[,X]",
    callback=comma_list,
    help="Relative tolerances  [default: 1e-2 to 1e-7 in tens].",
)
@click.option(
    "--threads",
    "--jobs",
    "threads",
    multiple=True,
    metavar="N[,N]",
    callback=comma_list,
    help="Besides, time rosenbrock by the clock with these numbers of threads, such as 1,2.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, metavar="N", help="Seed of the conditions."
)
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be measured; nothing is solved.")
@output_options(formats=("csv", "json", "table"), plot=True, methods=True)
def command(
    names: tuple[str, ...],
    quick: bool,
    rows: int | None,
    sample: int | None,
    repeats: int | None,
    until: float | None,
    solvers: tuple[str, ...],
    against: str,
    rtols: tuple[str, ...],
    threads: tuple[str, ...],
    seed: int,
    dry_run: bool,
    output: Output,
    talk: Talk,
) -> int:
    from redoxsim.cli.result import put_methods
    from redoxsim.report.methods_many import methods_of_benchmark
    from redoxsim.study import benchmark

    output.ready(terminal=sys.stdout.isatty())
    given = {"rows": rows, "sample": sample, "repeats": repeats, "end": until, "seed": seed}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if rtols:
        changes["rtols"] = tuple(sorted(map(_tolerance, rtols), reverse=True))
    settings = replace(benchmark.QUICK if quick else benchmark.FULL, **changes)
    chosen = solvers or tuple(benchmark.CONTENDERS)
    benchmark.contenders([*chosen, against])
    counts = tuple(map(_threads, threads))
    found = benchmark.find(names or _usual(quick))
    if dry_run:
        _say_what(found, chosen, settings, output, talk)
        return Exit.GOOD
    progress = Progress()
    with talk.progress("measuring", progress):
        result = benchmark.bench(
            found, solvers=chosen, settings=settings, against=against, threads=counts, progress=progress
        )
    with undisturbed():
        _emit(result, output)
        if output.plot is not None and result.cases:
            _draw(result, output, talk)
        put_methods(lambda typed: methods_of_benchmark(result, typed), output, talk)
    _conclude(result, output, talk)
    if result.interrupted:
        return Exit.INTERRUPTED
    return Exit.PARTIAL if result.failed or result.skipped else Exit.GOOD


def _usual(quick: bool) -> list[str]:
    """Cases where none is named."""
    from redoxsim.errors import DesignError
    from redoxsim.study.benchmark.cases import published

    if quick:
        return ["redox"]
    try:
        published()
    except DesignError:
        return ["redox", "chain"]
    return ["redox", "published", "chain"]


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise click.BadParameter(f"'{text}' is not a number", param_hint="--rtol") from None
    if not 1e-14 < value < 1.0:
        raise click.BadParameter(f"{text} does not lie between 1e-14 and 1", param_hint="--rtol")
    return value


def _threads(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise click.BadParameter(f"'{text}' is not a number of threads", param_hint="--threads")
    return int(text)


def _say_what(names: Sequence[str], solvers: Sequence[str], settings: Settings, output: Output, talk: Talk) -> None:
    from redoxsim.study.benchmark import line, machine

    talk.note(line(machine()))
    talk.note(f"{plural(len(names), 'case')}: {', '.join(names)}")
    talk.note(
        f"{', '.join(solvers)} at rtol {', '.join(f'{rtol:g}' for rtol in settings.rtols)}, "
        f"{plural(settings.rows, 'row')} at most, {plural(settings.sample, 'row')} in the sample, "
        f"{plural(settings.repeats, 'repeat')}"
    )
    for path, word in ((output.path, "write"), (output.plot, "draw")):
        if path:
            talk.note(f"would {word} {path}")
    seconds = len(names) * len(solvers) * settings.budget
    talk.note(f"about {seconds:.2g} s at most, loading apart: nothing was solved")


def _emit(result: Benchmark, output: Output) -> None:
    from dataclasses import asdict

    from redoxsim.study.benchmark import COLUMNS, UNITS

    chosen = output.chosen(terminal=sys.stdout.isatty())
    if chosen == "table":
        emit_rows([_shown(row) for row in result.rows()], output, schema="bench/1", columns=SHOWN)
        return
    heads = [UNITS.get(name, name) for name in COLUMNS]
    rows = [{UNITS.get(name, name): value for name, value in row.items()} for row in result.rows()]
    if chosen == "csv":
        emit_rows(rows, output, schema="bench/1", columns=heads)
        return
    about = {
        "machine": dict(result.machine),
        "settings": dict(result.settings),
        "against": result.against,
        "interrupted": result.interrupted,
        "cases": [_facts(one) for one in result.cases],
        "equal_error": [asdict(one) for one in result.equal()],
        "threads": [asdict(one) for one in result.scaling],
    }
    emit_text(as_json(rows, heads, schema="bench/1", about=about), output)


def _facts(measured: Any) -> dict[str, Any]:
    """What a case is and what its errors were measured against."""
    return {
        "name": measured.case.name, "group": measured.case.group, **measured.case.facts,
        "rows": measured.case.rows, "observe": list(measured.case.observe), "times": len(measured.case.times),
        "reference": measured.reference, "checked_by": measured.second, "agreement": measured.agreement,
        "sample": measured.sample, "left_out": measured.left_out,
    }  # fmt: skip


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row for people: few digits, ranges in one cell."""
    if "ms" not in row:
        return {"case": row["case"], "solver": row.get("solver"), "faster": row["note"]}
    faster = ""
    if row.get("times_faster") is not None:
        bound = f"{row['bound']} " if row["bound"] else ""
        faster = f"{bound}{row['times_faster']:.3g} ({row['faster_low']:.3g}-{row['faster_high']:.3g})"
    return {
        "case": row["case"], "solver": row["solver"], "rtol": f"{row['rtol']:g}", "rows": row["rows"],
        "failed": row["failed"], "ms": float(f"{row['ms']:.3g}"),
        "ms range": f"{row['ms_low']:.3g}-{row['ms_high']:.3g}",
        "error rms": f"{row['error_rms']:.1e}", "error max": f"{row['error_max']:.1e}", "faster": faster,
        "first s": float(f"{row['first_result']:.2g}"),
    }  # fmt: skip


def _draw(result: Benchmark, output: Output, talk: Talk) -> None:
    from redoxsim.cli.result import save_figure
    from redoxsim.report.figures.workprecision import workprecision

    save_figure(workprecision(result), output, talk)


def _conclude(result: Benchmark, output: Output, talk: Talk) -> None:
    """The machine, how reliable the reference is, speeds at equal error, the last line."""
    from redoxsim.study.benchmark import line

    talk.note(line(result.machine))  # type: ignore[arg-type]
    for one in result.cases:
        checked = f"{one.second} differs by {one.agreement:.1e} at most" if one.second else "not checked by another"
        left = f", {plural(one.left_out, 'row')} of {one.sample} left out" if one.left_out else ""
        talk.note(f"{one.case.name}: reference {one.reference} at rtol 1e-11, {checked}{left}")
    for same in result.equal():
        if same.solver == "rosenbrock" and same.times == same.times:
            bound = f"{same.bound} " if same.bound else ""
            talk.note(
                f"{same.case}: at rms error {same.error:g}, rosenbrock is {bound}{same.times:.3g} times faster than "
                f"{same.against} ({same.low:.3g} to {same.high:.3g})"
            )
    for error, times, count in result.overall():
        talk.note(f"published: at rms error {error:g}, median of {plural(count, 'model')} {times:.3g} times faster")
    for scaled in result.scaling[1:]:
        talk.note(
            f"{scaled.case}: {plural(scaled.threads, 'thread')} {scaled.times:.3g} times as fast as "
            f"{result.scaling[0].threads} ({scaled.low:.3g} to {scaled.high:.3g}), {scaled.ms:.3g} ms per row"
        )
    for name, why in result.skipped.items():
        talk.note(f"{name}: {why}")
    if not output.to_stdout:
        talk.note(f"Written: {output.path}")
    talk.note(f"{plural(len(result.cases), 'case')}, {plural(result.solves, 'solve')}: {grouped(result.failed)} failed")
