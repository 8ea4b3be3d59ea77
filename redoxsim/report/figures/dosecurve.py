"""Dose-response curves as data: what a figure draws and what a fit must tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from redoxsim.report.figures.arrays import band, best_unit, variable, with_draws
from redoxsim.report.figures.style import INK, PALETTE, UNTREATED, is_untreated
from redoxsim.report.marks import Points
from redoxsim.report.names import title_of, unit_of

FloatArray = NDArray[np.float64]


class Fit(Protocol):
    """What a fitted curve must tell; `redoxsim.analysis.hill_result.HillFit` does.

    ``ec50`` and ``ic50`` are numbers or texts such as "> max dose"; ``intervals`` maps a parameter to an object with
    ``low`` and ``high`` (95%); ``at_bound`` names the parameters that rest on a limit of the fit.
    """

    @property
    def converged(self) -> bool: ...
    @property
    def flat(self) -> bool: ...
    @property
    def flat_p(self) -> float: ...
    @property
    def e0(self) -> float: ...
    @property
    def einf(self) -> float: ...
    @property
    def ec50(self) -> Any: ...
    @property
    def ic50(self) -> Any: ...
    @property
    def h(self) -> float: ...
    @property
    def intervals(self) -> Mapping[str, Any]: ...
    @property
    def at_bound(self) -> Sequence[str]: ...
    def predict(self, doses: FloatArray) -> FloatArray: ...


@dataclass(frozen=True, kw_only=True)
class DoseCurve:
    """One curve. ``doses`` and ``effect`` have shape (N,); ``low`` and ``high`` bound the effect over the draws.

    Dose 0 is the untreated control. ``unit`` is the unit of the effect; ``observable`` says which measured points
    belong here. ``median`` is that of the draws where ``effect`` is of the constants as they are. ``replicates`` of
    shape (N, R) are drawn as small dots; ``title`` is the observable in words.
    """

    label: str
    doses: FloatArray
    effect: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    median: FloatArray | None = None
    replicates: FloatArray | None = None
    fit: Fit | None = None
    unit: str = ""
    observable: str | None = None
    title: str = ""


def curve(
    data: xr.Dataset,
    observable: str,
    *,
    agent: str,
    label: str = "",
    fit: Fit | None = None,
    drawn: xr.Dataset | None = None,
) -> DoseCurve:
    """The curve of one observable over the dose axis ``agent`` of a result.

    Parameters
    ----------
    drawn : the same with draws, whose band and median are drawn beside a line of the constants as they are.

    Raises
    ------
    DesignError : no such observable or axis, or an axis (such as time) that must be picked first.
    """
    array = variable(data, observable)
    line = with_draws(band(array, (agent,)), drawn, observable, (agent,))
    doses = np.asarray(data[agent], dtype=float)
    return DoseCurve(
        label=label, doses=doses, effect=line.middle, low=line.low, high=line.high, median=line.median, fit=fit,
        unit=unit_of(array.attrs), observable=observable, title=title_of(observable, array.attrs),
    )  # fmt: skip


def curve_colours(curves: Sequence[DoseCurve]) -> list[str]:
    """A colour per curve, in order; an untreated background is grey."""
    colours, left = [], 0
    for one in curves:
        colours.append(UNTREATED if is_untreated(one.label) else PALETTE[left % len(PALETTE)])
        left += not is_untreated(one.label)
    return colours


def drawn_in(curves: Sequence[DoseCurve]) -> tuple[str, float]:
    """The unit in which the effects of curves of one unit read best, and the factor to it."""
    seen = np.abs(np.concatenate([np.ravel(one.effect) for one in curves]))
    seen = seen[np.isfinite(seen)]
    return best_unit([seen.max(keepdims=True)], curves[0].unit) if seen.size else (curves[0].unit, 1.0)


def points_colour(points: Points, curves: Sequence[DoseCurve]) -> str:
    """The colour of the one curve that the points belong to, else black."""
    colours = curve_colours(curves)
    wanted = points.condition if points.condition is not None else points.observable
    named = [colour for one, colour in zip(curves, colours, strict=True) if wanted in {one.label, one.observable}]
    return named[0] if len(named) == 1 and len(curves) > 1 else INK


def potency(value: Any) -> float | None:
    """The dose if it is a number, None if it is a limit in words or missing."""
    if isinstance(value, str) or value is None or not np.isfinite(value):
        return None
    return float(value)
