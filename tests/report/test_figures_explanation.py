"""What carries a synergy, drawn and told."""

from __future__ import annotations

import numpy as np
import pytest
from figure_looks import overlaps, panel, texts, too_small

from redoxsim.report.explanation import explanation_rows, explanation_text, heads
from redoxsim.report.figures.explanation import explanation
from redoxsim.study.edges import Cut, Explanation
from redoxsim.study.metadata import Edge


def made(*, draws: int = 0) -> Explanation:
    size = max(draws, 1)

    def cut(name: str, share: float, alone: float, problem: str = "") -> Cut:
        edge = Edge(id=name.lower().replace(" ", "-"), name=name, set={"k": 0.0})
        values = np.full(size, 0.2 * (1 - share))
        own = {} if problem else {"auranofin": np.full(size, alone), "bso": np.zeros(size)}
        wide = 0.1 if draws else 0.0
        return Cut(
            edge=edge, share=(share - wide, share, share + wide), excess=values, strongest=values, alone=own,
            problem=problem,
        )  # fmt: skip

    cuts = (
        cut("Gold", 0.9, 0.0),
        cut("Back up", 0.2, 0.1),
        cut("Death", -0.3, -0.8),
        cut("Lost", np.nan, 0.0, "failed"),
    )
    return Explanation(
        observable="viability", agents=("auranofin", "bso"), at={"auranofin": 1.0, "bso": 30.0},
        excess=np.full(size, 0.2), strongest=np.full(size, 0.5), cuts=cuts, absent={"other": "reaction 'x'"},
        draws=draws, solves=9,
    )  # fmt: skip


@pytest.mark.parametrize("draws", [0, 8])
def test_bars_are_ranked_and_say_what_the_cut_does_to_each_agent(draws: int) -> None:
    figure = explanation(made(draws=draws), title="t", caption="c")
    assert overlaps(figure) == []
    assert too_small(figure) == []
    axes = panel(figure, "a   Share")
    assert [one.get_text() for one in axes.get_yticklabels()] == ["Gold", "Back up", "Death"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([90.0, 20.0, -30.0])
    assert len([line for line in axes.lines if line.get_linewidth() == 1.2]) == (3 if draws else 0)
    right = panel(figure, "b   What the cut does")
    assert sorted(bar.get_width() for bar in right.patches)[0] == pytest.approx(-0.8)
    said = " ".join(texts(figure)).replace("\n", " ")
    assert "Without a number: Lost" in said
    assert "Not in this combination: other" in said


def test_the_table_and_the_text_say_the_same() -> None:
    found = made(draws=8)
    rows = explanation_rows(found)
    assert set(rows[0]) == set(heads(found))
    assert [row["edge"] for row in rows] == ["gold", "back-up", "death", "lost"]
    assert rows[2]["alone_auranofin"] == pytest.approx(-0.8)
    assert rows[3]["share"] is None
    assert rows[3]["problem"] == "failed"
    text = explanation_text(found)
    assert "90% (80 to 100)" in text
    assert "mean +0.200 over the combinations, +0.500 at auranofin 1, bso 30" in text
    assert "lost: no number: failed" in text
    assert "other: left out, this combination has no reaction 'x'" in text
