"""``--methods``: what a paper says of a result; ``models diff``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim import study
from redoxsim.report import methods

Command = Callable[..., Any]


@pytest.mark.parametrize(
    "line",
    [
        ("simulate", "gsh", "--until", "1h", "--set", "GSR=0.5"),
        ("scan", "gsh", "--axis", "GSR=0.5,1", "--until", "1h", "--cells", "2", "--observe", "GSH_c"),
        ("steady", "gsh"),
        ("sensitivity", "gsh", "--observe", "GSH_c", "--at", "1h", "--vary", "GSR"),
    ],
    ids=lambda line: line[0],
)
def test_methods_stand_in_a_file(command: Command, tmp_path: Path, line: tuple[str, ...]) -> None:
    target = tmp_path / "methods.md"
    ran = command(*line, "--methods", target)
    assert ran.code == 0, ran.err
    text = target.read_text(encoding="utf-8")
    assert "Simulations were done with redoxsim" in text
    assert "`gsh`" in text
    assert "| constant | value | unit | range | grade | source | note |" in text
    assert "\n    redoxsim " in text, "the command"
    assert "@misc{" in text
    if line[0] == "simulate":
        assert "Values set: GSR = 0.5." in text
        assert re.search(r"\| GSR \| 0\.5 \|.*set by the user", text)
    if line[0] == "scan":
        assert "means over 2 cells" in text
    assert command(*line, "--methods", target).code == 2, "it is not overwritten"


def test_every_constant_of_model_and_agent_is_there_once() -> None:
    setup = study.prepare("redox", agents=["auranofin"])
    rows = methods.constants(setup)
    names = [row["constant"] for row in rows]
    assert len(names) == len(set(names))
    assert {"auranofin_k1", "GSR", "kg"} <= set(names)
    assert all(row["grade"] in ("A", "B", "C") for row in rows)
    assert "auranofin" in methods.paragraph(setup, None)


def test_bibtex_holds_what_is_known() -> None:
    text = methods.bibtex(["10.1152/ajplung.00214.2018", "PMID 2403377", "Reed et al 2008, 50% & more", "Reed 2008"])
    assert text.count("@misc{") == 4
    assert "doi = {10.1152/ajplung.00214.2018}" in text
    assert "pmid = {2403377}" in text
    assert "@misc{reed2008," in text
    assert "@misc{reed2008-2," in text
    assert r"50\% \& more" in text


def test_a_file_for_both_is_refused(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    ran = command("simulate", "gsh", "--until", "1h", "-o", target, "--methods", target)
    assert ran.code == 2
    assert not target.exists()


def test_models_diff(command: Command) -> None:
    ran = command("models", "diff", "redox", "redox-core")
    assert ran.code == 0, ran.err
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert {"reaction", "parameter"} <= {row["kind"] for row in rows}
    assert ran.err.startswith(f"{len(rows)} differences: ")
    same = command("models", "diff", "gsh", "gsh")
    assert (same.code, same.err.strip()) == (0, "no differences")
    assert command("models", "diff", "gsh", "gshh").code != 0
