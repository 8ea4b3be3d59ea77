"""Zero interaction potency (Yadav 2015, doi:10.1016/j.csbj.2015.09.001): does one agent shift the other's curve?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from redoxsim.analysis.curve_rows import fit_rows, row_curve
from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.synergy.checks import FEWEST_DOSES, surface_problem, two_agents
from redoxsim.analysis.synergy.surface_fit import CONTROL, PLATEAU, REACH, SLOPE
from redoxsim.analysis.synergy.table import SynergyTable, control_note, empty_reasons, tabulate

SIGN = (
    "ZIP delta = fitted fraction affected minus the one expected if neither agent shifts the other's curve; "
    "positive = synergy, negative = antagonism, 0 = no shift"
)


def zip_delta(grid: EffectArray) -> SynergyTable:
    """ZIP delta of every cell of two agents.

    Hill curves of four parameters are fitted to each agent alone, giving y1 and y2 and the expectation y1 + y2 - y1 y2.
    Every row (first agent fixed) and column is fitted too, starting from the fitted effect of the fixed agent alone;
    the fitted effect of a cell is the mean of its row and its column. Delta is fitted minus expected. The curves of
    the rows keep a plateau of their own, as independent agents with plateaus below 1 need.

    Raises
    ------
    DesignError : not two agents.
    """
    return _deltas([grid], None)[0]


def zip_deltas(grids: Sequence[EffectArray], near: SynergyTable) -> list[SynergyTable]:
    """The tables of resamples or draws of a grid whose table is ``near``, side by side, from there and few starts.

    They have the doses of that grid.

    Raises
    ------
    DesignError : not two agents.
    """
    return _deltas(grids, near.state)


def _deltas(grids: Sequence[EffectArray], known: Floats | None) -> list[SynergyTable]:
    found: dict[int, SynergyTable] = {}
    for place, grid in enumerate(grids):
        two_agents(grid, "ZIP")
        if problem := surface_problem(grid):
            found[place] = _table(grid, np.full(grid.shape, np.nan), None, empty_reasons(grid, problem), "")
    left = [place for place in range(len(grids)) if place not in found]
    if left:
        found |= zip(left, _fitted([grids[place] for place in left], known), strict=True)
    return [found[place] for place in range(len(grids))]


def _fitted(grids: Sequence[EffectArray], known: Floats | None) -> list[SynergyTable]:
    """The tables of grids of equal doses that carry curves; ``known`` (2 + rows + columns, 4) are those of one near."""
    doses, count = grids[0].doses, len(grids)
    x = []
    for axis in doses:
        with np.errstate(divide="ignore"):
            x.append(np.log(axis / (np.sqrt(axis[1]) * np.sqrt(axis[-1]))))
    width = max(axis.size for axis in x)
    theta, _ = fit_rows(
        *_padded(x * count, [grid.edge(i) for grid in grids for i in (0, 1)], width),
        low=np.tile(_box(x, 0, None), (count, 1)),
        high=np.tile(_box(x, 1, None), (count, 1)),
        near=None if known is None else np.tile(known[:2], (count, 1)),
        quick=known is not None,
    )
    theta = theta.reshape(count, 2, 4)
    alone = [row_curve(theta[:, i], x[i][None]) for i in (0, 1)]  # (count, n)

    # First the rows (agent 2 varies at each dose of agent 1), then the columns.
    rows, columns = x[0].size - 1, x[1].size - 1
    lines = [[*grid.affected[1:, :], *grid.affected[:, 1:].T] for grid in grids]
    varies = [1] * rows + [0] * columns
    places = [x[k] for k in varies]
    bottom = np.concatenate([alone[0][:, 1:], alone[1][:, 1:]], axis=1)
    low, high = (np.tile(_box(places, side, np.zeros(len(varies))), (count, 1)) for side in (0, 1))
    low[:, 0] = high[:, 0] = bottom.ravel()
    if known is None:
        start = theta[:, varies].copy()
        start[..., 0] = bottom
        # The plateau of independent agents: where this row ends if nothing is shifted.
        start[..., 1] = bottom + (1.0 - bottom) * theta[:, varies, 1]
    else:
        start = np.broadcast_to(known[2:], (count, len(varies), 4))
    fitted, _ = fit_rows(
        *_padded(places * count, [_tested(line) for some in lines for line in some], width),
        low=low,
        high=high,
        near=start.reshape(-1, 4),
        quick=known is not None,
    )
    fitted = fitted.reshape(count, -1, 4)
    return [
        _delta(grid, x, [one[k] for one in alone], lines[k], np.vstack([theta[k], fitted[k]]))
        for k, grid in enumerate(grids)
    ]


def _delta(
    grid: EffectArray, x: list[Floats], alone: list[Floats], lines: list[Floats], curves: Floats
) -> SynergyTable:
    """The table from the curves (2 + rows + columns, 4) of one grid."""
    rows = x[0].size - 1
    expected = alone[0][:, None] + alone[1][None, :] - alone[0][:, None] * alone[1][None, :]
    by_row = np.full(grid.shape, np.nan)
    by_column = np.full(grid.shape, np.nan)
    by_row[1:, :] = row_curve(curves[2 : 2 + rows], x[1][None])
    by_column[:, 1:] = row_curve(curves[2 + rows :], x[0][None]).T
    combined = 0.5 * (by_row + by_column)
    enough = np.array([np.count_nonzero(np.isfinite(line[1:])) >= FEWEST_DOSES for line in lines])
    poor = np.zeros(grid.shape, dtype=bool)
    poor[1:, :] |= ~enough[:rows, None]
    poor[:, 1:] |= ~enough[None, rows:]
    reasons = empty_reasons(grid)
    few = f"a row or column here has fewer than {FEWEST_DOSES} doses above zero with a value"
    reasons[grid.combined & poor & (reasons == "")] = few
    seen = grid.combined & ~grid.failed & ~poor
    off = np.sqrt(np.mean((combined - grid.affected)[seen] ** 2)) if seen.any() else 0.0
    note = f"Hill curves of rows and columns are {off:.2g} off the effects (root mean square)" if off > 1e-6 else ""
    return _table(grid, combined - expected, expected, reasons, note, curves)


def _table(
    grid: EffectArray,
    values: Floats,
    reference: Floats | None,
    reasons: np.ndarray,
    note: str,
    state: Floats | None = None,
) -> SynergyTable:
    return tabulate(
        grid,
        values,
        reasons,
        metric="zip",
        title="ZIP delta (zero interaction potency)",
        sign=SIGN,
        neutral=0.0,
        note="; ".join(text for text in (control_note(grid), note) if text),
        reference=reference,
        state=state,
    )


def _tested(line: Floats) -> Floats:
    """A row without its undosed end: the curve starts at the fitted effect of the fixed agent, not at its own well."""
    out = line.copy()
    out[0] = np.nan
    return out


def _padded(x: list[Floats], y: list[Floats], width: int) -> tuple[Floats, Floats, Floats]:
    """(r, width) log doses, effects and weights of lines of different lengths; missing values weigh nothing."""
    xs, ys, ws = (np.zeros((len(x), width)) for _ in range(3))
    for k, (place, line) in enumerate(zip(x, y, strict=True)):
        known = np.isfinite(line)
        xs[k, : place.size] = place
        ys[k, : place.size] = np.where(known, line, 0.0)
        ws[k, : place.size] = known
    return xs, ys, ws


def _box(x: list[Floats], side: int, bottom: Floats | None) -> Floats:
    """(r, 4) lower (0) or upper (1) bounds of the curves; the bottom is fixed where one is given."""
    sign = 2 * side - 1
    return np.array(
        [
            [
                CONTROL[side] if bottom is None else bottom[k],
                PLATEAU[side],
                place[-1 if side else 1] + sign * REACH,
                np.log(SLOPE[side]),
            ]
            for k, place in enumerate(x)
        ]
    )
