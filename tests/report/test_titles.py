"""Figures and runs of an experiment are named in words of the design, and no two figures of one have the same title."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import xarray as xr

from redoxsim import catalog
from redoxsim.report.conditions import cell_words, common_bars, conditions, run_words, varying
from redoxsim.report.titles import course_titles
from redoxsim.study import experiment as experiments
from redoxsim.study.experiment import CombineRun, Experiment, SimulateRun


def course(name: str, *doses: str, **more: Any) -> SimulateRun:
    return SimulateRun(
        **{
            "id": name,
            "kind": "simulate",
            "until": "2 h",
            "every": "1 h",
            "doses": doses,
            "observe": ("GSH_c",),
            **more,
        }
    )


def titles(*groups: list[SimulateRun], about: Experiment | None = None) -> list[str]:
    chosen = about or Experiment(
        id="x", title="About", question="?", says="s", expected="e", model="redox", cell="default", run=groups[0],
    )  # fmt: skip
    done: list[list[Any]] = [
        [
            SimpleNamespace(run=run, results=SimpleNamespace(dataset=xr.Dataset(dict.fromkeys(run.observe, 1.0))))
            for run in group
        ]
        for group in groups
    ]
    return course_titles(chosen, done)


def test_a_title_tells_what_is_given_and_what_varies() -> None:
    early, late = course("a", "auranofin=1uM", "bso=1mM@-24h"), course("b", "auranofin=1uM", "bso=1mM")
    assert titles([early, late]) == ["GSH, cytosol with auranofin 1 µM, by BSO"]
    two = [one.model_copy(update={"observe": ("GSH_c", "LOOH")}) for one in (early, late)]
    assert titles(two) == ["About: GSH, cytosol and LOOH with auranofin 1 µM, by BSO"]
    many = course("a", "Gln_x:=0uM", observe=("GSH_c", "LOOH", "NRF2"))
    assert titles([many]) == ["About: time courses with Gln in medium set to 0 µM"]
    assert titles([course("a"), course("b", cell="normal")]) == ["GSH, cytosol, untreated, by cell"]


def test_equal_titles_say_how_long_and_in_how_many_cells() -> None:
    one, longer = course("a", "bso=1mM", cells=1), course("b", "bso=1mM", until="4 h", cells=1)
    assert titles([one], [longer]) == ["GSH, cytosol with BSO 1 mM, to 2 h", "GSH, cytosol with BSO 1 mM, to 4 h"]
    assert titles([one], [course("b", "bso=1mM", cells=4)]) == [
        "GSH, cytosol with BSO 1 mM, 1 cell", "GSH, cytosol with BSO 1 mM, 4 cells",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(catalog.experiments()))
def test_no_two_figures_of_an_experiment_have_the_same_title(name: str) -> None:
    about = experiments.load(experiments.find(name))
    groups: dict[Any, list[SimulateRun]] = {}
    for run in about.run:
        if isinstance(run, SimulateRun):
            key = (run.observe, run.until, run.every, run.cells or about.cells)
            groups.setdefault(key, []).append(run)
    found = titles(*groups.values(), about=about) if groups else []
    assert len(set(found)) == len(found)
    for title, group in zip(found, groups.values(), strict=True):
        for one in group:
            assert "-" not in one.id or one.id not in title
        names, _ = conditions(group, about.cell)
        assert len(set(names)) == len(names)
        raw = {one.id.replace("-", " ") for one in group if "-" in one.id} & set(names)
        assert not raw, f"{raw} of {name} are no words for a reader: give these runs a title"


def test_beside_a_normal_cell_stands_the_default_cell() -> None:
    runs = [course("a"), course("b", cell="normal")]
    assert conditions(runs) == (["default cell", "normal cell"], "All untreated.")
    assert conditions([course("a"), course("b", values={"GLUL": 10.0})]) == (
        ["usual levels", "GLUL 10"], "All untreated.",
    )  # fmt: skip
    assert conditions([course("a"), course("b", "bso=1mM")])[0] == ["untreated", "BSO 1 mM"], "one of them is"
    assert [cell_words(one) for one in ("normal-hepatocyte", "hepg2", "my/own.toml")] == [
        "normal hepatocyte", "cell HepG2", "cell my/own.toml",
    ]  # fmt: skip


def test_the_title_of_a_run_is_its_name_and_what_it_stands_for_is_told() -> None:
    runs = [course("a", "bso=1mM", title="blocked"), course("b")]
    assert conditions(runs) == (["blocked", "untreated"], "blocked: BSO 1 mM.")
    assert titles(runs) == ["GSH, cytosol"], "the legend says it"
    both = [course("a", "ike=1uM", "bso=1mM", title="blocked"), course("b", "ike=1uM", title="not blocked")]
    assert conditions(both)[1] == "All with IKE 1 µM. blocked: BSO 1 mM; not blocked: nothing else."
    assert run_words({"id": "s", "title": "the grid", "agents": ["bso"]}) == "the grid"
    assert run_words({"agents": ["h2o2", "bso"], "times": {"h2o2": "-1h"}}) == "H₂O₂ and BSO, H₂O₂ at −1h"
    same = {"kind": "combine", "agents": ("auranofin", "bso"), "dose_values": ("1uM", "2uM"), "at": "1 h"}
    first, second = (CombineRun(id=name, title=name, **same) for name in "ab")
    from redoxsim.study.window import APART

    assert first.model_dump(exclude=APART) == second.model_dump(exclude=APART), "a title is no other design"


def test_what_varies_is_named_with_the_cell_last() -> None:
    runs = [course("a", "bso=1mM", cell="normal"), course("b", "bso=1mM@1h", values={"GSR": 0.1})]
    assert varying(runs) == ["BSO", "GSR", "cell"]


def test_a_bar_says_in_how_many_conditions_its_dose_is_given() -> None:
    runs = [course("a", "auranofin=1uM", "bso=1mM"), course("b", "auranofin=1uM"), course("c", "auranofin=1uM")]
    assert [bar.label for bar in common_bars(runs)] == ["auranofin 1 µM", "BSO 1 mM (in 1 of 3)"]
