"""COPASI in this process: the SBML loaded once, first values set, the time course task run.

It is driven through its own Python bindings, without the data frames that ``basico`` adds. Its one absolute tolerance
is multiplied by the first value of each variable, so a thousandth of the relative one is close to what the others take.
"""

from __future__ import annotations

import time as clock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import Unsupported
from redoxsim.solve.tolerance import FRACTION
from redoxsim.study.benchmark.cases import Case
from redoxsim.study.benchmark.contender import Clock, Outcome, Rows, present

FloatArray = NDArray[np.float64]
MAX_STEPS = 100_000


class Copasi:
    """LSODA of COPASI."""

    name = "copasi"
    together = False
    largest: int | None = 400

    def __init__(self, *, timer: Clock = clock.process_time) -> None:
        self.timer = timer

    def load(self, case: Case) -> float:
        present("COPASI", "copasi-basico")
        import COPASI

        text = case.sbml
        began = clock.perf_counter()
        data = COPASI.CRootContainer.addDatamodel()
        if not data.importSBMLFromString(text):
            raise Unsupported(f"cannot load the model: {COPASI.CCopasiMessage.getAllMessageText().strip()[:200]}")
        model = data.getModel()
        task = data.getTask("Time-Course")
        task.setMethodType(COPASI.CTaskEnum.Method_deterministic)
        seconds = clock.perf_counter() - began
        problem = task.getProblem()
        times = case.times
        problem.setDuration(float(times[-1] - times[0]))
        problem.setStepNumber(len(times) - 1)
        problem.setTimeSeriesRequested(True)
        problem.setOutputStartTime(0.0)
        task.getMethod().getParameter("Max Internal Steps").setUIntValue(MAX_STEPS)
        self.case, self.data, self.model, self.task, self.output = case, data, model, task, COPASI.CCopasiTask
        self.changed = COPASI.ObjectStdVector()
        self.parts = self._parts()
        self.amounts = {s.id for s in case.network.species if s.only_substance}
        first, system = case.starts, case.system
        values = {name: first[0][:, i] for i, name in enumerate(system.states)}
        values |= {name: first[1][:, i] for i, name in enumerate(system.constants) if np.ptp(first[1][:, i]) > 0.0}
        absent = [name for name in (*values, *case.observe) if name not in self.parts]
        if absent:
            raise Unsupported(f"COPASI has nothing called {', '.join(sorted(absent)[:3])}")
        self.values = values
        self.columns: list[tuple[int, bool]] = []
        return seconds

    def _parts(self) -> dict[str, Any]:
        model = self.model
        found: dict[str, Any] = {}
        for parts in (model.getMetabolites(), model.getModelValues(), model.getCompartments()):
            for number in range(parts.size()):
                found[parts.get(number).getSBMLId()] = parts.get(number)
        return found

    def run(self, rows: Rows, rtol: float) -> Outcome:
        case = self.case
        values = np.full((len(rows), len(case.observe), len(case.times)), np.nan)
        seconds = np.full(len(rows), np.nan)
        method = self.task.getMethod()
        method.getParameter("Relative Tolerance").setDblValue(rtol)
        method.getParameter("Absolute Tolerance").setDblValue(rtol * FRACTION)
        for index, row in enumerate(rows.tolist()):
            began = self.timer()
            got = self._one(row)
            if got is not None:
                seconds[index] = self.timer() - began
                values[index] = got
        seconds[~np.isfinite(values).all(axis=(1, 2))] = np.nan
        return Outcome(values=values, seconds=seconds, steps=np.zeros(len(rows)))

    def _one(self, row: int) -> FloatArray | None:
        species = {part.id for part in self.case.network.species}
        self.changed.clear()
        for name, column in self.values.items():
            part, value = self.parts[name], float(column[row])
            if name in species and name not in self.amounts:
                part.setInitialConcentration(value)
                self.changed.append(part.getInitialConcentrationReference())
            elif name in species:
                part.setInitialValue(value * self.model.getQuantity2NumberFactor())
                self.changed.append(part.getInitialValueReference())
            else:
                part.setInitialValue(value)
                self.changed.append(part.getInitialValueReference())
        self.model.updateInitialValues(self.changed)
        if not (self.task.initializeRaw(self.output.OUTPUT_UI) and self.task.processRaw(True)):
            self.task.restore()
            return None
        series = self.task.getTimeSeries()
        if not self.columns:
            ids = {series.getSBMLId(place, self.data): place for place in range(series.getNumVariables())}
            self.columns = [(ids[name], name in species and name not in self.amounts) for name in self.case.observe]
        steps = len(self.case.times)
        if series.getRecordedSteps() < steps:
            self.task.restore()
            return None
        out = np.array(
            [
                [
                    series.getConcentrationData(step, place) if concentration else series.getData(step, place)
                    for step in range(steps)
                ]
                for place, concentration in self.columns
            ]
        )
        for index, name in enumerate(self.case.observe):
            if name in self.amounts:
                out[index] /= self.model.getQuantity2NumberFactor()
        self.task.restore()
        return out


__all__ = ["Copasi"]
