"""A model at a glance: time scales, conserved totals, its rest beside its targets, how well its constants are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from redoxsim import equations, solve
from redoxsim.codegen import CompiledSystem, compile_system
from redoxsim.equations.labels import unit_label
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import SolveError
from redoxsim.network.expr import Apply, Expr, Number, Symbol
from redoxsim.network.parts import Network
from redoxsim.study.metadata import Constant, Target

BANDS = ((1.0, "below 1 s"), (3600.0, "1 s to 1 h"), (float("inf"), "above 1 h"))
NOT_MEASURED = ("definition", "boundary")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTarget:
    """A target and the model's value at rest."""

    target: Target
    value: float
    unit: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the value is inside."""
        return self.target.low <= self.value <= self.target.high

    def __str__(self) -> str:
        off = "" if self.holds else ", OUTSIDE"
        band = f"{self.target.low:g} to {self.target.high:g}"
        unit = f" {self.unit}" if self.unit and self.unit != "dimensionless" else ""
        return f"{self.target.id} {self.value:.4g}{unit} ({band}{off}; {self.target.source})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How fast the model comes back: seconds, and the state that takes the largest part in it."""

    seconds: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """``modes`` from the fastest to the slowest; ``totals`` as sums in words; ``states`` without counters of cells."""

    states: int
    modes: tuple[Mode, ...]
    totals: tuple[str, ...]
    targets: tuple[AtTarget, ...]
    amounts: tuple[tuple[str, float | None, str | None], ...] = ()
    """Each total with its size at rest and the unit; None where its species lie in several compartments."""

    @property
    def time_scales(self) -> str:
        """The fastest and slowest mode, and how many lie in each band."""
        if not self.modes:
            return ""
        fast, slow = self.modes[0], self.modes[-1]
        counts, low = [], 0.0
        for high, what in BANDS:
            counts.append(f"{sum(low <= one.seconds < high for one in self.modes)} {what}")
            low = high
        if len(self.modes) == 1:
            return f"{duration(fast.seconds)} ({fast.state})"
        return (
            f"{duration(fast.seconds)} ({fast.state}) to {duration(slow.seconds)} ({slow.state}); {', '.join(counts)}"
        )


def portrait(network: Network, targets: Sequence[Target] = ()) -> Portrait:
    """The portrait of a network whose time is in seconds, at its undosed steady state.

    Raises
    ------
    SolveError : no steady state was found.
    """
    system = equations.build(network)
    rest = solve.steady(solve.Problem(system=system, times=np.zeros(1)))
    if not rest.status.ok:
        raise SolveError(f"no undosed steady state of '{network.id}': {rest.message or rest.status.value}")
    compiled = compile_system(system)
    names = [one.id for one in targets]
    values: Sequence[float] = []
    if names:
        values = compiled.outputs(names, np.zeros(1), rest.y[:, None], rest.p)[:, 0].tolist()
    kept_totals = totals(network, system)
    sizes = _sizes(network, kept_totals, compiled, rest)
    counters = {one.id for one in network.species if one.compartment == "population"}
    kept = [place for place, name in enumerate(system.states) if name not in counters]
    jacobian = np.asarray(compiled.jac(0.0, rest.y, rest.p))[np.ix_(kept, kept)]
    return Portrait(
        states=len(kept),
        modes=modes(jacobian, [system.states[place] for place in kept]),
        totals=tuple(kept_totals),
        amounts=tuple(sizes),
        targets=tuple(
            AtTarget(target=one, value=value, unit=unit_label(network, one.id))
            for one, value in zip(targets, values, strict=True)
        ),
    )


def modes(jacobian: np.ndarray, states: Sequence[str]) -> tuple[Mode, ...]:
    """Relaxation times of a Jacobian (per second), fastest first; what does not relax is left out.

    A mode is named after the state with the largest participation factor (right times left eigenvector).
    """
    from scipy.linalg import eig

    if not len(states):
        return ()
    values, left, right = eig(jacobian, left=True, right=True)
    largest = float(np.max(np.abs(values)))
    found = []
    for place, value in enumerate(values):
        if value.real < -1e-12 * largest:
            part = np.abs(left[:, place] * right[:, place])
            found.append(Mode(seconds=-1.0 / value.real, state=states[int(np.argmax(part))]))
    return tuple(sorted(found, key=lambda one: one.seconds))


def totals(network: Network, system: OdeSystem) -> list[str]:
    """Conserved totals: those that rules keep (``A := total - B``) and those that no reaction changes."""
    species = {one.id for one in network.species}
    found = []
    for rule in network.rules:
        if rule.kind == "assignment" and rule.target in species:
            parts = [rule.target, *_taken_away(rule.expr)]
            if len(parts) > 1 and all(part.split("*")[-1] in species for part in parts):
                found.append(" + ".join(parts))
    return found + [
        " + ".join(name if factor == 1 else f"{factor:g}*{name}" for name, factor in one.terms)
        for one in system.moieties
        if len(one.terms) > 1
    ]


def _sizes(
    network: Network, found: Sequence[str], compiled: CompiledSystem, rest: solve.SteadyState
) -> list[tuple[str, float | None, str | None]]:
    """Totals in words with their sizes at rest."""
    species = {one.id: one for one in network.species}
    made: list[tuple[str, float | None, str | None]] = []
    for text in found:
        terms = [part.rpartition("*") for part in text.split(" + ")]
        names = [name for *_, name in terms]
        if len({species[name].compartment for name in names}) > 1:
            made.append((text, None, None))
            continue
        values = compiled.outputs(names, np.zeros(1), rest.y[:, None], rest.p)[:, 0].tolist()
        size = sum(float(factor or 1.0) * value for (factor, *_), value in zip(terms, values, strict=True))
        made.append((text, float(f"{size:.6g}"), unit_label(network, names[0])))
    return made


def _taken_away(expr: Expr) -> list[str]:
    """What a difference takes away, term by term; empty where it is no plain difference.

    ``total*max(pool - B/total, 0)``, a difference that is never below nothing, takes ``B`` away.
    """
    match expr:
        case Apply(
            op="mul", args=(Symbol(id=total), Apply(op="max", args=(Apply(op="sub", args=(_, part)), Number())))
        ):
            match part:
                case Apply(op="div", args=(Symbol(id=name), Symbol(id=size))) if size == total:
                    return [name]
            return []
    if not isinstance(expr, Apply) or expr.op != "sub":
        return []
    before, last = expr.args
    if isinstance(last, Apply) and last.op == "mul":
        first, other = last.args[0], last.args[-1]
        word = f"{first.value:g}*{other.id}" if isinstance(first, Number) and isinstance(other, Symbol) else ""
    else:
        word = last.id if isinstance(last, Symbol) else ""
    return [*_taken_away(before), word] if word else []


def shares(constants: Iterable[Constant]) -> str:
    """Shares of grades among the constants that somebody could measure: not definitions, not boundaries."""
    counts = Counter(one.grade for one in constants if one.source not in NOT_MEASURED)
    whole = sum(counts.values())
    if not whole:
        return ""
    said = ", ".join(f"{counts[grade] / whole:.0%} {grade}" for grade in sorted(counts))
    return f"{said} of {whole} constants (without definitions and boundaries)"


def duration(seconds: float) -> str:
    """Seconds in a unit that fits.

    >>> duration(0.0005), duration(90), duration(7200)
    ('500 us', '1.5 min', '2 h')
    """
    for size, unit in ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"
