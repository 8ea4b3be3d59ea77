"""How a command ends: the exit code of every kind of error, and Ctrl-C while libraries are still being loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from redoxsim import errors
from redoxsim.cli.exits import Exit, exit_of, wrong_use

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


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ModelError, 3),
        (errors.ReadError, 3),
        (errors.Unsupported, 3),
        (errors.BuildError, 4),
        (errors.SolveError, 5),
        (errors.DesignError, 2),
        (errors.UnitError, 2),
        (errors.FitError, 2),
        (ValueError, 2),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[Exception], code: int) -> None:
    """Scripts tell a bad model from a failed solve by it; docs/reference/cli.md lists the same."""
    assert exit_of(kind("x")) == code


def test_a_file_of_data_that_cannot_be_read_is_wrong_use() -> None:
    with pytest.raises(errors.ReadError) as caught, wrong_use():
        raise errors.ReadError("x")
    assert exit_of(caught.value) is Exit.USAGE
