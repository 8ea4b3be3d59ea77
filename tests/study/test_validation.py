"""Observations as data, and a model judged by them."""

import math
import re
from pathlib import Path

import pytest

from redoxsim.errors import DesignError, ReadError
from redoxsim.study.observations import Expected, load_observations
from redoxsim.study.validation import Count, judge, validate

FILE = """
title = "Two observations"

[[observation]]
id = "X1"
topic = "toy"
text = "GSH under BSO"
known = "read"
source = "a paper"
run = [{ id = "dosed", kind = "simulate", doses = ["bso=100uM"], until = "24 h", every = "2 h", observe = ["GSH_c"] }]
expect = [
    { text = "left", kind = "number", published = 0.1, within = [0.02, 0.2],LEFT },
    { text = "falls", kind = "sign", at_least = 2.0,LEFT },
]

[[observation]]
id = "X2"
topic = "toy"
text = "a constant"
known = "recalled"
source = "a book"
use = "input"
why = "it is put in"
""".replace("LEFT", ' let = { a = { run = "dosed", observe = "GSH_c", take = "last", relative = true } }')


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    return path


def number(**bounds):
    return Expected(text="", kind="bound", let={"a": {"run": "r", "observe": "x", "take": "last"}}, **bounds)


def test_each_part_is_judged_and_counted_by_kind(file):
    found = validate(file)
    assert [one.state for one in found.rows] == ["wrong sign", "input"]
    assert [one.state for one in found.rows[0].judged] == ["in band", "wrong sign"]
    assert (found.numbers(), found.signs()) == (Count(good=1, total=1), Count(good=0, total=1))
    assert (found.numbers("recalled").total, found.uses()) == (0, {"scored": 1, "input": 1})


def direction(formula=None, relative=False, observe="xx", take="last", **bounds):
    """A direction over quantities a, b, c of one run, each observing what stands at its place in ``observe``."""
    used = [name for name in "abc" if name in (formula or "a").replace("max", "")]
    let = {
        name: {"run": "r", "observe": seen, "take": take, "relative": relative}
        for name, seen in zip(used, observe.ljust(3, "x"), strict=False)
    }
    return Expected(text="", kind="sign", formula=formula, let=let, **bounds)


@pytest.mark.parametrize(
    ("one", "neutral"),
    [
        (direction(relative=True, at_most=0.9), 1.0),
        (direction(at_least=0.85), None),
        (direction(relative=True, take="above 1.5", at_least=2.0), None),
        (direction("a/b", at_most=0.9), 1.0),
        (direction("c/max(a, b)", at_least=1.1), 1.0),
        (direction("a/b", observe="xy", at_least=50.0), None),
        (direction("a - b", observe="xy", at_least=0.1), 0.0),
        (direction("a*b - c", at_least=0.0), 0.0),
        (direction("(a - b)/(1 - b)", at_least=0.8), 0.0),
        (direction("(a - b)/(a - c)", at_most=0.5), 1.0),
        (direction("1000*a", at_least=5.0), None),
        (direction(at_most=1.0, neutral=1.0), 1.0),
    ],
)  # fmt: skip
def test_where_nothing_happens(one, neutral):
    assert one.at_rest == neutral


@pytest.mark.parametrize(
    ("one", "states"),
    [
        (direction("a/b", at_most=0.9), {0.9: "in band", 0.98: "too small", 0.995: "no effect", 1.02: "wrong sign"}),
        (direction("a - b", at_least=0.1), {0.083: "too small", -0.009: "no effect", -0.02: "wrong sign"}),
        (direction("a*b - c", at_least=0.0), {0.0: "in band", -0.005: "no effect", -0.02: "wrong sign"}),
        (direction("a/b", within=(1.2, 2.0)), {1.1: "too small", 0.5: "wrong sign", 3.0: "off"}),
        (direction("a/b", within=(0.9, 1.1)), {1.0: "in band", 0.5: "off", 1.2: "off"}),
        (direction(at_least=0.85), {0.8: "off", 0.1: "off"}),
        (direction("a/b", at_most=0.9), {math.inf: "wrong sign"}),
    ],
)  # fmt: skip
def test_a_direction_that_misses_says_how(one, states):
    assert {value: judge(one, value).state for value in states} == states


def test_a_row_is_called_by_its_worst_part_and_misses_are_counted(file):
    file.write_text(FILE.replace('kind = "sign", at_least = 2.0', 'kind = "sign", at_most = 0.001'))
    found = validate(file)
    assert [one.state for one in found.rows[0].judged] == ["in band", "too small"]
    assert (found.rows[0].state, found.missed()) == ("too small", {"too small": 1})


def test_how_far_off():
    one = number(within=(2.0, 4.0))
    assert [judge(one, x).off for x in (1.0, 3.0, 8.0)] == [2.0, 1.0, 2.0]
    assert judge(one, 0.0).off == math.inf
    assert judge(one, math.nan).state == "failed"
    assert math.isnan(judge(number(at_most=0.0), 0.3).off)


def test_a_row_that_cannot_run_is_told_and_the_others_go_on(file):
    file.write_text(FILE.replace('doses = ["bso=100uM"]', 'doses = ["bs0=100uM"]'))
    found = validate(file)
    assert "bs0" in found.rows[0].trouble
    assert found.rows[0].state == "failed"
    assert found.numbers() == Count(good=0, total=1)


def test_stopped_early_keeps_what_is_done(file):
    found = validate(file, cancel=lambda: True)
    assert found.interrupted
    assert found.rows[0].state == "not run"


def test_only_some(file):
    assert [one.observation.id for one in validate(file, only=["X2"]).rows] == ["X2"]
    with pytest.raises(DesignError, match="X3") as error:
        validate(file, only=["X3"])
    assert error.value.hint


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('observe = ["GSH_c"]', 'observe = ["GSH_m"]', "does not observe"),
        ('use = "input"\nwhy = "it is put in"', 'use = "input"', "say why"),
        ('id = "X2"', 'id = "X1"', "already"),
        ("published = 0.1, ", "", "published"),
        ("within = [0.02, 0.2]", "within = [0.2, 0.02]", "lies above"),
        ('take = "last"', 'take = "final"', "no way 'final'"),
        ('{ run = "dosed"', '{ run = "dozed"', "dozed"),
        ('known = "read"', 'known = "heard"', "known"),
        ("published = 0.1,", "published = 0.1, neutral = 1.0,", "'neutral' goes with a direction"),
    ],
)  # fmt: skip
def test_mistakes_in_a_file_are_named(file, old, new, says):
    assert old in FILE
    file.write_text(FILE.replace(old, new, 1))
    with pytest.raises(ReadError) as error:
        load_observations(file)
    assert says in str(error.value)
    assert "mine.toml" in str(error.value)


def test_wilson_interval_against_a_worked_value():
    # 8 of 10: Wilson 95% is 0.490 to 0.943 (Newcombe 1998 Stat Med 17:857, method 3).
    low, high = Count(good=8, total=10).interval()
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert all(math.isnan(end) for end in Count(good=0, total=0).interval())


def test_shipped_observations_cover_the_source_table():
    board = load_observations()
    assert len(board.observations) == 99
    assert all(one.expect or one.use != "scored" for one in board.observations)
    assert {one.known for one in board.observations} == {"read", "recalled", "source-only"}


ALONE = """
[[observation]]
id = "X3"
topic = "toy"
text = "auranofin on TrxR1"
known = "read"
source = "a paper"
[[observation.run]]
id = "dosed"
kind = "simulate"
doses = ["auranofin=1uM"]
until = "6 h"
every = "2 h"
observe = ["TrxR1_activity"]
[[observation.expect]]
text = "left"
kind = "bound"
at_most = 0.5
let = { a = { run = "dosed", observe = "TrxR1_activity", take = "last" } }
"""


def test_a_row_alone_is_the_row_in_the_whole(file):
    file.write_text(FILE + ALONE)
    whole = {one.observation.id: one for one in validate(file).rows}
    for name in ("X1", "X3"):
        (alone,) = validate(file, only=[name]).rows
        assert [one.value for one in alone.judged] == [one.value for one in whole[name].judged]


def test_what_stands_beside_a_row_does_not_move_it(file):
    """The other agents of a file are in the model at dose zero: they move no more than the solver's last digits."""
    (before, _) = validate(file).rows
    file.write_text(FILE + ALONE)
    (after, *_) = validate(file).rows
    assert [one.value for one in after.judged] == pytest.approx([one.value for one in before.judged], rel=1e-5)


def test_an_agent_that_the_model_lacks_parts_for_fails_its_own_row_only(file, tmp_path):
    alone = ALONE.replace("auranofin=1uM", "cb-839=1uM").replace(
        'text = "auranofin on TrxR1"', 'text = "x"\nmodel = "gsh"'
    )
    file.write_text(FILE.replace('id = "X1"', 'id = "X1"\nmodel = "gsh"') + alone.replace("TrxR1_activity", "GSH_c"))
    first, _, third = validate(file).rows
    assert (first.trouble, first.state) == ("", "wrong sign")
    assert "cb-839" in third.trouble


PAGE = Path(__file__).parents[2] / "docs" / "explain" / "scoreboard.md"


def test_what_counts_as_a_number_is_what_the_page_lists():
    """A row with a number read in its source, by the rule and the list of the page: neither more nor fewer."""
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-G]\d\d(?:, [A-G]\d\d)*) \| .* \| (number|direction)", page, re.MULTILINE)
    listed = {
        kind: {one for ids, of in rows if of == kind for one in ids.split(", ")} for kind in ("number", "direction")
    }
    read = [one for one in load_observations().observations if one.use == "scored" and one.known == "read"]
    counted = {one.id for one in read if any(part.kind != "sign" for part in one.expect)}
    assert counted == listed["number"]
    assert {one.id for one in read if one.id in listed["direction"]} == listed["direction"]


@pytest.mark.slow
def test_every_miss_is_explained_on_the_page_and_every_count_stands_there():
    found = validate()
    page = PAGE.read_text(encoding="utf-8")
    reasons = page.split("## Misses by mechanism")[1].split("## Negative controls")[0]
    missed = {one.observation.id for one in found.rows if one.counts and not one.good}
    assert {name for name in missed if name not in reasons} == set()
    for count in (found.numbers("read"), found.signs("read"), found.numbers("recalled", "source-only")):
        assert f"{count.good} of {count.total} ({count.share:.0%})" in page
