"""A score from a fitted response surface: the fit, what it leaves open, the map of its excess, its parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from redoxsim.analysis.effect import EffectArray, Floats
from redoxsim.analysis.estimates import Estimate
from redoxsim.analysis.least_squares import Model
from redoxsim.analysis.synergy.checks import surface_problem, two_agents
from redoxsim.analysis.synergy.surface_fit import (
    Points,
    Surface,
    SurfaceFit,
    beyond,
    disputed,
    fit_note,
    fit_surface,
    fit_surfaces,
    open_end,
    poor,
    single_agents,
    surface_map,
    surface_model,
)
from redoxsim.analysis.synergy.table import SynergyTable, Texts, empty_reasons, tabulate

Rival = tuple[str, Floats]
"""Why an agent's plateau was not seen, and the excess (n1, n2) of a surface without it that fits as well."""


class SurfaceScore(ABC):
    """What MuSyC and BRAID share; each says what its surface is.

    Attributes
    ----------
    metric, name, sign : of the tables.
    half, plateau : places of the first agent's log half-way dose, and of what says how far it goes alone; the second
        agent's follow each.
    parameters, interaction : how many the surface has, and how many of them say what the agents do together.
    """

    metric: ClassVar[str]
    name: ClassVar[str]
    sign: ClassVar[str]
    half: ClassVar[int]
    plateau: ClassVar[int]
    parameters: int
    interaction: int

    @abstractmethod
    def surface(self, theta: Floats, x1: Floats, x2: Floats) -> tuple[Floats, Floats]:
        """Effects (m, n) and derivatives (m, n, p) of parameters (m, p) at (n,) log doses."""

    @abstractmethod
    def without_interaction(self, theta: Floats) -> Floats:
        """(p,) the same agents without synergy."""

    @abstractmethod
    def boxes(self, points: Points) -> list[tuple[Floats, Floats]]:
        """Bounds (p,) of every variant of the surface."""

    @abstractmethod
    def starts(self, points: Points, alone: Floats, *, few: bool) -> Floats:
        """(m, p) starts from the (2, 4) Hill curves of the agents alone."""

    @abstractmethod
    def estimates(self, grid: EffectArray, points: Points, fit: SurfaceFit, unseen: Sequence[str]) -> list[Estimate]:
        """Every parameter with its interval; ``unseen`` is why the plateau of each agent was not seen, "" if it was."""

    def score(self, grid: EffectArray, *, draws: int, seed: int) -> SynergyTable:
        """The table of a grid, intervals of the parameters from ``draws`` refits to resampled residuals.

        Raises
        ------
        DesignError : not two agents.
        """
        two_agents(grid, self.name)
        if problem := self._problem(grid):
            return self._nothing(grid, problem)
        points = Points.of(grid)
        model = surface_model(self.surface, points)
        alone = single_agents([grid], points)[0]
        starts = self.starts(points, alone, few=False)
        fit = fit_surface(
            model, points, [(np.clip(starts, low, high), low, high) for low, high in self.boxes(points)], draws, seed
        )
        outside = self._outside(grid, points, fit)
        unseen, rivals = self._rivals(grid, points, model, fit, outside) if draws else (outside, [])
        return self._table(grid, points, fit, outside, unseen, rivals, note=fit_note(points, fit, draws))

    def score_near(self, grids: Sequence[EffectArray], near: SynergyTable) -> list[SynergyTable]:
        """The tables of resamples or draws of a grid whose table is ``near``, fitted side by side from there.

        They have the doses of that grid, are fitted from fewer starts and not to the last digits, and have no
        intervals of their own.

        Raises
        ------
        DesignError : not two agents.
        """
        found: dict[int, SynergyTable] = {}
        alike: dict[bytes, list[int]] = {}
        for place, grid in enumerate(grids):
            two_agents(grid, self.name)
            if problem := self._problem(grid):
                found[place] = self._nothing(grid, problem)
            else:
                alike.setdefault(grid.failed.tobytes(), []).append(place)
        for places in alike.values():
            some = [grids[place] for place in places]
            found |= zip(places, self._near(some, near), strict=True)
        return [found[place] for place in range(len(grids))]

    def _near(self, grids: list[EffectArray], near: SynergyTable) -> list[SynergyTable]:
        """The same for grids with equal cells, all of which carry a surface."""
        every = [Points.of(grid) for grid in grids]
        points = every[0]
        starts = np.stack([self.starts(points, alone, few=True) for alone in single_agents(grids, points)])
        if near.state is not None:
            starts = np.concatenate([np.broadcast_to(near.state, (len(grids), 1, near.state.size)), starts], axis=1)
        fits = fit_surfaces(
            surface_model(self.surface, points),
            np.stack([one.y for one in every]),
            [(np.clip(starts, low, high), low, high) for low, high in self.boxes(points)],
        )
        tables = []
        for grid, one, fit in zip(grids, every, fits, strict=True):
            outside = self._outside(grid, one, fit)
            tables.append(self._table(grid, one, fit, outside, outside, [], note=fit_note(one, fit, 0)))
        return tables

    def _problem(self, grid: EffectArray) -> str:
        return surface_problem(grid, parameters=self.parameters, interaction=self.interaction)

    def _outside(self, grid: EffectArray, points: Points, fit: SurfaceFit) -> list[str]:
        """Why the doses of each agent do not bracket its half-way dose; "" where they do."""
        return [beyond(float(fit.theta[self.half + i]), points.limits[i], grid.agents[i]) for i in (0, 1)]

    def _rivals(
        self, grid: EffectArray, points: Points, model: Model, fit: SurfaceFit, outside: Sequence[str]
    ) -> tuple[list[str], list[Rival]]:
        """Why each agent's plateau was not seen, and the surfaces without it that fit as well."""
        unseen, rivals = list(outside), list[Rival]()
        if poor(fit, self.name):
            return unseen, rivals
        for i, agent in enumerate(grid.agents):
            if not outside[i]:
                unseen[i], theta = open_end(
                    model, points, fit, i, agent, half=self.half + i, plateau=self.plateau + i, most=1.0
                )
                if theta is not None:
                    rivals.append((unseen[i], np.subtract(*self._maps(grid, points, theta))))
        return unseen, rivals

    def _maps(self, grid: EffectArray, points: Points, theta: Floats) -> tuple[Floats, Floats]:
        """(n1, n2) the surface, and the same without interaction."""
        surface: Surface = self.surface
        return (
            surface_map(surface, grid, points, theta),
            surface_map(surface, grid, points, self.without_interaction(theta)),
        )

    def _table(
        self,
        grid: EffectArray,
        points: Points,
        fit: SurfaceFit,
        outside: Sequence[str],
        unseen: Sequence[str],
        rivals: Sequence[Rival],
        *,
        note: str,
    ) -> SynergyTable:
        reasons = empty_reasons(grid, poor(fit, self.name) or outside[0] or outside[1])
        fitted, reference = self._maps(grid, points, fit.theta)
        for text, other in rivals:
            reasons[grid.combined & (reasons == "") & disputed(fitted - reference, other, fit.noise)] = text
        return self._tabulated(
            grid,
            fitted - reference,
            reasons,
            reference=reference,
            note=note,
            parameters=tuple(self.estimates(grid, points, fit, unseen)),
            state=fit.theta,
        )

    def _nothing(self, grid: EffectArray, problem: str) -> SynergyTable:
        return self._tabulated(grid, np.full(grid.shape, np.nan), empty_reasons(grid, problem))

    def _tabulated(
        self,
        grid: EffectArray,
        values: Floats,
        reasons: Texts,
        *,
        reference: Floats | None = None,
        note: str = "",
        parameters: tuple[Estimate, ...] = (),
        state: Floats | None = None,
    ) -> SynergyTable:
        return tabulate(
            grid,
            values,
            reasons,
            metric=self.metric,
            title=f"{self.name} excess (fitted surface)",
            sign=self.sign,
            neutral=0.0,
            note=note,
            reference=reference,
            parameters=parameters,
            state=state,
        )
