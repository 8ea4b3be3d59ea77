"""What is installed works elsewhere: models, agents, cells, experiments and the guide travel in the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built without fetching anything."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel; libraries are those of the environment that runs the tests."""
    place = tmp_path_factory.mktemp("env")
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)],
        check=True, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    site = next(place.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return place


def run(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "REDOXSIM_PATH")}
    return subprocess.run(
        [str(installed / "bin" / "redoxsim"), *arguments],
        cwd=cwd,
        env=clean,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_wheel_holds_what_is_shipped(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "redoxsim/data/models/networks/redox/model.xml",
        "redoxsim/data/models/networks/redox/parameters.csv",
        "redoxsim/data/models/agents/auranofin.toml",
        "redoxsim/data/models/cells/default.toml",
        "redoxsim/data/experiments/auranofin-bso/experiment.toml",
        "redoxsim/data/docs/howto/a-run-fails.md",
    ):
        assert wanted in names
    assert not any(name.startswith(("tests/", "redoxsim/data/tests")) for name in names)


def test_combine_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    ran = run(
        installed, tmp_path, "combine", "--agent", "auranofin=0,0.3uM,3uM", "--agent", "bso=0,30uM,300uM",
        "--cells", "1", "--score", "bliss", "-o", "out.csv",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("auranofin [uM],bso [uM]")
    assert "positive = synergy" in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("9 solves: 9 ok")


def test_the_installed_program_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    ran = run(installed, tmp_path, "doctor", "--format", "json")
    assert ran.returncode == 0, ran.stderr
    assert str(installed) in ran.stdout
    assert str(ROOT / "models") not in ran.stdout


def test_experiments_and_explanations_are_found(installed: Path, tmp_path: Path) -> None:
    assert "auranofin-bso" in run(installed, tmp_path, "experiments").stdout
    assert "What to do" in run(installed, tmp_path, "explain", "STEP_BUDGET").stdout


def test_an_editable_install_finds_the_checkout(tmp_path: Path) -> None:
    """In a checkout, which is what an editable install points at, data is beside the package."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-m", "redoxsim.cli.main", "doctor"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert str(ROOT) in ran.stdout
    assert not (ROOT / "redoxsim" / "data").exists()
