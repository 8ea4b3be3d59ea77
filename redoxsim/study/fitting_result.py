"""What a fit of constants found: each with what the data say of it, and the whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.study.points import LabPoints

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedConstant:
    """A constant after the fit.

    ``value`` best, ``before`` what the model had, ``low`` to ``high`` its range; ``from_`` to ``to`` the 95% interval
    (not-a-number without one), ``closed`` whether the data set its lower and its upper end, and not the range.
    ``profile`` its values (g,) and ``rise`` (g,) of the residual sum of squares over the threshold (1 at the ends).
    """

    id: str
    unit: str
    grade: str
    before: float
    value: float
    low: float
    high: float
    from_: float
    to: float
    closed: tuple[bool, bool]
    profile: FloatArray
    rise: FloatArray

    @property
    def verdict(self) -> str:
        """What the data say of it."""
        if np.isnan(self.from_):
            return "no interval: as many constants as data"
        words = {
            (True, True): "determined",
            (True, False): "a lower bound only",
            (False, True): "an upper bound only",
            (False, False): "not determined: any value in its range fits",
        }
        return words[self.closed]


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelFit:
    """A fit of constants to data.

    Attributes
    ----------
    constants : in the order they were freed. best : their values by id, to give to ``values=`` of any study.
    data : what was measured. predicted : the model at the data by place in ``data``, each (N,).
    curves : the model along the axis by place in ``data``: x (M,) and y (M,).
    rss : weighted residual sum of squares over ``count`` data; ``known`` whether weights are measured errors.
    starts : residual sums of squares of all starts, increasing; ``met`` how many ended at the best.
    together : pairs of constants that the data cannot tell apart, with their correlation.
    correlations : of all pairs near the best fit, each by its place in its range (logarithmic where the range is).
    """

    constants: tuple[FittedConstant, ...]
    data: tuple[LabPoints, ...]
    predicted: tuple[FloatArray, ...]
    curves: tuple[tuple[FloatArray, FloatArray], ...]
    rss: float
    count: int
    known: bool
    starts: FloatArray
    met: int
    together: tuple[tuple[str, str, float], ...]
    summary: str
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        found = ", ".join(f"{one.id} {one.value:.4g}" for one in self.constants)
        return f"<ModelFit: {found}; {self.count} points; {self.summary}>"

    @property
    def best(self) -> dict[str, float]:
        return {one.id: one.value for one in self.constants}

    def correlations_table(self, model: Collection[str]) -> str:
        """``correlations.csv`` for draws, of the pairs of which both are among ``model``, ids of the model's constants.

        Correlations are rounded to three digits and kept within 0.999, since draws of two constants that are one could
        not be made.
        """
        rows = [
            f"{one},{other},{np.clip(round(value, 3), -0.999, 0.999):g}"
            for (one, other), value in self.correlations.items()
            if one in model and other in model
        ]
        return "\n".join(["id,with,correlation", *rows]) + "\n"

    def remarks(self) -> list[str]:
        """What the data do not determine, and whether the starts met."""
        said = [f"{one.id}: {one.verdict}" for one in self.constants if one.closed != (True, True)]
        said += [f"{one} and {two} go together (correlation {r:.2f})" for one, two, r in self.together]
        if self.met < len(self.starts):
            said.append(f"{self.met} of {len(self.starts)} starts ended at the best fit: there are other minima")
        worst = self.rss / max(self.count - len(self.constants), 1)
        if self.known and worst > 2.0:
            said.append(f"the model misses the data by {np.sqrt(worst):.1f} of their errors: intervals are too narrow")
        return said

    def to_dataframe(self) -> pd.DataFrame:
        """A row per constant."""
        import pandas as pd

        return pd.DataFrame(self.table())

    def table(self) -> list[dict[str, Any]]:
        """A mapping per constant."""
        return [
            {
                "constant": one.id, "value": one.value, "from": one.from_, "to": one.to, "unit": one.unit,
                "before": one.before, "low": one.low, "high": one.high, "grade": one.grade, "verdict": one.verdict,
            }
            for one in self.constants
        ]  # fmt: skip

    def _repr_html_(self) -> str:
        return f"{self.to_dataframe().to_html()}<p>{escape('; '.join([*self.remarks(), self.summary]))}</p>"
