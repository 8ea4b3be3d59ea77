"""The reference solver: SciPy's LSODA, BDF and Radau with the analytic Jacobian.

Rates and Jacobian are compiled code where llvmlite is there, else the python target. The compiled code
comes from the same lowering as the batch kernel's, so it cannot vouch for the kernel: what checks the
kernel (a sample of every design, the agreement tests) asks for ``scipy:python``, which shares with it
nothing but the equations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.compiled import Bound, CompiledSystem, compile_system
from redoxsim.codegen.llvm.pointwise import Pointwise, pointwise
from redoxsim.equations.system import OdeSystem
from redoxsim.errors import BuildError, Unsupported
from redoxsim.solve import lsoda
from redoxsim.solve.driver import Piece, PieceResult
from redoxsim.solve.solution import Status

FloatArray = NDArray[np.float64]


class ScipyIntegrator:
    """Integrates pieces of one system with one method: "lsoda", "bdf" or "radau".

    Parameters
    ----------
    target : "llvm" takes compiled equations where that is possible, else the python target; "python"
        takes that in any case.
    """

    def __init__(self, system: OdeSystem, method: str, name: str, *, target: str = "llvm") -> None:
        self.method, self.name = method, name
        self._make = _compiled(system) if target == "llvm" else None
        if self._make is None:
            self._make = _plain(compile_system(system))
        self._bound: tuple[FloatArray, _Rates] | None = None

    def integrate(self, piece: Piece) -> PieceResult:
        """One smooth piece; raises nothing but what an interrupt raises."""
        equations = _Equations(self._bind(piece.p), piece)
        start_slopes = equations.slopes(piece.start, piece.y)
        if not np.all(np.isfinite(start_slopes)):
            return _failed(piece, Status.NOT_A_NUMBER)
        if self.method == "lsoda":
            return _lsoda(piece, equations)
        return _steps(piece, equations, self.method)

    def _bind(self, p: FloatArray) -> _Rates:
        assert self._make is not None
        if self._bound is None or not np.array_equal(self._bound[0], p, equal_nan=True):
            self._bound = (p, self._make(p))
        return self._bound[1]


class _Rates(Protocol):
    """Equations with constants put in, whichever the target; arrays that come back may be buffers."""

    def rhs(self, t: float, y: FloatArray) -> lsoda.Rates: ...

    def finite(self, rates: lsoda.Rates) -> bool: ...

    def jacobian(self, t: float, y: FloatArray) -> FloatArray: ...

    def jacobian_transposed(self, t: float, y: FloatArray) -> FloatArray: ...


def _compiled(system: OdeSystem) -> Callable[[FloatArray], _Rates] | None:
    """Compiled equations, or None where they cannot be had."""
    try:
        code: Pointwise = pointwise(system)
    except (BuildError, Unsupported):
        return None
    return code.bind


def _plain(compiled: CompiledSystem) -> Callable[[FloatArray], _Rates]:
    return lambda p: _Plain(compiled.bind(p))


class _Plain:
    """The python target, whose functions want lists."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound

    def rhs(self, t: float, y: FloatArray) -> lsoda.Rates:
        return self._bound.rhs(t, y.tolist())

    def finite(self, rates: lsoda.Rates) -> bool:
        return lsoda.all_finite(rates)

    def jacobian(self, t: float, y: FloatArray) -> FloatArray:
        return self._bound.jacobian(t, y.tolist())

    def jacobian_transposed(self, t: float, y: FloatArray) -> FloatArray:
        return self._bound.jacobian_transposed(t, y.tolist())


class _Equations:
    """The equations on one piece: constant sources added, time kept inside the piece."""

    def __init__(self, bound: _Rates, piece: Piece) -> None:
        self.bound = bound
        self.sources = [] if piece.source is None else [(i, v) for i, v in enumerate(piece.source.tolist()) if v]
        self.switching = piece.switching
        # just inside both ends, so that a switch at the border shows the value it has within
        self.low = float(np.nextafter(piece.start, np.inf))
        self.high = piece.end - 4.0 * float(np.spacing(abs(piece.end)))

    def _time(self, t: float) -> float:
        return min(max(t, self.low), self.high) if self.switching else t

    def slopes(self, t: float, y: FloatArray) -> lsoda.Rates:
        out = self.bound.rhs(self._time(t), y)
        for index, value in self.sources:
            out[index] += value  # type: ignore[index]
        return out

    def matrix(self, t: float, y: FloatArray) -> FloatArray:
        return self.bound.jacobian(self._time(t), y)

    def transposed(self, t: float, y: FloatArray) -> FloatArray:
        return self.bound.jacobian_transposed(self._time(t), y)


def _failed(piece: Piece, status: Status) -> PieceResult:
    empty = np.full((len(piece.y), len(piece.times)), np.nan)
    return PieceResult(y=empty, last=piece.y, reached=piece.start, status=status)


def _lsoda(piece: Piece, equations: _Equations) -> PieceResult:
    inside = piece.times[piece.times > piece.start]
    at_start = len(piece.times) - len(inside)

    def until(end: float, wanted: FloatArray) -> lsoda.LsodaResult:
        return lsoda.integrate(
            equations.slopes, equations.transposed, piece.y, np.concatenate([[piece.start], wanted, [end]]),
            rtol=piece.rtol, atol=piece.atol, max_steps=max(piece.steps_left, 1), finite=equations.bound.finite,
        )  # fmt: skip

    result = until(piece.end, inside)
    if result.reason == "nan":
        # a trial step left the domain of a rate law: BDF can turn such a step down, LSODA cannot
        note = f"a rate was not a number on a trial step near {result.time:.6g}; BDF took over from {piece.start:g}"
        return replace(_steps(piece, equations, "bdf"), note=note)
    reason, reached, rhs = result.reason, result.time, result.rhs
    if reason and not result.good:
        # stopped from within, so what came before has to be had again
        before = inside[inside < reached]
        shorter = until(float(before[-1]), before[:-1]) if before.size else result
        result = shorter if not shorter.reason else result
    out = np.full((len(piece.y), len(piece.times)), np.nan)
    out[:, :at_start] = piece.y[:, None]
    valid = min(max(result.good - 1, 0), len(inside))
    out[:, at_start : at_start + valid] = result.y[1 : 1 + valid].T
    last = max(result.good - 1, 0)
    statuses = {"": Status.OK, "budget": Status.STEP_BUDGET, "nan": Status.NOT_A_NUMBER}
    return PieceResult(
        y=out,
        last=result.y[last].copy() if result.good else piece.y,
        reached=reached,
        status=statuses.get(reason, Status.STEP_TOO_SMALL),
        steps=result.steps,
        rhs=rhs,
        jacobians=result.jacobians,
        step=result.step,
    )


@dataclass(slots=True)
class _Counts:
    steps: int = 0
    step: float | None = None


def _steps(piece: Piece, equations: _Equations, method: str) -> PieceResult:
    """BDF or Radau step by step; outputs from the dense output of the step they fall in."""
    from scipy.integrate import BDF, Radau

    kind = {"bdf": BDF, "radau": Radau}[method]
    out = np.full((len(piece.y), len(piece.times)), np.nan)
    done = int(np.searchsorted(piece.times, piece.start, side="right"))
    out[:, :done] = piece.y[:, None]
    status, counts = Status.OK, _Counts()
    with np.errstate(all="ignore"):
        solver = kind(
            lambda t, y: np.array(equations.slopes(t, y)),
            piece.start, piece.y, piece.end, rtol=max(piece.rtol, 3e-14), atol=piece.atol, jac=equations.matrix,
        )  # fmt: skip
        while solver.status == "running":
            if counts.steps >= piece.steps_left:
                status = Status.STEP_BUDGET
                break
            try:
                solver.step()
            except ValueError:  # SciPy's factorisation refuses a Jacobian that is not finite
                status = Status.NOT_A_NUMBER
                break
            if solver.status == "failed":
                slopes = equations.slopes(solver.t, solver.y)
                status = Status.STEP_TOO_SMALL if np.all(np.isfinite(slopes)) else Status.NOT_A_NUMBER
                break
            counts.steps += 1
            counts.step = solver.step_size
            upto = int(np.searchsorted(piece.times, solver.t, side="right"))
            if upto > done:
                out[:, done:upto] = solver.dense_output()(piece.times[done:upto])
                done = upto
            if not np.all(np.isfinite(solver.y)):
                status = Status.NOT_A_NUMBER
                break
    return PieceResult(
        y=out, last=solver.y, reached=float(solver.t), status=status, steps=counts.steps,
        rhs=int(solver.nfev), jacobians=int(solver.njev), step=counts.step,
    )  # fmt: skip
