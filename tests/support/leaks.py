"""Resident memory over many solves or builds: ``python tests/support/leaks.py solves|builds COUNT``.

Prints megabytes after a first tenth and at the end.
"""

from __future__ import annotations

import gc
import os
import sys

import numpy as np
from small_networks import network_of

from redoxsim import equations
from redoxsim.equations import OdeSystem
from redoxsim.solve import Batch, Dose, Problem, Reduction, Schedule, solve, solve_batch

TIMES = np.linspace(0.0, 20.0, 11)


def system(number: int) -> OdeSystem:
    """Another content for every number, so that nothing kept can be used."""
    return equations.build(
        network_of(
            [
                "uptake: D -> ; kin*D",
                "make: -> H; v",
                "hit: E -> ; ki*D*E",
                f"clear: H -> ; V*E*H/(Km + H + {number}e-9)",
            ],
            species={"D": 0.0, "H": 0.01, "E": 1.0},
            parameters={"kin": 0.1, "v": 1.0, "V": 400.0, "Km": 0.5, "ki": 0.8},
        )
    )


def one_solve(made: OdeSystem, number: int) -> None:
    """A batch with a dose, a course and a reduction, or a single run."""
    if number % 2:
        assert solve(Problem(system=made, times=TIMES), "rosenbrock").status.ok
        return
    batch = Batch(
        system=made, times=TIMES, rows=9, columns={"ki": np.linspace(0.1, 1.0, 9)}, observe=("H",),
        schedules=(Schedule((Dose(time=1.0, target="D", action="add", amount=1.0),)),),
        reductions=(Reduction("max", "H"),),
    )  # fmt: skip
    assert solve_batch(batch, "rosenbrock").ok.all()


def resident() -> float:
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(kind: str, count: int) -> None:
    made = system(0)
    for number in range(count):
        if number == count // 10:
            print(f"{resident():.1f}", flush=True)
        one_solve(made if kind == "solves" else system(number), number)
    print(f"{resident():.1f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
