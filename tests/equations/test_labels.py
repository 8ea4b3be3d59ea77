"""Units in words, from the unit definitions of a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_networks import network_of

from redoxsim import equations
from redoxsim.equations.labels import unit_label
from redoxsim.network import Network
from redoxsim.network.parts import Unit, UnitDefinition
from redoxsim.solve import Problem, solve


def with_units(substance_scale: int, volume: Unit) -> Network:
    net = network_of(["J: A -> B; k*A*c"], species={"A": 1.0}, parameters={"k": 1.0}, amounts=["B"])
    definitions = (
        UnitDefinition(id="n", units=(Unit(kind="mole", scale=substance_scale),)),
        UnitDefinition(id="v", units=(volume,)),
        UnitDefinition(id="per_s", units=(Unit(kind="second", exponent=-1.0),)),
    )
    return replace(
        net, units=definitions, substance_unit="n", extent_unit="n", volume_unit="v", time_unit="second",
        parameters=(replace(net.parameters[0], unit="per_s"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scale", "volume", "concentration", "amount", "size"),
    [
        (-18, Unit(kind="litre", scale=-12), "uM", "amol", "pL"),
        (-9, Unit(kind="litre", scale=-3), "uM", "nmol", "mL"),
        (0, Unit(kind="litre"), "M", "mol", "L"),
        (-3, Unit(kind="litre", multiplier=1e-3, scale=0), "M", "mmol", "mL"),
        (-18, Unit(kind="metre", exponent=3.0, scale=-6), "mM", "amol", "fL"),
    ],
)
def test_labels(scale: int, volume: Unit, concentration: str, amount: str, size: str) -> None:
    net = with_units(scale, volume)
    found = {name: unit_label(net, name) for name in ("A", "B", "c", "J", "k", "nothing")}
    assert found == {"A": concentration, "B": amount, "c": size, "J": f"{amount}/s", "k": "per_s", "nothing": None}


def test_heads_of_a_table_carry_units() -> None:
    net = with_units(-18, Unit(kind="litre", scale=-12))
    frame = solve(Problem(system=equations.build(net), times=np.array([0.0, 1.0]))).to_dataframe()
    assert list(frame.columns) == ["time [s]", "A [uM]", "B [amol]"]


def test_no_units_no_labels() -> None:
    assert unit_label(network_of(["A -> ; A"], species={"A": 1.0}), "A") is None
