"""Values below zero are refused where they make no sense, and taken where they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redoxsim import study
from redoxsim.errors import DesignError

FOREIGN = """model m()
 unit volume = litre; unit substance = 1e-6 mole; unit uM = 1e-6 mole / litre; unit time_unit = second;
 compartment c = 1; species A in c; A = 1 uM; J: A -> ; c*k*A*(1 + shift); k = 0.5; shift = 0.1; K = 2; K has uM;
end
"""


@pytest.mark.parametrize("name", ["GSR", "GSH_c", "cytosol"])
def test_a_level_concentration_or_size_below_zero_is_refused(name: str) -> None:
    with pytest.raises(DesignError, match=rf"'{name}' cannot be -5"):
        study.prepare("gsh", values={name: -5})
    assert study.prepare("gsh", values={name: 0.5}).values[name] == 0.5


@pytest.mark.parametrize("name", ["dPsi_0", "E0_GSH", "RT_2F"])
def test_a_potential_may_be_below_zero(name: str) -> None:
    assert study.prepare("redox", values={name: -120.0}).values[name] == -120.0


def test_a_parameter_of_another_model_may_be_below_zero_unless_it_is_a_concentration(tmp_path: Path) -> None:
    path = tmp_path / "m.ant"
    path.write_text(FOREIGN, encoding="utf-8")
    assert study.prepare(path, values={"shift": -0.1}).values["shift"] == -0.1
    for name in ("K", "A"):
        with pytest.raises(DesignError, match=f"'{name}' cannot be -1"):
            study.prepare(path, values={name: -1})


def test_axes_and_cell_files_are_held_to_it(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="'GSR' cannot be -1"):
        study.scan.plan("gsh", axes={"GSR": [-1.0, 0.0, 1.0]}, until="1 h")
    with pytest.raises(DesignError, match="'GSR' cannot be -1"):
        study.steady("gsh", axis={"GSR": [-1.0, 1.0]})
    cell = tmp_path / "odd.toml"
    cell.write_text('id="odd"\nname="x"\n[values.GSR]\nvalue=-2\ngrade="C"\nsource="?"\n', encoding="utf-8")
    with pytest.raises(DesignError, match=r"odd\.toml.*'GSR' cannot be -2"):
        study.prepare("gsh", cell=cell)


def test_the_command_line_says_it_with_exit_code_2(command: Callable[..., Any]) -> None:
    ran = command("simulate", "redox", "--until", "1h", "--set", "GSR=-5")
    assert ran.code == 2
    assert "GSR" in ran.err
    assert command("simulate", "redox", "--until", "1h", "--set", "GSH_c=-5uM", "-n").code == 2
