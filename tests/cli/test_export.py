"""A model that was exported with a cell or an agent is the one that is simulated here, and checks clean."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redoxsim import network, study

Command = Callable[..., Any]


@pytest.mark.parametrize("changes", [("--cell", "gsr-low"), ("--set", "GSR=0.1")], ids=" ".join)
def test_an_exported_cell_starts_at_its_own_rest(command: Command, tmp_path: Path, changes: tuple[str, ...]) -> None:
    path = tmp_path / "gsh.xml"
    assert command("export", "gsh", *changes, "-o", path).code == 0
    rest = study.steady("gsh", values={"GSR": 0.1}, observe=("GSSG_c",)).values["up"][0, 0]
    usual = study.steady("gsh", observe=("GSSG_c",)).values["up"][0, 0]
    assert abs(rest / usual - 1) > 0.1, "the change must show"
    ran = command("simulate", path, "--until", "10h", "--every", "5h", "--observe", "GSSG_c")
    values = [float(row["GSSG_c [uM]"]) for row in csv.DictReader(io.StringIO(ran.out))]
    np.testing.assert_allclose(values, rest, rtol=1e-6)


def test_start_given_keeps_the_initial_state_of_the_file(command: Command) -> None:
    out = command("export", "gsh", "--set", "GSR=0.1", "--start", "given").out
    before, after = network.read("gsh"), network.read_sbml(out)
    assert {one.id: one.initial_concentration for one in after.species} == {
        one.id: one.initial_concentration for one in before.species
    }
    assert next(one.value for one in after.parameters if one.id == "GSR") == 0.1


@pytest.mark.parametrize("agent", ["auranofin", "celecoxib"])
def test_check_has_nothing_about_units_of_our_own_export(command: Command, tmp_path: Path, agent: str) -> None:
    path = tmp_path / "out.xml"
    assert command("export", "redox", "--agent", agent, "-o", path).code == 0
    codes = {one["code"] for one in csv.DictReader(io.StringIO(command("check", path).out))}
    assert not codes & {"RX011", "RX012", "RX013"}


def test_a_model_without_rest_says_so(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "grows.ant"
    path.write_text("model grows()\n species A = 1;\n J: -> A; k\n k = 1\nend\n", encoding="utf-8")
    ran = command("export", path, "--set", "k=2", "--start", "steady")
    assert ran.code == 5
    assert "no steady state" in ran.err
    assert "--start given" in ran.err
    assert command("export", path, "--set", "k=2").code == 0
