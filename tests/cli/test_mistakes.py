"""What a person gets wrong: the message names the thing, the place and the nearest right one, and nothing is solved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

TABLES = {
    "twice.csv": "auranofin [uM],auranofin [uM],viability\n0,0,1\n1,1,0.5\n",
    "start.csv": "time [h],GSH_c [mM]\n0,4\n",
    "few.csv": "auranofin [uM],bso [uM],viability\n0,0,1\n1,0,0.5\n0,1,0.9\n",
    "curves.csv": "a [uM],b [uM],viability\n0,0,1\n"
    + "".join(f"{dose},0,{left}\n0,{dose},{left}\n" for dose, left in ((1, 0.9), (3, 0.7), (10, 0.4), (30, 0.1))),
}
MISTAKES = [
    ("dose-response --agent auranofin --agent bso", "--agent is given twice, and takes one value"),
    ("simulate gsh --until 1h --until 2h", "--until is given twice, and takes one value"),
    ("dose-response gsh --agent bso", "nothing called 'viability' to observe", "it has GSH_c"),
    (
        "combine --agent auranofin --agent bso --observe GSH_c --score bliss",
        "no synergy is scored of GSH_c",
        "viability",
    ),
    ("combine --agent auranofin --agent bso --at 24h,48h --plot x.png", "a synergy figure shows one time", "--at 48h"),
    ("combine --agent auranofin --agent bso@-24h=0,1uM", "'bso@-24h=0,1uM' is not AGENT[=RANGE][@TIME]", "such as"),
    ("simulate gsh --until 1h --set GSR=abc", "value of 'GSR': 'abc' does not start with a number"),
    ("simulate gsh --until 1h --set GSH_c=1mm", "value of 'GSH_c': unknown unit 'mm'", "'mM'"),
    ("simulate gsh --until 1h --dose bso=1uMM", "amount in 'bso=1uMM': unknown unit 'uMM'", "'uM'"),
    ("score twice.csv", "twice.csv: has two columns 'auranofin [uM]' in line 1", "a name of its own"),
    ("fit gsh start.csv --free NOPE", "'NOPE' is no constant of the model", "models show MODEL --constants"),
    ("fit gsh start.csv --free VGCL", "start.csv: the table has no time after 0 h"),
    ("plate curves.csv --replicates 1000000", "a plate has 1000 replicates at most, not 1000000"),
    ("dose-response --agent auranofin --draws 1000000", "there can be 0 to 65536 draws, not 1000000"),
    (
        "sensitivity gsh --observe GSH_c --vary NOPE",
        "'NOPE' is no constant of the model",
        "models show MODEL --constants",
    ),
    ("plate few.csv --doses 6", "few.csv: auranofin alone has 1 dose; a curve needs 4"),
    ("scan gsh --axis GSR=1,2 --axis GSS=1,2,3 --zip --until 1h", "equally long: GSR 2, GSS 3", "every combination"),
    ("simulate gsh --until 1h --every 1us", "makes 3.6e+09 output times; there can be 1e+07", "a longer spacing"),
    ("dose-response --agent auranofin --at -3h", "'auranofin' is given at 0 h, and nothing is read after that", "48h"),
    ("combine --agent auranofin --agent bso@72h", "'bso' is given at 72 h, and nothing is read after that", "120h"),
    ("scan gsh --axis GSR=1..2:log:1 --until 1h", "'1..2:log:1' has two ends and one value", "write that value: 1"),
    ("scan gsh --axis GSR=1..2:log:1000000000 --until 1h", "a range can have 1000000 values, not 1000000000"),
    (
        "scan gsh --axis GSR=1..2:lin:2000 --axis GSS=1..2:lin:2000 --until 1h",
        "2000 x 2000 makes 4000000 points; there can be 1000000",
        "fewer values on an axis",
    ),
    ("combine --agent auranofin --agent bso --grid 900", "901 x 901 makes 811801 points; there can be 100000", "fewer"),
    ("simulate redox --until 1h --dose radiation=2uM", "'radiation' needs a radiation dose such as Gy, not 2 uM"),
    ("simulate redox --until 1h --dose bso=2amol", "needs a concentration such as uM, not 2 amol, an amount"),
    ("schedule --agent auranofin --agent bso", "no dose of 'auranofin' is given", "such as 100 uM of 'auranofin'"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one[0])
def test_a_mistake_is_named(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    line, *words = mistake
    ran = command(*line.split())
    assert ran.code == 2, ran.err
    for text in words:
        assert text in ran.err
    assert "Traceback" not in ran.err
    assert not ran.out


def test_what_may_be_given_again_still_may(command: Command) -> None:
    ran = command(
        "simulate", "gsh", "--until", "1h", "--observe", "GSH_c", "--observe", "Cys", "--set", "GSR=1", "--set", "GSS=1"
    )
    assert ran.code == 0, ran.err
    assert ran.out.startswith("time [h],GSH_c [uM],Cys [uM]")


@pytest.mark.parametrize(("time", "said"), [("1h", True), ("3h", True), ("30min", False)])
def test_a_dose_that_comes_too_late_is_said(command: Command, time: str, said: bool) -> None:
    ran = command("simulate", "gsh", "--until", "1h", "--observe", "GSH_c", "--dose", f"bso=10uM@{time}")
    assert ran.code == 0, ran.err
    assert ("comes after the last output and does nothing" in ran.err) is said
