"""Ctrl-C while libraries are still being loaded: no traceback, and the exit code of an interrupt."""

from __future__ import annotations

import subprocess
import sys

import pytest

CASES = {"KeyboardInterrupt": (130, "Interrupted."), "ValueError('x')": (1, "ValueError: x")}


@pytest.mark.parametrize("raised", CASES)
def test_what_nobody_caught(raised: str) -> None:
    code, said = CASES[raised]
    ran = subprocess.run(
        [sys.executable, "-c", f"import redoxsim.cli\nraise {raised}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == code
    assert ran.stderr.strip().splitlines()[-1] == said
    assert ("Traceback" in ran.stderr) == (code == 1), "another error keeps its traceback"
