"""Work against precision, side by side in one run: the batch kernel and libRoadRunner on the same rows.

Run by hand: ``python tests/bench/side_by_side.py [MODEL] [--rows N] [--sample K]``. Times are CPU time of
this process, one thread, the least of three repeats for the kernel; errors are root mean squares over
the sample, all outputs and times, relative to |reference| + floor, against libRoadRunner and the kernel
at rtol 1e-10 (whose own difference is shown). No test asserts a time.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim import codegen, equations, network, pharmacology
from redoxsim.codegen.llvm.run import execute
from redoxsim.solve import Batch, Dose, Schedule
from redoxsim.solve.rosenbrock import RosenbrockSolver, _Many

Array = NDArray[np.float64]
HOURS = 3600.0
OUTPUTS = (
    "H2O2_c", "H2O2_m", "GSH_c", "GSSG_c", "Trx1_red", "Trx2_red", "Prx3_ox", "NADPH_c", "NRF2", "viability",
)  # fmt: skip
AGENTS = ("auranofin", "bso", "celecoxib")


def redox_batch(rows: int) -> Batch:
    """Conditions of auranofin x BSO x celecoxib over 48 h, drawn evenly from a cube of doses."""
    net = network.read("redox")
    for name in AGENTS:
        net = pharmacology.apply_agent(net, pharmacology.load_agent(name))
    rng = np.random.default_rng(0)
    high = {"auranofin_x": 10.0, "bso_x": 1000.0, "celecoxib_x": 100.0}
    doses = {
        name: np.where(rng.random(rows) < 0.1, 0.0, top * 10 ** rng.uniform(-3, 0, rows)) for name, top in high.items()
    }
    schedules = tuple(
        Schedule(tuple(Dose(time=0.0, target=name, action="add", amount=float(doses[name][row])) for name in high))
        for row in range(rows)
    )
    return Batch(
        system=equations.build(net), times=np.linspace(0, 48 * HOURS, 49), rows=rows, schedules=schedules,
        schedule_index=np.arange(rows), observe=OUTPUTS, start="steady",
    )  # fmt: skip


def file_batch(path: str, rows: int, end: float) -> Batch:
    """Any SBML file, its parameters and initial values varied two-fold."""
    net = network.read(path)
    system = equations.build(net)
    rng = np.random.default_rng(0)
    compartments = {part.id for part in net.compartments}
    compiled = codegen.compile_system(system)
    y0, p0 = compiled.initial()
    columns = {}
    for name, value in zip((*system.states, *system.constants), (*y0, *p0), strict=True):
        if name not in compartments and value != 0.0 and np.isfinite(value):
            columns[name] = value * 2.0 ** rng.uniform(-0.5, 0.5, rows)
    return Batch(
        system=system, times=np.linspace(0, end, 51), rows=rows, columns=columns,
        observe=tuple(system.states[:10]), start="given",
    )  # fmt: skip


class Kernel:
    """The kernel with everything prepared, so that only its own time is measured."""

    def __init__(self, batch: Batch, method: str) -> None:
        solver = RosenbrockSolver(method=method, threads=1)
        self.many = _Many(solver, batch, None, None)
        began = time.perf_counter()
        self.kernel = solver.kernel(batch, self.many.programs.infused)
        self.observer = self.kernel.observer(batch.observe)
        self.build = time.perf_counter() - began
        self.rows = np.arange(batch.rows)
        self.starts = self.many.starts(self.rows)

    def run(self, rtol: float) -> tuple[Any, float]:
        """(outcome, CPU seconds per row)."""
        job = self.many.job(self.rows, self.starts)
        object.__setattr__(job, "rtol", rtol)
        object.__setattr__(job, "atol", self.starts.atol * (rtol / self.many.batch.rtol))
        best = np.inf
        for _ in range(3):
            began = time.process_time()
            outcome = execute(self.kernel, self.observer, job)
            best = min(best, time.process_time() - began)
        return outcome, best / len(self.rows)


class RoadRunner:
    """libRoadRunner as its users run it in a loop: values set, simulate, read."""

    def __init__(self, batch: Batch, kernel: Kernel) -> None:
        import roadrunner

        self.batch, self.kernel = batch, kernel
        system = batch.system
        roadrunner.Logger.disableLogging()
        self.rr = roadrunner.RoadRunner(network.write(system.network, format="sbml"))
        model = self.rr.model
        self.floating = list(model.getFloatingSpeciesIds())
        self.boundary = list(model.getBoundarySpeciesIds())
        self.globals = list(model.getGlobalParameterIds())
        species = {part.id: part for part in system.network.species}
        self.rr.timeCourseSelections = [
            f"[{n}]" if n in species and not species[n].only_substance else n for n in batch.observe
        ]
        ruled = {rule.target for rule in system.network.rules}
        self.order = [*map(str, model.getRateRuleSymbols()), *(n for n in self.floating if n not in ruled)]

    def run(self, row: int, rtol: float) -> tuple[Array, float]:
        """(outputs (K, T), CPU seconds)."""
        system, rr = self.batch.system, self.rr
        job = self.kernel.many.job(self.kernel.rows, self.kernel.starts) if not hasattr(self, "job") else self.job
        self.job = job
        n = len(system.states)
        values = dict(zip((*system.states, *system.constants), job.start[row], strict=True))
        which = 0 if self.batch.schedule_index is None else int(self.batch.schedule_index[row])
        for dose in self.batch.schedules[which].doses:
            values[dose.target] += dose.amount
        sizes = {name: values[size] if size else 1.0 for name, size in zip(system.states, system.sizes, strict=True)}
        atol = dict(zip(system.states, job.atol[row] * (rtol / self.batch.rtol), strict=True))
        assert len(atol) == n
        rr.resetToOrigin()
        model = rr.model
        for name in self.globals:
            if name in values:
                model[name] = values[name]
        for name in (*self.floating, *self.boundary):
            if name in values:
                model[f"[{name}]"] = values[name]
        rr.integrator.setValue("relative_tolerance", rtol)
        rr.integrator.setValue(
            "absolute_tolerance", [float(atol.get(n, 1e-12) * sizes.get(n, 1.0)) for n in self.order]
        )
        rr.integrator.setValue("maximum_num_steps", 100000)
        began = time.process_time()
        out = np.array(rr.simulate(float(self.batch.times[0]), float(self.batch.times[-1]), len(self.batch.times)))
        return out.T, time.process_time() - began

    def attempt(self, row: int, rtol: float, shape: tuple[int, ...]) -> tuple[Array, float]:
        """The same; not-a-number where it fails."""
        try:
            return self.run(row, rtol)
        except RuntimeError:
            return np.full(shape, np.nan), np.nan


def rms(got: Array, reference: Array, floor: Array) -> float:
    relative = (got - reference) / (np.abs(reference) + floor)
    return float(np.sqrt(np.nanmean(relative**2)))


def compare(batch: Batch, sample: int, methods: tuple[str, ...], other: bool) -> None:
    kernels = {name: Kernel(batch, name) for name in methods}
    first = next(iter(kernels.values()))
    chosen = np.linspace(0, batch.rows - 1, sample).astype(int)
    tight, _ = first.run(1e-10)
    reference = tight.values[chosen]
    floor = 1e-6 * np.nanmax(np.abs(reference), axis=(0, 2))[None, :, None] + 1e-300
    runner = RoadRunner(batch, first) if other else None
    if runner is not None:
        independent = np.array([runner.attempt(row, 1e-11, reference.shape[1:])[0] for row in chosen])
        print(f"kernel 1e-10 against libRoadRunner 1e-11: rms {rms(independent, reference, floor):.1e}")
    facts = first.kernel.facts
    print(
        f"{len(batch.system.states)} states, {facts['nonzeros']} non-zeros after fill, "
        f"{facts['depth']} deep, {batch.rows} rows"
    )
    points: list[tuple[float, float]] = []
    if runner is not None:
        for rtol in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7):
            results, times = zip(*(runner.attempt(row, rtol, reference.shape[1:]) for row in chosen), strict=True)
            failed = int(np.isnan(times).sum())
            error = rms(np.array(results), reference, floor)
            points.append((error, float(np.nanmedian(times))))
            print(f"libroadrunner rtol {rtol:.0e}: {points[-1][1] * 1e3:7.3f} ms, error {error:.1e}, {failed} failed")
    for name, kernel in kernels.items():
        for rtol in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7):
            outcome, seconds = kernel.run(rtol)
            error = rms(outcome.values[chosen], reference, floor)
            ratio = _at_equal_error(points, error) / seconds if points else np.nan
            lanes = outcome.steps.sum() / kernel.kernel.recipe.width
            print(
                f"{name} rtol {rtol:.0e}: {seconds * 1e3:7.3f} ms, error {error:.1e}, {ratio:5.1f}x, "
                f"{outcome.steps.mean():.0f} steps, {outcome.rejected.mean():.1f} rejected, "
                f"{seconds * batch.rows / lanes * 1e6:.2f} us per vector step, {np.sum(outcome.status != 0)} failed"
            )


def _at_equal_error(points: list[tuple[float, float]], error: float) -> float:
    """Seconds of the other at this error, between its points on logarithmic axes; its nearest point outside them."""
    ordered = sorted(points)
    return float(np.exp(np.interp(np.log(error), [np.log(e) for e, _ in ordered], [np.log(s) for _, s in ordered])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", help="an SBML file; the redox model and its drugs if left out")
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--sample", type=int, default=16)
    parser.add_argument("--end", type=float, default=100.0)
    parser.add_argument("--methods", default="rodas5p,rodas4")
    parser.add_argument("--alone", action="store_true", help="without libRoadRunner")
    options = parser.parse_args()
    batch = redox_batch(options.rows) if options.model is None else file_batch(options.model, options.rows, options.end)
    compare(batch, min(options.sample, options.rows), tuple(options.methods.split(",")), not options.alone)


if __name__ == "__main__":
    main()
