"""A time course as results with axes, whether of one cell, of a population or of draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np

from redoxsim.solve import Solution, choose
from redoxsim.study.collecting import collect
from redoxsim.study.courses import Course, simulate
from redoxsim.study.engine import Run
from redoxsim.study.plan import Estimate, Study
from redoxsim.study.results import ResultSet
from redoxsim.study.setup import Model


@dataclass(frozen=True, kw_only=True, eq=False)
class TimeCourse:
    """What :func:`redoxsim.simulate` computes, made ready; its results have the axis ``time`` also for one cell."""

    course: Course

    @property
    def study(self) -> Study:
        """A row per cell and draw."""
        return self.course.study

    def estimate(self, *, timed: bool = False) -> Estimate:
        """What it will cost."""
        return self.course.estimate(timed=timed)

    def run(self) -> ResultSet:
        """The results. One cell is solved on its own: Ctrl-C stops it at once, a failure raises with its report."""
        study = self.study
        if not self.course.single:
            return study.run()
        _, why = choose(self.course.problem, study.rows.settings.solver)
        solution = self.course.run()
        assert isinstance(solution, Solution)
        done = Run(
            values=np.asarray(solution.values(study.rows.wanted))[None],
            status=(solution.status,),
            messages={0: "; ".join(solution.warnings)} if solution.warnings else {},
            solver=solution.stats.solver,
            why=why,
            seconds=solution.stats.seconds,
            interrupted=False,
        )
        if study.progress is not None:
            study.progress(1, 0, 1)
        return collect(study.rows, done, kind=study.kind, axes=study.axes, design=study.design)


def time_course(net: Model, **settings: Any) -> TimeCourse:
    """A time course made ready; settings as for :func:`redoxsim.simulate`.

    Raises
    ------
    DesignError, UnitError, ModelError : see the hint.
    """
    course = simulate.plan(net, **settings)
    assert isinstance(course, Course)
    return TimeCourse(course=course)


@overload
def with_jobs(plan: Study, jobs: int) -> Study: ...
@overload
def with_jobs(plan: TimeCourse, jobs: int) -> TimeCourse: ...
def with_jobs(plan: Study | TimeCourse, jobs: int) -> Study | TimeCourse:
    """The same study made ready for another number of processes; numbers do not depend on it."""
    if isinstance(plan, TimeCourse):
        return TimeCourse(course=replace(plan.course, study=with_jobs(plan.study, jobs)))
    return replace(plan, rows=replace(plan.rows, settings=replace(plan.rows.settings, jobs=jobs)))
