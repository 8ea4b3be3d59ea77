"""Pages of experiments say what their TOML says."""

from __future__ import annotations

from pathlib import Path

import pytest

from redoxsim import catalog
from redoxsim.report import experiment_readme
from redoxsim.study import experiment

TEXT = """
id = "x"
title = "X"
claims = ["S9.1", "S9.2"]
question = "?"
says = "a"
expected = "b"
note = "seen by hand"
[[run]]
id = "course"
kind = "simulate"
doses = ["bso=1uM@-24h"]
values = { GSR = 0.5 }
cell = "normal"
cells = 1
until = "1 h"
every = "1 min"
observe = ["A"]
[[run]]
id = "surface"
title = "the grid"
kind = "combine"
agents = ["auranofin", "bso"]
dose_values = ["1uM", "2uM"]
times = { bso = "-24h" }
at = "48 h"
observe = ["viability"]
[[expect]]
id = "doubles"
claim = "S9.1"
text = "A doubles"
quantity = { run = "course", observe = "A", reduce = "max" }
at_least = 2.0
conflict = "1.5: that is all"
[[expect]]
id = "falls"
claim = "S9.1"
text = "A falls"
quantity = { run = "course", observe = "A", reduce = "min" }
at_most = 0.5
correction = true
[[corrected]]
claim = "S9.1"
document = "it rises"
chemistry = "it falls"
as_document = ["doubles"]
as_chemistry = ["falls"]
[[beyond]]
claim = "S9.2"
says = "it is so"
reason = "no B"
"""


def test_a_page_tells_runs_expectations_both_sides_and_reasons(tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").write_text(TEXT, encoding="utf-8")
    assert experiment_readme.main([str(tmp_path)]) == 0
    lines = (tmp_path / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# X"
    assert "**Note.** seen by hand" in lines
    assert "- `course`: time course to 1 h, `bso=1uM@-24h`, GSR = 0.5 (cell normal, one cell)" in lines
    assert "- `surface` (the grid): combination at 48 h, auranofin `1uM`, bso `2uM`, bso from -24h (16 cells)" in lines
    assert "- `doubles` (S9.1): A doubles [>= 2]. Known conflict: 1.5: that is all" in lines
    place = lines.index("- S9.1 as the document says: it rises")
    assert lines[place + 1 : place + 4] == [
        "  - `doubles`, above",
        "- S9.1 as the chemistry does: it falls",
        "  - `falls`: A falls [<= 0.5].",
    ]
    assert "- S9.2, “it is so”: no B" in lines


def test_a_folder_without_an_experiment_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert experiment_readme.main([str(tmp_path)]) == 1
    assert "cannot read the experiment" in capsys.readouterr().err


@pytest.mark.parametrize("name", catalog.experiments())
def test_shipped_pages_are_as_the_toml_says(name: str) -> None:
    folder = catalog.experiments()[name]
    told = (folder / experiment_readme.README).read_text(encoding="utf-8")
    assert told == experiment_readme.readme(experiment.load(folder)), "python -m redoxsim.report.experiment_readme"
