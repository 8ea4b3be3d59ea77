"""Synergy: values derived by hand, and the properties every score must have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redoxsim.analysis import (
    METRICS,
    EffectArray,
    EffectGrid,
    Settings,
    bliss,
    combination_index,
    dose_reduction,
    hsa,
    loewe,
    loewe_excess,
    score,
)
from redoxsim.errors import DesignError

ALL = tuple(name for name, one in METRICS.items() if one.agents in (None, (2, 2)))
CASES = settings(max_examples=12, deadline=None)
QUICK = Settings(draws=0)  # the intervals of fitted surfaces have tests of their own
DENSE = np.r_[0.0, np.geomspace(0.05, 20.0, 21)]
Surface = Callable[..., EffectGrid]
Curve = Callable[..., np.ndarray]


def grid_of(alive: np.ndarray, d1: np.ndarray = DENSE, d2: np.ndarray = DENSE) -> EffectGrid:
    return EffectGrid(d1, d2, alive, orientation="viability", scale="fraction", agents=("af", "bso"))


def additive(h: float, top: float, ratio: float = 1.0) -> EffectGrid:
    """An agent with itself, the second at another strength: effect of dose1 + ratio * dose2."""
    total = DENSE[:, None] + DENSE[None, :]
    return grid_of(1.0 - top * total**h / (1.0 + total**h), DENSE, DENSE / ratio)


# --- values by hand -------------------------------------------------------------------------------------------------


def test_excess_by_hand() -> None:
    # Alone: 0.2 and 0.5 affected; together 0.7. Best alone 0.5; independent 1 - 0.8 * 0.5 = 0.6.
    grid = EffectGrid([0, 1], [0, 5], [[1.0, 0.5], [0.8, 0.3]], orientation="viability", scale="fraction")
    one, other = hsa(grid), bliss(grid)
    assert one.values[1, 1] == pytest.approx(0.2)
    assert other.values[1, 1] == pytest.approx(0.1)
    assert other.reference is not None
    assert other.reference[1, 1] == pytest.approx(0.6)
    assert np.count_nonzero(one.values) == np.count_nonzero(other.values) == 1
    assert one.summary.mean == one.summary.max == one.summary.min == pytest.approx(0.2)


@pytest.mark.parametrize("turned", [False, True])
def test_an_agent_that_helps_cells_raises_what_is_expected(turned: bool) -> None:
    """More alive than untreated is taken as it is: 1.2 times 0.5 are expected, not 1 times 0.5."""
    alive = np.array([[1.0, 0.5], [1.2, 0.5]])
    grid = EffectGrid([0, 1], [0, 5], alive.T if turned else alive, orientation="viability", scale="fraction")
    table = bliss(grid)
    assert table.reference is not None
    assert table.reference[1, 1] == pytest.approx(0.4)
    assert table.values[1, 1] == pytest.approx(0.1)


def test_loewe_by_hand() -> None:
    # Effect alone = dose / (1 + dose) for both; 1 and 1 together affect 0.8, which needs 4 alone: 1/4 + 1/4.
    c = np.array([0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
    alone = c / (1 + c)
    alive = np.minimum(1 - alone[:, None], 1 - alone[None, :])
    alive[3, 3] = 0.2
    assert loewe(grid_of(alive, c, c)).values[3, 3] == pytest.approx(0.5, rel=1e-12)
    # Additive would be the effect of 2: 2/3; the excess is 0.8 - 2/3.
    assert loewe_excess(grid_of(alive, c, c)).values[3, 3] == pytest.approx(0.8 - 2 / 3, rel=1e-9)


def test_combination_index_by_hand() -> None:
    # Lines with m = 1: Dm 1 and Dm 10. At 0.5 affected the doses alone are 1 and 10: 0.25/1 + 2.5/10 = 0.5.
    d1, d2 = np.array([0.0, 0.25, 1.0, 4.0]), np.array([0.0, 2.5, 10.0, 40.0])
    alive = np.outer(1 / (1 + d1), 1 / (1 + d2 / 10))
    alive[1, 1] = 0.5
    grid = grid_of(alive, d1, d2)
    assert combination_index(grid).values[1, 1] == pytest.approx(0.5, rel=1e-12)
    first, second = dose_reduction(grid)
    assert first.values[1, 1] == pytest.approx(4.0, rel=1e-12)
    assert second.values[1, 1] == pytest.approx(4.0, rel=1e-12)
    assert "Dm 1, m 1, r 1" in combination_index(grid).note


# --- properties -----------------------------------------------------------------------------------------------------


@CASES
@given(h=st.floats(0.7, 4.0), top=st.floats(0.3, 1.0), ratio=st.sampled_from([1.0, 7.0, 0.01]))
def test_an_agent_with_itself_has_index_one(h: float, top: float, ratio: float) -> None:
    grid = additive(h, top, ratio)
    middle = grid.combined & (grid.affected >= 0.1 * top) & (grid.affected <= 0.9 * top)
    reach = grid.edge(0)[-1]
    middle &= grid.affected <= reach
    for curve in ("interpolate", "hill"):
        index = loewe(grid, curve=curve)  # type: ignore[arg-type]
        assert index.defined[middle].all()
        np.testing.assert_allclose(index.values[middle], 1.0, atol=0.02)
        excess = loewe_excess(grid, curve=curve)  # type: ignore[arg-type]
        np.testing.assert_allclose(excess.values[middle], 0.0, atol=0.01)


@CASES
@given(
    first=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6),
    second=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6),
)
def test_independent_survival_has_no_bliss_excess(first: list[float], second: list[float]) -> None:
    alive = np.outer([1.0, *first], [1.0, *second])
    grid = grid_of(alive, np.arange(len(first) + 1.0), np.arange(len(second) + 1.0))
    values = bliss(grid).values
    assert np.nanmax(np.abs(values)) <= 1e-12 if np.isfinite(values).any() else grid.without_effect()


def test_the_best_agent_alone_has_no_hsa_excess(hill: Curve) -> None:
    a, b = hill(DENSE, 1.0, 1.5, 0.9), hill(DENSE, 3.0, 1.0, 0.7)
    assert np.max(np.abs(hsa(grid_of(1 - np.maximum.outer(a, b))).values)) <= 1e-15


@settings(max_examples=10, deadline=None)
@given(
    interaction=st.floats(-0.8, 0.8), tops=st.tuples(st.floats(0.6, 1.0), st.floats(0.6, 1.0)),
    slopes=st.tuples(st.floats(0.8, 2.5), st.floats(0.8, 2.5)),
    units=st.tuples(*[st.sampled_from([1e-9, 1.0, 1e3])] * 2),
    orientation=st.sampled_from(["viability", "inhibition"]), scale=st.sampled_from(["fraction", "percent"]),
    turned=st.booleans(), use=st.sampled_from([QUICK, Settings(curve="hill", extrapolate=True, draws=0)]),
)  # fmt: skip
def test_no_score_depends_on_units_direction_or_order(
    interaction: float, tops: tuple[float, float], slopes: tuple[float, float], units: tuple[float, float],
    orientation: str, scale: str, turned: bool, use: Settings,
) -> None:  # fmt: skip
    """Doses in other units, the effect the other way up or in percent, the agents exchanged: the same scores."""
    d1, d2 = np.r_[0.0, np.geomspace(0.05, 20.0, 7)], np.r_[0.0, np.geomspace(1.0, 500.0, 6)]
    a = (tops[0] * d1 ** slopes[0] / (1.0 + d1 ** slopes[0]))[:, None]
    b = (tops[1] * d2 ** slopes[1] / (40.0 ** slopes[1] + d2 ** slopes[1]))[None, :]
    alive = (1.0 - a) * (1.0 - b) * (1.0 - interaction * a * b)
    alive = np.minimum(alive, 1.0)
    one = score(grid_of(alive, d1, d2), ALL, settings=use)
    effect = (alive if orientation == "viability" else 1.0 - alive) * (100.0 if scale == "percent" else 1.0)
    axes = [d1 * units[0], d2 * units[1]]
    given_ = EffectGrid(
        *(axes[::-1] if turned else axes), effect.T if turned else effect,
        orientation=orientation, scale=scale, agents=("bso", "af") if turned else ("af", "bso"),  # type: ignore[arg-type]
    )  # fmt: skip
    other = score(given_, ALL, settings=use)
    turn = {"dri_1": "dri_2", "dri_2": "dri_1"} if turned else {}  # the index of an agent goes with it
    for name in ALL:
        found = other[turn.get(name, name)]
        values = found.values.T if turned else found.values
        fitted = METRICS[name].near is not None or use.curve == "hill"
        np.testing.assert_array_equal(np.isfinite(values), one[name].defined, err_msg=name)
        np.testing.assert_allclose(
            values, one[name].values, rtol=1e-5 if fitted else 1e-9, atol=1e-6 if fitted else 1e-11, err_msg=name
        )
        assert orientation in found.orientation


@pytest.mark.parametrize("name", ALL)
def test_more_effect_moves_every_score_towards_synergy(surface: Surface, name: str) -> None:
    """The sign convention in numbers: a combination that does more is scored as synergy."""
    tables = [score(surface(k), [name], settings=QUICK)[name] for k in (0.6, -0.6)]
    more, less = (table.values[4, 4] for table in tables)
    assert tables[0].better == METRICS[name].better
    if METRICS[name].better == "above":
        assert more > less
        assert ("positive = synergy" if METRICS[name].neutral == 0.0 else "above 1 = ") in METRICS[name].sign
    else:
        assert more < less
        assert "below 1 = synergy" in METRICS[name].sign


def test_signs_against_the_reference(surface: Surface) -> None:
    mid = {k: score(surface(k), ["bliss"])["bliss"].summary.mid_mean for k in (0.4, 0.0, -0.4)}
    assert mid[0.4] > 0.01
    assert abs(mid[0.0]) < 1e-12
    assert mid[-0.4] < -0.01


# --- undefined is said ----------------------------------------------------------------------------------------------


def test_loewe_is_undefined_above_the_weaker_agent_and_says_so(surface: Surface) -> None:
    grid = surface()
    table = loewe(grid)
    weaker = min(grid.edge(0)[-1], grid.edge(1)[-1])
    np.testing.assert_array_equal(table.defined[1:, 1:], grid.affected[1:, 1:] <= weaker)
    assert not table.defined[-1, -1]
    assert "bso alone reaches 0.753 at most" in table.reasons[-1, -1] or "af alone reaches" in table.reasons[-1, -1]
    assert all(bool(text) != bool(ok) for text, ok in zip(table.reasons.ravel(), table.defined.ravel(), strict=True))
    assert f"undefined in {np.count_nonzero(~table.defined)} of 72" in table.summary.message
    assert sum(table.why().values()) == np.count_nonzero(~table.defined)


def test_a_mean_index_says_how_many_of_its_cells_hardly_act() -> None:
    """Small doses affect less than 0.05; the mean over the others is told apart from them."""
    grid = additive(2.0, 0.9)
    table = loewe(grid)
    scored = table.defined & grid.combined
    little = scored & (grid.affected < 0.05)
    assert 0 < np.count_nonzero(little) < np.count_nonzero(scored)
    told = f"{np.count_nonzero(little)} of the {np.count_nonzero(scored)} combinations with an index affect less than"
    assert told in table.summary.message
    assert f"the mean of the others is {table.values[scored & ~little].mean():.3g}" in table.summary.message
    assert "index says little" not in bliss(grid).summary.message
    strong = grid_of(
        1.0 - np.array([[0.0, 0.3, 0.5], [0.3, 0.6, 0.7], [0.5, 0.7, 0.8]]), *2 * [np.array([0.0, 1.0, 2.0])]
    )
    assert "index says little" not in loewe(strong).summary.message


def test_the_additive_surface_stops_at_the_weaker_agent(surface: Surface) -> None:
    table = loewe_excess(surface())
    assert not table.defined[-1, -1]
    assert "the most bso reaches alone" in table.reasons[-1, -1]
    assert table.reference is not None
    # Where it is defined it solves sum of d / D(E) = 1.
    from redoxsim.analysis.agent_curves import agent_curves

    curves = agent_curves(surface(), "interpolate")
    total = sum(
        amount / curve.inverse(table.reference[1:, 1:].ravel())
        for curve, amount in zip(
            curves, (g[1:, 1:].ravel() for g in np.meshgrid(*table.doses, indexing="ij")), strict=True
        )
    )
    np.testing.assert_allclose(total[table.defined[1:, 1:].ravel()], 1.0, rtol=1e-9)


def test_an_inert_agent_leaves_the_index_undefined_but_not_the_excess(hill: Curve) -> None:
    alive = np.repeat(1 - hill(DENSE)[:, None], DENSE.size, axis=1)
    grid = grid_of(alive)
    tables = score(grid, ALL, settings=QUICK)
    assert np.abs(tables["bliss"].values).max() == 0.0
    for name in ("loewe", "loewe_excess"):
        assert not tables[name].defined[1:, 1:].any()
        assert tables[name].reasons[1, 1] == "bso alone has no effect in this direction"
    assert "median-effect line needs two" in tables["ci"].reasons[1, 1]
    assert np.isnan(tables["loewe"].summary.mean)
    assert tables["loewe"].summary.message.startswith("undefined in all 441 combinations")


@pytest.mark.parametrize("most", [0.04, 0.06])
def test_a_nearly_inert_agent_stands_for_no_effect_below_a_stated_one(hill: Curve, most: float) -> None:
    """The threshold is the same for every score that divides by a dose alone; DRI of the other agent needs it not."""
    weak = most * hill(DENSE, 0.2) / hill(DENSE, 0.2)[-1]
    tables = score(grid_of(np.outer(1 - hill(DENSE), 1 - weak)), ALL, settings=QUICK)
    defined = most > 0.05
    for name in ("loewe", "loewe_excess", "ci", "dri_2"):
        assert tables[name].defined[1:, 1:].any() == defined, name
        told = "bso alone affects at most 0.04 more than untreated, less than the 0.05"
        assert any(told in text for text in tables[name].why()) != defined, name
    assert tables["bliss"].defined.all()
    assert tables["dri_1"].defined[1:, 1:].any()
    alone = combination_index(grid_of(np.outer(1 - hill(DENSE), 1 - hill(DENSE))), extrapolate=True)
    whole = dose_reduction(grid_of(np.outer(1 - hill(DENSE), 1 - hill(DENSE))), extrapolate=True)
    both = sum(1.0 / one.values[1:, 1:] for one in whole)
    np.testing.assert_allclose(both, alone.values[1:, 1:], rtol=1e-12)


def test_effects_that_scatter_as_much_as_they_rise_are_no_curve(hill: Curve) -> None:
    """Six doses that rise by 0.1 in all, 0.05 up and down on the way."""
    doses = np.r_[0.0, np.geomspace(0.1, 10.0, 6)]
    noisy = np.array([0.0, 0.08, -0.02, 0.07, 0.0, 0.1, 0.08])
    grid = grid_of(np.outer(1 - hill(doses), 1 - noisy), doses, doses)
    for name, table in score(grid, ("loewe", "ci"), settings=QUICK).items():
        assert not table.defined[1:, 1:].any(), name
        assert any("its scatter of" in text for text in table.why()), name
    less = grid_of(np.outer(1 - hill(doses), 1 - 5.0 * np.sort(noisy)), doses, doses)
    assert score(less, ("loewe",), settings=QUICK)["loewe"].defined[1:, 1:].any()


def test_the_median_effect_line_does_not_run_beyond_the_doses_unless_asked(surface: Surface) -> None:
    grid = surface()
    strict, classic = combination_index(grid), combination_index(grid, extrapolate=True)
    assert not strict.defined[-1, -1]
    assert classic.defined.all()
    both = strict.defined
    np.testing.assert_array_equal(strict.values[both], classic.values[both])
    assert "extrapolated along the line, as asked" in classic.note


def test_the_combination_index_needs_effects_strictly_between_none_and_all(hill: Curve) -> None:
    alive = np.outer(1 - hill(DENSE), 1 - hill(DENSE))
    alive[3, 3], alive[20, 20] = 1.02, 0.0
    table = combination_index(grid_of(alive), extrapolate=True)
    assert table.reasons[3, 3] == "the fraction affected -0.02 is not strictly between 0 and 1"
    assert table.reasons[20, 20] == "the fraction affected 1 is not strictly between 0 and 1"
    falling = grid_of(np.outer(0.5 + 0.4 * hill(DENSE), 1 - hill(DENSE)) / 0.5 * 0.55)
    assert "does not act more at higher doses" in combination_index(falling).reasons[5, 5]


def test_failed_cells_are_undefined_and_so_is_what_needs_them(surface: Surface) -> None:
    grid = surface()
    failed = np.zeros(grid.shape, dtype=bool)
    failed[4, 4] = failed[5, 0] = True  # the first is a mid-dose cell
    assert grid.mid_doses()[0][4, 4]
    holed = EffectGrid(grid.doses1, grid.doses2, grid.effect, orientation="viability", scale="fraction", failed=failed)
    tables = score(holed, ALL, settings=QUICK)
    for name, table in tables.items():
        assert table.reasons[4, 4] == "this cell failed", name
    for name in ("hsa", "bliss"):
        assert not tables[name].defined[5, :].any()
        assert tables[name].reasons[5, 0] == "this cell failed"
        assert tables[name].reasons[5, 1] == "a single-agent effect it needs failed"
        assert tables[name].defined[3, 1:].all()
    assert tables["loewe"].defined[5, 1]
    assert "bridged" in tables["loewe"].note
    assert np.isfinite(tables["bliss"].summary.mid_mean)
    assert "leaves out" in tables["bliss"].summary.message


def test_a_grid_without_any_effect_is_not_scored() -> None:
    for table in score(
        EffectGrid([0, 1, 2, 3], [0, 1, 2, 3], np.zeros((4, 4)), orientation="inhibition", scale="percent"), ALL
    ).values():
        assert not table.defined[1:, 1:].any()
        assert table.reasons[1, 1].startswith("no cell of the grid differs")
        assert np.isnan(table.summary.mean)


def test_one_dose_each_can_be_scored_by_excess_only() -> None:
    grid = EffectGrid([0, 1], [0, 5], [[1.0, 0.5], [0.8, 0.3]], orientation="viability", scale="fraction")
    tables = score(grid, ALL, settings=QUICK)
    assert tables["bliss"].defined.all()
    for name in ("loewe", "loewe_excess", "ci", "dri_1", "dri_2", "zip", "musyc", "braid"):
        assert not tables[name].defined[1, 1]
        assert "needs" in tables[name].reasons[1, 1]


def test_a_control_that_is_not_untreated_is_reported(hill: Curve) -> None:
    grid = grid_of(0.85 * np.outer(1 - hill(DENSE), 1 - hill(DENSE)))
    assert bliss(grid).note == "the untreated cell is 0.15 affected, not 0: normalise the effects to it"


def test_every_undefined_score_has_a_reason_whatever_the_data() -> None:
    """Pure noise with failed cells: a number or a reason in every cell, never a warning, an infinity or a crash."""
    rng = np.random.default_rng(0)
    for _ in range(8):
        alive = rng.uniform(-0.2, 1.2, (4, 5))
        alive[0, 0] = 0.9
        failed = rng.random((4, 5)) < 0.15
        grid = EffectGrid(
            [0, 1, 2, 4],
            [0, 1, 3, 9, 12],
            alive,
            orientation="viability",
            scale="fraction",
            failed=failed,
            margin=np.inf,
        )
        for use in (Settings(draws=0), Settings(curve="hill", extrapolate=True, draws=10)):
            for table in (*score(grid, ALL, settings=use).values(), *dose_reduction(grid, extrapolate=use.extrapolate)):
                np.testing.assert_array_equal(table.reasons == "", table.defined)


def test_a_level_median_effect_line_is_no_line() -> None:
    level = np.full((4, 4), 0.7) + 1e-9 * np.arange(4)[:, None]
    level[0] = 0.1 * np.arange(4) + 0.1
    grid = EffectGrid([0, 1, 2, 3], [0, 1, 2, 3], level, orientation="inhibition", scale="fraction")
    assert "median-effect" in combination_index(grid).reasons[1, 1]


# --- more than two agents, names, tables ----------------------------------------------------------------------------


def test_three_agents(hill: Curve) -> None:
    c = np.array([0.0, 0.3, 1.0, 3.0, 9.0])
    a = hill(c)
    alive = np.einsum("i,j,k->ijk", 1 - a, 1 - a, 1 - a)
    grid = EffectArray((c, c, c), alive, orientation="viability", scale="fraction")
    assert np.max(np.abs(bliss(grid).values)) < 1e-12
    assert hsa(grid).values[1, 2, 3] == pytest.approx(1 - alive[1, 2, 3] - a[3])
    assert hsa(grid).values[0, 2, 3] == pytest.approx(1 - alive[0, 2, 3] - a[3])
    assert hsa(grid).values[0, 0, 3] == 0.0
    total = c[:, None, None] + c[None, :, None] + c[None, None, :]
    sham = EffectArray((c, c, c), 1 - hill(total), orientation="viability", scale="fraction")
    index = loewe(sham, curve="hill")
    inside = index.defined & sham.combined
    assert inside.sum() > 40
    np.testing.assert_allclose(index.values[inside], 1.0, rtol=1e-6)
    np.testing.assert_allclose(loewe_excess(sham, curve="hill").values[inside], 0.0, atol=1e-6)


def test_unknown_metrics_suggest_the_nearest(surface: Surface) -> None:
    with pytest.raises(DesignError, match=r"no synergy metric 'blis'; there are hsa, bliss, .*did you mean 'bliss'"):
        score(surface(), ["blis"])


def test_tables_say_sign_and_orientation(surface: Surface) -> None:
    for name, table in score(surface(), ALL, settings=QUICK).items():
        text = table._repr_html_()
        assert table.sign in METRICS[name].sign
        assert ("more is needed" if name.startswith("dri") else "antagonism") in text
        assert "scored on fraction affected = 1 - viability" in text
        assert table.metric == name
        assert table.values[0].tolist() == [table.neutral] * 9
        assert table.values[:, 0].tolist() == [table.neutral] * 10


def test_summary_numbers_by_hand(surface: Surface) -> None:
    grid = surface()
    table = bliss(grid)
    inner = table.values[1:, 1:]
    mid, _ = grid.mid_doses()
    assert table.summary.mean == pytest.approx(inner.mean())
    assert table.summary.median == pytest.approx(np.median(inner))
    assert (table.summary.max, table.summary.min) == (inner.max(), inner.min())
    assert table.summary.mid_mean == pytest.approx(table.values[mid].mean())
    assert table.summary.mid_cells == mid.sum() > 4
    share1 = grid.edge(0) / grid.edge(0).max()
    share2 = grid.edge(1) / grid.edge(1).max()
    np.testing.assert_array_equal(mid, np.outer((share1 >= 0.1) & (share1 <= 0.9), (share2 >= 0.1) & (share2 <= 0.9)))
