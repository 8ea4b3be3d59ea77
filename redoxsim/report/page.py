"""One page of many experiments: a table of claims and verdicts, then a section each with figures and numbers.

The page is one HTML file without anything from elsewhere, and is made from run folders alone: what it shows is what
lies in them. It has no dates, so that the same runs give the same page.
"""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redoxsim.analysis.hill_result import AT_LIMIT, HillBounds
from redoxsim.report.both_ways import CHEMISTRY, DOCUMENT, TITLE, Shown, both_ways_rows, points
from redoxsim.report.conditions import run_words
from redoxsim.report.names import enumerated
from redoxsim.report.numbers import fits, rows_of, scores
from redoxsim.report.paper import MOST_FILLED
from redoxsim.report.pictures import figures, side_by_side
from redoxsim.report.runlist import Run, settings
from redoxsim.report.sheet import PAGE, STYLE, table, typeset, whole
from redoxsim.study.claims import Answer

WHOLE = 26
"""Letters of a dose that still stand on one line of the table of the design."""
SIDES = ("as_document", "as_chemistry")
ANSWERS = {
    Answer.REPRODUCED.value: "yes",
    Answer.ONLY_IF.value: "partly",
    Answer.CONTRADICTED.value: "no",
    Answer.NOT_REPRESENTABLE.value: "none",
}
HARDEST = tuple(one.value for one in (Answer.REPRODUCED, Answer.ONLY_IF, Answer.NOT_REPRESENTABLE, Answer.CONTRADICTED))
"""Answers, the least favourable last."""


@dataclass(frozen=True)
class Section:
    """One experiment of a page: its run, what it asked, and how its claims and expectations came out."""

    run: Run
    experiment: Mapping[str, Any]

    @classmethod
    def of(cls, run: Run) -> Section:
        """The section of a run folder."""
        return cls(run, settings(run).get("experiment", {}))

    @property
    def id(self) -> str:
        """The experiment's id, by which the page links to it."""
        return str(self.experiment.get("id", self.run.name))

    @property
    def claims(self) -> dict[str, str]:
        """The answer to each claim, in words."""
        return dict(self.run.summary.get("claims", {}))

    def drawn(self, claim: str) -> str:
        """In how many draws of the constants all of a claim holds, below its answer."""
        drawn = self.run.summary.get("draws", {})
        words = drawn.get("claims", {}).get(claim)
        under = "".join(
            f"; under the condition {_share(one)}" for one in drawn.get("conditional", {}).get(claim, {}).values()
        )
        return f"<br><span class='small'>in draws: {_share(words)}{under}</span>" if words else ""

    @property
    def verdicts(self) -> dict[str, Mapping[str, Any]]:
        """How each expectation came out."""
        return dict(self.run.summary.get("expectations", {}))

    @property
    def corrected(self) -> Sequence[Mapping[str, Any]]:
        """Points on which a document is wrong."""
        return tuple(self.experiment.get("corrected", ()))

    @property
    def apart(self) -> set[str]:
        """Expectations that only belong to such points and decide no claim."""
        listed = {name for point in self.corrected for side in SIDES for name in point.get(side, ())}
        return {one["id"] for one in self.experiment.get("expect", ()) if one.get("correction")} & listed

    @property
    def held(self) -> str:
        """Such as "4 of 5"; a dash where nothing was expected."""
        holds = [bool(one.get("holds")) for one in self.verdicts.values()]
        return f"{sum(holds)} of {len(holds)}" if holds else "–"

    @property
    def again(self) -> str:
        """The command that does it again."""
        words = shlex.split(self.run.command)
        kept = [f"-S {shlex.quote(words[i + 1])}" for i, word in enumerate(words[:-1]) if word in ("-S", "--setting")]
        return " ".join(["redoxsim run", self.id, *kept])


def claim_order(claim: str) -> tuple[Any, ...]:
    """A key that sorts S0.2 before S0.10.

    >>> sorted(["S4.1", "S0.10", "S0.2"], key=claim_order)
    ['S0.2', 'S0.10', 'S4.1']
    """
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", claim))


def report_page(runs: Iterable[Run], *, title: str = "Experiments and claims", missing: Sequence[str] = ()) -> str:
    """The page of these runs, in their order; ``missing`` are experiments that have no run to tell of.

    Raises
    ------
    ReadError : a run's settings or a table of it cannot be read.
    """
    sections = [Section.of(run) for run in runs]
    told = f"<p class='no'>No result of: {html.escape(', '.join(missing))}.</p>" if missing else ""
    body = [told, _overview(sections), *(_section(one) for one in sections)]
    return PAGE.format(title=html.escape(title), style=STYLE, body="\n".join(body))


def _overview(sections: Sequence[Section]) -> str:
    claims = sorted(
        ((claim, words, one) for one in sections for claim, words in one.claims.items()),
        key=lambda item: (claim_order(item[0]), item[2].id),
    )
    joint: dict[str, str] = {}
    for claim, text, _ in claims:
        joint[claim] = max(joint.get(claim, HARDEST[0]), _answer(text), key=HARDEST.index)
    kinds = list(joint.values())
    counts = ", ".join(f"{kinds.count(name)} {name}" for name in ANSWERS if name in kinds)
    if len(joint) < len(claims):
        counts += " (a claim that several experiments answer counts by its least favourable answer)"
    held = [
        bool(one.get("holds"))
        for section in sections
        for name, one in section.verdicts.items()
        if name not in section.apart
    ]
    words = f"{len(sections)} experiments; {sum(held)} of {len(held)} expectations hold{_sides(sections)}"
    parts = [f"<p class='sum'>{words}{f'; answers to claims: {counts}' if counts else ''}.</p>"]
    if claims:
        says = _says(claims)
        rows = [
            [
                html.escape(claim) if number == 0 or claims[number - 1][0] != claim else "",
                says[number],
                _worded(text)
                + one.drawn(claim)
                + (
                    "<br><span class='small'>the document is wrong here; both ways below</span>"
                    if any(point.get("claim") == claim for point in one.corrected)
                    else ""
                ),
                _link(one),
            ]
            for number, (claim, text, one) in enumerate(claims)
        ]
        parts.append(table(("claim", "the documents say", "answer", "experiment"), rows, about="Claims"))
    ended = all(one.run.state == "finished" for one in sections)
    rows = [
        [
            _link(one),
            typeset(one.experiment.get("question", "")),
            whole(one.held),
            *([] if ended else [html.escape(one.run.state)]),
        ]
        for one in sections
    ]
    parts.append(table(("experiment", "question", "hold", *(() if ended else ("state",))), rows, about="Experiments"))
    return "\n".join([*parts, _how_to_read(sections)])


def _says(claims: Sequence[tuple[str, str, Section]]) -> list[str]:
    """What the documents say of each claim, a text of an experiment once: its other claims say where it stands.

    A claim that cannot be represented has a text of its own.
    """
    first: dict[tuple[str, str], str] = {}
    found = []
    for claim, _, one in claims:
        own = {each["claim"]: each.get("says") for each in one.experiment.get("beyond", ())}
        text = str(own.get(claim) or one.experiment.get("says", ""))
        where = first.setdefault((one.id, text), claim)
        found.append(
            typeset(text) if where == claim or not text else f"<span class='small'>as for {html.escape(where)}</span>"
        )
    return found


def _how_to_read(sections: Sequence[Section]) -> str:
    """How the numbers of all sections read, said once."""
    said: dict[str, None] = {}
    tried = "none flatter than {:g} or steeper than {:g} is tried".format(*HillBounds().slope)
    limited = any(AT_LIMIT in row for one in sections for row in rows_of(one.run.path / "fits.csv")[1])
    for one in sections:
        heads, rows = rows_of(one.run.path / "scores.csv")
        for name in ("sign", "orientation"):
            if name in heads:
                said |= dict.fromkeys(row[heads.index(name)] for row in rows)
    lines = [
        "In draws: in how many sets of constants, drawn from what is known of them, it holds. An answer stands where "
        "at least half of them say what the constants as they are say; else it says that it rests on these constants.",
        "Lines and numbers are of the constants as they are, bands and intervals of draws. Where a line leaves its "
        "band or a number its interval, the constants as they are do something that few of the draws do. Where more "
        f"than {MOST_FILLED} bands would lie over one another, bars at some places stand for them.",
        "Only the assumed ones varying: the spread of draws in which only constants of grade C vary over that of all "
        "draws, with its 5% to 95% over resampled draws, or the smallest and the largest of several readouts. It comes "
        "from two samples of 16 and 32 draws and may exceed 100%: then what is assumed makes all of the band.",
        "Mid-doses are those at which every agent alone affects between 10% and 90%.",
        "Not above clinical exposure: no higher than what patients reach, of all agents of which that is known.",
        *([f"Hill slope {AT_LIMIT}: {tried}."] if limited else []),
        "Conflict: an expectation that is known not to hold, with the reason; it counts against the claim.",
        *(f"{text[:1].upper()}{text[1:]}." for text in said if text),
    ]
    return (
        "<h3>How to read the numbers</h3><ul class='long'>"
        + "".join(f"<li>{typeset(one)}</li>" for one in lines)
        + "</ul>"
    )


def _sides(sections: Sequence[Section]) -> str:
    """In how many tests each side of the corrected points holds; one that is listed under several counts once."""
    parts, shared = [], 0
    for side, name in zip(SIDES, (DOCUMENT, CHEMISTRY), strict=True):
        tests = [
            (bool(section.verdicts[test].get("holds")), test not in section.apart)
            for section in sections
            for test in dict.fromkeys(test for point in section.corrected for test in point.get(side, ()))
            if test in section.verdicts
        ]
        shared += sum(counted for _, counted in tests)
        if tests:
            parts.append(f"{sum(holds for holds, _ in tests)} of {len(tests)} tests {name}")
    if not parts:
        return ""
    again = f" ({shared} of these tests are among the expectations)" if shared else ""
    return f"; where the documents are wrong, {' and '.join(parts)} hold{again}"


def _answer(words: str) -> str:
    """The kind of an answer in words, the longest that it begins with."""
    return next((name for name in sorted(ANSWERS, key=len, reverse=True) if words.startswith(name)), "contradicted")


def _link(one: Section) -> str:
    return f"<a class='whole' href='#{html.escape(one.id, quote=True)}'>{html.escape(one.id)}</a>"


def _section(one: Section) -> str:
    about = one.experiment
    parts = [
        f"<section id='{html.escape(one.id, quote=True)}'>",
        f"<h2>{typeset(about.get('title', one.id))}</h2>",
        f"<p class='question'>{typeset(about.get('question', ''))}</p>",
        f"<p class='again'>Run it again: <code>{html.escape(one.again)}</code></p>",
    ]
    if " -S " in one.again:
        parts.append("<p class='partly'>Another design: the expectations were written for the experiment as it is.</p>")
    told = (
        ("The documents say", about.get("says")),
        ("Expected before the first run", about.get("expected")),
        ("Note", about.get("note")),
    )
    parts += [f"<p><b>{name}.</b> {typeset(text)}</p>" for name, text in told if text]
    if one.run.state not in ("finished", "partial"):
        parts.append(f"<p class='no'>This run is {html.escape(one.run.state)}: it has no verdict.</p>")
    parts += [f"<p class='partly'>{typeset(text)}.</p>" for text in one.run.summary.get("hypotheses", ())]
    answered: dict[str, list[str]] = {}
    for claim, words in one.claims.items():
        answered.setdefault(words, []).append(claim)
    parts += [f"<p><b>{html.escape(enumerated(names))}</b>: {_worded(words)}</p>" for words, names in answered.items()]
    parts += _verdicts(one)
    parts += [*_in_draws(one), f"<p class='small'>{typeset(_rests_on(one))}</p>"]
    # Tables before figures: behind them a few rows would often stand on a page of their own.
    named = _runs_in_words(one.experiment.get("run", ()))
    parts += [scores(one.run.path / "scores.csv", named), fits(one.run.path / "fits.csv", named), _design(one)]
    parts += [*_pictured(one), "</section>"]
    return "\n".join(part for part in parts if part)


def _pictured(one: Section) -> list[str]:
    """The figures; a therapeutic window is told in words above its figure."""
    seen = {name: typeset(text) for name, text in one.run.summary.get("figures", {}).items()}
    drawn = figures(one.run.path, seen, one.run.summary.get("titles"))
    told = dict(one.run.summary.get("windows", {}))
    parts = []
    for name in [name for name in drawn if name.endswith("-window")]:
        of = name.removesuffix("-window")
        if mine := [told.pop(key) for key in (of, f"{of} with draws") if key in told]:
            parts += [*map(_window, mine), drawn.pop(name).html]
    return [side_by_side(drawn.values()), *map(_window, told.values()), *parts]


def _window(lines: Sequence[str]) -> str:
    """A therapeutic window in words: what is asked, and the answers."""
    return f"<h3>{typeset(lines[0])}</h3><ul>" + "".join(f"<li>{typeset(line)}</li>" for line in lines[1:]) + "</ul>"


def _worded(text: str) -> str:
    """An answer with its reason; the kind of it stands out, in colour and in weight."""
    kind = _answer(text)
    known = kind if text.startswith(kind) else ""
    return f"<span class='{ANSWERS[kind]}'>{html.escape(known)}</span>{typeset(text[len(known) :])}"


def _verdicts(one: Section) -> list[str]:
    """What was expected and what came out; then both sides of each point on which a document is wrong."""
    stated = {expected["id"]: expected for expected in one.experiment.get("expect", ())}
    rows: list[list[str]] = []
    shown: dict[str, Shown] = {}
    drawn = any("in draws" in verdict for verdict in one.verdicts.values())
    for name, verdict in one.verdicts.items():
        kind = "yes" if verdict.get("holds") else "partly" if "conflict" in str(verdict.get("verdict")) else "no"
        told = stated.get(name, {})
        why = told.get("conflict")
        shown[name] = Shown(
            text=str(told.get("text", name)), expected=str(verdict.get("expected", "")),
            got=str(verdict.get("got", "")), holds=bool(verdict.get("holds")),
            share=str(verdict.get("in draws", "")), note=str(why or ""),
        )  # fmt: skip
        if name in one.apart:
            continue
        rows.append(
            [
                html.escape(str(told.get("claim", ""))),
                typeset(shown[name].text)
                + (f"<br><span class='small'>Known conflict: {typeset(why)}</span>" if why else ""),
                whole(shown[name].expected),
                whole(shown[name].got),
                *([_share(shown[name].share)] if drawn else []),
                f"<span class='{kind}'>{html.escape(str(verdict.get('verdict', '')))}</span>",
            ]
        )
    heads = ("claim", "what", "expected", "got", *(("in draws",) if drawn else ()), "verdict")
    parts = [table(heads, rows)] if rows else []
    if found := both_ways_rows(points(one.corrected, shown)):
        parts.append(table(("claim", DOCUMENT, CHEMISTRY), found, about=TITLE, kind="pair"))
    return parts


def _share(words: str) -> str:
    """Such as "23 of 32 (72%), not defined in 2"; only the comma may end a line."""
    return ", ".join(whole(part) for part in words.split(", "))


def _in_draws(one: Section) -> list[str]:
    """In how many draws of the constants all of each claim holds, and how these were made."""
    found: Mapping[str, Any] = one.run.summary.get("draws", {})
    claims = "; ".join(f"{claim} holds as a whole in {words}" for claim, words in found.get("claims", {}).items())
    told = ". ".join(text for text in (claims, str(found.get("text", ""))) if text)
    return [f"<p class='small'>Draws of the constants: {typeset(told)}.</p>"] if told else []


def _design(one: Section) -> str:
    """What was run: a row per run."""
    rows = []
    for run in one.experiment.get("run", ()):
        doses = [*run.get("doses", ()), *run.get("background", ())]
        doses += [f"{name}: {span}" for name, span in zip(_agents(run), _spans(run), strict=False)]
        doses += [f"{name} given at {when}" for name, when in run.get("times", {}).items()]
        doses += [f"{name} = {value:g}" for name, value in run.get("values", {}).items()]
        cells = run.get("cells", one.experiment.get("cells", ""))
        where = f"{run.get('cell', one.experiment.get('cell', ''))} ({cells})"
        when = f"at {run['at']}" if "at" in run else f"to {run.get('until', '')}"
        kind = {"simulate": "time course", "combine": "combination"}.get(str(run.get("kind")), str(run.get("kind", "")))
        reads = html.escape(", ".join(run.get("observe", ())))
        given = "; ".join(map(_as_typed, doses)) or "untreated"
        named = f"<br><span class='small'>{typeset(run['title'])}</span>" if run.get("title") else ""
        rows.append([_as_typed(run.get("id", "")) + named, whole(f"{kind} {when}"), given, _as_typed(where), reads])
    heads = ("run", "what", "doses and levels", "cell (how many)", "reads")
    return table(heads, rows, about="Design", kind="fine") if rows else ""


def _runs_in_words(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Runs by id as people name them; with their ids where words do not tell them apart."""
    words = {str(run.get("id", "")): run_words(run) for run in runs}
    given = list(words.values())
    return {name: text if given.count(text) == 1 else f"{text} ({name})" for name, text in words.items()}


def _as_typed(text: object) -> str:
    """A dose or an id as it is typed, so that it can be copied; a line ends within a long one only."""
    typed = str(text)
    return f"<span class='whole'>{html.escape(typed)}</span>" if len(typed) <= WHOLE else html.escape(typed)


def _agents(run: Mapping[str, Any]) -> Sequence[str]:
    return run.get("agents") or ([run["agent"]] if "agent" in run else [])


def _spans(run: Mapping[str, Any]) -> Sequence[str]:
    spans = run.get("dose_values", ())
    return [spans] if isinstance(spans, str) else spans


def _rests_on(one: Section) -> str:
    """Model, cells, solves and grades in a line."""
    about, summary = one.experiment, one.run.summary
    parts = []
    for name, word in (("model", "model"), ("cell", "cell"), ("cells", "cells simulated")):
        used = dict.fromkeys(str(run.get(name, about.get(name))) for run in about.get("run", ()))
        if used:
            parts.append(f"{word} {' and '.join(used)}")
    if summary.get("solves"):
        parts.append("solves: " + ", ".join(f"{count} {name.lower()}" for name, count in summary["solves"].items()))
    if summary.get("check") is not None:
        parts.append(f"a sample solved again with scipy differs by {summary['check']:.1e} at most")
    if grades := summary.get("grades"):
        total = sum(grades.values())
        parts.append(
            f"of {total} constants {grades.get('A', 0)} were read in a source (A), {grades.get('B', 0)} recalled (B), "
            f"{grades.get('C', 0)} assumed (C)"
        )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
