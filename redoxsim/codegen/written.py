"""Text of the python target with its byte code, kept on disk: making them takes a tenth of a short command."""

from __future__ import annotations

import marshal
import pickle
import sys
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import CodeType

from redoxsim import __version__
from redoxsim.codegen.graph import Graph
from redoxsim.codegen.namespaces import translate
from redoxsim.codegen.python import PythonText, write_python
from redoxsim.equations.system import OdeSystem
from redoxsim.kept import RATES, code_of

LEAST = 20_000
"""Characters below which making it again is quicker than reading it."""
PARTS = ("functions", "constants", "initial")
Codes = Mapping[str, CodeType]


def written(system: OdeSystem) -> tuple[PythonText, Codes]:
    """The text for a system and the code of its three parts, from the disk or made now."""
    everything = (__version__, sys.implementation.cache_tag, sys.version, _writer(), system.key)
    name = sha256(repr(everything).encode()).hexdigest()
    body = RATES.load(name)
    if body is not None:
        text, codes = pickle.loads(body)
        return text, dict(zip(PARTS, marshal.loads(codes), strict=True))
    text = write_python(system, Graph.of(system))
    made = codes_of(text)
    if len(text.functions) >= LEAST:
        RATES.save(name, pickle.dumps((text, marshal.dumps(tuple(made.values()))), protocol=5))
    return text, made


def codes_of(text: PythonText) -> Codes:
    """Byte code of the three parts."""
    return {part: translate(getattr(text, part)) for part in PARTS}


@lru_cache(maxsize=1)
def _writer() -> str:
    """Checksum of the code that writes the text: a changed writer never meets an old one."""
    return code_of(tuple(sorted(Path(__file__).parent.glob("*.py"))))
