"""What the arithmetic of the batch kernel costs, and what the driver and output add to it.

Run by hand: ``python tests/bench/parts.py [--method M] [--rows N]``. The right-hand side, the factors (with rates and
Jacobian) and the triangular solve of the kernel of the case ``redox`` are called alone, on the lanes' start values;
so are a whole step and a step without its calls (sums over stages and error estimate). Then a batch runs with ten
outputs at 49 times, the same turns in one process, and medians are shown. What a run takes per vector step beyond a
whole step is the driver, output and the start of rows; it is given over the bare arithmetic, the sum of the parts
called alone. A step takes longer than its parts alone and its sums: alone, parts stay in the nearest cache, and calls
that do not wait for each other overlap.
"""

from __future__ import annotations

import argparse
import ctypes
import re
import time

import numpy as np
from prepared import Prepared

from redoxsim.codegen.llvm.host import Loaded, compile_text
from redoxsim.codegen.llvm.kernel import write_kernel
from redoxsim.codegen.llvm.run import aligned
from redoxsim.study.benchmark.cases import redox

PARTS = {
    "rhs": "call void @rhs(ptr %w, ptr %u, ptr %y, ptr %b)",
    "factors": "call void @factors(ptr %w, ptr %u, ptr %y, ptr %b)",
    "solve": "call void @solve(ptr %w, ptr %u, ptr %b, ptr %x)",
    "step": "%e = call {V} @step(ptr %w, ptr %u, double 1.0e-4)",
    "sums": "%e = call {V} @sums(ptr %w, ptr %u, double 1.0e-4)",
}
LOOP = """define void @repeat_{name}(ptr %w, ptr %u, i64 %n) alignstack(64) {{
entry:
  %y = getelementptr {V}, ptr %w, i64 {y}
  %b = getelementptr {V}, ptr %w, i64 {b}
  %x = getelementptr {V}, ptr %w, i64 {x}
  br label %turn
turn:
  %i = phi i64 [ 0, %entry ], [ %j, %turn ]
  {call}
  %j = add i64 %i, 1
  %more = icmp slt i64 %j, %n
  br i1 %more, label %turn, label %done
done:
  ret void
}}
"""


class Parts:
    """The compiled parts of a kernel, each callable many times, on memory that a run would have."""

    def __init__(self, bench: Prepared) -> None:
        self.width = bench.kernel.recipe.width
        text, facts = write_kernel(bench.kernel.system, bench.kernel.recipe)
        places, vector = facts["places"], f"<{self.width} x double>" if self.width > 1 else "double"
        loops = [
            LOOP.format(
                name=name, V=vector, call=call.format(V=vector), **{key: places[key] for key in ("y", "b", "x")}
            )
            for name, call in PARTS.items()
        ]
        # the same functions as in the kernel, but to be seen from outside
        text = text.replace("define internal", "define")
        self.code = Loaded(compile_text("\n".join([text, _sums(text), *loops])))
        n, m = bench.kernel.states, bench.kernel.constants
        self.memory, self.shared = aligned((facts["size"] + 16) * self.width), aligned(max(1, facts["shared"]))
        lanes, job = self.memory.reshape(-1, self.width), bench.job(bench.batch.rtol)
        for lane in range(self.width):
            lanes[places["y"] : places["y"] + n, lane] = job.start[lane, :n]
            lanes[places["p"] : places["p"] + m, lane] = job.start[lane, n:]
            lanes[places["atol"] : places["atol"] + n, lane] = job.atol[lane]
        for name in ("begin", "constants"):
            self._call(name)
        lanes[places["h"]], lanes[places["inv_h"]], lanes[places["high"]] = 100.0, 0.01, 1e9
        lanes[places["inv_hg"]] = 0.01 / bench.kernel.recipe.tableau.gamma
        self.start = self.memory.copy()

    def _call(self, name: str, *more: int) -> None:
        kinds = [ctypes.c_void_p, ctypes.c_void_p, *(ctypes.c_int64 for _ in more)]
        self.code.function(name, *kinds)(self.memory.ctypes.data, self.shared.ctypes.data, *more)

    def seconds(self, name: str, turns: int = 5_000) -> float:
        """CPU seconds of one call."""
        self.memory[:] = self.start
        self._call("repeat_factors", 1)
        began = time.process_time()
        self._call(f"repeat_{name}", turns)
        return (time.process_time() - began) / turns


def _sums(text: str) -> str:
    """The function of a step, without what it calls, as ``sums``."""
    found = re.search(r"^define [^\n]*@step\(.*?^}$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    without = re.sub(r"^  call void @(rhs|factors|solve)\(.*\n", "", found[0], flags=re.MULTILINE)
    return without.replace("@step", "@sums")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", default="rodas5")
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--turns", type=int, default=9)
    options = parser.parse_args()
    bench = Prepared(redox(options.rows), options.method)
    parts, stages = Parts(bench), bench.kernel.recipe.tableau.stages
    tableau = bench.kernel.recipe.tableau
    rates = sum(not tableau.at_start(stage) for stage in range(1, stages))
    found: dict[str, list[float]] = {}
    for _ in range(options.turns):
        alone = {name: parts.seconds(name) for name in PARTS}
        bare = alone["factors"] + rates * alone["rhs"] + stages * alone["solve"]
        for name, seconds in alone.items():
            found.setdefault(f"{name} alone [us]", []).append(seconds * 1e6)
        found.setdefault("bare arithmetic of a step [us]", []).append(bare * 1e6)
        found.setdefault("step over bare arithmetic", []).append(alone["step"] / bare)
        for rtol in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
            outcome, seconds = bench.run(rtol)
            seconds /= outcome.steps.sum() / parts.width
            found.setdefault(f"rtol {rtol:.0e}: run over step", []).append(seconds / alone["step"])
            added = (seconds - alone["step"]) / bare
            found.setdefault(f"rtol {rtol:.0e}: driver and output over bare arithmetic", []).append(added)
    print(f"{options.method}, {parts.width} lanes, medians of {options.turns} turns (quartiles)")
    for name, values in found.items():
        low, middle, high = np.percentile(values, [25, 50, 75])
        print(f"{name:52s} {middle:7.3f}  ({low:.3f} .. {high:.3f})")


if __name__ == "__main__":
    main()
