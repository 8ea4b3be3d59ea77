"""What an experiment expected and what it got, as text or Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redoxsim.report.text import text_table
from redoxsim.study.agreement import Agreement
from redoxsim.study.claims import ClaimVerdict
from redoxsim.study.expectations import Finding, Verdict

MARKS = {Finding.HOLDS: "✓", Finding.FAILS: "✗", Finding.CONFLICT: "≠", Finding.SURPRISE: "!"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictLine:
    """One expectation in words: what should be, what came out, whether it holds, and a conflict that was declared.

    ``share`` is that of the draws of constants in which it holds, "" where there were none.
    """

    id: str
    text: str
    expected: str
    got: str
    holds: bool
    claim: str | None = None
    conflict: str | None = None
    defined: bool = True
    share: str = ""

    @property
    def finding(self) -> Finding:
        """How it came out."""
        return Finding.of(holds=self.holds, declared=self.conflict is not None, defined=self.defined)

    @property
    def passes(self) -> bool:
        """Whether a run may end well with it: it holds, or is a known conflict."""
        return self.finding.passes

    @property
    def word(self) -> str:
        """Such as "holds", "does not hold" or "conflict"."""
        return self.finding.value


def verdict_lines(verdicts: Iterable[Verdict], agreed: Agreement | None = None) -> tuple[VerdictLine, ...]:
    """The verdicts of an experiment in words.

    Parameters
    ----------
    agreed : in how many draws of the constants each holds.
    """
    shares = {} if agreed is None else agreed.expectations
    return tuple(
        VerdictLine(
            id=one.expectation.id,
            text=one.expectation.text,
            expected=one.expectation.wanted(),
            got=one.got(),
            holds=one.holds,
            claim=one.expectation.claim,
            conflict=one.expectation.conflict,
            defined=one.value == one.value,
            share=shares[one.expectation.id].words() if one.expectation.id in shares else "",
        )
        for one in verdicts
    )


def summary_line(lines: Sequence[VerdictLine]) -> str:
    """How many hold, and what became of conflicts that were declared.

    >>> good = VerdictLine(id="a", text="", expected="", got="", holds=True)
    >>> known = VerdictLine(id="b", text="", expected=">= 3", got="2", holds=False, conflict="2 is all that 1 gives")
    >>> summary_line([good, known])
    '1 of 2 expectations hold, 1 known conflict'
    """
    found = [line.finding for line in lines]
    text = f"{sum(line.holds for line in lines)} of {len(lines)} expectations hold"
    if count := found.count(Finding.CONFLICT):
        text += f", {count} known conflict{'s' if count > 1 else ''}"
    if surprises := [line.id for line in lines if line.finding is Finding.SURPRISE]:
        text += f"; unexpectedly, these hold although a conflict was declared: {', '.join(surprises)}"
    return text


def conflict_notes(lines: Sequence[VerdictLine]) -> list[str]:
    """The reasons given for conflicts, a line each."""
    return [f"{line.id}: {line.word}; declared: {line.conflict}" for line in lines if line.conflict is not None]


def verdicts_text(lines: Sequence[VerdictLine]) -> str:
    """The verdicts for a terminal; the mark in front does not depend on colour."""
    if not lines:
        return "nothing was expected"
    drawn = any(line.share for line in lines)
    heads = ["", "id", "expected", "got", *(["in draws"] if drawn else []), "what"]
    rows = [
        [MARKS[line.finding], line.id, line.expected, line.got, *([line.share] if drawn else []), line.text]
        for line in lines
    ]
    notes = "".join(f"\n{note}" for note in conflict_notes(lines))
    return f"{text_table(heads, rows)}\n{notes}\n{summary_line(lines)}"


def claim_lines(claims: Iterable[ClaimVerdict], agreed: Agreement | None = None) -> str:
    """Claims of the source documents and how they came out, a line each, and in how many draws all of it holds.

    What no expectation tells, as nothing can show it, is quoted.
    """
    return "\n".join(
        f"{one.claim} {f'“{one.says}” ' if one.says else ''}{one.words()}{_in_draws(one, agreed)}" for one in claims
    )


def _in_draws(claim: ClaimVerdict, agreed: Agreement | None) -> str:
    share = None if agreed is None else agreed.claims.get(claim.claim)
    if share is None:
        return ""
    if not share.of:
        return f" [of the draws of constants {share.words()}]"
    under = (agreed.conditional if agreed else {}).get(claim.claim, {})
    told = "".join(f"; if {when}, in {one.words()}" for when, one in under.items())
    return f" [of the draws of constants all of it holds in {share.words()}{told}]"


def verdicts_markdown(
    lines: Sequence[VerdictLine],
    *,
    title: str | None = None,
    claims: Sequence[ClaimVerdict] = (),
    agreed: Agreement | None = None,
) -> str:
    """The verdicts as a Markdown table, below the claims that they answer."""
    out = [f"# {title}", ""] if title else []
    if claims:
        out += [*(f"- {one}" for one in claim_lines(claims, agreed).splitlines()), ""]
    drawn = any(line.share for line in lines)
    heads = ("id", "claim", "what", "expected", "got", *(("in draws",) if drawn else ()), "")
    if lines:
        out += [f"| {' | '.join(heads)} |".replace("|  |", "| |"), "|---" * len(heads) + "|"]
    for line in lines:
        shares = (line.share,) if drawn else ()
        cells = (line.id, line.claim or "", line.text, line.expected, line.got, *shares, line.word)
        out.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    notes = [f"- {note}" for note in conflict_notes(lines)]
    out += ["", *notes] if notes else []
    out += ["", summary_line(lines)] if lines else []
    return "\n".join(out).rstrip("\n") + "\n"
