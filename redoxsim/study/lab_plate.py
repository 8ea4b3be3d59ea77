"""Plates planned from measured curves, and written in SynergyFinder's long form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from redoxsim.analysis import fit_hill
from redoxsim.analysis.effect import from_affected
from redoxsim.analysis.plate import Plate, PlateAgent, plan_plate
from redoxsim.analysis.plate_tests import TESTS
from redoxsim.errors import DesignError, RedoxsimError, Where
from redoxsim.study.lab_forms import direction, effect_column
from redoxsim.study.tables import is_kind, numbers, read_csv, split_head

if TYPE_CHECKING:
    import pandas as pd

LEAST_NOISE = 0.05
HEADS = (
    "block_id", "drug1", "drug2", "conc1", "conc2", "conc_unit1", "conc_unit2", "replicate", "response", "expected",
    "expected_loewe",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedPlate:
    """A plate with the form that its effects will have: orientation and scale as in the curves it was planned from."""

    plate: Plate
    orientation: str
    scale: str
    reading: str

    def to_dataframe(self) -> pd.DataFrame:
        """SynergyFinder's long form, a row per well: the response to be filled in, and the ones expected.

        ``expected`` is that of independent agents (Bliss), ``expected_loewe`` of additive doses, empty where undefined.
        """
        import pandas as pd

        plate = self.plate
        first, second = plate.agents
        whole, additive = (
            from_affected(plate.tests[name].expected, orientation=self.orientation, scale=self.scale)  # type: ignore[arg-type]
            if name in plate.tests
            else np.full(plate.first.expected.shape, np.nan)
            for name in ("bliss", "loewe")
        )
        rows = [
            (1, first.name, second.name, plate.doses[0][i], plate.doses[1][j], first.unit, second.unit, k + 1, None,
             float(whole[i, j]), float(additive[i, j]))
            for k in range(plate.replicates)
            for i, j in np.ndindex(*whole.shape)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(HEADS))


def plate(
    curves: Sequence[str | Path | pd.DataFrame],
    *,
    effect: str | None = None,
    orientation: str | None = None,
    scale: str | None = None,
    number: int = 6,
    replicates: int = 3,
    noise: float | None = None,
    fold: float = 2.0,
    metrics: Sequence[str] = TESTS,
    digits: int = 3,
) -> PlannedPlate:
    """Doses of a combination plate from curves of two agents alone.

    Parameters
    ----------
    curves : a table with two dose columns (one agent at a time, the other at zero), or two tables with one each; units
        in the heads, a row per well, the untreated wells among them.
    effect, orientation, scale : as for :func:`redoxsim.score`.
    noise : standard deviation of a well as fraction affected; None takes the scatter of the wells about the curves,
        and 0.05 where that is less.
    digits : significant digits of the doses.
    number, replicates, fold, metrics : see :func:`redoxsim.analysis.plate.plan_plate`.

    Raises
    ------
    ReadError, DesignError : no such table, no two agents, no curve, see the hint.
    """
    if not 1 <= len(curves) <= 2:
        raise DesignError(f"curves come in one table or two, not {len(curves)}")
    agents: list[PlateAgent] = []
    scatter: list[float] = []
    readings: list[tuple[str, str, str]] = []
    for source in curves:
        frame, file = read_csv(source)
        heads = [str(head) for head in frame.columns if is_kind(split_head(str(head))[1], "concentration")]
        wanted = 2 if len(curves) == 1 else 1
        if len(heads) != wanted:
            raise DesignError(
                f"the table has {len(heads)} dose columns, not {wanted}", where=Where(file=file),
                hint="write the unit in the head, such as 'auranofin [uM]'; one table with two agents, or a table each",
            )  # fmt: skip
        head = effect or effect_column(frame, heads, file=file)
        wells = numbers(frame, head, file=file, missing=True)
        doses = np.column_stack([numbers(frame, one, file=file) for one in heads])
        kept = np.isfinite(wells)
        turn, size, reading = direction(
            wells, (doses == 0.0).all(axis=1), head=head, orientation=orientation, scale=scale, file=file
        )
        readings.append((turn, size, reading))
        for place, one in enumerate(heads):
            alone = kept & (np.delete(doses, place, axis=1) == 0.0).all(axis=1)
            agent, left = _agent(one, doses[alone, place], wells[alone], turn, size, file)
            agents.append(agent)
            scatter += left
    if len({reading[:2] for reading in readings}) > 1:
        raise DesignError(
            "the two tables do not say the effect the same way: " + "; ".join(one[2] for one in readings),
            hint="say orientation and scale, or bring both to one form",
        )
    if agents[0].name == agents[1].name:
        raise DesignError(f"both curves are of '{agents[0].name}'")
    seen = float(np.sqrt(np.mean(scatter))) if scatter else 0.0
    made = plan_plate(
        agents, number=number, replicates=replicates, noise=noise if noise is not None else max(seen, LEAST_NOISE),
        fold=fold, metrics=metrics,
    )  # fmt: skip
    turn, size, reading = readings[0]
    made = made.rounded(digits)
    return PlannedPlate(plate=made, orientation=turn, scale=size, reading=reading)


def _agent(
    head: str, doses: np.ndarray, wells: np.ndarray, orientation: str, scale: str, file: str | None
) -> tuple[PlateAgent, list[float]]:
    """An agent with its fit, and the squared distances of its wells from the curve (fraction affected)."""
    name, unit = split_head(head)
    dosed = np.unique(doses[doses > 0.0])
    if dosed.size < 4:
        count = f"{dosed.size} dose{'' if dosed.size == 1 else 's'}"
        raise DesignError(f"{name} alone has {count}; a curve needs 4", where=Where(file=file))
    try:
        fit = fit_hill(doses, wells, orientation=orientation, scale=scale, profile=False)  # type: ignore[arg-type]
    except RedoxsimError as error:
        raise type(error)(f"{name}: {error.message}", where=error.where or Where(file=file), hint=error.hint) from error
    if not fit.converged:
        raise DesignError(f"{name} alone carries no curve: {fit.message}", where=Where(file=file))
    size = 100.0 if scale == "percent" else 1.0
    off = ((wells - np.asarray(fit.predict(doses), dtype=float)) / size) ** 2
    return PlateAgent(name=name, unit=unit, fit=fit, low=float(dosed[0]), high=float(dosed[-1])), off.tolist()
