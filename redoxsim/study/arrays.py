"""Arrays with named dimensions, what results are made of until somebody asks for an xarray Dataset.

xarray and pandas take a fifth of the time of a whole dose-response command to import; a table and a few fits need
names of dimensions, coordinates and units, and nothing else of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Values with a name for each dimension; ``attrs`` such as ``units`` and ``long_name``."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    attrs: Mapping[Any, Any] = field(default_factory=dict)

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The values as floats."""
        return np.asarray(self.values, dtype=float)

    @property
    def units(self) -> str:
        """The unit, "" where none is told."""
        return str(self.attrs.get("units", ""))

    def at(self, places: Mapping[str, int]) -> Array:
        """The part at one place of some dimensions, which it then lacks; others of ``places`` are not looked at."""
        index = tuple(places.get(dim, slice(None)) for dim in self.dims)
        kept = tuple(dim for dim in self.dims if dim not in places)
        return Array(kept, self.values[index], self.attrs)

    def along(self, *dims: str) -> NDArray[Any]:
        """The values with dimensions in this order; those it lacks have length 1."""
        here = [dim for dim in dims if dim in self.dims]
        values = self.values.transpose([self.dims.index(dim) for dim in here])
        return values.reshape([self.values.shape[self.dims.index(dim)] if dim in here else 1 for dim in dims])

    def reduced(self, dim: str, how: Callable[..., NDArray[Any]], keep: NDArray[np.intp] | None = None) -> Array:
        """One dimension taken away by a function with ``axis``, over all its places or those to ``keep``."""
        axis = self.dims.index(dim)
        values = self.values if keep is None else self.values.take(keep, axis=axis)
        return Array(tuple(one for one in self.dims if one != dim), how(values, axis=axis), self.attrs)


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """Variables that share dimensions, coordinates (a variable named as a dimension gives its places), attributes."""

    data: Mapping[str, Array]
    coords: Mapping[str, Array]
    attrs: Mapping[Any, Any]

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Arrays:
        """What a Dataset holds; values are shared, not copied."""

        def taken(variables: Mapping[Any, Any]) -> dict[str, Array]:
            return {
                str(name): Array(tuple(map(str, one.dims)), one.values, one.attrs) for name, one in variables.items()
            }

        return cls(taken(dataset.data_vars), taken(dataset.coords), dataset.attrs)

    def dataset(self) -> xr.Dataset:
        """The same as a Dataset."""
        import xarray as xr

        def given(arrays: Mapping[str, Array]) -> dict[str, Any]:
            return {name: (one.dims, one.values, dict(one.attrs)) for name, one in arrays.items()}

        return xr.Dataset(given(self.data), coords=given(self.coords), attrs=dict(self.attrs))

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths of the dimensions, in the order in which the variables show them."""
        return {
            dim: size
            for one in (*self.data.values(), *self.coords.values())
            for dim, size in zip(one.dims, one.values.shape, strict=True)
        }

    def __contains__(self, name: str) -> bool:
        return name in self.data or name in self.coords

    def __getitem__(self, name: str) -> Array:
        return self.data[name] if name in self.data else self.coords[name]

    def more(self, data: Mapping[str, Array], **attrs: Any) -> Arrays:
        """The same with some variables and attributes added or in place of those of the same name."""
        return replace(self, data={**self.data, **data}, attrs={**self.attrs, **attrs})

    def places(self, dim: str) -> Array:
        """The coordinate of a dimension; counted from 0 where it has none."""
        return self.coords.get(dim) or Array((dim,), np.arange(self.sizes[dim]))

    def columns(self, order: Sequence[str] | None = None) -> dict[str, Array]:
        """A long table, a row per place: dimensions in ``order``, other coordinates, variables, all of one length.

        Parameters
        ----------
        order : dimensions, the first one changing slowest; as the variables show them where it is not given.
        """
        sizes = self.sizes
        dims = tuple(sizes) if order is None else tuple(order)
        shape = [sizes[dim] for dim in dims]
        named = {dim: self.places(dim) for dim in dims}
        others = {name: one for name, one in self.coords.items() if name not in dims}
        return {
            name: replace(one, dims=("row",), values=np.broadcast_to(one.along(*dims), shape).reshape(-1))
            for name, one in {**named, **others, **self.data}.items()
        }
