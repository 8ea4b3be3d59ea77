"""The page of many experiments: everything on it comes from run folders, nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from redoxsim.report import page, runlist, runs, sheet
from redoxsim.report.both_ways import CHEMISTRY, DOCUMENT, TITLE

RUNS = [
    {"id": "course", "kind": "simulate", "cells": 1, "until": "2 h", "values": {"GSR": 0.5}, "observe": ["GSH_c"]},
    {
        "id": "surface",
        "kind": "combine",
        "cell": "normal",
        "agents": ["auranofin", "bso"],
        "dose_values": ["1uM", "2uM"],
        "at": "48 h",
        "times": {"bso": "-24 h"},
    },
    {"id": "dose", "kind": "dose-response", "agent": "bso", "dose_values": "1uM, 2uM", "at": "24 h"},
]
PNG = bytes.fromhex("89504e470d0a1a0a")


def folder(root: Path, name: str, *, claims: dict[str, str], holds: tuple[bool, ...], state: str = "finished") -> Path:
    """A run folder of an experiment, as `redoxsim run` leaves it."""
    expect = [{"id": f"e{i}", "claim": next(iter(claims), ""), "text": f"x < {i} & more"} for i in range(len(holds))]
    about = {"id": name, "title": f"About <{name}>", "question": "Why?", "says": "a", "expected": "b", "model": "trx"}
    made = runs.create(
        command=f"redoxsim run {name} -S course.until='2 h' -o here",
        settings={
            "solving": {"solver": "auto"},
            "experiment": {**about, "cell": "default", "cells": 4, "expect": expect, "run": RUNS},
        },
        name=name,
        folder=root / name,
    )
    (made.path / "figures").mkdir()
    (made.path / "figures" / "course-a.png").write_bytes(PNG)
    (made.path / "figures" / "course-a.pdf").write_bytes(b"%PDF")
    (made.path / "fits.csv").write_text("run,value,message\n" + "a,0.123456789,told\n" * 30, encoding="utf-8")
    verdicts = {
        f"e{i}": {"expected": ">= 1", "got": "2", "holds": one, "verdict": "holds" if one else "does not hold"}
        for i, one in enumerate(holds)
    }
    summary = {"claims": claims, "expectations": verdicts, "solves": {"OK": 3}, "grades": {"A": 1, "B": 0, "C": 2}}
    made.finish(summary if state == "finished" else {}, state=state)
    return made.path


class Parsed(HTMLParser):
    """Links, anchors and sources of a page, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [found["href"] or ""] if "href" in found else []
        self.ids += [found["id"] or ""] if "id" in found else []
        self.sources += [found["src"] or ""] if "src" in found else []
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def written(tmp_path: Path) -> str:
    places = [
        folder(tmp_path, "first", claims={"S0.10": "contradicted: x", "S0.2": "reproduced"}, holds=(True, False)),
        folder(tmp_path, "second", claims={"S0.2": "reproduced only if GSH is lost"}, holds=(True,)),
        folder(tmp_path, "third", claims={}, holds=(), state="interrupted"),
    ]
    return page.report_page([runlist.load(one) for one in places])


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(written: str) -> None:
    parsed = Parsed(written)
    assert parsed.open == []
    assert parsed.ids == ["first", "second", "third"]
    assert {link.removeprefix("#") for link in parsed.links} == set(parsed.ids)
    assert all(source.startswith("data:image/png;base64,") for source in parsed.sources)
    assert len(parsed.sources) == 3, "a browser shows no pdf"
    assert "http" not in written
    assert "@media print" in written


def test_claims_and_experiments_stand_at_the_top(written: str) -> None:
    top = written.partition("<section")[0]
    assert "3 experiments; 2 of 3 expectations hold" in top
    assert "answers to claims: 1 reproduced only if, 1 contradicted (a claim that several" in top
    assert re.findall(r"<tr><td>(S[\d.]+)</td>", top) == ["S0.2", "S0.10"], "in order, each claim named once"
    assert "1 of 2" in top


def test_what_the_documents_say_stands_once_for_each_experiment(tmp_path: Path) -> None:
    answers = {"S0.3": "reproduced", "S0.10": "contradicted: x", "S0.24": "reproduced"}
    made = folder(tmp_path, "first", claims=answers, holds=(True,))
    other = folder(tmp_path, "second", claims={"S0.3": "reproduced"}, holds=(True,))
    settings = (made / "settings.toml").read_text(encoding="utf-8")
    own = '\n[[experiment.beyond]]\nclaim = "S0.10"\nsays = "of its own"\n'
    (made / "settings.toml").write_text(settings + own, encoding="utf-8")
    top, section, _ = page.report_page([runlist.load(made), runlist.load(other)]).split("<section")
    said = [row[1] for row in rows_of(top, "Claims")]
    assert said == ["a", "a", "of its own", "<span class='small'>as for S0.3</span>"]
    assert section.count("reproduced</span></p>") == 1
    assert "<b>S0.3 and S0.24</b>: <span class='yes'>reproduced</span>" in section


def test_a_section_says_what_came_out_and_how_to_do_it_again(written: str) -> None:
    section = written.split("<section")[1]
    assert "About &lt;first&gt;" in section
    assert "x &lt;\u00a01 &amp; more" in section
    assert "does not hold" in section
    assert "redoxsim run first -S &#x27;course.until=2 h&#x27;" in section
    assert "-o here" not in section
    assert "0.1235" in section
    assert "told" not in section
    assert "Model trx; cell default and normal; cells simulated 1 and 4; solves: 3 ok" in section
    assert section.index("Run it again") < section.index("<figure "), "the command does not stand on a page of its own"
    tables = max(section.index(f"<caption>{name}") for name in ("Design", "Fits"))
    assert tables < section.index("<figure "), "nor do a few rows behind the figures"
    assert "and 6 more in fits.csv" in section
    assert "of 3 constants 1 were read in a source (A), 0 recalled (B), 2 assumed (C)" in section
    assert "This run is interrupted" in written.split("<section")[3]


def test_the_same_runs_give_the_same_page(tmp_path: Path, written: str) -> None:
    assert page.report_page([runlist.load(tmp_path / name) for name in ("first", "second", "third")]) == written


def rows_of(section: str, caption: str) -> list[list[str]]:
    table = section.split(f"<caption>{caption}</caption>")[1].split("</table>")[0]
    plain = re.sub(r"<span class='whole'>(.*?)</span>", r"\1", table).replace("\u00a0", " ")
    return [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", plain)][1:]


def test_the_design_tells_each_run(written: str) -> None:
    rows = rows_of(written.split("<section")[1], "Design")
    assert rows == [
        ["course", "time course to 2 h", "GSR = 0.5", "default (1)", "GSH_c"],
        ["surface", "combination at 48 h", "auranofin: 1uM; bso: 2uM; bso given at -24 h", "normal (4)", ""],
        ["dose", "dose-response at 24 h", "bso: 1uM, 2uM", "default (4)", ""],
    ]


def test_the_design_tells_the_title_of_a_run(tmp_path: Path) -> None:
    made = folder(tmp_path, "first", claims={}, holds=())
    settings = (made / "settings.toml").read_text(encoding="utf-8")
    (made / "settings.toml").write_text(
        settings.replace('id = "dose"', 'id = "dose"\ntitle = "<own>"'), encoding="utf-8"
    )
    section = page.report_page([runlist.load(made)]).split("<section")[1]
    assert rows_of(section, "Design")[2][0] == "dose<br><span class='small'>&lt;own&gt;</span>"


CORRECTED = """
[[experiment.corrected]]
claim = "S0.1"
document = "A <lowers> B"
chemistry = "A raises B"
as_document = ["e0"]
as_chemistry = ["e1"]

[[experiment.corrected]]
claim = "S0.1"
document = "C"
chemistry = "D"
why = "there is no C"
"""


def test_a_wrong_claim_is_shown_both_ways_side_by_side(tmp_path: Path) -> None:
    made = folder(tmp_path, "first", claims={"S0.1": "contradicted: x"}, holds=(False, True))
    settings = (made / "settings.toml").read_text(encoding="utf-8")
    settings = settings.replace('id = "e0"', 'id = "e0"\nconflict = "2: <all> it gives"')
    settings = settings.replace('id = "e1"', 'id = "e1"\ncorrection = true')
    (made / "settings.toml").write_text(settings + CORRECTED, encoding="utf-8")
    written = page.report_page([runlist.load(made)])
    top, section = written.split("<section")
    assert "0 of 1 expectations hold; where the documents are wrong, 0 of 1 tests as the document says" in top
    assert "1 of 1 tests as the chemistry does hold" in top
    assert "the document is wrong here; both ways below" in top
    heads = re.findall(r"<th scope='col'>(.*?)</th>", section.split(f"<caption>{TITLE}</caption>")[1])[:3]
    assert heads == ["claim", DOCUMENT, CHEMISTRY]
    first, tests, second, why = rows_of(section, TITLE)
    assert first == ["S0.1", "<p>A &lt;lowers&gt; B</p>", "<p>A raises B</p>"]
    assert tests[0] == "", "a page may end between tests"
    assert "does not hold" in tests[1]
    assert "2: &lt;all&gt; it gives" in tests[1]
    assert "holds</span>: x &lt; 1 &amp; more" in tests[2]
    assert second == ["S0.1", "<p>C</p>", "<p>D</p>"]
    assert why == ["", "<p class='small'>Not run: there is no C</p>", ""]
    (decides,) = [row for row in re.findall(r"<tr><td>S0.1</td>.*?</tr>", section) if "Known conflict" in row]
    assert "2: &lt;all&gt; it gives" in decides


def test_a_test_that_several_points_list_counts_once(tmp_path: Path) -> None:
    made = folder(tmp_path, "first", claims={"S0.1": "contradicted: x"}, holds=(False, True, True))
    settings = (made / "settings.toml").read_text(encoding="utf-8")
    twice = CORRECTED.replace('document = "C"', 'document = "C"\nas_document = ["e0", "e2"]')
    (made / "settings.toml").write_text(settings + twice, encoding="utf-8")
    top = page.report_page([runlist.load(made)]).partition("<section")[0]
    assert "2 of 3 expectations hold; where the documents are wrong, 1 of 2 tests as the document says" in top
    assert "1 of 1 tests as the chemistry does hold (3 of these tests are among the expectations)" in top


def test_a_page_ends_within_no_row_of_both_sides_and_within_no_name_of_an_experiment(written: str) -> None:
    sheet_of_print = written.split("@media print")[1].split("</style>")[0]
    assert re.search(r"(?:^|[ ,])tr(?:,[^{]*)? \{ break-inside: avoid", sheet_of_print)
    assert not re.search(r"tr \{ break-inside: auto", sheet_of_print)
    assert "<a class='whole' href='#first'>first</a>" in written


def test_fits_take_a_row_per_curve_and_scores_say_how_they_read(tmp_path: Path) -> None:
    made = folder(tmp_path, "first", claims={}, holds=())
    (made / "fits.csv").write_text(
        "run,readout,parameter,value,interval,unit,method,message\n"
        "a,viability,ec50,1.23456,1 to 2,uM,profile,fine\na,viability,h,nan,,,profile,fine\n"
        "b,GSH_c,ec50,3.0,,nM,profile,fine\nc,viability,ec50,> max dose,,uM,profile,fine\n",
        encoding="utf-8",
    )
    (made / "scores.csv").write_text(
        "run,score,mean,mid_mean,sign,orientation\n"
        "a,bliss,0.12345,nan,above 0 synergy,as viability\na,hsa,0.2,-2.5e-07,above 0 synergy,as viability\n",
        encoding="utf-8",
    )
    top, section = page.report_page([runlist.load(made)]).split("<section")
    assert rows_of(section, "Fits of the curves, with 95% intervals") == [
        ["a", "viability", "1.235 µM<br>(1 to 2)", "–"], ["b", "GSH, cytosol", "3 nM", ""],
        ["c", "viability", "&gt; max dose", ""],
    ]  # fmt: skip
    assert rows_of(section, "Scores over the combinations")[0] == [
        "a",
        "Bliss excess",
        "0.1235",
        "–",
    ]
    assert rows_of(section, "Scores over the combinations")[1][-1] == "0", "what is rounding only"
    assert "above 0 synergy" not in section, "said once, at the top of the page"
    assert top.count("Above 0 synergy.") == 1
    assert "As viability." in top


def test_runs_are_named_in_words_in_tables_of_numbers(tmp_path: Path) -> None:
    made = folder(tmp_path, "first", claims={}, holds=())
    (made / "fits.csv").write_text(
        "run,readout,parameter,value,interval,unit\ndose,viability,auc,0.5,,\ndose,viability,ec50,2.0,,uM\n"
        "dose,viability,h,at the limit of the fit,,\n",
        encoding="utf-8",
    )
    (made / "scores.csv").write_text("run,score,mean\nsurface,bliss,0.1\n", encoding="utf-8")
    top, section = page.report_page([runlist.load(made)]).split("<section")
    assert "Hill slope at the limit of the fit: none flatter than 0.3 or steeper than 8 is tried." in top
    assert rows_of(section, "Scores over the combinations")[0][0] == "auranofin and BSO, BSO at −24 h, normal cell"
    assert rows_of(section, "Fits of the curves")[0] == [
        "BSO", "viability", "0.5", "2 µM", "at the limit of the fit",
    ]  # fmt: skip
    assert "mean over doses (AUC)" in section, "of viability a large mean is a small effect"
    settings = (made / "settings.toml").read_text(encoding="utf-8")
    again = '\n[[experiment.run]]\nid = "again"\nkind = "dose-response"\nagent = "bso"\n'
    (made / "settings.toml").write_text(settings + again, encoding="utf-8")
    section = page.report_page([runlist.load(made)]).split("<section")[1]
    assert rows_of(section, "Fits of the curves")[0][0] == "BSO (dose)", "equal words have their ids"


def test_a_note_and_what_has_no_result_are_told(tmp_path: Path) -> None:
    told = {"experiment": {"id": "x", "note": "one look < before"}}
    made = runs.create(command="redoxsim run x", settings=told, name="x", folder=tmp_path / "x")
    made.finish({}, state="finished")
    written = page.report_page([runlist.load(made.path)], missing=["y", "z"])
    assert "<b>Note.</b> one look &lt; before" in written
    assert "No result of: y, z." in written.split("<section")[0]


def test_the_window_is_told_in_sentences(tmp_path: Path) -> None:
    made = runs.create(command="redoxsim run x", settings={"experiment": {"id": "x"}}, name="x", folder=tmp_path / "x")
    made.finish({"windows": {"surface": ["Window at 48 h", "none of 9 < 10"]}}, state="finished")
    section = page.report_page([runlist.load(made.path)]).split("<section")[1]
    assert "<h3>Window at 48\u00a0h</h3>" in section
    assert "<li>none of 9 &lt;\u00a010</li>" in section


def test_code_in_a_text_is_set_as_code_and_not_typeset() -> None:
    assert sheet.typeset("run `-S cell=hepg2` at >= 2 uM") == "run <code>-S cell=hepg2</code> at ≥\u00a02\u00a0µM"
    assert sheet.typeset("a `<b>`") == "a <code>&lt;b&gt;</code>"
    assert sheet.typeset("5` of tape") == "5` of tape"
