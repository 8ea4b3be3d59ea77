"""Steady states and sweeps; what a model says of itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import redoxsim as rx
from redoxsim import network, study
from redoxsim.errors import DesignError, ReadError

# dx/dt = p - x + 8 x^2/(4 + x^2): two stable branches for p around 0.2.
SWITCH = "model switch()\n p = 0.1; species x = 0; -> x; p + 8*x^2/(16 + x^2); x -> ; x\nend"


def test_single_state(toy: network.Network) -> None:
    found = rx.steady(toy, observe="E,S", values={"S_x": 0.0})
    assert found.ok
    assert found.values["up"][0] == pytest.approx([1.0, 2.0], rel=1e-8)
    dataset = found.dataset()
    assert dataset["E"].values.tolist() == pytest.approx([1.0])
    assert bool(dataset["stable"][0])


def test_sweep_shows_hysteresis() -> None:
    net = network.read_antimony(SWITCH)
    found = rx.steady(net, axis={"p": "0.1..1.2:lin:12"}, observe="x")
    assert found.ok
    both = found.hysteresis()
    assert both.size > 0
    up, down = found.values["up"][:, 0], found.values["down"][:, 0]
    assert np.all(down >= up - 1e-9)
    for values in (up, down):
        p = found.axis.values  # type: ignore[union-attr]
        np.testing.assert_allclose(p + 8 * values**2 / (16 + values**2), values, rtol=1e-6)
    data = found.dataset()
    assert data["x"].dims == ("sweep", "p")
    assert found.to_dataframe().shape[0] == 24


def test_sweep_one_way() -> None:
    found = rx.steady(network.read_antimony(SWITCH), axis={"p": [0.3, 0.1, 0.2]}, observe="x", both_ways=False)
    assert list(found.states) == ["up"]
    assert found.hysteresis().size == 0
    assert np.all(np.diff(found.values["up"][:, 0][[1, 2, 0]]) > 0)


def test_bad_sweeps(toy: network.Network) -> None:
    with pytest.raises(DesignError, match="nothing called 'E2'"):
        rx.steady(toy, axis={"E2": [1.0]})
    with pytest.raises(DesignError, match="one axis"):
        rx.steady(toy, axis={"E1": [1.0], "v_in": [1.0]})


METADATA = """
title = "Toy"
start = "steady"
observables = [{ id = "S", name = "substrate", unit = "uM", typical = 2 }]
[population.cv]
E1 = 0.3
"""


def test_metadata_gives_start_population_and_names(shelf: Path) -> None:
    folder = shelf / "networks" / "toy"
    (folder / "model.toml").write_text(METADATA)
    found = rx.scan("toy", axes={"v_in": [0.01, 0.02]}, until="1h", values={"S_x": 0.0})
    assert found.observables == ("S",)
    assert found.dataset["S"].attrs == {"units": "uM", "long_name": "substrate"}
    assert found.provenance["start"] == "steady"
    assert found.provenance["population"]["cells"] == 16
    assert found.provenance["population"]["cv"] == {"E1": 0.3}
    assert found.provenance["model"]["sha256"]
    single = rx.scan("toy", axes={"v_in": [0.01, 0.02]}, until="1h", values={"S_x": 0.0}, cells=1)
    assert single["S"].values == pytest.approx([1.0, 2.0], rel=1e-5)
    assert single["S"].values[1] != pytest.approx(found["S"].values[1], rel=1e-4)


def test_metadata_of_an_edited_model(shelf: Path) -> None:
    (shelf / "networks" / "toy" / "model.toml").write_text(METADATA)
    edited = network.edit.set_values(rx.read("toy"), {"k_use": 0.02})
    found = study.metadata_of(edited)
    assert found is not None
    assert found.title == "Toy"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (METADATA.replace("title", "titel"), "unknown key 'titel'.*'title'"),
        (METADATA.replace('"steady"', '"rest"'), "start"),
        (METADATA.replace("0.3", "-0.3"), "population.cv.E1"),
        (METADATA.replace("E1 = 0.3", "E9 = 0.3"), "varies 'E9', which is no constant of model 'toy'"),
    ],
)
def test_bad_metadata(shelf: Path, text: str, message: str) -> None:
    (shelf / "networks" / "toy" / "model.toml").write_text(text)
    with pytest.raises((ReadError, DesignError), match=message):
        rx.simulate("toy", until="1h")


def test_constants(tmp_path: Path) -> None:
    path = tmp_path / "parameters.csv"
    path.write_text("id,value,unit,low,high,grade,source,note\nk,2,uM,1,3,A,book,\nm,1,uM,,,C,guess,n\n")
    found = study.load_constants(tmp_path)
    assert (found["k"].low, found["m"].low, found["m"].grade) == (1.0, None, "C")
    path.write_text("id,value,unit,low,high,grade,source,note\nk,two,uM,1,3,A,book,\n")
    with pytest.raises(ReadError, match=r"parameters.csv:2"):
        study.load_constants(tmp_path)
