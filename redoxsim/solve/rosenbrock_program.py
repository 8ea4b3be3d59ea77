"""Schedules, events and switches as the tables that the batch kernel reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.codegen.llvm.driver import ADD, COPY, EVENTS, KEEP, PACK, RESTORE, SCALE, SET
from redoxsim.codegen.llvm.run import Segments
from redoxsim.equations.system import OdeSystem
from redoxsim.network.expr import symbols
from redoxsim.solve.schedule import Dose, Schedule
from redoxsim.solve.segments import Cut, Jumps, check_schedule, find_cuts, infusion
from redoxsim.solve.switches import switch_times_rows

FloatArray = NDArray[np.float64]
Operation = tuple[int, int, float]


def why_not(compiled: CompiledSystem, schedules: Sequence[Schedule]) -> str | None:
    """What the kernel cannot do of a system and its schedules, or None.

    A compartment whose size jumps keeps the amounts of what it holds. The kernel does that where the
    size is set by an event or dose, not where a rule computes it.
    """
    system = compiled.system
    network = system.network
    changed = {target for event in network.events for target, _ in event.assignments}
    changed |= {d.target for schedule in schedules for d in schedule.doses if d.action in ("add", "set")}
    known = {*system.states, *system.constants}
    for event in network.events:
        for target, _ in event.assignments:
            if target not in known:
                return f"event '{event.id}' assigns '{target}', which a rule defines"
    definitions, assigned = system.definitions(), dict(system.assigned)
    for part in network.compartments:
        if part.id in assigned and any(species.compartment == part.id for species in network.species):
            below = symbols(definitions[part.id])
            if any(compiled.time_switches) or below & changed or below & definitions.keys():
                return f"the size of compartment '{part.id}', which a rule computes, may jump"
    return None


def infused_states(system: OdeSystem, schedules: Sequence[Schedule]) -> tuple[int, ...]:
    """Indices of states that any schedule infuses, increasing."""
    position = system.state_index()
    return tuple(
        sorted(
            {position[d.target] for s in schedules for d in s.doses if d.action == "infuse" and d.target in position}
        )
    )


@dataclass
class _Tables:
    stop: list[float] = field(default_factory=list)
    upto: list[int] = field(default_factory=list)
    from_op: list[int] = field(default_factory=list)
    to_op: list[int] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)


class Programs:
    """Writes the segments of rows; rows with the same cuts share them.

    Parameters
    ----------
    compiled : the system.
    schedules : all schedules of the batch.
    times : output times (T,).
    """

    def __init__(self, compiled: CompiledSystem, schedules: Sequence[Schedule], times: FloatArray) -> None:
        self.compiled, self.schedules, self.times = compiled, schedules, times
        self.system = compiled.system
        self.infused = infused_states(self.system, schedules)
        self.slot = {name: i for i, name in enumerate((*self.system.states, *self.system.constants))}
        self.events = {
            pair: index
            for index, pair in enumerate(
                (e.id, target) for e in self.system.network.events for target, _ in e.assignments
            )
        }
        self.contents = Jumps(compiled, *_zeros(compiled)).contents
        self._sizes = {self.slot[name] for name, held in self.contents.items() if held and name in self.slot}
        # only these and switches let the cuts of two rows with one schedule differ
        self.by_row = bool(self.system.network.events)
        kinds = {(dose.action, dose.target): dose for schedule in schedules for dose in schedule.doses}
        check_schedule(self.system, Schedule(tuple(kinds.values())))  # of thousands of schedules few kinds of dose
        self._starts = np.array([min(s.start(), float(self.times[0])) for s in schedules])

    def starts(self) -> FloatArray:
        """When the simulation begins, per schedule."""
        return self._starts

    def segments(self, which: NDArray[np.intp], y: FloatArray, p: FloatArray) -> Segments:
        """Tables for rows with schedules ``which`` (R,), first states y (R, n) and constants p (R, m)."""
        starts = self.starts()
        tables = _Tables()
        known: dict[tuple[int, tuple[float, ...], bytes], tuple[int, int]] = {}
        first, end = np.empty(len(which), dtype=np.int64), np.empty(len(which), dtype=np.int64)
        switches = self._switches(starts[which], p)
        for row, index in enumerate(which.tolist()):
            key = (index, switches[row], p[row].tobytes() if self.by_row else b"")
            if key not in known:
                begin = len(tables.stop)
                self._write(tables, self.schedules[index], float(starts[index]), y[row], p[row], switches=switches[row])
                known[key] = (begin, len(tables.stop))
            first[row], end[row] = known[key]
        return _segments(tables, first, end)

    def _switches(self, starts: FloatArray, p: FloatArray) -> list[tuple[float, ...]]:
        """Instants at which the equations of each row jump by themselves."""
        found: list[tuple[float, ...]] = [()] * len(p)
        if not any(self.compiled.time_switches):
            return found
        for start in np.unique(starts).tolist():
            rows = np.flatnonzero(starts == start)
            times = switch_times_rows(self.compiled, p[rows], start, float(self.times[-1]))
            for row, own in zip(rows.tolist(), times, strict=True):
                found[row] = own
        return found

    def resumed(self, time: float, y: FloatArray, p: FloatArray) -> Segments:
        """Tables for one row that goes on at ``time`` with states y (n,) and constants p (m,)."""
        tables = _Tables()
        self._write(tables, self.schedules[0], time, y, p, going_on=True)
        return _segments(tables, np.zeros(1, dtype=np.int64), np.full(1, len(tables.stop), dtype=np.int64))

    def _write(
        self,
        tables: _Tables,
        schedule: Schedule,
        start: float,
        y: FloatArray,
        p: FloatArray,
        *,
        going_on: bool = False,
        switches: Sequence[float] | None = None,
    ) -> None:
        end = float(self.times[-1])
        cuts = find_cuts(self.compiled, schedule, y, p, start, end, going_on=going_on, switches=switches)
        running: dict[int, float] = dict.fromkeys(self.infused, 0.0)
        for number, cut in enumerate(cuts):
            last = number + 1 == len(cuts)
            stop = cut.time if last else cuts[number + 1].time
            upto = len(self.times) if last else int(np.searchsorted(self.times, stop, side="left"))
            tables.from_op.append(len(tables.operations))
            if going_on and number == 0:
                # what a wash goes back to is where the simulation began, not where it goes on
                tables.operations += [(SET, slot, value) for slot, value in enumerate((*y.tolist(), *p.tolist()))]
            tables.operations += self._jumps(cut)
            sources = infusion(self.system, schedule, cut.time) if self.infused else None
            for place, state in enumerate(self.infused):
                value = 0.0 if sources is None else float(sources[state])
                if value != running[state]:
                    tables.operations.append((SET, len(self.slot) + place, value))
                    running[state] = value
            tables.to_op.append(len(tables.operations))
            tables.stop.append(stop)
            tables.upto.append(upto)

    def _jumps(self, cut: Cut) -> list[Operation]:
        """Events with values from just before, then doses one by one; what a compartment holds keeps its amount."""
        found: list[Operation] = []
        if cut.events:
            copies = [
                (COPY, self.slot[target], float(self.events[event.id, target]))
                for event in cut.events
                for target, _ in event.assignments
            ]
            before = cut.time - 4.0 * float(np.spacing(abs(cut.time)))
            found += self._resized([(EVENTS, 0, before), *copies], {slot for _, slot, _ in copies})
        for dose in cut.doses:
            found += self._resized(self._dose(dose), {self.slot.get(dose.target, -1)})
        return found

    def _resized(self, operations: list[Operation], changed: set[int]) -> list[Operation]:
        """Operations with the contents of compartments among the changed slots scaled by what these change."""
        if changed.isdisjoint(self._sizes):
            return operations
        keep: list[Operation] = []
        scale: list[Operation] = []
        for index, (name, held) in enumerate(self.contents.items()):
            if held and self.slot.get(name) in changed:
                kept = len(self.events) + index
                keep.append((KEEP, self.slot[name], float(kept)))
                scale += [(SCALE, self.slot[s.id], float(kept * PACK + self.slot[name])) for s in held]
        return keep + operations + scale

    def _dose(self, dose: Dose) -> list[Operation]:
        if dose.action == "set":
            return [(SET, self.slot[dose.target], dose.amount)]
        if dose.action == "add":
            return [(ADD, self.slot[dose.target], dose.amount)]
        if dose.action == "wash":
            return [
                (RESTORE, self.slot[s.id], 0.0)
                for s in self.system.network.species
                if s.compartment == dose.target and not s.constant and s.id in self.slot
            ]
        return []


def _zeros(compiled: CompiledSystem) -> tuple[FloatArray, FloatArray]:
    """States and constants of the right shapes."""
    return np.zeros(len(compiled.system.states)), np.zeros(len(compiled.system.constants))


def _segments(tables: _Tables, first: NDArray[np.int64], end: NDArray[np.int64]) -> Segments:
    operations = tables.operations
    return Segments(
        first=first, end=end, stop=np.array(tables.stop), upto=np.array(tables.upto, dtype=np.int64),
        from_op=np.array(tables.from_op, dtype=np.int64), to_op=np.array(tables.to_op, dtype=np.int64),
        op=np.array([o[0] for o in operations], dtype=np.int64),
        op_slot=np.array([o[1] for o in operations], dtype=np.int64),
        op_value=np.array([o[2] for o in operations], dtype=np.float64),
    )  # fmt: skip
