"""What figures read out of a Dataset: a middle line with a band, units that suit the eye, checks in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from redoxsim.errors import DesignError, nearest
from redoxsim.report.names import LADDER, unit_of

FloatArray = NDArray[np.float64]
SECONDS = {
    "s": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
}
SPREAD = ("quantile", "draw")


def by_name(results: xr.Dataset | Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """One result or several as several, the one without a name.

    Raises
    ------
    DesignError : there is none.
    """
    named = {"": results} if isinstance(results, xr.Dataset) else dict(results)
    if not named:
        raise DesignError("there is no result to draw")
    return named


def has_bands(named: Mapping[str, xr.Dataset], names: Iterable[str]) -> bool:
    """Whether any of these variables has draws, which become a band."""
    names = tuple(names)
    return any(dim in one[name].dims for one in named.values() for name in names if name in one for dim in SPREAD)


@dataclass(frozen=True)
class Band:
    """A line and, where the data have draws, how far they spread around it; all of the same shape.

    ``median`` of the draws where the line is something else: the constants as they are.
    """

    middle: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None
    median: FloatArray | None = None

    def times(self, factor: float) -> Band:
        """The same in another unit."""
        low, high, median = (one if one is None else one * factor for one in (self.low, self.high, self.median))
        return Band(self.middle * factor, low, high, median)

    def all_values(self) -> FloatArray:
        """Every finite number in it, flat."""
        parts = [part.ravel() for part in (self.middle, self.low, self.high, self.median) if part is not None]
        values = np.concatenate(parts)
        return values[np.isfinite(values)]


def variable(data: xr.Dataset, name: str) -> xr.DataArray:
    """The variable, or an error that names the nearest one."""
    if name not in data.data_vars:
        known = [str(key) for key in data.data_vars]
        raise DesignError(
            f"no observable '{name}' in these results", hint=nearest(name, known) or f"there are {', '.join(known)}"
        )
    return data[name]


def band(array: xr.DataArray, dims: Sequence[str]) -> Band:
    """Middle, low and high of a variable over ``dims``, with the median and the outer quantiles of its draws.

    Raises
    ------
    DesignError : the variable has another dimension that must be picked first.
    """
    require_dims(array, dims)
    if "quantile" in array.dims:
        ordered = array.transpose(*dims, "quantile")
        at = np.asarray(array["quantile"], dtype=float)
        values = np.asarray(ordered, dtype=float)
        middle = values[..., int(np.argmin(np.abs(at - 0.5)))]
        return Band(middle, values[..., int(np.argmin(at))], values[..., int(np.argmax(at))])
    if "draw" in array.dims:
        values = np.asarray(array.transpose(*dims, "draw"), dtype=float)
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95), axis=-1)
        return Band(middle, low, high)
    return Band(np.asarray(array.transpose(*dims), dtype=float))


def with_draws(line: Band, drawn: xr.Dataset | None, name: str, dims: Sequence[str]) -> Band:
    """A line of the constants as they are, with the band and the median of the same variable over draws, if any."""
    if drawn is None or name not in drawn:
        return line
    spread = band(drawn[name], dims)
    return Band(line.middle, spread.low, spread.high, spread.middle)


def require_dims(array: xr.DataArray, dims: Sequence[str]) -> None:
    """Nothing, if the variable has exactly ``dims`` besides draws or quantiles."""
    name = array.name or "the variable"
    missing = [dim for dim in dims if dim not in array.dims]
    if missing:
        raise DesignError(
            f"{name} has no axis '{missing[0]}'", hint=f"its axes are {', '.join(map(str, array.dims)) or 'none'}"
        )
    left = [str(dim) for dim in array.dims if dim not in dims and dim not in SPREAD]
    if left:
        raise DesignError(
            f"{name} has the further axis '{left[0]}' and a flat figure cannot show it",
            hint=f"pick one value first, such as .sel({left[0]}=...)",
        )


def hours(data: xr.Dataset | xr.DataArray) -> FloatArray:
    """The time axis in hours, shape (T,); seconds unless its units say otherwise."""
    if "time" not in data.coords:
        raise DesignError("these results have no time axis")
    unit = unit_of(data["time"].attrs) or "s"
    if unit not in SECONDS:
        raise DesignError(f"the time axis has the unknown unit '{unit}'", hint="s, min, h or d")
    return np.asarray(data["time"], dtype=float) * (SECONDS[unit] / 3600.0)


def best_unit(bands: Iterable[ArrayLike], unit: str) -> tuple[str, float]:
    """The concentration unit in which the numbers read best, and the factor to it; others stay as they are.

    >>> best_unit([[0.001, 0.02]], "uM")
    ('nM', 1000.0)
    """
    if unit not in LADDER:
        return unit, 1.0
    values = np.abs(np.concatenate([np.asarray(one, dtype=float).ravel() for one in bands]))
    values = values[np.isfinite(values) & (values > 0.0)]
    if not values.size:
        return unit, 1.0
    typical = float(np.sqrt(np.quantile(values, 0.05) * values.max()))
    here = LADDER.index(unit)
    steps = int(np.clip(np.floor(np.log10(typical) / 3.0 + 0.2), -here, len(LADDER) - 1 - here))
    return LADDER[here + steps], 10.0 ** (-3 * steps)


def unit_factor(unit: str, target: str) -> float:
    """What to multiply by to go from one concentration unit to another; 1 for equal units.

    Raises
    ------
    DesignError : the units measure different things.
    """
    if unit == target:
        return 1.0
    if unit in LADDER and target in LADDER:
        return float(10.0 ** (3 * (LADDER.index(unit) - LADDER.index(target))))
    raise DesignError(f"cannot lay values in '{unit or 'no unit'}' over an axis in '{target or 'no unit'}'")
