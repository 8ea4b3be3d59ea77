"""Published matrices and what other programs made of them.

Mathews: block 1 of `mathews_screening_data` of the Bioconductor package synergyfinder (3.20), ispinesib and ibrutinib
on TMD8 cells, viability in percent, from Mathews Griner et al. 2014 (doi:10.1073/pnas.1311846111); the scores are
those its vignette prints for 2500 nM ispinesib.

Wooten: a noise-free MuSyC surface that the authors of the `synergy` package (github.com/djwooten/synergy, commit
faf6a62, examples/synergyfinder_comparison/create/2) gave to the R packages synergyfinder (ZIP) and braidrm (BRAID,
by its authors), with the files those wrote.
"""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis import EffectGrid, Settings, bliss, braid, combination_index, hsa, loewe_excess, score, zip_delta

ISPINESIB = np.array([0.0, 9.7656, 39.0626, 156.25, 625.0, 2500.0])
_ALPHAS = (0.1, 1.0)
IBRUTINIB = np.array([0.0, 0.1954, 0.7812, 3.125, 12.5, 50.0])
VIABILITY = np.array(
    [
        [122.956184, 103.760060, 118.138510, 58.826880, 46.666996, 28.695145],
        [40.775620, 36.374866, 28.036972, 11.760282, 14.995420, 8.948099],
        [39.754314, 36.871628, 29.103006, 13.511189, 7.064885, 6.276571],
        [39.237450, 33.517440, 25.934008, 12.425198, 7.612191, 5.724235],
        [39.372620, 38.052074, 23.261131, 14.096026, 6.551686, 5.933393],
        [45.790634, 38.043076, 24.503885, 15.089589, 6.831317, 7.802637],
    ]
)


@pytest.fixture(scope="module")
def mathews() -> EffectGrid:
    return EffectGrid(
        ISPINESIB, IBRUTINIB, VIABILITY, orientation="viability", scale="percent", agents=("ispinesib", "ibrutinib"),
        dose_units=("nM", "nM"),
    )  # fmt: skip


def test_hsa_and_bliss_are_those_synergyfinder_prints(mathews: EffectGrid) -> None:
    row = slice(5, 0, -1)
    one, other = hsa(mathews), bliss(mathews)
    assert one.reference is not None
    assert other.reference is not None
    for found, printed in (
        (100 * one.reference[5, row], [71.3, 54.2, 54.2, 54.2, 54.2]),
        (100 * one.values[5, row], [20.89, 38.96, 30.7, 21.29, 7.75]),
        (100 * other.reference[5, row], [86.9, 78.6, 73.1, 45.9, 52.5]),
        (100 * other.values[5, row], [5.34, 14.54, 11.85, 29.6, 9.47]),
    ):
        np.testing.assert_allclose(found, printed, atol=0.051)


def test_what_the_measured_block_does_not_carry_is_said(mathews: EffectGrid) -> None:
    """Ispinesib alone sits on its plateau (54% to 61% affected) at every dose: no curve, no index, no alpha."""
    assert "ispinesib alone does not act more at higher doses" in combination_index(mathews).reasons[3, 3]
    for name, table in score(mathews, ["musyc", "braid"], settings=Settings(draws=60)).items():
        assert not table.defined[1:, 1:].any(), name
        assert "half of the effect of ispinesib lies below its smallest tested dose" in table.reasons[3, 3]
        assert all(np.isnan(one.value) for one in table.parameters if one.name in ("C1", "alpha21", "kappa"))
    assert "the untreated cell is -0.23 affected" in bliss(mathews).note
    # ZIP only smooths: like Bliss it says synergy in the mean.
    assert zip_delta(mathews).summary.mean == pytest.approx(bliss(mathews).summary.mean, abs=0.05)
    assert zip_delta(mathews).summary.mean > 0.05


def test_what_synergyfinder_prints_for_zip_and_loewe_is_no_curve_of_ispinesib(mathews: EffectGrid) -> None:
    """Its ZIP takes ispinesib alone as level at the mean of all its cells, the untreated one too; ours as measured.

    Its Loewe prints plateaus of ibrutinib, the last of them below untreated, where ispinesib alone affects 54%: no dose
    of more can do less. Ours says that there is none.
    """
    printed = np.array([79.4, 79.4, 67.9, 37.2, 37.2]) / 100
    alone = mathews.edge(0)
    level = alone.mean()
    assert level == pytest.approx(0.453, abs=1e-3)
    assert alone[1:].min() > 0.54
    ibrutinib = np.array([0.6231, 0.6231, 0.4127, -0.149, -0.149])  # two levels with a step at 3 nM, by hand
    np.testing.assert_allclose(1 - (1 - level) * (1 - ibrutinib), printed, atol=1e-3)
    assert ibrutinib[0] == pytest.approx(mathews.edge(1)[4:].mean(), abs=1e-3)
    assert ibrutinib[-1] == pytest.approx(mathews.edge(1)[:3].mean(), abs=1e-3)
    ours = zip_delta(mathews)
    assert ours.reference is not None
    np.testing.assert_allclose(
        ours.reference[5, 5:0:-1], 1 - (1 - alone[1:].mean()) * (1 - ibrutinib), atol=1e-3
    )  # fmt: skip

    printed_loewe = np.array([62.3, 62.3, 62.3, 62.3, -14.9]) / 100
    np.testing.assert_allclose(printed_loewe, ibrutinib[[0, 0, 0, 0, 3]], atol=1e-3)
    assert printed_loewe[-1] < alone[5]
    additive = loewe_excess(mathews)
    assert not additive.defined[5, 1:].any()
    assert "the most ispinesib reaches alone" in additive.reasons[5, 1]


def _four_states(d1: float, d2: float, *, release: tuple[float, float]) -> float:
    """Fraction affected of a four-state system with C 0.01 and 0.1, h 1 and 3, plateaus 1, one alpha 0.1 the other 1.

    With unequal alphas its steady state depends on the ratio of the release rates, which the version of `synergy` that
    made the file took from C^h; versions since 1.0, and we, take them equal.
    """
    a, b = release[0] * (d1 / 1e-2), release[1] * (d2 / 1e-1) ** 3
    c, d = _ALPHAS[0] ** 3 * b, _ALPHAS[1] * a
    rates = np.zeros((4, 4))  # untreated, first, second, both
    for source, target, rate in (
        (0, 1, a), (1, 0, release[0]), (0, 2, b), (2, 0, release[1]), (1, 3, c), (3, 1, release[1]), (2, 3, d),
        (3, 2, release[0]),
    ):  # fmt: skip
        rates[target, source] += rate
        rates[source, source] -= rate
    rates[0] = 1.0
    return float(1.0 - np.linalg.solve(rates, [1.0, 0.0, 0.0, 0.0])[0])


@pytest.fixture(scope="module")
def wooten() -> EffectGrid:
    first, second = (np.r_[0.0, np.geomspace(1e-4, 10.0, n)] for n in (8, 10))
    affected = np.empty((9, 11))
    for i, j in np.ndindex(9, 11):
        affected[i, j] = _four_states(first[i], second[j], release=(1e-2**1.0, 1e-1**3.0))
    # Three values of the file that was given to the R packages, in percent alive.
    for place, alive in (((4, 6), 38.20799001161821), ((5, 7), 5.223585769740004), ((2, 8), 0.21359786147916124)):
        i, j = place
        assert 100 * (1 - affected[i, j]) == pytest.approx(alive, rel=1e-12)
    return EffectGrid(first, second, affected, orientation="inhibition", scale="fraction")


def test_zip_is_that_of_synergyfinder(wooten: EffectGrid) -> None:
    """In percent, at the second agent's doses 0.0599 and 0.215; theirs have a little noise added (`noise = TRUE`)."""
    ours = 100 * zip_delta(wooten).values
    theirs = {
        (1, 6): -0.127156250470708, (2, 6): -0.624107535289756, (3, 6): -2.33698792260159, (4, 6): -3.77413063503985,
        (5, 6): -1.82226615111261, (6, 6): -0.451693793322079, (3, 7): -1.57473262287876, (4, 7): -3.9419789967566,
        (5, 7): -4.07877996799989, (6, 7): -1.78828805682579, (7, 7): -0.46645217583459, (4, 5): -0.106796886029613,
    }  # fmt: skip
    for place, delta in theirs.items():
        assert ours[place] == pytest.approx(delta, abs=0.02), place


BRAIDRM = {
    "kappa": -0.446838758091671, "C1": 0.00977695730703047, "C2": 0.0995376486213029, "h1": 1.00045383832269,
    "h2": 3.04843736142757, "E0": 1 - 0.99952771223226, "Ef": 1 + 0.000179710055594511,
}  # fmt: skip
"""What braidrm wrote; its effects are survival, so that the plateau lies below zero alive."""


def _surface(p: dict[str, float], grid: EffectGrid) -> np.ndarray:
    """Fraction affected of the BRAID surface of two agents with one plateau, by its equation."""
    power = np.sqrt(p["h1"] * p["h2"])
    q1, q2 = (
        (amount / p[f"C{k}"]) ** (p[f"h{k}"] / power) for k, amount in enumerate(grid.amounts, start=1)
    )  # fmt: skip
    total = (q1 + q2 + p["kappa"] * np.sqrt(q1 * q2)) ** power
    return np.asarray(p["E0"] + (p["Ef"] - p["E0"]) * total / (1 + total))


def test_braid_is_that_of_braidrm(wooten: EffectGrid) -> None:
    """The surface is no BRAID surface, so both are compromises: the same one, and ours is nearer to the effects.

    Their plateau is 0.00012 higher. At their parameters the sum of squares is 1.1660e-3, at ours 1.1653e-3.
    """
    found = {one.name: one.best for one in braid(wooten, free_plateau=True, draws=0).parameters}
    for name, value in BRAIDRM.items():
        assert found[name] == pytest.approx(value, rel=1e-3, abs=2e-5), name
    ours, theirs = (
        float(np.sum((fitted - wooten.affected) ** 2))
        for fitted in (_surface(found, wooten), _surface(BRAIDRM, wooten))
    )
    assert ours < theirs == pytest.approx(ours, rel=2e-3)


def test_a_surface_with_the_parameters_of_braidrm_gives_them_back(wooten: EffectGrid) -> None:
    exact = EffectGrid(
        wooten.doses1, wooten.doses2, _surface(BRAIDRM, wooten), orientation="inhibition", scale="fraction"
    )  # fmt: skip
    found = {one.name: one.best for one in braid(exact, free_plateau=True, draws=0).parameters}
    for name, value in BRAIDRM.items():
        assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name
