"""The independent check: SUNDIALS CVODE through libRoadRunner, which reads the SBML itself.

It reads the original file where the network still equals it, else the SBML that ``network.write``
gives. Doses, events and switches are cut beforehand as for every solver; values at the start of a
piece are handed over, the equations are libRoadRunner's own.

An absolute tolerance per variable is always given, in the order of libRoadRunner's state vector
(rate rules before species): the tolerances it derives itself are assigned in another order, and
anew in every call. Its variables are amounts, so a tolerance on a concentration is multiplied by
the size of the compartment.

Loading a model takes libRoadRunner seconds (it compiles it), so loaded models are kept within the
process by their text. Nothing is left in them from one run to the next: before each piece every value
that can be set is set, to the piece's or, where that has none, to the one it had when it was loaded;
time, tolerances and first step too, and the integrator starts anew.
"""

from __future__ import annotations

import math
import os
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem, compile_system
from redoxsim.codegen.locks import own_lock
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import BuildError, Unsupported
from redoxsim.network.expr import Apply, Symbol
from redoxsim.network.parts import Network, Parameter, Participant, Reaction
from redoxsim.solve.driver import Piece, PieceResult
from redoxsim.solve.lsoda import first_step
from redoxsim.solve.segments import values_of
from redoxsim.solve.solution import Status

FloatArray = NDArray[np.float64]
_ONE_AT_A_TIME = own_lock()  # standard output and error are the process's

FAILURES: Mapping[str, Status] = {
    "CV_TOO_MUCH_WORK": Status.STEP_BUDGET,
    "CV_LSETUP_FAIL": Status.SINGULAR,
    "CV_LSOLVE_FAIL": Status.SINGULAR,
    "RHSFUNC": Status.NOT_A_NUMBER,
}
"""Words in libRoadRunner's messages; every other CVODE error means that the step became too small."""


def why_not_cvode() -> str | None:
    """None where libRoadRunner works, else why not."""
    try:
        import roadrunner  # noqa: F401
    except (ImportError, OSError) as error:
        return f"libRoadRunner cannot be imported ({error})"
    return None


class CvodeIntegrator:
    """Integrates pieces of one system with libRoadRunner."""

    name = "cvode"

    def __init__(self, system: OdeSystem) -> None:
        self.system = system
        self.compiled: CompiledSystem = compile_system(system)
        self._models: dict[tuple[bool, tuple[str, ...]], _Model] = {}

    def integrate(self, piece: Piece) -> PieceResult:
        """One smooth piece."""
        compiled, y = self.compiled, piece.y
        bound = compiled.bind(piece.p)
        slopes = np.array(bound.rhs(piece.start, y.tolist())) + (0.0 if piece.source is None else piece.source)
        missing = np.full((len(y), len(piece.times)), np.nan)
        if not np.all(np.isfinite(slopes)):
            return PieceResult(y=missing, last=y, reached=piece.start, status=Status.NOT_A_NUMBER)
        model = self._model(piece)
        sizes = sorted({name for name in self.system.sizes if name})
        size_of = dict(zip(sizes, values_of(compiled, sizes, piece.start, y, piece.p), strict=True)) if sizes else {}
        step = first_step(lambda t, y: slopes.tolist(), y, piece.start, piece.end, piece.rtol, piece.atol)
        return model.integrate(piece, size_of, step)

    def _model(self, piece: Piece) -> _Model:
        sources = (
            ()
            if piece.source is None
            else tuple(name for name, value in zip(self.system.states, piece.source, strict=True) if value)
        )
        written = bool(sources) or not _readable(self.system.network)
        key = (written, sources)
        if key not in self._models:
            self._models[key] = _loaded(self.system, written=written, sources=sources)
        if not written and not self._models[key].can_take(piece.p):
            key = (True, ())
            if key not in self._models:
                self._models[key] = _loaded(self.system, written=True, sources=())
        return self._models[key]


_LOADED: OrderedDict[tuple[str, str, tuple[str, ...]], _Model] = OrderedDict()
_MOST_LOADED = 8
_LOADING = own_lock()
_IN_USE = own_lock()  # a loaded model is one thread's at a time; no two run at once anyway


def _loaded(system: OdeSystem, *, written: bool, sources: tuple[str, ...]) -> _Model:
    """The loaded model of a system; the same one for the same text while it is among the latest few."""
    text = _text(system.network, written=written, sources=sources)
    key = (sha256(text.encode()).hexdigest(), system.key, sources)
    with _LOADING:
        if key not in _LOADED:
            _LOADED[key] = _Model(system, text, sources)
        _LOADED.move_to_end(key)
        while len(_LOADED) > _MOST_LOADED:
            _LOADED.popitem(last=False)
        return _LOADED[key]


def _readable(network: Network) -> bool:
    """Whether the original file can be given to libRoadRunner as it is: its events must not fire twice."""
    return network.source is not None and Path(network.source).suffix in (".xml", ".sbml") and not network.events


class _Model:
    """One loaded model: where its variables are, and how to set and read them."""

    def __init__(self, system: OdeSystem, text: str, sources: tuple[str, ...]) -> None:
        import roadrunner

        self.system = system
        self.sources = sources
        with quiet():
            try:
                self.rr: Any = roadrunner.RoadRunner(text)
            except RuntimeError as error:
                first_line = str(error).strip().splitlines()[0]
                raise Unsupported(f"libRoadRunner cannot load the model: {first_line}") from error
        model = self.rr.model
        self.where: dict[str, tuple[str, int]] = {}
        for kind, ids in (
            ("GlobalParameterValues", model.getGlobalParameterIds()),
            ("CompartmentVolumes", model.getCompartmentIds()),
            ("BoundarySpecies", model.getBoundarySpeciesIds()),
            ("FloatingSpecies", model.getFloatingSpeciesIds()),
        ):
            self.where |= {name: (kind, index) for index, name in enumerate(ids)}
        self.species = {part.id for part in system.network.species}
        self.amounts = {s for s in self.species if self._amount(s)}
        # its state vector: rate rules, then the floating species that no rule defines
        ruled = {rule.target for rule in system.network.rules}
        floating = [name for name in model.getFloatingSpeciesIds() if name not in ruled]
        self.order = [*(str(name) for name in model.getRateRuleSymbols()), *floating]
        unknown = set(self.order) - {*system.states, *system.constants, *system.definitions()}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise BuildError(f"libRoadRunner integrates {names}, which this model's equations do not know")
        absent = [name for name in system.states if name not in self.where]
        if absent:
            raise BuildError(f"libRoadRunner does not know {', '.join(absent)}")
        self.fixed = {name: self._given(name) for name in system.constants if name not in self.where}
        self.rr.timeCourseSelections = ["time", *(self._selection(name) for name in system.states)]
        self.rr.integrator.setValue("stiff", True)
        self.rr.integrator.setValue("variable_step_size", False)
        settable = {*system.states, *system.constants, *(_rate_id(name) for name in sources)} & self.where.keys()
        self.as_loaded = {name: float(self.rr.getValue(self._selection(name))) for name in sorted(settable)}

    def _amount(self, name: str) -> bool:
        part = next(s for s in self.system.network.species if s.id == name)
        homes = {c.id: c for c in self.system.network.compartments}
        return part.is_amount(homes[part.compartment])

    def _given(self, name: str) -> float:
        """The value of a constant that libRoadRunner keeps to itself (a local parameter)."""
        part = self.system.network.index()[name]
        value = part.value if isinstance(part, Parameter) else None
        return math.nan if value is None else value

    def _selection(self, name: str) -> str:
        return f"[{name}]" if name in self.species and name not in self.amounts else name

    def can_take(self, p: FloatArray) -> bool:
        """Whether every constant that cannot be set has the value it has in the file."""
        given = dict(zip(self.system.constants, p.tolist(), strict=True))
        return all(given[name] == value for name, value in self.fixed.items())

    def integrate(self, piece: Piece, size_of: Mapping[str, float], step: float) -> PieceResult:
        inside = piece.times[piece.times > piece.start]
        at_start = len(piece.times) - len(inside)
        out = np.full((len(piece.y), len(piece.times)), np.nan)
        out[:, :at_start] = piece.y[:, None]
        with _IN_USE:
            self._set_tolerances(piece, size_of, step)
            last, reached, status, got = self._simulate(piece, inside, piece.end)
            if not status.ok and (inside < reached).any():
                got = self._simulate(piece, inside[inside < reached], reached)[3]
        good = got[:, np.isfinite(got).all(axis=0).cumprod(dtype=bool)] if got.size else got
        out[:, at_start : at_start + good.shape[1]] = good
        if status.ok and not (np.all(np.isfinite(got)) and np.all(np.isfinite(last))):
            status = Status.NOT_A_NUMBER
        return PieceResult(y=out, last=last, reached=reached, status=status)

    def _simulate(self, piece: Piece, inside: FloatArray, end: float) -> tuple[FloatArray, float, Status, FloatArray]:
        """(state at the end, time reached, status, states (n, k) at the times inside)."""
        times = [piece.start, *inside.tolist()]
        if times[-1] < end:
            times.append(end)
        with quiet():
            self._set_state(piece)
            try:
                table = np.array(self.rr.simulate(times=times), dtype=np.float64)
            except RuntimeError as error:
                reached = min(max(float(self.rr.model.getTime()), piece.start), piece.end)
                values = np.array(self.rr.getSelectedValues(), dtype=np.float64)[1:]
                values = np.where(np.isfinite(values), values, piece.y)
                return values, reached, _status(str(error)), np.empty((len(piece.y), 0))
        return table[-1, 1:].copy(), end, Status.OK, table[1 : 1 + len(inside), 1:].T

    def _set_tolerances(self, piece: Piece, size_of: Mapping[str, float], step: float) -> None:
        tolerance = {
            name: float(value) * (1.0 if size is None else abs(size_of[size]) or 1.0)
            for name, value, size in zip(self.system.states, piece.atol, self.system.sizes, strict=True)
        }
        # libRoadRunner's state vector also holds constant species: any tolerance does for those
        integrator = self.rr.integrator
        integrator.setValue("relative_tolerance", piece.rtol)
        integrator.setValue("absolute_tolerance", [tolerance.get(name, 1.0) for name in self.order])
        integrator.setValue("maximum_num_steps", max(piece.steps_left, 1))
        integrator.setValue("initial_time_step", step)

    def _set_state(self, piece: Piece) -> None:
        given = dict(zip(self.system.constants, piece.p.tolist(), strict=True))
        given |= dict(zip(self.system.states, piece.y.tolist(), strict=True))
        if piece.source is not None:
            given |= {_rate_id(n): float(piece.source[self.system.states.index(n)]) for n in self.sources}
        # a value that is not a number (of something not in use) may still hold that of another run
        values = self.as_loaded | {name: value for name, value in given.items() if math.isfinite(value)}
        groups: dict[str, tuple[list[int], list[float]]] = {}
        for name, value in values.items():
            if name in self.where and math.isfinite(value):
                kind, index = self.where[name]
                if name in self.species:
                    kind += "Amounts" if name in self.amounts else "Concentrations"
                indices, numbers = groups.setdefault(kind, ([], []))
                indices.append(index)
                numbers.append(value)
        model = self.rr.model
        model.setTime(piece.start)
        # sizes first: they turn concentrations into the amounts that are kept
        for kind in sorted(
            groups, key=lambda kind: (kind != "GlobalParameterValues", kind != "CompartmentVolumes", kind)
        ):
            if kind == "BoundarySpeciesAmounts":
                # boundary amounts have no setter of their own
                for index, number in zip(*groups[kind], strict=True):
                    self.rr.setValue(model.getBoundarySpeciesIds()[index], number)
            else:
                getattr(model, f"set{kind}")(*groups[kind])


def _status(message: str) -> Status:
    return next((status for word, status in FAILURES.items() if word in message), Status.STEP_TOO_SMALL)


def _rate_id(state: str) -> str:
    return f"infuse__{state}"


def _text(network: Network, *, written: bool, sources: tuple[str, ...]) -> str:
    if not written:
        return Path(str(network.source)).read_text(encoding="utf-8")
    from redoxsim.network import write

    return str(write(replace(_with_sources(network, sources), events=(), source=None)))


def _with_sources(network: Network, sources: tuple[str, ...]) -> Network:
    """The network with a constant source, named after it, for some states."""
    species = {part.id: part for part in network.species}
    homes = {part.id: part for part in network.compartments}
    ruled = {rule.target for rule in network.rules if rule.kind == "rate"}
    parameters = tuple(Parameter(id=_rate_id(name), value=0.0) for name in sources)
    reactions, rules = [], list(network.rules)
    for name in sources:
        rate = Symbol(_rate_id(name))
        if name in ruled:
            rules = [
                replace(r, expr=Apply("add", (r.expr, rate))) if r.target == name and r.kind == "rate" else r
                for r in rules
            ]
            continue
        part = species[name]
        extent = rate if part.is_amount(homes[part.compartment]) else Apply("mul", (rate, Symbol(part.compartment)))
        reactions.append(
            Reaction(
                id=f"{_rate_id(name)}__reaction", products=(Participant(species=name),), rate=extent, reversible=False
            )
        )
    return replace(
        network,
        parameters=(*network.parameters, *parameters),
        reactions=(*network.reactions, *reactions),
        rules=tuple(rules),
        source=None,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing from libRoadRunner and CVODE on standard output or error: what matters is an exception."""
    import roadrunner

    with _ONE_AT_A_TIME, ExitStack() as undo:
        undo.callback(roadrunner.Logger.setLevel, roadrunner.Logger.getLevel())
        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
            try:
                stream.flush()
                saved = os.dup(descriptor)
                sink = os.open(os.devnull, os.O_WRONLY)
            except (OSError, ValueError, AttributeError):  # closed, or not there at all
                continue
            undo.callback(os.close, saved)
            undo.callback(os.dup2, saved, descriptor)
            os.dup2(sink, descriptor)
            os.close(sink)
        yield
