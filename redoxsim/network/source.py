"""From a path, or the name of a shipped model, to a Network."""

from __future__ import annotations

import pickle
import sys
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from redoxsim import __version__, catalog
from redoxsim.errors import ReadError, Where
from redoxsim.kept import MODELS, code_of, versions_of
from redoxsim.network.parts import Network
from redoxsim.network.screen import load, looks_like_xml

if TYPE_CHECKING:
    from redoxsim.network.sbml_read import Reading

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
    name = _name(text, path.suffix.lower())
    found = _kept(name)
    if found is None:
        from redoxsim.network.sbml_read import first_of

        reading = _interpret(path, text)
        if reading.troubles:
            raise first_of(reading.troubles)
        assert reading.network is not None
        found = reading.network
        MODELS.save(name, pickle.dumps(found, protocol=5))
    return replace(found, source=str(path))


def _name(text: str, ending: str) -> str:
    """Under which a text's network is kept: another reader, or another version of Python, finds nothing."""
    return sha256(repr((__version__, sys.version_info[:2], *_reader(), ending, text)).encode()).hexdigest()


@lru_cache(maxsize=1)
def _reader() -> tuple[str, ...]:
    """Checksum of the code that reads text and versions of the libraries that it uses, without importing them."""
    code = code_of(tuple(sorted(Path(__file__).parent.glob("*.py"))))
    return code, *versions_of("python-libsbml", "antimony")


def _kept(name: str) -> Network | None:
    """A network that was read before. Reading shipped models through libSBML takes half a second, this 10 ms."""
    data = MODELS.load(name)
    if data is None:
        return None
    try:
        found = pickle.loads(data)
    except Exception:  # whatever is wrong with it, the text is there
        return None
    return found if isinstance(found, Network) else None


def interpret_file(path: Path) -> Reading:
    """Everything that can be said of a file: the network, and every trouble."""
    return _interpret(path, load(path))


def _interpret(path: Path, text: str) -> Reading:
    from redoxsim.network.antimony_read import interpret_antimony
    from redoxsim.network.sbml_read import interpret

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
