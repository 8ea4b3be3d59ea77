"""Isoboles: the pairs of doses that reach one effect, by interpolation along the lines of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from redoxsim.analysis.agent_curves import InterpolatedCurve
from redoxsim.analysis.effect import EffectGrid, Floats
from redoxsim.errors import DesignError


@dataclass(frozen=True)
class Isobole:
    """Dose pairs that affect one fraction of the cells.

    Attributes
    ----------
    affected : the fraction affected.
    points : (m, 2) doses of the two agents, both above zero, ordered by falling share of the first agent.
    alone : doses of each agent that reach the effect alone; NaN where none tested does, with the reason in ``note``.
    note : lines of the grid that gave no point, and why; may be empty.
    """

    affected: float
    points: Floats
    alone: tuple[float, float]
    note: str

    @property
    def complete(self) -> bool:
        """Whether both agents reach the effect alone, so that a line of additivity exists."""
        return bool(np.all(np.isfinite(self.alone)))

    def normalised(self) -> Floats:
        """(m, 2) doses over the dose alone; additivity is the line from (1, 0) to (0, 1). NaN if not complete."""
        return np.asarray(self.points / np.array(self.alone), dtype=float)


def isobole(grid: EffectGrid, *, affected: float = 0.5) -> Isobole:
    """Isobole of a grid at a fraction affected (0.5: half affected), without any extrapolation.

    Each row and each column is a curve of one agent at a fixed dose of the other; the point is where this curve,
    monotone and interpolated in log dose, first reaches the effect. Lines with failed cells are left out.

    Raises
    ------
    DesignError : if ``affected`` is not strictly between 0 and 1.
    """
    if not 0.0 < affected < 1.0:
        raise DesignError(f"an isobole needs a fraction affected strictly between 0 and 1, not {affected:g}")
    remarks: list[str] = []
    alone = []
    for i, name in enumerate(grid.agents):
        curve = InterpolatedCurve(name, grid.doses[i], grid.edge(i))
        dose = float(curve.inverse(np.array([affected]))[0])
        alone.append(dose)
        if np.isnan(dose):
            remarks.append(curve.problem or f"{name} alone: {_reach(curve, affected)}")
    points: list[tuple[float, float]] = []
    broken = 0
    for along in (0, 1):  # the agent whose dose varies along the line
        lines = grid.affected if along == 1 else grid.affected.T
        for fixed, line in zip(grid.doses[1 - along][1:], lines[1:], strict=True):
            if np.any(np.isnan(line)):
                broken += 1
                continue
            curve = InterpolatedCurve(grid.agents[along], grid.doses[along], line)
            dose = float(curve.inverse(np.array([affected]))[0])
            if np.isfinite(dose) and dose > 0.0:
                points.append((float(fixed), dose) if along == 1 else (dose, float(fixed)))
    if broken:
        remarks.append(f"{broken} lines with failed cells left out")
    if not points:
        remarks.append(f"no combination crosses {affected:g} between tested doses")
    unique = sorted(set(points), key=lambda pair: (pair[1] / pair[0], pair))
    return Isobole(affected, np.array(unique).reshape(-1, 2), (alone[0], alone[1]), "; ".join(remarks))


def _reach(curve: InterpolatedCurve, affected: float) -> str:
    if affected <= curve.base:
        return f"untreated cells are already {curve.base:.3g} affected"
    return f"reaches {curve.top:.3g} at most, not {affected:g}"
