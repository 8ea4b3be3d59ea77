"""Diagrams: what stands in them, that no texts lie on each other, that those of the docs are made from the models."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path

import pytest

from redoxsim import catalog, network
from redoxsim.errors import Unsupported
from redoxsim.network.compose import module_of, settings_of
from redoxsim.pharmacology import apply_agent, load_agent
from redoxsim.report.diagram import diagram, diagram_of
from redoxsim.report.diagram.__main__ import POSTERS, sizes
from redoxsim.report.diagram.cards import cards, on_page, packed, pieces
from redoxsim.report.diagram.layered import Size, acyclic_order, crossings, isotonic, place
from redoxsim.report.diagram.scheme import Actor, kin, scheme, values_at_start
from redoxsim.report.diagram.svg import text_width

DOCS = Path(__file__).resolve().parents[2] / "docs" / "models"
NAMES = sorted(catalog.models())
MODULES = settings_of(catalog.models()["redox"])["compose"]
SVG = "{http://www.w3.org/2000/svg}"
TOY = """
model toy()
  compartment a = 1; compartment b = 1;
  species S in a = 2; species P in a = 1; species X in b = 1; species E in a = 0.5; species I in a = 0.1;
  k = 1; K = 1; off = 0;
  make: S -> P; a*k*E*S/(K + I);
  back: P -> S; a*k*P;
  carry: P -> X; a*k*(P - X);
  feed: -> S; a*k;
  lose: X ->; b*k*X*E/(K + E);
  never: S -> P; a*off*S;
end
"""


@pytest.fixture(scope="module")
def toy() -> network.Network:
    return network.read_antimony(TOY, file="toy.ant")


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


# ---- the files of the docs


@pytest.mark.parametrize("name", NAMES)
def test_the_drawing_in_the_docs_is_that_of_the_model(name: str) -> None:
    now = diagram_of(network.read(name), name=name)
    again = "make it again: python -m redoxsim.report.diagram docs/models"
    assert (DOCS / f"{name}.svg").read_text(encoding="utf-8") == now, again


@pytest.mark.parametrize(("file", "name"), POSTERS.items())
def test_the_poster_in_the_docs_is_that_of_the_model(file: str, name: str) -> None:
    now = diagram_of(network.read(name), name=name, whole=True)
    assert (DOCS / f"{file}.svg").read_text(encoding="utf-8") == now
    words = texts(now)
    assert [words.count(one.id) for one in network.read(name).reactions] == [1] * len(network.read(name).reactions)


def test_the_page_has_the_sizes_and_a_picture_of_every_model() -> None:
    page = (DOCS / "README.md").read_text(encoding="utf-8")
    assert sizes() in page
    for name in {*NAMES} - {"redox-core"}:  # the modules of redox and redox-core are the same
        assert f"]({name}.svg)" in page
        assert f"models/networks/{name}/README.md)" in page


# ---- what stands in a drawing


@pytest.mark.parametrize("name", MODULES)
def test_a_module_shows_all_that_is_its_own(name: str) -> None:
    """Every reaction, every species that changes and every quantity of a rule is there; no reaction twice."""
    found, own = network.read(name), module_of(catalog.models()[name])
    words = texts((DOCS / f"{name}.svg").read_text(encoding="utf-8"))
    reactions = [one.id for one in found.reactions if one.id in own.defined]
    assert [words.count(one) for one in reactions] == [1] * len(reactions)
    whole = re.findall(r"\w+", " ".join(words))
    touched = {part.species for one in found.reactions for part in (*one.reactants, *one.products)}
    for name_ in own.defined:
        if name_ in touched or any(rule.target == name_ for rule in found.rules):
            assert name_ in whole


def test_the_overview_shows_who_gives_what_to_whom() -> None:
    words = texts((DOCS / "redox.svg").read_text(encoding="utf-8"))
    assert [words.count(name) for name in MODULES] == [1] * len(MODULES)
    # GSH of the cytosol goes to trx, nrf2, ferroptosis and fate; a constant that modules share is no link.
    assert words.count("GSH_c") == 4
    assert words.count("LOOH") == 1
    assert "KmNAD_m" not in words


def test_the_core_level_has_the_links_that_are_left() -> None:
    full, core = (texts((DOCS / f"{name}.svg").read_text(encoding="utf-8")) for name in ("redox", "redox-core"))
    assert "fold_SRXN1" in full  # sulfiredoxin is left out at core level
    assert "fold_SRXN1" not in core
    assert set(core) & {"GSH_c", "ATP", "LOOH"} == {"GSH_c", "ATP", "LOOH"}


def test_actions_have_the_sign_of_the_rate(toy: network.Network) -> None:
    steps = {one.id: one for one in scheme(toy).steps}
    assert steps["make"].actors == (Actor(id="E", how="catalysis"), Actor(id="I", how="inhibition"))
    assert steps["lose"].actors == (Actor(id="E", how="stimulation"),)
    assert steps["carry"].reversible
    assert not steps["make"].reversible
    assert [one.id for one in steps.values() if one.off] == ["never"]
    assert (steps["feed"].sources, steps["feed"].targets) == ((), ("S",))
    assert (steps["lose"].sources, steps["lose"].targets) == (("X",), ())


def test_what_a_reaction_is_about_and_what_it_needs_beside() -> None:
    steps = {one.id: one for one in scheme(network.read("redox")).steps}
    about = {name: (steps[name].sources, steps[name].targets, steps[name].enters) for name in steps}
    assert about["GSR_turnover"] == (("GSSG_c",), ("GSH_c",), ("NADPH_c",))
    assert about["hexokinase"] == (("Glc_x",), ("G6P",), ("ATP",))
    assert about["Prx1_reduction"] == (("Prx1_SS",), ("Prx1_SH",), ("Trx1_SH",))
    assert steps["GPX1_turnover"].enters == ("H2O2_c",)
    assert {actor.id: actor.how for actor in steps["GCL_ligation"].actors}["GSH_c"] == "inhibition"


def test_forms_of_one_thing_are_known() -> None:
    assert kin("Trx1_SS", "Trx1_SH")
    assert kin("ADP", "AMP")
    assert not kin("Glu", "Gln")


def test_what_depends_on_a_potential_below_zero_counts_its_size() -> None:
    signals = {one.id: {actor.id: actor.how for actor in one.actors} for one in scheme(network.read("energy")).signals}
    assert signals["dPsi"]["v_ETC"] == "stimulation"
    assert signals["dPsi"]["v_synthase"] == "inhibition"
    assert signals["v_leak"]["dPsi"] == "stimulation"


def test_an_agent_is_marked() -> None:
    before = network.read("redox")
    after = apply_agent(before, load_agent("auranofin"))
    svg = diagram_of(before, name="redox", edited=after)
    words = texts(svg)
    assert "auranofin_hits_TrxR1" in words
    assert "GSS_ligation" not in words  # what it leaves as it is
    assert "added by the agent" in words
    colours = {"".join(one.itertext()): one.get("fill") for one in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert colours["auranofin_c"] != colours["small molecule"]


def test_any_model_can_be_drawn(toy: network.Network) -> None:
    svg = diagram(toy, title="a < b & c")
    assert "a < b & c" in texts(svg)
    assert {"make", "back", "carry", "feed", "lose", "never"} <= set(texts(svg))
    assert diagram(network.read_antimony("model none()\nend\n", file="none.ant")).startswith("<svg")


def test_an_agent_that_does_not_fit_a_module_is_refused() -> None:
    with pytest.raises(Unsupported):
        apply_agent(network.read("trx"), load_agent("auranofin"))


# ---- the layout


@pytest.mark.parametrize("name", MODULES)
def test_cards_do_not_overlap(name: str) -> None:
    own = set(module_of(catalog.models()[name]).defined)
    made = cards(scheme(network.read(name), own=own))
    corners, width, height = on_page(made)
    boxes = [(x, y, x + one.width, y + one.height) for one, (x, y) in zip(made, corners, strict=True)]
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert max(box[2] for box in boxes) == width
    assert max(box[3] for box in boxes) == height


@pytest.mark.parametrize("name", [*NAMES, *POSTERS])
def test_no_two_texts_lie_on_each_other(name: str) -> None:
    """From the widths of the font that all others are narrower than; names on a line that comes after them too."""
    found = []
    root = ElementTree.fromstring((DOCS / f"{name}.svg").read_text(encoding="utf-8"))

    def walk(part: ElementTree.Element, dx: float, dy: float) -> None:
        moved = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", part.get("transform", ""))
        if moved:
            dx, dy = dx + float(moved[1]), dy + float(moved[2])
        if part.tag == f"{SVG}text":
            size, text = float(part.get("font-size", "0")), "".join(part.itertext())
            wide = text_width(text, size, bold=part.get("font-weight") == "bold")
            x, y = float(part.get("x", "0")) + dx, float(part.get("y", "0")) + dy
            left = x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[part.get("text-anchor", "start")]
            found.append((left, y - 0.74 * size, left + wide, y + 0.2 * size, text))
        for inner in part:
            walk(inner, dx, dy)

    walk(root, 0.0, 0.0)
    assert len(found) > 10
    clashes = [
        (one[4], other[4])
        for one, other in combinations(found, 2)
        if min(one[2], other[2]) - max(one[0], other[0]) > 0.5 and min(one[3], other[3]) - max(one[1], other[1]) > 0.5
    ]
    assert clashes == []
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    assert all(one[0] >= 0.0 and one[2] <= width and one[3] <= height for one in found)


def test_columns_follow_the_arrows_and_bands_keep_apart() -> None:
    sizes_ = {name: Size(20.0, 5.0, 5.0, band) for name, band in (("a", 0.0), ("b", 0.0), ("c", 1.0), ("d", 0.5))}
    placed = place(sizes_, [("a", "b"), ("b", "d"), ("d", "c")])
    assert [name for name, _ in sorted(placed.at.items(), key=lambda pair: pair[1][0])] == ["a", "b", "d", "c"]
    assert placed.bands[0.0][1] < placed.bands[0.5][0] < placed.bands[1.0][0]
    assert placed.at["a"][1] == placed.at["c"][1]  # a chain is straight


def test_crossings_are_taken_out() -> None:
    names = ["a", "b", "c", "x", "y", "z"]
    crossed = [("a", "z"), ("b", "y"), ("c", "x")]
    placed = place({name: Size(10.0, 5.0, 5.0) for name in names}, crossed)
    heights = [placed.at[tail][1] - placed.at[head][1] for tail, head in crossed]
    assert heights == pytest.approx([0.0] * 3)
    columns = [[("a",), ("b",)], [("x",), ("y",)]]
    assert crossings(columns, [(("a",), ("y",)), (("b",), ("x",))]) == 1
    assert crossings(columns, [(("a",), ("x",)), (("b",), ("y",))]) == 0


def test_few_arrows_point_back() -> None:
    order = acyclic_order(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    edges = [("a", "b"), ("b", "c"), ("c", "a")]
    assert sum(order.index(tail) > order.index(head) for tail, head in edges) == 1
    assert acyclic_order(["c", "b", "a"], [("a", "b"), ("b", "c")]) == ["a", "b", "c"]


def test_isotonic_keeps_what_is_in_order_and_pools_what_is_not() -> None:
    assert isotonic([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]) == [1.0, 2.0, 3.0]
    assert isotonic([4.0, 1.0], [1.0, 2.0]) == [2.0, 2.0]


def test_rectangles_fill_a_page_from_the_top() -> None:
    places, width, height = packed([(50.0, 40.0), (40.0, 40.0), (30.0, 10.0)], 110.0)
    assert places == [(0.0, 0.0), (62.0, 0.0), (0.0, 52.0)]
    assert (width, height) == (102.0, 62.0)


def test_pieces_are_what_reactions_join(toy: network.Network) -> None:
    (piece,) = pieces(scheme(toy))
    assert piece[0] == ["S", "P", "X"]
    assert len(piece[1]) == 6


def test_values_at_the_start_follow_the_rules() -> None:
    found = values_at_start(network.read_antimony("model m()\n k = 2; y := 3*k; z = y + 1;\nend\n", file="m.ant"))
    assert (found["y"], found["z"]) == (6.0, 7.0)


def test_a_rate_may_stand_in_a_rule_and_a_value_may_be_missing() -> None:
    text = "model m()\n compartment c = 1; species A in c; J: A -> ; k*A; k = 2; y := 3*J; K: -> A; c*y;\nend\n"
    net = network.read_antimony(text, file="m.ant")
    assert values_at_start(net)["A"] == 1.0
    assert {"J", "K", "y"} <= set(texts(diagram(net)))
