"""Experiments: a question, runs that answer it, and expectations written before the first run.

This module reads and checks the file; :mod:`redoxsim.study.expectations` judges results.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from redoxsim import catalog
from redoxsim.errors import DesignError, ReadError, Where, nearest
from redoxsim.toml import Strict, checked, read_toml

CLAIM = re.compile(r"S\d+\.\d+[a-z]?")
"""How claims of the source documents are named."""


class _Run(Strict):
    """What every run may set; quantities are text with units. ``title`` names it in figures and tables."""

    id: str
    title: str | None = Field(default=None, min_length=1, max_length=40)
    model: str | None = None
    cell: str | None = None
    cells: int | None = Field(default=None, ge=1)
    values: dict[str, float] = Field(default_factory=dict)
    observe: tuple[str, ...] = ()


class SimulateRun(_Run):
    """A time course, ``doses`` in the dose grammar."""

    kind: Literal["simulate"]
    doses: tuple[str, ...] = ()
    until: str
    every: str


class DoseResponseRun(_Run):
    """One agent's dose axis, read at one time."""

    kind: Literal["dose-response"]
    agent: str
    dose_values: str
    at: str
    background: tuple[str, ...] = ()


class CombineRun(_Run):
    """Two or three agents on a grid, read at one time."""

    kind: Literal["combine"]
    agents: tuple[str, ...]
    dose_values: tuple[str, ...]
    at: str
    times: dict[str, str] = Field(default_factory=dict)
    scores: tuple[str, ...] = ("bliss",)

    @model_validator(mode="after")
    def _same_length(self) -> CombineRun:
        if len(self.agents) != len(self.dose_values):
            raise ValueError("dose_values needs one range per agent")
        return self


Run = Annotated[SimulateRun | DoseResponseRun | CombineRun, Field(discriminator="kind")]


class Quantity(Strict):
    """A number taken from a run.

    Exactly one of ``fit`` (a dose-response parameter: ec50, ic50, e0, einf, h, auc), ``score``
    with ``reduce`` (mean, mean-mid, max, min over the grid) or ``reduce`` alone (initial, last, min,
    max, mean, "at 24 h", half-time). ``relative = "initial"`` divides by the first value.
    """

    run: str
    observe: str
    reduce: str | None = None
    fit: Literal["ec50", "ic50", "e0", "einf", "h", "auc"] | None = None
    score: str | None = None
    relative: Literal["initial"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Quantity:
        if (self.fit is None) == (self.reduce is None):
            raise ValueError("give either 'reduce' or 'fit'")
        return self


class Expectation(Strict):
    """``quantity`` (over another, if given) must be ``at_least``, ``at_most`` or ``within``.

    ``strict`` makes the bounds exclusive. ``unit`` is the unit of the bounds where it has one. ``conflict`` says,
    with numbers, why the model is known not to meet the bound: then it counts as a known conflict, not as a failure.
    ``when`` is a condition under which the run stands, in words that follow "only if", and ``replaces`` the expectation
    without that condition. ``correction``: it belongs to a point on which the document is wrong (:class:`Corrected`)
    and does not decide the claim (:mod:`redoxsim.study.claims`).
    """

    id: str
    claim: str | None = None
    text: str
    quantity: Quantity
    over: Quantity | None = None
    at_least: float | None = None
    at_most: float | None = None
    within: tuple[float, float] | None = None
    strict: bool = False
    unit: str | None = None
    conflict: str | None = None
    when: str | None = None
    replaces: str | None = None
    correction: bool = False

    @model_validator(mode="after")
    def _conditional(self) -> Expectation:
        if (self.when is None) != (self.replaces is None):
            raise ValueError("'when' and 'replaces' go together: the condition, and what is expected without it")
        return self

    @model_validator(mode="after")
    def _reasoned(self) -> Expectation:
        if self.conflict is not None and not any(letter.isdigit() for letter in self.conflict):
            raise ValueError("'conflict' says why the expectation cannot hold, with the numbers that show it")
        return self

    @model_validator(mode="after")
    def _one_bound(self) -> Expectation:
        if sum(bound is not None for bound in (self.at_least, self.at_most, self.within)) != 1:
            raise ValueError("give exactly one of at_least, at_most, within")
        return self

    def wanted(self) -> str:
        """The bound in words, such as ``>= 3`` or ``0.5 to 6 uM``."""
        unit = f" {self.unit}" if self.unit else ""
        if self.within is not None:
            return f"{self.within[0]:g} to {self.within[1]:g}{unit}"
        sign, bound = (">", self.at_least) if self.at_least is not None else ("<", self.at_most)
        return f"{sign}{'' if self.strict else '='} {bound:g}{unit}"

    def holds(self, value: float) -> bool:
        """Whether ``value`` (in ``unit``) meets the bound; not-a-number never does."""
        low = self.at_least if self.within is None else self.within[0]
        high = self.at_most if self.within is None else self.within[1]
        if value != value:
            return False
        if self.strict:
            return (low is None or value > low) and (high is None or value < high)
        return (low is None or value >= low) and (high is None or value <= high)


class Beyond(Strict):
    """A claim that no model here can show: what the document says, and why it cannot be shown, in a sentence."""

    claim: str
    says: str
    reason: str


class Corrected(Strict):
    """A point on which a document is wrong, shown both ways.

    ``document`` is what it says, ``chemistry`` what is right; ``as_document`` and ``as_chemistry`` name the
    expectations that put each to the test. A side that nothing can be run for says ``why``.
    """

    claim: str
    document: str
    chemistry: str
    as_document: tuple[str, ...] = ()
    as_chemistry: tuple[str, ...] = ()
    why: str | None = None

    @model_validator(mode="after")
    def _sides(self) -> Corrected:
        if (not self.as_document or not self.as_chemistry) and self.why is None:
            raise ValueError("give expectations as_document and as_chemistry, or say 'why' a side has none")
        if both := sorted(set(self.as_document) & set(self.as_chemistry)):
            raise ValueError(f"on both sides: {', '.join(both)}")
        return self


class Experiment(Strict):
    """A folder of ``experiments/``: claim ids, runs and expectations; ``note`` is what a reader should know besides."""

    id: str
    title: str
    claims: tuple[str, ...] = ()
    question: str
    says: str
    expected: str
    note: str | None = None
    model: str = "redox"
    cell: str = "default"
    cells: int = Field(default=16, ge=1)
    seed: int = 1
    run: tuple[Run, ...] = ()
    expect: tuple[Expectation, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    corrected: tuple[Corrected, ...] = ()

    @model_validator(mode="after")
    def _both_ways(self) -> Experiment:
        known = {one.id: one for one in self.expect}
        shown = [name for one in self.corrected for name in (*one.as_document, *one.as_chemistry)]
        if strange := [name for name in shown if name not in known]:
            raise ValueError(f"[[corrected]] names expectation '{strange[0]}', which is not there")
        if stray := sorted({one.claim for one in self.corrected} - set(self.claims)):
            raise ValueError(f"[[corrected]]: 'claims' lacks {', '.join(stray)}")
        if lost := [one.id for one in self.expect if one.correction and one.id not in shown]:
            raise ValueError(f"'{lost[0]}' is marked as a correction, and no [[corrected]] says of what")
        return self

    @model_validator(mode="after")
    def _answered(self) -> Experiment:
        told = {one.claim for one in self.beyond}
        stated = {one.claim for one in self.expect if one.claim is not None and not one.correction}
        if not self.run and not told:
            raise ValueError("there is nothing to run: give a [[run]], or say in [[beyond]] why there is none")
        if missing := [claim for claim in self.claims if claim not in told | stated]:
            raise ValueError(f"no expectation states claim {', '.join(missing)}, and no [[beyond]] says why")
        if stray := sorted((told | stated) - set(self.claims)):
            raise ValueError(f"'claims' lacks {', '.join(stray)}")
        if both := sorted(told & stated):
            raise ValueError(f"{', '.join(both)}: either an expectation or a [[beyond]], not both")
        return self

    @model_validator(mode="after")
    def _ids(self) -> Experiment:
        for what, items in (("run", [run.id for run in self.run]), ("expect", [one.id for one in self.expect])):
            twice = {name for name in items if items.count(name) > 1}
            if twice:
                raise ValueError(f"{what} id given twice: {', '.join(sorted(twice))}")
        runs = {run.id: run for run in self.run}
        plain = {one.id: one.claim for one in self.expect if one.when is None}
        for one in self.expect:
            if one.replaces is not None and plain.get(one.replaces, "") != one.claim:
                raise ValueError(f"'{one.id}' replaces '{one.replaces}', which no expectation of its claim is")
            for quantity in filter(None, (one.quantity, one.over)):
                target = runs.get(quantity.run)
                if target is None:
                    raise ValueError(f"expectation '{one.id}' names run '{quantity.run}', which is not there")
                if quantity.observe not in target.observe:
                    raise ValueError(f"expectation '{one.id}': run '{target.id}' does not observe '{quantity.observe}'")
                if (quantity.fit is not None) != (target.kind == "dose-response"):
                    raise ValueError(f"expectation '{one.id}': 'fit' goes with a dose-response run")
                if (quantity.score is not None) != (target.kind == "combine"):
                    raise ValueError(f"expectation '{one.id}': 'score' goes with a combine run")
        return self


def find(name: str | Path) -> Path:
    """The folder or file of an experiment: a path, or a name that `redoxsim experiments` lists.

    Raises
    ------
    DesignError : neither exists; for a claim the hint names the experiments that answer it.
    """
    path = Path(name)
    if path.suffix == ".toml" or (path / "experiment.toml").is_file():
        return path
    if CLAIM.fullmatch(str(name)) and str(name) not in catalog.experiments():
        raise _a_claim(str(name))
    return catalog.experiment_folder(str(name))


def _a_claim(claim: str) -> DesignError:
    """What to say to somebody who names a claim where an experiment is wanted."""
    answers: dict[str, list[str]] = {}
    for name, folder in catalog.experiments().items():
        with suppress(ReadError):  # one that cannot be read answers none
            for one in load(folder).claims:
                answers.setdefault(one, []).append(name)
    if claim in answers:
        return DesignError(
            f"'{claim}' is a claim, not an experiment", hint=f"it is answered by {', '.join(answers[claim])}"
        )
    close = nearest(claim, answers) or "`redoxsim experiments` lists the claims of each"
    return DesignError(f"no experiment answers a claim '{claim}'", hint=close)


def load(path: str | Path, *, changes: dict[str, str] | None = None) -> Experiment:
    """The experiment of a file or of the folder that holds ``experiment.toml``.

    Parameters
    ----------
    changes : settings that replace what the file says, by dotted key (``course.until``: the run
        with that id; ``cells``: the experiment), values as on a command line.

    Raises
    ------
    ReadError : no such file, broken TOML, an unknown key or a value of the wrong kind, in the file or in a change.
    DesignError : a change of a run that is not there.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "experiment.toml"
    data = read_toml(file, "experiment")
    found = checked(data, Experiment, str(file))
    if not changes:
        return found
    for key, text in changes.items():
        _change(data, key, text, file)
    try:
        return checked(data, Experiment, str(file))
    except ReadError as error:  # the file was right before, so a setting is wrong
        told = [_of_setting(one, changes, data) for one in (error, *error.others)]
        told[0].others = tuple(told[1:])
        raise told[0] from None


def _of_setting(error: ReadError, changes: dict[str, str], data: dict[str, Any]) -> ReadError:
    """A problem of a changed experiment, told of the setting that made it; of all where none is at its place."""
    place = (error.where.element or "").split(".") if error.where else []
    run = data["run"][int(place[1])].get("id") if len(place) > 2 and place[0] == "run" else None
    made = [
        f"-S {key}={text}"
        for key, text in changes.items()
        if place and key.split(".")[-1] == place[-1] and (key.split(".")[0] == run if run else "." not in key)
    ]
    if made:
        return ReadError(error.message, where=Where(file=made[0]), hint=error.hint)
    given = ", ".join(f"-S {key}={text}" for key, text in changes.items())
    return ReadError(error.message, where=Where(file=f"with {given}", element=".".join(place) or None), hint=error.hint)


def _change(data: dict[str, Any], key: str, text: str, file: Path) -> None:
    *path, name = key.split(".")
    place = data
    if path:
        runs = {run.get("id"): run for run in data.get("run", [])}
        if len(path) != 1 or path[0] not in runs:
            raise DesignError(
                f"no run '{'.'.join(path)}' to change",
                where=Where(file=str(file)),
                hint=nearest(path[0], map(str, runs)) or f"its runs are {', '.join(map(str, runs))}",
            )
        place = runs[path[0]]
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    place[name] = value
