"""What is laid over figures: exposures and measured points of ``--data``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from redoxsim.cli.exits import wrong_use
from redoxsim.cli.options import Output
from redoxsim.errors import DesignError

if TYPE_CHECKING:
    from redoxsim.report.marks import Exposure, Points
    from redoxsim.study import ResultSet, Setup


def exposures(results: ResultSet) -> tuple[Exposure, ...]:
    """What patients reach, as the agent's file says, in the unit of the dose axis."""
    from redoxsim.report.marks import Exposure
    from redoxsim.study.window import reached

    one = reached(results, results.axes[0])
    return () if one is None else (Exposure(one.low, one.high, one.what, kind="free" if one.free else "total"),)


def points(path: Path | None, setup: Setup, observe: Sequence[str], *, x: str, unit: str = "") -> tuple[Points, ...]:
    """Measured points for the readouts of a figure; none where no file is given.

    Parameters
    ----------
    x : "time", or the axis, which the figure shows in ``unit``.
    """
    if path is None:
        return ()
    from redoxsim.report.measured import read_points

    wanted = {name: setup.label(name) for name in observe}
    with wrong_use():
        return read_points(path, x=x, unit="h" if x == "time" else unit, observables=wanted)


def need_figure(data: Path | None, output: Output) -> None:
    """Refuse measured points without a figure to lay them over."""
    if data is not None and output.plot is None:
        raise DesignError("--data lays points over a figure, and none is drawn", hint="add --plot FILE.png")
