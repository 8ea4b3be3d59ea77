"""Chou-Talalay combination index: Loewe's sum with median-effect lines, mutually exclusive form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.monotone import nearly_inert, not_monotone
from redoxsim.analysis.synergy.index import dose_fractions, lone_doses, remarks
from redoxsim.analysis.synergy.table import SynergyTable, tabulate

SIGN = "Chou-Talalay combination index CI; below 1 = synergy, 1 = additive, above 1 = antagonism"
DRI_SIGN = (
    "dose-reduction index = dose alone / dose in the combination for the same effect; "
    "above 1 = the dose of this agent may be reduced, 1 = no change, below 1 = more is needed"
)


class MedianEffect:
    """The line log(fa / fu) = m log(dose) - m log(dm) through one agent's effects (ordinary least squares).

    Only doses whose fraction affected lies strictly between 0 and 1 are used, as the method asks.

    Attributes
    ----------
    dm : median-effect dose. m : slope. r : correlation of the line. top : fraction affected at the largest dose.
    """

    def __init__(self, name: str, doses: Floats, affected: Floats, *, extrapolate: bool = False) -> None:
        self.name = name
        self.problem = ""
        self.remark = ""
        self.base, self.top = 0.0, np.nan
        self.dm, self.m, self.r = np.nan, np.nan, np.nan
        with np.errstate(invalid="ignore"):
            used = (doses > 0.0) & (affected > 0.0) & (affected < 1.0)
        if np.count_nonzero(used) < 2:
            count = int(np.count_nonzero(used))
            self.problem = (
                f"{name} alone has {count} effect{'' if count == 1 else 's'} strictly between 0 and 1; "
                "a median-effect line needs two"
            )
            return
        if text := not_monotone(name, doses, affected):
            self.problem = text
            return
        reference = float(doses[used][0])
        x = np.log(doses[used] / reference)
        y = np.log(affected[used] / (1.0 - affected[used]))
        dx, dy = x - x.mean(), y - y.mean()
        self.m = float(dx @ dy / (dx @ dx))
        if not self.m > 0.0:
            self.problem = f"{name} alone does not act more at higher doses (median-effect slope {self.m:.2g})"
            return
        if text := nearly_inert(name, doses, affected):
            self.problem = text
            return
        self.r = float(dx @ dy / np.sqrt((dx @ dx) * (dy @ dy)))
        with np.errstate(over="ignore"):
            self.dm = reference * float(np.exp(x.mean() - y.mean() / self.m))
        if not 0.0 < self.dm < np.inf:
            self.problem = f"{name} alone gives no median-effect dose: its line is level (slope {self.m:.2g})"
            return
        self._largest = np.inf if extrapolate else float(doses[-1])
        z = self.m * np.log(float(doses[-1]) / self.dm)
        self.top = 1.0 if extrapolate else float(expit(z))
        dropped = int(np.count_nonzero((doses > 0.0) & ~used))
        parts = [f"{name}: Dm {self.dm:.4g}, m {self.m:.3g}, r {self.r:.3g}"]
        if dropped:
            left = f"{dropped} dose{'' if dropped == 1 else 's'}"
            parts.append(f"{left} without an effect strictly between 0 and 1 left out")
        if self.r < 0.95:
            parts.append("poor line (r < 0.95)")
        self.remark = ", ".join(parts)

    def inverse(self, affected: Floats) -> Floats:
        """(m,) doses that alone affect the given fractions; NaN unless strictly between 0 and 1 and within range."""
        fa = np.asarray(affected, dtype=float)
        if self.problem:
            return np.full(fa.shape, np.nan)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            inside = (fa > 0.0) & (fa < 1.0)
            dose = self.dm * np.exp(np.log(np.where(inside, fa / (1.0 - fa), np.nan)) / self.m)
            return np.where(dose <= self._largest * (1.0 + 1e-12), dose, np.nan)


def _lines(grid: EffectArray, extrapolate: bool) -> list[MedianEffect]:
    return [
        MedianEffect(name, grid.doses[i], grid.edge(i), extrapolate=extrapolate) for i, name in enumerate(grid.agents)
    ]


def _note(lines: Sequence[MedianEffect], extrapolate: bool) -> str:
    rule = (
        "single-agent doses beyond the tested ones are extrapolated along the line, as asked"
        if extrapolate
        else "undefined where a line would be needed beyond the largest tested dose"
    )
    return "; ".join(text for text in ("mutually exclusive form", rule, remarks(lines)) if text)


def combination_index(grid: EffectArray, *, extrapolate: bool = False) -> SynergyTable:
    """Combination index of every cell with a fraction affected strictly between 0 and 1.

    The single-agent line is never followed beyond the largest tested dose unless ``extrapolate`` asks for it, which
    is what the original method does; the note then says so.
    """
    lines = _lines(grid, extrapolate)
    total, reasons = dose_fractions(grid, lines)
    with np.errstate(invalid="ignore"):
        outside = grid.combined & ~grid.failed & ~((grid.affected > 0.0) & (grid.affected < 1.0))
    if grid.without_effect():
        outside[...] = False  # the reason is already the better one
    for cell in np.argwhere(outside):
        place = tuple(int(k) for k in cell)
        reasons[place] = f"the fraction affected {grid.affected[place]:.3g} is not strictly between 0 and 1"
    return tabulate(
        grid,
        total,
        reasons,
        metric="ci",
        title="Chou-Talalay combination index",
        sign=SIGN,
        neutral=1.0,
        note=_note(lines, extrapolate),
    )


def dose_reduction(grid: EffectArray, *, extrapolate: bool = False) -> tuple[SynergyTable, ...]:
    """Dose-reduction index of each agent: how much more of it alone has the effect of the cell.

    It needs the line of that agent only: how much less auranofin a cell needs beside BSO can be said although BSO
    alone does nothing. Where all lines reach the effect, 1/DRI summed over the agents is the combination index.
    """
    lines = _lines(grid, extrapolate)
    tables = []
    for i, line in enumerate(lines):
        amount = grid.amounts[i]
        alone, texts = lone_doses(grid, line, grid.dosed[i])
        ratio = alone / np.where(amount > 0.0, amount, np.nan)
        texts[grid.combined & (amount == 0.0) & (texts == "")] = f"{line.name} is not present"
        tables.append(
            tabulate(
                grid,
                ratio,
                texts,
                metric=f"dri_{i + 1}",
                title=f"dose-reduction index of {line.name}",
                sign=DRI_SIGN,
                neutral=1.0,
                note=_note([line], extrapolate),
                better="above",
            )
        )
    return tuple(tables)
