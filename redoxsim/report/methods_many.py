"""Methods of what is not one simulation: an experiment, a scoreboard, a laboratory's table, a plate, a benchmark."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redoxsim.report.methods import (
    GRADES,
    constants,
    document,
    named_agents,
    named_model,
    references,
    software,
)
from redoxsim.report.names import enumerated
from redoxsim.study.provenance import sentence

if TYPE_CHECKING:
    from redoxsim.analysis import ScoreInterval, SynergyTable
    from redoxsim.study import LabScores, Setup
    from redoxsim.study.benchmark import Benchmark
    from redoxsim.study.experiment import Experiment, Run
    from redoxsim.study.lab_plate import PlannedPlate
    from redoxsim.study.validation import Validation

SCORES: Mapping[str, str] = {
    "bliss": "Bliss 1939 Ann Appl Biol 26:585, independence of two poisons",
    "hsa": "Berenbaum 1989 Pharmacol Rev 41:93, the best single agent as reference",
    "loewe": "Loewe and Muischnek 1926 Arch Exp Pathol Pharmakol 114:313, dose additivity",
    "ci": "Chou and Talalay 1984 Adv Enzyme Regul 22:27, median effect and combination index",
    "dri": "Chou 2006 Pharmacol Rev 58:621, doi 10.1124/pr.58.3.10, dose-reduction index",
    "zip": "Yadav 2015 Comput Struct Biotechnol J 13:504, doi 10.1016/j.csbj.2015.09.001, zero interaction potency",
    "musyc": "Meyer 2019 Cell Syst 8:97, doi 10.1016/j.cels.2019.01.003, synergy of potency and of efficacy",
    "braid": "Twarog 2016 Sci Rep 6:25523, doi 10.1038/srep25523, bivariate response to additive interacting doses",
}
"""Where each score comes from, by the beginning of its name."""
SOLVERS: Mapping[str, str] = {
    "rosenbrock": "Steinebach 2023 BIT Numer Math 63:27, doi 10.1007/s10543-023-00967-x, Rodas4P2 and Rodas5P; "
    "Rodas5 of Di Marzo 1993, thesis, Geneva",
    "cvode": "Hindmarsh 2005 ACM Trans Math Softw 31:363, doi 10.1145/1089014.1089020, by way of libRoadRunner",
    "scipy": "Virtanen 2020 Nat Methods 17:261, doi 10.1038/s41592-019-0686-2, LSODA",
    "copasi": "Hoops 2006 Bioinformatics 22:3067, doi 10.1093/bioinformatics/btl485",
    "amici": "Froehlich 2021 Bioinformatics 37:3676, doi 10.1093/bioinformatics/btab227",
}
"""Where each solver of a benchmark comes from."""
DRIFT = "Values that differ between runs have a row each."
FITTED = ("quantity", "value", "unit", "interval", "grade", "source")


def methods_of_experiment(
    experiment: Experiment,
    setups: Mapping[str, Setup],
    results: Mapping[str, Mapping[str, Any]],
    command: Sequence[str],
    *,
    more: Sequence[str] = (),
) -> str:
    """The methods of an experiment: its runs one by one, the constants that any of them uses.

    Parameters
    ----------
    setups, results : by run id; the provenance of each result.
    """
    held = [
        f"The experiment {experiment.id} asks: {experiment.question} Expectations were written before the first run: "
        f"{experiment.expected}"
    ]
    runs = [f"- {_told(experiment, run, results.get(run.id, {}))}" for run in experiment.run]
    return _of_setups(setups, command, held, ["## Runs", "\n".join(runs)] if runs else [], more)


def methods_of_validation(found: Validation, setups: Mapping[str, Setup], command: Sequence[str]) -> str:
    """The methods of a scoreboard: which observations, how they are judged, and what the model was.

    Parameters
    ----------
    setups : by model, with every agent that an observation doses.
    """
    rows = found.rows
    counted = [row for row in rows if row.counts]
    kinds = ("read", "recalled", "source-only")
    known = {kind: sum(row.observation.known == kind for row in counted) for kind in kinds}
    held = [
        f"{len(rows)} published observations were compared with the model; {len(counted)} count ("
        f"{known['read']} read in their source, {known['recalled']} recalled, {known['source-only']} as a document "
        "says), "
        "the others are inputs of the model, disagree in the literature or have no part in it. An observation is in "
        "band if all that it expects lies within the published bounds; those that constants were chosen by are counted "
        "apart."
    ]
    sources = list(dict.fromkeys(row.observation.source for row in rows if row.observation.source))
    return _of_setups(setups, command, held, [], (), sources)


def methods_of_scores(found: LabScores, command: Sequence[str], *, seed: int) -> str:
    """The methods of scores of a table of the laboratory: how it was read, the scores, the curves of the agents."""
    names = list(dict.fromkeys(name for block in found.blocks for name in block.tables))
    draws = {one.draws for block in found.blocks for one in block.intervals.values()}
    text = [
        f"Synergy was scored with {software()}. The effect is {found.reading}.",
        f"{_count(len(found), 'combination')} of {enumerated(sorted({' and '.join(b.agents) for b in found.blocks}))}.",
        "Scores were computed on the mean fraction affected of each dose pair: "
        f"{enumerated([_titled(found, name) for name in names])}. Where a score is undefined it is left out, never "
        "extrapolated.",
        f"Intervals (95%) come from {max(draws)} resamples of the replicates (seed {seed})."
        if draws
        else "There are no intervals: the table has no replicates to resample.",
    ]
    rows = [
        row
        for block in found.blocks
        for name in block.tables
        for row in _fitted(block.resampled(name), block.id, block.intervals.get(name))
    ]
    return document(
        [" ".join(text), f"    {shlex.join(command)}"], rows, sources_of(names), heads=FITTED, title="Quantities",
        about="Means over the combinations, and what was fitted. No constant is graded: all come from the table.",
    )  # fmt: skip


def methods_of_plate(found: PlannedPlate, command: Sequence[str]) -> str:
    """The methods of a planned plate: the curves it was planned from, and what it would show."""
    made = found.plate
    names = enumerated([one.name for one in made.agents])
    text = (
        f"The plate of {names} was planned with {software()}. The effect is {found.reading}. Hill curves were fitted "
        "to each agent alone. Of all dilution series within the tested doses those were taken with which the most "
        f"combinations would each show a {made.fold:g}-fold gain in potency with 80% power in a two-sided test at 5% "
        f"({made.by_words()}), with {made.replicates} wells of each dose pair and a standard deviation of "
        f"{made.noise:.2g} of the effect per well."
    )
    rows = []
    for one in made.agents:
        for name, value, interval, method in one.fit.rows():
            rows.append(
                {
                    "quantity": f"{one.name}: {name}", "value": _number(value),
                    "unit": one.unit if name.endswith("50") else "", "interval": str(interval), "grade": "",
                    "source": f"fitted to the wells of the agent alone ({method})" if method else "fitted to the wells",
                }
            )  # fmt: skip
    return document(
        [text, f"    {shlex.join(command)}"], rows, sources_of(made.metrics), heads=FITTED, title="Curves",
        about="No constant is graded: all come from the tables.",
    )  # fmt: skip


def methods_of_benchmark(found: Benchmark, command: Sequence[str]) -> str:
    """The methods of a benchmark: machine, conditions, how errors were measured; speeds at equal error."""
    from redoxsim.study.benchmark import line

    cases = [one.case for one in found.cases]
    solvers = list(dict.fromkeys(point.solver for one in found.cases for point in one.points))
    text = (
        f"Solvers were timed with {software()} on {line(dict(found.machine))}. "
        f"Cases: {enumerated([f'{case.name} ({len(case.system.states)} states)' for case in cases])}. "
        f"Within a case {enumerated(solvers)} solved the same SBML from the same first values at the same "
        f"times, with the same outputs and absolute tolerances, in turn; repeats: {found.settings['repeats']}. "
        "Times are processor time of one thread, with the setting of values and the reading of results. Errors are "
        "relative to a reference at rtol 1e-11, root mean square over rows, outputs and times. Solvers were compared "
        f"with {found.against} at equal error, on rows that both solved, between neighbouring tolerances."
    )
    rows = [
        {
            "quantity": f"{one.case}: {one.solver} over {one.against} at rms error {one.error:g}",
            "value": f"{one.bound} {one.times:.3g}".strip(), "unit": "times",
            "interval": f"{one.low:.3g} to {one.high:.3g}", "grade": "", "source": "median and range over repeats",
        }
        for one in found.equal()
        if one.times == one.times
    ]  # fmt: skip
    return document(
        [text, f"    {shlex.join(command)}"], rows, [SOLVERS[name] for name in solvers if name in SOLVERS],
        heads=FITTED, title="Speeds at equal error", about="",
    )  # fmt: skip


def sources_of(metrics: Sequence[str]) -> list[str]:
    """Where scores come from."""
    return [text for name, text in SCORES.items() if any(one.startswith(name) for one in metrics)]


def _of_setups(
    setups: Mapping[str, Setup],
    command: Sequence[str],
    held: Sequence[str],
    sections: Sequence[str],
    more: Sequence[str],
    sources: Sequence[str] = (),
) -> str:
    """Several setups as one: each model once, each agent once, each constant once where all have one value."""
    bare: dict[str, Setup] = {}
    for setup in setups.values():  # the one with the fewest agents is nearest to the model itself
        known = bare.get(setup.source or setup.network.id)
        if known is None or len(setup.agents) < len(known.agents):
            bare[setup.source or setup.network.id] = setup
    agents = {name: agent for setup in setups.values() for name, agent in setup.agents.items()}
    text = [*held]
    if setups:
        text.append(
            f"Simulations were done with {software()} with {enumerated([named_model(one) for one in bare.values()])}."
        )
        text += named_agents(agents.values())
        text.append(
            "Each simulation started at the undosed steady state of its own constants."
            if all(setup.start == "steady" for setup in setups.values())
            else "Simulations started at the initial values of the model where it asks for them."
        )
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for setup in setups.values():
        for row in constants(setup):
            rows.setdefault(tuple(row.values()), row)
    order = {name: place for place, name in enumerate(dict.fromkeys(row["constant"] for row in rows.values()))}
    listed = sorted(rows.values(), key=lambda row: order[row["constant"]])
    cited = dict.fromkeys([*sources, *(one for setup in setups.values() for one in references(setup))])
    parts = [" ".join([*text, *more]), f"    {shlex.join(command)}", *sections]
    return document(parts, listed, list(cited), about=f"{GRADES} {DRIFT}")


def _told(experiment: Experiment, run: Run, results: Mapping[str, Any]) -> str:
    """A run in words: what was given to which cell, and how its solves ended."""
    data = run.model_dump(exclude_none=True)
    agents = data.get("agents") or ([data["agent"]] if "agent" in data else [])
    spans = data.get("dose_values", ())
    spans = [spans] if isinstance(spans, str) else list(spans)
    doses = [*data.get("doses", ()), *data.get("background", ())]
    doses += [f"{name} {span}" for name, span in zip(agents, spans, strict=True)]
    doses += [f"{name} given at {when}" for name, when in data.get("times", {}).items()]
    doses += [f"{name} = {value:g}" for name, value in run.values.items()]
    when = f"read at {data['at']}" if "at" in data else f"to {data.get('until', '')}"
    cells = run.cells or experiment.cells
    words = f"{run.id}: {run.kind}, {', '.join(doses) or 'nothing given'}; cell {run.cell or experiment.cell} "
    words += f"({_count(cells, 'cell')}); {when}; observed {', '.join(run.observe) or 'the readout'}"
    solver = results.get("solver")
    if solver:
        words += f"; {sentence(results['solves'])} with {solver['name']} (relative tolerance {solver['rtol']:g})"
        check = results.get("check")
        words += f"; {check['text']}" if check and check.get("text") else ""
    return f"{words}."


def _titled(found: LabScores, name: str) -> str:
    return next(block.tables[name].title for block in found.blocks if name in block.tables)


def _fitted(table: SynergyTable, block: str, between: ScoreInterval | None = None) -> list[dict[str, str]]:
    """The mean of a score with its interval, and the parameters of its fitted surface."""
    ends = () if between is None else between.summary["mean"]
    interval = " to ".join(_number(end) for end in ends) if all(end == end for end in ends) else ""
    title = f"{table.title}{f', block {block}' if block else ''}"
    rows = [
        {
            "quantity": f"{title}: mean", "value": _number(table.summary.mean), "unit": "", "interval": interval,
            "grade": "",
            "source": f"{table.summary.defined} of {table.summary.cells} combinations",
        }
    ]  # fmt: skip
    for part in table.parameters:
        told = part.row()
        rows.append(
            {
                "quantity": f"{title}: {part.name}", "value": str(told[1]), "unit": part.unit, "interval": str(told[2]),
                "grade": "", "source": "fitted to the table",
            }
        )  # fmt: skip
    return rows


def _number(value: Any) -> str:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return str(value)
    return "undefined" if found != found else f"{found:.6g}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


__all__ = ["methods_of_experiment", "methods_of_plate", "methods_of_scores", "methods_of_validation", "sources_of"]
