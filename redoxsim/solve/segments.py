"""Doses, events and switches cut a run into smooth segments, once, for every solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import DesignError, Unsupported, Where, nearest
from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import symbols
from redoxsim.network.parts import Event, Species
from redoxsim.solve.schedule import Dose, Schedule
from redoxsim.solve.switches import switch_times

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """An instant at which something jumps: events first, then doses in the order of the schedule."""

    time: float
    events: tuple[Event, ...] = ()
    doses: tuple[Dose, ...] = ()


def check_schedule(system: OdeSystem, schedule: Schedule) -> None:
    """Refuse doses of things that cannot be dosed.

    Raises
    ------
    DesignError : an unknown target, or one that the action cannot change.
    """
    known = {*system.states, *system.constants}
    compartments = {part.id for part in system.network.compartments}
    ruled = {rule.target for rule in system.network.rules}
    held = {s.id for s in system.network.species if (s.boundary or s.constant) and s.id not in ruled}
    for dose in schedule.doses:
        wanted = compartments if dose.action == "wash" else known
        if dose.target not in wanted:
            if dose.target in system.definitions():
                raise DesignError(f"'{dose.target}' is computed by the model and cannot be dosed")
            kind = "compartment to wash" if dose.action == "wash" else "species or parameter to dose"
            raise DesignError(f"the model has no {kind} named '{dose.target}'", hint=nearest(dose.target, wanted))
        if dose.action == "infuse" and dose.target in held | (known - set(system.states)):
            raise DesignError(f"'{dose.target}' is held constant by the model and cannot be infused; set it instead")


def find_cuts(
    compiled: CompiledSystem,
    schedule: Schedule,
    y: FloatArray,
    p: FloatArray,
    start: float,
    end: float,
    *,
    going_on: bool = False,
    switches: Sequence[float] | None = None,
) -> tuple[Cut, ...]:
    """All cuts with start <= time <= end, in order, ``start`` and ``end`` among them.

    What is due at ``start`` or before happens at ``start``, unless ``going_on`` says that it has
    happened. An event with ``time > T`` comes a rounding error after T, so that output at T itself
    shows what was before. ``switches`` are :func:`switch_times` where they are known.

    Raises
    ------
    Unsupported : the time of an event depends on something that changes.
    """
    system = compiled.system
    doses: dict[float, list[Dose]] = {start: [], end: []}
    for dose in schedule.doses:
        if (start < dose.time if going_on else start <= dose.time) and dose.time <= end:
            doses.setdefault(dose.time, []).append(dose)
        if dose.until is not None and start < dose.until < end:
            doses.setdefault(dose.until, [])
    events: dict[float, list[Event]] = {}
    for event in system.network.events:
        time = _event_time(compiled, event, schedule, y, p, start)
        if not going_on:
            time = max(time, start)
        if not event.inclusive:
            time = float(np.nextafter(time, np.inf))
        if time <= end and (time > start or not going_on):
            events.setdefault(time, []).append(event)
    jumps = switch_times(compiled, p, start, end) if switches is None else switches
    times = sorted({*doses, *events, *jumps})
    return tuple(Cut(time=t, events=tuple(events.get(t, ())), doses=tuple(doses.get(t, ()))) for t in times)


def _event_time(
    compiled: CompiledSystem, event: Event, schedule: Schedule, y: FloatArray, p: FloatArray, start: float
) -> float:
    system = compiled.system
    names = sorted(symbols(event.time))
    changing = {target for other in system.network.events for target, _ in other.assignments}
    changing |= {dose.target for dose in schedule.doses}
    for name in names:
        if name not in system.constants or name in changing:
            raise Unsupported(
                f"the time of event '{event.id}' depends on '{name}', which changes",
                where=Where(system.network.source, event.line, event.id),
            )
    return evaluate(event.time, dict(zip(names, values_of(compiled, names, start, y, p), strict=True)), start)


def values_of(compiled: CompiledSystem, names: Sequence[str], time: float, y: FloatArray, p: FloatArray) -> list[float]:
    """Values of symbols at one instant."""
    return [float(row[0]) for row in compiled.outputs(names, np.array([time]), y[:, None], p)]


class Jumps:
    """Applies cuts to states and constants; knows what the simulation started from."""

    def __init__(self, compiled: CompiledSystem, origin_y: FloatArray, origin_p: FloatArray) -> None:
        self.compiled = compiled
        self.system = compiled.system
        self.origin = self._table(origin_y, origin_p)
        self.state = self.system.state_index()
        self.constant = {name: index for index, name in enumerate(self.system.constants)}
        network = self.system.network
        states, constants = set(self.system.states), set(self.system.constants)
        concentrations = {name for name, size in zip(self.system.states, self.system.sizes, strict=True) if size}
        self.contents: dict[str, list[Species]] = {part.id: [] for part in network.compartments}
        self.species = {part.id for part in network.species}
        for species in network.species:
            amount = species.only_substance or species.id not in states | constants
            if not amount and (species.id in constants or species.id in concentrations):
                self.contents[species.compartment].append(species)
        assigned = {name for name, _ in self.system.assigned}
        # a switch in the rule of a compartment may move its size at any cut
        self._jumping = any(held and name in assigned for name, held in self.contents.items())

    def _table(self, y: FloatArray, p: FloatArray) -> dict[str, float]:
        return dict(zip(self.system.states, y.tolist(), strict=True)) | dict(
            zip(self.system.constants, p.tolist(), strict=True)
        )

    def apply(self, cut: Cut, y: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """States and constants just after a cut; the arrays given are left alone.

        Events come first, all with values from just before. Where a compartment changes size, what
        it holds keeps its amount, also what the same event has just set.
        """
        before = cut.time - 4.0 * float(np.spacing(abs(cut.time)))
        y, p = y.copy(), p.copy()
        if cut.events or self._jumping:
            old = self._sizes(before, y, p)
            changes: dict[str, float] = {}
            for event in cut.events:
                changes |= self._event(event, before, y, p)
            self._put(changes, y, p)
            self._rescale(old, self._sizes(cut.time, y, p), y, p)
        for dose in cut.doses:
            sized = dose.target not in self.species and dose.action in ("set", "add")
            old = self._sizes(cut.time, y, p) if sized else {}
            self._put(self._dose(dose, self._table(y, p)), y, p)
            if sized:
                self._rescale(old, self._sizes(cut.time, y, p), y, p)
        return y, p

    def _put(self, changes: Mapping[str, float], y: FloatArray, p: FloatArray) -> None:
        for name, value in changes.items():
            if name in self.state:
                y[self.state[name]] = value
            else:
                p[self.constant[name]] = value

    def _event(self, event: Event, time: float, y: FloatArray, p: FloatArray) -> dict[str, float]:
        """New values, all computed from those just before."""
        changes = {}
        for target, expr in event.assignments:
            if target not in self.state and target not in self.constant:
                raise Unsupported(
                    f"event '{event.id}' assigns '{target}', which a rule defines",
                    where=Where(self.system.network.source, event.line, event.id),
                )
            names = sorted(symbols(expr))
            values = dict(zip(names, values_of(self.compiled, names, time, y, p), strict=True))
            changes[target] = evaluate(expr, values, time)
        return changes

    def _dose(self, dose: Dose, table: Mapping[str, float]) -> dict[str, float]:
        if dose.action == "set":
            return {dose.target: dose.amount}
        if dose.action == "add":
            return {dose.target: table[dose.target] + dose.amount}
        if dose.action == "wash":
            return {
                s.id: self.origin[s.id]
                for s in self.system.network.species
                if s.compartment == dose.target and not s.constant and s.id in self.origin
            }
        return {}

    # --- compartments whose size jumps keep the amounts of what they hold

    def _sizes(self, time: float, y: FloatArray, p: FloatArray) -> dict[str, float]:
        names = [name for name, held in self.contents.items() if held]
        return dict(zip(names, values_of(self.compiled, names, time, y, p), strict=True)) if names else {}

    def _rescale(self, old: Mapping[str, float], new: Mapping[str, float], y: FloatArray, p: FloatArray) -> None:
        for name, size in new.items():
            # a size that only drifted over the last rounding error of time has not jumped
            if abs(size - old[name]) <= 1e-9 * abs(old[name]):
                continue
            for species in self.contents[name]:
                if species.id in self.state:
                    y[self.state[species.id]] *= old[name] / size
                else:
                    p[self.constant[species.id]] *= old[name] / size


def infusion(system: OdeSystem, schedule: Schedule, time: float) -> FloatArray | None:
    """Constant sources in force from ``time`` on, shape (n,), per state and time; None where there is none."""
    running = [d for d in schedule.doses if d.action == "infuse" and d.until is not None and d.time <= time < d.until]
    if not running:
        return None
    source = np.zeros(len(system.states))
    for dose in running:
        source[system.states.index(dose.target)] += dose.amount
    return source
