"""The share of draws in which an experiment's expectations hold, with a bar of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from redoxsim.cli.options import Solving
from redoxsim.cli.talk import Progress, Talk

if TYPE_CHECKING:
    from redoxsim.study.agreement import Agreement
    from redoxsim.study.experiment import Experiment
    from redoxsim.study.experiment_runs import HowTo


def agree(
    experiment: Experiment,
    draws: int,
    *,
    how: HowTo,
    solving: Solving,
    talk: Talk,
    log: Callable[[str], object],
) -> Agreement | None:
    """In how many draws each expectation holds; None where none are asked for."""
    if not draws:
        return None
    import time

    from redoxsim.cli.result import WORTH, processes
    from redoxsim.study.agreement import agreement

    began = time.perf_counter()
    progress = Progress()
    with talk.progress(f"{experiment.id}: {draws} draws", progress):
        found = agreement(experiment, draws, how=replace(how, jobs=processes(solving, WORTH)), progress=progress)
    log(f"draws: {found.text or found.why}; {found.solves} solves; {time.perf_counter() - began:.2f} s")
    return found
