"""Where shipped models, agents, cells and experiments are, and those in folders of REDOXSIM_PATH.

A folder of REDOXSIM_PATH is laid out like the shipped one: ``networks/NAME/``, ``agents/*.toml`` and
``cells/*.toml`` (at its top or under ``models/``) and ``experiments/NAME/``. What is in such a
folder goes before what is shipped; nothing else is searched.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from redoxsim.errors import DesignError, ReadError, RedoxsimError, nearest

PACKAGE = Path(__file__).resolve().parent
MODEL_FILES = ("model.xml", "model.ant")


def roots() -> tuple[Path, ...]:
    """Folders that are searched, those that go first at the front."""
    given = [Path(part) for part in os.environ.get("REDOXSIM_PATH", "").split(os.pathsep) if part]
    shipped = PACKAGE / "data"
    return (*given, shipped if shipped.is_dir() else PACKAGE.parent)


def _folders(kind: str) -> list[Path]:
    found = []
    for root in roots():
        found += [folder for folder in (root / kind, root / "models" / kind) if folder.is_dir()]
    return found


def _files(kind: str, ending: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in _folders(kind):
        for path in sorted(folder.glob(f"*{ending}")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def models() -> dict[str, Path]:
    """Folders of shipped models by name."""
    found: dict[str, Path] = {}
    for folder in _folders("networks"):
        for path in sorted(folder.iterdir()):
            if any((path / name).is_file() for name in MODEL_FILES):
                found.setdefault(path.name, path)
    return dict(sorted(found.items()))


def agents() -> dict[str, Path]:
    """Agent files by agent id."""
    return _files("agents", ".toml")


def cells() -> dict[str, Path]:
    """Cell profile files by cell id."""
    return _files("cells", ".toml")


def observations() -> dict[str, Path]:
    """Files of published observations by name."""
    return _files("observations", ".toml")


def experiments() -> dict[str, Path]:
    """Experiment folders by name."""
    found: dict[str, Path] = {}
    for folder in _folders("experiments"):
        for path in sorted(folder.iterdir()):
            if (path / "experiment.toml").is_file():
                found.setdefault(path.name, path)
    return dict(sorted(found.items()))


def model_file(name: str) -> Path:
    """The file of a shipped model: its SBML, or the Antimony text where that is all there is.

    Raises
    ------
    ReadError : no model of that name.
    """
    folder = _find(name, models(), "model", ReadError)
    return next(folder / file for file in MODEL_FILES if (folder / file).is_file())


def agent_file(name: str) -> Path:
    """The file of an agent by id.

    Raises
    ------
    DesignError : no agent of that id.
    """
    return _find(name, agents(), "agent", DesignError)


def cell_file(name: str) -> Path:
    """The file of a cell profile by id.

    Raises
    ------
    DesignError : no cell profile of that id.
    """
    return _find(name, cells(), "cell", DesignError)


def experiment_folder(name: str) -> Path:
    """The folder of a shipped experiment.

    Raises
    ------
    DesignError : no experiment of that name.
    """
    return _find(name, experiments(), "experiment", DesignError)


def _find(name: str, known: Mapping[str, Path], what: str, error: type[RedoxsimError]) -> Path:
    if name in known:
        return known[name]
    hint = nearest(name, known) or (f"`redoxsim {what}s` lists them" if known else f"no {what}s are installed")
    raise error(f"no {what} is called '{name}', and there is no such file", hint=hint)
