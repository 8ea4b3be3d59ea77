"""The share of draws in which an expectation holds: paired over the runs of an experiment, known by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toy_shelf import metadata, opening, poison, ranges, shelve

from redoxsim.report.window import drawn_lines
from redoxsim.study import draws as study_draws
from redoxsim.study import experiment, prepare
from redoxsim.study.agreement import ASSUMED, agreement
from redoxsim.study.window import pairs_of

MODEL = """
model pool()
  compartment cell = 1; species A in cell = 1;
  k_in = 1; k_out = 0.001; ALARM = 1; NONE = 0;
  -> A; ALARM*k_in*k_out*cell; A -> ; k_out*A*cell;
  nothing := NONE*A;
end
"""
TABLE = ranges("k_in,1,,0.25,4,C", "k_out,0.001,,0.0005,0.002,B")
METADATA = metadata("pool", A="uM")
RUNS = """
seed = 3

[[run]]
id = "plain"
kind = "simulate"
until = "24 h"
every = "1 h"
observe = ["A"]

[[run]]
id = "tripled"
kind = "simulate"
until = "24 h"
every = "1 h"
observe = ["A"]
values = { ALARM = 3.0 }

[[run]]
id = "given"
kind = "simulate"
until = "24 h"
every = "1 h"
observe = ["A"]
values = { k_in = 1.5 }
"""
EXPECT = """
[[expect]]
id = "{id}"
claim = "S9.1"
text = "{id}"
quantity = {{ run = "{run}", observe = "A", reduce = "last" }}
{more}
"""


def shares(folder: Path, *expectations: tuple[str, str, str], observe: str = '"A"') -> experiment.Experiment:
    asked = "".join(EXPECT.format(id=name, run=run, more=more) for name, run, more in expectations)
    runs = RUNS.replace('observe = ["A"]', f"observe = [{observe}]")
    text = opening("shares", folder / "model.ant") + runs + asked
    shelve(folder, model=MODEL, table=TABLE, metadata=METADATA, experiment=text)
    return experiment.load(folder)


@pytest.fixture(autouse=True)
def own_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A profile that the toy model takes."""
    monkeypatch.setenv("REDOXSIM_PATH", str(tmp_path / "mine"))


def test_shares_are_those_of_the_draws(tmp_path: Path) -> None:
    found = agreement(
        shares(
            tmp_path,
            ("above", "plain", "at_least = 1.2"),
            ("ratio", "tripled", 'over = { run = "plain", observe = "A", reduce = "last" }\nwithin = [2.99, 3.01]'),
            ("set", "given", "within = [1.49, 1.51]"),
        ),
        64,
    )
    drawn = study_draws.draw(prepare(tmp_path / "model.ant"), 64, seed=3).values["k_in"]
    # A at rest is k_in: what is above 1.2 is known by hand, and the ratio of two runs of one draw is that of ALARM
    assert found.expectations["above"].held == int((drawn >= 1.2).sum())
    assert 0 < found.expectations["above"].held < 64
    assert (found.expectations["ratio"].held, found.expectations["ratio"].of) == (64, 64)
    assert found.expectations["set"].held == 64, "what a run sets is not drawn"
    assert found.claims["S9.1"].held == found.expectations["above"].held, "a claim holds where all of it does"
    assert not found.conditional
    assert found.expectations["above"].words().startswith(f"{found.expectations['above'].held} of 64 (")
    assert found.solves == 3 * 64 + 2 * ASSUMED, "of what is given no grade C is left"
    assert "64 draws" in found.text
    band = found.bands["tripled"].dataset["A"].isel(time=-1)
    assert np.asarray(band) == pytest.approx(np.quantile(3.0 * drawn, (0.05, 0.5, 0.95)), rel=1e-3)
    assert found.bands["tripled"].dataset["A"].attrs["grade_c_share"] == pytest.approx(1.0, abs=0.35)
    assert sorted(found.bands) == ["given", "plain", "tripled"]


def test_equal_seeds_give_equal_shares_and_no_draws_none(tmp_path: Path) -> None:
    one = shares(tmp_path, ("above", "plain", "at_least = 1.2"))
    first, second = agreement(one, 16), agreement(one, 16)
    assert first == second
    for name, band in first.bands.items():
        assert band.dataset.identical(second.bands[name].dataset)
    assert agreement(one, 7).bands == {}, "too few for a band"
    assert agreement(one, 0).expectations == {}
    assert agreement(one, 16).expectations != agreement(one, 48).expectations


def test_what_is_not_defined_in_a_draw_is_counted(tmp_path: Path) -> None:
    never = 'over = { run = "plain", observe = "nothing", reduce = "last" }\nat_least = 0.0'
    one = shares(tmp_path, ("rate", "plain", never), observe='"A", "nothing"')
    found = agreement(one, 8).expectations["rate"]
    assert (found.held, found.of, found.undefined) == (0, 8, 8), "nothing over nothing"
    assert found.words() == "0 of 8 (0%), not defined in 8"


def test_a_model_without_ranges_has_no_shares(tmp_path: Path) -> None:
    one = shares(tmp_path, ("above", "plain", "at_least = 1.2"))
    (tmp_path / "parameters.csv").write_text(ranges())
    found = agreement(one, 8)
    assert found.expectations == {}
    assert "no constant of model 'pool' has one" in found.why
    assert found.solves == 0


KILLED = """
model killed()
  compartment cell = 1; species A in cell = 1;
  k_out = 0.001; SENS = 1;
  -> A; k_out*cell; A -> ; k_out*A*cell;
  survival := 1;
end
"""
SENSITIVITY = ranges("SENS,1,,0.25,4,C", "k_out,0.001,,0.0005,0.002,B")
CLINICAL = 'clinical = { low = 5.0, high = 20.0, unit = "uM", what = "made up", grade = "C", source = "made up" }'
TWO_CELLS = """
[[run]]
id = "tumour"
kind = "dose-response"
agent = "poison"
dose_values = "1uM,10uM"
at = "1 h"
observe = ["survival"]
[[run]]
id = "spared"
kind = "dose-response"
agent = "poison"
dose_values = "1uM,10uM"
at = "1 h"
cell = "sound"
observe = ["survival"]
[[beyond]]
claim = "S9.1"
says = "it is so"
reason = "a window only"
"""


def test_windows_have_the_bands_of_the_same_draws(tmp_path: Path) -> None:
    mine = shelve(
        tmp_path, model=KILLED, table=SENSITIVITY, metadata=METADATA,
        agents={"poison": poison("poison", rule="survival", factor="1/(1 + SENS*poison_x)", more=CLINICAL)},
        experiment=opening("windows", tmp_path / "model.ant") + TWO_CELLS,
    )  # fmt: skip
    (mine / "cells" / "sound.toml").write_text(
        'id = "sound"\nname = "sound"\nnormal = true\n[values.SENS]\nvalue = 0.02\ngrade = "C"\nsource = "made up"\n'
    )
    asked = experiment.load(tmp_path)
    assert pairs_of(asked) == (("tumour", "spared"),)
    found = agreement(asked, 16)
    assert not found.expectations
    window, results = found.windows["tumour"]
    assert results.draws is not None
    # k_out (B) does not move survival, so that what only the assumed ones leave is the whole band
    assert results.dataset["survival"].attrs["grade_c_share"] == pytest.approx(1.0, abs=0.1)
    drawn = study_draws.draw(prepare(tmp_path / "model.ant"), 16, seed=1).values["SENS"]
    killed = window.window.first
    assert killed.low is not None
    assert killed.high is not None
    for place, dose in enumerate(np.asarray(window.window.doses[0])):
        expected = np.quantile(1.0 - 1.0 / (1.0 + drawn * dose), (0.05, 0.5, 0.95))
        got = (killed.low[place], killed.middle[place], killed.high[place])
        assert got == pytest.approx(expected, abs=1e-6), f"{dose} uM"
    assert window.window.second.middle == pytest.approx(1.0 - 1.0 / (1.0 + 0.02 * np.array([0.0, 1.0, 10.0])), abs=1e-6)
    lines = drawn_lines(window, results)
    assert lines[0].startswith("The same with 16 draws of the constants")
    assert "draws at least one does" in lines[1]
    assert not any(line.startswith("Clinical exposure") for line in lines), "told once, without draws"


def test_a_condition_has_a_share_of_its_own(tmp_path: Path) -> None:
    found = agreement(
        shares(
            tmp_path,
            ("above", "plain", "at_least = 1.2"),
            ("below", "plain", "at_most = 5.0"),
            ("rich", "tripled", 'at_least = 1.2\nwhen = "ALARM is up"\nreplaces = "above"'),
        ),
        64,
    )
    drawn = study_draws.draw(prepare(tmp_path / "model.ant"), 64, seed=3).values["k_in"]
    assert found.claims["S9.1"].held == int((drawn >= 1.2).sum()), "what stands under a condition is none of the claim"
    under = found.conditional["S9.1"]["ALARM is up"]
    assert under.held == found.expectations["rich"].held > found.claims["S9.1"].held
