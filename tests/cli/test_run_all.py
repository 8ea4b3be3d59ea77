"""`redoxsim run all`: each experiment in its folder, one page, and going on where it was left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim import catalog
from redoxsim.cli.exits import Exit

Command = Callable[..., Any]
DECAY = "model decay\n species A = 1; J: A -> ; k*A; k = 0.5\nend\n"
NAMES = ("falls", "grows")


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two experiments of a decay, one of whose expectations cannot hold; they stand for all."""
    model = tmp_path / "decay.ant"
    model.write_text(DECAY, encoding="utf-8")
    for name, bound in zip(NAMES, ("at_most = 0.9", "at_least = 2.0"), strict=True):
        place = tmp_path / "mine" / "experiments" / name
        place.mkdir(parents=True)
        (place / "experiment.toml").write_text(
            f'id = "{name}"\ntitle = "It {name}"\nclaims = ["S9.1"]\nquestion = "?"\nsays = "a"\nexpected = "b"\n'
            f'model = "{model}"\ncell = "default"\ncells = 1\n'
            '[[run]]\nid = "course"\nkind = "simulate"\nuntil = "1 min"\nevery = "10 s"\nobserve = ["A"]\n'
            f'[[expect]]\nid = "end"\nclaim = "S9.1"\ntext = "A {name}"\n{bound}\n'
            'quantity = { run = "course", observe = "A", reduce = "last" }\n',
            encoding="utf-8",
        )
    monkeypatch.setenv("REDOXSIM_PATH", str(tmp_path / "mine"))
    monkeypatch.setenv("PYTHONPATH", str(Path(catalog.__file__).resolve().parents[1]))
    found = {name: catalog.experiments()[name] for name in NAMES}
    monkeypatch.setattr(catalog, "experiments", lambda: found)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_experiments_are_run_and_one_page_tells_of_them(command: Command, two: Path) -> None:
    base = ("run", "all", "-o", "out", "--no-figures")
    ran = command(*base)
    assert ran.code == Exit.PARTIAL, ran.err
    assert "1 of 1 expectations hold" in ran.err
    assert "0 of 1 expectations hold" in ran.err
    text = (two / "out" / "report.html").read_text(encoding="utf-8")
    assert "2 experiments; 1 of 2 expectations hold; answers to claims: 1 contradicted (a claim that several" in text

    assert command(*base).code == Exit.USAGE, "nothing is overwritten unasked"
    log = two / "out" / "falls" / "log.txt"
    before = log.read_bytes()
    model = two / "mine" / "experiments" / "grows" / "experiment.toml"
    model.write_text(model.read_text(encoding="utf-8").replace("at_least = 2.0", "at_least = 0.0"), encoding="utf-8")
    again = command(*base, "--resume")
    assert again.code == Exit.GOOD, again.err
    assert "1 experiment done before" in again.err, "what is done is kept; what was changed since is run again"
    assert log.read_bytes() == before
    assert "2 of 2 expectations hold" in (two / "out" / "report.html").read_text(encoding="utf-8")


def test_a_dry_run_of_all_solves_nothing(command: Command, two: Path) -> None:
    ran = command("run", "all", "-o", "out", "-n")
    assert ran.code == Exit.GOOD, ran.err
    assert ran.err.count("nothing was solved") == 2
    assert not (two / "out").exists()


def test_one_experiment_has_nothing_to_resume(command: Command, two: Path) -> None:
    ran = command("run", "falls", "--resume")
    assert ran.code == Exit.USAGE
    assert "run all" in ran.err
