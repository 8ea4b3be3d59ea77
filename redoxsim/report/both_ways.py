"""Points on which a document is wrong, side by side: what it says and what the chemistry does, with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from redoxsim.report.sheet import typeset
from redoxsim.report.verdicts import VerdictLine

DOCUMENT = "as the document says"
CHEMISTRY = "as the chemistry does"
TITLE = "Where the documents are wrong, both ways"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one expectation of a side asked, and how it came out; ``share`` and ``note`` may be empty."""

    text: str
    expected: str
    got: str
    holds: bool
    share: str = ""
    note: str = ""

    @classmethod
    def of(cls, line: VerdictLine) -> Shown:
        """From a verdict in words."""
        return cls(
            text=line.text, expected=line.expected, got=line.got, holds=line.holds, share=line.share,
            note=line.conflict or "",
        )  # fmt: skip

    @property
    def word(self) -> str:
        """Whether it holds."""
        return "holds" if self.holds else "does not hold"

    @property
    def numbers(self) -> str:
        """Such as ``expected <= 0.9, got 1.08; in draws 3 of 32 (9%)``."""
        drawn = f"; in draws {self.share}" if self.share else ""
        return f"expected {self.expected}, got {self.got}{drawn}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One corrected point: both sides in a sentence and what was run for each; ``why`` a side has no run."""

    claim: str
    document: str
    chemistry: str
    as_document: tuple[Shown, ...]
    as_chemistry: tuple[Shown, ...]
    why: str = ""


def points(corrected: Iterable[Mapping[str, Any]], shown: Mapping[str, Shown]) -> tuple[Point, ...]:
    """The points of an experiment.

    Parameters
    ----------
    corrected : its ``[[corrected]]`` tables, :class:`redoxsim.study.experiment.Corrected` as mappings.
    shown : how its expectations came out, by id; one that did not come to an end is left out.
    """
    return tuple(
        Point(
            claim=str(one["claim"]),
            document=str(one["document"]),
            chemistry=str(one["chemistry"]),
            as_document=tuple(shown[name] for name in one.get("as_document", ()) if name in shown),
            as_chemistry=tuple(shown[name] for name in one.get("as_chemistry", ()) if name in shown),
            why=str(one.get("why") or ""),
        )
        for one in corrected
    )


def both_ways_text(found: Sequence[Point]) -> str:
    """The points for a terminal; "" where there are none."""
    lines = [f"{TITLE}:"] if found else []
    for one in found:
        for head, said, tests in _sides(one):
            lines.append(f"{one.claim} {head}: {said}")
            lines += [f"    {test.word}: {test.text} ({test.numbers})" for test in tests]
        lines += [f"    not run: {one.why}"] if one.why else []
    return "\n".join(lines)


def both_ways_markdown(found: Sequence[Point]) -> str:
    """The points as a Markdown table, a row each; "" where there are none."""
    if not found:
        return ""
    out = [f"## {TITLE}", "", f"| claim | {DOCUMENT} | {CHEMISTRY} |", "|---|---|---|"]
    for one in found:
        cells = [
            "<br>".join([said, *(f"*{test.word}*: {test.text} ({test.numbers})" for test in tests)])
            for _, said, tests in _sides(one)
        ]
        why = f"<br>Not run: {one.why}" if one.why else ""
        out.append(f"| {_cell(one.claim)} | {_cell(cells[0] + why)} | {_cell(cells[1])} |")
    return "\n".join(out) + "\n"


def both_ways_rows(found: Sequence[Point]) -> list[list[str]]:
    """Points as HTML: a row with the claim and what each side says, then a row for each pair of tests.

    Short rows of their own, so that a page ends between two of them and within none.
    """
    rows = []
    for one in found:
        sides = _sides(one)
        rows.append([typeset(one.claim), *(f"<p>{typeset(said)}</p>" for _, said, _ in sides)])
        left, right = ([_test(test) for test in tests] for _, _, tests in sides)
        left += [f"<p class='small'>Not run: {typeset(one.why)}</p>"] if one.why else []
        rows += [["", *pair] for pair in zip_longest(left, right, fillvalue="")]
    return rows


def _test(one: Shown) -> str:
    note = f"<br><span class='small'>{typeset(one.note)}</span>" if one.note else ""
    kind = "yes" if one.holds else "partly"
    word = f"<span class='{kind}'>{one.word}</span>"
    return f"<p>{word}: {typeset(one.text)} ({typeset(one.numbers)}){note}</p>"


def _sides(one: Point) -> tuple[tuple[str, str, tuple[Shown, ...]], ...]:
    return ((DOCUMENT, one.document, one.as_document), (CHEMISTRY, one.chemistry, one.as_chemistry))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


__all__ = [
    "CHEMISTRY", "DOCUMENT", "TITLE", "Point", "Shown", "both_ways_markdown", "both_ways_rows", "both_ways_text",
    "points",
]  # fmt: skip
