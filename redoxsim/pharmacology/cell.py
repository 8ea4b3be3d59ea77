"""Cell profiles: the levels that set one kind of cell apart, and how much its cells differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from redoxsim import catalog
from redoxsim.toml import Grade, Strict, read_table


class CellValue(Strict):
    """One value of the model as this cell has it, in the model's own unit."""

    value: float
    low: float | None = None
    high: float | None = None
    grade: Grade
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _inside(self) -> CellValue:
        if (self.low is None) != (self.high is None):
            raise ValueError("a range needs both low and high")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value:g} lies outside its range {self.low:g} to {self.high:g}")
        return self


class PopulationCv(Strict):
    """Coefficients of variation by HGNC symbol."""

    cv: dict[str, Annotated[float, Field(ge=0.0, le=3.0)]] = Field(default_factory=dict)


class Cell(Strict):
    """What a cell file says.

    ``direction_only`` marks a profile whose sizes are guesses; ``normal`` a cell that treatment should spare, the
    second of a therapeutic window.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    name: str
    description: str = ""
    direction_only: bool = False
    normal: bool = False
    values: dict[str, CellValue] = Field(default_factory=dict)
    population: PopulationCv = PopulationCv()
    references: tuple[str, ...] = ()
    file: str | None = Field(default=None, exclude=True)

    @property
    def overrides(self) -> dict[str, float]:
        """Values by id, in the model's units."""
        return {name: one.value for name, one in self.values.items()}


def load_cell(source: str | Path) -> Cell:
    """The cell profile of an id (``gsr-low``) or of a path to a TOML file.

    Raises
    ------
    DesignError : no cell profile of that id.
    ReadError : the file cannot be read, or says something that makes no sense; file and key are named.
    """
    path = Path(source)
    if path.suffix != ".toml":
        path = catalog.cell_file(str(source))
    return read_table(path, Cell, "cell profile").model_copy(update={"file": str(path)})
