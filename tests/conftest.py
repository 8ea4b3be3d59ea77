"""Fixtures that every test folder may use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import small_networks


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of third-party models. The test is skipped, saying so, where it is not given."""
    given = os.environ.get("REDOXSIM_TEST_DATA", "")
    if not given:
        pytest.skip("REDOXSIM_TEST_DATA is not set: it names the folder of third-party models")
    path = Path(given).resolve()
    if not (path / "redox").is_dir():
        pytest.fail(f"REDOXSIM_TEST_DATA is {given}, which has no folder 'redox'")
    return path


@pytest.fixture(scope="session")
def network_of() -> Callable[..., object]:
    """Small networks written as text: the function of that name in ``tests/support``."""
    return small_networks.network_of


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of REDOXSIM_PATH holding copies of the toy model, agent and cell, which a test may spoil."""
    shutil.copytree(TOY, tmp_path / "shelf")
    monkeypatch.setenv("REDOXSIM_PATH", str(tmp_path / "shelf"))
    return tmp_path / "shelf"


@pytest.fixture(scope="session")
def toy() -> object:
    """The toy model as a Network."""
    from redoxsim import network

    return network.read(TOY / "networks" / "toy" / "model.ant")


ROOT = Path(__file__).resolve().parent.parent
TOY = ROOT / "tests" / "toy"
SKIPPED: list[str] = []


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs the command line in this process; what was typed is what results name as their command."""
    from redoxsim.cli.main import main

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        typed = [str(argument) for argument in arguments]
        monkeypatch.setattr(sys, "argv", ["redoxsim", *typed])
        code = main(typed)
        out, err = capsys.readouterr()
        return Ran(code=int(code), out=out, err=err)

    return run


@pytest.fixture
def shell() -> Callable[..., Ran]:
    """Runs the command line in a process of its own, without a terminal."""

    def run(*arguments: object, timeout: float = 120.0) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "redoxsim.cli.main", *map(str, arguments)],
            capture_output=True, encoding="utf-8", timeout=timeout, stdin=subprocess.DEVNULL, env=environment(),
            check=False,
        )  # fmt: skip
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


def environment() -> dict[str, str]:
    """Variables for a process that imports this package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.skipped and item.get_closest_marker("data") is not None:
        SKIPPED.append(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With REDOXSIM_REQUIRE_DATA set, tests that need third-party models must not be skipped."""
    if os.environ.get("REDOXSIM_REQUIRE_DATA") and SKIPPED and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("REDOXSIM_REQUIRE_DATA") and SKIPPED:
        terminalreporter.write_line(
            f"{len(SKIPPED)} tests that need third-party models were skipped: {', '.join(SKIPPED[:3])}"
        )
