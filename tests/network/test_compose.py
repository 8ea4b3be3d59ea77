"""Modules make a composed network; clashes and gaps are named; generated files are current."""

from __future__ import annotations

from pathlib import Path

import pytest

from redoxsim import catalog, network
from redoxsim.errors import ModelError
from redoxsim.network import compose as composing
from redoxsim.network.compose import compose, definitions, read_module

COMMON = """  // --- common ---
  unit volume = 1e-12 litre;
  compartment c = 1; c has volume;
  // --- end common ---"""


def module(name: str, body: str, boundary: str = "") -> composing.Module:
    text = f"""// what {name} is
model *{name}()
{COMMON}
  // --- boundary: provided by other modules ---
{boundary}
  // --- end boundary ---
{body}
end
"""
    return read_module(text, name=name)


def test_definitions_are_found() -> None:
    text = """
      species $A in c = 1;  // B = 2 in a comment
      substanceOnly species N in c = 1;
      k = 2; k has per_s; k is "name: with = and ;";
      x := k*A;  z' = k;
      J1: A -> B; k*A;
      A identity "http://identifiers.org/chebi/CHEBI:1";
      A.sboTerm = SBO:0000247;
    """
    assert definitions(text) == ("A", "N", "k", "x", "z", "J1")


def test_bodies_are_joined_without_boundaries() -> None:
    first = module("one", "  species A in c = 1;\n  J: A -> B; k*A;\n  k = 1;", "  species $B in c = 7;")
    second = module("two", "  species B in c = 2;\n  L: B -> ; k*B;", "  k = 5;\n  stand_in: -> B; k;")
    made = network.read_antimony(compose([first, second], name="both"))
    found = made.index()
    assert {item.id for item in made.reactions} == {"J", "L"}
    assert found["B"].initial_concentration == 2.0
    assert not found["B"].boundary
    assert found["k"].value == 1.0


def test_join_adds_to_the_bodies() -> None:
    text = compose([module("one", "  species A in c = 1;")], name="both", join="  L: A -> ; q*A;\n  q = 3;")
    assert {item.id for item in network.read_antimony(text).reactions} == {"L"}


def test_two_definitions_name_both_modules() -> None:
    modules = [module("one", "  k = 1;"), module("two", "  k = 2;")]
    with pytest.raises(ModelError, match="'k' is defined by both one and two"):
        compose(modules, name="both")


def test_join_may_not_define_again() -> None:
    with pytest.raises(ModelError, match=r"'k' is defined by both one and join\.ant"):
        compose([module("one", "  k = 1;")], name="both", join="k = 2;")


def test_what_nobody_defines_is_named() -> None:
    alone = module("one", "  J: -> A; w;\n  species A in c = 1;", "  w = 1;\n  unused = 2;")
    with pytest.raises(ModelError, match="one expects 'w'"):
        compose([alone], name="both")


def test_common_parts_must_agree() -> None:
    other = read_module(
        "model *two()\n // --- common ---\n compartment c = 2;\n // --- end common ---\n"
        " // --- boundary ---\n // --- end boundary ---\nend\n", name="two",
    )  # fmt: skip
    with pytest.raises(ModelError, match="of two differ from those of one"):
        compose([module("one", "  k = 1;"), other], name="both")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("species A", "needs a line 'model"),
        ("model *a()\n k = 1;\nend\n", "needs one '// --- common'"),
        ("model *a()\n // --- end common ---\nend\n", "out of place"),
        ("model *a()\n // --- common ---\n // --- end boundary ---\nend\n", "out of place"),
    ],
)
def test_marks_are_needed(text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_module(text, name="a")


def test_disagreements_with_the_table_are_told(tmp_path: Path) -> None:
    made = network.read_antimony("model a()\n unit per_s = 1/second;\n k = 1; k has per_s; m = 2; m has per_s;\nend")
    table = tmp_path / "parameters.csv"
    head = ",".join(composing.COLUMNS)
    table.write_text(f"{head}\nk,3.0,per_s,0.5,2,C,book,\nq,1.0,per_s,,,D,,\n", encoding="utf-8")
    troubles = composing.check_parameters(made, composing.read_parameters(table), file="t")
    assert [line.split(": ", 1)[1] for line in troubles] == [
        "parameter m has no row", "k is 3.0 here and 1.0 in the model", "k = 3.0 is outside 0.5 to 2.0",
        "q is no parameter of the model",
    ]  # fmt: skip


def test_shipped_files_are_current() -> None:
    folders = catalog.models()
    assert "redox" in folders
    for folder in folders.values():
        assert composing.regenerate(folder, write=False) == []


def test_stale_files_are_told(tmp_path: Path) -> None:
    for name in ("trx", "nrf2"):
        source = catalog.models()[name]
        copy = tmp_path / name
        copy.mkdir()
        for file in source.iterdir():
            (copy / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    text = (tmp_path / "trx" / "model.ant").read_text(encoding="utf-8")
    (tmp_path / "trx" / "model.ant").write_text(text.replace("kcond1 = 11;", "kcond1 = 12;"), encoding="utf-8")
    assert composing.regenerate(tmp_path / "nrf2", write=False) == []
    told = composing.regenerate(tmp_path / "trx", write=False)
    assert any("model.xml is out of date" in line for line in told)
    assert any("kcond1 is 11.0 here and 12.0 in the model" in line for line in told)
