"""What `models show` says of a model, on a chain whose answers are known, and on the shipped ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redoxsim import network
from redoxsim.errors import SolveError
from redoxsim.study import portrait
from redoxsim.study.metadata import Constant, Target

CHAIN = """model chain()
  compartment c = 1;
  species A in c = 3; species B in c = 1; species P in c = 0.5; species $Q in c; species M in c = 1; species N in c = 1;
  Q := 4 - P - 2*A/2;
  make: -> A; c*3; leak: A -> ; c*0.5*A; feed: -> P; c*0.002; turn: P -> ; c*0.001*P;
  to: M -> N; c*5*M; back: N -> M; c*5*N; gain: -> B; c*1e-5; loss: B -> ; c*1e-5*B;
end
"""


def test_modes_are_named_after_their_states() -> None:
    found = portrait.modes(np.diag([-2.0, -0.01, -50.0]), ["a", "b", "c"])
    assert [(one.state, one.seconds) for one in found] == [("c", 0.02), ("a", 0.5), ("b", pytest.approx(100.0))]
    assert portrait.modes(np.zeros((0, 0)), []) == ()
    grows = portrait.modes(np.diag([1.0, -1.0, 0.0]), ["up", "down", "stays"])
    assert [one.state for one in grows] == ["down"]


def test_a_chain() -> None:
    targets = [Target(id="A", low=5, high=7, source="book"), Target(id="P", low=3, high=4, source="book")]
    seen = portrait.portrait(network.read_antimony(CHAIN), targets)
    assert seen.states == 5
    assert [one.holds for one in seen.targets] == [True, False]
    assert seen.targets[0].value == pytest.approx(6.0)
    assert "OUTSIDE" in str(seen.targets[1])
    assert "OUTSIDE" not in str(seen.targets[0])
    assert seen.modes[0].seconds == pytest.approx(0.1)
    assert seen.modes[-1].state == "B"
    assert seen.modes[-1].seconds == pytest.approx(1e5)
    assert seen.time_scales.endswith("1 below 1 s, 2 1 s to 1 h, 1 above 1 h")
    assert seen.totals == ("M + N",)


def test_no_rest_is_said() -> None:
    with pytest.raises(SolveError, match="steady"):
        portrait.portrait(network.read_antimony("model g()\n species A = 1; J: -> A; 1 + A\nend"))


def test_totals_that_rules_keep() -> None:
    seen = portrait.portrait(network.read("trx"))
    assert "Prx2_SH + Prx2_SOH + Prx2_SS + Prx2_SO2" in seen.totals
    assert "Trx2_SH + Trx2_SS" in seen.totals


def test_shares_leave_out_definitions_and_boundaries() -> None:
    def one(name: str, grade: str, source: str) -> Constant:
        return Constant(id=name, value=1, unit="", low=None, high=None, grade=grade, source=source)

    rows = [one("a", "A", "paper"), one("b", "C", "assumed"), one("c", "C", "assumed"), one("d", "B", "recalled")]
    rest = [one("e", "A", "definition"), one("f", "C", "boundary")]
    assert portrait.shares(rows + rest) == "25% A, 25% B, 50% C of 4 constants (without definitions and boundaries)"
    assert portrait.shares(rest) == ""


@pytest.mark.parametrize(("seconds", "text"), [(5e-5, "50 us"), (0.02, "20 ms"), (3.0, "3 s"), (1e5, "27.8 h")])
def test_durations(seconds: float, text: str) -> None:
    assert portrait.duration(seconds) == text


def test_the_command_shows_it(command: Callable[..., Any]) -> None:
    ran = command("models", "show", "redox", "--format", "json")
    assert ran.code == 0, ran.err
    about = json.loads(ran.out)["about"]
    assert about["states"] < about["species"]
    assert "below 1 s" in about["time scales"]
    assert any(line.startswith("NADP_c + NADPH_c") for line in about["conserved totals"])
    assert len(about["at rest"]) >= 20
    assert not [line for line in about["at rest"] if "OUTSIDE" in line]
    assert about["share by grade"].count("%") == 3


def test_totals_have_their_sizes_at_rest() -> None:
    seen = portrait.portrait(network.read("redox"))
    sizes = {of: size for of, size, _ in seen.amounts}
    assert list(sizes) == list(seen.totals)
    assert {unit for *_, unit in seen.amounts} == {"uM"}
    constants = {one.id: one.value for one in network.read("redox").parameters}
    assert sizes["NADP_c + NADPH_c"] == pytest.approx(constants["NADPtot_c"], rel=1e-4)  # NAD kinases move it
    assert sizes["ADP + ATP + AMP"] == pytest.approx(constants["ANtot"])
    assert sizes["PSH + PSOH + PSSG + 2*PSS"] == pytest.approx(constants["PSH_tot"])


def test_a_total_over_two_compartments_has_no_concentration() -> None:
    text = (
        "model m()\n compartment a = 1; compartment b = 2; species A in a = 1; species B in b = 1; A -> B; A - B;\nend"
    )
    seen = portrait.portrait(network.read_antimony(text))
    assert [size for _, size, _ in seen.amounts] == [None]


def test_the_page_says_it_all_in_lines(command: Callable[..., Any]) -> None:
    page = command("models", "show", "redox", "--format", "table").out
    for head in ("sizes", "time scales", "share by grade", "At rest, undosed", "Conserved totals", "Limits"):
        assert head in page, head
    assert f"{len(network.read('redox').species)} species" in page
    assert "kmito_H2O2" not in page  # constants are many: they are asked for
    assert "--constants" in page
    listed = command("models", "show", "redox", "--format", "table", "--constants").out
    assert "kmito_H2O2" in listed
    assert max(map(len, page.splitlines())) <= 130


def test_a_page_of_a_model_without_targets(command: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "decay.ant"
    path.write_text("model decay\n species A = 1; J: A -> ; k*A; k = 0.5\nend\n", encoding="utf-8")
    page = command("models", "show", path, "--format", "table").out
    assert "1 species, 1 reactions" in page
    assert "k " in page


def test_one_state_is_one_state(command: Callable[..., Any]) -> None:
    page = command("models", "show", "fate", "--format", "table").out
    assert "[]" not in page
    chain = portrait.portrait(network.read_antimony("model d()\n species A = 1; J: A -> ; 0.5*A; K: -> A; 0.5;\nend"))
    assert chain.time_scales == "2 s (A)"


def test_what_misses_its_band_stands_out() -> None:
    from redoxsim.cli.model_page import model_page
    from redoxsim.study.metadata import Target

    low = portrait.AtTarget(target=Target(id="A", low=2.0, high=3.0, source="paper"), value=1.0, unit="uM")
    seen = portrait.Portrait(states=1, modes=(), totals=(), targets=(low,))
    page = model_page({"model": "m", "title": "t", "species": 1}, seen, [], listed=False, width=100)
    assert "0 of 1 inside" in page
    assert "2 to 3  OUTSIDE" in page
