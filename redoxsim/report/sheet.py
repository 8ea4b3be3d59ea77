"""How a page of experiments is set: its style, tables, and texts with the signs that print has for them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from redoxsim.report.names import powers, show_formulas

_NAMED = re.compile(
    r"(?<![\w&#;.−-])(?=[\w.-]*\d)(?=[\w.-]*[A-Za-z])(?=[\w.-]{3,20}(?![\w-]))(?:\d+\.)?\w+(?:-\w+)+(?![\w-])"
)
"""A name that no line may break at its hyphen, such as ferrostatin-1, PD-L1 or 2-oxoglutarate."""


def typeset(text: object) -> str:
    """A text as HTML, in typographic signs: at least as one sign, micro as such, a number not torn from its unit.

    What stands between backticks is code and stays as it is.
    """
    parts = re.split(r"`([^`]+)`", str(text))
    if len(parts) > 1:
        return "".join(
            f"<code>{html.escape(part)}</code>" if place % 2 else typeset(part) for place, part in enumerate(parts)
        )
    words = html.escape(show_formulas(str(text))).replace("&gt;=", "≥").replace("&lt;=", "≤")
    words = words.replace("/m2/", "/m²/").replace(" - ", " − ")
    words = powers(words)
    words = _NAMED.sub(r"<span class='whole'>\g<0></span>", words)
    words = re.sub(r"(?<=[\d.])( ?)u(?=M\b|g/m?L\b)", r"\1µ", words)
    words = re.sub(r"(?<![\w.])-(?=\d)", "−", words)
    return re.sub(r"(\bgot|[≥≤]|&[gl]t;|\d) (?=(?:[\d−]|[nµm]?M|h|min|Gy|mV)(?![A-Za-z]))", "\\1\u00a0", words)


def whole(text: object) -> str:
    """A text that no line break may cut."""
    return f"<span class='whole'>{typeset(text)}</span>"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, about: str = "", kind: str = "") -> str:
    """A table of cells that are HTML already; what is too wide for a screen scrolls by itself.

    Parameters
    ----------
    kind : "fine" for small letters, "pair" for rows that belong to the last one above them with a first cell.
    """
    caption = f"<caption>{html.escape(about)}</caption>" if about else ""
    top = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    named = f" class='{kind}'" if kind else ""
    made = f"<table{named}>{caption}<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    return f"<div class='wide'>{made}</div>"


STYLE = """
body { font: 16px/1.45 "DejaVu Sans", system-ui, sans-serif; color: #262626; max-width: 66em; margin: 2em auto;
  padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.3em; border-top: 2px solid #262626; padding-top: 0.6em; margin-top: 2em; }
h3 { font-size: 1em; margin: 1em 0 0.2em; }
.wide { overflow-x: auto; margin: 0.6em 0 1.2em; }
table { border-collapse: collapse; width: 100%; font-size: 0.88em; } table.fine { font-size: 0.8em; }
caption { text-align: left; font-weight: 600; padding: 0.3em 0; }
th, td { text-align: left; padding: 0.3em 0.6em; border-bottom: 1px solid #ddd; vertical-align: top; }
td p { margin: 0 0 0.4em; } .pair td { border-bottom: 0; padding-bottom: 0; }
.pair { table-layout: fixed; } .pair th:first-child { width: 3.6em; }
.pair tr:has(td:first-child:not(:empty)) td { border-top: 1px solid #ddd; padding-top: 0.4em; }
.whole { white-space: nowrap; }
figcaption { font-size: 0.85em; color: #444; margin-top: 0.3em; }
td { overflow-wrap: break-word; min-width: 2.6em; }
ul { margin: 0.2em 0 0.8em; padding-left: 1.4em; font-size: 0.92em; }
figure { display: inline-block; width: var(--share, 100%); margin: 0.7em 0; vertical-align: top; }
figure.alone { display: flex; width: 100%; align-items: center; }
figure.alone img { width: var(--share); flex: none; } figure.alone figcaption { padding-left: 1em; }
figure img { width: 100%; } img { max-width: 100%; height: auto; }
figcaption { padding-right: 1em; }
code { background: #f4f4f4; padding: 0.1em 0.3em; overflow-wrap: anywhere; }
.question { font-style: italic; } .small { font-size: 0.85em; color: #555; } .again { font-size: 0.9em; }
.yes { color: #00694f; font-weight: 600; } .partly { color: #6b4a00; font-weight: 600; }
.no { color: #a23b00; font-weight: 600; } .none { color: #555; font-weight: 600; }
@media (max-width: 40em) {
  body { margin: 1em auto; padding: 0 0.7em; } th, td { padding: 0.3em 0.35em; } table { font-size: 0.82em; }
  figure, figure.alone { display: block; width: 100%; } figure.alone img { width: 100%; }
  td:nth-child(2) { min-width: 11em; }  /* a wide table scrolls by itself rather than be squeezed */
}
@media print {
  body { font-size: 8.6pt; max-width: none; margin: 0; padding: 0; }
  section { break-before: page; } h2 { border: 0; margin-top: 0; } h2, h3, caption { break-after: avoid; }
  .wide { overflow: visible; } tr, figure, .line, li { break-inside: avoid; } thead { display: table-header-group; }
  tbody tr:first-child, tbody tr:nth-child(2), tbody tr:last-child { break-before: avoid; }
  ul { break-inside: avoid; } ul.long { break-inside: auto; }
  .pair tr:has(td:first-child:not(:empty)) { break-after: avoid; }
  img { max-height: 22cm; object-fit: contain; object-position: left top; }
  a { color: inherit; text-decoration: none; }
}
@page { margin: 1.4cm 1.5cm; }
"""

PAGE = """<!doctype html>
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
