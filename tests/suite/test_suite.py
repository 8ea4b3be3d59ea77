"""The SBML Test Suite: a case is passed or refused; it never runs and comes out wrong."""

from __future__ import annotations

import csv
import importlib.util
import math
import tarfile
from pathlib import Path
from typing import Any

import pytest

from redoxsim.errors import RedoxsimError, Unsupported

LEVELS = ("l3v2", "l3v1", "l2v5", "l2v4", "l2v3", "l2v2", "l2v1")


def load_simulate() -> Any:
    spec = importlib.util.spec_from_file_location("simulator", Path(__file__).with_name("simulator.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.simulate


def read_settings(path: Path) -> dict[str, Any]:
    pairs = dict(line.split(":", 1) for line in path.read_text(errors="replace").splitlines() if ":" in line)
    given = {key.strip().lower(): value.strip() for key, value in pairs.items()}
    settings: dict[str, Any] = {key: float(given[key]) for key in ("start", "duration", "absolute", "relative")}
    settings["steps"] = int(float(given["steps"]))
    for key in ("variables", "amount", "concentration"):
        settings[key] = [name.strip() for name in given.get(key, "").split(",") if name.strip()]
    return settings


def wrong(frame: Any, path: Path, settings: dict[str, Any]) -> str:
    """The first value that is off, or nothing."""
    with path.open(encoding="utf-8-sig") as file:
        head, *rows = [row for row in csv.reader(file) if any(row)]
    body = [name.strip().strip('"') for name in head[1:]]
    for position, name in enumerate(settings["variables"]):
        column = 1 + (body.index(name) if name in body else position)
        for index, row in enumerate(rows):
            expected, got = float(row[column]), float(frame[name].iloc[index])
            if (math.isnan(expected) and math.isnan(got)) or expected == got:
                continue
            if not abs(got - expected) <= settings["absolute"] + settings["relative"] * abs(expected):
                return f"{name}[{index}] is {got}, not {expected}"
    return ""


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("solver", ["scipy", "cvode"])
def test_nothing_is_wrong(solver: str, data_dir: Path, tmp_path: Path) -> None:
    from redoxsim.solve import SOLVERS

    if SOLVERS[solver].available() is not None:
        pytest.skip(f"{solver} does not work here")
    with tarfile.open(data_dir / "sbml-test-suite-dev.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.glob("**/cases/semantic")
    simulate = load_simulate()
    passed, refused, bad = 0, 0, []
    for case in (data_dir / "cases-dev-core.txt").read_text().split():
        folder = root / case
        file = next(p for level in LEVELS if (p := folder / f"{case}-sbml-{level}.xml").exists())
        settings = read_settings(folder / f"{case}-settings.txt")
        try:
            frame = simulate(str(file), settings, solver)
        except Unsupported:
            refused += 1
            continue
        except RedoxsimError as error:
            bad.append(f"{case}: {error}")
            continue
        problem = wrong(frame, folder / f"{case}-results.csv", settings)
        passed += not problem
        if problem:
            bad.append(f"{case}: {problem}")
    assert not bad, "\n".join(bad)
    assert passed >= 440, f"only {passed} passed, {refused} refused"
