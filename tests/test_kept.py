"""Files kept between runs: whole or not at all, under a name that says what they were made from."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from redoxsim import network
from redoxsim.kept import MODELS, Shelf
from redoxsim.network import source

SHELF = Shelf("things", ".thing", b"thing 1\n")
DECAY = "model decay\n  species A = 1; A -> ; k*A; k = {}\nend\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "cache"))
    source._network.cache_clear()
    return tmp_path / "cache"


def test_what_was_kept_is_found(own_cache: Path) -> None:
    assert SHELF.load("a") is None
    SHELF.save("a", b"content")
    assert SHELF.load("a") == b"content"
    assert SHELF.kept()[0] == 1
    assert SHELF.clear()[0] == 1
    assert SHELF.load("a") is None


@pytest.mark.parametrize(
    "harm", [lambda data: data[:-3], lambda data: data[:-1] + b"x", lambda _: b"", lambda d: d * 2]
)
def test_harmed_files_are_not_taken(harm: Callable[[bytes], bytes]) -> None:
    SHELF.save("a", b"content")
    (path,) = SHELF.folder().iterdir()
    path.write_bytes(harm(path.read_bytes()))
    assert SHELF.load("a") is None


def test_a_file_under_another_name_is_not_taken() -> None:
    SHELF.save("a", b"content")
    (path,) = SHELF.folder().iterdir()
    path.rename(path.with_stem("b"))
    assert SHELF.load("b") is None


def test_no_folder_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "file"))
    SHELF.save("a", b"content")
    assert SHELF.load("a") is None
    assert SHELF.clear() == (0, 0)


def read_again(path: Path) -> network.Network:
    source._network.cache_clear()
    return network.read(path)


def test_a_model_that_was_read_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "decay.ant"
    path.write_text(DECAY.format(2))
    first = network.read(path)
    assert MODELS.kept()[0] == 1
    monkeypatch.setattr(source, "_interpret", lambda *_: pytest.fail("read again"))
    assert read_again(path) == first
    other = tmp_path / "other.ant"
    other.write_text(DECAY.format(2))
    assert read_again(other).source == str(other)


def test_a_changed_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "decay.ant"
    for value in (2, 3):
        path.write_text(DECAY.format(value))
        assert next(one.value for one in read_again(path).parameters if one.id == "k") == value


def test_another_reader_takes_nothing_that_this_one_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "decay.ant"
    path.write_text(DECAY.format(2))
    first = network.read(path)
    monkeypatch.setattr(source, "_reader", lambda: ("other code", "another libsbml"))
    assert read_again(path) == first
    assert MODELS.kept()[0] == 2


def test_the_same_text_by_another_ending_is_another_model(tmp_path: Path) -> None:
    text = DECAY.format(2)
    for name in ("decay.ant", "decay.xml"):
        (tmp_path / name).write_text(text)
    network.read(tmp_path / "decay.ant")
    with pytest.raises(network.source.ReadError, match="is not XML"):
        network.read(tmp_path / "decay.xml")


@pytest.mark.parametrize("body", [b"", b"no pickle", pickle.dumps("no network"), pickle.dumps(3)[:-1]])
def test_a_kept_file_without_a_network_is_made_again(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "decay.ant"
    path.write_text(DECAY.format(2))
    first = network.read(path)
    (kept,) = MODELS.folder().iterdir()
    MODELS.save(kept.stem, body)
    assert read_again(path) == first
    assert replace(pickle.loads(MODELS.load(kept.stem) or b""), source=str(path)) == first


def test_a_refused_model_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "bad.ant"
    path.write_text("model bad\n  A -> ; k*\nend\n")
    with pytest.raises(network.source.ReadError):
        network.read(path)
    assert MODELS.kept() == (0, 0)


def test_a_kept_model_needs_no_libsbml() -> None:
    code = (
        "import sys; from redoxsim import equations, network; equations.build(network.read('trx'));"
        "print([name for name in ('libsbml', 'antimony') if name in sys.modules])"
    )
    told = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    ]
    assert told[0] == "['libsbml']"
    assert told[1] == "[]"
