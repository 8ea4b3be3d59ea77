"""Speed with its error: solvers side by side in one run, on the same files, rows, times and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from redoxsim.errors import RedoxsimError, Unsupported
from redoxsim.study.benchmark.cases import Case, find, make
from redoxsim.study.benchmark.computer import line, machine
from redoxsim.study.benchmark.measuring import (
    CONTENDERS,
    FULL,
    QUICK,
    Measured,
    Progress,
    Settings,
    Told,
    contenders,
    measure,
)
from redoxsim.study.benchmark.result import COLUMNS, UNITS, Benchmark, Equal, Scaling
from redoxsim.study.benchmark.threads import scaling

AGAINST = "cvode"


def bench(
    names: Sequence[str] = ("redox",),
    *,
    solvers: Sequence[str] = tuple(CONTENDERS),
    settings: Settings = QUICK,
    against: str = AGAINST,
    threads: Sequence[int] = (),
    progress: Told | None = None,
) -> Benchmark:
    """Measure solvers on cases.

    Parameters
    ----------
    names : single cases, as :func:`redoxsim.study.benchmark.cases.find` gives them.
    against : the solver that others are compared with at equal error.
    threads : numbers of threads to measure the batch kernel with, besides.
    progress : told runs done, 0, and runs in all.

    Raises
    ------
    DesignError : an unknown case or solver.
    """
    contenders([*solvers, against])
    facts = machine()
    done: list[Measured] = []
    skipped: dict[str, str] = {}
    scaled: list[Scaling] = []
    interrupted = False
    each = len(solvers) * len(settings.rtols) * settings.repeats
    count = Progress(total=each * len(names), told=progress)
    try:
        for name in names:
            try:
                case = make(name, rows=settings.rows, seed=settings.seed, end=settings.end)
                done.append(measure(case, solvers, settings, progress=count))
                if threads:
                    scaled += _scaled(case, threads, settings, skipped)
            except RedoxsimError as error:
                if len(names) == 1:
                    raise
                skipped[name] = error.message
                count.step(each)
    except KeyboardInterrupt as error:
        interrupted = True
        partial = getattr(error, "measured", None)
        if partial is not None and partial.points:
            done.append(partial)
    return Benchmark(
        cases=tuple(done), against=against, machine=facts, settings=asdict(settings), scaling=tuple(scaled),
        skipped=skipped, interrupted=interrupted,
    )  # fmt: skip


def _scaled(case: Case, threads: Sequence[int], settings: Settings, skipped: dict[str, str]) -> list[Scaling]:
    try:
        return scaling(case, threads, repeats=max(settings.repeats, 5))
    except Unsupported as error:
        skipped[f"{case.name}, threads"] = error.message
        return []


__all__ = [
    "AGAINST",
    "COLUMNS",
    "CONTENDERS",
    "FULL",
    "QUICK",
    "UNITS",
    "Benchmark",
    "Equal",
    "Measured",
    "Scaling",
    "Settings",
    "bench",
    "contenders",
    "find",
    "line",
    "machine",
    "make",
    "scaling",
]
