"""Checks: each code is found where it should be, and not where it should not."""

from __future__ import annotations

from pathlib import Path

import pytest
import sbml_text as t

from redoxsim import network
from redoxsim.errors import ModelError
from redoxsim.network.antimony_read import available
from redoxsim.network.check_mass import atoms
from redoxsim.network.issue import Issue
from redoxsim.network.parts import (
    Compartment,
    Event,
    InitialAssignment,
    Network,
    Parameter,
    Participant,
    Reaction,
    Rule,
    Species,
    Unit,
    UnitDefinition,
)

UNITS = (
    UnitDefinition(id="amol", units=(Unit(kind="mole", scale=-18),)),
    UnitDefinition(id="pL", units=(Unit(kind="litre", scale=-12),)),
    UnitDefinition(id="per_s", units=(Unit(kind="second", exponent=-1.0),)),
    UnitDefinition(id="uM", units=(Unit(kind="mole", scale=-6), Unit(kind="litre", exponent=-1.0))),
)


def model(
    *,
    rate: str = "c * k * A",
    species: tuple[Species, ...] = (),
    parameters: tuple[Parameter, ...] = (),
    reactions: tuple[Reaction, ...] = (),
    rules: tuple[Rule, ...] = (),
    initial_assignments: tuple[InitialAssignment, ...] = (),
    events: tuple[Event, ...] = (),
    a: float | None = 3.0,
    formulas: tuple[str | None, str | None] = (None, None),
) -> Network:
    """A clean model A -> B in one compartment, with what a test adds."""
    return Network(
        id="m",
        compartments=(Compartment(id="c", size=1.4, unit="pL", line=3),),
        species=(
            Species(id="A", compartment="c", initial_concentration=a, line=4, formula=formulas[0]),
            Species(id="B", compartment="c", initial_concentration=1.0, line=5, formula=formulas[1]),
            *species,
        ),
        parameters=(Parameter(id="k", value=0.5, unit="per_s", line=6), *parameters),
        reactions=(
            Reaction(
                id="J", line=7, rate=network.parse(rate),
                reactants=(Participant(species="A"),), products=(Participant(species="B"),),
            ),
            *reactions,
        ),
        rules=rules,
        initial_assignments=initial_assignments,
        events=events,
        units=UNITS,
        time_unit="second", substance_unit="amol", extent_unit="amol", volume_unit="pL",
    )  # fmt: skip


def found(subject: Network, code: str) -> list[Issue]:
    return [issue for issue in network.check(subject) if issue.code == code]


def rule(target: str, text: str, kind: str = "assignment") -> Rule:
    return Rule(kind=kind, target=target, expr=network.parse(text), line=9)


def var(id_: str, **values: object) -> Parameter:
    return Parameter(id=id_, constant=False, unit="dimensionless", line=8, **values)  # type: ignore[arg-type]


def test_a_clean_model_has_no_issue() -> None:
    assert network.check(model()) == []


ONE_RATE = Reaction(id="K", line=10, reactants=(Participant(species="A"),), products=(Participant(species="B"),),
                    rate=network.parse("c * k * A"))  # fmt: skip
FREE = Species(id="F", compartment="c", initial_concentration=1.0, line=11)

# code -> (model, element, line, words of the message)
CASES: dict[str, tuple[Network, str | None, int | None, str]] = {
    "RX011": (model(rate="k * A"), "J", None, "units"),
    "RX012": (
        model(rate="c * k * A * n", parameters=(Parameter(id="n", value=1.0, line=8),)), "n", 8, "'n' has no units",
    ),
    "RX013": (model(rate="c * (k + 1) * A"), None, None, "cannot be fully checked"),
    "RX020": (model(rate="c * kk * A"), "kk", 7, "'kk' is not defined, used in reaction 'J'"),
    "RX021": (model(a=None), "A", 4, "species 'A' has no value; used in reaction 'J'"),
    "RX022": (model(parameters=(Parameter(id="n", value=1.0, unit="per_s", line=8),)), "n", 8, "'n' is not used"),
    "RX023": (model(species=(FREE,)), "F", 11, "'F' never changes"),
    "RX024": (model(reactions=(Reaction(id="K", line=10),)), "K", 10, "'K' has no rate law"),
    "RX025": (model(rate="c * k * A^1.5"), "J", 7, "when A falls below zero: A^1.5"),
    "RX026": (model(rate="c * k * A / B"), "J", 7, "divides by B, which is zero when B is zero"),
    "RX027": (model(rate="c * k * A / (A - 3)"), "J", 7, "is inf at the initial values"),
    "RX028": (model(reactions=(ONE_RATE,)), "K", 10, "'K' is the same as 'J'"),
    "RX029": (model(formulas=("C6H12O6", "C6H14O6")), "J", 7, "+2 H"),
    "RX031": (
        model(initial_assignments=(
            InitialAssignment(target="A", expr=network.parse("2 * B"), line=12),
            InitialAssignment(target="B", expr=network.parse("A + 1"), line=13),
        )), "A", 12, "A -> B -> A",
    ),
    "RX032": (
        model(parameters=(var("x"), var("y")), rules=(rule("x", "y + 1"), rule("y", "2 * x"))), "x", 9, "x -> y -> x",
    ),
    "RX033": (model(parameters=(Parameter(id="A", value=1.0, unit="uM"),)), "A", 4, "'A' is used more than once"),
    "RX034": (model(rules=(rule("k", "2"),)), "k", 9, "'k' is declared constant, but an assignment rule changes it"),
    "RX035": (model(rules=(rule("A", "2", "rate"),)), "A", 9, "by its rate rule and by reaction 'J'"),
}  # fmt: skip


def test_atoms_that_are_lost_are_told_as_those_that_are_made() -> None:
    (issue,) = found(model(formulas=("C6H14O6", "C6H12O6")), "RX029")
    assert "-2 H" in issue.message


@pytest.mark.parametrize("code", CASES)
def test_each_code_is_found(code: str) -> None:
    subject, element, line, words = CASES[code]
    issues = [issue for issue in found(subject, code) if words in issue.message]
    assert issues, network.check(subject)
    assert issues[0].element == element
    assert issues[0].line == line or code == "RX011"
    assert issues[0].level in ("error", "warning", "info")


@pytest.mark.parametrize("code", sorted(set(CASES) - {"RX011", "RX012", "RX013"}))
def test_and_only_there(code: str) -> None:
    others = [other for other in CASES if other != code and code not in ALSO.get(other, ())]
    for other in others:
        assert not found(CASES[other][0], code), other


# An error often draws others with it.
ALSO = {"RX027": ("RX026",), "RX020": ("RX022",), "RX033": ("RX022", "RX034")}


@pytest.mark.parametrize(
    ("rate", "clean"),
    [
        ("c * k * A^2", True),
        ("c * k * A^n", True),
        ("c * k * A^h", False),
        ("c * k * max(A, 0)^h", True),
        ("c * k * sqrt(A^2 + k)", True),
        ("c * k * sqrt(A - B)", False),
        ("c * k * ln(A)", False),
        ("c * k * ln(k)", True),
        ("c * k * piecewise(A^h, A > 0, 0)", True),
        ("c * k * exp(A)^h", True),
        ("c * k * root(3, B)", False),
        ("c * k * abs(B)^0.5", True),
        ("c * k * A^B", False),
    ],
)
def test_below_zero(rate: str, clean: bool) -> None:
    constants = (Parameter(id="n", value=3.0, unit="dimensionless"), Parameter(id="h", value=2.5, unit="dimensionless"))
    assert (not found(model(rate=rate, parameters=constants), "RX025")) is clean


@pytest.mark.parametrize(
    ("rate", "clean"),
    [
        ("c * k * A / (k + A)", True),
        ("c * k * A / A", False),
        ("c * k * A / (A * B)", False),
        ("c * k * A / (A + B)", True),
        ("c * k / q", False),
        ("c * k * A^-1", False),
        ("c * piecewise(k / A, A > 0, 0)", True),
    ],
)
def test_zero_denominators(rate: str, clean: bool) -> None:
    subject = model(rate=rate, parameters=(var("q"),), rules=(rule("q", "2 * B"),))
    assert (not found(subject, "RX026")) is clean


def test_what_is_only_read_out_is_a_remark() -> None:
    subject = model(parameters=(var("q"),), rules=(rule("q", "ln(A) / B"),))
    assert {issue.level for issue in [*found(subject, "RX025"), *found(subject, "RX026")]} == {"info"}


def test_missing_values_that_something_gives_are_not_missing() -> None:
    given = InitialAssignment(target="A", expr=network.parse("2 * k"))
    assert not found(model(a=None, initial_assignments=(given,)), "RX021")
    assert not found(model(parameters=(var("q"),), rules=(rule("q", "1"),)), "RX021")


def test_all_at_once_errors_first() -> None:
    subject = model(rate="c * kk * A / B", a=None, species=(FREE,))
    codes = [issue.code for issue in network.check(subject)]
    assert {"RX020", "RX021", "RX022", "RX023"} <= set(codes)
    levels = [issue.level for issue in network.check(subject)]
    assert levels == sorted(levels, key=["error", "warning", "info"].index)


def test_undefined_unit_and_compartment() -> None:
    subject = model(species=(Species(id="F", compartment="cc", initial_amount=1.0, boundary=True, unit="amoll"),))
    messages = " ".join(issue.message + (issue.hint or "") for issue in found(subject, "RX020"))
    assert "'cc' is not defined" in messages
    assert "'amoll'" in messages
    assert "'amol'" in messages


def test_require_raises_for_errors_only() -> None:
    network.require(model(species=(FREE,)))
    with pytest.raises(ModelError, match=r"'kk' is not defined.*did you mean 'k'"):
        network.require(model(rate="c * kk * A"))
    with pytest.raises(ModelError, match="and 1 more"):
        network.require(model(rate="c * kk * A", a=None))


def test_files_that_cannot_be_read_are_issues(tmp_path: Path) -> None:
    assert [issue.code for issue in network.check(tmp_path / "none.xml")] == ["RX001"]
    path = tmp_path / "m.xml"
    path.write_text("<html/>", encoding="utf-8")
    assert [issue.code for issue in network.check(path)] == ["RX001"]


def test_unsupported_and_other_problems_are_listed_together(tmp_path: Path) -> None:
    path = tmp_path / "m.xml"
    path.write_text(
        t.document(
            t.reaction(t.math(t.apply("times", t.ci("c"), t.ci("nothing"), t.ci("A")))),
            t.event(t.apply("gt", t.ci("A"), t.cn(5))),
        ),
        encoding="utf-8",
    )
    issues = network.check(path)
    by_code = {issue.code: issue for issue in issues}
    assert by_code["RX003"].line == 12
    assert by_code["RX003"].element == "E"
    assert by_code["RX020"].line is not None
    assert "RX012" in by_code


def test_missing_units_are_said_once_where_nothing_has_any() -> None:
    parameters = tuple(Parameter(id=f"p{i}", value=1.0) for i in range(9))
    bare = Network(id="m", parameters=parameters)
    messages = [issue.message for issue in found(bare, "RX012")]
    assert "none of the 9 parameters has units" in messages
    assert len(messages) == 3  # with time and substance of the model


TABLE = "id,value,unit,low,high,grade,source,note\n"


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        ("k,0.5,per_s,0.1,1,A,paper,\n", None, ""),
        ("k,0.6,per_s,0.1,1,A,paper,\n", "RX041", "0.6 in parameters.csv and 0.5 in the model"),
        ("k,0.5,per_s,0.6,1,A,paper,\n", "RX042", "outside its range 0.6 to 1"),
        ("", "RX040", "'k' has no row"),
        ("k,0.5,per_s,,,A,paper,\nz,1,per_s,,,A,paper,\n", "RX043", "'z'"),
        ("k,0.5,per_s,,,D,paper,\n", "RX044", "the grade is 'D'"),
        ("k,0.5,per_s,,,A,,\n", "RX044", "there is no source"),
        ("k,half,per_s,,,A,paper,\n", "RX044", "value is not a number"),
        ("k,0.5,uM,,,A,paper,\n", "RX044", "the unit is uM, in the model per_s"),
        ("k,0.5,per_s,,,A,paper,\nk,0.5,per_s,,,A,paper,\n", "RX044", "two rows"),
    ],
)
def test_parameter_table(tmp_path: Path, rows: str, code: str | None, words: str) -> None:
    network.write(model(), tmp_path / "model.xml")
    (tmp_path / "parameters.csv").write_text(TABLE + rows, encoding="utf-8")
    issues = network.check(tmp_path / "model.xml")
    if code is None or not rows:
        assert [issue.code for issue in issues] == ([] if code is None else [code])
    else:
        assert [issue.code for issue in issues] == [code]
        assert words in issues[0].message


def test_parameter_table_without_columns(tmp_path: Path) -> None:
    network.write(model(), tmp_path / "model.xml")
    (tmp_path / "parameters.csv").write_text("name,value\nk,1\n", encoding="utf-8")
    assert [issue.code for issue in network.check(tmp_path / "model.xml")] == ["RX044"]


@pytest.mark.skipif(not available(), reason="libAntimony does not work on this machine")
def test_lines_of_antimony(tmp_path: Path) -> None:
    path = tmp_path / "m.ant"
    text = "model m\n  compartment c = 1;\n  species A in c = 1;\n  J: A -> ; c * k / A;\nend\n"
    path.write_text(text, encoding="utf-8")
    by_code = {issue.code: issue for issue in network.check(path)}
    assert by_code["RX021"].line == 4
    assert by_code["RX026"].line == 4


@pytest.mark.parametrize("text", ["", "C6H12O6R", "(CH2)5", "c6", "X2"])
def test_not_a_formula(text: str) -> None:
    assert atoms(text) is None


def test_every_code_has_an_explanation() -> None:
    assert set(CASES) <= set(network.CODES)
    for code, text in network.CODES.items():
        assert "What to do" in text, code
