"""What made a result: model, agents, cell, settings, solver and versions, with checksums; no dates."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from redoxsim import __version__
from redoxsim.kept import versions_of
from redoxsim.study.engine import Run
from redoxsim.study.rows import Rows
from redoxsim.study.setup import Setup

LIBRARIES = ("numpy", "scipy", "xarray", "python-libsbml")


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of redoxsim, Python and the libraries that numbers depend on."""
    found = zip(LIBRARIES, versions_of(*LIBRARIES), strict=True)
    return {
        "redoxsim": __version__, "python": platform.python_version(), **{name: one for name, one in found if one}
    }  # fmt: skip


def checksum(path: str | Path | None) -> str | None:
    """SHA-256 of a file, None where there is none."""
    if path is None or not Path(path).is_file():
        return None
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def grades(setup: Setup) -> dict[str, int]:
    """How many of the constants in use carry each grade: those of the model and of its agents."""
    found = {"A": 0, "B": 0, "C": 0}
    known = {part.id for part in setup.network.parameters}
    for one in setup.constants.values():
        if one.id in known and one.grade in found:
            found[one.grade] += 1
    for agent in setup.agents.values():
        for grade, count in agent.grades().items():
            found[grade] += count
    return found


def describe(setup: Setup) -> dict[str, Any]:
    """The model, agents, cell and overrides of a setup."""
    network = setup.network
    return {
        "versions": versions(),
        "model": {
            "id": network.id,
            "name": network.name,
            "file": setup.source,
            "sha256": checksum(setup.source),
            "equations": setup.system.key,
            "states": len(setup.system.states),
            "reactions": len(network.reactions),
        },
        "agents": {
            name: {"name": one.name, "file": one.file, "sha256": checksum(one.file), "hypothesis": one.hypothesis}
            for name, one in setup.agents.items()
        },
        "cell": None
        if setup.cell is None
        else {
            "id": setup.cell.id,
            "file": setup.cell.file,
            "sha256": checksum(setup.cell.file),
            "direction_only": setup.cell.direction_only,
            "normal": setup.cell.normal,
        },
        "values": dict(sorted(setup.values.items())),
        "start": setup.start,
        "grades": grades(setup),
    }


def record(rows: Rows, run: Run, design: Mapping[str, Any]) -> dict[str, Any]:
    """All that is needed to know how a result came about; equal for equal commands."""
    settings = rows.settings
    return {
        **describe(rows.setup),
        "design": dict(design),
        "population": {
            "cells": rows.cells,
            "cv": dict(sorted(rows.setup.cv.items())) if rows.cells > 1 else {},
            "seed": settings.seed,
        },
        "draws": None if rows.drawn is None else {**rows.drawn.record, "seed": settings.seed},
        "solver": {"name": run.solver, "why": run.why, "rtol": rows.rtol, "atol": settings.atol},
        "check": None
        if run.check is None
        else {
            "rows": list(run.check.rows),
            "largest": run.check.largest,
            "unsolved": list(run.check.unsolved),
            "laborious": run.check.laborious,
            "text": str(run.check),
        },
        "failed": settings.failed,
        "solves": tally(run),
    }


def tally(run: Run) -> dict[str, int]:
    """Rows by status name."""
    found: dict[str, int] = {}
    for one in run.status:
        found[one.name] = found.get(one.name, 0) + 1
    return dict(sorted(found.items()))


def sentence(counts: Mapping[str, int]) -> str:
    """``4096 solves: 4084 ok, 12 step budget``."""
    words = {"OK": "ok"} | {name: re.sub("_", " ", name.lower()) for name in counts if name != "OK"}
    ordered = sorted(counts.items(), key=lambda item: (item[0] != "OK", item[0]))
    total = sum(counts.values())
    return f"{total} solve{'s' if total != 1 else ''}: " + ", ".join(
        f"{count} {words[name]}" for name, count in ordered
    )


def draws_text(draws: Mapping[str, Any]) -> str:
    """``200 draws of 6000 tried (40% without a steady state, 57% outside the bands), 3 of them failed``.

    Where something was measured of an agent: how many of the draws that the model allows were left without constants
    of agents, and what share of the sets tried agrees with the measurements.
    """
    agents: Mapping[str, Mapping[str, Any]] = draws.get("agents", {})
    text = f"{draws['number']} draw{'s' if draws['number'] != 1 else ''}"
    if draws["tried"] > draws["number"]:
        unsettled = draws["unsettled"] / draws["tried"]
        cells = next((one["cells"] for one in agents.values()), draws["number"])
        outside = 1.0 - unsettled - cells / draws["tried"]
        text += f" of {draws['tried']} tried ({unsettled:.0%} without a steady state, {outside:.0%} outside the bands"
        lost = (cells - draws["number"]) / draws["tried"]
        text += f", {lost:.0%} without constants of agents)" if lost else ")"
    if draws["number"] < draws["asked"]:
        text += f", fewer than the {draws['asked']} asked for"
    failed = draws["number"] - draws["usable"]
    if not draws["usable"]:
        text += ", too many of them failed for a band"
    elif failed:
        text += f", {failed} of them ({failed / draws['number']:.0%}) failed and left out"
    for name, one in agents.items():
        share = (one["cells"] - one["without"]) / one["sets"]
        text += f"; {share:.1%} of {one['sets']} sets of constants of {name} agree with what was measured of it"
    return text
