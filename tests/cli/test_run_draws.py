"""`redoxsim run --draws`: the share of draws in which an expectation holds, wherever verdicts are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_shelf import metadata, opening, ranges, shelve

from redoxsim.cli.exits import Exit
from redoxsim.report import page, runlist
from redoxsim.study import draws, prepare

Command = Callable[..., Any]
MODEL = """
model pool()
  compartment cell = 1; species A in cell = 1;
  k_in = 1; k_out = 0.001;
  -> A; k_in*k_out*cell; A -> ; k_out*A*cell;
end
"""
RUN = """[[run]]
id = "course"
kind = "simulate"
until = "24 h"
every = "1 h"
observe = ["A"]
[[expect]]
id = "above"
claim = "S9.1"
text = "A is above 0.8"
at_least = 0.8
quantity = { run = "course", observe = "A", reduce = "last" }
"""


@pytest.fixture
def shares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an experiment of a model with one constant that is not known."""
    mine = shelve(
        tmp_path, model=MODEL, table=ranges("k_in,1,,0.25,4,C"), metadata=metadata("pool", A="uM"),
        experiment=opening("shares", tmp_path / "model.ant") + RUN,
    )  # fmt: skip
    monkeypatch.setenv("REDOXSIM_PATH", str(mine))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_share_is_told_wherever_the_verdict_is(command: Command, shares: Path) -> None:
    ran = command("run", str(shares), "-o", "out", "--no-figures", "--draws", "16")
    assert ran.code == Exit.GOOD, ran.err
    drawn = draws.draw(prepare(shares / "model.ant"), 16).values["k_in"]
    held = int((drawn >= 0.8).sum())
    words = f"{held} of 16 ({held / 16:.0%})"
    assert 0 < held < 16
    assert words in ran.err
    assert f"S9.1 reproduced [of the draws of constants all of it holds in {words}]" in ran.err
    assert "Shares of draws: 16 draws" in ran.err
    assert f"| {words} |" in (shares / "out" / "verdicts.md").read_text(encoding="utf-8")
    run = runlist.load(shares / "out")
    assert run.summary["expectations"]["above"]["in draws"] == words
    assert run.summary["draws"]["expectations"]["above"] == {"held": held, "of": 16, "undefined": 0}
    assert run.summary["draws"]["claims"] == {"S9.1": words}
    json.dumps(run.summary)
    shown = re.sub(r"<[^>]+>", "", page.report_page([run])).replace("\u00a0", " ")
    assert shown.count(words) == 3, "of the claim at the top and in its section, of the expectation"
    assert f"S9.1 holds as a whole in {words}" in shown


def test_no_draws_no_share(command: Command, shares: Path) -> None:
    ran = command("run", str(shares), "-o", "out", "--no-figures", "--draws", "0")
    assert ran.code == Exit.GOOD, ran.err
    assert "draws" not in ran.err
    assert "in draws" not in (shares / "out" / "verdicts.md").read_text(encoding="utf-8")
    assert "draws" not in runlist.load(shares / "out").summary


def test_the_verdict_is_that_of_the_constants_as_they_are(command: Command, shares: Path) -> None:
    text = (shares / "experiment.toml").read_text(encoding="utf-8")
    (shares / "experiment.toml").write_text(text.replace("at_least = 0.8", "at_least = 1.2"), encoding="utf-8")
    ran = command("run", str(shares), "-o", "out", "--no-figures", "--draws", "8")
    assert ran.code == Exit.PARTIAL, "it holds in some draws only, and not in the model as it is"
    assert "0 of 1 expectations hold" in ran.err
    assert runlist.load(shares / "out").summary["draws"]["expectations"]["above"]["held"] > 0


def test_a_model_without_ranges_says_why_there_is_no_share(command: Command, shares: Path) -> None:
    (shares / "parameters.csv").write_text(ranges(), encoding="utf-8")
    ran = command("run", str(shares), "-o", "out", "--no-figures")
    assert ran.code == Exit.GOOD, ran.err
    assert "Shares of draws: none, draws need ranges" in ran.err
