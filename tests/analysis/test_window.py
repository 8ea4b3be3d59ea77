"""The therapeutic window: counted on grids whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from redoxsim.analysis.window import Killed, Window
from redoxsim.errors import DesignError

A, B = np.array([0.0, 1.0, 3.0]), np.array([0.0, 10.0, 100.0, 1000.0])
FIRST = np.array([[0.0, 0.1, 0.5, 0.95], [0.2, 0.8, 0.9, 1.0], [0.7, 0.9, 1.0, 1.0]])
SECOND = np.array([[0.0, 0.0, 0.1, 0.2], [0.1, 0.2, 0.21, 0.6], [0.5, 0.6, 0.9, 1.0]])


def window(**more: object) -> Window:
    given = {"doses": (A, B), "first": Killed(middle=FIRST), "second": Killed(middle=SECOND), **more}
    return Window(**given)  # type: ignore[arg-type]


def test_draws_are_told_by_their_median_and_the_middle_nine_tenths() -> None:
    found = Killed.of_draws(np.stack([np.linspace(0.0, 1.0, 101), np.linspace(1.0, 0.5, 101)]))
    for ends, expected in ((found.low, [0.05, 0.525]), (found.middle, [0.5, 0.75]), (found.high, [0.95, 0.975])):
        np.testing.assert_allclose(ends, expected)


def test_the_window_is_most_of_the_one_and_few_of_the_other_and_never_the_control() -> None:
    found = window()
    # 0.8 and 0.2 are inside; 0.21 of the second is not; the last dose of the second agent alone is
    assert np.argwhere(found.open).tolist() == [[0, 3], [1, 1]]
    assert int((found.open & found.joint).sum()) == 1
    assert np.argwhere(found.alone(1)).tolist() == [[0, 1], [0, 2], [0, 3]]
    assert found.spans(found.open) == ((0.0, 1.0), (10.0, 1000.0))
    everything = Killed(middle=np.ones((3, 4)))
    nothing = Killed(middle=np.zeros((3, 4)))
    assert int(window(first=everything, second=nothing).open.sum()) == 11, "all but the untreated control"
    assert not window(first=nothing, second=everything).open.any(), "turned round there is none"


def test_the_widest_gap_is_found_in_all_and_in_a_part() -> None:
    found = window()
    best, worst = found.best(), found.worst()
    assert best is not None
    assert worst is not None
    assert (best.doses, best.gap) == ((0.0, 1000.0), pytest.approx(0.75))
    alone = found.best(found.alone(0))
    assert alone is not None
    assert (alone.doses, alone.gap) == ((3.0, 0.0), pytest.approx(0.2))
    assert worst.gap == pytest.approx(0.0)
    holes = np.where(FIRST > 0.9, np.nan, FIRST)
    told = window(first=Killed(middle=holes)).best()
    assert told is not None
    assert told.doses == (1.0, 100.0), "what failed is not the widest"
    assert window(first=Killed(middle=np.full((3, 4), np.nan))).best() is None


def test_doses_beyond_what_patients_reach_are_told_apart() -> None:
    reach = window(reached=(1.0, np.nan)).reachable
    assert reach is not None
    assert reach[1].all()
    assert not reach[2].any()
    both = window(reached=(1.0, 50.0)).reachable
    assert both is not None
    assert int(both.sum()) == 4
    assert window().reachable is None
    assert window(reached=(np.nan, np.nan)).reachable is None


def test_draws_of_both_cells_go_together() -> None:
    first = np.stack([FIRST, FIRST], axis=-1)
    second = np.stack([SECOND, np.ones((3, 4))], axis=-1)
    found = window(first=Killed.of_draws(first), second=Killed.of_draws(second))
    share = found.share
    assert share is not None
    assert share[1, 1] == 0.5
    assert share[0, 0] == 0.0
    assert found.some(found.joint) == 0.5
    assert found.some(found.alone(0)) == 0.0
    best = found.best()
    assert best is not None
    low, high = found.band(best) or (np.nan, np.nan)
    assert low < best.gap < high
    # kept in step, each draw has the same gap; the draws of one cell in another order spread it
    rising = np.linspace(0.0, 0.5, 40) * np.ones((3, 4, 1))
    steady = window(first=Killed.of_draws(rising + 0.3), second=Killed.of_draws(rising))
    place = steady.best()
    assert place is not None
    assert steady.band(place) == pytest.approx((0.3, 0.3))
    mixed = window(first=Killed.of_draws(rising + 0.3), second=Killed.of_draws(rising[..., ::-1]))
    apart = mixed.band(place)
    assert apart is not None
    assert apart[1] - apart[0] > 0.5
    assert window().share is None
    assert window().some(window().joint) is None
    assert window().band(best) is None


@pytest.mark.parametrize(
    "more",
    [
        {"first": Killed(middle=FIRST[:2])},
        {"most": 0.2, "few": 0.2},
        {"most": 1.2},
        {"reached": (1.0,)},
        {"first": Killed.of_draws(np.stack([FIRST, FIRST], axis=-1))},
    ],
)
def test_what_does_not_fit_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(DesignError):
        window(**more)


def test_no_point_has_no_span() -> None:
    with pytest.raises(ValueError, match="no point"):
        window().spans(np.zeros((3, 4), dtype=bool))
