"""From curves in a table to a plate in the long form, and back through score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import redoxsim as rx
from redoxsim.errors import DesignError
from redoxsim.study.lab_plate import HEADS, plate

A = np.r_[0.0, np.geomspace(0.01, 100.0, 9)]
B = np.r_[0.0, np.geomspace(1.0, 1e4, 9)]


def alive(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + a**1.5) / (1.0 + (b / 100.0) ** 1.2)


def curves(scale: float = 100.0, seed: int | None = None) -> pd.DataFrame:
    rows = [*((a, 0.0) for a in A), *((0.0, b) for b in B[1:])] * 3
    table = np.array(rows)
    effect = scale * alive(table[:, 0], table[:, 1])
    if seed is not None:
        effect = effect + np.random.default_rng(seed).normal(0.0, 0.08 * scale, effect.size)
    return pd.DataFrame({"auranofin [uM]": table[:, 0], "bso [nM]": table[:, 1], "viability": effect})


def test_a_plate_goes_through_score_and_back(tmp_path: Path) -> None:
    made = plate([curves()], number=5, replicates=2)
    table = made.to_dataframe()
    assert tuple(table.columns) == HEADS
    assert len(table) == 36 * 2
    assert table["response"].isna().all()
    assert set(table["conc_unit1"]) == {"uM"}
    assert set(table["conc_unit2"]) == {"nM"}
    # Filled in as independent agents would have it: no excess; as expected, too.
    table["response"] = 100 * alive(table["conc1"].to_numpy(), table["conc2"].to_numpy())
    np.testing.assert_allclose(table["expected"], table["response"], atol=0.2)
    table.to_csv(tmp_path / "plate.csv", index=False)
    found = rx.score(tmp_path / "plate.csv", effect="response", metrics=["bliss", "hsa"], draws=50)
    (block,) = found.blocks
    assert block.agents == ("auranofin", "bso")
    assert block.data.dose_units == ("uM", "nM")
    np.testing.assert_allclose(block.data.doses[0], made.plate.doses[0])
    assert np.abs(block.tables["bliss"].values).max() < 1e-9
    assert block.intervals, "two replicates of every cell"


def test_noise_is_taken_from_the_wells_and_never_less_than_a_floor() -> None:
    small = {"number": 3, "metrics": ["bliss"]}
    assert plate([curves()], **small).plate.noise == 0.05
    assert plate([curves(seed=0)], **small).plate.noise == pytest.approx(0.08, rel=0.3)
    assert plate([curves()], noise=0.2, **small).plate.noise == 0.2


def test_two_tables_with_an_agent_each(tmp_path: Path) -> None:
    whole = curves()
    first = whole[whole["bso [nM]"] == 0].drop(columns="bso [nM]")
    second = whole[whole["auranofin [uM]"] == 0].drop(columns="auranofin [uM]")
    both, one = plate([first, second], metrics=["bliss"]), plate([whole], metrics=["bliss"])
    np.testing.assert_array_equal(both.plate.doses[0], one.plate.doses[0])
    np.testing.assert_array_equal(both.plate.doses[1], one.plate.doses[1])
    turned = second.assign(viability=100 - second["viability"]).rename(columns={"viability": "inhibition"})
    with pytest.raises(DesignError, match="same way"):
        plate([first, turned])
    with pytest.raises(DesignError, match="both curves are of 'auranofin'"):
        plate([first, first])
    with pytest.raises(DesignError, match="1 dose columns, not 2"):
        plate([first])


def test_too_few_doses_are_no_curve() -> None:
    whole = curves()
    with pytest.raises(DesignError, match="auranofin alone has 2 doses; a curve needs 4"):
        plate([whole[whole["auranofin [uM]"].isin(A[:3])]])
