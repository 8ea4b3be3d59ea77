"""Agent and cell files: what they say, and what is wrong with a bad one, with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from redoxsim.errors import DesignError, ReadError
from redoxsim.pharmacology import load_agent, load_cell
from redoxsim.pharmacology.agent import sides


@pytest.mark.usefixtures("shelf")
def test_agent_is_read() -> None:
    agent = load_agent("toyin")
    assert agent.dose_unit == "uM"
    assert agent.doses.to("uM").tolist() == [0.01, 0.1, 1.0, 10.0]
    assert agent.grades() == {"A": 1, "B": 1, "C": 1}
    assert agent.reactions[1].reactants == (("toyin_c", 1.0), ("E", 1.0))
    assert agent.file is not None
    assert agent.file.endswith("toyin.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('class = "inhibitor"', 'clas = "inhibitor"', r"toyin.toml \(clas\).*unknown key 'clas'.*'class'"),
        ('grade = "A"', 'grade = "D"', r"parameters.2.grade"),
        ('grade = "B"\nsource = "made up"', 'grade = "B"', "'source' is missing"),
        ("low = 1e-5", "low = 1e-3\nlo = 1", r"parameters.0.*unknown key 'lo'.*'low'"),
        ("value = 1e-4", "value = 1e-1", "outside its range"),
        ("high = 1e-3", "", "both low and high"),
        ('unit = "1/uM/s"', 'unit = "1/frog/s"', "unknown unit 'frog'"),
        ('rate = "toyin_PA*(toyin_x - toyin_c)"', 'rate = "toyin_PA*(toyin_x - "', "is not a formula"),
        ('equation = "toyin_c + E -> "', 'equation = "toyin_c + E"', "is not a reaction"),
        ('forms = ["covalent", "reversible"]', 'forms = ["covalent"]', "forms lacks reversible"),
        ('forms = ["covalent", "reversible"]', 'forms = ["covalent", "magic"]', "forms.1"),
        ('default_doses = "10nM..10uM:log:4"', 'default_doses = "10nM..10h:log:4"', "time"),
        ('default_doses = "10nM..10uM:log:4"', 'default_doses = "0,1uM"', "above zero"),
        ('id = "toyin_PA"', 'id = "toyin_k"', "given twice: toyin_k"),
        ('id = "toyin"', 'id = "other"', "calls itself 'other'"),
        ('id = "toyin"', 'id = "Toyin!"', "id"),
        ("value = 2.0", "value = nan", "finite"),
        ('name = "Toyin"', "name = ", "not a TOML file"),
    ],
)
def test_bad_agents_are_refused(shelf: Path, old: str, new: str, message: str) -> None:
    path = shelf / "agents" / "toyin.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ReadError, match=message) as caught:
        load_agent("toyin")
    assert str(path) in str(caught.value)


@pytest.mark.usefixtures("shelf")
def test_unknown_agent_suggests_the_nearest() -> None:
    with pytest.raises(DesignError, match="toyin"):
        load_agent("toin")
    with pytest.raises(ReadError, match="No such file"):
        load_agent("nowhere/at/all.toml")


@pytest.mark.usefixtures("shelf")
def test_cell_is_read() -> None:
    cell = load_cell("low")
    assert cell.overrides == {"E1": 0.4}
    assert cell.population.cv == {"E1": 0.3}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value = 0.4", "valu = 0.4", "unknown key 'valu'.*'value'"),
        ("E1 = 0.3", "E1 = -0.3", "population.cv.E1"),
        ('grade = "C"', "", "'grade' is missing"),
    ],
)
def test_bad_cells_are_refused(shelf: Path, old: str, new: str, message: str) -> None:
    path = shelf / "cells" / "low.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ReadError, match=message):
        load_cell("low")


def test_equations() -> None:
    assert sides("A + A -> 2 B") == ((("A", 2.0),), (("B", 2.0),))
    assert sides(" -> 3*B")[1] == (("B", 3.0),)
    for text in ("A", "A -> B -> C", "0.5 A -> B", "->", "A B -> C"):
        with pytest.raises(ValueError):
            sides(text)
