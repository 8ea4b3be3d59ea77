"""``simulate --explain``."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
LINE = ("simulate", "gsh", "--until", "2h", "--every", "30min", "--set", "GSR=0.5")


def test_the_reactions_behind_a_readout(command: Command, tmp_path: Path) -> None:
    ran = command(*LINE, "--explain", "GSH_c", "--plot", tmp_path / "why.png", "--methods", tmp_path / "m.md")
    assert ran.code == 0, ran.err
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert {row["time [h]"] for row in rows} == {"0.0", "0.5", "1.0", "1.5", "2.0"}
    assert "GSR_turnover" in {row["reaction"] for row in rows}
    assert ran.err.startswith("GSH_c: ")
    assert (tmp_path / "why.png").stat().st_size > 10_000
    assert "taken apart by reaction" in (tmp_path / "m.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--explain", "GSH_d"), "GSH_c"),
        (("--explain", "GSH_c", "--observe", "GSSG_c"), "one readout of one cell"),
        (("--explain", "GSH_c", "--cells", "4"), "one readout of one cell"),
        (("--explain", "GSR"), "does not move"),
    ],
)
def test_what_cannot_be_followed_is_refused(command: Command, more: tuple[str, ...], said: str) -> None:
    ran = command(*LINE, *more)
    assert ran.code == 2
    assert said in ran.err


def test_a_dry_run_solves_nothing(command: Command) -> None:
    ran = command(*LINE, "--explain", "GSH_c", "-n")
    assert (ran.code, ran.out) == (0, "")
