"""Bad input: a clear message, the right exit code, no traceback, and nothing left behind."""

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

from redoxsim.cli import main as entry
from redoxsim.cli.exits import Exit

Command = Callable[..., Any]
DECAY = "model decay\n species A = 1; J: A -> ; k*A; k = 0.5\nend\n"
HEAD = 'id = "x"\ntitle = "X"\nquestion = "?"\nsays = "a"\nexpected = "b"\ncells = 1\ncell = "default"\n'
AURANOFIN = ("--agent", "auranofin", "--cells", "1")
BOTH = ("--agent", "auranofin", "--agent", "bso", "--cells", "1")


def assert_clear(ran: Any, code: int, *says: str) -> None:
    assert ran.code == code, ran.err
    assert ran.err.startswith("Error: "), ran.err
    assert "Traceback" not in ran.err + ran.out
    assert len(ran.err.splitlines()) <= 4
    for text in says:
        assert text in ran.err, (text, ran.err)
    assert ran.out == ""


@pytest.fixture
def decay(tmp_path: Path) -> Path:
    path = tmp_path / "decay.ant"
    path.write_text(DECAY, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        (None, "missing.xml", "missing.xml"),
        ("<sbml><model></sbml>", "broken.xml", "broken.xml"),
        ("<html><body>a page</body></html>", "page.xml", "page.xml"),
        ("hello", "words.xml", "words.xml"),
        ("", "empty.xml", "empty.xml"),
        ("model m( { } ", "broken.ant", "broken.ant"),
    ],
)
def test_a_model_that_cannot_be_read(command: Command, tmp_path: Path, text: str | None, name: str, says: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert_clear(command("simulate", path, "--until", "1h"), Exit.MODEL, says)


def test_a_model_that_asks_for_too_much(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "delay.ant"
    path.write_text("model m()\n S = 1; J: S -> ; delay(S, 2); \nend\n", encoding="utf-8")
    assert_clear(command("simulate", path, "--until", "1h"), Exit.MODEL, "delay")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("simulate", "rdox", "--until", "1h"), Exit.MODEL, ("rdox", "redox")),
        (("simulate", "trx", "--until", "1h", "--observe", "H202_c"), Exit.USAGE, ("H202_c", "H2O2_c")),
        (("simulate", "trx", "--until", "1h", "--set", "TXNRD=2"), Exit.USAGE, ("TXNRD", "TXNRD1")),
        (("simulate", "redox", "--until", "1h", "--dose", "auranofine=2uM"), Exit.USAGE, ("auranofine", "auranofin")),
        (("simulate", "redox", "--until", "1h", "--dose", "auranofin=2"), Exit.USAGE, ("no unit", "uM")),
        (("simulate", "redox", "--until", "1h", "--dose", "auranofin=-2uM"), Exit.USAGE, ("negative",)),
        (("simulate", "redox", "--until", "1h", "--dose", "auranofin=2um"), Exit.USAGE, ("um", "uM")),
        (("simulate", "redox", "--until", "1h", "--dose", "auranofin=2h"), Exit.USAGE, ("time", "concentration")),
        (("simulate", "redox", "--until", "1h", "--dose", "auranofin"), Exit.USAGE, ("not a dose",)),
        (("simulate", "nrf2", "--until", "1h", "--dose", "bso=1uM"), Exit.MODEL, ("bso", "does not have")),
        (("simulate", "trx", "--until", "48"), Exit.USAGE, ("no unit", "48 h")),
        (("simulate", "trx", "--until", "1h", "--every", "0min"), Exit.USAGE, ("above zero",)),
        (("simulate", "trx"), Exit.USAGE, ("--until",)),
        (("simulate", "trx", "--until", "1h", "--solver", "cvod"), Exit.USAGE, ("cvod", "cvode")),
        (("simulate", "trx", "--until", "1h", "--rtol", "2"), Exit.USAGE, ("--rtol",)),
        (("simulate", "trx", "--until", "1h", "--start", "stedy"), Exit.USAGE, ("steady",)),
        (("simulate", "trx", "--until", "1h", "--set", "TXNRD1"), Exit.USAGE, ("ID=VALUE",)),
        (("simulate", "trx", "--until", "1h", "--set", "TXNRD1=high"), Exit.USAGE, ("high",)),
        (("simulate", "redox", "--until", "1h", "--cell", "gsrlow"), Exit.USAGE, ("gsrlow", "gsr-low")),
        (("simulate", "trx", "--untl", "1h"), Exit.USAGE, ("--untl", "--until")),
        (("simulate", "trx", "--until", "1h", "--format", "xlsx"), Exit.USAGE, ("csv",)),
        (("simulat", "trx"), Exit.USAGE, ("simulat", "simulate")),
        (("dose-response", *AURANOFIN, "--doses", "1..10:log:3"), Exit.USAGE, ("no unit",)),
        (("dose-response", *AURANOFIN, "--doses", "1uM..10uM:cubic:3"), Exit.USAGE, ("cubic",)),
        (("dose-response", *AURANOFIN, "--doses", "-1uM,1uM"), Exit.USAGE, ("negative",)),
        (("dose-response", "--agent", "aurnofin"), Exit.USAGE, ("aurnofin", "auranofin")),
        (("combine", "--agent", "auranofin"), Exit.USAGE, ("two or three",)),
        (("combine", *BOTH, "--score", "bilss"), Exit.USAGE, ("bilss", "bliss")),
        (("combine", *BOTH, "--score", "zipp"), Exit.USAGE, ("zipp", "zip")),
        (("combine", *BOTH, "--score", "bliss3"), Exit.USAGE, ("bliss3", "three agents")),
        (("combine", *BOTH, "--agent", "celecoxib", "--score", "zip"), Exit.USAGE, ("zip", "two agents")),
        (("combine", *BOTH, "--agent", "celecoxib", "--plot", "x.png"), Exit.USAGE, ("two agents",)),
        (("scan", "trx", "--axis", "TXNRD=1,2", "--until", "1h"), Exit.USAGE, ("TXNRD", "TXNRD1")),
        (("scan", "trx", "--axis", "TXNRD1", "--until", "1h"), Exit.USAGE, ("ID=RANGE",)),
        (("steady", "trx", "--observe", "nothing"), Exit.USAGE, ("nothing",)),
        (("run", "auranofin-bsa"), Exit.USAGE, ("auranofin-bso",)),
        (("run", "trx-backup", "-S", "cels=4"), Exit.USAGE, ("cels", "cells")),
        (("run", "trx-backup", "-S", "nosuch.until=1h"), Exit.USAGE, ("nosuch",)),
        (("agents", "show", "bsa"), Exit.USAGE, ("bsa", "bso")),
        (("runs", "show", "nothing"), Exit.USAGE, ("nothing",)),
        (
            ("score", "missing.csv", "--effect", "v", "--orientation", "viability", "--scale", "percent"),
            Exit.USAGE,
            ("missing.csv",),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) and value and isinstance(value[0], str) else None,
)
def test_wrong_use(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    says: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_clear(command(*arguments), code, *says)
    assert list(tmp_path.iterdir()) == []


def test_an_experiment_with_an_unknown_key_names_file_key_and_nearest(command: Command, tmp_path: Path) -> None:
    from redoxsim import catalog

    text = (catalog.experiment_folder("bso") / "experiment.toml").read_text(encoding="utf-8")
    path = tmp_path / "experiment.toml"
    path.write_text(text.replace("until =", "untl =", 1), encoding="utf-8")
    assert_clear(command("run", path), Exit.USAGE, "experiment.toml", "untl", "until")


def test_output_that_is_there_is_kept(command: Command, decay: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine", encoding="utf-8")
    ran = command("simulate", decay, "--until", "1min", "-o", target)
    assert_clear(ran, Exit.USAGE, "out.csv", "--force")
    assert target.read_text(encoding="utf-8") == "mine"
    assert command("simulate", decay, "--until", "1min", "-o", target, "--force").code == Exit.GOOD
    assert target.read_text(encoding="utf-8") != "mine"


def test_a_figure_that_is_there_is_kept_and_nothing_is_solved(command: Command, decay: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_text("mine", encoding="utf-8")
    ran = command("simulate", decay, "--until", "1min", "-o", tmp_path / "out.csv", "--plot", target)
    assert_clear(ran, Exit.USAGE, "out.png", "--force")
    assert not (tmp_path / "out.csv").exists()
    assert_clear(
        command("simulate", decay, "--until", "1min", "--plot", tmp_path / "out.gif"), Exit.USAGE, "gif", ".png"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said(command: Command, shell: Command, decay: Path) -> None:
    assert_clear(command("simulate", decay, "--until", "1min", "-o", "/dev/full"), Exit.USAGE, "full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "redoxsim.cli.main", "models", "--format", "json"],
            stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False,
        )  # fmt: skip
    assert done.returncode == Exit.USAGE
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_disk_that_fills_up_while_writing_is_said_for_every_kind_of_file(decay: Path, tmp_path: Path) -> None:
    """In a process of its own: HDF5 brings the whole process down where a file cannot grow."""
    pytest.importorskip("resource")
    endings = [("-o", "a.csv"), ("-o", "a.json"), ("-o", "a.nc"), ("--plot", "a.png"), ("--plot", "a.pdf")]
    code = (
        "import resource, sys\n"
        "from redoxsim.cli.main import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        f"base = ['simulate', {str(decay)!r}, '--until', '1h', '--every', '10s']\n"
        f"print([int(main([*base, *one])) for one in {endings!r}], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stderr.splitlines()[-1] == str([int(Exit.USAGE)] * 5)
    assert done.stderr.count("larger than allowed") == 5
    assert [path.name for path in tmp_path.iterdir()] == [decay.name]


def test_a_folder_that_is_not_there_or_cannot_be_written(command: Command, decay: Path, tmp_path: Path) -> None:
    assert_clear(
        command("simulate", decay, "--until", "1min", "-o", tmp_path / "no" / "out.csv"), Exit.USAGE, "no folder"
    )
    locked = Path("/proc/self") if os.geteuid() == 0 else tmp_path / "locked"
    if os.geteuid() != 0:
        locked.mkdir(mode=0o500)
    assert_clear(command("simulate", decay, "--until", "1min", "-o", locked / "out.csv"), Exit.USAGE, "out.csv")
    assert_clear(command("run", "trx-backup", "-o", locked / "run"), Exit.USAGE, "run")


def test_a_closed_pipe_is_no_error(decay: Path) -> None:
    text = f"{sys.executable} -m redoxsim.cli.main models show redox --format csv | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", text], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0
    assert done.stderr == ""


def test_an_expectation_that_does_not_hold_exits_with_1(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "experiment.toml"
    path.write_text(
        f'{HEAD}model = "{tmp_path / "decay.ant"}"\n'
        '[[run]]\nid = "course"\nkind = "simulate"\nuntil = "1 min"\nevery = "1 s"\nobserve = ["A"]\n'
        '[[expect]]\nid = "grows"\ntext = "A doubles"\nat_least = 2.0\n'
        'quantity = { run = "course", observe = "A", reduce = "max" }\n',
        encoding="utf-8",
    )
    (tmp_path / "decay.ant").write_text(DECAY, encoding="utf-8")
    ran = command("run", path, "-o", tmp_path / "run")
    assert ran.code == Exit.PARTIAL, ran.err
    assert "0 of 1 expectations hold" in ran.err.splitlines()[-1]
    assert "does not hold" in (tmp_path / "run" / "verdicts.md").read_text(encoding="utf-8")


def test_a_failed_solve_explains_itself(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "blowup.ant"
    path.write_text("model m()\n species A = 1; J: -> A; A^2\nend\n", encoding="utf-8")
    ran = command("simulate", path, "--until", "10s")
    assert ran.code == Exit.SOLVE
    assert "J" in ran.err
    assert ran.err.count("hint") == 1
    assert "redoxsim explain STEP_TOO_SMALL" in ran.err
    assert "Traceback" not in ran.err


def test_no_command_shows_the_help(command: Command) -> None:
    ran = command()
    assert ran.code == Exit.USAGE
    assert ran.err.startswith("Usage: redoxsim")


def test_a_bug_leaves_its_traceback_in_a_file(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("redoxsim.catalog.models", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ran = command("models")
    assert ran.code == Exit.BUG
    assert "Traceback" not in ran.err
    assert "Please report" in ran.err
    (kept,) = tmp_path.glob("redoxsim-*.txt")
    assert "ZeroDivisionError: deep inside" in kept.read_text(encoding="utf-8")
    assert str(kept) in ran.err


def test_ctrl_c_that_a_library_turns_into_another_error_is_no_bug(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loading(*arguments: object, **named: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10.0)
        except KeyboardInterrupt:
            raise ImportError("numpy._core.umath failed to import") from None

    monkeypatch.setattr("redoxsim.catalog.models", loading)
    before = signal.getsignal(signal.SIGINT)
    ran = command("models")
    assert (ran.code, ran.err) == (Exit.INTERRUPTED, "Interrupted.\n")
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1, "nobody listens any more"


def test_more_memory_than_there_is_is_no_bug(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def vast(*arguments: object, **named: object) -> None:
        raise MemoryError("Unable to allocate 192. GiB")

    monkeypatch.setattr("redoxsim.catalog.models", vast)
    assert_clear(command("models"), Exit.USAGE, "192. GiB", "fewer points, cells, draws or samples")


def interrupted(arguments: list[str], cwd: Path, *, begun: str) -> tuple[int, str]:
    """Presses Ctrl-C a second after stderr says that something has ``begun``; the exit code and all of stderr."""
    said = []
    with subprocess.Popen(
        [sys.executable, "-m", "redoxsim.cli.main", *arguments, "-v"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if begun in line:
                time.sleep(1.0)
                process.send_signal(signal.SIGINT)
    return process.returncode, "".join(said)


ROOT = Path(entry.__file__).resolve().parents[2]


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    """A run of an experiment is stopped in its second, long part: the folder holds the first."""
    common = 'model = "trx"\nobserve = ["H2O2_c"]\n'
    (tmp_path / "experiment.toml").write_text(
        f'{HEAD}[[run]]\nid = "short"\nkind = "simulate"\nuntil = "1 min"\nevery = "1 s"\n{common}'
        f'[[run]]\nid = "long"\nkind = "dose-response"\nagent = "h2o2"\n'
        f'dose_values = "1nM..1mM:log:2000"\nat = "48 h"\n{common}',
        encoding="utf-8",
    )
    code, err = interrupted(
        ["run", "experiment.toml", "-o", "out", "--jobs", "1", "--solver", "scipy"], tmp_path, begun="short: "
    )
    assert code == Exit.INTERRUPTED, err
    assert "Traceback" not in err
    assert "Interrupted" in err
    assert err.splitlines()[-1].startswith("2 002 solves: ")
    assert "interrupted" in err.splitlines()[-1]
    text = (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")
    assert text.count("short,H2O2_c") == 61
    assert '"interrupted"' in (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")


def test_ctrl_c_in_a_scan_writes_what_is_done(tmp_path: Path) -> None:
    code, err = interrupted(
        ["scan", "trx", "--axis", "TXNRD1=0.1..1:lin:2000", "--until", "48h", "--observe", "H2O2_c", "--cells", "1",
         "--jobs", "1", "--solver", "scipy", "-o", "out.csv"], tmp_path, begun="model read and checked",
    )  # fmt: skip
    assert code == Exit.INTERRUPTED, err
    assert "Traceback" not in err
    if "nothing is written" in err:  # a machine so busy that it did not come to the end of one row
        assert not (tmp_path / "out.csv").exists()
        return
    assert err.splitlines()[-1].startswith("2 000 solves: ")
    assert "interrupted" in err.splitlines()[-1]
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2001
    assert lines[1].split(",")[3] == "OK"
    assert lines[-1].split(",")[1:4] == ["48.0", "nan", "INTERRUPTED"]
