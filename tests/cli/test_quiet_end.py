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


def test_ctrl_c_is_caught_before_anything_is_loaded() -> None:
    code = "import sys; before = set(sys.modules); import redoxsim.cli; print(*sorted({*sys.modules} - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    loaded = {name for name in ran.stdout.split() if not name.startswith(("importlib", "redoxsim"))}
    assert loaded <= {"__future__", "_warnings", "warnings"}
