"""`agents show` tells what draws of an agent's constants must agree with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from redoxsim.pharmacology import load_agent

Command = Callable[..., Any]


def test_measurements_are_listed_with_grade_and_source(command: Command) -> None:
    text = command("agents", "show", "auranofin", "--format", "table").out
    measured = load_agent("auranofin").measured
    assert len(measured) == 3
    told = json.loads(command("agents", "show", "auranofin", "--format", "json").out)["about"]["draws agree with"]
    assert [line.startswith(str(one)) for line, one in zip(told, measured, strict=True)] == [True] * 3
    assert "TrxR1_activity 0.35 to 0.65 of its start under 0.5uM at 24 h (A; Dunigan 2018" in told[0]
    assert "draws agree with" in text


def test_where_nothing_was_measured_the_file_says_why(command: Command) -> None:
    told = json.loads(command("agents", "show", "celecoxib", "--format", "json").out)["about"]
    assert told["draws agree with"] is None
    assert any(text.startswith("Not conditioned on measurements") for text in told["caveats"])


def test_a_run_with_a_hypothesis_says_so(command: Command) -> None:
    ran = command("simulate", "redox", "--dose", "matrine=1mM", "--until", "1h", "--every", "1h", "--observe", "ATP")
    assert "matrine (hypothesis): the mechanism is proposed, not shown" in ran.err
    few = ("--at", "1h", "--observe", "ATP", "--vary", "VGDH")
    gains = command("sensitivity", "redox", "--dose", "matrine=1mM", *few)
    assert "matrine (hypothesis): the mechanism is proposed, not shown" in gains.err
    other = command("simulate", "redox", "--dose", "bso=1mM", "--until", "1h", "--every", "1h", "--observe", "ATP")
    assert "proposed" not in other.err
