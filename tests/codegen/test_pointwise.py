"""Compiled rates and Jacobian of one state against the python target, on every operator and every shipped model."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

llvmlite = pytest.importorskip("llvmlite")

from redoxsim import catalog, codegen, equations, network  # noqa: E402
from redoxsim.codegen.llvm import cache  # noqa: E402
from redoxsim.codegen.llvm import pointwise as module  # noqa: E402
from redoxsim.codegen.llvm.pointwise import pointwise  # noqa: E402
from redoxsim.equations import OdeSystem  # noqa: E402
from redoxsim.errors import Unsupported  # noqa: E402
from redoxsim.network import Network  # noqa: E402

Array = NDArray[np.float64]
NetworkOf = Callable[..., Network]


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDOXSIM_CACHE", str(folder))
        module._MADE.clear()
        yield folder / "kernels"
        module._MADE.clear()


def largest_difference(system: OdeSystem, states: Callable[[np.random.Generator, Array], Array]) -> float:
    """Of rates and Jacobian entries, on the scale of the terms that each is the sum of."""
    plain, code = codegen.compile_system(system), pointwise(system)
    y0, p = plain.initial()
    expected, got = plain.bind(p), code.bind(p)
    rng = np.random.default_rng(3)
    worst = 0.0
    for time in np.linspace(0.0, 1000.0, 20).tolist():
        y = states(rng, y0)
        rates, matrix = np.array(expected.rhs(time, y.tolist())), expected.jacobian(time, y.tolist())
        turnover = np.abs(matrix) @ np.abs(y) + np.abs(rates)
        scale = np.where(turnover > 0.0, turnover, 1.0)
        assert np.all(np.isfinite(rates))
        assert np.all(np.isfinite(matrix))
        worst = max(worst, float(np.max(np.abs(got.rhs(time, y) - rates) / scale)))
        assert got.finite()
        entries = got.jacobian(time, y)
        assert np.array_equal(entries, got.jacobian_transposed(time, y).T)
        assert not np.any(entries[matrix == 0.0])
        # an entry matters by what it does to the rate: times the state
        size = np.abs(y) + (y == 0.0)
        worst = max(worst, float(np.max(np.abs(entries - matrix) * size / scale[:, None])))
    return worst


@pytest.mark.parametrize("name", sorted(catalog.models()))
def test_shipped_models(name: str) -> None:
    system = equations.build(network.read(name))
    assert largest_difference(system, lambda rng, y: y * rng.lognormal(0.0, 1.0, len(y))) < 1e-12


def test_every_operator(network_of: NetworkOf) -> None:
    net = network_of(
        [
            "A -> B; k*A*B/(Km + A)",
            "B -> C; k*B^h + exp(-B)*ln(1 + C) + B^3 + sqrt(A)",
            "C -> A; sin(0.3*time)^2*C + piecewise(C, C < 0.5, 2*C)",
            "A + 2 C -> D; max(A, C)*abs(B - C)/(1 + D/q)^2 + floor(3*A)*1e-2",
            "D -> ; D^-1.5*tanh(D) + arctan(D) + D^0.5 + log(10, 1 + D) + min(A, B, C)*cos(D)",
        ],
        species={"A": 1.0, "B": 0.5, "C": 0.3, "D": 0.7},
        parameters={"k": 1.2, "Km": 0.4, "h": 2.3, "q": 1.5},
        compartments={"c": 2.0},
    )
    assert largest_difference(equations.build(net), lambda rng, y: rng.uniform(0.1, 2.0, len(y))) < 1e-12


def test_what_is_not_a_number_is_told(network_of: NetworkOf) -> None:
    net = network_of(["A -> B; k/A", "B -> ; ln(B)"], species={"A": 1.0, "B": 1.0}, parameters={"k": 1.0})
    system = equations.build(net)
    plain = codegen.compile_system(system)
    y0, p = plain.initial()
    code, expected = pointwise(system).bind(p), plain.bind(p)
    for state in ([1.0, 1.0], [0.0, 1.0], [1.0, -1.0], [1e-300, 1.0], [1.0, 2.0]):
        rates = np.array(expected.rhs(0.0, state))
        got = code.rhs(0.0, np.array(state))
        np.testing.assert_allclose(got, rates, rtol=1e-14)
        assert code.finite() == bool(np.all(np.isfinite(rates)))
    assert np.array_equal(y0, [1.0, 1.0])  # the buffers are its own


def test_constants_are_per_binding(network_of: NetworkOf) -> None:
    system = equations.build(network_of(["A -> ; k^2*A"], species={"A": 2.0}, parameters={"k": 3.0}))
    code = pointwise(system)
    one, other = (code.bind(codegen.compile_system(system).initial({"k": k})[1]) for k in (3.0, 5.0))
    y = np.array([2.0])
    for _ in range(2):
        assert float(one.rhs(0.0, y)[0]) == -18.0
        assert float(other.rhs(0.0, y)[0]) == -50.0
        assert float(one.jacobian(0.0, y)[0, 0]) == -9.0
    with pytest.raises(ValueError, match="constants have shape"):
        code.bind(np.zeros(7))


def test_no_states(network_of: NetworkOf) -> None:
    system = equations.build(network_of(parameters={"k": 3.0}, rules=["x := 2*k"]))
    code = pointwise(system).bind(codegen.compile_system(system).initial()[1])
    assert code.rhs(0.0, np.zeros(0)).shape == (0,)
    assert code.jacobian(0.0, np.zeros(0)).shape == (0, 0)


def test_from_disk_and_from_a_pickle(network_of: NetworkOf, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = equations.build(network_of(["A -> B; k*A/(1+B)"], species={"A": 2.0}, parameters={"k": 0.7}))
    p, y = codegen.compile_system(system).initial()[1], np.array([1.5, 0.4])
    expected = pointwise(system).bind(p).rhs(0.0, y).copy()
    packed = pickle.dumps(pointwise(system))
    assert pickle.loads(packed) is pointwise(system)
    assert b"\x7fELF" not in packed
    assert cache.load(cache.key("pointwise", system.key)) is not None
    module._MADE.clear()

    def never(*arguments: object, **settings: object) -> bytes:
        raise AssertionError("it lies on the disk")

    monkeypatch.setattr(module, "compile_text", never)
    assert np.array_equal(pickle.loads(packed).bind(p).rhs(0.0, y), expected)


def test_too_many_equations(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 3)
    with pytest.raises(Unsupported, match="terms; up to 3 are compiled"):
        pointwise(equations.build(network_of(["A -> B; k*A/(2+B)"], parameters={"k": 0.77})))


def test_threads_each_with_its_own_binding() -> None:
    system = equations.build(network.read("gsh"))
    code = pointwise(system)
    y, p = codegen.compile_system(system).initial()
    expected = code.bind(p).rhs(0.0, y).copy()

    def work(seed: int) -> bool:
        bound = code.bind(p)
        rng = np.random.default_rng(seed)
        for _ in range(200):
            bound.rhs(0.0, y * rng.uniform(0.5, 2.0, len(y)))
        return bool(np.array_equal(bound.rhs(0.0, y), expected))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(32)))
