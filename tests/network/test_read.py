"""Reading SBML: what each construct becomes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sbml_text as t

from redoxsim import network
from redoxsim.errors import ReadError, Unsupported
from redoxsim.network.parts import Network, Participant
from redoxsim.network.sbml_read import interpret


def read(*parts: str, **options: object) -> Network:
    return network.read_sbml(t.document(*parts, **options), file="m.xml")  # type: ignore[arg-type]


def test_a_reaction_model() -> None:
    found = read(t.reaction())
    assert [part.id for part in found] == ["c", "A", "B", "k", "J"]
    assert found.species[0].initial_concentration == 3.0
    assert found.species[0].initial_amount is None
    assert found.species[1].initial_amount == 1.0
    assert found.reactions[0].products == (Participant(species="B", stoichiometry=2.0),)
    assert not found.reactions[0].reversible
    assert network.to_infix(found.reactions[0].rate) == "c * k * A"
    assert found.reactions[0].line == 8


def test_function_definitions_are_expanded() -> None:
    define = t.functions(
        ("g", "y", t.apply("times", t.ci("y"), t.ci("y"))),
        ("f", "x y", t.apply("plus", t.call("g", t.ci("y")), t.ci("x"))),
    )
    found = read(t.reaction(t.math(t.call("f", t.ci("A"), t.ci("k")))), before=define)
    assert network.to_infix(found.reactions[0].rate) == "k * k + A"


def test_local_parameters_become_global_and_win() -> None:
    rate = t.RATE + '<listOfLocalParameters><localParameter id="k" value="7"/></listOfLocalParameters>'
    found = read(t.reaction(rate))
    assert network.to_infix(found.reactions[0].rate) == "c * J__k * A"
    assert found.index()["J__k"].value == 7.0
    assert found.index()["k"].value == 0.5


def test_level_2_defaults() -> None:
    text = t.document(
        t.reaction(t.math(t.apply("times", t.ci("c"), t.ci("k"), t.ci("A"))), reference="").replace(
            ' constant="true"', ""
        ),
        level=2,
        version=4,
    )
    found = network.read_sbml(text)
    assert (found.time_unit, found.substance_unit, found.volume_unit) == ("second", "mole", "litre")
    assert found.reactions[0].reactants[0].stoichiometry == 1.0
    assert found.parameters[0].constant


def test_rules_initial_assignments_and_piecewise() -> None:
    first = f"<piece>{t.cn(1)}{t.apply('gt', t.TIME, t.cn(2))}</piece>"
    piece = f"<piecewise>{first}<otherwise>{t.ci('k')}</otherwise></piecewise>"
    found = read(
        f'<listOfInitialAssignments><initialAssignment symbol="B">{t.math(t.apply("times", t.cn(2), t.ci("k")))}'
        "</initialAssignment></listOfInitialAssignments>",
        t.rules(t.rule("assignment", "q", piece) + t.rule("rate", "A", t.ci("k"))),
        parameters=t.PARAMETERS.replace("</listOf", '<parameter id="q" constant="false"/></listOf'),
    )
    assert network.to_infix(found.initial_assignments[0].expr) == "2 * k"
    assert [(rule.kind, rule.target) for rule in found.rules] == [("assignment", "q"), ("rate", "A")]
    assert network.to_infix(found.rules[0].expr) == "piecewise(1, time > 2, k)"


def test_constant_stoichiometry_ids_are_numbers_in_formulas() -> None:
    found = read(
        t.reaction(t.math(t.apply("times", t.ci("s"), t.ci("k"))), reference='id="s" stoichiometry="3" constant="true"')
    )
    assert network.to_infix(found.reactions[0].rate) == "3 * k"
    assert found.reactions[0].reactants[0].id == "s"


def test_species_in_a_point_compartment_are_amounts() -> None:
    points = t.COMPARTMENT.replace(' size="2"', "").replace('spatialDimensions="3"', 'spatialDimensions="0"')
    species = t.SPECIES.replace('initialConcentration="3"', 'initialAmount="3"')
    for level, version in ((2, 4), (3, 2)):
        flat = points.replace(' constant="true"', "") if level == 2 else points
        found = network.read_sbml(t.document(level=level, version=version, compartments=flat, species=species))
        assert found.species[0].only_substance
    assert not read().species[0].only_substance


@pytest.mark.parametrize(
    ("trigger", "time", "inclusive"),
    [
        (t.apply("geq", t.TIME, t.cn(5)), "5", True),
        (t.apply("gt", t.TIME, t.ci("k")), "k", False),
        (t.apply("lt", t.cn(5), t.TIME), "5", False),
        (t.apply("leq", t.apply("plus", t.ci("k"), t.cn(1)), t.TIME), "k + 1", True),
    ],
)
def test_events_at_a_time(trigger: str, time: str, inclusive: bool) -> None:
    event = read(t.event(trigger)).events[0]
    assert network.to_infix(event.time) == time
    assert event.inclusive is inclusive
    assert event.assignments[0][0] == "A"


PACKAGE = ' xmlns:{0}="http://www.sbml.org/sbml/level3/version1/{0}/version1" {0}:required="true"'
LATER = t.apply("gt", t.TIME, t.cn(5))
CASES = {
    "non-time trigger": (t.document(t.event(t.apply("gt", t.ci("A"), t.cn(5)))), "event 'E' has a trigger"),
    "trigger time varies": (t.document(t.event(t.apply("gt", t.TIME, t.ci("A")))), "trigger time that varies"),
    "true at start": (t.document(t.event(t.apply("geq", t.TIME, t.cn(0)))), "true from the start"),
    "event delay": (t.document(t.event(LATER, extra=f"<delay>{t.math(t.cn(1))}</delay>")), "event 'E' has a delay"),
    "priority": (t.document(t.event(LATER, extra=f"<priority>{t.math(t.cn(1))}</priority>")), "has a priority"),
    "algebraic": (t.document(t.rules(f"<algebraicRule>{t.math(t.ci('A'))}</algebraicRule>")), "algebraic rule"),
    "fast": (t.document(t.reaction(extra=' fast="true"'), version=1), "reaction 'J' is fast"),
    "delay": (t.document(t.reaction(t.math(t.csymbol_call("delay", t.ci("A"), t.cn(1))))), "'J' uses delay()"),
    "rateOf": (t.document(t.reaction(t.math(t.csymbol_call("rateOf", t.ci("A"))))), "'J' uses rateOf()"),
    "species conversion": (
        t.document(species=t.SPECIES.replace('id="A"', 'id="A" conversionFactor="k"')),
        "species 'A' has a conversion factor",
    ),
    "model conversion": (t.document(model=' conversionFactor="k"'), "the model has a conversion factor"),
    "variable stoichiometry": (
        t.document(
            t.rules(f'<assignmentRule variable="s">{t.math(t.ci("k"))}</assignmentRule>'),
            t.reaction(reference='id="s" constant="false"'),
        ),
        "species reference 's' is set by",
    ),
    "stoichiometryMath": (
        t.document(
            t.reaction(reference='id="s"')
            .replace(
                '<speciesReference species="A" id="s"/>',
                f'<speciesReference species="A"><stoichiometryMath>{t.math(t.ci("k"))}</stoichiometryMath>'
                "</speciesReference>",
            )
            .replace(' constant="true"', ""),
            level=2,
            version=4,
        ),
        "has a variable stoichiometry",
    ),
    "comp": (t.document(attributes=PACKAGE.format("comp")), "the SBML package 'comp'"),
    "unknown package": (t.document(attributes=PACKAGE.format("zz")), "the SBML package 'zz'"),
    "level 1": (
        '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model name="m">'
        '<listOfCompartments><compartment name="c"/></listOfCompartments></model></sbml>',
        "SBML Level 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused_by_name(name: str) -> None:
    text, words = CASES[name]
    with pytest.raises(Unsupported) as caught:
        network.read_sbml(text, file="m.xml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("m.xml:")
    assert caught.value.where is not None
    assert caught.value.where.line is not None


def test_all_refusals_are_counted() -> None:
    text = t.document(t.reaction(extra=' fast="true"'), t.event(t.apply("gt", t.ci("A"), t.cn(5))), version=1)
    with pytest.raises(Unsupported, match="and 1 more problem: redoxsim check"):
        network.read_sbml(text)
    assert len(interpret(text).troubles) == 2


def test_missing_stoichiometry_is_not_one() -> None:
    with pytest.raises(ReadError, match="has no stoichiometry"):
        read(t.reaction(reference='constant="true"'))


BROKEN = {
    "empty": ("", "is empty"),
    "blank": (" \n", "is empty"),
    "not closed": ("<sbml><model>", "not well-formed XML"),
    "html": ("<html><body>Not found</body></html>", "a web page"),
    "doctype html": ("<!DOCTYPE html><html></html>", "a web page"),
    "other xml": ("<cellml/>", "<cellml> outermost"),
    "dtd": ('<!DOCTYPE sbml [<!ENTITY a "b">]><sbml/>', "DTD"),
    "no model": (t.document().split("<model")[0] + "</sbml>", "no model"),
    "deep notes": (t.document(before="<notes>" + "<p>" * 200_000 + "</p>" * 200_000 + "</notes>"), "nested deeper"),
    "deep math": (
        t.document(t.reaction(t.math("<apply><minus/>" * 100_000 + t.cn(1) + "</apply>" * 100_000))),
        "nested deeper",
    ),
    "unknown element": (t.document("<listOfFish/>"), "line 8"),
    "bad number": (t.document(parameters=t.PARAMETERS.replace('"0.5"', '"x"')), "not valid SBML"),
    "undefined function": (
        t.document(t.reaction(t.math("<apply><ci>f</ci><ci>A</ci></apply>"))), "calls 'f', which is not a function"
    ),
    "plain words": ("just some words", "antimony"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_garbage_is_a_read_error(name: str, tmp_path: Path) -> None:
    text, words = BROKEN[name]
    path = tmp_path / "model.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((ReadError, Unsupported)) as caught:
        network.read(path)
    assert words.lower().replace("line 8", ":") in str(caught.value).lower()
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 700


def test_moderate_depth_is_refused_not_crashed() -> None:
    text = t.document(t.reaction(t.math("<apply><minus/>" * 150 + t.ci("A") + "</apply>" * 150)))
    with pytest.raises(Unsupported, match="nested deeper than"):
        network.read_sbml(text)


def test_functions_that_explode_are_refused() -> None:
    chain = [("f0", "x", t.apply("plus", t.ci("x"), t.ci("x")))]
    chain += [(f"f{i}", "x", t.call(f"f{i - 1}", t.call(f"f{i - 1}", t.ci("x")))) for i in range(1, 40)]
    with pytest.raises(Unsupported, match=r"too large|terms"):
        read(t.reaction(t.math(t.call("f39", t.ci("A")))), before=t.functions(*chain))


def test_a_function_that_calls_itself() -> None:
    with pytest.raises(ReadError, match="calls itself"):
        read(t.reaction(t.math(t.call("f", t.ci("A")))), before=t.functions(("f", "x", t.call("f", t.ci("x")))))


def test_missing_file_folder_and_binary(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        network.read(tmp_path / "nothing.xml")
    with pytest.raises(ReadError, match="is a folder"):
        network.read(tmp_path)
    (tmp_path / "a.xml").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(ReadError, match="not a text file"):
        network.read(tmp_path / "a.xml")
    (tmp_path / "b.xml").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(ReadError, match="zip archive"):
        network.read(tmp_path / "b.xml")
    with pytest.raises(ReadError, match="no model"):
        network.read("no-such-model-name")
    with pytest.raises(ReadError):
        network.read("a\0b.xml")


def test_other_encodings(tmp_path: Path) -> None:
    text = t.document(t.reaction(), model=' name="caf\u00e9"')
    for encoding, head in [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("latin-1", "ISO-8859-1")]:
        path = tmp_path / "m.xml"
        path.write_bytes(text.replace("UTF-8", head).encode(encoding))
        assert network.read(path).name == "caf\u00e9", encoding


def test_source_is_the_path(tmp_path: Path) -> None:
    path = tmp_path / "m.xml"
    path.write_text(t.document(t.reaction()), encoding="utf-8")
    found = network.read(str(path))
    assert found.source == str(path)
    assert found == network.read_sbml(t.document(t.reaction()))


def test_jupyter_and_summary() -> None:
    found = read(t.reaction())
    assert network.summary(found)["reactions"] == 1
    assert network.summary(found)["changing"] == 2
    assert "<table>" in found._repr_html_()
