"""Why a solve failed: where it stood, what was largest, what broke first, what to try."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.network.evaluate import evaluate
from redoxsim.network.expr import Apply, Expr, Symbol, symbols
from redoxsim.network.formula_print import to_infix

if TYPE_CHECKING:
    from redoxsim.solve.solution import Status

FloatArray = NDArray[np.float64]
LONGEST = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """The first expression whose value is not finite though its inputs are: ``where`` it stands,
    its ``text``, its ``value`` and the values of its ``inputs``."""

    where: str
    text: str
    value: float
    inputs: Mapping[str, float]

    def __str__(self) -> str:
        given = ", ".join(f"{name} = {value:.6g}" for name, value in self.inputs.items())
        return f"{self.text} = {self.value} in {self.where}" + (f" with {given}" if given else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was known when a solve failed.

    Attributes
    ----------
    status_text : the status in words.
    time : model time reached.
    step : last step size, None where the solver does not say.
    largest_rates : up to five (reaction id, rate), the largest in size first.
    not_a_number : the first expression that went wrong, if one did.
    most_negative : (state id, value, times its absolute tolerance) of the worst species below zero.
    hint : what to try.
    """

    status_text: str
    time: float
    step: float | None
    largest_rates: tuple[tuple[str, float], ...]
    not_a_number: Culprit | None
    most_negative: tuple[str, float, float] | None
    hint: str

    def __str__(self) -> str:
        step = "" if self.step is None else f", step {self.step:.3g}"
        lines = [f"{self.status_text} (time {self.time:.6g}{step})"]
        if self.not_a_number is not None:
            lines.append(f"first bad term: {self.not_a_number}")
        if self.largest_rates:
            lines.append("largest rates: " + ", ".join(f"{name} {rate:.4g}" for name, rate in self.largest_rates))
        if self.most_negative is not None:
            name, value, times = self.most_negative
            lines.append(f"most negative: {name} = {value:.3g}, {times:.3g} times its absolute tolerance")
        lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


def explain(
    compiled: CompiledSystem,
    status: Status,
    time: float,
    y: FloatArray,
    p: FloatArray,
    atol: FloatArray,
    *,
    step: float | None = None,
    message: str = "",
) -> Report:
    """The report of a failure at ``time`` with states ``y`` (n,) and constants ``p`` (m,)."""
    system = compiled.system
    rates = compiled.bind(p).rates(time, y.tolist())
    named = [(name, rate) for (name, _), rate in zip(system.rates, rates, strict=True)]
    ranked = sorted(named, key=lambda pair: -abs(pair[1]) if math.isfinite(pair[1]) else -math.inf)
    culprit = first_not_finite(compiled, time, y, p)
    worst = _most_negative(compiled, y, atol)
    return Report(
        status_text=f"{status.value}: {message}" if message else status.value,
        time=time,
        step=step,
        largest_rates=tuple(ranked[:5]),
        not_a_number=culprit,
        most_negative=worst,
        hint=_hint(status, culprit, worst),
    )


def first_not_finite(compiled: CompiledSystem, time: float, y: FloatArray, p: FloatArray) -> Culprit | None:
    """The first expression, in order of evaluation, that is inf or nan while all it uses is finite."""
    system = compiled.system
    values = dict(zip(system.states, y.tolist(), strict=True)) | dict(zip(system.constants, p.tolist(), strict=True))
    for name, value in values.items():
        if not math.isfinite(value) and name in system.states:
            return Culprit(where="the state itself", text=name, value=value, inputs={})
    definitions = system.definitions()
    for reaction in system.network.reactions:
        for part in (*reaction.reactants, *reaction.products):
            if part.id is not None:
                values[part.id] = part.stoichiometry
    reactions = {name for name, _ in system.rates}
    for name in system.order:
        values[name] = evaluate(definitions[name], values, time)
        if not math.isfinite(values[name]):
            label = f"the rate of {name}" if name in reactions else f"the rule of {name}"
            return _innermost(definitions[name], values, time, label)
    for name, expr in zip(system.states, system.rhs, strict=True):
        if not math.isfinite(evaluate(expr, values, time)):
            return _innermost(expr, values, time, f"the differential equation of {name}")
    return None


def _innermost(expr: Expr, values: Mapping[str, float], time: float, where: str) -> Culprit:
    while isinstance(expr, Apply):
        deeper = next((arg for arg in expr.args if not math.isfinite(evaluate(arg, values, time))), None)
        if deeper is None or (isinstance(deeper, Symbol) and deeper.id in values):
            break
        expr = deeper
    text = to_infix(expr)
    return Culprit(
        where=where,
        text=text if len(text) <= LONGEST else text[: LONGEST - 3] + "...",
        value=evaluate(expr, values, time),
        inputs={name: float(values[name]) for name in sorted(symbols(expr))},
    )


def _most_negative(compiled: CompiledSystem, y: FloatArray, atol: FloatArray) -> tuple[str, float, float] | None:
    species = {part.id for part in compiled.system.network.species}
    found = [
        (name, float(value), float(-value / tolerance))
        for name, value, tolerance in zip(compiled.system.states, y, atol, strict=True)
        if name in species and value < 0
    ]
    return max(found, key=lambda entry: entry[2], default=None)


def _hint(status: Status, culprit: Culprit | None, worst: tuple[str, float, float] | None) -> str:
    below = worst is not None and worst[2] > 100
    if culprit is not None and culprit.where == "the state itself":
        return f"give {culprit.text} a finite initial value"
    if culprit is not None:
        if any(value < 0 for value in culprit.inputs.values()):
            return "the rate law breaks below zero: rewrite it, or take a smaller atol for what went negative"
        return f"look at {culprit.where}: its denominator, logarithm or power leaves its domain"
    hints = {
        "STEP_BUDGET": "raise max_steps, loosen rtol, or look at the largest rates for something unphysical",
        "STEP_TOO_SMALL": "something blows up or jumps (see the largest rates); a smaller rtol may pass a sharp turn",
        "NOT_A_NUMBER": "a trial step left the domain of a rate law; take a smaller rtol or atol, or solver scipy:bdf",
        "SINGULAR": "two equations may be the same; run the check and look for species that nothing changes",
        "NO_STEADY_STATE": "start from the values as given (start='given'), or look for what only accumulates",
        "INTERRUPTED": "run it again",
    }
    if below and status.name != "NO_STEADY_STATE":
        name = worst[0] if worst else ""
        return f"{name} fell below zero: its rate laws may not vanish with it, or its atol is too large"
    return hints.get(status.name, "nothing to do")
