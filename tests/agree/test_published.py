"""Twenty published redox models: the solvers agree with each other and with the reference trajectories."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from redoxsim import equations, network
from redoxsim.solve import SOLVERS, Problem, solve

MODELS = [
    "BIOMD0000000070", "BIOMD0000000108", "BIOMD0000000143", "BIOMD0000000247", "BIOMD0000000268", "BIOMD0000000282",
    "BIOMD0000000474", "BIOMD0000000496", "BIOMD0000000498", "BIOMD0000000503", "BIOMD0000000547", "BIOMD0000000609",
    "BIOMD0000000624", "Geenen_et_al_2012", "MODEL1103210001", "MODEL1601140000", "MODEL1710260001", "MODEL2204220001",
    "MODEL2503190002", "Sharma_NRF2_SRXN1_v1",
]  # fmt: skip
# compiling the largest in libRoadRunner alone takes many seconds
LARGE = {"BIOMD0000000496", "BIOMD0000000474", "MODEL1601140000"}


@pytest.mark.data
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in MODELS]
)
def test_scipy_cvode_and_reference_agree(name: str, data_dir: Path) -> None:
    model = network.read(data_dir / "redox" / f"{name}.xml")
    with (data_dir / "redox_reference" / f"{name}.csv").open() as file:
        head, *rows = csv.reader(file)
    reference = np.array([[float(value) for value in row] for row in rows])
    system = equations.build(model)
    usual = solve(Problem(system=system, times=reference[:1, 0], rtol=1e-9), "scipy").atol
    problem = Problem(system=system, times=reference[:, 0], rtol=1e-9, atol=np.minimum(usual, 1e-14))
    solution = solve(problem, "scipy")
    species = {part.id for part in model.species}
    ids = [name.strip("[]") for name in head[1:]]
    got = np.array([solution.concentration(i) if i in species else solution[i] for i in ids]).T
    expected = reference[:, 1:]
    assert np.all(np.abs(got - expected) <= 1e-4 * np.abs(expected) + 1e-11)
    if SOLVERS["cvode"].available() is None:
        other = solve(problem, "cvode")
        floor = 1e3 * solution.atol[:, None]
        assert np.all(np.abs(other.y - solution.y) <= 1e-5 * np.abs(solution.y) + floor)
