"""What an experiment expected and what it got, as text, Markdown or HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redoxsim.report.text import text_table
from redoxsim.study.expectations import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictLine:
    """One expectation in words: what should be, what came out, whether it holds."""

    id: str
    text: str
    expected: str
    got: str
    holds: bool
    claim: str | None = None

    @property
    def word(self) -> str:
        """ "holds" or "does not hold"."""
        return "holds" if self.holds else "does not hold"


def verdict_lines(verdicts: Iterable[Verdict]) -> tuple[VerdictLine, ...]:
    """The verdicts of an experiment in words."""
    return tuple(
        VerdictLine(
            id=one.expectation.id,
            text=one.expectation.text,
            expected=one.expectation.wanted(),
            got=one.got(),
            holds=one.holds,
            claim=one.expectation.claim,
        )
        for one in verdicts
    )


def summary_line(lines: Sequence[VerdictLine]) -> str:
    """How many hold.

    >>> summary_line([VerdictLine(id="a", text="", expected="", got="", holds=True)])
    '1 of 1 expectations hold'
    """
    return f"{sum(line.holds for line in lines)} of {len(lines)} expectations hold"


def verdicts_text(lines: Sequence[VerdictLine]) -> str:
    """The verdicts for a terminal; the mark in front does not depend on colour."""
    if not lines:
        return "nothing was expected"
    rows = [["✓" if line.holds else "✗", line.id, line.expected, line.got, line.text] for line in lines]
    return f"{text_table(['', 'id', 'expected', 'got', 'what'], rows)}\n\n{summary_line(lines)}"


def verdicts_markdown(lines: Sequence[VerdictLine], *, title: str | None = None) -> str:
    """The verdicts as a Markdown table."""
    out = [f"# {title}", ""] if title else []
    out += ["| id | claim | what | expected | got | |", "|---|---|---|---|---|---|"]
    for line in lines:
        cells = (line.id, line.claim or "", line.text, line.expected, line.got, line.word)
        out.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join([*out, "", summary_line(lines)]) + "\n"


def verdicts_html(lines: Sequence[VerdictLine], *, title: str = "Expectations") -> str:
    """The verdicts as one HTML page without anything from elsewhere; all texts are escaped."""
    heads = "".join(f"<th scope='col'>{name}</th>" for name in ("id", "claim", "what", "expected", "got", ""))
    body = []
    for line in lines:
        cells = (line.id, line.claim or "", line.text, line.expected, line.got)
        mark = f"<td class='{'yes' if line.holds else 'no'}'>{'✓' if line.holds else '✗'} {line.word}</td>"
        body.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + mark + "</tr>")
    return _PAGE.format(
        title=html.escape(title), heads=heads, body="\n".join(body), summary=html.escape(summary_line(lines))
    )


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 16px/1.45 system-ui, sans-serif; color: #262626; max-width: 70em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: 0.4em 0.7em; border-bottom: 1px solid #ddd; vertical-align: top; }}
.yes {{ color: #00694f; white-space: nowrap; }}
.no {{ color: #a23b00; font-weight: 600; white-space: nowrap; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{summary}</p>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</body>
</html>
"""
