"""Replicates: their means, and intervals that hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis import Replicates, bootstrap, dose_reduction, replicates
from redoxsim.analysis.resampling import _percentiles, _resampled
from redoxsim.errors import DesignError

D1 = np.r_[0.0, np.geomspace(0.1, 10.0, 4)]
D2 = np.r_[0.0, np.geomspace(1.0, 100.0, 4)]
TRUTH = np.outer(1 / (1 + D1), 1 / (1 + D2 / 10)) * (1 - 0.2 * np.outer(D1 / (1 + D1), D2 / (10 + D2)))
ROWS = np.array([(a, b) for a in D1 for b in D2])


def wells(seed: int, size: int = 4, sd: float = 0.04) -> Replicates:
    noise = np.random.default_rng(seed).normal(0.0, sd, (size, ROWS.shape[0]))
    return replicates(
        np.tile(ROWS, (size, 1)),
        (TRUTH.ravel() + noise).ravel(),
        orientation="viability",
        scale="fraction",
        agents=("af", "bso"),
    )


def excess(alive: np.ndarray) -> np.ndarray:
    """Bliss excess written out once more, on viability."""
    return alive[1:, :1] * alive[:1, 1:] - alive[1:, 1:]


def test_rows_become_a_grid_in_any_order() -> None:
    rng = np.random.default_rng(0)
    order = rng.permutation(2 * len(ROWS))
    values = np.tile(TRUTH.ravel(), 2) + np.repeat([0.01, -0.01], len(ROWS))
    data = replicates(np.tile(ROWS, (2, 1))[order], values[order], orientation="viability", scale="fraction")
    np.testing.assert_array_equal(data.counts, 2)
    np.testing.assert_allclose(data.mean().effect, TRUTH, atol=1e-15)
    np.testing.assert_allclose(data.standard_deviation(), 0.01 * 2**0.5, rtol=1e-9)


def test_combinations_not_measured_are_failed_cells_and_missing_wells_are_left_out() -> None:
    keep = ~((ROWS[:, 0] == D1[2]) & (ROWS[:, 1] == D2[3]))
    rows, values = np.tile(ROWS[keep], (2, 1)), np.tile(TRUTH.ravel()[keep], 2)
    values[0] = np.nan
    data = replicates(rows, values, orientation="viability", scale="fraction")
    assert data.counts[2, 3] == 0
    assert data.counts[0, 0] == 1
    assert np.argwhere(data.mean().failed).tolist() == [[2, 3]]


@pytest.mark.parametrize(
    ("drop", "message"),
    [
        (lambda r: (r[:, 0] == 0) & (r[:, 1] == 0), "the untreated control was not measured"),
        (lambda r: (r[:, 0] > 0) & (r[:, 1] == 0), "af alone was not measured"),
        (lambda r: r[:, 1] == 0, "bso has no zero dose first"),
        (lambda r: r[:, 1] > 0, "bso has no dose beside zero"),
    ],
)
def test_tables_that_lack_what_a_score_needs(drop: object, message: str) -> None:
    keep = ~drop(ROWS)  # type: ignore[operator]
    with pytest.raises(DesignError, match=message):
        replicates(ROWS[keep], TRUTH.ravel()[keep], orientation="viability", scale="fraction", agents=("af", "bso"))


def test_wells_outside_the_scale_are_named() -> None:
    values = TRUTH.ravel().copy()
    values[7] = 40.0
    with pytest.raises(DesignError, match=r"40 at"):
        replicates(ROWS, values, orientation="viability", scale="fraction")
    with pytest.raises(DesignError, match="row 1 has a dose"):
        replicates(np.where(ROWS == 0, np.nan, ROWS), TRUTH.ravel(), orientation="viability", scale="fraction")
    with pytest.raises(DesignError, match="shape"):
        replicates(ROWS, TRUTH, orientation="viability", scale="fraction")


def test_the_score_is_that_of_the_means_and_lies_in_its_interval() -> None:
    result = bootstrap(wells(0), seed=1, draws=200)
    assert list(result) == ["hsa", "bliss", "loewe", "ci"]
    found = result["bliss"]
    np.testing.assert_allclose(found.table.values[1:, 1:], excess(wells(0).mean().effect), atol=1e-14)
    for name, interval in result.items():
        inner = np.isfinite(interval.low)
        assert np.all(interval.low[inner] <= interval.high[inner]), name
        low, high = interval.summary["median"]
        assert low <= interval.table.summary.median <= high
    assert np.all(found.low[1:, 1:] < found.table.values[1:, 1:])
    assert np.all(found.high[1:, 1:] > found.table.values[1:, 1:])
    assert np.all(found.low[0] == 0.0)
    assert not found.significant[0].any()


def test_the_same_seed_gives_the_same_intervals_and_another_nearly_the_same() -> None:
    one, same, other = (bootstrap(wells(0), ["bliss"], seed=s, draws=400)["bliss"] for s in (5, 5, 6))
    np.testing.assert_array_equal(one.low, same.low)
    assert one.summary == same.summary
    assert not np.array_equal(one.low, other.low)
    np.testing.assert_allclose(one.summary["mean"], other.summary["mean"], atol=0.006)


@pytest.mark.parametrize("resampling", ["wells", "plates"])
def test_width_is_that_of_a_mean_of_all_replicates(resampling: str) -> None:
    """The sd of the resampled HSA-free part, the mean excess, against the sd over many fresh data sets."""
    fresh = np.array([excess(wells(seed, 6).mean().effect).mean() for seed in range(120)])
    widths = []
    for seed in range(3):
        low, high = bootstrap(wells(seed, 6), ["bliss"], seed=seed, draws=200, resampling=resampling)[  # type: ignore[arg-type]
            "bliss"
        ].summary["mean"]
        widths.append((high - low) / (2 * 1.96))
    assert np.mean(widths) == pytest.approx(fresh.std(), rel=0.25 if resampling == "wells" else 0.45)


def test_the_ends_leave_out_as_much_on_either_side() -> None:
    """Of 0 to 1000 the middle 95% are 25 to 975; nothing is said where too many resamples have no number."""
    samples = np.linspace(0.0, 1000.0, 1001)[:, None] * [1.0, -1.0]
    low, high = _percentiles(samples, 0.95)
    np.testing.assert_allclose([low, high], [[25.0, -975.0], [975.0, -25.0]])
    samples[:600, 1] = np.nan
    low, high = _percentiles(samples, 0.5)
    np.testing.assert_allclose([low, high], [[250.0, np.nan], [750.0, np.nan]])


def test_intervals_of_the_mean_hold_the_truth() -> None:
    """Of 40 data sets about 38 intervals hold the true mean excess; fewer than 32 has a chance far below 1%."""
    truth = excess(TRUTH).mean()
    held = 0
    for seed in range(40):
        low, high = bootstrap(wells(seed), ["bliss"], seed=seed, draws=80)["bliss"].summary["mean"]
        held += low <= truth <= high
    assert held >= 32


def test_a_summary_is_over_the_same_cells_in_every_resample() -> None:
    """Which cells have an index changes from resample to resample; a mean over others is another number."""
    data = wells(3, size=3, sd=0.05)
    found = bootstrap(data, ["dri_1"], seed=1, draws=60)["dri_1"]
    scored = found.table.defined & found.table.about
    assert 0 < scored.sum() < scored.size
    rng = np.random.default_rng(1)
    means = []
    for _ in range(60):
        grid = _resampled(data, data.counts, rng, "wells")
        means.append(np.nanmean(np.where(scored, dose_reduction(grid)[0].values, np.nan)))
    np.testing.assert_allclose(found.summary["mean"], np.percentile(means, [2.5, 97.5]), rtol=1e-12)


def test_a_lost_well_takes_the_scatter_of_the_others_and_not_all_intervals() -> None:
    """Of 25 cells with three replicates two are left with one: their interval is that of a single well."""
    rng = np.random.default_rng(3)
    sd = 0.02
    effect = np.tile(TRUTH, (3, 1, 1)) + rng.normal(0.0, sd, (3, *TRUTH.shape))
    whole = Replicates((D1, D2), effect.copy(), "viability", "fraction", ("a", "b"), ("", ""))
    effect[1:, 2, 2] = effect[1:, 3, 1] = np.nan
    cut = Replicates((D1, D2), effect, "viability", "fraction", ("a", "b"), ("", ""))
    assert cut.lone == 2
    assert cut.enough
    before, after = (bootstrap(one, ["bliss"], seed=4)["bliss"] for one in (whole, cut))
    assert "cells with one replicate only (2) take the scatter of the others" in after.note
    assert not before.note
    wide = after.high - after.low
    # a single well scatters 1.7 times as much as the mean of three; Bliss takes the margins off that as well
    for cell in ((2, 2), (3, 1)):
        assert 1.2 < wide[cell] / np.median((before.high - before.low)[1:, 1:]) < 2.6
        assert wide[cell] == pytest.approx(3.92 * sd, rel=0.5)
    drawn = np.array([_resampled(cut, cut.counts, rng, "wells").effect[2, 2] for _ in range(2000)])
    assert drawn.std() == pytest.approx(sd, rel=0.3)
    assert drawn.mean() == pytest.approx(effect[0, 2, 2], abs=0.1 * sd)
    effect[1:, 1:3, :] = np.nan
    many = Replicates((D1, D2), effect, "viability", "fraction", ("a", "b"), ("", ""))
    assert not many.enough
    with pytest.raises(DesignError, match="11 cells have one replicate only"):
        bootstrap(many, seed=0)


def test_designs_that_carry_no_interval() -> None:
    single = replicates(ROWS, TRUTH.ravel(), orientation="viability", scale="fraction")
    with pytest.raises(DesignError, match="25 cells have one replicate only"):
        bootstrap(single, seed=0)
    with pytest.raises(DesignError, match="at least 50 draws"):
        bootstrap(wells(0), seed=0, draws=3)
    with pytest.raises(DesignError, match="resampling must be one of"):
        bootstrap(wells(0), seed=0, resampling="well")  # type: ignore[arg-type]
    rows = np.vstack([np.tile(ROWS, (2, 1)), ROWS[:3]])
    uneven = replicates(
        rows, np.r_[np.tile(TRUTH.ravel(), 2), TRUTH.ravel()[:3]], orientation="viability", scale="fraction"
    )
    with pytest.raises(DesignError, match="every cell on every plate"):
        bootstrap(uneven, seed=0, resampling="plates")
    found = bootstrap(uneven, ["bliss"], seed=0, draws=50)["bliss"]
    # All replicates of a cell are alike, so every resample is the data: three of some cells, two of the others.
    np.testing.assert_allclose(found.low, found.table.values, atol=1e-14)
    np.testing.assert_allclose(found.high, found.table.values, atol=1e-14)
