"""What to solve: named axes with units, joined by ``product`` or ``zip``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from redoxsim import units
from redoxsim.errors import DesignError, UnitError
from redoxsim.network.parts import Network
from redoxsim.pharmacology.model_units import to_model
from redoxsim.units import Quantities

FloatArray = NDArray[np.float64]
Values = Quantities | str | ArrayLike
MOST_POINTS = 1_000_000
MOST_SCHEDULES = 100_000
"""Points that each have doses of their own: a schedule takes a tenth of a millisecond to make, and is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """A named axis, its values (N,) and their unit ("" for plain numbers or the model's own unit)."""

    name: str
    values: FloatArray
    unit: str = ""

    @classmethod
    def of(cls, name: str, values: Values) -> Axis:
        """The axis of a range text, of quantities or of plain numbers.

        Raises
        ------
        DesignError, UnitError : no values, a value that is not finite, or mixed units.
        """
        if isinstance(values, Axis):
            return values
        if isinstance(values, str | Quantities) or _texts(values):
            found = units.values(values)  # type: ignore[arg-type]
        else:
            found = Quantities(np.asarray(values, dtype=np.float64).ravel())
        if not len(found):
            raise DesignError(f"axis '{name}' has no values")
        if not np.all(np.isfinite(found.values)):
            raise DesignError(f"axis '{name}' has a value that is not a finite number")
        return cls(name, found.values, found.unit)

    def __len__(self) -> int:
        return len(self.values)


def _texts(values: object) -> bool:
    return isinstance(values, Sequence) and any(isinstance(item, str | units.Quantity) for item in values)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Axes and how they are joined; :meth:`columns` gives one value per point and axis."""

    axes: tuple[Axis, ...]
    joined: str = "product"

    @classmethod
    def product(cls, axes: Mapping[str, Values] | Sequence[Axis]) -> Design:
        """Every value of each axis with every value of the others.

        >>> Design.product({"A": [1, 2], "B": [1, 2, 3]}).shape
        (2, 3)
        """
        return cls(_axes(axes), "product")

    @classmethod
    def zip(cls, axes: Mapping[str, Values] | Sequence[Axis]) -> Design:
        """First values together, second values together; all axes are equally long.

        >>> Design.zip({"A": [1, 2], "B": [3, 4]}).shape
        (2,)

        Raises
        ------
        DesignError : axes of different lengths.
        """
        found = _axes(axes)
        lengths = {one.name: len(one) for one in found}
        if len(set(lengths.values())) > 1:
            text = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise DesignError(
                f"zipped axes must be equally long: {text}", hint="not zipped, every combination is taken"
            )
        return cls(found, "zip")

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every dimension of the result."""
        return tuple(len(one) for one in self.axes) if self.joined == "product" else (len(self.axes[0]),)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions of the result; zipped axes share the dimension ``point``."""
        return tuple(one.name for one in self.axes) if self.joined == "product" else ("point",)

    @property
    def points(self) -> int:
        """How many points the design has."""
        return prod(self.shape)

    def columns(self, network: Network) -> dict[str, FloatArray]:
        """Values of each axis at each point (P,), in the model's units, the last axis fastest.

        Raises
        ------
        DesignError, UnitError : more than :data:`MOST_POINTS` points, a unit of another kind.
        """
        refuse_huge(self.shape)
        found = {}
        for place, one in enumerate(self.axes):
            values = in_model(network, one)
            if self.joined == "product":
                shape = [1] * len(self.axes)
                shape[place] = len(one)
                values = np.broadcast_to(values.reshape(shape), self.shape).ravel()
            found[one.name] = np.array(values)
        return found


def refuse_huge(shape: Sequence[int], *, most: int = MOST_POINTS) -> None:
    """A grid that nobody waits for is told before its points are laid out, which alone would fill the memory.

    Raises
    ------
    DesignError : more than ``most`` points.
    """
    if prod(shape) > most:
        raise DesignError(
            f"{' x '.join(map(str, shape))} makes {prod(shape)} points; there can be {most}",
            hint="fewer values on an axis",
        )


def in_model(network: Network, axis: Axis) -> FloatArray:
    """Values of an axis in the unit that its symbol has; plain numbers are in that unit already."""
    if not axis.unit:
        return axis.values
    try:
        return np.array([to_model(network, axis.name, units.Quantity(float(one), axis.unit)) for one in axis.values])
    except UnitError as error:
        raise UnitError(f"axis '{axis.name}': {error.message}", hint=error.hint) from error


def _axes(axes: Mapping[str, Values] | Sequence[Axis]) -> tuple[Axis, ...]:
    found = tuple(Axis.of(name, one) for name, one in axes.items()) if isinstance(axes, Mapping) else tuple(axes)
    if not found:
        raise DesignError("a design needs at least one axis")
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DesignError(f"axis given twice: {', '.join(twice)}")
    taken = sorted({"time", "cell", "quantile", "draw", "point"} & set(names))
    if taken:
        raise DesignError(f"'{taken[0]}' is the name of a dimension of every result, so no axis can have it")
    return found
