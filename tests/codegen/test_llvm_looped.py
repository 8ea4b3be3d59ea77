"""Kernels that go over tables: the grouping, and whole runs against straight-line code and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from chain import chain
from numpy.typing import NDArray

llvmlite = pytest.importorskip("llvmlite")

import redoxsim.codegen.llvm.kernel as kernel_module  # noqa: E402
from redoxsim import equations  # noqa: E402
from redoxsim.codegen.llvm import split  # noqa: E402
from redoxsim.codegen.llvm.host import host  # noqa: E402
from redoxsim.codegen.llvm.kernel import Recipe, Shape, write_kernel  # noqa: E402
from redoxsim.codegen.llvm.trees import in_groups  # noqa: E402
from redoxsim.equations import OdeSystem  # noqa: E402
from redoxsim.network import Network  # noqa: E402
from redoxsim.solve import Batch, Dose, Schedule, solve_batch  # noqa: E402
from redoxsim.solve.rosenbrock import RosenbrockSolver  # noqa: E402

Array = NDArray[np.float64]
NetworkOf = Callable[..., Network]
SCHEDULES = (
    Schedule(),
    Schedule((Dose(time=0.0, target="H__1", action="add", amount=3.0),)),
    Schedule((Dose(time=1.0, target="D__0", action="infuse", amount=0.5, until=9.0),)),
    Schedule((Dose(time=5.0, target="V", action="set", amount=100.0),)),
)


@pytest.fixture(scope="module")
def cell(network_of: NetworkOf) -> Network:
    """A drug that inhibits the enzyme of a stiff cycle; powers, a function of time, a jump, a hub."""
    return network_of(
        [
            "uptake: D -> ; kin*D*m",
            "make: -> H; m*v*(1 + 0.3*sin(time))",
            "clear: H -> ; m*V*E*H/(Km + H)",
            "hit: E -> ; m*ki*D*E",
            "renew: -> E; m*kd*(1 - E)*piecewise(1, E < 0.5, 2)",
            *(f"slow{k}: H -> P; m*{1 + k}e-3*H^h/(1 + H + E)" for k in range(16)),
            "back: P -> H; m*0.1*P*exp(-E)/(1 + total/q)^2",
        ],
        species={"D": 0.0, "H": 0.01, "E": 1.0, "P": 0.2},
        parameters={
            "kin": 0.1,
            "v": 1.0,
            "V": 400.0,
            "Km": 0.5,
            "ki": 0.8,
            "kd": 0.05,
            "h": 1.4,
            "q": 3.0,
            "total": None,
        },
        compartments={"m": 2.0},
        rules=["total := H + P + E"],
    )


@pytest.fixture(scope="module")
def system(cell: Network) -> OdeSystem:
    return equations.build(chain(cell, 5, species="H", flow=0.3))


def batch(system: OdeSystem, rows: int = 13, **settings: object) -> Batch:
    rng = np.random.default_rng(3)
    columns = {name: 10 ** rng.uniform(-1, 1, rows) for name in ("H__0", "E__2", "P__4", "V", "v")}
    made = Batch(
        system=system, times=np.linspace(0.0, 20.0, 11), rows=rows, columns=columns, schedules=SCHEDULES,
        schedule_index=np.arange(rows) % len(SCHEDULES), observe=("H__0", "P__4", "total__2"), start="given",
    )  # fmt: skip
    return replace(made, **settings)  # type: ignore[arg-type]


def values(made: Batch, solver: RosenbrockSolver) -> Array:
    solution = solver.solve_batch(made)
    assert all(status.ok for status in solution.status)
    assert not solution.messages
    return solution.values


@pytest.fixture
def looped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kernel goes over tables."""
    monkeypatch.setattr(kernel_module, "MOST_STRAIGHT", 0)


def test_groups_respect_needs_and_windows() -> None:
    rng = np.random.default_rng(0)
    count, window = 300, 64
    kinds = rng.integers(0, 4, count).tolist()
    needs = [sorted({int(k) for k in rng.integers(0, item, 2)}) if item else [] for item in range(count)]
    groups = in_groups(kinds, needs, window)
    order = [item for _, group in groups for item in group]
    assert sorted(order) == list(range(count))
    place = {item: position for position, item in enumerate(order)}
    assert all(place[need] < place[item] for item in range(count) for need in needs[item])
    assert all(kinds[item] == kind for kind, group in groups for item in group)
    assert all(position // window == item // window for item, position in place.items())
    alone = in_groups(kinds, [[]] * count, count)
    assert len(alone) == 4


@pytest.mark.usefixtures("looped")
def test_tables_against_scipy(system: OdeSystem) -> None:
    made = batch(system, rows=4, rtol=1e-8)
    expected = solve_batch(replace(made, rtol=1e-10), solver="scipy").values
    np.testing.assert_allclose(values(made, RosenbrockSolver()), expected, rtol=2e-6, atol=1e-9)


def test_tables_against_straight_code(system: OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    made = batch(system)
    straight = values(made, RosenbrockSolver())
    monkeypatch.setattr(kernel_module, "MOST_STRAIGHT", 0)
    tables = values(made, RosenbrockSolver())
    assert np.any(tables != straight)  # other code, rounded in another order
    np.testing.assert_allclose(tables, straight, rtol=2e-6, atol=1e-10)


def test_divided_functions_change_no_bit(system: OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = values(batch(system), RosenbrockSolver(threads=1))
    monkeypatch.setattr(split, "LONG", 200)
    monkeypatch.setattr(split, "PART", 50)
    monkeypatch.setenv("REDOXSIM_CACHE", "/nonexistent")
    kernel_module._MEMORY.clear()
    np.testing.assert_array_equal(values(batch(system), RosenbrockSolver(threads=1)), whole)
    kernel_module._MEMORY.clear()


@pytest.mark.usefixtures("looped")
def test_bits_do_not_depend_on_company(system: OdeSystem) -> None:
    made = batch(system)
    everything = values(made, RosenbrockSolver(threads=1))
    np.testing.assert_array_equal(values(made, RosenbrockSolver(threads=3)), everything)
    for width in (1, 2, 8):
        np.testing.assert_array_equal(values(made, RosenbrockSolver(threads=1, width=width)), everything)
    back = np.arange(made.rows)[::-1]
    turned = replace(
        made,
        columns={name: column[back] for name, column in made.columns.items()},
        schedule_index=np.asarray(made.schedule_index)[back],
    )
    np.testing.assert_array_equal(values(turned, RosenbrockSolver(threads=1))[back], everything)


@pytest.mark.usefixtures("looped")
def test_short_sums_give_the_same_as_long_ones(system: OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of products taken in parts, and small windows, change no bit."""
    import redoxsim.codegen.llvm.looped as looped_module

    whole = values(batch(system), RosenbrockSolver(threads=1))
    monkeypatch.setattr(looped_module, "MOST_PRODUCTS", 1)
    monkeypatch.setattr(looped_module, "WINDOW", 7)
    monkeypatch.setenv("REDOXSIM_CACHE", "/nonexistent")
    kernel_module._MEMORY.clear()
    np.testing.assert_array_equal(values(batch(system), RosenbrockSolver(threads=1)), whole)
    kernel_module._MEMORY.clear()


def test_code_grows_with_the_shapes_and_not_with_the_size(cell: Network) -> None:
    def functions(copies: int) -> int:
        made = equations.build(chain(cell, copies, species="H"))
        recipe = Recipe(shape=Shape(varying=frozenset()), width=host().target().width, loops=True)
        return write_kernel(made, recipe)[0].count("\ndefine ")

    assert functions(24) <= functions(6) + 4
