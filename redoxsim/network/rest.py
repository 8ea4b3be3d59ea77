"""The rest of a composed network: ``rest.csv`` beside it, the initial values at its own steady state.

Modules start at their own rest, with stand-ins for the others; together they rest a little elsewhere.
``python -m redoxsim.study.resting`` finds these values and writes the file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from redoxsim.errors import ModelError, Where

FILE = "rest.csv"
DECLARED = re.compile(
    r"^(?P<head>[ \t]*(?:(?:substanceOnly[ \t]+)?species[ \t]+\$?)?(?P<id>\w+)(?:[ \t]+in[ \t]+\w+)?[ \t]*=[ \t]*)"
    r"(?P<value>[-+\d.eE]+)[ \t]*;"
)


def read_rest(folder: Path) -> dict[str, float]:
    """Values of ``rest.csv`` in a folder by id; none where there is no such file.

    Raises
    ------
    ModelError : a row that is no id with a number, or an id twice.
    """
    file = folder / FILE
    found: dict[str, float] = {}
    if not file.is_file():
        return found
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            here = Where(file=str(file), line=reader.line_num)
            try:
                name, value = row["id"], float(row["value"])
            except (KeyError, TypeError, ValueError):
                raise ModelError("a row needs an id and a number", where=here) from None
            if name in found:
                raise ModelError(f"'{name}' has two rows", where=here)
            found[name] = value
    return found


def write_rest(folder: Path, values: Mapping[str, float]) -> None:
    """``rest.csv`` in a folder."""
    with (folder / FILE).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("id", "value"))
        writer.writerows((name, f"{value:.12g}") for name, value in values.items())


def with_values(text: str, values: Mapping[str, float], *, file: str) -> str:
    """Antimony text with the initial values of some ids replaced where they are declared.

    Raises
    ------
    ModelError : an id that the text gives no number.
    """
    left = dict(values)
    lines = text.split("\n")
    for index, line in enumerate(lines):
        declared = DECLARED.match(line)
        if declared and declared.group("id") in left:
            value = left.pop(declared.group("id"))
            lines[index] = f"{declared.group('head')}{value:.12g};{line[declared.end() :]}"
    if left:
        name = next(iter(left))
        raise ModelError(f"'{name}' is given no number in the model", where=Where(file=file, element=name))
    return "\n".join(lines)
