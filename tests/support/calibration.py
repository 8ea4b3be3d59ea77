"""The calibrated constants at their values before, and what that does to the scoreboard.

By hand: ``python tests/support/calibration.py``; with ``--each`` every constant is put back alone as well, which says
what carries the fit and what could go back. The constants, their values before and the rows that they were moved on
are in ``models/observations/calibration.csv``.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from redoxsim import catalog
from redoxsim.network.compose import COLUMNS
from redoxsim.pharmacology import load_agent, load_cell
from redoxsim.study.observations import Observation, Scoreboard, load_observations
from redoxsim.study.validation import Validation, validate

TABLE = Path(__file__).parents[2] / "models" / "observations" / "calibration.csv"


@dataclass(frozen=True, slots=True)
class Moved:
    """A calibrated constant: of which agent (none: of the model), before and as shipped, its range, rows and reason.

    ``book`` is nan for a constant that came with its reaction: there is no value before.
    """

    id: str
    agent: str
    book: float
    value: float
    low: float
    high: float
    rows: tuple[str, ...]
    why: str

    @property
    def distance(self) -> float:
        """How far it was moved as a part of the way to the end of its range, by logarithms where the end is not 0.

        0 where there is no range or no value before.
        """
        end = self.high if self.value > self.book else self.low
        if not (math.isfinite(end) and math.isfinite(self.book)) or end == self.book:
            return 0.0
        if end <= 0.0:
            return (self.value - self.book) / (end - self.book)
        return math.log(self.value / self.book) / math.log(end / self.book)


def moved() -> tuple[Moved, ...]:
    """The constants of the table, with values and ranges as shipped."""
    with (catalog.model_file("redox").parent / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        assert tuple(rows.fieldnames or ()) == COLUMNS
        known = {row["id"]: ("", row["value"], row["low"], row["high"]) for row in rows}
    for name in catalog.agents():
        known |= {one.id: (name, one.value, one.low, one.high) for one in load_agent(name).parameters}
    found = []
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            agent, value, low, high = known[row["id"]]
            found.append(
                Moved(
                    id=row["id"],
                    agent=agent,
                    book=_end(row["book"]),
                    value=float(value),
                    low=_end(low),
                    high=_end(high),
                    rows=tuple(row["rows"].split()),
                    why=row["why"],
                )
            )
    return tuple(found)


def put_back(board: Scoreboard, constants: tuple[Moved, ...]) -> Scoreboard:
    """The observations with some constants at their values before, in every run that has them.

    What a run or its cell profile sets by itself stays.
    """
    return replace(
        board,
        observations=tuple(_put_back(one, constants) for one in board.observations),
        whole=tuple(_put_back(one, constants) for one in board.whole),
    )


def _put_back(one: Observation, constants: tuple[Moved, ...]) -> Observation:
    runs = []
    for run in one.run:
        own = {*run.values, *load_cell(run.cell or one.cell).values}
        used = run.model_dump_json()
        values = {
            each.id: each.book
            for each in constants
            if math.isfinite(each.book) and each.id not in own and (not each.agent or f'"{each.agent}' in used)
        }
        runs.append(run.model_copy(update={"values": {**values, **run.values}}))
    return one.model_copy(update={"run": tuple(runs)})


def counts(found: Validation) -> Mapping[str, str]:
    """Good of all, for numbers and directions, read and other, and for what did not serve to calibrate."""
    held_out = replace(found, rows=tuple(row for row in found.rows if not row.observation.calibrated))
    parts = {
        "numbers read": found.numbers("read"), "numbers recalled": found.numbers("recalled", "source-only"),
        "directions read": found.signs("read"), "directions recalled": found.signs("recalled", "source-only"),
        "numbers not calibrated on": held_out.numbers(), "directions not calibrated on": held_out.signs(),
    }  # fmt: skip
    return {name: f"{part.good} of {part.total}" for name, part in parts.items()}


def misses(found: Validation) -> list[str]:
    """Ids of what is not in band, each once for every expectation."""
    return [row.observation.id for row in found.rows if row.counts for part in row.judged if part.state != "in band"]


def _end(value: str | float | None) -> float:
    return float("nan") if value is None or value == "" else float(value)


def main() -> None:
    """Prints the counts."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--each", action="store_true")
    each = reader.parse_args().each
    board, constants = load_observations(), moved()
    shipped, before = validate(board), validate(put_back(board, constants))
    for name, value in counts(shipped).items():
        print(f"{name:30} before {counts(before)[name]:10} shipped {value}")
    print("missed before:", " ".join(misses(before)))
    print("missed as shipped:", " ".join(misses(shipped)))
    known = [one for one in constants if math.isfinite(one.book)]
    print(f"{len(known)} constants moved by a mean square of {sum(one.distance**2 for one in known) / len(known):.2f}")
    for one in constants if each else ():
        if math.isfinite(one.book):
            alone = validate(put_back(board, (one,)))
            unsolved = {row.observation.id for row in alone.rows if row.trouble}
            there, here = set(misses(alone)) - unsolved, set(misses(shipped)) - unsolved
            lost, won = " ".join(sorted(there - here)) or "-", " ".join(sorted(here - there)) or "-"
            print(f"{one.id:20} {one.distance:.2f} lost {lost}; won {won}; not solved {len(unsolved)}", flush=True)


if __name__ == "__main__":
    main()
