"""Finding models, agents, cells and experiments by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from redoxsim import catalog
from redoxsim.errors import DesignError, ReadError, nearest


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "networks" / "toy").mkdir(parents=True)
    (tmp_path / "networks" / "toy" / "model.ant").write_text("model toy\nend\n")
    (tmp_path / "networks" / "empty").mkdir()
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "toyin.toml").write_text("")
    (tmp_path / "experiments" / "toy-run").mkdir(parents=True)
    (tmp_path / "experiments" / "toy-run" / "experiment.toml").write_text("")
    monkeypatch.setenv("REDOXSIM_PATH", str(tmp_path))
    return tmp_path


def test_own_folder_is_searched(shelf: Path) -> None:
    assert catalog.models()["toy"] == shelf / "networks" / "toy"
    assert "empty" not in catalog.models()
    assert catalog.model_file("toy") == shelf / "networks" / "toy" / "model.ant"
    assert catalog.agent_file("toyin") == shelf / "agents" / "toyin.toml"
    assert catalog.experiment_folder("toy-run").name == "toy-run"


def test_sbml_goes_before_antimony(shelf: Path) -> None:
    (shelf / "networks" / "toy" / "model.xml").write_text("<sbml/>")
    assert catalog.model_file("toy").name == "model.xml"


@pytest.mark.usefixtures("shelf")
def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(ReadError, match="'toy'"):
        catalog.model_file("tyo")
    with pytest.raises(DesignError, match="toyin"):
        catalog.agent_file("toyn")
    with pytest.raises(DesignError, match="no cell is called 'zzz'"):
        catalog.cell_file("zzz")
    assert nearest(0, ["0", "toy"]) is None


def test_experiments_of_the_project_are_found() -> None:
    assert "auranofin-bso" in catalog.experiments()


def test_without_own_folders_they_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDOXSIM_PATH", raising=False)
    assert "toy" not in catalog.models()
