"""Text and byte code of the python target on disk: the same as made anew, and made anew where harmed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from redoxsim.codegen import written as module
from redoxsim.codegen.compiled import CompiledSystem
from redoxsim.codegen.written import written
from redoxsim.equations import build
from redoxsim.equations.system import OdeSystem
from redoxsim.kept import RATES
from redoxsim.network import read


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OdeSystem:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path))
    return build(read("redox-core"))


def test_a_second_time_nothing_is_written(system: OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    text, codes = written(system)
    assert RATES.kept()[0] == 1

    def never(*_: object) -> None:
        raise AssertionError("written again")

    monkeypatch.setattr(module, "write_python", never)
    again, same = written(system)
    assert again == text
    assert same == codes
    assert list(same) == list(module.PARTS)


def test_what_is_kept_gives_the_same_rates(system: OdeSystem) -> None:
    first, second = CompiledSystem(system), CompiledSystem(system)
    state, constants = first.initial()
    for made in ("rhs", "jac", "dfdt"):
        np.testing.assert_array_equal(
            getattr(first, made)(0.0, state, constants), getattr(second, made)(0.0, state, constants)
        )


def test_a_harmed_file_is_made_again(system: OdeSystem) -> None:
    text, _ = written(system)
    (file,) = RATES.folder().iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert written(system)[0] == text
    assert file.read_bytes() == whole


def test_small_ones_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path))
    written(build(read("h2o2")))
    assert RATES.kept() == (0, 0)
