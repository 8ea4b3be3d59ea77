"""The nouns of an SBML model: units, compartments, species, parameters."""

from __future__ import annotations

from typing import Any

import libsbml

from redoxsim.network.parts import Compartment, Parameter, Species, Unit, UnitDefinition
from redoxsim.network.reading import Context, chemistry, line_of, number_or_none, traits

# What SBML Level 2 means where a model says nothing.
LEVEL2_UNITS = {"substance": "mole", "time": "second", "volume": "litre", "length": "metre", "area": "area"}
IMPLIED = {
    what: UnitDefinition(id=what, units=(Unit(kind=kind, exponent=2.0 if what == "area" else 1.0),))
    for what, kind in {**LEVEL2_UNITS, "area": "metre"}.items()
}


def read_units(model: Any, context: Context) -> tuple[UnitDefinition, ...]:
    definitions = []
    for definition in model.getListOfUnitDefinitions():
        units = []
        for unit in definition.getListOfUnits():
            kind = libsbml.UnitKind_toString(unit.getKind())
            if unit.isCelsius() or (unit.isSetOffset() and unit.getOffset() != 0):
                context.refuse("has an offset (Celsius), which is not supported", f"unit '{definition.getId()}'",
                               line_of(unit), hint="use kelvin")  # fmt: skip
                continue
            units.append(Unit(kind=spelling(kind), exponent=unit.getExponentAsDouble(), scale=unit.getScale(),
                              multiplier=unit.getMultiplier()))  # fmt: skip
        definitions.append(UnitDefinition(**traits(definition), units=tuple(units)))
    if context.level == 2:
        defined = {definition.id for definition in definitions}
        used = {part.getUnits() for part in [*model.getListOfCompartments(), *model.getListOfParameters()]}
        used |= {part.getSubstanceUnits() for part in model.getListOfSpecies()}
        if any(part.getSpatialDimensions() == 2 for part in model.getListOfCompartments()):
            used.add("area")
        definitions += [IMPLIED[what] for what in LEVEL2_UNITS if what in used and what not in defined]
    return tuple(definitions)


def spelling(kind: str) -> str:
    """Level 2 also allows the American names."""
    return {"liter": "litre", "meter": "metre"}.get(kind, kind)


def model_units(model: Any, context: Context) -> dict[str, str | None]:
    """The keywords of Network that say what the model's quantities are measured in."""
    if context.level >= 3:
        return {
            "time_unit": model.getTimeUnits() or None,
            "substance_unit": model.getSubstanceUnits() or None,
            "extent_unit": model.getExtentUnits() or None,
            "volume_unit": model.getVolumeUnits() or None,
            "area_unit": model.getAreaUnits() or None,
            "length_unit": model.getLengthUnits() or None,
        }
    defined = {definition.getId() for definition in model.getListOfUnitDefinitions()}
    flat = any(part.getSpatialDimensions() == 2 for part in model.getListOfCompartments())
    chosen: dict[str, str | None] = {
        f"{what}_unit": what if what in defined else default for what, default in LEVEL2_UNITS.items()
    }
    chosen["area_unit"] = "area" if flat or "area" in defined else None
    chosen["extent_unit"] = chosen["substance_unit"]
    return chosen


def read_compartments(model: Any, context: Context) -> tuple[Compartment, ...]:
    return tuple(
        Compartment(
            **traits(part),
            size=number_or_none(part.isSetSize(), part.getSize),
            unit=spelling(part.getUnits()) or None,
            dimensions=part.getSpatialDimensionsAsDouble() if part.isSetSpatialDimensions() else 3.0,
            constant=part.getConstant() if part.isSetConstant() or context.level < 3 else True,
        )
        for part in model.getListOfCompartments()
    )


def size_less_points(model: Any, context: Context) -> set[str]:
    """Compartments without dimensions and size; what is in them can only be an amount."""
    sized = {item.getSymbol() for item in model.getListOfInitialAssignments()}
    sized |= {rule.getVariable() for rule in model.getListOfRules()}
    return {
        part.getId()
        for part in model.getListOfCompartments()
        if part.isSetSpatialDimensions() or context.level < 3
        if part.getSpatialDimensionsAsDouble() == 0
        if context.level < 3 or not (part.isSetSize() or part.getId() in sized)
    }


def read_species(model: Any, context: Context) -> tuple[Species, ...]:
    points = size_less_points(model, context)
    found = []
    for species in model.getListOfSpecies():
        what, line = f"species '{species.getId()}'", line_of(species)
        if species.isSetConversionFactor():
            context.refuse("has a conversion factor, which is not supported", what, line)
        if species.isSetInitialAmount() and species.isSetInitialConcentration():
            context.broken("has both an initial amount and an initial concentration", what, line)
        formula, charge = chemistry(species)
        found.append(
            Species(
                **traits(species),
                compartment=species.getCompartment(),
                initial_amount=number_or_none(species.isSetInitialAmount(), species.getInitialAmount),
                initial_concentration=number_or_none(
                    species.isSetInitialConcentration(), species.getInitialConcentration
                ),
                only_substance=species.getHasOnlySubstanceUnits() or species.getCompartment() in points,
                boundary=species.getBoundaryCondition(),
                constant=species.getConstant(),
                unit=species.getSubstanceUnits() or None,
                formula=formula,
                charge=charge,
            )
        )
    return tuple(found)


def read_parameters(model: Any, context: Context) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            **traits(parameter),
            value=number_or_none(parameter.isSetValue(), parameter.getValue),
            unit=spelling(parameter.getUnits()) or None,
            constant=parameter.getConstant() if parameter.isSetConstant() or context.level < 3 else True,
        )
        for parameter in model.getListOfParameters()
    )


def is_base_unit(name: str) -> bool:
    """Whether SBML itself defines the unit, as ``mole`` or ``second``."""
    return bool(libsbml.UnitKind_isValidUnitKindString(name, 3, 2))
