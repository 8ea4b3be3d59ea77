"""The verbs that solve: what they print, how they count, and the conventions they share."""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redoxsim.cli.combine import read_agents
from redoxsim.cli.exits import Exit
from redoxsim.study import experiment

Command = Callable[..., Any]
DECAY = """model decay()
  unit time_unit = second;
  compartment c = 1;
  species A in c = 8; species B in c = 0;
  J: A -> B; c*k*A; k = 0.01
end
"""
COMBINE = ("combine", "--agent", "auranofin=0,1uM,3uM", "--agent", "bso=0,100uM", "--cells", "1")


@pytest.fixture
def decay(tmp_path: Path) -> Path:
    path = tmp_path / "decay.ant"
    path.write_text(DECAY, encoding="utf-8")
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_simulate_prints_a_table_with_units_in_the_heads(command: Command, decay: Path) -> None:
    ran = command("simulate", decay, "--until", "100s", "--every", "50s", "--observe", "A")
    assert ran.code == 0, ran.err
    found = rows(ran.out)
    assert "time [h]" in found[0]
    np.testing.assert_allclose([float(row["time [h]"]) * 3600 for row in found], [0, 50, 100])
    values = [float(next(value for head, value in row.items() if head.split(" ")[0] == "A")) for row in found]
    np.testing.assert_allclose(values, 8 * np.exp([-0.0, -0.5, -1.0]), rtol=1e-5)
    assert ran.err.splitlines()[-1] == "1 solve: 1 ok"


def test_overrides_and_doses_reach_the_model(command: Command, decay: Path) -> None:
    ran = command(
        "simulate", decay, "--until", "100s", "--every", "100s", "--observe", "A", "--set", "k=0", "--set", "A=2"
    )
    assert [row for row in rows(ran.out) if row["status"] == "OK"]
    assert {float(value) for row in rows(ran.out) for head, value in row.items() if head.startswith("A")} == {2.0}


def test_output_starts_where_it_is_told(command: Command) -> None:
    given = ("simulate", "trx", "--dose", "H2O2_x=5uM@-1h", "--until", "1h", "--every", "30min", "--observe", "H2O2_c")
    assert [float(row["time [h]"]) for row in rows(command(*given).out)] == [0.0, 0.5, 1.0]
    assert [float(row["time [h]"]) for row in rows(command(*given, "--from", "-1h").out)] == [-1.0, -0.5, 0.0, 0.5, 1.0]


def test_formats_hold_the_same_numbers(command: Command, tmp_path: Path) -> None:
    base = ("simulate", "gsh", "--until", "1h", "--every", "30min", "--observe", "GSH_c")
    for ending in ("csv", "json", "nc", "txt"):
        assert command(*base, "-o", tmp_path / f"a.{ending}").code == 0
    from redoxsim.report import tables

    plain, document = tables.read(tmp_path / "a.csv"), tables.read(tmp_path / "a.json")
    dataset = tables.read(tmp_path / "a.nc")
    np.testing.assert_array_equal(plain.columns["GSH_c"], document.columns["GSH_c"])
    np.testing.assert_array_equal(plain.columns["GSH_c"], np.asarray(dataset["GSH_c"]))
    assert plain.units["GSH_c"] == "uM"
    assert "GSH_c [uM]" in (tmp_path / "a.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "solves"),
    [
        (("simulate", "gsh", "--until", "1h"), "1 solve, "),
        (("simulate", "gsh", "--until", "1h", "--cells", "4"), "4 solves, "),
        (("dose-response", "--agent", "auranofin", "--doses", "1nM..10uM:log:24"), "5 000 solves, "),
        (("dose-response", "--agent", "auranofin", "--doses", "1nM..10uM:log:24", "--draws", "0"), "400 solves, "),
        (("combine", "--agent", "auranofin", "--agent", "bso"), "16 200 solves, "),
        (("combine", "--agent", "auranofin", "--agent", "bso", "--draws", "0"), "1 296 solves, "),
        (("combine", "--agent", "auranofin", "--agent", "bso", "--grid", "3", "--cells", "2"), "32 solves, "),
        (("scan", "gsh", "--axis", "GSR=1,2", "--axis", "GCLC=1,2,3", "--until", "1h", "--cells", "1"), "6 solves, "),
        (("steady", "gsh", "--axis", "GSR=1,2"), "4 steady states"),
        (("run", "auranofin-bso"), "2 649 solves, "),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_dry_run_counts_and_solves_nothing(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], solves: str
) -> None:
    monkeypatch.chdir(tmp_path)

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("a dry run solved something")

    for module, name in (("choose", "run"), ("driver", "run"), ("steady", "find_steady")):
        monkeypatch.setattr(importlib.import_module(f"redoxsim.solve.{module}"), name, refuse)
    ran = command(*arguments, "-n", "-o", "out.csv") if arguments[0] != "run" else command(*arguments, "-n")
    assert ran.code == 0, ran.err
    assert ran.out == ""
    assert ran.err.splitlines()[-1].startswith(solves)
    assert ran.err.splitlines()[-1].endswith("nothing was solved")
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_finds_what_the_real_run_would(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine", encoding="utf-8")
    assert command("simulate", "gsh", "--until", "1h", "-n", "-o", target).code == Exit.USAGE
    assert command("simulate", "gsh", "--until", "1h", "-n", "--observe", "nothing").code == Exit.USAGE
    assert command("simulate", "gsh", "--until", "1h", "-n", "--solver", "nothing").code == Exit.USAGE


def test_dose_response_says_the_fit(command: Command) -> None:
    ran = command("dose-response", "--agent", "auranofin", "--cells", "1", "--doses", "100nM..10uM:log:6")
    assert ran.code == 0, ran.err
    assert float(rows(ran.out)[0]["auranofin [uM]"]) == 0.0
    assert len(rows(ran.out)) == 3 * 7
    assert {float(row["time [h]"]) for row in rows(ran.out)} == {24.0, 48.0, 72.0}
    for hours in ("24", "48", "72"):
        assert f"viability at {hours} h: EC50 " in ran.err
        assert f"gr at {hours} h: GR50 " in ran.err
    assert "uM" in ran.err
    assert ran.err.splitlines()[-1].startswith("7 solves: 7 ok")


@pytest.mark.parametrize(("name", "axis"), [("affected", "fraction affected"), ("gr", "GR value")])
def test_a_response_is_tabled_fitted_and_named_on_the_axis(
    command: Command, tmp_path: Path, name: str, axis: str
) -> None:
    figure = tmp_path / "curve.svg"
    ran = command(
        "dose-response", "--agent", "auranofin", "--cells", "1", "--doses", "100nM..10uM:log:6", "--at", "48h",
        "--response", name, "--plot", figure,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    table = rows(ran.out)
    untreated, most = (0.0, 1.0) if name == "affected" else (1.0, -1.0)
    assert float(table[0][name]) == pytest.approx(untreated, abs=1e-6)
    assert float(table[-1][name]) == pytest.approx(most, abs=0.2)
    assert ran.err.startswith(f"{name} at 48 h: ")
    assert axis in figure.read_text(encoding="utf-8")


def test_bands_are_drawn_the_same_with_the_same_seed(command: Command) -> None:
    few = ("dose-response", "--agent", "auranofin", "--doses", "300nM,1uM,3uM", "--at", "48h", "--draws", "4")
    banded, again = command(*few), command(*few)
    assert banded.code == 0, banded.err
    assert {float(row["quantile"]) for row in rows(banded.out)} == {0.05, 0.5, 0.95}
    assert "; 4 draws of" in banded.err.splitlines()[-1]
    assert again.out == banded.out


def test_combine_prints_sign_and_orientation(command: Command) -> None:
    ran = command(*COMBINE, "--score", "bliss,hsa,loewe,ci")
    assert ran.code == 0, ran.err
    for words in ("positive = synergy", "below 1 = synergy", "viability", "Bliss excess", "Loewe", "Chou-Talalay"):
        assert words in ran.err
    assert len(rows(ran.out)) == 6
    assert {"bliss_excess", "hsa_excess", "loewe_index", "ci"} <= set(rows(ran.out)[0])


def test_scores_of_several_times_stand_in_the_table(command: Command) -> None:
    ran = command(*COMBINE, "--score", "bliss", "--draws", "0", "--at", "24h,48h")
    assert ran.code == 0, ran.err
    assert {float(row["time [h]"]) for row in rows(ran.out)} == {24.0, 48.0}
    assert all(row["bliss_excess"] for row in rows(ran.out))
    assert ran.err.startswith("Of several times the scores stand in the table")
    assert "scores" not in command(*COMBINE, "--observe", "GSH_c", "--draws", "0", "--at", "24h,48h").err
    assert command(*COMBINE, "--draws", "0", "--at", "24h,48h", "--isobole", "50").code == Exit.USAGE


def test_combine_takes_three_agents(command: Command) -> None:
    ran = command(*COMBINE, "--agent", "celecoxib=0,10uM", "--score", "bliss")
    assert ran.code == 0, ran.err
    assert len(rows(ran.out)) == 12


def test_agents_with_ranges_and_times_are_read() -> None:
    names, doses, times = read_agents(("auranofin=0,10nM..10uM:log:8@0h..6h", "bso@-24h", "celecoxib"))
    assert names == ["auranofin", "bso", "celecoxib"]
    assert doses == {"auranofin": "0,10nM..10uM:log:8"}
    assert times == {"auranofin": "0h..6h", "bso": "-24h"}


def test_scan_zips_when_asked(command: Command) -> None:
    base = (
        "scan",
        "gsh",
        "--axis",
        "GSR=1,2",
        "--axis",
        "GCLC=1,2",
        "--until",
        "1h",
        "--cells",
        "1",
        "--observe",
        "GSH_c",
    )
    assert len(rows(command(*base).out)) == 4
    assert len(rows(command(*base, "--zip").out)) == 2


def test_steady_says_which_method_worked(command: Command) -> None:
    ran = command("steady", "gsh", "--observe", "GSH_c")
    assert ran.code == 0, ran.err
    assert rows(ran.out)[0]["status"] == "OK"
    assert "newton" in ran.err
    assert "stable" in ran.err


def test_steady_sweeps_and_draws(command: Command, tmp_path: Path) -> None:
    ran = command("steady", "gsh", "--axis", "GCLC=0.5,1,2", "--observe", "GSH_c", "--plot", tmp_path / "s.svg")
    assert ran.code == 0, ran.err
    found = rows(ran.out)
    assert [row["sweep"] for row in found] == ["up"] * 3 + ["down"] * 3
    levels = [float(row["GSH_c [uM]"]) for row in found[:3]]
    assert levels == sorted(levels)
    assert (tmp_path / "s.svg").is_file()
    assert command("steady", "gsh", "--plot", tmp_path / "t.svg").code == Exit.USAGE


def test_score_needs_no_model(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "plate.csv"
    doses = (0, 1, 3, 10)
    lines = ["a [uM],b [nM],viability"]
    lines += [f"{x},{y},{100 / (1 + x / 3) / (1 + y / 3):.6f}" for x in doses for y in doses]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    base = ("score", path, "--effect", "viability", "--orientation", "viability")
    ran = command(
        *base, "--scale", "percent", "--score", "bliss", "-o", tmp_path / "scores.csv", "--plot", tmp_path / "s.pdf"
    )
    assert ran.code == 0, ran.err
    table = rows((tmp_path / "scores.csv").read_text(encoding="utf-8"))
    assert max(abs(float(row["bliss_excess"])) for row in table) < 1e-6
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF")
    wrong = command(*base, "--scale", "fraction")
    assert wrong.code == Exit.USAGE
    assert "percent" in wrong.err


def test_measured_points_are_laid_over_a_figure(command: Command, tmp_path: Path) -> None:
    points = tmp_path / "measured.csv"
    points.write_text("time [h],GSH_c [mM]\n0,5\n1,4.5\n", encoding="utf-8")
    base = ("simulate", "gsh", "--until", "1h", "--observe", "GSH_c")
    assert command(*base, "--plot", tmp_path / "with.svg", "--data", points, "-q").code == 0
    assert command(*base, "--plot", tmp_path / "without.svg", "-q").code == 0
    assert "measured" not in (tmp_path / "without.svg").read_text(encoding="utf-8")
    found = [
        (tmp_path / f"{name}.svg").read_text(encoding="utf-8").count("fill: #ffffff") for name in ("with", "without")
    ]
    assert found[0] >= found[1] + 2
    bad = tmp_path / "bad.csv"
    bad.write_text("time [h],ATP [mM]\n0,5\n", encoding="utf-8")
    ran = command(*base, "--plot", tmp_path / "other.svg", "--data", bad)
    assert ran.code == Exit.USAGE
    assert "ATP" in ran.err


def test_quiet_says_nothing_and_verbose_says_stages(command: Command) -> None:
    base = ("simulate", "gsh", "--until", "1h", "--observe", "GSH_c")
    assert command(*base, "-q").err == ""
    loud = command(*base, "-v").err
    assert " s] " in loud
    assert "solved with" in loud


def test_a_process_has_no_progress_without_a_terminal(shell: Command) -> None:
    ran = shell("scan", "gsh", "--axis", "GSR=1,2", "--until", "1h", "--cells", "1", "--observe", "GSH_c")
    assert ran.code == 0
    assert re.fullmatch(r"2 solves: 2 ok(; 2 solved again with scipy differ by \S+ at most)?\n", ran.err)
    assert json.dumps(ran.out).isascii()


def test_run_takes_settings_and_writes_a_folder(command: Command, tmp_path: Path) -> None:
    shorter = ("-S", "trxr1-low.until='2 h'", "-S", "trxr1-low-bso.until=2 h")
    ran = command("run", "trx-backup", *shorter, "-o", tmp_path / "run", "--figures", "svg")
    assert ran.code in (Exit.GOOD, Exit.PARTIAL), ran.err
    last = ran.err.splitlines()[-1]
    shipped = experiment.load(experiment.find("trx-backup"))
    assert last.startswith(f"{len(shipped.run)} solves: {len(shipped.run)} ok; ")
    held, stated = map(int, re.findall(r"(\d+) of (\d+) expectations hold", last)[0])
    assert stated == len(shipped.expect)
    assert (ran.code == Exit.GOOD) == (held == stated)
    assert list((tmp_path / "run" / "figures").glob("*.svg"))
    assert command("run", "trx-backup", "-o", tmp_path / "run").code == Exit.USAGE


def test_the_figure_of_a_combination_has_room_for_all_of_it(command: Command, tmp_path: Path) -> None:
    """Labels beside the narrow panels of the mechanism once left no room for the panels: matplotlib then only warns."""
    ran = command(
        "combine", "--agent", "auranofin=0.3uM,1uM,3uM", "--agent", "bso=10uM,100uM@-24h", "--cells", "1",
        "--draws", "0", "--score", "bliss", "--plot", tmp_path / "pair.svg",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "Warning" not in ran.err
    text = (tmp_path / "pair.svg").read_text(encoding="utf-8")
    assert "auranofin 1 µM, BSO 100 µM at −24 h" in text


def test_combine_tells_isoboles(command: Command) -> None:
    ran = command(*COMBINE, "--score", "bliss", "--draws", "0", "--isobole", "75,25")
    assert ran.code == 0, ran.err
    lines = [line for line in ran.err.splitlines() if line.startswith("isobole")]
    assert [line.split("%")[0] for line in lines] == ["isobole 25", "isobole 75"]
    assert "auranofin alone" in lines[0]
    for wrong in ("0", "half", "100"):
        assert command(*COMBINE, "--isobole", wrong).code == Exit.USAGE
    ran = command(*COMBINE, "--agent", "celecoxib=0,10uM", "--isobole", "50")
    assert ran.code == Exit.USAGE
    assert "needs two agents" in ran.err


def test_schedule_tells_the_best_delay_and_draws(command: Command, tmp_path: Path) -> None:
    base = ("schedule", "--agent", "auranofin=1uM", "--agent", "bso=100uM", "--delays", "-24h,0h,24h", "--at", "48h")
    ran = command(*base, "--cells", "1", "--plot", tmp_path / "s.svg")
    assert ran.code == 0, ran.err
    table = rows(ran.out)
    assert len(table) == 2 * 2 * 3
    assert {float(row["delay [h]"]) for row in table} == {-24.0, 0.0, 24.0}
    both = {
        float(row["delay [h]"]): float(row["viability"])
        for row in table
        if float(row["auranofin [uM]"]) > 0 and float(row["bso [uM]"]) > 0
    }
    best = min(both, key=lambda delay: both[delay])
    assert f"viability {both[best]:.3f} at a delay of {best:+g} h" in ran.err
    assert "a negative one means that bso comes first" in ran.err
    assert (tmp_path / "s.svg").is_file()
    ran = command("schedule", "--agent", "auranofin=1uM", "--agent", "bso=100uM@-24h")
    assert ran.code == Exit.USAGE
    assert "--delays" in ran.err


def test_combine_explains_which_edge_carries_the_synergy(command: Command, tmp_path: Path) -> None:
    base = ("combine", "--agent", "auranofin=1.4uM", "--agent", "bso=30uM", "--cells", "2", "--explain")
    ran = command(*base, "--plot", tmp_path / "why.svg")
    assert ran.code == 0, ran.err
    table = rows(ran.out)
    shares = [float(row["share"]) for row in table]
    assert shares == sorted(shares, reverse=True)
    assert {"gsh-gold", "trx-gssg", "gold-trxr2", "iron"} <= {row["edge"] for row in table}
    assert "share gone" in ran.err
    assert (tmp_path / "why.svg").is_file()
    assert "for each of up to" in command(*base, "-n").err
    assert command(*base, "--isobole", "50").code == Exit.USAGE


def test_plate_plans_what_score_reads(command: Command, tmp_path: Path) -> None:
    lines = ["a [uM],b [nM],viability"]
    for dose in (0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30):
        lines += [f"{dose},0,{100 / (1 + dose):.4f}", f"0,{dose},{100 / (1 + (dose / 3) ** 1.5):.4f}"]
    (tmp_path / "curves.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = command(
        "plate", tmp_path / "curves.csv", "--doses", "4", "-o", tmp_path / "plate.csv", "--plot", tmp_path / "p.svg"
    )
    assert ran.code == 0, ran.err
    assert "of 16 combinations" in ran.err
    assert (tmp_path / "p.svg").is_file()
    assert len(rows((tmp_path / "plate.csv").read_text(encoding="utf-8"))) == 25 * 3
    empty = command("score", tmp_path / "plate.csv", "--effect", "response")
    assert empty.code == Exit.USAGE, "nothing was filled in"
    back = command("score", tmp_path / "plate.csv", "--effect", "expected", "--score", "bliss")
    assert back.code == 0, back.err
    assert max(abs(float(row["bliss_excess"])) for row in rows(back.out)) < 1e-9
    wrong = command("plate", tmp_path / "curves.csv", "--fold", "1")
    assert wrong.code == Exit.USAGE
    assert "fold" in wrong.err


def test_score_tells_intervals_of_replicates(command: Command, tmp_path: Path) -> None:
    doses = (0, 1, 3, 10)
    rng = np.random.default_rng(0)
    lines = ["PairIndex,Drug1,Drug2,Conc1,Conc2,ConcUnit,Response"]
    for _ in range(3):
        for x in doses:
            for y in doses:
                alive = 100 / (1 + x / 3) / (1 + y / 3) * (0.6 if x and y else 1.0) + rng.normal(0, 2)
                lines.append(f"1,a,b,{x},{y},uM,{alive:.4f}")
    (tmp_path / "old.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = command("score", tmp_path / "old.csv", "--score", "bliss", "--isobole", "50", "--plot", tmp_path / "s.svg")
    assert ran.code == 0, ran.err
    (line,) = [text for text in ran.err.splitlines() if text.startswith("Bliss excess (independence), mean")]
    found = re.search(r"mean: (\S+) \(95% (\S+) to (\S+)\); (\d+) of 9 cells told from 0, 500 resamples", line)
    assert found, line
    mean, low, high, told = map(float, found.groups())
    assert 0 < low < mean < high
    assert told >= 6
    assert {"bliss_excess_low", "bliss_excess_high"} <= set(rows(ran.out)[0])
    assert "isobole 50% affected" in ran.err


def test_the_map_of_a_banded_surface_is_that_of_its_table(command: Command, tmp_path: Path, monkeypatch: Any) -> None:
    """The median of an excess is not the excess of the medians: both would be drawn side by side."""
    drawing = importlib.import_module("redoxsim.report.figures.synergy")
    seen: list[Any] = []
    whole = drawing.synergy
    monkeypatch.setattr(drawing, "synergy", lambda data, **more: seen.append((data, more)) or whole(data, **more))
    ran = command(
        "combine", "--agent", "auranofin=0,0.8uM,4uM", "--agent", "bso=0,10uM,1mM", "--draws", "8",
        "--score", "bliss", "-o", tmp_path / "a.csv", "--plot", tmp_path / "a.svg",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    ((data, more),) = seen
    np.testing.assert_array_equal(data["bliss_excess"], more["scores"]["bliss"].values)
    assert "Over the draws: Bliss excess" in more["caption"]
    table, _, over = ran.err.partition("Scores in the table are of this surface of medians; those over draws below.")
    assert table.startswith("viability at ")
    assert re.search(r"Bliss excess \(independence\), mean: .* over 5% to 95% of \d draws", over)
