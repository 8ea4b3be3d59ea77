"""What a combination on a plate shows of a synergy: gain and power by Bliss independence and by Loewe additivity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.special import ndtr

from redoxsim.analysis.effect import Floats

TWO_SIDED: Final = 1.959964
POWER: Final = 0.8
TESTS: Final = ("bliss", "loewe")
Mask = NDArray[np.bool_]
_TABLE = 600
_MAP = 90
_DECADES = 6.0
_LEAST = 0.05


class Alone(Protocol):
    """An agent alone: what its doses affect."""

    @property
    def high(self) -> float: ...
    def affected(self, doses: Floats) -> Floats: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class PlateTest:
    """How a plate tells a synergy by one reference.

    Attributes
    ----------
    expected : (n1 + 1, n2 + 1) fraction affected without interaction; NaN where the reference is undefined.
    gain : what more is affected if each dose acts as ``fold`` times as much; 0 where an agent is absent.
    power : chance that a combination alone shows that gain (two-sided 5%); NaN where it cannot.
    overall : the same for the mean excess over all combinations where the reference is defined; NaN where none is.
    """

    expected: Floats
    gain: Floats
    power: Floats
    overall: float

    @property
    def telling(self) -> int:
        """Combinations that alone would show the gain with 80% power."""
        with np.errstate(invalid="ignore"):
            return int(np.count_nonzero(self.power >= POWER))


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Doses (n,) of an agent, what they affect alone, and what they would as ``fold`` times as much."""

    doses: Floats
    alone: Floats
    more: Floats

    @classmethod
    def of(cls, agent: Alone, doses: Floats, fold: float) -> Series:
        """The series of an agent."""
        return cls(doses, agent.affected(doses), agent.affected(fold * doses))


@dataclass(frozen=True, slots=True, eq=False)
class Inverse:
    """The dose of an agent alone for an effect, and how steep its curve is there, from a table in log dose."""

    base: float
    top: float
    effects: Floats
    logs: Floats
    steps: Floats

    @classmethod
    def of(cls, agent: Alone) -> Inverse:
        """The table of an agent, up to its largest tested dose; beyond that nothing is known of it."""
        logs = np.linspace(np.log(agent.high) - _DECADES * np.log(10.0), np.log(agent.high), _TABLE)
        effects = np.maximum.accumulate(agent.affected(np.exp(logs)))
        steps = np.gradient(effects, logs)
        return cls(float(agent.affected(np.zeros(1))[0]), float(effects[-1]), effects, logs, steps)

    @property
    def usable(self) -> bool:
        """Whether the agent alone affects anything, so that doses of it can be compared."""
        return self.top - self.base > _LEAST

    def dose(self, effect: Floats) -> Floats:
        """The dose, for effects between base and top."""
        return np.asarray(np.exp(np.interp(effect, self.effects, self.logs)), dtype=float)

    def slope(self, effect: Floats) -> Floats:
        """Change of the effect per dose at an effect."""
        log = np.interp(effect, self.effects, self.logs)
        return np.asarray(np.interp(log, self.logs, self.steps) / np.exp(log), dtype=float)


def bliss_test(a: Series, b: Series, replicates: int, noise: float) -> PlateTest:
    """By independence: the excess is that of three wells, the pair and each agent alone."""
    one, other = a.alone, b.alone
    expected = 1.0 - np.outer(1.0 - one, 1.0 - other)
    gain = 1.0 - np.outer(1.0 - a.more, 1.0 - b.more) - expected
    weights = (np.broadcast_to((1.0 - other)[None, :], gain.shape), np.broadcast_to((1.0 - one)[:, None], gain.shape))
    return _judged(expected, gain, weights, a, b, replicates, noise)


def loewe_test(
    a: Series,
    b: Series,
    inverse: tuple[Inverse, Inverse],
    fold: float,
    replicates: int,
    noise: float,
    *,
    solve: Callable[[Sequence[Inverse], Floats], tuple[Floats, Floats]] | None = None,
) -> PlateTest:
    """By dose additivity: the excess over the additive surface, which rests on the curves of the agents alone.

    An error of a curve moves the additive effect by the share that this agent has in it; both shares add up to 1. The
    additive effect is undefined above what the weaker agent reaches alone; with synergy more is affected, at least as
    much as that. ``solve`` is :func:`additive`, or what stands for it.
    """
    doses = np.stack(np.broadcast_arrays(a.doses[:, None], b.doses[None, :]))
    found = solve or additive
    expected, shares = found(inverse, doses)
    more, _ = found(inverse, fold * doses)
    top = min(one.top for one in inverse)
    gain = np.where(np.isfinite(expected), np.where(np.isfinite(more), more, top) - expected, np.nan)
    return _judged(expected, gain, (shares[0], shares[1]), a, b, replicates, noise)


def additive(inverse: Sequence[Inverse], doses: Floats) -> tuple[Floats, Floats]:
    """Effects E with sum of d_i / D_i(E) = 1 for doses (2, ...), NaN where there is none; and each agent's share in it.

    The share is by how much E moves as the curve of the agent is moved up at the dose D_i(E).
    """
    size = doses.shape[1:]
    if not all(one.usable for one in inverse):
        return np.full(size, np.nan), np.full(doses.shape, np.nan)
    low = np.full(size, max(one.base for one in inverse) + 1e-9)
    high = np.full(size, min(one.top for one in inverse))

    def total(effect: Floats) -> Floats:
        return np.asarray(sum(dose / one.dose(effect) for one, dose in zip(inverse, doses, strict=True)), dtype=float)

    beyond = total(high) > 1.0 + 1e-9
    for _ in range(50):
        middle = 0.5 * (low + high)
        above = total(middle) > 1.0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return _with_shares(inverse, doses, high, beyond)


def _with_shares(inverse: Sequence[Inverse], doses: Floats, effect: Floats, beyond: Mask) -> tuple[Floats, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.stack(
            [dose / one.dose(effect) ** 2 / one.slope(effect) for one, dose in zip(inverse, doses, strict=True)]
        )
        shares = weights / weights.sum(axis=0)
    return np.where(beyond, np.nan, effect), np.where(beyond, np.nan, shares)


@dataclass(frozen=True, slots=True, eq=False)
class AdditiveMap:
    """Additive effects of two agents from a table in log dose, for the search of a plate: quick, and good to 0.005."""

    inverse: tuple[Inverse, Inverse]
    logs: tuple[Floats, Floats]
    effects: Floats

    @classmethod
    def of(cls, inverse: tuple[Inverse, Inverse], low: Sequence[float], high: Sequence[float]) -> AdditiveMap:
        """The table over both spans of doses."""
        logs = [np.linspace(np.log(a), np.log(b), _MAP) for a, b in zip(low, high, strict=True)]
        doses = np.stack(np.meshgrid(*(np.exp(one) for one in logs), indexing="ij"))
        effect, _ = additive(inverse, doses)
        top = min(one.top for one in inverse)
        return cls(inverse, (logs[0], logs[1]), np.where(np.isnan(effect), top, effect))

    def __call__(self, inverse: Sequence[Inverse], doses: Floats) -> tuple[Floats, Floats]:
        """As :func:`additive`."""
        if not all(one.usable for one in inverse):
            return additive(inverse, doses)
        places = [(np.log(dose) - logs[0]) / (logs[1] - logs[0]) for dose, logs in zip(doses, self.logs, strict=True)]
        effect = map_coordinates(self.effects, places, order=1, mode="nearest")
        top = np.array(min(one.top for one in inverse))
        beyond = sum(dose / one.dose(top) for one, dose in zip(inverse, doses, strict=True)) > 1.0 + 1e-9
        return _with_shares(inverse, doses, effect, np.asarray(beyond, dtype=bool))


def _judged(
    expected: Floats, gain: Floats, weights: tuple[Floats, Floats], a: Series, b: Series, replicates: int, noise: float
) -> PlateTest:
    """Power of each combination and of the mean, from how the wells alone enter (``weights``), on the whole grid."""
    variance = noise**2 / replicates
    power = ndtr(gain / np.sqrt(variance * (1.0 + weights[0] ** 2 + weights[1] ** 2)) - TWO_SIDED)
    known = np.isfinite(gain)
    overall = np.nan
    if known.any():
        # The wells of an agent alone enter a whole row of excesses together.
        sizes = (a.doses.size, b.doses.size)
        shared = [float(one[known].mean()) ** 2 / size for one, size in zip(weights, sizes, strict=True)]
        whole = np.sqrt(variance * (1.0 / np.count_nonzero(known) + sum(shared)))
        overall = float(ndtr(gain[known].mean() / whole - TWO_SIDED))
    return PlateTest(
        expected=_framed(expected, a, b), gain=_framed(gain, None, None), power=_framed(power, None, None, edge=np.nan),
        overall=overall,
    )  # fmt: skip


def _framed(inner: Floats, a: Series | None, b: Series | None, *, edge: float = 0.0) -> Floats:
    """The combinations (n1, n2) with the agents alone and the control before them."""
    whole = np.full((inner.shape[0] + 1, inner.shape[1] + 1), edge)
    whole[1:, 1:] = inner
    if a is not None and b is not None:
        whole[1:, 0], whole[0, 1:] = a.alone, b.alone
    return whole


__all__ = [
    "POWER", "TESTS", "AdditiveMap", "Inverse", "PlateTest", "Series", "additive", "bliss_test", "loewe_test",
]  # fmt: skip
