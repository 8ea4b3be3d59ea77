"""Elimination order, the straight-line functions against the python target, the store of object code."""

from __future__ import annotations

import ctypes
import multiprocessing
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

llvmlite = pytest.importorskip("llvmlite")

import redoxsim.codegen.llvm.kernel as kernel_module  # noqa: E402
from redoxsim import codegen, equations  # noqa: E402
from redoxsim.codegen.llvm import cache, split  # noqa: E402
from redoxsim.codegen.llvm.elimination import plan  # noqa: E402
from redoxsim.codegen.llvm.functions import WRITERS  # noqa: E402
from redoxsim.codegen.llvm.host import Host, Loaded, compile_text, host  # noqa: E402
from redoxsim.codegen.llvm.kernel import Kernel, Recipe, kernel, write_kernel  # noqa: E402
from redoxsim.codegen.llvm.layout import Layout  # noqa: E402
from redoxsim.codegen.llvm.looped import Looped  # noqa: E402
from redoxsim.codegen.llvm.methods import METHODS  # noqa: E402
from redoxsim.codegen.llvm.run import aligned  # noqa: E402
from redoxsim.codegen.llvm.straight import Equations, Shape, Straight  # noqa: E402
from redoxsim.codegen.llvm.text import F64, PTR, Function, module  # noqa: E402
from redoxsim.equations import OdeSystem  # noqa: E402
from redoxsim.errors import BuildError, DesignError, Unsupported  # noqa: E402
from redoxsim.kept import KERNELS  # noqa: E402
from redoxsim.network import Network  # noqa: E402

Array = NDArray[np.float64]
NetworkOf = Callable[..., Network]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path))
    kernel_module._MEMORY.clear()
    return tmp_path / "kernels"


def everything(network_of: NetworkOf) -> OdeSystem:
    """Every operator of kinetic laws at least once."""
    return equations.build(
        network_of(
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
    )


def test_elimination_leaves_the_same_matrix() -> None:
    rng = np.random.default_rng(0)
    n = 30
    pattern = [(int(i), int(j)) for i, j in rng.integers(0, n, (70, 2))]
    e = plan(n, pattern)
    assert sorted(e.order) == list(range(n))
    dense = np.eye(n) * 10
    for i, j in pattern:
        dense[i, j] += rng.normal()
    a = dense[np.ix_(e.order, e.order)].copy()
    for k in range(n):  # plain elimination: nothing may appear outside the pattern
        for i in range(k + 1, n):
            if a[i, k]:
                assert k in e.lower[i]
                a[i, k + 1 :] -= a[i, k] / a[k, k] * a[k, k + 1 :]
                a[i, k] = 0.0
        assert set((np.flatnonzero(a[k, k + 1 :]) + k + 1).tolist()) <= set(e.upper[k])
    assert e.nonzeros < n * n / 2
    for i in range(n):
        assert all(e.level[j] < e.level[i] for j in e.lower[i])


@pytest.mark.parametrize(("writer", "part"), [(Straight, None), (Straight, 7), (Looped, None)])
@pytest.mark.parametrize("width", [1, None])
@pytest.mark.parametrize("varying", [False, True])
def test_against_the_python_target(
    network_of: NetworkOf,
    width: int | None,
    varying: bool,
    writer: type[Straight],
    part: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if part is not None:  # as very long functions are written
        monkeypatch.setattr(split, "LONG", 0)
        monkeypatch.setattr(split, "PART", part)
        monkeypatch.setattr(split, "RARE", part)
    system = everything(network_of)
    target = host().target(width)
    n, m = len(system.states), len(system.constants)
    parts = Equations(system, Shape(varying=frozenset(range(m)) if varying else frozenset()))
    layout = Layout(target)
    sizes = {"y": n, "p": m, "f": n, "b": n, "x": n, "lu": parts.elimination.nonzeros, "slope": len(parts.slopes)}
    for name, vectors in sizes.items():
        layout.add(name, vectors)
    layout.add("own", 0)
    straight = writer(parts, target, layout)
    functions = [
        straight.right_hand_side(),
        straight.factors(),
        straight.solve(),
        straight.own_constants(),
        straight.shared_constants(),
    ]
    layout.size += len(parts.constants.own)
    layout.add("kept", straight.kept)
    more, tables = straight.finish()
    f = Function("all", target, [("w", PTR), ("u", PTR)], external=True)
    w, u = f.arguments["w"], f.arguments["u"]
    at = {name: layout.pointer(f, w, name) for name in sizes}
    f.call("shared", "void", w, u)
    f.call("constants", "void", w, u)
    f.call("rhs", "void", w, u, at["y"], at["b"])
    f.call("factors", "void", w, u, at["y"], at["f"])
    f.call("solve", "void", w, u, at["b"], at["x"])
    f.give()
    functions += [f, *more, *(write(target) for write in WRITERS.values())]
    loaded = Loaded(compile_text(module(functions, triple=host().triple, extra=tables)))
    lanes = target.width
    memory, shared = aligned(layout.size * lanes), aligned(max(1, len(parts.constants.shared)))
    block = memory.reshape(-1, lanes)
    compiled = codegen.compile_system(system)
    y0, p0 = compiled.initial()
    rng = np.random.default_rng(5)
    y = y0[:, None] * rng.uniform(0.5, 2.0, (n, lanes))
    p = p0[:, None] * (rng.uniform(0.8, 1.2, (m, lanes)) if varying else np.ones((m, lanes)))
    shift, time = rng.uniform(0.5, 2.0, lanes), rng.uniform(0.0, 9.0, lanes)
    places = layout.places
    block[places["y"] : places["y"] + n], block[places["p"] : places["p"] + m] = y, p
    block[places["inv_hg"]], block[places["stage_time"]] = shift, time
    loaded.function("all", ctypes.c_void_p, ctypes.c_void_p)(memory.ctypes.data, shared.ctypes.data)

    def found(name: str, lane: int) -> Array:
        return block[places[name] : places[name] + sizes[name], lane]

    for lane in range(lanes):
        t, state, constants = float(time[lane]), y[:, lane].copy(), p[:, lane].copy()
        expected = compiled.rhs(t, state, constants)
        np.testing.assert_allclose(found("f", lane), expected, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(found("b", lane), expected, rtol=1e-13, atol=1e-14)
        matrix = compiled.jac(t, state, constants) - shift[lane] * np.eye(n)
        np.testing.assert_allclose(found("x", lane), np.linalg.solve(matrix, expected), rtol=1e-11, atol=1e-13)
        slopes = compiled.dfdt(t, state, constants)[[row for row, _ in parts.slopes]]
        np.testing.assert_allclose(found("slope", lane), slopes, rtol=1e-12, atol=1e-14)


def test_methods_meet_their_order_conditions() -> None:
    """Of order one and two, from the coefficients as they are printed."""
    for method in METHODS.values():
        s = method.stages
        inverse = np.eye(s) / method.gamma
        for i, row in enumerate(method.C):
            inverse[i, : len(row)] -= row
        gammas = np.linalg.inv(inverse)
        a = np.zeros((s, s))
        for i, row in enumerate(method.A):
            a[i, : len(row)] = row
        alpha = a @ gammas
        np.testing.assert_allclose(alpha.sum(axis=1), method.c, atol=1e-12)
        np.testing.assert_allclose(gammas.sum(axis=1), method.d, atol=1e-12)
        weights = (np.append(method.A[-1], 1.0)) @ gammas
        np.testing.assert_allclose(weights.sum(), 1.0, rtol=1e-12)
        np.testing.assert_allclose(weights @ (alpha + gammas).sum(axis=1), 0.5, rtol=1e-11)


def simple(network_of: NetworkOf, k: float = 1.0) -> OdeSystem:
    return equations.build(network_of(["A -> B; k*A"], species={"A": 1.0}, parameters={"k": k}))


def recipe(**settings: object) -> Recipe:
    return Recipe(shape=Shape(varying=frozenset({0, 1})), width=1, **settings)  # type: ignore[arg-type]


def test_text_is_the_same_every_time(network_of: NetworkOf) -> None:
    assert write_kernel(simple(network_of), recipe()) == write_kernel(simple(network_of), recipe())


def test_kernel_comes_from_the_cache(network_of: NetworkOf, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kernel(simple(network_of, 3.1), recipe())
    assert [path.stem for path in own_cache.glob("*")] == [first.name]
    kernel_module._MEMORY.clear()
    monkeypatch.setattr(kernel_module, "compile_text", lambda *_, **__: pytest.fail("compiled again"))
    assert kernel(simple(network_of, 3.1), recipe()).facts == first.facts


@pytest.mark.parametrize("harm", [lambda data: data[: len(data) // 2], lambda data: data[:-1] + b"x", lambda _: b""])
def test_harmed_files_are_made_again(network_of: NetworkOf, own_cache: Path, harm: Callable[[bytes], bytes]) -> None:
    made = kernel(simple(network_of, 5.7), recipe())
    path = own_cache / f"{made.name}{KERNELS.suffix}"
    whole = path.read_bytes()
    path.write_bytes(harm(whole))
    assert cache.load(made.name) is None
    kernel_module._MEMORY.clear()
    kernel(simple(network_of, 5.7), recipe())
    assert path.read_bytes() == whole


def test_a_file_of_another_name_is_not_taken(network_of: NetworkOf, own_cache: Path) -> None:
    made = kernel(simple(network_of, 9.2), recipe())
    (own_cache / f"{made.name}{KERNELS.suffix}").rename(own_cache / f"{'0' * 64}{KERNELS.suffix}")
    assert cache.load("0" * 64) is None


def test_folder_that_cannot_be_written(network_of: NetworkOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("REDOXSIM_CACHE", str(blocked))
    assert kernel(simple(network_of, 7.7), recipe()).code is not None
    assert KERNELS.clear() == (0, 0)


def _save(index: int) -> None:
    for _ in range(20):
        cache.save("shared", {"by": 1}, b"code" * 5000)


def test_many_processes_write_one_file(own_cache: Path) -> None:
    team = [multiprocessing.get_context("fork").Process(target=_save, args=(index,)) for index in range(4)]
    for member in team:
        member.start()
    while any(member.is_alive() for member in team):
        found = cache.load("shared")
        assert found is None or found[1] == b"code" * 5000
    assert [member.exitcode for member in team] == [0] * 4
    assert cache.load("shared") == ({"by": 1}, b"code" * 5000)
    files, size = KERNELS.clear()
    assert files == 1
    assert size > 20000
    assert not list(own_cache.iterdir())


def test_pickle_carries_no_code(network_of: NetworkOf) -> None:
    made = kernel(simple(network_of, 2.2), recipe())
    data = pickle.dumps(made)
    assert b"ELF" not in data
    again = pickle.loads(data)
    assert isinstance(again, Kernel)
    assert again.name == made.name
    assert again.code is not None


def test_refusals(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DesignError, match="rodas5p"):
        kernel(simple(network_of), recipe(method="rodas5q"))
    with monkeypatch.context() as limits:
        limits.setattr(kernel_module, "LARGEST", 1)
        with pytest.raises(Unsupported, match="2 states"):
            kernel(simple(network_of), recipe())
        limits.setattr(kernel_module, "LARGEST", 2)
        limits.setattr(kernel_module, "MOST_OPERATIONS", 0)
        with pytest.raises(Unsupported, match="1 multiply-adds"):
            kernel(simple(network_of), recipe())
    with pytest.raises(BuildError):
        compile_text("define void @f( {")
    with pytest.raises(DesignError, match="no symbol"):
        kernel(simple(network_of), recipe()).observer(["nothing"])
    f = Function("f", host().target(2), [("x", F64), ("i", "i64")])
    with pytest.raises(TypeError):
        f.arguments["x"] + f.arguments["i"]


def test_neon_code_assembles(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written and assembled for ARM; it is not run here."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    arm = Host(cpu="neoverse-n1", features="+neon", triple="aarch64-unknown-linux-gnu", version="")
    assert (arm.target().width, arm.target().fma, arm.target().rcp14) == (2, True, False)
    try:
        machine = llvm.Target.from_triple(arm.triple).create_target_machine(cpu=arm.cpu)
    except RuntimeError:
        pytest.skip("this LLVM cannot write ARM code")
    monkeypatch.setattr(kernel_module, "host", lambda: arm)
    text, _ = write_kernel(everything(network_of), recipe())
    wide, _ = write_kernel(everything(network_of), Recipe(shape=Shape(varying=frozenset({0})), width=2))
    loops, _ = write_kernel(everything(network_of), Recipe(shape=Shape(varying=frozenset()), width=2, loops=True))
    for source in (text, wide, loops):
        parsed = llvm.parse_assembly(source)
        parsed.verify()
        assert machine.emit_object(parsed)[:4] == b"\x7fELF"
    assert "fmla" in machine.emit_assembly(parsed)
