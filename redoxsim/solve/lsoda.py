"""LSODA for one smooth piece: output by its own interpolation, nothing printed, no state kept.

SciPy's ``odeint`` is used and not its step-by-step classes: it stays in compiled code between calls
of the right-hand side and takes an absolute tolerance per state.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import integrate as scipy_integrate

from redoxsim.codegen.locks import own_lock

FloatArray = NDArray[np.float64]

# its type stubs describe the calls used here too narrowly
ODEINT: Any = scipy_integrate.odeint

# Older LSODA keeps its working set in static memory: one run at a time in a process.
_ONE_AT_A_TIME = own_lock()
MOST_AT_ONE_TIME = 100
"""LSODA goes on with steps too small to move time; so many calls in a row at one time are that."""

Rates = Sequence[float] | FloatArray
Slopes = Callable[[float, FloatArray], Rates]
Matrix = Callable[[float, FloatArray], FloatArray]


class _Stop(Exception):
    """Why a run is given up from within the right-hand side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LsodaResult:
    """``y`` (k, n) with ``good`` leading rows valid; ``reason`` is "" or why it stopped:
    "budget", "small", "accuracy", "nan" (at ``time``, where that is known)."""

    y: FloatArray
    good: int
    reason: str
    time: float
    steps: int
    rhs: int
    jacobians: int
    step: float | None


def integrate(
    slopes: Slopes,
    matrix: Matrix,
    y0: FloatArray,
    times: FloatArray,
    *,
    rtol: float,
    atol: FloatArray,
    max_steps: int,
    finite: Callable[[Rates], bool] | None = None,
) -> LsodaResult:
    """States at ``times`` (k,), the first of which is the start, the last is never stepped past.

    ``matrix`` returns the Jacobian with columns first; what it and ``slopes`` return is copied at once, so
    both may hand out buffers. ``finite`` tells whether the rates just computed are finite numbers, where
    that is known for less than looking at them. A rate that is not finite ends the run, also
    on a trial step: LSODA's norms do not see not-a-number, so it could be taken for a solution.
    """
    most_calls = 10 * max_steps + 1000
    calls = 0
    repeated = 0
    latest = math.nan
    fine = finite or all_finite

    def guarded(t: float, y: FloatArray) -> Rates:
        nonlocal calls, repeated, latest
        calls += 1
        repeated = repeated + 1 if t == latest else 0
        latest = t
        if repeated > MOST_AT_ONE_TIME:
            raise _Stop("small")
        if calls > most_calls:
            raise _Stop("budget")
        out = slopes(t, y)
        if not fine(out):
            raise _Stop("nan")
        return out

    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore", scipy_integrate.ODEintWarning)
            y, info = ODEINT(
                guarded, y0, times, Dfun=matrix, col_deriv=True, full_output=True, tfirst=True, rtol=rtol, atol=atol,
                tcrit=times[-1:], h0=first_step(slopes, y0, times[0], times[-1], rtol, atol),
                mxstep=max_steps, mxhnil=1,
            )  # fmt: skip
    except _Stop as stop:
        return LsodaResult(
            y=np.full((len(times), len(y0)), np.nan), good=0, reason=str(stop), time=latest,
            steps=max_steps if str(stop) == "budget" else 0, rhs=calls, jacobians=0, step=None,
        )  # fmt: skip
    good, reason = _outcome(y, info, times, max_steps)
    at = max(good - 2, 0)
    return LsodaResult(
        y=y,
        good=good,
        reason=reason,
        time=float(times[max(good - 1, 0)]),
        steps=int(info["nst"][at]),
        rhs=calls,
        jacobians=int(info["nje"][at]),
        step=float(info["hu"][at]) or None,
    )


def all_finite(rates: Rates) -> bool:
    """Whether every rate is a finite number."""
    total = sum(rates)
    return bool(total - total == 0.0) or all(map(math.isfinite, rates))


def _outcome(y: FloatArray, info: dict[str, object], times: FloatArray, max_steps: int) -> tuple[int, str]:
    """How many rows are valid, and why it stopped early."""
    steps = np.asarray(info["nst"])
    message = str(info["message"])
    reason = next((word for text, word in REASONS.items() if text in message), "failed")
    good = len(times)
    if reason:
        # rows that were not reached keep a step count of zero
        good = 1 + int(np.argmin(np.append(steps > 0, False)))
    over = np.flatnonzero(steps[: good - 1] > max_steps)
    if over.size:
        good, reason = 1 + int(over[0]), "budget"
    finite = np.isfinite(y[:good]).all(axis=1)
    if not finite.all():
        good, reason = int(np.argmin(finite)), "nan"
    return good, reason


REASONS = {
    "successful": "",
    "Excess work": "budget",
    "Excess accuracy": "accuracy",
    "error test": "small",
    "convergence": "small",
    "Error weight": "accuracy",
}


def first_step(slopes: Slopes, y0: FloatArray, start: float, end: float, rtol: float, atol: FloatArray) -> float:
    """LSODA's own choice of a first step, taken over the whole piece: its default looks at the first
    output time, and output times must not steer steps."""
    weights = rtol * np.abs(y0) + atol
    with np.errstate(all="ignore"):
        speed = float(np.max(np.abs(np.array(slopes(start, y0))) / weights, initial=0.0))
    tol = min(max(rtol, 1e-13), 1e-3)
    span = max(abs(start), abs(end))
    step = 1.0 / np.sqrt(1.0 / (tol * span * span) + tol * speed * speed) if np.isfinite(speed) else 0.0
    return float(min(step, end - start)) if step > 0.0 else 1e-6 * (end - start)
