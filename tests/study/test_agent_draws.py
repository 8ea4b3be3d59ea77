"""Draws of an agent's constants: they agree with what was measured, and are the same in every study of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import redoxsim as rx
from redoxsim.errors import DesignError, ReadError
from redoxsim.kept import DRAWS
from redoxsim.pharmacology import Agent, load_agent
from redoxsim.study import agent_draws, prepare
from redoxsim.study import draws as study_draws

POOL = """
model pool()
  compartment cell = 1; species A in cell = 1;
  k_in = 1; k_out = 0.0001;
  -> A; k_in*k_out*cell; A -> ; k_out*A*cell;
end
"""
TABLE = "id,value,unit,low,high,grade,source,note\nk_in,1,,0.5,2,C,made up,\nk_out,0.0001,,5e-05,0.0002,B,made up,\n"
METADATA = """title = "pool"
start = "steady"
observables = [ { id = "A", name = "A", unit = "uM" } ]
targets = [ { id = "A", low = 0.8, high = 1.6, source = "made up", draws = true } ]
"""
DRUG = """id = "{name}"
name = "drug"
forms = ["flux"]
dose_species = "{name}_x"
dose_unit = "uM"
default_doses = "100nM..10uM:log:5"

{measured}

[[parameters]]
id = "{name}_K"
value = 1.0
unit = "uM"
low = 0.01
high = 100.0
grade = "C"
source = "made up"

[[species]]
id = "{name}_x"
compartment = "cell"

[[factors]]
reaction = "{reaction}"
factor = "1/(1 + {name}_x/{name}_K)"
form = "flux"
"""
HALF = """[[measured]]
observe = "A"
dose = "1uM"
at = "48 h"
low = 0.4
high = 0.6
relative = true
source = "made up"
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "cache"))
    forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process, as far as draws go."""
    monkeypatch.setattr(study_draws, "_KNOWN", {})
    monkeypatch.setattr(agent_draws, "_KNOWN", {})


def pool(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "model.ant").write_text(POOL)
    (folder / "model.toml").write_text(METADATA)
    (folder / "parameters.csv").write_text(TABLE)
    return folder / "model.ant"


def drug(folder: Path, measured: str = HALF, name: str = "drug") -> Agent:
    reaction = next(one.id for one in rx.read(pool(folder / "m")).reactions if one.products)
    path = folder / f"{name}.toml"
    path.write_text(DRUG.format(name=name, measured=measured, reaction=reaction))
    return load_agent(path)


def test_sets_agree_with_what_was_measured(tmp_path: Path) -> None:
    setup = prepare(pool(tmp_path / "m"), agents=[drug(tmp_path)])
    found = study_draws.draw(setup, 64, seed=2)
    # at rest under the dose A is k_in/(1 + 1/K): over its start 1/(1 + 1/K), reached within 1% after 48 h
    left = 1.0 / (1.0 + 1.0 / found.values["drug_K"])
    assert found.number == 64
    assert left.min() >= 0.39
    assert left.max() <= 0.61
    told = found.agents["drug"]
    assert told["cells"] - told["without"] == 64
    assert told["sets"] == sum(told["outside"].values()) + 64
    # K within 0.67 to 1.5 of 0.01 to 100: the share of the logarithm
    share = np.log(1.5 / 0.667) / np.log(1e4)
    assert 64 / told["sets"] == pytest.approx(share, rel=0.35)
    band = rx.dose_response(pool(tmp_path / "m"), agent=drug(tmp_path), observe="A", draws=8)
    assert "sets of constants of drug agree with what was measured of it" in band.summary
    assert band.draws is not None
    assert band.draws["agents"]["drug"]["cells"] >= 8


def test_the_model_draws_are_those_of_any_study(tmp_path: Path) -> None:
    path = pool(tmp_path / "m")
    agent = drug(tmp_path)
    plain = study_draws.draw(prepare(path), 64)
    dosed = study_draws.draw(prepare(path, agents=[agent]), 48)
    np.testing.assert_array_equal(dosed.values["k_in"], plain.values["k_in"][dosed.places])
    few = study_draws.draw(prepare(path, agents=[agent]), 16)
    np.testing.assert_array_equal(few.values["drug_K"], dosed.values["drug_K"][:16])
    other = drug(tmp_path, name="other", measured=HALF.replace("0.4", "0.1"))
    both = study_draws.draw(prepare(path, agents=[agent, other]), 48)
    shared = np.intersect1d(both.places, dosed.places)
    assert len(shared) > 30
    for place in shared:
        assert (both.values["drug_K"][both.places == place] == dosed.values["drug_K"][dosed.places == place]).all(), (
            "a partner changes nothing"
        )


def test_bands_and_intervals_are_those_of_the_measurement(tmp_path: Path) -> None:
    path = pool(tmp_path / "m")
    doses = "10nM..100uM:log:9"
    wide = rx.dose_response(path, agent=drug(tmp_path, ""), doses=doses, observe="A", draws=64, keep="draws")
    narrow = rx.dose_response(path, agent=drug(tmp_path), doses=doses, observe="A", draws=64, keep="draws")
    spread = [np.ptp(np.quantile((one["A"] / one["A"][0]).values[5], [0.05, 0.95])) for one in (wide, narrow)]
    assert spread[1] < 0.3 < 0.6 < spread[0]


def test_what_is_set_stays_and_the_rest_is_as_drawn(tmp_path: Path) -> None:
    path = pool(tmp_path / "m")
    plain = study_draws.draw(prepare(path, agents=[drug(tmp_path)]), 16)
    given = study_draws.draw(prepare(path, agents=[drug(tmp_path)], values={"drug_K": 3.0}), 16)
    assert "drug_K" not in given.values
    np.testing.assert_array_equal(given.values["k_in"], plain.values["k_in"])


def test_draws_of_one_grade_agree_with_what_was_measured_too(tmp_path: Path) -> None:
    path, one = pool(tmp_path / "m"), drug(tmp_path)
    assumed = study_draws.draw(prepare(path, agents=[one]), 16, grade="C")
    assert sorted(assumed.values) == ["drug_K", "k_in"]
    every = study_draws.draw(prepare(path, agents=[one]), 16)
    assert sorted(every.values) == ["drug_K", "k_in", "k_out"]
    for found in (assumed, every):
        # A falls to 1/(1 + 1/K) in the end, nearly all of it by 48 h
        assert found.values["drug_K"].min() > 0.4
        assert found.values["drug_K"].max() < 2.0


def test_draws_do_not_depend_on_how_many_are_made_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = prepare(pool(tmp_path / "m"), agents=[drug(tmp_path)])
    monkeypatch.setattr(agent_draws, "TRIES", 8)  # many draws of the model are left without constants
    found = []
    for agreeing in (1.0, 0.5, 0.2):
        forget(monkeypatch)
        monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / str(agreeing)))
        found.append(study_draws.draw(setup, 16, agreeing=agreeing))
    assert found[0].agents["drug"]["without"] > 0
    for one in found[1:]:
        assert one.record == found[0].record
        assert one.places.tolist() == found[0].places.tolist()
        for name, values in found[0].values.items():
            np.testing.assert_array_equal(one.values[name], values)


def test_an_agent_without_constants_of_the_grade_agrees_as_it_is_or_not(tmp_path: Path) -> None:
    path = pool(tmp_path / "m")
    file = Path(str(drug(tmp_path).file))
    file.write_text(file.read_text().replace('grade = "C"', 'grade = "B"'))
    fits = study_draws.draw(prepare(path, agents=[load_agent(file)]), 8, grade="C")
    assert list(fits.values) == ["k_in"]
    assert fits.agents["drug"]["without"] == 0
    file.write_text(file.read_text().replace("value = 1.0", "value = 50.0"))
    with pytest.raises(DesignError, match="has constants of drug that agree"):
        study_draws.draw(prepare(path, agents=[load_agent(file)]), 8, grade="C")


def test_measurements_of_what_a_model_lacks_are_left_out(tmp_path: Path) -> None:
    setup = prepare(pool(tmp_path / "m"), agents=[drug(tmp_path, HALF.replace('"A"', '"B"'))])
    assert study_draws.draw(setup, 16).agents == {}


def test_measurements_that_nothing_meets(tmp_path: Path) -> None:
    strange = HALF.replace("low = 0.4", "low = 1.4").replace("high = 0.6", "high = 1.6")
    setup = prepare(pool(tmp_path / "m"), agents=[drug(tmp_path, strange)])
    with pytest.raises(DesignError, match="not one of 32 draws of model 'pool' has constants of drug"):
        study_draws.draw(setup, 8)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('at = "48 h"', 'at = "48"', "at"),
        ('at = "48 h"', 'at = "0 h"', "not after 0 h"),
        ('dose = "1uM"', 'dose = "much"', "not a dose"),
        ('dose = "1uM"', 'dose = "1uM@-2h"', "given before 0 h"),
        ("high = 0.6", "high = 0.3", "is empty"),
        ("low = 0.4\nhigh = 0.6", "", "needs 'low', 'high' or both"),
        ("relative = true", "relativ = true", "unknown key 'relativ'"),
    ],
)
def test_bad_measurements(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        drug(tmp_path, HALF.replace(old, new))


def test_kept_draws_are_the_same_and_cost_no_solve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("solved")

    setup = prepare(pool(tmp_path / "m"), agents=[drug(tmp_path)])
    first = study_draws.draw(setup, 16)
    forget(monkeypatch)
    monkeypatch.setattr(study_draws, "at_rest", never)
    monkeypatch.setattr(agent_draws, "_judge", never)
    again = study_draws.draw(setup, 16)
    assert again.record == first.record
    for name, values in first.values.items():
        np.testing.assert_array_equal(again.values[name], values)
    fewer = study_draws.draw(setup, 7)
    np.testing.assert_array_equal(fewer.values["drug_K"], first.values["drug_K"][:7])
    with pytest.raises(AssertionError, match="solved"):
        study_draws.draw(setup, 16, seed=2)


def test_more_draws_than_were_kept_are_those_made_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = prepare(pool(tmp_path / "m"), agents=[drug(tmp_path)])
    whole = study_draws.draw(setup, 300)
    DRAWS.clear()
    forget(monkeypatch)
    study_draws.draw(setup, 5)
    forget(monkeypatch)
    grown = study_draws.draw(setup, 300)
    assert grown.record == whole.record
    for name, values in whole.values.items():
        np.testing.assert_array_equal(grown.values[name], values)


@pytest.mark.parametrize("harm", ["cut", "overwritten", "emptied"])
def test_harmed_files_are_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    setup = prepare(pool(tmp_path / "m"), agents=[drug(tmp_path)])
    first = study_draws.draw(setup, 16)
    files = sorted(DRAWS.folder().glob("*.draws"))
    assert len(files) == 2
    for file in files:
        data = file.read_bytes()
        middle = len(data) // 2
        file.write_bytes(
            {"cut": data[:middle], "overwritten": data[:middle] + b"?" + data[middle + 1 :], "emptied": b""}[harm]
        )
    forget(monkeypatch)
    again = study_draws.draw(setup, 16)
    np.testing.assert_array_equal(again.values["drug_K"], first.values["drug_K"])
    assert again.record == first.record
