"""A shelf with a small model, an agent and a cell that the tests may copy and spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from redoxsim import network

TOY = Path(__file__).resolve().parents[1] / "toy"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of REDOXSIM_PATH holding copies of the toy model, agent and cell."""
    shutil.copytree(TOY, tmp_path / "shelf")
    monkeypatch.setenv("REDOXSIM_PATH", str(tmp_path / "shelf"))
    return tmp_path / "shelf"


@pytest.fixture(scope="session")
def toy() -> network.Network:
    return network.read(TOY / "networks" / "toy" / "model.ant")
