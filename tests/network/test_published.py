"""Published models and the SBML test suite: what is read, what is refused and why, and that writing loses nothing."""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from redoxsim import network
from redoxsim.network.parts import Network
from redoxsim.network.sbml_read import interpret
from redoxsim.network.screen import decode

pytestmark = pytest.mark.data


def bare(found: Network) -> Network:
    kinds = ("compartments", "species", "parameters", "reactions", "events", "units", "rules", "initial_assignments")
    kept = {kind: tuple(replace(part, line=None) for part in getattr(found, kind)) for kind in kinds}
    return replace(found, source=None, **kept)


def members(path: Path) -> Iterator[tuple[str, str]]:
    """Names and texts of the XML files in an archive."""
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".xml"):
                content = archive.extractfile(member)
                assert content is not None
                yield member.name, decode(content.read(), file=member.name)


def survey(texts: Iterator[tuple[str, str]]) -> tuple[int, Counter[str], list[str]]:
    """How many are read, the reasons for refusing the others, and what reads otherwise than it was written."""
    read, reasons, changed = 0, Counter[str](), []
    for name, text in texts:
        reading = interpret(text, file=name)
        for reason in {type(trouble).__name__ + " " + shape(trouble.message) for trouble in reading.troubles}:
            reasons[reason] += 1
        if reading.network is None:
            continue
        read += 1
        again, first = bare(network.read_sbml(network.write(reading.network))), bare(reading.network)
        # Not-a-number differs from itself in Python 3.13's comparison of dataclasses; its text does not.
        if again != first and repr(astuple(again)) != repr(astuple(first)):
            changed.append(name)
    return read, reasons, changed


def shape(message: str) -> str:
    return re.sub(r"'[^']*'", "*", message)


def test_every_redox_model_is_read_and_written(data_dir: Path) -> None:
    paths = sorted((data_dir / "redox").glob("*.xml"))
    assert len(paths) == 20
    for path in paths:
        found = network.read(path)
        assert found.source == str(path)
        assert bare(network.read_sbml(network.write(found))) == bare(found)
        assert found.reactions or found.rules


@pytest.mark.slow
def test_biomodels(data_dir: Path) -> None:
    read, reasons, changed = survey(members(data_dir / "biomodels-dev-200.tar.xz"))
    assert changed == []
    assert read >= 180, reasons
    assert {reason.split(" ")[0] for reason in reasons} == {"Unsupported"}, reasons


def test_suite(data_dir: Path) -> None:
    read, reasons, changed = survey(members(data_dir / "sbml-test-suite-dev.tar.xz"))
    assert changed == []
    assert read >= 445, reasons
    # A stoichiometry that is neither given nor computed is the one thing here that is broken, not unsupported.
    assert {reason for reason in reasons if reason.startswith("ReadError")} <= {
        "ReadError reaction *, species reference *, has no stoichiometry"
    }


def test_checks_of_published_models_end_well(data_dir: Path) -> None:
    for name in ("BIOMD0000000108", "BIOMD0000000282", "BIOMD0000000609", "MODEL1710260001"):
        issues = network.check(data_dir / "redox" / f"{name}.xml")
        assert not [issue for issue in issues if issue.level == "error"], name
        assert all(issue.code in network.CODES for issue in issues)
