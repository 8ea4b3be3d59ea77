"""What is solved: a model whose start is written into it, rows of values, times, observables.

Every solver gets the same SBML text and the same numbers per row, so that none of them finds steady states or applies
doses of its own.
"""

from __future__ import annotations

import os
import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redoxsim import catalog, equations, network, pharmacology
from redoxsim.codegen import compile_system
from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, SolveError, nearest
from redoxsim.network.parts import Network
from redoxsim.solve import Batch, Schedule, solve_batch
from redoxsim.solve.rosenbrock_sizes import typical_sizes_rows
from redoxsim.solve.tolerance import absolute_tolerances
from redoxsim.study.benchmark.chain import chain

FloatArray = NDArray[np.float64]
DATA = "REDOXSIM_TEST_DATA"
"""Environment variable that names the folder of published models: the models are in its folder ``redox``."""
HOURS = 3600.0
OBSERVED = (
    "H2O2_c", "H2O2_m", "GSH_c", "GSSG_c", "Trx1_red", "Trx2_red", "Prx3_ox", "NADPH_c", "NRF2", "viability",
)  # fmt: skip
TOP_DOSES: Mapping[str, float] = {"auranofin": 10.0, "bso": 1000.0, "celecoxib": 100.0}
"""Largest dose of each drug of the case ``redox``, uM: doses are spread over three decades below, a tenth is 0."""
COPIES = (1, 4, 16, 64)
CUBES = ("redox", "redox-core")
"""Shipped models that get the three drugs; any other model gets its values varied."""
TOP_BOLUS = 100.0
"""Largest dose of hydrogen peroxide that a copy of a chain gets, uM."""
LONGER: Mapping[str, float] = {"MODEL1710260001": 1000.0}
"""Published models of which 100 time units show little; see the data's own notes."""
MOST_OBSERVED = 10
MOST_PUBLISHED = 256
"""Rows of a published model."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One benchmark.

    ``network`` starts as given; ``columns`` hold what differs between rows, one value per row (rows,) by id; ``times``
    (T,) in the model's unit, evenly spaced; ``built`` the seconds that it took to derive the equations; ``group`` is
    "redox", "redox-core", "published", "chain" or "file".
    """

    name: str
    group: str
    network: Network
    system: OdeSystem
    columns: Mapping[str, FloatArray]
    times: FloatArray
    observe: tuple[str, ...]
    rows: int
    built: float
    facts: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def sbml(self) -> str:
        """The text that every solver but ours reads."""
        return str(network.write(self.network))

    @property
    def compiled(self) -> CompiledSystem:
        return compile_system(self.system)

    def batch(self, rows: NDArray[np.intp] | None = None, rtol: float = 1e-6) -> Batch:
        """Some rows, or all, for our own solvers."""
        chosen = np.arange(self.rows) if rows is None else rows
        return Batch(
            system=self.system, times=self.times, rows=len(chosen), observe=self.observe, rtol=rtol, start="given",
            columns={name: column[chosen] for name, column in self.columns.items()},
        )  # fmt: skip

    @cached_property
    def starts(self) -> tuple[FloatArray, FloatArray]:
        """First states (rows, n) and constants (rows, m)."""
        return self.compiled.initial_rows(self.columns, self.rows, float(self.times[0]))

    def atol(self, rows: NDArray[np.intp], rtol: float) -> FloatArray:
        """Absolute tolerances (len(rows), n), the same that our own solvers take."""
        y, p = self.starts
        undosed = np.zeros(len(rows), dtype=np.intp)
        begin = np.full(len(rows), float(self.times[0]))
        sizes = typical_sizes_rows(self.compiled, y[rows], p[rows], begin, (Schedule(),), undosed)
        return absolute_tolerances(None, rtol, sizes)


def find(names: Sequence[str], *, copies: Sequence[int] = COPIES) -> list[str]:
    """Names of single cases for names as users give them.

    ``redox`` and ``redox-core`` stay, ``chain`` becomes one name per number of copies (``chain:4``), ``published`` one
    per model (``published:NAME``), anything else is the path of a model or the name of a shipped one.

    Raises
    ------
    DesignError : a case that is not there; ``published`` without its folder.
    """
    found: list[str] = []
    for name in names:
        if name == "chain":
            found += [f"chain:{number}" for number in copies]
        elif name == "published":
            found += [f"published:{path.stem}" for path in published()]
        else:
            _check(name)
            found.append(name)
    return list(dict.fromkeys(found))


def published() -> list[Path]:
    """The published models of the benchmark.

    Raises
    ------
    DesignError : the environment variable does not name their folder.
    """
    given = os.environ.get(DATA, "")
    folder = Path(given) / "redox"
    found = sorted(folder.glob("*.xml")) if given else []
    if not found:
        said = f"{DATA} is not set" if not given else f"{DATA} is {given}, which has no models in a folder 'redox'"
        raise DesignError(f"case 'published' needs third-party models: {said}", hint="or give paths of SBML files")
    return found


def make(name: str, *, rows: int, seed: int = 1, end: float = 100.0) -> Case:
    """The case of a name that :func:`find` gave.

    Parameters
    ----------
    rows : conditions; a chain gets fewer, the more copies it has.
    seed : of doses and values.
    end : last time of a model read from a file, in its own unit.

    Raises
    ------
    DesignError : a number of copies that makes no sense, or no such model.
    """
    if rows < 1:
        raise DesignError(f"a benchmark needs at least one row, not {rows}")
    _check(name)
    if name in CUBES:
        return redox(rows, seed=seed, model=name)
    kind, _, which = name.partition(":")
    if kind == "chain":
        return coupled(int(which), max(8, rows // int(which) ** 2), seed=seed)
    if kind == "published":
        path = next(path for path in published() if path.stem == which)
        found = of_model(path, min(rows, MOST_PUBLISHED), seed=seed, end=LONGER.get(which, end))
        return replace(found, group="published")
    return of_model(name, rows, seed=seed, end=end)


def _check(name: str) -> None:
    """Refuse what is no case, before anything is computed."""
    kind, _, which = name.partition(":")
    if kind == "chain":
        if not which.isdigit() or int(which) < 1:
            raise DesignError(f"'{name}' is not chain:COPIES", hint="such as chain:4")
    elif kind == "published":
        known = [path.stem for path in published()]
        if which not in known:
            raise DesignError(f"there is no published model '{which}'", hint=nearest(which, known))
    elif name not in CUBES and not Path(name).is_file() and name not in catalog.models():
        known = [*CUBES, "published", "chain", *catalog.models()]
        raise DesignError(
            f"there is no case '{name}'",
            hint=nearest(name, known) or "redox, redox-core, published, chain, or a model file",
        )


def redox(rows: int, *, seed: int = 1, model: str = "redox") -> Case:
    """Auranofin x BSO x celecoxib on a shipped model: 48 h from undosed steady state, 49 times, 10 observables."""
    net = network.read(model)
    agents = {name: pharmacology.load_agent(name) for name in TOP_DOSES}
    for agent in agents.values():
        net = pharmacology.apply_agent(net, agent)
    net = at_rest(net)
    rng = np.random.default_rng(seed)
    columns = {
        agents[name].dose_species: np.where(rng.random(rows) < 0.1, 0.0, top * 10.0 ** rng.uniform(-3.0, 0.0, rows))
        for name, top in TOP_DOSES.items()
    }
    return _case(model, model, net, columns, np.linspace(0.0, 48.0 * HOURS, 49), OBSERVED, rows)


def coupled(copies: int, rows: int, *, seed: int = 1, model: str = "redox") -> Case:
    """A chain of copies of a shipped model; each copy's medium gets its own dose of hydrogen peroxide."""
    net = chain(at_rest(network.read(model)), copies)
    rng = np.random.default_rng(seed)
    columns = {f"c{number}_H2O2_x": TOP_BOLUS * 10.0 ** rng.uniform(-3.0, 0.0, rows) for number in range(1, copies + 1)}
    observe = tuple(f"c1_{name}" for name in OBSERVED)
    times = np.linspace(0.0, 48.0 * HOURS, 49)
    return _case(f"chain of {copies}", "chain", net, columns, times, observe, rows, {"copies": copies})


def of_model(source: str | Path, rows: int, *, seed: int = 1, end: float = 100.0) -> Case:
    """Any model: every constant and first value that is not zero is varied two-fold (1.4 times either way).

    51 times from 0 to ``end`` in the model's unit, up to 10 states.
    """
    net = network.read(source)
    path = Path(source)
    shipped = path.suffix not in (".xml", ".sbml", ".ant")
    system = equations.build(net)
    compiled = compile_system(system)
    y, p = compiled.initial()
    rng = np.random.default_rng(seed)
    sizes = {part.id for part in net.compartments}
    columns = {
        name: value * 2.0 ** rng.uniform(-0.5, 0.5, rows)
        for name, value in zip((*system.states, *system.constants), (*y.tolist(), *p.tolist()), strict=True)
        if name not in sizes and value != 0.0 and np.isfinite(value)
    }
    observe = system.states[:MOST_OBSERVED]
    if not observe:
        raise DesignError(f"'{source}' has no differential equations: nothing to measure")
    return _case(
        str(source) if shipped else path.stem, "file", net, columns, np.linspace(0.0, end, 51), observe, rows
    )  # fmt: skip


def at_rest(net: Network) -> Network:
    """The network with its undosed steady state as first values.

    Raises
    ------
    SolveError : there is none.
    """
    system = equations.build(net)
    names = (*system.states, *system.constants)
    rest = solve_batch(Batch(system=system, times=np.zeros(1), rows=1, observe=names, start="steady"))
    if not rest.status[0].ok:
        raise SolveError(f"'{net.id}' has no steady state to start from: {rest.messages.get(0, rest.status[0].value)}")
    given = np.concatenate(compile_system(system).initial())
    found = rest.values[0, :, 0]
    changed = {name: float(b) for name, a, b in zip(names, given, found, strict=True) if a != b}
    return network.set_values(net, changed)


def _case(
    name: str,
    group: str,
    net: Network,
    columns: Mapping[str, FloatArray],
    times: FloatArray,
    observe: Sequence[str],
    rows: int,
    facts: Mapping[str, float] | None = None,
) -> Case:
    began = clock.perf_counter()
    system = equations.build(net)
    compile_system(system)
    return Case(
        name=name, group=group, network=net, system=system, columns=columns, times=times, observe=tuple(observe),
        rows=rows, built=clock.perf_counter() - began,
        facts={"states": len(system.states), "reactions": len(net.reactions), **(facts or {})},
    )  # fmt: skip


__all__ = ["Case", "at_rest", "coupled", "find", "make", "of_model", "published", "redox"]
