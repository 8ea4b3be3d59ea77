"""Conditions of time courses in words: doses, levels and cells, what sets runs apart, doses as bars over a figure."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from redoxsim import catalog
from redoxsim.errors import RedoxsimError
from redoxsim.report.marks import DoseBar, merge_bars
from redoxsim.report.names import show_unit
from redoxsim.study.experiment import SimulateRun

UNTREATED = "untreated"
EXCHANGED = "medium exchanged"
ALONE = "nothing else"
LONGEST = 34  # letters of a condition that still fit beside two others


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


def conditions(runs: Sequence[SimulateRun]) -> tuple[list[str], str]:
    """Short names that tell runs apart, and in a sentence what the names leave out; "" where they say all.

    Whole conditions where they are short; else what not all have in common; else the ids of the runs.
    """
    words = [condition(run) for run in runs]
    if len(set(words)) == len(words) and max(map(len, words)) <= LONGEST:
        return words, ""
    parts = [_parts(run) for run in runs]
    common = [part for part in parts[0] if all(part in other for other in parts[1:])]
    apart = [", ".join(part for part in one if part not in common) or ALONE for one in parts]
    if len(runs) > 1 and len(set(apart)) == len(apart) and max(map(len, apart)) <= LONGEST:
        return apart, f"All with {', '.join(common)}." if common else ""
    names = [run.id.replace("-", " ") for run in runs]
    return names, "; ".join(f"{name}: {text}" for name, text in zip(names, words, strict=True) if name != text) + "."


def condition(run: SimulateRun) -> str:
    """What sets a time course apart, in words.

    >>> condition(SimulateRun(id="a", kind="simulate", until="1 h", every="1 h", doses=("bso=100uM@-24h",)))
    'BSO 100 µM at −24 h'
    """
    return ", ".join(_parts(run)) or UNTREATED


def _parts(run: SimulateRun) -> list[str]:
    parts = [dose_words(text) for text in run.doses] + [f"{name} {value:g}" for name, value in run.values.items()]
    return [*parts, f"cell {run.cell}"] if run.cell else parts


def dose_words(text: str) -> str:
    """A dose of the dose grammar as people write it."""
    from redoxsim.pharmacology import parse_dose

    words = []
    for row in parse_dose(text):
        amount = f" {row.amount.value:g} {show_unit(row.amount.unit)}" if row.amount is not None else ""
        name = target_name(row.target) if row.target else EXCHANGED
        words.append(f"{name}{amount}" + (f" at {_hours(row.time)} h" if row.time else ""))
    return " and ".join(words)


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
            found.append(DoseBar(start, None, f"{target_name(row.target)} set to {amount}", row=row.target, kind="set"))
        elif row.action == "infuse":
            end = None if row.until is None else row.until / 3600.0
            found.append(DoseBar(start, end, f"{target_name(row.target)} {amount}", row=row.target, kind="infuse"))
        else:
            later = [time for time, target in ends if time > row.time and target in ("", row.target)]
            end = min(later) / 3600.0 if later else None
            found.append(DoseBar(start, end, f"{target_name(row.target)} {amount}", row=row.target))
    return tuple(dict.fromkeys(sorted(found, key=lambda bar: bar.kind == "wash")))


def common_bars(runs: Sequence[SimulateRun]) -> tuple[DoseBar, ...]:
    """The doses of several time courses, where each target is given alike in all that have it; else none.

    An exchange of the medium is shown where all have it.
    """
    each = [dose_bars(run.doses) for run in runs]
    bars = merge_bars(*each)
    alike = [
        {tuple(bar for bar in one if bar.row == row) for one in each} - {()}
        for row in {bar.row for bar in bars if bar.kind != "wash"}
    ]
    if any(len(one) != 1 for one in alike):
        return ()
    return tuple(bar for bar in bars if bar.kind != "wash" or all(bar in one for one in each))
