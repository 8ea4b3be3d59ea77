"""Values at rest are found and written where they are declared; a gap in a boundary is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from redoxsim import catalog, network
from redoxsim.errors import ModelError, SolveError
from redoxsim.network import compose
from redoxsim.network.rest import read_rest
from redoxsim.study import resting

COMMON = """  // --- common ---
  unit substance = 1e-18 mole;
  unit volume = 1e-12 litre;
  unit time_unit = second;
  unit extent = 1e-18 mole;
  unit uM = 1e-18 mole / 1e-12 litre;
  unit per_s = 1 / second;
  unit uM_per_s = 1e-18 mole / (1e-12 litre * second);
  compartment c = 2; c has volume;
  // --- end common ---"""
HEAD = "id,value,unit,low,high,grade,source,note\n"
ONE = f"""model *one()
{COMMON}
  // --- boundary: provided by other modules ---
  k_two = 9;  k_two has per_s;  // two
  two_stand_in: A -> ; c*k_two*A;  // two
  // --- end boundary ---
  v = 3;  v has uM_per_s;
  species A in c = 7;  // at rest 6
  make: -> A; c*v;
end
"""
TWO = f"""model *two()
{COMMON}
  // --- boundary: provided by other modules ---
  species $A in c = 1;  // one
  // --- end boundary ---
  k = 0.5;  k has per_s;
  species B in c = 1;
  turn: A -> B; c*k*A;
  loss: B -> ; c*k*B;
end
"""


@pytest.fixture
def networks(tmp_path: Path) -> Path:
    tables = {
        "one": "k_two,9.0,per_s,,,C,boundary,\nv,3.0,uM_per_s,,,C,assumed,\n",
        "two": "k,0.5,per_s,,,C,assumed,\n",
    }
    for name, text in (("one", ONE), ("two", TWO)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.ant").write_text(text, encoding="utf-8")
        (tmp_path / name / "parameters.csv").write_text(HEAD + tables[name], encoding="utf-8")
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / "model.toml").write_text('title = "both"\ncompose = ["one", "two"]\n', encoding="utf-8")
    return tmp_path


def test_the_whole_then_its_modules(networks: Path) -> None:
    """A = v/k = 6, B = A; the stand-in of `one` takes what `turn` takes."""
    resting.write_rests(networks / "both")
    assert read_rest(networks / "both") == pytest.approx({"A": 6.0, "B": 6.0})
    made = network.read(networks / "both" / "model.ant")
    assert {one.id: one.initial_concentration for one in made.species} == pytest.approx({"A": 6.0, "B": 6.0})
    whole = resting.at_rest(made)
    for name in ("one", "two"):
        resting.settle(networks / name, whole)
        assert compose.regenerate(networks / name, write=False) == []
    one = network.read(networks / "one" / "model.ant")
    assert {part.id: part.value for part in one.parameters} == pytest.approx({"k_two": 0.5, "v": 3.0})
    assert one.species[0].initial_concentration == pytest.approx(6.0)
    text = (networks / "one" / "model.ant").read_text(encoding="utf-8")
    assert "species A in c = 6;  // at rest 6" in text
    two = network.read(networks / "two" / "model.ant")
    assert {part.id: part.initial_concentration for part in two.species} == pytest.approx({"A": 6.0, "B": 6.0})


def test_a_reaction_without_a_stand_in_is_named(networks: Path) -> None:
    file = networks / "one" / "model.ant"
    file.write_text(file.read_text(encoding="utf-8").replace("  two_stand_in: A -> ; c*k_two*A;  // two\n", ""))
    module = network.read(file)
    with pytest.raises(ModelError, match=r"of 'one' leave .* of 'A' open"):
        resting.stand_ins(module, ["k_two"], {"A": 6.0})


def test_no_steady_state_is_said(networks: Path) -> None:
    file = networks / "two" / "model.ant"
    file.write_text(file.read_text(encoding="utf-8").replace("turn: A -> B; c*k*A", "turn: A -> B; c*k*B"))
    with pytest.raises(SolveError, match="steady"):
        resting.write_rests(networks / "both")
    with pytest.raises(ModelError, match="'two' is no composed network"):
        resting.write_rests(networks / "two")


def test_the_command_tells_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert resting.main(["trx"]) == 1
    assert "'trx' is no composed network" in capsys.readouterr().err
    assert resting.main(["nothing"]) == 1


def test_shipped_modules_stand_where_redox_does() -> None:
    """Boundaries and starts of the modules are those of redox at rest, to a part in a thousand."""
    whole = resting.at_rest(network.read("redox"))
    for name in ("h2o2", "trx", "nadph", "gsh", "energy"):
        module = network.read(name)
        ruled = {rule.target for rule in module.rules}
        for part in module.species:
            if part.id in whole and part.id not in ruled:
                assert part.initial_concentration == pytest.approx(whole[part.id], rel=1e-3, abs=1e-12), (name, part.id)
    assert catalog.models()["redox"].joinpath("rest.csv").is_file()
