"""The dose grammar: what each form means, and what is refused."""

from __future__ import annotations

import pytest

from redoxsim.errors import DesignError, UnitError
from redoxsim.pharmacology import Schedule, parse_dose

H = 3600.0


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("auranofin=2uM", [("auranofin", "add", 2.0, 0.0, None)]),
        ("auranofin = 2 uM @ 6 h", [("auranofin", "add", 2.0, 6 * H, None)]),
        ("bso=100uM@-24h", [("bso", "add", 100.0, -24 * H, None)]),
        ("bso=1uM@0h,24h", [("bso", "add", 1.0, 0.0, None), ("bso", "add", 1.0, 24 * H, None)]),
        ("vitamin-c=1mM@0h..6h", [("vitamin-c", "add", 1.0, 0.0, None), ("", "wash", None, 6 * H, None)]),
        ("bso=0.1uM/h@0h..24h", [("bso", "infuse", 0.1, 0.0, 24 * H)]),
        ("H2O2_x:=5uM@2h", [("H2O2_x", "set", 5.0, 2 * H, None)]),
        ("wash@6h", [("", "wash", None, 6 * H, None)]),
        ("wash@6h,30min", [("", "wash", None, 6 * H, None), ("", "wash", None, 0.5 * H, None)]),
        ("a=0@0", [("a", "add", 0.0, 0.0, None)]),
    ],
)
def test_forms(text: str, rows: list[tuple[str, str, float | None, float, float | None]]) -> None:
    found = [(r.target, r.action, r.amount.value if r.amount else None, r.time, r.until) for r in parse_dose(text)]
    assert found == rows


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("auranofin=-2uM", DesignError, "negative dose in 'auranofin=-2uM'"),
        ("auranofin", DesignError, "is not a dose"),
        ("auranofin=", DesignError, "no amount"),
        ("auranofin=uM", UnitError, "number"),
        ("auranofin=2frog", UnitError, "unknown unit 'frog'"),
        ("auranofin=2uM@6", UnitError, "time '6'.*no unit"),
        ("auranofin=2uM@6uM", UnitError, "concentration"),
        ("auranofin=2uM@", DesignError, "time is missing"),
        ("auranofin=2uM@6h..2h", DesignError, "ends before it starts"),
        ("bso=0.1uM/h@0h", DesignError, "infusion without an end"),
        ("S:=5uM@0h..2h", DesignError, "single times"),
        ("wash", DesignError, "does not say when"),
        ("wash@0h..2h", DesignError, "single times"),
        ("", DesignError, "is not a dose"),
        ("=2uM", DesignError, "is not a dose"),
    ],
)
def test_refused(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_dose(text)


def test_written_out_and_read_again_is_the_same() -> None:
    texts = ["auranofin=2uM@0h..6h", "bso=100uM@-24h", "x=0.1uM/h@1h..2h", "S:=5uM@2h"]
    schedule = Schedule.parse(texts)
    assert Schedule.parse(str(schedule).split("; ")) == schedule
    assert schedule.start() == -24 * H
    assert schedule.targets() == ("auranofin", "bso", "x", "S")


def test_mapping_is_the_same_as_text() -> None:
    assert Schedule.of({"auranofin": "2 uM", "bso": "1uM@3h"}) == Schedule.parse(["auranofin=2uM", "bso=1uM@3h"])
    assert Schedule.of(None) == Schedule()


def test_number_without_unit_is_refused() -> None:
    with pytest.raises(UnitError, match="'auranofin' has no unit"):
        Schedule.of({"auranofin": 2.0})  # type: ignore[dict-item]
