"""``redoxsim fit`` from a table to constants, words and a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kendalltau

import redoxsim as rx
from redoxsim.cli.fit import read_free
from redoxsim.errors import DesignError
from redoxsim.study import prepare
from redoxsim.study.draws import draw

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


POOL = """
model pool()
  compartment cell = 1; species A in cell = 1;
  k_in = 2e-4; k_out = 1e-4;
  -> A; k_in*cell; A -> ; k_out*A*cell;
end
"""
CONSTANTS = """id,value,unit,low,high,grade,source,note
k_in,5e-4,,1e-5,1e-2,C,made up,
k_out,2e-4,,1e-5,1e-2,C,made up,
"""


def test_what_a_calibration_says_of_pairs_is_what_draws_keep_to(command: Command, tmp_path: Path) -> None:
    metadata = 'title = "pool"\nstart = "given"\nobservables = [ { id = "A", name = "A", unit = "uM" } ]\n'
    for name, text in (("model.ant", POOL), ("model.toml", metadata), ("parameters.csv", CONSTANTS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    hours = np.array([0.0, 2.0, 5.0, 10.0, 20.0])  # the way to a rest tells k_in/k_out better than either
    values = 2.5 - 1.5 * np.exp(-2e-4 * 3600.0 * hours)
    rows = [f"{t},{value},0.05" for t, value in zip(hours, values, strict=True)]
    (tmp_path / "course.csv").write_text("time [h],A [uM],A_sd\n" + "\n".join(rows) + "\n", encoding="utf-8")
    before = draw(prepare(tmp_path / "model.ant"), 256).values
    made = tmp_path / "correlations.csv"
    ran = command(
        "fit", tmp_path / "model.ant", tmp_path / "course.csv", "--free", "k_in,k_out", "--correlations", made
    )
    assert ran.code == 0, ran.err
    assert f"Written: {made} (1 pairs)" in ran.err
    (row,) = csv.DictReader(io.StringIO(made.read_text(encoding="utf-8")))
    assert {row["id"], row["with"]} == {"k_in", "k_out"}
    told = float(row["correlation"])
    assert 0.7 < told < 1.0, "more in needs more out"
    after = draw(prepare(tmp_path / "model.ant"), 256).values
    ranks = [kendalltau(one["k_in"], one["k_out"]).statistic for one in (before, after)]
    assert abs(ranks[0]) < 0.1
    assert ranks[1] == pytest.approx(2 / np.pi * np.arcsin(told), abs=0.06)
    again = command(
        "fit", tmp_path / "model.ant", tmp_path / "course.csv", "--free", "k_in,k_out", "--correlations", made
    )
    assert again.code == 2, "nothing is overwritten"


def test_a_dry_run_solves_nothing(command: Command, table: Path) -> None:
    ran = command("fit", "gsh", table, "--free", "VGCL", "-n")
    assert ran.code == 0, ran.err
    assert "1 solve, " in ran.err


def test_wrong_use_is_said(command: Command, table: Path, tmp_path: Path) -> None:
    assert command("fit", "gsh", table, "--free", "VGCLL").code == 2
    ran = command("fit", "gsh", tmp_path / "no.csv", "--free", "VGCL")
    assert ran.code == 2, "a table is no model"
    assert "no.csv" in ran.err


def test_ranges_are_read() -> None:
    assert read_free(("a,b=1e-4..1", "c = 2 .. 3")) == {"a": None, "b": (1e-4, 1.0), "c": (2.0, 3.0)}
    for text in ("a=3", "=1..2", "a,a", "a=x..2"):
        with pytest.raises(DesignError):
            read_free((text,))
