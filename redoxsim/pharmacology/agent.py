"""Agents: what a drug, an oxidant or a rescue is, in a file that anyone can write."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from redoxsim import catalog, units
from redoxsim.errors import ReadError, RedoxsimError, Where
from redoxsim.network import parse
from redoxsim.network.expr import Expr
from redoxsim.toml import Grade, Problems, Strict, read_table

Form = Literal["covalent", "reversible", "flux"]
SID = re.compile(r"[A-Za-z_]\w*")
Sid = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]
FORM_TEXT: dict[str, str] = {
    "covalent": "reaction of the active enzyme; a potency without an exposure time says nothing",
    "reversible": "factor on a rate, in equilibrium with the dose",
    "flux": "source or sink",
}


def _formula(text: str) -> str:
    """Refuse a text that is not a formula."""
    try:
        parse(text)
    except RedoxsimError as error:
        raise ValueError(f"'{text}' is not a formula: {error.message}") from error
    return text


class AgentParameter(Strict):
    """A constant of the agent; ``low`` to ``high`` is its range."""

    id: Sid
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    grade: Grade
    source: str
    name: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _inside(self) -> AgentParameter:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"'{self.id}': a range needs both low and high")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"'{self.id}': {self.value:g} lies outside its range {self.low:g} to {self.high:g}")
        return self


class AgentSpecies(Strict):
    """A species the agent brings along, such as the drug in the medium."""

    id: Sid
    name: str = ""
    compartment: Sid
    initial: float = Field(default=0.0, ge=0.0)
    unit: str | None = None
    boundary: bool = False
    only_substance: bool = False
    sbo: str | None = None
    formula: str | None = None
    annotations: tuple[tuple[str, str], ...] = ()


class AgentReaction(Strict):
    """A reaction the agent adds; ``equation`` is ``2 A + B -> C`` and ``rate`` is in amount per time."""

    id: Sid
    name: str = ""
    form: Form
    target: str | None = None
    equation: str
    modifiers: tuple[Sid, ...] = ()
    rate: str
    sbo: str | None = None

    _rate = field_validator("rate")(_formula)

    @field_validator("equation")
    @classmethod
    def _sides(cls, text: str) -> str:
        sides(text)
        return text

    @property
    def reactants(self) -> tuple[tuple[str, float], ...]:
        return sides(self.equation)[0]

    @property
    def products(self) -> tuple[tuple[str, float], ...]:
        return sides(self.equation)[1]

    @property
    def expr(self) -> Expr:
        return parse(self.rate)


class AgentFactor(Strict):
    """A dimensionless factor on a rate of the model, or on what a rule of the model computes."""

    reaction: Sid | None = None
    rule: Sid | None = None
    factor: str
    form: Form = "reversible"
    target: str | None = None

    _factor = field_validator("factor")(_formula)

    @model_validator(mode="after")
    def _one_place(self) -> AgentFactor:
        if (self.reaction is None) == (self.rule is None):
            raise ValueError("a factor acts on either a 'reaction' or a 'rule'")
        return self

    @property
    def place(self) -> str:
        """Id of the reaction or rule that it acts on."""
        return self.reaction or self.rule or ""

    @property
    def expr(self) -> Expr:
        return parse(self.factor)


class AgentTerm(Strict):
    """What the agent adds to a quantity that a rule of the model computes, such as a hazard."""

    rule: Sid
    term: str
    form: Form = "flux"
    target: str | None = None

    _term = field_validator("term")(_formula)

    @property
    def expr(self) -> Expr:
        return parse(self.term)


class AgentRule(Strict):
    """A quantity computed at all times, such as the fraction of enzyme bound."""

    target: Sid
    expr: str
    name: str = ""
    unit: str = "dimensionless"

    _expr = field_validator("expr")(_formula)


class Measured(Strict):
    """Something that was measured of the agent: draws of its constants that leave the band are given up.

    ``dose`` is what follows the agent's id in the dose grammar (``0.5 uM``, ``4 mM@0h..1h``); ``observe`` a readout of
    the model ``at`` a time after 0 h; ``relative`` divides it by its value at 0 h. A potency is two measurements: at
    its low end most cells live, at its high end most are dead.
    """

    observe: Sid
    dose: str
    at: str
    low: float | None = None
    high: float | None = None
    relative: bool = False
    grade: Grade = "B"
    source: str

    @model_validator(mode="after")
    def _band(self) -> Measured:
        if self.low is None and self.high is None:
            raise ValueError("a measurement needs 'low', 'high' or both")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"the band {self.low:g} to {self.high:g} is empty")
        return self

    @field_validator("at")
    @classmethod
    def _time(cls, text: str) -> str:
        try:
            seconds = units.seconds(text)
        except RedoxsimError as error:
            raise ValueError(error.message) from error
        if seconds <= 0.0:
            raise ValueError(f"'{text}' is not after 0 h")
        return text

    @field_validator("dose")
    @classmethod
    def _dose(cls, text: str) -> str:
        from redoxsim.pharmacology.dosing import Schedule

        try:
            first = min(one.time for one in Schedule.parse(f"agent={text}").doses)
        except RedoxsimError as error:
            raise ValueError(f"'{text}' is not a dose: {error.message}") from error
        if first < 0.0:
            raise ValueError(f"'{text}' is given before 0 h")
        return text

    @property
    def seconds(self) -> float:
        """When it is read."""
        return units.seconds(self.at)

    def __str__(self) -> str:
        ends = f"at least {self.low:g}" if self.low is not None else f"at most {self.high:g}"
        if self.low is not None and self.high is not None:
            ends = f"{self.low:g} to {self.high:g}"
        return f"{self.observe} {ends}{' of its start' if self.relative else ''} under {self.dose} at {self.at}"


class Clinical(Strict):
    """Exposure reached in people; shown beside every dose axis."""

    low: float
    high: float
    unit: str
    what: str
    grade: Grade
    source: str


class Agent(Strict):
    """What an agent file says.

    ``dose_species`` is the species of the medium that a dose adds to, ``targets`` are HGNC symbols,
    ``measured`` is what draws of its constants must agree with, ``hypothesis`` marks a mechanism that is proposed
    rather than shown. ``molar_mass`` (g/mol) lets doses be given as mass per volume. ``unsupported`` says why an agent
    cannot be simulated; it is listed, never applied.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    name: str
    title: str = ""
    class_: str = Field(alias="class", default="")
    targets: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    hypothesis: bool = False
    unsupported: str = ""
    dose_species: Sid = "none"
    dose_unit: str = "uM"
    molar_mass: float | None = Field(default=None, gt=0.0)
    default_doses: str = "1uM"
    in_vitro: str = ""
    clinical: Clinical | None = None
    caveats: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()
    parameters: tuple[AgentParameter, ...] = ()
    species: tuple[AgentSpecies, ...] = ()
    reactions: tuple[AgentReaction, ...] = ()
    factors: tuple[AgentFactor, ...] = ()
    terms: tuple[AgentTerm, ...] = ()
    rules: tuple[AgentRule, ...] = ()
    file: str | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _consistent(self) -> Agent:
        if self.unsupported:
            return self
        found = self._problems()
        if found:
            raise Problems(found)
        return self

    def _problems(self) -> list[str]:
        """Everything that does not fit together."""
        needed = ("forms", "dose_species", "default_doses")
        found = [f"the key '{key}' is missing" for key in needed if key not in self.model_fields_set]
        if "forms" in self.model_fields_set and not self.forms:
            found.append("forms must name at least one of covalent, reversible, flux")
        if "default_doses" in self.model_fields_set:
            try:
                if (units.values(self.default_doses).to(self.dose_unit) <= 0.0).any():
                    found.append("default_doses must be above zero; the untreated control is always added")
            except RedoxsimError as error:
                found.append(str(error))
        for one in self.parameters:
            try:
                if not SID.fullmatch(one.unit):  # an id is looked up in the model that the agent is applied to
                    units.scale(one.unit)
            except RedoxsimError as error:
                found.append(f"'{one.id}': {error}")
        named = self.own_ids
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            found.append(f"id given twice: {', '.join(twice)}")
        acting: tuple[AgentReaction | AgentFactor | AgentTerm, ...] = (*self.reactions, *self.factors, *self.terms)
        used = {one.form for one in acting}
        if self.forms and used - set(self.forms):
            found.append(f"forms lacks {', '.join(sorted(used - set(self.forms)))}, which its reactions use")
        return found

    @property
    def own_ids(self) -> list[str]:
        """Ids that the agent brings along."""
        named = [one.id for one in self.parameters] + [one.id for one in self.species]
        return named + [one.id for one in self.reactions] + [one.target for one in self.rules]

    @cached_property
    def doses(self) -> units.Quantities:
        """The doses of its default range, without zero."""
        return units.values(self.default_doses)

    def in_moles(self, amount: units.Quantity) -> units.Quantity:
        """The amount as the model counts it: mass per volume by the molar mass where there is one, a gray as 1 amol."""
        size, dimensions = units.scale(amount.unit)
        powers = dict(dimensions)
        rate = "/s" if powers.get("s") == -1 else ""
        if powers.get("Gy") == 1 and units.kind(self.dose_unit) == "radiation dose":
            return units.Quantity(amount.value * float(size), f"amol{rate}")
        if self.molar_mass is not None and (powers.get("g"), powers.get("L")) == (1, -1):
            return units.Quantity(amount.value * float(size) / self.molar_mass, f"M{rate}")
        return amount

    def grades(self) -> dict[str, int]:
        """How many of its numbers carry each grade."""
        return {grade: sum(one.grade == grade for one in self.parameters) for grade in ("A", "B", "C")}


SIDE = re.compile(r"\s*(?:(\d+)\s*\*?\s+|(\d+)\s*\*\s*)?([A-Za-z_]\w*)\s*")


def sides(equation: str) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]:
    """Reactants and products of ``2 A + B -> C`` with their stoichiometry.

    >>> sides("2 GSH + Au -> ")
    ((('GSH', 2.0), ('Au', 1.0)), ())
    """
    halves = equation.split("->")
    if len(halves) != 2:
        raise ValueError(f"'{equation}' is not a reaction: write 'A + B -> C'")
    found = []
    for half in halves:
        counts: dict[str, float] = {}
        for term in half.split("+") if half.strip() else []:
            match = SIDE.fullmatch(term)
            if match is None:
                raise ValueError(f"'{term.strip()}' in '{equation}' is not a species with a whole number before it")
            counts[match[3]] = counts.get(match[3], 0.0) + float(match[1] or match[2] or 1)
        found.append(tuple(counts.items()))
    if not found[0] and not found[1]:
        raise ValueError("a reaction needs at least one species")
    return found[0], found[1]


def load_agent(source: str | Path) -> Agent:
    """The agent of an id (``auranofin``) or of a path to a TOML file.

    Raises
    ------
    DesignError : no agent of that id.
    ReadError : the file cannot be read, or says something that makes no sense; file and key are named.
    """
    path = Path(source)
    if path.suffix != ".toml":
        path = catalog.agent_file(str(source))
    agent = read_table(path, Agent, "agent")
    if not isinstance(source, Path) and path.stem == str(source) and agent.id != path.stem:
        raise ReadError(
            f"the agent calls itself '{agent.id}' but the file is {path.name}", where=Where(str(path), element="id")
        )
    return agent.model_copy(update={"file": str(path)})
