"""A small model with ranges, agents and an experiment that asks of it, on a shelf of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

COLUMNS = "id,value,unit,low,high,grade,source,note\n"
CLAIM = "S9.1"


def ranges(*rows: str) -> str:
    """A table of constants, ``id,value,unit,low,high,grade`` each."""
    return COLUMNS + "".join(f"{row},made up,\n" for row in rows)


def metadata(title: str, **observables: str) -> str:
    """What ``model.toml`` says: the model starts at rest; ``observables`` with their units."""
    listed = ", ".join(f'{{ id = "{name}", name = "{name}", unit = "{unit}" }}' for name, unit in observables.items())
    return f'title = "{title}"\nstart = "steady"\nobservables = [ {listed} ]\n'


def poison(name: str, *, rule: str, factor: str, more: str = "") -> str:
    """An agent that stays in the cell, where ``factor`` is on what ``rule`` computes; its dose is ``{name}_x``."""
    return f"""id = "{name}"
name = "{name}"
forms = ["reversible"]
dose_species = "{name}_x"
default_doses = "100nM..10uM:log:5"
{more}
[[species]]
id = "{name}_x"
compartment = "cell"
[[factors]]
rule = "{rule}"
factor = "{factor}"
"""


def opening(name: str, model: Path) -> str:
    """How the experiment begins: one cell of ``model``, one claim (:data:`CLAIM`)."""
    return f"""id = "{name}"
title = "{name}"
claims = ["{CLAIM}"]
question = "?"
says = "a"
expected = "b"
model = "{model.as_posix()}"
cells = 1
"""


def shelve(
    folder: Path,
    *,
    model: str,
    table: str,
    metadata: str,
    experiment: str = "",
    agents: Mapping[str, str] | None = None,
) -> Path:
    """Writes model and experiment into ``folder``, gives the folder for REDOXSIM_PATH: agents and a plain cell."""
    texts = {"model.ant": model, "parameters.csv": table, "model.toml": metadata, "experiment.toml": experiment}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    mine = folder / "mine"
    for kind in ("agents", "cells"):
        (mine / kind).mkdir(parents=True, exist_ok=True)
    (mine / "cells" / "default.toml").write_text('id = "default"\nname = "as it is"\n', encoding="utf-8")
    for name, text in (agents or {}).items():
        (mine / "agents" / f"{name}.toml").write_text(text, encoding="utf-8")
    return mine
