"""Published observations as data: what was done, what was seen, and the runs of a model that answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from redoxsim import catalog
from redoxsim.errors import DesignError, ReadError, Where, nearest
from redoxsim.network import evaluate, parse
from redoxsim.network.expr import Apply, symbols
from redoxsim.study.experiment import CombineRun, DoseResponseRun, Run, SimulateRun
from redoxsim.study.measures import CROSSING, Measure
from redoxsim.toml import Strict, read_table

Known = Literal["read", "recalled", "source-only"]
Use = Literal["scored", "input", "conflict", "not-representable"]
Kind = Literal["number", "bound", "sign"]


class Expected(Measure):
    """What was seen: a :class:`~.measures.Measure` that lies ``within``, ``at_least`` or ``at_most`` a bound.

    ``kind`` is ``number`` (``published`` is the value, the bound its band), ``bound`` or ``sign`` (a direction).
    ``unit`` is the unit of the bound, for reading only. ``neutral`` is the value where nothing happens, for a
    direction of which :attr:`at_rest` cannot tell.
    """

    text: str
    kind: Kind
    published: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    within: tuple[float, float] | None = None
    unit: str = ""
    neutral: float | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Expected:
        if sum(bound is not None for bound in (self.at_least, self.at_most, self.within)) != 1:
            raise ValueError("give exactly one of at_least, at_most, within")
        if self.within is not None and not self.within[0] <= self.within[1]:
            raise ValueError(f"within: {self.within[0]:g} lies above {self.within[1]:g}")
        if self.kind == "number" and (self.published is None or self.within is None):
            raise ValueError("a number needs 'published' and its band 'within'")
        if self.neutral is not None and self.kind != "sign":
            raise ValueError(f"'neutral' goes with a direction, not with a {self.kind}")
        return self

    @property
    def low(self) -> float:
        """Lower end of the band."""
        ends = self.within or (self.at_least, None)
        return float("-inf") if ends[0] is None else ends[0]

    @property
    def high(self) -> float:
        """Upper end of the band."""
        ends = self.within or (None, self.at_most)
        return float("inf") if ends[1] is None else ends[1]

    @property
    def at_rest(self) -> float | None:
        """The value where nothing happens: ``neutral`` as given, else 1 of what is taken relative to its start and
        of a quotient of like over like, 0 of a difference and of a share that is 0 where all are equal; else none.
        """
        if self.neutral is not None:
            return self.neutral
        if self.formula is None:
            (one,) = self.let.values()
            return 1.0 if one.relative and not _is_time(one.take) else None
        return _where_nothing_differs(self.formula, {name: one.observe for name, one in self.let.items()})

    def wanted(self) -> str:
        """The bound in words."""
        unit = f" {self.unit}" if self.unit else ""
        if self.within is not None:
            return f"{self.low:g} to {self.high:g}{unit}"
        return f">= {self.at_least:g}{unit}" if self.at_least is not None else f"<= {self.at_most:g}{unit}"


def _is_time(take: str | None) -> bool:
    """Whether what is taken from a course is a time."""
    return take is not None and (take in ("half-time", "time-of-max") or CROSSING.fullmatch(take) is not None)


def _where_nothing_differs(formula: str, observed: dict[str, str]) -> float | None:
    """What a comparison is where its runs do not differ.

    A quotient counts only where both sides hold the same observables: GSH over GSSG of one run compares nothing.
    """
    tree = parse(formula)
    if not isinstance(tree, Apply) or tree.op not in ("sub", "div"):
        return None
    if tree.op == "sub":
        return 0.0
    above, below = ({observed[name] for name in symbols(side)} for side in tree.args)
    if above != below:
        return None
    equal = {evaluate(tree, dict.fromkeys(observed, level)) for level in (0.25, 0.5)}
    return 0.0 if equal == {0.0} else 1.0


class Observation(Strict):
    """One published observation and how the model answers to it.

    ``known`` says how the value came here: ``read`` in the source (or computed from what was read), ``recalled``
    from the literature, or ``source-only``: a document says so and the paper could not be had. ``use`` other than
    ``scored`` needs its reason in ``why``. ``calibrated`` marks what constants of the model were chosen by.
    """

    id: str = Field(pattern=r"^[A-Za-z][\w-]*$")
    topic: str
    text: str
    system: str = ""
    known: Known
    confidence: Literal["high", "medium", "low"] = "medium"
    source: str
    link: str = ""
    use: Use = "scored"
    why: str = ""
    calibrated: bool = False
    note: str = ""
    model: str = "redox"
    cell: str = "default"
    cells: int = Field(default=1, ge=1)
    seed: int = 1
    run: tuple[Run, ...] = ()
    expect: tuple[Expected, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Observation:
        if self.use != "scored" and not self.why:
            raise ValueError(f"'{self.id}' is {self.use}: say why")
        if self.use == "scored" and not self.expect:
            raise ValueError(f"'{self.id}' is scored but expects nothing")
        runs = {one.id: one for one in self.run}
        if len(runs) != len(self.run):
            raise ValueError(f"'{self.id}' has two runs of one id")
        for expected in self.expect:
            for name, quantity in expected.let.items():
                self._fits(name, quantity.run, quantity.observe, quantity.fit, quantity.score, runs)
        return self

    def _fits(
        self, name: str, run: str, observe: str, fit: str | None, score: str | None, runs: dict[str, Run]
    ) -> None:
        target = runs.get(run)
        if target is None:
            near = nearest(run, runs)
            raise ValueError(f"'{name}' names run '{run}', which is not there" + (f" ({near})" if near else ""))
        if observe not in target.observe:
            raise ValueError(f"'{name}': run '{run}' does not observe '{observe}'")
        if (fit is not None) != isinstance(target, DoseResponseRun):
            raise ValueError(f"'{name}': 'fit' goes with a dose-response run, and such a run needs it")
        if (score is not None) != isinstance(target, CombineRun):
            raise ValueError(f"'{name}': 'score' goes with a combine run, and such a run needs it")


class _File(Strict):
    title: str = ""
    observation: tuple[Observation, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """Observations in order, each id once, and the files they come from.

    ``whole`` are all observations of the files where only some were taken: what stands in one model with them.
    """

    observations: tuple[Observation, ...]
    files: tuple[Path, ...]
    whole: tuple[Observation, ...] = ()

    def only(self, ids: Sequence[str]) -> Scoreboard:
        """Those of some ids.

        Raises
        ------
        DesignError : an id that is not there.
        """
        known = {one.id: one for one in self.observations}
        for name in ids:
            if name not in known:
                raise DesignError(f"there is no observation '{name}'", hint=nearest(name, known))
        taken = tuple(known[name] for name in dict.fromkeys(ids))
        return Scoreboard(observations=taken, files=self.files, whole=self.whole or self.observations)


def load_observations(source: str | Path | None = None) -> Scoreboard:
    """The observations of a file, of all files of a folder, or the shipped ones.

    Raises
    ------
    ReadError : no such file, broken TOML, an unknown key, a value of the wrong kind, an id given twice.
    """
    if source is None:
        files = tuple(catalog.observations().values())
        if not files:
            raise ReadError("no observations are installed")
    else:
        path = Path(source)
        files = tuple(sorted(path.glob("*.toml"))) if path.is_dir() else (path,)
        if not files:
            raise ReadError("the folder holds no .toml file", where=Where(file=str(path)))
    found: list[Observation] = []
    owner: dict[str, Path] = {}
    for file in files:
        for one in read_table(file, _File, "observations").observation:
            if one.id in owner:
                raise ReadError(
                    f"observation '{one.id}' is in {owner[one.id].name} already", where=Where(str(file), element=one.id)
                )
            owner[one.id] = file
            found.append(one)
    return Scoreboard(observations=tuple(found), files=files)


__all__ = ["CombineRun", "DoseResponseRun", "Expected", "Observation", "Scoreboard", "SimulateRun", "load_observations"]
