"""Methods and step controllers of the batch kernel against each other on ``redox`` with three agents.

Run by hand: ``python tests/bench/methods.py [--rows N] [--controllers] [--repeats K]``. Prints, for every method and
tolerance, CPU time per row (least of the repeats), steps, rejected steps and the root mean square error over all
rows, outputs and times against the kernel at rtol 1e-10; then time and steps at equal error, between a method's own
points on logarithmic axes. Steps at equal error do not depend on how busy the machine is; times do.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from side_by_side import Kernel, redox_batch, rms

from redoxsim.codegen.llvm.control import CONTROLLERS
from redoxsim.codegen.llvm.kernel import Kernel as Code
from redoxsim.codegen.llvm.kernel import Observer, kernel
from redoxsim.codegen.llvm.methods import METHODS
from redoxsim.codegen.llvm.run import Outcome, execute
from redoxsim.solve import Batch

Array = NDArray[np.float64]
TOLERANCES = (1e-2, 3e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
ERRORS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One method at one tolerance: seconds per row, mean steps and rejected steps, error, rows that failed."""

    rtol: float
    seconds: float
    steps: float
    rejected: float
    error: float
    failed: int


class Bench:
    """The rows, their starts and the reference, made once."""

    def __init__(self, batch: Batch) -> None:
        self.base = Kernel(batch, "rodas5p")
        self.batch = batch
        tight, _ = self._run(self.base.kernel, self.base.observer, 1e-10, 1)
        self.reference: Array = tight.values
        self.floor = 1e-6 * np.nanmax(np.abs(self.reference), axis=(0, 2))[None, :, None] + 1e-300

    def points(self, method: str, controller: str, repeats: int) -> list[Point]:
        order = METHODS[method].order
        recipe = replace(self.base.kernel.recipe, method=method, control=CONTROLLERS[controller](order))
        code = kernel(self.batch.system, recipe)
        observer = code.observer(self.batch.observe)
        found = []
        for rtol in TOLERANCES[: len(TOLERANCES) - (order < 4)]:
            outcome, seconds = self._run(code, observer, rtol, repeats)
            good = outcome.status == 0
            found.append(
                Point(
                    rtol=rtol, seconds=seconds, steps=float(outcome.steps.mean()),
                    rejected=float(outcome.rejected.mean()), failed=int(np.sum(~good)),
                    error=rms(outcome.values[good], self.reference[good], self.floor),
                )
            )  # fmt: skip
        return found

    def _run(self, code: Code, observer: Observer, rtol: float, repeats: int) -> tuple[Outcome, float]:
        starts, many = self.base.starts, self.base.many
        job = many.job(self.base.rows, starts)
        job = replace(job, rtol=rtol, atol=starts.atol * (rtol / self.batch.rtol))
        best = np.inf
        for _ in range(repeats):
            began = time.process_time()
            outcome = execute(code, observer, job)
            best = min(best, time.process_time() - began)
        return outcome, best / len(self.base.rows)


def at_errors(points: list[Point], of: str) -> list[float]:
    """Seconds or steps at :data:`ERRORS`; not-a-number outside what was measured."""
    ordered = sorted((point.error, getattr(point, of)) for point in points if np.isfinite(point.error))
    x, y = (np.log(column) for column in np.array(ordered).T)
    return [float(np.exp(np.interp(np.log(e), x, y, left=np.nan, right=np.nan))) for e in ERRORS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--controllers", action="store_true", help="every controller, not only the usual one")
    options = parser.parse_args()
    bench = Bench(redox_batch(options.rows))
    summary = []
    for method in options.methods.split(","):
        for controller in CONTROLLERS if options.controllers else ("usual",):
            points = bench.points(method, controller, options.repeats)
            for point in points:
                print(
                    f"{method:9s} {controller:10s} rtol {point.rtol:.0e}: {point.seconds * 1e3:7.4f} ms, "
                    f"{point.steps:6.1f} steps, {point.rejected:4.1f} rejected, error {point.error:.1e}, "
                    f"{point.failed} failed"
                )
            summary.append((method, controller, at_errors(points, "steps"), at_errors(points, "seconds")))
    print("\nsteps (ms) at an rms error of " + ", ".join(f"{error:.0e}" for error in ERRORS))
    for method, controller, steps, seconds in summary:
        cells = (f"{s:6.1f} ({t * 1e3:.3f})" for s, t in zip(steps, seconds, strict=True))
        print(f"{method:9s} {controller:10s} " + "  ".join(cells))


if __name__ == "__main__":
    main()
