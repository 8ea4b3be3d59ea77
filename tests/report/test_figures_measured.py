"""Figures of fits, sensitivities and laboratory tables: names, units and numbers as a reader wants them."""

from __future__ import annotations

import numpy as np
from figure_looks import overlaps, panel, texts, too_small

from redoxsim.analysis import bootstrap, fit_hill, replicates
from redoxsim.analysis.plate import PlateAgent, plan_plate
from redoxsim.report.figures.fit import fit
from redoxsim.report.figures.plate import plate
from redoxsim.report.figures.sensitivity import sensitivity
from redoxsim.report.figures.synergy import interval_cells, synergy
from redoxsim.report.names import printed


def test_a_fit_names_readouts_in_words_and_small_numbers_in_powers_of_ten() -> None:
    x = np.array([0.0, 4.0, 8.0])
    rise = np.array([4.0, 0.0, 3.0])
    figure = fit(
        [("GSH_c", "mM", x, 4.0 - 0.3 * x, None, None)], [(x, 4.0 - 0.3 * x)],
        [("kGSHexp", "1/s", 5e-5, 7e-5, 2e-5, 1e-4, np.array([2e-5, 5e-5, 1e-4]), rise, "determined")],
        axis="time (h)", timed=True, title="t", caption="differ by 2.3e-07 at most",
    )  # fmt: skip
    panel(figure, "GSH, cytosol (mM)")
    axes = panel(figure, "kGSHexp (1/s)")
    assert overlaps(figure) == []
    shown = [tick.get_text() for tick in axes.get_xticklabels()]
    assert r"$5\times10^{-5}$" in shown
    assert not any("e-" in text for text in texts(figure)), "computer's numbers"
    assert "2.3\u00a0×\u00a010⁻⁷" in printed("differ by 2.3e-07 at most")


def test_a_change_is_drawn_in_the_unit_in_which_it_reads_best() -> None:
    rows = [
        {"constant": f"k{k}", "grade": grade, "mu_star": size, "mu_star_low": size, "mu_star_high": 1.2 * size}
        for k, (grade, size) in enumerate((("A", 9000.0), ("B", 4000.0)))
    ]
    figure = sensitivity({"GSH_c": rows}, by="mu_star", units={"GSH_c": "uM"})
    axes = panel(figure, "GSH, cytosol")
    figure.draw_without_rendering()
    assert axes.get_xlabel() == "µ* (mM)"
    shown = [float(tick.get_text()) for tick in axes.get_xticklabels()]
    np.testing.assert_allclose(shown, np.asarray(axes.get_xticks()) / 1000.0, err_msg="the bars themselves are in µM")
    assert too_small(figure) == []


def test_a_plate_says_what_its_numbers_are() -> None:
    doses = np.r_[0.0, np.geomspace(0.01, 100.0, 13)]
    agents = []
    for name, ec50 in (("a", 1.0), ("b", 3.0)):
        alone = fit_hill(doses, 1.0 - 0.95 * doses / (ec50 + doses), orientation="viability", profile=False)
        agents.append(PlateAgent(name=name, unit="uM", fit=alone, low=doses[1], high=doses[-1]))
    figure = plate(plan_plate(agents))
    words = " ".join(texts(figure)).replace("\n", " ")
    assert "a and c: fraction affected; b and d: power." in words
    assert overlaps(figure) == []
    assert too_small(figure) == []


def test_intervals_of_scores_stand_in_the_table(surface_data) -> None:
    data = surface_data(doses=4)
    a, b = (np.asarray(data[name], dtype=float) for name in ("auranofin", "bso"))
    wells = np.array([(x, y) for x in a for y in b for _ in range(3)])
    effect = np.repeat(np.asarray(data["viability"]).ravel(), 3)
    measured = replicates(
        wells, effect + np.random.default_rng(1).normal(0.0, 0.02, effect.size), orientation="viability",
        scale="fraction", agents=("auranofin", "bso"), dose_units=("uM", "uM"),
    )  # fmt: skip
    found = bootstrap(measured, ("bliss",), draws=60, seed=1)
    tables = [found["bliss"].table]
    ((between, told),) = interval_cells(tables, found)
    low, high = found["bliss"].summary["mean"]
    assert between == f"{low:+.3f} to {high:+.3f}".replace("-", "−")
    assert told == f"{int(found['bliss'].significant.sum())}/16"
    figure = synergy(data, orientation="viability", scores=tables, intervals=found, title="t")
    words = texts(figure)
    assert {between, told, "95% of the mean"} <= set(words)
    assert "95% from 60 resamples of the replicates" in "\n".join(words)
    assert overlaps(figure) == []
    assert too_small(figure) == []
    assert "95% of the mean" not in texts(synergy(data, orientation="viability", scores=tables))
