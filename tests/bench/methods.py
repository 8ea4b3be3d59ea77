"""Methods and step controllers of the batch kernel against each other on the case ``redox`` of ``redoxsim bench``.

Run by hand: ``python tests/bench/methods.py [--rows N] [--controllers] [--turns K]``. Prints, for every method and
tolerance, CPU time per row (median of the turns, all methods once a turn), steps, rejected steps and the root mean
square error over all rows, outputs and times against the kernel at rtol 1e-10; then time and steps at equal error,
between a method's own points on logarithmic axes. Steps at equal error do not depend on how busy the machine is;
times do.
"""

from __future__ import annotations

import argparse

import numpy as np
from prepared import Prepared

from redoxsim.codegen.llvm.control import CONTROLLERS
from redoxsim.codegen.llvm.methods import METHODS
from redoxsim.study.benchmark.accuracy import at_error, errors
from redoxsim.study.benchmark.cases import redox

TOLERANCES = (1e-2, 3e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
ERRORS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


def tolerances(method: str) -> tuple[float, ...]:
    """A method of order 3 would take long at the tightest."""
    return TOLERANCES[: len(TOLERANCES) - (METHODS[method].order < 4)]


def at_errors(points: list[tuple[float, float]]) -> str:
    """Values at :data:`ERRORS` from (error, value); "-" beyond what was measured."""
    found = (at_error(points, error) for error in ERRORS)
    return "".join(f"{one.seconds:9.3g}" if not one.bound else f"{'-':>9s}" for one in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--controllers", action="store_true", help="every controller, not only the usual one")
    options = parser.parse_args()
    case = redox(options.rows)
    reference = Prepared(case, "rodas5p").run(1e-10)[0].values
    names = [(m, c) for m in options.methods.split(",") for c in (CONTROLLERS if options.controllers else ("usual",))]
    made = {name: Prepared(case, *name) for name in names}
    seconds: dict[tuple[tuple[str, str], float], list[float]] = {}
    outcomes = {}
    for _ in range(options.turns):
        for name, one in made.items():
            for rtol in tolerances(name[0]):
                outcomes[name, rtol], taken = one.run(rtol)
                seconds.setdefault((name, rtol), []).append(taken / options.rows * 1e3)
    print(f"{len(case.system.states)} states, {options.rows} rows, {options.turns} turns")
    steps: dict[tuple[str, str], list[tuple[float, float]]] = {name: [] for name in names}
    times: dict[tuple[str, str], list[tuple[float, float]]] = {name: [] for name in names}
    for (name, rtol), outcome in outcomes.items():
        values = np.where((outcome.status == 0)[:, None, None], outcome.values, np.nan)
        error, ms = errors(values, reference).rms(), float(np.median(seconds[name, rtol]))
        steps[name].append((error, float(outcome.steps.mean())))
        times[name].append((error, ms))
        print(
            f"{name[0]:9s} {name[1]:10s} rtol {rtol:.0e}: {ms:7.4f} ms, {outcome.steps.mean():6.1f} steps, "
            f"{outcome.rejected.mean():4.1f} rejected, error {error:.1e}, {np.sum(outcome.status != 0)} failed"
        )
    head = "".join(f"{error:9.0e}" for error in ERRORS)
    for what, table in (("steps", steps), ("ms", times)):
        print(f"\n{what + ' at an rms error of':22s}{head}")
        for name, points in table.items():
            print(f"{name[0]:10s}{name[1]:12s}{at_errors(points)}")


if __name__ == "__main__":
    main()
