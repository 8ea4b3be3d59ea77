"""TOML files that people share: every problem is told, with the key and the nearest right one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from redoxsim import toml
from redoxsim.errors import ReadError
from redoxsim.study import experiment


class Small(toml.Strict):
    kind: Literal["small"]
    colour: str


class Large(toml.Strict):
    kind: Literal["large"]
    weight: float


class Box(toml.Strict):
    name: str
    thing: tuple[Annotated[Small | Large, Field(discriminator="kind")], ...] = ()


def box(tmp_path: Path, text: str) -> Box:
    file = tmp_path / "box.toml"
    file.write_text(text, encoding="utf-8")
    return toml.read_table(file, Box, "box")


def test_a_table_is_read(tmp_path: Path) -> None:
    found = box(tmp_path, 'name = "a"\n[[thing]]\nkind = "large"\nweight = 2\n')
    assert found.thing[0] == Large(kind="large", weight=2.0)


def test_every_problem_is_told_and_keys_of_another_kind_are_no_hint(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as told:
        box(tmp_path, 'nam = "a"\n[[thing]]\nkind = "large"\nweigth = 2\n[[thing]]\nkind = "small"\ncolour = 1\n')
    found = [told.value, *told.value.others]
    hints = {one.message: one.hint for one in found}
    assert hints["unknown key 'nam'"] == "did you mean 'name'?"
    assert hints["unknown key 'weigth'"] == "did you mean 'weight'?"
    (wrong,) = [one for one in found if not one.message.startswith("unknown")]
    assert wrong.where is not None
    assert str(wrong.where.element).startswith("thing.1")
    assert toml.keys(Box, ("thing", 0, "large")) == ["kind", "weight"]
    assert toml.keys(Box, ("thing", 0)) == ["kind", "colour", "weight"]


def test_no_file_and_no_toml_say_what_was_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot read the box"):
        toml.read_table(tmp_path / "none.toml", Box, "box")
    with pytest.raises(ReadError, match="not a TOML file"):
        box(tmp_path, "name = ")


def test_experiments_tell_all_that_is_wrong_with_them(tmp_path: Path) -> None:
    file = tmp_path / "experiment.toml"
    file.write_text(
        'id = "x"\ntitle = "X"\nquestion = "?"\nsays = "a"\nexpected = "b"\nmodle = "redox"\n'
        '[[run]]\nid = "course"\nkind = "simulate"\nuntill = "1 h"\nevery = "1 min"\n'
        '[[run]]\nid = "dose"\nkind = "dose-response"\nagent = "bso"\ndose_value = "1uM"\nat = "1 h"\n',
        encoding="utf-8",
    )
    with pytest.raises(ReadError) as told:
        experiment.load(file)
    found = {one.message: one.hint for one in (told.value, *told.value.others)}
    assert found == {
        "unknown key 'modle'": "did you mean 'model'?",
        "unknown key 'untill'": "did you mean 'until'?",
        "unknown key 'dose_value'": "did you mean 'dose_values'?",
    }
