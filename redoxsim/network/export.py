"""A Network as a file that other tools read."""

from __future__ import annotations

from pathlib import Path

from redoxsim.errors import DesignError, nearest
from redoxsim.network.antimony_write import to_antimony
from redoxsim.network.parts import Network
from redoxsim.network.sbml_write import to_sbml

FORMATS = {"sbml": to_sbml, "antimony": to_antimony}


def write(network: Network, path: str | Path | None = None, *, format: str = "sbml") -> str:
    """The text of a network, also written to ``path`` if given.

    Parameters
    ----------
    network : what to write; line numbers and the source path do not travel.
    path : file to write (UTF-8), overwritten; None writes nothing.
    format : "sbml" (Level 3 Version 2) or "antimony".

    Raises
    ------
    DesignError : no such format.
    Unsupported : the format has no words for something in the network.
    OSError : the file cannot be written.
    """
    if format not in FORMATS:
        raise DesignError(f"no model format '{format}'", hint=nearest(format, FORMATS) or "sbml or antimony")
    text = FORMATS[format](network)
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
