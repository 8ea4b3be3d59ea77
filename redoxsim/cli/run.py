"""``redoxsim run``: an experiment, its run folder and its verdicts."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.exits import Exit, wrong_use
from redoxsim.cli.options import Output, Solving, methods_option, solving_options, talk_options
from redoxsim.cli.talk import Progress, Talk, counted, grouped
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from redoxsim.report.runs import RunFolder
    from redoxsim.study.agreement import Agreement
    from redoxsim.study.experiment import Experiment
    from redoxsim.study.experiment_runs import Finished, HowTo, Ready

FIGURES = ("png", "svg", "pdf")
USUAL = 32
"""Draws of an experiment where nothing is said; :data:`redoxsim.study.agreement.USUAL` without its imports."""


@click.command(
    "run",
    cls=Verb,
    examples=(
        "redoxsim run auranofin-bso",
        "redoxsim run auranofin -S cells=4 -S course.until='24 h' -o trial",
        "redoxsim run my-experiment/ --figures svg",
        "redoxsim run all -o everything   # and everything/report.html",
        "redoxsim run all -o everything --resume",
    ),
    help="An experiment: its runs, figures and expectations.\n\nNAME is a name that `redoxsim experiments` lists, a "
    "folder with experiment.toml, or `all`. Everything goes into a run folder: the command, the settings, copies of "
    "the inputs, results, figures, verdicts. Exit code 1 if an expectation does not hold.\n\n`all` runs every "
    "experiment, as many at once as there are processor cores, each into its folder, and writes one page, report.html.",
)
@click.argument("name")
@click.option(
    "-S", "--setting", "settings", multiple=True, metavar="KEY=VALUE",
    help="Change a setting for this run: cells=4, or RUN.until='24 h' for one run of the experiment. Repeatable.",
)  # fmt: skip
@click.option("-o", "--output", "folder", metavar="FOLDER", help="The run folder  [default: a new one in runs/].")
@click.option("--figures", type=click.Choice(FIGURES), default="png", show_default=True, help="Format of the figures.")
@click.option("--no-figures", is_flag=True, help="Draw none.")
@click.option("--force", is_flag=True, help="Replace a run that is in the folder.")
@click.option(
    "--draws",
    type=click.IntRange(0),
    metavar="N",
    help="Say in how many of N draws of the constants each expectation holds; 0 for none  [default: 32].",
)
@click.option("--resume", is_flag=True, help="With `all`: go on in FOLDER; what is done with the same inputs is kept.")
@methods_option
@solving_options
@talk_options
def command(
    name: str,
    settings: tuple[str, ...],
    folder: str | None,
    figures: str,
    no_figures: bool,
    force: bool,
    resume: bool,
    draws: int | None,
    methods: Path | None,
    solving: Solving,
    talk: Talk,
) -> int:
    changes = read_settings(settings)
    if click.get_current_context().get_parameter_source("seed") is click.core.ParameterSource.COMMANDLINE:
        changes.setdefault("seed", str(solving.seed))
    formats = () if no_figures else (figures,)
    number = USUAL if draws is None else draws
    if name == "all":
        if methods is not None:
            raise DesignError("--methods is of one experiment", hint="redoxsim run NAME --methods FILE.md")
        from redoxsim.cli.run_all import run_all

        return run_all(
            changes=changes, folder=folder, formats=formats, force=force, resume=resume, draws=number, solving=solving,
            talk=talk,
        )  # fmt: skip
    if resume:
        raise DesignError("--resume goes on with many experiments", hint="it is for `redoxsim run all`")
    return run_experiment(
        name, changes=changes, folder=None if folder is None else Path(folder), formats=formats, force=force,
        draws=number, solving=solving, talk=talk, command=command_words(), methods=Output(methods=methods, force=force),
    )  # fmt: skip


def command_words() -> list[str]:
    """What was typed, without the path of the program."""
    return ["redoxsim", *sys.argv[1:]]


def read_settings(texts: Sequence[str]) -> dict[str, str]:
    """Changes by key, from ``KEY=VALUE``."""
    found: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise DesignError(f"'{text}' is not KEY=VALUE", hint="such as -S cells=4")
        found[key.strip()] = value.strip()
    return found


def run_experiment(
    name: str,
    *,
    changes: dict[str, str],
    folder: Path | None,
    formats: tuple[str, ...],
    force: bool,
    solving: Solving,
    talk: Talk,
    command: Sequence[str],
    draws: int = 0,
    methods: Output | None = None,
) -> int:
    """Run one experiment into its folder; the exit code."""
    from redoxsim.cli.cost import dry_run
    from redoxsim.cli.result import note_setups, processes, put_methods, rows_of
    from redoxsim.report import runs
    from redoxsim.report.files import check_folder, check_writable
    from redoxsim.study import experiment as experiments
    from redoxsim.study.experiment_runs import HowTo, inputs, prepare_runs

    if methods is not None and methods.methods is not None:
        check_writable(str(methods.methods), force=force)
    place = experiments.find(name)
    with wrong_use():
        chosen = experiments.load(place, changes=changes)
    progress = Progress()
    how = HowTo(solver=solving.solver, rtol=solving.rtol, atol=solving.atol)
    ready = prepare_runs(chosen, how=how, progress=progress)
    total = sum(rows_of(one.plan) for one in ready)
    talk.detail(f"{len(ready)} runs read and checked")
    note_setups([one.study.rows.setup for one in ready], talk)
    if solving.dry_run:
        if folder is not None:
            check_folder(folder, force=force)
        dry_run([one.study for one in ready], output=Output(path=str(folder) if folder else None), talk=talk)
        return Exit.GOOD
    opened = runs.create(
        command=command,
        settings=resolved(chosen, how, draws),
        name=chosen.id,
        inputs=inputs(chosen, place),
        folder=folder,
        force=force,
    )
    talk.note(f"{chosen.title}: {chosen.question}")
    progress.total = total
    finished: list[Finished] = []
    with talk.progress(chosen.id, progress):
        for one in ready:
            progress.rename(one.run.id)
            finished.append(one.with_jobs(processes(solving, rows_of(one.plan))).finish())
            progress.before += rows_of(one.plan)
            opened.log(f"{one.run.id}: {finished[-1].results.summary}; {finished[-1].results.seconds:.2f} s")
            talk.detail(f"{one.run.id}: {finished[-1].results.summary}")
            if finished[-1].results.interrupted:
                break
    if methods is not None and methods.methods is not None:
        from redoxsim.report.methods_many import methods_of_experiment

        setups = {one.run.id: one.study.rows.setup for one in ready}
        told = {one.run.id: one.results.provenance for one in finished}
        put_methods(lambda typed: methods_of_experiment(chosen, setups, told, typed), methods, talk)
    agreed = None
    if len(finished) == len(ready) and not any(one.results.interrupted for one in finished):
        from redoxsim.cli.agreed import agree

        try:
            agreed = agree(chosen, draws, how=how, solving=solving, talk=talk, log=opened.log)
        except KeyboardInterrupt:  # while draws are chosen: what was solved before is written all the same
            from redoxsim.study.agreement import Agreement

            agreed = Agreement(why="interrupted", interrupted=True)
    return conclude(
        chosen, ready, finished, opened, agreed=agreed, formats=formats, talk=talk, other=another_design(changes)
    )


def another_design(changes: Mapping[str, str]) -> str:
    """What to bear in mind where settings were changed; "" where none was, or only the seed.

    >>> another_design({"cells": "4", "seed": "2"})
    'another design, cells=4: the expectations were written for the experiment as it is'
    """
    changed = ", ".join(f"{key}={value}" for key, value in changes.items() if key != "seed")
    return f"another design, {changed}: the expectations were written for the experiment as it is" if changed else ""


def resolved(experiment: Experiment, how: HowTo, draws: int = 0) -> dict[str, Any]:
    """Everything the run depends on, as it goes into settings.toml."""
    content = experiment.model_dump(mode="json", exclude_none=True)
    solving = {key: value for key, value in how.keywords.items() if key != "jobs"}
    return {"draws": draws, "solving": solving, "experiment": content}


def conclude(
    experiment: Experiment,
    ready: Sequence[Ready],
    finished: Sequence[Finished],
    opened: RunFolder,
    *,
    agreed: Agreement | None = None,
    formats: tuple[str, ...],
    talk: Talk,
    other: str = "",
) -> int:
    """Write tables and figures, judge, and say it, with what is ``other`` than in the experiment; the exit code."""
    from redoxsim.report import run_tables
    from redoxsim.report.both_ways import Shown, both_ways_markdown, both_ways_text, points
    from redoxsim.report.experiments import figures
    from redoxsim.report.scored import surface_text
    from redoxsim.report.seen import begun
    from redoxsim.report.verdicts import claim_lines, summary_line, verdict_lines, verdicts_markdown, verdicts_text
    from redoxsim.report.window import drawn_lines, window_lines, windows
    from redoxsim.study.claims import answers
    from redoxsim.study.expectations import judge
    from redoxsim.study.ranges import hypotheses_of_setup

    interrupted = len(finished) < len(ready) or any(one.results.interrupted for one in finished)
    interrupted |= agreed is not None and agreed.interrupted
    for one in finished:
        opened.results(one.results.dataset, name=f"results/{one.run.id}", format="csv")
    if finished:
        opened.results(run_tables.long_table(finished))
    opened.status(run_tables.status_rows(finished))
    bands = {} if agreed is None else agreed.bands
    for run, band in bands.items():
        opened.results(band.dataset, name=f"results/{run}-bands", format="csv")
    for table, name in (
        (run_tables.score_table(finished, bands), "scores"),
        (run_tables.fit_table(finished, bands), "fits"),
    ):
        if table is not None:
            opened.results(table, name=name, format="csv")
    for one in finished:
        if one.run.kind == "combine" and not one.results.interrupted and one.run.scores:
            talk.note(f"\n{surface_text(one.results, one.run.scores)}")
    drawn = {} if agreed is None else agreed.windows
    between = {}
    for name, window in windows(finished).items():
        between[name] = window_lines(window)
        if name in drawn:
            between[f"{name} with draws"] = drawn_lines(*drawn[name])
    for said in between.values():
        talk.note("\n" + "\n".join(said))
    seen: dict[str, str] = {}
    titles: dict[str, str] = {}
    if formats:
        for made in figures(experiment, finished, drawn=drawn, bands=bands):
            name = opened.figure(made.figure, made.name, formats=formats)[0].stem
            seen[name], titles[name] = made.seen, made.title
    counts: dict[str, int] = {}
    for one in finished:
        for state, count in one.results.counts.items():
            counts[state] = counts.get(state, 0) + count
    failed = any(state != "OK" for state in counts)
    if interrupted:
        opened.finish({"experiment": experiment.id, "solves": dict(sorted(counts.items()))}, state="interrupted")
        talk.note(f"Interrupted; what was done is in {opened.path}/")
        talk.note(counted(counts))
        return Exit.INTERRUPTED
    judged = judge(experiment, {one.run.id: one for one in finished})
    claims = answers(experiment, judged, agreed)
    lines = verdict_lines(judged, agreed)
    both = points((one.model_dump() for one in experiment.corrected), {line.id: Shown.of(line) for line in lines})
    written = verdicts_markdown(lines, title=experiment.title, claims=claims, agreed=agreed)
    about = f"{begun(other)}.\n" if other else ""
    opened.text("verdicts.md", "\n".join(part for part in (written, about, both_ways_markdown(both)) if part))
    holds = all(line.passes for line in lines)
    verdicts = {
        line.id: {"expected": line.expected, "got": line.got, "holds": line.holds, "verdict": line.word}
        for line in lines
    }
    for line in lines:
        verdicts[line.id] |= {"in draws": line.share} if line.share else {}
    checks = [one.results.provenance["check"] for one in finished]
    largest = max((check["largest"] for check in checks if check is not None), default=None)
    summary = {
        "experiment": experiment.id,
        "solves": dict(sorted(counts.items())),
        "claims": {one.claim: one.words() for one in claims},
        "expectations": verdicts,
        "grades": finished[0].results.provenance["grades"] if finished else None,
    }
    hypotheses = dict.fromkeys(filter(None, (hypotheses_of_setup(one.study.rows.setup) for one in ready)))
    if hypotheses:
        summary["hypotheses"] = list(hypotheses)
    if between:
        summary["windows"] = between
    if any(seen.values()):
        summary["figures"] = {name: text for name, text in seen.items() if text}
    if titles:
        summary["titles"] = titles
    if agreed is not None and agreed.expectations:
        summary["draws"] = agreed.record
    opened.finish({**summary, "check": largest}, state="partial" if failed else "finished")
    talk.note(f"\n{verdicts_text(lines)}" if lines else "")
    talk.note(claim_lines(claims, agreed))
    talk.note(f"\n{both_ways_text(both)}" if both else "")
    if agreed is not None and (agreed.text or agreed.why):
        talk.note(f"\nShares of draws: {agreed.text or f'none, {agreed.why}'}")
    where_it_is(opened.path, talk)
    check = "" if largest is None else f"; a sample solved again with scipy differs by {largest:.1e} at most"
    talk.note(f"{counted(counts)}{check}; {summary_line(lines)}{f' ({other})' if other else ''}")
    return Exit.GOOD if holds and not failed else Exit.PARTIAL


def where_it_is(path: Path, talk: Talk) -> None:
    """Say where figures and tables are."""
    drawn = sorted((path / "figures").glob("*")) if (path / "figures").is_dir() else []
    talk.note(f"\nWritten to {path}/")
    for file in drawn:
        talk.note(f"  {file.relative_to(path)}")
    for name in ("results.csv", "scores.csv", "fits.csv", "verdicts.md"):
        if (path / name).is_file():
            talk.note(f"  {name}  ({grouped((path / name).stat().st_size)} bytes)")
