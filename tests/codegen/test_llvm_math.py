"""The kernel's own exp, log, pow, sin, cos and reciprocal: error in ulp, edges, the same at every width."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

llvmlite = pytest.importorskip("llvmlite")

from redoxsim.codegen.llvm.functions import WRITERS, write_over_array  # noqa: E402
from redoxsim.codegen.llvm.host import Loaded, compile_text, host  # noqa: E402
from redoxsim.codegen.llvm.run import aligned  # noqa: E402
from redoxsim.codegen.llvm.text import Target, module  # noqa: E402

Array = NDArray[np.float64]
COUNT = 1 << 14
LONG = np.finfo(np.longdouble).nmant > 60
EDGES = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 5e-324, 1e-310, 1.7e308, -2.0, -3.0, 0.5, 3.0, 1e20, 2.0**53 + 2]
)


def build(target: Target) -> Callable[..., Array]:
    functions = [write(target) for write in WRITERS.values()]
    functions += [write_over_array(n, target, arguments=2 if n == "rx_pow" else 1) for n in (*WRITERS, "reciprocal")]
    loaded = Loaded(compile_text(module(functions, triple=host().triple)))

    def call(name: str, *arguments: Array) -> Array:
        count = -(-len(arguments[0]) // target.width) * target.width
        inputs = [aligned(count) for _ in arguments]
        for block, values in zip(inputs, arguments, strict=True):
            block[:] = np.resize(values, count)
        out = aligned(count)
        pointer = ctypes.c_void_p
        function = loaded.function(f"{name}_array", *[pointer] * (1 + len(inputs)), ctypes.c_int64)
        function(out.ctypes.data, *(block.ctypes.data for block in inputs), count // target.width)
        return out[: len(arguments[0])].copy()

    return call


@pytest.fixture(scope="module")
def call() -> Callable[..., Array]:
    return build(host().target())


def ulp(got: Array, exact: NDArray[np.longdouble]) -> float:
    rounded = exact.astype(np.float64)
    return float(np.max(np.abs(got.astype(np.longdouble) - exact) / np.spacing(np.abs(rounded))))


@pytest.mark.skipif(not LONG, reason="needs 80-bit long doubles as the reference")
@pytest.mark.parametrize(
    ("name", "function", "low", "high"),
    [
        ("rx_exp", np.exp, -708.0, 709.7), ("rx_exp", np.exp, -2.0, 2.0),
        ("rx_log", np.log, 1e-300, 1e300), ("rx_log", np.log, 0.4, 2.5),
        ("rx_sin", np.sin, -10.0, 10.0), ("rx_sin", np.sin, -1e6, 1e6), ("rx_sin", np.sin, -1e9, 1e9),
        ("rx_cos", np.cos, -10.0, 10.0), ("rx_cos", np.cos, -1e6, 1e6), ("rx_cos", np.cos, -1e9, 1e9),
        ("reciprocal", np.reciprocal, 1e-3, 1e3),
    ],
)  # fmt: skip
def test_within_the_stated_error(
    call: Callable[..., Array], name: str, function: np.ufunc, low: float, high: float
) -> None:
    rng = np.random.default_rng(1)
    wide = low > 0 and high / low > 1e6
    x = np.exp(rng.uniform(np.log(low), np.log(high), COUNT)) if wide else rng.uniform(low, high, COUNT)
    assert ulp(call(name, x), function(x.astype(np.longdouble))) <= (1.1 if name == "rx_exp" else 1.0)


@pytest.mark.skipif(not LONG, reason="needs 80-bit long doubles as the reference")
def test_powers_within_the_stated_error(call: Callable[..., Array]) -> None:
    rng = np.random.default_rng(2)
    limit = 1.1 if host().target().fma else 2.0
    for spread, most in ((20.0, 30.0), (1.0, 6.0)):
        x, y = np.exp(rng.uniform(-spread, spread, COUNT)), rng.uniform(-most, most, COUNT)
        exact = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
        normal = (exact > 1e-300) & (exact < 1e300)
        error = np.abs(call("rx_pow", x, y).astype(np.longdouble) - exact) / np.spacing(exact.astype(np.float64))
        assert np.all(error[normal] <= limit + np.abs(y[normal]) / 8)


def test_edges(call: Callable[..., Array]) -> None:
    with np.errstate(all="ignore"):
        same = {"rx_exp": np.exp, "rx_log": np.log, "rx_sin": np.sin, "rx_cos": np.cos, "reciprocal": np.reciprocal}
        for name, function in same.items():
            np.testing.assert_allclose(call(name, EDGES), function(EDGES), rtol=1e-15, err_msg=name)
        x, y = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES))
        np.testing.assert_allclose(call("rx_pow", x, y), np.power(x, y), rtol=1e-15)


def test_every_width_gives_the_same_bits(call: Callable[..., Array]) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-30, 30, 2048), rng.uniform(-5, 5, 2048)
    for width in (1, 2):
        other = build(host().target(width))
        for name in (*WRITERS, "reciprocal"):
            arguments = (np.abs(x), y) if name == "rx_pow" else (x,)
            np.testing.assert_array_equal(other(name, *arguments), call(name, *arguments), err_msg=f"{name} {width}")


@pytest.mark.skipif(not LONG, reason="needs 80-bit long doubles as the reference")
def test_without_fused_multiply_add() -> None:
    """As written for processors that have none."""
    plain = build(Target(width=2, fma=False, rcp14=False))
    rng = np.random.default_rng(4)
    x, y = np.exp(rng.uniform(-5, 5, COUNT)), rng.uniform(-8, 8, COUNT)
    wide = x.astype(np.longdouble)
    assert ulp(plain("rx_exp", y), np.exp(y.astype(np.longdouble))) <= 1.5
    assert ulp(plain("rx_log", x), np.log(wide)) <= 1.5
    assert ulp(plain("rx_sin", x), np.sin(wide)) <= 1.5
    assert ulp(plain("rx_pow", x, y), np.power(wide, y.astype(np.longdouble))) <= 3.0
