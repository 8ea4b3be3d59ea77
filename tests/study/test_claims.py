"""Claims: the rule from verdicts to an answer, and that every claim of the source documents has a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from redoxsim import catalog
from redoxsim.errors import ReadError
from redoxsim.report.verdicts import claim_lines
from redoxsim.study import claims, experiment
from redoxsim.study.agreement import Agreement, Share
from redoxsim.study.claims import Answer
from redoxsim.study.expectations import Verdict
from redoxsim.study.experiment import Expectation, Quantity

CLAIMS = (
    *(f"S0.{number}" for number in range(1, 25)),
    *(f"S1.{number}" for number in range(1, 8)),
    *(f"S4.{number}" for number in (1, 2, 3, "4a", "4b", *range(5, 18))),
)
CORRECTED = {
    "S0.2": "reduced Trx reduces catalase; ribonucleotide reductase turns RNA into DNA",
    "S0.4": "auranofin acts only via TrxR1 and TrxR2",
    "S0.6": "the synergy with BSO confirms that low GSR sensitises",
    "S0.7": "high-dose auranofin kills by ferroptosis",
    "S0.8": "selenocystine is a TrxR inhibitor",
    "S0.10": "BSO is a GSR inhibitor",
    "S0.12": "IPA-3 is a selective PAK1 inhibitor",
    "S0.13": "anti-PD-L1 is an immunosuppressant",
    "S0.14": "rapamycin stands with anti-PD-L1",
    "S0.15": "ROS, then Trx, then hexokinase and MTCO2",
    "S0.20": "FOXO3 in p53-mutant cells",
    "S0.22": "PTGR1 makes sensitive",
    "S1.2": "NRF2 makes GPX4",
    "S1.3": "the sign of TrxR1 on NRF2",
    "S1.5": "thalidomide without target, sign or dose",
    "S1.6": "a biomarker, read from mice",
    "S4.1": "GLUL is rate-limiting; a dodecamer",
    "S4.4a": "degradation by CRL4-CRBN is missing",
    "S4.4b": "GLUL supplies glutamate",
    "S4.5": "miR-122, MYC and Wnt",
    "S4.7": "GLUL's ATP feeds efflux",
    "S4.8": "MSO is specific",
    "S4.9": "GLS takes over",
    "S4.10": "GLUL supplies glutamate for glutathione",
    "S4.11": "huperzine A, matrine, tetraterpenes, GLUL lowered",
    "S4.12": "MSO is specific: in a hepatocyte",
    "S4.13": "GLUL-high cells starve T cells",
    "S4.14": "GLUL marks tumours with mutated beta-catenin only",
    "S4.15": "much GLUL is bad prognosis",
    "S4.17": "GLUL-high cells starve T cells",
}
"""Claims that source_errors.md corrects, and what of them."""
UNRUN = {"S0.12", "S0.20", "S0.22"}
"""Of these, what has no run on either side: it says why."""
QUANTITY = Quantity(run="one", observe="A", reduce="last")


def verdict(value: float, **more: str | bool) -> Verdict:
    told = {"id": "x", "claim": "S9.1", "text": "A rises", "at_least": 1.0} | more
    if "when" in more:
        told = {"id": "y", "replaces": "x"} | told | {"id": "y"}
    one = Expectation.model_validate({"quantity": QUANTITY, **told})
    return Verdict(expectation=one, value=value, holds=one.holds(value))


def test_every_claim_has_a_place() -> None:
    found = [claim for name in catalog.experiments() for claim in experiment.load(experiment.find(name)).claims]
    assert set(found) == set(CLAIMS)


def test_every_claim_that_the_documents_have_wrong_is_shown_both_ways() -> None:
    shown = [(one, of) for of in every() for one in of.corrected]
    assert {one.claim for one, _ in shown} == set(CORRECTED)
    both = {one.claim for one, _ in shown if one.as_document and one.as_chemistry}
    assert both == set(CORRECTED) - UNRUN
    assert all(one.document != one.chemistry for one, _ in shown)


def every() -> list[experiment.Experiment]:
    return [experiment.load(experiment.find(name)) for name in catalog.experiments()]


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ([verdict(2.0)], "reproduced"),
        ([verdict(2.0), verdict(0.5)], "contradicted: A rises (>= 1, got 0.5)"),
        ([verdict(0.5), verdict(2.0, when="GSH is lost")], "reproduced only if GSH is lost"),
        ([verdict(0.5), verdict(0.2, when="GSH is lost")], "contradicted: A rises (>= 1, got 0.5)"),
        ([verdict(2.0), verdict(0.2, when="GSH is lost")], "reproduced"),
        (
            [verdict(0.5), verdict(2.0, when="it rains"), verdict(0.2, when="GSH is lost")],
            "reproduced only if it rains",
        ),
        (
            [verdict(0.5), verdict(0.4, id="z"), verdict(2.0, when="it rains")],
            "contradicted: A rises (>= 1, got 0.5); A rises (>= 1, got 0.4)",
        ),
        ([verdict(2.0), verdict(0.1, correction=True)], "reproduced"),
        ([verdict(0.5, conflict="0.5 is all there is")], "contradicted: A rises (>= 1, got 0.5)"),
    ],
)
def test_answers(verdicts: list[Verdict], words: str) -> None:
    assert claims.answer("S9.1", verdicts).words() == words


NEAR, AWAY = f"reproduced only if {claims.NEAR}", f"reproduced only if {claims.AWAY}"
FAILS = "contradicted: A rises (>= 1, got 0.5)"


@pytest.mark.parametrize(
    ("value", "held", "of", "words"),
    [
        (2.0, 16, 32, "reproduced"),
        (2.0, 15, 32, NEAR),
        (2.0, 0, 7, "reproduced"),  # too few came to the end to ask them
        (2.0, 0, 8, NEAR),
        (0.5, 16, 32, FAILS),
        (0.5, 17, 32, AWAY),
        (0.5, 7, 7, FAILS),
    ],
)
def test_half_of_the_draws_must_say_the_same(value: float, held: int, of: int, words: str) -> None:
    assert claims.answer("S9.1", [verdict(value)], Share(held, of)).words() == words


def test_a_condition_has_draws_of_its_own() -> None:
    verdicts = [verdict(0.5), verdict(2.0, when="it rains")]
    shares = {"it rains": Share(30, 32)}
    assert claims.answer("S9.1", verdicts, Share(2, 32), shares).words() == "reproduced only if it rains"
    shares = {"it rains": Share(3, 32)}
    words = claims.answer("S9.1", verdicts, Share(2, 32), shares).words()
    assert words == f"reproduced only if it rains and {claims.NEAR}"


def test_a_claim_nobody_states_has_no_answer() -> None:
    with pytest.raises(ValueError, match=r"S9\.2"):
        claims.answer("S9.2", [verdict(2.0)])


def test_what_is_beyond_the_model_says_why() -> None:
    found = experiment.load(experiment.find("beyond-the-model"))
    answers = claims.answers(found, ())
    assert [one.claim for one in answers] == list(found.claims)
    assert all(one.answer is Answer.NOT_REPRESENTABLE and one.because for one in answers)


HEAD = 'id = "a"\ntitle = "a"\nquestion = "?"\nsays = "."\nexpected = "."\n'
RUN = '[[run]]\nid = "one"\nkind = "simulate"\nuntil = "1 h"\nevery = "1 h"\nobserve = ["A"]\n'
EXPECT = (
    '[[expect]]\nid = "x"\nclaim = "S9.1"\ntext = "."\nat_least = 1.0\n'
    'quantity = { run = "one", observe = "A", reduce = "last" }\n'
)
CORRECT = '[[corrected]]\nclaim = "S9.1"\ndocument = "a"\nchemistry = "b"\n'
BEYOND = '[[beyond]]\nclaim = "S9.1"\nsays = "so it is"\nreason = "it is"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to run"),
        ('claims = ["S9.1"]\n' + RUN, r"no expectation states claim S9\.1"),
        (RUN + EXPECT, r"'claims' lacks S9\.1"),
        (BEYOND, r"'claims' lacks S9\.1"),
        ('claims = ["S9.1"]\n' + RUN + EXPECT + BEYOND, "either an expectation or a"),
        ('claims = ["S9.1"]\n' + RUN + EXPECT + 'when = "it rains"\n', "'when' and 'replaces' go together"),
        (
            'claims = ["S9.1"]\n' + RUN + EXPECT + EXPECT.replace('"x"', '"y"') + 'when = "it rains"\nreplaces = "z"\n',
            "replaces 'z', which no expectation of its claim is",
        ),
        ('claims = ["S9.1"]\n' + RUN + EXPECT + CORRECT, "say 'why' a side has none"),
        (
            'claims = ["S9.1"]\n' + RUN + EXPECT + CORRECT + 'as_document = ["z"]\nwhy = "."\n',
            "'z', which is not there",
        ),
        ('claims = ["S9.1"]\n' + RUN + EXPECT + CORRECT.replace("9.1", "9.2") + 'why = "."\n', r"lacks S9\.2"),
        (
            'claims = ["S9.1"]\n' + RUN + EXPECT + CORRECT + 'as_document = ["x"]\nas_chemistry = ["x"]\n',
            "on both sides: x",
        ),
        (
            'claims = ["S9.1"]\n' + RUN + EXPECT + EXPECT.replace('"x"', '"y"') + "correction = true\n",
            r"'y' is marked as a correction, and no \[\[corrected\]\]",
        ),
    ],
)
def test_claims_without_an_answer_are_refused(tmp_path, text: str, says: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "experiment.toml").write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ReadError, match=says):
        experiment.load(tmp_path)


def test_the_share_under_a_condition_is_told_beside_the_share_without() -> None:
    agreed = Agreement(claims={"S9.1": Share(2, 32)}, conditional={"S9.1": {"it rains": Share(30, 32)}})
    found = claims.answer(
        "S9.1", [verdict(0.5), verdict(2.0, when="it rains")], Share(2, 32), {"it rains": Share(30, 32)}
    )
    said = "of the draws of constants all of it holds in 2 of 32 (6%); if it rains, in 30 of 32 (94%)"
    assert claim_lines([found], agreed) == f"S9.1 reproduced only if it rains [{said}]"
    assert agreed.record["conditional"] == {"S9.1": {"it rains": "30 of 32 (94%)"}}


def test_what_nothing_can_show_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").write_text(HEAD + 'claims = ["S9.1"]\n' + BEYOND, encoding="utf-8")
    found = claims.answers(experiment.load(tmp_path), ())
    assert claim_lines(found) == "S9.1 “so it is” not representable: it is"
    silent = HEAD + 'claims = ["S9.1"]\n' + BEYOND.replace('says = "so it is"\n', "")
    (tmp_path / "experiment.toml").write_text(silent, encoding="utf-8")
    with pytest.raises(ReadError, match="'says' is missing"):
        experiment.load(tmp_path)
