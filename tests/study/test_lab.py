"""Laboratory tables: the same scores as for simulations, and clear words for what is wrong with a table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import redoxsim as rx
from redoxsim.errors import DesignError, ReadError, RedoxsimError

A, B = np.array([0.0, 0.3, 1.0, 3.0]), np.array([0.0, 5.0, 20.0])


def viability(a: float, b: float) -> float:
    return 1.0 / (1.0 + a) / (1.0 + (b / 20.0) ** 2)


def tidy(path: Path, *, percent: bool = False, replicates: int = 3, noise: float = 0.01) -> Path:
    rng = np.random.default_rng(7)
    lines = ["auranofin [uM],bso [uM],replicate,viability"]
    for replicate in range(replicates):
        for a in A:
            for b in B:
                value = viability(a, b) + noise * rng.standard_normal()
                lines.append(f"{a},{b},{replicate},{100 * value if percent else value}")
    path.write_text("\n".join(lines) + "\n")
    return path


def long_form(path: Path) -> Path:
    lines = ["block_id,drug1,drug2,conc1,conc2,conc_unit,response"]
    for block, names in enumerate((("auranofin", "bso"), ("auranofin", "celecoxib")), start=1):
        for a in A:
            for b in B:
                unit, factor = ("nM", 1000.0) if block == 2 else ("uM", 1.0)
                doses = f"{factor * a},{factor * b},{unit}"
                lines.append(f"{block},{names[0]},{names[1]},{doses},{100 * (1 - viability(a, b))}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_tidy_table_with_replicates(tmp_path: Path) -> None:
    found = rx.score(tidy(tmp_path / "t.csv"), effect="viability", orientation="viability", scale="fraction", draws=100)
    assert len(found) == 1
    block = found[0]
    assert block.agents == ("auranofin", "bso")
    assert block.data.counts.tolist() == [[3] * 3] * 4
    bliss = block.tables["bliss"]
    assert abs(bliss.summary.mean) < 0.02  # independent by construction
    interval = block.intervals["bliss"]
    assert np.all(interval.low[1:, 1:] < interval.high[1:, 1:])
    dataset = block.dataset()
    assert dataset["bliss_excess"].dims == ("auranofin", "bso")
    assert {"bliss_excess_low", "loewe_index_high", "ci", "viability_sd"} <= set(dataset.data_vars)
    assert dataset["auranofin"].attrs["units"] == "uM"
    assert json.loads(dataset.attrs["axes"]) == ["auranofin", "bso"]
    assert "auranofin [uM]" in block.to_dataframe().columns


def test_percent_and_inhibition_are_the_same_scores(tmp_path: Path) -> None:
    exact = {"noise": 0.0, "replicates": 1}
    one = rx.score(tidy(tmp_path / "a.csv", **exact), effect="viability", orientation="viability", scale="fraction")
    other = rx.score(
        tidy(tmp_path / "b.csv", **exact, percent=True), effect="viability", orientation="viability", scale="percent"
    )
    for metric in ("hsa", "bliss", "loewe", "ci"):
        np.testing.assert_allclose(one[0].tables[metric].values, other[0].tables[metric].values, atol=1e-9)


def test_long_form_with_two_blocks_and_other_units(tmp_path: Path) -> None:
    found = rx.score(long_form(tmp_path / "l.csv"), effect="response", orientation="inhibition", scale="percent")
    assert [block.agents for block in found.blocks] == [("auranofin", "bso"), ("auranofin", "celecoxib")]
    assert [block.id for block in found.blocks] == ["1", "2"]
    assert found[1].data.dose_units == ("nM", "nM")
    count = found[0].data.counts.size
    assert found[0].note == f"no intervals: {count} of {count} cells have one replicate only"
    for metric in ("hsa", "bliss", "loewe", "ci"):
        np.testing.assert_allclose(found[0].tables[metric].values, found[1].tables[metric].values, rtol=1e-9)
    assert abs(found[0].tables["bliss"].summary.max) < 1e-9


def test_simulated_table_scores_as_the_simulation_did(tmp_path: Path) -> None:
    path = tidy(tmp_path / "t.csv", noise=0.0, replicates=1)
    found = rx.score(path, effect="viability", orientation="viability", scale="fraction")
    from redoxsim.analysis import EffectGrid, score

    grid = EffectGrid(A, B, [[viability(a, b) for b in B] for a in A], orientation="viability", scale="fraction")
    for metric, table in score(grid).items():
        np.testing.assert_allclose(found[0].tables[metric].values, table.values, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "keywords", "message"),
    [
        ("a [uM],b [uM],viab\n0,0,1\n", {"effect": "viabil"}, "no column 'viabil'.*'viab'"),
        ("a,b,v\n0,0,1\n", {}, "no two dose columns"),
        ("a [uM],b [uM],v\n0,0,1\n1,x,1\n", {}, r"t.csv:3: column 'b \[uM\]': 'x' is not a number"),
        ("a [uM],b [uM],v\n0,0,1\n1,0,1\n0,1,90\n1,1,1\n", {}, "outside"),
        ("a [uM],b [uM],v\n1,0,1\n1,1,1\n", {}, "zero dose"),
        ("a [uM],b [uM],v\n0,0,1\n-1,0,1\n0,1,1\n", {}, "negative"),
        ("a [uM],b [uM],v\n0,0,1\n1,1,1\n1,0,.5\n", {}, "alone|not measured"),
        ("a [uM],b [uM],v\n", {}, "no rows"),
        ("a [uM],b [uM],v\n0,0,1\n1,0,90%\n", {}, "t.csv:3.*'90%' is not a number .write the number without %"),
        ("a [uM],b [uM],v\n0,0,dead\n", {"effect": None}, "t.csv:2: column 'v': 'dead'"),
        ("a [uM],b [uM],v\n0,0,1,2\n", {}, "more cells in line 2 than names in line 1"),
        ("a [uM];b [uM];v\n0;0;1\n1,000;0;1\n", {}, "'1,000' is not a number .write decimal points"),
        ("a [uM];b [uM];v\n0;0;1\n0,5;0;0.5\n", {}, "'0,5' is not a number"),
        ("", {}, "is empty"),
        ("a [uM],b [uM],v\n0,0,\n1,0,\n", {"orientation": None}, "the column 'v' is empty"),
        ("a [uM],b [uM],v\n0,0,1\n0,1,.5\n1,0,.5\n1,1,.5\n", {"orientation": "upwards"}, "upwards"),
        ("a [uM],b [uM],v\n0,0,1\n0,1,.5\n1,0,.5\n1,1,.5\n", {"scale": "parts"}, "parts"),
        ("a [uM],b [uM],v\n0,0,1\n0,1,.5\n1,0,.5\n1,1,.5\n", {"metrics": ["blis"]}, "blis"),
        ("block_id,drug1,drug2,conc1,conc2,conc_unit,v\n1,a,b,0,0,uM,1\n2,a,b,0,0,frog,1\n", {}, "t.csv:3: .*frog"),
        ("block_id,drug1,drug2,conc1,conc2,conc_unit,v\n1,a,b,0,0,uM,1\n1,a,b,1,0,,1\n", {}, "t.csv:3: .*no unit"),
        ("block_id,drug1,drug2,conc1,conc2,conc_unit,v\n1,a,b,0,0,uM,1\n1,c,b,0,1,uM,1\n", {}, "two agents"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, keywords: dict[str, object], message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    given = {"effect": "v", "orientation": "viability", "scale": "fraction", **keywords}
    with pytest.raises(RedoxsimError, match=message) as caught:
        rx.score(path, **given)  # type: ignore[arg-type]
    assert "t.csv" in str(caught.value) or keywords


WELLS = "a [µM],b [µM],viability\n0,0,1\n0.5,0,0.8\n0,2.5,0.7\n0.5,2.5,0.4\n"
SEMI = WELLS.replace(",", ";").replace(".", ",")


@pytest.mark.parametrize(
    "raw",
    [
        WELLS.encode("utf-8-sig").replace(b"\n", b"\r\n"),
        SEMI.encode(),
        b"sep=;\r\n" + SEMI.encode("cp1252").replace(b"\n", b"\r\n"),
        SEMI.replace(";", "\t").encode("utf-16"),
        ("# a plate\n\n" + WELLS.replace("\n", ",,\n") + ",,,,\n").encode(),
        (
            '"a [µM]","b [µM]","viability"\n'
            + "".join(f'"{row}"\n'.replace(";", '","') for row in SEMI.split("\n")[1:-1])
        ).encode(),
    ],
    ids=["windows", "semicolons", "excel", "utf-16", "blanks", "quoted"],
)
def test_tables_as_spreadsheets_write_them(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(raw)
    (block,) = rx.score(tmp_path / "t.csv", metrics=["bliss"]).blocks
    assert [axis.tolist() for axis in block.data.doses] == [[0.0, 0.5], [0.0, 2.5]]
    np.testing.assert_allclose(block.data.mean().effect, [[1.0, 0.7], [0.8, 0.4]])


def test_wells_that_look_wrong_are_remarked_on(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(WELLS + WELLS.split("\n", 1)[1], encoding="utf-8")
    (twice,) = rx.score(path, metrics=["bliss"]).blocks
    assert "every well is in the table 2 times" in twice.remarks[0]
    path.write_text(
        "a [uM],b [uM],v\n0,0,1\n0,1,0.5\n1,0,0.2\n1,1,0.1\n3,0,0.9\n3,1,0.1\n9,0,0.1\n9,1,0\n", encoding="utf-8"
    )
    (mixed,) = rx.score(path, metrics=["bliss"]).blocks
    assert mixed.remarks == (
        "a alone affects 0.80 at 1 uM and 0.10 at 3 uM: are wells swapped, or viability and inhibition mixed in one "
        "column?",
    )
    path.write_text(WELLS, encoding="utf-8")
    assert rx.score(path, metrics=["bliss"]).blocks[0].remarks == ()


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="No such file"):
        rx.score(tmp_path / "no.csv", effect="v", orientation="viability", scale="fraction")
    (tmp_path / "x.csv").write_bytes(b"PK\x03\x04\xff\xfe\x00")
    with pytest.raises(ReadError, match="not text"):
        rx.score(tmp_path / "x.csv", effect="v", orientation="viability", scale="fraction")


def test_points_of_a_time_course(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    head = "# measured\ntime [min],H2O2_c [nM],H2O2_c_sd [nM],GSH_c [uM],condition\n"
    path.write_text(head + "0,2,0.5,4000,a\n60,8,1,,a\n60,3,1,100,b\n")
    found = rx.load_points(path)
    assert [(one.observable, one.condition, len(one.x)) for one in found] == [
        ("H2O2_c", "a", 2), ("H2O2_c", "b", 1), ("GSH_c", "a", 1), ("GSH_c", "b", 1),
    ]  # fmt: skip
    assert found[0].axis == "time"
    assert found[0].x.tolist() == [0.0, 3600.0]
    assert found[0].unit == "nM"
    assert found[0].low is not None
    assert found[0].low.tolist() == [1.5, 7.0]
    assert found[2].low is None


def test_points_of_a_dose_response(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("auranofin [nM];viability;replicate\n0;1;1\n100;0.8;1\n100;0.7;2\n")
    (one,) = rx.load_points(path)
    assert (one.axis, one.axis_unit, one.observable, one.unit) == ("auranofin", "nM", "viability", "")
    assert one.x.tolist() == [0.0, 100.0, 100.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [("t,v\n0,1\n", "no axis"), ("time [h]\n0\n", "no measured column"), ("time [h],v\nx,1\n", "p.csv:2: .*'x'")],
)
def test_bad_points(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(DesignError, match=message):
        rx.load_points(tmp_path / "p.csv")
