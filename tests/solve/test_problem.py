"""Problems, schedules and batches refuse what makes no sense, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.errors import DesignError, Unsupported
from redoxsim.solve import Batch, Dose, Problem, Schedule, solve
from redoxsim.solve.solution import RowStats, Stats

SYSTEM = equations.build(
    network_of(
        ["A -> B; k*A"],
        species={"A": 1.0, "S": 2.0},
        parameters={"k": 1.0, "x": None},
        rules=["x := A"],
        boundary=["S"],
    )
)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"times": []}, "at least one"),
        ({"times": [0.0, 0.0]}, "increase"),
        ({"times": [0.0, np.inf]}, "finite"),
        ({"start": "stedy"}, "given, steady"),
        ({"rtol": 0.0}, "rtol"),
        ({"atol": [1e-9] * 7}, "one per state"),
        ({"atol": 0.0}, "positive"),
        ({"max_steps": 0}, "max_steps"),
    ],
)
def test_settings_are_checked(settings: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        Problem(**({"system": SYSTEM, "times": [0.0, 1.0]} | settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dose", "message"),
    [
        ({"target": "A", "action": "ad"}, "did you mean 'add'"),
        ({"target": "A", "action": "infuse", "amount": 1.0}, "needs an end"),
        ({"target": "A", "action": "add", "amount": np.nan}, "finite"),
        ({"target": "A", "action": "add", "until": 3.0}, "only an infusion"),
    ],
)
def test_doses_are_checked(dose: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        Dose(time=0.0, **dose)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dose", "message"),
    [
        (Dose(time=0, target="a", action="add", amount=1), "did you mean 'A'"),
        (Dose(time=0, target="x", action="add", amount=1), "computed by the model"),
        (Dose(time=0, target="S", action="infuse", amount=1, until=2), "cannot be infused"),
        (Dose(time=0, target="A", action="wash"), "no compartment to wash"),
    ],
)
def test_targets_are_checked_before_the_first_step(dose: Dose, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        solve(Problem(system=SYSTEM, times=[0.0, 1.0], schedule=Schedule((dose,))))


def test_schedule_is_sorted_and_starts_with_the_first_dose() -> None:
    rows = [Dose(time=t, target="A", action=a) for t, a in [(3, "add"), (1, "add"), (1, "set"), (1, "wash")]]
    schedule = Schedule(tuple(rows))
    assert [(d.time, d.action) for d in schedule.doses] == [(1, "wash"), (1, "set"), (1, "add"), (3, "add")]
    assert schedule.start() == 0.0
    assert Schedule((replace(rows[0], time=-5.0),)).start() == -5.0


def test_batch_shapes_are_checked() -> None:
    with pytest.raises(DesignError, match="column 'k'"):
        Batch(system=SYSTEM, times=[0.0], rows=3, columns={"k": np.ones(2)})
    with pytest.raises(DesignError, match="schedule_index"):
        Batch(system=SYSTEM, times=[0.0], rows=2, schedule_index=np.array([0, 1]))


def test_event_time_that_changes_is_refused() -> None:
    net = network_of(["A -> ; k*A"], species={"A": 1.0}, parameters={"k": 1.0, "T": 3.0}, events=["T: T = 5; A = 2"])
    with pytest.raises(Unsupported, match="'T', which changes"):
        solve(Problem(system=equations.build(net), times=[0.0, 1.0]))


def test_doses_at_one_instant_and_output_there() -> None:
    doses = (
        Dose(time=2, target="A", action="add", amount=1.0),
        Dose(time=2, target="A", action="set", amount=10.0),
        Dose(time=2, target="c", action="wash"),
        Dose(time=5, target="A", action="set", amount=7.0),
    )
    sol = solve(Problem(system=SYSTEM, times=[0.0, 2.0, 5.0], schedule=Schedule(doses)))
    assert sol["A"].tolist() == [1.0, 11.0, 7.0]  # right-continuous, also at the end
    assert sol["B"][1] == 0.0  # washed back to its initial value
    assert sol["S"].tolist() == [2.0, 2.0, 2.0]


def test_wash_restores_the_value_at_the_start_not_the_model_s() -> None:
    doses = (Dose(time=1, target="S", action="set", amount=9.0), Dose(time=2, target="c", action="wash"))
    sol = solve(Problem(system=SYSTEM, times=[0.0, 1.0, 2.0], values={"A": 4.0, "S": 3.0}, schedule=Schedule(doses)))
    assert sol["S"].tolist() == [3.0, 9.0, 3.0]
    assert sol["A"][2] == 4.0


def test_event_exactly_at_and_just_after_a_time() -> None:
    for text, expected in (("2: A = 5", 5.0), ("2+: A = 5", 1.0)):
        sol = solve(Problem(system=equations.build(network_of(species={"A": 1.0}, events=[text])), times=[0, 2, 3]))
        assert sol["A"].tolist() == [1.0, expected, 5.0]


def test_set_of_a_compartment_keeps_amounts() -> None:
    sol = solve(
        Problem(
            system=SYSTEM, times=[0.0, 1.0], values={"k": 0.0},
            schedule=Schedule((Dose(time=1, target="c", action="set", amount=4.0),)),
        )
    )  # fmt: skip
    assert sol["A"].tolist() == [1.0, 0.25]
    assert sol.amount("A").tolist() == [1.0, 1.0]
    assert sol["S"].tolist() == [2.0, 0.5]


def test_event_values_are_all_from_just_before() -> None:
    net = network_of(species={"A": 1.0, "B": 2.0}, parameters={"k": 3.0}, events=["1: A = B + k; B = A; k = A + B"])
    sol = solve(Problem(system=equations.build(net), times=[0.0, 1.0]))
    assert [sol[name][1] for name in ("A", "B", "k")] == [5.0, 1.0, 3.0]


def test_restart_keeps_doses_once_and_infusions_going() -> None:
    doses = (
        Dose(time=2, target="A", action="add", amount=1.0),
        Dose(time=1, target="B", action="infuse", amount=1.0, until=3),
    )
    problem = Problem(system=SYSTEM, times=[0.0, 2.0], values={"k": 0.0}, schedule=Schedule(doses))
    first = solve(problem)
    second = solve(problem.restart_from(first, times=[2.0, 4.0]))
    assert second["A"].tolist() == [2.0, 2.0]
    assert second["B"] == pytest.approx([1.0, 2.0])
    with pytest.raises(DesignError, match="before the restart"):
        problem.restart_from(first, times=[1.0])


def test_solution_in_words_and_tables() -> None:
    sol = solve(Problem(system=SYSTEM, times=[0.0, 1.0]))
    frame = sol.to_dataframe()
    assert list(frame.columns) == ["time", "A", "B", "x"]
    assert "solved to the end" in sol._repr_html_()
    with pytest.raises(DesignError, match="did you mean 'A'"):
        sol.concentration("a")


def test_stats_of_rows_are_made_when_asked_for() -> None:
    other = Stats(solver="scipy", steps=9)
    found = RowStats(
        solver="rosenbrock", steps=np.array([5, 6, 7]), rejected=np.array([0, 1, 2]), seconds=np.full(3, 0.5),
        others={1: other},
    )  # fmt: skip
    assert len(found) == 3
    assert found[0] == Stats(solver="rosenbrock", steps=5, rejected=0, jacobians=5, seconds=0.5)
    assert found[-1].rejected == 2
    assert found[1] is other
    assert found[1:] == (other, found[2])
    assert [one.steps for one in found] == [5, 9, 7]
    with pytest.raises(IndexError, match="there are 3 rows, not 3"):
        found[3]
