"""The courses behind a combination: at the doses where the agents interact most, alone and together."""

from __future__ import annotations

import numpy as np
import pytest

import redoxsim as rx
from redoxsim.study import mechanism


@pytest.fixture(scope="module")
def surface() -> rx.study.ResultSet:
    doses = {"auranofin": "0.3uM,1uM,3uM", "bso": "10uM,100uM"}
    return rx.combine("redox", agents=["auranofin", "bso"], doses=doses, at="48 h", cells=1)


def test_the_doses_are_where_bliss_excess_is_largest(surface: rx.study.ResultSet) -> None:
    excess = np.abs(surface.scores(["bliss"])["bliss"].values)
    first, second = np.unravel_index(np.argmax(excess), excess.shape)
    assert mechanism.strongest(surface, "viability") == {
        "auranofin": float(surface.dataset["auranofin"][first]), "bso": float(surface.dataset["bso"][second]),
    }  # fmt: skip


def test_each_alone_then_both(surface: rx.study.ResultSet) -> None:
    found = mechanism.courses("redox", surface, observe="viability", times={"bso": "-24h"})
    assert [len(run.doses) for run, _ in found] == [1, 1, 2]
    assert all("@-24h" in text for run, _ in found for text in run.doses if text.startswith("bso"))
    alone, bso, both = (np.asarray(results["GSH_c"]) for _, results in found)
    assert bso[-1] < alone[-1] / 4.0
    assert both[-1] < alone[-1] / 4.0


def test_nothing_where_the_model_has_none_of_it(surface: rx.study.ResultSet) -> None:
    assert mechanism.courses("redox", surface, observe="viability", shown=("nothing_such",)) == []
