"""Tables that say little: every version of the long form, and what is told from the untreated wells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import redoxsim as rx
from redoxsim.errors import DesignError

DOSES = (0.0, 1.0, 3.0, 10.0)


def alive(a: float, b: float) -> float:
    return 1.0 / (1.0 + a / 3.0) / (1.0 + b / 5.0)


def plate(effect: str = "viability", *, percent: bool = False, inhibition: bool = False) -> pd.DataFrame:
    rows = [(a, b, alive(a, b)) for a in DOSES for b in DOSES]
    size = 100.0 if percent else 1.0
    return pd.DataFrame(
        [(a, b, size * (1.0 - y if inhibition else y)) for a, b, y in rows], columns=["a [uM]", "b [nM]", effect]
    )


def means(table: object, **said: str) -> dict[str, float]:
    found = rx.score(table, **said)  # type: ignore[arg-type]
    return {name: one.summary.mean for name, one in found[0].tables.items()}


SAID = {"effect": "viability", "orientation": "viability", "scale": "fraction"}


@pytest.mark.parametrize("percent", [False, True])
@pytest.mark.parametrize("inhibition", [False, True])
def test_a_table_is_understood_from_its_untreated_wells(percent: bool, inhibition: bool) -> None:
    wanted = means(plate(), **SAID)
    table = plate("response", percent=percent, inhibition=inhibition)
    found = rx.score(table)
    assert means(table) == pytest.approx(wanted, abs=1e-9)
    assert ("inhibition" if inhibition else "viability") in found.reading
    assert ("percent" if percent else "fraction") in found.reading
    assert "untreated" in found.reading


def test_what_is_said_wins() -> None:
    table = plate("response")
    assert rx.score(table, orientation="viability", scale="fraction").reading == "response: viability, fraction"


def test_wells_that_do_not_tell_are_refused() -> None:
    half = plate("response")
    half["response"] *= 0.5
    with pytest.raises(DesignError, match="does not tell which way up"):
        rx.score(half)
    with pytest.raises(DesignError, match="does not tell which way up"):
        rx.score(plate("inhibition"))  # untreated wells are full: the name and the numbers contradict
    with pytest.raises(DesignError, match="no untreated wells"):
        rx.score(plate("response").iloc[1:])


@pytest.mark.parametrize(("percent", "said", "meant"), [(True, "fraction", "percent"), (False, "percent", "fraction")])
def test_a_scale_that_is_not_that_of_the_values_is_named(percent: bool, said: str, meant: str) -> None:
    with pytest.raises(DesignError, match=f"that is no {said} .*is the scale {meant}"):
        rx.score(plate("viability", percent=percent), scale=said)


def test_one_column_must_be_the_effect() -> None:
    table = plate("ctg").assign(well="A1", replicate=1, sd=0.1)
    assert rx.score(table)[0].effect == "ctg"
    with pytest.raises(DesignError, match="could be ctg or ldh"):
        rx.score(table.assign(ldh=0.3))
    assert rx.score(table.assign(viability=table["ctg"]))[0].effect == "viability"


OLD = ["PairIndex", "Response", "Drug1", "Drug2", "Conc1", "Conc2", "ConcUnit"]
OLDER = ["BlockID", "Response", "DrugRow", "DrugCol", "ConcRow", "ConcCol", "ConcRowUnit", "ConcColUnit"]
NEW = ["block_id", "response", "drug1", "drug2", "conc1", "conc2", "conc_unit1", "conc_unit2"]
FIRST = ["block_id", "response", "drug_row", "drug_col", "conc_r", "conc_c", "conc_r_unit", "conc_c_unit"]


@pytest.mark.parametrize("heads", [OLD, OLDER, NEW, FIRST], ids=lambda heads: heads[0] + " " + heads[-1])
def test_every_version_of_the_long_form_is_read(tmp_path: Path, heads: list[str]) -> None:
    lines = [",".join(heads)]
    for a in DOSES:
        for b in DOSES:
            units = ["nM"] * (len(heads) - 6)
            lines.append(",".join(map(str, [1, 100 * (1 - alive(a, b)), "auranofin", "bso", a, b, *units])))
    path = tmp_path / "old.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    block = rx.score(path)[0]
    assert block.agents == ("auranofin", "bso")
    assert block.data.dose_units == ("nM", "nM")
    np.testing.assert_allclose(block.tables["bliss"].summary.mean, means(plate(), **SAID)["bliss"], atol=1e-9)
    assert rx.score(path, effect=heads[1], orientation="inhibition", scale="percent")[0].id == "1"


@pytest.mark.parametrize("said", ["not at all", "by an empty column"])
def test_a_long_form_without_units_has_the_same_scores(said: str) -> None:
    """No score depends on a unit, and what nobody said is put nowhere as if somebody had."""
    rows = [(1, "x", "y", a, b, alive(a, b)) for a in DOSES for b in DOSES]
    table = pd.DataFrame(rows, columns=["block_id", "drug1", "drug2", "conc1", "conc2", "viability"])
    found = rx.score(table if said == "not at all" else table.assign(conc_unit=""))
    assert found.reading.endswith(
        "no unit of x and y is said: taken as one and the same in all rows; no score depends on it"
    )
    block = found[0]
    assert block.data.dose_units == ("", "")
    assert {name: one.summary.mean for name, one in block.tables.items()} == pytest.approx(means(plate()))
    assert {"x", "y"} <= set(block.to_dataframe().columns)
    assert "unit" not in rx.score(table.assign(conc_unit="nM")).reading


def test_axes_of_doses_without_a_unit_have_none() -> None:
    from redoxsim.report.figures.synergy import surface

    table = plate().rename(columns={"a [uM]": "a", "b [nM]": "b"})
    found = rx.score(table, agents=["a", "b"])
    assert found.reading.count("no unit of a and b is said") == 1
    assert surface(found[0].dataset(), "viability").units == ("", "")
