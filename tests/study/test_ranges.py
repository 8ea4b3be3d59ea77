"""Values that leave the range of their constant are said; those inside or without a range are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim import catalog, network
from redoxsim.pharmacology import load_cell
from redoxsim.study import experiment, metadata, ranges
from redoxsim.study.observations import load_observations
from redoxsim.study.setup import prepare

Command = Callable[..., Any]
CELL = """
id = "my-cell"
name = "my cell"
description = "for a test"

[values.vH_c]
value = {value}
grade = "C"
source = "assumed"

[population.cv]
{gene} = 0.3
"""


@pytest.fixture
def cell(tmp_path: Path) -> Callable[..., Path]:
    def made(value: float, gene: str = "TXNRD1") -> Path:
        path = tmp_path / "my-cell.toml"
        path.write_text(CELL.format(value=value, gene=gene), encoding="utf-8")
        return path

    return made


def ends(name: str) -> tuple[float, float]:
    one = metadata.constants_of(network.read("redox"))[name]
    assert one.low is not None
    assert one.high is not None
    return one.low, one.high


def test_the_ends_belong_to_the_range() -> None:
    low, high = ends("vH_c")
    setup = prepare("redox", values={"vH_c": high})
    assert ranges.outside_of_setup(setup) == ()
    (one,) = ranges.outside_of_setup(prepare("redox", values={"vH_c": f"{high * 1.01} uM/s", "TXNRD1": 50.0}))
    assert (one.id, one.low, one.high) == ("vH_c", low, high)
    assert f"{low:g} to {high:g}" in str(one)


def test_constants_of_agents_have_ranges_too() -> None:
    agent = next(one for one in prepare("redox", dosed=["auranofin"]).agents["auranofin"].parameters if one.high)
    assert agent.high is not None
    setup = prepare("redox", dosed=["auranofin"], values={agent.id: 2 * agent.high})
    assert [one.id for one in ranges.outside_of_setup(setup)] == [agent.id]


def test_check_warns_of_a_cell_file(command: Command, cell: Callable[..., Path]) -> None:
    _, high = ends("vH_c")
    assert "RX042" not in command("check", cell(high)).out
    ran = command("check", cell(2 * high))
    assert ran.code == 0  # a warning, no error
    assert "warning,RX042,vH_c" in ran.out
    assert "0 errors, 1 warning" in ran.err
    line = (ran.out.splitlines()[1]).split(",")[1]
    assert cell(2 * high).read_text(encoding="utf-8").splitlines()[int(line) - 1] == "[values.vH_c]"


def test_check_warns_of_a_name_that_the_model_does_not_have(command: Command, cell: Callable[..., Path]) -> None:
    ran = command("check", cell(2.0, "TXNRD9"))
    assert "warning,RX043,TXNRD9" in ran.out
    assert "TXNRD1" in ran.out


def test_check_warns_of_the_runs_of_an_experiment(command: Command, tmp_path: Path) -> None:
    _, high = ends("vH_c")
    text = (catalog.experiments()["bso"] / "experiment.toml").read_text(encoding="utf-8")
    head, mark, tail = text.partition("[[run]]\n")
    assert mark
    (tmp_path / "experiment.toml").write_text(f"{head}{mark}values = {{ vH_c = {2 * high} }}\n{tail}", encoding="utf-8")
    ran = command("check", tmp_path / "experiment.toml")
    assert "RX042" in ran.out
    assert "vH_c" in ran.out
    assert ran.code == 0


def test_check_warns_of_the_runs_of_observations(command: Command, tmp_path: Path) -> None:
    _, high = ends("vH_c")
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[observation]]\nid = "X1"\ntopic = "t"\ntext = "x"\nknown = "recalled"\nsource = "s"\n'
        f'run = [{{ id = "a", kind = "simulate", until = "1 h", every = "1 h", observe = ["ATP"], '
        f"values = {{ vH_c = {2 * high} }} }}]\n"
        'expect = [{ text = "x", kind = "bound", let = { a = { run = "a", observe = "ATP", take = "last" } }, '
        "at_most = 1e9 }]\n",
        encoding="utf-8",
    )
    ran = command("check", path)
    assert "RX042" in ran.out, ran.out


def test_a_run_says_that_a_value_leaves_its_range(command: Command) -> None:
    _, high = ends("vH_c")
    said = command("simulate", "redox", "--until", "1h", "--set", f"vH_c={2 * high}", "--observe", "ATP", "--dry-run")
    assert "'vH_c'" in said.err
    assert "outside its range" in said.err
    silent = command("simulate", "redox", "--until", "1h", "--set", f"vH_c={high}", "--observe", "ATP", "--dry-run")
    assert "outside its range" not in silent.err


@pytest.mark.parametrize("name", sorted(catalog.cells()))
def test_no_shipped_cell_leaves_a_range(name: str) -> None:
    assert ranges.problems_of_cell(load_cell(name)) == []


def test_no_shipped_observation_or_experiment_leaves_a_range() -> None:
    runs = [(run.model or one.model, run) for one in load_observations().observations for run in one.run]
    for folder in catalog.experiments().values():
        made = experiment.load(folder)
        runs += [(run.model or made.model, run) for run in made.run]
    assert ranges.problems_of_runs(runs) == []


def test_every_shipped_agent_file_is_read_as_an_agent(command: Command) -> None:
    ran = command("check", *sorted(catalog.agents().values()))
    assert ran.code == 0
    assert "0 errors, 0 warnings" in ran.err
