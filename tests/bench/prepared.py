"""The batch kernel with everything prepared, so that only its own time is measured; for scripts run by hand."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from redoxsim.codegen.llvm.control import CONTROLLERS
from redoxsim.codegen.llvm.kernel import kernel
from redoxsim.codegen.llvm.methods import METHODS
from redoxsim.codegen.llvm.run import Job, Outcome, execute
from redoxsim.solve.rosenbrock import RosenbrockSolver, _Many
from redoxsim.study.benchmark.cases import Case


class Prepared:
    """Compiled code of one method for all rows of a case, its start values and tolerances."""

    def __init__(self, case: Case, method: str, controller: str = "usual") -> None:
        self.batch = case.batch()
        solver = RosenbrockSolver(method=method, threads=1)
        self.many = _Many(solver, self.batch, None, None)
        recipe = solver.kernel(self.batch, self.many.programs.infused).recipe
        control = CONTROLLERS[controller](METHODS[method].order)
        self.kernel = kernel(self.batch.system, replace(recipe, control=control))
        self.observer = self.kernel.observer(self.batch.observe)
        self.rows = np.arange(self.batch.rows)
        self.starts = self.many.starts(self.rows)

    def job(self, rtol: float) -> Job:
        """All rows at a tolerance."""
        made = self.many.job(self.rows, self.starts)
        return replace(made, rtol=rtol, atol=self.starts.atol * (rtol / self.batch.rtol))

    def run(self, rtol: float) -> tuple[Outcome, float]:
        """(outcome, CPU seconds of all rows)."""
        job = self.job(rtol)
        began = time.process_time()
        outcome = execute(self.kernel, self.observer, job)
        return outcome, time.process_time() - began
