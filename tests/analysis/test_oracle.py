"""Against the `synergy` package: equal to 1e-6 where conventions allow, and a value by hand where they differ."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from redoxsim.analysis import (
    EffectArray,
    EffectGrid,
    bliss,
    braid,
    combination_index,
    dose_reduction,
    fit_hill,
    hsa,
    loewe,
    loewe_excess,
    musyc,
    number,
    zip_delta,
)
from redoxsim.analysis.synergy import MedianEffect
from redoxsim.errors import DesignError

combination = pytest.importorskip("synergy.combination")
higher = pytest.importorskip("synergy.higher")
single = pytest.importorskip("synergy.single")

Surface = Callable[..., EffectGrid]
INTERACTIONS = [0.6, 0.0, -0.6]
# The single agents of the fixture `surface`, in the package's own terms.
FIRST = {"E0": 1.0, "Emax": 0.1, "h": 1.5, "C": 1.0}
SECOND = {"E0": 1.0, "Emax": 0.2, "h": 1.1, "C": 40.0}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The package warns of its own divisions by zero; that is not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def theirs(model: object, grid: EffectGrid) -> np.ndarray:
    """Score of a model of the package on a viability grid, as a grid."""
    d1, d2 = (axis.ravel().copy() for axis in grid.amounts)
    return np.asarray(model.fit(d1, d2, 1.0 - grid.affected.ravel())).reshape(grid.shape)  # type: ignore[attr-defined]


@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_bliss_agrees(surface: Surface, interaction: float) -> None:
    grid = surface(interaction)
    np.testing.assert_allclose(bliss(grid).values, theirs(combination.Bliss(), grid), rtol=0, atol=1e-12)


@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_hsa_agrees(surface: Surface, interaction: float) -> None:
    grid = surface(interaction)
    np.testing.assert_allclose(hsa(grid).values, theirs(combination.HSA(), grid), rtol=0, atol=1e-12)


@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_loewe_index_agrees_where_both_are_defined(surface: Surface, interaction: float) -> None:
    grid = surface(interaction)
    ours = loewe(grid, curve="hill")
    oracle = theirs(
        combination.Loewe(mode="CI", drug1_model=single.Hill(**FIRST), drug2_model=single.Hill(**SECOND)), grid
    )
    assert np.count_nonzero(ours.defined[1:, 1:]) >= 30
    np.testing.assert_allclose(ours.values[ours.defined], oracle[ours.defined], rtol=1e-6)


@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_loewe_excess_agrees_to_the_tolerance_of_their_minimiser(surface: Surface, interaction: float) -> None:
    """Their additive effect comes from a bounded minimisation (1e-5 in the effect); the next test says who is right."""
    grid = surface(interaction)
    ours = loewe_excess(grid, curve="hill")
    oracle = theirs(
        combination.Loewe(mode="delta_nan", drug1_model=single.Hill(**FIRST), drug2_model=single.Hill(**SECOND)), grid
    )
    assert np.count_nonzero(ours.defined[1:, 1:]) >= 30
    np.testing.assert_allclose(ours.values[ours.defined], oracle[ours.defined], rtol=0, atol=1e-5)


def test_loewe_excess_by_hand_where_the_minimiser_stops_early(hill: Callable[..., np.ndarray]) -> None:
    """The additive effect of doses 0.3 and 0.5 of one agent is its effect at 0.8, known exactly."""
    c = np.array([0.0, 0.1, 0.3, 0.5, 1.0, 3.0, 10.0])
    grid = EffectGrid(
        c, c, hill(c[:, None] + c[None, :], 1.0, 1.5), orientation="inhibition", scale="fraction", margin=0.3
    )
    ours = loewe_excess(grid, curve="hill")
    assert ours.reference is not None
    exact = float(hill(0.8, 1.0, 1.5))
    assert ours.reference[2, 3] == pytest.approx(exact, abs=1e-10)
    drug = {"E0": 1.0, "Emax": 0.0, "h": 1.5, "C": 1.0}
    model = combination.Loewe(mode="delta_nan", drug1_model=single.Hill(**drug), drug2_model=single.Hill(**drug))
    oracle = theirs(model, grid)[2, 3]
    assert abs(oracle) < 1e-5
    assert abs(ours.values[2, 3]) < abs(oracle)


def test_loewe_beyond_the_tested_doses_is_theirs_to_extrapolate(surface: Surface) -> None:
    """At the same effect the first agent alone would need 21.3, by hand; the largest dose tested is 20."""
    grid = surface(0.0)
    wanted = float(grid.edge(0)[-1]) + 0.0009
    effect = grid.effect.copy()
    effect[4, 4] = 1.0 - wanted
    raised = EffectGrid(grid.doses1, grid.doses2, effect, orientation="viability", scale="fraction")
    alone = (wanted / (0.9 - wanted)) ** (1 / 1.5)
    assert alone == pytest.approx(21.3, abs=0.1)
    model = combination.Loewe(
        mode="CI", drug1_model=single.Hill(**FIRST), drug2_model=single.Hill(**{**SECOND, "Emax": 0.05})
    )
    other = (wanted / (0.95 - wanted)) ** (1 / 1.1) * 40.0
    by_hand = grid.doses1[4] / alone + grid.doses2[4] / other
    assert theirs(model, raised)[4, 4] == pytest.approx(by_hand, rel=1e-9)
    assert np.isnan(loewe(raised, curve="hill").values[4, 4])


@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_combination_index_agrees_when_extrapolation_is_asked_for(surface: Surface, interaction: float) -> None:
    grid = surface(interaction)
    ours = combination_index(grid, extrapolate=True).values
    np.testing.assert_allclose(ours, theirs(combination.CombinationIndex(), grid), rtol=1e-6)


def test_combination_index_without_extrapolation_is_the_same_where_it_is_defined(surface: Surface) -> None:
    grid = surface(0.6)
    ours = combination_index(grid)
    oracle = theirs(combination.CombinationIndex(), grid)
    assert 30 <= np.count_nonzero(ours.defined[1:, 1:]) < 72
    np.testing.assert_allclose(ours.values[ours.defined], oracle[ours.defined], rtol=1e-6)
    # Where it is not, their index rests on a dose of the weaker agent that nobody tested.
    line = MedianEffect("bso", grid.doses2, grid.edge(1), extrapolate=True)
    assert line.inverse(grid.affected[-1:, -1])[0] > grid.doses2[-1]


def test_median_effect_lines_agree(surface: Surface) -> None:
    grid = surface()
    line = MedianEffect("af", grid.doses1, grid.edge(0))
    oracle = single.Hill_CI()
    oracle.fit(grid.doses1.copy(), 1.0 - grid.edge(0))
    assert (line.dm, line.m) == (pytest.approx(oracle.C, rel=1e-9), pytest.approx(oracle.h, rel=1e-9))
    first, second = dose_reduction(grid)
    index = combination_index(grid).values[1:, 1:]
    np.testing.assert_allclose((1 / first.values + 1 / second.values)[1:, 1:], index, rtol=1e-12)


def test_hill_fits_agree(surface: Surface) -> None:
    grid = surface()
    oracle = single.Hill()
    oracle.fit(grid.doses1.copy(), 1.0 - grid.edge(0))
    ours = fit_hill(grid.doses1, 1.0 - grid.edge(0), orientation="viability")
    np.testing.assert_allclose(
        [ours.e0, ours.einf, ours.h, number(ours.ec50)], [oracle.E0, oracle.Emax, oracle.h, oracle.C], rtol=1e-6
    )


def test_three_agents_agree(hill: Callable[..., np.ndarray]) -> None:
    c = np.array([0.0, 0.3, 1.0, 3.0])
    alive = np.einsum("i,j,k->ijk", 1 - hill(c), 1 - hill(c, 0.5), 1 - hill(c, 2.0, 1.0, 0.8))
    alive[1:, 1:, 1:] *= 0.9
    grid = EffectArray((c, c, c), alive, orientation="viability", scale="fraction")
    table = np.column_stack([amount.ravel() for amount in grid.amounts])
    for ours, model in ((bliss(grid), higher.Bliss()), (hsa(grid), higher.HSA())):
        oracle = np.asarray(model.fit(table, alive.ravel())).reshape(grid.shape)
        np.testing.assert_allclose(ours.values[grid.combined], oracle[grid.combined], rtol=0, atol=1e-12)


# --- fitted surfaces ------------------------------------------------------------------------------------------------


def table_of(grid: EffectGrid) -> tuple[np.ndarray, np.ndarray]:
    d1, d2 = (amount.ravel().copy() for amount in grid.amounts)
    return d1, d2


def clean(model: object) -> EffectGrid:
    """A surface of a model of the package, as a grid of survival."""
    d1, d2 = np.r_[0.0, np.geomspace(0.01, 100.0, 9)], np.r_[0.0, np.geomspace(0.3, 3000.0, 9)]
    a, b = np.meshgrid(d1, d2, indexing="ij")
    alive = np.asarray(model.E(a.ravel(), b.ravel())).reshape(a.shape)  # type: ignore[attr-defined]
    return EffectGrid(d1, d2, alive, orientation="viability", scale="fraction")


MUSYC = {"E0": 0.98, "E1": 0.3, "E2": 0.2, "E3": 0.05, "h1": 1.4, "h2": 0.9, "C1": 1.0, "C2": 30.0}
ALPHAS = {"alpha12": 3.0, "alpha21": 0.5}
GAMMAS = {"gamma12": 1.3, "gamma21": 0.7}


@pytest.mark.parametrize("gamma", [False, True])
def test_musyc_surfaces_and_parameters_agree(gamma: bool) -> None:
    more = GAMMAS if gamma else {}
    model = combination.MuSyC(**MUSYC, **ALPHAS, **{"gamma12": 1.0, "gamma21": 1.0, **more})
    grid = clean(model)
    found = {one.name: one.best for one in musyc(grid, gamma=gamma, draws=0).parameters}
    for name, value in {**MUSYC, **ALPHAS, **more}.items():
        ours = 1.0 - found[name] if name[0] == "E" else found[name]
        assert ours == pytest.approx(value, rel=1e-6), name
    assert found["beta"] == pytest.approx(model.beta, rel=1e-6)
    reference = musyc(grid, gamma=gamma, draws=0).reference
    assert reference is not None
    d1, d2 = table_of(grid)
    np.testing.assert_allclose(1.0 - reference.ravel(), model.E_reference(d1, d2), atol=1e-6)


def test_fits_to_a_noisy_musyc_surface_agree_within_the_interval() -> None:
    grid = clean(combination.MuSyC(**MUSYC, **ALPHAS, gamma12=1.0, gamma21=1.0))
    noisy = grid.effect + np.random.default_rng(4).normal(0.0, 0.02, grid.shape)
    again = EffectGrid(grid.doses1, grid.doses2, noisy, orientation="viability", scale="fraction")
    model = combination.MuSyC(fit_gamma=False)
    model.fit(*table_of(again), noisy.ravel().copy())
    for one in musyc(again).parameters:
        theirs_value = model.beta if one.name == "beta" else model.get_parameters()[one.name]
        value = 1.0 - theirs_value if one.name[0] == "E" else theirs_value
        assert one.low <= value <= one.high, one.name


def test_braid_surfaces_and_parameters_agree() -> None:
    truth = {"E0": 0.98, "E1": 0.1, "E2": 0.35, "E3": 0.1, "h1": 1.4, "h2": 0.9, "C1": 1.0, "C2": 30.0, "kappa": 1.5}
    found = {one.name: one.best for one in braid(clean(combination.BRAID(**truth)), draws=0).parameters}
    for name, value in truth.items():
        ours = 1.0 - found["Ef" if name == "E3" else name] if name[0] == "E" else found[name]
        assert ours == pytest.approx(value, rel=1e-6), name


def test_fits_to_a_noisy_braid_surface_agree_within_the_interval() -> None:
    truth = {"E0": 0.98, "E1": 0.1, "E2": 0.35, "E3": 0.1, "h1": 1.4, "h2": 0.9, "C1": 1.0, "C2": 30.0, "kappa": 1.5}
    grid = clean(combination.BRAID(**truth))
    noisy = grid.effect + np.random.default_rng(5).normal(0.0, 0.02, grid.shape)
    again = EffectGrid(grid.doses1, grid.doses2, noisy, orientation="viability", scale="fraction")
    model = combination.BRAID(mode="kappa")
    model.fit(*table_of(again), noisy.ravel().copy())
    found = {one.name: one for one in braid(again, draws=60).parameters}
    for name in ("kappa", "C1", "C2", "h1", "h2"):
        assert found[name].low <= model.get_parameters()[name] <= found[name].high, name


def test_scores_of_a_noisy_surface_agree(surface: Surface) -> None:
    """Bliss, HSA and CI are formulas: equal on noise too. ZIP fits curves: within the noise that is put in."""
    grid = surface(0.4)
    noisy = grid.effect + np.random.default_rng(6).normal(0.0, 0.02, grid.shape)
    again = EffectGrid(grid.doses1, grid.doses2, noisy, orientation="viability", scale="fraction")
    np.testing.assert_allclose(bliss(again).values, theirs(combination.Bliss(), again), atol=1e-12)
    np.testing.assert_allclose(hsa(again).values, theirs(combination.HSA(), again), atol=1e-12)
    index, oracle = combination_index(again, extrapolate=True), theirs(combination.CombinationIndex(), again)
    np.testing.assert_allclose(index.values[index.defined], oracle[index.defined], rtol=1e-6)
    off = (zip_delta(again).values - theirs(combination.ZIP(), again))[1:, 1:]
    assert np.abs(off).max() < 0.02
    assert np.sqrt(np.mean(off**2)) < 0.005


def test_zip_agrees_where_rows_are_curves() -> None:
    """Survival 1 / (1 + a + b + 4ab): rows and columns are Hill curves, so delta is known (theirs to 1e-5)."""
    d = np.r_[0.0, np.geomspace(0.05, 20.0, 9)]
    a, b = d[:, None] ** 1.5, (d / 2.0)[None, :] ** 1.1
    alive = 1.0 / (1.0 + a + b + 4.0 * a * b)
    grid = EffectGrid(d, d, alive, orientation="viability", scale="fraction")
    truth = 1.0 / ((1.0 + a) * (1.0 + b)) - alive
    ours = zip_delta(grid).values
    oracle = theirs(combination.ZIP(), grid)
    np.testing.assert_allclose(ours[1:, 1:], truth[1:, 1:], atol=1e-9)
    np.testing.assert_allclose(oracle[1:, 1:], ours[1:, 1:], atol=1e-5)


def test_musyc_alphas_have_one_direction() -> None:
    """alpha12 is what the first agent does to the potency of the second, theirs and ours; doses by hand.

    With alpha12 = 100 and h = 1, at a saturating dose of agent 1 the half-way dose of agent 2 falls from 30 to 0.3.
    """
    model = combination.MuSyC(
        E0=1.0, E1=0.6, E2=0.4, E3=0.2, h1=1.0, h2=1.0, C1=1.0, C2=30.0, alpha12=100.0, alpha21=100.0, gamma12=1.0,
        gamma21=1.0,
    )  # fmt: skip
    at = float(model.E(np.array([1e6]), np.array([0.3]))[0])
    assert at == pytest.approx(0.5 * (0.6 + 0.2), abs=1e-4)
    assert {one.name: one.best for one in musyc(clean(model), draws=0).parameters}["alpha12"] == pytest.approx(100.0)


# --- where the package gives a number and we do not, or another one ---------------------------------------------------


def test_inhibition_taken_for_survival_is_their_silent_trap(surface: Surface) -> None:
    """By hand: alone 0.4 and 0.5 affected, together 0.9; independent would be 0.7, the excess is +0.2."""
    inhibition = np.array([[0.0, 0.5], [0.4, 0.9]])
    c = np.array([0.0, 1.0])
    ours = bliss(EffectGrid(c, c, inhibition, orientation="inhibition", scale="fraction")).values[1, 1]
    assert ours == pytest.approx(0.2)
    d1, d2 = (axis.ravel() for axis in np.meshgrid(c, c, indexing="ij"))
    assert combination.Bliss().fit(d1, d2, inhibition.ravel())[3] == pytest.approx(0.4 * 0.5 - 0.9)
    with pytest.raises(DesignError, match="is the effect inhibition"):
        EffectGrid(c, c, inhibition, orientation="viability", scale="fraction")


def test_their_default_loewe_raises_and_ours_does_not(surface: Surface) -> None:
    with pytest.raises(ValueError, match="Hill models"):
        theirs(combination.Loewe(), surface())
    # by hand: effects alone d / (1 + d); 1 and 1 together affect 0.8, which needs 4 of either alone: 1/4 + 1/4
    d = np.array([0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
    alive = np.minimum(*np.meshgrid(1.0 / (1.0 + d), 1.0 / (1.0 + d), indexing="ij"))
    alive[3, 3] = 0.2
    grid = EffectGrid(d, d, alive, orientation="viability", scale="fraction")
    with pytest.raises(ValueError, match="Hill models"):
        theirs(combination.Loewe(), grid)
    assert loewe(grid).values[3, 3] == pytest.approx(0.5, rel=1e-12)


def test_the_smallest_dose_is_no_control(surface: Surface) -> None:
    """Without a zero dose they take the smallest for none, and Bliss excess for independent agents is not 0.

    By hand: survivals (0.8, 0.5) and (0.9, 0.4), independent; theirs at the larger doses is 0.45 * 0.32 - 0.2.
    """
    c = np.array([1.0, 2.0])
    alive = np.outer([0.8, 0.5], [0.9, 0.4])
    d1, d2 = (axis.ravel() for axis in np.meshgrid(c, c, indexing="ij"))
    assert combination.Bliss().fit(d1, d2, alive.ravel())[3] == pytest.approx(0.45 * 0.32 - 0.2)
    with pytest.raises(DesignError, match="no zero dose first"):
        EffectGrid(c, c, alive, orientation="viability", scale="fraction")


def test_their_musyc_gives_a_number_without_a_plateau() -> None:
    """Doses of the first agent that end a tenfold below its half-way dose: they give E1 and C1, we do not.

    The truth is E1 0.7 affected, C1 1000. The best fit bends the noise into a small plateau, 0.05 affected, and its
    resamples stay there (0.03 to 0.09, far from the truth); a surface with C1 beyond the doses fits as well.
    """
    truth = {**MUSYC, "C1": 1000.0}
    grid = clean(combination.MuSyC(**truth, **ALPHAS, gamma12=1.0, gamma21=1.0))
    noisy = grid.effect + np.random.default_rng(0).normal(0.0, 0.02, grid.shape)
    again = EffectGrid(grid.doses1, grid.doses2, noisy, orientation="viability", scale="fraction")
    model = combination.MuSyC(fit_gamma=False)
    model.fit(*table_of(again), noisy.ravel().copy())
    assert np.isfinite([model.E1, model.C1]).all()
    found = {one.name: one for one in musyc(again, draws=20).parameters}
    for name in ("E1", "C1", "alpha12", "alpha21", "beta"):
        assert np.isnan(found[name].value), name
        assert found[name].problem, name
