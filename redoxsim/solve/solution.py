"""What a solver gives back. Shapes never depend on how many were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from typing import TYPE_CHECKING, ClassVar, overload

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import compile_system
from redoxsim.equations.labels import unit_label, unit_word
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, nearest
from redoxsim.network.parts import Species
from redoxsim.solve.problem import Problem, Restart

if TYPE_CHECKING:
    import pandas as pd

    from redoxsim.solve.diagnose import Report
    from redoxsim.solve.steady import SteadyState

FloatArray = NDArray[np.float64]


class Status(Enum):
    """How a solve ended; the value is the sentence to show."""

    OK = "solved to the end"
    STEP_BUDGET = "the step budget ran out"
    STEP_TOO_SMALL = "the step became too small: the model may blow up or be discontinuous here"
    NOT_A_NUMBER = "a rate became not-a-number or infinite"
    SINGULAR = "the linear system of a step is singular"
    NO_STEADY_STATE = "no undosed steady state was found to start from"
    INTERRUPTED = "interrupted"

    @property
    def ok(self) -> bool:
        return self is Status.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What a solve cost."""

    solver: str = ""
    steps: int = 0
    rejected: int = 0
    rhs: int = 0
    jacobians: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowStats(Sequence[Stats]):
    """What the rows of a batch cost, made when asked for: a million rows would need a gigabyte of :class:`Stats`.

    ``steps``, ``rejected`` (N,) and ``seconds`` (N,) by row, of ``solver``; ``others`` replace single rows.
    """

    solver: str
    steps: NDArray[np.int64]
    rejected: NDArray[np.int64]
    seconds: FloatArray
    others: Mapping[int, Stats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Stats: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Stats, ...]: ...
    def __getitem__(self, index: int | slice) -> Stats | tuple[Stats, ...]:
        if isinstance(index, slice):
            return tuple(self[row] for row in range(*index.indices(len(self))))
        row = index + len(self) if index < 0 else index
        if not 0 <= row < len(self):
            raise IndexError(f"there are {len(self)} rows, not {index}")
        if row in self.others:
            return self.others[row]
        steps = int(self.steps[row])
        return Stats(
            solver=self.solver, steps=steps, rejected=int(self.rejected[row]), jacobians=steps,
            seconds=float(self.seconds[row]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """Output times ``first`` to before ``last`` share the constants ``p`` (m,)."""

    first: int
    last: int
    p: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """One solved simulation.

    Attributes
    ----------
    system, problem : what was solved.
    status : how it ended.
    times : output times (T,), model time units.
    y : states at those times, shape (n, T); after a failure not-a-number.
    p : constants at the start of the simulation, shape (m,).
    spans : constants by stretches of output times, where events or doses change them.
    stats : what it cost.
    atol : absolute tolerance of each state as it was used, shape (n,).
    end : where it stopped, for :meth:`Problem.restart_from`; None if it never began.
    report : why it failed, None if it did not.
    warnings : what a reader must know of, such as species below zero beyond tolerance.
    steady : the steady state it started from, if it did.
    """

    system: OdeSystem
    problem: Problem
    status: Status
    times: FloatArray
    y: FloatArray
    p: FloatArray
    spans: tuple[Span, ...]
    stats: Stats
    atol: FloatArray
    end: Restart | None = None
    report: Report | None = None
    warnings: tuple[str, ...] = ()
    steady: SteadyState | None = None

    def __repr__(self) -> str:
        sizes = f"{len(self.system.states)} states, {len(self.times)} times"
        return f"<Solution {self.system.network.id}: {sizes}; {self.status.value}, {self.stats.solver}>"

    def values(self, names: Sequence[str]) -> FloatArray:
        """SBML values of symbols over time, shape (len(names), T).

        A species is its concentration, or its amount where it has only substance units; a reaction
        is its extent per time; parameters, compartments and species references are their values.
        """
        compiled = compile_system(self.system)
        out = np.empty((len(names), len(self.times)))
        for span in self.spans:
            part = slice(span.first, span.last)
            out[:, part] = compiled.outputs(names, self.times[part], self.y[:, part], span.p)
            out[:, part][:, ~np.isfinite(self.y[:, part]).all(axis=0)] = np.nan
        return out

    def __getitem__(self, name: str) -> FloatArray:
        """SBML value of one symbol over time, shape (T,)."""
        out: FloatArray = self.values([name])[0]
        return out

    def __contains__(self, name: object) -> bool:
        """Whether the model has such a symbol, so that :meth:`__getitem__` has its values."""
        system = self.system
        return name in system.states or name in system.constants or name in system.definitions()

    __iter__: ClassVar[None] = None
    """Symbols by name, no sequence of them."""

    def concentration(self, species: str) -> FloatArray:
        """Concentration of a species over time (T,): amount over the size of its compartment."""
        part = self._species(species)
        value, size = self.values([species, part.compartment])
        out: FloatArray = value / size if self._is_amount(part) else value
        return out

    def amount(self, species: str) -> FloatArray:
        """Amount of a species over time (T,): concentration times the size of its compartment."""
        part = self._species(species)
        value, size = self.values([species, part.compartment])
        out: FloatArray = value if self._is_amount(part) else value * size
        return out

    def _species(self, name: str) -> Species:
        known = {part.id: part for part in self.system.network.species}
        if name not in known:
            raise DesignError(f"the model has no species '{name}'", hint=nearest(name, known))
        return known[name]

    def _is_amount(self, species: Species) -> bool:
        homes = {part.id: part for part in self.system.network.compartments}
        return species.is_amount(homes[species.compartment])

    def to_dataframe(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """A table: time and symbols (all states and assigned ids unless named), units in the heads."""
        import pandas as pd

        chosen = (
            list(names) if names is not None else [*self.system.states, *(name for name, _ in self.system.assigned)]
        )
        network = self.system.network
        columns = {_head("time", unit_word(network, network.time_unit)): self.times}
        for name, row in zip(chosen, self.values(chosen), strict=True):
            columns[_head(name, unit_label(network, name))] = row
        return pd.DataFrame(columns)

    def _repr_html_(self) -> str:
        title = escape(self.system.network.name or self.system.network.id)
        span = f"{self.times[0]:g} to {self.times[-1]:g} {escape(self.system.network.time_unit or '')}".rstrip()
        lines = [
            f"<b>{title}</b>: {escape(self.status.value)}",
            f"{len(self.system.states)} states, {len(self.times)} times, {span}",
            f"solver {escape(self.stats.solver)}, {self.stats.steps} steps, {self.stats.seconds * 1e3:.1f} ms",
            *(escape(text) for text in self.warnings),
        ]
        if self.report is not None:
            lines.append(f"<pre>{escape(str(self.report))}</pre>")
        return "<div>" + "<br>".join(lines) + "</div>"


def _head(name: str, unit: str | None) -> str:
    return f"{name} [{unit}]" if unit else name


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchSolution:
    """Results of a batch.

    ``values`` has shape (N, K, T): rows, observed symbols, times; rows that failed hold
    not-a-number from the failure on and say why in ``status`` and ``messages``. ``reduced`` (N, Q) are
    the batch's reductions, not-a-number in rows that failed.
    """

    observe: tuple[str, ...]
    times: FloatArray
    values: FloatArray
    status: tuple[Status, ...]
    stats: Sequence[Stats]
    messages: Mapping[int, str] = field(default_factory=dict)
    reduced: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Per row: solved to the end; shape (N,)."""
        return np.array([status.ok for status in self.status], dtype=bool)
