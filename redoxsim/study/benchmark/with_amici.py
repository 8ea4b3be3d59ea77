"""AMICI: the SBML turned into C++ and compiled, then values set and simulated in a loop.

It needs swig, CMake and a C++ compiler. It has one absolute tolerance for all variables and gets the smallest of those
that the others take.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import Unsupported
from redoxsim.study.benchmark.cases import Case
from redoxsim.study.benchmark.contender import Clock, Outcome, Rows, present

FloatArray = NDArray[np.float64]
MAX_STEPS = 100_000
TOOLS = ("swig", "cmake", "c++")
"""What it calls to build a model."""
SMALLEST = 1e-16
"""AMICI's own default of the absolute tolerance."""


class Amici:
    """CVODES with sparse KLU through AMICI."""

    name = "amici"
    together = False
    largest: int | None = 400

    def __init__(self, *, timer: Clock = clock.process_time) -> None:
        self.timer = timer

    def load(self, case: Case) -> float:
        present("amici.importers.sbml", "amici")
        lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
        if lacking:
            raise Unsupported(f"AMICI needs {', '.join(lacking)} to build a model")
        import amici
        from amici.importers.sbml import SbmlImporter
        from amici.importers.utils import MeasurementChannel
        from amici.sim import sundials

        name = f"redoxsim_{uuid4().hex[:12]}"  # a compiled model cannot be unloaded, nor another of its name loaded
        self.folder = tempfile.TemporaryDirectory(prefix="redoxsim-amici-", ignore_cleanup_errors=True)
        text = case.sbml
        began = clock.perf_counter()
        try:
            with _quiet():
                importer = SbmlImporter(text, from_file=False)
                importer.sbml2amici(
                    name, Path(self.folder.name), generate_sensitivity_code=False,
                    observation_model=[MeasurementChannel(id_=f"out_{one}", formula=one) for one in case.observe],
                )  # fmt: skip
                model = amici.import_model_module(name, Path(self.folder.name)).get_model()
        except Exception as error:  # whatever its importer, code generator or compiler raises
            raise Unsupported(f"AMICI cannot build the model: {_first_line(error)}") from error
        seconds = clock.perf_counter() - began
        self.case, self.model, self.simulate = case, model, sundials.run_simulation
        self.solver = model.create_solver()
        self.solver.set_max_steps(MAX_STEPS)
        # else it hands over every state and every intermediate, which takes longer than the solve
        self.solver.set_return_data_reporting_mode(sundials.RDataReporting.observables_likelihood)
        model.set_timepoints(case.times.tolist())
        model.set_t0(float(case.times[0]))
        first, system = case.starts, case.system
        ids = list(model.get_state_ids())
        position = system.state_index()
        absent = [one for one in system.states if one not in ids]
        if absent:
            raise Unsupported(f"AMICI has no state called {', '.join(absent[:3])}")
        self.initial = np.tile(np.asarray(model.get_initial_state(), dtype=np.float64), (case.rows, 1))
        for place, one in enumerate(ids):
            if one in position:
                self.initial[:, place] = first[0][:, position[one]]
            elif one in system.constants:
                self.initial[:, place] = first[1][:, system.constants.index(one)]
        free = set(model.get_free_parameter_ids())
        self.constants = {
            one: first[1][:, i] for i, one in enumerate(system.constants) if one in free and np.ptp(first[1][:, i]) > 0
        }
        return seconds

    def run(self, rows: Rows, rtol: float) -> Outcome:
        case = self.case
        values = np.full((len(rows), len(case.observe), len(case.times)), np.nan)
        seconds = np.full(len(rows), np.nan)
        self.solver.set_relative_tolerance(rtol)
        self.solver.set_absolute_tolerance(max(float(case.atol(rows, rtol).min()), SMALLEST))
        with _quiet():
            for index, row in enumerate(rows.tolist()):
                began = self.timer()
                for name, column in self.constants.items():
                    self.model.set_free_parameter_by_id(name, float(column[row]))
                self.model.set_initial_state(self.initial[row].tolist())
                result: Any = self.simulate(self.model, self.solver)
                got = np.asarray(result["y"]).T
                took = self.timer() - began
                if result["status"] == 0 and np.isfinite(got).all():
                    values[index], seconds[index] = got, took
        return Outcome(values=values, seconds=seconds, steps=np.zeros(len(rows)))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """What compilers and AMICI's own loggers write goes nowhere: what matters is an exception."""
    import logging

    saved = os.dup(1), os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        logging.disable(before)
        for stream, place in zip(saved, (1, 2), strict=True):
            os.dup2(stream, place)
            os.close(stream)
        os.close(sink)


__all__ = ["Amici"]
