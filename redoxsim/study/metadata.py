"""What a shipped model says of itself beside its equations: ``model.toml`` and ``parameters.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from redoxsim import catalog
from redoxsim.errors import ReadError, Where, nearest
from redoxsim.network.parts import Network
from redoxsim.toml import Grade, Strict, read_table


class Observable(Strict):
    """A readout that others measure through; ``typical`` is its size at rest."""

    id: str
    name: str
    unit: str
    typical: float | None = None


class Target(Strict):
    """A range that the undosed model must keep to; ``draws``: draws of constants that leave it are rejected."""

    id: str
    low: float
    high: float
    source: str
    note: str = ""
    draws: bool = False


class Population(Strict):
    """Coefficients of variation of expression levels between cells, by HGNC symbol."""

    source: str = ""
    grade: Grade = "C"
    cv: dict[str, Annotated[float, Field(ge=0.0, le=3.0)]] = Field(default_factory=dict)


class Edge(Strict):
    """An edge of the network that :func:`redoxsim.study.edges.explain` cuts.

    ``hold`` keeps a symbol at its undosed value in the rates and rules of ``in``; ``without`` stops reactions; ``set``
    gives constants other values. What belongs to an agent is there only where the agent is given.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    name: str
    hold: str | None = None
    in_: tuple[str, ...] = Field(default=(), alias="in")
    without: tuple[str, ...] = ()
    set: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _cuts_something(self) -> Edge:
        if (self.hold is None) != (not self.in_):
            raise ValueError(f"edge '{self.id}': 'hold' and 'in' come together")
        if self.hold is None and not self.without and not self.set:
            raise ValueError(f"edge '{self.id}' cuts nothing: give hold and in, without, or set")
        return self


class CoreLevel(Strict):
    """What of a module belongs to its full level only, and values at core level (:mod:`redoxsim.network.levels`)."""

    leave_out: tuple[str, ...] = ()
    values: dict[str, float] = Field(default_factory=dict)
    cofactors: tuple[str, ...] = ()
    instead: dict[str, str] = Field(default_factory=dict)
    turnover: dict[str, dict[str, float]] = Field(default_factory=dict)


class Metadata(Strict):
    """``model.toml``. ``fluxes`` names the reactions that make and use a pool.

    ``compose`` names the modules of a composed network, ``core_of`` the network that this is the core level of.
    ``edges`` are what ``combine --explain`` cuts.
    """

    title: str
    description: str = ""
    start: Literal["steady", "given"] = "given"
    compose: tuple[str, ...] = ()
    core_of: str | None = None
    core: CoreLevel = CoreLevel()
    observables: tuple[Observable, ...] = ()
    targets: tuple[Target, ...] = ()
    population: Population = Population()
    fluxes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    references: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    file: str | None = Field(default=None, exclude=True)

    def observable(self, name: str) -> Observable | None:
        """The readout of that id."""
        return next((one for one in self.observables if one.id == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A row of ``parameters.csv``; ``low`` to ``high`` is the range, if it has one."""

    id: str
    value: float
    unit: str
    low: float | None
    high: float | None
    grade: str
    source: str
    note: str = ""


def load_metadata(folder: str | Path) -> Metadata:
    """The metadata in a model's folder.

    Raises
    ------
    ReadError : no ``model.toml``, or something in it makes no sense; file and key are named.
    """
    path = Path(folder) / "model.toml"
    return read_table(path, Metadata, "model's metadata").model_copy(update={"file": str(path)})


def load_constants(folder: str | Path) -> dict[str, Constant]:
    """The rows of ``parameters.csv`` in a model's folder by id; empty where there is no such file.

    Raises
    ------
    ReadError : a row that makes no sense; file and line are named.
    """
    path = Path(folder) / "parameters.csv"
    if not path.is_file():
        return {}
    found: dict[str, Constant] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        for row in reader:
            try:
                one = Constant(
                    id=row["id"], value=float(row["value"]), unit=row["unit"], low=_number(row["low"]),
                    high=_number(row["high"]), grade=row["grade"], source=row["source"], note=row.get("note") or "",
                )  # fmt: skip
            except (KeyError, TypeError, ValueError) as error:
                where = Where(file=str(path), line=reader.line_num)
                raise ReadError(f"not a row of a parameter table: {error}", where=where) from error
            found[one.id] = one
    return found


def load_correlations(folder: str | Path) -> dict[tuple[str, str], float]:
    """Correlations between constants from ``correlations.csv`` (``id,with,correlation``) in a model's folder.

    Empty where there is no such file. Who calibrates constants together writes it; draws keep to it.

    Raises
    ------
    ReadError : a row that makes no sense, or an id that ``parameters.csv`` does not have; file and line are named.
    """
    path = Path(folder) / "correlations.csv"
    if not path.is_file():
        return {}
    known = load_constants(folder)
    found: dict[tuple[str, str], float] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        for row in reader:
            where = Where(file=str(path), line=reader.line_num)
            try:
                one, other, value = row["id"], row["with"], float(row["correlation"])
            except (KeyError, TypeError, ValueError) as error:
                raise ReadError(f"not a row of a table of correlations: {error}", where=where) from error
            for name in (one, other):
                if name not in known:
                    raise ReadError(f"there is no constant '{name}'", where=where, hint=nearest(name, known))
            if one == other or not -1.0 < value < 1.0:
                raise ReadError(f"'{one}' and '{other}' cannot have the correlation {value:g}", where=where)
            found[one, other] = value
    return found


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def folder_of(network: Network) -> Path | None:
    """The folder with the metadata of a network: beside its file, or the shipped model it was made from.

    An edited network keeps no path; it is recognised by its id and its population of cells.
    """
    if network.source is not None:
        folder = Path(network.source).parent
        return folder if (folder / "model.toml").is_file() else None
    if any(part.id == "population" for part in network.compartments):
        known = catalog.models()
        folder_ = known.get(network.id) or known.get(network.id.replace("_", "-"))  # an SBML id has no hyphen
        return folder_ if folder_ is not None and (folder_ / "model.toml").is_file() else None
    return None


def metadata_of(network: Network) -> Metadata | None:
    """The metadata of a network, None where it has none."""
    folder = folder_of(network)
    return None if folder is None else _cached(str(folder), (folder / "model.toml").stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _cached(folder: str, _changed: int) -> Metadata:
    return load_metadata(folder)


def constants_of(network: Network) -> Mapping[str, Constant]:
    """The graded constants of a network by id; empty where it has no table."""
    folder = folder_of(network)
    return {} if folder is None else load_constants(folder)


def correlations_of(network: Network) -> Mapping[tuple[str, str], float]:
    """The correlations between constants of a network; empty where it has no table."""
    folder = folder_of(network)
    return {} if folder is None else load_correlations(folder)
