"""What response-surface models share: the fit of a whole grid from many starts, resamples, and what they determine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from redoxsim.analysis.curve_rows import fit_rows
from redoxsim.analysis.effect import SMALLEST_EFFECT, EffectArray, Floats, Mask
from redoxsim.analysis.least_squares import Indices, Model, descend, polish, standard_errors

# (m, p) parameters and (n,) log doses of two agents -> (m, n) effects, (m, n, p) derivatives.
Surface = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]
# Effects of surfaces, as fraction affected: noise may carry a plateau a little outside 0..1.
CONTROL: Final = (-0.25, 0.25)
PLATEAU: Final = (-0.25, 1.25)
SLOPE: Final = (0.3, 8.0)
# Log dose is searched this far beyond the tested doses, so that a half-way dose beyond them is seen to be beyond.
REACH: Final = 2.0 * np.log(10.0)
# Share of the variance a surface must explain before its parameters mean anything.
LEAST_EXPLAINED: Final = 0.8
_CHI2_95: Final = 3.841
# Two surfaces that fit alike may differ by so much in an excess before it counts as unknown: one cell in a hundred.
_AGREED: Final = 0.01
# Relative gain of a step at which one of many starts or resamples is good enough.
_ROUGH: Final = 1e-8
# Derivatives held at once by fits side by side: what stays near the processor.
_MOST_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Points:
    """The cells of a grid that are fitted: (n,) log doses relative to the references (-inf for none), and effects.

    ``limits`` are log smallest and largest dose above zero of each agent, relative to the same (2,) references, so
    that the unit of the doses cannot matter.
    """

    x1: Floats
    x2: Floats
    y: Floats
    references: Floats
    limits: Floats

    @classmethod
    def of(cls, grid: EffectArray) -> Points:
        """Every cell of a two-agent grid that has a value."""
        known = ~grid.failed
        # A geometric mean of the end doses: scaling all doses scales it exactly enough for 1e-9.
        references = np.array([np.sqrt(axis[1]) * np.sqrt(axis[-1]) for axis in grid.doses])
        with np.errstate(divide="ignore"):
            x1, x2 = (np.log(grid.amounts[i][known] / references[i]) for i in (0, 1))
        limits = np.array([np.log(axis[[1, -1]] / ref) for axis, ref in zip(grid.doses, references, strict=True)])
        return cls(x1, x2, grid.affected[known], references, limits)


@dataclass(frozen=True, slots=True)
class SurfaceFit:
    """The best fit of a surface: (p,) parameters with their box, and what resampling says of them.

    ``noise`` is the residual standard deviation (never below the smallest effect told apart), ``explained`` the share
    of the variance, ``samples`` (draws, p) refits to resampled residuals (none if not asked), ``errors`` (p,) local
    standard errors. ``boxes`` low and high of every variant that was tried, the best first.
    """

    theta: Floats
    low: Floats
    high: Floats
    rss: float
    noise: float
    explained: float
    samples: Floats
    errors: Floats
    boxes: tuple[tuple[Floats, Floats], ...]

    @property
    def said_noise(self) -> str:
        """The residual standard deviation in words."""
        return f"{self.noise:.2g}" if self.noise > SMALLEST_EFFECT else f"below {SMALLEST_EFFECT:g}"


def surface_model(surface: Surface, points: Points) -> Model:
    """A surface at the fitted cells, as a least-squares model."""

    def model(theta: Floats, _: Indices) -> tuple[Floats, Floats]:
        return surface(theta, points.x1, points.x2)

    return model


def surface_map(surface: Surface, grid: EffectArray, points: Points, theta: Floats) -> Floats:
    """(n1, n2) a surface at every cell, failed ones too."""
    with np.errstate(divide="ignore"):
        x1, x2 = (np.log(grid.amounts[i].ravel() / points.references[i]) for i in (0, 1))
    return np.asarray(surface(theta[None], x1, x2)[0][0].reshape(grid.shape), dtype=float)


def single_agents(grids: Sequence[EffectArray], points: Points) -> Floats:
    """(d, 2, 4) Hill curves (bottom, top, relative log half-way dose, log slope) of both agents of each grid alone.

    The grids have the doses of the first. That is where a surface starts.
    """
    sizes = [axis.size for axis in grids[0].doses]
    x, y, weights = np.zeros((2, max(sizes))), *np.zeros((2, len(grids), 2, max(sizes)))
    for i, size in enumerate(sizes):
        with np.errstate(divide="ignore"):
            x[i, :size] = np.log(grids[0].doses[i] / points.references[i])
        edges = np.stack([grid.edge(i) for grid in grids])
        y[:, i, :size] = np.where(np.isfinite(edges), edges, 0.0)
        weights[:, i, :size] = np.isfinite(edges)
    ends = points.limits + REACH * np.array([-1.0, 1.0])
    low, high = (
        np.array([[CONTROL[side], PLATEAU[side], end, np.log(SLOPE[side])] for end in ends[:, side]]) for side in (0, 1)
    )
    rows, many = (len(grids) * 2, -1), (len(grids), 1)
    theta, _ = fit_rows(
        np.tile(x, many), y.reshape(rows), weights.reshape(rows), low=np.tile(low, many), high=np.tile(high, many)
    )
    return theta.reshape(len(grids), 2, 4)


def fit_surface(
    model: Model,
    points: Points,
    boxes: Sequence[tuple[Floats, Floats, Floats]],
    draws: int,
    seed: int,
) -> SurfaceFit:
    """The lowest of the minima reached from all starts, to rounding, with refits to resampled residuals.

    Parameters
    ----------
    boxes : starts (m, p), low (p,) and high (p,) of every variant of the surface; the best variant wins.
    draws : number of refits; residuals are drawn with replacement and widened by the parameters they have paid for.
        Where they are smaller than effects can be told apart, noise of that size takes their place. Each refit tries
        every variant and takes the best for itself: which of two agents is the stronger is not known either.
    """
    n = points.y.size
    candidates = []
    for starts, low, high in boxes:
        m = starts.shape[0]
        found = descend(
            model,
            np.broadcast_to(points.y, (m, n)),
            starts,
            low,
            high,
            weights=np.ones((m, n)),
            most=120,
            tolerance=_ROUGH,
        )
        best = int(np.argmin(found.rss))
        again = descend(model, points.y[None], found.theta[best][None], low, high, weights=np.ones((1, n)), most=400)
        last = polish(model, points.y[None], again.theta, low, high, weights=np.ones((1, n)))
        theta, rss = again.theta[0], float(again.rss[0])
        if float(last.rss[0]) <= rss * (1.0 + 1e-9) + 1e-28:
            theta, rss = last.theta[0], float(last.rss[0])
        candidates.append((rss, theta, low, high))
    candidates.sort(key=lambda one: one[0])
    rss, theta, low, high = candidates[0]
    noise, explained, dof = _quality(points.y, rss, theta, low, high)
    errors = standard_errors(model, theta, low, high, weights=np.ones(n), noise=noise)
    samples = np.empty((0, theta.size))
    if draws:
        rng = np.random.default_rng(seed)
        fitted = model(theta[None], np.zeros(1, dtype=np.intp))[0][0]
        residual = points.y - fitted
        residual = (residual - residual.mean()) * np.sqrt(n / dof)
        if noise <= SMALLEST_EFFECT:
            shaken = rng.normal(0.0, noise, (draws, n))
        else:
            shaken = residual[rng.integers(n, size=(draws, n))]
        samples = _refits(model, fitted + shaken, candidates)
    boxes_tried = tuple((one[2], one[3]) for one in candidates)
    return SurfaceFit(theta, low, high, rss, noise, explained, samples, errors, boxes_tried)


def _quality(y: Floats, rss: float, theta: Floats, low: Floats, high: Floats) -> tuple[float, float, int]:
    """Residual standard deviation, share of the variance explained, and degrees of freedom of a fit."""
    free = int(np.count_nonzero((low < high) & (theta > low) & (theta < high)))
    dof = max(y.size - free, 1)
    total = float(np.sum((y - y.mean()) ** 2))
    return max(float(np.sqrt(rss / dof)), SMALLEST_EFFECT), 1.0 - rss / total if total > 0.0 else 0.0, dof


def fit_surfaces(model: Model, y: Floats, boxes: Sequence[tuple[Floats, Floats, Floats]]) -> list[SurfaceFit]:
    """Fits to many effects (d, n) of the same cells side by side, until a step gains next to nothing.

    For resamples and draws, which have no intervals of their own: no refits and no standard errors.

    Parameters
    ----------
    boxes : starts (d, m, p), low (p,) and high (p,) of every variant of the surface; the best is taken for each.
    """
    d, n = y.shape
    least, best, chosen = np.full(d, np.inf), np.empty((d, boxes[0][1].size)), np.zeros(d, dtype=int)
    for k, (starts, low, high) in enumerate(boxes):
        m, p = starts.shape[1:]
        at_once = max(1, _MOST_AT_ONCE // (m * n * p))
        for first in range(0, d, at_once):
            part = slice(first, min(first + at_once, d))
            count = part.stop - first
            found = descend(
                model, np.repeat(y[part], m, axis=0), starts[part].reshape(-1, p), low, high,
                weights=np.ones((count * m, n)), most=120, tolerance=_ROUGH,
            )  # fmt: skip
            rss = found.rss.reshape(count, m)
            place = np.argmin(rss, axis=1)
            rss = rss[np.arange(count), place]
            won = np.flatnonzero(rss < least[part])
            least[first + won], chosen[first + won] = rss[won], k
            best[first + won] = found.theta.reshape(count, m, p)[won, place[won]]
    fits = []
    for effects, rss, theta, k in zip(y, least, best, chosen, strict=True):
        low, high = boxes[k][1:]
        noise, explained, _ = _quality(effects, float(rss), theta, low, high)
        nothing = np.full(theta.shape, np.nan)
        fits.append(SurfaceFit(theta, low, high, float(rss), noise, explained, np.empty((0, theta.size)), nothing, ()))
    return fits


def _refits(model: Model, targets: Floats, variants: Sequence[tuple[float, Floats, Floats, Floats]]) -> Floats:
    """(draws, p) best fits to (draws, n) resampled effects, each over all variants from the minimum of that variant."""
    draws, n = targets.shape
    least, best = np.full(draws, np.inf), np.empty((draws, variants[0][1].size))
    for _, theta, low, high in variants:
        found = descend(
            model, targets, np.tile(theta, (draws, 1)), low, high, weights=np.ones((draws, n)), most=60,
            tolerance=_ROUGH,
        )  # fmt: skip
        closer = found.rss < least
        least[closer], best[closer] = found.rss[closer], found.theta[closer]
    return best


def fit_note(points: Points, fit: SurfaceFit, draws: int) -> str:
    """What a fitted surface rests on, for the note of its table."""
    note = f"all {points.y.size} cells in one fit, residuals {fit.said_noise} (standard deviation)"
    if draws:
        note += "; intervals from resampled residuals (95%), which hold what the surface does not describe"
    return note


def poor(fit: SurfaceFit, name: str) -> str:
    """Why the surface does not describe the data; "" if it does."""
    if fit.explained >= LEAST_EXPLAINED:
        return ""
    return (
        f"the {name} surface does not describe the effects: it explains {max(fit.explained, 0.0):.0%} of their "
        f"variance (residuals {fit.noise:.2g})"
    )


def open_end(
    model: Model, points: Points, fit: SurfaceFit, agent: int, name: str, *, half: int, plateau: int, most: float
) -> tuple[str, Floats | None]:
    """Why an agent's plateau was not seen although the best fit has one, and a fit without it; "" and none if it was.

    Where doses end below a plateau, noise can bend a curve into a small one that looks complete. So the surface is
    fitted again with the half-way dose held beyond the tested doses, above and below: the plateau counts as seen if
    that is worse than noise explains (likelihood ratio, 95% for one parameter), in every variant of the surface.

    Parameters
    ----------
    half, plateau : places in ``fit.theta`` of the log half-way dose and of what says how far the agent goes alone.
    most : the largest value of the latter that is tried as a start.
    """
    n = points.y.size
    allowed = fit.rss + _CHI2_95 * fit.noise**2
    for side, where in ((1, "above its largest"), (0, "below its smallest")):
        edge = points.limits[agent, side]
        starts = np.tile(fit.theta, (4, 1))
        starts[:, half] = edge + (1.0 if side else -1.0) * np.array([0.0, 0.0, 0.5, 0.5]) * REACH
        starts[1::2, plateau] = most
        for floor, roof in fit.boxes:
            low, high = floor.copy(), roof.copy()
            (low if side else high)[half] = edge
            rival = descend(
                model, np.broadcast_to(points.y, (4, n)), np.clip(starts, low, high), low, high,
                weights=np.ones((4, n)), most=60, tolerance=_ROUGH,
            )  # fmt: skip
            best = int(np.argmin(rival.rss))
            if float(rival.rss[best]) <= allowed:
                text = f"the effects fit as well with half of the effect of {name} {where} tested dose"
                return text, rival.theta[best]
    return "", None


def disputed(excess: Floats, other: Floats, noise: float) -> Mask:
    """Cells whose excess another surface that fits as well puts elsewhere, by more than the effects scatter."""
    return np.asarray(np.abs(other - excess) > max(2.0 * noise, _AGREED), dtype=bool)


def beyond(x50: float, limits: Floats, name: str) -> str:
    """Why a half-way dose is not determined by doses that do not bracket it; "" if they do."""
    if x50 > limits[1]:
        return f"no plateau: half of the effect of {name} lies above its largest tested dose"
    if x50 < limits[0]:
        return f"half of the effect of {name} lies below its smallest tested dose"
    return ""
