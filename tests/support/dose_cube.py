"""The dose cube auranofin x BSO x celecoxib on ``redox``, and how far the kernel is off on it.

By hand: ``python tests/support/dose_cube.py [--rows N] [--rtol R]``; 4096 rows are the whole cube.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from redoxsim import equations, network, pharmacology
from redoxsim.codegen.llvm.run import Outcome, execute
from redoxsim.solve import Batch, Dose, Schedule
from redoxsim.solve.rosenbrock import RosenbrockSolver, _Many

Array = NDArray[np.float64]
SIDE = 16
HIGHEST = {"auranofin": 10.0, "bso": 1000.0, "celecoxib": 100.0}
HOURS = 3600.0
PART = 256


def cube(rows: int = SIDE**3) -> Batch:
    """Rows spread evenly over the cube: per agent no dose and 15 over three decades, 48 h, hourly outputs."""
    net = network.read("redox")
    for name in HIGHEST:
        net = pharmacology.apply_agent(net, pharmacology.load_agent(name))
    system = equations.build(net)
    doses = {name: np.concatenate([[0.0], top * np.logspace(-3, 0, SIDE - 1)]) for name, top in HIGHEST.items()}
    chosen = np.unique(np.linspace(0, SIDE**3 - 1, rows).round().astype(int))
    schedules = tuple(
        Schedule(
            tuple(
                Dose(time=0.0, target=f"{name}_x", action="add", amount=float(doses[name][place]))
                for name, place in zip(HIGHEST, np.unravel_index(row, (SIDE,) * 3), strict=True)
            )
        )
        for row in chosen
    )
    return Batch(
        system=system, times=np.linspace(0.0, 48 * HOURS, 49), rows=len(chosen), schedules=schedules,
        schedule_index=np.arange(len(chosen)), observe=system.states, start="steady",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """Per row: ``off``, the largest relative difference of any state at any time from the reference (floor 100
    absolute tolerances); ``moved``, by how much the reference moves when initial values change by 1e-6;
    ``drift`` of conserved totals, relative; ``failed``."""

    off: Array
    moved: Array
    drift: Array
    failed: NDArray[np.bool_]

    @property
    def steady(self) -> NDArray[np.bool_]:
        """Rows whose reference does not move by more than 1e-3."""
        return self.moved <= 1e-3


def deviation(batch: Batch, *, tight: float = 1e-10, threads: int = 1) -> Deviation:
    """How far the kernel at the batch's tolerance is from itself at a tight one."""
    solver = RosenbrockSolver(threads=threads)
    parts = [
        _part(solver, batch, np.arange(begin, min(begin + PART, batch.rows)), tight)
        for begin in range(0, batch.rows, PART)
    ]
    return Deviation(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("off", "moved", "drift", "failed")
        }
    )


def _part(solver: RosenbrockSolver, batch: Batch, rows: NDArray[np.intp], tight: float) -> Deviation:
    many = _Many(solver, batch, None, None)
    starts = many.starts(rows)
    job = many.job(rows, starts)
    fine = replace(job, rtol=tight, atol=job.atol * (tight / batch.rtol), max_steps=1_000_000)
    n = len(batch.system.states)
    pushed = fine.start.copy()
    pushed[:, :n] *= 1.0 + 1e-6

    def run(this: object, rtol: float) -> Outcome:
        built = solver.kernel(replace(batch, rtol=rtol), many.programs.infused)
        return execute(built, built.observer(batch.observe), this, threads=solver.workers())  # type: ignore[arg-type]

    coarse, reference, other = run(job, batch.rtol), run(fine, tight), run(replace(fine, start=pushed), tight)
    floor = 100.0 * job.atol[:, :, None]
    scale = np.maximum(np.abs(reference.values), floor)
    return Deviation(
        off=np.max(np.abs(coarse.values - reference.values) / scale, axis=(1, 2)),
        moved=np.max(np.abs(other.values - reference.values) / scale, axis=(1, 2)),
        drift=_drift(batch, coarse.values, starts.p),
        failed=(coarse.status != 0) | (reference.status != 0),
    )


def _drift(batch: Batch, values: Array, p: Array) -> Array:
    """Largest relative change of any conserved total, per row."""
    system = batch.system
    constants = {name: place for place, name in enumerate(system.constants)}
    position = system.state_index()
    worst = np.zeros(len(values))
    for moiety in system.moieties:
        total, size = np.zeros(values[:, 0].shape), np.zeros(values[:, 0].shape)
        for name, coefficient in moiety.terms:
            volume = system.sizes[position[name]]
            share = coefficient * values[:, position[name]] * (p[:, constants[volume], None] if volume else 1.0)
            total, size = total + share, size + np.abs(share)
        change = np.abs(total - total[:, :1]) / np.maximum(size[:, :1], 1e-300)
        worst = np.maximum(worst, change.max(axis=1))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=SIDE**3)
    parser.add_argument("--rtol", type=float, default=1e-6)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    began = time.perf_counter()
    batch = replace(cube(options.rows), rtol=options.rtol)
    found = deviation(batch, threads=options.threads)
    good = found.steady & ~found.failed
    print(f"{batch.rows} rows, {len(batch.system.states)} states, {len(batch.system.moieties)} conserved totals")
    print(f"failed {found.failed.sum()}; reference moves by more than 1e-3 in {np.sum(~found.steady)}")
    print(f"largest difference {found.off[good].max():.2e}; rows above 1e-3: {np.sum(found.off[good] > 1e-3)}")
    print(f"median over rows {np.median(found.off[good]):.2e}; in the rows apart {found.off[~good].max(initial=0):.2e}")
    print(f"reference moves at most {found.moved[good].max():.2e}; totals drift {found.drift[good].max():.2e}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
