"""Scores that others printed beside the numbers they come from, and those that ours are.

Lee: lonafarnib (SCH66336) and 4-HPR on UMSCC22B cells, surviving fractions, from table 1 of Lee et al. 2007
(doi:10.1080/10543400701199593); the median-effect lines and interaction indices are those that table 2 of Lee and Kong
2009 (doi:10.1198/sbr.2009.0001) prints. Its table 3 prints the lines of the first example of Chou and Talalay 1984
(doi:10.1016/0065-2571(84)90007-4): o-phenanthroline and ADP on alcohol dehydrogenase.

Chou: paclitaxel and cisplatin on 833K teratocarcinoma cells, from table 3 of Chou et al. 1994
(doi:10.1093/jnci/86.20.1517); the median-effect lines and the doses alone that an R package prints for them
(github.com/jhchou/medianeffect, commit 08cb14d, data-raw/in_development.R), to the three digits that it gives.

NCATS: block 6 of assay 10023 of NCATS Matrix (matrix.ncats.nih.gov), pyronaridine and artesunate on malaria parasites,
viability in percent, with the scores that site gives it (github.com/shuyuzheng/synergyfinder, commit ea2d246,
data-raw/NCATS_10023).

Twarog: `synergisticExample` of braidrm 1.0.3 (github.com/nathanieltwarog/braidrm, commit 57bddc6), made by its authors
from a known surface, with the fit that its front page prints. To four decimals here.
"""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis import EffectGrid, Settings, braid, combination_index, score
from redoxsim.analysis.synergy.chou_talalay import MedianEffect

LONAFARNIB = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 4.0])
FENRETINIDE = np.array([0.0, 0.1, 0.5, 1.0, 2.0])
SURVIVING = np.array(
    [
        [1.0000, 0.7666, 0.5833, 0.5706, 0.4934],
        [0.6701, 0.6539, 0.4767, 0.5171, 0.3923],
        [0.6289, 0.6005, 0.4919, 0.4625, 0.3402],
        [0.5577, 0.5102, 0.4541, 0.3551, 0.2851],
        [0.4550, 0.4203, 0.3441, 0.3082, 0.2341],
        [0.3755, 0.3196, 0.2978, 0.2502, 0.1578],
    ]
)


@pytest.fixture(scope="module")
def lee() -> EffectGrid:
    return EffectGrid(
        LONAFARNIB, FENRETINIDE, SURVIVING, orientation="viability", scale="fraction", agents=("lonafarnib", "4-HPR"),
        dose_units=("uM", "uM"),
    )  # fmt: skip


LINES = {
    # doses, fraction affected, printed slope and median-effect dose
    "lonafarnib": (LONAFARNIB[1:], 1 - SURVIVING[1:, 0], 0.335, 1.326),
    "4-HPR": (FENRETINIDE[1:], 1 - SURVIVING[0, 1:], 0.398, 1.726),
    "o-phenanthroline": ([8.7, 17.4, 26.1, 34.8, 43.5], [0.132, 0.267, 0.411, 0.476, 0.548], 1.302, 36.803),
    "ADP": ([0.5, 1.0, 1.5, 2.0, 2.5], [0.175, 0.400, 0.492, 0.542, 0.592], 1.178, 1.666),
    "17.4 to 1": ([9.2, 18.4, 27.6, 36.8, 46.0], [0.507, 0.769, 0.872, 0.919, 0.944], 1.739, 9.117),
}


@pytest.mark.parametrize("name", LINES)
def test_median_effect_lines_are_those_lee_and_kong_print(name: str) -> None:
    doses, affected, slope, dose = LINES[name]
    line = MedianEffect(name, np.asarray(doses), np.asarray(affected))
    assert line.m == pytest.approx(slope, abs=5.1e-4)
    assert line.dm == pytest.approx(dose, abs=5.1e-4)


def test_interaction_indices_are_those_lee_and_kong_print(lee: EffectGrid) -> None:
    """0.1, 0.5, 1 and 2 uM of both; the last two need doses alone beyond the tested ones, and say so unless asked."""
    both = ([1, 2, 3, 4], [1, 2, 3, 4])
    along = combination_index(lee, extrapolate=True)
    np.testing.assert_allclose(along.values[both], [0.791, 0.609, 0.256, 0.103], atol=5.1e-4)
    within = combination_index(lee)
    np.testing.assert_allclose(within.values[both], [0.791, 0.609, np.nan, np.nan], atol=5.1e-4)
    assert within.reasons[3, 3] == "the combination affects 0.645; lonafarnib alone reaches 0.591 at most"
    # by hand, 0.7659 affected: 1.3255 (0.7659 / 0.2341)^(1 / 0.3349) of lonafarnib, of which 4 were tested
    needed = 1.3255 * (0.7659 / 0.2341) ** (1 / 0.3349)
    assert needed == pytest.approx(45.6, rel=0.01)


def test_the_index_of_a_ray_is_that_of_its_printed_lines() -> None:
    """o-phenanthroline and ADP 17.4 to 1: at half of the effect by hand, and where it was measured."""
    first, second, mixed = (MedianEffect(name, *map(np.asarray, LINES[name][:2])) for name in list(LINES)[2:])
    share = np.array([17.4, 1.0]) / 18.4
    by_hand = share[0] * 9.117 / 36.803 + share[1] * 9.117 / 1.666
    ours = share @ [mixed.dm / first.dm, mixed.dm / second.dm]
    assert ours == pytest.approx(by_hand, abs=1e-4)
    assert ours == pytest.approx(0.532, abs=1e-3)

    doses = [np.r_[0.0, LINES[name][0]] for name in ("o-phenanthroline", "ADP")]
    effect = np.full((6, 6), np.nan)
    effect[0, 0] = 0.0
    effect[1:, 0], effect[0, 1:] = LINES["o-phenanthroline"][1], LINES["ADP"][1]
    effect[range(1, 6), range(1, 6)] = LINES["17.4 to 1"][1]
    grid = EffectGrid(*doses, effect, orientation="inhibition", scale="fraction", failed=np.isnan(effect))
    found = combination_index(grid, extrapolate=True)
    for k, affected in enumerate(LINES["17.4 to 1"][1], start=1):
        odds = affected / (1 - affected)
        alone = 36.803 * odds ** (1 / 1.302), 1.666 * odds ** (1 / 1.178)
        assert found.values[k, k] == pytest.approx(8.7 * k / alone[0] + 0.5 * k / alone[1], rel=2e-3)
    assert not found.defined[1, 2]


PACLITAXEL = np.array([0.0, 0.001, 0.002, 0.004, 0.005, 0.01, 0.02])
CISPLATIN = np.array([0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0])
KILLED = {
    # doses of paclitaxel and cisplatin, fraction affected
    (0.002, 0.0): 0.429, (0.004, 0.0): 0.708, (0.005, 0.0): 0.761, (0.01, 0.0): 0.882, (0.02, 0.0): 0.932,
    (0.0, 0.05): 0.055, (0.0, 0.1): 0.233, (0.0, 0.2): 0.301, (0.0, 0.5): 0.559, (0.0, 1.0): 0.821, (0.0, 2.0): 0.953,
    (0.001, 0.1): 0.45, (0.002, 0.2): 0.701, (0.005, 0.5): 0.91, (0.01, 1.0): 0.968,
}  # fmt: skip
ALONE = {
    # pair: the doses alone with the same effect, as printed
    (0.001, 0.1): (0.00185, 0.279), (0.002, 0.2): (0.00429, 0.574), (0.005, 0.5): (0.0138, 1.56),
    (0.01, 1.0): (0.0333, 3.31),
}  # fmt: skip


def test_doses_alone_and_indices_are_those_medianeffect_prints_for_chou() -> None:
    """A ray; 0.001 of paclitaxel was never tested alone, and the lines need no more than the doses that were."""
    affected = np.full((PACLITAXEL.size, CISPLATIN.size), np.nan)
    affected[0, 0] = 0.0
    for (first, second), share in KILLED.items():
        affected[np.searchsorted(PACLITAXEL, first), np.searchsorted(CISPLATIN, second)] = share
    grid = EffectGrid(
        PACLITAXEL, CISPLATIN, affected, orientation="inhibition", scale="fraction", failed=np.isnan(affected),
        agents=("paclitaxel", "cisplatin"),
    )  # fmt: skip
    for place, printed in enumerate([(1.25, 0.00217), (1.46, 0.320)]):
        known = np.isfinite(grid.edge(place))
        line = MedianEffect(grid.agents[place], grid.doses[place][known], grid.edge(place)[known])
        assert (line.m, line.dm) == pytest.approx(printed, rel=3e-3)
    tables = score(grid, ["ci", "dri_1", "dri_2"], settings=Settings(extrapolate=True))
    within = combination_index(grid)
    for (first, second), alone in ALONE.items():
        cell = np.searchsorted(PACLITAXEL, first), np.searchsorted(CISPLATIN, second)
        assert tables["dri_1"].values[cell] * first == pytest.approx(alone[0], rel=4e-3)
        assert tables["dri_2"].values[cell] * second == pytest.approx(alone[1], rel=4e-3)
        assert tables["ci"].values[cell] == pytest.approx(first / alone[0] + second / alone[1], rel=4e-3)
        # the last one needs 0.0333 of paclitaxel and 3.31 of cisplatin; 0.02 and 2 were tested
        assert within.defined[cell] == (alone[0] <= 0.02 and alone[1] <= 2.0)


PYRONARIDINE = np.array([0.0, *(0.075 / 2.0 ** np.arange(8, -1, -1))])
ARTESUNATE = np.array([0.0, *(0.2 / 2.0 ** np.arange(8, -1, -1))])
VIABLE = np.array(
    [
        [53.57988, 58.70109, 65.01612, 59.35425, 46.795925, 45.96295, 19.422644, 2.743436, 12.822123, 10.526517],
        [40.621136, 36.320843, 34.216503, 47.027176, 44.33939, 33.26921, 19.10219, 6.150681, 22.205858, 8.653024],
        [38.99195, 33.61156, 29.72394, 32.525036, 46.359547, 28.267939, 18.521559, 8.627709, 11.296407, 13.389695],
        [35.54372, 25.526913, 38.598366, 32.63634, 27.225212, 21.827143, 13.609894, 10.191197, 16.515062, 21.031939],
        [30.856472, 38.90797, 16.139961, 10.250264, 23.509369, 26.847902, 13.265533, 3.753012, 18.322456, 18.304375],
        [16.065224, 13.458005, 8.922847, 23.201975, 25.021421, 19.284416, 27.683489, 9.74859, 32.46356, 16.615116],
        [14.913202, 17.929674, 6.783148, 8.491492, 16.5673, 4.037703, 4.652289, 6.332505, 19.932957, 15.053437],
        [32.923443, 18.781536, 7.707538, 9.106881, 13.526717, 8.84851, 4.337663, 9.828151, 10.964301, 2.160393],
        [12.950304, 31.448355, 19.167486, 6.370678, 10.259506, 14.487874, 4.003347, 4.256294, 18.573795, 11.599581],
        [44.505344, 23.71309, 28.05618, 8.037434, 8.311476, 10.002943, 37.86203, 21.459476, 11.721132, 8.334179],
    ]
)


def test_sums_over_a_matrix_are_those_ncats_prints() -> None:
    """Its sums run over survival, so that below 0 is synergy there; it does not set the untreated cell to 100%."""
    grid = EffectGrid(PYRONARIDINE, ARTESUNATE, VIABLE, orientation="viability", scale="percent")
    tables = score(grid, ["hsa", "bliss"])
    pairs = slice(1, None), slice(1, None)
    better, independent = (-tables[name].values[pairs] for name in ("hsa", "bliss"))
    assert 100 * better.sum() == pytest.approx(-242.9696, abs=5.1e-5)  # ExcessHSA
    assert np.count_nonzero(better < 0) == 45  # NumExcess
    assert independent[independent > 0].sum() == pytest.approx(7.31751, abs=5.1e-6)  # DBSumPos
    assert independent[independent < 0].sum() == pytest.approx(-1.01756, abs=5.1e-6)  # DBSumNeg
    assert "the untreated cell is 0.46 affected" in tables["bliss"].note


DOSES = np.array([0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
MEASURED = np.array(
    [
        [0.0580, -0.0615, -0.0251, 0.0439, 0.4969, 0.8716, 0.9972, 0.9361],
        [0.0207, 0.0596, 0.2777, 0.4943, 0.8205, 0.9501, 0.9348, 0.9717],
        [-0.0168, 0.3093, 0.5629, 0.6340, 0.9029, 0.8965, 0.9528, 0.9751],
        [0.0447, 0.6145, 0.7212, 0.9088, 0.9034, 1.0013, 1.0694, 0.9762],
        [0.4708, 0.9051, 0.8802, 0.9238, 0.8447, 1.0175, 1.0654, 1.0220],
        [0.8067, 0.9744, 0.9796, 0.9777, 0.9914, 1.0426, 1.0526, 0.9621],
        [1.0549, 0.9887, 0.9617, 1.0812, 0.8839, 0.9846, 1.0303, 1.0989],
        [0.9396, 1.0537, 1.1063, 1.0670, 0.9989, 1.0451, 0.9054, 1.0820],
    ]
)
PRINTED = {
    # lowest, best, highest: 95%
    "C1": (0.9129, 1.0398, 1.1477), "C2": (0.8690, 1.0259, 1.1829), "h1": (2.3488, 2.9116, 3.6568),
    "h2": (2.0612, 2.4990, 3.1371), "kappa": (1.6104, 2.1258, 2.6469), "E0": (-0.0762, -0.0300, 0.0227),
    "E1": (0.9394, 1.0080, 1.0281), "E2": (0.9053, 0.9848, 1.0264),
}  # fmt: skip
TRUE = {"C1": 1.0, "C2": 1.0, "h1": 3.0, "h2": 3.0, "kappa": 2.0, "E0": 0.0, "E1": 1.0, "E2": 1.0}


def _braid(p: dict[str, float]) -> np.ndarray:
    """BRAID surface by its equation; the agents' plateaus differ, that of both is the larger one."""
    power = np.sqrt(p["h1"] * p["h2"])
    whole = max(p["E1"], p["E2"]) - p["E0"]
    parts = []
    for k in (1, 2):
        alone = (p[f"E{k}"] - p["E0"]) / whole
        ratio = (DOSES / p[f"C{k}"]) ** p[f"h{k}"]
        with np.errstate(divide="ignore"):
            parts.append(np.power(alone * ratio / (1 + (1 - alone) * ratio), 1 / power))
    q1, q2 = parts[0][:, None], parts[1][None, :]
    total = (q1 + q2 + p["kappa"] * np.sqrt(q1 * q2)) ** power
    return np.asarray(p["E0"] + whole * total / (1 + total))


def test_braid_of_a_published_example_is_that_of_braidrm() -> None:
    """Its authors give kappa a prior around 0, which draws it in by 0.6%; without one the fit is nearer to the effects.

    They made the table from kappa 2, and effects of 0.8889 and 0.9612 at doses of 0.5 and 0.5, 0.5 and 1.
    """
    clean = _braid(TRUE)
    assert clean[3, 3] == pytest.approx(0.8888888888888888, rel=1e-12)
    assert clean[3, 4] == pytest.approx(0.961164096378977, rel=1e-12)
    exact = braid(EffectGrid(DOSES, DOSES, clean, orientation="inhibition", scale="fraction"), draws=0)
    assert {one.name: one.best for one in exact.parameters if one.name in TRUE} == pytest.approx(TRUE, abs=1e-6)

    grid = EffectGrid(DOSES, DOSES, MEASURED, orientation="inhibition", scale="fraction")
    found = {one.name: one for one in score(grid, ["braid"], settings=Settings(draws=100))["braid"].parameters}
    for name, (low, best, high) in PRINTED.items():
        assert found[name].best == pytest.approx(best, rel=6e-3, abs=1e-3), name
        assert found[name].low < TRUE[name] + 0.01, name
        assert found[name].high > TRUE[name], name
        if name in ("E1", "E2"):
            continue  # theirs let the agents change places as the stronger one, ours keep it
        # intervals from residuals drawn at random: as wide as theirs within a third
        assert found[name].high - found[name].low == pytest.approx(high - low, rel=1 / 3), name
    ours, theirs = (
        float(np.sum((_braid(values) - MEASURED) ** 2))
        for values in ({name: one.best for name, one in found.items()}, {name: v[1] for name, v in PRINTED.items()})
    )
    assert ours < theirs == pytest.approx(ours, rel=1e-3)
