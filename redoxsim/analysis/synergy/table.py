"""What a synergy metric gives back: scores, where and why they are undefined, and their summary."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from redoxsim.analysis.effect import EffectArray, Floats, Mask
from redoxsim.analysis.estimates import Estimate
from redoxsim.analysis.monotone import LEAST_ALONE

Texts = NDArray[np.object_]
Side = Literal["above", "below"]
FAILED = "this cell failed"
NO_EFFECT = "no cell of the grid differs from the untreated control: nothing to score"


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary over the cells with at least two agents present whose score is defined; NaN if there are none.

    ``mid_mean`` is the mean over the mid-doses: the cells where every agent's effect alone lies between 10% and 90%
    of the largest effect that agent has alone at any tested dose.
    """

    mean: float
    median: float
    max: float
    min: float
    mid_mean: float
    cells: int
    defined: int
    mid_cells: int
    message: str

    def rows(self) -> list[tuple[str, float]]:
        """Names and numbers for a table."""
        names = ("mean", "median", "max", "min", "mid_mean", "cells", "defined", "mid_cells")
        return [(name, float(getattr(self, name))) for name in names]


@dataclass(frozen=True)
class SynergyTable:
    """Scores of one metric over a grid of doses.

    Attributes
    ----------
    metric, title : short name and full name, always with its reference model.
    values : (n1, n2, ...) scores; ``neutral`` by definition where fewer than two agents are present; NaN if undefined
        or failed.
    about : (n1, n2, ...) the cells that the score, and so its summary, is about.
    reference : (n1, n2, ...) fraction affected that the reference model expects; None if it expects no effect.
    reasons : (n1, n2, ...) texts: why a score is undefined; empty where it is defined.
    sign : the sign convention in words. ``neutral`` is the score of no interaction (0 or 1).
    orientation : what the effects were, in words; every score is computed on the fraction affected.
    note : what else a reader must know; may be empty.
    better : on which side of ``neutral`` a score means synergy.
    parameters : what a fitted surface says besides the map, with intervals; empty for scores without a surface.
    state : where a refit of a nearby grid may start; of no meaning to a reader.
    """

    metric: str
    title: str
    values: Floats
    reasons: Texts
    sign: str
    neutral: float
    orientation: str
    note: str
    summary: Summary
    agents: tuple[str, ...]
    doses: tuple[Floats, ...]
    about: Mask
    reference: Floats | None = None
    better: Side = "above"
    parameters: tuple[Estimate, ...] = ()
    state: Floats | None = None

    @property
    def defined(self) -> Mask:
        """(n1, n2, ...) where the score is a number."""
        return np.isfinite(self.values)

    def parameter(self, name: str) -> float:
        """The value of a parameter; NaN where it is undetermined or there is none."""
        return next((one.value for one in self.parameters if one.name == name), np.nan)

    def why(self) -> dict[str, int]:
        """Every reason for an undefined score with the number of its cells, most frequent first."""
        counts: dict[str, int] = {}
        for text in self.reasons.ravel():
            if text:
                counts[str(text)] = counts.get(str(text), 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def _repr_html_(self) -> str:
        cells = "".join(f"<tr><td>{name}</td><td>{value:.4g}</td></tr>" for name, value in self.summary.rows())
        cells += "".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(' '.join(rest))}</td></tr>"
            for name, *rest in (one.row() for one in self.parameters)
        )
        texts = [self.sign, self.orientation, self.note, self.summary.message]
        below = "".join(f"<p>{html.escape(text)}</p>" for text in texts if text)
        return f"<table><caption>{html.escape(self.title)}</caption>{cells}</table>{below}"


def empty_reasons(grid: EffectArray, problem: str = "") -> Texts:
    """Reasons as far as the grid alone gives them: failed cells, and every combination if nothing has an effect.

    Every other combination is without a score for the ``problem``, if there is one.
    """
    reasons = np.full(grid.shape, "", dtype=object)
    if grid.without_effect():
        reasons[grid.combined] = NO_EFFECT
    reasons[grid.failed] = FAILED
    reasons[grid.combined & (reasons == "")] = problem
    return reasons


def summarise(values: Floats, grid: EffectArray, about: Mask | None = None, *, index: bool = False) -> Summary:
    """Summary of scores over the combined cells of a grid, or over those of ``about``; ``index``: around 1."""
    about = grid.combined if about is None else about
    scored = about & np.isfinite(values)
    mid, message = grid.mid_doses()
    mid = mid & about
    mid_scored = mid & scored
    remarks = [message] if message else []
    cells, defined = int(np.count_nonzero(about)), int(np.count_nonzero(scored))
    if defined == 0:
        remarks.insert(0, f"undefined in all {cells} combinations")
    elif defined < cells:
        remarks.insert(0, f"undefined in {cells - defined} of {cells} combinations")
    if mid.any() and not mid_scored.all() and (missing := int(np.count_nonzero(mid & ~scored))):
        remarks.append(f"the mid-dose mean leaves out {missing} undefined of {int(np.count_nonzero(mid))} cells")
    if index and (hidden := _of_little(values, grid, scored)):
        remarks.append(hidden)
    chosen = values[scored]
    inner = values[mid_scored]
    none = np.nan
    return Summary(
        mean=float(np.mean(chosen)) if defined else none,
        median=float(np.median(chosen)) if defined else none,
        max=float(np.max(chosen)) if defined else none,
        min=float(np.min(chosen)) if defined else none,
        mid_mean=float(np.mean(inner)) if inner.size else none,
        cells=cells,
        defined=defined,
        mid_cells=int(inner.size),
        message="; ".join(remarks),
    )


def _of_little(index: Floats, grid: EffectArray, scored: Mask) -> str:
    """What a mean index hides: combinations that hardly do anything, in which it is a ratio of two small doses."""
    little = scored & (grid.affected - grid.control < LEAST_ALONE)
    if not little.any():
        return ""
    others = index[scored & ~little]
    rest = f"; the mean of the others is {float(np.mean(others)):.3g}" if others.size else ""
    return (
        f"{int(np.count_nonzero(little))} of the {int(np.count_nonzero(scored))} combinations with an index affect "
        f"less than {LEAST_ALONE} over untreated, where an index says little{rest}"
    )


def tabulate(
    grid: EffectArray,
    values: Floats,
    reasons: Texts,
    *,
    metric: str,
    title: str,
    sign: str,
    neutral: float,
    note: str = "",
    reference: Floats | None = None,
    better: Side | None = None,
    about: Mask | None = None,
    parameters: tuple[Estimate, ...] = (),
    state: Floats | None = None,
) -> SynergyTable:
    """The table of a metric: neutral where nothing is combined, NaN exactly where there is a reason.

    ``better`` is 'above' for scores around 0 and 'below' for indices around 1 where nothing is said; ``about`` are
    the cells scored (those with at least two agents where nothing is said).
    """
    undefined = np.asarray(reasons != "", dtype=bool)
    about = grid.combined if about is None else about
    scores = np.where(about, values, neutral)
    scores[undefined] = np.nan
    if np.any(np.isnan(scores) & ~undefined):
        raise AssertionError(f"{metric}: a score is NaN without a reason")  # pragma: no cover
    turn = "1 - viability" if grid.orientation == "viability" else "inhibition"
    scale = " / 100" if grid.scale == "percent" else ""
    orientation = f"effects given as {grid.orientation} ({grid.scale}); scored on fraction affected = {turn}{scale}"
    scores.setflags(write=False)
    better = better or ("above" if neutral == 0.0 else "below")
    return SynergyTable(
        metric=metric,
        title=title,
        values=scores,
        reasons=reasons,
        sign=sign,
        neutral=neutral,
        orientation=orientation,
        note=note,
        summary=summarise(scores, grid, about, index=better == "below"),
        agents=grid.agents,
        doses=grid.doses,
        about=about,
        reference=reference,
        better=better,
        parameters=parameters,
        state=state,
    )


def excess_table(
    grid: EffectArray,
    reference: Floats,
    *,
    metric: str,
    title: str,
    sign: str,
    note: str = "",
    about: Mask | None = None,
    needs: str = "a single-agent effect",
) -> SynergyTable:
    """Observed minus expected fraction affected; undefined where an effect that it needs failed.

    Parameters
    ----------
    about : cells that the score is about; the combinations where none are given.
    needs : what the expected effect is made from.
    """
    reasons = empty_reasons(grid)
    cells = grid.combined if about is None else about
    reasons[cells & np.isnan(reference) & (reasons == "")] = f"{needs} it needs failed"
    return tabulate(
        grid,
        grid.affected - reference,
        reasons,
        metric=metric,
        title=title,
        sign=sign,
        neutral=0.0,
        note=note,
        reference=reference,
        about=about,
    )


def control_note(grid: EffectArray) -> str:
    """A warning where the untreated cell is not unaffected: reference models take it that it is."""
    if abs(grid.control) > 0.05:
        return f"the untreated cell is {grid.control:.2g} affected, not 0: normalise the effects to it"
    return ""
