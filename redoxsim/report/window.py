"""A therapeutic window in words and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from redoxsim.analysis.window import Mask, Place
from redoxsim.report.conditions import cell_words
from redoxsim.report.names import head, show_unit
from redoxsim.study.experiment import CombineRun, DoseResponseRun
from redoxsim.study.experiment_runs import Finished
from redoxsim.study.results import ORIENTATIONS, ResultSet
from redoxsim.study.window import APART, TwoCells, two_cells

OPEN = "window"
READ = {"survival": "1 − survival, what is killed beyond the basal hazard"}


def window_pairs(finished: Sequence[Finished]) -> list[tuple[Finished, Finished]]:
    """Runs of the same doses in a cell that treatment should kill and in one that it should spare, in this order."""
    whole = [
        one
        for one in finished
        if isinstance(one.run, CombineRun | DoseResponseRun) and one.results.ok and not one.results.interrupted
    ]
    spared = [one for one in whole if (one.results.provenance["cell"] or {}).get("normal")]
    killed = [one for one in whole if one not in spared]
    return [
        (first, second)
        for second in spared
        for first in killed
        if first.run.model_dump(exclude=APART) == second.run.model_dump(exclude=APART)
        and set(first.results.observables) & set(second.results.observables) & set(ORIENTATIONS)
    ]


def windows(finished: Sequence[Finished]) -> dict[str, TwoCells]:
    """The therapeutic window of each such pair, by the id of the run in the cell that should die."""
    return {first.run.id: two_cells(first.results, second.results) for first, second in window_pairs(finished)}


def window_rows(found: TwoCells) -> list[dict[str, Any]]:
    """A row per point of the grid: doses, what is killed of both cells with its band, whether it lies inside."""
    made = found.window
    reachable, share = made.reachable, made.share
    rows = []
    for place in np.ndindex(*made.gap.shape):
        row: dict[str, Any] = {
            head(name, unit): float(axis[i])
            for name, unit, axis, i in zip(found.agents, found.units, made.doses, place, strict=True)
        }
        for cell, killed in zip(("first", "second"), (made.first, made.second), strict=True):
            row[f"killed_{cell}"] = _value(killed.middle[place])
            if killed.low is not None and killed.high is not None:
                row[f"killed_{cell}_low"], row[f"killed_{cell}_high"] = map(
                    _value, (killed.low[place], killed.high[place])
                )
        row["gap"] = _value(made.gap[place])
        row[OPEN] = bool(made.open[place])
        if share is not None:
            row["window_share"] = float(share[place])
        row["reached"] = None if reachable is None else bool(reachable[place])
        rows.append({**row, "cell_first": found.cells[0], "cell_second": found.cells[1]})
    return rows


def window_lines(found: TwoCells) -> list[str]:
    """The window in sentences: how much of the grid, at which doses, inside what patients reach or not."""
    made, cells = found.window, [cell_words(one) for one in found.cells]
    single = len(found.agents) == 1
    lines = [
        f"Therapeutic window at {found.hours:g} h, {cells[0]} against {cells[1]}: doses that kill at "
        f"least {made.most:.0%} of the first and at most {made.few:.0%} of the second "
        f"({READ.get(found.observable, f'1 − {found.observable}')})."
    ]
    groups = [("doses", made.joint)] if single else [("combinations", made.joint)]
    if not single:
        groups += [
            (f"doses of {name} alone", made.alone(place)) for place, name in enumerate(found.names) if len(found.names)
        ]
    lines += [_counted(found, word, where) for word, where in groups]
    lines.append(_gap(found))
    inverse = made.worst()
    if inverse is not None and inverse.gap < -0.1:
        lines.append(
            f"The other way round, the {cells[1]} loses more at {_at(found, inverse)}: "
            f"{_against(inverse.second, inverse.first)}."
        )
    lines.append(exposure_line(found))
    if found.direction_only:
        lines.append(
            f"Of the {' and '.join(map(cell_words, found.direction_only))} only the direction of differences is known, "
            "not the size."
        )
    return lines


def drawn_lines(found: TwoCells, results: ResultSet) -> list[str]:
    """The window over draws of the constants, without what draws do not change."""
    draws = results.draws or {}
    both = f", {found.window.drawn} of them in both cells" if found.window.drawn != draws.get("usable") else ""
    head = (
        f"The same with {draws.get('usable', 'several')} draws of the constants{both} (medians over draws, each with "
        f"{results.provenance['population']['cells']} cells)."
    )
    same = exposure_line(found), *([window_lines(found)[-1]] if found.direction_only else [])
    return [head, *(line for line in window_lines(found)[1:] if line not in same)]


def exposure_line(found: TwoCells) -> str:
    """What patients reach of each agent, with its grade; or that nobody says."""
    parts = []
    for name, one in zip(found.names, found.exposures, strict=True):
        if one is None:
            parts.append(f"{name}: no exposure known")
        else:
            span = _dose(one.high) if one.low == one.high else f"{_dose(one.low)} to {_dose(one.high)}"
            parts.append(f"{name} {span} {show_unit(one.unit)} ({one.what}; grade {one.grade})")
    return f"Clinical exposure: {'; '.join(parts)}."


def _counted(found: TwoCells, word: str, where: Mask) -> str:
    """How many points lie inside the window, at which doses, and how many of them patients reach."""
    made = found.window
    inside = made.open & where
    total, some = int(where.sum()), made.some(where)
    drawn = "" if some is None else f" (in {round(some * made.drawn)} of {made.drawn} draws at least one does)"
    if not inside.any():
        return f"{word[0].upper()}{word[1:]}: none of {total} lies inside{drawn}."
    said = f"{word[0].upper()}{word[1:]}: {int(inside.sum())} of {total} lie inside, {_spans(found, inside)}{drawn}"
    reachable = made.reachable
    if reachable is None:
        return f"{said}; of no agent is an exposure known."
    hit = inside & reachable
    if not hit.any():
        return f"{said}; all of them are above clinical exposure."
    return f"{said}; {int(hit.sum())} of them not above clinical exposure, {_spans(found, hit)}."


def _gap(found: TwoCells) -> str:
    """Where the two cells differ most: over all, alone, and within what patients reach."""
    made = found.window
    best = made.best()
    if best is None:
        return "No point has a value in both cells."
    if best.gap < 0.005:
        return (
            f"At no dose more of the {cell_words(found.cells[0])} is killed than of the {cell_words(found.cells[1])}."
        )
    band = made.band(best)
    drawn = "" if band is None else f"; 5% to 95% of the draws {_signed(band[0])} to {_signed(band[1])}"
    said = f"Widest gap {_signed(best.gap)} ({_against(best.first, best.second)}{drawn}) at {_at(found, best)}"
    if len(found.agents) > 1:
        alone = [
            f"{name} {_signed(one.gap)}"
            for place, name in enumerate(found.names)
            if (one := made.best(made.alone(place))) is not None
        ]
        said += f"; alone {', '.join(alone)}"
    if made.reachable is not None:
        near = made.best(made.reachable)
        said += (
            "; all tested doses are above clinical exposure"
            if near is None
            else "; none at doses not above clinical exposure"
            if near.gap < 0.005
            else f"; not above clinical exposure {_signed(near.gap)} at {_at(found, near)}"
        )
    return f"{said}."


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0.00"


def _against(one: float, other: float) -> str:
    """Two fractions in percent, in as many digits as tell them apart; rounding leaves no minus before 0."""
    digits = 0 if abs(one - other) >= 0.02 else 1
    return f"{max(one, 0.0):.{digits}%} against {max(other, 0.0):.{digits}%}"


def _dose(value: float) -> str:
    """A dose in three digits, without powers of ten below 100 000."""
    return f"{value:.3g}" if abs(value) < 1000.0 else f"{float(f'{value:.3g}'):.6g}"


def _at(found: TwoCells, place: Place) -> str:
    doses = zip(found.names, place.doses, found.units, strict=True)
    return " with ".join(f"{name} {_dose(dose)} {show_unit(unit)}".rstrip() for name, dose, unit in doses if dose)


def _spans(found: TwoCells, where: Mask) -> str:
    """Such as "auranofin 1 to 3 µM with BSO 10 to 100 µM"."""
    parts = []
    for name, unit, (low, high) in zip(found.names, found.units, found.window.spans(where), strict=True):
        if high > 0.0:
            span = _dose(low) if low == high else f"{_dose(low)} to {_dose(high)}"
            parts.append(f"{name} {span} {show_unit(unit)}".rstrip())
    return " with ".join(parts)


def _value(value: Any) -> float | None:
    return None if not np.isfinite(value) else float(value)


__all__ = ["drawn_lines", "exposure_line", "window_lines", "window_pairs", "window_rows", "windows"]
