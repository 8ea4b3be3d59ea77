"""``redoxsim check``: every problem of a file at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_rows
from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.talk import Talk, plural
from redoxsim.errors import RedoxsimError

HEADS = ("file", "line", "level", "code", "element", "message", "hint")


@click.command(
    "check",
    cls=Verb,
    examples=(
        "redoxsim check redox",
        "redoxsim check my-model.xml --format json",
        "redoxsim check my-drug.toml   # or a cell profile, observations, an experiment",
    ),
    help="Every problem of a model, agent, cell, observation or experiment file.\n\nA value outside the range that "
    "its constant is known to lie in is a warning. Exit code 1 if any problem is an error; `redoxsim explain CODE` "
    "says more about each.",
)
@click.argument("names", nargs=-1, required=True, metavar="FILE|NAME...")
@click.option(
    "--level",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    show_default=True,
    help="The least to show.",
)
@output_options(formats=("csv", "json", "table"))
def command(names: tuple[str, ...], level: str, output: Output, talk: Talk) -> int:
    from redoxsim.network.issue import LEVELS

    rows = [{"file": name, **problem} for name in names for problem in _problems(name)]
    count = {one: sum(row["level"] == one for row in rows) for one in LEVELS}
    shown = [row for row in rows if LEVELS.index(row["level"]) <= LEVELS.index(level)]
    emit_rows(shown, output, schema="check/1", columns=HEADS)
    talk.note(
        f"{plural(len(names), 'file')} checked: "
        + ", ".join(plural(count[one], one) if one != "info" else f"{count[one]} info" for one in LEVELS)
    )
    return Exit.PARTIAL if count["error"] else Exit.GOOD


def _problems(name: str) -> list[dict[str, Any]]:
    path = Path(name)
    if path.suffix == ".toml" or (path.is_dir() and (path / "experiment.toml").is_file()):
        return _settings_problems(path)
    from redoxsim import network

    return [
        {
            "line": issue.line,
            "level": issue.level,
            "code": issue.code,
            "element": issue.element,
            "message": issue.message,
            "hint": issue.hint,
        }
        for issue in network.check(name)
    ]


def _settings_problems(path: Path) -> list[dict[str, Any]]:
    """Every problem of a TOML file, which is read as what its keys say it is; values outside ranges are warnings."""
    try:
        loaded = _load_settings(path)
    except RedoxsimError as error:
        return [
            {
                "line": one.where.line if one.where else None,
                "level": "error",
                "code": "",
                "element": one.where.element if one.where else None,
                "message": one.message,
                "hint": one.hint,
            }
            for one in (error, *getattr(error, "others", ()))
        ]
    text = (path / "experiment.toml" if path.is_dir() else path).read_text(encoding="utf-8").splitlines()
    return [
        {
            "line": next((number for number, line in enumerate(text, start=1) if _names(line, id_)), None),
            "level": "warning",
            "code": "RX042" if "range" in message else "RX043",
            "element": id_,
            "message": message,
            "hint": hint,
        }
        for id_, message, hint in _out_of_range(loaded)
    ]


def _names(line: str, id_: str) -> bool:
    """Whether a line of TOML gives the value of an id, as a table of its own or as a key."""
    return re.search(rf"^\s*\[values\.{id_}\]|(?<![\w\"'-]){id_}\s*=", line) is not None


def _out_of_range(loaded: Any) -> list[tuple[str, str, str | None]]:
    """What a cell, an experiment or observations set beyond the ranges of their model."""
    from redoxsim.pharmacology import Cell
    from redoxsim.study.experiment import Experiment
    from redoxsim.study.observations import Scoreboard
    from redoxsim.study.ranges import problems_of_cell, problems_of_runs

    if isinstance(loaded, Cell):
        return problems_of_cell(loaded)
    if isinstance(loaded, Experiment):
        return problems_of_runs((run.model or loaded.model, run) for run in loaded.run)
    if isinstance(loaded, Scoreboard):
        return problems_of_runs((run.model or one.model, run) for one in loaded.observations for run in one.run)
    return []


def _load_settings(path: Path) -> Any:
    from redoxsim.pharmacology import load_agent, load_cell
    from redoxsim.study import experiment
    from redoxsim.study.observations import load_observations
    from redoxsim.toml import read_toml

    if path.is_dir() or path.name == "experiment.toml":
        return experiment.load(path)
    keys = set(read_toml(path, "file"))
    if "run" in keys or "question" in keys:
        return experiment.load(path)
    if keys & {"dose_species", "forms", "unsupported"}:
        return load_agent(path)
    if "observation" in keys:
        return load_observations(path)
    return load_cell(path)
