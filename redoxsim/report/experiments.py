"""What an experiment leaves behind: figures, tables, verdicts, and text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from redoxsim.report.conditions import common_bars, conditions, dose_words
from redoxsim.report.names import enumerated, show_unit, title_of, unit_of
from redoxsim.report.seen import begun, courses_seen, curves_seen, surface_seen
from redoxsim.report.tables import Table
from redoxsim.report.text import matrix_text, text_table
from redoxsim.report.window import window_pairs
from redoxsim.study.experiment import CombineRun, DoseResponseRun, Experiment, SimulateRun
from redoxsim.study.experiment_runs import Finished
from redoxsim.study.results import ORIENTATIONS
from redoxsim.study.window import two_cells

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.analysis import HillFit, SynergyTable
    from redoxsim.study.results import ResultSet
    from redoxsim.study.window import TwoCells

SUMMARY = ("mean", "mid_mean", "min", "max")
MOST_NARROW = 4
"""Curves whose legend fits below a figure half as wide as a page."""
FEW = 2
"""Readouts that a title names."""


class Drawn(NamedTuple):
    """A figure, its name, and what is seen in it, in sentences; "" where that is told elsewhere."""

    name: str
    figure: Figure
    seen: str = ""


def figures(
    experiment: Experiment,
    finished: Sequence[Finished],
    *,
    drawn: Mapping[str, tuple[TwoCells, ResultSet]] | None = None,
    bands: Mapping[str, ResultSet] | None = None,
) -> Iterator[Drawn]:
    """Figures: time courses that observe the same in one figure, a curve per readout, a surface per pair.

    Parameters
    ----------
    drawn : windows with bands, by the run in the cell that should die, each with the results of that run.
    bands : quantiles over draws by run, drawn behind what the constants as they are give.
    """
    bands = bands or {}
    yield from _courses(experiment, finished, bands)
    yield from _curves(experiment, finished, bands)
    spared = [second.run.id for _, second in window_pairs(finished)]
    for one in finished:
        if one.results.interrupted or not one.results.ok:
            continue
        if isinstance(one.run, CombineRun) and len(one.run.agents) == 2 and one.run.id not in spared:
            yield from _surface(one, bands)
    yield from _windows(finished, drawn or {})


def _windows(finished: Sequence[Finished], drawn: Mapping[str, tuple[TwoCells, ResultSet]]) -> Iterator[Drawn]:
    """A therapeutic window for each pair of runs in a cell that should die and one that should live."""
    for first, second in window_pairs(finished):
        from redoxsim.report.figures.window import window

        found, results = drawn.get(first.run.id) or (two_cells(first.results, second.results), first.results)
        figure = window(
            found,
            title=begun(f"{enumerated(found.names)}: therapeutic window at {found.hours:g} h"),
            caption=caption(results).replace(f", cell {found.cells[0]}", "", 1),
            note=grades_note(results),
        )
        yield Drawn(f"{first.run.id}-window", figure)


def caption(results: ResultSet) -> str:
    """Small print of a figure: model, cell, population, solver."""
    made = results.provenance
    cell = f", cell {made['cell']['id']}" if made["cell"] else ""
    count = made["population"]["cells"]
    solver = made["solver"]["name"]
    cells = f"{count} cell{'s' if count != 1 else ''}"
    if results.draws is not None:
        cells = f"{results.draws['usable']} draws of constants, {cells if count != 1 else 'one cell'} each"
    return f"Model {made['model']['id']}{cell}; {cells}; solver {solver}."


def grades_note(results: ResultSet, observe: Sequence[str] | None = None) -> str:
    """Small print of a figure: how well the numbers behind it are known, and how much of its bands is assumed."""
    return _grades(results) + _assumed(results, results.observables if observe is None else observe)


def _assumed(results: ResultSet, observe: Sequence[str]) -> str:
    """How wide the bands would be with only grade C varying: of one readout how sure that is, of several from to."""
    found = [results.dataset[name].attrs for name in observe if name in results.dataset]
    known = [one for one in found if one.get("grade_c_share") is not None]
    if not known:
        return ""
    shares = sorted(float(one["grade_c_share"]) for one in known)
    if len(shares) == 1:
        low, high = (float(known[0][f"grade_c_share_{end}"]) for end in ("low", "high"))
        between = f" ({low:.0%} to {high:.0%})" if low < high else ""
        return f" With only the assumed ones varying the band is {shares[0]:.0%} as wide{between}."
    middle = f"{float(np.median(shares)):.0%} as wide in the median ({shares[0]:.0%} to {shares[-1]:.0%})"
    return f" With only the assumed ones varying the bands of these {len(shares)} readouts are {middle}."


def _grades(results: ResultSet) -> str:
    grades = results.provenance["grades"]
    total = sum(grades.values())
    if not total:
        return ""
    known = f"{grades['A']} were read in a source (A), {grades['B']} recalled (B), {grades['C']} assumed (C)"
    return f"Of {total} constants {known}."


def _behind(bands: Mapping[str, ResultSet], group: Sequence[Finished]) -> tuple[str, str]:
    """What is said of the bands of a figure, and of its grades: nothing of bands where no run has one."""
    found = [bands[one.run.id] for one in group if one.run.id in bands]
    return spread_words(found), grades_note(found[0] if found else group[0].results)


def spread_words(found: Sequence[ResultSet]) -> str:
    """What lines and bands are where the lines are of the constants as they are; nothing where there are no bands."""
    if not found:
        return ""
    counts = sorted({one.draws["usable"] for one in found if one.draws is not None})
    many = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    cells = found[0].provenance["population"]["cells"]
    each = f"{cells} cells each" if cells != 1 else "one cell each"
    return f"Lines: constants as they are; bands: {many} draws of them, {each}."


def _courses(experiment: Experiment, finished: Sequence[Finished], bands: Mapping[str, ResultSet]) -> Iterator[Drawn]:
    groups: dict[tuple[Any, ...], list[Finished]] = {}
    for one in finished:
        if isinstance(one.run, SimulateRun) and not one.results.interrupted:
            key = (one.run.observe, one.run.until, one.run.every, one.run.cells or experiment.cells)
            groups.setdefault(key, []).append(one)
    for group in groups.values():
        from redoxsim.report.figures.timecourse import timecourse

        runs = [one.run for one in group if isinstance(one.run, SimulateRun)]
        names, said = conditions(runs)
        named = {name: one.results.dataset for name, one in zip(names, group, strict=True)}
        by_run = zip(names, (one.run.id for one in group), strict=True)
        behind = {name: bands[run].dataset for name, run in by_run if run in bands}
        spread, note = _behind(bands, group)
        small, cell = caption(group[0].results), f"cell {runs[0].cell}"
        if cell in said:  # once is enough
            small = small.replace(f", {cell}", "", 1)
        figure = timecourse(
            named,
            observe=runs[0].observe or None,
            doses=common_bars(runs),
            bands=behind or None,
            narrow=len(group) <= MOST_NARROW,
            title=f"{experiment.title}: {names[0] if len(names) == 1 else _read(named, runs[0].observe)}",
            caption=" ".join(part for part in (small, said, spread) if part),
            note=note,
        )
        seen = courses_seen(named, runs[0].observe or [str(one) for one in group[0].results.observables])
        yield Drawn("course-" + "-".join(run.id for run in runs), figure, seen)


def _read(named: Mapping[str, Any], observe: Sequence[str]) -> str:
    """What time courses are about: their readouts where these are few."""
    titles = [
        next(title_of(name, data[name].attrs) for data in named.values() if name in data)
        for name in observe
        if any(name in data for data in named.values())
    ]
    return " and ".join(titles) if 0 < len(titles) <= FEW else "time courses"


def _curves(experiment: Experiment, finished: Sequence[Finished], bands: Mapping[str, ResultSet]) -> Iterator[Drawn]:
    """A figure per readout; runs of one agent read at the same time share it, told apart by their conditions."""
    from redoxsim.report.figures.doseresponse import curve, dose_response, potency

    groups: dict[tuple[str, ...], list[Finished]] = {}
    for one in finished:
        if isinstance(one.run, DoseResponseRun) and one.results.ok and not one.results.interrupted:
            unit = unit_of(one.results.dataset[one.run.agent].attrs) or "uM"
            for name in one.results.observables:
                groups.setdefault((one.run.agent, one.run.at, unit, name), []).append(one)
    for (agent, _, unit, name), group in groups.items():
        data = group[0].results.dataset
        title = str(data[agent].attrs.get("long_name") or agent)
        hours = float(data["time"]) / 3600.0
        curves = [
            curve(
                one.results.dataset, name, agent=agent, label=label, fit=fit_of(one, name, bands.get(one.run.id)),
                drawn=bands[one.run.id].dataset if one.run.id in bands else None,
            )
            for one, label in zip(group, _apart(experiment, group, name), strict=True)
        ]  # fmt: skip
        small = caption(group[0].results) if len(group) == 1 else _caption_of_several(group)
        spread, note = _behind(bands, group)
        figure = dose_response(
            curves,
            agent=title,
            unit=unit,
            effect=str(data[name].attrs.get("long_name") or name),
            narrow=len(group) <= MOST_NARROW,
            title=begun(f"{title}: {title_of(name, data[name].attrs)} at {hours:g} h"),
            caption=f"{small} {spread}".rstrip(),
            note=note,
        )
        seen = curves_seen(
            {one.label: (one.doses, one.effect) for one in curves},
            title=title_of(name, data[name].attrs), unit=curves[0].unit, dose_unit=unit,
            halves={one.label: dose for one in curves if one.fit and (dose := potency(one.fit.ec50)) is not None},
        )  # fmt: skip
        yield Drawn("-".join([*(one.run.id for one in group), name]), figure, seen)


def fit_of(one: Finished, name: str, band: ResultSet | None) -> HillFit:
    """The Hill fit of a dose-response, with intervals over the draws where it has a band."""
    from redoxsim.study.spread import over_draws

    fit = one.results.fit(name)
    if band is None or band.draws is None:
        return fit
    _, seconds = one.results.at(name)
    found = band.intervals.get(name, {}).get("fit", {}).get(str(seconds))
    return fit if found is None else over_draws(fit, found, band.draws["usable"])


def _apart(experiment: Experiment, group: Sequence[Finished], name: str) -> list[str]:
    """What sets each run of a group apart, in words: what is given besides, levels, the cell; their ids where short."""
    if len(group) == 1:
        return [title_of(name, group[0].results.dataset[name].attrs)]
    labels = []
    for one in group:
        assert isinstance(one.run, DoseResponseRun)
        parts = [dose_words(text) for text in one.run.background]
        parts += [f"{level} {value:g}" for level, value in one.run.values.items()]
        cells = {other.run.cell or experiment.cell for other in group}
        parts += [f"cell {one.run.cell or experiment.cell}"] if len(cells) > 1 else []
        labels.append(", ".join(parts) or "as it is")
    if len(set(labels)) < len(labels):
        return [one.run.id.replace("-", " ") for one in group]
    return labels


def _caption_of_several(group: Sequence[Finished]) -> str:
    """Small print of runs in one figure; the cell is told where all have it."""
    texts = {caption(one.results) for one in group}
    if len(texts) == 1:
        return texts.pop()
    cell = group[0].results.provenance["cell"]
    return caption(group[0].results).replace(f", cell {cell['id']}" if cell else "", "", 1)


def _surface(one: Finished, bands: Mapping[str, ResultSet]) -> Iterator[Drawn]:
    from redoxsim.report.figures.synergy import synergy

    scored = [name for name in one.results.observables if name in ORIENTATIONS]
    if not scored or one.results.dataset[scored[0]].ndim != 2:
        return
    hours = float(one.results.dataset["time"]) / 3600.0
    tables, axes = scores_of(one), [one.results.dataset[axis] for axis in one.results.axes]
    over, note = _score_over(one, tables, bands)
    names = [str(axis.attrs.get("long_name") or axis.name) for axis in axes]
    figure = synergy(
        one.results.dataset,
        orientation=ORIENTATIONS[scored[0]],  # type: ignore[arg-type]
        observable=scored[0],
        scores=tables,
        listed=False,  # scores stand in a table, and the mechanism behind them in figures of time courses
        title=begun(f"{enumerated(names)}: {scored[0]} at {hours:g} h"),
        caption=f"{caption(one.results)} {over}".rstrip(),
        note=note,
    )
    said = [surface_seen(table, names, [unit_of(axis.attrs) for axis in axes]) for table in tables.values()]
    yield Drawn(one.run.id, figure, next(filter(None, said), ""))


def scores_of(one: Finished) -> dict[str, SynergyTable]:
    """The scores of a combination, failed cells left undefined."""
    assert isinstance(one.run, CombineRun)
    return one.results.scores(one.run.scores, failed="drop")


def _score_over(one: Finished, tables: Mapping[str, SynergyTable], bands: Mapping[str, ResultSet]) -> tuple[str, str]:
    """What is said of the draws of a surface, and of its grades."""
    name, band = scored_of(one.results), bands.get(one.run.id)
    note = grades_note(one.results if band is None else band, [name])
    lines = [] if band is None else score_bands(band, name, {metric: tables[metric] for metric in list(tables)[:1]})
    return (f"Surface: constants as they are. Over draws of them: {'; '.join(lines)}." if lines else ""), note


def scored_of(results: ResultSet) -> str:
    """The readout that synergy is scored on, the first with a declared direction."""
    return next(name for name in results.observables if name in ORIENTATIONS)


def score_table(finished: Sequence[Finished], bands: Mapping[str, ResultSet] | None = None) -> Table | None:
    """Summary of every score of every combination, with sign and orientation; None where nothing is scored.

    The columns ``mean_low``, ``mean_high`` are the 5% and 95% ends over the draws in ``bands``, ``draws`` how many
    these are and ``draws_defined`` the share of them that define the score; empty where a run has no band.
    """
    rows = []
    for one in finished:
        if isinstance(one.run, CombineRun) and any(name in ORIENTATIONS for name in one.results.observables):
            for metric, table in scores_of(one).items():
                row: dict[str, Any] = {"run": one.run.id, "score": metric}
                row |= {key: float(getattr(table.summary, key)) for key in SUMMARY}
                row |= _mean_over(one, metric, bands or {})
                row |= {"defined": table.summary.defined, "combinations": table.summary.cells}
                rows.append({**row, "sign": table.sign, "orientation": table.orientation})
    return _columns(rows) if rows else None


def _mean_over(one: Finished, metric: str, bands: Mapping[str, ResultSet]) -> dict[str, float]:
    """The mean of a score over the draws of a run, as :func:`score_bands` words it."""
    from redoxsim.study.spread import DEFINED

    found = {"mean_low": np.nan, "mean_high": np.nan, "draws": 0.0, "draws_defined": np.nan}
    band = bands.get(one.run.id)
    if band is None or band.draws is None:
        return found
    low, _, high, share = band.intervals[scored_of(band)]["scores"][metric]["mean"]
    found |= {"draws": float(band.draws["usable"]), "draws_defined": share}
    return found | ({"mean_low": low, "mean_high": high} if share >= DEFINED else {})


def fit_table(finished: Sequence[Finished], bands: Mapping[str, ResultSet] | None = None) -> Table | None:
    """The Hill fit of every dose-response, with intervals over draws where it has a band; None where there is none."""
    rows = []
    for one in finished:
        if isinstance(one.run, DoseResponseRun) and one.results.ok:
            dose = unit_of(one.results.dataset[one.run.agent].attrs) or "uM"
            for name in one.results.observables:
                fit = fit_of(one, name, (bands or {}).get(one.run.id))
                effect = unit_of(one.results.dataset[name].attrs)
                units = {"e0": effect, "einf": effect, "auc": effect, "ec50": dose, "ic50": dose}
                for parameter, value, interval, method in fit.rows():
                    rows.append(
                        {
                            "run": one.run.id, "readout": name, "parameter": parameter, "value": value,
                            "interval": interval, "unit": units.get(parameter, ""), "method": method,
                            "message": fit.message,
                        }
                    )  # fmt: skip
    return _columns(rows) if rows else None


def long_table(finished: Sequence[Finished]) -> Table:
    """All results in one table: run, readout, point of the design, time and value."""
    columns: dict[str, list[Any]] = {name: [] for name in ("run", "readout", "unit", "point", "time", "value")}
    for one in finished:
        data = one.results.dataset
        times = np.atleast_1d(np.asarray(data["time"], dtype=float)) / 3600.0
        for name in one.results.observables:
            values = np.asarray(data[name], dtype=float).reshape(-1, len(times))
            for point, line in enumerate(values):
                columns["run"] += [one.run.id] * len(times)
                columns["readout"] += [name] * len(times)
                columns["unit"] += [unit_of(data[name].attrs)] * len(times)
                columns["point"] += [point] * len(times)
                columns["time"] += times.tolist()
                columns["value"] += line.tolist()
    return Table(columns, {"time": "h"})


def status_rows(finished: Sequence[Finished]) -> list[dict[str, Any]]:
    """One row per point of every run: its doses, how its solves ended, how many cells solved."""
    rows = []
    for one in finished:
        data = one.results.dataset
        status = np.asarray(data["status"]).ravel()
        solved = np.asarray(data["solved"]).ravel()
        shape = data["status"].shape
        for point, state in enumerate(status):
            index = np.unravel_index(point, shape) if shape else ()
            where = ", ".join(
                f"{axis} {float(data[axis][i]):g} {unit_of(data[axis].attrs)}".rstrip()
                for axis, i in zip(one.results.axes, index, strict=True)
            )
            cells = int(one.results.provenance["population"]["cells"])
            rows.append(
                {
                    "run": one.run.id,
                    "point": point,
                    "at": where,
                    "status": str(state),
                    "solved": int(solved[point]),
                    "cells": cells,
                }
            )
    return rows


def _columns(rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table({name: [row[name] for row in rows] for name in rows[0]}, {})


def surface_text(results: ResultSet, metrics: Sequence[str]) -> str:
    """A combination for a terminal: the effect over two agents' doses, and the scores; "" where nothing is scored."""
    parts = []
    data = results.dataset
    if "quantile" in data.dims:
        data = data.sel(quantile=0.5)
    scored = [name for name in results.observables if name in ORIENTATIONS]
    if not scored or data[scored[0]].ndim != len(results.axes):
        return ""
    if data[scored[0]].ndim == 2:
        first, second = (data[axis] for axis in results.axes)
        rows = [f"{float(dose):.3g}" for dose in first]
        columns = [f"{float(dose):.3g}" for dose in second]
        hours = float(data["time"]) / 3600.0
        parts.append(
            f"{scored[0]} at {hours:g} h; {results.axes[0]} ({show_unit(unit_of(first.attrs))}) down, "
            f"{results.axes[1]} ({show_unit(unit_of(second.attrs))}) across"
        )
        parts.append(matrix_text(np.asarray(data[scored[0]]), rows, columns))
    if not metrics:
        return "\n\n".join(parts)
    tables = results.scores(metrics, observe=scored[0], failed="drop")
    parts.append("\n".join([scores_text(tables.values()), *score_bands(results, scored[0], tables)]))
    return "\n\n".join(parts)


def score_bands(results: ResultSet, observe: str, tables: Mapping[str, SynergyTable]) -> list[str]:
    """The mean of each score over its 5% to 95% band of draws, a line each; none without draws.

    A score that fewer than nine of ten draws define has no band, as no parameter of a fit has: the draws that define
    it are a choice of their own (those in which each agent alone kills), and an index close to where it ceases to be
    defined has no bound, so that its mean tells of one draw.
    """
    from redoxsim.study.spread import DEFINED

    found = results.intervals.get(observe, {}).get("scores", {})
    lines = []
    for metric, table in tables.items():
        if metric in found and results.draws is not None:
            low, middle, high, share = found[metric]["mean"]
            usable = results.draws["usable"]
            if share < DEFINED:
                lines.append(f"{table.title}: no interval, {share:.0%} of {usable} draws define it")
                continue
            defined = "" if share == 1.0 else f", defined in {share:.0%} of them"
            lines.append(
                f"{table.title}, mean: {_number(middle)} ({_number(low)} to {_number(high)} over 5% to 95% of "
                f"{usable} draws{defined})"
            )
    return lines


def scores_text(tables: Iterable[SynergyTable]) -> str:
    """Summaries of scores for a terminal, each with its sign convention; the orientation below."""
    heads = ["score", "mean", "mid-doses", "lowest", "highest", "defined"]
    body = []
    signs: list[str] = []
    remarks: list[str] = []
    fitted: list[list[str]] = []
    orientation = ""
    for one in tables:
        summary = one.summary
        numbers = [_number(getattr(summary, key)) for key in SUMMARY]
        body.append([one.title, *numbers, f"{summary.defined} of {summary.cells}"])
        signs.append(one.sign)
        why = _reasons(one)
        remarks += [f"{one.metric}: {text}" for text in (one.note, summary.message) if text]
        remarks += [f"{one.metric}: no score in (cells): {why}"] if why else []
        orientation = one.orientation
        for part in one.parameters:
            unit = f" ({show_unit(part.unit)})" if part.unit else ""
            fitted.append([one.metric, part.name + unit, *part.row()[1:]])
    parts = [text_table(heads, body)]
    if fitted:
        parts += ["", text_table(["surface", "parameter", "value", "interval", "reads"], fitted), ""]
    return "\n".join([*parts, *dict.fromkeys(signs), f"Effects: {orientation}.", *dict.fromkeys(remarks)])


def _reasons(table: SynergyTable) -> str:
    """Why cells have no score, and how many; of reasons that differ in numbers only, one stands for all."""
    alike: dict[str, list[tuple[str, int]]] = {}
    for text, count in table.why().items():
        alike.setdefault(re.sub(r"-?\d[\d.e+-]*", "", text), []).append((text, count))
    return "; ".join(
        f"{'such as ' if len(found) > 1 else ''}{found[0][0].replace(';', ',')} ({sum(count for _, count in found)})"
        for found in alike.values()
    )


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{round(value, 3) + 0.0:.3f}"
