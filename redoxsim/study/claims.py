"""Claims: what a document says, and what the experiments that answer it found.

A claim is *reproduced* if every expectation that states it holds. Where some do not, but each of them has one that
replaces it under a stated condition (``when``) and holds, it is *reproduced only if* that condition is met; else
*contradicted*. What no model here can show is *not representable*, with the reason. Expectations marked ``correction``
belong to a point on which the document is wrong, on either side of it; they never count for the claim.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from redoxsim.study.expectations import Verdict
from redoxsim.study.experiment import Experiment


class Answer(StrEnum):
    """How a claim came out."""

    REPRODUCED = "reproduced"
    ONLY_IF = "reproduced only if"
    CONTRADICTED = "contradicted"
    NOT_REPRESENTABLE = "not representable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimVerdict:
    """One claim, answered; ``because`` is the condition, the expectations that fail, or why nothing can show it."""

    claim: str
    answer: Answer
    because: str = ""

    def words(self) -> str:
        """Such as "reproduced only if glutathione is lost"."""
        joint = " " if self.answer is Answer.ONLY_IF else ": "
        return f"{self.answer.value}{joint}{self.because}" if self.because else self.answer.value


def answer(claim: str, verdicts: Iterable[Verdict]) -> ClaimVerdict:
    """What the expectations that name a claim say about it, from one experiment or several.

    Raises
    ------
    ValueError : no expectation states the claim.
    """
    mine = [one for one in verdicts if one.expectation.claim == claim and not one.expectation.correction]
    if not mine:
        raise ValueError(f"no expectation states claim {claim}")
    plain = [one for one in mine if one.expectation.when is None]
    failing = [one for one in plain if not one.holds]
    if not failing:
        return ClaimVerdict(claim=claim, answer=Answer.REPRODUCED)
    conditions = dict.fromkeys(one.expectation.when for one in mine if one.expectation.when is not None)
    met = [
        when
        for when in conditions
        if {one.expectation.id for one in failing}
        <= {one.expectation.replaces for one in mine if one.expectation.when == when and one.holds}
    ]
    if met:
        return ClaimVerdict(claim=claim, answer=Answer.ONLY_IF, because=" or ".join(met))
    reasons = "; ".join(f"{one.expectation.text} ({one.expectation.wanted()}, got {one.got()})" for one in failing)
    return ClaimVerdict(claim=claim, answer=Answer.CONTRADICTED, because=reasons)


def answers(experiment: Experiment, verdicts: Iterable[Verdict]) -> tuple[ClaimVerdict, ...]:
    """Every claim of an experiment, in its order."""
    judged = tuple(verdicts)
    reasons = {one.claim: one.reason for one in experiment.beyond}
    return tuple(
        ClaimVerdict(claim=claim, answer=Answer.NOT_REPRESENTABLE, because=reasons[claim])
        if claim in reasons
        else answer(claim, judged)
        for claim in experiment.claims
    )
