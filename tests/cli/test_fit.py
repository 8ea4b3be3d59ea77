"""``redoxsim fit`` from a table to constants, words and a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import redoxsim as rx
from redoxsim.cli.fit import read_free
from redoxsim.errors import DesignError

Command = Callable[..., Any]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GSH of the module after a change of GCL, as a table."""
    path = tmp_path_factory.mktemp("data") / "gsh.csv"
    course = rx.simulate("gsh", until="24 h", every="4 h", values={"VGCL": 0.6}, start="given")
    rows = [f"{t / 3600},{value},20" for t, value in zip(course.times, np.asarray(course["GSH_c"]), strict=True)]
    path.write_text("time [h],GSH_c [uM],GSH_c_sd\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_constant_comes_back_with_words_and_a_figure(command: Command, table: Path, tmp_path: Path) -> None:
    ran = command("fit", "gsh", table, "--free", "VGCL", "--start", "given", "--plot", tmp_path / "fit.svg")
    assert ran.code == 0, ran.err
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert float(row["value"]) == pytest.approx(0.6, rel=1e-3)
    assert float(row["from"]) < 0.6 < float(row["to"])
    assert row["verdict"] == "determined"
    assert "all constants are determined" in ran.err
    assert "--set VGCL=0.6" in ran.err
    assert (tmp_path / "fit.svg").stat().st_size > 5000


def test_a_dry_run_solves_nothing(command: Command, table: Path) -> None:
    ran = command("fit", "gsh", table, "--free", "VGCL", "-n")
    assert ran.code == 0, ran.err
    assert "1 solve, " in ran.err


def test_wrong_use_is_said(command: Command, table: Path, tmp_path: Path) -> None:
    assert command("fit", "gsh", table, "--free", "VGCLL").code == 2
    ran = command("fit", "gsh", tmp_path / "no.csv", "--free", "VGCL")
    assert ran.code == 3
    assert "no.csv" in ran.err


def test_ranges_are_read() -> None:
    assert read_free(("a,b=1e-4..1", "c = 2 .. 3")) == {"a": None, "b": (1e-4, 1.0), "c": (2.0, 3.0)}
    for text in ("a=3", "=1..2", "a,a", "a=x..2"):
        with pytest.raises(DesignError):
            read_free((text,))
