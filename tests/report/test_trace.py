"""A trace drawn and told."""

from __future__ import annotations

import numpy as np
from figure_looks import overlaps, panel, texts

from redoxsim.report.figures.trace import MOST, REST, trace
from redoxsim.report.marks import DoseBar
from redoxsim.report.trace import trace_heads, trace_rows, trace_text
from redoxsim.study.trace import Trace

TIMES = np.linspace(0.0, 24.0, 49) * 3600.0


def made(parts: int = 12, *, rules: bool = False) -> Trace:
    rise = 1.0 - np.exp(-TIMES / 7200.0)
    names = [f"rule of R{i}" if rules else f"J{i}" for i in range(parts)]
    found = {name: (1e-3 * (-1) ** i / (i + 1)) * (1.0 + rise) for i, name in enumerate(names)}
    return Trace(
        readout="H2O2_m", unit="uM", times=TIMES, values=0.003 + 0.01 * rise, parts=found,
        names={name: f"a reaction with a long name, number {name}" for name in names},
    )  # fmt: skip


def test_what_departs_most_has_a_colour_and_the_others_are_one() -> None:
    found = made()
    figure = trace(found, doses=[DoseBar(0.0, None, "auranofin 2 µM")], caption="c", note="n")
    assert overlaps(figure) == []
    moved = panel(figure, "c   The same")
    curves = {line.get_label(): np.asarray(line.get_ydata()) for line in moved.lines}
    np.testing.assert_allclose(curves["J0"], found.moved("J0") * 3600.0)
    others = sum(found.moved(f"J{i}") for i in range(MOST, 12)) * 3600.0
    np.testing.assert_allclose(curves[REST], others, atol=1e-12)
    said = " ".join(texts(figure)).replace("\n", " ")
    assert "the others together (4)" in said
    assert "rate of change (µM/h)" in said
    assert overlaps(trace(made(1))) == []


def test_rows_and_text_rank_alike() -> None:
    found = made()
    rows = trace_rows(found)
    assert len(rows) == 12 * 49
    assert set(rows[0]) == set(trace_heads(found))
    assert rows[0]["reaction"] == "J0"
    assert rows[0]["adds [uM/h]"] == 3.6
    assert rows[0]["moved [uM/h]"] == 0.0
    text = trace_text(found)
    assert "H2O2_m: 0.003 uM at 0 h, 0.013 at 24 h" in text
    assert text.index("number J0") < text.index("number J1")
    assert "and 2 more" in text
    assert "rules of the model" not in text
    assert "follow what they are made of" in trace_text(made(2, rules=True))
