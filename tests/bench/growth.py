"""How the cost of an accepted step and of building grow with the system: chains of coupled copies of a model.

Run by hand: ``python tests/bench/growth.py [--model redox-core] [--copies 1,4,16,64]``. Prints, per chain, states,
non-zeros and multiply-adds of the factorisation, processor time per accepted step of one row at rtol 1e-3 (median and
range of the turns), seconds of deriving the equations and of building the kernel with nothing kept, and the power of
the number of states with which the cost grew since the chain before.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

import numpy as np
from prepared import Prepared

from redoxsim.study.benchmark.cases import coupled

ROWS = 128
LEAST = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="redox")
    parser.add_argument("--copies", default="1,4,16,64")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--method", default="rodas4p2")
    options = parser.parse_args()
    os.environ["REDOXSIM_CACHE"] = tempfile.mkdtemp()
    before: tuple[int, float] | None = None
    for copies in map(int, options.copies.split(",")):
        began = time.process_time()
        case = coupled(copies, max(ROWS // copies, LEAST), model=options.model)
        derived = time.process_time()
        prepared = Prepared(case, options.method)
        built = time.process_time()
        found = []
        for _ in range(options.turns):
            outcome, seconds = prepared.run(1e-3)
            found.append(seconds / float((outcome.steps - outcome.rejected).sum()) * 1e6)
        states, cost, facts = len(case.system.states), float(np.median(found)), prepared.kernel.facts
        print(
            f"{copies:3d} copies: {states} states, {facts['nonzeros']} non-zeros, {facts['operations']} multiply-adds, "
            f"{cost:.3g} us per step ({min(found):.3g}-{max(found):.3g}), equations {derived - began:.1f} s, "
            f"kernel {built - derived:.1f} s, {np.sum(outcome.status != 0)} failed"
            + (f", states^{np.log(cost / before[1]) / np.log(states / before[0]):.2f}" if before else ""),
            flush=True,
        )
        before = (states, cost)


if __name__ == "__main__":
    main()
