"""The settings that every study function takes: listed once, with their defaults and meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypedDict

from redoxsim.pharmacology import Agent, Cell
from redoxsim.study.engine import Cancel, Progress
from redoxsim.study.rows import Settings
from redoxsim.study.setup import Model, Override, Setup, prepare


class Keywords(TypedDict, total=False):
    """Keyword arguments of study functions, as :class:`Options` explains them."""

    cell: str | Path | Cell | None
    values: Mapping[str, Override] | None
    start: str | None
    cells: int | None
    solver: str
    rtol: float | None
    atol: float | None
    seed: int
    jobs: int
    draws: int
    keep: str | None
    sample: int
    failed: str
    further: Sequence[str | Path | Agent]
    progress: Progress | None
    cancel: Cancel | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Options(Settings):
    """Settings of a study.

    Parameters
    ----------
    cell : cell profile, by id, path or loaded.
    values : overrides of parameters, compartment sizes and initial values, in model units or with a unit.
    start : "steady", "given", or None for what the model says.
    cells : how many. None takes 16 where the model says how its cells differ, else 1; with draws it takes a cell of
        its own for each draw, so that draws are joint samples of constants and cell.
    solver, rtol, atol : how to solve; "auto" takes the fastest that can, no rtol is 1e-6, for draws 1e-5.
    seed : of cells, draws and of the sample that the reference solver checks.
    jobs : processes, or threads of a solver that shares a batch among threads.
    draws : sets of constants drawn within their ranges (see :func:`redoxsim.study.draws.draw`); results then have a
        last dimension ``quantile`` (5%, 50%, 95%), or ``draw`` with ``keep="draws"``. Each draw costs all solves again.
    keep : "cells" or "draws" keeps them apart.
    sample : rows that the reference solver checks; 0 checks none.
    further : agents that are in the model though not dosed, so that studies of several agents share one compiled
        model; they change nothing but the last digits, by other steps of the solver.
    failed : "stop" leaves a point with a failed cell without a number, and leaves out a draw with such a point;
        "drop" goes on with the other cells.
    progress : told of rows done, rows failed and rows in all. cancel : asked whether to stop.
    """

    cell: str | Path | Cell | None = None
    values: Mapping[str, Override] | None = None
    start: str | None = None
    cells: int | None = None
    further: Sequence[str | Path | Agent] = ()
    progress: Progress | None = None
    cancel: Cancel | None = None

    @property
    def settings(self) -> Settings:
        """How to solve, alone."""
        return Settings(**{one.name: getattr(self, one.name) for one in fields(Settings)})

    @property
    def told(self) -> dict[str, Any]:
        """Who hears of the progress and who may stop it, as keywords."""
        return {"progress": self.progress, "cancel": self.cancel}

    def prepare(self, net: Model, *, agents: Sequence[str | Path | Agent] = (), dosed: Iterable[str] = ()) -> Setup:
        """The model made ready in this cell with these overrides; see :func:`redoxsim.study.setup.prepare`."""
        return prepare(
            net, agents=(*self.further, *agents), dosed=dosed, cell=self.cell, values=self.values, start=self.start
        )
