"""One page of many experiments: a table of claims and verdicts, then a section each with figures and numbers.

The page is one HTML file without anything from elsewhere, and is made from run folders alone: what it shows is what
lies in them. It has no dates, so that the same runs give the same page.
"""

from __future__ import annotations

import csv
import html
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redoxsim.report.both_ways import CHEMISTRY, DOCUMENT, TITLE, Shown, both_ways_rows, points
from redoxsim.report.pictures import figures
from redoxsim.report.runlist import Run, settings
from redoxsim.study.claims import Answer

LONGEST = 24
"""Rows of a table of numbers that the page shows; the rest is in the run folder."""
LEFT_OUT = ("method", "message", "sign", "orientation")
"""Columns of tables of numbers that repeat one sentence on every line."""
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


def report_page(runs: Iterable[Run], *, title: str = "Experiments and claims") -> str:
    """The page of these runs, in their order.

    Raises
    ------
    ReadError : a run's settings or a table of it cannot be read.
    """
    sections = [Section.of(run) for run in runs]
    body = [_overview(sections), *(_section(one) for one in sections)]
    return _PAGE.format(title=html.escape(title), style=_STYLE, body="\n".join(body))


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
        rows = [
            [
                html.escape(claim) if number == 0 or claims[number - 1][0] != claim else "",
                _worded(text)
                + (
                    "<br><span class='small'>the document is wrong here; both ways below</span>"
                    if any(point.get("claim") == claim for point in one.corrected)
                    else ""
                ),
                _link(one),
            ]
            for number, (claim, text, one) in enumerate(claims)
        ]
        parts.append(_table(("claim", "answer", "experiment"), rows, about="Claims"))
    rows = [
        [_link(one), html.escape(str(one.experiment.get("question", ""))), one.held, one.run.state] for one in sections
    ]
    parts.append(_table(("experiment", "question", "hold", "state"), rows, about="Experiments"))
    return "\n".join(parts)


def _sides(sections: Sequence[Section]) -> str:
    """In how many tests each side of the corrected points holds."""
    parts = []
    for side, name in zip(SIDES, (DOCUMENT, CHEMISTRY), strict=True):
        tests = [
            bool(section.verdicts[test].get("holds"))
            for section in sections
            for test in dict.fromkeys(test for point in section.corrected for test in point.get(side, ()))
            if test in section.verdicts
        ]
        if tests:
            parts.append(f"{sum(tests)} of {len(tests)} tests {name}")
    return f"; where the documents are wrong, {' and '.join(parts)} hold" if parts else ""


def _answer(words: str) -> str:
    """The kind of an answer in words, the longest that it begins with."""
    return next((name for name in sorted(ANSWERS, key=len, reverse=True) if words.startswith(name)), "contradicted")


def _link(one: Section) -> str:
    return f"<a href='#{html.escape(one.id, quote=True)}'>{html.escape(one.id)}</a>"


def _section(one: Section) -> str:
    about = one.experiment
    parts = [
        f"<section id='{html.escape(one.id, quote=True)}'>",
        f"<h2>{html.escape(str(about.get('title', one.id)))}</h2>",
        f"<p class='question'>{html.escape(str(about.get('question', '')))}</p>",
        f"<p class='again'>Run it again: <code>{html.escape(one.again)}</code></p>",
    ]
    told = (("The documents say", about.get("says")), ("Expected before the first run", about.get("expected")))
    parts += [f"<p><b>{name}.</b> {html.escape(str(text))}</p>" for name, text in told if text]
    if one.run.state not in ("finished", "partial"):
        parts.append(f"<p class='no'>This run is {html.escape(one.run.state)}: it has no verdict.</p>")
    parts += [f"<p><b>{html.escape(claim)}</b>: {_worded(words)}</p>" for claim, words in one.claims.items()]
    parts += _verdicts(one)
    parts += _in_draws(one)
    for lines in one.run.summary.get("windows", {}).values():
        parts.append(f"<h3>{html.escape(lines[0])}</h3>")
        parts.append("<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines[1:]) + "</ul>")
    parts += figures(one.run.path)
    parts += [_fits(one.run.path / "fits.csv"), _scores(one.run.path / "scores.csv")]
    parts.append(_design(one))
    parts.append(f"<p class='small'>{html.escape(_rests_on(one))}</p>\n</section>")
    return "\n".join(part for part in parts if part)


def _worded(text: str) -> str:
    """An answer with its reason; the kind of it stands out, in colour and in weight."""
    kind = _answer(text)
    known = kind if text.startswith(kind) else ""
    return f"<span class='{ANSWERS[kind]}'>{html.escape(known)}</span>{html.escape(text[len(known) :])}"


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
                html.escape(shown[name].text)
                + (f"<br><span class='small'>Known conflict: {html.escape(str(why))}</span>" if why else ""),
                html.escape(shown[name].expected),
                html.escape(shown[name].got),
                *([html.escape(shown[name].share)] if drawn else []),
                f"<span class='{kind}'>{html.escape(str(verdict.get('verdict', '')))}</span>",
            ]
        )
    heads = ("claim", "what", "expected", "got", *(("in draws",) if drawn else ()), "verdict")
    parts = [_table(heads, rows)] if rows else []
    if found := both_ways_rows(points(one.corrected, shown)):
        parts.append(_table(("claim", DOCUMENT, CHEMISTRY), found, about=TITLE))
    return parts


def _in_draws(one: Section) -> list[str]:
    """In how many draws of the constants all of each claim holds, and how these were made."""
    found: Mapping[str, Any] = one.run.summary.get("draws", {})
    claims = "; ".join(f"{claim} holds as a whole in {words}" for claim, words in found.get("claims", {}).items())
    told = ". ".join(text for text in (claims, str(found.get("text", ""))) if text)
    return [f"<p class='small'>Draws of the constants: {html.escape(told)}.</p>"] if told else []


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
        cells_of_row = (
            run.get("id", ""), f"{kind} {when}", "; ".join(doses) or "untreated", where,
            ", ".join(run.get("observe", ())),
        )  # fmt: skip
        rows.append([html.escape(str(text)) for text in cells_of_row])
    heads = ("run", "what", "doses and levels", "cell (how many)", "reads")
    return _table(heads, rows, about="Design", small=True) if rows else ""


def _agents(run: Mapping[str, Any]) -> Sequence[str]:
    return run.get("agents") or ([run["agent"]] if "agent" in run else [])


def _spans(run: Mapping[str, Any]) -> Sequence[str]:
    spans = run.get("dose_values", ())
    return [spans] if isinstance(spans, str) else spans


def _rows(file: Path) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of a table of numbers, without the columns that repeat one sentence; empty where there is none."""
    if not file.is_file():
        return [], []
    with file.open(encoding="utf-8", newline="") as stream:
        heads, *rows = [*csv.reader(stream)] or [[]]
    return heads, rows


def _numbers(heads: Sequence[str], rows: Sequence[Sequence[str]], file: Path, title: str) -> str:
    told = [place for place, head in enumerate(heads) if head not in LEFT_OUT]
    shown = [[html.escape(_short(row[place])) for place in told] for row in rows[:LONGEST]]
    more = f"<p class='small'>and {len(rows) - LONGEST} more in {file.name}</p>" if len(rows) > LONGEST else ""
    return f"{_table([heads[place] for place in told], shown, about=title)}{more}" if rows else ""


def _fits(file: Path) -> str:
    """Fits, a row per curve: each parameter with its interval."""
    heads, rows = _rows(file)
    if not {"run", "readout", "parameter", "value", "interval"} <= set(heads):
        return _numbers(heads, rows, file, "Fits")
    place = {name: heads.index(name) for name in heads}
    curves: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        interval = row[place["interval"]]
        text = _short(row[place["value"]]) + (f" ({interval})" if interval else "")
        curves.setdefault((row[place["run"]], row[place["readout"]]), {})[row[place["parameter"]]] = text
    names = list(dict.fromkeys(name for one in curves.values() for name in one))
    shown = [
        [html.escape(cell) for cell in (*key, *(one.get(name, "") for name in names))] for key, one in curves.items()
    ]
    return _table(("run", "readout", *names), shown, about="Fits of the curves, with 95% intervals")


def _scores(file: Path) -> str:
    """Scores, and below them how to read each."""
    heads, rows = _rows(file)
    if not rows:
        return ""
    table = _numbers(heads, rows, file, "Scores over the combinations")
    said = [dict.fromkeys(row[heads.index(name)] for row in rows) for name in ("sign", "orientation") if name in heads]
    notes = "; ".join(text for one in said for text in one if text)
    return table + (f"<p class='small'>{html.escape(notes)}.</p>" if notes else "")


def _short(cell: str) -> str:
    """A number in four digits, a dash for none, any other text as it is."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    if value != value:
        return "–"
    return f"{value:.4g}" if "." in cell or "e" in cell.lower() else cell


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
    return "; ".join(parts) + "." if parts else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, about: str = "", small: bool = False) -> str:
    """A table of cells that are HTML already; what is too wide for a screen scrolls by itself."""
    caption = f"<caption>{html.escape(about)}</caption>" if about else ""
    top = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    kind = " class='fine'" if small else ""
    table = f"<table{kind}>{caption}<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    return f"<div class='wide'>{table}</div>"


_STYLE = """
body { font: 16px/1.45 "DejaVu Sans", system-ui, sans-serif; color: #262626; max-width: 66em; margin: 2em auto;
  padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.3em; border-top: 2px solid #262626; padding-top: 0.6em; margin-top: 2em; }
h3 { font-size: 1em; margin: 1em 0 0.2em; }
.wide { overflow-x: auto; margin: 0.6em 0 1.2em; }
table { border-collapse: collapse; width: 100%; font-size: 0.88em; } table.fine { font-size: 0.8em; }
caption { text-align: left; font-weight: 600; padding: 0.3em 0; }
th, td { text-align: left; padding: 0.3em 0.6em; border-bottom: 1px solid #ddd; vertical-align: top; }
td p { margin: 0 0 0.4em; }
td { overflow-wrap: break-word; min-width: 2.6em; }
ul { margin: 0.2em 0 0.8em; padding-left: 1.4em; font-size: 0.92em; }
figure { margin: 1em 0; } img { max-width: 100%; height: auto; }
code { background: #f4f4f4; padding: 0.1em 0.3em; overflow-wrap: anywhere; }
.question { font-style: italic; } .small { font-size: 0.85em; color: #555; } .again { font-size: 0.9em; }
.yes { color: #00694f; font-weight: 600; } .partly { color: #6b4a00; font-weight: 600; }
.no { color: #a23b00; font-weight: 600; } .none { color: #555; font-weight: 600; }
@media (max-width: 40em) {
  body { margin: 1em auto; padding: 0 0.7em; } th, td { padding: 0.3em 0.35em; } table { font-size: 0.82em; }
  td:nth-child(2) { min-width: 11em; }  /* a wide table scrolls by itself rather than be squeezed */
}
@media print {
  body { font-size: 9.5pt; max-width: none; margin: 0; padding: 0; }
  section { break-before: page; } h2 { border: 0; margin-top: 0; } h2, h3, caption { break-after: avoid; }
  .wide { overflow: visible; } tr, figure, li { break-inside: avoid; } thead { display: table-header-group; }
  img { max-height: 20cm; width: var(--share, 100%); object-fit: contain; object-position: left; }
  a { color: inherit; text-decoration: none; }
}
@page { margin: 1.5cm; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
