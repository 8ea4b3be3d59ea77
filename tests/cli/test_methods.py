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
from redoxsim.study import experiment
from redoxsim.study.observations import load_observations

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


def test_methods_of_an_experiment_tell_each_run_and_each_constant_once(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "m.md"
    ran = command("run", "two-systems", "-o", tmp_path / "run", "--no-figures", "--methods", target, "--jobs", "1")
    assert ran.code in (0, 1), ran.err
    text = target.read_text(encoding="utf-8")
    assert "The experiment two-systems asks:" in text
    assert "\n    redoxsim " in text
    runs = experiment.load(experiment.find("two-systems")).run
    for run in runs:
        assert f"\n- {run.id}: {run.kind}, " in text
    table = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
    assert len({tuple(row) for row in table}) == len(table)
    assert [row[0] for row in table].count("| kg") == 1
    varied = {name for run in runs for name in run.values}
    assert varied
    assert all([row[0] for row in table].count(f"| {name}") > 1 for name in varied), "a row for each value"
    assert "@misc{" in text
    assert command("run", "all", "--methods", target).code == 2


def test_methods_of_scores_and_plates_name_what_they_rest_on(command: Command, tmp_path: Path) -> None:
    dose_a, dose_b = (0.0, 0.1, 0.5, 2.0, 10.0), (0.0, 1.0, 5.0, 20.0, 100.0)
    lines = [f"{a},{b},{1 / (1 + a**1.5) / (1 + (b / 10) ** 1.2):.6f}" for a in dose_a for b in dose_b]
    table = tmp_path / "lab.csv"
    table.write_text("a [uM],b [uM],viability\n" + "\n".join(lines) + "\n", encoding="utf-8")
    ran = command("score", table, "--effect", "viability", "--score", "bliss,zip", "--methods", tmp_path / "s.md")
    assert ran.code == 0, ran.err
    text = (tmp_path / "s.md").read_text(encoding="utf-8")
    assert "The effect is viability" in text
    assert "year = {1939}" in text
    assert "doi = {10.1016/j.csbj.2015.09.001}" in text
    assert "Chou" not in text, "only what was scored"
    assert "no replicates" in text
    ran = command("plate", table, "--doses", "3", "--methods", tmp_path / "p.md", "-o", tmp_path / "plate.csv")
    assert ran.code == 0, ran.err
    text = (tmp_path / "p.md").read_text(encoding="utf-8")
    assert "by Bliss excess and by Loewe excess" in text
    assert re.search(r"\| a: ec50 \| 1 \| uM \|", text)
    back = list(csv.DictReader(io.StringIO((tmp_path / "plate.csv").read_text(encoding="utf-8"))))
    assert all(row["expected"] and row["expected_loewe"] for row in back if row["conc1"] == row["conc2"] == "0.0")


def test_methods_of_a_scoreboard_cite_the_observations(command: Command, tmp_path: Path) -> None:
    ran = command("validate", "--only", "C09", "--methods", tmp_path / "v.md")
    assert ran.code == 0, ran.err
    text = (tmp_path / "v.md").read_text(encoding="utf-8")
    assert "1 published observations were compared" in text or "published observation" in text
    assert "| constant | value |" in text
    (one,) = load_observations(None).only(["C09"]).observations
    assert one.source.split(",")[0].split(";")[0][:20] in text
