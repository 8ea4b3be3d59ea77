"""Zero interaction potency (Yadav 2015, doi:10.1016/j.csbj.2015.09.001): does one agent shift the other's curve?"""

from __future__ import annotations

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


def zip_delta(grid: EffectArray, *, near: SynergyTable | None = None) -> SynergyTable:
    """ZIP delta of every cell of two agents.

    Hill curves of four parameters are fitted to each agent alone, giving y1 and y2 and the expectation y1 + y2 - y1 y2.
    Every row (first agent fixed) and column is fitted too, starting from the fitted effect of the fixed agent alone;
    the fitted effect of a cell is the mean of its row and its column. Delta is fitted minus expected. The curves of
    the rows keep a plateau of their own, as independent agents with plateaus below 1 need.

    Parameters
    ----------
    near : the table of a nearby grid of the same doses: start there (used for resamples; fewer other starts).

    Raises
    ------
    DesignError : not two agents.
    """
    two_agents(grid, "ZIP")
    reasons = empty_reasons(grid)
    problem = surface_problem(grid)
    if problem:
        reasons[grid.combined & (reasons == "")] = problem
        return _table(grid, np.full(grid.shape, np.nan), None, reasons, "")
    known = near.state if near is not None else None
    x = []
    for axis in grid.doses:
        with np.errstate(divide="ignore"):
            x.append(np.log(axis / (np.sqrt(axis[1]) * np.sqrt(axis[-1]))))
    edges = [grid.edge(0), grid.edge(1)]
    width = max(axis.size for axis in x)
    theta, _ = fit_rows(
        *_padded(x, edges, width),
        low=_box(x, 0, None),
        high=_box(x, 1, None),
        near=None if known is None else known[:2],
        quick=known is not None,
    )
    alone = [row_curve(theta[i][None], x[i][None])[0] for i in (0, 1)]
    expected = alone[0][:, None] + alone[1][None, :] - alone[0][:, None] * alone[1][None, :]

    effects = grid.affected
    # First the rows (agent 2 varies at each dose of agent 1), then the columns.
    lines = [effects[i, :] for i in range(1, x[0].size)] + [effects[:, j] for j in range(1, x[1].size)]
    varies = [1] * (x[0].size - 1) + [0] * (x[1].size - 1)
    bottom = np.concatenate([alone[0][1:], alone[1][1:]])
    places = [x[k] for k in varies]
    low, high = _box(places, 0, bottom), _box(places, 1, bottom)
    unshifted = theta[varies].copy()
    unshifted[:, 0] = bottom
    # The plateau of independent agents: where this row ends if nothing is shifted.
    unshifted[:, 1] = bottom + (1.0 - bottom) * theta[varies, 1]
    fitted, _ = fit_rows(
        *_padded(places, [_tested(line) for line in lines], width),
        low=low,
        high=high,
        near=unshifted if known is None else known[2:],
        quick=known is not None,
    )
    enough = np.array([np.count_nonzero(np.isfinite(line[1:])) >= FEWEST_DOSES for line in lines])
    curves = [row_curve(fitted[k][None], places[k][None])[0] for k in range(len(lines))]
    rows = x[0].size - 1
    by_row = np.full(grid.shape, np.nan)
    by_column = np.full(grid.shape, np.nan)
    by_row[1:, :] = np.stack(curves[:rows])
    by_column[:, 1:] = np.stack(curves[rows:]).T
    combined = 0.5 * (by_row + by_column)
    poor = np.zeros(grid.shape, dtype=bool)
    poor[1:, :] |= ~enough[:rows, None]
    poor[:, 1:] |= ~enough[None, rows:]
    few = f"a row or column here has fewer than {FEWEST_DOSES} doses above zero with a value"
    reasons[grid.combined & poor & (reasons == "")] = few
    seen = grid.combined & ~grid.failed & ~poor
    off = np.sqrt(np.mean((combined - effects)[seen] ** 2)) if seen.any() else 0.0
    note = f"Hill curves of rows and columns are {off:.2g} off the effects (root mean square)" if off > 1e-6 else ""
    return _table(grid, combined - expected, expected, reasons, note, np.vstack([theta, fitted]))


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
