"""Draws kept on disk: what was saved comes back, and never what other code, libraries or settings made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from redoxsim.kept import DRAWS
from redoxsim.study import kept_draws

ARRAYS = {
    "settled": np.array([True, False, True]),
    "values": np.array([[1.0, np.nan], [-0.0, np.inf], [3.0, 5e-324]]),
    "places": np.zeros((0, 2), dtype=np.int64),
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "cache"))


def test_arrays_come_back_to_the_bit() -> None:
    kept_draws.save("a", ARRAYS)
    found = kept_draws.load("a")
    assert found is not None
    assert list(found) == list(ARRAYS)
    for name, one in ARRAYS.items():
        assert (found[name].dtype, found[name].shape) == (one.dtype, one.shape)
        assert found[name].tobytes() == one.tobytes()
    assert kept_draws.load("b") is None


@pytest.mark.parametrize("told", [("object", [1]), ("float64", [3]), ("complex128", [1])])
def test_a_head_that_does_not_fit_is_not_taken(told: tuple[str, list[int]]) -> None:
    DRAWS.save("a", json.dumps({"values": told}).encode() + b"\n" + bytes(16))
    assert kept_draws.load("a") is None


def test_a_name_tells_all_that_it_was_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    name = kept_draws.name_of("redox", 1)
    assert kept_draws.name_of("redox", 1) == name
    names = {name, kept_draws.name_of("redox", 2), kept_draws.name_of("redox", (1,)), kept_draws.name_of("redox")}
    code, *libraries = kept_draws._made_by()
    for made_by in (("other code", *libraries), (code, "another numpy", *libraries[1:])):
        monkeypatch.setattr(kept_draws, "_made_by", lambda made_by=made_by: made_by)
        names.add(kept_draws.name_of("redox", 1))
    assert len(names) == 6


def test_the_code_that_counts_is_that_of_all_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = kept_draws._made_by()
    for left_out in kept_draws.CODE:
        monkeypatch.setattr(kept_draws, "CODE", tuple(one for one in kept_draws.CODE if one != left_out))
        assert kept_draws._made_by.__wrapped__()[0] != whole[0], left_out
        monkeypatch.undo()
