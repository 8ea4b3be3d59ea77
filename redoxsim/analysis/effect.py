"""Effects with a declared direction and scale: what an effect of 0.3 means is said, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from redoxsim.errors import DesignError, RedoxsimError, nearest

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Orientation = Literal["viability", "inhibition"]
Scale = Literal["fraction", "percent"]

# Noise puts real wells a little outside 0..1; a percentage read as a fraction lands far outside.
MARGIN: Final = 0.25
# Below this (in fraction affected) an effect cannot be told from solver tolerance.
SMALLEST_EFFECT: Final = 1e-6
# Single-agent effects between these shares of the agent's own maximum are its mid-doses.
MID_RANGE: Final = (0.1, 0.9)


def choice(value: str, allowed: tuple[str, ...], what: str, error: type[RedoxsimError] = DesignError) -> str:
    """``value`` if it is one of ``allowed``, else an error that lists them."""
    if value not in allowed:
        options = ", ".join(f"'{name}'" for name in allowed)
        raise error(f"{what} must be one of {options}, not {value!r}", hint=nearest(str(value), allowed))
    return value


def numbers(values: ArrayLike, what: str, error: type[RedoxsimError] = DesignError) -> Floats:
    """A fresh array of numbers, or ``error`` saying that ``what`` is not one (text, ragged rows)."""
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError) as reason:
        raise error(f"{what} must be numbers in rows of one length: {reason}") from None


def to_affected(effect: ArrayLike, *, orientation: Orientation, scale: Scale) -> Floats:
    """Fraction affected (0 = as untreated, 1 = all affected) of effects of any shape."""
    fraction = np.asarray(effect, dtype=float) / (100.0 if scale == "percent" else 1.0)
    return np.asarray(1.0 - fraction if orientation == "viability" else fraction, dtype=float)


def from_affected(affected: ArrayLike, *, orientation: Orientation, scale: Scale) -> Floats:
    """Effects in the given direction and scale; the inverse of `to_affected`."""
    values = np.asarray(affected, dtype=float)
    values = 1.0 - values if orientation == "viability" else values
    return np.asarray(values * (100.0 if scale == "percent" else 1.0), dtype=float)


def check_scale(
    effect: Floats,
    label: Callable[[int], str],
    *,
    scale: Scale,
    margin: float,
    error: type[RedoxsimError] = DesignError,
) -> None:
    """Raise ``error`` naming the first three values outside the scale; NaN is not looked at here.

    Parameters
    ----------
    effect : (N,) effects as the user gave them.
    label : the words for where the i-th value is.
    margin : how far, as a fraction of the scale, noise may carry a value outside it.
    """
    top = 100.0 if scale == "percent" else 1.0
    finite = np.isfinite(effect)
    outside = np.flatnonzero(np.isinf(effect) | (finite & ((effect < -margin * top) | (effect > (1.0 + margin) * top))))
    if outside.size:
        first = "; ".join(f"{effect[i]:g} at {label(int(i))}" for i in outside[:3])
        hint = None
        if scale == "fraction" and np.nanmax(effect[finite], initial=0.0) <= 100.0 * (1.0 + margin):
            hint = "are these percentages? say scale='percent'"
        raise error(
            f"{outside.size} of {effect.size} effects lie outside {-margin * top:g} to {(1.0 + margin) * top:g}, "
            f"the range of scale '{scale}': {first}",
            hint=hint,
        )
    if (
        scale == "percent"
        and np.isfinite(margin)
        and finite.any()
        and 0.0 < np.max(np.abs(effect[finite])) <= 1.0 + margin
    ):
        raise error(
            f"no effect is larger than {np.max(np.abs(effect[finite])):g} on scale 'percent'",
            hint="are these fractions? say scale='fraction'",
        )


def check_failed(effect: Floats, failed: ArrayLike | None, *, error: type[RedoxsimError] = DesignError) -> Mask:
    """Mask of declared failures, shaped as ``effect``; raises ``error`` if the shapes differ."""
    if failed is None:
        return np.zeros(effect.shape, dtype=bool)
    mask = np.asarray(failed, dtype=bool)
    if mask.shape != effect.shape:
        raise error(f"failed has shape {mask.shape}, effect has {effect.shape}")
    return mask.copy()


def check_nan(
    effect: Floats, failed: Mask, label: Callable[[int], str], *, error: type[RedoxsimError] = DesignError
) -> None:
    """Raise ``error`` naming the first three NaN that are not declared as failed."""
    hidden = np.flatnonzero(np.isnan(effect) & ~failed)
    if hidden.size:
        first = "; ".join(label(int(i)) for i in hidden[:3])
        raise error(
            f"{hidden.size} of {effect.size} effects are NaN and not declared as failed: {first}",
            hint="pass failed=mask to say that these cells are missing",
        )


def check_axis(doses: ArrayLike, agent: str) -> Floats:
    """One grid axis: finite, strictly increasing, zero first, at least one dose beside it."""
    axis = numbers(doses, f"the doses of {agent}")
    if axis.ndim != 1 or axis.size == 0:
        raise DesignError(f"the doses of {agent} must be a list of numbers, not an array of shape {axis.shape}")
    if not np.all(np.isfinite(axis)):
        raise DesignError(f"the doses of {agent} must be finite numbers")
    if np.any(axis < 0.0):
        raise DesignError(f"{agent} has a negative dose: {axis[axis < 0.0][0]:g}")
    if axis[0] != 0.0:
        raise DesignError(
            f"{agent} has no zero dose first (its first dose is {axis[0]:g}); "
            "the effect of the other agents alone is needed",
            hint="add the zero dose, measured, and sort the doses",
        )
    if np.any(np.diff(axis) <= 0.0):
        raise DesignError(f"the doses of {agent} must be strictly increasing, without repeats")
    if axis.size < 2:
        raise DesignError(f"{agent} has no dose beside zero: there is no combination to score")
    return axis


class EffectArray:
    """Effects on a full grid of doses of two or more agents, each with its zero dose.

    Parameters
    ----------
    doses : one strictly increasing array per agent, the first dose zero; any unit.
    effect : (n1, n2, ...) effects as measured, in the direction and scale declared.
    orientation : 'viability' (untreated is full) or 'inhibition' (untreated is none); no default.
    scale : 'fraction' (0 to 1) or 'percent' (0 to 100); no default.
    agents : names, for messages and tables.
    dose_units : unit texts, for tables only; doses are never converted.
    failed : mask of cells without a value; NaN elsewhere is an error.
    margin : how far, as a fraction of the scale, noise may carry a value outside it; inf switches the checks of scale
        and direction off.

    Attributes
    ----------
    affected : (n1, n2, ...) fraction affected: 0 as untreated, 1 all affected, NaN where failed.
    amounts, dosed : per agent, (n1, n2, ...) its dose in each cell, and whether that is above zero.
    combined : (n1, n2, ...) cells with at least two agents present: those a synergy score is about.

    Raises
    ------
    DesignError : for doses, shapes, directions or scales that cannot be meant.
    """

    def __init__(
        self,
        doses: Sequence[ArrayLike],
        effect: ArrayLike,
        *,
        orientation: Orientation,
        scale: Scale,
        agents: Sequence[str] | None = None,
        dose_units: Sequence[str] | None = None,
        failed: ArrayLike | None = None,
        margin: float = MARGIN,
    ) -> None:
        choice(orientation, get_args(Orientation), "orientation")
        choice(scale, get_args(Scale), "scale")
        count = len(doses)
        if count < 2:
            raise DesignError("a combination needs at least two agents")
        self.agents = tuple(agents) if agents is not None else tuple(f"agent {i + 1}" for i in range(count))
        self.dose_units = tuple(dose_units) if dose_units is not None else ("",) * count
        if len(self.agents) != count or len(self.dose_units) != count:
            raise DesignError(f"{count} dose axes need {count} agent names and units")
        self.doses = tuple(check_axis(axis, name) for axis, name in zip(doses, self.agents, strict=True))
        values = numbers(effect, "effects")
        shape = tuple(axis.size for axis in self.doses)
        if values.shape != shape:
            raise DesignError(f"effect has shape {values.shape}; the doses of {', '.join(self.agents)} ask for {shape}")
        self.orientation: Orientation = orientation
        self.scale: Scale = scale
        self.margin = float(margin)
        self.failed = check_failed(values, failed)
        values[self.failed] = np.nan

        def label(flat: int) -> str:
            return self.label(tuple(int(k) for k in np.unravel_index(flat, shape)))

        check_nan(values.ravel(), self.failed.ravel(), label)
        check_scale(values.ravel(), label, scale=scale, margin=self.margin)
        self.effect: Floats = values
        self.affected: Floats = to_affected(values, orientation=orientation, scale=scale)
        self._check_control()
        self.amounts: tuple[Floats, ...] = tuple(np.meshgrid(*self.doses, indexing="ij"))
        self.dosed: tuple[Mask, ...] = tuple(amount > 0.0 for amount in self.amounts)
        self.combined: Mask = np.sum(self.dosed, axis=0) >= 2
        for array in (*self.amounts, *self.dosed, self.combined, *self.doses, self.effect, self.affected, self.failed):
            array.setflags(write=False)

    def _check_control(self) -> None:
        control = self.control
        if control > 0.5 and np.isfinite(self.margin):
            other = "inhibition" if self.orientation == "viability" else "viability"
            raise DesignError(
                f"the untreated cell has {self.orientation} {self.effect[(0,) * self.affected.ndim]:g} "
                f"on scale '{self.scale}': that is more than half affected",
                hint=f"is the effect {other}?",
            )

    def label(self, index: tuple[int, ...]) -> str:
        """Words for one cell: its doses with agent names and units."""
        return ", ".join(
            f"{agent}={axis[i]:g}{' ' + unit if unit else ''}"
            for agent, axis, i, unit in zip(self.agents, self.doses, index, self.dose_units, strict=True)
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of doses of each agent, zero included."""
        return self.affected.shape

    @property
    def control(self) -> float:
        """Fraction affected in the untreated cell (NaN if it failed)."""
        return float(self.affected[(0,) * self.affected.ndim])

    def edge(self, agent: int) -> Floats:
        """(n,) fraction affected by one agent alone, zero dose first."""
        index: list[int | slice] = [0] * self.affected.ndim
        index[agent] = slice(None)
        return np.asarray(self.affected[tuple(index)], dtype=float)

    def alone(self, agent: int) -> Floats:
        """(n1, n2, ...) fraction affected by one agent alone at the dose of each cell."""
        shape = [1] * self.affected.ndim
        shape[agent] = -1
        return np.broadcast_to(self.edge(agent).reshape(shape), self.shape)

    def mid_doses(self) -> tuple[Mask, str]:
        """Cells over which a mid-dose mean is taken, and a sentence if there are none or they are doubtful.

        A cell counts if every agent's effect alone at that dose, above the untreated control, lies between 10% and
        90% of the largest effect this agent has alone at any tested dose.
        """
        mask = np.ones(self.shape, dtype=bool)
        remarks = []
        for agent, name in enumerate(self.agents):
            gain = self.edge(agent) - self.control
            most = float(np.nanmax(gain)) if np.isfinite(gain).any() else np.nan
            if not most > SMALLEST_EFFECT:
                return np.zeros(self.shape, dtype=bool), f"no mid-doses: {name} alone has no effect"
            if most < 0.05:
                remarks.append(f"the mid-doses of {name} rest on a largest effect of only {most:.2g} alone")
            share = (self.alone(agent) - self.control) / most
            with np.errstate(invalid="ignore"):
                mask &= (share >= MID_RANGE[0]) & (share <= MID_RANGE[1])
        mask &= self.combined
        if not mask.any():
            remarks.append("no mid-doses: in no cell do all agents have 10% to 90% of their own largest effect")
        return mask, "; ".join(remarks)

    def without_effect(self) -> bool:
        """Whether no cell differs from the untreated control by more than the smallest effect told apart."""
        values = self.affected[~self.failed]
        return bool(values.size == 0 or np.ptp(values) <= SMALLEST_EFFECT)


class EffectGrid(EffectArray):
    """Effects of two agents: `EffectArray` for the usual case.

    >>> grid = EffectGrid([0, 1], [0, 5], [[1.0, 0.8], [0.7, 0.5]], orientation="viability", scale="fraction")
    >>> grid.affected.round(3).tolist()
    [[0.0, 0.2], [0.3, 0.5]]
    """

    def __init__(
        self,
        doses1: ArrayLike,
        doses2: ArrayLike,
        effect: ArrayLike,
        *,
        orientation: Orientation,
        scale: Scale,
        agents: Sequence[str] | None = None,
        dose_units: Sequence[str] | None = None,
        failed: ArrayLike | None = None,
        margin: float = MARGIN,
    ) -> None:
        super().__init__(
            (doses1, doses2),
            effect,
            orientation=orientation,
            scale=scale,
            agents=agents,
            dose_units=dose_units,
            failed=failed,
            margin=margin,
        )

    @property
    def doses1(self) -> Floats:
        """(n1,) doses of the first agent, along rows."""
        return self.doses[0]

    @property
    def doses2(self) -> Floats:
        """(n2,) doses of the second agent, along columns."""
        return self.doses[1]
