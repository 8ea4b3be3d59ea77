"""Which constants carry an answer: local gains, Morris screening, Sobol indices."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, get_args

import numpy as np
from numpy.typing import NDArray

from redoxsim.errors import DesignError, SolveError, Unsupported, nearest
from redoxsim.pharmacology import Agent, Schedule
from redoxsim.study.courses import Doses
from redoxsim.study.options import Keywords, Options
from redoxsim.study.plan import Estimate, Runs, Study, solved
from redoxsim.study.population import within
from redoxsim.study.provenance import describe, sentence, tally
from redoxsim.study.rows import make_rows, read_out
from redoxsim.study.setup import Model, Setup
from redoxsim.study.times import output_times

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
Method = Literal["local", "morris", "sobol"]
STEP = 0.02
LEVELS = 4
SAMPLES: Mapping[str, int] = {"local": 1, "morris": 16, "sobol": 256}
SCREENED = 12
"""Constants that Sobol indices are found of where none are named: those with the widest effect in a local look."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "local": ("gain", "gain_low", "gain_high", "narrows"),
    "morris": ("mu_star", "mu_star_low", "mu_star_high", "mu", "sigma"),
    "sobol": ("S1", "S1_low", "S1_high", "ST", "ST_low", "ST_high"),
}
RANKED: Mapping[str, str] = {"local": "gain", "morris": "mu_star", "sobol": "ST"}
"""What a ranking goes by, in size."""
NARROWS: Mapping[str, str] = {"local": "narrows", "sobol": "S1"}
"""The column that says which share of the variance knowing a constant would take away."""
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class SensitivityTable:
    """Sensitivities of readouts to constants.

    Attributes
    ----------
    method : "local" (log gains), "morris" or "sobol".
    observe : readouts. seconds : when they were read.
    rows : a mapping per readout and constant: ``readout``, ``constant``, ``name``, ``unit``, ``value``, ``low``,
        ``high`` (its range, None where it has none), ``grade``, and the numbers of the method (:data:`COLUMNS`);
        sorted by readout and size.
    summary : how many solves ended how, and what was left out.
    units : of the readouts, by id.
    """

    method: str
    observe: tuple[str, ...]
    seconds: float
    rows: tuple[Mapping[str, Any], ...]
    summary: str
    provenance: Mapping[str, Any] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        constants = len({row["constant"] for row in self.rows})
        return f"<SensitivityTable {self.method}: {', '.join(self.observe)} to {constants} constants; {self.summary}>"

    def of(self, readout: str) -> list[Mapping[str, Any]]:
        """The rows of a readout, largest first."""
        if readout not in self.observe:
            raise DesignError(f"'{readout}' was not observed", hint=nearest(readout, self.observe))
        return [row for row in self.rows if row["readout"] == readout]

    def narrows(self, readout: str) -> list[tuple[str, float]]:
        """Constants by the share of the readout's variance that measuring them would take away, largest first.

        To first order: of ln Y from local gains and the widths of the ranges, or the first-order Sobol index. Empty
        for Morris, which only ranks, and where no constant has a range.
        """
        column = NARROWS.get(self.method)
        if column is None:
            return []
        found = [(str(row["constant"]), float(row[column])) for row in self.of(readout) if row["low"] is not None]
        return sorted((one for one in found if one[1] > 0.0), key=lambda one: -one[1])

    def to_dataframe(self) -> pd.DataFrame:
        """The rows as a table."""
        import pandas as pd

        return pd.DataFrame([dict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.method)} sensitivities; {escape(self.summary)}</p>{self.to_dataframe().to_html()}"


@dataclass(frozen=True, kw_only=True, eq=False)
class SensitivityPlan:
    """Sensitivities made ready: nothing solved.

    ``screen`` looks for the constants worth the solves and gives the plan for them; until then those here stand in.
    """

    study: Study
    method: str
    constants: tuple[str, ...]
    samples: int
    step: float
    unit: FloatArray | None = None
    screened: int = 0
    screen: Callable[[], SensitivityPlan] | None = None

    def estimate(self, *, timed: bool = False) -> Estimate:
        """What it will cost; a local look that picks constants comes on top."""
        return self.study.estimate(timed=timed)

    def run(self) -> SensitivityTable:
        """The sensitivities.

        Raises
        ------
        SolveError : too little was solved, or an interrupt.
        Unsupported : SALib is not there.
        """
        if self.screen is not None:
            return self.screen().run()
        rows = self.study.rows
        done = solved(rows, self.study.batch, self.study.progress, self.study.cancel, screened=True)
        if done.interrupted:
            raise SolveError("interrupted: no sensitivities from a part of the solves")
        if not done.ok.any():
            raise SolveError(f"{sentence(tally(done))}. The first says: {next(iter(done.messages.values()), '')}")
        values = read_out(rows, done).values[..., 0]
        setup = rows.setup
        find = {"local": _local, "morris": _morris, "sobol": _sobol}[self.method]
        table: list[Mapping[str, Any]] = []
        left: list[str] = []
        for place, readout in enumerate(rows.observe):
            numbers, lost = find(self, values[place])
            if lost:
                left.append(f"{readout}: {lost}")
            found = [
                {"readout": readout} | about(setup, name) | {key: float(one[at]) for key, one in numbers.items()}
                for at, name in enumerate(self.constants)
            ]
            found.sort(key=lambda row: -np.nan_to_num(abs(row[RANKED[self.method]]), nan=-1.0))
            table += found
        said = [sentence(tally(done)), *([f"{done.check}"] if done.check else []), *left]
        if self.screened:
            said.append(f"the {len(self.constants)} of {self.screened} constants that a local look says spread most")
        return SensitivityTable(
            method=self.method,
            observe=rows.observe,
            seconds=float(rows.times.seconds[0]),
            rows=tuple(table),
            summary="; ".join(said),
            provenance=describe(setup)
            | {"method": self.method, "samples": self.samples, "step": self.step, "seed": rows.settings.seed},
            units={readout: setup.label(readout) for readout in rows.observe},
        )


@Runs
def sensitivity(
    net: Model,
    *,
    observe: str | Sequence[str] = "viability",
    at: str = "48 h",
    doses: Doses = None,
    agents: Sequence[str | Path | Agent] = (),
    method: Method = "local",
    parameters: Sequence[str] | None = None,
    samples: int | None = None,
    step: float = STEP,
    **settings: Unpack[Keywords],
) -> SensitivityPlan:
    """Sensitivities of readouts at one time to constants.

    Parameters
    ----------
    doses : given alike in every solve.
    method : "local": log gains by central differences around the values as they are, two solves per constant;
        "morris": mean size of elementary effects over the ranges; "sobol": shares of variance over the ranges. The
        last two need the library SALib. They vary each constant alone within its range: impossible cells are part of
        them, unlike in draws.
    parameters : constants to vary; None takes all ("local"), all with a range ("morris"), or the twelve with a range
        whose local gain times width is largest ("sobol").
    samples : trajectories (Morris, 16) or base samples (Sobol, 256, a power of two). Indices of few samples scatter,
        also below zero; the summary counts those whose interval includes 0.
    step : of the logarithm of a constant, for local gains.
    settings : see :class:`redoxsim.study.options.Options`; one cell, the median, unless ``cells`` says otherwise.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    SolveError : not one row solved. Unsupported : SALib is not there.
    """
    if method not in get_args(Method):
        raise DesignError(f"there is no method '{method}'", hint=nearest(method, get_args(Method)))
    if not 0.0 < step < 1.0:
        raise DesignError(f"a step of the logarithm lies between 0 and 1, not {step:g}")
    if method != "local":
        salib()
    options = Options(**settings)
    if options.draws:
        raise DesignError("sensitivities vary constants themselves", hint="leave out draws")
    if options.keep is not None:
        raise DesignError("sensitivities are those of the population", hint=f"leave out keep='{options.keep}'")
    schedule = Schedule.of(doses)
    setup = options.prepare(net, agents=agents, dosed=schedule.targets())
    chosen, screened = _chosen(setup, parameters, method), 0
    times = output_times(at=at)
    if not times.single:
        raise DesignError("sensitivities are read at one time", hint="at='48 h'")
    screen = None
    if method == "sobol" and parameters is None and len(chosen) > SCREENED:
        screened, chosen = len(chosen), chosen[:SCREENED]
        every = [name for name, ends in sorted(setup.ranges.items()) if ends[1] < ends[2] and ends[0] != 0.0]
        given = {"observe": observe, "at": at, "doses": doses, "agents": agents, "step": step, **settings}
        screen = partial(_screened, net, given, every=every, instead=chosen, samples=samples, screened=screened)
    count = _count(method, samples)
    unit, columns = _design(setup, chosen, method, count, step, options.seed)
    rows = make_rows(
        setup,
        times=times,
        observe=setup.observed(observe),
        points=len(next(iter(columns.values()))),
        columns=columns,
        schedules=[setup.schedule(schedule)],
        cells=options.cells if options.cells is not None else 1,
        settings=options.settings,
    )
    design = {"doses": [str(row) for row in schedule.doses], "method": method, "constants": list(chosen)}
    study = Study(rows=rows, kind="sensitivity", design=design, **options.told)
    return SensitivityPlan(
        study=study,
        method=method,
        constants=chosen,
        samples=count,
        step=step,
        unit=unit,
        screened=screened,
        screen=screen,
    )


def _count(method: str, samples: int | None) -> int:
    """Trajectories or base samples, checked."""
    count = SAMPLES[method] if samples is None else samples
    if method != "local" and count < 2:
        raise DesignError(f"{method} needs at least two samples, not {count}")
    if method == "sobol" and count & (count - 1):
        raise DesignError(f"Sobol indices need a power of two of base samples, not {count}", hint="256 or 512")
    return count


def _screened(
    net: Model,
    given: Mapping[str, Any],
    *,
    every: Sequence[str],
    instead: Sequence[str],
    samples: int | None,
    screened: int,
) -> SensitivityPlan:
    """The plan for Sobol indices of the constants that spread most by a local look at ``every`` one with a range.

    ``given`` is what :func:`sensitivity` was called with; ``instead`` are the constants taken where none spreads.
    """
    local = sensitivity(net, **given, parameters=every)
    best: dict[str, float] = {}
    for readout in local.observe:
        for name, share in local.narrows(readout):
            best[name] = max(best.get(name, 0.0), share)
    widest = sorted(sorted(best, key=lambda name: -best[name])[:SCREENED]) or list(instead)
    plan = sensitivity.plan(net, **given, method="sobol", parameters=widest, samples=samples)
    assert isinstance(plan, SensitivityPlan)
    return replace(plan, screened=screened)


def salib() -> Any:
    """The library SALib.

    Raises
    ------
    Unsupported : it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import SALib.analyze.sobol
            import SALib.sample.morris
            import SALib.sample.sobol
    except ImportError as error:
        raise Unsupported(
            "Morris and Sobol need the library SALib, which is not installed",
            hint="pip install 'redoxsim[sensitivity]'; method local needs nothing more",
        ) from error
    return SALib


def _chosen(setup: Setup, names: Sequence[str] | None, method: str) -> tuple[str, ...]:
    """The constants to vary, checked."""
    if names is None:
        if method != "local":
            found = tuple(sorted(name for name, ends in setup.ranges.items() if ends[1] < ends[2]))
            if not found:
                text = f"no constant of model '{setup.network.id}' has a range"
                raise DesignError(text, hint="method local needs none")
            return found
        values = {name: setup.usual(name) for name in setup.free}
        return tuple(sorted(name for name, value in values.items() if value != 0.0 and np.isfinite(value)))
    for name in names:
        setup.refuse_not_free(name, verb="vary")
        if method != "local" and name not in setup.ranges:
            raise DesignError(f"'{name}' has no range to vary it in", hint="method local needs none")
        if method == "local" and setup.usual(name) == 0.0:
            raise DesignError(f"'{name}' is zero and has no logarithm", hint="method morris varies it within its range")
    if not names:
        raise DesignError("no constant is named")
    return tuple(dict.fromkeys(names))


def about(setup: Setup, name: str) -> dict[str, Any]:
    """What is known of a constant: name, unit, value, range and grade."""
    low, high = setup.ranges[name][1:] if name in setup.ranges else (None, None)
    return {
        "constant": name,
        "name": setup.title(name),
        "unit": setup.label(name),
        "value": setup.usual(name),
        "low": low,
        "high": high,
        "grade": setup.grade(name),
    }


def _design(
    setup: Setup, names: Sequence[str], method: str, samples: int, step: float, seed: int
) -> tuple[FloatArray | None, dict[str, FloatArray]]:
    """Points of the unit cube where there are, and a column of values per constant."""
    if method == "local":
        count = 1 + 2 * len(names)
        columns = {}
        for place, name in enumerate(names):
            column = np.full(count, setup.usual(name))
            column[1 + place] *= np.exp(-step)
            column[1 + len(names) + place] *= np.exp(step)
            columns[name] = column
        return None, columns
    library, problem = salib(), _problem(names)
    if method == "morris":
        unit = library.sample.morris.sample(problem, samples, num_levels=LEVELS, seed=seed)
    else:
        unit = library.sample.sobol.sample(problem, samples, calc_second_order=False, seed=seed)
    unit = np.asarray(unit, dtype=float)
    return unit, {name: within(setup.ranges[name], unit[:, place]) for place, name in enumerate(names)}


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


Numbers = dict[str, FloatArray]


def _local(plan: SensitivityPlan, values: FloatArray) -> tuple[Numbers, str]:
    from redoxsim.analysis.gains import log_gains, log_spread, narrowing

    count = len(plan.constants)
    down, up = values[1 : 1 + count], values[1 + count :]
    gain, low, high = log_gains(down, np.full(count, values[0]), up, step=plan.step)
    setup = plan.study.rows.setup
    spread = np.array([
        float(log_spread(*setup.ranges[name])) if name in setup.ranges else np.nan for name in plan.constants
    ])  # fmt: skip
    missing = int(np.isnan(gain).sum())
    lost = f"{missing} without a gain (a solve failed, or the readout is zero)" if missing else ""
    return {"gain": gain, "gain_low": low, "gain_high": high, "narrows": narrowing(gain, spread)}, lost


def _whole(plan: SensitivityPlan, values: FloatArray, block: int) -> tuple[NDArray[np.bool_], str]:
    """Which rows stand in blocks that were solved altogether, and what is said of the others."""
    good = np.isfinite(values.reshape(-1, block)).all(axis=1)
    if good.sum() < max(2, 0.5 * good.size):
        raise SolveError(
            f"{int((~good).sum())} of {good.size} samples have solves that failed: too few are left",
            hint="narrower ranges, fewer constants (--vary), or method local",
        )
    lost = int((~good).sum())
    return np.repeat(good, block), f"{lost} of {good.size} samples left out: a solve in them failed" if lost else ""


def _morris(plan: SensitivityPlan, values: FloatArray) -> tuple[Numbers, str]:
    """Morris indices. A solve that failed takes only the two steps that touch it, not the whole walk.

    A walk over hundreds of constants passes cells that cannot live, nearly always.
    """
    from redoxsim.analysis.elementary import effects, morris

    assert plan.unit is not None
    each = effects(plan.unit, values)
    lost = int(np.isnan(each).sum())
    if lost > 0.5 * each.size:
        raise SolveError(
            f"{lost} of {each.size} steps have a solve that failed: too few are left",
            hint="narrower ranges, fewer constants (--vary), or method local",
        )
    found = morris(each, level=LEVEL, seed=plan.study.rows.settings.seed)
    few = int(np.isnan(found.mu_star).sum())
    said = f"{lost} of {each.size} steps left out: a solve at one end failed" if lost else ""
    return {
        "mu_star": found.mu_star,
        "mu_star_low": np.maximum(found.mu_star - found.half, 0.0),
        "mu_star_high": found.mu_star + found.half,
        "mu": found.mu,
        "sigma": found.sigma,
    }, f"{said}; {few} constants have too few steps left" if few else said


def _sobol(plan: SensitivityPlan, values: FloatArray) -> tuple[Numbers, str]:
    kept, lost = _whole(plan, values, len(plan.constants) + 2)
    if np.ptp(values[kept]) <= 1e-12 * max(1.0, float(np.abs(values[kept]).max())):
        nothing = np.zeros(len(plan.constants))
        return dict.fromkeys(COLUMNS["sobol"], nothing), "the readout does not vary"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas and of divisions inside the library
        found = salib().analyze.sobol.analyze(
            _problem(plan.constants), values[kept], calc_second_order=False, conf_level=LEVEL,
            seed=plan.study.rows.settings.seed,
        )  # fmt: skip
    out: Numbers = {}
    for key in ("S1", "ST"):
        value, half = (np.asarray(found[name], dtype=float) for name in (key, f"{key}_conf"))
        out |= {key: value, f"{key}_low": value - half, f"{key}_high": value + half}
    none = int(((out["S1_low"] <= 0.0) & (out["S1_high"] >= 0.0)).sum())
    told = f"{none} of {len(plan.constants)} first-order indices have an interval that includes 0" if none else ""
    return out, "; ".join(filter(None, (lost, told)))
