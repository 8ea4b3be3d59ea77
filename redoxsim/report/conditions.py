"""Conditions of time courses in words: doses, levels and cells, what sets runs apart, doses as bars over a figure."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from redoxsim import catalog
from redoxsim.errors import RedoxsimError
from redoxsim.report.marks import DoseBar, merge_bars
from redoxsim.report.names import enumerated, show_formulas, show_id, show_unit
from redoxsim.study.experiment import SimulateRun

UNTREATED = "untreated"
USUAL = "usual levels"
"""A run of which nothing is said, beside runs that are not dosed either."""
EXCHANGED = "medium exchanged"
ALONE = "nothing else"
SHORT = 34
"""Letters of a condition that still fit beside two others."""
LONGEST = 42
"""Letters of one that still fit beside another."""


@functools.cache
def target_name(target: str) -> str:
    """What is dosed, as people write it: the name of a shipped agent, else the symbol itself.

    >>> target_name("bso"), target_name("H2O2_x")
    ('BSO', 'H2O2_x')
    """
    from redoxsim.pharmacology import load_agent

    if target not in catalog.agents():
        return target
    try:
        return load_agent(target).name
    except RedoxsimError:  # a file of the user's that is broken is told where it is dosed, not where it is named
        return target


@functools.cache
def cell_words(cell: str) -> str:
    """A cell as people write it: the name of a shipped profile, with the word where it does not say that it is a cell.

    >>> cell_words("normal"), cell_words("normal-hepatocyte"), cell_words("hepg2"), cell_words("culture-dmem")
    ('normal cell', 'normal hepatocyte', 'cell HepG2', 'default cell in DMEM')
    """
    from redoxsim.pharmacology import load_cell

    name = cell
    if cell in catalog.cells():
        with contextlib.suppress(RedoxsimError):  # a broken file is told where the cell is used
            name = load_cell(cell).name
    if name == "default" or name.startswith(("default ", "default,")):
        return show_formulas(name.replace("default", "default cell", 1))
    return name if {"cell", "hepatocyte"} & set(name.split()) else f"cell {name}"


def conditions(runs: Sequence[SimulateRun], cell: str = "default") -> tuple[list[str], str]:
    """Short names that tell runs apart, and in a sentence what the names leave out; "" where they say all.

    Titles that the runs have; else whole conditions where they are short; else what not all have in common; else the
    ids of the runs.

    Parameters
    ----------
    cell : of runs that name none.
    """
    parts = condition_parts(runs, cell)
    empty = UNTREATED if any(run.doses for run in runs) or len(runs) == 1 else USUAL
    words = [", ".join(one) or empty for one in parts]
    common = in_common(parts) if len(runs) > 1 else []
    apart = [", ".join(part for part in one if part not in common) or ALONE for one in parts]
    shared = f"All with {', '.join(common)}." if common else ""
    if not any(run.title for run in runs):
        if len(runs) == 1:  # a title has room for it
            return words, ""
        if len(set(words)) == len(words) and max(map(len, words)) <= SHORT:
            return words, "" if any(run.doses for run in runs) else "All untreated."
        if len(set(apart)) == len(apart) and max(map(len, apart)) <= LONGEST:
            return apart, shared
    ids = [run.title or run.id.replace("-", " ") for run in runs]
    names = [one if run.title or len(word) > LONGEST else word for run, one, word in zip(runs, ids, words, strict=True)]
    names = names if len(set(names)) == len(names) else ids
    whole = zip(names, words, apart if common else words, strict=True)
    told = "; ".join(f"{name}: {text}" for name, word, text in whole if name not in (word, text))
    return names, " ".join(part for part in (shared, f"{told}." if told else "") if part)


def condition(run: SimulateRun) -> str:
    """One time course in words.

    >>> condition(SimulateRun(id="a", kind="simulate", until="1 h", every="1 h", doses=("bso=100uM@-24h",)))
    'BSO 100 µM at −24 h'
    """
    return ", ".join(condition_parts([run])[0]) or UNTREATED


def condition_parts(runs: Sequence[SimulateRun], cell: str = "default") -> list[list[str]]:
    """What is said of each run: doses, levels, and the cell where not all are in the same."""
    cells = {run.cell or cell for run in runs}
    return [
        _parts(run) + ([cell_words(run.cell or cell)] if len(cells) > 1 or (run.cell or cell) != cell else [])
        for run in runs
    ]


def in_common(parts: Sequence[Sequence[str]]) -> list[str]:
    """What all of several runs have."""
    return [part for part in parts[0] if all(part in other for other in parts[1:])]


def varying(runs: Sequence[SimulateRun], cell: str = "default") -> list[str]:
    """What sets runs apart, by name: agents and species, levels, the cell.

    >>> early, late = (SimulateRun(id="a", kind="simulate", until="1 h", every="1 h", doses=(f"bso=1uM@{when}h",))
    ...                for when in (-24, 24))
    >>> varying([early, late])
    ['BSO']
    """
    from redoxsim.pharmacology import parse_dose

    given: list[dict[str, Any]] = []
    for run in runs:
        doses: dict[str, Any] = {}
        for text in run.doses:
            for row in parse_dose(text):
                doses.setdefault(_target(row.target) if row.target else EXCHANGED, []).append(text)
        given.append({**doses, **run.values, "cell": run.cell or cell})
    names = dict.fromkeys(name for one in given for name in one)
    found = [name for name in names if any(one.get(name) != given[0].get(name) for one in given)]
    return sorted(found, key=lambda name: name == "cell")  # the cell last


def run_words(run: Mapping[str, Any]) -> str:
    """A dose-response or a combination in words: its title, else the agents and what is said besides.

    Parameters
    ----------
    run : as in ``experiment.toml``.
    """
    if run.get("title"):
        return str(run["title"])
    agents = run.get("agents") or ([run["agent"]] if "agent" in run else [])
    if not agents:
        return str(run.get("id", "")).replace("-", " ")
    return ", ".join([enumerated([_target(str(one)) for one in agents]), *run_besides(run)])


def run_besides(run: Mapping[str, Any]) -> list[str]:
    """What a dose-response or a combination has besides its agents: times, background, levels, another cell."""
    parts = [f"{_target(name)} at {when.replace('-', '−')}" for name, when in run.get("times", {}).items()]
    parts += [dose_words(text) for text in run.get("background", ())]
    parts += [f"{name} {value:g}" for name, value in run.get("values", {}).items()]
    return parts + ([cell_words(str(run["cell"]))] if run.get("cell") else [])


def _parts(run: SimulateRun) -> list[str]:
    return [dose_words(text) for text in run.doses] + [f"{name} {value:g}" for name, value in run.values.items()]


def dose_words(text: str) -> str:
    """A dose of the dose grammar as people write it."""
    from redoxsim.pharmacology import parse_dose

    words = []
    for row in parse_dose(text):
        amount = f" {row.amount.value:g} {show_unit(row.amount.unit)}" if row.amount is not None else ""
        name = _target(row.target) if row.target else EXCHANGED
        name += " set to" if row.action == "set" else ""
        words.append(f"{name}{amount}" + (f" at {_hours(row.time)} h" if row.time else ""))
    return " and ".join(words)


def _target(target: str) -> str:
    """What is dosed, with the place of a species in words.

    >>> _target("bso"), _target("Gln_x")
    ('BSO', 'Gln in medium')
    """
    name = target_name(target)
    return show_formulas(name) if target in catalog.agents() else show_id(name).replace(", ", " in ")


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:g}".replace("-", "−")


def dose_bars(doses: Sequence[str]) -> tuple[DoseBar, ...]:
    """Bars of doses in the dose grammar, with names and amounts as they were written.

    What is added lasts until the next exchange of the medium, or until the same is set; an infusion lasts as long as
    it runs. What is set, and each exchange, is a moment.
    """
    from redoxsim.pharmacology import Schedule

    rows = Schedule.parse(doses).doses
    ends = [(row.time, row.target) for row in rows if row.action in ("wash", "set")]
    found = []
    for row in rows:
        start = row.time / 3600.0
        if row.action == "wash" or row.amount is None:
            found.append(DoseBar(start, None, EXCHANGED, row=EXCHANGED, kind="wash"))
            continue
        amount = f"{row.amount.value:g} {show_unit(row.amount.unit)}".rstrip()
        if row.action == "set":
            found.append(DoseBar(start, None, f"{_target(row.target)} set to {amount}", row=row.target, kind="set"))
        elif row.action == "infuse":
            end = None if row.until is None else row.until / 3600.0
            found.append(DoseBar(start, end, f"{_target(row.target)} {amount}", row=row.target, kind="infuse"))
        else:
            later = [time for time, target in ends if time > row.time and target in ("", row.target)]
            end = min(later) / 3600.0 if later else None
            found.append(DoseBar(start, end, f"{_target(row.target)} {amount}", row=row.target))
    return tuple(dict.fromkeys(sorted(found, key=lambda bar: bar.kind == "wash")))


def common_bars(runs: Sequence[SimulateRun], *, counted: bool = True) -> tuple[DoseBar, ...]:
    """The doses of several time courses, where each target is given alike in all that have it; else none.

    A dose that not every one of them gets says in how many it is given, where ``counted``: beside narrow panels there
    is no room for it. An exchange of the medium is shown where all have it.
    """
    each = [dose_bars(run.doses) for run in runs]
    bars = merge_bars(*each)
    alike = [
        {tuple(bar for bar in one if bar.row == row) for one in each} - {()}
        for row in {bar.row for bar in bars if bar.kind != "wash"}
    ]
    if any(len(one) != 1 for one in alike):
        return ()
    found = []
    for bar in bars:
        count = sum(bar in one for one in each)
        if count == len(each):
            found.append(bar)
        elif bar.kind != "wash":
            found.append(replace(bar, label=f"{bar.label} (in {count} of {len(each)})") if counted else bar)
    return tuple(found)
