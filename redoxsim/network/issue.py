"""What a check finds, as data; and what each code means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEVELS = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem of a model.

    Attributes
    ----------
    level : "error" (the model must not be solved), "warning" (it can be, but look), "info".
    code : key of :data:`CODES`.
    element : id of what is at fault, or None for the model as a whole.
    line : line of the file, or None.
    message : what is wrong, naming the thing.
    hint : what to do.
    """

    level: str
    code: str
    element: str | None
    line: int | None
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line is not None else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.level} {self.code}: {self.message}{hint}"


CODES: Mapping[str, str] = {
    "RX001": "The file cannot be read: it is missing, a folder, empty, not text, not well-formed XML, or not SBML or "
    "Antimony.\nWhat to do: open it in a text editor. A saved web page starts with <html>; a download that broke off "
    "ends in the middle. Download or export the model again.",
    "RX002": "The file is SBML or Antimony, but not sound: a required attribute is missing, a formula does not parse, "
    "a function is called with a wrong number of arguments.\nWhat to do: mend the line named, or export the model "
    "again from the program that made it.",
    "RX003": "The model is valid but uses a feature that is not supported, such as an algebraic rule, a delay, a "
    "stoichiometry that varies, a conversion factor or an event that waits for a concentration. Nothing was computed, "
    "because leaving the feature out would give wrong numbers.\nWhat to do: rewrite that part with supported means, or "
    "use a simulator that has the feature.",
    "RX010": "libSBML found a breach of the SBML specification.\nWhat to do: the message quotes the rule; mend the "
    "element named.",
    "RX011": "Units on the two sides of a formula do not agree, for example a rate law that is not amount per time. "
    "The simulation ignores units, so the numbers may still be right, but a factor of volume is often missing.\n"
    "What to do: check the formula by hand; a rate law of a reaction in one compartment is compartment * k * A, in "
    "amount per time.",
    "RX012": "A parameter, compartment, species or the model itself has no units, so units cannot be checked and "
    "columns of results have no unit in their heads.\nWhat to do: declare units; `dimensionless` is a unit too.",
    "RX013": "libSBML could not check the units of a formula completely, because something in it (often a bare number) "
    "has none.\nWhat to do: turn the number into a parameter with a unit, or put a unit on it.",
    "RX014": "libSBML advises against something that is allowed, or the file has something that does not take part "
    "in a simulation, such as a constraint.\nWhat to do: usually nothing.",
    "RX020": "A formula, reaction or rule uses a name that the model does not define.\nWhat to do: correct the "
    "spelling or add the parameter or species.",
    "RX021": "Something that formulas use has no value: no number in the file, no initial assignment, no rule. It is "
    "never taken to be 0.\nWhat to do: give it a value in the model, or set it for a run with --set NAME=VALUE.",
    "RX022": "A parameter that nothing uses.\nWhat to do: remove it, or look for the formula that should use it.",
    "RX023": "A species that no reaction, rule or event changes, though it is not declared constant or boundary.\nWhat "
    "to do: declare it a boundary species (in Antimony: a $ before its name), or look for the missing reaction.",
    "RX024": "A reaction has no rate law.\nWhat to do: give it one, or remove it.",
    "RX025": "A formula goes wrong when a concentration falls below zero: the square root, logarithm or broken power "
    "of a negative number is not a number. A solver may step a little below zero even where the true answer stays "
    "above.\nWhat to do: use a whole exponent, or guard the argument, as in max(x, 0)^n or (x^2)^(n/2).",
    "RX026": "A denominator is zero at the start, or becomes zero when one species is used up.\nWhat to do: add the "
    "missing half-saturation constant, or write the law so that the species cancels.",
    "RX027": "A formula is not a finite number at the initial values.\nWhat to do: look at the initial values it uses; "
    "the message has them.",
    "RX028": "Two reactions have the same participants and the same rate law, so the process runs at double speed.\n"
    "What to do: remove one of them, or make clear in its name that it is a second process.",
    "RX029": "Chemical formulas are given for all participants of a reaction, but atoms are not conserved.\nWhat to "
    "do: correct the stoichiometry or the formulas; water and protons are often left out.",
    "RX031": "Initial assignments refer to each other in a ring, so none can be computed first.\nWhat to do: give one "
    "of them a number.",
    "RX032": "Assignment rules (or reaction rates used in formulas) refer to each other in a ring.\nWhat to do: solve "
    "the equations by hand, or turn one of the rules into a rate rule.",
    "RX033": "Two parts of the model have the same id.\nWhat to do: rename one.",
    "RX034": "A reaction, rule or event changes something that is declared constant.\nWhat to do: remove the constant "
    "flag, or declare the species a boundary species.",
    "RX035": "Two things determine the same value, for example a reaction and a rule for one species.\nWhat to do: "
    "keep one; a species under a rule has to be a boundary species.",
    "RX040": "A parameter of the model has no row in parameters.csv beside it, so its source and grade are unknown.\n"
    "What to do: add a row with id, value, unit, low, high, grade and source.",
    "RX041": "The value in parameters.csv is not the value in the model.\nWhat to do: change the one that is out of "
    "date; the source decides.",
    "RX042": "A value lies outside the range [low, high] that parameters.csv gives for it.\nWhat to do: correct the "
    "value or the range; results obtained by leaving a range are not results.",
    "RX043": "A row of parameters.csv names nothing in the model.\nWhat to do: remove the row or correct its id.",
    "RX044": "A row of parameters.csv is not complete: a number that cannot be read, an unknown grade, no source, or "
    "another unit than in the model.\nWhat to do: mend the row named.",
}
