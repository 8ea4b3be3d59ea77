"""libRoadRunner as its users run it: the SBML loaded once, then values set and simulated in a loop.

Setting values and reading the result count; setting tolerances, which is ours (one per variable and row, the same as
our own solvers take), does not.
"""

from __future__ import annotations

import time as clock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import Unsupported
from redoxsim.solve.with_cvode import quiet
from redoxsim.study.benchmark.cases import Case
from redoxsim.study.benchmark.contender import Clock, Outcome, Rows, present

FloatArray = NDArray[np.float64]
MAX_STEPS = 100_000


class RoadRunner:
    """CVODE through libRoadRunner."""

    name = "cvode"
    together = False
    largest: int | None = 600

    def __init__(self, *, timer: Clock = clock.process_time) -> None:
        self.timer = timer

    def load(self, case: Case) -> float:
        present("roadrunner", "libroadrunner")
        import roadrunner

        text = case.sbml
        began = clock.perf_counter()
        with quiet():
            try:
                rr: Any = roadrunner.RoadRunner(text)
            except RuntimeError as error:
                raise Unsupported(f"cannot load the model: {str(error).strip().splitlines()[0]}") from error
        seconds = clock.perf_counter() - began
        self.rr, self.case, model = rr, case, rr.model
        species = {part.id: part for part in case.network.species}
        amounts = {name for name, part in species.items() if part.only_substance}
        rr.timeCourseSelections = [
            f"[{name}]" if name in species and name not in amounts else name for name in case.observe
        ]
        rr.integrator.setValue("maximum_num_steps", MAX_STEPS)
        floating, parameters = list(model.getFloatingSpeciesIds()), list(model.getGlobalParameterIds())
        boundary = list(model.getBoundarySpeciesIds())
        system = case.system
        self.sizes = [1.0 if size is None else float(rr.getValue(size)) for size in system.sizes]
        # its state vector: rate rules, then the floating species that no rule defines
        ruled = {rule.target for rule in case.network.rules}
        self.order = [*map(str, model.getRateRuleSymbols()), *(name for name in floating if name not in ruled)]
        first = case.starts
        values = {name: first[0][:, i] for i, name in enumerate(system.states)}
        values |= {
            name: first[1][:, i]
            for i, name in enumerate(system.constants)
            if name in case.columns or np.ptp(first[1][:, i]) > 0.0
        }
        known = {*floating, *parameters, *boundary}
        absent = [name for name in values if name not in known]
        if absent:
            raise Unsupported(f"libRoadRunner has nothing called {', '.join(sorted(absent)[:3])}")
        self.setters: list[tuple[Any, list[int], FloatArray]] = []
        self.one_by_one = [(name, values[name]) for name in values if name in boundary]
        for ids, setter, wanted in (
            (parameters, model.setGlobalParameterValues, set(parameters)),
            (floating, model.setFloatingSpeciesConcentrations, set(floating) - amounts),
            (floating, model.setFloatingSpeciesAmounts, set(floating) & amounts),
        ):
            names = [name for name in values if name in wanted]
            if names:
                self.setters.append(
                    (setter, [ids.index(n) for n in names], np.column_stack([values[n] for n in names]))
                )
        return seconds

    def run(self, rows: Rows, rtol: float) -> Outcome:
        case = self.case
        values = np.full((len(rows), len(case.observe), len(case.times)), np.nan)
        seconds = np.full(len(rows), np.nan)
        tolerance = case.atol(rows, rtol) * np.abs(self.sizes)
        with quiet():
            for index, row in enumerate(rows.tolist()):
                self._tolerances(tolerance[index], rtol)
                began = self.timer()
                try:
                    got = self._one(row)
                except RuntimeError:
                    continue
                seconds[index] = self.timer() - began
                values[index] = got.T
        seconds[~np.isfinite(values).all(axis=(1, 2))] = np.nan
        return Outcome(values=values, seconds=seconds, steps=np.zeros(len(rows)))

    def _one(self, row: int) -> FloatArray:
        rr, case = self.rr, self.case
        if case.network.events:
            rr.resetToOrigin()  # which events have happened is kept otherwise
        for name, column in self.one_by_one:
            rr.setValue(f"[{name}]", float(column[row]))
        for setter, places, numbers in self.setters:
            setter(places, numbers[row])
        times = case.times
        return np.array(rr.simulate(float(times[0]), float(times[-1]), len(times)))

    def _tolerances(self, tolerance: FloatArray, rtol: float) -> None:
        # its state vector also holds constant species: any tolerance does for those
        by_name = dict(zip(self.case.system.states, tolerance.tolist(), strict=True))
        integrator = self.rr.integrator
        integrator.setValue("relative_tolerance", rtol)
        integrator.setValue("absolute_tolerance", [by_name.get(name, 1.0) for name in self.order])


__all__ = ["RoadRunner"]
