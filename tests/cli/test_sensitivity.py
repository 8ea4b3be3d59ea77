"""``redoxsim sensitivity`` from the command to the table and the figure."""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim import network

Command = Callable[..., Any]
GSH = ("sensitivity", "gsh", "--observe", "GSH_c", "--at", "24h")


def test_gains_are_ranked_tabled_drawn_and_read_out(command: Command, tmp_path: Path) -> None:
    figure, table = tmp_path / "gains.svg", tmp_path / "gains.csv"
    ran = command(*GSH, "-o", table, "--plot", figure)
    assert ran.code == 0, ran.err
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    sizes = [abs(float(row["gain"])) for row in rows if row["gain"] not in ("", "nan")]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0.1
    assert {row["grade"] for row in rows} <= {"A", "B", "C"}
    assert "GSH_c: measuring " in ran.err
    assert "would narrow it most" in ran.err
    assert figure.stat().st_size > 5000


def test_json_says_what_it_is(command: Command) -> None:
    ran = command(*GSH, "--format", "json", "--vary", "GCLC,GSR")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["schema"] == "redoxsim/sensitivity/1"
    assert len(found["rows"]) == 2


def test_a_dry_run_counts(command: Command) -> None:
    ran = command(*GSH, "--vary", "GCLC,GSR", "-n")
    assert ran.code == 0, ran.err
    assert ran.err.splitlines()[-1].startswith("5 solves, ")


def test_wrong_use_is_said(command: Command) -> None:
    ran = command(*GSH, "--vary", "GCLCC")
    assert ran.code == 2
    assert "GCLC" in ran.err


@pytest.mark.parametrize("verb", ["sensitivity", "fit"])
def test_constants_named_in_examples_are_in_their_models(verb: str) -> None:
    module = importlib.import_module(f"redoxsim.cli.{verb}")
    found = re.findall(rf"{verb} (gsh) .*?--(?:vary|free) (\S+)", "\n".join(module.command.examples))
    assert found
    known = {one.id for one in network.read("gsh").parameters}
    for _, ids in found:
        assert set(ids.split(",")) <= known
