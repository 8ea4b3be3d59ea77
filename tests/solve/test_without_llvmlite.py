"""A machine without llvmlite: everything works, slower, and says so once."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import redoxsim as rx
from redoxsim.codegen.llvm import host, kernel, pointwise
from redoxsim.errors import PerformanceWarning, Unsupported
from redoxsim.solve import available, choose, fallback

KERNEL = {"solver": "rosenbrock"}


def forget() -> None:
    """As in a process that has not compiled anything yet."""
    host.host.cache_clear()
    host.library.cache_clear()
    kernel._MEMORY.clear()
    pointwise._MADE.clear()


@pytest.fixture
def without_llvmlite(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    original = builtins.__import__

    def absent(
        name: str, globals: Mapping[str, object] | None = None, locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (), level: int = 0,
    ) -> object:  # fmt: skip
        if name.split(".")[0] == "llvmlite":
            raise ImportError("No module named 'llvmlite'")
        return original(name, globals, locals, fromlist or (), level)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.setattr(fallback, "_told", False)
    forget()
    yield
    forget()


def simulate(**settings: object) -> np.ndarray:
    sol = rx.simulate(rx.read("trx"), until="6 h", every="1 h", values={"TXNRD1": 0.3}, **settings)  # type: ignore[arg-type]
    return np.asarray(sol.y)


def scan(**settings: object) -> np.ndarray:
    axes = {"TXNRD1": rx.log(0.1, 1.0, 3)}
    grid = rx.scan(rx.read("trx"), axes=axes, until="6 h", observe=["H2O2_c"], **settings)  # type: ignore[arg-type]
    return np.asarray(grid["H2O2_c"].values)


def combine(**settings: object) -> np.ndarray:
    surface = rx.combine(
        rx.read("redox"),
        agents=["auranofin", "bso"],
        doses={"auranofin": "1 uM", "bso": "100 uM"},
        at="24 h",
        observe="GSH_c",
        cells=1,
        **settings,
    )  # type: ignore[arg-type]
    return np.asarray(surface["GSH_c"].values)


@pytest.mark.parametrize("ask", [simulate, scan, combine])
def test_the_answer_is_the_same(ask: Callable[..., np.ndarray], request: pytest.FixtureRequest) -> None:
    expected = ask(rtol=1e-8)
    assert np.all(np.isfinite(expected))
    request.getfixturevalue("without_llvmlite")
    with pytest.warns(
        PerformanceWarning, match=r"llvmlite does not work here.*90 times as long.*about 3 times"
    ) as heard:
        got = ask(rtol=1e-8)
    assert len([one for one in heard if one.category is PerformanceWarning]) == 1
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate()  # once per process


@pytest.mark.usefixtures("without_llvmlite")
def test_what_needs_it_is_refused_with_the_reason() -> None:
    reasons = available()
    assert "llvmlite" in str(reasons["rosenbrock"])
    assert {name for name, reason in reasons.items() if reason is None} >= {"scipy", "scipy:python", "scipy:bdf"}
    with (
        pytest.warns(PerformanceWarning),
        pytest.raises(Unsupported, match=r"'rosenbrock' does not work here.*llvmlite"),
    ):
        simulate(**KERNEL)


@pytest.mark.usefixtures("without_llvmlite")
def test_who_asks_for_another_solver_is_not_told() -> None:
    from redoxsim import equations
    from redoxsim.solve import Problem

    problem = Problem(system=equations.build(rx.read("trx")), times=[0.0, 1.0])
    assert choose(problem, "scipy:python")[0].name == "scipy:python"


@pytest.mark.usefixtures("without_llvmlite")
def test_the_command_line_says_it_too(command: Callable[..., Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        ran = command("simulate", "trx", "--until", "1h", "--every", "30min", "--observe", "H2O2_c")
    assert ran.code == 0
    assert ran.err.count("Warning: llvmlite does not work here") == 1
    assert "Warning" not in ran.out
