"""Files are whole or not there, never replaced unasked, and every failure says what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from redoxsim.errors import DesignError, RedoxsimError
from redoxsim.report.files import OutputError, OutputExists, check_free, make_folder, write_text, write_with


def test_writes_utf8_with_plain_line_feeds(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "µM\n")
    assert path.read_bytes() == b"\xc2\xb5M\n"


def test_existing_file_needs_force(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("mine")
    with pytest.raises(OutputExists, match=r"exists already.*--force") as caught:
        write_text(target, "new")
    assert isinstance(caught.value, DesignError)
    assert target.read_text() == "mine"
    write_text(target, "new", force=True)
    assert target.read_text() == "new"


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only"), (errno.EIO, "error")],
)
def test_a_failing_disk_leaves_nothing_and_keeps_the_old_file(tmp_path: Path, number: int, words: str) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")

    def half(place: Path) -> None:
        place.write_text("half of")
        raise OSError(number, os.strerror(number))

    with pytest.raises(OutputError, match=words) as caught:
        write_with(target, half, force=True)
    assert isinstance(caught.value, RedoxsimError)
    assert str(target) in str(caught.value)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_hdf5_says_disk_full_without_a_number(tmp_path: Path) -> None:
    def put(place: Path) -> None:
        raise OSError("Can't write data (file write failed: errno = 28, error message = 'No space left on device')")

    with pytest.raises(OutputError, match="the disk is full"):
        write_with(tmp_path / "a.nc", put)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device_for_real() -> None:
    with pytest.raises(OutputError, match="the disk is full"):
        write_text("/dev/full", "x" * 100_000)


def test_interruption_leaves_nothing(tmp_path: Path) -> None:
    def put(place: Path) -> None:
        place.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_with(tmp_path / "a.csv", put)
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="no folder"):
        check_free(tmp_path / "no" / "a.csv")
    with pytest.raises(OutputError, match="is a folder"):
        check_free(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        make_folder(tmp_path / "file" / "runs")
    # The tests may run as root, whom no permission stops.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "a.csv", "x")
