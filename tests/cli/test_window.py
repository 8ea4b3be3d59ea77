"""``--window``: two cells, one table; what cannot be asked is refused before anything is solved."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
PAIR = ("combine", "--agent", "auranofin=0,1uM,3uM", "--agent", "bso=0,100uM", "--cells", "1", "--window")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_both_cells_stand_in_one_table(command: Command, tmp_path: Path) -> None:
    ran = command(*PAIR, "--against", "normal", "--plot", tmp_path / "w.png", "--methods", tmp_path / "m.md")
    assert ran.code == 0, ran.err
    found = rows(ran.out)
    assert len(found) == 6
    assert {row["cell_first"] for row in found} == {"default"}
    assert {row["cell_second"] for row in found} == {"normal"}
    control = next(row for row in found if row["auranofin [uM]"] == "0.0" and row["bso [uM]"] == "0.0")
    assert abs(float(control["killed_first"])) < 1e-6
    assert control["window"] == "False"
    alone = next(row for row in found if row["auranofin [uM]"] == "3.0" and row["bso [uM]"] == "0.0")
    plain = command(
        "dose-response", "--agent", "auranofin", "--doses", "3uM", "--at", "48h", "--cells", "1", "--observe",
        "survival", "--draws", "0", "--cell", "normal",
    )  # fmt: skip
    killed = 1.0 - float(next(row["survival"] for row in rows(plain.out) if row["auranofin [uM]"] == "3.0"))
    assert float(alone["killed_second"]) == pytest.approx(killed, abs=1e-5), "the same as that cell by itself"
    assert "Clinical exposure: auranofin 2.5 to 3.6 µM" in ran.err
    assert (tmp_path / "w.png").stat().st_size > 10_000
    assert "Therapeutic window at 48 h" in (tmp_path / "m.md").read_text(encoding="utf-8")


def test_draws_are_kept_in_step(command: Command, tmp_path: Path) -> None:
    ran = command(
        "dose-response", "--agent", "auranofin", "--doses", "1uM,3uM", "--window", "--draws", "4", "--plot",
        tmp_path / "w.svg",
    )  # fmt: skip
    assert ran.code in (0, 1), ran.err
    found = rows(ran.out)
    assert "window_share" in found[0]
    assert "draws at least one does)" in ran.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("combine", "--agent", "auranofin", "--agent", "bso", "--against", "normal"), "add --window"),
        ((*PAIR, "--explain"), "question of its own"),
        ((*PAIR, "--observe", "GSH_c"), "living cells"),
        ((*PAIR, "--against", "default"), "both cells of the window are 'default'"),
        ((*PAIR, "--against", "normla"), "normal"),
        (("dose-response", "--agent", "auranofin", "--window", "--response", "gr"), "survival in two cells"),
        (("dose-response", "--agent", "auranofin", "--window", "--at", "24h,48h"), "one time"),
    ],
)
def test_what_cannot_be_asked_is_refused(command: Command, line: tuple[str, ...], said: str) -> None:
    ran = command(*line)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""


def test_a_dry_run_counts_both_cells(command: Command) -> None:
    ran = command(*PAIR, "--dry-run")
    assert ran.code == 0
    assert "12 solves" in ran.err
