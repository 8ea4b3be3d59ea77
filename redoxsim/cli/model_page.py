"""A model for people: sizes, time scales, rest beside what is published, totals, limits; constants if asked for."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redoxsim.cli.emit import as_table

if TYPE_CHECKING:
    from redoxsim.study.portrait import AtTarget, Portrait

SIZES = ("species", "reactions", "parameters", "assignment rules", "rate rules", "initial assignments", "events")
LINES = (
    "description",
    "start",
    "time scales",
    "observables",
    "cells differ in",
    "share by grade",
    "references",
    "file",
)


def digits(value: float) -> str:
    """Four significant digits, without an exponent where a plain number is short.

    >>> digits(10333.7), digits(0.003095), digits(1e-7)
    ('10330', '0.003095', '1e-07')
    """
    return f"{float(f'{value:.4g}'):g}"


def model_page(
    facts: Mapping[str, Any],
    seen: Portrait | None,
    constants: Sequence[Mapping[str, Any]],
    *,
    listed: bool,
    width: int,
) -> str:
    """The page as text of lines up to ``width``.

    Parameters
    ----------
    facts : what is known of the model, by name.
    seen : its portrait at rest; None where it has none.
    constants : rows of its constants; ``listed`` says whether to show them.
    """
    about = {"sizes": _sizes(facts, seen), **{key: facts[key] for key in LINES if facts.get(key)}}
    wide = max(len(key) for key in about) + 2
    lines = [f"{facts['model']}: {facts['title']}", ""]
    for key, value in about.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        body = textwrap.wrap(text, max(width - wide, 40), break_on_hyphens=False) or ["-"]
        lines.append(f"{key:<{wide}}{body[0]}")
        lines += [" " * wide + more for more in body[1:]]
    blocks = ["\n".join(lines) + "\n"]
    if seen is not None and seen.targets:
        held = sum(one.holds for one in seen.targets)
        blocks.append(
            f"At rest, undosed, beside what is published: {held} of {len(seen.targets)} inside\n"
            + as_table(
                [_target(one) for one in seen.targets], ("", "model", "unit", "published", "source"), width=width
            )
        )
    elif isinstance(facts.get("at rest"), str):  # why there is none
        blocks.append(f"{facts['at rest']}\n")
    if seen is not None and seen.totals:
        rows = [{"total": amount, "unit": unit, "of": of} for of, amount, unit in seen.amounts]
        blocks.append("Conserved totals\n" + as_table(rows, ("total", "unit", "of"), width=width))
    if facts.get("limits"):
        items = [textwrap.fill(one, width, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
                 for one in facts["limits"]]  # fmt: skip
        blocks.append("Limits\n" + "\n".join(items) + "\n")
    if constants and listed:
        heads = ("id", "value", "unit", "range", "grade", "source")
        blocks.append("Constants\n" + as_table([_constant(row) for row in constants], heads, width=width))
    elif constants:
        blocks.append(
            f"{len(constants)} constants: --constants lists them with grade and source, --format csv with notes\n"
        )
    return "\n".join(blocks)


def _sizes(facts: Mapping[str, Any], seen: Portrait | None) -> str:
    parts = [f"{facts[name]} {name}" for name in SIZES if facts.get(name)]
    states = "" if seen is None else f"; {seen.states} state{'' if seen.states == 1 else 's'} of the cell"
    return ", ".join(parts) + states + ("; depends on time" if facts.get("depends on time") else "")


def _target(one: AtTarget) -> dict[str, Any]:
    band = f"{digits(one.target.low)} to {digits(one.target.high)}"
    unit = "" if one.unit in (None, "dimensionless") else str(one.unit)
    return {
        "": one.target.id,
        "model": digits(one.value),
        "unit": unit or " ",
        "published": band if one.holds else f"{band}  OUTSIDE",
        "source": one.target.source,
    }


def _constant(row: Mapping[str, Any]) -> dict[str, Any]:
    low, high = row.get("low"), row.get("high")
    given = low is not None and high is not None
    return {
        "id": row["id"],
        "value": row.get("value"),
        "unit": row.get("unit"),
        "range": f"{low:g} to {high:g}" if given else "-",
        "grade": row.get("grade"),
        "source": row.get("source") or row.get("note"),
    }
