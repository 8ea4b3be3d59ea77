"""models, agents, cells, experiments, check, export, explain, doctor."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim.kept import SHELVES
from redoxsim.network import read, read_antimony, read_sbml
from redoxsim.solve import Status

Command = Callable[..., Any]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        ("models", {"trx", "gsh", "nrf2", "ferroptosis", "glutamine", "redox"}),
        ("agents", {"auranofin", "bso", "celecoxib"}),
        ("cells", {"default", "gsr-low", "txnrd1-high", "glul-high", "normal"}),
        ("experiments", {"auranofin", "bso", "celecoxib", "auranofin-bso", "auranofin-celecoxib", "bso-celecoxib"}),
    ],
)
def test_lists_name_what_is_shipped(command: Command, verb: str, names: set[str]) -> None:
    ran = command(verb)
    assert ran.code == 0
    assert names <= {next(iter(row.values())) for row in rows(ran.out)}
    assert command(verb, "list").out == ran.out
    assert {next(iter(row.values())) for row in json.loads(command(verb, "--format", "json").out)["rows"]} >= names


def test_models_show_has_sizes_and_graded_constants(command: Command) -> None:
    shown = json.loads(command("models", "show", "gsh", "--format", "json").out)
    network = read("gsh")
    assert shown["about"]["species"] == len(network.species)
    assert shown["about"]["reactions"] == len(network.reactions)
    assert {row["grade"] for row in shown["rows"]} <= {"A", "B", "C", None}
    assert all(row["source"] for row in shown["rows"] if row["grade"])


def test_models_show_takes_a_file(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "decay.ant"
    path.write_text("model decay\n species A = 1; J: A -> ; k*A; k = 0.5\nend\n", encoding="utf-8")
    shown = json.loads(command("models", "show", path, "--format", "json").out)
    assert [row["id"] for row in shown["rows"]] == ["k"]


def test_agents_show_has_caveats_and_sources(command: Command) -> None:
    text = command("agents", "show", "auranofin", "--format", "table").out
    assert "caveats" in text
    assert "covalent" in text
    assert "auranofin_k1" in text


def test_experiments_show_says_what_is_expected(command: Command) -> None:
    shown = json.loads(command("experiments", "show", "auranofin-bso", "--format", "json").out)
    assert {row["id"] for row in shown["rows"]} >= {"bliss-mid"}
    assert shown["about"]["question"].endswith("?")


def test_experiments_show_tells_both_sides_of_what_a_document_has_wrong(command: Command) -> None:
    about = json.loads(command("experiments", "show", "trx-backup", "--format", "json").out)["about"]
    assert about["as the document says"][0] == "S0.2: Reduced Trx reduces catalase, which then removes H2O2."
    assert len(about["as the chemistry does"]) == len(about["as the document says"]) == 2


@pytest.mark.parametrize("format", ["sbml", "antimony"])
def test_export_gives_the_same_model(command: Command, format: str) -> None:
    ran = command("export", "gsh", "--format", format)
    back = read_sbml(ran.out) if format == "sbml" else read_antimony(ran.out)
    network = read("gsh")
    assert [part.id for part in back.reactions] == [part.id for part in network.reactions]
    assert {part.id: part.value for part in back.parameters if part.constant} == {
        part.id: part.value for part in network.parameters if part.constant
    }


def test_export_guesses_the_format_and_does_not_overwrite(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "gsh.ant"
    assert command("export", "gsh", "-o", path).code == 0
    assert "model" in path.read_text(encoding="utf-8")
    again = command("export", "gsh", "-o", path)
    assert again.code == 2
    assert "--force" in again.err
    assert command("export", "gsh", "-o", path, "--force").code == 0


def test_export_refuses_an_ending_it_does_not_know(command: Command, tmp_path: Path) -> None:
    ran = command("export", "trx", "-o", str(tmp_path / "trx.sedml"))
    assert ran.code == 2
    assert ".sedml" in ran.err
    assert not list(tmp_path.iterdir())


def test_export_with_an_agent_has_its_reactions(command: Command) -> None:
    ran = command("export", "redox", "--agent", "auranofin", "--cell", "gsr-low")
    back = read_sbml(ran.out)
    assert "auranofin_uptake" in {part.id for part in back.reactions}
    assert next(part.value for part in back.parameters if part.id == "GSR") == 0.1


def test_check_finds_nothing_wrong_with_a_shipped_model(command: Command) -> None:
    ran = command("check", "gsh", "--level", "warning")
    assert ran.code == 0
    assert rows(ran.out) == []
    assert "0 errors" in ran.err


def test_check_lists_every_problem_with_code_and_line(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.ant"
    path.write_text("model bad\n species A = 1;\n J: A -> ; k*A\n K: A -> ; m*A\n m = 1\nend\n", encoding="utf-8")
    ran = command("check", path)
    assert ran.code == 1
    errors = [row for row in rows(ran.out) if row["level"] == "error"]
    assert any(row["element"] == "k" for row in errors)
    assert all(row["code"].startswith("RX") for row in errors)


def test_check_takes_observations(command: Command, tmp_path: Path) -> None:
    from redoxsim import catalog

    shipped = next(iter(catalog.observations().values()))
    assert command("check", shipped).code == 0
    text = shipped.read_text(encoding="utf-8").replace("topic =", "topc =", 1)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    ran = command("check", tmp_path / "mine.toml")
    assert ran.code == 1
    assert "topc" in ran.out
    assert "direction_only" not in ran.out, "it is not read as a cell profile"


def test_check_takes_agents_cells_and_experiments(command: Command, tmp_path: Path) -> None:
    good = [
        Path(__file__).resolve().parents[2] / name for name in ("models/agents/bso.toml", "models/cells/gsr-low.toml")
    ]
    good.append(Path(__file__).resolve().parents[2] / "experiments" / "bso")
    assert command("check", *good).code == 0
    bad = tmp_path / "bso.toml"
    bad.write_text(good[0].read_text(encoding="utf-8").replace("dose_unit", "dose_unti"), encoding="utf-8")
    ran = command("check", bad)
    assert ran.code == 1
    assert "dose_unit" in ran.out


def test_explain_knows_every_status_and_code(command: Command) -> None:
    known = {row["name"] for row in rows(command("explain").out)}
    assert {status.name for status in Status} <= known
    from redoxsim.network.issue import CODES

    assert set(CODES) <= known
    assert all(row["meaning"] for row in rows(command("explain").out))


@pytest.mark.parametrize("status", list(Status))
def test_explain_says_what_to_do(command: Command, status: Status) -> None:
    text = command("explain", status.name).out
    assert text.startswith(status.name)
    assert "What happened:" in text
    assert "What to do:" in text


def test_explain_suggests_the_nearest(command: Command) -> None:
    ran = command("explain", "STEP_BUGDET")
    assert ran.code == 2
    assert "STEP_BUDGET" in ran.err
    assert command("explain", "rx021").out.startswith("RX021")


def test_doctor_reports_solvers_and_data(command: Command) -> None:
    found = {row["what"]: row["state"] for row in rows(command("doctor").out)}
    assert found["solver scipy"] == "works"
    assert int(found["models"]) >= 6
    assert found["redoxsim"]


def test_doctor_clears_what_is_kept(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path))
    for shelf in SHELVES.values():
        shelf.save("one", b"content")
    assert all(f"{what},1," in command("doctor").out for what in SHELVES)
    ran = command("doctor", "--clear-cache")
    assert "Removed: compiled kernels 1, models read 1, rates in Python 1, draws 1; " in ran.err
    assert all(f"{what},0," in ran.out for what in SHELVES)
    assert all(shelf.load("one") is None for shelf in SHELVES.values())


BAD_AGENT = """id = "bad"
name = "Bad"
forms = ["flux"]
dose_species = "x"
dose_unti = "uM"
default_doses = "0uM,1uM"

[[parameters]]
id = "k"
value = 1.0
unit = "1/uM/s"
grade = "D"
source = "?"

[[parameters]]
id = "k"
value = 1.0
unit = "furlong/s"
grade = "C"
"""
BAD_CELL = """id = "bad"
name = "Bad"

[values.GSR]
value = 9.0
low = 0.1
high = 2.0
grade = "C"
source = "?"

[values.GPX1]
value = 1.0
grade = "C"
soruce = "?"
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BAD_AGENT, ["unknown key 'dose_unti'", "'A', 'B' or 'C'", "the key 'source' is missing"]),
        (
            BAD_AGENT.replace("dose_unti", "dose_unit").replace('"D"', '"C"') + 'source = "?"\n',
            ["default_doses must be above zero", "'k': ", "id given twice: k"],
        ),
        (BAD_CELL, ["9 lies outside its range 0.1 to 2", "unknown key 'soruce'"]),
    ],
    ids=["agent", "agent that reads", "cell"],
)
def test_check_lists_every_problem_of_a_file(command: Command, tmp_path: Path, text: str, says: list[str]) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    ran = command("check", path)
    assert ran.code == 1
    found = [row["message"] for row in rows(ran.out)]
    assert len(found) == len(says), found
    for wanted in says:
        assert sum(wanted in message for message in found) == 1, (wanted, found)
    shown = command("agents" if "forms" in text else "cells", "show", path).err
    assert all(wanted in shown for wanted in says)
