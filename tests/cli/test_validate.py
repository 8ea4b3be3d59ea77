"""``redoxsim validate`` on a file of one's own."""

import csv
import io

import pytest

from redoxsim.cli.main import main

FILE = """
[[observation]]
id = "mine"
topic = "toy"
text = "GSH under BSO"
known = "read"
source = "a paper"
run = [{ id = "d", kind = "simulate", doses = ["bso=100uM"], until = "24 h", every = "4 h", observe = ["GSH_c"] }]

[[observation.expect]]
text = "left"
kind = "number"
published = 0.1
within = [0.02, 0.2]
let = { a = { run = "d", observe = "GSH_c", take = "last", relative = true } }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    return path


def test_rows_to_stdout_and_counts_to_stderr(file, capsys):
    assert main(["validate", str(file)]) == 0
    out, err = capsys.readouterr()
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["id"], row["state"], row["published"]) == ("mine", "in band", "0.1")
    assert 0.02 <= float(row["value"]) <= 0.2
    assert "1 of 1 (100%" in err
    assert "1 observation, 1 scored" in err


def test_a_row_that_cannot_run_is_exit_1(file, capsys):
    file.write_text(FILE.replace("GSH_c", "GSH_q"))
    assert main(["validate", str(file)]) == 1
    assert "mine: the model has nothing called 'GSH_q'" in capsys.readouterr().err


def test_mistakes_are_told_without_a_traceback(file, capsys):
    assert main(["validate", str(file), "--only", "mime"]) == 2
    assert "did you mean 'mine'" in capsys.readouterr().err
    assert main(["validate", str(file.parent / "none.toml")]) == 2
    file.write_text(FILE.replace("within", "withinn"))
    assert main(["validate", str(file)]) == 2
    err = capsys.readouterr().err
    assert "withinn" in err
    assert "Traceback" not in err


def test_dry_run_solves_nothing(file, capsys):
    assert main(["validate", str(file), "-n"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "1 observation, 1 run: nothing was solved" in err


def test_figure_is_drawn(file, tmp_path, capsys):
    assert main(["validate", str(file), "--plot", str(tmp_path / "board.png")]) == 0
    assert (tmp_path / "board.png").stat().st_size > 10_000
