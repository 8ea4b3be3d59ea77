"""The names at the top: all there, and importing the package costs next to nothing."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import redoxsim

HEAVY = ("numpy", "scipy", "pandas", "xarray", "libsbml", "matplotlib", "pydantic", "click", "roadrunner")


@pytest.mark.parametrize("name", redoxsim.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(redoxsim, name) is not None
    assert name in dir(redoxsim)


def test_lists_agree() -> None:
    assert set(redoxsim.__all__) == {*redoxsim.LATE, *redoxsim.MODULES}


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        redoxsim.simulat  # noqa: B018


@pytest.mark.parametrize("module", ["redoxsim", "redoxsim.study", "redoxsim.study.worker"])
def test_import_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["simulate", "scan", "dose_response", "combine"])
def test_study_functions_say_what_they_take(name: str) -> None:
    import inspect

    from redoxsim import study

    function = getattr(study, name)
    assert "ResultSet" in str(inspect.signature(function).return_annotation)
    assert function.__doc__
    assert getattr(redoxsim, name) is function


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "redoxsim", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"redoxsim, version {redoxsim.__version__}"


def test_no_requirement_has_an_upper_bound() -> None:
    """A pin makes two packages of one environment impossible; what is too new shows in the tests."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    needs = [one for some in lists for one in some]
    assert all(re.fullmatch(r"[\w.-]+>=[\d.]+( *;.*)?", one) for one in needs), needs
    assert re.fullmatch(r">=[\d.]+", project["requires-python"])
