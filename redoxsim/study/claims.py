"""Claims: what a document says, and what the experiments that answer it found.

A claim is *reproduced* if every expectation that states it holds. Where some do not, but each of them has one that
replaces it under a stated condition (``when``) and holds, it is *reproduced only if* that condition is met; else
*contradicted*. What no model here can show is *not representable*, with the reason. Expectations marked ``correction``
belong to a point on which the document is wrong, on either side of it; they never count for the claim.

That is decided by the constants as they are. Where it was looked up in draws of the constants, at least half of them
(:data:`ENOUGH`) must say the same: a claim that holds as the constants are, but in fewer draws, is *reproduced only if*
the constants are close to those taken; one that fails as they are, but holds in more than half, is *reproduced only if*
they are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from redoxsim.study.expectations import Verdict
from redoxsim.study.experiment import Experiment

if TYPE_CHECKING:
    from redoxsim.study.agreement import Agreement, Share


ENOUGH = 0.5
"""Share of the draws that must say what the constants as they are say."""
FEWEST = 8
"""Draws that must have come to the end for their share to be asked."""
NEAR = "the constants are close to those taken"
AWAY = "the constants are not those taken"


class Answer(StrEnum):
    """How a claim came out."""

    REPRODUCED = "reproduced"
    ONLY_IF = "reproduced only if"
    CONTRADICTED = "contradicted"
    NOT_REPRESENTABLE = "not representable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimVerdict:
    """One claim, answered; ``because`` is the condition, the expectations that fail, or why nothing can show it.

    ``says`` is what the document says, of a claim that nothing can show: no expectation tells it.
    """

    claim: str
    answer: Answer
    because: str = ""
    says: str = ""

    def words(self) -> str:
        """Such as "reproduced only if glutathione is lost"."""
        joint = " " if self.answer is Answer.ONLY_IF else ": "
        return f"{self.answer.value}{joint}{self.because}" if self.because else self.answer.value


def answer(
    claim: str,
    verdicts: Iterable[Verdict],
    share: Share | None = None,
    conditional: Mapping[str, Share] | None = None,
) -> ClaimVerdict:
    """What the expectations that name a claim say about it, from one experiment or several.

    Parameters
    ----------
    share : of the draws of the constants in which all of it holds. conditional : the same under each condition.

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
        if _few(share):
            return ClaimVerdict(claim=claim, answer=Answer.ONLY_IF, because=NEAR)
        return ClaimVerdict(claim=claim, answer=Answer.REPRODUCED)
    conditions = dict.fromkeys(one.expectation.when for one in mine if one.expectation.when is not None)
    met = [
        when
        for when in conditions
        if {one.expectation.id for one in failing}
        <= {one.expectation.replaces for one in mine if one.expectation.when == when and one.holds}
    ]
    if met:
        under = conditional or {}
        told = [f"{when} and {NEAR}" if _few(under.get(when)) else when for when in met]
        return ClaimVerdict(claim=claim, answer=Answer.ONLY_IF, because=" or ".join(told))
    if _many(share):
        return ClaimVerdict(claim=claim, answer=Answer.ONLY_IF, because=AWAY)
    reasons = "; ".join(f"{one.expectation.text} ({one.expectation.wanted()}, got {one.got()})" for one in failing)
    return ClaimVerdict(claim=claim, answer=Answer.CONTRADICTED, because=reasons)


def _few(share: Share | None) -> bool:
    """Whether too few of the draws hold; not where too few came to the end to ask."""
    return share is not None and share.of >= FEWEST and share.held < ENOUGH * share.of


def _many(share: Share | None) -> bool:
    """Whether more than enough of the draws hold."""
    return share is not None and share.of >= FEWEST and share.held > ENOUGH * share.of


def answers(
    experiment: Experiment, verdicts: Iterable[Verdict], agreed: Agreement | None = None
) -> tuple[ClaimVerdict, ...]:
    """Every claim of an experiment, in its order.

    Parameters
    ----------
    agreed : in how many draws of the constants each holds.
    """
    judged = tuple(verdicts)
    beyond = {one.claim: one for one in experiment.beyond}
    shares = {} if agreed is None else agreed.claims
    conditional = {} if agreed is None else agreed.conditional
    return tuple(
        ClaimVerdict(
            claim=claim, answer=Answer.NOT_REPRESENTABLE, because=beyond[claim].reason, says=beyond[claim].says
        )
        if claim in beyond
        else answer(claim, judged, shares.get(claim), conditional.get(claim))
        for claim in experiment.claims
    )
