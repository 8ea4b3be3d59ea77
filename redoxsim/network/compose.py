"""Composed networks: module texts joined to one model, and what is generated from model.ant.

A module is an Antimony file with three marked parts: ``common`` (units and compartments, the same in
every module), ``boundary`` (what the other modules provide: left out of the composition) and the rest,
its body. ``model.toml`` of a composed network names its modules in ``compose = [...]``; a ``join.ant``
beside it, if there is one, adds to the bodies. ``python -m redoxsim.network.compose`` regenerates
``model.ant`` of composed networks and ``model.xml`` of all, and checks ``parameters.csv``. Initial
values of a composed network are those of its ``rest.csv`` (:mod:`redoxsim.network.rest`). With
``core_of = NAME`` in its ``model.toml`` a network is the core level of another
(:mod:`redoxsim.network.levels`).
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redoxsim import catalog
from redoxsim.errors import ModelError, RedoxsimError, Where
from redoxsim.network.edit import set_values
from redoxsim.network.expr import Apply, Expr, Number
from redoxsim.network.levels import Core, core_of, merge, read_core
from redoxsim.network.parts import Network
from redoxsim.network.rest import FILE, read_rest, with_values

MADE_OF = ("compose", "core_of")  # what makes a network a made one, in model.toml
COLUMNS = ("id", "value", "unit", "low", "high", "grade", "source", "note")
MARK = re.compile(r"^[ \t]*// --- (end )?(common|boundary)\b.*$", re.MULTILINE)
MODEL = re.compile(r"^[ \t]*model[ \t]+\*?(\w+)\(\)[ \t]*$", re.MULTILINE)
END = re.compile(r"^end[ \t]*$", re.MULTILINE)
TOKEN = re.compile(r'"[^"\n]*"|//[^\n]*|[A-Za-z_]\w*|:=|.|\n')
DEFINES = re.compile(
    r"(?:(?:substanceOnly\s+)?species\s+\$?(?P<species>\w+)|compartment\s+(?P<compartment>\w+)|unit\s+(?P<unit>\w+)"
    r"|(?P<symbol>\w+)\s*'?\s*(?::=|=(?!=))|(?P<reaction>\w+)\s*:(?!=))"
)


@dataclass(frozen=True, slots=True)
class Module:
    """The marked parts of a module's text, and the ids each defines."""

    name: str
    common: str
    boundary: str
    body: str

    @property
    def defined(self) -> tuple[str, ...]:
        """Ids that the body defines, in order."""
        return definitions(self.body)

    @property
    def expected(self) -> tuple[str, ...]:
        """Ids that the boundary stands in for."""
        return definitions(self.boundary)


def statements(text: str) -> list[str]:
    """Antimony statements without comments; names in quotes are kept."""
    found: list[str] = [""]
    for token in TOKEN.findall(text):
        if token.startswith("//"):
            continue
        if token in (";", "\n"):
            found.append("")
        else:
            found[-1] += token
    return [line.strip() for line in found if line.strip()]


def definitions(text: str) -> tuple[str, ...]:
    """Ids that Antimony text declares or gives a value, rule or reaction, each once."""
    found: dict[str, None] = {}
    for line in statements(text):
        match = DEFINES.match(line)
        if match:
            found[next(name for name in match.groups() if name)] = None
    return tuple(found)


def words(text: str) -> set[str]:
    """Every identifier in Antimony text, outside comments and quotes."""
    return {token for token in TOKEN.findall(text) if re.fullmatch(r"[A-Za-z_]\w*", token)}


def read_module(text: str, *, name: str) -> Module:
    """The parts of a module.

    Raises
    ------
    ModelError : a mark is missing, or the text has no ``model *name()`` and ``end``.
    """
    here = Where(file=name)
    head, tail = MODEL.search(text), END.search(text)
    if head is None or tail is None:
        raise ModelError("a module needs a line 'model *NAME()' and a line 'end'", where=here)
    parts: dict[str, str] = {}
    rest: list[str] = []
    at = head.end()
    opened: re.Match[str] | None = None
    for mark in MARK.finditer(text, head.end(), tail.start()):
        closing, kind = mark.group(1) is not None, mark.group(2)
        if closing != (opened is not None) or (opened is not None and opened.group(2) != kind) or kind in parts:
            raise ModelError(f"the mark '{mark.group(0).strip()}' is out of place", where=here)
        piece = text[at : mark.start()]
        if opened is None:
            rest.append(piece)
            opened = mark
        else:
            parts[kind] = piece
            opened = None
        at = mark.end()
    if opened is not None or set(parts) != {"common", "boundary"}:
        raise ModelError(
            "a module needs one '// --- common' and one '// --- boundary' part, each with its end", where=here
        )
    rest.append(text[at : tail.start()])
    body = "\n".join(piece.strip("\n") for piece in rest if piece.strip())
    return Module(name=name, common=parts["common"].strip("\n"), boundary=parts["boundary"].strip("\n"), body=body)


def module_of(folder: Path) -> Module:
    """The module that a folder holds."""
    return read_module((folder / "model.ant").read_text(encoding="utf-8"), name=folder.name)


def compose(modules: Sequence[Module], *, name: str, title: str = "", join: str = "") -> str:
    """Antimony text of one model made of the bodies of modules.

    Raises
    ------
    ModelError : an id defined by two modules (both are named); a module expects what no module
        defines; the common parts differ.
    """
    owner: dict[str, str] = {}
    parts = [(module.name, module.body) for module in modules] + ([("join.ant", join)] if join.strip() else [])
    for source, body in parts:
        for symbol in definitions(body):
            if symbol in owner:
                raise ModelError(
                    f"'{symbol}' is defined by both {owner[symbol]} and {source}", where=Where(element=symbol)
                )
            owner[symbol] = source
    common = modules[0].common
    shared = set(definitions(common))
    for module in modules:
        if module.common != common:
            raise ModelError(f"units and compartments of {module.name} differ from those of {modules[0].name}")
        used = words(module.body)
        for symbol in module.expected:
            if symbol in used and symbol not in owner and symbol not in shared:
                raise ModelError(
                    f"{module.name} expects '{symbol}', which no module defines", where=Where(element=symbol)
                )
    names = ", ".join(module.name for module in modules)
    lines = [
        f"// {name}: {title}".rstrip(": "),
        f"// Generated from the modules {names} by redoxsim.network.compose; edit those.",
        f"model *{name}()",
        "  // --- common ---",
        common,
        "  // --- end common ---",
    ]
    for source, body in parts:
        lines += ["", f"  // ======== {source} ========", body.rstrip()]
    return "\n".join([*lines, "end", ""])


def settings_of(folder: Path) -> dict[str, Any]:
    """``model.toml`` of a folder; empty where there is none."""
    file = folder / "model.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def compose_folder(folder: Path) -> str | None:
    """Antimony text of the composed network of a folder, or of a core level; None where it is neither.

    Raises
    ------
    ModelError : see :func:`compose`, :func:`redoxsim.network.levels.core_of` and :mod:`redoxsim.network.rest`.
    """
    settings = settings_of(folder)
    if "core_of" in settings:
        return core_text(folder, settings["core_of"])
    names: list[str] = settings.get("compose", [])
    if not names:
        return None
    join = folder / "join.ant"
    modules = [module_of(folder.parent / name) for name in names]
    text = join.read_text(encoding="utf-8") if join.is_file() else ""
    made = compose(modules, name=folder.name, title=settings.get("title", ""), join=text)
    return with_values(made, read_rest(folder), file=str(folder / FILE))


def core_text(folder: Path, name: str) -> str:
    """Antimony text of the core level of the composed network ``name``, which lies beside ``folder``.

    Raises
    ------
    ModelError : there is no such composed network; see also :func:`redoxsim.network.levels.core_of`.
    """
    from redoxsim.network.antimony_read import read_antimony
    from redoxsim.network.export import write as to_text

    source = folder.parent / name
    text = compose_folder(source) if source.is_dir() else None
    if text is None:
        raise ModelError(f"'{name}' is no composed network", where=Where(file=str(folder / "model.toml")))
    full = read_antimony(text, file=str(source / "model.ant"))
    core = core_of(full, cores_of(source), id=folder.name.replace("-", "_"))  # an SBML id has no hyphen
    made = to_text(set_values(core, read_rest(folder)), format="antimony")
    return f"// Generated from {name} by redoxsim.network.compose: its core level. Edit the modules.\n{made}"


def cores_of(folder: Path) -> Core:
    """What the modules of a composed network leave out at core level."""
    return merge(read_core(folder.parent / name) for name in settings_of(folder).get("compose", []))


def plain_numbers(expr: Expr) -> Expr:
    """The same formula, each literal without a unit marked dimensionless."""
    if isinstance(expr, Number):
        return expr if expr.unit else replace(expr, unit="dimensionless")
    if isinstance(expr, Apply):
        return replace(expr, args=tuple(plain_numbers(arg) for arg in expr.args))
    return expr


def with_plain_numbers(network: Network) -> Network:
    """A network whose literals all carry a unit: in our models a bare number is a pure number."""
    return replace(
        network,
        reactions=tuple(
            replace(item, rate=plain_numbers(item.rate)) if item.rate is not None else item
            for item in network.reactions
        ),
        rules=tuple(replace(item, expr=plain_numbers(item.expr)) for item in network.rules),
        initial_assignments=tuple(replace(item, expr=plain_numbers(item.expr)) for item in network.initial_assignments),
    )


def read_parameters(path: Path) -> list[dict[str, str]]:
    """Rows of a parameters.csv.

    Raises
    ------
    ModelError : the columns are not the ones expected.
    """
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ModelError(f"columns must be {', '.join(COLUMNS)}", where=Where(file=str(path)))
        return list(reader)


def check_parameters(network: Network, rows: Iterable[dict[str, str]], *, file: str) -> list[str]:
    """What does not agree between a network's parameters and its table; empty if all does."""
    troubles: list[str] = []
    ruled = {rule.target for rule in network.rules} | {item.target for item in network.initial_assignments}
    model = {item.id: item for item in network.parameters if item.id not in ruled}
    table: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["id"] in table:
            troubles.append(f"{file}: {row['id']} has two rows")
        table[row["id"]] = row
    troubles += [f"{file}: parameter {name} has no row" for name in model if name not in table]
    for name, row in table.items():
        if name not in model:
            troubles.append(f"{file}: {name} is no parameter of the model")
            continue
        value, low, high = (float(row[key]) if row[key] else None for key in ("value", "low", "high"))
        if value != model[name].value:
            troubles.append(f"{file}: {name} is {value} here and {model[name].value} in the model")
        if row["unit"] != (model[name].unit or ""):
            troubles.append(f"{file}: {name} has unit {row['unit']} here and {model[name].unit} in the model")
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            troubles.append(f"{file}: {name} = {value} is outside {low} to {high}")
        if row["grade"] not in ("A", "B", "C"):
            troubles.append(f"{file}: {name} has no grade A, B or C")
        if not row["source"]:
            troubles.append(f"{file}: {name} has no source")
    return troubles


def composed_rows(folder: Path, network: Network) -> list[dict[str, str]]:
    """Rows of a composed network: those of its modules, without what their boundaries add.

    A core level has the rows of its full network for what it keeps, with its own values.
    """
    settings = settings_of(folder)
    if "core_of" in settings:
        folder = folder.parent / settings["core_of"]
    names: list[str] = settings_of(folder)["compose"]
    present = {item.id: item.value for item in network.parameters}
    rows: dict[str, dict[str, str]] = {}
    for name in names:
        own = set(module_of(folder.parent / name).defined)
        for row in read_parameters(folder.parent / name / "parameters.csv"):
            if row["id"] in own and row["id"] in present:
                value = present[row["id"]]
                same = value is None or float(row["value"]) == value
                rows[row["id"]] = row if same else row | {"value": repr(value)}
    return list(rows.values())


def write_rows(path: Path, rows: Iterable[dict[str, str]]) -> None:
    """A parameters.csv."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def regenerate(folder: Path, *, write: bool = True) -> list[str]:
    """Brings the generated files of one network up to date.

    Returns
    -------
    What does not agree: generated files that were out of date (with ``write=False`` only told),
    and disagreements between parameters.csv and the model.
    """
    troubles: list[str] = []

    def current(name: str, text: str) -> None:
        path = folder / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return
        if write:
            path.write_text(text, encoding="utf-8")
        else:
            troubles.append(f"{path} is out of date")

    from redoxsim.network.antimony_read import read_antimony
    from redoxsim.network.export import write as to_text

    composed = compose_folder(folder)
    if composed is not None:
        current("model.ant", composed)
    text = composed if composed is not None else (folder / "model.ant").read_text(encoding="utf-8")
    network = read_antimony(text, file=str(folder / "model.ant"))
    current("model.xml", to_text(with_plain_numbers(network)))
    table = folder / "parameters.csv"
    if composed is not None:
        rows = composed_rows(folder, network)
        if write:
            write_rows(table, rows)
        elif not table.is_file() or read_parameters(table) != rows:
            troubles.append(f"{table} is out of date")
    return troubles + check_parameters(network, read_parameters(table), file=str(table))


def main(arguments: Sequence[str] | None = None) -> int:
    """Regenerates what is generated for the shipped networks; exit status 0 if all agrees."""
    parser = argparse.ArgumentParser(prog="python -m redoxsim.network.compose", description=main.__doc__)
    parser.add_argument("networks", nargs="*", help="names of networks; all shipped ones if none is given")
    parser.add_argument("--check", action="store_true", help="write nothing, only tell what is out of date")
    options = parser.parse_args(arguments)
    folders = catalog.models()
    plain_first = sorted(folders, key=lambda name: sum(key in settings_of(folders[name]) for key in MADE_OF))
    status = 0
    for name in options.networks or plain_first:
        try:
            troubles = (
                regenerate(folders[name], write=not options.check) if name in folders else [f"no network '{name}'"]
            )
        except RedoxsimError as error:
            troubles = [str(error)]
        for trouble in troubles:
            sys.stderr.write(trouble + "\n")
        status = status or int(bool(troubles))
    return status


if __name__ == "__main__":
    raise SystemExit(main())
