"""What a notebook shows of the main types fits on a line."""

from __future__ import annotations

import pytest

import redoxsim as rx
from redoxsim import equations


def test_main_types_say_what_they_are_in_a_line() -> None:
    network = rx.read("trx")
    course = rx.simulate(network, until="1 h", every="10 min")
    lines = [repr(one) for one in (network, equations.build(network), course)]
    assert all(len(line) < 120 for line in lines), lines
    assert f"{len(network.species)} species" in lines[0]
    assert f"{len(equations.build(network).states)} states" in lines[1]
    assert "7 times; solved to the end" in lines[2]


def test_a_solution_and_results_know_what_is_in_them() -> None:
    network = rx.read("trx")
    course = rx.simulate(network, until="1 h", every="10 min")
    first = next(iter(course.system.states))
    assert first in course
    assert "nothing" not in course
    assert 0.5 not in course
    results = rx.scan(network, axes={first: [0.1, 0.2]}, until="1 h", observe=first)
    assert first in results
    assert "nothing" not in results
    for one in (course, results):
        with pytest.raises(TypeError):
            list(one)


def test_tables_of_an_analysis_say_what_they_hold() -> None:
    network = rx.read("gsh")
    steady = rx.steady(network)
    gains = rx.sensitivity(network, observe="GSH_c", at="1 h", parameters=["GSR", "GCLC"])
    assert repr(steady) == "<SteadyTable gsh: 1 of 1 states found>"
    assert repr(gains).startswith("<SensitivityTable local: GSH_c to 2 constants; ")
    assert len(repr(gains)) < 200
