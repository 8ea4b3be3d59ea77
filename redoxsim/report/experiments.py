"""The figures of an experiment: time courses, dose-response curves, surfaces and therapeutic windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from redoxsim.report.conditions import USUAL, cell_words, common_bars, conditions, dose_words
from redoxsim.report.names import enumerated, title_of, unit_of
from redoxsim.report.run_tables import fit_of
from redoxsim.report.scored import score_bands, scored_of, scores_of
from redoxsim.report.seen import begun, courses_seen, curves_seen, surface_seen
from redoxsim.report.small_print import caption, grades_note, spread_words
from redoxsim.report.titles import aside, course_titles
from redoxsim.report.window import window_pairs
from redoxsim.study.experiment import CombineRun, DoseResponseRun, Experiment, SimulateRun
from redoxsim.study.experiment_runs import Finished
from redoxsim.study.results import ORIENTATIONS
from redoxsim.study.window import two_cells

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from redoxsim.analysis import SynergyTable
    from redoxsim.study.results import ResultSet
    from redoxsim.study.window import TwoCells

MOST_NARROW = 4
"""Curves whose legend fits below a figure half as wide as a page."""


class Drawn(NamedTuple):
    """A figure, its name, and what is seen in it, in sentences; "" where that is told elsewhere."""

    name: str
    figure: Figure
    seen: str = ""

    @property
    def title(self) -> str:
        """The title of the figure, in one line."""
        return " ".join(self.figure.get_suptitle().split("\n"))


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


def _behind(
    bands: Mapping[str, ResultSet], group: Sequence[Finished], observe: Sequence[str] | None
) -> tuple[str, str]:
    """What is said of the bands of a figure, and of its grades: nothing of bands where no run has one."""
    found = [bands[one.run.id] for one in group if one.run.id in bands]
    return spread_words(found), grades_note(found[0] if found else group[0].results, observe)


def _courses(experiment: Experiment, finished: Sequence[Finished], bands: Mapping[str, ResultSet]) -> Iterator[Drawn]:
    groups: dict[tuple[Any, ...], list[Finished]] = {}
    for one in finished:
        if isinstance(one.run, SimulateRun) and not one.results.interrupted:
            key = (one.run.observe, one.run.until, one.run.every, one.run.cells or experiment.cells)
            groups.setdefault(key, []).append(one)
    for title, group in zip(course_titles(experiment, list(groups.values())), groups.values(), strict=True):
        from redoxsim.report.figures.timecourse import timecourse

        runs = [one.run for one in group if isinstance(one.run, SimulateRun)]
        names, said = conditions(runs, experiment.cell)
        named = {name: one.results.dataset for name, one in zip(names, group, strict=True)}
        by_run = zip(names, (one.run.id for one in group), strict=True)
        behind = {name: bands[run].dataset for name, run in by_run if run in bands}
        spread, note = _behind(bands, group, runs[0].observe or None)
        small = _caption_of_several(group)
        figure = timecourse(
            named,
            observe=runs[0].observe or None,
            doses=common_bars(runs),
            bands=behind or None,
            narrow=len(group) <= MOST_NARROW,
            title=title,
            caption=" ".join(part for part in (small, said, spread) if part),
            note=note,
        )
        seen = courses_seen(named, runs[0].observe or [str(one) for one in group[0].results.observables])
        yield Drawn("course-" + "-".join(run.id for run in runs), figure, seen)


def _curves(experiment: Experiment, finished: Sequence[Finished], bands: Mapping[str, ResultSet]) -> Iterator[Drawn]:
    """A figure per readout; runs of one agent read at the same time share it, told apart by their conditions."""
    from redoxsim.report.figures.dosecurve import curve, potency
    from redoxsim.report.figures.doseresponse import dose_response

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
        small = _caption_of_several(group)
        spread, note = _behind(bands, group, [name])
        figure = dose_response(
            curves,
            agent=title,
            unit=unit,
            effect=str(data[name].attrs.get("long_name") or name),
            narrow=len(group) <= MOST_NARROW,
            title=begun(f"{title}: {title_of(name, data[name].attrs)} at {hours:g} h{_shared(group)}"),
            caption=f"{small} {spread}".rstrip(),
            note=note,
        )
        seen = curves_seen(
            {one.label: (one.doses, one.effect) for one in curves},
            title=title_of(name, data[name].attrs), unit=curves[0].unit, dose_unit=unit,
            halves={one.label: dose for one in curves if one.fit and (dose := potency(one.fit.ec50)) is not None},
        )  # fmt: skip
        yield Drawn("-".join([*(one.run.id for one in group), name]), figure, seen)


def _apart(experiment: Experiment, group: Sequence[Finished], name: str) -> list[str]:
    """What sets each run of a group apart: its title, else in words what is given besides, levels, the cell."""
    if len(group) == 1:
        return [title_of(name, group[0].results.dataset[name].attrs)]
    labels = []
    cells = {one.run.cell or experiment.cell for one in group}
    for one in group:
        assert isinstance(one.run, DoseResponseRun)
        parts = [dose_words(text) for text in one.run.background]
        parts += [f"{level} {value:g}" for level, value in one.run.values.items()]
        parts += [cell_words(one.run.cell or experiment.cell)] if len(cells) > 1 else []
        labels.append(one.run.title or ", ".join(parts) or USUAL)
    if len(set(labels)) < len(labels):
        return [one.run.title or one.run.id.replace("-", " ") for one in group]
    return labels


def _shared(group: Sequence[Finished]) -> str:
    """What the title of a curve adds where it stands alone and is not of the agent alone in the usual cell."""
    return aside(group[0].run.model_dump()) if len(group) == 1 else ""


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
        title=begun(f"{enumerated(names)}: {one.run.title or scored[0]} at {hours:g} h{aside(one.run.model_dump())}"),
        caption=f"{caption(one.results)} {over}".rstrip(),
        note=note,
    )
    said = [surface_seen(table, names, [unit_of(axis.attrs) for axis in axes]) for table in tables.values()]
    yield Drawn(one.run.id, figure, next(filter(None, said), ""))


def _score_over(one: Finished, tables: Mapping[str, SynergyTable], bands: Mapping[str, ResultSet]) -> tuple[str, str]:
    """What is said of the draws of a surface, and of its grades."""
    name, band = scored_of(one.results), bands.get(one.run.id)
    note = grades_note(one.results if band is None else band, [name])
    lines = [] if band is None else score_bands(band, name, {metric: tables[metric] for metric in list(tables)[:1]})
    return (f"Surface: constants as they are. Over draws of them: {'; '.join(lines)}." if lines else ""), note
