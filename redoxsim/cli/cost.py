"""What a dry run says: how many solves, and an honest guess of the seconds with what it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Output
from redoxsim.cli.talk import Talk, grouped, plural

if TYPE_CHECKING:
    from redoxsim.study import Setup, Study

# Seconds on one core of an ordinary machine, measured with the shipped models (10 to 70 states) and rounded up.
# They are good to about a factor of two; a machine that is busy takes longer.
SOLVE = {"rosenbrock": 8e-6, "cvode": 2e-3}
"""A stiff run of two days among many, per state of the model; other solvers take `OTHER`."""
OTHER = 1.5e-3
REST = 7e-4
"""Finding an undosed steady state, per state of the model, for every set of values that differs."""
BUILD = {"rosenbrock": 0.06, "cvode": 0.15}
"""Making the model ready for a solver, per state; the kernel is kept on disk, so that it counts the first time only."""
RESULTS = 0.8
"""Loading the libraries of results, and writing a small table."""
FIGURE = 1.5
CHECKED = 3
"""Rows of a design that are solved again with the reference solver."""


def guess(study: Study, *, plot: bool) -> dict[str, float]:
    """Seconds by part: what is still to be done of a study that was made ready."""
    cost = study.estimate()
    states = len(study.rows.setup.system.states)
    batch = study.batch
    starts = distinct(batch.columns, batch.rows) if study.rows.setup.start == "steady" else 0
    each = SOLVE.get(cost.solver, OTHER) * states
    share = max(1, min(cost.jobs, cost.solves))
    parts = {
        "making the model ready for the solver, the first time": BUILD.get(cost.solver, 0.0) * states,
        f"{plural(starts, 'steady start')}": REST * states * starts / share if starts else 0.0,
        "solving": each * cost.solves / share,
    }
    if cost.solves > 1 and cost.solver != "scipy":
        parts["solving a sample again"] = (OTHER + REST) * states * min(CHECKED, cost.solves)
    return {**{name: value for name, value in parts.items() if value}, **_after(plot)}


def _after(plot: bool) -> dict[str, float]:
    return {"writing": RESULTS} | ({"drawing": FIGURE} if plot else {})


def distinct(values: Mapping[str, np.ndarray], rows: int) -> int:
    """How many rows differ in their values.

    >>> distinct({"GSR": np.array([1.0, 1.0, 2.0])}, 3)
    2
    """
    if not values:
        return 1
    return len(np.unique(np.column_stack([np.broadcast_to(one, (rows,)) for one in values.values()]), axis=0))


def together(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The parts of several studies; what is done once for all counts once."""
    found: dict[str, float] = {}
    for one in parts:
        for name, value in one.items():
            once = name in ("writing", "drawing") or name.startswith("making")
            found[name] = max(found.get(name, 0.0), value) if once else found.get(name, 0.0) + value
    return found


def dry_run(studies: Sequence[Study], *, output: Output, talk: Talk) -> None:
    """What studies that were made ready would take; nothing is solved or written."""
    costs = [study.estimate() for study in studies]
    for line in dict.fromkeys(f"solver {cost.solver} ({cost.why}), {plural(cost.jobs, 'process')}" for cost in costs):
        talk.note(line)
    for study in studies:
        rows = study.rows
        talk.note(
            f"{study.kind}: start {rows.setup.start}, {plural(rows.points, 'point')} x {plural(rows.cells, 'cell')}, "
            f"{plural(len(rows.times.seconds), 'time')}, observing {', '.join(rows.observe)}"
        )
    parts = together([guess(study, plot=output.plot is not None) for study in studies])
    solves, size = sum(cost.solves for cost in costs), sum(cost.bytes for cost in costs)
    memory = grouped(round(max(cost.memory for cost in costs) / 1e6))
    text = f"{plural(solves, 'solve')}, {{}}, {grouped(size)} bytes of results, at most {memory} MB of memory"
    _say(text, parts, output=output, talk=talk)


def steady_dry_run(setup: Setup, count: int, *, output: Output, talk: Talk) -> int:
    """The same for steady states."""
    parts = {"finding steady states": REST * len(setup.system.states) * count, **_after(output.plot is not None)}
    states = plural(len(setup.system.states), "state")
    _say(f"{plural(count, 'steady state')} of {states}, {{}}", parts, output=output, talk=talk)
    return Exit.GOOD


def _say(text: str, parts: Mapping[str, float], *, output: Output, talk: Talk) -> None:
    for path, word in ((output.path, "write"), (output.plot, "draw")):
        if path:
            talk.note(f"would {word} {path}")
    counted = {"reading, checking and building (done just now)": talk.seconds, **parts}
    talk.note("seconds: " + ", ".join(f"{rounded(value)} {name}" for name, value in counted.items()))
    talk.note(f"{text.format(f'about {rounded(sum(counted.values()))} s')}: nothing was solved")


def rounded(seconds: float) -> str:
    """A guess in one or two digits.

    >>> rounded(0.034), rounded(2.345), rounded(151.2)
    ('0.03', '2.3', '150')
    """
    if seconds < 0.1:
        return f"{seconds:.2f}"
    return f"{seconds:.1f}" if seconds < 10 else f"{float(f'{seconds:.2g}'):.0f}"
