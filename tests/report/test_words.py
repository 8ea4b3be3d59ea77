"""Names, terminal pictures, verdicts, dose bars, measured points: everything that is words or plain data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from redoxsim.errors import DesignError, UnitError
from redoxsim.report.conditions import dose_bars
from redoxsim.report.marks import DoseBar, merge_bars
from redoxsim.report.measured import read_points
from redoxsim.report.names import head, show_id, show_unit, split_head, title_of
from redoxsim.report.text import matrix_text, text_table, width
from redoxsim.report.verdicts import VerdictLine, verdict_lines, verdicts_markdown, verdicts_text
from redoxsim.study.expectations import Verdict
from redoxsim.study.experiment import Expectation, Quantity


@pytest.mark.parametrize(("name", "unit"), [("H2O2_c", "uM"), ("time", "h"), ("viability", ""), ("rate", "uM/s")])
def test_heads_read_back(name: str, unit: str) -> None:
    assert split_head(head(name, unit)) == (name, unit)


def test_names_for_people() -> None:
    assert [show_id(i) for i in ("GSH_c", "H2O2_x", "Prx3_ox", "TrxR1_activity", "NRF2", "k_cat")] == [
        "GSH, cytosol", "H₂O₂, medium", "Prx3, oxidised", "TrxR1 activity", "NRF2", "k_cat",
    ]  # fmt: skip
    assert [show_unit(u) for u in ("uM", "uM/s", "1", "mM", "h")] == ["µM", "µM/s", "", "mM", "h"]
    assert title_of("GSH_c", {"long_name": "glutathione, cytosol"}) == "glutathione, cytosol"
    assert title_of("GSH_c", {"long_name": "x" * 50}) == "GSH, cytosol"


def test_text_table_counts_columns_not_letters() -> None:
    lines = text_table(["", "µM"], [["日本", "1"], ["a", "−2"]]).splitlines()
    assert [width(line) for line in lines] == [8, 8, 8, 8]
    assert text_table(["a"], []).splitlines() == ["a", "-"]


def test_matrix_shows_undefined_cells() -> None:
    text = matrix_text([[1.0, np.nan], [0.0, 0.5]], ["0", "1"], ["0", "10"], corner="a \\ b")
    assert "1.00 █" in text
    assert "–" in text.splitlines()[2]


def lines() -> tuple[VerdictLine, ...]:
    expectation = Expectation(
        id="bliss-mid", claim="S0.10", text="mean Bliss | excess <b>", at_least=0.0, strict=True,
        quantity=Quantity(run="r", observe="viability", reduce="last"),
    )  # fmt: skip
    good = Verdict(expectation=expectation, value=0.12, holds=True)
    return verdict_lines(
        [good, Verdict(expectation=expectation.model_copy(update={"id": "other"}), value=-0.1, holds=False)]
    )


def test_verdicts_in_two_forms() -> None:
    found = lines()
    assert (found[0].expected, found[0].got, found[0].word, found[1].word) == ("> 0", "0.12", "holds", "does not hold")
    text = verdicts_text(found)
    assert text.endswith("1 of 2 expectations hold")
    assert "✗  other" in text
    markdown = verdicts_markdown(found, title="Auranofin")
    assert "| bliss-mid | S0.10 | mean Bliss \\| excess <b> | > 0 | 0.12 | holds |" in markdown
    assert verdicts_text([]) == "nothing was expected"


def test_a_known_conflict_is_shown_as_such() -> None:
    expectation = lines()[0]
    assert expectation.passes
    known, surprise, failed = (
        VerdictLine(id=name, text="t", expected="> 0", got=got, holds=holds, conflict="-0.1 at <most>", defined=defined)
        for name, got, holds, defined in (
            ("known", "-0.1", False, True), ("surprise", "0.1", True, True), ("nothing", "not defined", False, False),
        )
    )  # fmt: skip
    assert [one.word for one in (known, surprise, failed)] == [
        "conflict", "holds, though a conflict was declared", "does not hold",
    ]  # fmt: skip
    assert [one.passes for one in (known, surprise, failed)] == [True, True, False]
    text = verdicts_text([known, surprise, failed])
    assert "≠  known" in text
    assert "known: conflict; declared: -0.1 at <most>" in text
    assert text.splitlines()[-1] == (
        "1 of 3 expectations hold, 1 known conflict; "
        "unexpectedly, these hold although a conflict was declared: surprise"
    )
    assert "| conflict |" in verdicts_markdown([known])
    assert "- known: conflict; declared: -0.1 at <most>" in verdicts_markdown([known])


def test_dose_bars_of_a_schedule() -> None:
    texts = ("auranofin=2uM@0h..6h", "bso=100uM@-24h", "vitamin-c=0.5uM/h@8h..10h", "O2_x:=21uM@12h")
    bars = dose_bars(texts)
    assert bars == (
        DoseBar(0.0, 6.0, "auranofin 2 µM", row="auranofin"),
        DoseBar(-24.0, 6.0, "BSO 100 µM", row="bso"),
        DoseBar(8.0, 10.0, "vitamin C 0.5 µM/h", row="vitamin-c", kind="infuse"),
        DoseBar(12.0, None, "O₂ in medium set to 21 µM", row="O2_x", kind="set"),
        DoseBar(6.0, None, "medium exchanged", row="medium exchanged", kind="wash"),
    )
    assert merge_bars(bars[:2], bars[1:]) == bars
    assert dose_bars(("H2O2_x=1uM", "H2O2_x:=5uM@2h"))[0].end == 2.0, "what is set takes the place of what was added"


def test_measured_points_in_the_units_of_the_figure(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text("time [min],GSH_c [mM],GSH_c_sd [mM],viability,condition\n60,2.2,0.1,0.9,bso\n120,0.6,0.1,,bso\n")
    gsh, viability = read_points(path, x="time", unit="h", observables={"GSH_c": "uM", "viability": "1"})
    np.testing.assert_allclose(gsh.x, [1.0, 2.0])
    np.testing.assert_allclose(gsh.y, [2200.0, 600.0])
    assert gsh.low is not None
    np.testing.assert_allclose(gsh.low, [2100.0, 500.0])
    assert (gsh.unit, gsh.condition, viability.unit) == ("uM", "bso", "")
    np.testing.assert_allclose(viability.x, [1.0])
    with pytest.raises(DesignError, match="none of which is drawn"):
        read_points(path, x="time", unit="h", observables={"NRF2": "uM"})
    with pytest.warns(UserWarning, match="not used: viability"), pytest.raises(UnitError, match="GSH_c"):
        read_points(path, x="time", unit="h", observables={"GSH_c": "s"})
    with pytest.raises(DesignError, match="no column 'auranofin'"):
        read_points(path, x="auranofin", unit="uM", observables={"viability": "1"})


def test_measured_doses_of_one_of_two_agents(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text("auranofin [nM],bso [uM],viability\n0,100,1\n500,100,0.4\n")
    with pytest.warns(UserWarning, match=r"not used: bso \[uM\]"):
        (points,) = read_points(path, x="auranofin", unit="uM", observables={"viability": "1"})
    np.testing.assert_allclose(points.x, [0.0, 0.5])


def test_matplotlib_comes_with_figures_only() -> None:
    code = (
        "import sys, redoxsim.report, redoxsim.report.tables, redoxsim.report.runs, redoxsim.report.runlist;"
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
