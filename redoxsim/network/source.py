"""From a path, or the name of a shipped model, to a Network."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from redoxsim import catalog
from redoxsim.errors import ReadError, Where
from redoxsim.network.antimony_read import interpret_antimony
from redoxsim.network.parts import Network
from redoxsim.network.sbml_read import Reading, first_of, interpret
from redoxsim.network.screen import load, looks_like_xml

ENDINGS = (".xml", ".sbml", ".ant", ".txt")


def read(source: str | Path) -> Network:
    """The Network in a file (SBML or Antimony), or a shipped model by name.

    Parameters
    ----------
    source : path ending in .xml, .sbml, .ant or .txt, or a name that ``redoxsim models`` lists.

    Raises
    ------
    ReadError : no such file or model, or its text is not a sound model.
    Unsupported : the model asks for something that is not done.
    """
    path = locate(source)
    return _network(path, load(path))


@lru_cache(maxsize=16)
def _network(path: Path, text: str) -> Network:
    # A Network is frozen, so one that was read from the same text may be handed out again.
    reading = _interpret(path, text)
    if reading.troubles:
        raise first_of(reading.troubles)
    assert reading.network is not None
    return replace(reading.network, source=str(path))


def interpret_file(path: Path) -> Reading:
    """Everything that can be said of a file: the network, and every trouble."""
    return _interpret(path, load(path))


def _interpret(path: Path, text: str) -> Reading:
    if looks_like_xml(text):
        return interpret(text, file=str(path))
    if path.suffix.lower() in (".xml", ".sbml"):
        raise ReadError("is not XML", where=Where(str(path), 1), hint="SBML starts with <?xml or <sbml")
    return interpret_antimony(text, file=str(path))


def locate(source: str | Path) -> Path:
    """The file that a path or a shipped model's name stands for.

    Raises
    ------
    ReadError : neither exists.
    """
    text = str(source)
    path = Path(text)
    if isinstance(source, Path) or path.suffix.lower() in ENDINGS or len(path.parts) > 1 or "\x00" in text:
        return path
    if text and path.is_file():
        return path
    if not text.strip():
        raise ReadError("no model given", hint="give a path or a name that `redoxsim models` lists")
    return catalog.model_file(text)
