"""Draws kept on disk, by the content of what they were made from: named arrays, no code in them.

A file is a line of JSON (name, type and shape of every array) and the bytes of the arrays, one after another; see
:mod:`redoxsim.kept` for checksums and for what becomes of harmed files: they are made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.kept import DRAWS, code_of, versions_of

Arrays = dict[str, NDArray[Any]]
TYPES = ("float64", "int64", "bool")
CODE = ("study", "solve", "equations", "codegen", "pharmacology", "network")
"""Packages that the numbers depend on: what older code made is never taken for what this would make."""


def name_of(*parts: object) -> str:
    """The name of what is made from these parts (numbers, texts, tuples and lists of such, sorted by the caller)."""
    return sha256(repr((_made_by(), parts)).encode()).hexdigest()


@lru_cache(maxsize=1)
def _made_by() -> tuple[str, ...]:
    """Checksum of the code that makes draws, and versions of the libraries that it uses."""
    root = Path(__file__).parents[1]
    code = code_of(tuple(sorted(path for package in CODE for path in (root / package).rglob("*.py"))))
    return code, *versions_of("numpy", "scipy", "llvmlite")


def save(name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays of the types in :data:`TYPES`."""
    told = {key: (str(one.dtype), one.shape) for key, one in arrays.items()}
    body = b"".join(np.ascontiguousarray(one).tobytes() for one in arrays.values())
    DRAWS.save(name, json.dumps(told).encode() + b"\n" + body)


def load(name: str) -> Arrays | None:
    """What was kept, or None where there is no whole and unharmed file."""
    data = DRAWS.load(name)
    if data is None:
        return None
    head, _, body = data.partition(b"\n")
    found: Arrays = {}
    start = 0
    for key, (kind, shape) in json.loads(head).items():
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        if kind not in TYPES or start + size > len(body):
            return None
        found[key] = np.frombuffer(body[start : start + size], dtype=kind).reshape(shape)
        start += size
    return found


__all__ = ["load", "name_of", "save"]
