"""`redoxsim run all`: each experiment in its folder, one page, and going on where it was left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim import catalog
from redoxsim.cli.exits import Exit
from redoxsim.cli.run_all import Children, passed_on

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


def test_an_experiment_that_cannot_be_read_stops_no_other_and_is_named(command: Command, two: Path) -> None:
    file = two / "mine" / "experiments" / "grows" / "experiment.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("until =", "untill ="), encoding="utf-8")
    ran = command("run", "all", "-o", "out", "--no-figures", "--draws", "0")
    assert ran.code not in (Exit.GOOD, Exit.PARTIAL, Exit.INTERRUPTED)
    assert "unknown key 'untill'" in ran.err
    assert "did you mean 'until'?" in ran.err
    assert "Traceback" not in ran.err
    text = (two / "out" / "report.html").read_text(encoding="utf-8")
    assert "No result of: grows." in text
    assert "1 experiments; 1 of 1 expectations hold" in text


@pytest.mark.parametrize(
    ("claim", "says"),
    [("S9.1", "it is answered by falls, grows"), ("S9.2", "did you mean 'S9.1'?"), ("S77.1a", "list")],
)
def test_a_claim_in_place_of_an_experiment_is_told_where_to_look(
    command: Command, two: Path, claim: str, says: str
) -> None:
    ran = command("run", claim)
    assert ran.code == Exit.USAGE
    assert says in ran.err


def test_a_change_that_one_experiment_cannot_take_is_told_before_any_runs(command: Command, two: Path) -> None:
    ran = command("run", "all", "-o", "out", "-S", "curse.until=2 min")
    assert ran.code == Exit.USAGE
    assert "falls cannot be run with -S curse.until=2 min: no run 'curse'" in ran.err
    assert not (two / "out").exists()
    (two / "plain").write_text("", encoding="utf-8")
    ran = command("run", "all", "-o", "plain")
    assert (ran.code, "is a file, not a folder" in ran.err) == (Exit.USAGE, True)


def test_a_changed_design_says_that_it_is_another(command: Command, two: Path) -> None:
    ran = command("run", "falls", "-o", "out", "--no-figures", "--draws", "0", "-S", "course.until=30 s")
    told = "another design, course.until=30 s: the expectations were written for the experiment as it is"
    assert told in ran.err.splitlines()[-1]
    assert f"A{told[1:]}." in (two / "out" / "verdicts.md").read_text(encoding="utf-8")
    same = command("run", "falls", "-o", "same", "--no-figures", "--draws", "0", "--seed", "4")
    assert "another design" not in same.err


def test_a_dry_run_of_all_solves_nothing(command: Command, two: Path) -> None:
    ran = command("run", "all", "-o", "out", "-n")
    assert ran.code == Exit.GOOD, ran.err
    assert ran.err.count("nothing was solved") == 2
    assert not (two / "out").exists()


def test_one_experiment_has_nothing_to_resume(command: Command, two: Path) -> None:
    ran = command("run", "falls", "--resume")
    assert ran.code == Exit.USAGE
    assert "run all" in ran.err


def children_of(pid: int) -> list[int]:
    """Processes that a process has started and that are not over."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(one) for one in task.read_text(encoding="ascii").split()]
    return found


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signals")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP"])
def test_being_told_to_end_is_passed_on_while_it_lasts(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    children, told, number = Children(), list[str](), getattr(signal, how)
    monkeypatch.setattr(children, "interrupt", lambda: told.append(how))
    before = signal.getsignal(number)
    with passed_on(children, lambda: told.append("said")):
        os.kill(os.getpid(), number)
    assert told == ["said", how]
    assert signal.getsignal(number) == before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signals")
def test_children_of_a_command_in_the_background_can_be_told_to_end() -> None:
    """A shell without job control starts `redoxsim run all &` with Ctrl-C ignored, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with passed_on(Children(), lambda: None):
            code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
            told = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
            os.kill(os.getpid(), signal.SIGINT)  # still ignored here
        assert told.stdout.strip() == "True"
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are found in /proc")
def test_being_told_to_end_leaves_no_children(tmp_path: Path) -> None:
    root = Path(catalog.__file__).resolve().parents[1]
    words = ("run", "all", "-o", "out", "--no-figures", "--jobs", "2", "--draws", "0")
    with subprocess.Popen(
        [sys.executable, "-m", "redoxsim.cli.main", *words],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(root)}, stderr=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        try:
            deadline = time.monotonic() + 120.0
            while not list(tmp_path.glob("out/*/command.txt")) and time.monotonic() < deadline:
                time.sleep(0.05)
            begun = children_of(process.pid)
            assert begun, "experiments are under way in processes of their own"
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=120.0)
        finally:
            process.kill()
    assert process.returncode == Exit.INTERRUPTED, said
    assert "--resume goes on" in said
    assert not [one for one in begun if runs(one)], "nobody goes on alone"
    assert (tmp_path / "out" / "report.html").is_file(), "what was done is told of"


def test_ctrl_c_while_draws_are_chosen_keeps_the_runs(
    command: Command, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("redoxsim.cli.agreed.agree", pressed)
    ran = command("run", "falls", "-o", "out", "--no-figures")
    assert ran.code == Exit.INTERRUPTED
    assert "what was done is in out/" in ran.err
    assert (two / "out" / "results.csv").is_file()
