"""The batch kernel at length: accuracy at the default tolerance over the dose cube and published models; memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llvmlite")

import dose_cube

from redoxsim import equations, network
from redoxsim.solve import Batch
from redoxsim.solve.rosenbrock import RosenbrockSolver

SUPPORT = Path(__file__).resolve().parent.parent / "support"
# every 19th; the whole cube was run by hand (docs/explain/kernel.md)
ROWS = 216
ACCEPTED = [
    "BIOMD0000000070", "BIOMD0000000108", "BIOMD0000000143", "BIOMD0000000247", "BIOMD0000000282", "BIOMD0000000474",
    "BIOMD0000000498", "BIOMD0000000503", "BIOMD0000000547", "BIOMD0000000609", "BIOMD0000000624", "Geenen_et_al_2012",
    "MODEL1103210001", "MODEL1601140000", "MODEL1710260001", "MODEL2204220001", "MODEL2503190002",
    "BIOMD0000000268", "Sharma_NRF2_SRXN1_v1",
]  # fmt: skip


@pytest.mark.slow
def test_every_value_over_the_dose_cube() -> None:
    found = dose_cube.deviation(dose_cube.cube(ROWS))
    assert not found.failed.any()
    assert found.steady.mean() > 0.99
    assert found.off[found.steady].max() < 1e-3
    assert found.drift.max() < 1e-9


def test_a_corner_of_the_dose_cube() -> None:
    """The same in small, for every run: no dose, all highest doses, and two between."""
    found = dose_cube.deviation(dose_cube.cube(4))
    assert not found.failed.any()
    assert found.off.max() < 1e-3
    assert found.drift.max() < 1e-9
    assert found.off.max() > 1e-9  # the reference is another solve


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ACCEPTED)
def test_every_value_of_published_models(name: str, data_dir: Path) -> None:
    system = equations.build(network.read(data_dir / "redox" / f"{name}.xml"))
    batch = Batch(system=system, times=np.linspace(0.0, 100.0, 101), rows=1, observe=system.states)
    assert RosenbrockSolver().refuses(batch) is None
    found = dose_cube.deviation(batch, tight=1e-9)
    assert not found.failed.any()
    if found.steady.all():
        assert found.off.max() < 1e-3
    assert found.drift.max() < 1e-9


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize(("kind", "count"), [("solves", 600), ("builds", 120)])
def test_memory_stays(kind: str, count: int, tmp_path: Path) -> None:
    """In full by hand: ``python tests/support/leaks.py solves 10000``, ``... builds 1000``."""
    run = subprocess.run(
        [sys.executable, str(SUPPORT / "leaks.py"), kind, str(count)], capture_output=True, text=True, check=True,
        env=os.environ | {"REDOXSIM_CACHE": str(tmp_path), "PYTHONPATH": str(SUPPORT)},
    )  # fmt: skip
    early, late = map(float, run.stdout.split())
    # caches of compiled systems are still filling after the first builds
    assert late - early < (4.0 if kind == "solves" else 30.0)
